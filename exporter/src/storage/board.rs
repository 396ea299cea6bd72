//! What is known of the storages: the walks write it, scrapes read it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tracing::{info, warn};

use super::walk::Figures;
use super::{Place, Target};
use crate::pace::Round;

/// By name.
#[derive(Debug, Default)]
pub struct Board {
    known: Mutex<BTreeMap<String, Known>>,
    /// Where a walk has not come back; it outlives the configuration that started it.
    out: Mutex<BTreeSet<String>>,
    /// One of those came back.
    back: Notify,
}

/// One storage.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// What it is.
    pub target: Target,
    /// How much may be in it, in bytes, where the configuration says so.
    pub capacity_bytes: Option<u64>,
    /// What was counted last.
    pub figures: Option<Figures>,
    /// When that was.
    pub counted_at: Option<Timestamp>,
    /// The last look, whatever came of it; `None` before the first.
    pub last: Option<Round>,
    /// Why the last look came to nothing.
    pub problem: Option<String>,
}

/// What one look came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Counted.
    Counted(Figures),
    /// There is no such thing any more; what was counted before is not true.
    Missing(String),
    /// It could not be counted this time; what was counted before stays.
    Failed(String),
}

impl Board {
    /// From now on there are these; what is known of those that are the same stays.
    pub fn set_places(&self, places: &[Place]) {
        let mut known = lock(&self.known);
        let before = std::mem::take(&mut *known);
        for place in places {
            let new = Known {
                target: place.target.clone(),
                capacity_bytes: None,
                figures: None,
                counted_at: None,
                last: None,
                problem: None,
            };
            let same = before.get(&place.name).filter(|old| old.target == place.target).cloned();
            let capacity_bytes = place.capacity_bytes();
            known.insert(place.name.clone(), Known { capacity_bytes, ..same.unwrap_or(new) });
        }
    }

    /// Notes what a look came to; a problem is logged once.
    pub fn note(&self, name: &str, look: Look, took: Duration, now: Timestamp) {
        let mut known = lock(&self.known);
        // Of a configuration that is no more.
        let Some(known) = known.get_mut(name) else { return };
        known.last = Some(Round { ended: Instant::now(), took, good: matches!(look, Look::Counted(_)) });
        let problem = match look {
            Look::Counted(figures) => {
                known.figures = Some(figures);
                known.counted_at = Some(now);
                None
            }
            Look::Missing(problem) => {
                known.figures = None;
                known.counted_at = None;
                Some(problem)
            }
            Look::Failed(problem) => Some(problem),
        };
        match &problem {
            Some(problem) if known.problem.as_ref() != Some(problem) => {
                warn!(storage = name, "storage `{name}` is not counted: {problem}");
            }
            None if known.problem.is_some() => info!(storage = name, "storage `{name}` is counted again"),
            _ => {}
        }
        known.problem = problem;
    }

    /// What is known, by name.
    pub fn all(&self) -> Vec<(String, Known)> {
        lock(&self.known).iter().map(|(name, known)| (name.clone(), known.clone())).collect()
    }

    /// The last look at this one.
    pub(super) fn last_round(&self, name: &str) -> Option<Round> {
        lock(&self.known).get(name)?.last
    }

    /// Waits until nobody is out there; from then on somebody is.
    pub(super) async fn go_out(&self, path: &str) {
        loop {
            let back = self.back.notified();
            tokio::pin!(back);
            // Before looking, or one that comes back in between is never heard of.
            back.as_mut().enable();
            if lock(&self.out).insert(path.to_owned()) {
                return;
            }
            back.await;
        }
    }

    pub(super) fn come_back(&self, path: &str) {
        lock(&self.out).remove(path);
        self.back.notify_waiters();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
