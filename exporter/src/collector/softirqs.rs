//! Soft interrupts, the later part of what interrupts have to do, by kind and CPU.
//!
//! Source: `/proc/softirqs`.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::HostRoot;
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "softirqs",
    on_by_default: false,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(Softirqs { host: inputs.host.clone() }),
};

struct Softirqs {
    host: HostRoot,
}

impl Collector for Softirqs {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("softirqs")?;
        let mut faults = Faults::default();
        let kinds = faults.parse(&file, parse);
        let family = out.counter("node_softirqs_functions_total", "Soft interrupts run, by kind and CPU.");
        for (kind, counts) in KINDS.iter().zip(&kinds) {
            // As in `interrupts`, `cpu` is the number of the column.
            for (cpu, count) in counts.iter().enumerate() {
                family.push(&[("cpu", &cpu.to_string()), ("type", kind)], *count);
            }
        }
        faults.finish()
    }
}

/// Kernels that still said `BLOCK_IOPOLL` for `IRQ_POLL` are not told of, in node_exporter neither.
const KINDS: [&str; 10] =
    ["HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"];

/// The counts of each of [`KINDS`] in the order of the columns; none of a kind that is not there.
fn parse(text: &[u8], bad: &mut BadLines) -> [Vec<u64>; KINDS.len()] {
    let mut kinds: [Vec<u64>; KINDS.len()] = Default::default();
    let mut lines = text::lines(text);
    if lines.next().is_none() {
        bad.add(ParseError::new(1, "a column for each CPU", text));
    }
    for line in lines {
        let Some((kind, counts)) = line.key_and_value(b':') else { continue };
        let Some((_, place)) = KINDS.iter().zip(&mut kinds).find(|(known, _)| known.as_bytes() == kind) else {
            continue;
        };
        let counts: Option<Vec<u64>> = text::words(counts).map(text::parse).collect();
        if let Some(counts) = bad.take(counts.ok_or_else(|| line.malformed("`<kind>:` and a count for each CPU"))) {
            *place = counts;
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_count_costs_its_own_kind() {
        let text = b"       CPU0  CPU1\n  HI:   1  18446744073709551615\nTIMER:  3  x\nNEW: 1 2\n RCU:   5\n";
        let mut bad = BadLines::default();
        let kinds = parse(text, &mut bad);
        assert_eq!((&*kinds[0], &*kinds[1], &*kinds[9]), (&[1, u64::MAX][..], &[][..], &[5][..]));
        assert_eq!((bad.count, bad.first.unwrap().line), (1, 3));
    }
}
