//! How many CPUs and how much memory the host has, under cAdvisor's names, for the dashboards that divide by them.
//!
//! Source: `/sys/devices/system/cpu/online`, `/proc/meminfo`. cAdvisor has labels here that identify the machine
//! (`machine_id`, `system_uuid`, `boot_id`); they are left out, as nobody selects by them.

use std::time::Instant;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::cgroup::Cached;
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_available};
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "machine",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(sizes(bytes))],
    build: |inputs, _| Box::new(Machine { host: inputs.host.clone(), facts: Cached::default() }),
};

struct Machine {
    host: HostRoot,
    /// They change when somebody plugs something in.
    facts: Cached<Facts>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    cpus: Option<u64>,
    memory: Option<u64>,
    swap: Option<u64>,
}

impl Collector for Machine {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let facts = self.facts.get(Instant::now(), || {
            let [memory, swap] = faults.take(self.sizes()).unwrap_or_default();
            Facts { cpus: faults.take(self.cpus()).flatten(), memory, swap }
        });
        let families = [
            ("machine_cpu_cores", "CPUs of the host, as many as it can run threads at once.", facts.cpus),
            ("machine_memory_bytes", "Memory of the host.", facts.memory),
            ("machine_swap_bytes", "Swap of the host.", facts.swap),
        ];
        for (name, help, value) in families {
            if let Some(value) = value {
                out.gauge(name, help).set(value);
            }
        }
        faults.finish()
    }
}

impl Machine {
    fn cpus(&self) -> Result<Option<u64>, ReadError> {
        let file = if_available(self.host.read_sys_once("devices/system/cpu/online"))?;
        file.map(|file| file.parse(|text| text::cpu_list(text).map(|cpus| cpus.len() as u64))).transpose()
    }

    fn sizes(&self) -> Result<[Option<u64>; 2], ReadError> {
        self.host.read_proc("meminfo")?.parse(sizes)
    }
}

const KEYS: [&str; 2] = ["MemTotal", "SwapTotal"];

/// Memory and swap in bytes.
fn sizes(text: &[u8]) -> Result<[Option<u64>; 2], ParseError> {
    let mut sizes = [None; 2];
    for line in text::lines(text) {
        let Some((key, value)) = line.key_and_value(b':') else { continue };
        let known = KEYS.iter().zip(&mut sizes).find(|(name, _)| name.as_bytes() == key);
        if let Some((_, size)) = known {
            *size = Some(text::bytes(value).ok_or_else(|| line.malformed("`<key>: <number> kB`"))?);
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn a_host_without_swap_says_so() {
        assert_eq!(sizes(b"MemTotal: 2 kB\nMemFree: x\nSwapTotal:       0 kB\n"), Ok([Some(2048), Some(0)]));
        assert_eq!(sizes(b"MemTotal: 2 MB\n").unwrap_err().line, 1);
    }
}
