//! Words and colours for states that are numbers.

use serde_json::{Map, Value, json};

use crate::look::{BAD, DEEP, GOOD, INFO, MUTED, OTHER, WARN};

/// A word and a colour for each value.
pub fn words(entries: &[(&str, &str, &str)]) -> Value {
    let mut options = Map::new();
    for (index, (value, text, color)) in entries.iter().enumerate() {
        options.insert((*value).to_owned(), json!({"text": text, "color": color, "index": index}));
    }
    json!([{"type": "value", "options": options}])
}

/// What `up` and `probe_success` say.
pub fn up_down() -> Value {
    words(&[("1", "up", GOOD), ("0", "down", BAD)])
}

/// A question answered by 1 or 0, where yes is good.
pub fn yes_no() -> Value {
    words(&[("1", "yes", GOOD), ("0", "no", BAD)])
}

/// The states of containers, as [`container_state`] numbers them.
const CONTAINER: [(&str, &str, &str); 7] = [
    ("running", "🟢 running", GOOD),
    ("created", "⚪ created", MUTED),
    ("paused", "🟡 paused", INFO),
    ("restarting", "🟠 restarting", WARN),
    ("removing", "⚪ removing", OTHER),
    ("exited", "🔴 exited", BAD),
    ("dead", "🔴 dead", "#7A1F00"),
];

/// The states of health, as [`container_health`] numbers them.
const HEALTH: [(&str, &str, &str); 4] = [
    ("healthy", "🟢 healthy", GOOD),
    ("starting", "🟡 starting", INFO),
    ("unhealthy", "🔴 unhealthy", BAD),
    ("none", "⚪ no check", MUTED),
];

/// How a container ended, as [`exit_reason`] numbers it.
const REASONS: [(&str, &str, &str); 6] = [
    ("clean", "clean", GOOD),
    ("stopped", "stopped", INFO),
    ("crash", "crash", BAD),
    ("oom", "out of memory", "#7A1F00"),
    ("signal", "signal", WARN),
    ("unknown", "not seen", MUTED),
];

/// Colours of reasons, for bars and annotations.
pub fn reason_colors() -> Vec<(&'static str, &'static str)> {
    REASONS.iter().map(|(reason, _, color)| (*reason, *color)).collect()
}

fn numbered(states: &[(&str, &str, &str)]) -> Value {
    let mut options = Map::new();
    for (index, (_, text, color)) in states.iter().enumerate() {
        options.insert((index + 1).to_string(), json!({"text": text, "color": color, "index": index}));
    }
    json!([{"type": "value", "options": options}])
}

/// Words for [`container_state`].
pub fn container_words() -> Value {
    numbered(&CONTAINER)
}

/// Words for [`container_health`].
pub fn health_words() -> Value {
    numbered(&HEALTH)
}

/// Words for [`exit_reason`].
pub fn reason_words() -> Value {
    numbered(&REASONS)
}

/// A state set as one number for each container: 1 for the first state, 2 for the second, …
///
/// The series that are 0 drop out, so each container has one value. `by` are the labels that stay.
fn encoded(metric: &str, label: &str, states: &[(&str, &str, &str)], by: &str) -> String {
    let parts: Vec<String> = states
        .iter()
        .enumerate()
        .map(|(index, (state, ..))| format!("({metric}{{$C, {label}=\"{state}\"}} == 1) * {}", index + 1))
        .collect();
    format!("max by ({by}) ({})", parts.join(" or "))
}

/// The state of each container as a number.
pub fn container_state(by: &str) -> String {
    encoded("seamark_container_state", "state", &CONTAINER, by)
}

/// The health of each container as a number.
pub fn container_health(by: &str) -> String {
    encoded("seamark_container_health_status", "status", &HEALTH, by)
}

/// How each container ended last, as a number.
pub fn exit_reason(by: &str) -> String {
    let parts: Vec<String> = REASONS
        .iter()
        .enumerate()
        .map(|(index, (reason, ..))| {
            format!("(seamark_container_last_exit_code{{$C, reason=\"{reason}\"}} * 0 + {})", index + 1)
        })
        .collect();
    format!("max by ({by}) ({})", parts.join(" or "))
}

/// Severities of alerts.
pub fn severity_colors() -> Vec<(&'static str, &'static str)> {
    vec![("critical", BAD), ("warning", WARN), ("info", INFO), ("none", DEEP)]
}
