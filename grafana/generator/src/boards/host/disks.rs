//! How full the disks are, when they will be, and what they do.

use super::super::*;

const DISK: &str = "device!~\"loop.*|ram.*|sr.*|fd.*\"";

pub(super) fn fullest() -> Panel {
    bar_gauge("File systems", "Used space of each file system, as `df` counts it.")
        .share()
        .decimals(0)
        .steps(rising(0.8, 0.9))
        .now("sort_desc(seamark:host_filesystem_used:ratio{$S})", "{{instance}} {{mountpoint}}")
}

pub(super) fn filling() -> Panel {
    timeseries("File systems over time", "Used space, and the limits each mount point has.")
        .share()
        .legend_table()
        .q("seamark:host_filesystem_used:ratio{$S}", "{{instance}} {{mountpoint}}")
        .limit_each("host_disk", "mountpoint")
}

pub(super) fn until_full() -> Panel {
    let by = "instance, mountpoint, device, fstype";
    table(
        "Time until full",
        "If it goes on as in the last six hours. Empty where it does not grow.",
        vec![
            label("instance", "Host"),
            label("mountpoint", "Mount point"),
            label("device", "Device"),
            label("fstype", "Type"),
            value("Used", "percentunit", &format!("max by ({by}) (seamark:host_filesystem_used:ratio{{$S}})")).gauge(0.8, 0.9),
            value("Free", "bytes", &format!("max by ({by}) (node_filesystem_avail_bytes{{$S}})")).decimals(1),
            value("Size", "bytes", &format!("max by ({by}) (node_filesystem_size_bytes{{$S}})")).decimals(1),
            value(
                "Full in",
                "s",
                &format!(
                    "min by ({by}) (node_filesystem_avail_bytes{{$S}} / (-deriv(node_filesystem_avail_bytes{{$S}}[6h]) > 1))"
                ),
            )
            .colored(look::BAD, &[(86400.0, look::WARN), (604_800.0, look::GOOD)]),
        ],
        ("Used", true),
    )
}

pub(super) fn inodes() -> Panel {
    bar_gauge(
        "Inodes",
        "Share of the files that a file system can hold. None left means no new file, however much room there is.",
    )
    .share()
    .decimals(0)
    .steps(rising(0.8, 0.9))
    .now("sort_desc(seamark:host_filesystem_inodes_used:ratio{$S})", "{{instance}} {{mountpoint}}")
}

pub(super) fn throughput() -> Panel {
    timeseries("Throughput", "Bytes read, and below the axis bytes written.")
        .unit("Bps")
        .legend_table()
        .q(&format!("rate(node_disk_read_bytes_total{{$S, {DISK}}}[$R])"), "read {{instance}} {{device}}")
        .q(&format!("rate(node_disk_written_bytes_total{{$S, {DISK}}}[$R])"), "written {{instance}} {{device}}")
        .below("^written")
}

pub(super) fn operations() -> Panel {
    timeseries("Operations", "Reads, and below the axis writes, that the disk has completed.")
        .unit("iops")
        .legend_table()
        .q(&format!("rate(node_disk_reads_completed_total{{$S, {DISK}}}[$R])"), "reads {{instance}} {{device}}")
        .q(&format!("rate(node_disk_writes_completed_total{{$S, {DISK}}}[$R])"), "writes {{instance}} {{device}}")
        .below("^writes")
}

pub(super) fn latency() -> Panel {
    let average =
        |time: &str, count: &str| format!("rate({time}{{$S, {DISK}}}[$R]) / (rate({count}{{$S, {DISK}}}[$R]) > 0)");
    timeseries("Time for an operation", "From asking the disk to its answer, on average; queues included.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(
            &average("node_disk_read_time_seconds_total", "node_disk_reads_completed_total"),
            "read {{instance}} {{device}}",
        )
        .q(
            &average("node_disk_write_time_seconds_total", "node_disk_writes_completed_total"),
            "write {{instance}} {{device}}",
        )
}

pub(super) fn utilisation() -> Panel {
    timeseries(
        "Busy, and queue",
        "Share of time with at least one operation under way, and how many were on average. An SSD may be busy all the time and not full.",
    )
    .share()
    .legend_table()
    .q(&format!("rate(node_disk_io_time_seconds_total{{$S, {DISK}}}[$R])"), "busy {{instance}} {{device}}")
    .q(&format!("rate(node_disk_io_time_weighted_seconds_total{{$S, {DISK}}}[$R])"), "queue {{instance}} {{device}}")
    .matching("^queue", &[
        ("unit", serde_json::json!("none")),
        ("max", serde_json::Value::Null),
        ("custom.axisPlacement", serde_json::json!("right")),
    ])
}
