//! What a template sees: the notification, by the names of Alertmanager's webhook where it has one.
//! `deploy/messages.md` explains them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minijinja::value::Value;

use super::Voice;
use crate::alert::{Alert, AlertGroup, Labels, Status};
use crate::compose::alert::{Place, item};
use crate::compose::excerpt;
use crate::compose::links;
use crate::compose::measure::Reading;
use crate::compose::moment::between;

/// Alerts that a template sees; `firingCount` and `resolvedCount` count all of them.
const ALERTS: usize = 100;
/// Labels, or annotations, of one alert.
const LABELS: usize = 100;
/// Code points of one text.
const TEXT: usize = 4000;

/// Everything at the top.
pub(super) const NAMES: &[&str] = &[
    "title",
    "status",
    "severity",
    "receiver",
    "alerts",
    "firing",
    "resolved",
    "firingCount",
    "resolvedCount",
    "groupLabels",
    "commonLabels",
    "commonAnnotations",
    "externalURL",
    "truncatedAlerts",
];

/// The data of a notification. `title`: the built-in one.
pub(super) fn of(voice: &Voice, group: &AlertGroup, title: &str) -> Value {
    let count = |status| group.alerts.iter().filter(|alert| alert.status == status).count();
    let alerts: Vec<(Status, Value)> =
        group.alerts.iter().take(ALERTS).map(|alert| (alert.status, of_alert(voice, group, alert))).collect();
    let with = |status| {
        let those = alerts.iter().filter(|(its, _)| *its == status);
        Value::from(those.map(|(_, alert)| alert.clone()).collect::<Vec<_>>())
    };
    let values: [Value; NAMES.len()] = [
        text(title),
        group.status.as_str().into(),
        group.severity().as_str().into(),
        text(&group.receiver),
        Value::from(alerts.iter().map(|(_, alert)| alert.clone()).collect::<Vec<_>>()),
        with(Status::Firing),
        with(Status::Resolved),
        count(Status::Firing).into(),
        count(Status::Resolved).into(),
        labels(&group.group_labels),
        labels(&group.common_labels),
        labels(&group.common_annotations),
        optional(group.external_url.as_deref()),
        group.truncated_alerts.into(),
    ];
    Value::from(NAMES.iter().copied().zip(values).collect::<BTreeMap<_, _>>())
}

fn of_alert(voice: &Voice, group: &AlertGroup, alert: &Alert) -> Value {
    let built_in = item(voice, group, alert);
    let place = Place::of(&alert.labels);
    let reading = Reading::of(voice, alert);
    let lasted = alert.ends_at.and_then(|end| between(alert.starts_at, end));
    let time = |at: Timestamp| Value::from(at.to_string());
    let link = |key| links::named(voice, &built_in.links, key);
    Value::from(BTreeMap::from([
        ("title", text(&built_in.title)),
        ("name", text(alert.name())),
        ("status", alert.status.as_str().into()),
        ("severity", alert.severity().as_str().into()),
        ("host", optional(place.host)),
        ("container", optional(place.container)),
        ("value", optional(reading.as_ref().map(|reading| reading.value.as_str()))),
        ("threshold", optional(reading.as_ref().and_then(|reading| reading.threshold.as_deref()))),
        ("labels", labels(&alert.labels)),
        ("annotations", labels(&alert.annotations)),
        ("startsAt", time(alert.starts_at)),
        ("endsAt", alert.ends_at.map_or(Value::UNDEFINED, time)),
        ("duration", lasted.map_or(Value::UNDEFINED, |lasted| lasted.as_secs_f64().into())),
        ("fingerprint", text(&alert.fingerprint)),
        ("generatorURL", optional(link("link-source"))),
        ("dashboardURL", optional(link("link-dashboard"))),
        ("runbookURL", optional(link("link-runbook"))),
    ]))
}

fn labels(labels: &Labels) -> Value {
    let some = labels.iter().take(LABELS).map(|(name, value)| (excerpt(name, TEXT), text(value)));
    Value::from(some.collect::<BTreeMap<String, Value>>())
}

fn text(text: &str) -> Value {
    excerpt(text, TEXT).into()
}

fn optional(words: Option<&str>) -> Value {
    words.map_or(Value::UNDEFINED, text)
}

/// Examples that a new template is tried with: something fires and something is over, or only one of both.
pub(super) fn samples(voice: &Voice) -> impl Iterator<Item = Value> {
    let alert = |status, ends_at| Alert {
        status,
        labels: [("alertname", "Example"), ("instance", "web-1"), ("severity", "critical")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        annotations: [("summary", "An example"), ("value", "85.2%"), ("threshold", "80%")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        starts_at: Timestamp::UNIX_EPOCH,
        ends_at,
        generator_url: None,
        fingerprint: String::new(),
    };
    let firing = alert(Status::Firing, None);
    let resolved = alert(Status::Resolved, Some(Timestamp::UNIX_EPOCH));
    [vec![firing.clone(), resolved.clone()], vec![firing], vec![resolved]]
        .map(|alerts| {
            let group = AlertGroup {
                group_key: String::new(),
                receiver: "seamark".to_owned(),
                status: if alerts.iter().any(|alert| alert.status == Status::Firing) {
                    Status::Firing
                } else {
                    Status::Resolved
                },
                group_labels: Labels::new(),
                common_labels: Labels::new(),
                common_annotations: Labels::new(),
                external_url: Some("http://localhost:9093".to_owned()),
                truncated_alerts: 0,
                notification_reason: None,
                alerts,
            };
            of(voice, &group, "An example")
        })
        .into_iter()
}
