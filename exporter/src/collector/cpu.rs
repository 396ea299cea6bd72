//! CPU time by mode, thermal throttling, isolation, and on request what kind of CPU it is.
//!
//! Source: `/proc/stat`, `/sys/devices/system/cpu`, and `/proc/cpuinfo` with the option `info`.

mod info;
mod times;
mod topology;

use std::sync::{Mutex, PoisonError};

use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError};
use crate::text;
use info::InfoOptions;
use times::{Kept, Times};

pub(super) const COLLECTOR: Registration = Registration {
    name: "cpu",
    on_by_default: true,
    may_hang: false,
    options: &[
        CollectorOption {
            flag: "collector.cpu.guest",
            key: "guest",
            help: "Time spent in virtual machines (node_cpu_guest_seconds_total); on by default.",
            switch: true,
        },
        CollectorOption {
            flag: "collector.cpu.info",
            key: "info",
            help: "Model and clock of each CPU (node_cpu_info, node_cpu_frequency_hertz).",
            switch: true,
        },
        CollectorOption {
            flag: "collector.cpu.info.flags-include",
            key: "info_flags_include",
            help: "The features of the first CPU that this regular expression finds (node_cpu_flag_info); switches info on.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.cpu.info.bugs-include",
            key: "info_bugs_include",
            help: "The bugs of the first CPU that this regular expression finds (node_cpu_bug_info); switches info on.",
            switch: false,
        },
    ],
    parsers: &[
        |bytes| drop(times::parse(bytes, &mut BadLines::default())),
        |bytes| drop(info::parse(bytes)),
        |bytes| drop(text::cpu_list(bytes)),
    ],
    build: |inputs, section| Box::new(Cpu::new(inputs, section)),
};

struct Cpu {
    host: HostRoot,
    guest: bool,
    info: Option<InfoOptions>,
    kept: Mutex<Kept>,
}

impl Cpu {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self {
            host: inputs.host.clone(),
            guest: section.flag("guest").unwrap_or(true),
            info: InfoOptions::read(section),
            kept: Mutex::default(),
        }
    }
}

impl Collector for Cpu {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        // Each part has its own files: one that fails does not cost the others.
        let mut faults = Faults::default();
        if let Err(error) = self.times(out, &mut faults) {
            faults.add(error);
        }
        if let Some(options) = &self.info {
            faults.take(info::collect(&self.host, options, out));
        }
        topology::collect(&self.host, &mut faults, out);
        faults.finish()
    }
}

impl Cpu {
    fn times(&self, out: &mut Exposition, faults: &mut Faults) -> Result<(), ReadError> {
        // Held from before the read: of two scrapes at once, the one that read first must also be kept first.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let read = faults.parse(&self.host.read_proc("stat")?, times::parse);
        for (cpu, times) in kept.update(read) {
            let cpu = cpu.to_string();
            seconds(out, &cpu, times);
            if self.guest {
                guest_seconds(out, &cpu, times);
            }
        }
        Ok(())
    }
}

/// Time in virtual machines is part of `user` and `nice` already, and so is not a mode of its own here.
fn seconds(out: &mut Exposition, cpu: &str, times: &Times) {
    let family = out.counter("node_cpu_seconds_total", "Time each CPU has spent in each mode.");
    for (mode, ticks) in times::MODES.iter().zip(times.modes()) {
        if let Some(ticks) = ticks {
            family.push(&[("cpu", cpu), ("mode", mode)], times::seconds(*ticks));
        }
    }
}

fn guest_seconds(out: &mut Exposition, cpu: &str, times: &Times) {
    let family = out.counter("node_cpu_guest_seconds_total", "Time each CPU has spent in virtual machines.");
    for (mode, ticks) in ["user", "nice"].into_iter().zip(times.guest_modes()) {
        if let Some(ticks) = ticks {
            family.push(&[("cpu", cpu), ("mode", mode)], times::seconds(*ticks));
        }
    }
}
