//! Disks and mounts.

use std::collections::BTreeMap;
use std::fs;

use procfs_core::process::MountInfos;
use procfs_core::{DiskStats, FromRead};

use super::{family, hosts, key, machine, samples, server};

#[test]
fn proc_diskstats_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["diskstats"]) {
        let ours = samples(&proc, &["diskstats"], "diskstats: {device_exclude: '^$'}");
        let theirs = DiskStats::from_file(proc.join("diskstats")).unwrap().0;
        assert!(!theirs.is_empty());
        let mut told = BTreeMap::new();
        for disk in theirs {
            let name = &disk.name;
            told.insert(format!("node_disk_info {name} {} {} 0", disk.major, disk.minor), 1.0);
            let count = |count: u64| count as f64;
            let bytes = |sectors: u64| sectors as f64 * 512.0;
            let seconds = |milliseconds: u64| milliseconds as f64 / 1000.0;
            let columns = [
                ("reads_completed_total", Some(count(disk.reads))),
                ("reads_merged_total", Some(count(disk.merged))),
                ("read_bytes_total", Some(bytes(disk.sectors_read))),
                ("read_time_seconds_total", Some(seconds(disk.time_reading))),
                ("writes_completed_total", Some(count(disk.writes))),
                ("writes_merged_total", Some(count(disk.writes_merged))),
                ("written_bytes_total", Some(bytes(disk.sectors_written))),
                ("write_time_seconds_total", Some(seconds(disk.time_writing))),
                ("io_now", Some(count(disk.in_progress))),
                ("io_time_seconds_total", Some(seconds(disk.time_in_progress))),
                ("io_time_weighted_seconds_total", Some(seconds(disk.weighted_time_in_progress))),
                ("discards_completed_total", disk.discards.map(count)),
                ("discards_merged_total", disk.discards_merged.map(count)),
                ("discarded_sectors_total", disk.sectors_discarded.map(count)),
                ("discard_time_seconds_total", disk.time_discarding.map(seconds)),
                ("flush_requests_total", disk.flushes.map(count)),
                ("flush_requests_time_seconds_total", disk.time_flushing.map(seconds)),
            ];
            for (column, value) in columns {
                told.extend(value.map(|value| (format!("node_disk_{column} {name}"), value)));
            }
        }
        assert_eq!(ours, told);
    }
}

#[test]
fn the_mounts_are_those_that_procfs_core_reads() {
    let server = server(&["1/mountinfo"]);
    let machine = machine(&["self/mountinfo"]);
    let hosts = [(server, "1/mountinfo")].into_iter().chain(machine.map(|machine| (machine, "self/mountinfo")));
    for ((_copy, proc), table) in hosts {
        let theirs = MountInfos::from_file(proc.join(table)).unwrap().0;
        assert!(!theirs.is_empty());
        let (mut read_only, mut numbers) = (BTreeMap::new(), BTreeMap::new());
        for mount in &theirs {
            // procfs-core leaves the escapes of a mount point in place.
            let point = mount.mount_point.to_str().unwrap();
            let point =
                point.replace(r"\040", " ").replace(r"\011", "\t").replace(r"\012", "\n").replace(r"\134", "\\");
            // Where it is asked; all answer.
            fs::create_dir_all(proc.join(point.trim_start_matches('/'))).unwrap();
            // procfs-core has no device that is called `none`; a bare word is no loss to the comparison.
            let device = mount.mount_source.as_deref().unwrap_or_default();
            let is_read_only = mount.mount_options.contains_key("ro") || mount.super_options.contains_key("ro");
            read_only.insert(key([device, &mount.fs_type, &point]), f64::from(u8::from(is_read_only)));
            let (major, minor) = mount.majmin.split_once(':').unwrap();
            numbers.insert(key([device, major, minor, &point]), 1.0);
        }
        let settings = "filesystem: {mount_points_exclude: '^$', fs_types_exclude: '^$'}";
        let ours = samples(&proc, &["filesystem"], settings);
        let named = |name| -> BTreeMap<_, _> {
            let family = family(&ours, name).into_iter();
            family.map(|(key, value)| (key.strip_prefix("none ").map(str::to_owned).unwrap_or(key), value)).collect()
        };
        assert_eq!(named("node_filesystem_readonly"), read_only);
        assert_eq!(named("node_filesystem_mount_info"), numbers);
    }
}
