//! The monitoring itself: is it up, is it complete, and what does it cost?

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-meta",
        "Monitoring stack",
        "Prometheus, Alertmanager, Grafana, exporters and the relay: up, complete, and what they cost.",
    )
    .variables(variable::targets("up"))
    .link(link("Alerts", "seamark-alerts"))
    .marks(vec![decor::alerts("job=~\"$job\", instance=~\"$instance\"")])
    .row("Now", vec![line(4, figures()), line(8, vec![targets(), target_table()])])
    .row("What it costs", vec![line(8, vec![memory(), cpu()])])
    .row("Prometheus", vec![line(8, vec![ingestion(), storage()]), line(8, vec![rules(), notifications()])])
    .row("Exporters", vec![line(8, vec![scrapes(), samples()]), line(9, vec![collectors(), stale()])])
    .folded("Grafana", vec![line(7, vec![grafana_requests(), grafana_datasource()])])
}

fn figures() -> Vec<Panel> {
    vec![
        stat("Targets up", "Targets that Prometheus reaches.")
            .unit("none")
            .steps(look::plain())
            .now("count(up{$S} == 1)", ""),
        stat("Targets down", "Targets that it does not reach.")
            .unit("none")
            .steps(none_is_good())
            .filled()
            .now("count(up{$S} == 0) or vector(0)", ""),
        stat("Exporter's memory", "Resident memory of the largest exporter.")
            .unit("bytes")
            .decimals(1)
            .steps(look::plain())
            .spark()
            .q("max(process_resident_memory_bytes{$S} and on (job, instance) seamark_exporter_build_info{$S})", "exporter"),
        stat("Relay's memory", "Resident memory of the relay.")
            .unit("bytes")
            .decimals(1)
            .steps(look::plain())
            .spark()
            .q("max(process_resident_memory_bytes{$S} and on (job, instance) seamark_relay_build_info{$S})", "relay"),
        stat("Versions", "Of exporters and relay.")
            .unit("string")
            .name_only()
            .now("count by (version) (seamark_exporter_build_info{$S})", "exporter {{version}}")
            .now("count by (version) (seamark_relay_build_info{$S})", "relay {{version}}"),
        stat("Configuration", "Whether the last reload of every program succeeded.")
            .unit("none")
            .words(words(&[("1", "all loaded", look::GOOD), ("0", "refused", look::BAD)]))
            .steps(falling(1.0, 1.0))
            .now(
                "min(seamark_exporter_config_last_reload_successful{$S} or seamark_relay_config_last_reload_successful{$S}
                   or prometheus_config_last_reload_successful{$S} or alertmanager_config_last_reload_successful{$S})",
                "",
            ),
        stat("Series", "In Prometheus' memory.")
            .unit("short")
            .steps(look::plain())
            .spark()
            .q("sum(prometheus_tsdb_head_series{$S})", "series"),
        stat("Stored", "What Prometheus has stored.")
            .unit("bytes")
            .decimals(1)
            .steps(look::plain())
            .spark()
            .q("sum(prometheus_tsdb_storage_blocks_bytes{$S} + prometheus_tsdb_wal_storage_size_bytes{$S})", "stored"),
    ]
}

fn targets() -> Panel {
    status_history("Targets over time", "A cell is down if a scrape failed within it.")
        .unit("none")
        .words(up_down())
        .min(0.0)
        .max(1.0)
        .q("min by (job, instance) (min_over_time(up{$S}[$__interval]))", "{{job}} {{instance}}")
}

fn target_table() -> Panel {
    let by = "job, instance";
    let max = |expr: &str| format!("max by ({by}) ({expr})");
    table(
        "Targets",
        "How long a scrape takes and how much comes.",
        vec![
            label("job", "Job"),
            label("instance", "Instance"),
            value("Up", "none", &max("up{$S}")).width(80).words(up_down()),
            value("Scrape", "s", &max("scrape_duration_seconds{$S}")),
            value("Samples", "short", &max("scrape_samples_scraped{$S}")),
            value("New series", "short", &max("sum_over_time(scrape_series_added{$S}[1h])")),
            value("Memory", "bytes", &max("process_resident_memory_bytes{$S}")).decimals(1),
        ],
        ("Samples", true),
    )
}

fn memory() -> Panel {
    timeseries("Memory", "Resident memory of each program that tells it.")
        .unit("bytes")
        .min(0.0)
        .by_name()
        .legend_table()
        .q("process_resident_memory_bytes{$S}", "{{job}} {{instance}}")
}

fn cpu() -> Panel {
    timeseries("CPU", "Cores that each program uses; 0.01 is a hundredth of one.")
        .unit("none")
        .min(0.0)
        .by_name()
        .legend_table()
        .q("rate(process_cpu_seconds_total{$S}[$R])", "{{job}} {{instance}}")
}

fn ingestion() -> Panel {
    timeseries(
        "Samples and series",
        "Samples stored per second, and series in memory. A jump: something makes new series all the time.",
    )
    .unit("wps")
    .min(0.0)
    .legend_table()
    .q("rate(prometheus_tsdb_head_samples_appended_total{$S}[$R])", "samples {{instance}} {{type}}")
    .q("prometheus_tsdb_head_series{$S}", "series {{instance}}")
    .right("^series", "short")
}

fn storage() -> Panel {
    timeseries("On the disk", "Blocks and the log in front of them, and the limit if there is one.")
        .unit("bytes")
        .min(0.0)
        .legend_table()
        .q("prometheus_tsdb_storage_blocks_bytes{$S}", "blocks {{instance}}")
        .q("prometheus_tsdb_wal_storage_size_bytes{$S}", "log {{instance}}")
        .q("prometheus_tsdb_retention_limit_bytes{$S} > 0", "limit {{instance}}")
        .dashed("^limit")
}

fn rules() -> Panel {
    timeseries("Rules", "How long the slowest groups took last; longer than their interval, and alerts come late.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q("topk(8, max by (rule_group) (prometheus_rule_group_last_duration_seconds{$S}))", "{{rule_group}}")
        .q("sum(rate(prometheus_rule_evaluation_failures_total{$S}[$R]))", "failures per second")
        .right("^failures", "ops")
}

fn notifications() -> Panel {
    timeseries(
        "From Prometheus to Alertmanager",
        "Alerts that wait to be sent, and those that were dropped or refused.",
    )
    .unit("none")
    .min(0.0)
    .legend_table()
    .q("prometheus_notifications_queue_length{$S}", "waiting {{instance}}")
    .q("rate(prometheus_notifications_dropped_total{$S}[$R])", "dropped {{instance}}")
    .q("rate(prometheus_notifications_errors_total{$S}[$R])", "errors {{instance}} {{alertmanager}}")
    .right("^(dropped|errors)", "ops")
}

fn scrapes() -> Panel {
    timeseries("Duration of scrapes", "How long each target takes to answer.")
        .unit("s")
        .min(0.0)
        .by_name()
        .legend_table()
        .q("scrape_duration_seconds{$S}", "{{job}} {{instance}}")
}

fn samples() -> Panel {
    timeseries("Samples per scrape", "What each target tells: the cost of keeping it.")
        .unit("short")
        .min(0.0)
        .by_name()
        .legend_table()
        .q("scrape_samples_scraped{$S}", "{{job}} {{instance}}")
}

fn collectors() -> Panel {
    table(
        "Slowest collectors",
        "Collectors of exporters, by what they take of a scrape.",
        vec![
            label("collector", "Collector"),
            label("instance", "Host"),
            value("Takes", "s", "topk(25, max by (instance, collector) (node_scrape_collector_duration_seconds{$S}))")
                .bar(),
            value("Succeeded", "none", "min by (instance, collector) (node_scrape_collector_success{$S})")
                .words(words(&[("1", "yes", look::GOOD), ("0", "no, or not there", look::MUTED)])),
            value(
                "Errors",
                "none",
                "max by (instance, collector) (increase(seamark_exporter_collector_errors_total{$S}[$__range]))",
            )
            .decimals(0)
            .colored(look::GOOD, &[(1.0, look::BAD)]),
        ],
        ("Takes", true),
    )
}

fn stale() -> Panel {
    timeseries(
        "Old figures, lost alerts",
        "Collectors that could not answer in time and are told as they were, and pushed alerts that were dropped.",
    )
    .unit("s")
    .min(0.0)
    .legend_table()
    .q("seamark_exporter_collector_stale_seconds{$S} > 0", "{{collector}} {{instance}}")
    .q("rate(seamark_exporter_event_alerts_dropped_total{$S}[$R]) > 0", "dropped alerts {{instance}}")
    .right("^dropped", "ops")
}

fn grafana_requests() -> Panel {
    timeseries("Requests", "To Grafana, by status.")
        .unit("reqps")
        .min(0.0)
        .legend_table()
        .q("sum by (status_code) (rate(grafana_http_request_duration_seconds_count{$S}[$R]))", "{{status_code}}")
}

fn grafana_datasource() -> Panel {
    timeseries("Time of requests", "95 of 100 requests to Grafana are faster.").unit("s").min(0.0).legend_table().q(
        "histogram_quantile(0.95, sum by (instance, le) (rate(grafana_http_request_duration_seconds_bucket{$S}[$R])))",
        "{{instance}}",
    )
}
