//! From the bytes of a webhook to an [`AlertGroup`], or an error that names what is wrong with them.
//!
//! Alertmanager's webhook, version 4: <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::alert::AlertGroup;

mod payload;
mod quick;
mod summary;

pub use summary::Summary;

/// How long the same notification counts as a repeat of the first: Alertmanager's default `group_interval`, after
/// which it tries again of its own accord.
pub const DEDUPE_WINDOW: Duration = Duration::from_secs(5 * 60);

/// The largest webhook body that is read, in bytes. Alertmanager has no limit of its own; 60 alerts make 32 KB.
pub const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// `notification_reason` of a group that Alertmanager sends again on purpose (0.32 and later).
const REPEAT: &str = "repeat interval elapsed";

/// Why a body is no notification. Names the place and what was found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestError {
    /// Such as `alerts[2].startsAt`; empty for the body as a whole.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for IngestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.path, self.problem) }
    }
}

impl std::error::Error for IngestError {}

/// Reads a webhook body. Fields that are not known are accepted, whatever they hold.
///
/// # Errors
///
/// [`IngestError`] for what is no JSON, lacks a field, or holds something else in it than Alertmanager writes.
pub fn parse(body: &[u8]) -> Result<AlertGroup, IngestError> {
    if let Some(group) = quick::alert_group(body) {
        return Ok(group);
    }
    let json = serde_json::from_slice(body)
        .map_err(|err| IngestError { path: String::new(), problem: format!("not JSON: {err}") })?;
    payload::alert_group(&json)
}

/// Reads of a webhook body what it takes to store it; what it accepts and refuses is the same as with [`parse`].
///
/// # Errors
///
/// Those of [`parse`].
pub fn summary(body: &[u8]) -> Result<Summary<'_>, IngestError> {
    summary::summary(body).map_or_else(|| parse(body).map(Summary::from), Ok)
}

/// Hashes lists of strings so that no two lists run together.
#[derive(Default)]
pub(crate) struct KeyHash(Sha256);

impl KeyHash {
    pub(crate) fn strings<S: AsRef<str>>(&mut self, strings: &[S]) {
        self.0.update(strings.len().to_be_bytes());
        strings.iter().for_each(|string| self.bytes(string.as_ref().as_bytes()));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes.len().to_be_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> String {
        let digits = |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16));
        self.0.finalize().into_iter().flat_map(digits).flatten().collect()
    }

    /// The beginning of the hash, as a number.
    pub(crate) fn number(self) -> i64 {
        let hash: [u8; 32] = self.0.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::alert::Status;

    fn webhook() -> serde_json::Value {
        json!({
            "version": "4", "groupKey": "{}:{alertname=\"Down\"}", "status": "firing", "receiver": "chat",
            "alerts": [
                {"status": "firing", "labels": {"alertname": "Down"}, "annotations": {"summary": "gone"},
                 "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "00000000000000aa"},
                {"status": "resolved", "labels": {"alertname": "Down"}, "annotations": {},
                 "startsAt": "2026-11-21T09:00:00Z", "endsAt": "2026-11-21T09:30:00Z", "fingerprint": "00000000000000bb"}
            ]
        })
    }

    fn key_of(webhook: &serde_json::Value) -> String {
        summary(webhook.to_string().as_bytes()).unwrap().dedupe_key(&["ops".to_owned()])
    }

    #[test]
    fn words_and_links_of_a_notification_do_not_make_it_another_one() {
        let mut other = webhook();
        other["externalURL"] = json!("http://alertmanager-2:9093");
        other["alerts"][0]["annotations"]["summary"] = json!("still gone");
        other["alerts"].as_array_mut().unwrap().reverse();
        assert_eq!(key_of(&webhook()), key_of(&other));
    }

    #[test]
    fn what_alertmanager_writes_is_read_the_quick_way_to_the_same_end() {
        let mut quoted = webhook();
        quoted["receiver"] = json!(r"ops\.chat");
        quoted["alerts"][0]["labels"]["name"] = json!("shop \"api\" \\ 店");
        quoted["externalURL"] = json!("http://am");
        quoted["routeLabels"] = json!({"team": "a"});
        for webhook in [webhook(), quoted] {
            let quick = quick::alert_group(webhook.to_string().as_bytes());
            assert_eq!(quick, payload::alert_group(&webhook).ok());
            assert_eq!(summary::summary(webhook.to_string().as_bytes()), quick.map(Summary::from));
            assert!(summary::summary(webhook.to_string().as_bytes()).is_some());
        }
    }

    #[test]
    fn each_part_of_the_identity_makes_it_another_one() {
        let group = parse(webhook().to_string().as_bytes()).unwrap();
        let here = vec!["ops".to_owned()];
        let key = |channels: &[String], group: &AlertGroup| Summary::from(group.clone()).dedupe_key(channels);
        let mut keys = vec![key(&here, &group), key(&["ops".to_owned(), "screen".to_owned()], &group)];
        let edits: [fn(&mut AlertGroup); 6] = [
            |group| group.receiver.push('x'),
            |group| group.group_key.push('x'),
            |group| group.truncated_alerts = 1,
            |group| group.alerts[0].status = Status::Resolved,
            |group| group.alerts[0].starts_at = Timestamp::UNIX_EPOCH,
            |group| group.alerts[0].fingerprint.push('x'),
        ];
        for edit in edits {
            let mut other = group.clone();
            edit(&mut other);
            keys.push(key(&here, &other));
        }
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 8);
        assert!(keys.iter().all(|key| key.len() == 64), "{keys:?}");
    }

    #[test]
    fn what_alertmanager_repeats_on_purpose_is_never_a_duplicate() {
        let mut repeat = webhook();
        repeat["notification_reason"] = json!("repeat interval elapsed");
        let window = |webhook: &serde_json::Value| summary(webhook.to_string().as_bytes()).unwrap().dedupe_window();
        assert_eq!((window(&webhook()), window(&repeat)), (Some(Duration::from_secs(300)), None));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = parse(&body);
        }

        /// Each mutation puts something unexpected where a notification has a value. Both ways of reading agree.
        #[test]
        fn a_notification_with_anything_in_any_place_never_panics(
            pointer in proptest::sample::select(vec![
                "/version", "/groupKey", "/status", "/receiver", "/alerts", "/alerts/0", "/alerts/0/labels",
                "/alerts/0/labels/alertname", "/alerts/0/startsAt", "/alerts/1/endsAt", "/alerts/0/fingerprint",
            ]),
            value in prop_oneof![
                Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!([[{}]])), any::<i64>().prop_map(|n| json!(n)),
                any::<String>().prop_map(|text| json!(text)),
            ],
        ) {
            let mut webhook = webhook();
            *webhook.pointer_mut(pointer).unwrap() = value;
            let body = webhook.to_string();
            let slow = payload::alert_group(&webhook);
            if let Ok(group) = &slow {
                prop_assert!(!group.alerts.is_empty());
            }
            if let Some(quick) = quick::alert_group(body.as_bytes()) {
                prop_assert_eq!(Ok(&quick), slow.as_ref());
            }
            prop_assert_eq!(parse(body.as_bytes()), slow.clone());
            prop_assert_eq!(summary(body.as_bytes()), slow.map(Summary::from));
        }
    }
}
