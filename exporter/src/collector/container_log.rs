//! How large the log of each container that runs has become.
//!
//! Source: the length of the file that the engine names when the container is inspected, below the host's root. Left
//! out where the engine writes no file, or where it cannot be seen; where none can, because the engine's folders are
//! closed to all but root, that is said.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::inventory::Inventory;
use crate::docker::running::Running;
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, RootDirectory, if_available};

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_log",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| {
        Box::new(ContainerLog {
            host: inputs.host.clone(),
            inventory: Arc::clone(&inputs.inventory),
            logs: Mutex::default(),
        })
    },
};

struct ContainerLog {
    host: HostRoot,
    inventory: Arc<Inventory>,
    logs: Mutex<HashMap<String, Log>>,
}

/// The directory of a container's log: it stays for as long as the container, while logs are rotated in it.
struct Log {
    running: Arc<Running>,
    /// `None` where it cannot be opened; asked again when the container was started again.
    directory: Option<RootDirectory>,
    /// It is there, for root.
    closed: bool,
    name: String,
}

impl Collector for ContainerLog {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let running = self.inventory.running();
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|_, log| running.binary_search_by(|container| container.id.cmp(&log.running.id)).is_ok());
        let mut faults = Faults::default();
        let help = "Length of the file that a container's log is written to.";
        let family = out.gauge("seamark_container_log_size_bytes", help);
        for container in running.iter().filter(|container| !container.log_path.is_empty()) {
            let log = match logs.get_mut(&container.id) {
                Some(log) => log,
                None => logs.entry(container.id.clone()).or_insert(self.open(container, &mut faults)),
            };
            if !Arc::ptr_eq(&log.running, container) {
                *log = self.open(container, &mut faults);
            }
            let size = log.directory.as_ref().map(|directory| directory.size_of(&log.name));
            if let Some(size) = size.and_then(|size| faults.take(if_available(size)).flatten()) {
                family.push_with(&container.labels, &[], size);
            }
        }
        let nothing_told = family.is_empty();
        faults.finish()?;
        if nothing_told && logs.values().any(|log| log.closed) {
            return Err(CollectError::Unsupported("the engine's logs can be seen by root alone".to_owned()));
        }
        Ok(())
    }
}

impl ContainerLog {
    fn open(&self, container: &Arc<Running>, faults: &mut Faults) -> Log {
        let (directory, name) = container.log_path.rsplit_once('/').unwrap_or_default();
        let opened = self.open_directory(directory);
        let closed = matches!(
            &opened,
            Err(ReadError::Unreadable { source, .. }) if source.kind() == ErrorKind::PermissionDenied
        );
        let directory = faults.take(if_available(opened)).flatten();
        Log { running: Arc::clone(container), directory, closed, name: name.to_owned() }
    }

    fn open_directory(&self, directory: &str) -> Result<RootDirectory, ReadError> {
        self.host.open_root(directory.trim_start_matches('/'))
    }
}
