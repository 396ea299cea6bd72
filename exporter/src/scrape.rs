//! Runs the collectors of one scrape, and always answers in time.
//!
//! Ordinary collectors are read one after another on one thread of tokio's pool. A collector that can hang has a thread
//! of its own: a system call on a dead network mount cannot be cancelled, so the scrape must be able to leave it behind.
//! While such a thread is out there is never a second one; what the collector said last is served with its age.

mod deadline;
mod selection;
mod slot;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::collector::{Inputs, Registration};
pub use deadline::deadline;
pub use selection::{Selection, SelectionError};
use slot::{Outcome, Slot};

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
            let mut options = section.section(registration.name);
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
        let until = Instant::now() + deadline;
        let (alone, together): (Vec<_>, Vec<_>) =
            self.slots.iter().enumerate().partition(|(_, slot)| slot.needs_a_thread());
        // The slow ones first, so that they run while the others are read.
        let alone: Vec<_> =
            alone.into_iter().map(|(place, slot)| (place, slot, slot.start(until.into_std()))).collect();
        let mut outcomes = self.read_together(&together, until).await;
        for (place, slot, run) in alone {
            outcomes.push((place, slot.finish(run, until).await));
        }
        outcomes.sort_unstable_by_key(|(place, _)| *place);
        self.answer(outcomes.into_iter().map(|(_, outcome)| outcome))
    }

    /// Wakes the scrape once, at the end: what is there by the deadline lies where both can reach it.
    async fn read_together(&self, slots: &[(usize, &Arc<Slot>)], until: Instant) -> Vec<(usize, Outcome)> {
        let outcomes = Arc::new(Mutex::new(Some(Vec::with_capacity(slots.len()))));
        let queue: Vec<Arc<Slot>> = slots.iter().map(|(_, slot)| Arc::clone(slot)).collect();
        let told = Arc::clone(&outcomes);
        let reading = spawn_blocking(move || {
            for slot in queue {
                let outcome = slot.run_with_others(until.into_std());
                match told.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                    Some(outcomes) => outcomes.push(outcome),
                    // The scrape has been answered without us.
                    None => return,
                }
            }
        });
        let in_time = timeout_at(until, reading).await.is_ok();
        let outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        if let Some((_, slot)) = slots.get(outcomes.len())
            && !in_time
        {
            slot.isolate();
        }
        let late: Vec<_> = slots.iter().skip(outcomes.len()).map(|(_, slot)| slot.late()).collect();
        slots.iter().map(|(place, _)| *place).zip(outcomes.into_iter().chain(late)).collect()
    }

    fn answer(&self, outcomes: impl Iterator<Item = Outcome>) -> Exposition {
        let mut out = Exposition::default();
        let mut meta = Exposition::default();
        for (slot, outcome) in self.slots.iter().zip(outcomes) {
            out.append(outcome.families);
            let labels = [("collector", slot.name)];
            meta.gauge("node_scrape_collector_duration_seconds", "Time a collector took.")
                .push(&labels, outcome.duration.as_secs_f64());
            meta.gauge("node_scrape_collector_success", "Whether a collector told everything it knows.")
                .push(&labels, outcome.success);
            meta.family(
                "seamark_exporter_collector_errors_total",
                "Files and lines that a collector could not read, since the exporter was started.",
                Kind::Counter,
            )
            .push(&labels, slot.errors());
            // The others are read before the answer, or never were.
            if let Some(age) = outcome.age
                && slot.can_hang()
            {
                meta.gauge(
                    "seamark_exporter_collector_stale_seconds",
                    "Age of what is told of a collector that can hang, or has hung; 0 while it answers.",
                )
                .push(&labels, age.as_secs_f64());
            }
        }
        out.append(meta);
        out
    }
}

#[cfg(test)]
mod tests;
