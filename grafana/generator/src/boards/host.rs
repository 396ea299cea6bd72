//! One host: is it short of anything, and of what?

use super::*;

const DISK: &str = "device!~\"loop.*|ram.*|sr.*|fd.*\"";
const NIC: &str = "device!~\"lo|veth.*|br-.*|docker.*|cni.*|flannel.*|cali.*|virbr.*\"";

/// The board.
pub fn board() -> Board {
    Board::new("seamark-host", "Host", "One host: what it is short of, since when, and when it will be full.")
        .variables(variable::one_target("node_uname_info"))
        .link(link("Overview", "seamark-overview"))
        .link(link("Containers", "seamark-containers"))
        .marks(exits("$S"))
        .marks(vec![decor::alerts("job=~\"$job\", instance=~\"$instance\""), reboots()])
        .row("Now", vec![now(), line(4, vec![system()])])
        .row("CPU", vec![line(8, vec![cpu_modes(), cpu_used()]), line(8, vec![cores(), load()])])
        .row("Memory", vec![line(8, vec![memory(), memory_used()]), line(8, vec![swap(), pressure()])])
        .row("Disks", vec![line(8, vec![fullest(), filling()]), line(8, vec![until_full(), inodes()])])
        .row("Disk activity", vec![line(8, vec![throughput(), operations()]), line(8, vec![latency(), utilisation()])])
        .row("Network", vec![line(8, vec![traffic(), connections()])])
        .folded("Network in detail", vec![line(8, vec![packets(), faults()]), line(8, vec![tcp(), conntrack()])])
        .folded(
            "Kernel and hardware",
            vec![line(8, vec![activity(), processes(), handles()]), line(8, vec![sockets(), temperatures(), clock()])],
        )
}

fn now() -> crate::board::Line {
    let figure = |title, text, expr| {
        stat(title, text).unit("percentunit").decimals(0).steps(rising(0.8, 0.9)).spark().q(expr, "{{instance}}")
    };
    line(4, vec![
        stat("Uptime", "Time since the kernel has started.")
            .unit("s")
            .decimals(1)
            .now("node_time_seconds{$S} - node_boot_time_seconds{$S}", "{{instance}}"),
        figure("CPU", "Share of all cores that is busy; waiting for a disk counts as idle.", "seamark:host_cpu_used:ratio{$S}"),
        figure(
            "Memory",
            "What programs could not get without swapping: all memory but what the kernel can free at once.",
            "seamark:host_memory_used:ratio{$S}",
        ),
        figure("Swap", "Share of swap in use.", "seamark:host_swap_used:ratio{$S}").empty("no swap"),
        figure(
            "Fullest disk",
            "The file system with the least room left, as `df` counts it.",
            "max by (instance) (seamark:host_filesystem_used:ratio{$S})",
        ),
        stat("Load per core", "Tasks that run or wait, for each core, over five minutes. Above 1 some wait.")
            .unit("none")
            .decimals(2)
            .steps(rising(1.0, 2.0))
            .spark()
            .q(
                "node_load5{$S} / on (job, instance) count by (job, instance) (rate(node_cpu_seconds_total{$S, mode=\"idle\"}[$R]))",
                "{{instance}}",
            ),
        stat("Cores", "Logical processors that are online.")
            .unit("none")
            .now("count by (instance) (rate(node_cpu_seconds_total{$S, mode=\"idle\"}[$R]))", "{{instance}}"),
        stat("Memory size", "All memory that the kernel manages.")
            .unit("bytes")
            .decimals(1)
            .now("node_memory_MemTotal_bytes{$S}", "{{instance}}"),
    ])
}

fn system() -> Panel {
    table(
        "System",
        "Distribution, kernel and architecture, and when it was started.",
        vec![
            label("instance", "Host"),
            label("pretty_name", "System"),
            label("release", "Kernel"),
            label("machine", "Architecture"),
            value(
                "Started",
                "dateTimeFromNow",
                "max by (instance, release, machine, pretty_name) (
                     (node_boot_time_seconds{$S} * 1000)
                       * on (job, instance) group_left (release, machine) node_uname_info{$S}
                       * on (job, instance) group_left (pretty_name) node_os_info{$S})",
            ),
        ],
        ("Host", false),
    )
}

fn cpu_modes() -> Panel {
    timeseries(
        "CPU by mode",
        "What the cores do. `iowait` waits for a disk, `steal` is what the hypervisor gave to others.",
    )
    .share()
    .stacked()
    .legend_table()
    .q("avg by (mode) (rate(node_cpu_seconds_total{$S, mode!=\"idle\"}[$R]))", "{{mode}}")
    .colors(&[
        ("user", look::INFO),
        ("system", look::DEEP),
        ("iowait", look::WARN),
        ("steal", look::BAD),
        ("nice", look::GOOD),
        ("softirq", look::OTHER),
        ("irq", look::MUTED),
    ])
}

fn cpu_used() -> Panel {
    timeseries("CPU used", "What the alert HostCpuHigh compares with its limits.")
        .share()
        .legend_table()
        .q("seamark:host_cpu_used:ratio{$S}", "{{instance}}")
        .limit("host_cpu")
}

fn cores() -> Panel {
    heatmap(
        "CPU by core",
        "How busy each core is. One bright row is one program that cannot use more cores.",
        "percentunit",
    )
    .option("cellValues", serde_json::json!({"unit": "percentunit"}))
    .option("yAxis", serde_json::json!({"axisPlacement": "left", "reverse": true}))
    .q("avg by (cpu) (1 - rate(node_cpu_seconds_total{$S, mode=\"idle\"}[$R]))", "{{cpu}}")
}

fn load() -> Panel {
    timeseries("Load against cores", "Tasks that run, wait for a core or for a disk. Above the dashed line some wait.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q("node_load1{$S}", "1 minute {{instance}}")
        .q("node_load5{$S}", "5 minutes {{instance}}")
        .q("node_load15{$S}", "15 minutes {{instance}}")
        .q("count by (instance) (rate(node_cpu_seconds_total{$S, mode=\"idle\"}[$R]))", "cores {{instance}}")
        .dashed("^cores")
}

fn memory() -> Panel {
    timeseries(
        "Memory by use",
        "What memory is used for. Caches, buffers and reclaimable slab are given back when programs ask.",
    )
    .unit("bytes")
    .min(0.0)
    .stacked()
    .legend_table()
    .q(
        "sum(node_memory_MemTotal_bytes{$S} - node_memory_MemFree_bytes{$S} - node_memory_Cached_bytes{$S}
               - node_memory_Buffers_bytes{$S} - node_memory_Slab_bytes{$S})",
        "programs",
    )
    .q("sum(node_memory_Slab_bytes{$S})", "kernel (slab)")
    .q("sum(node_memory_Buffers_bytes{$S})", "buffers")
    .q("sum(node_memory_Cached_bytes{$S})", "file cache")
    .q("sum(node_memory_MemFree_bytes{$S})", "free")
    .colors(&[
        ("programs", look::DEEP),
        ("kernel (slab)", look::OTHER),
        ("buffers", look::WARN),
        ("file cache", look::INFO),
        ("free", look::GOOD),
    ])
}

fn memory_used() -> Panel {
    timeseries(
        "Memory and swap used",
        "What the alerts HostMemoryHigh and HostSwapHigh look at; the lines are memory's limits.",
    )
    .share()
    .legend_table()
    .q("seamark:host_memory_used:ratio{$S}", "memory {{instance}}")
    .q("seamark:host_swap_used:ratio{$S}", "swap {{instance}}")
    .limit("host_memory")
}

fn swap() -> Panel {
    timeseries(
        "Swap in use, and traffic",
        "Full swap that nobody reads costs nothing; pages that come and go cost time. A page is 4 KiB.",
    )
    .unit("Bps")
    .legend_table()
    .q("rate(node_vmstat_pswpin{$S}[$R]) * 4096", "read {{instance}}")
    .q("rate(node_vmstat_pswpout{$S}[$R]) * 4096", "written {{instance}}")
    .q("node_memory_SwapTotal_bytes{$S} - node_memory_SwapFree_bytes{$S}", "in use {{instance}}")
    .below("^written")
    .right("^in use", "bytes")
}

fn pressure() -> Panel {
    timeseries(
        "Pressure: time lost waiting",
        "Share of time in which some task, or all of them (full), waited for a resource. Says better than usage whether it is short.",
    )
    .unit("percentunit").min(0.0)
    .legend_table()
    .q("rate(node_pressure_cpu_waiting_seconds_total{$S}[$R])", "CPU, some {{instance}}")
    .q("rate(node_pressure_memory_waiting_seconds_total{$S}[$R])", "memory, some {{instance}}")
    .q("rate(node_pressure_memory_stalled_seconds_total{$S}[$R])", "memory, full {{instance}}")
    .q("rate(node_pressure_io_waiting_seconds_total{$S}[$R])", "disk, some {{instance}}")
    .q("rate(node_pressure_io_stalled_seconds_total{$S}[$R])", "disk, full {{instance}}")
}

fn fullest() -> Panel {
    bar_gauge("File systems", "Used space of each file system, as `df` counts it.")
        .share()
        .decimals(0)
        .steps(rising(0.8, 0.9))
        .now("sort_desc(seamark:host_filesystem_used:ratio{$S})", "{{instance}} {{mountpoint}}")
}

fn filling() -> Panel {
    timeseries("File systems over time", "Used space, and the limits each mount point has.")
        .share()
        .legend_table()
        .q("seamark:host_filesystem_used:ratio{$S}", "{{instance}} {{mountpoint}}")
        .limit_each("host_disk", "mountpoint")
}

fn until_full() -> Panel {
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

fn inodes() -> Panel {
    bar_gauge(
        "Inodes",
        "Share of the files that a file system can hold. None left means no new file, however much room there is.",
    )
    .share()
    .decimals(0)
    .steps(rising(0.8, 0.9))
    .now("sort_desc(seamark:host_filesystem_inodes_used:ratio{$S})", "{{instance}} {{mountpoint}}")
}

fn throughput() -> Panel {
    timeseries("Throughput", "Bytes read, and below the axis bytes written.")
        .unit("Bps")
        .legend_table()
        .q(&format!("rate(node_disk_read_bytes_total{{$S, {DISK}}}[$R])"), "read {{instance}} {{device}}")
        .q(&format!("rate(node_disk_written_bytes_total{{$S, {DISK}}}[$R])"), "written {{instance}} {{device}}")
        .below("^written")
}

fn operations() -> Panel {
    timeseries("Operations", "Reads, and below the axis writes, that the disk has completed.")
        .unit("iops")
        .legend_table()
        .q(&format!("rate(node_disk_reads_completed_total{{$S, {DISK}}}[$R])"), "reads {{instance}} {{device}}")
        .q(&format!("rate(node_disk_writes_completed_total{{$S, {DISK}}}[$R])"), "writes {{instance}} {{device}}")
        .below("^writes")
}

fn latency() -> Panel {
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

fn utilisation() -> Panel {
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

fn traffic() -> Panel {
    timeseries(
        "Traffic",
        "Bits received, and below the axis sent, by interface of the host. The lines are the limits of receiving.",
    )
    .unit("bps")
    .legend_table()
    .q("seamark:host_network_receive:bps{$S}", "in {{instance}} {{device}}")
    .q("seamark:host_network_transmit:bps{$S}", "out {{instance}} {{device}}")
    .below("^out")
    .limit("host_network_receive")
}

fn connections() -> Panel {
    timeseries("Connections", "Sockets in use, without those that only wait to be forgotten (TIME_WAIT).")
        .unit("short")
        .min(0.0)
        .legend_table()
        .q("seamark:host_connections:count{$S}", "all {{instance}}")
        .q("node_sockstat_TCP_inuse{$S}", "TCP {{instance}}")
        .q("node_sockstat_TCP6_inuse{$S}", "TCP over IPv6 {{instance}}")
        .q("node_sockstat_UDP_inuse{$S}", "UDP {{instance}}")
        .q("node_sockstat_UDP6_inuse{$S}", "UDP over IPv6 {{instance}}")
        .limit("host_connections")
}

fn packets() -> Panel {
    timeseries("Packets", "Packets received, and below the axis sent.")
        .unit("pps")
        .legend_table()
        .q(&format!("rate(node_network_receive_packets_total{{$S, {NIC}}}[$R])"), "in {{instance}} {{device}}")
        .q(&format!("rate(node_network_transmit_packets_total{{$S, {NIC}}}[$R])"), "out {{instance}} {{device}}")
        .below("^out")
}

fn faults() -> Panel {
    timeseries(
        "Errors and drops",
        "Packets that were damaged, or that nobody had room for. Steady ones are a cable, a driver or a full queue.",
    )
    .unit("pps")
    .min(0.0)
    .legend_table()
    .q(&format!("rate(node_network_receive_errs_total{{$S, {NIC}}}[$R])"), "errors in {{instance}} {{device}}")
    .q(&format!("rate(node_network_transmit_errs_total{{$S, {NIC}}}[$R])"), "errors out {{instance}} {{device}}")
    .q(&format!("rate(node_network_receive_drop_total{{$S, {NIC}}}[$R])"), "drops in {{instance}} {{device}}")
    .q(&format!("rate(node_network_transmit_drop_total{{$S, {NIC}}}[$R])"), "drops out {{instance}} {{device}}")
}

fn tcp() -> Panel {
    timeseries(
        "TCP retransmits and refused connections",
        "Share of segments sent twice, and connections that a full queue of a listening program lost.",
    )
    .unit("percentunit")
    .min(0.0)
    .legend_table()
    .q(
        "rate(node_netstat_Tcp_RetransSegs{$S}[$R]) / (rate(node_netstat_Tcp_OutSegs{$S}[$R]) > 0)",
        "sent twice {{instance}}",
    )
    .q("rate(node_netstat_TcpExt_ListenDrops{$S}[$R])", "lost connections {{instance}}")
    .right("^lost", "cps")
}

fn conntrack() -> Panel {
    timeseries(
        "Connection tracking",
        "Share of the kernel's table of connections that is taken. A full one drops new connections.",
    )
    .share()
    .legend_table()
    .q("node_nf_conntrack_entries{$S} / node_nf_conntrack_entries_limit{$S}", "{{instance}}")
}

fn activity() -> Panel {
    timeseries(
        "Context switches, interrupts, forks",
        "How often the kernel changes between tasks, is interrupted, and starts processes.",
    )
    .unit("ops")
    .min(0.0)
    .q("rate(node_context_switches_total{$S}[$R])", "switches {{instance}}")
    .q("rate(node_intr_total{$S}[$R])", "interrupts {{instance}}")
    .q("rate(node_forks_total{$S}[$R])", "forks {{instance}}")
    .log_scale()
}

fn processes() -> Panel {
    timeseries("Processes that run or wait", "Tasks on a core or waiting for one, and those that wait for a disk.")
        .unit("none")
        .min(0.0)
        .q("node_procs_running{$S}", "running {{instance}}")
        .q("node_procs_blocked{$S}", "blocked {{instance}}")
}

fn handles() -> Panel {
    timeseries("File handles", "Files open in the whole system, and how many the kernel allows.")
        .unit("short")
        .min(0.0)
        .q("node_filefd_allocated{$S}", "open {{instance}}")
        .q("node_filefd_maximum{$S} < 1e12", "most {{instance}}")
        .dashed("^most")
}

fn sockets() -> Panel {
    timeseries(
        "TCP connections by state",
        "Orphans and TIME_WAIT from the kernel's counts; single states where the collector `tcpstat` is on.",
    )
    .unit("short")
    .min(0.0)
    .q("node_sockstat_TCP_tw{$S}", "TIME_WAIT {{instance}}")
    .q("node_sockstat_TCP_orphan{$S}", "orphans {{instance}}")
    .q("node_tcp_connection_states{$S, state!~\"time_wait|.*_queued_bytes\"}", "{{state}} {{instance}}")
}

fn temperatures() -> Panel {
    timeseries("Temperatures", "Sensors of the board and its disks; virtual machines have none.")
        .unit("celsius")
        .q("node_hwmon_temp_celsius{$S}", "{{instance}} {{chip}} {{sensor}}")
}

fn clock() -> Panel {
    timeseries(
        "Clock offset",
        "How far the clock is from what NTP says. Certificates and logs want less than a second.",
    )
    .unit("s")
    .q("node_timex_offset_seconds{$S}", "{{instance}}")
}
