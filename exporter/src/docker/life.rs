//! The life of one container: a state machine over events, inspections and time, without any of the three.
//!
//! It has no clock and does no I/O. What it finds is handed back as [`Effect`]s. `at` is the engine's time of an
//! event, `now` that of this process: what has to be close together is compared by the former, what is waited for is
//! timed by the latter.

use std::time::Duration;

use jiff::Timestamp;

use super::container::{Condition, Health, Identity, Inspection, Setup, State};
use super::event::{Action, Event};
use super::exit::{ExitFacts, ExitReason, SIGKILL_CODE, exit_reason};
use super::oom::OomKills;
use super::rules::Rules;
use crate::alertmanager::alert::{EventAlert, ExitNote, HOLD, Kind, ONCE};

/// How long after a `die` its `oom` or `stop` may still come (26 ms were seen).
const LATE_EVENTS: Duration = Duration::from_secs(1);
/// How long an inspection may take before an end is judged without it: its deadline of 5 s would cost a crash its
/// two seconds to the chat.
const LATE_INSPECTION: Duration = Duration::from_millis(500);
/// How long after an inspection found a container ended its `die` may still come.
const LATE_DIE: Duration = Duration::from_secs(2);
/// How far an `oom` may be from the `die` it explains (1.5 s were seen on a slow machine).
const OOM_NEAR: Duration = Duration::from_secs(5);
/// What a stop may take beyond its grace period.
const STOP_SLACK: Duration = Duration::from_secs(5);
/// How often a crash is told again while the container is down: well within [`HOLD`].
const REFRESH: Duration = Duration::from_secs(60);

/// What a step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A container of that name ended.
    Exited {
        /// Its name.
        name: String,
        /// The code it ended with.
        code: i64,
        /// Why.
        reason: ExitReason,
    },
    /// Tell Alertmanager.
    Alert(Box<EventAlert>),
    /// Inspect it and hand the answer back with this generation.
    Inspect {
        /// Its id.
        id: String,
        /// Which state of things the question is about.
        generation: u64,
    },
    /// It was started: crashes of the same Compose service are over.
    Started,
    /// It is gone.
    Removed,
}

/// What a step may look at beside the container itself.
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// What to tell of.
    pub rules: &'a Rules,
    /// The kernel's count of memory kills.
    pub oom_kills: &'a mut OomKills,
}

/// An end, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: i64,
    /// Why it ended.
    pub reason: ExitReason,
    /// When, by the engine's clock.
    pub at: Timestamp,
    /// How long it had run.
    pub uptime: Option<Duration>,
}

/// An end that is still being looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ending {
    facts: ExitFacts,
    at: Timestamp,
    uptime: Option<Duration>,
    /// How often the policy had restarted it before.
    restarts: u64,
    waits_for: Wait,
    until: Timestamp,
    started_again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// For an `oom` or a `stop` that comes late.
    Events,
    /// For the answer of an inspection, until when it is judged without.
    Inspection,
    /// For its `die`: an inspection found it ended.
    Die,
}

/// What is known of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Who it is.
    pub identity: Identity,
    /// How it was set up; the defaults until it was inspected.
    pub setup: Setup,
    /// How it is.
    pub state: State,
    /// What its health checks said; meaningful while it runs.
    pub health: Health,
    /// Restarts by its policy since it was first seen, and those it had then.
    pub restarts_total: u64,
    /// Its last end, if it ever ended.
    pub last_exit: Option<Exit>,
    restart_count: u64,
    inspected: bool,
    /// Grows with each event: an inspection asked for before an event says nothing of the state after it.
    generation: u64,
    started_at: Option<Timestamp>,
    /// `StartedAt` of the last inspection: another one with no event between is a restart nobody saw.
    inspected_start: Option<Timestamp>,
    announced_until: Option<Timestamp>,
    oom_at: Option<Timestamp>,
    /// `OOMKilled` was there while it ran: a child's.
    child_oom: bool,
    ending: Option<Ending>,
    /// A failure that its policy may mend, until when.
    held: Option<(Exit, Timestamp)>,
    /// A crash that was told, and when to tell it again.
    crashed: Option<(EventAlert, Timestamp)>,
    vanished: Option<Timestamp>,
}

impl Life {
    /// A container that an event or a list speaks of for the first time.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            setup: Setup::default(),
            state: State::Other,
            health: Health::None,
            restarts_total: 0,
            last_exit: None,
            restart_count: 0,
            inspected: false,
            generation: 0,
            started_at: None,
            inspected_start: None,
            announced_until: None,
            oom_at: None,
            child_oom: false,
            ending: None,
            held: None,
            crashed: None,
            vanished: None,
        }
    }

    /// The question to ask about it now.
    pub fn inspect(&self) -> Effect {
        Effect::Inspect { id: self.identity.id.clone(), generation: self.generation }
    }

    /// When time alone next changes something.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        [
            self.ending.as_ref().map(|ending| ending.until),
            self.held.as_ref().map(|(_, until)| *until),
            self.crashed.as_ref().map(|(_, refresh)| *refresh),
            self.vanished,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether a crash of it is being held back for its restart policy.
    pub const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether a crash of it is firing.
    pub const fn is_crashed(&self) -> bool {
        self.crashed.is_some()
    }

    /// Something happened to it.
    pub fn on_event(&mut self, event: &Event, context: &mut Context<'_>) -> Vec<Effect> {
        self.generation += 1;
        self.vanished = None;
        self.take_identity(&event.container);
        let mut effects = Vec::new();
        match event.action {
            Action::Create => {
                self.state = State::Created;
                effects.push(self.inspect());
            }
            Action::Start => {
                self.started(event.at, context, &mut effects);
                effects.push(self.inspect());
            }
            Action::Die { code } => self.died(code, event.at, context, &mut effects),
            Action::Oom => self.ran_out_of_memory(event.at, context, &mut effects),
            Action::Kill { signal } => self.signalled(signal, event.at),
            Action::Stop => self.stopped(event.at, context, &mut effects),
            Action::Pause => self.state = State::Paused,
            Action::Unpause => self.state = State::Running,
            Action::Health(health) => self.health = health,
            // The start that goes with it has its own event.
            Action::Restart => {}
            Action::Rename | Action::Update => effects.push(self.inspect()),
            Action::Destroy => self.removed(context, &mut effects),
        }
        effects
    }

    /// An inspection was answered.
    pub fn on_inspection(&mut self, answer: &Inspection, generation: u64, context: &mut Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let first = !self.inspected;
        self.setup.clone_from(&answer.setup);
        self.inspected = true;
        if generation == self.generation {
            self.identity.clone_from(&answer.identity);
            self.vanished = None;
            self.take_condition(&answer.condition, first, context, &mut effects);
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
        effects
    }

    /// Docker does not know it any more.
    pub fn on_absence(&mut self, generation: u64, context: &mut Context<'_>) {
        // Its `die` and `destroy` may be on their way.
        if generation == self.generation && self.vanished.is_none() {
            self.vanished = later(context.now, LATE_DIE);
        }
    }

    /// Time has passed.
    pub fn on_time(&mut self, context: &mut Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let now = context.now;
        let due = |until: Timestamp| until <= now;
        if let Some(ending) = &mut self.ending
            && due(ending.until)
        {
            let undecided = ending.waits_for == Wait::Events && !ending.started_again;
            if undecided && ending.facts.code == SIGKILL_CODE {
                ending.waits_for = Wait::Inspection;
                ending.until = later(context.now, LATE_INSPECTION).unwrap_or(context.now);
                effects.push(self.inspect());
            } else {
                self.settle(context, &mut effects);
            }
        }
        if self.vanished.is_some_and(due) {
            if self.state.has_process() && self.ending.is_none() {
                // 255 is what Docker itself says of an end that it did not see.
                let name = self.identity.name.clone();
                effects.push(Effect::Exited { name, code: 255, reason: ExitReason::Unknown });
            }
            self.removed(context, &mut effects);
            return effects;
        }
        if let Some((exit, _)) = self.held.take_if(|(_, until)| due(*until)) {
            self.crash(exit, context, &mut effects);
        }
        if let Some((alert, refresh)) = &mut self.crashed
            && due(*refresh)
        {
            *refresh = later(context.now, REFRESH).unwrap_or(*refresh);
            alert.ends_at = context.now + HOLD;
            effects.push(Effect::Alert(Box::new(alert.clone())));
        }
        effects
    }

    /// A crash that was told is over.
    pub fn resolve(&mut self, now: Timestamp) -> Option<Effect> {
        let (mut alert, _) = self.crashed.take()?;
        alert.ends_at = now;
        alert.resolved = true;
        Some(Effect::Alert(Box::new(alert)))
    }

    fn take_identity(&mut self, from: &Identity) {
        // The latest event has the latest name; the image id is only in inspections.
        let image_id = std::mem::take(&mut self.identity.image_id);
        self.identity = Identity { image_id, ..from.clone() };
    }

    fn started(&mut self, at: Timestamp, context: &Context<'_>, effects: &mut Vec<Effect>) {
        let news = !self.state.has_process();
        self.state = State::Running;
        self.started_at = Some(at);
        self.announced_until = None;
        self.oom_at = None;
        self.child_oom = false;
        if self.health != Health::None {
            // No event says so.
            self.health = Health::Starting;
        }
        if let Some(ending) = &mut self.ending {
            ending.started_again = true;
        }
        effects.extend(self.resolve(context.now));
        effects.push(Effect::Started);
        if let Some((exit, _)) = self.held.take() {
            self.tell_once(Kind::Restarted, Some(&exit), at, context, effects);
        } else if news && self.ending.is_none() {
            self.tell_once(Kind::Started, None, at, context, effects);
        }
    }

    fn signalled(&mut self, signal: i32, at: Timestamp) {
        // SIGHUP and its like ask a program to reload; it may crash later for reasons of its own.
        if matches!(signal, 2 | 3 | 9 | 15) || signal == self.setup.stop_signal {
            self.announced_until = later(at, self.setup.stop_grace + STOP_SLACK);
        }
    }

    fn stopped(&mut self, at: Timestamp, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        if self.state == State::Restarting {
            // Stopped while it waited for its next start: no `kill` and no `die` come with it.
            self.state = State::Exited;
        }
        self.held = None;
        self.announced_until = later(at, STOP_SLACK).max(self.announced_until);
        if let Some(ending) = &mut self.ending {
            ending.facts.announced = true;
            self.settle(context, effects);
        }
    }

    fn ran_out_of_memory(&mut self, at: Timestamp, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        // A child's, or that of the main process: either way this kill is explained.
        context.oom_kills.take(at, context.now);
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

    fn died(&mut self, code: i64, at: Timestamp, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        if self.is_known(at) {
            return;
        }
        // Its last end was still being looked into; that one is over now.
        if self.ending.take_if(|ending| ending.waits_for == Wait::Die).is_none() {
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
        let (waits_for, wait) = match () {
            () if lapsed || unexplained => (Wait::Events, LATE_EVENTS),
            () => (Wait::Inspection, LATE_EVENTS),
        };
        let restarts_again = !facts.announced && self.setup.restart_policy.starts_again(code, self.restart_count);
        self.ending = Some(Ending {
            facts,
            at,
            uptime: self.started_at.and_then(|start| Duration::try_from(at.duration_since(start)).ok()),
            restarts: self.restart_count,
            waits_for,
            until: later(context.now, wait).unwrap_or(context.now),
            started_again: false,
        });
        self.state = if restarts_again { State::Restarting } else { State::Exited };
        if restarts_again {
            self.count_restarts(self.restart_count + 1);
        }
        // Only an end whose policy is unknown has to wait for an inspection.
        if waits_for == Wait::Inspection && self.inspected {
            self.settle(context, effects);
        }
        effects.push(self.inspect());
    }

    /// Whether an inspection found this end before its event came.
    fn is_known(&self, at: Timestamp) -> bool {
        self.last_exit.as_ref().is_some_and(|last| {
            last.reason == ExitReason::Unknown && last.at.duration_since(at).unsigned_abs() < Duration::from_secs(1)
        })
    }

    fn take_condition(
        &mut self,
        condition: &Condition,
        first: bool,
        context: &mut Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let before = std::mem::replace(&mut self.state, condition.state);
        self.health = condition.health;
        if first && self.restarts_total == 0 {
            self.restarts_total = condition.restart_count;
            self.restart_count = condition.restart_count;
        }
        self.count_restarts(condition.restart_count);
        let start_before = std::mem::replace(&mut self.inspected_start, condition.started_at);
        let runs = condition.state.has_process();
        let ran = before.has_process();
        let restarted_unseen = ran && runs && self.generation_was_inspected(start_before, condition.started_at);
        if (ran && !runs) || restarted_unseen {
            self.ended_unseen(condition, context);
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
            }
        }
        // Its policy has given up, whatever it is called.
        if condition.state == State::Exited
            && let Some((exit, _)) = self.held.take()
        {
            self.crash(exit, context, effects);
        }
    }

    /// Whether two inspections with no event between them saw different starts.
    fn generation_was_inspected(&self, before: Option<Timestamp>, after: Option<Timestamp>) -> bool {
        // After an event the start it told of is in `started_at`, a little later than Docker's own.
        let told = self
            .started_at
            .zip(after)
            .is_some_and(|(told, after)| told.duration_since(after).unsigned_abs() < Duration::from_secs(5));
        before.is_some() && after.is_some() && before != after && !told
    }

    fn ended_unseen(&mut self, condition: &Condition, context: &Context<'_>) {
        let at = condition.finished_at.unwrap_or(context.now);
        if self.ending.is_some() || self.is_known(at) {
            return;
        }
        let code = if condition.state.has_process() { 0 } else { condition.exit_code };
        self.ending = Some(Ending {
            facts: ExitFacts { code, unwitnessed: true, ..ExitFacts::default() },
            at,
            uptime: self.started_at.and_then(|start| Duration::try_from(at.duration_since(start)).ok()),
            restarts: self.restart_count,
            waits_for: Wait::Die,
            until: later(context.now, LATE_DIE).unwrap_or(context.now),
            started_again: condition.state.has_process(),
        });
    }

    /// It had ended before anybody looked: worth its series, not a count.
    fn remember_old_end(&mut self, condition: &Condition) {
        if let Some(at) = condition.finished_at {
            let uptime = condition.started_at.and_then(|start| Duration::try_from(at.duration_since(start)).ok());
            self.last_exit = Some(Exit { code: condition.exit_code, reason: ExitReason::Unknown, at, uptime });
        }
    }

    fn count_restarts(&mut self, count: u64) {
        // Docker's own goes back to 0 when somebody starts the container.
        self.restarts_total += if count >= self.restart_count { count - self.restart_count } else { count };
        self.restart_count = count;
    }

    fn removed(&mut self, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        self.state = State::Removing;
        self.held = None;
        if let Some(ending) = &mut self.ending {
            // `--rm` removes by itself.
            ending.facts.removed = !self.setup.auto_remove;
            self.settle(context, effects);
        }
        self.held = None;
        effects.extend(self.resolve(context.now));
        effects.push(Effect::Removed);
    }

    /// Judges the end that is being looked into.
    fn settle(&mut self, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let Some(mut ending) = self.ending.take() else { return };
        let facts = &mut ending.facts;
        let undecided = facts.code == SIGKILL_CODE && !facts.announced && !facts.oom_event && !facts.unwitnessed;
        facts.oom_counted = undecided && context.oom_kills.take(ending.at, context.now);
        let reason = exit_reason(facts);
        let exit = Exit { code: facts.code, reason, at: ending.at, uptime: ending.uptime };
        effects.push(Effect::Exited { name: self.identity.name.clone(), code: exit.code, reason });
        self.last_exit = Some(exit.clone());
        if reason.is_failure() {
            self.failed(exit, &ending, context, effects);
        } else if reason != ExitReason::Unknown {
            self.tell_once(Kind::Stopped, Some(&exit), ending.at, context, effects);
        }
    }

    fn failed(&mut self, exit: Exit, ending: &Ending, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if self.state == State::Removing {
            // Somebody has cleaned it away already, or it has itself.
        } else if ending.started_again {
            self.tell_once(Kind::Restarted, Some(&exit), ending.at, context, effects);
        } else if self.setup.restart_policy.starts_again(exit.code, ending.restarts) {
            // Counted from the death, whatever it took to find the reason.
            let late = context.now.duration_since(ending.at).unsigned_abs().min(LATE_EVENTS + LATE_INSPECTION);
            let window = context.rules.restart_window.saturating_sub(late);
            self.held = later(context.now, window).map(|until| (exit, until));
        } else {
            self.crash(exit, context, effects);
        }
    }

    fn crash(&mut self, exit: Exit, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if !context.rules.crash || !context.rules.cover(&self.identity, &self.setup) {
            return;
        }
        let alert = self.alert(Kind::Crashed, Some(&exit), exit.at, context.now + HOLD);
        effects.push(Effect::Alert(Box::new(alert.clone())));
        self.crashed = later(context.now, REFRESH).map(|refresh| (alert, refresh));
    }

    fn tell_once(
        &self,
        kind: Kind,
        exit: Option<&Exit>,
        at: Timestamp,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let wanted = match kind {
            Kind::Crashed => context.rules.crash,
            Kind::Restarted => context.rules.restart,
            Kind::Stopped => context.rules.stop,
            Kind::Started => context.rules.start,
        };
        if wanted && context.rules.cover(&self.identity, &self.setup) {
            effects.push(Effect::Alert(Box::new(self.alert(kind, exit, at, context.now + ONCE))));
        }
    }

    fn alert(&self, kind: Kind, exit: Option<&Exit>, starts_at: Timestamp, ends_at: Timestamp) -> EventAlert {
        let exit = exit.map(|exit| ExitNote {
            code: exit.code,
            reason: exit.reason,
            restart_policy: self.setup.restart_policy.name.clone(),
            uptime: exit.uptime,
        });
        EventAlert { kind, container: self.identity.clone(), exit, starts_at, ends_at, resolved: false }
    }
}

fn near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).unsigned_abs() <= OOM_NEAR
}

/// `None` only beyond the year 9999.
fn later(time: Timestamp, by: Duration) -> Option<Timestamp> {
    time.checked_add(by).ok()
}
