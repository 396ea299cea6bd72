//! Reports as the configuration plans them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::schedule::Schedule;
use super::{Report, Section, Spec, Window};
use crate::app::Sources;
use crate::compose::Locale;

/// One entry of `reports`.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its name, as in URLs, metrics and its title.
    pub name: String,
    /// When it is due.
    pub schedule: Schedule,
    /// Its own zone, if it has one: its times are then said in it.
    pub own_zone: Option<TimeZone>,
    /// Who gets it; all of them are on.
    pub channels: Vec<String>,
    /// How far it looks back; `None`: to the time it was due before.
    pub range: Option<Duration>,
    /// The hosts it speaks of; all of them, if empty.
    pub hosts: Vec<String>,
    /// What it has; all sections, if empty.
    pub sections: Vec<Section>,
    /// Whether charts go with it.
    pub charts: bool,
    /// Its own language, if it has one.
    pub locale: Option<Locale>,
    /// How late it may be sent.
    pub catch_up: Duration,
    /// How long Alertmanager has to call before the relay sends it by itself.
    pub grace: Duration,
    /// Whether it is sent by itself when it is due.
    pub enabled: bool,
}

impl Planned {
    /// What says whether it is the same schedule as before a restart or a reload.
    pub fn identity(&self) -> String {
        format!("{} {}", self.schedule.text(), self.schedule.zone_name())
    }

    /// What the report that is due then speaks of.
    pub fn window_of(&self, due_at: Timestamp) -> Window {
        let from = match self.range {
            Some(range) => due_at - range,
            None => self.schedule.last_before(due_at).unwrap_or(due_at),
        };
        Window { from, to: due_at }
    }

    /// What a report speaks of that somebody wants now: as much time as between two that are due.
    pub fn window_until(&self, now: Timestamp) -> Window {
        let range = self.range.or_else(|| {
            let next = self.schedule.next_after(now)?;
            Some(next.duration_since(self.schedule.last_before(next)?).unsigned_abs())
        });
        Window { from: now - range.unwrap_or_default(), to: now }
    }

    /// What it is to hold.
    pub fn spec(&self, window: Window) -> Spec {
        Spec {
            name: self.name.clone(),
            range: window.to.duration_since(window.from).unsigned_abs(),
            hosts: self.hosts.clone(),
            sections: self.sections.clone(),
            charts: self.charts,
        }
    }

    /// How the report is to be worded, beside the report itself in the outbox's row.
    pub fn with_manner(&self, report: &Report) -> Vec<u8> {
        let body = report.to_json();
        let Ok(Value::Object(mut json)) = serde_json::from_slice(&body) else { return body };
        let zone = self.own_zone.as_ref().and_then(TimeZone::iana_name);
        let locale = self.locale.map(Locale::tag);
        for (key, value) in [(Manner::LOCALE, locale), (Manner::ZONE, zone)] {
            if let Some(value) = value {
                json.insert(key.to_owned(), value.into());
            }
        }
        Value::Object(json).to_string().into_bytes()
    }
}

/// In which language and zone a report is worded where that is not the channel's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manner {
    /// The language.
    pub locale: Option<Locale>,
    /// The zone.
    pub zone: Option<TimeZone>,
}

impl Manner {
    const LOCALE: &str = "locale";
    const ZONE: &str = "zone";

    /// What [`Planned::with_manner`] has written.
    pub fn of(body: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(Value::as_str);
        let named = |tag: &str| Locale::CHOICES.iter().find(|(word, _)| *word == tag).map(|(_, locale)| *locale);
        Self {
            locale: text(Self::LOCALE).and_then(named),
            zone: text(Self::ZONE).and_then(|name| TimeZone::get(name).ok()),
        }
    }
}

/// All reports of a configuration, and where their numbers come from.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In the order of the file.
    pub reports: Vec<Planned>,
    /// The servers that are asked.
    pub sources: Sources,
}

impl Plan {
    /// The report of this name.
    pub fn named(&self, name: &str) -> Option<&Planned> {
        self.reports.iter().find(|report| report.name == name)
    }
}
