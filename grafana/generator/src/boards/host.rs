//! One host: is it short of anything, and of what?

mod disks;
mod kernel;
mod network;

use super::*;

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
        .row(
            "Disks",
            vec![
                line(8, vec![disks::fullest(), disks::filling()]),
                line(8, vec![disks::until_full(), disks::inodes()]),
            ],
        )
        .row(
            "Disk activity",
            vec![
                line(8, vec![disks::throughput(), disks::operations()]),
                line(8, vec![disks::latency(), disks::utilisation()]),
            ],
        )
        .row("Network", vec![line(8, vec![network::traffic(), network::connections()])])
        .folded(
            "Network in detail",
            vec![
                line(8, vec![network::packets(), network::faults()]),
                line(8, vec![network::tcp(), network::conntrack()]),
            ],
        )
        .folded(
            "Kernel and hardware",
            vec![
                line(8, vec![kernel::activity(), kernel::processes(), kernel::handles()]),
                line(8, vec![kernel::sockets(), kernel::temperatures(), kernel::clock()]),
            ],
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
        "What the alerts HostMemoryHigh and HostSwapHigh look at; with the limits of both.",
    )
    .share()
    .legend_table()
    .q("seamark:host_memory_used:ratio{$S}", "memory {{instance}}")
    .q("seamark:host_swap_used:ratio{$S}", "swap {{instance}}")
    .limit_of("memory", "host_memory")
    .limit_of("swap", "host_swap")
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
