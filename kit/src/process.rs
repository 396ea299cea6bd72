//! The program's own resources, as `process_*`: the names and meanings of Prometheus' client libraries.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;

use rustix::buffer::spare_capacity;
use rustix::io::pread;
use rustix::param::page_size;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::exposition::Exposition;

/// Opens as many files as the system allows: many set a soft limit of 1024 for the sake of programs that use select(2).
pub fn allow_more_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Without it there are fewer connections at once, and the kernel's files are opened more often.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

/// Reads the process anew at each scrape, from what costs least: sysinfo reads six files for the same, and is asked
/// once, for what stays.
#[derive(Debug)]
pub struct ProcessMetrics {
    /// `/proc/self/statm`, kept open.
    memory: Option<File>,
    started: Option<u64>,
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        Self { memory: File::open("/proc/self/statm").ok(), started: started() }
    }
}

impl ProcessMetrics {
    /// Adds the `process_*` families. A value that cannot be read is left out.
    pub fn expose(&self, out: &mut Exposition) {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        out.counter("process_cpu_seconds_total", "CPU time this process has used, in seconds.")
            .set(used.tv_sec as f64 + used.tv_nsec as f64 / 1e9);
        if let Some((virtual_memory, resident)) = self.memory.as_ref().and_then(memory) {
            out.gauge("process_resident_memory_bytes", "Memory of this process that is in RAM.").set(resident);
            out.gauge("process_virtual_memory_bytes", "Address space of this process.").set(virtual_memory);
        }
        if let Some(started) = self.started {
            out.gauge("process_start_time_seconds", "When this process started, in seconds since 1970.").set(started);
        }
        if let Some(open) = open_files() {
            out.gauge("process_open_fds", "Open file descriptors of this process.").set(open);
        }
        // Without a limit Go's client library writes 2^64 - 1, and panels divide by it.
        let most = |resource| getrlimit(resource).current.unwrap_or(u64::MAX) as f64;
        out.gauge("process_max_fds", "File descriptors this process may open.").set(most(Resource::Nofile));
        out.gauge("process_virtual_memory_max_bytes", "Address space this process may have.").set(most(Resource::As));
    }
}

/// Seconds since 1970.
fn started() -> Option<u64> {
    let pid = Pid::from_u32(std::process::id());
    let mut system = System::new().ok()?;
    let what = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    Some(system.process(pid)?.start_time())
}

/// Address space and resident memory, in bytes.
fn memory(statm: &File) -> Option<(u64, u64)> {
    let mut text = Vec::with_capacity(128);
    pread(statm, spare_capacity(&mut text), 0).ok()?;
    let mut pages = str::from_utf8(&text).ok()?.split_ascii_whitespace().map(|word| word.parse::<u64>().ok());
    let page = page_size() as u64;
    Some((pages.next()?? * page, pages.next()?? * page))
}

/// Since Linux 6.2 the directory's size is the number of its entries; before it is 0, and they are counted.
fn open_files() -> Option<u64> {
    const DIRECTORY: &str = "/proc/self/fd";
    match fs::metadata(DIRECTORY).ok()?.size() {
        // One more is the directory itself while it is read.
        0 => Some((fs::read_dir(DIRECTORY).ok()?.count() as u64).saturating_sub(1)),
        open => Some(open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_files_are_counted() {
        let before = open_files().unwrap();
        let files: Vec<_> = (0..50).map(|_| File::open("/dev/null").unwrap()).collect();
        // Other tests open and close files, too.
        assert!(open_files().unwrap() > before + 25);
        drop(files);
    }

    #[test]
    fn memory_and_start_are_those_of_this_process() {
        let (virtual_memory, resident) = memory(&File::open("/proc/self/statm").unwrap()).unwrap();
        assert!(resident > 100_000 && virtual_memory > resident, "{resident} {virtual_memory}");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!((now - 3600..=now + 1).contains(&started().unwrap()));
    }

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
