//! The program's own resources, as `process_*`: the names and meanings of Prometheus' client libraries.

use std::sync::Mutex;

use rustix::process::{Resource, getrlimit};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::exposition::Exposition;

/// Reads the process anew at each scrape.
#[derive(Debug)]
pub struct ProcessMetrics {
    /// Absent where sysinfo does not support the system.
    system: Mutex<Option<System>>,
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        Self { system: Mutex::new(System::new().ok()) }
    }
}

impl ProcessMetrics {
    /// Adds the `process_*` families. A value that cannot be read is left out.
    pub fn expose(&self, out: &mut Exposition) {
        let pid = Pid::from_u32(std::process::id());
        let Ok(mut system) = self.system.lock() else { return };
        let Some(system) = system.as_mut() else { return };
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let Some(process) = system.process(pid) else { return };
        out.counter("process_cpu_seconds_total", "CPU time this process has used, in seconds.")
            .set(process.accumulated_cpu_time() as f64 / 1000.0);
        out.gauge("process_resident_memory_bytes", "Memory of this process that is in RAM.").set(process.memory());
        out.gauge("process_virtual_memory_bytes", "Address space of this process.").set(process.virtual_memory());
        out.gauge("process_start_time_seconds", "When this process started, in seconds since 1970.")
            .set(process.start_time());
        if let Some(open) = process.open_files() {
            out.gauge("process_open_fds", "Open file descriptors of this process.").set(open as u64);
        }
        if let Some(most) = process.open_files_limit() {
            out.gauge("process_max_fds", "File descriptors this process may open.").set(most as u64);
        }
        // Without a limit Go's client library writes 2^64 - 1, and panels divide by it.
        let most = getrlimit(Resource::As).current.unwrap_or(u64::MAX);
        out.gauge("process_virtual_memory_max_bytes", "Address space this process may have.").set(most as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_seven_families_are_there_and_plausible() {
        let mut out = Exposition::default();
        ProcessMetrics::default().expose(&mut out);
        let names: Vec<_> = out.families().iter().map(|family| family.name.as_ref()).collect();
        let expected = [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
            "process_start_time_seconds",
            "process_open_fds",
            "process_max_fds",
            "process_virtual_memory_max_bytes",
        ];
        assert_eq!(names, expected);
    }
}
