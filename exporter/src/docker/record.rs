//! What outlives the process: counts by name, and how each container was when it was last seen. As JSON with a version,
//! without any text that a container has printed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::life::OomTally;
use super::start::{FailedStart, StartFailure};

/// Of the layout of [`Record`]. A file with another one is not read: it is of a newer program, or of none.
const VERSION: u32 = 1;

/// Everything that is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    /// Counts, by name.
    pub names: BTreeMap<String, RememberedCounts>,
    /// Containers, by id.
    pub containers: BTreeMap<String, Remembered>,
}

/// The counts of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedCounts {
    /// Ends, by reason; those that never were are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exits: BTreeMap<String, u64>,
    /// Starts that failed, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failed_starts: BTreeMap<String, u64>,
    /// Since when there has been no container of that name.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub gone_since: Option<Timestamp>,
}

/// One container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Its name.
    pub name: String,
    /// Its state, as the label `state` has it.
    pub state: String,
    /// When it was last started.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub started_at: Option<Timestamp>,
    /// Restarts by its policy.
    #[serde(default)]
    pub restarts_total: u64,
    /// Docker's own count of them.
    #[serde(default)]
    pub restart_count: u64,
    /// Kills for want of memory.
    #[serde(default)]
    pub oom_kills: OomTally,
    /// Its last end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_exit: Option<RememberedExit>,
    /// Its last start, if that failed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "failed_start")]
    pub failed_start: Option<FailedStart>,
}

/// The last end of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedExit {
    /// The exit code.
    pub code: i64,
    /// The label `reason`.
    pub reason: String,
    /// When.
    #[serde(with = "moment::required")]
    pub at: Timestamp,
    /// How long it had run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_ms: Option<u64>,
}

impl Record {
    /// Of these counts and containers.
    pub fn new(names: BTreeMap<String, RememberedCounts>, containers: BTreeMap<String, Remembered>) -> Self {
        Self { version: VERSION, names, containers }
    }

    /// As it is written down: one line.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec(self).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Reads what [`Record::to_json`] has written.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words that show nothing of it.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let not_ours = |error: serde_json::Error| {
            format!("line {} column {}: this is not what an exporter has written", error.line(), error.column())
        };
        let head: Head = serde_json::from_slice(json).map_err(not_ours)?;
        if head.version != VERSION {
            return Err(format!("expected version {VERSION} of the layout, found {}", head.version));
        }
        serde_json::from_slice(json).map_err(not_ours)
    }
}

/// Times as text, with all their digits.
mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the shape that serde wants")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => to.collect_str(time),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom("a time"))).transpose()
    }

    pub(super) mod required {
        use super::*;

        pub(in super::super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(time)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
            String::deserialize(from)?.parse().map_err(|_| D::Error::custom("a time"))
        }
    }
}

/// `[reason, mark]`.
mod failed_start {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{FailedStart, StartFailure};

    #[expect(clippy::ref_option, reason = "the shape that serde wants")]
    pub(super) fn serialize<S: Serializer>(failed: &Option<FailedStart>, to: S) -> Result<S::Ok, S::Error> {
        failed.map(|failed| (failed.reason.as_str(), failed.mark)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<FailedStart>, D::Error> {
        let pair = Option::<(String, u64)>::deserialize(from)?;
        Ok(pair.map(|(word, mark)| {
            let reason = StartFailure::ALL.into_iter().find(|reason| reason.as_str() == word);
            FailedStart { reason: reason.unwrap_or(StartFailure::Other), mark }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Record {
        let at: Timestamp = "2026-11-21T10:00:00.123456789Z".parse().unwrap();
        let counts = RememberedCounts {
            exits: [("crash".to_owned(), 3)].into(),
            failed_starts: [("mount".to_owned(), 1)].into(),
            gone_since: Some(at),
        };
        let container = Remembered {
            name: "web".to_owned(),
            state: "exited".to_owned(),
            started_at: Some(at),
            restarts_total: 2,
            restart_count: 1,
            oom_kills: OomTally::default(),
            last_exit: Some(RememberedExit { code: -1, reason: "oom".to_owned(), at, uptime_ms: Some(7) }),
            failed_start: FailedStart::read("statfs /srv: no"),
        };
        Record::new([("web".to_owned(), counts)].into(), [("ab".to_owned(), container)].into())
    }

    #[test]
    fn what_was_written_is_read_again_to_the_nanosecond() {
        assert_eq!(Record::from_json(&memory().to_json()), Ok(memory()));
        assert_eq!(Record::from_json(br#"{"version":1,"names":{"a":{}},"containers":{}}"#).unwrap().names.len(), 1);
    }

    #[test]
    fn what_is_cut_off_foreign_or_newer_is_refused_in_words_that_show_nothing_of_it() {
        let whole = memory().to_json();
        for end in 0..whole.len() - 2 {
            assert!(Record::from_json(&whole[..end]).is_err(), "{end}");
        }
        let newer = br#"{"version":2,"names":7}"#;
        assert_eq!(Record::from_json(newer), Err("expected version 1 of the layout, found 2".to_owned()));
        let foreign = Record::from_json(br#"{"version":1,"names":{"s3cret":"s3cret"},"containers":{}}"#).unwrap_err();
        assert_eq!(foreign, "line 1 column 39: this is not what an exporter has written");
    }
}
