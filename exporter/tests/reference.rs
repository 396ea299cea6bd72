//! The page about host metrics tells of every collector and every flag there is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fmt::Write;
use std::path::Path;

use seamark_exporter::collector::COLLECTORS;

/// Not node_exporter's.
const OF_DOCKER: [&str; 7] =
    ["docker", "container_state", "container_exits", "container_network", "threshold", "storage", "docker_disk"];

fn table() -> String {
    let mut table =
        String::from("| Collector | Runs | Flags, each with the key below `collectors.NAME` |\n| --- | --- | --- |\n");
    for collector in COLLECTORS.iter().filter(|collector| !OF_DOCKER.contains(&collector.name)) {
        let runs = if collector.on_by_default { "by default" } else { "when switched on" };
        let options: Vec<_> =
            collector.options.iter().map(|option| format!("`--{}` (`{}`)", option.flag, option.key)).collect();
        writeln!(table, "| {} | {runs} | {} |", collector.name, options.join(", ")).unwrap();
    }
    table.replace("|  |", "| |")
}

/// `UPDATE=1 cargo test -p seamark-exporter --test reference` writes the table anew.
#[test]
fn the_page_about_host_metrics_has_every_collector_and_flag() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/host-metrics.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (head, rest) = text.split_once("<!-- collectors -->\n").unwrap();
    let (old, tail) = rest.split_once("<!-- end of collectors -->").unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let new = format!("{head}<!-- collectors -->\n{}<!-- end of collectors -->{tail}", table());
        std::fs::write(&page, new).unwrap();
    } else {
        assert_eq!(old, table(), "run this test with UPDATE=1");
    }
}
