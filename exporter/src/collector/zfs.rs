//! ZFS: the caches and queues of the module, and the I/O, the state and the datasets of each pool.
//!
//! Source: `/proc/spl/kstat/zfs`, which ZFS on Linux 0.6 and all OpenZFS write
//! (<https://openzfs.github.io/openzfs-docs/man/master/5/spl.5.html>). The names are made of the kernel's, so that
//! each release has its own: a file that it does not have is no fault. Neither is a pool that was just exported.

mod kstat;

use std::collections::BTreeSet;

use seamark_kit::exposition::{Exposition, Kind, Value};

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostFile, HostRoot, ReadError, if_there};
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "zfs",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[
        |bytes| drop(counters(bytes, &mut BadLines::default())),
        |bytes| drop(pool_io(bytes, &mut BadLines::default())),
        |bytes| drop(dataset(bytes, &mut BadLines::default())),
        |bytes| drop(pool_state(bytes)),
    ],
    build: |inputs, _| Box::new(Zfs { host: inputs.host.clone() }),
};

const DIRECTORY: &str = "spl/kstat/zfs";

/// File, beginning of the names, and what it counts. No release has all of them.
const FILES: &[(&str, &str, &str)] = &[
    ("abdstats", "node_zfs_abd", "buffer"),
    ("arcstats", "node_zfs_arc", "ARC"),
    ("dbufstats", "node_zfs_dbuf", "dbuf cache"),
    ("dmu_tx", "node_zfs_dmu_tx", "transaction"),
    ("dnodestats", "node_zfs_dnode", "dnode"),
    ("fm", "node_zfs_fm", "fault management"),
    ("vdev_cache_stats", "node_zfs_vdev_cache", "vdev cache"),
    ("vdev_mirror_stats", "node_zfs_vdev_mirror", "mirror"),
    ("xuio_stats", "node_zfs_xuio", "zero-copy I/O"),
    ("zfetchstats", "node_zfs_zfetch", "prefetch"),
    ("zil", "node_zfs_zil", "intent log"),
];

/// Each has a series for every pool, which is 1 for the state that the pool is in.
const STATES: [&str; 7] = ["online", "degraded", "faulted", "offline", "removed", "unavail", "suspended"];

struct Zfs {
    host: HostRoot,
}

/// The end of a metric's name, and its value.
type Counters = Vec<(String, Value)>;

impl Collector for Zfs {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let names = match self.host.list_proc(DIRECTORY) {
            Err(ReadError::Absent { .. }) => return Err(CollectError::Unsupported("ZFS is not loaded".to_owned())),
            names => names?,
        };
        let mut faults = Faults::default();
        for (file, prefix, what) in FILES {
            self.module(file, prefix, what, &mut faults, out);
        }
        for pool in names.iter().filter(|name| FILES.iter().all(|(file, ..)| file != name)) {
            // The other files beside the pools' directories are no directories, and so absent.
            if let Some(Some(files)) = faults.take(if_there(self.host.list_proc(&format!("{DIRECTORY}/{pool}")))) {
                self.pool(pool, &files, &mut faults, out);
            }
        }
        faults.finish()
    }
}

impl Zfs {
    fn module(&self, file: &str, prefix: &str, what: &str, faults: &mut Faults, out: &mut Exposition) {
        let Some(content) = self.read(file, faults) else {
            return;
        };
        for (name, value) in faults.parse(&content, counters) {
            let help = format!("ZFS {what} counter `{name}` ({file}).");
            push(out, format!("{prefix}_{name}"), help, &[], value);
        }
    }

    fn pool(&self, pool: &str, files: &[String], faults: &mut Faults, out: &mut Exposition) {
        // Two of one name are seen when datasets are renamed while their files are read.
        let mut datasets = BTreeSet::new();
        for file in files {
            let is_dataset = file.starts_with("objset-");
            if !is_dataset && !["io", "state"].contains(&file.as_str()) {
                continue;
            }
            let Some(content) = self.read(&format!("{pool}/{file}"), faults) else {
                continue;
            };
            match file.as_str() {
                "io" => io_of(pool, faults.parse(&content, pool_io), out),
                "state" => state_of(pool, &content, out),
                _ => {
                    let dataset = faults.parse(&content, dataset);
                    if let Some((name, counters)) = dataset.filter(|(name, _)| datasets.insert(name.clone())) {
                        dataset_of(pool, &name, counters, out);
                    }
                }
            }
        }
    }

    fn read(&self, file: &str, faults: &mut Faults) -> Option<HostFile> {
        faults.take(if_there(self.host.read_proc(&format!("{DIRECTORY}/{file}")))).flatten()
    }
}

fn io_of(pool: &str, counters: Counters, out: &mut Exposition) {
    for (name, value) in counters {
        let help = format!("ZFS pool I/O counter `{name}` (io).");
        push(out, format!("node_zfs_zpool_{name}"), help, &[("zpool", pool)], value);
    }
}

fn state_of(pool: &str, file: &HostFile, out: &mut Exposition) {
    let current = pool_state(&file.bytes);
    let family = out.gauge("node_zfs_zpool_state", "Whether a ZFS pool is in this state.");
    for state in STATES {
        family.push(&[("zpool", pool), ("state", state)], current == state);
    }
}

fn dataset_of(pool: &str, dataset: &str, counters: Counters, out: &mut Exposition) {
    for (name, value) in counters {
        let help = format!("ZFS dataset counter `{name}` (objset).");
        let labels = [("zpool", pool), ("dataset", dataset)];
        push(out, format!("node_zfs_zpool_dataset_{name}"), help, &labels, value);
    }
}

/// Of two fields of one file that give the same name, the first counts, as in node_exporter.
fn push(out: &mut Exposition, name: String, help: String, labels: &[(&'static str, &str)], value: Value) {
    out.family(name, help, Kind::Untyped).push_once(labels, value);
}

fn counters(bytes: &[u8], bad: &mut BadLines) -> Counters {
    let mut counters = Vec::new();
    for field in kstat::fields(bytes, bad) {
        if let Some(Some(value)) = bad.take(field.number()) {
            counters.push((kstat::metric_name(field.name), value));
        }
    }
    counters
}

/// The name of the dataset, which may hold spaces, and its counters.
fn dataset(bytes: &[u8], bad: &mut BadLines) -> Option<(String, Counters)> {
    let mut name = None;
    let mut counters = Vec::new();
    for field in kstat::fields(bytes, bad) {
        if field.name == b"dataset_name" {
            name = Some(text::label(field.data).into_owned());
        } else if let Some(Some(value)) = bad.take(field.unsigned()) {
            counters.push((kstat::metric_name(field.name), value));
        }
    }
    if name.is_none() && !counters.is_empty() {
        bad.add(ParseError::new(1, "a line `dataset_name`", bytes));
    }
    Some((name?, counters))
}

/// A line of names, which begins with `nread`, and a line of values. Only old releases write it.
fn pool_io(bytes: &[u8], bad: &mut BadLines) -> Counters {
    const FEWEST: usize = 12;
    let mut counters = Vec::new();
    let mut names: Vec<&[u8]> = Vec::new();
    for line in text::lines(bytes) {
        if names.is_empty() {
            names = line.words().collect();
            if names.first() != Some(&b"nread".as_slice()) || names.len() < FEWEST {
                names.clear();
            }
            continue;
        }
        let mut words = line.words();
        for name in &names {
            let value = words.next().and_then(text::parse::<u64>);
            let value = value.ok_or_else(|| line.malformed("a whole number below every name"));
            if let Some(value) = bad.take(value) {
                counters.push((kstat::metric_name(name), value.into()));
            }
        }
    }
    counters
}

/// `ONLINE`, and so on, in lower case.
fn pool_state(bytes: &[u8]) -> String {
    let first = text::lines(bytes).next().map_or(b"".as_slice(), |line| line.bytes);
    text::label(first.trim_ascii()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad_lines<T>(parse: impl FnOnce(&[u8], &mut BadLines) -> T, text: &str) -> (T, u64) {
        let mut bad = BadLines::default();
        (parse(text.as_bytes(), &mut bad), bad.count)
    }

    #[test]
    fn a_bad_counter_costs_itself() {
        let text =
            "9 1 0x01 3 816 1 1\nname type data\nhits 4 18446744073709551615\nmisses 4 -1\nmru_size 4 1x\nrate 3 -7\n";
        let counters_read = vec![("hits".to_owned(), u64::MAX.into()), ("rate".to_owned(), Value::Float(-7.0))];
        assert_eq!(bad_lines(counters, text), (counters_read, 2));
    }

    #[test]
    fn a_file_without_its_heading_is_a_fault() {
        assert_eq!(bad_lines(counters, "hits 4 1\n"), (vec![], 1));
        assert_eq!(bad_lines(counters, ""), (vec![], 1));
    }

    #[test]
    fn a_dataset_is_named_with_its_spaces() {
        let text = "name type data\ndataset_name                    7    tank/my  own ü\nwrites 4 3\nnread 3 5\n";
        let expected = ("tank/my  own ü".to_owned(), vec![("writes".to_owned(), 3_u64.into())]);
        assert_eq!(bad_lines(dataset, text), (Some(expected), 0));
    }

    #[test]
    fn counters_of_a_dataset_without_a_name_are_a_fault() {
        assert_eq!(bad_lines(dataset, "name type data\nwrites 4 3\n"), (None, 1));
    }

    #[test]
    fn a_line_of_io_that_is_cut_short_keeps_what_it_has() {
        // node_exporter 1.11.1 ends with a panic here.
        let text = "nread nwritten reads writes wtime wlentime wupdate rtime rlentime rupdate wcnt rcnt\n5 6 x\n";
        let kept = vec![("nread".to_owned(), 5_u64.into()), ("nwritten".to_owned(), 6_u64.into())];
        assert_eq!(bad_lines(pool_io, text), (kept, 10));
    }

    #[test]
    fn two_fields_of_one_name_give_one_series() {
        let mut out = Exposition::default();
        for value in [1_u64, 2] {
            push(&mut out, "node_zfs_arc_hits".to_owned(), String::new(), &[], value.into());
        }
        let samples = out.families().iter().flat_map(|family| family.samples());
        assert_eq!(samples.map(|sample| sample.value.clone()).collect::<Vec<_>>(), [1_u64.into()]);
    }
}
