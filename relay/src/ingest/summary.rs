//! What it takes to put a notification into the outbox: who it is and how urgent. Its words are read when it is sent.
//!
//! Every value is looked at, so that what is taken can be read later, and next to none is copied.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::payload::unquote;
use super::quick::State;
use super::{DEDUPE_WINDOW, KeyHash, REPEAT};
use crate::alert::{AlertGroup, Severity, Status};

/// A notification without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary<'a> {
    /// Firing while one of the alerts is.
    pub status: Status,
    /// The receiver's name, as written in Alertmanager's file.
    pub receiver: Cow<'a, str>,
    /// Identifies the group within Alertmanager.
    pub group_key: Cow<'a, str>,
    /// The worst severity among the firing alerts, or among all when none fires.
    pub severity: Severity,
    /// How many alerts it tells of.
    pub alerts: usize,
    truncated_alerts: u64,
    /// Alertmanager sends it again on purpose.
    is_repeat: bool,
    /// Fingerprint, status and start of each alert, in a fixed order.
    identity: Vec<(Cow<'a, str>, &'static str, Timestamp)>,
}

impl Summary<'_> {
    /// What makes two notifications the same: the channels, the receiver, the group, and the state of its alerts.
    ///
    /// Neither annotations nor `externalURL` take part: two Alertmanagers of a cluster differ in them. The result is
    /// hexadecimal SHA-256.
    pub fn dedupe_key(&self, channels: &[String]) -> String {
        let mut hash = KeyHash::default();
        hash.strings(channels);
        hash.strings(&[&self.receiver, &self.group_key]);
        hash.bytes(&self.truncated_alerts.to_be_bytes());
        for (fingerprint, status, starts_at) in &self.identity {
            hash.strings(&[fingerprint, *status]);
            hash.bytes(&starts_at.as_nanosecond().to_be_bytes());
        }
        hash.finish()
    }

    /// How long a second notification like this one is a duplicate; `None` when it is meant to be sent again.
    pub fn dedupe_window(&self) -> Option<Duration> {
        (!self.is_repeat).then_some(DEDUPE_WINDOW)
    }

    fn in_order(mut self) -> Self {
        self.identity.sort_unstable();
        self
    }
}

impl From<AlertGroup> for Summary<'static> {
    fn from(group: AlertGroup) -> Self {
        let severity = group.severity();
        let identity = group.alerts.into_iter();
        let identity = identity.map(|alert| (alert.fingerprint.into(), alert.status.as_str(), alert.starts_at));
        let identity: Vec<_> = identity.collect();
        let summary = Self {
            status: group.status,
            receiver: group.receiver.into(),
            group_key: group.group_key.into(),
            severity,
            alerts: identity.len(),
            truncated_alerts: group.truncated_alerts,
            is_repeat: group.notification_reason.as_deref() == Some(REPEAT),
            identity,
        };
        summary.in_order()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    status: State,
    #[serde(borrow)]
    receiver: Cow<'a, str>,
    #[serde(borrow)]
    group_key: Cow<'a, str>,
    #[serde(borrow)]
    alerts: Vec<One<'a>>,
    #[serde(borrow, default, rename = "groupLabels")]
    _group_labels: Texts<'a>,
    #[serde(borrow, default, rename = "commonLabels")]
    _common_labels: Texts<'a>,
    #[serde(borrow, default, rename = "commonAnnotations")]
    _common_annotations: Texts<'a>,
    #[serde(borrow, default, rename = "externalURL")]
    _external_url: Cow<'a, str>,
    #[serde(default)]
    truncated_alerts: u64,
    #[serde(borrow, rename = "notification_reason", default)]
    notification_reason: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    status: State,
    #[serde(borrow)]
    labels: Texts<'a>,
    #[serde(borrow, default, rename = "annotations")]
    _annotations: Texts<'a>,
    #[serde(borrow)]
    starts_at: Cow<'a, str>,
    #[serde(borrow)]
    ends_at: Cow<'a, str>,
    #[serde(borrow, default, rename = "generatorURL")]
    _generator_url: Cow<'a, str>,
    #[serde(borrow)]
    fingerprint: Cow<'a, str>,
}

/// A mapping from names to texts, of which `severity` alone is kept.
#[derive(Default)]
struct Texts<'a> {
    severity: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextsVisitor).map(|severity| Self { severity })
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping from names to strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut severity = None;
        while let Some((Text(name), Text(value))) = map.next_entry()? {
            if name == "severity" {
                severity = Some(value);
            }
        }
        Ok(severity)
    }
}

/// `None` where the body is not exactly what Alertmanager writes.
pub(super) fn summary(body: &[u8]) -> Option<Summary<'_>> {
    let group: Group<'_> = serde_json::from_slice(body).ok()?;
    let severity_of = |of: &dyn Fn(&One<'_>) -> bool| {
        let of = group.alerts.iter().filter(|alert| of(alert));
        of.map(|alert| Severity::from_label(alert.labels.severity.as_deref())).max()
    };
    let severity = severity_of(&|alert| alert.status == State::Firing).or_else(|| severity_of(&|_| true))?;
    let identity: Vec<_> = group.alerts.into_iter().map(identity).collect::<Option<_>>()?;
    let receiver = if group.receiver.contains('\\') { unquote(&group.receiver).into() } else { group.receiver };
    let summary = Summary {
        status: group.status.into(),
        receiver,
        group_key: group.group_key,
        severity,
        alerts: identity.len(),
        truncated_alerts: group.truncated_alerts,
        is_repeat: group.notification_reason == REPEAT,
        identity,
    };
    Some(summary.in_order())
}

fn identity(alert: One<'_>) -> Option<(Cow<'_, str>, &'static str, Timestamp)> {
    alert.ends_at.parse::<Timestamp>().ok()?;
    let starts_at = alert.starts_at.parse().ok()?;
    (!alert.fingerprint.is_empty()).then(|| (alert.fingerprint, Status::from(alert.status).as_str(), starts_at))
}
