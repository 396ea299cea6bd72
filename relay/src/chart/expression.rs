//! The expression of an alert's rule, taken apart into what is drawn and how much is too much.

use crate::alert::{Alert, Labels};
use crate::prometheus::Series;

/// What is drawn of an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// In PromQL, without its comparison.
    pub expr: String,
    /// The number that it is compared with.
    pub threshold: Option<f64>,
}

impl Expression {
    /// Of an alert: its annotation `chart`, or the expression in its generator's URL, as Prometheus writes it.
    pub fn of(alert: &Alert) -> Option<Self> {
        let given = alert.annotations.get("chart").filter(|expr| !expr.trim().is_empty()).cloned();
        let url = || reqwest::Url::parse(alert.generator_url.as_deref()?).ok();
        let asked = || url()?.query_pairs().find_map(|(key, value)| (key == "g0.expr").then(|| value.into_owned()));
        let mut expression = Self::read(&given.or_else(asked)?);
        // A rule that compares with another series says the number in an annotation.
        let said = || alert.annotations.get("threshold").and_then(|text| number(text));
        expression.threshold = expression.threshold.or_else(said);
        Some(expression)
    }

    /// Takes the comparison off: `X > 0.8` is `X` and 0.8. What is compared with another series is drawn alone.
    pub fn read(expr: &str) -> Self {
        let expr = expr.trim();
        match comparison(expr) {
            Some((start, end)) => {
                let left = expr.get(..start).unwrap_or_default().trim();
                let right = expr.get(end..).unwrap_or_default().trim();
                // `0.8 < X` means the same.
                match (number(left), number(right)) {
                    (Some(threshold), None) => Self { expr: right.to_owned(), threshold: Some(threshold) },
                    (_, threshold) => Self { expr: left.to_owned(), threshold },
                }
            }
            None => Self { expr: expr.to_owned(), threshold: None },
        }
    }
}

/// Where the only comparison outside of brackets and texts stands. With `and`, `or` or `unless` beside it there is more
/// to it than a line and a threshold.
fn comparison(expr: &str) -> Option<(usize, usize)> {
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    let mut found = None;
    let mut letters = expr.char_indices().peekable();
    let mut word = String::new();
    while let Some((at, letter)) = letters.next() {
        if let Some(end) = quote {
            if letter == end && !escaped {
                quote = None;
            }
            escaped = letter == '\\' && !escaped;
            continue;
        }
        if depth == 0 && (letter.is_ascii_alphanumeric() || "_:".contains(letter)) {
            word.push(letter);
            continue;
        }
        if ["and", "or", "unless"].contains(&word.to_ascii_lowercase().as_str()) {
            return None;
        }
        word.clear();
        match letter {
            '"' | '\'' | '`' => quote = Some(letter),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '>' | '<' | '=' | '!' if depth == 0 => {
                let two = letters.next_if(|(_, next)| *next == '=').is_some();
                if found.is_some() {
                    return None;
                }
                found = Some((at, at + if two { 2 } else { 1 }));
            }
            _ => {}
        }
    }
    found
}

/// `0.8` or `80%`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let value = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

/// The series that the alert is about: those whose labels say nothing else than it does. `most` at most.
pub(super) fn about(labels: &Labels, all: Vec<Series>, most: usize) -> Vec<Series> {
    let agrees = |series: &Series| {
        let other = |(name, value): (&String, &String)| labels.get(name).is_some_and(|said| said != value);
        !series.labels.iter().filter(|(name, _)| *name != "__name__").any(other)
    };
    all.into_iter().filter(agrees).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_with_a_number_is_a_line_and_a_threshold() {
        let read = |expr: &str| {
            let Expression { expr, threshold } = Expression::read(expr);
            (expr, threshold)
        };
        let cases = [
            ("rate(x[5m]) > 0.8", ("rate(x[5m])", Some(0.8))),
            ("up == 0", ("up", Some(0.0))),
            ("80 <= a", ("a", Some(80.0))),
            ("1 - free{mode=~\"a|b>c\"} / size >= 9e-1 ", ("1 - free{mode=~\"a|b>c\"} / size", Some(0.9))),
            ("sum(a > 3)", ("sum(a > 3)", None)),
            ("a > on (instance) b", ("a", None)),
            ("a > 3 and b < 2", ("a > 3 and b < 2", None)),
            ("a{x=\"\\\">1\"} > 2", ("a{x=\"\\\">1\"}", Some(2.0))),
            ("android_total > 2", ("android_total", Some(2.0))),
        ];
        for (expr, (left, threshold)) in cases {
            assert_eq!(read(expr), (left.to_owned(), threshold), "{expr}");
        }
    }

    #[test]
    fn only_what_the_alert_is_about_is_drawn() {
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let series =
            |host: &str| Series { labels: labels(&[("__name__", "x"), ("instance", host)]), points: Vec::new() };
        let alert = labels(&[("alertname", "A"), ("instance", "web-1"), ("severity", "critical")]);
        let kept = about(&alert, vec![series("web-1"), series("web-2")], 4);
        assert_eq!(kept, [series("web-1")]);
    }
}
