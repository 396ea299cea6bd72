//! The webhook as Alertmanager writes it, read in one pass: a third of the work of taking a notification was to look at
//! it field by field. Whatever is not exactly so is left to [`payload`](super::payload), which says what is wrong.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use super::payload::{end, unquote};
use crate::alert::{Alert, AlertGroup, Labels, Status};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    status: State,
    #[serde(borrow)]
    receiver: Cow<'a, str>,
    group_key: String,
    #[serde(borrow)]
    alerts: Vec<One<'a>>,
    #[serde(default)]
    group_labels: Labels,
    #[serde(default)]
    common_labels: Labels,
    #[serde(default)]
    common_annotations: Labels,
    #[serde(rename = "externalURL", default)]
    external_url: String,
    #[serde(default)]
    truncated_alerts: u64,
    #[serde(rename = "notification_reason", default)]
    notification_reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    status: State,
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    #[serde(borrow)]
    starts_at: Cow<'a, str>,
    #[serde(borrow)]
    ends_at: Cow<'a, str>,
    #[serde(rename = "generatorURL", default)]
    generator_url: String,
    fingerprint: String,
}

/// A status, as Alertmanager writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Firing,
    Resolved,
}

impl From<State> for Status {
    fn from(state: State) -> Self {
        match state {
            State::Firing => Self::Firing,
            State::Resolved => Self::Resolved,
        }
    }
}

/// The notification; `None` where it is not exactly what Alertmanager writes.
pub(super) fn alert_group(body: &[u8]) -> Option<AlertGroup> {
    let group: Group<'_> = serde_json::from_slice(body).ok()?;
    let alerts: Vec<Alert> = group.alerts.into_iter().map(alert).collect::<Option<_>>()?;
    (!alerts.is_empty()).then(|| AlertGroup {
        status: group.status.into(),
        receiver: unquote(&group.receiver),
        group_key: group.group_key,
        alerts,
        group_labels: group.group_labels,
        common_labels: group.common_labels,
        common_annotations: group.common_annotations,
        external_url: some(group.external_url),
        truncated_alerts: group.truncated_alerts,
        notification_reason: some(group.notification_reason),
    })
}

fn alert(one: One<'_>) -> Option<Alert> {
    let status = one.status.into();
    let ends_at: Timestamp = one.ends_at.parse().ok()?;
    Some(Alert {
        status,
        labels: one.labels,
        annotations: one.annotations,
        starts_at: one.starts_at.parse().ok()?,
        ends_at: end(status, ends_at),
        generator_url: some(one.generator_url),
        fingerprint: some(one.fingerprint)?,
    })
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
