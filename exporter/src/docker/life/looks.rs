//! What no event tells and only looking finds: health checks that change nothing, and starts that fail.

use std::time::Duration;

use jiff::Timestamp;

use super::{Context, Effect, Life, later};
use crate::docker::container::{Checks, Condition, State};
use crate::docker::start::FailedStart;

/// Health checks are looked at after each one, but not more often than this: an inspection costs the engine a
/// millisecond, and there may be hundreds of checks a second.
const SHORTEST_LOOK: Duration = Duration::from_secs(30);
/// And at least this often, as everything.
const LONGEST_LOOK: Duration = Duration::from_secs(5 * 60);
/// The first look at a container that was made and not started; each next one after twice the time.
const FIRST_LOOK: Duration = Duration::from_secs(1);

impl Life {
    /// Why its last start failed, in the engine's words; `None` when it did not.
    pub fn start_error(&self) -> Option<&str> {
        self.failed_start.is_some().then(|| self.start_error.expose())
    }

    /// When it was last started, whether it still runs or not; by Docker's own note once this run was inspected.
    pub fn last_started_at(&self) -> Option<Timestamp> {
        self.start().or(self.inspected_start).or(self.started_at)
    }

    /// It has left a network. While it runs, that is how it ends, or somebody's wish.
    pub(in crate::docker) fn on_detach(&mut self) -> Option<Effect> {
        let may_have_failed = !self.state.has_process() && self.state != State::Removing;
        self.detached |= may_have_failed;
        may_have_failed.then(|| self.inspect())
    }

    /// It was started: what was found of the run before is over.
    pub(super) fn forget_last_run(&mut self) {
        self.checks = Checks::default();
        self.failed_start = None;
        self.detached = false;
    }

    /// `was_known`: it was seen before this inspection, so that a failure is news.
    pub(super) fn see_start(&mut self, condition: &Condition, was_known: bool, effects: &mut Vec<Effect>) {
        let tried_again = std::mem::take(&mut self.detached);
        let is_down = matches!(condition.state, State::Created | State::Exited | State::Dead);
        let failed = FailedStart::read(condition.start_error.expose()).filter(|_| is_down);
        let before = std::mem::replace(&mut self.failed_start, failed);
        self.start_error = condition.start_error.clone();
        let Some(failed) = failed else { return };
        if was_known && (tried_again || before != Some(failed)) {
            effects.push(Effect::StartFailed { name: self.identity.name.clone(), reason: failed.reason });
        }
    }

    /// Looks at it when the time has come.
    pub(super) fn look(&mut self, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if self.look_at.is_some_and(|at| at <= context.now) {
            self.plan_look(context.now);
            effects.push(self.inspect());
        }
    }

    /// Sets when to look at it next, if no event comes before.
    pub(super) fn plan_look(&mut self, now: Timestamp) {
        let wait = match (self.state, self.setup.health_check) {
            (state, Some(check)) if state.has_process() => {
                let wait = check.interval.clamp(SHORTEST_LOOK, LONGEST_LOOK);
                // Spread, so that those found at the same moment are not asked about at the same moment for ever.
                let spread = self.identity.id.bytes().fold(0_u8, u8::wrapping_add);
                Some(wait + wait * u32::from(spread) / (4 * 256))
            }
            (State::Created, _) if self.failed_start.is_none() => {
                let age = self.setup.created_at.map(|created| now.duration_since(created).unsigned_abs());
                age.map(|age| age.max(FIRST_LOOK)).filter(|wait| *wait < LONGEST_LOOK)
            }
            _ => None,
        };
        self.look_at = wait.and_then(|wait| later(now, wait));
    }
}
