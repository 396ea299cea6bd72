//! The message for a group of alerts.

use super::catalogue::Arg;
use super::moment::{between, duration, moment};
use super::{Voice, bare, container, links, one_line};
use crate::alert::{Alert, AlertGroup, Labels, Severity, Status};
use crate::message::{Field, Item, Message, Span, Text, Tone};

/// Labels that the item shows elsewhere, or that say nothing to people.
const SHOWN_ELSEWHERE: [&str; 4] = ["severity", "instance", "seamark_kind", "monitor"];

/// Characters of a log that are shown: a field of the narrowest chat holds 1024, the frame included.
const BLOCK: usize = 900;

/// How many rule names a group's title lists when the group has no name of its own.
const NAMES_IN_TITLE: usize = 3;

/// Firing alerts first, the worst at the top; then what is over.
pub(super) fn message(voice: &Voice, group: &AlertGroup) -> Message {
    let mut alerts: Vec<&Alert> = group.alerts.iter().collect();
    alerts.sort_by_key(|alert| (alert.status == Status::Resolved, std::cmp::Reverse(alert.severity())));
    let items: Vec<Item> = alerts.iter().map(|alert| item(voice, group, alert)).collect();
    let firing = alerts.iter().filter(|alert| alert.status == Status::Firing).count();
    let title = match items.as_slice() {
        [only] => only.title.clone(),
        _ => group_title(voice, group, firing),
    };
    let left_out = (group.truncated_alerts > 0)
        .then(|| voice.words("cut-by-alertmanager", &[("count", Arg::Count(group.truncated_alerts))]));
    Message {
        url: links::of_group(group),
        footer: left_out,
        silent: firing == 0 || group.severity() == Severity::Info,
        tone: items.iter().map(|item| item.tone).max().unwrap_or(Tone::Neutral),
        items,
        ..bare(voice, Tone::Neutral, title)
    }
}

fn group_title(voice: &Voice, group: &AlertGroup, firing: usize) -> String {
    let resolved = group.alerts.len().saturating_sub(firing);
    let count = |count: usize| Arg::Count(u64::try_from(count).unwrap_or(u64::MAX));
    let severity = ("severity", Arg::Choice(group.severity().as_str()));
    let subject = ("subject", Arg::from(&subject(group)));
    match (firing, resolved) {
        (0, _) => voice.words("group-resolved-title", &[("resolved", count(resolved)), subject]),
        (_, 0) => voice.words("group-firing-title", &[severity, ("firing", count(firing)), subject]),
        _ => voice
            .words("group-mixed-title", &[severity, ("firing", count(firing)), ("resolved", count(resolved)), subject]),
    }
}

/// What the alerts of a group have in common, such as `HostDiskSpaceHigh [web-1]`.
fn subject(group: &AlertGroup) -> String {
    let names = match group.common_labels.get("alertname").or_else(|| group.group_labels.get("alertname")) {
        Some(name) => one_line(name),
        None => {
            let mut names: Vec<String> = Vec::new();
            for alert in &group.alerts {
                let name = one_line(alert.name());
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let rest = if names.len() > NAMES_IN_TITLE { ", …" } else { "" };
            names.truncate(NAMES_IN_TITLE);
            names.join(", ") + rest
        }
    };
    let place = Place::of(&group.common_labels);
    place.append_to(names)
}

/// One alert, whichever it is.
pub(super) fn item(voice: &Voice, group: &AlertGroup, alert: &Alert) -> Item {
    let mut item = container::item(voice, alert).unwrap_or_else(|| general(voice, alert));
    item.links = links::of_alert(voice, group, alert);
    item
}

/// An alert that Seamark has no words of its own for: those of its annotations.
fn general(voice: &Voice, alert: &Alert) -> Item {
    let place = Place::of(&alert.labels);
    let summary = annotation(alert, "summary").map_or_else(|| one_line(alert.name()), one_line);
    let title = place.append_to(summary);
    let severity = ("severity", Arg::Choice(alert.severity().as_str()));
    let is_firing = alert.status == Status::Firing;
    let title = match alert.status {
        Status::Firing => voice.words("firing-title", &[severity.clone(), ("summary", Arg::from(&title))]),
        Status::Resolved => voice.words("resolved-title", &[("summary", Arg::from(&title))]),
    };
    let mut fields = Fields::new(voice);
    fields.add("field-severity", vec![Span::Text(voice.words("severity", &[severity]))]);
    fields.add_code("field-host", place.host);
    fields.add_code("field-container", place.container);
    // The annotations of a resolved alert are those of its last evaluation while it fired.
    let value = if is_firing { "field-value" } else { "field-value-then" };
    fields.add_code(value, annotation(alert, "value"));
    fields.add_code("field-threshold", annotation(alert, "threshold"));
    fields.add_times(alert);
    let mut fields = fields.list;
    fields.extend(labels_field(voice, &alert.labels, place));
    Item {
        tone: tone(alert),
        title,
        body: annotation(alert, "description")
            .or_else(|| annotation(alert, "message"))
            .map(|words| vec![Span::Text(words.to_owned())])
            .unwrap_or_default(),
        fields,
        links: Vec::new(),
        at: Some(alert.starts_at),
    }
}

/// The labels that are not shown elsewhere, as Prometheus writes them.
fn labels_field(voice: &Voice, labels: &Labels, place: Place<'_>) -> Option<Field> {
    let is_shown = |name: &str, value: &str| SHOWN_ELSEWHERE.contains(&name) || place.container == Some(value);
    let pairs: Vec<String> = labels
        .iter()
        .filter(|(name, value)| !is_shown(name, value))
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    let name = voice.words("field-labels", &[]);
    (!pairs.is_empty()).then(|| Field { name, value: vec![Span::Code(pairs.join(" "))], short: false })
}

fn tone(alert: &Alert) -> Tone {
    match (alert.status, alert.severity()) {
        (Status::Resolved, _) => Tone::Good,
        (_, Severity::Critical) => Tone::Critical,
        (_, Severity::Warning) => Tone::Warning,
        (_, Severity::Info) => Tone::Info,
    }
}

/// An annotation that says something.
pub(super) fn annotation<'a>(alert: &'a Alert, name: &str) -> Option<&'a str> {
    alert.annotations.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// Where it happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) host: Option<&'a str>,
    pub(super) container: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(super) fn of(labels: &'a Labels) -> Self {
        let label = |name: &str| labels.get(name).map(String::as_str).filter(|value| !value.is_empty());
        // `name` is a container's for Seamark and cAdvisor; other exporters use it for other things.
        let is_container = label("id").is_some()
            || label("image").is_some()
            || label("alertname").is_some_and(|name| name.starts_with("Container"));
        let container = label("container").or_else(|| label("name").filter(|_| is_container));
        Self { host: label("instance"), container }
    }

    /// The words with the place behind them, unless they name it themselves: `… [web-1/shop]`.
    fn append_to(self, words: String) -> String {
        let names = [self.host, self.container].into_iter().flatten().map(one_line);
        let missing: Vec<String> = names.filter(|name| !is_named(&words, name)).collect();
        if missing.is_empty() { words } else { format!("{words} [{}]", missing.join("/")) }
    }
}

/// Whether the words hold this name as a whole: `web` is not named by `webhook`, nor by `web-1`.
fn is_named(words: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    words.match_indices(name).any(|(start, found)| {
        let before = words.get(..start).unwrap_or_default().chars().next_back();
        let after = words.get(start + found.len()..).unwrap_or_default().chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// The fields of an item, short ones that stand beside each other. Values that are not there are left out.
pub(super) struct Fields<'a> {
    voice: &'a Voice,
    pub(super) list: Vec<Field>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(voice: &'a Voice) -> Self {
        Self { voice, list: Vec::new() }
    }

    pub(super) fn add(&mut self, key: &'static str, value: Text) {
        self.list.push(Field { name: self.voice.words(key, &[]), value, short: true });
    }

    pub(super) fn add_code(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(key, vec![Span::Code(value.to_owned())]);
        }
    }

    pub(super) fn add_words(&mut self, key: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.add(key, vec![Span::Text(value)]);
        }
    }

    /// The last lines of a text of many, as they stand.
    pub(super) fn add_block(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            let left_out = value.chars().count().saturating_sub(BLOCK);
            let mark = if left_out > 0 { "…" } else { "" };
            let end: String = mark.chars().chain(value.chars().skip(left_out)).collect();
            let name = self.voice.words(key, &[]);
            self.list.push(Field { name, value: vec![Span::Block(end)], short: false });
        }
    }

    /// Since when, or from when to when.
    pub(super) fn add_times(&mut self, alert: &Alert) {
        let voice = self.voice;
        let began = vec![moment(voice, alert.starts_at)];
        match alert.ends_at {
            None => self.add("field-since", began),
            Some(ends_at) => {
                self.add("field-began", began);
                self.add("field-ended", vec![moment(voice, ends_at)]);
                self.add_words("field-duration", between(alert.starts_at, ends_at).map(|long| duration(voice, long)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_host_and_container_once() {
        let titled = |words: &str, host, container| Place { host, container }.append_to(words.to_owned());
        assert_eq!(titled("web-1 does not answer", Some("web-1"), None), "web-1 does not answer");
        assert_eq!(titled("webhook is down", Some("web"), None), "webhook is down [web]");
        assert_eq!(titled("db-2 is full", Some("db"), Some("db-2")), "db-2 is full [db]");
        assert_eq!(titled("内存不足：web", Some("web"), Some("api")), "内存不足：web [api]");
        assert_eq!(titled("Down", Some("web-1:9100"), Some("a\nb")), "Down [web-1:9100/a b]");
        assert_eq!(titled("Down", None, None), "Down");
    }
}
