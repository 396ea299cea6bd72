//! What the loop changes in the outbox, repeated until it is on disk.

use jiff::Timestamp;

use super::{STORE_RETRY, Worker, stopped_within};
use crate::channel::{Detail, MessageRef};
use crate::store::{Deferral, DeliveryId, Store, StoreError};

/// A change of the outbox, as data: it is repeated until it is on disk.
pub(super) enum Change {
    Prepare(Vec<serde_json::Value>),
    Acknowledge(MessageRef, bool),
    Defer(Deferral),
    Degrade(Detail, String),
    Bury(String),
    Hold(String, Timestamp),
    ForgetCard(String, String),
    Move { channel: String, address: String, to: String },
}

impl Change {
    async fn apply(&self, store: &Store, id: DeliveryId, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Prepare(parts) => store.prepare(id, parts.clone()).await,
            Self::Acknowledge(reference, more) => store.acknowledge(id, reference.clone(), *more, now).await,
            Self::Defer(deferral) => store.defer(id, deferral.clone(), now).await,
            Self::Degrade(to, reason) => store.degrade(id, *to, reason.clone(), now).await,
            Self::Bury(reason) => store.bury(id, reason.clone(), now).await,
            Self::Hold(scope, until) => store.hold(scope, *until).await,
            Self::ForgetCard(channel, group_key) => store.forget_card(channel, group_key).await,
            Self::Move { channel, address, to } => store.moved(channel, address, to, now).await,
        }
    }
}

impl Worker {
    /// Repeats a change of the store until it is on disk: what a chat has already answered must not be forgotten.
    /// `false`: told to stop before that; the next start finds the attempt unfinished and says "may be a repeat".
    pub(super) async fn insist(&mut self, id: DeliveryId, now: Timestamp, change: Change) -> bool {
        while let Err(error) = change.apply(&self.tools.store, id, now).await {
            if self.store_failed(&error).await {
                return false;
            }
        }
        true
    }

    /// Says once that the store is down, and waits a little. Whether to stop.
    pub(super) async fn store_failed(&mut self, error: &StoreError) -> bool {
        if !std::mem::replace(&mut self.store_is_down, true) {
            let name = self.destination.name.as_str();
            tracing::error!(channel = name, "channel `{name}` waits for the store: {error}");
        }
        stopped_within(&mut self.tools.stopped, STORE_RETRY).await
    }
}
