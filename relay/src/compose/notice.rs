//! What the relay says of itself.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alert::Fields;
use super::catalogue::Arg;
use super::moment::moment;
use super::{Voice, bare};
use crate::alert::Severity;
use crate::message::{Item, Message, Tone};

/// A notice, as it is stored until it is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The relay is up.
    Started {
        /// When.
        at: Timestamp,
        /// Its version.
        version: String,
        /// Channels that can be written to.
        on: Vec<String>,
        /// Channels without an address.
        off: Vec<String>,
        /// There is no fallback channel.
        alone: bool,
    },
    /// The relay was told to stop.
    Stopping {
        /// When.
        at: Timestamp,
    },
    /// Alertmanager's Watchdog is silent.
    WatchdogMissing {
        /// When that was noticed.
        at: Timestamp,
        /// When it was last heard.
        last: Timestamp,
    },
    /// It is heard again.
    WatchdogBack {
        /// When.
        at: Timestamp,
        /// When it was last heard before.
        last: Timestamp,
    },
    /// Somebody wants to see whether messages arrive.
    Test {
        /// When.
        at: Timestamp,
        /// How urgent it is to look.
        severity: Severity,
    },
}

impl Notice {
    /// The form in which it is stored.
    pub fn to_json(&self) -> Vec<u8> {
        let json = match self {
            Self::Started { at, version, on, off, alone } => json!({
                "notice": self.name(), "at": at.to_string(), "version": version, "on": on, "off": off, "alone": alone
            }),
            Self::WatchdogMissing { at, last } | Self::WatchdogBack { at, last } => {
                json!({"notice": self.name(), "at": at.to_string(), "last": last.to_string()})
            }
            Self::Stopping { at } => json!({"notice": self.name(), "at": at.to_string()}),
            Self::Test { at, severity } => {
                json!({"notice": self.name(), "at": at.to_string(), "severity": severity.as_str()})
            }
        };
        json.to_string().into_bytes()
    }

    /// The word that names the notice in the store.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Stopping { .. } => "stopping",
            Self::WatchdogMissing { .. } => "watchdog-missing",
            Self::WatchdogBack { .. } => "watchdog-back",
            Self::Test { .. } => "test",
        }
    }

    pub(super) fn from_json(body: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(body).map_err(|err| err.to_string())?;
        let text = |key: &str| json.get(key).and_then(Value::as_str).ok_or_else(|| format!("notice without `{key}`"));
        let texts = |key: &str| -> Vec<String> {
            let list = json.get(key).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        let time = |key| text(key)?.parse().map_err(|err| format!("notice with a wrong time: {err}"));
        let at = time("at")?;
        match text("notice")? {
            "started" => Ok(Self::Started {
                at,
                version: text("version")?.to_owned(),
                on: texts("on"),
                off: texts("off"),
                alone: json.get("alone").and_then(Value::as_bool).unwrap_or(false),
            }),
            "watchdog-missing" => Ok(Self::WatchdogMissing { at, last: time("last")? }),
            "watchdog-back" => Ok(Self::WatchdogBack { at, last: time("last")? }),
            "stopping" => Ok(Self::Stopping { at }),
            "test" => Ok(Self::Test { at, severity: Severity::from_label(Some(text("severity")?)) }),
            other => Err(format!("notice `{other}` is of another version")),
        }
    }
}

pub(super) fn message(voice: &Voice, notice: &Notice) -> Message {
    let mut silent = true;
    let (tone, title, body, at) = match notice {
        Notice::Started { at, version, on, off, alone } => {
            let channels = |names: &[String]| ("channels", Arg::from(&names.join(", ")));
            let mut body = voice.text("notice-started-body", &[("version", version.into()), channels(on)]);
            if !off.is_empty() {
                body.push(crate::message::Span::Text("\n".to_owned()));
                body.extend(voice.text("notice-started-off", &[channels(off)]));
            }
            if *alone {
                body.push(crate::message::Span::Text("\n".to_owned()));
                body.extend(voice.text("notice-started-alone", &[]));
            }
            (Tone::Good, voice.words("notice-started-title", &[]), body, *at)
        }
        Notice::Stopping { at } => {
            (Tone::Neutral, voice.words("notice-stopping-title", &[]), voice.text("notice-stopping-body", &[]), *at)
        }
        Notice::WatchdogMissing { at, .. } => {
            silent = false;
            let title = voice.words("notice-watchdog-missing-title", &[]);
            (Tone::Critical, title, voice.text("notice-watchdog-missing-body", &[]), *at)
        }
        Notice::WatchdogBack { at, .. } => {
            let title = voice.words("notice-watchdog-back-title", &[]);
            (Tone::Good, title, voice.text("notice-watchdog-back-body", &[]), *at)
        }
        Notice::Test { at, severity } => {
            let tone = match severity {
                Severity::Info => Tone::Info,
                Severity::Warning => Tone::Warning,
                Severity::Critical => Tone::Critical,
            };
            silent = *severity == Severity::Info;
            (tone, voice.words("notice-test-title", &[]), voice.text("notice-test-body", &[]), *at)
        }
    };
    let mut fields = Fields::new(voice);
    match notice {
        Notice::WatchdogMissing { last, .. } => fields.add("field-since", vec![moment(voice, *last)]),
        Notice::WatchdogBack { last, .. } => {
            fields.add("field-began", vec![moment(voice, *last)]);
            fields.add("field-ended", vec![moment(voice, at)]);
        }
        _ => fields.add("field-time", vec![moment(voice, at)]),
    }
    let item = Item { tone, title: title.clone(), body, fields: fields.list, links: Vec::new(), at: Some(at) };
    Message { items: vec![item], silent, ..bare(voice, tone, title) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_it_was_written() {
        let at = "2026-11-21T10:00:00Z".parse().unwrap();
        let started =
            Notice::Started { at, version: "1".to_owned(), on: vec!["a".to_owned()], off: vec![], alone: true };
        let missing = Notice::WatchdogMissing { at, last: at };
        let back = Notice::WatchdogBack { at, last: at };
        for notice in
            [started, missing, back, Notice::Stopping { at }, Notice::Test { at, severity: Severity::Critical }]
        {
            assert_eq!(Notice::from_json(&notice.to_json()), Ok(notice));
        }
    }

    #[test]
    fn a_notice_of_another_version_is_named() {
        let read = |body: &str| Notice::from_json(body.as_bytes()).unwrap_err();
        assert_eq!(read(r#"{"notice":"x","at":"2026-11-21T10:00:00Z"}"#), "notice `x` is of another version");
        assert_eq!(read(r#"{"at":"2026-11-21T10:00:00Z"}"#), "notice without `notice`");
        assert_eq!(read("{}"), "notice without `at`");
    }
}
