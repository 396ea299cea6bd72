//! PostgreSQL, as postgres_exporter tells of it.

use super::*;

const DB: &str = "$S, datname=~\"$datname\"";

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-postgres",
        "PostgreSQL",
        "Connections, transactions, cache, locks, sizes and the slowest statements.",
    )
    .variables(variable::targets("pg_up"))
    .variables(vec![variable::label(
        "datname",
        "Database",
        "label_values(pg_stat_database_numbackends{$S, datname!~\"template.*|\"}, datname)",
    )])
    .marks(vec![decor::alerts("job=~\"$job\", instance=~\"$instance\"")])
    .row("Now", vec![line(4, figures())])
    .row(
        "Connections and transactions",
        vec![line(8, vec![connections(), usage()]), line(8, vec![transactions(), rows()])],
    )
    .row(
        "Cache, locks, long transactions",
        vec![line(8, vec![cache(), longest()]), line(8, vec![locks(), conflicts()])],
    )
    .row("Size", vec![line(8, vec![size(), wal()])])
    .folded("Statements (pg_stat_statements)", vec![line(10, vec![statements()])])
    .folded("Vacuum, checkpoints, replication", vec![line(9, vec![tables()]), line(8, vec![checkpoints(), lag()])])
}

fn figures() -> Vec<Panel> {
    vec![
        stat("Up", "Whether the exporter reaches the server.")
            .unit("none")
            .words(up_down())
            .steps(falling(1.0, 1.0))
            .filled()
            .now("pg_up{$S}", "{{instance}}"),
        stat("Version", "Of the server.").unit("string").name_only().now("pg_static{$S}", "{{short_version}}"),
        stat("Uptime", "Since the server was started.")
            .unit("s")
            .decimals(0)
            .steps(look::plain())
            .now("time() - pg_postmaster_start_time_seconds{$S}", "{{instance}}"),
        stat("Connections", "Share of `max_connections` that is taken.")
            .unit("percentunit")
            .decimals(0)
            .steps(rising(0.7, 0.8))
            .spark()
            .q("seamark:pg_connections_used:ratio{$S}", "{{instance}}"),
        stat("From the cache", "Share of blocks that were read from shared buffers.")
            .unit("percentunit")
            .decimals(1)
            .steps(falling(0.9, 0.98))
            .spark()
            .q("seamark:pg_cache_hit:ratio{$S}", "{{instance}}"),
        stat("Deadlocks", "In the time shown: two transactions waited for each other, and one was ended.")
            .unit("none")
            .decimals(0)
            .steps(none_is_good())
            .now(&format!("sum(increase(pg_stat_database_deadlocks{{{DB}}}[$__range]))"), ""),
        stat("Oldest transaction", "Open right now. It keeps vacuum from cleaning up behind it.")
            .unit("s")
            .decimals(0)
            .steps(rising(60.0, 600.0))
            .now(&format!("max(pg_stat_activity_max_tx_duration{{{DB}}})"), ""),
        stat("Size", "Of all databases chosen.")
            .unit("bytes")
            .decimals(1)
            .steps(look::plain())
            .now(&format!("sum(pg_database_size_bytes{{{DB}}})"), ""),
    ]
}

fn connections() -> Panel {
    timeseries(
        "Connections by state",
        "`idle in transaction` holds locks and does nothing: a program forgot to commit.",
    )
    .unit("none")
    .min(0.0)
    .stacked()
    .legend_table()
    .q(&format!("sum by (state) (pg_stat_activity_count{{{DB}}})"), "{{state}}")
    .q("sum(pg_settings_max_connections{$S})", "most")
    .dashed("^most$")
    .colors(&[
        ("active", look::GOOD),
        ("idle", look::INFO),
        ("idle in transaction", look::WARN),
        ("idle in transaction (aborted)", look::BAD),
    ])
}

fn usage() -> Panel {
    timeseries("Connections, of the most", "What the alert compares: at 100 % new ones are refused.")
        .share()
        .legend_table()
        .q("seamark:pg_connections_used:ratio{$S}", "{{instance}}")
        .limit_all("pg_connections")
}

fn transactions() -> Panel {
    timeseries("Transactions", "Committed, and below the axis rolled back.")
        .unit("ops")
        .legend_table()
        .q(
            &format!("sum by (instance, datname) (rate(pg_stat_database_xact_commit{{{DB}}}[$R]))"),
            "committed {{datname}}",
        )
        .q(
            &format!("sum by (instance, datname) (rate(pg_stat_database_xact_rollback{{{DB}}}[$R]))"),
            "rolled back {{datname}}",
        )
        .below("^rolled back")
}

fn rows() -> Panel {
    let rate = |name: &str| format!("sum(rate(pg_stat_database_{name}{{{DB}}}[$R]))");
    timeseries(
        "Rows",
        "Fetched by index or scan, inserted, updated and deleted. Far more returned than fetched: an index is missing.",
    )
    .unit("rps")
    .min(0.0)
    .legend_table()
    .q(&rate("tup_returned"), "returned by scans")
    .q(&rate("tup_fetched"), "fetched")
    .q(&rate("tup_inserted"), "inserted")
    .q(&rate("tup_updated"), "updated")
    .q(&rate("tup_deleted"), "deleted")
    .log_scale()
}

fn cache() -> Panel {
    timeseries("Found in the cache", "Share of blocks that came from shared buffers. Steadily below 0.9: they are too small, or a scan reads it all.")
        .share()
        .legend_table()
        .q("seamark:pg_cache_hit:ratio{$S}", "{{instance}}")
}

fn longest() -> Panel {
    timeseries("Longest transaction", "The age of the oldest open transaction, by what it does.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q(&format!("max by (datname, state) (pg_stat_activity_max_tx_duration{{{DB}}}) > 0"), "{{datname}} {{state}}")
}

fn locks() -> Panel {
    timeseries("Locks", "Held, by mode. `accessexclusive` stops everybody else.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q(&format!("sum by (mode) (pg_locks_count{{{DB}}}) > 0"), "{{mode}}")
}

fn conflicts() -> Panel {
    timeseries(
        "Deadlocks, conflicts, temporary files",
        "Deadlocks and conflicts end queries; temporary files are sorts that did not fit into `work_mem`.",
    )
    .unit("ops")
    .min(0.0)
    .legend_table()
    .q(&format!("sum(rate(pg_stat_database_deadlocks{{{DB}}}[$R]))"), "deadlocks")
    .q(&format!("sum(rate(pg_stat_database_conflicts{{{DB}}}[$R]))"), "conflicts")
    .q(&format!("sum(rate(pg_stat_database_temp_bytes{{{DB}}}[$R]))"), "temporary files")
    .right("^temporary", "Bps")
}

fn size() -> Panel {
    timeseries("Size of databases", "On the disk, with indexes.")
        .unit("bytes")
        .min(0.0)
        .by_name()
        .legend_table()
        .q(&format!("pg_database_size_bytes{{{DB}}}"), "{{datname}} {{instance}}")
}

fn wal() -> Panel {
    timeseries("Write-ahead log", "Its size on the disk. It grows while a replica or an archive does not follow.")
        .unit("bytes")
        .min(0.0)
        .legend_table()
        .q("pg_wal_size_bytes{$S}", "{{instance}}")
}

fn statements() -> Panel {
    let by = "instance, datname, user, queryid";
    let sum = |name: &str| format!("sum by ({by}) (rate(pg_stat_statements_{name}{{{DB}}}[$__range]))");
    table(
        "Statements that take most time",
        "Needs the extension pg_stat_statements and the exporter's collector `stat_statements`. \
         `SELECT query FROM pg_stat_statements WHERE queryid = …` shows the text.",
        vec![
            label("queryid", "Query id"),
            label("datname", "Database"),
            label("user", "User"),
            value("Time per second", "percentunit", &format!("topk(20, {})", sum("seconds_total"))).bar(),
            value("Calls", "ops", &sum("calls_total")).decimals(2),
            value("Average", "s", &format!("{} / ({} > 0)", sum("seconds_total"), sum("calls_total"))),
            value("Rows", "rps", &sum("rows_total")).decimals(1),
        ],
        ("Time per second", true),
    )
    .empty("pg_stat_statements is not collected")
    .exempt("target-rate-interval-rule", 0, "an average over the time shown")
    .exempt("target-rate-interval-rule", 1, "an average over the time shown")
    .exempt("target-rate-interval-rule", 2, "an average over the time shown")
    .exempt("target-rate-interval-rule", 3, "an average over the time shown")
}

fn tables() -> Panel {
    let by = "instance, datname, schemaname, relname";
    table(
        "Dead rows",
        "Rows that vacuum has to clean up, and when it was there last. Many, and long ago: it cannot keep up.",
        vec![
            label("relname", "Table"),
            label("schemaname", "Schema"),
            label("datname", "Database"),
            label("instance", "Server"),
            value("Dead rows", "short", &format!("topk(25, max by ({by}) (pg_stat_user_tables_n_dead_tup{{{DB}}}))"))
                .bar(),
            value("Live rows", "short", &format!("max by ({by}) (pg_stat_user_tables_n_live_tup{{{DB}}})")),
            value(
                "Last autovacuum",
                "dateTimeFromNow",
                &format!("max by ({by}) (pg_stat_user_tables_last_autovacuum{{{DB}}} > 0) * 1000"),
            ),
        ],
        ("Dead rows", true),
    )
}

fn checkpoints() -> Panel {
    timeseries("Checkpoints", "Timed ones are planned; requested ones mean that `max_wal_size` is too small for what is written.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q(
            "rate(pg_stat_bgwriter_checkpoints_timed_total{$S}[$R]) or rate(pg_stat_checkpointer_num_timed_total{$S}[$R])",
            "timed {{instance}}",
        )
        .q(
            "rate(pg_stat_bgwriter_checkpoints_req_total{$S}[$R]) or rate(pg_stat_checkpointer_num_requested_total{$S}[$R])",
            "requested {{instance}}",
        )
}

fn lag() -> Panel {
    timeseries("Replication lag", "How far a replica is behind; 0 on a server that is none.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q("pg_replication_lag_seconds{$S}", "{{instance}}")
}
