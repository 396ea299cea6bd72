//! An event alert: what is told of one container, and how Alertmanager is told.

mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::docker::check::LastCheck;
use crate::docker::container::{COMPOSE_PROJECT, COMPOSE_SERVICE, Identity};
use crate::docker::exit::ExitReason;

/// How long an alert without news stays: what a crash is given at each refresh. Should the exporter go away, the alert
/// ends by itself that much later.
pub const HOLD: SignedDuration = SignedDuration::from_secs(10 * 60);
/// How long an alert that is told once stays.
pub const ONCE: SignedDuration = SignedDuration::from_secs(2 * 60);

/// The labels that say what an alert is about.
const OWN_LABELS: [&str; 8] =
    ["alertname", "seamark_kind", "severity", "id", "name", "image", "compose_project", "compose_service"];

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It ended by itself and is down.
    Crashed,
    /// It ended by itself and its restart policy brought it back within the window.
    Restarted,
    /// It ended cleanly, or somebody stopped it.
    Stopped,
    /// It was started.
    Started,
    /// Its health checks fail.
    Unhealthy,
    /// It was taken away while it ran, or is missed.
    Removed,
    /// Its restart policy starts it again and again.
    Looping,
}

impl Kind {
    /// The label `alertname`.
    pub const fn alert_name(self) -> &'static str {
        match self {
            Self::Crashed => "ContainerCrashed",
            Self::Restarted => "ContainerRestarted",
            Self::Stopped => "ContainerStopped",
            Self::Started => "ContainerStarted",
            Self::Unhealthy => "ContainerUnhealthyEvent",
            Self::Removed => "ContainerRemovedUnexpectedly",
            Self::Looping => "ContainerRestartLoop",
        }
    }

    /// The label `severity`.
    pub const fn severity(self) -> &'static str {
        match self {
            Self::Crashed | Self::Looping => "critical",
            Self::Restarted | Self::Unhealthy | Self::Removed => "warning",
            Self::Stopped | Self::Started => "info",
        }
    }
}

/// How a container ended, as told to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitNote {
    /// Exit code of its main process.
    pub code: i64,
    /// Why it ended.
    pub reason: ExitReason,
    /// Name of its restart policy; empty when it is not known.
    pub restart_policy: String,
    /// How long it had run; `None` when its start was not seen.
    pub uptime: Option<Duration>,
}

/// What an alert tells beside the end, as annotations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// What its health check said last.
    pub check: Option<LastCheck>,
    /// How often its policy has started it again lately.
    pub restarts: Option<usize>,
    /// Its last lines, redacted and cut; empty when they were not asked for or did not come in time.
    pub log: String,
    /// Why the alert is over, where that is not the only way: `healthy`, `calm`, or how the container is now.
    pub ended_by: &'static str,
}

/// One alert about one container: firing while `ends_at` is ahead, resolved when it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventAlert {
    /// What happened.
    pub kind: Kind,
    /// To whom, by the name it had then.
    pub container: Identity,
    /// How it ended; `None` for what is no end.
    pub exit: Option<ExitNote>,
    /// What else there is to say.
    pub detail: Detail,
    /// When it happened.
    pub starts_at: Timestamp,
    /// Until when it holds without further news.
    pub ends_at: Timestamp,
    /// This is the end of an alert, not one.
    pub resolved: bool,
}

/// What an alert is labelled with beside the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The label `instance`, and the annotation `host`.
    pub instance: String,
    /// More labels, or others instead: `alertmanager.labels`. `job` is `seamark` unless it is here.
    pub labels: Vec<(String, String)>,
}

impl Origin {
    /// The labels that every alert from here has, without those that say what it is about.
    pub fn labels(&self) -> BTreeMap<&str, &str> {
        let mut all = BTreeMap::from([("job", "seamark"), ("instance", self.instance.as_str())]);
        all.extend(self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        all.retain(|name, value| !value.is_empty() && !OWN_LABELS.contains(name));
        all
    }
}

impl EventAlert {
    /// This alert, ended.
    #[must_use]
    pub fn over(self, now: Timestamp) -> Self {
        Self { ends_at: now, resolved: true, ..self }
    }

    /// This alert, ended for a reason that is worth telling.
    #[must_use]
    pub fn over_because(self, ended_by: &'static str, now: Timestamp) -> Self {
        Self { detail: Detail { ended_by, ..self.detail.clone() }, ..self.over(now) }
    }

    /// What a newer state of the same alert has in common with this one.
    pub fn key(&self) -> (Kind, String, String) {
        (self.kind, self.container.id.clone(), self.container.name.clone())
    }

    /// The object for `POST /api/v2/alerts`.
    ///
    /// Labels are identity alone: what differs from crash to crash is in annotations, or each would be another alert.
    pub fn to_json(&self, origin: &Origin) -> Value {
        let mut labels = Map::new();
        let mut label = |name: &str, value: &str| {
            if !value.is_empty() {
                labels.insert(name.to_owned(), Value::from(value));
            }
        };
        for (name, value) in origin.labels() {
            label(name, value);
        }
        let container = &self.container;
        label("alertname", self.kind.alert_name());
        label("seamark_kind", "event");
        label("severity", self.kind.severity());
        label("id", &container.path());
        label("name", &container.name);
        label("image", &container.image);
        label("compose_project", container.label(COMPOSE_PROJECT));
        label("compose_service", container.label(COMPOSE_SERVICE));
        json!({
            "labels": labels,
            "annotations": self.annotations(&origin.instance),
            "startsAt": self.starts_at.min(self.ends_at).to_string(),
            "endsAt": self.ends_at.to_string(),
        })
    }

    fn annotations(&self, host: &str) -> Map<String, Value> {
        let (summary, description) = words::of(self, host);
        let mut all = Map::new();
        let mut annotate = |name: &str, value: String| {
            if !value.is_empty() {
                all.insert(name.to_owned(), Value::from(value));
            }
        };
        annotate("summary", summary);
        annotate("description", description);
        annotate("container", self.container.name.clone());
        annotate("host", host.to_owned());
        if let Some(exit) = &self.exit {
            annotate("exit_code", exit.code.to_string());
            annotate("reason", exit.reason.to_string());
            annotate("restart_policy", exit.restart_policy.clone());
            annotate("uptime", exit.uptime.map(|time| time.as_secs().to_string()).unwrap_or_default());
        }
        let Detail { check, restarts, log, ended_by } = &self.detail;
        if let Some(check) = check {
            annotate("failing_streak", check.failing_streak.to_string());
            annotate("check_exit_code", check.exit_code.map(|code| code.to_string()).unwrap_or_default());
            annotate("check_output", check.output.clone());
        }
        annotate("restarts", restarts.map(|restarts| restarts.to_string()).unwrap_or_default());
        annotate("log", log.clone());
        annotate("ended_by", (*ended_by).to_owned());
        all
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use serde_json::json;

    use super::{Detail, EventAlert, ExitNote, Kind, Origin};
    use crate::docker::container::Identity;
    use crate::docker::exit::ExitReason;

    #[test]
    fn a_crash_is_labelled_with_identity_alone_and_tells_the_rest_in_annotations() {
        let alert = EventAlert {
            kind: Kind::Crashed,
            container: Identity {
                id: "ab".to_owned(),
                name: "shop-\"web\"".to_owned(),
                image: "busybox:latest".to_owned(),
                labels: [("com.docker.compose.service".to_owned(), "web".to_owned())].into(),
                ..Identity::default()
            },
            exit: Some(ExitNote {
                code: 3,
                reason: ExitReason::Crash,
                restart_policy: "no".to_owned(),
                uptime: Some(Duration::from_secs(3700)),
            }),
            detail: Detail { log: "a\nb".to_owned(), ..Detail::default() },
            starts_at: Timestamp::from_second(1_700_000_000).unwrap(),
            ends_at: Timestamp::from_second(1_700_000_600).unwrap(),
            resolved: false,
        };
        let origin = Origin {
            instance: "web-1".to_owned(),
            labels: vec![("site".to_owned(), "north".to_owned()), ("alertname".to_owned(), "no".to_owned())],
        };
        assert_eq!(
            alert.to_json(&origin),
            json!({
                "labels": {
                    "alertname": "ContainerCrashed", "seamark_kind": "event", "severity": "critical",
                    "job": "seamark", "instance": "web-1", "site": "north", "id": "/docker/ab",
                    "name": "shop-\"web\"", "image": "busybox:latest", "compose_service": "web",
                },
                "annotations": {
                    "summary": "Container shop-\"web\" on web-1 crashed",
                    "description": "shop-\"web\" ended with exit code 3 after 61 min and is down.",
                    "container": "shop-\"web\"", "host": "web-1", "exit_code": "3", "reason": "crash",
                    "restart_policy": "no", "uptime": "3700", "log": "a\nb",
                },
                "startsAt": "2023-11-14T22:13:20Z",
                "endsAt": "2023-11-14T22:23:20Z",
            })
        );
    }
}
