//! Room: what is configured to be watched, what Docker takes, and when it is full.

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-storage",
        "Storage",
        "Folders, volumes, Docker's data and file systems: how full, how fast they grow.",
    )
    .variables(variable::targets("seamark_exporter_build_info"))
    .time("now-2d", "1m")
    .link(link("Host", "seamark-host"))
    .marks(vec![decor::alerts("instance=~\"$instance\"")])
    .row("Configured storages", vec![line(8, vec![table_of()]), line(8, vec![used(), growth()])])
    .row("Docker", vec![line(8, vec![docker(), reclaimable()]), line(8, vec![logs(), share()])])
    .row("File systems", vec![line(8, vec![filling(), falling_space()])])
    .folded("How they are counted", vec![line(7, vec![counted(), duration()])])
}

fn table_of() -> Panel {
    let by = "instance, storage, path, volume";
    let max = |expr: &str| format!("max by ({by}) ({expr})");
    table(
        "Storages",
        "What `storage` in exporter.yml names: space on the disk as `du` counts it, or the file system's.",
        vec![
            label("storage", "Storage"),
            label("instance", "Host"),
            label("path", "Path"),
            label("volume", "Volume"),
            value("Used", "bytes", &max("seamark_storage_used_bytes{$S}")).decimals(1),
            value("Capacity", "bytes", &max("seamark_storage_capacity_bytes{$S}")).decimals(1),
            value(
                "Share",
                "percentunit",
                &max("seamark_storage_used_bytes{$S} / (seamark_storage_capacity_bytes{$S} > 0)"),
            )
            .decimals(0)
            .gauge(0.8, 0.9),
            value("Files", "short", &max("seamark_storage_files{$S}")),
            value("Growth per day", "bytes", &max("deriv(seamark_storage_used_bytes{$S}[1d]) * 86400")).decimals(1),
            value(
                "Full in",
                "s",
                &format!(
                    "min by ({by}) ((seamark_storage_capacity_bytes{{$S}} - seamark_storage_used_bytes{{$S}})
                       / (deriv(seamark_storage_used_bytes{{$S}}[1d]) > 1))"
                ),
            )
            .colored(look::BAD, &[(259_200.0, look::WARN), (1_209_600.0, look::GOOD)]),
        ],
        ("Share", true),
    )
    .empty("`storage` in exporter.yml names nothing")
}

fn used() -> Panel {
    timeseries("Share in use", "Of the capacity that is configured or that the file system has.")
        .share()
        .legend_table()
        .q("seamark_storage_used_bytes{$S} / (seamark_storage_capacity_bytes{$S} > 0)", "{{storage}} {{instance}}")
        .limit_all("storage_used")
}

fn growth() -> Panel {
    timeseries("Growth per day", "How much a storage would gain, or lose, in a day at the pace of the last six hours.")
        .unit("bytes")
        .legend_table()
        .q("deriv(seamark_storage_used_bytes{$S}[6h]) * 86400", "{{storage}} {{instance}}")
}

fn docker() -> Panel {
    timeseries("Docker's disk", "Images, containers, volumes and the cache of builds. Needs `docker.disk_usage`.")
        .unit("bytes")
        .min(0.0)
        .stacked()
        .legend_table()
        .q("sum by (type) (seamark_docker_disk_usage_bytes{$S})", "{{type}}")
        .colors(&[
            ("images", look::DEEP),
            ("containers", look::WARN),
            ("volumes", look::GOOD),
            ("build_cache", look::OTHER),
        ])
}

fn reclaimable() -> Panel {
    bar_gauge(
        "What could be freed",
        "By `docker system prune`: images and caches that nothing uses. Volumes may hold data you want.",
    )
    .unit("bytes")
    .min(0.0)
    .steps(look::plain())
    .now("sort_desc(sum by (instance, type) (seamark_docker_disk_reclaimable_bytes{$S}))", "{{type}} {{instance}}")
}

fn logs() -> Panel {
    bar_gauge("Largest logs of containers", "Without `max-size` a log grows until the disk is full.")
        .unit("bytes")
        .min(0.0)
        .steps(look::steps(look::INFO, &[(1e9, look::WARN), (1e10, look::BAD)]))
        .now(
            "sort_desc(topk(15, max by (instance, name) (seamark_container_log_size_bytes{$S})))",
            "{{name}} {{instance}}",
        )
}

fn share() -> Panel {
    timeseries("Docker's share of its file system", "All that Docker keeps, of the file system it keeps it on.")
        .share()
        .legend_table()
        .q(
            "sum by (job, instance) (seamark_docker_disk_usage_bytes{$S})
               / on (job, instance) seamark_docker_root_filesystem_size_bytes{$S}",
            "{{instance}}",
        )
}

fn filling() -> Panel {
    bar_gauge("File systems", "Used space, as `df` counts it.")
        .share()
        .decimals(0)
        .steps(rising(0.8, 0.9))
        .now("sort_desc(seamark:host_filesystem_used:ratio{$S})", "{{instance}} {{mountpoint}}")
}

fn falling_space() -> Panel {
    timeseries(
        "Free space",
        "What is left for programs, and where it will be in a day at the pace of the last six hours.",
    )
    .unit("bytes")
    .min(0.0)
    .legend_table()
    .q("node_filesystem_avail_bytes{$S}", "{{instance}} {{mountpoint}}")
    .q("predict_linear(node_filesystem_avail_bytes{$S}[6h], 86400)", "{{instance}} {{mountpoint}} in a day")
    .dashed("in a day$")
}

fn counted() -> Panel {
    table(
        "State of counting",
        "Whether the last count succeeded, how old it is, and what could not be looked into.",
        vec![
            label("storage", "Storage"),
            label("instance", "Host"),
            value("Succeeded", "none", "max by (instance, storage) (seamark_storage_success{$S})").words(yes_no()),
            value(
                "Age",
                "s",
                "max by (instance, storage) (time() - seamark_storage_last_success_timestamp_seconds{$S})",
            )
            .decimals(0),
            value("Unreadable", "none", "max by (instance, storage) (seamark_storage_unreadable{$S})")
                .colored(look::GOOD, &[(1.0, look::WARN)]),
        ],
        ("Succeeded", false),
    )
}

fn duration() -> Panel {
    timeseries("Time to count", "How long a count of a storage, and Docker's own, takes.")
        .unit("s")
        .min(0.0)
        .legend_table()
        .q("seamark_storage_duration_seconds{$S}", "{{storage}} {{instance}}")
        .q("seamark_docker_disk_duration_seconds{$S}", "Docker {{instance}}")
}
