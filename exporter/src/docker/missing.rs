//! Containers that were taken away while they ran, or that are missed: told unless something takes their place.

use std::time::Duration;

use jiff::Timestamp;

use super::container::Identity;
use super::life::{Effect, Life};
use crate::alertmanager::alert::{EventAlert, ONCE};

/// How long a successor has: `docker rm -f web && docker run --name web …` is an everyday way to deploy.
const REPLACED_WITHIN: Duration = Duration::from_secs(30);
/// Someone who removes hundreds at once means it.
const MOST: usize = 100;

/// Those that wait for a successor, each with until when.
#[derive(Debug, Default)]
pub(super) struct Missing {
    waiting: Vec<(EventAlert, Timestamp)>,
}

impl Missing {
    pub(super) fn add(&mut self, alert: EventAlert, now: Timestamp) {
        if self.waiting.len() < MOST {
            self.waiting.push((alert, now.checked_add(REPLACED_WITHIN).unwrap_or(now)));
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|(_, until)| *until).min()
    }

    /// Those whose time is over and whose place is empty.
    pub(super) fn due<'a>(&mut self, lives: impl Iterator<Item = &'a Life> + Clone, now: Timestamp) -> Vec<Effect> {
        let (due, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|(_, until)| *until <= now);
        self.waiting = waiting;
        let due: Vec<(EventAlert, Timestamp)> = due;
        due.into_iter()
            .filter(|(alert, _)| !lives.clone().any(|life| replaces(life, &alert.container, alert.starts_at)))
            .map(|(alert, _)| Effect::Alert(Box::new(EventAlert { ends_at: now + ONCE, ..alert })))
            .collect()
    }
}

/// Whether it has the name of the one that is gone, or does its service's work since then.
fn replaces(life: &Life, gone: &Identity, since: Timestamp) -> bool {
    let began = life.runs_since().max(life.setup.created_at);
    life.identity.name == gone.name
        || (life.identity.same_service(gone) && !life.identity.is_one_off() && began.is_some_and(|at| at >= since))
}
