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
    /// The series that it is compared with, where it is no number: `seamark:threshold{check="host_cpu"}`.
    pub limit: Option<String>,
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

    /// Takes the comparison off: `X > 0.8` is `X` and 0.8. What follows behind `and` or `unless` says for whom the rule
    /// is, and is left out. What is compared with more than a number or a series is drawn alone.
    pub fn read(expr: &str) -> Self {
        let expr = expr.trim();
        let parts = parts(expr);
        let is = |part: &Part, words: &[&str]| matches!(part, Part::Word(_, word) if words.contains(&word.as_str()));
        if parts.iter().any(|part| is(part, &["or"])) {
            return Self::whole(expr);
        }
        let end = parts.iter().find(|part| is(part, &["and", "unless"])).map_or(expr.len(), Part::start);
        let said = expr.get(..end).unwrap_or_default().trim();
        if let Some(inside) = said.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
            && matches!(parts.iter().find(|part| matches!(part, Part::Close(_))), Some(Part::Close(at)) if at + 1 == said.len())
        {
            return Self::read(inside);
        }
        let mut comparisons = parts.iter().filter(|part| part.start() < end).filter_map(|part| match part {
            Part::Comparison(start, end) => Some((*start, *end)),
            _ => None,
        });
        let (Some((start, behind)), None) = (comparisons.next(), comparisons.next()) else { return Self::whole(said) };
        let left = said.get(..start).unwrap_or_default().trim();
        let right = said.get(behind..).unwrap_or_default().trim();
        // `0.8 < X` means the same.
        match (number(left), number(right)) {
            (Some(threshold), None) => Self { expr: right.to_owned(), threshold: Some(threshold), limit: None },
            (_, threshold) => Self { expr: left.to_owned(), threshold, limit: series(right) },
        }
    }

    fn whole(expr: &str) -> Self {
        Self { expr: expr.to_owned(), threshold: None, limit: None }
    }
}

/// What stands outside of brackets and texts, and where it begins.
enum Part {
    /// In small letters.
    Word(usize, String),
    /// And where it ends.
    Comparison(usize, usize),
    /// The last of some brackets.
    Close(usize),
}

impl Part {
    fn start(&self) -> usize {
        let (Self::Word(at, _) | Self::Comparison(at, _) | Self::Close(at)) = self;
        *at
    }
}

fn parts(expr: &str) -> Vec<Part> {
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    let mut found = Vec::new();
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
            word.push(letter.to_ascii_lowercase());
            continue;
        }
        if !word.is_empty() {
            found.push(Part::Word(at - word.len(), std::mem::take(&mut word)));
        }
        match letter {
            '"' | '\'' | '`' => quote = Some(letter),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    found.push(Part::Close(at));
                }
            }
            '>' | '<' | '=' | '!' if depth == 0 => {
                let two = letters.next_if(|(_, next)| *next == '=').is_some();
                found.push(Part::Comparison(at, at + if two { 2 } else { 1 }));
            }
            _ => {}
        }
    }
    found
}

/// The selector behind what says how both sides are matched; `None`: it is more than that.
fn series(right: &str) -> Option<String> {
    let mut rest = right.trim();
    for word in ["bool", "on", "ignoring", "group_left", "group_right"] {
        let Some(behind) = rest.strip_prefix(word).map(str::trim_start) else { continue };
        match behind.strip_prefix('(').and_then(|labels| labels.split_once(')')) {
            Some((_, behind)) => rest = behind.trim_start(),
            None if rest.starts_with(&format!("{word} ")) => rest = behind,
            // A name that begins so.
            None => {}
        }
    }
    let name_ends = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c))).unwrap_or(rest.len());
    let (name, matchers) = rest.split_at_checked(name_ends)?;
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let inside = matchers.strip_prefix('{').and_then(|inside| inside.strip_suffix('}'));
    let is_one = matchers.is_empty() || inside.is_some_and(|inside| !inside.contains(['{', '}']));
    (begins && is_one).then(|| rest.to_owned())
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
    all.into_iter().filter(|series| agrees(labels, &series.labels)).take(most).collect()
}

/// Whether these labels say nothing else than the alert does.
pub(super) fn agrees(alert: &Labels, own: &Labels) -> bool {
    let other = |(name, value): (&String, &String)| alert.get(name).is_some_and(|said| said != value);
    !own.iter().filter(|(name, _)| *name != "__name__").any(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_with_a_number_is_a_line_and_a_threshold() {
        let read = |expr: &str| {
            let Expression { expr, threshold, .. } = Expression::read(expr);
            (expr, threshold)
        };
        let cases = [
            ("rate(x[5m]) > 0.8", ("rate(x[5m])", Some(0.8))),
            ("up == 0", ("up", Some(0.0))),
            ("80 <= a", ("a", Some(80.0))),
            ("1 - free{mode=~\"a|b>c\"} / size >= 9e-1 ", ("1 - free{mode=~\"a|b>c\"} / size", Some(0.9))),
            ("sum(a > 3)", ("sum(a > 3)", None)),
            ("a > on (instance) b", ("a", None)),
            ("a > 3 and b < 2", ("a", Some(3.0))),
            ("a > 3 UNLESS on (x) b == 0", ("a", Some(3.0))),
            ("(a > 3) unless on (x) b == 0", ("a", Some(3.0))),
            ("(a) - (b) > 3 and on (x) c", ("(a) - (b)", Some(3.0))),
            ("a and b > 3", ("a", None)),
            ("a > 3 or b > 2", ("a > 3 or b > 2", None)),
            ("a > 3 > 2", ("a > 3 > 2", None)),
            ("a{x=\"\\\">1\"} > 2", ("a{x=\"\\\">1\"}", Some(2.0))),
            ("android_total > 2", ("android_total", Some(2.0))),
        ];
        for (expr, (left, threshold)) in cases {
            assert_eq!(read(expr), (left.to_owned(), threshold), "{expr}");
        }
    }

    #[test]
    fn what_is_compared_with_a_series_is_a_line_and_where_its_threshold_is_to_be_found() {
        let limit = |expr: &str| Expression::read(expr).limit;
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            ("up", None),
            ("a > 3", None),
            ("(a * 0 + b) > seamark:threshold{check=\"host_cpu\"}", some("seamark:threshold{check=\"host_cpu\"}")),
            ("a > on () group_left () x{y=\"(z\"}", some("x{y=\"(z\"}")),
            ("a < bool on(job, instance) b", some("b")),
            ("a > ignoring (x) group_right (y) online", some("online")),
            ("a > one_more", some("one_more")),
            ("a > b * 2", None),
            ("a > b[5m]", None),
            ("a > max(b)", None),
            ("a > b{} + c{}", None),
            ("a > 3 or b > c", None),
        ];
        for (expr, expected) in cases {
            assert_eq!(limit(expr), expected, "{expr}");
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
