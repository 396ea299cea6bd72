//! Nginx, as nginx-prometheus-exporter tells of it; with a log exporter also what was answered.

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new("seamark-nginx", "Nginx", "Requests and connections of the proxy, and whether it drops any.")
        .variables(variable::targets("nginx_up"))
        .marks(vec![decor::alerts("job=~\"$job\", instance=~\"$instance\"")])
        .row("Now", vec![line(4, figures())])
        .row(
            "Requests and connections",
            vec![line(9, vec![requests(), states()]), line(8, vec![accepted(), per_connection()])],
        )
        .folded(
            "Answers, from its log (prometheus-nginxlog-exporter) or the VTS module",
            vec![line(8, vec![classes(), times()]), line(8, vec![bytes()])],
        )
}

fn figures() -> Vec<Panel> {
    vec![
        stat("Up", "Whether the exporter reaches nginx.")
            .unit("none")
            .words(up_down())
            .steps(falling(1.0, 1.0))
            .filled()
            .now("nginx_up{$S}", "{{instance}}"),
        stat("Requests now", "Per second.")
            .unit("reqps")
            .steps(look::plain())
            .spark()
            .q("sum(rate(nginx_http_requests_total{$S}[$R]))", "requests"),
        stat("Connections", "Open right now, idle ones too.")
            .unit("none")
            .steps(look::plain())
            .spark()
            .q("sum(nginx_connections_active{$S})", "connections"),
        stat("Dropped", "Connections in the time shown that were accepted and not handled: `worker_connections` is too small.")
            .unit("none")
            .decimals(0)
            .steps(none_is_good())
            .now("sum(increase(nginx_connections_accepted{$S}[$__range]) - increase(nginx_connections_handled{$S}[$__range]))", ""),
    ]
}

fn requests() -> Panel {
    timeseries("Requests", "Per second, and the same time yesterday.")
        .unit("reqps")
        .min(0.0)
        .legend_table()
        .q("rate(nginx_http_requests_total{$S}[$R])", "{{instance}}")
        .q("rate(nginx_http_requests_total{$S}[$R] offset 1d)", "{{instance}}, yesterday")
        .dashed("yesterday$")
}

fn states() -> Panel {
    timeseries(
        "Connections by state",
        "Reading a request, writing an answer, or waiting for the next request. Many writing: what is behind is slow.",
    )
    .unit("none")
    .min(0.0)
    .stacked()
    .legend_table()
    .q("sum(nginx_connections_reading{$S})", "reading")
    .q("sum(nginx_connections_writing{$S})", "writing")
    .q("sum(nginx_connections_waiting{$S})", "waiting")
    .colors(&[("reading", look::INFO), ("writing", look::WARN), ("waiting", look::MUTED)])
}

fn accepted() -> Panel {
    timeseries("New connections", "Accepted, and those that were dropped.")
        .unit("cps")
        .min(0.0)
        .legend_table()
        .q("rate(nginx_connections_accepted{$S}[$R])", "accepted {{instance}}")
        .q("rate(nginx_connections_accepted{$S}[$R]) - rate(nginx_connections_handled{$S}[$R])", "dropped {{instance}}")
        .matching("^dropped", &[("color", serde_json::json!({"mode": "fixed", "fixedColor": look::BAD}))])
}

fn per_connection() -> Panel {
    timeseries("Requests per connection", "Near 1: clients or a balancer do not keep connections open.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q("rate(nginx_http_requests_total{$S}[$R]) / (rate(nginx_connections_handled{$S}[$R]) > 0)", "{{instance}}")
}

fn classes() -> Panel {
    timeseries("Answers by status", "Per second.")
        .unit("reqps")
        .min(0.0)
        .stacked()
        .legend_table()
        .q("sum by (status) (rate(nginx_http_response_count_total{$S}[$R]))", "{{status}}")
        .q("sum by (code) (rate(nginx_vts_server_requests_total{$S, host=\"*\", code!=\"total\"}[$R]))", "{{code}}")
}

fn times() -> Panel {
    timeseries("Response time, 95 %", "All but one in 20 requests are answered faster.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q("histogram_quantile(0.95, sum by (instance, le) (rate(nginx_http_response_time_seconds_hist_bucket{$S}[$R])))", "{{instance}}")
}

fn bytes() -> Panel {
    timeseries("Bytes", "Sent to clients; with VTS, below the axis received.")
        .unit("Bps")
        .legend_table()
        .q("sum by (instance) (rate(nginx_http_response_size_bytes{$S}[$R]))", "sent {{instance}}")
        .q(
            "sum by (instance) (rate(nginx_vts_server_bytes_total{$S, host=\"*\", direction=\"out\"}[$R]))",
            "sent {{instance}}",
        )
        .q(
            "sum by (instance) (rate(nginx_vts_server_bytes_total{$S, host=\"*\", direction=\"in\"}[$R]))",
            "received {{instance}}",
        )
        .below("^received")
}
