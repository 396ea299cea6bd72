//! Storage: how much lies in configured directories and volumes.
//!
//! Source: memory, filled by [`crate::storage`]. What was counted last stays until it is counted again; its age is told.

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::memory::Memory;
use crate::storage::Target;
use crate::storage::board::Known;

pub(super) const COLLECTOR: Registration = Registration {
    name: "storage",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(Storage { memory: Arc::clone(&inputs.memory) }),
};

struct Storage {
    memory: Arc<Memory>,
}

impl Collector for Storage {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        for (name, known) in self.memory.storage.all() {
            tell(&name, &known, out);
        }
        Ok(())
    }
}

fn tell(name: &str, known: &Known, out: &mut Exposition) {
    let target = match &known.target {
        Target::Path(path) => ("path", path.as_str()),
        Target::Volume(volume) => ("volume", volume.as_str()),
    };
    let labels = [("storage", name), target];
    if let Some(figures) = known.figures {
        out.gauge("seamark_storage_used_bytes", "Space on the disk that a storage takes.")
            .push(&labels, figures.used_bytes);
        out.gauge("seamark_storage_files", "Files and directories in a storage.").push(&labels, figures.files);
        let help = "Files and directories of a storage that could not be looked at, and are missing in its figures.";
        out.gauge("seamark_storage_unreadable", help).push(&labels, figures.unreadable);
    }
    if let Some(capacity) = known.capacity_bytes.or(known.figures.and_then(|figures| figures.capacity_bytes)) {
        out.gauge("seamark_storage_capacity_bytes", "Space on the disk that a storage may take.")
            .push(&labels, capacity);
    }
    if let Some(counted_at) = known.counted_at {
        let help = "When a storage was counted last, in seconds since 1970.";
        out.gauge("seamark_storage_last_success_timestamp_seconds", help)
            .push(&labels, counted_at.as_duration().as_secs_f64());
    }
    if let Some(last) = known.last {
        out.gauge("seamark_storage_success", "Whether the last attempt to count a storage came to an end.")
            .push(&labels, known.problem.is_none());
        out.gauge("seamark_storage_duration_seconds", "Time that the last attempt to count a storage took.")
            .push(&labels, last.took.as_secs_f64());
    }
}
