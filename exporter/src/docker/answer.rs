//! Docker's JSON answers, read leniently: a field that is missing, new or of another kind costs itself, never the
//! container, and never the list.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::secret::Secret;
use serde_json::Value;

use super::check::LastCheck;
use super::container::{
    Check, Checks, Condition, Health, HealthCheck, Identity, Inspection, Network, RestartPolicy, Setup, State,
};

/// Longer texts are cut: a check may print 4 KiB, and there are many containers.
const LONGEST_TEXT: usize = 1024;

/// An answer that lacks what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Docker sent {0}")]
pub struct DecodeError(pub &'static str);

/// The ids in an answer of `GET /containers/json`, and how many entries had none.
///
/// # Errors
///
/// [`DecodeError`] when the answer is no list.
pub fn ids(value: &Value) -> Result<(Vec<String>, u64), DecodeError> {
    let entries = value.as_array().ok_or(DecodeError("no list where the list of containers was expected"))?;
    let ids: Vec<String> = entries.iter().filter_map(|entry| entry.get("Id")?.as_str()).map(str::to_owned).collect();
    let without = entries.len() - ids.len();
    Ok((ids, without as u64))
}

/// The bytes of each container's own files in an answer of `GET /containers/json?size=1`, by id. One that the engine
/// did not measure is left out.
///
/// # Errors
///
/// [`DecodeError`] when the answer is no list.
pub fn sizes(value: &Value) -> Result<BTreeMap<String, u64>, DecodeError> {
    let entries = value.as_array().ok_or(DecodeError("no list where the list of containers was expected"))?;
    let size = |entry: &Value| {
        let id = entry.get("Id")?.as_str()?;
        // A container that has written nothing has no such field.
        let bytes = entry.get("SizeRw").map_or(Some(0), Value::as_u64)?;
        entry.get("SizeRootFs").map(|_| (id.to_owned(), bytes))
    };
    Ok(entries.iter().filter_map(size).collect())
}

/// Where the engine keeps everything, in an answer of `GET /info`; `None` where it does not say.
pub fn root(value: &Value) -> Option<String> {
    value.get("DockerRootDir")?.as_str().map(str::to_owned)
}

/// Reads an answer of `GET /containers/ID/json`.
///
/// # Errors
///
/// [`DecodeError`] when it does not say which container it is about.
pub fn inspection(value: &Value) -> Result<Inspection, DecodeError> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let flag = |pointer: &str| value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default();
    let integer = |pointer: &str| value.pointer(pointer).and_then(Value::as_i64);
    let id = text("/Id");
    if id.is_empty() {
        return Err(DecodeError("a container without `Id`"));
    }
    let labels = value.pointer("/Config/Labels").and_then(Value::as_object);
    let identity = Identity {
        id: id.to_owned(),
        name: text("/Name").trim_start_matches('/').to_owned(),
        image: text("/Config/Image").to_owned(),
        image_id: text("/Image").to_owned(),
        labels: labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
    };
    let defaults = Setup::default();
    let policy = text("/HostConfig/RestartPolicy/Name");
    let setup = Setup {
        restart_policy: RestartPolicy {
            name: if policy.is_empty() { "no" } else { policy }.to_owned(),
            maximum_retries: integer("/HostConfig/RestartPolicy/MaximumRetryCount")
                .and_then(|count| u64::try_from(count).ok())
                .unwrap_or_default(),
        },
        stop_signal: signal(value.pointer("/Config/StopSignal")).unwrap_or(defaults.stop_signal),
        // -1 is "without end"; a day is long enough for anything that announces an exit.
        stop_grace: integer("/Config/StopTimeout").map_or(defaults.stop_grace, |seconds| {
            Duration::from_secs(u64::try_from(seconds).map_or(86_400, |seconds| seconds.min(86_400)))
        }),
        auto_remove: flag("/HostConfig/AutoRemove"),
        network: Network::read(text("/HostConfig/NetworkMode")),
        log_path: text("/LogPath").to_owned(),
        created_at: moment(text("/Created")),
        health_check: health_check(value.pointer("/Config/Healthcheck")),
    };
    let finished_at = moment(text("/State/FinishedAt"));
    let condition = Condition {
        state: match text("/State/Status") {
            // Podman says "" of a state for which Docker has no word.
            "" => state_of_flags(&flag, integer("/State/Pid"), finished_at),
            word => State::read(word),
        },
        health: Health::read(text("/State/Health/Status")).unwrap_or(Health::None),
        checks: checks(value.pointer("/State/Health")),
        start_error: Secret::new(cut(text("/State/Error"))),
        exit_code: integer("/State/ExitCode").unwrap_or_default(),
        oom_killed: flag("/State/OOMKilled"),
        restart_count: integer("/RestartCount").and_then(|count| u64::try_from(count).ok()).unwrap_or_default(),
        started_at: moment(text("/State/StartedAt")),
        finished_at,
        pid: integer("/State/Pid").and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0),
    };
    Ok(Inspection { identity, setup, condition, check: LastCheck::read(value) })
}

fn state_of_flags(flag: &impl Fn(&str) -> bool, pid: Option<i64>, finished_at: Option<Timestamp>) -> State {
    match () {
        () if flag("/State/Paused") => State::Paused,
        () if flag("/State/Restarting") => State::Restarting,
        () if flag("/State/Dead") => State::Dead,
        () if flag("/State/Running") || pid.is_some_and(|pid| pid > 0) => State::Running,
        () if finished_at.is_some() => State::Exited,
        () => State::Other,
    }
}

/// `None` where there is no check, or one that was switched off. What is 0 is Docker's default.
fn health_check(config: Option<&Value>) -> Option<HealthCheck> {
    let config = config.filter(|config| config.is_object())?;
    let first = config.pointer("/Test/0").and_then(Value::as_str);
    if matches!(first, None | Some("NONE")) {
        return None;
    }
    let nanos = |key: &str| config.get(key).and_then(Value::as_u64).filter(|nanos| *nanos > 0);
    let defaults = HealthCheck::default();
    Some(HealthCheck {
        interval: nanos("Interval").map_or(defaults.interval, Duration::from_nanos),
        timeout: nanos("Timeout").map_or(defaults.timeout, Duration::from_nanos),
    })
}

fn checks(health: Option<&Value>) -> Checks {
    let Some(health) = health else { return Checks::default() };
    let log = health.get("Log").and_then(Value::as_array);
    Checks {
        failing_streak: health.get("FailingStreak").and_then(Value::as_u64).unwrap_or_default(),
        // Oldest first.
        last: log.and_then(|log| check(log.last()?)),
    }
}

fn check(value: &Value) -> Option<Check> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let at = moment(text("End"))?;
    let duration = moment(text("Start")).and_then(|start| Duration::try_from(at.duration_since(start)).ok());
    Some(Check { at, duration: duration.unwrap_or_default() })
}

fn cut(text: &str) -> String {
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST_TEXT).last().unwrap_or_default();
    match text.get(..end) {
        Some(head) if text.len() > LONGEST_TEXT => head.to_owned(),
        _ => text.to_owned(),
    }
}

/// Docker writes year 1 for "never".
fn moment(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|time| time.as_second() > 0)
}

/// A stop signal as images write it: `SIGQUIT`, `QUIT`, `sigquit`, `3`, `SIGRTMIN+3`; Podman sends a number.
fn signal(value: Option<&Value>) -> Option<i32> {
    let value = value?;
    if let Some(number) = value.as_i64() {
        return i32::try_from(number).ok().filter(|number| *number > 0);
    }
    let text = value.as_str()?.to_ascii_uppercase();
    let name = text.strip_prefix("SIG").unwrap_or(&text);
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    if let Some(offset) = name.strip_prefix("RTMIN+") {
        return offset.parse::<i32>().ok().map(|offset| 34 + offset);
    }
    if let Some(offset) = name.strip_prefix("RTMAX-") {
        return offset.parse::<i32>().ok().map(|offset| 64 - offset);
    }
    // Linux on x86 and ARM; what stops programs in practice.
    Some(match name {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        "ABRT" => 6,
        "KILL" => 9,
        "USR1" => 10,
        "USR2" => 12,
        "ALRM" => 14,
        "TERM" => 15,
        "CONT" => 18,
        "WINCH" => 28,
        "IO" | "POLL" => 29,
        "PWR" => 30,
        "RTMIN" => 34,
        "RTMAX" => 64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{DecodeError, ids, inspection, root, signal, sizes};
    use crate::docker::container::{Health, HealthCheck, State};

    #[test]
    fn one_entry_without_an_id_does_not_lose_the_list() {
        let list = json!([{"Id": "a", "State": "pondering"}, {"Name": "lost"}, {"Id": "b", "State": 7}]);
        assert_eq!(ids(&list), Ok((vec!["a".to_owned(), "b".to_owned()], 1)));
        assert!(ids(&json!({"message": "no"})).is_err());
    }

    #[test]
    fn fields_of_another_kind_or_none_at_all_cost_only_themselves() {
        let odd = json!({"Id": "ab", "Name": "/web", "State": {"Status": "pondering", "Health": {"Status": "moody"},
            "ExitCode": "three", "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "yesterday"},
            "Config": {"Labels": null, "StopSignal": "SIGNOTHING"}, "HostConfig": null, "RestartCount": -1});
        let read = inspection(&odd).unwrap();
        assert_eq!(read.identity.name, "web");
        assert_eq!((read.condition.state, read.condition.health), (State::Other, Health::None));
        assert_eq!((read.condition.started_at, read.condition.finished_at), (None, None));
        assert_eq!((read.setup.stop_signal, read.condition.restart_count), (15, 0));
        assert_eq!(inspection(&json!({"Name": "/web"})), Err(DecodeError("a container without `Id`")));
        assert_eq!(inspection(&json!({"Id": "ab"})).unwrap().condition.state, State::Other);
    }

    #[test]
    fn a_state_without_a_word_is_told_by_what_else_is_said_of_it() {
        let state =
            |state: serde_json::Value| inspection(&json!({"Id": "ab", "State": state})).unwrap().condition.state;
        assert_eq!(state(json!({"Status": "", "Running": true, "Paused": true})), State::Paused);
        assert_eq!(state(json!({"Status": "", "Pid": 7})), State::Running);
        assert_eq!(state(json!({"FinishedAt": "2026-11-21T10:00:00Z"})), State::Exited);
    }

    #[test]
    fn a_health_check_has_docker_s_defaults_where_it_says_nothing_and_none_is_none() {
        let read = |config: serde_json::Value| {
            inspection(&json!({"Id": "ab", "Config": {"Healthcheck": config}})).unwrap().setup.health_check
        };
        let second = Duration::from_secs(1);
        assert_eq!(
            read(json!({"Test": ["CMD-SHELL", "true"], "Interval": 2_000_000_000_u64, "Timeout": 0})),
            Some(HealthCheck { interval: 2 * second, timeout: 30 * second })
        );
        for none in [json!(null), json!({}), json!({"Test": []}), json!({"Test": ["NONE"], "Interval": 1})] {
            assert_eq!(read(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn the_last_check_counts() {
        let health = json!({"Status": "healthy", "FailingStreak": 2, "Log": [
            {"Start": "2026-11-21T10:00:00Z", "End": "2026-11-21T10:00:01Z", "Output": "old"},
            {"Start": "2026-11-21T10:00:30+00:00", "End": "2026-11-21T10:00:30.25Z", "ExitCode": 1, "Output": "new"}]});
        let checks = inspection(&json!({"Id": "ab", "State": {"Health": health}})).unwrap().condition.checks;
        let last = checks.last.clone().unwrap();
        assert_eq!((checks.failing_streak, last.duration), (2, Duration::from_millis(250)));
        assert_eq!(last.at.to_string(), "2026-11-21T10:00:30.25Z");
    }

    #[test]
    fn stop_signals_are_understood_in_every_spelling() {
        let read = |text: &str| signal(Some(&json!(text)));
        assert_eq!([read("SIGQUIT"), read("quit"), read("3")], [Some(3); 3]);
        assert_eq!([read("SIGRTMIN+3"), signal(Some(&json!(37)))], [Some(37); 2]);
        assert_eq!([read("SIGNOTHING"), signal(None)], [None; 2]);
    }

    #[test]
    fn a_container_that_has_written_nothing_has_size_zero_and_one_that_was_not_measured_has_none() {
        let list = serde_json::json!([
            {"Id": "a", "SizeRw": 4096, "SizeRootFs": 9000},
            {"Id": "b", "SizeRootFs": 9000},
            {"Id": "c"},
            {"Id": "d", "SizeRw": -1, "SizeRootFs": 9000},
            {"SizeRw": 1, "SizeRootFs": 9000},
        ]);
        assert_eq!(sizes(&list).unwrap(), [("a".to_owned(), 4096), ("b".to_owned(), 0)].into());
        assert!(sizes(&serde_json::json!({})).is_err());
        assert_eq!(root(&serde_json::json!({"DockerRootDir": "/srv/docker"})).as_deref(), Some("/srv/docker"));
        assert_eq!(root(&serde_json::json!([])), None);
    }
}
