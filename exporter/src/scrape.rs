//! Runs the collectors of one scrape, and always answers in time.
//!
//! Ordinary collectors are read one after another on one thread of tokio's pool. A collector that can hang has a thread
//! of its own: a system call on a dead network mount cannot be cancelled, so the scrape must be able to leave it behind.
//! While such a thread is out there is never a second one; what the collector said last is served with its age.

mod deadline;
mod selection;
mod slot;

use std::future::pending;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Family, Kind};
use tokio::runtime::Handle;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use crate::collector::{Inputs, Registration};
pub use deadline::deadline;
pub use selection::{Selection, SelectionError};
use slot::{Answer, Outcome, Slot};

/// The collectors that are switched on, with what is remembered of each between scrapes.
pub struct Scraper {
    slots: Vec<Arc<Slot>>,
    off: Vec<&'static str>,
}

impl Scraper {
    /// Builds the collectors. `section` is the section `collectors` of the configuration: each collector has a section
    /// of its own there, in which `enabled` switches it on or off; with `disable_defaults` only those run that are
    /// switched on by name.
    pub fn new(registrations: &[Registration], inputs: &Inputs, section: &mut Section) -> Self {
        let mut scraper = Self { slots: Vec::new(), off: Vec::new() };
        let defaults = !section.flag("disable_defaults").unwrap_or(false);
        for registration in registrations {
            let mut options = section.section_or_value(registration.name);
            if options.scalar().is_some() {
                options.problem("", "expected a mapping such as `{enabled: false}`, found a plain value");
                continue;
            }
            let settings = options.settings();
            let on = options.flag("enabled").unwrap_or(registration.on_by_default && defaults);
            // Built even if off, so that its options are checked all the same.
            let collector = (registration.build)(inputs, &mut options);
            if on {
                scraper.slots.push(Arc::new(Slot::new(registration.name, registration.may_hang, settings, collector)));
            } else {
                scraper.off.push(registration.name);
            }
        }
        scraper
    }

    /// Takes over from `before` the collectors whose settings are the same, with what they remember and count. One that
    /// hangs is so not started a second time, however often the configuration is read anew. Both must read the same
    /// host.
    pub fn take_over(&mut self, before: &Self) {
        for slot in &mut self.slots {
            if let Some(same) = before.slots.iter().find(|old| old.name == slot.name && old.settings == slot.settings) {
                *slot = Arc::clone(same);
            }
        }
    }

    /// The names of the collectors that are on, in the order in which they are read.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.slots.iter().map(|slot| slot.name)
    }
}

impl Selection {
    /// Reads the selected collectors and answers after `deadline` at the latest, with what there is by then.
    ///
    /// Besides the collectors' families the answer tells how each of them fared. May be called any number of times at
    /// once.
    pub async fn scrape(&self, deadline: Duration) -> Exposition {
        self.scrape_and(deadline, |families| families).await
    }

    /// As [`scrape`](Self::scrape), and makes what is wanted of the answer: where all goes well on the thread that has
    /// read it, whose caches hold it, and which nothing else waits for.
    pub async fn scrape_and<T, F>(&self, deadline: Duration, finish: F) -> T
    where
        T: Send + 'static,
        F: FnOnce(Exposition) -> T + Send + 'static,
    {
        let until = Instant::now() + deadline;
        let slots = self.slots.iter().cloned().enumerate();
        let (alone, together): (Vec<_>, Vec<_>) = slots.partition(|(_, slot)| slot.needs_a_thread());
        // The slow ones first, so that they run while the others are read.
        let start = |(place, slot): (usize, Arc<Slot>)| {
            let run = slot.start(until.into_std());
            (place, slot, run)
        };
        let alone = alone.into_iter().map(start).collect();
        let told = Vec::with_capacity(self.slots.len());
        let under_way = Arc::new(Mutex::new(Some(UnderWay { slots: self.slots.clone(), told, alone, finish })));

        let (queue, shared, runtime) = (together.clone(), Arc::clone(&under_way), Handle::current());
        let mut reading = spawn_blocking(move || {
            for (place, slot) in queue {
                let outcome = slot.run_with_others(until.into_std());
                // Nothing is left where the scrape has been answered without us.
                lock(&shared).as_mut()?.told.push((place, outcome));
            }
            let under_way = lock(&shared).take()?;
            Some(runtime.block_on(under_way.end(until)))
        });
        if let Ok(read) = timeout_at(until, &mut reading).await {
            return unwrap(read).await;
        }
        let Some(mut under_way) = lock(&under_way).take() else { return unwrap(reading.await).await };
        let late = together.get(under_way.told.len()..).unwrap_or_default();
        if let Some((_, slot)) = late.first() {
            slot.isolate();
        }
        under_way.told.extend(late.iter().map(|(place, slot)| (*place, slot.late())));
        under_way.end(until).await
    }
}

/// What came of reading on another thread.
async fn unwrap<T>(read: Result<Option<T>, JoinError>) -> T {
    match read.map_err(JoinError::try_into_panic) {
        Ok(Some(told)) => told,
        Err(Ok(panic)) => resume_unwind(panic),
        // The program ends.
        Ok(None) | Err(Err(_)) => pending().await,
    }
}

/// A scrape that somebody still waits for. Whoever takes it, the thread that reads or the task that waits, ends it.
struct UnderWay<F> {
    slots: Vec<Arc<Slot>>,
    told: Vec<(usize, Outcome)>,
    alone: Vec<(usize, Arc<Slot>, Option<Answer>)>,
    finish: F,
}

impl<F> UnderWay<F> {
    async fn end<T>(mut self, until: Instant) -> T
    where
        F: FnOnce(Exposition) -> T,
    {
        for (place, slot, run) in self.alone {
            self.told.push((place, slot.finish(run, until).await));
        }
        self.told.sort_unstable_by_key(|(place, _)| *place);
        (self.finish)(answer(&self.slots, self.told.into_iter().map(|(_, outcome)| outcome)))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The families of all collectors, and how each of them fared.
fn answer(slots: &[Arc<Slot>], outcomes: impl Iterator<Item = Outcome>) -> Exposition {
    let mut out = Exposition::default();
    let gauge = |name: &'static str, help: &'static str| Family::new(name, help, Kind::Gauge);
    let mut durations = gauge("node_scrape_collector_duration_seconds", "Time a collector took.");
    let mut successes = gauge("node_scrape_collector_success", "Whether a collector told everything it knows.");
    let mut errors = Family::new(
        "seamark_exporter_collector_errors_total",
        "Files and lines that a collector could not read, since the exporter was started.",
        Kind::Counter,
    );
    let mut ages = gauge(
        "seamark_exporter_collector_stale_seconds",
        "Age of what is told of a collector that can hang, or has hung; 0 while it answers.",
    );
    for (slot, outcome) in slots.iter().zip(outcomes) {
        out.append(outcome.families);
        let labels = [("collector", slot.name)];
        durations.push(&labels, outcome.duration.as_secs_f64());
        successes.push(&labels, outcome.success);
        errors.push(&labels, slot.errors());
        // The others are read before the answer, or never were.
        if let Some(age) = outcome.age
            && slot.can_hang()
        {
            ages.push(&labels, age.as_secs_f64());
        }
    }
    [durations, successes, errors, ages].into_iter().for_each(|family| out.add(family));
    out
}

#[cfg(test)]
mod tests;
