//! All containers of one engine: hands events, inspections and time to each one's [`Life`], and keeps what outlives it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::container::{Identity, Inspection, State};
use super::event::{Action, Event};
use super::exit::ExitReason;
use super::exits::ExitCounts;
use super::life::{Context, Effect, LATE_DIE, Life};
use super::missing::Missing;
use super::orphans::Orphans;
use super::record::{Record, Remembered};
use super::running::Running;
use crate::alertmanager::alert::EventAlert;

/// What the watcher learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// An event came.
    Event(Event),
    /// An inspection asked for at that generation was answered.
    Inspected(Box<Inspection>, u64),
    /// Docker does not know the container that was asked about at that generation.
    Absent(String, u64),
    /// These containers exist.
    Listed(Vec<String>),
    /// An Alertmanager holds this crash for firing; a process before this one may have told it.
    Firing(Box<EventAlert>),
    /// The last lines of this container, fit to be shown.
    Log(String, String),
    /// Nothing but time has passed.
    Time,
}

/// The containers and the counts.
#[derive(Debug, Default)]
pub struct Lifecycle {
    lives: BTreeMap<String, Life>,
    exits: ExitCounts,
    orphans: Orphans,
    /// What the process before this one knew of containers that were not heard of yet.
    remembered: BTreeMap<String, Remembered>,
    /// Those of them that were not listed: gone, unless an event tells more by then.
    unlisted: BTreeMap<String, Timestamp>,
    /// Removed since the last list: an answer about one of these is too late.
    removed: BTreeSet<String>,
    listed: bool,
    missing: Missing,
}

impl Lifecycle {
    /// Every container, by id.
    pub fn lives(&self) -> impl Iterator<Item = &Life> {
        self.lives.values()
    }

    /// How often each name ended.
    pub const fn exits(&self) -> &ExitCounts {
        &self.exits
    }

    /// Whether the engine has said once which containers there are.
    pub const fn is_listed(&self) -> bool {
        self.listed
    }

    /// What the next process has to know.
    pub fn remember(&self) -> Record {
        let mut exits = self.exits.clone();
        for life in self.lives.values().filter(|life| life.unfinished_end()) {
            exits.count(&life.identity.name, ExitReason::Unknown);
        }
        let mut containers = self.remembered.clone();
        containers.extend(self.lives.iter().map(|(id, life)| (id.clone(), life.remember())));
        Record::new(exits.remember(), containers)
    }

    /// Takes over what the process before this one knew. To be done before the first step.
    pub fn recall(&mut self, memory: Record) {
        self.exits.recall(&memory.names);
        self.remembered = memory.containers;
    }

    /// The cgroup of this run of a container has counted so many kills for want of memory.
    pub fn count_oom_kills(&mut self, container: &Running, kills: u64) {
        if let Some(life) = self.lives.get_mut(&container.id)
            // Otherwise it has been started again since that was read.
            && life.start() == container.started_at
        {
            life.oom_kills.count(kills);
        }
    }

    /// When time alone next changes something.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.lives
            .values()
            .filter_map(Life::next_deadline)
            .chain(self.orphans.next_deadline())
            .chain(self.missing.next_deadline())
            .chain(self.unlisted.values().copied())
            .min()
    }

    /// One step. Counts are kept here; what has to be done outside is handed back.
    pub fn step(&mut self, input: &Input, context: &mut Context<'_>) -> Vec<Effect> {
        context.oom_kills.sample(context.now);
        let mut effects = match input {
            Input::Event(event) => self.on_event(event, context),
            Input::Inspected(answer, generation) => self.on_inspection(answer, *generation, context),
            Input::Absent(id, generation) => {
                self.orphans.heard_of(id);
                if let Some(life) = self.lives.get_mut(id) {
                    life.on_absence(*generation, context);
                }
                Vec::new()
            }
            Input::Listed(ids) => {
                self.miss_unlisted(ids, context.now);
                self.on_list(ids)
            }
            Input::Firing(alert) => {
                self.orphans.take_in(alert, context.now);
                Vec::new()
            }
            Input::Log(id, text) => self.on_log(id, text, context),
            Input::Time => self.on_time(context),
        };
        effects.extend(self.adopt(context));
        effects.extend(self.missing.due(self.lives.values(), context.now));
        let not_heard_of = self.remembered.values().map(|memory| memory.name.as_str());
        let present = self.lives.values().map(|life| life.identity.name.as_str()).chain(not_heard_of);
        self.exits.sweep(present, context.now);
        effects
    }

    fn on_event(&mut self, event: &Event, context: &mut Context<'_>) -> Vec<Effect> {
        let id = &event.container.id;
        match event.action {
            Action::Images => return Vec::new(),
            // Says neither its name nor, of one that is not known, anything at all.
            Action::Detach => return self.lives.get_mut(id).and_then(Life::on_detach).into_iter().collect(),
            _ => self.orphans.heard_of(id),
        }
        let life = self.life(&event.container);
        let effects = life.on_event(event, context);
        let name = life.identity.name.clone();
        self.exits.see(&name);
        self.carry_out(id, effects, context)
    }

    /// The one of that id, be it new.
    fn life(&mut self, identity: &Identity) -> &mut Life {
        let Self { lives, remembered, .. } = self;
        lives.entry(identity.id.clone()).or_insert_with(|| {
            let mut life = Life::new(identity.clone());
            if let Some(memory) = remembered.remove(&identity.id) {
                life.restore(&memory);
            }
            life
        })
    }

    /// What was there before the exporter was started and is not now, is gone; its last events may be on their way.
    fn miss_unlisted(&mut self, ids: &[String], now: Timestamp) {
        self.listed = true;
        let until = now.checked_add(LATE_DIE).unwrap_or(now);
        for id in self.remembered.keys().filter(|id| !ids.contains(id)) {
            self.unlisted.entry(id.clone()).or_insert(until);
        }
    }

    /// Those of which no event has told in time: if they ran, they have ended.
    fn forget_unlisted(&mut self, now: Timestamp) -> Vec<Effect> {
        let due: Vec<String> = self.unlisted.extract_if(.., |_, until| *until <= now).map(|(id, _)| id).collect();
        let gone: Vec<Remembered> = due.iter().filter_map(|id| self.remembered.remove(id)).collect();
        gone.into_iter()
            .filter(|memory| State::read(&memory.state).has_process())
            .map(|Remembered { name, .. }| {
                self.exits.count(&name, ExitReason::Unknown);
                // 255 is what Docker itself says of an end that it did not see.
                Effect::Exited { name, code: 255, reason: ExitReason::Unknown }
            })
            .collect()
    }

    fn on_inspection(&mut self, answer: &Inspection, generation: u64, context: &mut Context<'_>) -> Vec<Effect> {
        let id = &answer.identity.id;
        self.orphans.heard_of(id);
        // Asked for by a list; an answer about one that an event has removed since is too late.
        if self.removed.contains(id) || (generation != 0 && !self.lives.contains_key(id)) {
            return Vec::new();
        }
        let life = self.life(&answer.identity);
        let first = !life.is_inspected();
        let effects = life.on_inspection(answer, generation, context);
        let (name, runs_since) = (life.identity.name.clone(), life.runs_since().filter(|_| first));
        self.exits.see(&name);
        let mut effects = self.carry_out(id, effects, context);
        if runs_since.is_some() {
            // Started while nobody watched.
            effects.extend(self.resolve_siblings(id, runs_since, context.now));
        }
        effects
    }

    /// Everything that is listed or known is inspected: what is gone answers so itself, and the list may be older than
    /// the events.
    fn on_list(&mut self, ids: &[String]) -> Vec<Effect> {
        self.removed.clear();
        let unknown: BTreeSet<String> = ids.iter().filter(|id| !self.lives.contains_key(*id)).cloned().collect();
        self.orphans.listed(unknown.clone());
        // Asked for at a reconnect, too: what follows of events may lack something.
        self.lives.values_mut().for_each(Life::after_a_gap);
        let unknown = unknown.into_iter().map(|id| Effect::Inspect { id, generation: 0 });
        self.lives.values().map(Life::inspect).chain(unknown).collect()
    }

    fn on_log(&mut self, id: &str, text: &str, context: &Context<'_>) -> Vec<Effect> {
        self.lives.get_mut(id).map(|life| life.on_log(text, context)).unwrap_or_default()
    }

    fn on_time(&mut self, context: &mut Context<'_>) -> Vec<Effect> {
        let due: Vec<String> = self
            .lives
            .iter()
            .filter(|(_, life)| life.next_deadline().is_some_and(|deadline| deadline <= context.now))
            .map(|(id, _)| id.clone())
            .collect();
        let mut effects = self.forget_unlisted(context.now);
        for id in due {
            let found = self.lives.get_mut(&id).map(|life| life.on_time(context)).unwrap_or_default();
            effects.extend(self.carry_out(&id, found, context));
        }
        effects
    }

    /// Does what concerns more than one container, and hands on what concerns the outside.
    fn carry_out(&mut self, id: &str, found: Vec<Effect>, context: &Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(found.len());
        for effect in found {
            match effect {
                Effect::Exited { ref name, reason, .. } => {
                    self.exits.count(name, reason);
                    effects.push(effect);
                }
                Effect::StartFailed { ref name, reason } => {
                    self.exits.count_failed_start(name, reason);
                    effects.push(effect);
                }
                Effect::Started => effects.extend(self.resolve_siblings(id, None, context.now)),
                Effect::Removed => {
                    self.removed.insert(id.to_owned());
                    self.lives.remove(id);
                }
                Effect::Missed(alert) => self.missing.add(*alert, context.now),
                Effect::Alert(_) | Effect::Inspect { .. } | Effect::ReadLog { .. } => effects.push(effect),
            }
        }
        // Nobody can be asked about what is gone.
        if !self.lives.contains_key(id) {
            effects.retain(|effect| !matches!(effect, Effect::Inspect { .. } | Effect::ReadLog { .. }));
        }
        effects
    }

    /// Decides on the crashes of the process before this one, as far as their containers are known.
    fn adopt(&mut self, context: &Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in self.orphans.ids() {
            let is_known = self.lives.get(&id).map_or_else(|| self.orphans.is_gone(&id), Life::can_adopt);
            let Some(alert) = is_known.then(|| self.orphans.take(&id)).flatten() else { continue };
            let replaced = self.is_replaced(&alert);
            match self.lives.get_mut(&id) {
                Some(life) if life.is_crashed() => {}
                Some(life) if !replaced => effects.push(life.adopt(alert, context)),
                _ => effects.push(Effect::Alert(Box::new(alert.over(context.now)))),
            }
        }
        effects.extend(self.orphans.refresh(context.now));
        effects
    }

    /// Whether another container of its Compose service has been started since the crash.
    fn is_replaced(&self, crash: &EventAlert) -> bool {
        self.lives.values().any(|other| {
            other.identity.id != crash.container.id
                && other.identity.same_service(&crash.container)
                && !other.identity.is_one_off()
                && other.runs_since().is_some_and(|start| start > crash.starts_at)
        })
    }

    /// A new container of a Compose service ends the crash of its predecessor: any, or those before `until`.
    fn resolve_siblings(&mut self, id: &str, until: Option<Timestamp>, now: Timestamp) -> Vec<Effect> {
        let Some(started) = self.lives.get(id).map(|life| life.identity.clone()) else { return Vec::new() };
        if started.is_one_off() {
            return Vec::new();
        }
        self.lives
            .values_mut()
            .filter(|other| other.identity.id != id && other.identity.same_service(&started))
            .filter(|other| until.is_none_or(|until| other.crashed_at().is_some_and(|crash| crash < until)))
            .filter_map(|other| other.resolve(now))
            .collect()
    }
}
