//! All containers: which are not as they should be, and who uses what.

use super::*;

/// Series with the names of containers: stopped ones too from seamark-exporter, those that run from cAdvisor.
pub const NAMED: &str = "__name__=~\"seamark_container_info|container_last_seen\", name!=\"\"";

/// The board.
pub fn board() -> Board {
    Board::new("seamark-containers", "Containers", "All containers: state, health, ends, and who uses what.")
        .variables(variable::container_hosts())
        .variables(filters())
        .link(link("Health", "seamark-health"))
        .marks(exits("$S, name=~\"$name\""))
        .marks(vec![decor::alerts("instance=~\"$instance\", name=~\"$name|\"")])
        .row("Now", vec![line(4, figures()), line(12, vec![live()])])
        .row("State and ends", vec![line(9, vec![states(), healths()]), line(8, vec![exit_bars().w(16), restarts()])])
        .row("CPU", vec![line(9, vec![cores(), cpu_share()])])
        .row("Memory", vec![line(9, vec![memory(), memory_share()])])
        .row("Network", vec![line(9, vec![traffic().w(16), totals()])])
        .folded(
            "Throttling, memory in need, disks",
            vec![line(9, vec![throttling(), oom()]), line(9, vec![block(), pressure()])],
        )
        .folded("Docker", vec![line(4, engine())])
}

/// Which containers: by project of Compose, then by name.
fn filters() -> Vec<serde_json::Value> {
    vec![
        variable::optional("project", "Compose project", "label_values(seamark_container_info{$S}, compose_project)"),
        variable::label(
            "name",
            "Container",
            &format!("label_values({{{NAMED}, $S, compose_project=~\"$project\"}}, name)"),
        ),
    ]
}

fn figure(title: &str, text: &str, expr: &str) -> Panel {
    stat(title, text).unit("none").filled().empty("not known").now(expr, "")
}

/// Nothing, where seamark-exporter looks; where it does not, nobody knows.
const NONE: &str = "0 * max(seamark_docker_up{$S})";

fn figures() -> Vec<Panel> {
    let state = |state: &str| format!("sum(seamark_container_state{{$C, state=\"{state}\"}}) or {NONE}");
    let ends = |reasons: &str| {
        format!("round(sum(increase(seamark_container_exits_total{{$C, reason=~\"{reasons}\"}}[$__range]))) or {NONE}")
    };
    vec![
        // cAdvisor has no states; what it sees runs.
        figure(
            "Running",
            "Containers that run.",
            "count((seamark_container_state{$C, state=\"running\"} == 1)
               or (container_last_seen{$C} unless on (job, instance) seamark_docker_up{$S})) or vector(0)",
        )
        .steps(look::plain()),
        figure("Exited", "Containers that are there and have ended.", &state("exited"))
            .steps(look::steps(look::MUTED, &[])),
        figure("Restarting", "Containers between an end and the next start.", &state("restarting"))
            .steps(look::steps(look::GOOD, &[(1.0, look::WARN)])),
        figure(
            "Unhealthy",
            "Whose own health check fails.",
            &format!("sum(seamark_container_health_status{{$C, status=\"unhealthy\"}}) or {NONE}"),
        )
        .steps(none_is_good()),
        figure(
            "Missing",
            "Names of the watch list without a container.",
            &format!(
                "count(seamark_container_expected{{$S, expect=\"running\"}}
                   unless on (job, instance, name) seamark_container_info{{$S}}) or {NONE}"
            ),
        )
        .steps(none_is_good()),
        figure("Crashes", "Ended with an error in the time shown.", &ends("crash|signal")).steps(none_is_good()),
        figure("Out of memory", "Killed by the kernel in the time shown, because memory ran out.", &ends("oom"))
            .steps(none_is_good()),
        figure(
            "Image is older",
            "Containers whose image's name means a newer image by now: pulled, not made anew.",
            &format!("sum(seamark_container_image_outdated{{$C}}) or {NONE}"),
        )
        .steps(look::steps(look::GOOD, &[(1.0, look::INFO)])),
    ]
}

fn live() -> Panel {
    let by = "instance, name";
    let max = |expr: &str| format!("max by ({by}) ({expr})");
    let sum = |expr: &str| format!("sum by ({by}) ({expr})");
    table(
        "Containers",
        "What each is doing now. A name leads to the container's own board.",
        vec![
            labels_of(
                "max by (instance, name, image, compose_project) (
                   seamark_container_info{$C} or on (instance, name) container_last_seen{$C})",
            ),
            label("name", "Container").link(
                "Container",
                &to("seamark-container", "var-name=${__data.fields.Container}&var-instance=${__data.fields.Host}"),
            ),
            label("instance", "Host"),
            value("State", "none", &state::container_state(by)).width(120).words(state::container_words()),
            value("Health", "none", &state::container_health(by)).width(120).words(state::health_words()),
            value("Up for", "s", &max("time() - container_start_time_seconds{$C}")).decimals(0),
            value("Restarts", "none", &sum("increase(seamark_container_restarts_total{$C}[$__range])"))
                .decimals(0)
                .colored(look::MUTED, &[(0.5, look::WARN), (2.5, look::BAD)]),
            value("Last exit", "none", &max("seamark_container_last_exit_code{$C}")),
            value("Reason", "none", &state::exit_reason(by)).words(state::reason_words()),
            value("CPU", "percentunit", &max("seamark:container_cpu_used:ratio{$C}")).decimals(1).gauge(0.6, 0.8),
            value("Memory", "bytes", &sum("container_memory_working_set_bytes{$C}")).decimals(1),
            value("of limit", "percentunit", &max("seamark:container_memory_used:ratio{$C}"))
                .decimals(0)
                .gauge(0.6, 0.8),
            value("In", "Bps", &sum("rate(container_network_receive_bytes_total{$C}[$R])")).decimals(1),
            value("Out", "Bps", &sum("rate(container_network_transmit_bytes_total{$C}[$R])")).decimals(1),
            label("compose_project", "Project"),
            label("image", "Image"),
        ],
        ("CPU", true),
    )
}

fn states() -> Panel {
    state_timeline("State over time", "Which state each container was in.")
        .unit("none")
        .words(state::container_words())
        .q(&state::container_state("instance, name"), "{{name}} {{instance}}")
}

fn healths() -> Panel {
    state_timeline("Health over time", "What the containers' own checks said; those without a check are grey.")
        .unit("none")
        .words(state::health_words())
        .q(&state::container_health("instance, name"), "{{name}} {{instance}}")
}

/// Ends over time, by reason.
pub fn exit_bars() -> Panel {
    timeseries("Ends by reason", "Containers that ended: by themselves (clean), told to (stopped), with an error (crash, signal), for want of memory.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .bars()
        .q(&format!("sum by (reason) ({}) > 0", counted("seamark_container_exits_total{$C}")), "{{reason}}")
        .colors(&state::reason_colors())
}

fn restarts() -> Panel {
    bar_gauge("Restarts", "By their restart policy, in the time shown; those without are left out.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .steps(rising(1.0, 3.0))
        .empty("none")
        .now(
            "sort_desc(topk(15, round(sum by (instance, name) (increase(seamark_container_restarts_total{$C}[$__range]))) > 0))",
            "{{name}} {{instance}}",
        )
}

fn per_container(panel: Panel) -> Panel {
    panel.by_name().legend_right()
}

fn cores() -> Panel {
    per_container(timeseries("CPU, in cores", "1 is one core all the time.").unit("none").min(0.0))
        .q("seamark:container_cpu_used:cores{$C}", "{{name}} {{instance}}")
}

fn cpu_share() -> Panel {
    per_container(
        timeseries("CPU, of what it may use", "Of its own quota, or else of the host.").unit("percentunit").min(0.0),
    )
    .q("seamark:container_cpu_used:ratio{$C}", "{{name}} {{instance}}")
    .limit("container_cpu")
}

fn memory() -> Panel {
    per_container(
        timeseries(
            "Memory",
            "The working set: what it uses without caches that can be dropped. The kernel kills by this.",
        )
        .unit("bytes")
        .min(0.0),
    )
    .q("sum by (instance, name) (container_memory_working_set_bytes{$C})", "{{name}} {{instance}}")
}

fn memory_share() -> Panel {
    per_container(
        timeseries("Memory, of what it may use", "Of its own limit, or else of the host's memory.")
            .unit("percentunit")
            .min(0.0),
    )
    .q("seamark:container_memory_used:ratio{$C}", "{{name}} {{instance}}")
    .limit("container_memory")
}

fn traffic() -> Panel {
    per_container(
        timeseries("Traffic", "Bytes received, and below the axis sent, over all networks of a container.").unit("Bps"),
    )
    .q("sum by (instance, name) (rate(container_network_receive_bytes_total{$C}[$R]))", "in {{name}} {{instance}}")
    .q("sum by (instance, name) (rate(container_network_transmit_bytes_total{$C}[$R]))", "out {{name}} {{instance}}")
    .below("^out")
}

fn totals() -> Panel {
    bar_gauge("Traffic in the time shown", "Received and sent together; the 15 with most.")
        .unit("bytes")
        .min(0.0)
        .steps(look::plain())
        .now(
            "sort_desc(topk(15, sum by (instance, name) (increase(container_network_receive_bytes_total{$C}[$__range]))
               + sum by (instance, name) (increase(container_network_transmit_bytes_total{$C}[$__range]))))",
            "{{name}} {{instance}}",
        )
}

fn throttling() -> Panel {
    per_container(
        timeseries(
            "Throttled",
            "Share of periods in which a container had used up its quota and had to wait. High: give it more.",
        )
        .unit("percentunit")
        .min(0.0),
    )
    .q(
        "sum by (instance, name) (rate(container_cpu_cfs_throttled_periods_total{$C}[$R]))
               / (sum by (instance, name) (rate(container_cpu_cfs_periods_total{$C}[$R])) > 0)",
        "{{name}} {{instance}}",
    )
}

fn oom() -> Panel {
    timeseries("Kills for want of memory", "Processes of containers that the kernel has killed.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .bars()
        .q(
            &format!("sum by (instance, name) ({}) > 0", counted("container_oom_events_total{$C}")),
            "{{name}} {{instance}}",
        )
}

fn block() -> Panel {
    per_container(timeseries("Disk", "Bytes read, and below the axis written, past the caches.").unit("Bps"))
        .q("sum by (instance, name) (rate(container_fs_reads_bytes_total{$C}[$R]))", "read {{name}} {{instance}}")
        .q("sum by (instance, name) (rate(container_fs_writes_bytes_total{$C}[$R]))", "written {{name}} {{instance}}")
        .below("^written")
}

fn pressure() -> Panel {
    per_container(
        timeseries(
            "Time lost waiting",
            "Share of time in which all tasks of a container waited for memory, or for a disk.",
        )
        .unit("percentunit")
        .min(0.0),
    )
    .q(
        "sum by (instance, name) (rate(container_pressure_memory_stalled_seconds_total{$C}[$R]))",
        "memory {{name}} {{instance}}",
    )
    .q(
        "sum by (instance, name) (rate(container_pressure_io_stalled_seconds_total{$C}[$R]))",
        "disk {{name}} {{instance}}",
    )
}

fn engine() -> Vec<Panel> {
    vec![
        stat("Docker answers", "Whether the engine answers the exporter.")
            .unit("none")
            .words(yes_no())
            .steps(falling(1.0, 1.0))
            .now("min by (instance) (seamark_docker_up{$S})", "{{instance}}"),
        stat("Events arrive", "Without the stream of events, ends are seen up to a minute late.")
            .unit("none")
            .words(yes_no())
            .steps(falling(1.0, 1.0))
            .now("min by (instance) (seamark_docker_events_connected{$S})", "{{instance}}"),
        stat("Engine", "Name and version of the engine.")
            .unit("string")
            .name_only()
            .now("seamark_docker_info{$S}", "{{engine}} {{version}} on {{instance}}"),
        stat(
            "Answers that could not be read",
            "From the engine, in the time shown. More than none: an engine newer than the exporter.",
        )
        .unit("none")
        .decimals(0)
        .steps(none_is_good())
        .now("sum by (instance) (increase(seamark_docker_decode_errors_total{$S}[$__range]))", "{{instance}}"),
        stat(
            "Alerts are told at once",
            "Whether the exporter reaches an Alertmanager: crashes are told within a second then.",
        )
        .unit("none")
        .words(yes_no())
        .steps(falling(1.0, 1.0))
        .now("max by (instance) (seamark_exporter_alertmanager_up{$S})", "{{instance}}"),
        stat("Containers by state", "Counted by the engine.")
            .unit("none")
            .steps(look::plain())
            .name_and_value()
            .now("sum by (state) (seamark_docker_containers{$S}) > 0", "{{state}}"),
    ]
}
