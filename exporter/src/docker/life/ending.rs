//! The end of a run: what is waited for, and when it is judged.

use std::time::Duration;

use jiff::Timestamp;

use super::{Context, Effect, Exit, LATE_INSPECTION, Life, later};
use crate::alertmanager::alert::Kind;
use crate::docker::container::{Condition, State};
use crate::docker::exit::{ExitFacts, ExitReason, SIGKILL_CODE, exit_reason};

/// How long after a `die` its `oom` or `stop` may still come (26 ms were seen).
const LATE_EVENTS: Duration = Duration::from_secs(1);
/// How long after an inspection found a container ended its `die` may still come.
pub(in crate::docker) const LATE_DIE: Duration = Duration::from_secs(2);
/// How long after an end its `die` may be told on a machine that is out of breath.
const LATE_TOLD: Duration = Duration::from_secs(10);
/// How far an `oom` may be from the `die` it explains: that is told when the engine has cleaned up, 1.5 s later on a slow
/// machine, and more than 5 s where eight containers begin at once.
const OOM_NEAR: Duration = Duration::from_secs(10);

/// An end that is still being looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) facts: ExitFacts,
    pub(super) at: Timestamp,
    pub(super) uptime: Option<Duration>,
    /// How often the policy had restarted it before.
    pub(super) restarts: u64,
    pub(super) waits_for: Wait,
    pub(super) until: Timestamp,
    /// The start after it.
    pub(super) next_start: Option<Timestamp>,
    /// Ends before it that nobody saw; only where nobody saw this one.
    pub(super) unseen_before: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// For an `oom` or a `stop` that comes late.
    Events,
    /// For the answer of an inspection, until when it is judged without.
    Inspection,
    /// For its `die`: an inspection found it ended.
    Die,
}

impl Ending {
    /// Whether it was found by an inspection and this `die` tells of it, not of the run that followed.
    fn is_told_by(&self, at: Timestamp) -> bool {
        self.waits_for == Wait::Die && self.next_start.is_none_or(|start| at < start)
    }

    /// It was started. Of an end that an inspection found, even the start of that run may be told later.
    pub(super) fn started(&mut self, at: Timestamp) {
        if self.waits_for != Wait::Die || at > self.at {
            self.next_start = Some(at);
        }
    }
}

impl Life {
    pub(super) fn ran_out_of_memory(&mut self, at: Timestamp, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        // A child's, or that of the main process: either way this kill is explained.
        // That of an end which was put down to it without the event is accounted for.
        let known = |exit: &Exit| exit.reason == ExitReason::Oom && near(exit.at, at);
        if self.state.has_process() || self.ending.is_some() || !self.last_exit.as_ref().is_some_and(known) {
            context.oom_kills.explain(at, context.now);
        }
        self.oom_kills.event();
        self.oom_at = Some(at);
        if let Some(ending) = &mut self.ending
            && ending.facts.code == SIGKILL_CODE
            && near(ending.at, at)
        {
            ending.facts.oom_event = true;
            if self.inspected {
                self.settle(context, effects);
            }
        }
    }

    /// `untold`: this engine says of a stop only afterwards, and nothing of signals.
    pub(super) fn died(
        &mut self,
        code: i64,
        at: Timestamp,
        untold: bool,
        context: &mut Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        if self.is_known(at) || self.is_told_again(at) {
            return;
        }
        (self.restored, self.gap) = (false, false);
        // An inspection has found it already, with its restart.
        let found = self.ending.take_if(|ending| ending.is_told_by(at)).is_some();
        if !found {
            // Its last end was still being looked into; that one is over now.
            self.settle(context, effects);
        }
        let facts = ExitFacts {
            code,
            announced: self.announced_until.is_some_and(|until| at <= until),
            oom_event: self.oom_at.is_some_and(|oom| near(oom, at)),
            ..ExitFacts::default()
        };
        // A stop may take longer than its grace period (`docker stop -t 60`); then its `stop` event tells.
        let lapsed = self.announced_until.is_some() && !facts.announced && code != 0;
        let unexplained = code == SIGKILL_CODE && !facts.announced && !facts.oom_event;
        if unexplained {
            // Not those of other containers that are killed while this end is being looked into.
            context.oom_kills.look(context.now);
        }
        let (waits_for, wait) = match () {
            () if lapsed || unexplained || (untold && !facts.announced) => (Wait::Events, LATE_EVENTS),
            () => (Wait::Inspection, LATE_EVENTS),
        };
        let restarts = self.restarts_so_far();
        let restarts_again = !facts.announced && self.setup.restart_policy.starts_again(code, restarts);
        self.ending = Some(Ending {
            facts,
            at,
            uptime: self.started_at.and_then(|start| Duration::try_from(at.duration_since(start)).ok()),
            restarts,
            waits_for,
            until: later(context.now, wait).unwrap_or(context.now),
            next_start: None,
            unseen_before: 0,
        });
        self.state = if restarts_again { State::Restarting } else { State::Exited };
        if restarts_again && !found {
            self.foresee_restart();
        }
        self.restarts_possible += u64::from(!restarts_again && !found);
        if !facts.announced {
            self.ask_for_log(code, context, effects);
        }
        // Only an end whose policy is unknown has to wait for an inspection.
        if waits_for == Wait::Inspection && self.inspected {
            self.settle(context, effects);
        }
        effects.push(self.inspect());
    }

    /// Whether an inspection found this end before its event came.
    pub(super) fn is_known(&self, at: Timestamp) -> bool {
        if self.counted_until.is_some_and(|until| at <= until) {
            return true;
        }
        // Events come in their order: as long as no start was told since, it is of the same run, however late.
        let told_late = |last: Timestamp| {
            at > last
                && at.duration_since(last).unsigned_abs() <= LATE_TOLD
                && self.told_start.is_none_or(|start| start < last)
        };
        self.last_exit.as_ref().is_some_and(|last| {
            let same = last.at.duration_since(at).unsigned_abs() < Duration::from_secs(1);
            last.reason == ExitReason::Unknown && (same || told_late(last.at))
        })
    }

    /// Whether this is another `die` of the same end: engines tell of a removal in the middle of an end twice.
    fn is_told_again(&self, at: Timestamp) -> bool {
        let seen = self.ending.as_ref().filter(|ending| ending.waits_for != Wait::Die).map(|ending| ending.at);
        let last = seen.or(self.last_exit.as_ref().map(|exit| exit.at));
        last.is_some_and(|last| self.newest_start() < Some(last) && self.saw_end(at))
    }

    /// Whether an event has told of this end.
    fn saw_end(&self, at: Timestamp) -> bool {
        let told = self.ending.as_ref().map(|ending| ending.at).or(self.last_exit.as_ref().map(|exit| exit.at));
        told.is_some_and(|told| told.duration_since(at).unsigned_abs() < Duration::from_secs(1))
    }

    /// `restarts`: how often its policy has started it since it was last looked at.
    pub(super) fn ended_unseen(
        &mut self,
        condition: &Condition,
        restarts: u64,
        context: &mut Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let at = condition.finished_at.unwrap_or(context.now);
        if self.is_known(at) {
            return;
        }
        if self.saw_end(at) {
            // The last one was seen; those before it were not.
            self.count_unseen(restarts, effects);
            return;
        }
        self.settle(context, effects);
        let code = if condition.state.has_process() { 0 } else { condition.exit_code };
        self.ending = Some(Ending {
            facts: ExitFacts { code, unwitnessed: true, ..ExitFacts::default() },
            at,
            uptime: self.started_at.and_then(|start| Duration::try_from(at.duration_since(start)).ok()),
            restarts: self.restarts_so_far(),
            waits_for: Wait::Die,
            until: later(context.now, LATE_DIE).unwrap_or(context.now),
            next_start: condition.started_at.filter(|_| condition.state.has_process()),
            // Each restart followed an end; the last of a container that is down was followed by none.
            unseen_before: match condition.state {
                State::Exited | State::Dead => restarts,
                _ => restarts.saturating_sub(1),
            },
        });
    }

    /// Judges the end that is being looked into.
    pub(super) fn settle(&mut self, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let Some(mut ending) = self.ending.take() else { return };
        let facts = &mut ending.facts;
        let undecided = facts.code == SIGKILL_CODE && !facts.announced && !facts.oom_event && !facts.unwitnessed;
        facts.oom_counted = undecided && context.oom_kills.take(ending.at, context.now);
        let reason = exit_reason(facts);
        let exit = Exit { code: facts.code, reason, at: ending.at, uptime: ending.uptime };
        for _ in 0..=ending.unseen_before {
            effects.push(Effect::Exited { name: self.identity.name.clone(), code: exit.code, reason });
        }
        self.last_exit = Some(exit.clone());
        let restarts =
            ending.next_start.is_some() || self.setup.restart_policy.starts_again(exit.code, ending.restarts);
        match reason {
            ExitReason::Unknown => {}
            ExitReason::Stopped => effects.extend(self.looping.end("down", context.now)),
            _ if restarts && self.state != State::Removing => self.restarts_after(&exit, context, effects),
            // A failure is told by its crash.
            ExitReason::Clean => effects.extend(self.looping.end("down", context.now)),
            _ => {}
        }
        if reason == ExitReason::Oom && !ending.facts.oom_event && ending.next_start.is_none() {
            self.oom_kills.ended_by_one();
        }
        if reason.is_failure() {
            self.failed(exit, &ending, context, effects);
        } else if reason != ExitReason::Unknown {
            self.tell_once(Kind::Stopped, Some(&exit), ending.at, context, effects);
        }
    }

    pub(super) fn failed(&mut self, exit: Exit, ending: &Ending, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if self.state == State::Removing {
            // Somebody has cleaned it away already, or it has itself.
        } else if ending.next_start.is_some() && self.looping.is_told() {
            // One alert for all of them.
        } else if ending.next_start.is_some() {
            self.tell_once(Kind::Restarted, Some(&exit), ending.at, context, effects);
        } else if self.setup.restart_policy.starts_again(exit.code, ending.restarts) {
            // Counted from the death, whatever it took to find the reason.
            let late = context.now.duration_since(ending.at).unsigned_abs().min(LATE_EVENTS + LATE_INSPECTION);
            let window = self.looping.window(context.rules.restart_window).saturating_sub(late);
            self.held = later(context.now, window).map(|until| (exit, until));
        } else {
            self.crash(exit, context, effects);
        }
    }
}

fn near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).unsigned_abs() <= OOM_NEAR
}
