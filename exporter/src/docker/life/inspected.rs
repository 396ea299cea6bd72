//! What an inspection changes, and what it finds that no event told.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ending::{LATE_DIE, Wait};
use super::{Context, Effect, Exit, Life, later};
use crate::docker::container::{Condition, Health, Inspection, State};
use crate::docker::exit::ExitReason;

impl Life {
    /// An inspection was answered.
    pub fn on_inspection(&mut self, answer: &Inspection, generation: u64, context: &mut Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.setup.clone_from(&answer.setup);
        self.inspected = true;
        if generation == self.generation {
            self.be(answer.identity.clone());
            self.vanished = None;
            let was_known = self.state != State::Other;
            self.take_condition(&answer.condition, context, &mut effects);
            self.see_start(&answer.condition, was_known, &mut effects);
            self.plan_look(context.now);
        } else {
            // The name and the state may be from before the events since; ask again for those.
            self.identity.image_id.clone_from(&answer.identity.image_id);
            effects.push(self.inspect());
        }
        // An end that waited for the restart policy has it now.
        if self.ending.as_ref().is_some_and(|ending| ending.waits_for == Wait::Inspection) {
            let known = generation == self.generation && !answer.condition.state.has_process();
            let oom_killed = known && answer.condition.oom_killed && !self.child_oom && self.oom_at.is_none();
            if let Some(ending) = &mut self.ending {
                ending.facts.oom_killed = oom_killed;
            }
            self.settle(context, &mut effects);
        }
        let says_unhealthy = answer.condition.health == Health::Unhealthy;
        self.review_check(answer.check.as_ref(), says_unhealthy, context, &mut effects);
        effects
    }

    /// Docker does not know it any more.
    pub fn on_absence(&mut self, generation: u64, context: &mut Context<'_>) {
        // Its `die` and `destroy` may be on their way.
        if generation == self.generation && self.vanished.is_none() {
            self.vanished = later(context.now, LATE_DIE);
        }
    }

    pub(super) fn take_condition(
        &mut self,
        condition: &Condition,
        context: &mut Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let before = std::mem::replace(&mut self.state, condition.state);
        self.health = condition.health;
        self.checks = condition.checks.clone();
        self.pid = condition.pid;
        (self.restored, self.gap) = (false, false);
        let was_known = self.restart_count.is_some();
        let restarts = self.count_restarts(condition.restart_count);
        let start_before = std::mem::replace(&mut self.inspected_start, condition.started_at);
        let end_before = std::mem::replace(&mut self.inspected_end, condition.finished_at);
        let runs = condition.state.has_process();
        let ran = before.has_process();
        let mut restarted_unseen = false;
        // Its start may have been told late, after an inspection had seen that run.
        if std::mem::take(&mut self.unseen_end) && condition.started_at != start_before {
            // The start that was seen is one of them, if it was its policy's.
            self.count_unseen(restarts.max(1), effects);
            if ran && !runs {
                self.ended_unseen(condition, 0, context, effects);
            }
        } else if (ran && !runs)
            || restarts > 0
            || (ran && self.generation_was_inspected(start_before, condition.started_at))
            || (was_known && self.has_ended_since(start_before.max(end_before), condition))
        {
            restarted_unseen = ran && runs;
            self.ended_unseen(condition, restarts, context, effects);
        } else if before == State::Other && self.last_exit.is_none() && !runs {
            self.remember_old_end(condition);
        }
        if runs {
            self.child_oom |= condition.oom_killed;
            if restarted_unseen || self.started_at.is_none() {
                self.started_at = condition.started_at;
            }
            if !ran && before != State::Other {
                // Its `start` was missed, or is on its way.
                self.state = before;
                self.started(condition.started_at.unwrap_or(context.now), context, effects);
                self.state = condition.state;
                self.health = condition.health;
                self.checks = condition.checks.clone();
                self.pid = condition.pid;
            }
        }
        // Its policy has given up, whatever it is called.
        if condition.state == State::Exited
            && let Some((exit, _)) = self.held.take()
        {
            self.crash(exit, context, effects);
        }
    }

    /// Whether it ended after what an inspection said then, and after the last end that is known.
    fn has_ended_since(&self, then: Option<Timestamp>, condition: &Condition) -> bool {
        let ending = self.ending.as_ref().map(|ending| ending.at);
        let ended = ending.max(self.last_exit.as_ref().map(|exit| exit.at));
        // The event of an end comes a little later than the end.
        let later = |end: Timestamp, known: Timestamp| end.duration_since(known) > SignedDuration::from_secs(1);
        // Without another start there is no other end.
        condition.finished_at.is_some_and(|end| then.max(ended).is_none_or(|known| later(end, known)))
            && condition.started_at > ended
            && self.failed_start.is_none()
    }

    /// Whether two inspections with no event between them saw different starts.
    pub(super) fn generation_was_inspected(&self, before: Option<Timestamp>, after: Option<Timestamp>) -> bool {
        // After an event the start it told of is in `started_at`: later than Docker's own, by 8 s on a slow machine.
        let told = self.started_at.zip(after).is_some_and(|(told, after)| told >= after);
        before.is_some() && after.is_some() && before != after && !told
    }

    /// It had ended before anybody looked: worth its series, not a count.
    pub(super) fn remember_old_end(&mut self, condition: &Condition) {
        if let Some(at) = condition.finished_at {
            let uptime = condition.started_at.and_then(|start| Duration::try_from(at.duration_since(start)).ok());
            self.last_exit = Some(Exit { code: condition.exit_code, reason: ExitReason::Unknown, at, uptime });
        }
    }

    /// Takes Docker's own count of restarts; those after ends that nobody saw.
    pub(super) fn count_restarts(&mut self, count: u64) -> u64 {
        let foreseen = std::mem::take(&mut self.restarts_foreseen);
        let possible = std::mem::take(&mut self.restarts_possible);
        let Some(before) = self.restart_count.replace(count) else {
            self.restarts_total = self.restarts_total.max(count);
            return 0;
        };
        // It goes back to 0 when somebody starts the container.
        let unforeseen = count.checked_sub(before).unwrap_or(count).saturating_sub(foreseen);
        self.restarts_total += unforeseen;
        unforeseen.saturating_sub(possible)
    }

    /// Its policy will start it again: Docker counts that at the end of the run.
    pub(super) const fn foresee_restart(&mut self) {
        self.restarts_total += 1;
        self.restarts_foreseen += 1;
    }

    /// As Docker counts them by now.
    pub(super) fn restarts_so_far(&self) -> u64 {
        self.restart_count.unwrap_or_default() + self.restarts_foreseen
    }

    /// So many ends that nobody saw and nobody can say more of.
    pub(super) fn count_unseen(&self, ends: u64, effects: &mut Vec<Effect>) {
        for _ in 0..ends {
            // 255 is what Docker itself says of an end that it did not see.
            let name = self.identity.name.clone();
            effects.push(Effect::Exited { name, code: 255, reason: ExitReason::Unknown });
        }
    }
}
