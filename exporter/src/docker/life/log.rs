//! The last lines of a container that has crashed: asked for at its death, waited for no longer than a second.

use std::time::Duration;

use jiff::Timestamp;

use super::{Context, Effect, Life, later};
use crate::alertmanager::alert::{EventAlert, Kind};

/// From the death. After that a crash is told without them.
const LATE_LOG: Duration = Duration::from_secs(1);

/// What is known of its last lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Log {
    text: String,
    awaited_until: Option<Timestamp>,
    /// A crash that is told when they are here, or when it is time.
    kept: Option<Box<EventAlert>>,
}

impl Log {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_awaited(&self, now: Timestamp) -> bool {
        self.awaited_until.is_some_and(|until| until > now)
    }

    pub(super) fn keep(&mut self, alert: EventAlert) {
        self.kept = Some(Box::new(alert));
    }

    /// The crash that was kept: by now something else has happened.
    pub(super) fn take(&mut self) -> Option<EventAlert> {
        self.kept.take().map(|alert| *alert)
    }

    pub(super) const fn next_deadline(&self) -> Option<Timestamp> {
        if self.kept.is_some() { self.awaited_until } else { None }
    }
}

impl Life {
    /// Asks for them, if they are wanted and this end is one that may be told.
    pub(super) fn ask_for_log(&mut self, code: i64, context: &Context<'_>, effects: &mut Vec<Effect>) {
        let wanted = [Kind::Crashed, Kind::Restarted, Kind::Looping].map(|kind| self.tells_of(kind, context.rules));
        let lines = context.rules.log_lines;
        if lines == 0 || code == 0 || wanted == [false; 3] {
            return;
        }
        if !self.looping.has_restarts() {
            // Those of another day say nothing of this one.
            self.log.text.clear();
        }
        self.log.awaited_until = later(context.now, LATE_LOG);
        effects.push(Effect::ReadLog { id: self.identity.id.clone(), lines });
    }

    /// They are here, redacted and cut.
    pub fn on_log(&mut self, text: &str, context: &Context<'_>) -> Vec<Effect> {
        self.log.awaited_until = None;
        text.clone_into(&mut self.log.text);
        let mut effects = Vec::new();
        if let Some(alert) = self.log.take() {
            self.fire(alert, context.now, &mut effects);
        }
        effects
    }

    pub(super) fn on_time_log(&mut self, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if self.log.next_deadline().is_some_and(|until| until <= context.now)
            && let Some(alert) = self.log.take()
        {
            self.log.awaited_until = None;
            self.fire(alert, context.now, effects);
        }
    }
}
