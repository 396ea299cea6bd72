//! How much each container has written into its own file system, and how much room there is where the engine keeps it.
//!
//! Source: memory, kept by [`crate::docker::sizes`] on a slow timer; off unless `docker.sizes` says how often. The room is that of
//! the file system of the engine's directory. Names as cAdvisor has them, which also counts the log in: see
//! [`container_log`](super::container_log) for that.

use std::sync::Arc;

use rustix::fs::{major, minor};
use seamark_kit::exposition::Exposition;

use super::container_io::device_name;
use super::{CollectError, Collector, Registration};
use crate::cgroup::reading::Device;
use crate::docker::inventory::Inventory;
use crate::host::HostRoot;

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_fs",
    on_by_default: true,
    may_hang: true,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(ContainerFs { host: inputs.host.clone(), inventory: Arc::clone(&inputs.inventory) }),
};

struct ContainerFs {
    host: HostRoot,
    inventory: Arc<Inventory>,
}

/// The file system in which the engine keeps everything.
struct Room {
    device: String,
    bytes: u64,
    inodes: u64,
    inodes_free: u64,
}

impl Collector for ContainerFs {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(sizes) = self.inventory.read(|known| known.sizes.clone()) else { return Ok(()) };
        let help = "When the engine said how large containers are, in seconds since 1970.";
        let at = sizes.at.as_duration().as_secs_f64();
        out.gauge("seamark_container_fs_last_success_timestamp_seconds", help).set(at);
        let room = sizes.root.as_deref().and_then(|root| self.room(root));
        let device = room.as_ref().map_or("", |room| room.device.as_str());
        let running = self.inventory.running();
        let measured = || running.iter().filter_map(|container| Some((container, *sizes.written.get(&container.id)?)));
        let help = "Bytes that a container has written into its own file system.";
        let family = out.gauge("container_fs_usage_bytes", help);
        for (container, bytes) in measured() {
            family.push_with(&container.labels, &[("device", device)], bytes);
        }
        let Some(room) = &room else { return Ok(()) };
        let families = [
            ("container_fs_limit_bytes", "Size of the file system that a container writes to.", room.bytes),
            ("container_fs_inodes_total", "Inodes of the file system that a container writes to.", room.inodes),
            (
                "container_fs_inodes_free",
                "Free inodes of the file system that a container writes to.",
                room.inodes_free,
            ),
        ];
        for (name, help, value) in families {
            let family = out.gauge(name, help);
            for (container, _) in measured() {
                family.push_with(&container.labels, &[("device", device)], value);
            }
        }
        Ok(())
    }

    fn can_hang(&self) -> bool {
        self.inventory.read(|known| known.sizes.is_some())
    }
}

impl ContainerFs {
    /// `None` where the engine's directory cannot be seen, or is somebody else's.
    fn room(&self, root: &str) -> Option<Room> {
        let directory = self.host.open_root(root.strip_prefix('/')?).ok()?;
        let (system, device) = (directory.file_system().ok()?, directory.device().ok()?);
        let device = Device { major: major(device), minor: minor(device) };
        Some(Room {
            device: device_name(&self.host, device),
            bytes: system.f_blocks.saturating_mul(system.f_frsize),
            inodes: system.f_files,
            inodes_free: system.f_ffree,
        })
    }
}
