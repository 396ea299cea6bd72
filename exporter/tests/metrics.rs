//! The reference of metrics is what the collectors really tell, of every made-up host and of containers in every state.
//!
//! `make reference` writes it: `UPDATE=1 cargo test -p seamark-exporter --test metrics`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../../kit/tests/reference/families.rs"]
mod families;
#[path = "hosts/ours.rs"]
mod ours;
#[path = "../../kit/tests/reference/mod.rs"]
mod reference;
#[path = "hosts/tree.rs"]
mod tree;

use std::process::Command;
use std::sync::Arc;

use families::{Families, add, add_labels, add_text, complete, in_source, section};
use jiff::Timestamp;
use reference::{hold, repository};
use seamark_exporter::collector::{COLLECTORS, Collector, Inputs, Registration, of_the_host};
use seamark_exporter::docker::answer;
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::docker::lifecycle::Input;
use seamark_exporter::docker::oom::OomKills;
use seamark_exporter::docker::rules::Rules;
use seamark_exporter::probe::metric;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::Exposition;
use serde_json::{Value, json};
use tree::{Host, cgroups, cgroups_directory, hosts};

const PAGE: &str = "deploy/reference/exporter-metrics.md";
const INTRODUCTION: &str = include_str!("reference/metrics.txt");
const LABELS: &str = include_str!("reference/labels.txt");
const START: i64 = 1_785_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

/// A container of Compose with a health check, as Docker describes it.
fn container(id: &str, name: &str, state: &Value) -> Value {
    let labels = json!({"com.docker.compose.project": "shop", "com.docker.compose.service": name});
    json!({
        "Id": id, "Name": name, "Created": at(-60).to_string(), "RestartCount": 2, "State": state,
        "LogPath": format!("/var/lib/docker/containers/{id}/{id}-json.log"),
        "Config": {"Image": "nginx:1", "Labels": labels, "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1_000_000_000}},
        "HostConfig": {"RestartPolicy": {"Name": "always"}}
    })
}

/// An inventory with the containers of a host, running, and one that has ended.
fn inventory(host: &Host) -> Arc<Inventory> {
    let inventory = Arc::new(Inventory::new());
    let check = json!({"Start": at(1).to_string(), "End": at(2).to_string(), "ExitCode": 1, "Output": ""});
    let mut all = Vec::new();
    for line in host.trees[0].directives("container") {
        let [id, name, pid] = line.split(' ').collect::<Vec<_>>()[..3] else { panic!("{line}") };
        let health = json!({"Status": "healthy", "FailingStreak": 0, "Log": [check.clone()]});
        let started = at(0).to_string();
        let pid: u32 = pid.parse().unwrap();
        all.push(container(
            id,
            name,
            &json!({"Status": "running", "StartedAt": started, "Pid": pid, "Health": health}),
        ));
    }
    let ended =
        json!({"Status": "exited", "ExitCode": 3, "StartedAt": at(0).to_string(), "FinishedAt": at(9).to_string()});
    all.push(container(&"e".repeat(64), "ended", &ended));
    for each in all {
        let input = Input::Inspected(Box::new(answer::inspection(&each).unwrap()), 0);
        inventory.step(&input, at(10), &Rules::default(), &mut OomKills::new(Box::new(|| None)));
    }
    inventory
}

fn build(registration: &Registration, inputs: &Inputs) -> Box<dyn Collector> {
    let source = Source::new("exporter.yml", "{}");
    config::read(&source, |root| (registration.build)(inputs, root)).unwrap()
}

/// What a collector of containers tells, on every layout of cgroups.
fn of_containers(registration: &Registration, hosts: &[(Host, Arc<Inventory>)]) -> Families {
    let mut families = Families::new();
    for (host, inventory) in hosts {
        let inputs = Inputs::new(ours::host_root(host), Arc::clone(inventory));
        let mut out = Exposition::default();
        inputs.memory.mounts.set(["/".to_owned()]);
        inputs.memory.devices.set(["eth0".to_owned()]);
        // That a file is not there, on one layout or the other, is for other tests.
        let _ = build(registration, &inputs).collect(&mut out);
        add(&mut families, &out);
    }
    families
}

/// What the collectors of the host tell, each by its name.
async fn of_hosts() -> Vec<(String, Families)> {
    let mut all: Vec<_> = of_the_host().map(|each| (each.name.to_owned(), Families::new())).collect();
    for name in hosts() {
        let host = Host::unpack(&name);
        let scraper = ours::scraper(&host);
        for tree in &host.trees {
            let told = ours::exposition(&scraper, std::slice::from_ref(&tree.collector)).await;
            let (_, families) = all.iter_mut().find(|(name, _)| *name == tree.collector).unwrap();
            add(families, &told);
            // Those of the scrape itself.
            families.retain(|name, _| !name.starts_with("node_scrape_") && !name.starts_with("seamark_exporter_"));
        }
    }
    all
}

/// The exporter's own, of the real program on this machine.
fn own() -> Families {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-exporter"));
    let output =
        command.env_clear().args(["once", "--collector.disable-defaults", "--collector.loadavg"]).output().unwrap();
    let mut families = Families::new();
    add_text(&mut families, &String::from_utf8(output.stdout).unwrap());
    let is_own =
        |name: &str| ["seamark_exporter_", "process_", "node_scrape_"].iter().any(|start| name.starts_with(start));
    families.retain(|name, _| is_own(name));
    for file in ["alertmanager.rs", "scrape.rs", "app.rs"] {
        complete(&mut families, in_source(&repository("exporter/src").join(file)));
    }
    families
}

fn probes() -> Families {
    let told = |metric: &metric::Metric| {
        let family = families::Family { kind: "gauge".into(), help: metric.help.into(), ..families::Family::default() };
        (metric.name.to_owned(), family)
    };
    metric::ALL.iter().map(told).collect()
}

#[tokio::test]
async fn the_committed_page_is_what_the_collectors_tell() {
    let with_containers: Vec<_> = cgroups()
        .iter()
        .map(|layout| Host::unpack_tree(&cgroups_directory().join(layout).with_extension("tree")))
        .map(|host| {
            let inventory = inventory(&host);
            (host, inventory)
        })
        .collect();
    let mut all = of_hosts().await;
    for registration in COLLECTORS.iter().skip(all.len()) {
        all.push((registration.name.to_owned(), of_containers(registration, &with_containers)));
    }
    for (name, families) in &mut all {
        if name == "systemd" {
            let recorded = repository("exporter/tests/fixtures/systemd/ours.snap");
            add_text(families, &std::fs::read_to_string(recorded).unwrap());
        }
        if name == "probe" {
            families.extend(probes());
        }
        complete(families, in_source(&repository(&format!("exporter/src/collector/{name}.rs"))));
    }
    all.push(("the exporter itself".to_owned(), own()));
    let faults = add_labels(&mut all, LABELS);
    assert!(faults.is_empty(), "exporter/tests/reference/labels.txt:\n{}", faults.join("\n"));
    let mut page = INTRODUCTION.to_owned();
    for (name, families) in &all {
        let default = COLLECTORS.iter().find(|each| each.name == name).map(|each| each.on_by_default);
        let heading = match default {
            Some(true) => format!("`{name}`, on by default"),
            Some(false) => format!("`{name}`, off by default"),
            None => name.clone(),
        };
        section(&mut page, &heading, families);
    }
    hold(PAGE, &page);
}
