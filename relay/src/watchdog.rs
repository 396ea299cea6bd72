//! Alertmanager's Watchdog: an alert that always fires, so that its absence tells that alerting is broken.
//!
//! Pure functions of the beats, the start and the clock.

use std::time::Duration;

use jiff::Timestamp;

/// So long without a beat, and something is broken.
pub const SILENCE: Duration = Duration::from_mins(5);
/// How long a relay that has just started waits for what it may have missed while it was away. Alertmanager tries
/// again after a minute at most.
pub const GRACE: Duration = Duration::from_mins(2);

/// What is known of the beats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// When the relay started.
    pub started: Timestamp,
    /// The last beat; `None`: there was never one, so nobody has set the Watchdog up, and nothing is missing.
    pub last: Option<Timestamp>,
    /// The beat before the silence that people were told of, if they were.
    pub told: Option<Timestamp>,
}

/// What people are to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Nothing was heard since then.
    Missing(Timestamp),
    /// It is back; nothing had been heard since then.
    Back(Timestamp),
}

impl Watch {
    /// A relay that starts, with what the one before has kept.
    pub fn new(started: Timestamp, last: Option<Timestamp>, told: Option<Timestamp>) -> Self {
        Self { started, last, told }
    }

    /// Whether the Watchdog is missed now.
    pub fn is_missing(&self, now: Timestamp) -> bool {
        let longer = |since: Timestamp, than: Duration| now.duration_since(since).unsigned_abs() > than && now > since;
        self.last.is_some_and(|last| longer(last, SILENCE) && longer(self.started, GRACE))
    }

    /// What people are to hear now that they have not heard.
    pub fn news(&self, now: Timestamp) -> Option<News> {
        match (self.told, self.last) {
            (None, Some(last)) if self.is_missing(now) => Some(News::Missing(last)),
            (Some(told), Some(last)) if last > told => Some(News::Back(told)),
            _ => None,
        }
    }

    /// After the clock was set back: what seems to come is taken for now, or it would count as a beat for as long as
    /// the clock had been ahead.
    pub fn until(&mut self, now: Timestamp) {
        self.started = self.started.min(now);
        self.last = self.last.map(|last| last.min(now));
        self.told = self.told.map(|told| told.min(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn without_a_first_beat_nothing_is_missing() {
        assert_eq!(Watch::new(at(0), None, None).news(at(86_400)), None);
    }

    #[test]
    fn five_minutes_of_silence_are_told_once_and_so_is_the_return() {
        let mut watch = Watch::new(at(0), Some(at(600)), None);
        assert_eq!(watch.news(at(900)), None);
        assert_eq!(watch.news(at(901)), Some(News::Missing(at(600))));
        watch.told = Some(at(600));
        assert_eq!(watch.news(at(5000)), None);
        watch.last = Some(at(6000));
        assert_eq!(watch.news(at(6001)), Some(News::Back(at(600))));
        watch.told = None;
        assert_eq!(watch.news(at(6002)), None);
    }

    #[test]
    fn a_restart_neither_resets_the_silence_nor_cries_at_once() {
        let watch = Watch::new(at(1000), Some(at(0)), None);
        assert_eq!(watch.news(at(1100)), None, "Alertmanager may be about to try again");
        assert_eq!(watch.news(at(1121)), Some(News::Missing(at(0))));
        // Restarted while people knew: neither told again, nor told that it is back.
        assert_eq!(Watch::new(at(2000), Some(at(0)), Some(at(0))).news(at(2001)), None);
    }

    #[test]
    fn a_clock_that_was_set_back_hides_no_silence() {
        let mut watch = Watch::new(at(3600), Some(at(3600)), None);
        watch.until(at(0));
        assert_eq!(watch.news(at(301)), Some(News::Missing(at(0))));
    }
}
