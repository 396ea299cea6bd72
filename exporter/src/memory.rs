//! What one part of the exporter knows and another tells, beside the inventory of containers. It outlives a reload.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::docker::disk;
use crate::probe::board::ProbeBoard;
use crate::storage;
use crate::threshold::Thresholds;

/// Written by whoever finds out or reads the configuration, read by collectors.
#[derive(Default)]
pub struct Memory {
    /// What lies in the configured storages.
    pub storage: storage::board::Board,
    /// How much of the disk Docker uses.
    pub disk: disk::Board,
    /// The thresholds in use.
    pub thresholds: ArcSwap<Thresholds>,
    /// What the probes found.
    pub probes: Arc<ProbeBoard>,
    /// Mount points that can be written to, as the collector `filesystem` saw them last.
    pub mounts: Names,
    /// Network devices, as the collector `netdev` saw them last.
    pub devices: Names,
}

/// Names of which one collector tells, for another to tell something of the same ones.
#[derive(Debug, Default)]
pub struct Names(Mutex<Arc<[String]>>);

impl Names {
    /// Replaces them.
    pub fn set(&self, names: impl IntoIterator<Item = String>) {
        let names = names.into_iter().collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Those of last time.
    pub fn get(&self) -> Arc<[String]> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
