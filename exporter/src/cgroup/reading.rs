//! What cgroups tell, in one form for both versions, and the parsing that both need.
//!
//! `None` is what this kernel, or this cgroup, does not tell; it never becomes a zero.

use crate::text::{self, ParseError, split_once};

/// CPU time used, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CpuTime {
    /// In all.
    pub total: Option<f64>,
    /// In programs.
    pub user: Option<f64>,
    /// In the kernel.
    pub system: Option<f64>,
}

/// How often the limit of CPU time was met; told where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Throttling {
    /// Periods in which something ran.
    pub periods: Option<u64>,
    /// Those of them in which something had to wait.
    pub throttled_periods: Option<u64>,
    /// How long it had to wait, in seconds.
    pub throttled_seconds: Option<f64>,
}

/// Limits of CPU time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuLimits {
    /// Time per period, in microseconds; `None` without a limit.
    pub quota: Option<u64>,
    /// The period, in microseconds.
    pub period: Option<u64>,
    /// Weight against others, 1024 being usual, as v1 counts it.
    pub shares: Option<u64>,
}

/// Memory in use, in bytes, and what happened to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the family of its name")]
pub struct Memory {
    pub usage: Option<u64>,
    pub max_usage: Option<u64>,
    pub kernel: Option<u64>,
    pub swap: Option<u64>,
    pub rss: Option<u64>,
    pub cache: Option<u64>,
    pub mapped_file: Option<u64>,
    pub active_file: Option<u64>,
    pub inactive_file: Option<u64>,
    /// Page faults of the cgroup itself, and with those below it.
    pub page_faults: [Option<u64>; 2],
    /// Those of them that had to wait for a disk.
    pub major_faults: [Option<u64>; 2],
    /// How often the limit was met.
    pub failures: Option<u64>,
    /// v2 only: how often `memory.high` was met.
    pub high_events: Option<u64>,
    /// v2 only: how often `memory.max` was met.
    pub max_events: Option<u64>,
    /// Kills for want of memory.
    pub oom_kills: Option<u64>,
}

impl Memory {
    /// What is in use and cannot be dropped at once: usage without the files that nobody has used lately.
    pub fn working_set(&self) -> Option<u64> {
        Some(self.usage?.saturating_sub(self.inactive_file?))
    }
}

/// Limits of memory, in bytes; 0 is without limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryLimits {
    /// Of memory.
    pub memory: Option<u64>,
    /// Of swap: v1 counts memory in, v2 does not.
    pub swap: Option<u64>,
    /// What the kernel tries to leave it.
    pub reservation: Option<u64>,
}

/// A block device by its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device {
    /// The kind of device.
    pub major: u32,
    /// Which of them.
    pub minor: u32,
}

impl Device {
    /// Reads `8:0`.
    pub fn parse(word: &[u8]) -> Option<Self> {
        let (major, minor) = split_once(word, b':')?;
        Some(Self { major: text::parse(major)?, minor: text::parse(minor)? })
    }
}

/// What was done with a device: bytes, or how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Io {
    /// The device.
    pub device: Device,
    /// cAdvisor's word for it.
    pub operation: Operation,
    /// Bytes, or how often.
    pub count: u64,
}

/// What is done with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kernel's own words")]
pub enum Operation {
    Read,
    Write,
    Sync,
    Async,
    Discard,
    Total,
}

impl Operation {
    /// The word of v1, and the value of the label `operation`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Sync => "Sync",
            Self::Async => "Async",
            Self::Discard => "Discard",
            Self::Total => "Total",
        }
    }

    /// Reads a word of v1.
    pub fn read(word: &[u8]) -> Option<Self> {
        [Self::Read, Self::Write, Self::Sync, Self::Async, Self::Discard, Self::Total]
            .into_iter()
            .find(|operation| operation.as_str().as_bytes() == word)
    }
}

/// How long something waited, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stalls {
    /// At least one task waited.
    pub waiting: Option<u64>,
    /// No task went on.
    pub stalled: Option<u64>,
}

/// The size from which a limit of memory is none: v1 says 2^63 in whole pages.
const NO_LIMIT: u64 = 1 << 62;

/// Bytes of a limit; 0 where there is none.
///
/// # Errors
///
/// Anything but one whole number, or `max`.
pub fn limit(text: &[u8]) -> Result<u64, ParseError> {
    match text.trim_ascii() {
        b"max" => Ok(0),
        number => match text::parse(number) {
            Some(limit) if limit > NO_LIMIT => Ok(0),
            Some(limit) => Ok(limit),
            None => Err(ParseError::new(1, "a whole number, or `max`", text)),
        },
    }
}

/// The numbers behind these keys in a file of lines `key number`; what else there is is not looked at.
///
/// # Errors
///
/// One of these keys with anything but a whole number behind it.
pub fn fields<const N: usize>(text: &[u8], keys: [&str; N]) -> Result<[Option<u64>; N], ParseError> {
    let mut values = [None; N];
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let Some((key, number)) = split_once(line, b' ') else { continue };
        let known = keys.iter().zip(&mut values).find(|(name, _)| name.as_bytes() == key);
        if let Some((_, value)) = known {
            let number = text::parse(number.trim_ascii());
            *value = Some(number.ok_or_else(|| ParseError::new(index + 1, "a key and a whole number", line))?);
        }
    }
    Ok(values)
}

/// Reads `cpu.pressure` and its like.
///
/// # Errors
///
/// A line `some` or `full` without `total=<microseconds>`.
pub fn stalls(text: &[u8]) -> Result<Stalls, ParseError> {
    let mut stalls = Stalls::default();
    for line in text::lines(text) {
        let slot = match line.words().next() {
            Some(b"some") => &mut stalls.waiting,
            Some(b"full") => &mut stalls.stalled,
            _ => continue,
        };
        let total = line.words().find_map(|word| word.strip_prefix(b"total="));
        let malformed = || line.malformed("`total=<microseconds>` behind `some` and `full`");
        *slot = Some(total.and_then(text::parse).ok_or_else(malformed)?);
    }
    Ok(stalls)
}

/// How many lines there are: processes in `cgroup.procs`.
pub fn count_lines(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_is_zero_however_it_is_written() {
        let texts = ["max\n", "9223372036854771712\n", "0\n", "67108864\n"];
        assert_eq!(texts.map(|text| limit(text.as_bytes())), [Ok(0), Ok(0), Ok(0), Ok(67_108_864)]);
        assert!(limit(b"-1\n").is_err() && limit(b"").is_err());
    }

    #[test]
    fn only_the_keys_that_are_asked_for_are_read() {
        let text = b"cache 1\nrss x\ntotal_cache 18446744073709551615\n\nodd\ntotal_cachex 3\n";
        assert_eq!(fields(text, ["total_cache", "cache", "none"]), Ok([Some(u64::MAX), Some(1), None]));
        let error = fields(text, ["rss"]).unwrap_err();
        assert_eq!((error.line, error.found.as_str()), (2, "rss x"));
    }

    #[test]
    fn a_line_of_pressure_that_the_kernel_does_not_have_is_missing() {
        let text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
        assert_eq!(stalls(text), Ok(Stalls { waiting: Some(7), stalled: None }));
        assert_eq!(stalls(b"full avg10=0.00 total=12x\n").unwrap_err().line, 1);
    }

    #[test]
    fn processes_are_lines_and_a_working_set_is_never_below_zero() {
        assert_eq!([b"".as_slice(), b"\n", b"1\n22\n", b"1\n22"].map(count_lines), [0, 0, 2, 2]);
        let memory = |usage, inactive_file| Memory { usage, inactive_file, ..Memory::default() }.working_set();
        assert_eq!(
            (memory(Some(5), Some(2)), memory(Some(2), Some(5)), memory(Some(2), None)),
            (Some(3), Some(0), None)
        );
    }
}
