//! How much of the disk Docker uses, by what for.
//!
//! Source: memory, filled by [`crate::docker::disk`] where `docker.disk_usage` says how often.

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::memory::Memory;

pub(super) const COLLECTOR: Registration = Registration {
    name: "docker_disk",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(DockerDisk { memory: Arc::clone(&inputs.memory) }),
};

struct DockerDisk {
    memory: Arc<Memory>,
}

impl Collector for DockerDisk {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let known = self.memory.disk.get();
        for usage in &known.usage {
            let labels = [("type", usage.kind)];
            out.gauge("seamark_docker_disk_usage_bytes", "Space on the disk that Docker uses.")
                .push(&labels, usage.used_bytes);
            out.gauge(
                "seamark_docker_disk_reclaimable_bytes",
                "Space on the disk that Docker uses for what nothing uses.",
            )
            .push(&labels, usage.reclaimable_bytes);
        }
        if let Some(size) = known.root_size_bytes {
            let help = "Size of the file system on which Docker's directory is.";
            out.gauge("seamark_docker_root_filesystem_size_bytes", help).set(size);
        }
        if let Some(counted_at) = known.counted_at {
            let help = "When Docker last counted its disk use, in seconds since 1970.";
            out.gauge("seamark_docker_disk_last_success_timestamp_seconds", help)
                .set(counted_at.as_duration().as_secs_f64());
        }
        if let Some(last) = known.last {
            out.gauge(
                "seamark_docker_disk_success",
                "Whether Docker answered when it was last asked for its disk use.",
            )
            .set(known.problem.is_none());
            out.gauge(
                "seamark_docker_disk_duration_seconds",
                "Time that Docker's last answer about its disk use took.",
            )
            .set(last.took.as_secs_f64());
        }
        Ok(())
    }
}
