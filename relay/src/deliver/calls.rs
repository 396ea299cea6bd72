//! Calls of a chat that others than its loop have made, such as the answers of a bot: the chat counts them together.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// No budget looks back for longer.
const KEPT: Duration = Duration::from_mins(2);

/// When they were answered. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<Timestamp>>>);

impl Calls {
    /// Notes one.
    pub fn note(&self, now: Timestamp) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|call| *call <= now && now.duration_since(*call).unsigned_abs() < KEPT);
        calls.push(now);
    }

    /// These calls and those of the loop itself, the oldest first.
    pub(super) fn with(&self, own: &[Timestamp]) -> Vec<Timestamp> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Timestamp> = calls.iter().chain(own).copied().collect();
        all.sort_unstable();
        all
    }
}
