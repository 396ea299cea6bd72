//! Crashes that an Alertmanager holds for firing though nobody here has told them: those of the process before this one.
//!
//! Until Docker has said how their containers are, they are kept as they are and refreshed, so that none ends by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::life::Effect;
use crate::alertmanager::alert::{EventAlert, HOLD};

/// How often one is told again while nobody can say how its container is.
const REFRESH: Duration = Duration::from_secs(60);

/// The crashes that wait for word of their containers.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    /// By container id, each with when to tell it again.
    waiting: BTreeMap<String, (EventAlert, Timestamp)>,
    /// Listed and not heard of since; `None` until there was a list.
    unheard: Option<BTreeSet<String>>,
}

impl Orphans {
    /// An Alertmanager holds this crash for firing. Each may know it; the first one counts.
    pub(super) fn take_in(&mut self, alert: &EventAlert, now: Timestamp) {
        // Told at once, an Alertmanager that does not know it would fire what is perhaps over.
        let refresh = alert.ends_at.checked_sub(REFRESH).map_or(now, |before| before.min(now + REFRESH));
        self.waiting.entry(alert.container.id.clone()).or_insert_with(|| (alert.clone(), refresh));
    }

    /// These exist and were not known before.
    pub(super) fn listed(&mut self, unknown: BTreeSet<String>) {
        self.unheard = Some(unknown);
    }

    /// Something was heard of this container, be it that it is gone.
    pub(super) fn heard_of(&mut self, id: &str) {
        if let Some(unheard) = &mut self.unheard {
            unheard.remove(id);
        }
    }

    /// Whether a container that is not known is known not to exist.
    pub(super) fn is_gone(&self, id: &str) -> bool {
        self.unheard.as_ref().is_some_and(|unheard| !unheard.contains(id))
    }

    /// Whose crashes wait.
    pub(super) fn ids(&self) -> Vec<String> {
        self.waiting.keys().cloned().collect()
    }

    /// Hands one out, to be decided on.
    pub(super) fn take(&mut self, id: &str) -> Option<EventAlert> {
        self.waiting.remove(id).map(|(alert, _)| alert)
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.waiting.values().map(|(_, refresh)| *refresh).min()
    }

    /// Tells those again whose time has come.
    pub(super) fn refresh(&mut self, now: Timestamp) -> Vec<Effect> {
        let due = self.waiting.values_mut().filter(|(_, refresh)| *refresh <= now);
        due.map(|(alert, refresh)| {
            *refresh = now + REFRESH;
            alert.ends_at = now + HOLD;
            Effect::Alert(Box::new(alert.clone()))
        })
        .collect()
    }
}
