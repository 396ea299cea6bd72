//! Bcache: what its cache sets, caches and backing devices hold, hit, miss and write back.
//!
//! Source: `/sys/fs/bcache/UUID` (<https://docs.kernel.org/admin-guide/bcache.html>).

mod human;

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind, Value};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostFile, HostRoot, if_available, if_there};
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "bcache",
    on_by_default: true,
    may_hang: false,
    options: &[CollectorOption {
        flag: "collector.bcache.priorityStats",
        key: "priority_stats",
        help: "How full each cache is (node_bcache_priority_stats_…); the kernel sorts all buckets for it.",
        switch: true,
    }],
    parsers: &[
        |bytes| drop(amount(bytes)),
        |bytes| drop(writeback(bytes, &mut BadLines::default())),
        |bytes| drop(priorities(bytes, &mut BadLines::default())),
    ],
    build: |inputs, section| Box::new(Bcache::new(inputs, section)),
};

struct Bcache {
    host: HostRoot,
    priority_stats: bool,
}

impl Bcache {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self { host: inputs.host.clone(), priority_stats: section.flag("priority_stats").unwrap_or(false) }
    }
}

impl Collector for Bcache {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let names = faults.take(if_there(self.host.list_sys("fs/bcache"))).flatten().unwrap_or_default();
        // The others are files that devices are registered with.
        for uuid in names.iter().filter(|name| name.contains('-')) {
            self.amounts(&format!("fs/bcache/{uuid}"), CACHE_SET, &[("uuid", uuid)], &mut faults, out);
            let entries = faults.take(if_there(self.host.list_sys(&format!("fs/bcache/{uuid}")))).flatten();
            for entry in entries.iter().flatten() {
                let directory = format!("fs/bcache/{uuid}/{entry}");
                if is_numbered(entry, "bdev") {
                    let labels = [("uuid", uuid.as_str()), ("backing_device", entry)];
                    self.amounts(&directory, BACKING_DEVICE, &labels, &mut faults, out);
                    self.writeback(&directory, &labels, &mut faults, out);
                } else if is_numbered(entry, "cache") {
                    let labels = [("uuid", uuid.as_str()), ("cache_device", entry)];
                    self.amounts(&directory, CACHE, &labels, &mut faults, out);
                    self.priorities(&directory, &labels, &mut faults, out);
                }
            }
        }
        faults.finish()
    }
}

/// `bdev0` or `cache12`, but not `cache_available_percent`.
fn is_numbered(entry: &str, word: &str) -> bool {
    entry.strip_prefix(word).is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

type Labels<'a> = [(&'static str, &'a str)];

impl Bcache {
    fn amounts(&self, directory: &str, table: &[Amount], labels: &Labels, faults: &mut Faults, out: &mut Exposition) {
        for (file, name, kind, help) in table {
            let Some(content) = self.read(&format!("{directory}/{file}"), faults) else {
                continue;
            };
            if let Some(amount) = faults.take(content.parse(amount)) {
                let family = out.family(*name, *help, *kind);
                match *name {
                    // The file says microseconds; node_exporter takes them for nanoseconds, and so must we.
                    "node_bcache_btree_read_average_duration_seconds" => family.push(labels, amount as f64 * 1e-9),
                    _ => family.push(labels, amount),
                };
            }
        }
    }

    fn writeback(&self, directory: &str, labels: &Labels, faults: &mut Faults, out: &mut Exposition) {
        if let Some(file) = self.read(&format!("{directory}/writeback_rate_debug"), faults) {
            for (name, help, amount) in faults.parse(&file, writeback) {
                out.gauge(name, help).push(labels, amount);
            }
        }
    }

    fn priorities(&self, directory: &str, labels: &Labels, faults: &mut Faults, out: &mut Exposition) {
        if !self.priority_stats {
            return;
        }
        if let Some(file) = self.read(&format!("{directory}/priority_stats"), faults) {
            for (name, help, percent) in faults.parse(&file, priorities) {
                out.gauge(name, help).push(labels, percent);
            }
        }
    }

    fn read(&self, file: &str, faults: &mut Faults) -> Option<HostFile> {
        faults.take(if_available(self.host.read_sys(file))).flatten()
    }
}

/// A file with one amount, such as `512` or `1.5k`.
fn amount(bytes: &[u8]) -> Result<u64, ParseError> {
    human::amount(bytes.trim_ascii()).ok_or_else(|| ParseError::new(1, "an amount such as `512` or `1.5k`", bytes))
}

type Gauge = (&'static str, &'static str, Value);

/// The lines of `writeback_rate_debug` that have families.
fn writeback(bytes: &[u8], bad: &mut BadLines) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for line in text::lines(bytes) {
        let Some((key, value)) = line.key_and_value(b':') else {
            continue;
        };
        let Some((_, name, help)) = WRITEBACK.iter().find(|(known, ..)| known.as_bytes() == key) else {
            continue;
        };
        let amount = human::signed_amount(value.strip_suffix(b"/sec").unwrap_or(value));
        if let Some(amount) = bad.take(amount.ok_or_else(|| line.malformed("`<word>: <amount>`"))) {
            gauges.push((*name, *help, amount));
        }
    }
    if gauges.is_empty() {
        bad.add(ParseError::new(1, "lines such as `rate: 4.0k/sec`", bytes));
    }
    gauges
}

/// The lines of `priority_stats` that have families.
fn priorities(bytes: &[u8], bad: &mut BadLines) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for line in text::lines(bytes) {
        let Some((key, value)) = line.key_and_value(b':') else {
            continue;
        };
        let Some((_, name, help)) = PRIORITIES.iter().find(|(known, ..)| known.as_bytes() == key) else {
            continue;
        };
        let percent = text::parse::<u64>(value.strip_suffix(b"%").unwrap_or(value));
        if let Some(percent) = bad.take(percent.ok_or_else(|| line.malformed("`<word>: <whole number>%`"))) {
            gauges.push((*name, *help, percent.into()));
        }
    }
    if gauges.is_empty() {
        bad.add(ParseError::new(1, "lines such as `Unused: 99%`", bytes));
    }
    gauges
}

/// File, name, kind and help.
type Amount = (&'static str, &'static str, Kind, &'static str);

const CACHE_SET: &[Amount] = &[
    (
        "average_key_size",
        "node_bcache_average_key_size_sectors",
        Kind::Gauge,
        "Data per key of the B-tree, on average.",
    ),
    ("btree_cache_size", "node_bcache_btree_cache_size_bytes", Kind::Gauge, "Memory that cached B-tree nodes take."),
    (
        "cache_available_percent",
        "node_bcache_cache_available_percent",
        Kind::Gauge,
        "Part of the cache without data that must still be written back.",
    ),
    (
        "congested",
        "node_bcache_congested",
        Kind::Gauge,
        "How congested the cache device is; then the cache is bypassed.",
    ),
    ("root_usage_percent", "node_bcache_root_usage_percent", Kind::Gauge, "Part of the root of the B-tree in use."),
    ("tree_depth", "node_bcache_tree_depth", Kind::Gauge, "Levels of the B-tree."),
    (
        "internal/active_journal_entries",
        "node_bcache_active_journal_entries",
        Kind::Gauge,
        "Journal entries that are newer than the index.",
    ),
    ("internal/btree_nodes", "node_bcache_btree_nodes", Kind::Gauge, "Nodes of the B-tree."),
    (
        "internal/btree_read_average_duration_us",
        "node_bcache_btree_read_average_duration_seconds",
        Kind::Gauge,
        "Thousandth part of the time that reading a B-tree node takes on average, as node_exporter has it.",
    ),
    (
        "internal/cache_read_races",
        "node_bcache_cache_read_races_total",
        Kind::Counter,
        "Reads from the cache whose bucket was used anew before they ended.",
    ),
];

const BACKING_DEVICE: &[Amount] = &[
    ("dirty_data", "node_bcache_dirty_data_bytes", Kind::Gauge, "Data in the cache that must still be written back."),
    (
        "stats_total/bypassed",
        "node_bcache_bypassed_bytes_total",
        Kind::Counter,
        "Data read and written past the cache.",
    ),
    ("stats_total/cache_hits", "node_bcache_cache_hits_total", Kind::Counter, "Requests that the cache had."),
    ("stats_total/cache_misses", "node_bcache_cache_misses_total", Kind::Counter, "Requests that the cache had not."),
    (
        "stats_total/cache_bypass_hits",
        "node_bcache_cache_bypass_hits_total",
        Kind::Counter,
        "Requests meant to go past the cache that it had.",
    ),
    (
        "stats_total/cache_bypass_misses",
        "node_bcache_cache_bypass_misses_total",
        Kind::Counter,
        "Requests meant to go past the cache that it had not.",
    ),
    (
        "stats_total/cache_miss_collisions",
        "node_bcache_cache_miss_collisions_total",
        Kind::Counter,
        "Data not cached after a miss since somebody else wrote it meanwhile.",
    ),
    (
        "stats_total/cache_readaheads",
        "node_bcache_cache_readaheads_total",
        Kind::Counter,
        "Times the cache read ahead; newer kernels do not have it.",
    ),
];

const CACHE: &[Amount] = &[
    ("io_errors", "node_bcache_io_errors", Kind::Gauge, "Errors of the cache device, of which old ones count less."),
    (
        "metadata_written",
        "node_bcache_metadata_written_bytes_total",
        Kind::Counter,
        "Bytes written to the cache that are no data: B-tree and journal.",
    ),
    ("written", "node_bcache_written_bytes_total", Kind::Counter, "Bytes of data written to the cache."),
];

/// Key of the line, name and help.
const WRITEBACK: &[(&str, &str, &str)] = &[
    ("target", "node_bcache_dirty_target_bytes", "How much data to be written back is aimed at."),
    ("rate", "node_bcache_writeback_rate", "Bytes written back per second."),
    ("proportional", "node_bcache_writeback_rate_proportional_term", "The controller's proportional term."),
    ("integral", "node_bcache_writeback_rate_integral_term", "The controller's integral term."),
    ("change", "node_bcache_writeback_change", "Last change of the rate of writing back."),
];

/// Key of the line, name and help.
const PRIORITIES: &[(&str, &str, &str)] = &[
    ("Unused", "node_bcache_priority_stats_unused_percent", "Part of the cache that holds no data."),
    ("Metadata", "node_bcache_priority_stats_metadata_percent", "Part of the cache that holds metadata."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_of_the_writeback_state_costs_itself() {
        let text =
            "rate:\t\t4.0k/sec\ndirty:\t\t1.0G\ntarget:\t\tsoon\nproportional:\t-1.5k\nnext io:\t-12ms\nintegral:\n";
        let mut bad = BadLines::default();
        let gauges = writeback(text.as_bytes(), &mut bad);
        let values: Vec<_> = gauges.into_iter().map(|(name, _, value)| (name, value)).collect();
        assert_eq!(
            values,
            [
                ("node_bcache_writeback_rate", 4096_u64.into()),
                ("node_bcache_writeback_rate_proportional_term", Value::Float(-1524.0)),
            ]
        );
        assert_eq!(bad.count, 2);
    }

    #[test]
    fn percentages_are_told_and_the_rest_is_left() {
        let mut bad = BadLines::default();
        let gauges = priorities(b"Unused:\t\t99%\nClean:\t\t1%\nMetadata:\tx%\nQuantiles:\t[1 2]\n", &mut bad);
        let values: Vec<_> = gauges.into_iter().map(|(name, _, value)| (name, value)).collect();
        assert_eq!(values, [("node_bcache_priority_stats_unused_percent", 99_u64.into())]);
        assert_eq!(bad.count, 1);
    }
}
