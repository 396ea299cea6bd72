//! One line of Docker's event stream, and which of them matter.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::DecodeError;
use super::container::{Health, Identity};

/// What the engine is asked for. Without the filter, health checks alone send three events a check.
///
/// The engine compares the part before the colon of `health_status: healthy`.
///
/// `died` and `remove` are Podman's words. `disconnect` is of networks: all that is heard of a start that fails. The last
/// line is of images.
pub const FILTERS: &str = concat!(
    r#"{"type":["container","network","image"],"event":["#,
    r#""create","start","die","oom","kill","stop","restart","pause","unpause","rename","destroy","update","#,
    r#""health_status","died","remove","disconnect","#,
    r#""pull","tag","untag","load","import","delete"]}"#
);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are Docker's")]
pub enum Action {
    Create,
    Start,
    Die {
        code: i64,
    },
    /// As [`Action::Die`], by an engine (Podman) that tells neither of signals nor of a stop before it.
    DieFirst {
        code: i64,
    },
    Oom,
    Kill {
        signal: i32,
    },
    Stop,
    Restart,
    Pause,
    Unpause,
    Rename,
    Destroy,
    Update,
    Health(Health),
    /// It has left a network; only its id is known. The one sign of a start that fails.
    Detach,
    /// Names of images may mean others than before; of no container.
    Images,
}

/// One event of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, by the engine's clock.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// Whom: name and labels as they are after the event.
    pub container: Identity,
}

impl Event {
    /// Reads one event.
    ///
    /// `Ok(None)` is an event of something else, or one that says nothing of a container's life. Only `Type`,
    /// `Action`, `Actor` and the times are looked at: newer engines leave out `status`, `id` and `from`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is one that matters but does not say of whom, when, or with what code.
    pub fn read(value: &Value) -> Result<Option<Self>, DecodeError> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        match text("/Type") {
            "container" | "" => {}
            "network" => return detach(value),
            "image" => return images(value),
            _ => return Ok(None),
        }
        let attribute = |key: &str| value.pointer("/Actor/Attributes").and_then(|all| all.get(key)?.as_str());
        // Matched whole: `exec_die` carries an exit code, too.
        let action = match text("/Action") {
            "create" => Action::Create,
            "start" => Action::Start,
            "die" | "died" => {
                let podman = attribute("containerExitCode");
                let code = number(attribute("exitCode").or(podman), "die without a number in `exitCode`")?;
                if podman.is_some() { Action::DieFirst { code } } else { Action::Die { code } }
            }
            "oom" => Action::Oom,
            "kill" => Action::Kill {
                signal: match attribute("signal") {
                    // Podman's; what it sends unless told otherwise.
                    None => 9,
                    signal => number(signal, "kill without a number in `signal`")?,
                },
            },
            "stop" => Action::Stop,
            "restart" => Action::Restart,
            "pause" => Action::Pause,
            "unpause" => Action::Unpause,
            "rename" => Action::Rename,
            // Podman's word for a container.
            "destroy" | "remove" => Action::Destroy,
            "update" => Action::Update,
            "health_status" => match Health::read(attribute("health_status").unwrap_or(text("/HealthStatus"))) {
                Some(Health::None) | None => return Ok(None),
                Some(health) => Action::Health(health),
            },
            other => match other.strip_prefix("health_status: ").and_then(Health::read) {
                Some(health) => Action::Health(health),
                None => return Ok(None),
            },
        };
        let id = text("/Actor/ID");
        if id.is_empty() {
            return Err(DecodeError("an event without `Actor.ID`"));
        }
        Ok(Some(Self { at: time(value)?, action, container: identity(id, value) }))
    }

    /// What tells this event from every other: replays after a reconnect are recognised by it.
    pub fn key(&self) -> (Timestamp, String, String) {
        (self.at, self.container.id.clone(), format!("{:?}", self.action))
    }
}

/// The name and the labels are those of the network.
fn detach(value: &Value) -> Result<Option<Event>, DecodeError> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let id = text("/Actor/Attributes/container");
    if text("/Action") != "disconnect" || id.is_empty() {
        return Ok(None);
    }
    let container = Identity { id: id.to_owned(), ..Identity::default() };
    Ok(Some(Event { at: time(value)?, action: Action::Detach, container }))
}

fn images(value: &Value) -> Result<Option<Event>, DecodeError> {
    // `create` and the like are of containers.
    let action = value.get("Action").and_then(Value::as_str).unwrap_or_default();
    let renames = matches!(action, "pull" | "tag" | "untag" | "load" | "import" | "delete" | "remove");
    let event = || Ok(Event { at: time(value)?, action: Action::Images, container: Identity::default() });
    renames.then(event).transpose()
}

fn number<T: std::str::FromStr>(text: Option<&str>, missing: &'static str) -> Result<T, DecodeError> {
    text.and_then(|text| text.parse().ok()).ok_or(DecodeError(missing))
}

fn time(value: &Value) -> Result<Timestamp, DecodeError> {
    let nanos = value.get("timeNano").and_then(Value::as_i64).filter(|nanos| *nanos > 0);
    let time = match nanos {
        Some(nanos) => Timestamp::from_nanosecond(i128::from(nanos)).ok(),
        None => value.get("time").and_then(Value::as_i64).and_then(|seconds| Timestamp::from_second(seconds).ok()),
    };
    time.ok_or(DecodeError("an event without a time"))
}

fn identity(id: &str, value: &Value) -> Identity {
    let mut attributes: BTreeMap<String, String> = value
        .pointer("/Actor/Attributes")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    let mut take = |key: &str| attributes.remove(key).unwrap_or_default();
    let name = take("name");
    let image = take("image");
    for passing in
        ["exitCode", "execDuration", "signal", "oldName", "containerExitCode", "podId", "health_status", "error"]
    {
        take(passing);
    }
    Identity { id: id.to_owned(), name, image, image_id: String::new(), labels: attributes }
}

#[cfg(test)]
mod tests {
    use super::{Action, Event};
    use crate::docker::container::Health;

    fn read(text: &str) -> Option<Event> {
        Event::read(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn a_die_of_a_new_engine_needs_none_of_the_old_fields() {
        let event = read(
            r#"{"Type":"container","Action":"die","Actor":{"ID":"ab","Attributes":{"exitCode":"3","execDuration":"1",
               "image":"busybox","name":"web","colour":"red"}},"timeNano":1795255051587967000}"#,
        )
        .unwrap();
        assert_eq!(event.action, Action::Die { code: 3 });
        assert_eq!(event.container.name, "web");
        assert_eq!(event.container.labels, [("colour".to_owned(), "red".to_owned())].into());
        assert_eq!(event.at.as_nanosecond(), 1_795_255_051_587_967_000);
    }

    #[test]
    fn what_a_health_check_runs_is_not_what_happened_to_the_container() {
        for action in ["exec_die", "exec_start: die", "exec_create: /bin/sh -c die", "top", "health_status: pondering"]
        {
            let text = format!(
                r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"ab","Attributes":{{"exitCode":"1"}}}},"time":1}}"#
            );
            assert_eq!(read(&text), None, "{action}");
        }
        let healthy = r#"{"Type":"container","Action":"health_status: healthy","Actor":{"ID":"ab"},"time":1}"#;
        assert_eq!(read(healthy).unwrap().action, Action::Health(Health::Healthy));
    }

    #[test]
    fn podman_s_words_mean_the_same() {
        let podman = |action: &str, more: &str| {
            read(&format!(
                r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"ab","Attributes":{{"containerExitCode":"3",
                   "podId":"","image":"docker.io/library/busybox:latest","name":"web"}}}},"time":1{more}}}"#
            ))
        };
        for action in ["die", "died"] {
            let event = podman(action, "").unwrap();
            assert_eq!(event.action, Action::DieFirst { code: 3 });
            assert_eq!(event.container.labels, [].into());
        }
        assert_eq!(podman("remove", "").unwrap().action, Action::Destroy);
        assert_eq!(podman("kill", "").unwrap().action, Action::Kill { signal: 9 });
        let unhealthy = podman("health_status", r#","HealthStatus":"unhealthy""#).unwrap();
        assert_eq!(unhealthy.action, Action::Health(Health::Unhealthy));
        assert_eq!(podman("health_status", ""), None);
        for action in ["init", "cleanup", "exec_died", "sync"] {
            assert_eq!(podman(action, ""), None, "{action}");
        }
    }

    #[test]
    fn of_networks_and_images_only_what_tells_of_a_container_is_read() {
        let of = |kind: &str, action: &str| {
            read(&format!(
                r#"{{"Type":"{kind}","Action":"{action}","Actor":{{"ID":"net","Attributes":{{"container":"ab","name":"bridge"}}}},"time":1}}"#
            ))
        };
        let left = of("network", "disconnect").unwrap();
        assert_eq!((left.action, left.container.id.as_str(), left.container.name.as_str()), (Action::Detach, "ab", ""));
        assert_eq!(of("image", "tag").unwrap().action, Action::Images);
        for (kind, action) in [("network", "destroy"), ("network", "create"), ("image", "save"), ("volume", "create")] {
            assert_eq!(of(kind, action), None, "{kind} {action}");
        }
    }

    #[test]
    fn an_event_that_matters_but_is_not_whole_is_an_error_not_a_guess() {
        for broken in [
            r#"{"Type":"container","Action":"die","Actor":{"ID":"ab","Attributes":{}},"time":1}"#,
            r#"{"Type":"container","Action":"start","Actor":{"Attributes":{}},"time":1}"#,
            r#"{"Type":"container","Action":"start","Actor":{"ID":"ab"}}"#,
        ] {
            assert!(Event::read(&serde_json::from_str(broken).unwrap()).is_err(), "{broken}");
        }
    }
}
