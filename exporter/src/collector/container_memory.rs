//! Memory of each container that runs, its limits, and how often they were met.
//!
//! Source: the cgroups, see [`crate::cgroup`]. Names as cAdvisor has them. The kernel's count of kills for want of memory
//! is handed to the inventory, where it outlives the cgroup; [`container_lifetime`](super::container_lifetime) tells it.

use std::sync::Arc;
use std::time::Instant;

use seamark_kit::exposition::{Exposition, Value};

use super::of_container::{Readings, Told, tell};
use super::{CollectError, Collector, Registration};
use crate::cgroup::reading::{Memory, MemoryLimits, fields, limit};
use crate::cgroup::{Cgroups, Controller, Place, Reader, Version, v1, v2};

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_memory",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop((fields(bytes, ["cache", "total_rss", "oom_kill"]), limit(bytes)))],
    build: |inputs, _| Box::new(ContainerMemory { cgroups: Arc::clone(&inputs.cgroups) }),
};

struct ContainerMemory {
    cgroups: Arc<Cgroups>,
}

type Reading = (Memory, MemoryLimits);

impl Collector for ContainerMemory {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let now = Instant::now();
        let mut reader = Reader::new(self.cgroups.host());
        let places = self.cgroups.places(now);
        let readings: Readings<Reading> =
            places.iter().map(|place| (Arc::clone(place), read(&mut reader, place, now))).collect();
        tell(FAMILIES, &readings, out);
        let mut kills = readings
            .iter()
            .filter_map(|(place, (memory, _))| Some((&**place.running(), memory.oom_kills.filter(|kills| *kills > 0)?)))
            .peekable();
        if kills.peek().is_some() {
            self.cgroups.inventory().count_oom_kills(kills);
        }
        reader.faults.finish()
    }
}

fn read(reader: &mut Reader<'_>, place: &Place, now: Instant) -> Reading {
    let version = place.version(Controller::Memory);
    let limits = place.memory.get(now, || match version {
        Some(Version::V1) => v1::memory_limits(reader, place),
        Some(Version::V2) => v2::memory_limits(reader, place),
        None => MemoryLimits::default(),
    });
    let memory = match version {
        Some(Version::V1) => v1::memory(reader, place, limits.memory != Some(0)),
        Some(Version::V2) => v2::memory(reader, place),
        None => Memory::default(),
    };
    (memory, limits)
}

const FAULTS: &str = "container_memory_failures_total";
const FAULTS_HELP: &str = "Page faults, of the container's own cgroup and with those below it.";

const FAMILIES: &[Told<Reading>] = &[
    Told::gauge("container_memory_usage_bytes", "Memory in use, files that are cached included.", |(memory, _)| {
        Some(memory.usage?.into())
    }),
    Told::gauge(
        "container_memory_working_set_bytes",
        "Memory in use without cached files that nobody has used lately.",
        |(memory, _)| Some(memory.working_set()?.into()),
    ),
    Told::gauge("container_memory_rss", "Memory that is no cached file, in bytes.", |(memory, _)| {
        Some(memory.rss?.into())
    }),
    Told::gauge("container_memory_cache", "Memory of cached files, in bytes.", |(memory, _)| {
        Some(memory.cache?.into())
    }),
    Told::gauge(
        "container_memory_mapped_file",
        "Memory of files that programs have mapped, in bytes.",
        |(memory, _)| Some(memory.mapped_file?.into()),
    ),
    Told::gauge("container_memory_swap", "Swap in use, in bytes.", |(memory, _)| Some(memory.swap?.into())),
    Told::gauge("container_memory_kernel_usage", "Memory of the kernel's, in bytes.", |(memory, _)| {
        Some(memory.kernel?.into())
    }),
    Told::gauge("container_memory_max_usage_bytes", "The most memory that was ever in use.", |(memory, _)| {
        Some(memory.max_usage?.into())
    }),
    Told::gauge(
        "container_memory_total_active_file_bytes",
        "Memory of cached files that were used lately.",
        |(memory, _)| Some(memory.active_file?.into()),
    ),
    Told::gauge(
        "container_memory_total_inactive_file_bytes",
        "Memory of cached files that were not used lately.",
        |(memory, _)| Some(memory.inactive_file?.into()),
    ),
    Told::counter("container_memory_failcnt", "How often the memory limit was met.", |(memory, _)| {
        Some(memory.failures?.into())
    }),
    Told::part(FAULTS, FAULTS_HELP, &[("failure_type", "pgfault"), ("scope", "container")], |(memory, _)| {
        own(memory.page_faults)
    }),
    Told::part(FAULTS, FAULTS_HELP, &[("failure_type", "pgfault"), ("scope", "hierarchy")], |(memory, _)| {
        all(memory.page_faults)
    }),
    Told::part(FAULTS, FAULTS_HELP, &[("failure_type", "pgmajfault"), ("scope", "container")], |(memory, _)| {
        own(memory.major_faults)
    }),
    Told::part(FAULTS, FAULTS_HELP, &[("failure_type", "pgmajfault"), ("scope", "hierarchy")], |(memory, _)| {
        all(memory.major_faults)
    }),
    Told::counter("container_memory_events_high_total", "How often `memory.high` was met.", |(memory, _)| {
        Some(memory.high_events?.into())
    }),
    Told::counter("container_memory_events_max_total", "How often `memory.max` was met.", |(memory, _)| {
        Some(memory.max_events?.into())
    }),
    Told::gauge("container_spec_memory_limit_bytes", "Limit of memory; 0 is none.", |(_, limits)| {
        Some(limits.memory?.into())
    }),
    Told::gauge(
        "container_spec_memory_swap_limit_bytes",
        "Limit of swap, with the memory on cgroup v1; 0 is none.",
        |(_, limits)| Some(limits.swap?.into()),
    ),
    Told::gauge(
        "container_spec_memory_reservation_limit_bytes",
        "Memory that the kernel tries to leave the container; 0 is none.",
        |(_, limits)| Some(limits.reservation?.into()),
    ),
];

fn own(faults: [Option<u64>; 2]) -> Option<Value> {
    let [own, _] = faults;
    own.map(Into::into)
}

fn all(faults: [Option<u64>; 2]) -> Option<Value> {
    let [_, all] = faults;
    all.map(Into::into)
}
