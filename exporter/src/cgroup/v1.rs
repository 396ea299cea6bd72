//! The files of cgroup v1.
//!
//! Source: <https://docs.kernel.org/admin-guide/cgroup-v1/>: `memory.rst`, `cpuacct.rst`, `blkio-controller.rst`, and
//! `cpu.cfs_*` in <https://docs.kernel.org/scheduler/sched-bwc.html>.

use super::layout::Controller;
use super::place::{Place, Reader};
use super::reading::{CpuLimits, CpuTime, Device, Io, Memory, MemoryLimits, Operation, Throttling, fields, limit};
use crate::faults::BadLines;
use crate::text::{self, ParseError};

/// `cpuacct.stat` counts in these, whatever the kernel's own clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time used.
pub fn cpu_time(reader: &mut Reader<'_>, place: &Place) -> CpuTime {
    let total = reader.read(place, Controller::CpuTime, "cpuacct.usage", text::number);
    let parts = reader.read(place, Controller::CpuTime, "cpuacct.stat", |text| fields(text, ["user", "system"]));
    let [user, system] = parts.unwrap_or_default().map(|ticks| ticks.map(|ticks| ticks as f64 / TICKS_PER_SECOND));
    CpuTime { total: total.map(|nanoseconds| nanoseconds as f64 / 1e9), user, system }
}

/// How often the limit of CPU time was met.
pub fn throttling(reader: &mut Reader<'_>, place: &Place) -> Throttling {
    let keys = ["nr_periods", "nr_throttled", "throttled_time"];
    let counts = reader.read(place, Controller::Cpu, "cpu.stat", |text| fields(text, keys));
    let [periods, throttled_periods, nanoseconds] = counts.unwrap_or_default();
    let throttled_seconds = nanoseconds.map(|nanoseconds| nanoseconds as f64 / 1e9);
    Throttling { periods, throttled_periods, throttled_seconds }
}

/// The limits of CPU time.
pub fn cpu_limits(reader: &mut Reader<'_>, place: &Place) -> CpuLimits {
    let quota = reader.read_once(place, Controller::Cpu, "cpu.cfs_quota_us", text::signed);
    CpuLimits {
        // -1 without one.
        quota: quota.and_then(|quota| u64::try_from(quota).ok()).filter(|quota| *quota > 0),
        period: reader.read_once(place, Controller::Cpu, "cpu.cfs_period_us", text::number),
        shares: reader.read_once(place, Controller::Cpu, "cpu.shares", text::number),
    }
}

const MEMORY_STAT: [&str; 10] = [
    "total_cache",
    "total_rss",
    "total_mapped_file",
    "total_swap",
    "total_active_file",
    "total_inactive_file",
    "pgfault",
    "total_pgfault",
    "pgmajfault",
    "total_pgmajfault",
];

/// Memory in use. `limited`: there is a limit that can be met.
pub fn memory(reader: &mut Reader<'_>, place: &Place, limited: bool) -> Memory {
    let mut number = |name| reader.read(place, Controller::Memory, name, text::number);
    let usage = number("memory.usage_in_bytes");
    let max_usage = number("memory.max_usage_in_bytes");
    let kernel = number("memory.kmem.usage_in_bytes");
    // A limit that is not there is not met.
    let failures = if limited { number("memory.failcnt") } else { None };
    let stat = reader.read(place, Controller::Memory, "memory.stat", |text| fields(text, MEMORY_STAT));
    let [cache, rss, mapped_file, swap, active_file, inactive_file, faults, all_faults, major, all_major] =
        stat.unwrap_or_default();
    let kills = reader.read(place, Controller::Memory, "memory.oom_control", |text| fields(text, ["oom_kill"]));
    Memory {
        usage,
        max_usage,
        kernel,
        swap,
        rss,
        cache,
        mapped_file,
        active_file,
        inactive_file,
        page_faults: [faults, all_faults],
        major_faults: [major, all_major],
        failures: failures.or_else(|| usage.filter(|_| !limited).map(|_| 0)),
        high_events: None,
        max_events: None,
        // Linux before 4.13 does not count them.
        oom_kills: kills.and_then(|[kills]| kills),
    }
}

/// The limits of memory. `memsw`, which counts swap, is there when the kernel was built and started to count it.
pub fn memory_limits(reader: &mut Reader<'_>, place: &Place) -> MemoryLimits {
    MemoryLimits {
        memory: reader.read_once(place, Controller::Memory, "memory.limit_in_bytes", limit),
        swap: reader.read_once(place, Controller::Memory, "memory.memsw.limit_in_bytes", limit),
        reservation: reader.read_once(place, Controller::Memory, "memory.soft_limit_in_bytes", limit),
    }
}

/// Bytes, and how often, by device and operation. Linux before 5.0 tells of the cgroup alone, without those below it.
pub fn io(reader: &mut Reader<'_>, place: &Place) -> (Vec<Io>, Vec<Io>) {
    let bytes = io_file(reader, place, "blkio.throttle.io_service_bytes_recursive")
        .or_else(|| io_file(reader, place, "blkio.throttle.io_service_bytes"))
        .unwrap_or_default();
    // Where no byte was moved nothing was done; most containers never wait for a disk.
    if bytes.is_empty() {
        return (bytes, Vec::new());
    }
    let times = io_file(reader, place, "blkio.throttle.io_serviced_recursive")
        .or_else(|| io_file(reader, place, "blkio.throttle.io_serviced"));
    (bytes, times.unwrap_or_default())
}

fn io_file(reader: &mut Reader<'_>, place: &Place, name: &'static str) -> Option<Vec<Io>> {
    let mut bad = BadLines::default();
    let told = reader.read(place, Controller::Io, name, |text| Ok(devices(text, &mut bad)));
    if let Some(first) = bad.first {
        reader.fault(place, Controller::Io, name, first);
    }
    told
}

/// Reads `blkio.throttle.*`: lines `8:0 Read 4096`, and one `Total 4096` at the end.
pub fn devices(text: &[u8], bad: &mut BadLines) -> Vec<Io> {
    text::lines(text).filter_map(|line| bad.take(device(line)).flatten()).collect()
}

/// `None` for the sum of all devices, and for an operation that is new.
fn device(line: text::Line<'_>) -> Result<Option<Io>, ParseError> {
    let malformed = || line.malformed("`<major>:<minor> <operation> <number>`");
    let mut words = line.words();
    let first = words.next().ok_or_else(malformed)?;
    if first == b"Total" {
        return Ok(None);
    }
    let device = Device::parse(first).ok_or_else(malformed)?;
    let operation = Operation::read(words.next().ok_or_else(malformed)?);
    let count = words.next().and_then(text::parse).ok_or_else(malformed)?;
    Ok(operation.map(|operation| Io { device, operation, count }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_blkio_is_an_operation_of_a_device() {
        let text = b"8:0 Read 4096\n8:0 Dance 1\n254:16 Total 18446744073709551615\n8:0 Write\nTotal 5\n";
        let mut bad = BadLines::default();
        let sda = Device { major: 8, minor: 0 };
        let dm = Device { major: 254, minor: 16 };
        assert_eq!(
            devices(text, &mut bad),
            [
                Io { device: sda, operation: Operation::Read, count: 4096 },
                Io { device: dm, operation: Operation::Total, count: u64::MAX },
            ]
        );
        assert_eq!((bad.count, bad.first.unwrap().line), (1, 4));
    }
}
