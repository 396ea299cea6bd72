//! The life of one container: a state machine over events, inspections and time, without any of the three.
//!
//! It has no clock and does no I/O. What it finds is handed back as [`Effect`]s. `at` is the engine's time of an
//! event, `now` that of this process: what has to be close together is compared by the former, what is waited for is
//! timed by the latter.

mod effect;
mod ending;
mod inspected;
mod kills;
mod labels;
mod log;
mod looks;
mod looping;
mod removal;
mod restored;
mod telling;
mod unwell;

use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::secret::Secret;

use super::container::{Checks, Health, Identity, Setup, State};
use super::event::{Action, Event};
use super::exit::SIGKILL_CODE;
use super::start::FailedStart;
use crate::alertmanager::alert::{EventAlert, HOLD, Kind};
pub use effect::{Context, Effect, Exit};
pub(super) use ending::LATE_DIE;
use ending::{Ending, Wait};
pub use kills::OomTally;
pub use labels::LifeLabels;
use log::Log;
use looping::Looping;
use removal::Handling;
use telling::REFRESH;
use unwell::Unwell;

/// How long an inspection may take before an end is judged without it: its deadline of 5 s would cost a crash its
/// two seconds to the chat.
const LATE_INSPECTION: Duration = Duration::from_millis(500);
/// The same where only the inspection can tell a memory kill from another: an engine that takes longer than usual has
/// a wrong reason as the other choice.
const DECIDING_INSPECTION: Duration = Duration::from_secs(5);
/// What a stop may take beyond its grace period.
const STOP_SLACK: Duration = Duration::from_secs(5);

/// What is known of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Who it is.
    pub identity: Identity,
    /// The labels of what is told of it.
    pub labels: LifeLabels,
    /// How it was set up; the defaults until it was inspected.
    pub setup: Setup,
    /// How it is.
    pub state: State,
    /// What its health checks said; meaningful while it runs.
    pub health: Health,
    /// Its first process, while it runs and since it was inspected.
    pub pid: Option<u32>,
    /// Restarts by its policy since it was first seen, and those it had then.
    pub restarts_total: u64,
    /// How often its limits were changed while it was watched (`docker update`).
    pub updates: u32,
    /// Kills in it for want of memory.
    pub oom_kills: OomTally,
    /// Its last end, if it ever ended.
    pub last_exit: Option<Exit>,
    /// What its health checks found since its last start.
    pub checks: Checks,
    /// Its last start, if that failed.
    pub failed_start: Option<FailedStart>,
    start_error: Secret,
    /// It has left a network while it was down: a start may have failed.
    detached: bool,
    /// When to inspect it though nothing was heard of it.
    look_at: Option<Timestamp>,
    /// What is known of it was learned by a process before this one, and was not compared yet.
    restored: bool,
    /// Deaths up to then were counted by that process.
    counted_until: Option<Timestamp>,
    /// The event stream may have had a gap since it was last looked at.
    gap: bool,
    /// It was started, and how the run before that ended was not seen: counted when it is looked at.
    unseen_end: bool,
    /// Docker's own count of restarts, if anybody has asked, and those that are in it by now if its policy did what it says.
    restart_count: Option<u64>,
    restarts_foreseen: u64,
    /// Ends after which its policy was not expected to start it again, and may have.
    restarts_possible: u64,
    inspected: bool,
    /// Grows with each event: an inspection asked for before an event says nothing of the state after it.
    generation: u64,
    started_at: Option<Timestamp>,
    /// The last start that an event told of.
    told_start: Option<Timestamp>,
    /// `StartedAt` of the last inspection: another one with no event between is a restart nobody saw.
    inspected_start: Option<Timestamp>,
    /// `FinishedAt` of the last inspection: a start that fails sets it, too.
    inspected_end: Option<Timestamp>,
    announced_until: Option<Timestamp>,
    oom_at: Option<Timestamp>,
    /// `OOMKilled` was there while it ran: a child's.
    child_oom: bool,
    ending: Option<Ending>,
    /// A failure that its policy may mend, until when.
    held: Option<(Exit, Timestamp)>,
    /// A crash that was told, and when to tell it again.
    crashed: Option<(EventAlert, Timestamp)>,
    unwell: Unwell,
    looping: Looping,
    handling: Handling,
    log: Log,
    vanished: Option<Timestamp>,
}

impl Life {
    /// A container that an event or a list speaks of for the first time.
    pub fn new(identity: Identity) -> Self {
        Self {
            labels: LifeLabels::of(&identity),
            identity,
            setup: Setup::default(),
            state: State::Other,
            health: Health::None,
            pid: None,
            restarts_total: 0,
            updates: 0,
            oom_kills: OomTally::default(),
            last_exit: None,
            checks: Checks::default(),
            failed_start: None,
            start_error: Secret::new(""),
            detached: false,
            look_at: None,
            restored: false,
            counted_until: None,
            gap: false,
            unseen_end: false,
            restart_count: None,
            restarts_foreseen: 0,
            restarts_possible: 0,
            inspected: false,
            generation: 0,
            started_at: None,
            told_start: None,
            inspected_start: None,
            inspected_end: None,
            announced_until: None,
            oom_at: None,
            child_oom: false,
            ending: None,
            held: None,
            crashed: None,
            unwell: Unwell::default(),
            looping: Looping::default(),
            handling: Handling::default(),
            log: Log::default(),
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
            self.unwell.next_deadline(),
            self.looping.next_deadline(),
            self.log.next_deadline(),
            self.vanished,
            self.look_at,
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

    /// When the crash happened that is firing.
    pub(super) fn crashed_at(&self) -> Option<Timestamp> {
        self.crashed.as_ref().map(|(alert, _)| alert.starts_at)
    }

    pub(super) const fn is_inspected(&self) -> bool {
        self.inspected
    }

    /// When it was started, if it runs.
    pub fn runs_since(&self) -> Option<Timestamp> {
        self.started_at.or(self.inspected_start).filter(|_| self.state.has_process())
    }

    /// When it was started, if it runs, by Docker's own note once this run was inspected: the event is later, by seconds
    /// on a slow machine.
    pub fn start(&self) -> Option<Timestamp> {
        self.inspected_start.filter(|_| self.pid.is_some() && self.state.has_process()).or_else(|| self.runs_since())
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
                self.end_before(event.at);
                self.told_start = Some(event.at);
                self.started(event.at, context, &mut effects);
                effects.push(self.inspect());
            }
            Action::Die { code } => self.died(code, event.at, false, context, &mut effects),
            Action::DieFirst { code } => self.died(code, event.at, true, context, &mut effects),
            Action::Oom => self.ran_out_of_memory(event.at, context, &mut effects),
            Action::Kill { signal } => self.signalled(signal, event.at),
            Action::Stop => self.stopped(event.at, context, &mut effects),
            Action::Pause => self.state = State::Paused,
            Action::Unpause => self.state = State::Running,
            Action::Health(health) => {
                self.health = health;
                // How often it failed and what it printed.
                effects.push(self.inspect());
            }
            // The start that goes with it has its own event; the others are not about its life.
            Action::Restart | Action::Detach | Action::Images => {}
            Action::Rename => effects.push(self.inspect()),
            Action::Update => {
                self.updates = self.updates.wrapping_add(1);
                effects.push(self.inspect());
            }
            Action::Destroy => self.removed(event.at, context, &mut effects),
        }
        self.review_health(event.at, context, &mut effects);
        // More than one reason to ask is one question.
        let question = self.inspect();
        if effects.contains(&question) {
            effects.retain(|effect| *effect != question);
            effects.push(question);
        }
        effects
    }

    /// Time has passed.
    pub fn on_time(&mut self, context: &mut Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let now = context.now;
        let due = |until: Timestamp| until <= now;
        if let Some(ending) = &mut self.ending
            && due(ending.until)
        {
            let undecided = ending.waits_for == Wait::Events && ending.next_start.is_none();
            if undecided && ending.facts.code == SIGKILL_CODE {
                ending.waits_for = Wait::Inspection;
                ending.until = later(context.now, DECIDING_INSPECTION).unwrap_or(context.now);
                effects.push(self.inspect());
            } else {
                self.settle(context, &mut effects);
            }
        }
        if self.vanished.is_some_and(due) {
            self.removed(now, context, &mut effects);
            return effects;
        }
        if let Some((exit, _)) = self.held.take_if(|(_, until)| due(*until)) {
            self.crash(exit, context, &mut effects);
        }
        self.on_time_log(context, &mut effects);
        self.on_time_unwell(context, &mut effects);
        self.on_time_looping(context, &mut effects);
        let refreshes = self.crashed.as_ref().is_some_and(|(_, refresh)| due(*refresh));
        if refreshes && !self.tells_of_crashes(context.rules) {
            // A new configuration leaves it out.
            effects.extend(self.resolve(now));
        } else if let Some((alert, refresh)) = &mut self.crashed
            && refreshes
        {
            *refresh = later(context.now, REFRESH).unwrap_or(*refresh);
            alert.ends_at = context.now + HOLD;
            effects.push(Effect::Alert(Box::new(alert.clone())));
        }
        self.look(context, &mut effects);
        effects
    }

    fn take_identity(&mut self, from: &Identity) {
        // The latest event has the latest name; the image id is only in inspections.
        let image_id = std::mem::take(&mut self.identity.image_id);
        self.be(Identity { image_id, ..from.clone() });
    }

    fn be(&mut self, identity: Identity) {
        if self.identity != identity {
            self.labels = LifeLabels::of(&identity);
            self.identity = identity;
        }
    }

    fn started(&mut self, at: Timestamp, context: &Context<'_>, effects: &mut Vec<Effect>) {
        let news = !self.state.has_process();
        self.state = State::Running;
        self.started_at = Some(at);
        self.pid = None;
        self.announced_until = None;
        self.oom_at = None;
        self.child_oom = false;
        self.forget_last_run();
        self.handling = Handling::default();
        self.looping.started(context.now);
        self.oom_kills.begin_run();
        if self.health != Health::None {
            // No event says so.
            self.health = Health::Starting;
        }
        if let Some(ending) = &mut self.ending {
            ending.started(at);
        }
        // A crash that was not told yet, because its last lines were waited for, was a restart.
        let kept = self.log.take().is_some();
        effects.extend(self.resolve(context.now));
        effects.push(Effect::Started);
        if let Some((exit, _)) = self.held.take() {
            if !self.looping.is_told() {
                self.tell_once(Kind::Restarted, Some(&exit), at, context, effects);
            }
        } else if kept {
            let exit = self.last_exit.clone();
            self.tell_once(Kind::Restarted, exit.as_ref(), at, context, effects);
        } else if news && self.ending.is_none() {
            self.tell_once(Kind::Started, None, at, context, effects);
        }
    }

    fn signalled(&mut self, signal: i32, at: Timestamp) {
        self.handling.killed |= signal == 9;
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
        self.handling.stopped = true;
        effects.extend(self.looping.end("down", context.now));
        self.announced_until = later(at, STOP_SLACK).max(self.announced_until);
        if let Some(ending) = &mut self.ending {
            ending.facts.announced = true;
            self.settle(context, effects);
        }
    }

    fn removed(&mut self, at: Timestamp, context: &mut Context<'_>, effects: &mut Vec<Effect>) {
        effects.extend(self.missed(at, context));
        let unseen = u64::from(std::mem::take(&mut self.unseen_end))
            + u64::from(self.state.has_process() && self.ending.is_none());
        self.count_unseen(unseen, effects);
        self.state = State::Removing;
        self.held = None;
        if let Some(ending) = &mut self.ending {
            // `--rm` removes by itself.
            ending.facts.removed = !self.setup.auto_remove;
            self.settle(context, effects);
        }
        self.held = None;
        self.log.take();
        effects.extend(self.get_well(context.now));
        effects.extend(self.looping.end("removed", context.now));
        effects.extend(self.resolve(context.now));
        effects.push(Effect::Removed);
    }
}

/// `None` only beyond the year 9999.
fn later(time: Timestamp, by: Duration) -> Option<Timestamp> {
    time.checked_add(by).ok()
}
