//! Our answer for made-up hosts, beside that of node_exporter 1.11.1.
//!
//! `fixtures/hosts` has the hosts, and for each collector what node_exporter said of them; its README.md tells how they
//! were made and recorded.
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
#[path = "hosts/ours.rs"]
mod ours;
#[path = "hosts/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::fs;

use families::{differences, families};
use ours::{scrape, scraper};
use tree::{Host, hosts, hosts_directory};

#[tokio::test]
async fn every_host_is_told_as_node_exporter_tells_it() {
    let mut faults = Vec::new();
    for name in hosts() {
        let host = Host::unpack(&name);
        let scraper = scraper(&host);
        for tree in &host.trees {
            let recorded = hosts_directory().join(&name).join(format!("{}.prom", tree.collector));
            let Ok(theirs) = fs::read_to_string(&recorded) else {
                faults.push(format!("{}: not recorded yet", recorded.display()));
                continue;
            };
            let ours = families(&scrape(&scraper, &host, &tree.collector).await);
            for difference in differences(tree, ours, families(&theirs)) {
                faults.push(format!("{name}/{}: {difference}", tree.collector));
            }
        }
    }
    assert!(faults.is_empty(), "{} differences:\n{}", faults.len(), faults.join("\n"));
}

/// Names, types, labels, values and help, each in one reviewed file beside its tree.
#[tokio::test]
async fn every_host_is_told_like_this() {
    for name in hosts() {
        let host = Host::unpack(&name);
        let scraper = scraper(&host);
        for tree in &host.trees {
            let text = scrape(&scraper, &host, &tree.collector).await;
            let of_machine = |line: &&str| {
                let words = line.strip_prefix("# HELP ").or(line.strip_prefix("# TYPE ")).unwrap_or(line);
                let family = words.split([' ', '{']).next().unwrap();
                tree.says("machine", family) || tree.says("machine-labels", family)
            };
            let lines: Vec<_> = text.lines().filter(|line| !of_machine(line)).collect();
            insta::with_settings!({
                snapshot_path => hosts_directory().join(&name),
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(tree.collector.as_str(), lines.join("\n"));
            });
        }
    }
}

#[test]
fn every_directive_names_a_collector_s_family_and_every_collector_has_a_host() {
    let mut covered = BTreeSet::new();
    for name in hosts() {
        for tree in &Host::unpack(&name).trees {
            assert!(
                seamark_exporter::collector::COLLECTORS.iter().any(|collector| collector.name == tree.collector),
                "{name}/{}.tree: there is no such collector",
                tree.collector
            );
            covered.insert(tree.collector.clone());
            for directive in tree.directives("differs") {
                assert!(directive.split(' ').count() > 3, "{name}/{}.tree: no reason in `{directive}`", tree.collector);
            }
        }
    }
    // What is read from Docker has no files.
    // What is read from D-Bus (systemd.rs) or from Docker has no files.
    let without_files = [
        "systemd",
        "docker",
        "container_state",
        "container_exits",
        "container_network",
        "threshold",
        "storage",
        "docker_disk",
    ];
    let missing: Vec<_> = seamark_exporter::collector::COLLECTORS
        .iter()
        .map(|collector| collector.name)
        .filter(|name| !covered.contains(*name) && !without_files.contains(name))
        .collect();
    assert!(missing.is_empty(), "no host has a tree for {missing:?}");
}
