//! One container: what it does, what it may do, and how it ended.

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-container",
        "One container",
        "One container: what it uses, what it may use, how it ended and why.",
    )
    .variables(variable::container_hosts())
    .variables(vec![variable::choice(
        "name",
        "Container",
        &format!("label_values({{{}, $S}}, name)", containers::NAMED),
    )])
    .link(link("All containers", "seamark-containers"))
    .link(link("Probes", "seamark-health"))
    .link(link("Application", "seamark-app"))
    .marks(exits("$S, name=~\"$name\""))
    .marks(vec![decor::alerts("instance=~\"$instance\", name=~\"$name\""), reboots()])
    .row("Now", vec![line(4, figures()), line(5, vec![setup()])])
    .row("State and ends", vec![line(5, vec![history()]), line(8, vec![ends(), containers::exit_bars()])])
    .row("Resources", vec![line(8, vec![cpu(), memory(), shares()]), line(8, vec![traffic(), block()])])
    .row("Health check", vec![line(8, vec![check_time(), streak()])])
    .folded(
        "In detail",
        vec![
            line(8, vec![throttling(), pressure()]),
            line(8, vec![memory_parts(), processes()]),
            line(8, vec![packets(), log_size()]),
        ],
    )
}

fn figures() -> Vec<Panel> {
    vec![
        stat("State", "Created, running, paused, restarting, exited or dead.")
            .unit("none")
            .words(state::container_words())
            .now(&state::container_state("instance"), "{{instance}}"),
        stat("Health", "What its own check says.")
            .unit("none")
            .words(state::health_words())
            .empty("not checked")
            .now(&state::container_health("instance"), "{{instance}}"),
        stat("Up for", "Since its last start.")
            .unit("s")
            .decimals(0)
            .empty("not running")
            .now("time() - container_start_time_seconds{$C}", "{{instance}}"),
        stat("Restarts", "By its restart policy, in the time shown.")
            .unit("none")
            .decimals(0)
            .steps(look::steps(look::GOOD, &[(0.5, look::WARN), (2.5, look::BAD)]))
            .now("sum(increase(seamark_container_restarts_total{$C}[$__range]))", ""),
        stat("Last exit code", "137 is a kill, 143 was told to stop; up to 127 is the program's own choice.")
            .unit("none")
            .steps(look::steps(look::GOOD, &[(1.0, look::WARN)]))
            .empty("none known")
            .now("max by (instance) (seamark_container_last_exit_code{$C})", "{{instance}}"),
        stat("CPU now", "Of its quota, or else of the host.")
            .unit("percentunit")
            .decimals(1)
            .steps(rising(0.6, 0.8))
            .spark()
            .q("seamark:container_cpu_used:ratio{$C}", "{{instance}}"),
        stat("Memory now", "Of its limit, or else of the host's memory.")
            .unit("percentunit")
            .decimals(1)
            .steps(rising(0.6, 0.8))
            .spark()
            .q("seamark:container_memory_used:ratio{$C}", "{{instance}}"),
        stat("Memory limit", "0 is none: it may take all that the host has.")
            .unit("bytes")
            .decimals(1)
            .words(words(&[("0", "none", look::MUTED)]))
            .now("max by (instance) (container_spec_memory_limit_bytes{$C})", "{{instance}}"),
    ]
}

fn setup() -> Panel {
    table(
        "What it is",
        "Its image, project and restart policy, and when it was made.",
        vec![
            label("instance", "Host"),
            label("image", "Image"),
            label("compose_project", "Project"),
            label("compose_service", "Service"),
            label("restart_policy", "Restart policy"),
            value(
                "Created",
                "dateTimeFromNow",
                "max by (instance, image, compose_project, compose_service, restart_policy) (
                     (seamark_container_created_timestamp_seconds{$C} * 1000) * on (job, instance, id)
                       group_left (image, compose_project, compose_service, restart_policy) seamark_container_info{$C})",
            ),
        ],
        ("Host", false),
    )
}

fn history() -> Panel {
    state_timeline("State and health over time", "What it was doing, and what its own check said.")
        .unit("none")
        .q(&state::container_state("instance"), "state {{instance}}")
        .q(&state::container_health("instance"), "health {{instance}}")
        .words(state::container_words())
        .matching("^health", &[("mappings", state::health_words())])
}

fn ends() -> Panel {
    let by = "instance, id, reason";
    table(
        "Ends",
        "The newest end for each reason, within the time shown; containers of this name that are gone are here too.",
        vec![
            value(
                "When",
                "dateTimeAsIso",
                &format!("max by ({by}) (last_over_time(seamark_container_last_exit_timestamp_seconds{{$C}}[$__range]) * 1000)"),
            ),
            label("reason", "Reason").words(words(&[
                ("clean", "clean", look::GOOD),
                ("stopped", "stopped", look::INFO),
                ("crash", "crash", look::BAD),
                ("oom", "out of memory", look::BAD),
                ("signal", "signal", look::WARN),
                ("unknown", "not seen", look::MUTED),
            ])),
            value("Code", "none", &format!("max by ({by}) (last_over_time(seamark_container_last_exit_code{{$C}}[$__range]))")),
            label("instance", "Host"),
            label("id", "Container"),
        ],
        ("When", true),
    )
    .empty("it has not ended")
}

fn cpu() -> Panel {
    timeseries(
        "CPU",
        "Cores in use, split into its own code (user) and the kernel's on its behalf; the line is its quota.",
    )
    .unit("none")
    .min(0.0)
    .legend_table()
    .q("sum by (instance) (rate(container_cpu_user_seconds_total{$C}[$R]))", "user {{instance}}")
    .q("sum by (instance) (rate(container_cpu_system_seconds_total{$C}[$R]))", "system {{instance}}")
    .q("seamark:container_cpu_used:cores{$C}", "all {{instance}}")
    .q("(container_spec_cpu_quota{$C} > 0) / container_spec_cpu_period{$C}", "quota {{instance}}")
    .dashed("^quota")
}

fn memory() -> Panel {
    timeseries("Memory", "The working set, which is what the kernel kills by, and the limit.")
        .unit("bytes")
        .min(0.0)
        .legend_table()
        .q("container_memory_working_set_bytes{$C}", "working set {{instance}}")
        .q("container_memory_usage_bytes{$C}", "with caches {{instance}}")
        .q("container_spec_memory_limit_bytes{$C} > 0", "limit {{instance}}")
        .dashed("^limit")
}

fn shares() -> Panel {
    timeseries("Of what it may use", "CPU and memory as shares of its quota and limit, or of the host's; the alerts compare these with the dashed lines.")
        .unit("percentunit")
        .min(0.0)
        .legend_table()
        .q("seamark:container_cpu_used:ratio{$C}", "CPU {{instance}}")
        .q("seamark:container_memory_used:ratio{$C}", "memory {{instance}}")
        .limit_of_container("CPU", "container_cpu")
        .limit_of_container("memory", "container_memory")
}

fn traffic() -> Panel {
    timeseries("Traffic", "Bytes received, and below the axis sent, by network of the container.")
        .unit("Bps")
        .legend_table()
        .q("rate(container_network_receive_bytes_total{$C}[$R])", "in {{interface}} {{instance}}")
        .q("rate(container_network_transmit_bytes_total{$C}[$R])", "out {{interface}} {{instance}}")
        .below("^out")
}

fn block() -> Panel {
    timeseries("Disk", "Bytes read, and below the axis written, past the caches, by disk.")
        .unit("Bps")
        .legend_table()
        .q("rate(container_fs_reads_bytes_total{$C}[$R])", "read {{device}} {{instance}}")
        .q("rate(container_fs_writes_bytes_total{$C}[$R])", "written {{device}} {{instance}}")
        .below("^written")
}

fn check_time() -> Panel {
    timeseries(
        "Duration of the check",
        "How long its health check took, and when Docker gives up. Near the line: it will fail when it is busy.",
    )
    .unit("s")
    .min(0.0)
    .legend_table()
    .q("seamark_container_health_check_duration_seconds{$C}", "took {{instance}}")
    .q("seamark_container_health_check_timeout_seconds{$C}", "timeout {{instance}}")
    .dashed("^timeout")
}

fn streak() -> Panel {
    timeseries("Failed checks in a row", "Docker calls it unhealthy when this reaches the check's `retries`.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .legend_table()
        .q("seamark_container_health_failing_streak{$C}", "{{instance}}")
}

fn throttling() -> Panel {
    timeseries("Throttled", "Share of periods in which its quota was used up and it had to wait.")
        .unit("percentunit").min(0.0)
        .legend_table()
        .q(
            "rate(container_cpu_cfs_throttled_periods_total{$C}[$R]) / (rate(container_cpu_cfs_periods_total{$C}[$R]) > 0)",
            "{{instance}}",
        )
}

fn pressure() -> Panel {
    timeseries("Time lost waiting", "Share of time in which some of its tasks waited for a resource.")
        .unit("percentunit")
        .min(0.0)
        .legend_table()
        .q("rate(container_pressure_cpu_waiting_seconds_total{$C}[$R])", "CPU {{instance}}")
        .q("rate(container_pressure_memory_waiting_seconds_total{$C}[$R])", "memory {{instance}}")
        .q("rate(container_pressure_io_waiting_seconds_total{$C}[$R])", "disk {{instance}}")
}

fn memory_parts() -> Panel {
    timeseries("Memory by use", "Its own memory, files it has mapped or read, and swap.")
        .unit("bytes")
        .min(0.0)
        .legend_table()
        .q("container_memory_rss{$C}", "its own {{instance}}")
        .q("container_memory_cache{$C}", "files {{instance}}")
        .q("container_memory_mapped_file{$C}", "mapped files {{instance}}")
        .q("container_memory_swap{$C}", "swap {{instance}}")
}

fn processes() -> Panel {
    timeseries("Processes and threads", "A count that only grows is a leak.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q("container_processes{$C}", "processes {{instance}}")
        .q("container_threads{$C}", "threads {{instance}}")
        .q("container_threads_max{$C} > 0", "most {{instance}}")
        .dashed("^most")
}

fn packets() -> Panel {
    timeseries("Packets lost", "Dropped or damaged, in and out.")
        .unit("pps")
        .min(0.0)
        .legend_table()
        .q(
            "sum by (instance) (rate(container_network_receive_packets_dropped_total{$C}[$R]))",
            "dropped in {{instance}}",
        )
        .q(
            "sum by (instance) (rate(container_network_transmit_packets_dropped_total{$C}[$R]))",
            "dropped out {{instance}}",
        )
        .q("sum by (instance) (rate(container_network_receive_errors_total{$C}[$R]))", "errors in {{instance}}")
        .q("sum by (instance) (rate(container_network_transmit_errors_total{$C}[$R]))", "errors out {{instance}}")
}

fn log_size() -> Panel {
    timeseries("Size of its log", "What Docker keeps on the disk. Without `max-size` it grows for ever.")
        .unit("bytes")
        .min(0.0)
        .legend_table()
        .q("seamark_container_log_size_bytes{$C}", "{{instance}}")
}
