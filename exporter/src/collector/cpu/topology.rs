//! What sysfs tells of each CPU: throttling, isolation, whether it is online.

use std::collections::BTreeMap;

use seamark_kit::exposition::Exposition;

use crate::host::{HostRoot, ReadError, if_there};
use crate::text;

const DIRECTORY: &str = "devices/system/cpu";

/// Threads of one core show the same count, and cores of one package too: each is told once.
///
/// Only Intel CPUs have these counts, and no virtual machine.
pub(super) fn throttles(host: &HostRoot, out: &mut Exposition) -> Result<(), ReadError> {
    let mut cores = BTreeMap::new();
    let mut packages = BTreeMap::new();
    for cpu in cpus(host)? {
        let core_count = count(host, cpu, "thermal_throttle/core_throttle_count")?;
        let package_count = count(host, cpu, "thermal_throttle/package_throttle_count")?;
        if core_count.is_none() && package_count.is_none() {
            continue;
        }
        let package = count(host, cpu, "topology/physical_package_id")?;
        let core = count(host, cpu, "topology/core_id")?;
        let (Some(package), Some(core)) = (package, core) else { continue };
        if let Some(count) = core_count {
            cores.entry((package, core)).or_insert(count);
        }
        if let Some(count) = package_count {
            packages.entry(package).or_insert(count);
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
    Ok(())
}

/// The CPUs kept free of ordinary tasks by the kernel's parameter `isolcpus`; most hosts have none.
pub(super) fn isolated(host: &HostRoot, out: &mut Exposition) -> Result<(), ReadError> {
    let Some(file) = if_there(host.read_sys("devices/system/cpu/isolated"))? else { return Ok(()) };
    for cpu in file.parse(text::cpu_list)? {
        out.gauge("node_cpu_isolated", "CPUs that the scheduler leaves alone; always 1.")
            .push(&[("cpu", &cpu.to_string())], true);
    }
    Ok(())
}

/// As in node_exporter, only where the first CPU can be taken offline; elsewhere its file is missing.
pub(super) fn online(host: &HostRoot, out: &mut Exposition) -> Result<(), ReadError> {
    for cpu in cpus(host)? {
        let Some(online) = count(host, cpu, "online")? else {
            if cpu == 0 {
                break;
            }
            continue;
        };
        out.gauge("node_cpu_online", "Whether this CPU runs tasks.").push(&[("cpu", &cpu.to_string())], online == 1);
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
