//! All of it on one page: is anything wrong, and where to look next.

use super::*;

const HOSTS: &str = "$S, job=~\"seamark|node|node[-_]exporter\"";
const ANY: &str = "alerts have whatever labels their rule leaves";

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-overview",
        "System overview",
        "Hosts, containers, services and alerts: is anything wrong, and where?",
    )
    .variables(variable::targets("up"))
    .marks(exits("$S"))
    .marks(vec![decor::alerts(""), reboots()])
    .row("Is everything fine?", vec![line(4, figures()), line(8, vec![services(), firing()])])
    .row("Hosts", vec![line(9, vec![hosts()]), line(8, vec![cpu(), memory()]), line(8, vec![disks(), network()])])
    .row("Requests", vec![line(8, vec![requests(), errors()]), line(8, vec![latency(), distribution()])])
}

fn count(title: &str, text: &str, expr: &str) -> Panel {
    stat(title, text).unit("none").now(expr, "").filled()
}

fn figures() -> Vec<Panel> {
    let alerts = |title, text, severity: &str, steps| {
        let expr = format!(
            "sum(max by (alertname, exported_instance) (seamark_relay_alerts_firing{{severity=\"{severity}\"}}))
               or count(ALERTS{{alertstate=\"firing\", severity=\"{severity}\"}}) or vector(0)"
        );
        count(title, text, &expr).steps(steps).everywhere(ANY).link("Alerts", &to("seamark-alerts", ""))
    };
    vec![
        count("Hosts up", "Hosts whose exporter answers.", &format!("count(up{{{HOSTS}}} == 1) or vector(0)"))
            .steps(look::steps(look::BAD, &[(1.0, look::GOOD)])),
        count(
            "Hosts down",
            "Hosts whose exporter does not answer.",
            &format!("count(up{{{HOSTS}}} == 0) or vector(0)"),
        )
        .steps(none_is_good()),
        count("Containers running", "On all hosts.", "sum(seamark_docker_containers{$S, state=\"running\"})")
            .steps(look::plain())
            .link("Containers", &to("seamark-containers", "")),
        count(
            "Expected, not running",
            "Containers of the watch list that are missing, or there and not running.",
            "count(seamark_container_expected{$S, expect=\"running\"}
               unless on (job, instance, name) (seamark_container_state{$S, state=\"running\"} == 1)) or vector(0)",
        )
        .steps(none_is_good()),
        count(
            "Unhealthy containers",
            "Whose own health check fails.",
            "sum(seamark_container_health_status{$S, status=\"unhealthy\"}) or vector(0)",
        )
        .steps(none_is_good())
        .link("Health", &to("seamark-health", "")),
        count(
            "Probes failing",
            "Services that do not answer as they should.",
            "count(probe_success{$S} == 0) or vector(0)",
        )
        .steps(none_is_good())
        .link("Health", &to("seamark-health", "")),
        alerts(
            "Critical alerts",
            "What people were told and is not over; without the relay, what Prometheus says.",
            "critical",
            none_is_good(),
        ),
        alerts("Warnings", "The same for warnings.", "warning", look::steps(look::GOOD, &[(1.0, look::WARN)])),
    ]
}

fn services() -> Panel {
    status_history(
        "Services: up or down",
        "Each target of Prometheus and each probed service; a cell is down if it was so at any time within it.",
    )
    .unit("none")
    .words(up_down())
    .min(0.0)
    .max(1.0)
    .q("min by (job, instance) (min_over_time(up{$S}[$__interval]))", "{{job}} {{instance}}")
    .q("min by (service) (min_over_time(probe_success{$S}[$__interval]))", "probe {{service}}")
}

fn firing() -> Panel {
    table(
        "Alerts that fire",
        "By Prometheus' rules. Crashes are told at once by the exporter: they are on the board of alerts.",
        vec![
            label("severity", "Severity").width(90).words(severity_words()),
            label("alertname", "Alert"),
            label("instance", "Host"),
            label("name", "Name"),
            value(
                "For",
                "s",
                "max by (severity, alertname, instance, name) (
                     time() - ALERTS_FOR_STATE{alertname!=\"Watchdog\"}
                       and ignoring (alertstate) ALERTS{alertstate=\"firing\", alertname!=\"Watchdog\"})",
            )
            .width(110)
            .decimals(0),
        ],
        ("For", false),
    )
    .empty("nothing fires")
    .everywhere(ANY)
}

/// Severities in their colours.
pub fn severity_words() -> serde_json::Value {
    words(&[
        ("critical", "🔴 critical", look::BAD),
        ("warning", "🟠 warning", look::WARN),
        ("info", "🔵 info", look::INFO),
        ("none", "none", look::MUTED),
    ])
}

fn hosts() -> Panel {
    let by = |expr: &str| format!("max by (instance) ({expr})");
    table(
        "Hosts",
        "What each host is doing now. A name leads to its board.",
        vec![
            label("instance", "Host").link("Host", &to("seamark-host", "var-instance=${__data.fields.Host}")),
            value("Answers", "none", &by(&format!("up{{{HOSTS}}}"))).width(90).words(up_down()),
            value("CPU", "percentunit", &by("seamark:host_cpu_used:ratio{$S}")).decimals(0).gauge(0.8, 0.9),
            value("Memory", "percentunit", &by("seamark:host_memory_used:ratio{$S}")).decimals(0).gauge(0.8, 0.95),
            value("Swap", "percentunit", &by("seamark:host_swap_used:ratio{$S}")).decimals(0).gauge(0.8, 0.95),
            value("Fullest disk", "percentunit", &by("seamark:host_filesystem_used:ratio{$S}")).decimals(0).gauge(0.8, 0.9),
            value(
                "Load per core",
                "none",
                &by("node_load5{$S} / on (job, instance) count by (job, instance) (rate(node_cpu_seconds_total{$S, mode=\"idle\"}[$R]))"),
            )
            .decimals(2)
            .colored(look::GOOD, &[(1.0, look::WARN), (2.0, look::BAD)]),
            value("In", "bps", "sum by (instance) (seamark:host_network_receive:bps{$S})").decimals(1),
            value("Out", "bps", "sum by (instance) (seamark:host_network_transmit:bps{$S})").decimals(1),
            value("Uptime", "s", &by("node_time_seconds{$S} - node_boot_time_seconds{$S}")).decimals(0),
            value("Containers", "none", "sum by (instance) (seamark_docker_containers{$S, state=\"running\"})"),
            value("Alerts", "none", "count by (instance) (ALERTS{$S, alertstate=\"firing\"})")
                .colored(look::GOOD, &[(1.0, look::WARN)]),
        ],
        ("CPU", true),
    )
}

fn cpu() -> Panel {
    timeseries("CPU", "Share of each host's cores that is busy. The lines are the lowest limits.")
        .share()
        .by_name()
        .legend_table()
        .q("seamark:host_cpu_used:ratio{$S}", "{{instance}}")
        .limit("host_cpu")
}

fn memory() -> Panel {
    timeseries("Memory and swap", "Share in use on each host. The lines are the lowest limits.")
        .share()
        .by_name()
        .legend_table()
        .q("seamark:host_memory_used:ratio{$S}", "{{instance}}")
        .q("seamark:host_swap_used:ratio{$S}", "swap {{instance}}")
        .limit_of("memory", "host_memory")
        .limit_of("swap", "host_swap")
}

fn disks() -> Panel {
    bar_gauge("Fullest file systems", "The ten with the least room left.")
        .share()
        .decimals(0)
        .steps(rising(0.8, 0.9))
        .now("sort_desc(topk(10, seamark:host_filesystem_used:ratio{$S}))", "{{instance}} {{mountpoint}}")
}

fn network() -> Panel {
    timeseries("Network", "Bits that each host receives, and below the axis sends.")
        .unit("bps")
        .by_name()
        .legend_table()
        .q("sum by (instance) (seamark:host_network_receive:bps{$S})", "in {{instance}}")
        .q("sum by (instance) (seamark:host_network_transmit:bps{$S})", "out {{instance}}")
        .below("^out")
}

fn requests() -> Panel {
    timeseries("Requests", "HTTP requests per second, for each application.")
        .unit("reqps")
        .min(0.0)
        .legend_table()
        .q("sum by (job) (seamark:http_requests:rate5m{job=~\"$job\"})", "{{job}}")
        .whole_job("recorded for each job")
        .link("Applications", &to("seamark-app", ""))
}

fn errors() -> Panel {
    timeseries("Errors", "Share of requests that the server failed (5xx).")
        .unit("percentunit")
        .min(0.0)
        .legend_table()
        .q("seamark:http_errors:ratio_rate5m{job=~\"$job\"}", "{{job}}")
        .whole_job("recorded for each job")
        .limit_all("http_error_ratio")
}

fn latency() -> Panel {
    timeseries(
        "Response time",
        "Half of the requests are faster than the first line, all but one in 20 faster than the second.",
    )
    .unit("s")
    .min(0.0)
    .legend_table()
    .q("seamark:http_latency:p50_5m{job=~\"$job\"}", "half {{job}}")
    .q("seamark:http_latency:p95_5m{job=~\"$job\"}", "95 % {{job}}")
    .whole_job("recorded for each job")
    .limit_all("http_latency_seconds")
}

fn distribution() -> Panel {
    heatmap("Response time, spread", "How many requests took how long: two bands are two kinds of requests.", "s")
        .buckets(&app::buckets("le"))
}
