//! All containers of one engine: hands events, inspections and time to each one's [`Life`], and keeps what outlives it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::container::Inspection;
use super::event::Event;
use super::exits::ExitCounts;
use super::life::{Context, Effect, Life};
use super::orphans::Orphans;
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
    /// Nothing but time has passed.
    Time,
}

/// The containers and the counts.
#[derive(Debug, Default)]
pub struct Lifecycle {
    lives: BTreeMap<String, Life>,
    exits: ExitCounts,
    orphans: Orphans,
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
        self.lives.values().filter_map(Life::next_deadline).chain(self.orphans.next_deadline()).min()
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
            Input::Listed(ids) => self.on_list(ids),
            Input::Firing(alert) => {
                self.orphans.take_in(alert, context.now);
                Vec::new()
            }
            Input::Time => self.on_time(context),
        };
        effects.extend(self.adopt(context));
        self.exits.sweep(self.lives.values().map(|life| life.identity.name.as_str()), context.now);
        effects
    }

    fn on_event(&mut self, event: &Event, context: &mut Context<'_>) -> Vec<Effect> {
        let id = &event.container.id;
        self.orphans.heard_of(id);
        let life = self.lives.entry(id.clone()).or_insert_with(|| Life::new(event.container.clone()));
        let effects = life.on_event(event, context);
        self.exits.see(&life.identity.name);
        self.carry_out(id, effects, context)
    }

    fn on_inspection(&mut self, answer: &Inspection, generation: u64, context: &mut Context<'_>) -> Vec<Effect> {
        let id = &answer.identity.id;
        self.orphans.heard_of(id);
        // Asked for by a list; an answer about one that an event has removed since is too late.
        let life = match self.lives.get_mut(id) {
            Some(life) => life,
            None if generation == 0 => {
                self.lives.entry(id.clone()).or_insert_with(|| Life::new(answer.identity.clone()))
            }
            None => return Vec::new(),
        };
        let first = !life.is_inspected();
        let effects = life.on_inspection(answer, generation, context);
        self.exits.see(&life.identity.name);
        let runs_since = life.runs_since().filter(|_| first);
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
        let unknown: BTreeSet<String> = ids.iter().filter(|id| !self.lives.contains_key(*id)).cloned().collect();
        self.orphans.listed(unknown.clone());
        let unknown = unknown.into_iter().map(|id| Effect::Inspect { id, generation: 0 });
        self.lives.values().map(Life::inspect).chain(unknown).collect()
    }

    fn on_time(&mut self, context: &mut Context<'_>) -> Vec<Effect> {
        let due: Vec<String> = self
            .lives
            .iter()
            .filter(|(_, life)| life.next_deadline().is_some_and(|deadline| deadline <= context.now))
            .map(|(id, _)| id.clone())
            .collect();
        let mut effects = Vec::new();
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
                Effect::Started => effects.extend(self.resolve_siblings(id, None, context.now)),
                Effect::Removed => {
                    self.lives.remove(id);
                }
                Effect::Alert(_) | Effect::Inspect { .. } => effects.push(effect),
            }
        }
        // Nobody can be asked about what is gone.
        if !self.lives.contains_key(id) {
            effects.retain(|effect| !matches!(effect, Effect::Inspect { .. }));
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
