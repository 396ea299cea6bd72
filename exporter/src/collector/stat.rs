//! Counts since the kernel was started: interrupts, context switches, forks; and the time of that start.
//!
//! Source: `/proc/stat`, without its lines on CPUs, which are the collector `cpu`'s
//! (<https://docs.kernel.org/filesystems/proc.html>).

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::HostRoot;
use crate::text::{self, Line, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "stat",
    on_by_default: true,
    may_hang: false,
    options: &[CollectorOption {
        flag: "collector.stat.softirq",
        key: "softirq",
        help: "Count soft interrupts by kind (node_softirqs_total).",
        switch: true,
    }],
    parsers: &[
        |bytes| {
            let _ = parse(bytes, &mut BadLines::default());
        },
        |bytes| drop(softirqs(bytes)),
    ],
    build: |inputs, section| Box::new(Stat::new(inputs, section)),
};

struct Stat {
    host: HostRoot,
    softirq: bool,
}

impl Stat {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self { host: inputs.host.clone(), softirq: section.flag("softirq").unwrap_or(false) }
    }
}

impl Collector for Stat {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("stat")?;
        let mut faults = Faults::default();
        let totals = faults.parse(&file, parse);
        for (total, (_, name, kind, help)) in totals.iter().zip(TOTALS) {
            if let Some(total) = total {
                out.family(*name, *help, *kind).set(*total);
            }
        }
        if self.softirq {
            for (vector, count) in faults.take(file.parse(softirqs)).unwrap_or_default() {
                out.counter("node_softirqs_total", "Soft interrupts run, by kind.").push(&[("vector", vector)], count);
            }
        }
        faults.finish()
    }
}

/// First word of the line, name, kind and help.
const TOTALS: &[(&str, &str, Kind, &str)] = &[
    ("intr", "node_intr_total", Kind::Counter, "Interrupts served since the kernel was started."),
    ("ctxt", "node_context_switches_total", Kind::Counter, "Context switches since the kernel was started."),
    ("processes", "node_forks_total", Kind::Counter, "Processes and threads created since the kernel was started."),
    ("btime", "node_boot_time_seconds", Kind::Gauge, "When the kernel was started, in seconds since 1970."),
    ("procs_running", "node_procs_running", Kind::Gauge, "Threads that run or could run now."),
    ("procs_blocked", "node_procs_blocked", Kind::Gauge, "Threads that wait for the disk now."),
];

/// In the order of the line `softirq`, behind its sum.
const SOFTIRQS: [&str; 10] =
    ["hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu"];

/// The values of [`TOTALS`]; `None` where the kernel has no such line.
fn parse(text: &[u8], bad: &mut BadLines) -> [Option<u64>; TOTALS.len()] {
    let mut totals = [None; TOTALS.len()];
    for line in text::lines(text) {
        let mut words = line.words();
        let key = words.next();
        let place = totals.iter_mut().zip(TOTALS).find(|(_, (name, ..))| key == Some(name.as_bytes()));
        if let Some((total, _)) = place {
            // The line `intr` goes on with thousands of numbers, which are the collector `interrupts`' business.
            *total = bad.take(count(words.next(), line)).or(*total);
        }
    }
    totals
}

fn softirqs(text: &[u8]) -> Result<Vec<(&'static str, u64)>, ParseError> {
    let Some(line) = text::lines(text).find(|line| line.words().next() == Some(b"softirq")) else {
        return Ok(Vec::new());
    };
    SOFTIRQS.iter().zip(line.words().skip(2)).map(|(vector, word)| Ok((*vector, count(Some(word), line)?))).collect()
}

fn count(word: Option<&[u8]>, line: Line<'_>) -> Result<u64, ParseError> {
    word.and_then(text::parse).ok_or_else(|| line.malformed("a word and a count, such as `ctxt 1700`"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_that_the_kernel_does_not_have_is_absent_not_zero() {
        let text = b"cpu  1 2 3 4\nintr 7 1 2 x\nbtime 1785000123\nprocs_running 3\n";
        let mut bad = BadLines::default();
        assert_eq!(parse(text, &mut bad), [Some(7), None, None, Some(1_785_000_123), Some(3), None]);
        assert_eq!(bad, BadLines::default());
        assert_eq!(softirqs(text), Ok(vec![]));
    }

    #[test]
    fn a_count_that_is_none_costs_its_own_line() {
        let expected = "a word and a count, such as `ctxt 1700`";
        let error = ParseError { line: 2, expected, found: "ctxt -1".to_owned() };
        let mut bad = BadLines::default();
        assert_eq!(parse(b"intr 1\nctxt -1\nprocesses 3\n", &mut bad), [Some(1), None, Some(3), None, None, None]);
        assert_eq!(bad, BadLines { first: Some(error), count: 1 });
    }

    #[test]
    fn soft_interrupts_are_named_by_their_place() {
        let names_and_counts = softirqs(b"softirq 55 1 2 3 4 5 6 7 8 9 10 11\n").unwrap();
        assert_eq!(names_and_counts[..2], [("hi", 1), ("timer", 2)]);
        assert_eq!(names_and_counts[9..], [("rcu", 10)]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((intr|softirq|ctxt|cpu)?[ \t]?\\PC{0,20}\n){0,8}") {
            let _ = (parse(text.as_bytes(), &mut BadLines::default()), softirqs(text.as_bytes()));
        }
    }
}
