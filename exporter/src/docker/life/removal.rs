//! A container that is gone: was it stopped first, or taken away while it ran?

use std::time::Duration;

use jiff::Timestamp;

use super::{Context, Effect, Life};
use crate::alertmanager::alert::{Kind, ONCE};
use crate::docker::exit::ExitReason;

/// `docker rm -f` kills and removes at once (a second on a slow machine).
const AT_ONCE: Duration = Duration::from_secs(2);

/// What was done to it since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Handling {
    /// `docker stop`, or Compose.
    pub(super) stopped: bool,
    /// SIGKILL through Docker.
    pub(super) killed: bool,
}

impl Life {
    /// Whether it ran until it was removed at `at`, and nobody had stopped it.
    ///
    /// `docker rm -f` is a SIGKILL, the end and the removal in one breath. A crash that somebody cleans away is none,
    /// and neither is `--rm`.
    pub(super) fn was_taken_away(&self, at: Timestamp) -> bool {
        let just_ended = |exit: &super::Exit| {
            exit.reason == ExitReason::Stopped && at.duration_since(exit.at).unsigned_abs() <= AT_ONCE
        };
        let ended_with_it = self.ending.is_some() || self.last_exit.as_ref().is_some_and(just_ended);
        let forced = self.handling.killed && ended_with_it;
        !self.handling.stopped && (self.state.has_process() || forced)
    }

    /// It is gone: to be told if nothing takes its place.
    pub(super) fn missed(&self, at: Timestamp, context: &Context<'_>) -> Option<Effect> {
        let missed = self.was_taken_away(at) || context.rules.miss(&self.identity);
        (missed && self.tells_of(Kind::Removed, context.rules))
            .then(|| Effect::Missed(Box::new(self.alert(Kind::Removed, None, at, context.now + ONCE))))
    }
}
