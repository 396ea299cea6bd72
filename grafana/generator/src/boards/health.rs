//! Do services answer: the containers' own checks, and probes from outside.

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new("seamark-health", "Health and probes", "The containers' own checks, and what probes from outside see.")
        .variables(variable::targets("up"))
        .variables(vec![
            variable::label("name", "Container", "label_values(seamark_container_health_status{$S}, name)"),
            variable::label("probe", "Probe", "label_values(probe_success{$S}, probe)"),
        ])
        .marks(exits("$S, name=~\"$name\""))
        .marks(vec![decor::alerts("instance=~\"$instance\"")])
        .row("Now", vec![line(4, figures()), line(9, vec![probe_table()])])
        .row("Probes", vec![line(8, vec![probe_history()]), line(8, vec![durations(), phases()])])
        .row("Health checks of containers", vec![line(9, vec![checks()]), line(8, vec![health_history(), streaks()])])
        .folded("Availability and certificates", vec![line(8, vec![availability(), flapping(), certificates()])])
}

const PROBE: &str = "$S, probe=~\"$probe\"";

fn figures() -> Vec<Panel> {
    let count = |title, text, expr: &str| stat(title, text).unit("none").filled().now(expr, "");
    vec![
        count(
            "Probes that succeed",
            "Services that answer as they should.",
            &format!("count(probe_success{{{PROBE}}} == 1) or vector(0)"),
        )
        .steps(look::plain()),
        count(
            "Probes that fail",
            "Services that do not.",
            &format!("count(probe_success{{{PROBE}}} == 0) or vector(0)"),
        )
        .steps(none_is_good()),
        count(
            "Healthy containers",
            "Whose own check succeeds.",
            "sum(seamark_container_health_status{$C, status=\"healthy\"}) or vector(0)",
        )
        .steps(look::plain()),
        count(
            "Unhealthy containers",
            "Whose own check fails.",
            "sum(seamark_container_health_status{$C, status=\"unhealthy\"}) or vector(0)",
        )
        .steps(none_is_good()),
        count(
            "Containers without a check",
            "Docker cannot tell whether these work.",
            "sum(seamark_container_health_status{$C, status=\"none\"}) or vector(0)",
        )
        .steps(look::steps(look::MUTED, &[])),
        stat("Next certificate expires in", "Of all probed services.")
            .unit("s")
            .decimals(0)
            .steps(falling(3.0 * 86400.0, 14.0 * 86400.0))
            .empty("no TLS")
            .now(&format!("min(probe_ssl_earliest_cert_expiry{{{PROBE}}}) - time()"), ""),
    ]
}

fn probe_table() -> Panel {
    let by = "instance, probe, target, probe_group, service";
    let max = |expr: String| format!("max by ({by}) ({expr})");
    table(
        "Probes",
        "What each probe found last.",
        vec![
            label("probe", "Probe"),
            label("probe_group", "Group"),
            label("target", "Target"),
            label("instance", "From"),
            value("Result", "none", &max(format!("probe_success{{{PROBE}}}"))).width(90).words(up_down()),
            value("HTTP", "none", &max(format!("probe_http_status_code{{{PROBE}}} > 0")))
                .width(80)
                .colored(look::GOOD, &[(300.0, look::INFO), (400.0, look::WARN), (500.0, look::BAD)]),
            value("Took", "s", &max(format!("probe_duration_seconds{{{PROBE}}}"))),
            value("Failed in a row", "none", &max(format!("seamark_probe_consecutive_failures{{{PROBE}}}")))
                .colored(look::GOOD, &[(1.0, look::BAD)]),
            value("Last run", "s", &max(format!("time() - seamark_probe_last_run_timestamp_seconds{{{PROBE}}}")))
                .decimals(0),
            value("Certificate", "s", &max(format!("probe_ssl_earliest_cert_expiry{{{PROBE}}} - time()")))
                .decimals(0)
                .colored(look::BAD, &[(259_200.0, look::WARN), (1_209_600.0, look::GOOD)]),
            value("Available", "percentunit", &max(format!("avg_over_time(probe_success{{{PROBE}}}[$__range])")))
                .decimals(2)
                .colored(look::BAD, &[(0.99, look::WARN), (0.999, look::GOOD)]),
        ],
        ("Result", false),
    )
    .empty("no probes are configured")
}

fn probe_history() -> Panel {
    status_history("Probes over time", "A cell is down if a probe failed at any time within it.")
        .unit("none")
        .words(up_down())
        .min(0.0)
        .max(1.0)
        .q(&format!("min by (probe) (min_over_time(probe_success{{{PROBE}}}[$__interval]))"), "{{probe}}")
}

fn durations() -> Panel {
    timeseries("Duration", "From the first packet to the end of the answer.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(&format!("probe_duration_seconds{{{PROBE}}}"), "{{probe}} from {{instance}}")
        .limit_all("http_latency_seconds")
}

fn phases() -> Panel {
    timeseries(
        "Duration of HTTP probes by phase",
        "Finding the address, connecting, TLS, waiting for the answer, reading it: which of them is slow?",
    )
    .unit("s")
    .min(0.0)
    .stacked()
    .legend_table()
    .q(&format!("avg by (phase) (probe_http_duration_seconds{{{PROBE}}})"), "{{phase}}")
    .colors(&[
        ("resolve", look::MUTED),
        ("connect", look::INFO),
        ("tls", look::OTHER),
        ("processing", look::WARN),
        ("transfer", look::GOOD),
    ])
}

fn checks() -> Panel {
    let by = "instance, name";
    let max = |expr: &str| format!("max by ({by}) ({expr})");
    table(
        "Health checks",
        "A check that takes nearly as long as its timeout fails as soon as the host is busy.",
        vec![
            label("name", "Container")
                .link("Container", &to("seamark-container", "var-name=${__data.fields.Container}&var-instance=${__data.fields.Host}")),
            label("instance", "Host"),
            value("Health", "none", &state::container_health(by)).words(state::health_words()),
            value("Failed in a row", "none", &max("seamark_container_health_failing_streak{$C}"))
                .colored(look::GOOD, &[(1.0, look::WARN), (3.0, look::BAD)]),
            value("Took", "s", &max("seamark_container_health_check_duration_seconds{$C}")),
            value("of timeout", "percentunit", &max("seamark_container_health_check_duration_seconds{$C} / seamark_container_health_check_timeout_seconds{$C}"))
                .decimals(0)
                .gauge(0.5, 0.8),
            value("Timeout", "s", &max("seamark_container_health_check_timeout_seconds{$C}")),
            value("Interval", "s", &max("seamark_container_health_check_interval_seconds{$C}")),
            value("Last check", "s", &max("time() - seamark_container_health_last_check_timestamp_seconds{$C}")).decimals(0),
        ],
        ("Failed in a row", true),
    )
}

fn health_history() -> Panel {
    state_timeline("Health over time", "What the containers' own checks said.")
        .unit("none")
        .words(state::health_words())
        .q(&state::container_health("instance, name"), "{{name}} {{instance}}")
}

fn streaks() -> Panel {
    timeseries("Failed checks in a row", "Rises before Docker says unhealthy.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .by_name()
        .legend_right()
        .q("seamark_container_health_failing_streak{$C} > 0", "{{name}} {{instance}}")
}

fn availability() -> Panel {
    bar_gauge("Availability, 30 days", "Share of probes that succeeded, or as long as Prometheus has known them.")
        .unit("percentunit")
        .decimals(3)
        .min(0.9)
        .max(1.0)
        .steps(falling(0.99, 0.999))
        .now(&format!("sort(avg by (probe) (avg_over_time(probe_success{{{PROBE}}}[30d])))"), "{{probe}}")
}

fn flapping() -> Panel {
    bar_gauge(
        "Changes in a day",
        "The ten probes that came and went most. One that changes all the time is worse than one that is down.",
    )
    .unit("none")
    .min(0.0)
    .steps(rising(4.0, 10.0))
    .now(&format!("sort_desc(topk(10, sum by (probe) (changes(probe_success{{{PROBE}}}[1d]))))"), "{{probe}}")
}

fn certificates() -> Panel {
    bar_gauge("Certificates, days left", "Until the first certificate of the chain expires.")
        .unit("d")
        .decimals(0)
        .min(0.0)
        .max(90.0)
        .steps(falling(3.0, 14.0))
        .now(
            &format!("sort(min by (probe) ((probe_ssl_earliest_cert_expiry{{{PROBE}}} - time()) / 86400))"),
            "{{probe}}",
        )
}
