//! What the kernel tells of memory, pressure, CPUs and processes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use procfs_core::process::Stat;
use procfs_core::{CpuInfo, CpuPressure, FromRead, IoPressure, MemoryPressure, VmStat};

use super::tree::Host;
use super::{copy, family, hosts, key, machine, samples};

/// On the machine alone: procfs-core has no place for the fixture host's count of 2^64 - 1.
#[test]
fn proc_vmstat_is_read_as_procfs_core_reads_it() {
    if let Some((_copy, proc)) = machine(&["vmstat"]) {
        let ours = samples(&proc, &["vmstat"], "vmstat: {fields: ''}");
        let theirs = VmStat::from_file(proc.join("vmstat")).unwrap().0;
        assert!(!theirs.is_empty());
        let theirs = theirs.into_iter().map(|(field, count)| (format!("node_vmstat_{field}"), count as f64));
        assert_eq!(ours, theirs.collect());
    }
}

#[test]
fn proc_pressure_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["pressure/cpu", "pressure/io", "pressure/memory"]) {
        let ours = samples(&proc, &["pressure"], "");
        let cpu = CpuPressure::from_file(proc.join("pressure/cpu")).unwrap();
        let io = IoPressure::from_file(proc.join("pressure/io")).unwrap();
        let memory = MemoryPressure::from_file(proc.join("pressure/memory")).unwrap();
        let theirs = [
            ("cpu_waiting", cpu.some),
            ("io_waiting", io.some),
            ("io_stalled", io.full),
            ("memory_waiting", memory.some),
            ("memory_stalled", memory.full),
        ];
        let theirs = theirs
            .map(|(name, record)| (format!("node_pressure_{name}_seconds_total"), record.total as f64 / 1_000_000.0));
        assert_eq!(ours, theirs.into());
    }
}

#[test]
fn proc_cpuinfo_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["cpuinfo", "stat"]) {
        let ours = samples(&proc, &["cpu"], "cpu: {info: true}");
        let theirs = CpuInfo::from_file(proc.join("cpuinfo")).unwrap();
        let (mut info, mut frequency) = (BTreeMap::new(), BTreeMap::new());
        for place in 0..theirs.num_cores() {
            let field = |name| theirs.get_field(place, name).unwrap_or_default();
            let place = [field("physical id"), field("core id"), field("processor")];
            let kind = ["vendor_id", "cpu family", "model", "model name", "microcode", "stepping", "cache size"];
            info.insert(key(place.into_iter().chain(kind.map(field))), 1.0);
            if let Ok(megahertz) = field("cpu MHz").parse::<f64>() {
                frequency.insert(key(place), megahertz * 1e6);
            }
        }
        assert!(!info.is_empty());
        // procfs-core drops the spaces that some names of models are filled up with.
        let words = |key: String| key.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let by_words = |family: BTreeMap<String, f64>| -> BTreeMap<_, _> {
            family.into_iter().map(|(key, value)| (words(key), value)).collect()
        };
        assert_eq!(by_words(family(&ours, "node_cpu_info")), by_words(info));
        assert_eq!(family(&ours, "node_cpu_frequency_hertz"), frequency);
    }
}

#[test]
fn the_states_of_processes_are_read_as_procfs_core_reads_them() {
    let server = Host::unpack_some("server", |tree| tree.collector == "processes");
    for proc in [server.path().join("proc"), PathBuf::from("/proc")] {
        let (_copy, proc) = processes(&proc);
        let ours = samples(&proc, &["processes"], "");
        let (mut processes, mut threads) = (BTreeMap::new(), BTreeMap::new());
        let (mut count, mut thread_count) = (0, 0);
        for pid in ids(&proc) {
            let stat = Stat::from_file(proc.join(&pid).join("stat")).unwrap();
            count += 1;
            thread_count += stat.num_threads;
            *processes.entry(stat.state.to_string()).or_default() += 1.0;
            *threads.entry(stat.state.to_string()).or_default() += 1.0;
            for thread in ids(&proc.join(&pid).join("task")) {
                let stat = Stat::from_file(proc.join(&pid).join("task").join(thread).join("stat")).unwrap();
                *threads.entry(stat.state.to_string()).or_default() += 1.0;
            }
        }
        assert!(count > 0);
        assert_eq!(ours["node_processes_pids"], f64::from(count));
        assert_eq!(ours["node_processes_threads"], thread_count as f64);
        assert_eq!(family(&ours, "node_processes_state"), processes);
        assert_eq!(family(&ours, "node_processes_threads_state"), threads);
    }
}

/// A copy of what is told of processes and, but for the first of each, of threads. They come and go meanwhile.
fn processes(proc: &Path) -> super::Copy {
    let (copy, path) = copy(proc, &["sys/kernel/threads-max", "sys/kernel/pid_max"]).unwrap();
    for pid in ids(proc) {
        let Ok(stat) = fs::read(proc.join(&pid).join("stat")) else { continue };
        fs::create_dir(path.join(&pid)).unwrap();
        fs::write(path.join(&pid).join("stat"), &stat).unwrap();
        if Stat::from_read(&*stat).unwrap().num_threads < 2 {
            continue;
        }
        for thread in ids(&proc.join(&pid).join("task")).into_iter().filter(|thread| *thread != pid) {
            let task = Path::new(&pid).join("task").join(thread);
            let Ok(stat) = fs::read(proc.join(&task).join("stat")) else { continue };
            fs::create_dir_all(path.join(&task)).unwrap();
            fs::write(path.join(&task).join("stat"), stat).unwrap();
        }
    }
    (copy, path)
}

fn ids(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.parse::<u32>().is_ok()).collect()
}
