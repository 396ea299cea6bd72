//! Clocks of the CPUs, their limits, and by what rule the kernel chooses them.
//!
//! Source: `/sys/devices/system/cpu/cpu*/cpufreq` (<https://docs.kernel.org/admin-guide/pm/cpufreq.html>), for the CPUs
//! that are online; in kilohertz. The family `node_cpu_frequency_hertz` is also the collector `cpu`'s with its option
//! `info`; there it is what `/proc/cpuinfo` says and has more labels, so that no series is told twice.

mod fixed;

use std::sync::{Mutex, PoisonError};

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, if_there};
use crate::text;
use fixed::{Fixed, Kept};

pub(super) const COLLECTOR: Registration = Registration {
    name: "cpufreq",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs: &Inputs, _| Box::new(CpuFrequency { host: inputs.host.clone(), kept: Mutex::default() }),
};

struct CpuFrequency {
    host: HostRoot,
    kept: Mutex<Kept>,
}

const DIRECTORY: &str = "devices/system/cpu";

/// Name and help.
type Frequency = (&'static str, &'static str);

/// What the hardware says, which only root may ask.
const CURRENT: Frequency = ("node_cpu_frequency_hertz", "Clock of this CPU now.");
const MINIMUM: Frequency = ("node_cpu_frequency_min_hertz", "Lowest clock that this CPU is made for.");

/// Files that may say something else at every scrape: a limit moves with heat, and with the switch for a boost.
const MOVING: [(&str, Frequency); 4] = [
    ("cpuinfo_max_freq", ("node_cpu_frequency_max_hertz", "Highest clock that this CPU is made for.")),
    ("scaling_cur_freq", ("node_cpu_scaling_frequency_hertz", "Clock that the kernel chose for this CPU.")),
    ("scaling_min_freq", ("node_cpu_scaling_frequency_min_hertz", "Lowest clock that the kernel may choose.")),
    ("scaling_max_freq", ("node_cpu_scaling_frequency_max_hertz", "Highest clock that the kernel may choose.")),
];

impl Collector for CpuFrequency {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let names = if_there(self.host.list_sys(DIRECTORY))?.unwrap_or_default();
        let mut cpus: Vec<_> = names.iter().filter_map(|name| text::numbered(name, "cpu")).collect();
        let offline = self.offline(&mut faults);
        // As node_exporter, which wants that list, and at least one CPU.
        let is_unsupported = cpus.is_empty() || offline.is_none();
        let offline = offline.unwrap_or_default();
        // Asked once for each CPU of a virtual machine, which has none of the files.
        cpus.retain(|cpu| !is_offline(cpu, &offline) && self.host.sys_exists(&directory(cpu)));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (cpu, fixed) in cpus.iter().zip(kept.update(&self.host, &cpus, &mut faults)) {
            self.cpu(cpu, fixed, out, &mut faults);
        }
        faults.finish()?;
        if is_unsupported {
            return Err(CollectError::Unsupported("sysfs has no CPUs".to_owned()));
        }
        Ok(())
    }
}

impl CpuFrequency {
    /// CPUs that are switched off may have their files, but nothing true in them. `None` where there is no such list.
    fn offline(&self, faults: &mut Faults) -> Option<Vec<u32>> {
        let file = faults.take(if_there(self.host.read_sys("devices/system/cpu/offline"))).flatten()?;
        Some(faults.take(file.parse(text::cpu_list)).unwrap_or_default())
    }

    fn cpu(&self, cpu: &str, fixed: &Fixed, out: &mut Exposition, faults: &mut Faults) {
        let directory = directory(cpu);
        let mut tell = |(family, help): Frequency, kilohertz: Option<u64>| {
            if let Some(kilohertz) = kilohertz {
                out.gauge(family, help).push(&[("cpu", cpu)], kilohertz as f64 * 1000.0);
            }
        };
        if fixed.has_current {
            tell(CURRENT, faults.take(self.host.sys_number(&format!("{directory}/cpuinfo_cur_freq"))).flatten());
        }
        tell(MINIMUM, fixed.minimum);
        for (file, frequency) in MOVING {
            tell(frequency, faults.take(self.host.sys_number(&format!("{directory}/{file}"))).flatten());
        }
        let governor = faults.take(self.host.sys_text(&format!("{directory}/scaling_governor"))).flatten();
        let Some(governor) = governor.filter(|governor| !governor.is_empty()) else { return };
        for available in fixed.governors.split_ascii_whitespace() {
            out.gauge("node_cpu_scaling_governor", "Rules for choosing a clock; 1 for the one in force.")
                .push(&[("cpu", cpu), ("governor", available)], available == governor);
        }
    }
}

fn directory(cpu: &str) -> String {
    format!("{DIRECTORY}/cpu{cpu}/cpufreq")
}

fn is_offline(cpu: &str, offline: &[u32]) -> bool {
    cpu.parse().is_ok_and(|cpu: u32| offline.contains(&cpu))
}
