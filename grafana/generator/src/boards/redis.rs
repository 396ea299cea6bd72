//! Redis, as redis_exporter tells of it.

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new("seamark-redis", "Redis", "Does the cache help, is it full, and who waits?")
        .variables(variable::targets("redis_up"))
        .marks(vec![decor::alerts("job=~\"$job\", instance=~\"$instance\"")])
        .row("Now", vec![line(4, figures())])
        .row("Use", vec![line(8, vec![hits(), operations()]), line(8, vec![memory(), keys()])])
        .row("Clients", vec![line(8, vec![clients(), shares(), evictions()])])
        .folded(
            "Commands, network, persistence",
            vec![line(8, vec![commands(), command_time()]), line(8, vec![network(), slow(), saves()])],
        )
}

fn figures() -> Vec<Panel> {
    vec![
        stat("Up", "Whether the exporter reaches the server.")
            .unit("none")
            .words(up_down())
            .steps(falling(1.0, 1.0))
            .filled()
            .now("redis_up{$S}", "{{instance}}"),
        stat("Version and role", "Of the server.")
            .unit("string")
            .name_only()
            .now("redis_instance_info{$S}", "{{redis_version}} {{role}}"),
        stat("Uptime", "Since the server was started.")
            .unit("s")
            .decimals(0)
            .steps(look::plain())
            .now("redis_uptime_in_seconds{$S}", "{{instance}}"),
        stat("Hit ratio", "Share of look-ups that found their key. Low: the cache costs more than it saves.")
            .unit("percentunit")
            .decimals(1)
            .steps(falling(0.5, 0.8))
            .spark()
            .q("seamark:redis_hit:ratio{$S}", "{{instance}}"),
        stat("Operations now", "Commands per second.")
            .unit("ops")
            .steps(look::plain())
            .spark()
            .q("sum(rate(redis_commands_processed_total{$S}[$R]))", "commands"),
        stat("Memory now", "Of `maxmemory`; without it, until the host or the container has none left.")
            .unit("percentunit")
            .decimals(0)
            .steps(rising(0.8, 0.9))
            .empty("no maxmemory")
            .spark()
            .q("redis_memory_used_bytes{$S} / (redis_memory_max_bytes{$S} > 0)", "{{instance}}"),
        stat("Clients now", "Connected right now.")
            .unit("none")
            .steps(look::plain())
            .spark()
            .q("sum(redis_connected_clients{$S})", "clients"),
        stat("Keys now", "In all databases.")
            .unit("short")
            .steps(look::plain())
            .spark()
            .q("sum(redis_db_keys{$S})", "keys"),
    ]
}

fn hits() -> Panel {
    timeseries(
        "Hits and misses",
        "Look-ups that found their key, and below the axis those that did not; the line is the share of hits.",
    )
    .unit("ops")
    .legend_table()
    .q("sum by (instance) (rate(redis_keyspace_hits_total{$S}[$R]))", "hits {{instance}}")
    .q("sum by (instance) (rate(redis_keyspace_misses_total{$S}[$R]))", "misses {{instance}}")
    .q("seamark:redis_hit:ratio{$S}", "share {{instance}}")
    .below("^misses")
    .right("^share", "percentunit")
}

fn operations() -> Panel {
    timeseries("Operations", "Commands per second, and new connections. Many of these: clients do not keep theirs.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q("rate(redis_commands_processed_total{$S}[$R])", "commands {{instance}}")
        .q("rate(redis_connections_received_total{$S}[$R])", "connections {{instance}}")
        .right("^connections", "cps")
}

fn memory() -> Panel {
    timeseries("Memory", "What its data take, what the process takes, and `maxmemory`. Far apart: fragmentation.")
        .unit("bytes")
        .min(0.0)
        .legend_table()
        .q("redis_memory_used_bytes{$S}", "data {{instance}}")
        .q("redis_memory_used_rss_bytes{$S}", "process {{instance}}")
        .q("redis_memory_max_bytes{$S} > 0", "maxmemory {{instance}}")
        .dashed("^maxmemory")
}

fn keys() -> Panel {
    timeseries("Keys", "In each database, and how many of them expire.")
        .unit("short")
        .min(0.0)
        .legend_table()
        .q("redis_db_keys{$S} > 0", "{{db}} {{instance}}")
        .q("redis_db_keys_expiring{$S} > 0", "{{db}} expiring {{instance}}")
}

fn clients() -> Panel {
    timeseries("Clients", "Connected, waiting in a blocking command, and the most it takes.")
        .unit("none")
        .min(0.0)
        .legend_table()
        .q("redis_connected_clients{$S}", "connected {{instance}}")
        .q("redis_blocked_clients{$S}", "blocked {{instance}}")
        .q("redis_config_maxclients{$S}", "most {{instance}}")
        .q("rate(redis_rejected_connections_total{$S}[$R])", "refused {{instance}}")
        .dashed("^most")
        .right("^refused", "cps")
}

fn shares() -> Panel {
    timeseries(
        "Of what it may have",
        "Memory of `maxmemory` and clients of `maxclients`; the alerts compare these with the dashed lines.",
    )
    .share()
    .legend_table()
    .q("redis_memory_used_bytes{$S} / (redis_memory_max_bytes{$S} > 0)", "memory {{instance}}")
    .q("redis_connected_clients{$S} / redis_config_maxclients{$S}", "clients {{instance}}")
    .limit_all_of("memory", "redis_memory")
    .limit_all_of("clients", "redis_connections")
}

fn evictions() -> Panel {
    timeseries(
        "Evicted and expired",
        "Expired keys had their time; evicted ones were thrown out because memory was full.",
    )
    .unit("ops")
    .min(0.0)
    .legend_table()
    .q("rate(redis_evicted_keys_total{$S}[$R])", "evicted {{instance}}")
    .q("rate(redis_expired_keys_total{$S}[$R])", "expired {{instance}}")
    .matching("^evicted", &[("color", serde_json::json!({"mode": "fixed", "fixedColor": look::BAD}))])
}

fn commands() -> Panel {
    timeseries("Commands", "The ten that are sent most.")
        .unit("ops")
        .min(0.0)
        .legend_table()
        .q("topk(10, sum by (cmd) (rate(redis_commands_total{$S}[$R])))", "{{cmd}}")
}

fn command_time() -> Panel {
    timeseries("Time in commands", "Redis does one at a time: the sum is how busy it is. The ten that take most.")
        .unit("percentunit")
        .min(0.0)
        .stacked()
        .legend_table()
        .q("topk(10, sum by (cmd) (rate(redis_commands_duration_seconds_total{$S}[$R])))", "{{cmd}}")
}

fn network() -> Panel {
    timeseries("Network", "Bytes received, and below the axis sent.")
        .unit("Bps")
        .q("rate(redis_net_input_bytes_total{$S}[$R])", "in {{instance}}")
        .q("rate(redis_net_output_bytes_total{$S}[$R])", "out {{instance}}")
        .below("^out")
}

fn slow() -> Panel {
    timeseries("Slow log", "How many entries it has, and how long the newest took.")
        .unit("none")
        .min(0.0)
        .q("redis_slowlog_length{$S}", "entries {{instance}}")
        .q("redis_last_slow_execution_duration_seconds{$S}", "newest {{instance}}")
        .right("^newest", "s")
}

fn saves() -> Panel {
    timeseries("Since the last save", "Age of the snapshot on the disk, and changes that would be lost without it.")
        .unit("s")
        .min(0.0)
        .q("time() - redis_rdb_last_save_timestamp_seconds{$S}", "age {{instance}}")
        .q("redis_rdb_changes_since_last_save{$S}", "changes {{instance}}")
        .right("^changes", "short")
}
