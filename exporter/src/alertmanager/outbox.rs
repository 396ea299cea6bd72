//! The queue of one Alertmanager: bounded, and only the newest state of each alert.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use super::alert::EventAlert;
use super::found::{Found, Question};

/// Alerts that wait at most; each is about one container, so this is far more than a host has to tell.
const CAPACITY: usize = 1024;
/// Alerts posted at once.
const BATCH: usize = 64;

/// The queues of all Alertmanagers, by name.
#[derive(Debug, Default)]
pub struct Outboxes {
    by_name: Mutex<BTreeMap<String, Arc<Outbox>>>,
    found: Arc<Found>,
}

impl Outboxes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn found(&self) -> Arc<Found> {
        Arc::clone(&self.found)
    }

    pub(super) fn of(&self, name: &str) -> Arc<Outbox> {
        Arc::clone(self.lock().entry(name.to_owned()).or_default())
    }

    pub(super) fn keep_only<'a>(&self, names: impl Iterator<Item = &'a str>) {
        let names: std::collections::BTreeSet<&str> = names.collect();
        self.lock().retain(|name, _| names.contains(name.as_str()));
    }

    pub(super) fn all(&self) -> Vec<(String, Arc<Outbox>)> {
        self.lock().iter().map(|(name, outbox)| (name.clone(), Arc::clone(outbox))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Outbox>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue of one.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<VecDeque<EventAlert>>,
    filled: Notify,
    /// `None` until it was asked.
    up: Mutex<Option<bool>>,
    dropped: AtomicU64,
    /// What it held for firing at first.
    pub(super) question: Question,
}

impl Outbox {
    /// Queues an alert, in the place of an older state of the same one. A full queue loses its oldest.
    pub fn push(&self, alert: EventAlert) {
        let mut waiting = self.lock();
        match waiting.iter_mut().find(|older| older.key() == alert.key()) {
            Some(older) => *older = alert,
            None => waiting.push_back(alert),
        }
        self.bound(&mut waiting);
        drop(waiting);
        self.filled.notify_one();
    }

    /// Takes the oldest ones out to post them, at most `most`; those whose time is over are dropped.
    pub fn take(&self, most: usize, now: Timestamp) -> Vec<EventAlert> {
        let mut waiting = self.lock();
        let before = waiting.len();
        // Told now, it would be over before anybody reads it. An end is told however late.
        waiting.retain(|alert| alert.resolved || alert.ends_at > now);
        self.count_dropped(before - waiting.len());
        let most = most.min(BATCH).min(waiting.len());
        waiting.drain(..most).collect()
    }

    /// Puts back what could not be posted, unless a newer state has come meanwhile.
    pub fn put_back(&self, alerts: Vec<EventAlert>) {
        let mut waiting = self.lock();
        for alert in alerts.into_iter().rev() {
            if waiting.iter().all(|newer| newer.key() != alert.key()) {
                waiting.push_front(alert);
            }
        }
        self.bound(&mut waiting);
    }

    /// Waits until something is queued.
    pub async fn filled(&self) {
        self.filled.notified().await;
    }

    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    pub fn is_up(&self) -> bool {
        self.up.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_default()
    }

    /// Whether it answers; returns what was noted before.
    pub fn note(&self, up: bool) -> Option<bool> {
        self.up.lock().unwrap_or_else(PoisonError::into_inner).replace(up)
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub fn count_dropped(&self, alerts: usize) {
        self.dropped.fetch_add(alerts as u64, Ordering::Relaxed);
    }

    fn bound(&self, waiting: &mut VecDeque<EventAlert>) {
        while waiting.len() > CAPACITY {
            waiting.pop_front();
            self.count_dropped(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<EventAlert>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{CAPACITY, Outbox};
    use crate::alertmanager::alert::{Detail, EventAlert, Kind};
    use crate::docker::container::Identity;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn alert(id: usize, ends: i64, resolved: bool) -> EventAlert {
        EventAlert {
            kind: Kind::Crashed,
            container: Identity { id: id.to_string(), ..Identity::default() },
            exit: None,
            detail: Detail::default(),
            starts_at: second(0),
            ends_at: second(ends),
            resolved,
        }
    }

    #[test]
    fn a_newer_state_replaces_the_queued_one_and_an_older_one_is_not_put_back() {
        let outbox = Outbox::default();
        outbox.push(alert(1, 600, false));
        outbox.push(alert(2, 600, false));
        outbox.push(alert(1, 5, true));
        let taken = outbox.take(9, second(10));
        assert_eq!(taken, [alert(1, 5, true), alert(2, 600, false)]);
        outbox.push(alert(2, 9, true));
        outbox.put_back(taken);
        assert_eq!(outbox.take(9, second(10)), [alert(1, 5, true), alert(2, 9, true)]);
        assert_eq!(outbox.dropped(), 0);
    }

    #[test]
    fn a_full_queue_loses_its_oldest_and_what_is_over_is_not_told_and_both_are_counted() {
        let outbox = Outbox::default();
        for id in 0..CAPACITY + 3 {
            outbox.push(alert(id, 600, false));
        }
        assert_eq!(outbox.dropped(), 3);
        assert_eq!(outbox.take(1, second(10)), [alert(3, 600, false)]);
        assert_eq!(outbox.take(1, second(601)), []);
        assert_eq!(outbox.dropped(), 3 + CAPACITY as u64 - 1);
    }
}
