//! What sysfs tells of each CPU: throttling, isolation, whether it is online.

use std::collections::BTreeMap;

use seamark_kit::exposition::Exposition;

use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_there};
use crate::text;

const DIRECTORY: &str = "devices/system/cpu";

/// Reads everything that is there.
pub(super) fn collect(host: &HostRoot, faults: &mut Faults, out: &mut Exposition) {
    let cpus = faults.take(cpus(host)).unwrap_or_default();
    throttles(host, &cpus, faults, out);
    online(host, &cpus, faults, out);
    if let Err(error) = isolated(host, out) {
        faults.add(error);
    }
}

/// Threads of one core show the same count, and cores of one package too: each is told once.
///
/// Only Intel CPUs have these counts, and no virtual machine.
fn throttles(host: &HostRoot, cpus: &[u32], faults: &mut Faults, out: &mut Exposition) {
    let mut cores = BTreeMap::new();
    let mut packages = BTreeMap::new();
    for cpu in cpus {
        // Asked once for each CPU of a virtual machine, which has neither file.
        if !host.sys_exists(&format!("{DIRECTORY}/cpu{cpu}/thermal_throttle")) {
            continue;
        }
        let mut count = |file| faults.take(count(host, *cpu, file)).flatten();
        let core_count = count("thermal_throttle/core_throttle_count");
        let package_count = count("thermal_throttle/package_throttle_count");
        if core_count.is_none() && package_count.is_none() {
            continue;
        }
        let Some(package) = count("topology/physical_package_id") else { continue };
        if let Some(count) = package_count {
            packages.entry(package).or_insert(count);
        }
        if let (Some(core_count), Some(core)) = (core_count, count("topology/core_id")) {
            cores.entry((package, core)).or_insert(core_count);
        }
    }
    for ((package, core), count) in cores {
        out.counter("node_cpu_core_throttles_total", "How often heat slowed down this core.")
            .push(&[("package", &package.to_string()), ("core", &core.to_string())], count);
    }
    for (package, count) in packages {
        out.counter("node_cpu_package_throttles_total", "How often heat slowed down this whole package.")
            .push(&[("package", &package.to_string())], count);
    }
}

/// As in node_exporter, only where the first CPU can be taken offline; elsewhere its file is missing.
fn online(host: &HostRoot, cpus: &[u32], faults: &mut Faults, out: &mut Exposition) {
    for cpu in cpus {
        match count(host, *cpu, "online") {
            Ok(Some(online)) => {
                out.gauge("node_cpu_online", "Whether this CPU runs tasks.")
                    .push(&[("cpu", &cpu.to_string())], online == 1);
            }
            Ok(None) if *cpu == 0 => return,
            Ok(None) => {}
            Err(error) => faults.add(error),
        }
    }
}

/// The CPUs kept free of ordinary tasks by the kernel's parameter `isolcpus`; most hosts have none.
fn isolated(host: &HostRoot, out: &mut Exposition) -> Result<(), ReadError> {
    let Some(file) = if_there(host.read_sys("devices/system/cpu/isolated"))? else { return Ok(()) };
    for cpu in file.parse(text::cpu_list)? {
        out.gauge("node_cpu_isolated", "CPUs that the scheduler leaves alone; always 1.")
            .push(&[("cpu", &cpu.to_string())], true);
    }
    Ok(())
}

/// The numbers of all CPUs that sysfs knows, offline ones included.
fn cpus(host: &HostRoot) -> Result<Vec<u32>, ReadError> {
    let names = if_there(host.list_sys(DIRECTORY))?.unwrap_or_default();
    let mut cpus: Vec<u32> = names.iter().filter_map(|name| name.strip_prefix("cpu")?.parse().ok()).collect();
    cpus.sort_unstable();
    Ok(cpus)
}

fn count(host: &HostRoot, cpu: u32, file: &str) -> Result<Option<u64>, ReadError> {
    if_there(host.read_sys(&format!("{DIRECTORY}/cpu{cpu}/{file}")))?.map(|file| file.parse(text::number)).transpose()
}
