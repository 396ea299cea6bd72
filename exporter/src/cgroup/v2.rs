//! The files of cgroup v2.
//!
//! Source: <https://docs.kernel.org/admin-guide/cgroup-v2.html>.

use super::layout::Controller;
use super::place::{Place, Reader};
use super::reading::{CpuLimits, CpuTime, Device, Io, Memory, MemoryLimits, Operation, Throttling, fields, limit};
use crate::faults::BadLines;
use crate::text::{self, ParseError};

const CPU_STAT: [&str; 6] = ["usage_usec", "user_usec", "system_usec", "nr_periods", "nr_throttled", "throttled_usec"];

/// CPU time used, and, where the controller is on, how often its limit was met: all in one file.
pub fn cpu(reader: &mut Reader<'_>, place: &Place) -> (CpuTime, Throttling) {
    let stat = reader.read(place, Controller::CpuTime, "cpu.stat", |text| fields(text, CPU_STAT));
    let [total, user, system, periods, throttled_periods, throttled] = stat.unwrap_or_default();
    let seconds = |microseconds: Option<u64>| microseconds.map(|microseconds| microseconds as f64 / 1e6);
    let time = CpuTime { total: seconds(total), user: seconds(user), system: seconds(system) };
    (time, Throttling { periods, throttled_periods, throttled_seconds: seconds(throttled) })
}

/// The limits of CPU time.
pub fn cpu_limits(reader: &mut Reader<'_>, place: &Place) -> CpuLimits {
    let max = reader.read_once(place, Controller::Cpu, "cpu.max", cpu_max);
    let weight = reader.read_once(place, Controller::Cpu, "cpu.weight", text::number);
    let (quota, period) = max.unwrap_or_default();
    CpuLimits { quota, period, shares: weight.and_then(shares) }
}

/// Reads `cpu.max`: `max 100000` or `50000 100000`.
///
/// # Errors
///
/// Anything else.
pub fn cpu_max(text: &[u8]) -> Result<(Option<u64>, Option<u64>), ParseError> {
    let malformed = || ParseError::new(1, "`<microseconds or max> <microseconds>`", text);
    let mut words = text::words(text);
    let quota = match words.next() {
        Some(b"max") => None,
        word => Some(word.and_then(text::parse).ok_or_else(malformed)?),
    };
    Ok((quota, Some(words.next().and_then(text::parse).ok_or_else(malformed)?)))
}

/// The weight of v2 (1 to 10000) in the shares of v1 (2 to 262144), as cAdvisor counts it.
const fn shares(weight: u64) -> Option<u64> {
    if weight < 1 || weight > 10_000 { None } else { Some(2 + (weight - 1) * 262_142 / 9_999) }
}

const MEMORY_STAT: [&str; 8] =
    ["file", "anon", "file_mapped", "active_file", "inactive_file", "pgfault", "pgmajfault", "kernel"];

/// Memory in use.
pub fn memory(reader: &mut Reader<'_>, place: &Place) -> Memory {
    let mut number = |name| reader.read(place, Controller::Memory, name, text::number);
    let usage = number("memory.current");
    // Linux 5.19.
    let max_usage = number("memory.peak");
    let swap = number("memory.swap.current");
    let stat = reader.read(place, Controller::Memory, "memory.stat", |text| fields(text, MEMORY_STAT));
    let [cache, rss, mapped_file, active_file, inactive_file, faults, major, kernel] = stat.unwrap_or_default();
    let events =
        reader.read(place, Controller::Memory, "memory.events", |text| fields(text, ["high", "max", "oom_kill"]));
    let [high_events, max_events, oom_kills] = events.unwrap_or_default();
    Memory {
        usage,
        max_usage,
        // Linux 5.18.
        kernel,
        swap,
        rss,
        cache,
        mapped_file,
        active_file,
        inactive_file,
        page_faults: [faults, faults],
        major_faults: [major, major],
        failures: max_events,
        high_events,
        max_events,
        oom_kills,
    }
}

/// The limits of memory. Docker's `--memory-reservation` is `memory.low`.
pub fn memory_limits(reader: &mut Reader<'_>, place: &Place) -> MemoryLimits {
    MemoryLimits {
        memory: reader.read_once(place, Controller::Memory, "memory.max", limit),
        swap: reader.read_once(place, Controller::Memory, "memory.swap.max", limit),
        reservation: reader.read_once(place, Controller::Memory, "memory.low", limit),
    }
}

/// Bytes, and how often, by device and operation.
pub fn io(reader: &mut Reader<'_>, place: &Place) -> (Vec<Io>, Vec<Io>) {
    let mut bad = BadLines::default();
    let told = reader.read(place, Controller::Io, "io.stat", |text| Ok(devices(text, &mut bad)));
    if let Some(first) = bad.first {
        reader.fault(place, Controller::Io, "io.stat", first);
    }
    told.unwrap_or_default()
}

/// Reads `io.stat`: `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`. A device that did nothing yet may have
/// its numbers alone, or an empty line.
pub fn devices(text: &[u8], bad: &mut BadLines) -> (Vec<Io>, Vec<Io>) {
    let (mut bytes, mut times) = (Vec::new(), Vec::new());
    for line in text::lines(text) {
        let mut words = line.words();
        let device = words.next().and_then(Device::parse);
        let Some(device) = bad.take(device.ok_or_else(|| line.malformed("`<major>:<minor> rbytes=<number> …`")))
        else {
            continue;
        };
        for word in words {
            let Some((key, number)) = text::split_once(word, b'=') else { continue };
            let (into, operation) = match key {
                b"rbytes" => (&mut bytes, Operation::Read),
                b"wbytes" => (&mut bytes, Operation::Write),
                b"dbytes" => (&mut bytes, Operation::Discard),
                b"rios" => (&mut times, Operation::Read),
                b"wios" => (&mut times, Operation::Write),
                b"dios" => (&mut times, Operation::Discard),
                _ => continue,
            };
            let count =
                text::parse(number).ok_or_else(|| line.malformed("whole numbers behind `rbytes=` and its like"));
            into.extend(bad.take(count).map(|count| Io { device, operation, count }));
        }
    }
    (bytes, times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_did_nothing_yet_has_no_numbers() {
        let text = b"254:0\n\n8:0 rbytes=4096 wbytes=0 rios=2 wios=x cost.usage=7\nnonsense rbytes=1\n";
        let mut bad = BadLines::default();
        let device = Device { major: 8, minor: 0 };
        let io = |operation, count| Io { device, operation, count };
        let (bytes, times) = devices(text, &mut bad);
        assert_eq!(bytes, [io(Operation::Read, 4096), io(Operation::Write, 0)]);
        assert_eq!(times, [io(Operation::Read, 2)]);
        assert_eq!((bad.count, bad.first.unwrap().line), (2, 3));
    }

    #[test]
    fn the_limit_of_cpu_time_is_a_quota_of_a_period_or_none() {
        assert_eq!(cpu_max(b"50000 100000\n"), Ok((Some(50_000), Some(100_000))));
        assert_eq!(cpu_max(b"max 100000\n"), Ok((None, Some(100_000))));
        assert!(cpu_max(b"max").is_err() && cpu_max(b"-1 100000").is_err());
    }

    #[test]
    fn weights_are_told_as_shares() {
        assert_eq!([1, 100, 10_000].map(shares), [Some(2), Some(2597), Some(262_144)]);
        assert_eq!([0, 10_001].map(shares), [None, None]);
    }
}
