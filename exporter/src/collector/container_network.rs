//! Traffic of the network devices that containers have, by the names that they have inside.
//!
//! Source: rtnetlink, which tells of the host's end of each pair (`veth`) in the answer that `netdev` and `netclass` read
//! as well: what the host's end sent, the container received. Which end belongs to which container is found out once a
//! minute and whenever it changes. Devices without an end on the host (macvlan, overlay networks) are read from
//! `/proc/<pid>/net/dev`; so are all where netlink does not show the host: in a container, with the host's procfs
//! mounted.
//!
//! A container that has the host's network, or another container's, repeats nobody's traffic. Bytes and packets are the
//! same from either source. Of what was dropped each end counts its own: what the pair itself could not pass on is
//! told, what the container's own protocols refuse only from the file.

mod found;
mod pairs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use seamark_kit::exposition::Exposition;

use super::netdev::{Device, parse_devices};
use super::{CollectError, Collector, Inputs, Registration};
use crate::docker::container::Network;
use crate::docker::inventory::Inventory;
use crate::docker::running::Running;
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, if_there};
use crate::links;
use found::{Found, Whose};
use pairs::Pairs;

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_network",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(found::parse_numbers(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(ContainerNetwork::new(inputs)),
};

struct ContainerNetwork {
    host: HostRoot,
    inventory: Arc<Inventory>,
    /// By id.
    found: Mutex<BTreeMap<String, Found>>,
}

/// One device of one container.
struct Row<'a> {
    running: &'a Running,
    interface: String,
    counts: Counts,
}

/// In the order of [`FAMILIES`].
type Counts = [u64; 8];

const FAMILIES: [(&str, &str); 8] = [
    ("container_network_receive_bytes_total", "Bytes that a container received."),
    ("container_network_receive_packets_total", "Packets that a container received."),
    ("container_network_receive_errors_total", "Packets that a container received with an error."),
    ("container_network_receive_packets_dropped_total", "Packets for a container that were dropped on their way in."),
    ("container_network_transmit_bytes_total", "Bytes that a container sent."),
    ("container_network_transmit_packets_total", "Packets that a container sent."),
    ("container_network_transmit_errors_total", "Packets that a container could not send because of an error."),
    ("container_network_transmit_packets_dropped_total", "Packets of a container that were dropped on their way out."),
];

impl Collector for ContainerNetwork {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let running = self.inventory.running();
        let mut faults = Faults::default();
        let links = (!running.is_empty() && self.host.is_live()).then(links::links);
        let links = links.and_then(|links| faults.take(links));
        let pairs = links.as_deref().map(|links| Pairs::new(links));
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let before = found.values().filter(|found| found.whose == Whose::Nobodys).count();
        let mut rows = Vec::new();
        self.rows(&running, pairs.as_ref(), &mut found, &mut rows, &mut faults);
        let with_process = running.iter().filter(|container| container.pid.is_some()).count();
        if rows.is_empty() && before > 0 && before == with_process {
            let why = format!("of the processes that Docker names none is below {}", self.host.proc_path().display());
            return Err(CollectError::Unsupported(why));
        }
        tell(&rows, out);
        faults.finish()
    }
}

impl ContainerNetwork {
    fn new(inputs: &Inputs) -> Self {
        Self { host: inputs.host.clone(), inventory: Arc::clone(&inputs.inventory), found: Mutex::default() }
    }

    fn rows<'a>(
        &self,
        running: &'a [Arc<Running>],
        pairs: Option<&Pairs<'_>>,
        found: &mut BTreeMap<String, Found>,
        rows: &mut Vec<Row<'a>>,
        faults: &mut Faults,
    ) {
        let now = Instant::now();
        let ids: BTreeSet<&str> = running.iter().map(|container| container.id.as_str()).collect();
        found.retain(|id, _| ids.contains(id.as_str()));
        let mut told = BTreeSet::new();
        // Those with a network of their own first: whoever shares it is not told of.
        let (own, shared): (Vec<_>, Vec<_>) = running.iter().partition(|container| container.network == Network::Own);
        for container in own.into_iter().chain(shared) {
            let Some(pid) = container.pid.filter(|_| may_be_told(container, &ids)) else { continue };
            let known = found.remove(&container.id).filter(|known| known.is_of(container));
            let known = match known {
                Some(known) if !known.is_old(pairs, now) => known,
                before => match faults.take(Found::look(&self.host, container, pid, pairs, before, now)) {
                    Some(found) => found,
                    None => continue,
                },
            };
            let known = found.entry(container.id.clone()).or_insert(known);
            let Whose::Its(namespace) = known.whose else { continue };
            if told.insert(namespace) {
                self.tell_of(container, pid, pairs, known, rows, faults);
            }
        }
    }

    fn tell_of<'a>(
        &self,
        container: &'a Running,
        pid: u32,
        pairs: Option<&Pairs<'_>>,
        known: &mut Found,
        rows: &mut Vec<Row<'a>>,
        faults: &mut Faults,
    ) {
        for (interface, index) in &known.paired {
            if let Some(counts) = pairs.and_then(|pairs| pairs.counts(*index)) {
                rows.push(Row { running: container, interface: interface.clone(), counts });
            }
        }
        if !known.needs_file {
            return;
        }
        let Some(file) = faults.take(if_there(self.host.read_proc(&format!("{pid}/net/dev")))) else { return };
        let Some(file) = file else {
            known.whose = Whose::Nobodys;
            return;
        };
        for device in faults.parse(&file, parse_devices).into_iter().filter(is_told) {
            if known.paired.iter().all(|(interface, _)| *interface != device.name)
                && let Some(counts) = counts(&device)
            {
                rows.push(Row { running: container, interface: device.name, counts });
            }
        }
    }
}

/// Not of the host's network, and of another container's only where that one is not there to be told of itself.
fn may_be_told(container: &Running, running: &BTreeSet<&str>) -> bool {
    match &container.network {
        Network::Own => true,
        Network::Host => false,
        Network::Of(other) => !running.contains(other.as_str()),
    }
}

fn tell(rows: &[Row<'_>], out: &mut Exposition) {
    for (place, (name, help)) in FAMILIES.iter().enumerate() {
        if rows.is_empty() {
            return;
        }
        let family = out.counter(name, help);
        for row in rows {
            if let Some(count) = row.counts.get(place) {
                family.push_with(&row.running.labels, &[("interface", &row.interface)], *count);
            }
        }
    }
}

/// Names, or their beginnings, that cAdvisor leaves out.
const LEFT_OUT: [&str; 4] = ["lo", "veth", "docker", "nerdctl"];

/// The kernel makes one of each in every network namespace, once its module is loaded.
const TUNNELS: [&str; 9] = ["tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0"];

fn is_told(device: &Device) -> bool {
    let unused = || TUNNELS.contains(&device.name.as_str()) && device.counts.iter().all(|count| *count == 0);
    !LEFT_OUT.iter().any(|beginning| device.name.starts_with(beginning)) && !unused()
}

/// From the columns of `/proc/net/dev`.
fn counts(device: &Device) -> Option<Counts> {
    let column = |place: usize| device.counts.get(place).copied();
    Some([column(0)?, column(1)?, column(2)?, column(3)?, column(8)?, column(9)?, column(10)?, column(11)?])
}
