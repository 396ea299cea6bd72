//! What lasts and what is gone: health checks that fail, restarts without end, removals.
//!
//! Their annotations are `failing_streak`, `check_output`, `restarts`, and, of what is over, `ended_by`.

use super::Event;
use crate::compose::alert::{Fields, annotation};
use crate::compose::catalogue::Arg;
use crate::compose::moment::{between, duration, moment};
use crate::message::{Item, Tone};

/// Restarts that make a loop, where the alert does not say how many there were.
const RESTARTS: u64 = 3;

impl Event<'_> {
    pub(super) fn unhealthy(&self) -> Item {
        let streak = self.number("failing_streak").filter(|streak| *streak > 0);
        let body = match streak {
            Some(streak) => self.sentence_without_code("unhealthy-body-streak", &[("count", Arg::Count(streak))]),
            None => self.sentence_without_code("unhealthy-body", &[]),
        };
        let mut fields = self.place_and_time();
        fields.add_block("field-check-output", annotation(self.alert, "check_output"));
        self.item(Tone::Warning, self.plain_title("unhealthy-title", &[]), body, fields)
    }

    /// `None` for one without an end, which is told like any other alert.
    pub(super) fn unhealthy_over(&self) -> Option<Item> {
        self.over(&["healthy", "restarted", "down", "removed"], "unhealthy-over-title", "unhealthy-over-body")
    }

    pub(super) fn looping(&self) -> Item {
        let count = ("count", Arg::Count(self.number("restarts").unwrap_or(RESTARTS)));
        let body = self.sentence_without_code("loop-body", &[count, ("cause", self.cause_words())]);
        self.item(Tone::Critical, self.title("loop-title", &[]), body, self.details_and_log())
    }

    /// `None` for one without an end, which is told like any other alert.
    pub(super) fn loop_over(&self) -> Option<Item> {
        self.over(&["calm", "down", "removed"], "loop-over-title", "loop-over-body")
    }

    pub(super) fn removed(&self) -> Item {
        let body = self.sentence_without_code("removed-body", &[]);
        self.item(Tone::Warning, self.plain_title("removed-title", &[]), body, self.place_and_time())
    }

    /// An alert that ends by itself, because nobody refreshed it, does not say how the container is.
    fn over(&self, ways: &[&'static str], title: &'static str, body: &'static str) -> Option<Item> {
        let lasted = duration(self.voice, between(self.alert.starts_at, self.alert.ends_at?)?);
        let ended_by = annotation(self.alert, "ended_by");
        let way = ways.iter().copied().find(|way| ended_by == Some(way)).unwrap_or("other");
        let values = [("how", Arg::Choice(way)), ("duration", Arg::from(&lasted))];
        let mut fields = Fields::new(self.voice);
        self.add_place(&mut fields);
        fields.add_times(self.alert);
        let tone = if matches!(way, "healthy" | "calm") { Tone::Good } else { Tone::Ended };
        Some(self.item(tone, self.plain_title(title, &values), self.sentence_without_code(body, &values), fields))
    }

    fn place_and_time(&self) -> Fields<'_> {
        let mut fields = Fields::new(self.voice);
        self.add_place(&mut fields);
        fields.add("field-time", vec![moment(self.voice, self.alert.starts_at)]);
        fields
    }

    fn plain_title(&self, key: &'static str, more: &[(&'static str, Arg)]) -> String {
        crate::compose::catalogue::plain(&self.sentence_without_code(key, more))
    }

    fn number(&self, name: &str) -> Option<u64> {
        annotation(self.alert, name)?.parse().ok()
    }
}
