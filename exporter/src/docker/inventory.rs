//! What is known of Docker, in memory: the watcher writes it, scrapes read it, and neither waits for the other's world.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use super::client::Engine;
use super::event::Event;
use super::exits::Counts;
use super::expected::Expected;
use super::images::{self, Images};
use super::life::{Context, Effect, Life};
use super::lifecycle::{Input, Lifecycle};
use super::oom::OomKills;
use super::rules::Rules;
use super::running::{self, Running};
use super::seen::Seen;
use super::sizes::Sizes;
use super::state_file::{StateFile, Status};

/// What is known of one engine and its containers.
///
/// It outlives a reload: the next watcher goes on with the same containers, counts and firing alerts.
#[derive(Debug, Default)]
pub struct Inventory {
    known: Mutex<Known>,
    changed: Notify,
    /// Here, so that a reload neither misses an event nor takes one twice.
    stream: Mutex<EventStream>,
    state_file: Mutex<Option<Arc<StateFile>>>,
    state_changed: Notify,
}

#[derive(Debug, Default)]
struct EventStream {
    seen: Seen,
    opened: Option<Timestamp>,
}

/// What a scrape may look at.
#[derive(Debug, Default)]
pub struct Known {
    /// Docker answers.
    pub up: bool,
    /// The event stream is open.
    pub events_connected: bool,
    /// Which engine it is; `None` before it has answered.
    pub engine: Option<Engine>,
    /// Docker has been asked, and either every container was inspected or there was no answer.
    pub looked: bool,
    /// Parts of answers that could not be understood.
    pub decode_errors: u64,
    /// What the engine said last of the sizes of containers, if it is asked.
    pub sizes: Option<Arc<Sizes>>,
    /// Labels of containers that are shown as labels of metrics.
    pub shown_labels: Vec<String>,
    /// The watch list.
    pub expected: Vec<Expected>,
    /// What the names of images mean.
    pub images: Images,
    /// What is told, and of whom.
    pub rules: Rules,
    lifecycle: Lifecycle,
    running: Arc<[Arc<Running>]>,
    /// Something may have changed since `running` was made.
    running_is_old: bool,
}

impl Known {
    /// Every container, by id.
    pub fn lives(&self) -> impl Iterator<Item = &Life> {
        self.lifecycle.lives()
    }

    /// How often each name ended.
    pub fn exits(&self) -> impl Iterator<Item = (&str, &Counts)> {
        self.lifecycle.exits().iter()
    }

    /// Whether the engine has said once which containers there are.
    pub const fn is_listed(&self) -> bool {
        self.lifecycle.is_listed()
    }

    /// The names of images that may change their meaning: all, or those of which nothing is known yet.
    pub(super) fn image_names(&self, all: bool) -> impl Iterator<Item = String> {
        let names = images::names(self.lives().map(|life| life.identity.image.as_str()));
        names.into_iter().filter(move |name| all || !self.images.contains_key(name))
    }
}

impl Inventory {
    /// An inventory that knows of nothing, with Docker away.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at what is known. `look` must be short: the watcher waits for it.
    pub fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.lock())
    }

    /// The containers that run, by id. An entry is the same one as before until something of it changes.
    pub fn running(&self) -> Arc<[Arc<Running>]> {
        let mut known = self.lock();
        if known.running_is_old {
            known.running = running::list(known.lifecycle.lives(), &known.shown_labels, &known.running);
            known.running_is_old = false;
        }
        Arc::clone(&known.running)
    }

    /// What the cgroups of these runs have counted of kills for want of memory.
    pub fn count_oom_kills<'a>(&self, counts: impl Iterator<Item = (&'a Running, u64)>) {
        let mut known = self.lock();
        counts.for_each(|(container, kills)| known.lifecycle.count_oom_kills(container, kills));
    }

    /// One step of the life of all containers.
    pub fn step(&self, input: &Input, now: Timestamp, rules: &Rules, oom_kills: &mut OomKills) -> Vec<Effect> {
        let mut known = self.lock();
        known.running_is_old = true;
        let effects = known.lifecycle.step(input, &mut Context { now, rules, oom_kills });
        drop(known);
        self.changed.notify_one();
        // Time passes all the time, and mostly does nothing.
        if *input != Input::Time || !effects.is_empty() {
            self.state_changed.notify_one();
        }
        effects
    }

    /// Keeps what has to outlive the process in this file, or nowhere. What the file holds is taken over when nothing
    /// is known yet. Reads the file.
    pub fn keep_state_in(&self, path: Option<PathBuf>) {
        let mut kept = self.state_file.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().map(|file| file.path()) == path.as_deref() {
            return;
        }
        *kept = path.map(|path| Arc::new(StateFile::new(path)));
        let Some(memory) = kept.as_ref().and_then(|file| file.load()) else { return };
        let mut known = self.lock();
        if !known.is_listed() && known.lives().next().is_none() {
            known.lifecycle.recall(memory);
        }
    }

    /// Writes the state file, if there is one and anything has changed. Waits for the disk.
    pub fn save_state(&self) {
        let file = self.state_file.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(file) = file {
            file.save(|| self.lock().lifecycle.remember());
        }
    }

    /// How the state file is; `None` where there is none.
    pub fn state_file_status(&self) -> Option<Status> {
        self.state_file.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|file| file.status())
    }

    /// Waits until the state file may have to be written.
    pub(super) async fn state_changed(&self) {
        self.state_changed.notified().await;
    }

    /// When time alone next changes something.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.lock().lifecycle.next_deadline()
    }

    /// Waits until a step may have moved the next deadline.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Docker answers, or not; returns what was noted before.
    pub(super) fn set_up(&self, up: bool) -> bool {
        std::mem::replace(&mut self.lock().up, up)
    }

    pub(super) fn set_engine(&self, engine: Engine) {
        self.lock().engine = Some(engine);
    }

    pub(super) fn set_events_connected(&self, connected: bool) {
        self.lock().events_connected = connected;
    }

    pub(super) fn set_looked(&self) {
        self.lock().looked = true;
    }

    pub(super) fn set_shown_labels(&self, labels: Vec<String>) {
        let mut known = self.lock();
        known.shown_labels = labels;
        known.running_is_old = true;
    }

    pub(super) fn set_expected(&self, expected: Vec<Expected>) {
        self.lock().expected = expected;
    }

    /// What names mean now; `all`: and nothing is known of the others.
    pub(super) fn set_images(&self, found: Images, all: bool) {
        let mut known = self.lock();
        if all {
            known.images = found;
        } else {
            known.images.extend(found);
        }
    }

    pub(super) fn set_rules(&self, rules: Rules) {
        self.lock().rules = rules;
    }

    pub(super) fn set_sizes(&self, sizes: Option<Sizes>) {
        self.lock().sizes = sizes.map(Arc::new);
    }

    pub(super) fn count_decode_errors(&self, errors: u64) {
        self.lock().decode_errors += errors;
    }

    /// From when to ask for events: `None` at the first subscription, later from the last one seen, or else from when
    /// the last stream was opened.
    pub(super) fn events_since(&self, now: Timestamp) -> Option<Timestamp> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = stream.opened.replace(now);
        stream.seen.newest().or(opened)
    }

    /// Whether this event was not seen before; from now on it was.
    pub(super) fn is_new(&self, event: &Event) -> bool {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).seen.is_new(event)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // A panic in a scrape must not silence the watcher.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
