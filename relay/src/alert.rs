//! Alerts and their groups, as the relay speaks of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Label or annotation names and values, in a fixed order.
pub type Labels = BTreeMap<String, String>;

/// Whether an alert, or a group, needs attention. A group is firing while one of its alerts is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The condition holds.
    Firing,
    /// The condition is over.
    Resolved,
}

impl Status {
    /// Alertmanager's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// How urgent an alert is, from its label `severity`. The order is that of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know (`info`, `none`, `debug`, `notice`).
    Info,
    /// To be looked at today (`warning`, no label at all, and every word that is not known).
    Warning,
    /// To be looked at now (`critical`, `error`, `page`, `emergency`).
    Critical,
}

impl Severity {
    /// The severity that a label value stands for.
    pub fn from_label(label: Option<&str>) -> Self {
        match label.map(str::to_ascii_lowercase).as_deref() {
            Some("critical" | "error" | "page" | "emergency") => Self::Critical,
            Some("info" | "none" | "debug" | "notice") => Self::Info,
            _ => Self::Warning,
        }
    }

    /// The word for metrics and for the catalogues.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One alert of a notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its own state; a firing group may hold resolved alerts.
    pub status: Status,
    /// What it is about.
    pub labels: Labels,
    /// What is to be said about it.
    pub annotations: Labels,
    /// When the condition began.
    pub starts_at: Timestamp,
    /// When it ended. `None` while firing (Alertmanager sends the year 1).
    pub ends_at: Option<Timestamp>,
    /// Where the rule can be looked at.
    pub generator_url: Option<String>,
    /// Alertmanager's hash over the labels, 16 hexadecimal digits.
    pub fingerprint: String,
}

impl Alert {
    /// The value of `alertname`, or `alert` where there is none.
    pub fn name(&self) -> &str {
        self.labels.get("alertname").map_or("alert", String::as_str)
    }

    /// The severity its label gives.
    pub fn severity(&self) -> Severity {
        Severity::from_label(self.labels.get("severity").map(String::as_str))
    }
}

/// One notification of Alertmanager: the alerts of one group of one receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertGroup {
    /// Identifies the group within Alertmanager.
    pub group_key: String,
    /// The receiver's name, as written in Alertmanager's file.
    pub receiver: String,
    /// Firing while one of the alerts is.
    pub status: Status,
    /// The labels by which the group was formed.
    pub group_labels: Labels,
    /// Labels that all alerts share.
    pub common_labels: Labels,
    /// Annotations that all alerts share.
    pub common_annotations: Labels,
    /// Where Alertmanager's page is.
    pub external_url: Option<String>,
    /// Alerts that Alertmanager cut off (`max_alerts`).
    pub truncated_alerts: u64,
    /// Why Alertmanager notified (0.32 and later), such as `repeat interval elapsed`.
    pub notification_reason: Option<String>,
    /// Never empty.
    pub alerts: Vec<Alert>,
}

impl AlertGroup {
    /// The worst severity among the firing alerts, or among all when none fires.
    pub fn severity(&self) -> Severity {
        let firing = self.alerts.iter().filter(|alert| alert.status == Status::Firing).map(Alert::severity).max();
        firing.or_else(|| self.alerts.iter().map(Alert::severity).max()).unwrap_or(Severity::Warning)
    }
}
