//! How the kernel's queues of received packets fare on each CPU: packets processed, dropped, left for later.
//!
//! Source: `/proc/net/softnet_stat`, a line of hexadecimal numbers per CPU. The columns have become more over time:
//! 9 at first, 10 with receive packet steering, 11 with its flow limit (3.11), 13 and more since 5.10. Only then does
//! a line say which CPU it is about; before that the CPUs are counted, and one that is off shifts those behind it.

use seamark_kit::exposition::{Exposition, Kind};

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::HostRoot;
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "softnet",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(Softnet { host: inputs.host.clone() }),
};

struct Softnet {
    host: HostRoot,
}

impl Collector for Softnet {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_net("softnet_stat")?;
        let mut faults = Faults::default();
        let cpus = faults.parse(&file, parse);
        for (place, (name, _, kind, help)) in COLUMNS.iter().enumerate() {
            let family = out.family(*name, *help, *kind);
            for cpu in &cpus {
                family.push(&[("cpu", &cpu.number.to_string())], cpu.counts.get(place).copied().unwrap_or_default());
            }
        }
        faults.finish()
    }
}

/// Name, column, kind and help. A column that the kernel does not have yet is told as 0, as node_exporter does it.
const COLUMNS: [(&str, usize, Kind, &str); 7] = [
    ("node_softnet_processed_total", 0, Kind::Counter, "Received packets that a CPU has processed."),
    ("node_softnet_dropped_total", 1, Kind::Counter, "Received packets dropped because a CPU's backlog was full."),
    (
        "node_softnet_times_squeezed_total",
        2,
        Kind::Counter,
        "Times a CPU stopped processing packets with some left, because its budget or its time was up.",
    ),
    (
        "node_softnet_cpu_collision_total",
        8,
        Kind::Counter,
        "Times a CPU found the transmit lock of a device taken; 0 since Linux 4.8.",
    ),
    (
        "node_softnet_received_rps_total",
        9,
        Kind::Counter,
        "Times a CPU was woken by another one to process its packets (receive packet steering).",
    ),
    ("node_softnet_flow_limit_count_total", 10, Kind::Counter, "Packets dropped by the limit for one large flow."),
    ("node_softnet_backlog_len", 11, Kind::Gauge, "Packets waiting in a CPU's backlog."),
];

/// Where a line says which CPU it is about.
const CPU_COLUMN: usize = 12;

/// Fewer have never been there.
const FEWEST_COLUMNS: usize = 9;

#[derive(Debug, PartialEq)]
struct Cpu {
    number: u64,
    counts: [u64; COLUMNS.len()],
}

fn parse(text: &[u8], bad: &mut BadLines) -> Vec<Cpu> {
    let mut cpus = Vec::new();
    for (place, line) in text::lines(text).enumerate() {
        let columns: Option<Vec<u64>> = line.words().map(text::hex).collect();
        let Some(columns) = columns.filter(|columns| columns.len() >= FEWEST_COLUMNS) else {
            bad.add(line.malformed("9 hexadecimal numbers or more"));
            continue;
        };
        let number = columns.get(CPU_COLUMN).copied().unwrap_or(place as u64);
        let counts = COLUMNS.map(|(_, column, ..)| columns.get(column).copied().unwrap_or_default());
        cpus.push(Cpu { number, counts });
    }
    cpus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_wide_as_it_is() {
        let text = b"1 2 3 0 0 0 0 0 4\n1 2 3 0 0 0 0 0 4 5 6\n1 2 3 0 0 0 0 0 4 5 6 7 1f 0 0\n";
        let mut bad = BadLines::default();
        let expected = [
            Cpu { number: 0, counts: [1, 2, 3, 4, 0, 0, 0] },
            Cpu { number: 1, counts: [1, 2, 3, 4, 5, 6, 0] },
            Cpu { number: 31, counts: [1, 2, 3, 4, 5, 6, 7] },
        ];
        assert_eq!(parse(text, &mut bad), expected);
        assert_eq!(bad, BadLines::default());
    }

    #[test]
    fn a_broken_line_costs_one_cpu_and_does_not_shift_the_others() {
        let mut bad = BadLines::default();
        let cpus = parse(b"1 2 3 x\n1 2 3 0 0 0 0 0 4\n", &mut bad);
        assert_eq!(cpus, [Cpu { number: 1, counts: [1, 2, 3, 4, 0, 0, 0] }]);
        assert_eq!(bad.first.unwrap().line, 1);
    }
}
