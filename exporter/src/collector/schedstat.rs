//! What the scheduler counts per CPU: time that tasks ran, time that they waited, and how often one was let run.
//!
//! Source: `/proc/schedstat` (<https://docs.kernel.org/scheduler/sched-stats.html>). Versions 15 to 17 differ in the
//! lines on domains only, which are not told.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, if_there};
use crate::text::{self, Line};

pub(super) const COLLECTOR: Registration = Registration {
    name: "schedstat",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(Schedstat { host: inputs.host.clone() }),
};

struct Schedstat {
    host: HostRoot,
}

impl Collector for Schedstat {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(file) = if_there(self.host.read_proc("schedstat"))? else {
            return Err(CollectError::Unsupported("the kernel has no statistics of its scheduler".to_owned()));
        };
        let mut faults = Faults::default();
        for cpu in faults.parse(&file, parse) {
            let number = cpu.number.to_string();
            let labels = [("cpu", number.as_str())];
            out.counter("node_schedstat_running_seconds_total", "Time in which tasks ran on each CPU.")
                .push(&labels, seconds(cpu.running_nanoseconds));
            out.counter("node_schedstat_waiting_seconds_total", "Time that tasks, ready to run, waited for each CPU.")
                .push(&labels, seconds(cpu.waiting_nanoseconds));
            out.counter("node_schedstat_timeslices_total", "Times that a task was let run on each CPU.")
                .push(&labels, cpu.timeslices);
        }
        faults.finish()
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[derive(Debug, PartialEq)]
struct Cpu {
    number: u32,
    running_nanoseconds: u64,
    waiting_nanoseconds: u64,
    timeslices: u64,
}

/// In the order of the file; a CPU that is told twice is told as it was last.
fn parse(text: &[u8], bad: &mut BadLines) -> Vec<Cpu> {
    let mut cpus: Vec<Cpu> = Vec::new();
    for line in text::lines(text) {
        let mut words = line.words();
        let Some(number) = words.next().and_then(|word| word.strip_prefix(b"cpu")) else { continue };
        let Some(cpu) = bad.take(one_cpu(number, words).ok_or_else(|| malformed(line))) else { continue };
        cpus.retain(|known| known.number != cpu.number);
        cpus.push(cpu);
    }
    cpus
}

fn malformed(line: Line<'_>) -> text::ParseError {
    line.malformed("`cpu<number>` and nine numbers")
}

/// The first six numbers are counts of calls and of wake-ups.
fn one_cpu<'a>(number: &[u8], words: impl Iterator<Item = &'a [u8]>) -> Option<Cpu> {
    let mut numbers = words.skip(6).map(text::parse);
    let mut next = || numbers.next().flatten();
    Some(Cpu {
        number: text::parse(number)?,
        running_nanoseconds: next()?,
        waiting_nanoseconds: next()?,
        timeslices: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seventh_to_ninth_numbers_of_a_cpu_are_times_and_slices() {
        let text = b"version 17\ntimestamp 4295000000\ncpu0 0 0 0 0 0 0 7 8 9\ndomain0 SMT 3 1 2 3\n\
                     cpu1 0 0 0 0 0 0 7 8\ncpu12 1 2 3 4 5 6 18446744073709551615 0 1 10\n";
        let mut bad = BadLines::default();
        let cpu = |number, running_nanoseconds, waiting_nanoseconds, timeslices| Cpu {
            number,
            running_nanoseconds,
            waiting_nanoseconds,
            timeslices,
        };
        assert_eq!(parse(text, &mut bad), [cpu(0, 7, 8, 9), cpu(12, u64::MAX, 0, 1)]);
        assert_eq!((bad.count, bad.first.unwrap().line), (1, 5));
    }
}
