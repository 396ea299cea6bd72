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
use seamark_kit::exposition::{Format, encode};

use super::tree::Host;

pub fn host_root(host: &Host) -> HostRoot {
    let root = |name: &str| host.path().join(name);
    HostRoot::new(root("proc"), root("sys"), root("root"), root("udev"))
}

/// With the flags that the trees of the host ask for, and every collector on that has a tree.
pub fn scraper(host: &Host) -> Scraper {
    let on = host.trees.iter().map(|tree| format!("--collector.{}", tree.collector));
    let arguments = ["seamark-exporter".to_owned()].into_iter().chain(on).chain(host.flags("flag"));
    let invocation = cli::parse(arguments).unwrap_or_else(|error| panic!("{error}"));
    let mut source = Source::new("exporter.yml", "").with_environment([]);
    source.overrides = invocation.overrides;
    let inputs = Inputs { host: host_root(host), inventory: Arc::new(Inventory::default()) };
    config::read(&source, |root| Scraper::new(COLLECTORS, &inputs, &mut root.section("collectors")))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// What one collector tells, without what differs at every scrape, and with `{host}` for the host's directory.
pub async fn scrape(scraper: &Scraper, host: &Host, collector: &str) -> String {
    text(scraper, host, &[collector.to_owned()]).await
}

/// What all of them tell, in the same way.
pub async fn scrape_all(scraper: &Scraper, host: &Host) -> String {
    text(scraper, host, &host.trees.iter().map(|tree| tree.collector.clone()).collect::<Vec<_>>()).await
}

async fn text(scraper: &Scraper, host: &Host, collectors: &[String]) -> String {
    let exposition = scraper.select(collectors, &[]).unwrap().scrape(Duration::from_secs(60)).await;
    let text = encode(&exposition, Format::Classic).unwrap();
    let kept = text.lines().filter(|line| {
        let told = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        !told.starts_with("node_scrape_collector_duration_seconds") && !told.starts_with("seamark_")
    });
    let kept: Vec<_> = kept.map(|line| line.replace(host.path().to_str().unwrap(), "{host}")).collect();
    kept.join("\n")
}
