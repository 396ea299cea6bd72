//! An event alert: what is told of one container, and how Alertmanager is told.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

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
}

impl Kind {
    /// The label `alertname`.
    pub const fn alert_name(self) -> &'static str {
        match self {
            Self::Crashed => "ContainerCrashed",
            Self::Restarted => "ContainerRestarted",
            Self::Stopped => "ContainerStopped",
            Self::Started => "ContainerStarted",
        }
    }

    /// The label `severity`.
    pub const fn severity(self) -> &'static str {
        match self {
            Self::Crashed => "critical",
            Self::Restarted => "warning",
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

/// One alert about one container: firing while `ends_at` is ahead, resolved when it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventAlert {
    /// What happened.
    pub kind: Kind,
    /// To whom, by the name it had then.
    pub container: Identity,
    /// How it ended; `None` for [`Kind::Started`].
    pub exit: Option<ExitNote>,
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
        let name = &self.container.name;
        let (summary, description) = match (self.kind, &self.exit) {
            (Kind::Crashed, Some(exit)) => {
                (format!("Container {name} on {host} crashed"), format!("{} and is down.", ending(name, exit)))
            }
            (Kind::Restarted, Some(exit)) => (
                format!("Container {name} on {host} was restarted"),
                format!("{}; its restart policy has started it again.", ending(name, exit)),
            ),
            (Kind::Stopped, Some(exit)) => {
                (format!("Container {name} on {host} has stopped"), format!("{}.", ending(name, exit)))
            }
            (Kind::Started, _) | (_, None) => {
                (format!("Container {name} on {host} was started"), format!("{name} was started."))
            }
        };
        let mut all = Map::new();
        let mut annotate = |name: &str, value: String| {
            if !value.is_empty() {
                all.insert(name.to_owned(), Value::from(value));
            }
        };
        annotate("summary", summary);
        annotate("description", description);
        annotate("container", name.clone());
        annotate("host", host.to_owned());
        if let Some(exit) = &self.exit {
            annotate("exit_code", exit.code.to_string());
            annotate("reason", exit.reason.to_string());
            annotate("restart_policy", exit.restart_policy.clone());
            annotate("uptime", exit.uptime.map(|time| time.as_secs().to_string()).unwrap_or_default());
        }
        all
    }
}

fn ending(name: &str, exit: &ExitNote) -> String {
    let code = exit.code;
    let after = match exit.uptime {
        Some(time) => format!(" after {}", spell(time)),
        None => String::new(),
    };
    match exit.reason {
        ExitReason::Clean => format!("{name} finished with exit code 0{after}"),
        ExitReason::Stopped => format!("{name} was stopped{after} (exit code {code})"),
        ExitReason::Crash => format!("{name} ended with exit code {code}{after}"),
        ExitReason::Oom => format!("{name} was killed for using too much memory{after} (exit code {code})"),
        // On cgroup v2 Docker often loses the word of a memory kill, so nobody is blamed here.
        ExitReason::Signal if code == 137 => {
            format!("{name} was killed{after}, perhaps for want of memory (exit code 137)")
        }
        ExitReason::Signal => format!("{name} was ended by signal {}{after} (exit code {code})", code - 128),
        ExitReason::Unknown => format!("{name} has ended{after} (exit code {code})"),
    }
}

fn spell(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use serde_json::json;

    use super::{EventAlert, ExitNote, Kind, Origin};
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
                    "restart_policy": "no", "uptime": "3700",
                },
                "startsAt": "2023-11-14T22:13:20Z",
                "endsAt": "2023-11-14T22:23:20Z",
            })
        );
    }
}
