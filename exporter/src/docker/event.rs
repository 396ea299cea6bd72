//! One line of Docker's event stream, and which of them matter.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::DecodeError;
use super::container::{Health, Identity};

/// What the engine is asked for. Without the filter, health checks alone send three events a check.
///
/// The engine compares the part before the colon of `health_status: healthy`.
pub const FILTERS: &str = r#"{"type":["container"],"event":["create","start","die","oom","kill","stop","restart","pause","unpause","rename","destroy","update","health_status"]}"#;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are Docker's")]
pub enum Action {
    Create,
    Start,
    Die { code: i64 },
    Oom,
    Kill { signal: i32 },
    Stop,
    Restart,
    Pause,
    Unpause,
    Rename,
    Destroy,
    Update,
    Health(Health),
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
        if !matches!(text("/Type"), "container" | "") {
            return Ok(None);
        }
        let attribute = |key: &str| value.pointer("/Actor/Attributes").and_then(|all| all.get(key)?.as_str());
        // Matched whole: `exec_die` carries an exit code, too.
        let action = match text("/Action") {
            "create" => Action::Create,
            "start" => Action::Start,
            "die" => Action::Die { code: number(attribute("exitCode"), "die without a number in `exitCode`")? },
            "oom" => Action::Oom,
            "kill" => Action::Kill { signal: number(attribute("signal"), "kill without a number in `signal`")? },
            "stop" => Action::Stop,
            "restart" => Action::Restart,
            "pause" => Action::Pause,
            "unpause" => Action::Unpause,
            "rename" => Action::Rename,
            "destroy" => Action::Destroy,
            "update" => Action::Update,
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
    for passing in ["exitCode", "execDuration", "signal", "oldName"] {
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
