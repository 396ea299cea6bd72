//! The kernel's table of tracked connections: how full it is, and what happened to packets that it could not track.
//!
//! Source: `/proc/sys/net/netfilter/nf_conntrack_{count,max}` and, summed over all CPUs, `/proc/net/stat/nf_conntrack`.
//! The sysctls are those of the reader's network namespace, whatever procfs they are read from. In a container the
//! number of connections is therefore taken from the second file, which has it, too; the limit is the same in all.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError, if_there};
use crate::text::{self, Line, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "conntrack",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| {
        let _ = parse(bytes, &mut BadLines::default());
    }],
    build: |inputs, _| Box::new(Conntrack { host: inputs.host.clone() }),
};

struct Conntrack {
    host: HostRoot,
}

impl Collector for Conntrack {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let file = faults.take(if_there(self.host.read_net("stat/nf_conntrack")));
        let mut absent = matches!(file, Some(None));
        let statistics = file.flatten().and_then(|file| faults.parse(&file, parse));
        let entries = match statistics.as_ref().filter(|_| !self.host.is_live()) {
            Some(statistics) => Some(Some(statistics.entries)),
            None => faults.take(if_there(self.sysctl("nf_conntrack_count"))),
        };
        let limit = faults.take(if_there(self.sysctl("nf_conntrack_max")));
        if let Some(Some(entries)) = entries {
            out.gauge("node_nf_conntrack_entries", "Connections that are tracked now.").set(entries);
        }
        if let Some(Some(limit)) = limit {
            out.gauge("node_nf_conntrack_entries_limit", "Connections that can be tracked at once.").set(limit);
        }
        if let Some(statistics) = statistics {
            for ((name, _, help), sum) in COLUMNS.iter().zip(statistics.sums) {
                out.gauge(name, help).set(sum);
            }
        }
        faults.finish()?;
        absent |= matches!(entries, Some(None)) || matches!(limit, Some(None));
        if absent { Err(CollectError::Unsupported("connections are not tracked".to_owned())) } else { Ok(()) }
    }
}

impl Conntrack {
    fn sysctl(&self, name: &str) -> Result<u64, ReadError> {
        self.host.read_proc(&format!("sys/net/netfilter/{name}"))?.parse(text::number)
    }
}

/// Name, column and help.
const COLUMNS: [(&str, usize, &str); 8] = [
    ("node_nf_conntrack_stat_found", 2, "Connections that were looked up and found."),
    ("node_nf_conntrack_stat_invalid", 4, "Packets that belong to no connection and could begin none."),
    ("node_nf_conntrack_stat_ignore", 5, "Packets that were not to be tracked; 0 since Linux 5.10."),
    ("node_nf_conntrack_stat_insert", 8, "Connections entered into the table; 0 on most kernels since 2.6."),
    (
        "node_nf_conntrack_stat_insert_failed",
        9,
        "Connections that could not be entered, mostly because they were there.",
    ),
    ("node_nf_conntrack_stat_drop", 10, "Packets dropped because their connection could not be tracked."),
    ("node_nf_conntrack_stat_early_drop", 11, "Connections thrown out to make room in a full table."),
    ("node_nf_conntrack_stat_search_restart", 16, "Lookups that began anew because the table was resized meanwhile."),
];

#[derive(Debug, Default, PartialEq)]
struct Statistics {
    /// Connections tracked now; every line has the same number.
    entries: u64,
    /// [`COLUMNS`], summed over all CPUs.
    sums: [u64; COLUMNS.len()],
}

/// `None` if no line could be read.
fn parse(text: &[u8], bad: &mut BadLines) -> Option<Statistics> {
    let mut statistics: Option<Statistics> = None;
    // Behind the headings, a line per CPU.
    for line in text::lines(text).skip(1) {
        if let Some((entries, counts)) = bad.take(cpu(line)) {
            let statistics = statistics.get_or_insert_default();
            statistics.entries = entries;
            for (sum, count) in statistics.sums.iter_mut().zip(counts) {
                *sum = sum.saturating_add(count);
            }
        }
    }
    statistics
}

/// The last column, searches that began anew, came with Linux 2.6.35; it is 0 before, as node_exporter has it.
fn cpu(line: Line<'_>) -> Result<(u64, [u64; COLUMNS.len()]), ParseError> {
    const FEWEST_COLUMNS: usize = 16;
    let columns: Option<Vec<u64>> = line.words().map(text::hex).collect();
    let columns = columns
        .filter(|columns| columns.len() >= FEWEST_COLUMNS)
        .ok_or_else(|| line.malformed("16 hexadecimal numbers or more"))?;
    let column = |column: usize| columns.get(column).copied().unwrap_or_default();
    Ok((column(0), COLUMNS.map(|(_, place, _)| column(place))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_over_the_cpus_but_for_a_broken_line() {
        let text = b"entries searched found new invalid\n\
            0a 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10\n\
            0a 01 02\n\
            0a 01 12 03 14 15 06 07 18 19 1a ffffffff 0c 0d 0e 0f\n";
        let mut bad = BadLines::default();
        let sums = [20, 24, 26, 32, 34, 36, 0xFFFF_FFFF + 11, 16];
        assert_eq!(parse(text, &mut bad), Some(Statistics { entries: 10, sums }));
        assert_eq!((bad.first.unwrap().line, bad.count), (3, 1));
    }
}
