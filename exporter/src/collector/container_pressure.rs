//! Pressure stall information of each container that runs: how long its tasks have waited for CPU, memory and I/O.
//!
//! Source: the cgroups, see [`crate::cgroup`]: cgroup v2, or the v2 part of a hybrid host, with Linux 4.20 and
//! `CONFIG_PSI`. Names as cAdvisor has them.

use std::sync::Arc;
use std::time::Instant;

use seamark_kit::exposition::{Exposition, Value};

use super::of_container::{Readings, Told, tell};
use super::{CollectError, Collector, Registration};
use crate::cgroup::reading::{Stalls, stalls};
use crate::cgroup::{Cgroups, Controller, Place, Reader};

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_pressure",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(stalls(bytes))],
    build: |inputs, _| Box::new(ContainerPressure { cgroups: Arc::clone(&inputs.cgroups) }),
};

struct ContainerPressure {
    cgroups: Arc<Cgroups>,
}

#[derive(Debug)]
struct Pressure {
    cpu: Stalls,
    memory: Stalls,
    io: Stalls,
}

impl Collector for ContainerPressure {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut reader = Reader::new(self.cgroups.host());
        let places = self.cgroups.places(Instant::now());
        let readings: Readings<Pressure> =
            places.iter().map(|place| (Arc::clone(place), read(&mut reader, place))).collect();
        tell(FAMILIES, &readings, out);
        reader.faults.finish()
    }
}

fn read(reader: &mut Reader<'_>, place: &Place) -> Pressure {
    let mut resource = |file| reader.read(place, Controller::Pressure, file, stalls).unwrap_or_default();
    Pressure { cpu: resource("cpu.pressure"), memory: resource("memory.pressure"), io: resource("io.pressure") }
}

fn seconds(microseconds: Option<u64>) -> Option<Value> {
    microseconds.map(|microseconds| Value::Float(microseconds as f64 / 1e6))
}

const FAMILIES: &[Told<Pressure>] = &[
    Told::counter("container_pressure_cpu_waiting_seconds_total", "Time in which a task waited for a CPU.", |it| {
        seconds(it.cpu.waiting)
    }),
    Told::counter("container_pressure_cpu_stalled_seconds_total", "Time in which every task waited for a CPU.", |it| {
        seconds(it.cpu.stalled)
    }),
    Told::counter("container_pressure_memory_waiting_seconds_total", "Time in which a task waited for memory.", |it| {
        seconds(it.memory.waiting)
    }),
    Told::counter(
        "container_pressure_memory_stalled_seconds_total",
        "Time in which every task waited for memory.",
        |it| seconds(it.memory.stalled),
    ),
    Told::counter("container_pressure_io_waiting_seconds_total", "Time in which a task waited for I/O.", |it| {
        seconds(it.io.waiting)
    }),
    Told::counter("container_pressure_io_stalled_seconds_total", "Time in which every task waited for I/O.", |it| {
        seconds(it.io.stalled)
    }),
];
