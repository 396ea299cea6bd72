//! Clocks of the CPUs, their limits, and by what rule the kernel chooses them.
//!
//! Source: `/sys/devices/system/cpu/cpu*/cpufreq` (<https://docs.kernel.org/admin-guide/pm/cpufreq.html>), for the CPUs
//! that are online; in kilohertz. The family `node_cpu_frequency_hertz` is also the collector `cpu`'s with its option
//! `info`; there it is what `/proc/cpuinfo` says and has more labels, so that no series is told twice.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "cpufreq",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs: &Inputs, _| Box::new(CpuFrequency { host: inputs.host.clone() }),
};

struct CpuFrequency {
    host: HostRoot,
}

const DIRECTORY: &str = "devices/system/cpu";

/// File, name and help. The first is what the hardware says, and only root may ask.
const FREQUENCIES: [(&str, &str, &str); 6] = [
    ("cpuinfo_cur_freq", "node_cpu_frequency_hertz", "Clock of this CPU now."),
    ("cpuinfo_min_freq", "node_cpu_frequency_min_hertz", "Lowest clock that this CPU is made for."),
    ("cpuinfo_max_freq", "node_cpu_frequency_max_hertz", "Highest clock that this CPU is made for."),
    ("scaling_cur_freq", "node_cpu_scaling_frequency_hertz", "Clock that the kernel chose for this CPU."),
    ("scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", "Lowest clock that the kernel may choose."),
    ("scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", "Highest clock that the kernel may choose."),
];

impl Collector for CpuFrequency {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let names = if_there(self.host.list_sys(DIRECTORY))?.unwrap_or_default();
        let cpus: Vec<_> = names.iter().filter_map(|name| text::numbered(name, "cpu")).collect();
        let offline = self.offline(&mut faults);
        for cpu in &cpus {
            if !is_offline(cpu, offline.as_deref().unwrap_or_default()) {
                self.cpu(cpu, out, &mut faults);
            }
        }
        faults.finish()?;
        if cpus.is_empty() || offline.is_none() {
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

    fn cpu(&self, cpu: &str, out: &mut Exposition, faults: &mut Faults) {
        let directory = format!("{DIRECTORY}/cpu{cpu}/cpufreq");
        for (file, family, help) in FREQUENCIES {
            if let Some(kilohertz) = faults.take(self.host.sys_number(&format!("{directory}/{file}"))).flatten() {
                out.gauge(family, help).push(&[("cpu", cpu)], kilohertz as f64 * 1000.0);
            }
        }
        self.governors(&directory, cpu, out, faults);
    }

    fn governors(&self, directory: &str, cpu: &str, out: &mut Exposition, faults: &mut Faults) {
        let mut text = |file| faults.take(self.host.sys_text(&format!("{directory}/{file}"))).flatten();
        let Some(governor) = text("scaling_governor").filter(|governor| !governor.is_empty()) else { return };
        for available in text("scaling_available_governors").unwrap_or_default().split_ascii_whitespace() {
            out.gauge("node_cpu_scaling_governor", "Rules for choosing a clock; 1 for the one in force.")
                .push(&[("cpu", cpu), ("governor", available)], available == governor);
        }
    }
}

fn is_offline(cpu: &str, offline: &[u32]) -> bool {
    cpu.parse().is_ok_and(|cpu: u32| offline.contains(&cpu))
}
