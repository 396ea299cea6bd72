//! Waits that a chat has asked for, of one channel or of all that belong to its service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// Until when whole services want to be left alone, by the kind of channel.
#[derive(Debug, Clone, Default)]
pub(super) struct Services {
    held_until: Arc<Mutex<BTreeMap<&'static str, Timestamp>>>,
}

impl Services {
    pub fn hold(&self, kind: &'static str, until: Timestamp) {
        let mut held = self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        let at = held.entry(kind).or_insert(until);
        *at = (*at).max(until);
    }

    pub fn held_until(&self, kind: &'static str) -> Option<Timestamp> {
        self.held_until.lock().unwrap_or_else(PoisonError::into_inner).get(kind).copied()
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
