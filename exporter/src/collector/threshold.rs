//! Thresholds as series, one for each object: how much is too much, for rules and graphs.
//!
//! Source: the section `thresholds` of the configuration and labels of containers. The mount points are those of the
//! collector `filesystem`, the devices those of `netdev`. What they are compared with: `deploy/containers.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use seamark_kit::exposition::{Exposition, Family};
use tracing::warn;

use super::{CollectError, Collector, Registration};
use crate::docker::container::Network;
use crate::docker::inventory::Inventory;
use crate::docker::running::Running;
use crate::memory::Memory;
use crate::threshold::Thresholds;
use crate::threshold::labels::{self, Malformed, OfContainer};
use crate::threshold::limit::Limits;

pub(super) const COLLECTOR: Registration = Registration {
    name: "threshold",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| {
        let (inventory, memory) = (Arc::clone(&inputs.inventory), Arc::clone(&inputs.memory));
        Box::new(Threshold { inventory, memory, read: Mutex::default() })
    },
};

struct Threshold {
    inventory: Arc<Inventory>,
    memory: Arc<Memory>,
    /// What the labels of containers say, by id.
    read: Mutex<HashMap<String, Labels>>,
}

/// What the labels of one container say, as long as neither it nor the configuration changes.
struct Labels {
    of: Arc<Running>,
    with: Arc<Thresholds>,
    limits: OfContainer,
    malformed: Vec<Malformed>,
}

impl Collector for Threshold {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let thresholds = self.memory.thresholds.load_full();
        let running = self.inventory.running();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let help = "Where too much begins, in the unit of what it is compared with; +Inf for a check that is off.";
        let family = out.gauge("seamark_threshold", help);
        tell_host(family, &thresholds);
        for mount in &*self.memory.mounts.get() {
            tell(family, "host_disk", thresholds.host_disk.of(mount), &[("mountpoint", mount)]);
        }
        for device in self.memory.devices.get().iter().filter(|device| carries_the_hosts_traffic(device)) {
            let limits = thresholds.host_network.of(device);
            tell(family, "host_network_receive", limits, &[("device", device)]);
            tell(family, "host_network_transmit", limits, &[("device", device)]);
        }
        let mut now = HashMap::with_capacity(running.len());
        for container in running.iter() {
            let before = read.remove(&container.id);
            let labels = Labels::of(container, &thresholds, before);
            tell_container(family, container, &labels.limits);
            now.insert(container.id.clone(), labels);
        }
        tell_malformed(running.iter().filter_map(|container| now.get(&container.id)), out);
        *read = now;
        Ok(())
    }
}

impl Labels {
    fn of(container: &Arc<Running>, thresholds: &Arc<Thresholds>, before: Option<Self>) -> Self {
        let before = match before {
            Some(same) if Arc::ptr_eq(&same.of, container) && Arc::ptr_eq(&same.with, thresholds) => return same,
            other => other,
        };
        let (limits, malformed) = labels::read(&container.settings, thresholds);
        let said = before.map(|before| before.malformed).unwrap_or_default();
        for Malformed { label, problem } in malformed.iter().filter(|one| !said.contains(one)) {
            let name = &container.name;
            warn!(container.name = %name, "the label `{label}` of container `{name}` is left out: {problem}");
        }
        Self { of: Arc::clone(container), with: Arc::clone(thresholds), limits, malformed }
    }
}

fn tell(family: &mut Family, check: &str, limits: Limits, object: &[(&'static str, &str)]) {
    for (severity, limit) in limits.severities() {
        let labels = [[("check", check), ("severity", severity)].as_slice(), object].concat();
        family.push(&labels, limit);
    }
}

fn tell_host(family: &mut Family, thresholds: &Thresholds) {
    tell(family, "host_cpu", thresholds.host_cpu, &[]);
    tell(family, "host_memory", thresholds.host_memory, &[]);
    tell(family, "host_swap", thresholds.host_swap, &[]);
    tell(family, "host_connections", thresholds.host_connections, &[]);
}

fn tell_container(family: &mut Family, container: &Running, limits: &OfContainer) {
    let id = container.labels.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| id);
    let object = [("id", id), ("name", container.name.as_str())];
    tell(family, "container_cpu", limits.cpu, &object);
    tell(family, "container_memory", limits.memory, &object);
    // Its traffic is the host's, and told there.
    if container.network != Network::Host {
        tell(family, "container_network", limits.network, &object);
    }
}

fn tell_malformed<'a>(read: impl Iterator<Item = &'a Labels>, out: &mut Exposition) {
    for labels in read {
        for Malformed { label, .. } in &labels.malformed {
            let help = "A label of a container that Seamark cannot read, and goes without; the log says why. Always 1.";
            let family = out.gauge("seamark_container_label_malformed", help);
            let container = &labels.of;
            let id = container.labels.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| id);
            family.push(&[("id", id), ("name", &container.name), ("label", label)], true);
        }
    }
}

/// Devices that virtual networks are made of repeat the traffic of others.
fn carries_the_hosts_traffic(device: &str) -> bool {
    const VIRTUAL: [&str; 8] = ["veth", "br-", "docker", "cni", "flannel", "cali", "virbr", "nerdctl"];
    device != "lo" && !VIRTUAL.iter().any(|beginning| device.starts_with(beginning))
}

#[cfg(test)]
mod tests;
