//! Applications by rate, errors and duration, whichever library counts them.

use super::*;

const JOB: &str = "job=~\"$job\"";

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-app",
        "Applications",
        "Requests, errors and response times by route. Names of prometheus-fastapi-instrumentator, OpenTelemetry and app_*.",
    )
    .variables(variable::targets_of("seamark:http_requests:rate5m", "up"))
    .variables(vec![variable::optional("route", "Route", "label_values(seamark:http_requests:rate5m{job=~\"$job\"}, route)")])
    .marks(exits("instance=~\"$instance\""))
    .marks(vec![decor::alerts("job=~\"$job\"")])
    .row("Now", vec![line(4, figures())])
    .row("Rate and errors", vec![line(8, vec![by_route(), classes()]), line(8, vec![errors(), last_week()])])
    .row("Duration", vec![line(8, vec![quantiles(), spread()]), line(9, vec![slowest()]), line(8, vec![by_route_p95(), apdex()])])
    .folded("Size and concurrency", vec![line(8, vec![in_flight(), sizes()])])
}

/// Buckets of durations per second, with the route in a label of its own, summed by these labels.
pub fn buckets(by: &str) -> String {
    // The instrumentator has finer buckets beside these, without routes.
    let fine = "rate(http_request_duration_highr_seconds_bucket{$S}[$R])";
    let coarse = "rate(http_request_duration_seconds_bucket{$S}[$R])";
    let first = if by.contains("route") {
        routed(coarse, "handler")
    } else {
        format!("{fine} or ({coarse} unless on (job, instance) http_request_duration_highr_seconds_count{{$S}})")
    };
    format!(
        "sum by ({by}) ({first} or {} or {})",
        routed("rate(app_request_duration_seconds_bucket{$S}[$R])", "endpoint"),
        routed("rate(http_server_request_duration_seconds_bucket{$S}[$R])", "http_route"),
    )
}

fn routed(expr: &str, label: &str) -> String {
    format!("label_replace({expr}, \"route\", \"$1\", \"{label}\", \"(.+)\")")
}

fn routes(more: &str) -> String {
    format!("seamark:http_requests:rate5m{{{JOB}, route=~\"$route\"{more}}}")
}

fn per_job(panel: Panel) -> Panel {
    panel.whole_job("recorded for each job")
}

fn figures() -> Vec<Panel> {
    vec![
        per_job(
            stat("Requests", "Requests per second.")
                .unit("reqps")
                .steps(look::plain())
                .spark()
                .q(&format!("sum({})", routes("")), "requests"),
        ),
        per_job(
            stat("Errors", "Share of requests that the server failed (5xx).")
                .unit("percentunit")
                .decimals(2)
                .steps(rising(0.01, 0.1))
                .spark()
                .q(
                    &format!(
                        "(sum({}) or vector(0)) / sum({})",
                        routes(", status_class=\"5xx\""),
                        routes(", status_class!=\"\"")
                    ),
                    "errors",
                ),
        ),
        per_job(
            stat("95 % are faster than", "The slowest application of those chosen.")
                .unit("s")
                .steps(rising(0.5, 1.0))
                .spark()
                .q(&format!("max(seamark:http_latency:p95_5m{{{JOB}}})"), "95 %"),
        ),
        stat(
            "Apdex now",
            "Content with what took up to a second, half content up to four. 1 is best, below 0.85 people notice.",
        )
        .unit("none")
        .decimals(2)
        .min(0.0)
        .max(1.0)
        .steps(falling(0.7, 0.85))
        .spark()
        .q(&apdex_of(""), "apdex"),
        stat("Instances up", "Instances that answer Prometheus, and those that do not.")
            .unit("none")
            .steps(look::plain())
            .name_and_value()
            .now("count(up{$S} == 1) or vector(0)", "up")
            .now("count(up{$S} == 0) or vector(0)", "down"),
        stat("In flight now", "Requests being worked at.")
            .unit("none")
            .steps(look::plain())
            .spark()
            .q("sum(http_requests_inprogress{$S}) or sum(http_server_active_requests{$S})", "in flight"),
    ]
}

fn by_route() -> Panel {
    per_job(
        timeseries("Requests by route", "Per second, by method and route.")
            .unit("reqps")
            .min(0.0)
            .stacked()
            .legend_table()
            .q(&format!("sum by (job, method, route) ({})", routes("")), "{{method}} {{route}} ({{job}})"),
    )
}

fn classes() -> Panel {
    per_job(
        timeseries("Answers by class", "2xx went well, 4xx is the caller's fault, 5xx the server's.")
            .unit("reqps")
            .min(0.0)
            .stacked()
            .legend_table()
            .q(&format!("sum by (status_class) ({})", routes(", status_class!=\"\"")), "{{status_class}}")
            .colors(&[
                ("1xx", look::MUTED),
                ("2xx", look::GOOD),
                ("3xx", look::INFO),
                ("4xx", look::WARN),
                ("5xx", look::BAD),
            ]),
    )
}

fn errors() -> Panel {
    per_job(
        timeseries(
            "Errors by route",
            "Share of each route's requests that the server failed; routes without errors are left out.",
        )
        .unit("percentunit")
        .min(0.0)
        .legend_table()
        .q(
            &format!(
                "sum by (job, route) ({}) / sum by (job, route) ({}) > 0",
                routes(", status_class=\"5xx\""),
                routes(", status_class!=\"\"")
            ),
            "{{route}} ({{job}})",
        ),
    )
    .limit_all("http_error_ratio")
}

fn last_week() -> Panel {
    per_job(
        timeseries("Against last week", "Requests now, and at the same time a week ago.")
            .unit("reqps")
            .min(0.0)
            .q(&format!("sum by (job) ({})", routes("")), "{{job}}")
            .q(&format!("sum by (job) ({} offset 7d)", routes("")), "{{job}}, last week")
            .dashed("last week$"),
    )
}

fn quantiles() -> Panel {
    let quantile = |share: f64| format!("histogram_quantile({share}, {})", buckets("job, le"));
    timeseries(
        "Response times",
        "Half of the requests are faster than the lowest line, 95 and 99 of 100 than those above.",
    )
    .unit("s")
    .min(0.0)
    .legend_table()
    .q(&quantile(0.5), "half {{job}}")
    .q(&quantile(0.95), "95 % {{job}}")
    .q(&quantile(0.99), "99 % {{job}}")
    .limit_all("http_latency_seconds")
}

fn spread() -> Panel {
    heatmap(
        "Response times, spread",
        "How many requests took how long. Choose one job: others may have other buckets.",
        "s",
    )
    .buckets(&buckets("le"))
}

fn slowest() -> Panel {
    let by = "job, route";
    let raw = |name: &str, label: &str| routed(&format!("rate({name}{{$S}}[$R])"), label);
    let sums = format!(
        "sum by ({by}) ({} or {} or {})",
        raw("http_request_duration_seconds_sum", "handler"),
        raw("app_request_duration_seconds_sum", "endpoint"),
        raw("http_server_request_duration_seconds_sum", "http_route")
    );
    let counts = format!(
        "sum by ({by}) ({} or {} or {})",
        raw("http_request_duration_seconds_count", "handler"),
        raw("app_request_duration_seconds_count", "endpoint"),
        raw("http_server_request_duration_seconds_count", "http_route")
    );
    table(
        "Routes",
        "Where time goes: a route that is a little slow and asked for all the time costs more than a slow one that is seldom.",
        vec![
            label("job", "Application"),
            label("route", "Route"),
            value("Requests", "reqps", &counts).decimals(2),
            value("Average", "s", &format!("{sums} / ({counts} > 0)")),
            value("95 %", "s", &format!("histogram_quantile(0.95, {})", buckets("job, route, le"))),
            value("Time spent per second", "s", &sums).bar(),
        ],
        ("Time spent per second", true),
    )
}

fn by_route_p95() -> Panel {
    timeseries("95 % by route", "All but one in 20 requests of a route are faster.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(&format!("histogram_quantile(0.95, {})", buckets("job, route, le")), "{{route}} ({{job}})")
        .limit_all("http_latency_seconds")
}

fn apdex_of(by: &str) -> String {
    let share = |name: &str, tolerable: &str| {
        let rate = |more: &str| format!("sum{by} (rate({name}_bucket{{$S, le=~\"{more}\"}}[$R]))");
        format!("({} + {}) / 2 / {}", rate("1|1.0"), rate(tolerable), rate("\\\\+Inf"))
    };
    format!(
        "{} or {} or {}",
        share("http_request_duration_highr_seconds", "4|4.0"),
        share("http_request_duration_seconds", "5|5.0"),
        share("http_server_request_duration_seconds", "5|5.0"),
    )
}

fn apdex() -> Panel {
    timeseries(
        "Apdex",
        "Content up to a second, half content up to four (five where the buckets have no four), else not.",
    )
    .unit("none")
    .decimals(2)
    .min(0.0)
    .max(1.0)
    .legend_table()
    .q(&apdex_of(" by (job)"), "{{job}}")
}

fn in_flight() -> Panel {
    timeseries("In flight", "Requests being worked at: rises when what is behind an application is slow.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q("sum by (job, instance) (http_requests_inprogress{$S})", "{{job}} {{instance}}")
        .q("sum by (job, instance) (http_server_active_requests{$S})", "{{job}} {{instance}}")
}

fn sizes() -> Panel {
    let average = |name: &str| {
        format!("sum by (job) (rate({name}_sum{{$S}}[$R])) / (sum by (job) (rate({name}_count{{$S}}[$R])) > 0)")
    };
    timeseries("Size of requests and answers", "On average, without headers.")
        .unit("bytes")
        .min(0.0)
        .legend_table()
        .q(&average("http_request_size_bytes"), "requests {{job}}")
        .q(&average("http_response_size_bytes"), "answers {{job}}")
}
