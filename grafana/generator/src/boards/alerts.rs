//! Alerts, and whether people hear of them.

use super::*;

const ANY: &str = "alerts have whatever labels their rule leaves";
const TOLD: &str = "labels of the alert, not of the relay that counts it";

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-alerts",
        "Alerts and notifications",
        "What fires, and whether it arrives: from Prometheus through Alertmanager and the relay to chats.",
    )
    .variables(variable::targets("up"))
    .variables(vec![variable::label("channel", "Channel", "label_values(seamark_relay_channel_up{$S}, channel)")])
    .time("now-24h", "30s")
    .row("Firing", vec![line(4, figures()), line(9, vec![firing(), told()]), line(8, vec![history(), per_day().w(8)])])
    .row(
        "Delivery to chats",
        vec![line(4, delivery_figures()), line(8, vec![outcomes(), latency()]), line(8, vec![waiting(), channels()])],
    )
    .row("Reports", vec![line(6, vec![reports()])])
    .folded(
        "Webhooks and the relay itself",
        vec![line(8, vec![webhooks(), pace()]), line(8, vec![panel_age(), panel_updates(), bot()])],
    )
    .folded("Alertmanager", vec![line(8, vec![notifications(), failures()]), line(5, alertmanager())])
}

fn figures() -> Vec<Panel> {
    let severity = |title, severity: &str, color| {
        stat(title, "As Prometheus' rules see it, silenced ones too.")
            .unit("none")
            .steps(look::steps(look::GOOD, &[(1.0, color)]))
            .filled()
            .now(&format!("count(ALERTS{{alertstate=\"firing\", severity=\"{severity}\"}}) or vector(0)"), "")
            .everywhere(ANY)
    };
    vec![
        severity("Critical", "critical", look::BAD),
        severity("Warnings", "warning", look::WARN),
        severity("For information", "info", look::INFO),
        stat("Pending", "Conditions that hold, but not yet for long enough.")
            .unit("none")
            .steps(look::plain())
            .now("count(ALERTS{alertstate=\"pending\"}) or vector(0)", "")
            .everywhere(ANY),
        stat("Silenced", "Active alerts that a silence keeps quiet.")
            .unit("none")
            .steps(look::plain())
            .now("sum(alertmanager_alerts{$S, state=\"suppressed\"})", ""),
        stat("Watchdog", "The alert that always fires arrives at the relay: the line works.")
            .unit("none")
            .words(words(&[("0", "arrives", look::GOOD), ("1", "missing", look::BAD)]))
            .steps(none_is_good())
            .filled()
            .now("max(seamark_relay_watchdog_missing{$S})", ""),
    ]
}

fn firing() -> Panel {
    table(
        "Firing and pending",
        "By Prometheus' rules, and since when.",
        vec![
            label("severity", "Severity").width(110).words(overview::severity_words()),
            label("alertname", "Alert"),
            label("instance", "Host"),
            label("name", "Name"),
            value(
                "State",
                "none",
                "max by (severity, alertname, instance, name) (
                     (ALERTS{alertname!=\"Watchdog\", alertstate=\"firing\"} * 2) or ALERTS{alertname!=\"Watchdog\", alertstate=\"pending\"})",
            )
            .width(90)
            .words(words(&[("1", "pending", look::MUTED), ("2", "firing", look::BAD)])),
            value(
                "For",
                "s",
                "max by (severity, alertname, instance, name) (
                     time() - ALERTS_FOR_STATE{alertname!=\"Watchdog\"}
                       and ignoring (alertstate) ALERTS{alertname!=\"Watchdog\"})",
            )
            .width(110)
            .decimals(0),
        ],
        ("For", false),
    )
    .empty("nothing fires")
    .everywhere(ANY)
}

fn told() -> Panel {
    table(
        "What people have been told",
        "As far as the relay was notified, what exporters push on a crash included, and not yet resolved.",
        vec![
            label("severity", "Severity").width(110).words(overview::severity_words()),
            label("alertname", "Alert"),
            // Prometheus keeps `instance` for the relay itself.
            label("exported_instance", "Host"),
            value(
                "Alerts",
                "none",
                "max by (severity, alertname, exported_instance) (seamark_relay_alerts_firing > 0)",
            )
            .width(90),
        ],
        ("Severity", false),
    )
    .empty("nothing")
    .everywhere(TOLD)
}

fn history() -> Panel {
    state_timeline("When what fired", "One row for each alert by rule, whatever it was about.")
        .unit("none")
        .words(words(&[("1", "firing", look::WARN), ("2", "firing, critical", look::BAD)]))
        .q(
            "max by (alertname) (
               (ALERTS{alertstate=\"firing\", severity=\"critical\"} * 2) or ALERTS{alertstate=\"firing\", severity!~\"critical|none\"})",
            "{{alertname}}",
        )
        .everywhere(ANY)
}

fn per_day() -> Panel {
    bar_gauge("Noisiest alerts", "How often an alert began to be told in the time shown, estimated by changes of its count. One that comes every day wants another limit, or a repair.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .steps(look::plain())
        .now("sort_desc(topk(12, round(sum by (alertname) (changes(seamark_relay_alerts_firing[$__range]))) > 0))", "{{alertname}}")
        .everywhere(TOLD)
}

const CHANNEL: &str = "$S, channel=~\"$channel\"";

fn delivery_figures() -> Vec<Panel> {
    vec![
        stat("Delivered", "Messages that chats have taken in the time shown.")
            .unit("none")
            .decimals(0)
            .steps(look::plain())
            .now(&format!("sum(increase(seamark_relay_deliveries_total{{{CHANNEL}, result=\"delivered\"}}[$__range]))"), ""),
        stat("Given up", "Messages that a chat would not take; the relay keeps them, `seamark-relay dead-letters` lists them.")
            .unit("none")
            .decimals(0)
            .steps(none_is_good())
            .now(&format!("sum(increase(seamark_relay_dead_letters_total{{{CHANNEL}}}[$__range]))"), ""),
        stat("Waiting", "Messages that have not been taken yet.")
            .unit("none")
            .steps(rising(10.0, 100.0))
            .spark()
            .q(&format!("sum(seamark_relay_outbox_pending{{{CHANNEL}}})"), "waiting"),
        stat("Oldest waits for", "How late the oldest waiting message is.")
            .unit("s")
            .decimals(0)
            .steps(rising(60.0, 300.0))
            .spark()
            .q(&format!("max(seamark_relay_outbox_oldest_age_seconds{{{CHANNEL}}})"), "oldest"),
        stat("95 % arrive within", "From the webhook to the chat's answer, in the last hour.")
            .unit("s")
            .steps(rising(2.0, 60.0))
            .now(
                &format!("histogram_quantile(0.95, sum by (le) (increase(seamark_relay_delivery_latency_seconds_bucket{{{CHANNEL}}}[1h])))"),
                "",
            ),
        stat("Channels up", "Channels whose destination exists and lets us in, and those where it does not.")
            .unit("none")
            .steps(look::plain())
            .name_and_value()
            .now(&format!("count(seamark_relay_channel_up{{{CHANNEL}}} == 1) or vector(0)"), "up")
            .now(&format!("count(seamark_relay_channel_up{{{CHANNEL}}} == 0) or vector(0)"), "down"),
    ]
}

fn outcomes() -> Panel {
    timeseries(
        "What became of messages",
        "Merged ones (coalesced) were told together with others; retried ones wait for another attempt.",
    )
    .unit("none")
    .decimals(0)
    .min(0.0)
    .bars()
    .legend_table()
    .q(
        &format!("sum by (channel, result) ({}) > 0", counted(&format!("seamark_relay_deliveries_total{{{CHANNEL}}}"))),
        "{{channel}} {{result}}",
    )
}

fn latency() -> Panel {
    heatmap(
        "Time until a chat has it",
        "From the webhook's arrival until the chat took the message. Two seconds is the promise.",
        "s",
    )
    .buckets(&format!("sum by (le) (increase(seamark_relay_delivery_latency_seconds_bucket{{{CHANNEL}}}[$R]))"))
}

fn waiting() -> Panel {
    timeseries(
        "Waiting messages",
        "How many wait in each channel, and how long the oldest has. A chat that is slow or down, and nothing is lost.",
    )
    .unit("none")
    .min(0.0)
    .legend_table()
    .q(&format!("seamark_relay_outbox_pending{{{CHANNEL}}}"), "{{channel}}")
    .q(&format!("seamark_relay_outbox_oldest_age_seconds{{{CHANNEL}}}"), "oldest in {{channel}}")
    .right("^oldest", "s")
}

fn channels() -> Panel {
    let by = "instance, channel";
    let sum = |name: &str, more: &str| format!("sum by ({by}) (increase({name}{{{CHANNEL}{more}}}[$__range]))");
    table(
        "Channels",
        "Each chat in the time shown.",
        vec![
            label("channel", "Channel"),
            value("Lets us in", "none", &format!("min by ({by}) (seamark_relay_channel_up{{{CHANNEL}}})"))
                .words(yes_no()),
            value("Delivered", "none", &sum("seamark_relay_deliveries_total", ", result=\"delivered\"")).decimals(0),
            value("Retried", "none", &sum("seamark_relay_deliveries_total", ", result=\"retried\""))
                .decimals(0)
                .colored(look::GOOD, &[(1.0, look::WARN)]),
            value("Given up", "none", &sum("seamark_relay_dead_letters_total", ""))
                .decimals(0)
                .colored(look::GOOD, &[(1.0, look::BAD)]),
            value("Slowed down", "none", &sum("seamark_relay_rate_limited_total", "")).decimals(0),
            value("Template errors", "none", &sum("seamark_relay_template_errors_total", ""))
                .decimals(0)
                .colored(look::GOOD, &[(1.0, look::WARN)]),
        ],
        ("Delivered", true),
    )
}

fn reports() -> Panel {
    let by = "report";
    let runs = |results: &str| {
        format!("sum by ({by}) (increase(seamark_report_runs_total{{$S, result=~\"{results}\"}}[$__range]))")
    };
    table(
        "Reports",
        "When each was due, when it is due next, and what became of it in the time shown; held back are those that a silence keeps quiet.",
        vec![
            label("report", "Report"),
            value(
                "Last due",
                "dateTimeFromNow",
                &format!("max by ({by}) (seamark_report_last_due_timestamp_seconds{{$S}} > 0) * 1000"),
            ),
            value(
                "Next due",
                "dateTimeAsIso",
                &format!("max by ({by}) (seamark_report_next_due_timestamp_seconds{{$S}} > 0) * 1000"),
            ),
            value("Owed", "none", &format!("max by ({by}) (seamark_report_pending{{$S}})"))
                .words(words(&[("0", "no", look::GOOD), ("1", "yes", look::WARN)])),
            value("Sent", "none", &runs("ok|self")).decimals(0),
            value("Held back", "none", &runs("suppressed")).decimals(0),
            value("Failed", "none", &runs("error"))
            .decimals(0)
            .colored(look::GOOD, &[(1.0, look::BAD)]),
            value("Missed", "none", &format!("sum by ({by}) (increase(seamark_report_missed_total{{$S}}[$__range]))"))
                .decimals(0)
                .colored(look::GOOD, &[(1.0, look::BAD)]),
            value("Took", "s", &format!("max by ({by}) (seamark_report_duration_seconds{{$S}})")),
        ],
        ("Next due", false),
    )
    .empty("relay.yml names no reports")
}

fn webhooks() -> Panel {
    timeseries(
        "Webhooks by answer",
        "200: stored. 401: wrong token. 503: the store did not take it, and Alertmanager tries again.",
    )
    .unit("reqps")
    .min(0.0)
    .q("sum by (code) (rate(seamark_relay_webhook_requests_total{$S}[$R])) > 0", "{{code}}")
    .q("sum(rate(seamark_relay_webhook_duplicates_total{$S}[$R])) > 0", "repeats")
    .q("sum(rate(seamark_relay_auth_failures_total{$S}[$R])) > 0", "wrong token")
    .q("sum(rate(seamark_relay_unknown_channel_total{$S}[$R])) > 0", "unknown channel")
}

fn pace() -> Panel {
    timeseries("Slowed down by chats", "Answers by which a chat asked for a slower pace.")
        .unit("ops")
        .min(0.0)
        .q(&format!("rate(seamark_relay_rate_limited_total{{{CHANNEL}}}[$R])"), "{{channel}}")
}

fn panel_age() -> Panel {
    timeseries("Age of status panels", "Since a panel was last brought up to date, and how often it should be.")
        .unit("s")
        .min(0.0)
        .q(&format!("time() - (seamark_relay_panel_last_update_timestamp_seconds{{{CHANNEL}}} > 0)"), "{{channel}}")
        .q(&format!("seamark_relay_panel_interval_seconds{{{CHANNEL}}}"), "interval {{channel}}")
        .dashed("^interval")
}

fn panel_updates() -> Panel {
    timeseries("Looks at status panels", "What came of each: an unchanged panel is not sent again.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .bars()
        .q(
            &format!(
                "sum by (channel, result) ({}) > 0",
                counted(&format!("seamark_relay_panel_updates_total{{{CHANNEL}}}"))
            ),
            "{{channel}} {{result}}",
        )
}

fn bot() -> Panel {
    timeseries("What people ask the bot", "Commands by what came of them, and whether the bot hears people at all.")
        .unit("none")
        .decimals(0)
        .min(0.0)
        .bars()
        .q(&format!("sum by (result) ({}) > 0", counted("seamark_relay_bot_updates_total{$S}")), "{{result}}")
        .q("min(seamark_relay_bot_up{$S})", "hears people")
        .matching(
            "^hears",
            &[
                ("custom.drawStyle", serde_json::json!("line")),
                ("custom.fillOpacity", serde_json::json!(0)),
                ("custom.lineWidth", serde_json::json!(2)),
                ("custom.stacking", serde_json::json!({"group": "B", "mode": "none"})),
            ],
        )
}

fn notifications() -> Panel {
    timeseries("Notifications of Alertmanager", "Sent, by kind of receiver; the relay is a webhook.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q("sum by (integration) (rate(alertmanager_notifications_total{$S}[$R])) > 0", "{{integration}}")
}

fn failures() -> Panel {
    timeseries("Failures by reason", "Notifications that a receiver did not take; Alertmanager tries again.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q(
            "sum by (integration, reason) (rate(alertmanager_notifications_failed_total{$S}[$R])) > 0",
            "{{integration}} {{reason}}",
        )
}

fn alertmanager() -> Vec<Panel> {
    vec![
        stat("Active alerts", "As Alertmanager holds them.")
            .unit("none")
            .steps(look::plain())
            .now("sum(alertmanager_alerts{$S, state=\"active\"})", ""),
        stat("Silences", "In force right now.")
            .unit("none")
            .steps(look::plain())
            .now("max(alertmanager_silences{$S, state=\"active\"})", ""),
        stat("Alertmanagers", "Members of the cluster; without a cluster, those that answer.")
            .unit("none")
            .steps(look::plain())
            .now("max(alertmanager_cluster_members{$S}) or count(up{$S, job=\"alertmanager\"} == 1)", ""),
        stat("Alerts refused", "That Alertmanager could not read, in the time shown.")
            .unit("none")
            .decimals(0)
            .steps(none_is_good())
            .now("sum(increase(alertmanager_alerts_invalid_total{$S}[$__range]))", ""),
    ]
}
