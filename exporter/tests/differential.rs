//! Our reading of `/proc` beside that of the crate procfs-core: on the fixture host, and on the machine the test runs on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "differential/kernel.rs"]
mod kernel;
#[path = "differential/network.rs"]
mod network;
#[path = "differential/snmp.rs"]
mod snmp;
#[path = "differential/storage.rs"]
mod storage;
#[path = "hosts/tree.rs"]
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use procfs_core::{ExplicitSystemInfo, FromRead, FromReadSI, KernelStats, LoadAverage, Meminfo};
use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::host::HostRoot;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Value};
use tree::Host;

/// A copy of files of a procfs, so that both sides read the same moment. It goes away with the first of the two.
type Copy = (tempfile::TempDir, PathBuf);

/// The files of the fixture host and, where they are there, those of the machine the test runs on.
fn hosts(files: &[&str]) -> Vec<Copy> {
    [server(files)].into_iter().chain(machine(files)).collect()
}

fn server(files: &[&str]) -> Copy {
    let wanted = |path: &str| path.strip_prefix("proc/").is_some_and(|file| files.contains(&file));
    let server = Host::unpack_some("server", |tree| tree.files().any(wanted));
    copy(&server.path().join("proc"), files).unwrap()
}

/// The files as they are now, unless the kernel here does not have one of them.
fn machine(files: &[&str]) -> Option<Copy> {
    copy(Path::new("/proc"), files).inspect_err(|error| println!("{files:?} not compared here: {error}")).ok()
}

fn copy(proc: &Path, files: &[&str]) -> io::Result<Copy> {
    let copy = tempfile::tempdir()?;
    let path = copy.path().to_owned();
    for file in files {
        fs::create_dir_all(path.join(file).parent().unwrap())?;
        fs::write(path.join(file), fs::read(proc.join(file))?)?;
    }
    Ok((copy, path))
}

/// What procfs-core wants to know of a machine; it makes no difference to what is compared.
fn system() -> ExplicitSystemInfo {
    ExplicitSystemInfo { boot_time_secs: 0, ticks_per_second: 100, page_size: 4096, is_little_endian: true }
}

/// Every sample of some collectors by name and the values of its labels, as in `node_cpu_seconds_total 0 idle`.
fn samples(proc: &Path, collectors: &[&str], settings: &str) -> BTreeMap<String, f64> {
    let inputs = Inputs {
        host: HostRoot::new(proc, proc, proc, proc),
        inventory: Arc::new(Inventory::default()),
        probes: Arc::default(),
    };
    let mut out = Exposition::default();
    config::read(&Source::new("exporter.yml", settings), |root| {
        for registration in COLLECTORS.iter().filter(|registration| collectors.contains(&registration.name)) {
            let collector = (registration.build)(&inputs, &mut root.section(registration.name));
            collector.collect(&mut out).unwrap();
        }
    })
    .unwrap();
    let mut samples = BTreeMap::new();
    for family in out.families() {
        for sample in &family.samples {
            let labels = sample.labels.iter().map(|(_, value)| value.as_str());
            let value = match &sample.value {
                Value::Integer(value) => *value as f64,
                Value::Float(value) => *value,
                Value::Histogram(_) | Value::Given(_) => panic!("no histogram here"),
            };
            samples.insert(key(iter::once(&*family.name).chain(labels)), value);
        }
    }
    samples
}

/// Labels without a value are not told.
fn key<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The samples of one family, by the values of their labels.
fn family(samples: &BTreeMap<String, f64>, name: &str) -> BTreeMap<String, f64> {
    let of = |key: &String| Some(key.strip_prefix(name)?.strip_prefix(' ')?.to_owned());
    samples.iter().filter_map(|(key, value)| Some((of(key)?, *value))).collect()
}

#[test]
fn proc_stat_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["stat"]) {
        let ours = samples(&proc, &["cpu", "stat"], "");
        let theirs = KernelStats::from_file(proc.join("stat"), &system()).unwrap();
        assert_eq!(ours["node_context_switches_total"], theirs.ctxt as f64);
        assert_eq!(ours["node_boot_time_seconds"], theirs.btime as f64);
        assert_eq!(ours["node_forks_total"], theirs.processes as f64);
        assert_eq!(ours.get("node_procs_running").copied(), theirs.procs_running.map(f64::from));
        assert_eq!(ours.get("node_procs_blocked").copied(), theirs.procs_blocked.map(f64::from));
        let text = fs::read_to_string(proc.join("stat")).unwrap();
        // procfs-core numbers the CPUs by their place; the kernel's numbers may have holes.
        let numbers = text.lines().filter_map(|line| line.split(' ').next()?.strip_prefix("cpu")?.parse::<u32>().ok());
        assert!(!theirs.cpu_time.is_empty());
        for (number, times) in numbers.zip(&theirs.cpu_time) {
            let modes = [
                ("user", Some(times.user)),
                ("nice", Some(times.nice)),
                ("system", Some(times.system)),
                ("idle", Some(times.idle)),
                ("iowait", times.iowait),
                ("irq", times.irq),
                ("softirq", times.softirq),
                ("steal", times.steal),
            ];
            for (mode, ticks) in modes {
                let seconds = ticks.map(|ticks| ticks as f64 / 100.0);
                assert_eq!(ours.get(&format!("node_cpu_seconds_total {number} {mode}")).copied(), seconds);
            }
            for (mode, ticks) in [("user", times.guest), ("nice", times.guest_nice)] {
                let seconds = ticks.map(|ticks| ticks as f64 / 100.0);
                assert_eq!(ours.get(&format!("node_cpu_guest_seconds_total {number} {mode}")).copied(), seconds);
            }
        }
    }
}

#[test]
fn proc_loadavg_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["loadavg"]) {
        let ours = samples(&proc, &["loadavg"], "");
        let theirs = LoadAverage::from_file(proc.join("loadavg")).unwrap();
        let theirs = [theirs.one, theirs.five, theirs.fifteen].map(|load| load.to_string().parse::<f64>().unwrap());
        assert_eq!(["node_load1", "node_load5", "node_load15"].map(|name| ours[name]), theirs);
    }
}

#[test]
fn proc_meminfo_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["meminfo"]) {
        let ours = samples(&proc, &["meminfo"], "");
        let theirs = Meminfo::from_file(proc.join("meminfo")).unwrap();
        let fields = [
            ("MemTotal_bytes", Some(theirs.mem_total)),
            ("MemFree_bytes", Some(theirs.mem_free)),
            ("MemAvailable_bytes", theirs.mem_available),
            ("Buffers_bytes", Some(theirs.buffers)),
            ("Cached_bytes", Some(theirs.cached)),
            ("SwapCached_bytes", Some(theirs.swap_cached)),
            ("Active_bytes", Some(theirs.active)),
            ("Inactive_bytes", Some(theirs.inactive)),
            ("Active_anon_bytes", theirs.active_anon),
            ("Inactive_file_bytes", theirs.inactive_file),
            ("Unevictable_bytes", theirs.unevictable),
            ("SwapTotal_bytes", Some(theirs.swap_total)),
            ("SwapFree_bytes", Some(theirs.swap_free)),
            ("Dirty_bytes", Some(theirs.dirty)),
            ("AnonPages_bytes", theirs.anon_pages),
            ("Shmem_bytes", theirs.shmem),
            ("Slab_bytes", Some(theirs.slab)),
            ("CommitLimit_bytes", theirs.commit_limit),
            ("Committed_AS_bytes", Some(theirs.committed_as)),
            ("VmallocTotal_bytes", Some(theirs.vmalloc_total)),
            ("HardwareCorrupted_bytes", theirs.hardware_corrupted),
            ("CmaTotal_bytes", theirs.cma_total),
            ("HugePages_Total", theirs.hugepages_total),
            ("HugePages_Surp", theirs.hugepages_surp),
            ("Hugepagesize_bytes", theirs.hugepagesize),
            ("DirectMap2M_bytes", theirs.direct_map_2M),
            ("Percpu_bytes", theirs.per_cpu),
            ("Zswapped_bytes", theirs.z_swapped),
        ];
        for (field, bytes) in fields {
            let ours = ours.get(&format!("node_memory_{field}")).copied();
            assert_eq!(ours, bytes.map(|bytes| bytes as f64), "{field}");
        }
    }
}
