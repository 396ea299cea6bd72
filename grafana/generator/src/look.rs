//! Colours that people with any colour vision tell apart, on light and on dark, and steps of them.

use serde_json::{Value, json};

/// As it should be.
pub const GOOD: &str = "#009E73";
/// Worth a look.
pub const WARN: &str = "#E69F00";
/// Needs somebody now.
pub const BAD: &str = "#D55E00";
/// Neither good nor bad.
pub const INFO: &str = "#56B4E9";
/// Not known, or of no matter.
pub const MUTED: &str = "#8E8E8E";
/// A second thing beside the others.
pub const OTHER: &str = "#CC79A7";
/// A third one.
pub const DEEP: &str = "#0072B2";

/// Colours by value: the first is below all limits.
pub fn steps(base: &str, above: &[(f64, &str)]) -> Value {
    let first = json!({"color": base, "value": null});
    let rest = above.iter().map(|(value, color)| json!({"color": color, "value": value}));
    let steps: Vec<Value> = std::iter::once(first).chain(rest).collect();
    json!({"mode": "absolute", "steps": steps})
}

/// The more, the worse.
pub fn rising(warn: f64, bad: f64) -> Value {
    steps(GOOD, &[(warn, WARN), (bad, BAD)])
}

/// The less, the worse.
pub fn falling(warn: f64, good: f64) -> Value {
    steps(BAD, &[(warn, WARN), (good, GOOD)])
}

/// None is good, one is bad.
pub fn none_is_good() -> Value {
    steps(GOOD, &[(1.0, BAD)])
}

/// A single colour, whatever the value.
pub fn plain() -> Value {
    steps(INFO, &[])
}
