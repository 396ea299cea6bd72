//! Jobs, models and foreign APIs: an example to copy, on the names that README.md beside the boards documents.

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-business",
        "AI and business (example)",
        "Jobs, inference and external APIs, by the app_* convention: copy it and make it yours.",
    )
    .example()
    .variables(variable::targets_of("app_jobs_total", "app_jobs_total"))
    .link(link("Applications", "seamark-app"))
    .marks(vec![decor::alerts("job=~\"$job\"")])
    .row(
        "Jobs",
        vec![
            line(4, figures()),
            line(8, vec![jobs(), failures()]),
            line(8, vec![job_time(), job_spread()]),
            line(7, vec![queue()]),
        ],
    )
    .row("Models", vec![line(8, vec![inferences(), inference_time()]), line(7, vec![gpu(), gpu_memory()])])
    .row("External APIs", vec![line(8, vec![calls(), call_errors(), quota()])])
}

fn figures() -> Vec<Panel> {
    vec![
        stat("Jobs done", "In the time shown.")
            .unit("short")
            .decimals(0)
            .steps(look::plain())
            .now("sum(increase(app_jobs_total{$S, status!=\"failed\"}[$__range]))", ""),
        stat("Jobs failed", "In the time shown.")
            .unit("short")
            .decimals(0)
            .steps(none_is_good())
            .now("sum(increase(app_jobs_total{$S, status=\"failed\"}[$__range])) or vector(0)", ""),
        stat("Half of the jobs take less than", "Over the last hour.")
            .unit("s")
            .steps(look::plain())
            .now("histogram_quantile(0.5, sum by (le) (increase(app_job_duration_seconds_bucket{$S}[1h])))", ""),
        stat("Inferences now", "Answers of models per second.")
            .unit("ops")
            .steps(look::plain())
            .spark()
            .q("sum(rate(app_inference_duration_seconds_count{$S}[$R]))", "inferences"),
        stat("Calls to external APIs", "In the time shown.")
            .unit("short")
            .decimals(0)
            .steps(look::plain())
            .now("sum(increase(app_external_api_requests_total{$S}[$__range]))", ""),
    ]
}

fn jobs() -> Panel {
    timeseries("Jobs per minute", "By type and what became of them.")
        .unit("opm")
        .min(0.0)
        .stacked()
        .legend_table()
        .q("sum by (job_type, status) (rate(app_jobs_total{$S}[$R])) * 60", "{{job_type}} {{status}}")
}

fn failures() -> Panel {
    timeseries("Share of jobs that fail", "By type; the alert fires above a tenth.")
        .unit("percentunit").min(0.0)
        .legend_table()
        .q(
            "sum by (job_type) (rate(app_jobs_total{$S, status=\"failed\"}[$R])) / (sum by (job_type) (rate(app_jobs_total{$S}[$R])) > 0)",
            "{{job_type}}",
        )
}

fn job_time() -> Panel {
    let quantile = |share: f64| {
        format!("histogram_quantile({share}, sum by (job_type, le) (rate(app_job_duration_seconds_bucket{{$S}}[$R])))")
    };
    timeseries("How long jobs take", "Half of them less than the first line, 95 of 100 less than the second.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(&quantile(0.5), "half {{job_type}}")
        .q(&quantile(0.95), "95 % {{job_type}}")
}

fn job_spread() -> Panel {
    heatmap("How long jobs take, spread", "How many jobs took how long.", "s")
        .buckets("sum by (le) (rate(app_job_duration_seconds_bucket{$S}[$R]))")
}

fn queue() -> Panel {
    timeseries("Oldest waiting job", "How long the job at the head of each queue has waited.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q("max by (queue) (app_queue_oldest_age_seconds{$S})", "{{queue}}")
}

fn inferences() -> Panel {
    timeseries("Inferences", "Answers per second, by model.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q("sum by (model) (rate(app_inference_duration_seconds_count{$S}[$R]))", "{{model}}")
}

fn inference_time() -> Panel {
    timeseries("Time of an inference, 95 %", "All but one in 20 are faster, by model.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(
            "histogram_quantile(0.95, sum by (model, le) (rate(app_inference_duration_seconds_bucket{$S}[$R])))",
            "{{model}}",
        )
}

const GPU: &str = "GPUs are told of by DCGM's exporter, which is another job";

fn gpu() -> Panel {
    timeseries("GPU in use", "Share of time in which a kernel ran, by dcgm-exporter.")
        .unit("percent")
        .min(0.0)
        .max(100.0)
        .legend_table()
        .q("DCGM_FI_DEV_GPU_UTIL", "{{Hostname}} {{gpu}}")
        .everywhere(GPU)
}

fn gpu_memory() -> Panel {
    timeseries("GPU memory in use", "By dcgm-exporter, which tells it in MiB.")
        .unit("mbytes")
        .min(0.0)
        .legend_table()
        .q("DCGM_FI_DEV_FB_USED", "{{Hostname}} {{gpu}}")
        .everywhere(GPU)
}

fn calls() -> Panel {
    timeseries("Calls", "Per second, by provider and status.")
        .unit("reqps")
        .min(0.0)
        .stacked()
        .q("sum by (provider, status) (rate(app_external_api_requests_total{$S}[$R]))", "{{provider}} {{status}}")
}

fn call_errors() -> Panel {
    timeseries("Share of calls that fail", "By provider; the alert fires above a fifth.")
        .unit("percentunit")
        .min(0.0)
        .q(
            "sum by (provider) (rate(app_external_api_requests_total{$S, status=~\"error|4..|5..\"}[$R]))
               / (sum by (provider) (rate(app_external_api_requests_total{$S}[$R])) > 0)",
            "{{provider}}",
        )
}

fn quota() -> Panel {
    bar_gauge("Quota left", "Calls that each provider still allows.")
        .unit("short")
        .min(0.0)
        .steps(falling(10.0, 100.0))
        .now("sort(min by (provider) (app_external_api_quota_remaining{$S}))", "{{provider}}")
}
