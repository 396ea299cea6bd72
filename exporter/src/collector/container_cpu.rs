//! CPU time of each container that runs, its limits, and how often they were met.
//!
//! Source: the cgroups, see [`crate::cgroup`]. Names as cAdvisor has them.

use std::sync::Arc;
use std::time::Instant;

use seamark_kit::exposition::Exposition;

use super::of_container::{Readings, Told, tell};
use super::{CollectError, Collector, Registration};
use crate::cgroup::reading::{CpuLimits, CpuTime, Throttling, fields};
use crate::cgroup::{Cgroups, Controller, Place, Reader, Version, locate, v1, v2};

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_cpu",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[
        |bytes| drop(fields(bytes, ["usage_usec", "user", "nr_periods"])),
        |bytes| drop(v2::cpu_max(bytes)),
        locate::parse,
    ],
    build: |inputs, _| Box::new(ContainerCpu { cgroups: Arc::clone(&inputs.cgroups) }),
};

struct ContainerCpu {
    cgroups: Arc<Cgroups>,
}

#[derive(Debug, Default)]
struct Cpu {
    time: CpuTime,
    throttling: Throttling,
    limits: CpuLimits,
}

impl Collector for ContainerCpu {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let now = Instant::now();
        let mut reader = Reader::new(self.cgroups.host());
        let places = self.cgroups.places(now);
        let readings: Readings<Cpu> =
            places.iter().map(|place| (Arc::clone(place), read(&mut reader, place, now))).collect();
        tell(FAMILIES, &readings, out);
        reader.faults.finish()
    }
}

fn read(reader: &mut Reader<'_>, place: &Place, now: Instant) -> Cpu {
    let limits = place.cpu.get(now, || match place.version(Controller::Cpu) {
        Some(Version::V1) => v1::cpu_limits(reader, place),
        Some(Version::V2) => v2::cpu_limits(reader, place),
        None => CpuLimits::default(),
    });
    let (time, told) = match place.version(Controller::CpuTime) {
        Some(Version::V1) => (v1::cpu_time(reader, place), Throttling::default()),
        Some(Version::V2) => v2::cpu(reader, place),
        None => Default::default(),
    };
    // Without a quota nothing is throttled.
    let throttling = match (limits.quota, place.version(Controller::Cpu)) {
        (None, _) => Throttling::default(),
        (Some(_), Some(Version::V1)) => v1::throttling(reader, place),
        (Some(_), _) => told,
    };
    Cpu { time, throttling, limits }
}

const FAMILIES: &[Told<Cpu>] = &[
    Told::part("container_cpu_usage_seconds_total", "CPU time used.", &[("cpu", "total")], |cpu| {
        Some(cpu.time.total?.into())
    }),
    Told::counter("container_cpu_user_seconds_total", "CPU time used in programs.", |cpu| Some(cpu.time.user?.into())),
    Told::counter("container_cpu_system_seconds_total", "CPU time used in the kernel.", |cpu| {
        Some(cpu.time.system?.into())
    }),
    Told::counter("container_cpu_cfs_periods_total", "Periods of the CPU limit in which something ran.", |cpu| {
        Some(cpu.throttling.periods?.into())
    }),
    Told::counter(
        "container_cpu_cfs_throttled_periods_total",
        "Periods in which something had to wait for the CPU limit.",
        |cpu| Some(cpu.throttling.throttled_periods?.into()),
    ),
    Told::counter(
        "container_cpu_cfs_throttled_seconds_total",
        "Time in which something waited for the CPU limit.",
        |cpu| Some(cpu.throttling.throttled_seconds?.into()),
    ),
    Told::gauge("container_spec_cpu_quota", "CPU time allowed in each period, in microseconds.", |cpu| {
        Some(cpu.limits.quota?.into())
    }),
    Told::gauge("container_spec_cpu_period", "Period of the CPU limit, in microseconds.", |cpu| {
        Some(cpu.limits.period?.into())
    }),
    Told::gauge("container_spec_cpu_shares", "Weight in the competition for CPUs; 1024 is usual.", |cpu| {
        Some(cpu.limits.shares?.into())
    }),
];
