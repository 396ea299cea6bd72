//! The collector `systemd` against a stand-in for systemd, beside what node_exporter 1.11.1 said of the same one.
//!
//! `fixtures/systemd/node_exporter.prom` is written by `cargo run -p seamark-exporter --example record_systemd -- BINARY`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "hosts/families.rs"]
mod families;
#[path = "systemd/stand_in.rs"]
mod stand_in;
#[path = "hosts/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use families::families;
use seamark_exporter::cli;
use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::host::HostRoot;
use seamark_exporter::scrape::Scraper;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Format, encode};

const TOLD_AT_EVERY_SCRAPE: &str = "node_scrape_collector_duration_seconds";

async fn scrape(root: &Path, flags: &[&str]) -> String {
    let invocation = cli::parse([&["seamark-exporter"], flags].concat()).unwrap_or_else(|error| panic!("{error}"));
    let mut source = Source::new("exporter.yml", "").with_environment([]);
    source.overrides = invocation.overrides;
    let host = HostRoot::new("/proc", "/sys", root, "/run/udev/data");
    let inputs = Inputs { host, inventory: Arc::new(Inventory::default()), probes: Arc::default() };
    let scraper = config::read(&source, |root| Scraper::new(COLLECTORS, &inputs, &mut root.section("collectors")))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let exposition = scraper.select(&["systemd".to_owned()], &[]).unwrap().scrape(Duration::from_secs(60)).await;
    let text = encode(&exposition, Format::Classic).unwrap();
    let kept = text.lines().filter(|line| !line.contains(TOLD_AT_EVERY_SCRAPE) && !line.contains("seamark_exporter_"));
    kept.map(|line| line.to_owned() + "\n").collect()
}

/// A host whose bus, and whose systemd's own socket, the stand-in answers.
fn host() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for socket in ["run/dbus/system_bus_socket", "run/systemd/private"] {
        let socket = root.path().join(socket);
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        stand_in::start(&socket);
    }
    root
}

#[tokio::test]
async fn systemd_is_told_as_node_exporter_tells_it_over_the_bus_and_over_its_own_socket() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/systemd/node_exporter.prom");
    let theirs = fs::read_to_string(recorded).unwrap();
    let root = host();
    let over_the_bus = scrape(root.path(), &stand_in::FLAGS).await;
    assert_eq!(families(&over_the_bus), families(&theirs));
    let over_its_own = scrape(root.path(), &[&stand_in::FLAGS[..], &["--collector.systemd.private"]].concat()).await;
    assert_eq!(over_its_own, over_the_bus);
    insta::with_settings!({ snapshot_path => "fixtures/systemd", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("ours", over_the_bus);
    });
}

#[tokio::test]
async fn units_are_chosen_by_both_expressions_and_by_their_whole_names() {
    let root = host();
    let flags = ["--collector.systemd", "--collector.systemd.unit-include=(nginx|old).*|haproxy"];
    let text = scrape(root.path(), &[&flags[..], &["--collector.systemd.unit-exclude=.+\\.socket"]].concat()).await;
    let active = |line: &&str| line.contains("state=\"active\"") && line.starts_with("node_systemd_unit_state");
    let names: Vec<_> = text.lines().filter(active).map(|line| line.split('"').nth(1).unwrap()).collect();
    assert_eq!(names, ["nginx.service", "old.service"]);
}

#[tokio::test]
async fn a_host_without_a_bus_is_a_failure() {
    let root = tempfile::tempdir().unwrap();
    let text = scrape(root.path(), &["--collector.systemd"]).await;
    assert_eq!(text.lines().last(), Some("node_scrape_collector_success{collector=\"systemd\"} 0"), "{text}");
}
