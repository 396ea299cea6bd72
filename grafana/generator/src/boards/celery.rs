//! Celery, as celery-exporter tells of it.

use super::*;

const QUEUE: &str = "$S, queue_name=~\"$queue\"";

/// The board.
pub fn board() -> Board {
    Board::new("seamark-celery", "Celery", "Do the workers keep up, and which tasks fail or take long?")
        .variables(variable::targets_of("celery_worker_up", "celery_worker_up"))
        .variables(vec![variable::label("queue", "Queue", "label_values(celery_queue_length{$S}, queue_name)")])
        .marks(vec![decor::alerts("job=~\"$job\"")])
        .row("Now", vec![line(4, figures())])
        .row("Queues", vec![line(8, vec![backlog(), wait()]), line(8, vec![outcomes(), consumers()])])
        .row("Tasks", vec![line(10, vec![tasks()]), line(8, vec![failures(), runtime()])])
        .folded("Workers", vec![line(8, vec![workers(), active()])])
}

fn figures() -> Vec<Panel> {
    vec![
        stat("Workers up", "Workers whose heartbeat arrives.")
            .unit("none")
            .steps(look::steps(look::BAD, &[(1.0, look::GOOD)]))
            .filled()
            .now("sum(celery_worker_up{$S})", ""),
        stat("Workers lost", "Workers that were there and are not heard any more.")
            .unit("none")
            .steps(none_is_good())
            .filled()
            .now("count(celery_worker_up{$S} == 0) or vector(0)", ""),
        stat("Waiting", "Tasks in all queues chosen.")
            .unit("none")
            .steps(rising(100.0, 1000.0))
            .spark()
            .q(&format!("sum(celery_queue_length{{{QUEUE}}})"), "waiting"),
        stat("Being worked at", "Tasks that workers have in hand.")
            .unit("none")
            .steps(look::plain())
            .spark()
            .q("sum(celery_worker_tasks_active{$S})", "active"),
        stat("Done", "Tasks per second that succeeded.")
            .unit("ops")
            .steps(look::plain())
            .spark()
            .q(&format!("sum(rate(celery_task_succeeded_total{{{QUEUE}}}[$R]))"), "done"),
        stat("Failures", "Share of ended tasks that failed.")
            .unit("percentunit")
            .decimals(1)
            .steps(rising(0.02, 0.1))
            .spark()
            .q(
                &format!(
                    "sum(rate(celery_task_failed_total{{{QUEUE}}}[$R]))
                       / (sum(rate(celery_task_failed_total{{{QUEUE}}}[$R])) + sum(rate(celery_task_succeeded_total{{{QUEUE}}}[$R])) > 0)"
                ),
                "failed",
            ),
    ]
}

fn backlog() -> Panel {
    timeseries("Waiting tasks", "The length of each queue. A line that only rises: workers do not keep up.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q(&format!("celery_queue_length{{{QUEUE}}}"), "{{queue_name}}")
        .limit_all("celery_backlog")
}

fn wait() -> Panel {
    timeseries("Wait, estimated", "How long the tasks that wait now will take to be done, at the present pace.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(
            &format!(
                "sum by (queue_name) (celery_queue_length{{{QUEUE}}})
                   / (sum by (queue_name) (rate(celery_task_received_total{{{QUEUE}}}[$R])) > 0)"
            ),
            "{{queue_name}}",
        )
}

fn outcomes() -> Panel {
    let rate = |name: &str| format!("sum(rate(celery_task_{name}_total{{{QUEUE}}}[$R]))");
    timeseries("Tasks by what became of them", "Per second. `sent` above `received` for long: the queue grows.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q(&rate("sent"), "sent")
        .q(&rate("received"), "received")
        .q(&rate("succeeded"), "succeeded")
        .q(&rate("failed"), "failed")
        .q(&rate("retried"), "retried")
        .q(&rate("rejected"), "rejected")
        .q(&rate("revoked"), "revoked")
        .colors(&[
            ("sent", look::MUTED),
            ("received", look::INFO),
            ("succeeded", look::GOOD),
            ("failed", look::BAD),
            ("retried", look::WARN),
            ("rejected", look::OTHER),
            ("revoked", look::DEEP),
        ])
}

fn consumers() -> Panel {
    timeseries("Workers and processes per queue", "A queue without any is served by nobody.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q(&format!("celery_active_worker_count{{{QUEUE}}}"), "workers {{queue_name}}")
        .q(&format!("celery_active_process_count{{{QUEUE}}}"), "processes {{queue_name}}")
}

fn tasks() -> Panel {
    let by = "name, queue_name";
    let rate = |name: &str| format!("sum by ({by}) (rate({name}{{{QUEUE}}}[$R]))");
    let failed = rate("celery_task_failed_total");
    let done = rate("celery_task_succeeded_total");
    table(
        "Tasks",
        "What each kind of task costs and how often it fails.",
        vec![
            label("name", "Task"),
            label("queue_name", "Queue"),
            value("Done", "ops", &done).decimals(2),
            value("Failed", "ops", &failed).decimals(3),
            value("Share failed", "percentunit", &format!("{failed} / ({failed} + {done} > 0)"))
                .decimals(1)
                .gauge(0.02, 0.1),
            value(
                "95 % take less than",
                "s",
                &format!(
                    "histogram_quantile(0.95, sum by ({by}, le) (rate(celery_task_runtime_bucket{{{QUEUE}}}[$R])))"
                ),
            ),
            value("Time spent per second", "s", &rate("celery_task_runtime_sum")).bar(),
        ],
        ("Time spent per second", true),
    )
}

fn failures() -> Panel {
    timeseries("Failures by exception", "Failed tasks per second, by task and what was raised.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q(
            &format!("sum by (name, exception) (rate(celery_task_failed_total{{{QUEUE}}}[$R])) > 0"),
            "{{name}} {{exception}}",
        )
}

fn runtime() -> Panel {
    let quantile = |share: f64| {
        format!("histogram_quantile({share}, sum by (name, le) (rate(celery_task_runtime_bucket{{{QUEUE}}}[$R])))")
    };
    timeseries("Run time", "Half of the tasks are done sooner than the first line, 95 of 100 sooner than the second.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(&quantile(0.5), "half {{name}}")
        .q(&quantile(0.95), "95 % {{name}}")
}

fn workers() -> Panel {
    status_history("Workers", "Whose heartbeat arrived.")
        .unit("none")
        .words(up_down())
        .min(0.0)
        .max(1.0)
        .q("min by (hostname) (min_over_time(celery_worker_up{$S}[$__interval]))", "{{hostname}}")
}

fn active() -> Panel {
    timeseries("Tasks in hand", "What each worker is at.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q("sum by (hostname) (celery_worker_tasks_active{$S})", "{{hostname}}")
}
