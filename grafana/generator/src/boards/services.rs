//! Microservices: probes, the containers behind them and what they depend on.

use super::*;

const PROBE: &str = "$S, service=~\"$service\", probe_group=\"microservice\"";

/// The board.
pub fn board() -> Board {
    Board::new("seamark-services", "Microservices", "Each service: does it answer, how fast, and what it depends on.")
        .variables(variable::targets("up"))
        .variables(vec![variable::label(
            "service",
            "Service",
            "label_values(probe_success{$S, probe_group=\"microservice\"}, service)",
        )])
        .link(link("Probes", "seamark-health"))
        .link(link("Applications", "seamark-app"))
        .marks(exits("instance=~\"$instance\""))
        .marks(vec![decor::alerts("service=~\"$service\"")])
        .row("Now", vec![line(8, vec![grid().w(16), replicas()]), line(10, vec![list()])])
        .row("Speed and errors", vec![line(8, vec![duration(), errors()])])
        .row("Their containers", vec![line(8, vec![cpu(), memory(), restarts()])])
        .row("What they depend on", vec![line(8, vec![dependencies(), databases().w(8)])])
}

fn grid() -> Panel {
    status_history("Services over time", "A cell is down if any replica failed at any time within it.")
        .unit("none")
        .words(up_down())
        .min(0.0)
        .max(1.0)
        .q(&format!("min by (service) (min_over_time(probe_success{{{PROBE}}}[$__interval]))"), "{{service}}")
}

fn replicas() -> Panel {
    bar_gauge(
        "Replicas that answer",
        "Share of a service's probes that succeed. Between: it works, but has lost something.",
    )
    .unit("percentunit")
    .decimals(0)
    .min(0.0)
    .max(1.0)
    .steps(look::steps(look::BAD, &[(0.01, look::WARN), (1.0, look::GOOD)]))
    .now(&format!("sort(avg by (service) (probe_success{{{PROBE}}}))"), "{{service}}")
}

fn list() -> Panel {
    let by = "service";
    let available = |range: &str| format!("avg by ({by}) (avg_over_time(probe_success{{{PROBE}}}[{range}]))");
    let share = |column: crate::table::Column| {
        column.decimals(3).colored(look::BAD, &[(0.99, look::WARN), (0.999, look::GOOD)])
    };
    table(
        "Services",
        "Availability is the share of probes that succeeded; 0.999 is 43 minutes a month.",
        vec![
            label("service", "Service"),
            value("Now", "none", &format!("min by ({by}) (probe_success{{{PROBE}}})")).width(90).words(up_down()),
            value("Replicas", "none", &format!("count by ({by}) (probe_success{{{PROBE}}})")),
            share(value("1 day", "percentunit", &available("1d"))),
            share(value("7 days", "percentunit", &available("7d"))),
            share(value("30 days", "percentunit", &available("30d"))),
            value("Probe takes", "s", &format!("max by ({by}) (probe_duration_seconds{{{PROBE}}})")),
            value("Failed in a row", "none", &format!("max by ({by}) (seamark_probe_consecutive_failures{{{PROBE}}})"))
                .colored(look::GOOD, &[(1.0, look::BAD)]),
            value("Changes in a day", "none", &format!("sum by ({by}) (changes(probe_success{{{PROBE}}}[1d]))"))
                .colored(look::GOOD, &[(4.0, look::WARN)]),
        ],
        ("Now", false),
    )
    .empty("no probe has `group: microservice`")
}

fn duration() -> Panel {
    timeseries("Probe takes", "The slowest replica of each service.")
        .unit("s")
        .min(0.0)
        .by_name()
        .legend_table()
        .q(&format!("max by (service) (probe_duration_seconds{{{PROBE}}})"), "{{service}}")
        .limit_all("http_latency_seconds")
}

fn errors() -> Panel {
    timeseries("Errors of applications", "Share of real requests that failed (5xx), for each job that counts them.")
        .unit("percentunit")
        .min(0.0)
        .legend_table()
        .q("seamark:http_errors:ratio_rate5m{job=~\"$job\"}", "{{job}}")
        .whole_job("recorded for each job")
        .limit_all("http_error_ratio")
}

/// A figure of containers by the service of Compose that they belong to.
fn by_service(expr: &str) -> String {
    format!(
        "sum by (compose_project, compose_service) (({expr}) * on (job, instance, id) group_left (compose_project, compose_service)
           seamark_container_info{{$S, compose_service!=\"\"}})"
    )
}

fn cpu() -> Panel {
    timeseries("CPU", "Cores, by service of Compose.")
        .unit("none")
        .min(0.0)
        .by_name()
        .q(&by_service("seamark:container_cpu_used:cores{$S}"), "{{compose_service}}")
}

fn memory() -> Panel {
    timeseries("Memory", "Working set, by service of Compose.")
        .unit("bytes")
        .min(0.0)
        .by_name()
        .q(&by_service("container_memory_working_set_bytes{$S}"), "{{compose_service}}")
}

fn restarts() -> Panel {
    bar_gauge("Restarts in the time shown", "By restart policies; services without are left out.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .steps(rising(1.0, 3.0))
        .empty("none")
        .now(
            &format!(
                "sort_desc(round({}) > 0)",
                by_service("increase(seamark_container_restarts_total{$S}[$__range])")
            ),
            "{{compose_service}}",
        )
}

fn dependencies() -> Panel {
    status_history("Other probes", "Databases, caches and foreign services that are probed.")
        .unit("none")
        .words(up_down())
        .min(0.0)
        .max(1.0)
        .q("min by (probe) (min_over_time(probe_success{$S, probe_group!=\"microservice\"}[$__interval]))", "{{probe}}")
}

fn databases() -> Panel {
    stat("Databases, seen by their exporters", "PostgreSQL, Redis, MySQL, MongoDB.")
        .unit("none")
        .words(up_down())
        .steps(falling(1.0, 1.0))
        .name_and_value()
        .now("min by (instance) (pg_up{$S})", "PostgreSQL {{instance}}")
        .now("min by (instance) (redis_up{$S})", "Redis {{instance}}")
        .now("min by (instance) (mysql_up{$S})", "MySQL {{instance}}")
        .now("min by (instance) (mongodb_up{$S})", "MongoDB {{instance}}")
}
