//! Processes and threads of each container that runs.
//!
//! Source: the cgroups, see [`crate::cgroup`]. Names as cAdvisor has them; `pids.current` counts threads.

use std::sync::Arc;
use std::time::Instant;

use seamark_kit::exposition::Exposition;

use super::of_container::{Readings, Told, tell};
use super::{CollectError, Collector, Registration};
use crate::cgroup::reading::{count_lines, limit};
use crate::cgroup::{Cgroups, Controller, Place, Reader};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_pids",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| {
        count_lines(bytes);
    }],
    build: |inputs, _| Box::new(ContainerPids { cgroups: Arc::clone(&inputs.cgroups) }),
};

struct ContainerPids {
    cgroups: Arc<Cgroups>,
}

#[derive(Debug)]
struct Pids {
    processes: Option<u64>,
    threads: Option<u64>,
    threads_max: Option<u64>,
}

impl Collector for ContainerPids {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let now = Instant::now();
        let mut reader = Reader::new(self.cgroups.host());
        let places = self.cgroups.places(now);
        let readings: Readings<Pids> =
            places.iter().map(|place| (Arc::clone(place), read(&mut reader, place, now))).collect();
        tell(FAMILIES, &readings, out);
        reader.faults.finish()
    }
}

fn read(reader: &mut Reader<'_>, place: &Place, now: Instant) -> Pids {
    let threads = reader.read(place, Controller::Pids, "pids.current", text::number);
    let threads_max = place.threads_max.get(now, || reader.read_once(place, Controller::Pids, "pids.max", limit));
    // One thread, or none, is as many processes.
    let processes = threads.filter(|threads| *threads <= 1).or_else(|| processes(reader, place));
    Pids { processes, threads, threads_max }
}

/// The processes in the container's own cgroup, or else in those below it: where systemd runs in the container, or
/// Podman has made it, its own is empty.
fn processes(reader: &mut Reader<'_>, place: &Place) -> Option<u64> {
    let own = reader.read(place, Controller::Pids, "cgroup.procs", |text| Ok(count_lines(text)))?;
    if own > 0 {
        return Some(own);
    }
    Some(below(reader, place.directory(Controller::Pids)?))
}

/// Cgroups that are looked into below one container at most.
const MOST_BELOW: usize = 256;

fn below(reader: &Reader<'_>, directory: &str) -> u64 {
    let host = reader.host();
    let mut left = vec![directory.to_owned()];
    let (mut processes, mut looked) = (0, 0);
    while let Some(directory) = left.pop() {
        looked += 1;
        if looked > MOST_BELOW {
            break;
        }
        for name in host.list_sys_directories(&directory).unwrap_or_default() {
            let child = format!("{directory}/{name}");
            // Gone between the list and the read: no processes.
            processes +=
                host.read_sys_once(&format!("{child}/cgroup.procs")).map_or(0, |file| count_lines(&file.bytes));
            left.push(child);
        }
    }
    processes
}

const FAMILIES: &[Told<Pids>] = &[
    Told::gauge("container_processes", "Processes in the container.", |pids| Some(pids.processes?.into())),
    Told::gauge("container_threads", "Threads in the container.", |pids| Some(pids.threads?.into())),
    Told::gauge("container_threads_max", "The most threads that the container may have; 0 is without limit.", |pids| {
        Some(pids.threads_max?.into())
    }),
];
