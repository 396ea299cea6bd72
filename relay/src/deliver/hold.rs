//! Waits that a chat has asked for, of one channel or of all that belong to its service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::pace::after;

/// A wait that began when a chat asked for it. It is a length of time: a clock that is set meanwhile changes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hold(Option<Instant>);

impl Hold {
    /// Waits until this moment, if it does not already wait for longer.
    pub fn extend(&mut self, until: Timestamp, now: Timestamp) {
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default().min(LONGEST);
        self.0 = self.0.max(Instant::now().checked_add(wait));
    }

    /// When it is over, by the clock as it is now.
    pub fn until(self, now: Timestamp) -> Timestamp {
        self.0.map_or(now, |end| after(now, end.saturating_duration_since(Instant::now())))
    }
}

/// Nobody asks for more. What does is a moment of a clock that was wrong.
const LONGEST: Duration = Duration::from_hours(48);

/// Waits of whole services, by the kind of channel.
#[derive(Debug, Clone, Default)]
pub(super) struct Services {
    holds: Arc<Mutex<BTreeMap<&'static str, Hold>>>,
}

impl Services {
    pub fn hold(&self, kind: &'static str, until: Timestamp, now: Timestamp) {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default().extend(until, now);
    }

    pub fn held_until(&self, kind: &'static str, now: Timestamp) -> Timestamp {
        let held = self.holds.lock().unwrap_or_else(PoisonError::into_inner).get(kind).copied();
        held.unwrap_or_default().until(now)
    }
}

/// The name under which the store keeps what one channel was asked to wait.
pub(super) fn channel_scope(name: &str) -> String {
    format!("channel/{name}")
}

/// The same for all channels of a kind.
pub(super) fn service_scope(kind: &str) -> String {
    format!("service/{kind}")
}

/// The name under which the store keeps that a channel was said to be gone. Its moment is that of the next try, and
/// 1970 once the channel is back.
pub(super) fn gone_scope(name: &str) -> String {
    format!("gone/{name}")
}
