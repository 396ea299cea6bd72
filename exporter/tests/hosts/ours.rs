//! Our collectors over an unpacked host.
#![allow(dead_code, reason = "each test that shares this file uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use seamark_exporter::cli;
use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::host::HostRoot;
use seamark_exporter::scrape::Scraper;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};

use super::tree::Host;

pub fn host_root(host: &Host) -> HostRoot {
    let root = |name: &str| host.path().join(name);
    HostRoot::new(root("proc"), root("sys"), root("root"), root("udev"))
}

/// With the flags that the trees of the host ask for, and every collector on that has a tree.
pub fn scraper(host: &Host) -> Scraper {
    scraper_with(host, &settings(host))
}

/// The flags as settings; to read them takes longer than to build the collectors.
pub fn settings(host: &Host) -> Source {
    let on = host.trees.iter().map(|tree| format!("--collector.{}", tree.collector));
    let arguments = ["seamark-exporter".to_owned()].into_iter().chain(on).chain(host.flags("flag"));
    let invocation = cli::parse(arguments).unwrap_or_else(|error| panic!("{error}"));
    let mut source = Source::new("exporter.yml", "").with_environment([]);
    source.overrides = invocation.overrides;
    source
}

/// A new process's collectors.
pub fn scraper_with(host: &Host, settings: &Source) -> Scraper {
    let inputs = Inputs { host: host_root(host), inventory: Arc::new(Inventory::default()), probes: Arc::default() };
    config::read(settings, |root| Scraper::new(COLLECTORS, &inputs, &mut root.section("collectors")))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// What some collectors tell.
pub async fn exposition(scraper: &Scraper, collectors: &[String]) -> Exposition {
    scraper.select(collectors, &[]).unwrap().scrape(Duration::from_secs(60)).await
}

/// What one collector tells, without what differs at every scrape, and with `{host}` for the host's directory.
pub async fn scrape(scraper: &Scraper, host: &Host, collector: &str) -> String {
    let text = encode(&exposition(scraper, &[collector.to_owned()]).await, Format::Classic).unwrap();
    let kept = text.lines().filter(|line| {
        let told = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        !told.starts_with("node_scrape_collector_duration_seconds") && !told.starts_with("seamark_")
    });
    let kept: Vec<_> = kept.map(|line| line.replace(host.path().to_str().unwrap(), "{host}")).collect();
    kept.join("\n")
}
