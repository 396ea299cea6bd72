//! Containers' CPU, memory, I/O, processes and pressure, on made-up hosts with every layout of cgroups.
//!
//! `fixtures/cgroups` has one tree for each layout, in the format of `fixtures/hosts`, and beside it what we say.
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

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::answer;
use seamark_exporter::docker::container::{Inspection, State};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::docker::lifecycle::Input;
use seamark_exporter::docker::oom::OomKills;
use seamark_exporter::docker::rules::Rules;
use seamark_exporter::scrape::Scraper;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Format, encode};
use serde_json::json;

use tree::{Host, cgroups, cgroups_directory};

/// A host, and an exporter that knows its containers.
struct Exporter {
    host: Host,
    inventory: Arc<Inventory>,
    scraper: Scraper,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_785_000_000 + second).unwrap()
}

fn inspection(id: &str, name: &str, pid: Option<u32>, started: i64) -> Inspection {
    let log_path = format!("/var/lib/docker/containers/{id}/{id}-json.log");
    let (made, started) = (at(-60).to_string(), at(started).to_string());
    let state = json!({"Status": "running", "Health": {"Status": "healthy"}, "StartedAt": started, "Pid": pid});
    let config = json!({"Image": "nginx:1"});
    answer::inspection(
        &json!({"Id": id, "Name": name, "Created": made, "LogPath": log_path, "State": state, "Config": config}),
    )
    .unwrap()
}

impl Exporter {
    fn new(layout: &str) -> Self {
        let host = Host::unpack_tree(&cgroups_directory().join(layout).with_extension("tree"));
        let inventory = Arc::new(Inventory::new());
        let inputs = Inputs::new(ours::host_root(&host), Arc::clone(&inventory));
        let source = Source::new("exporter.yml", "");
        let scraper = config::read(&source, |root| Scraper::new(COLLECTORS, &inputs, root)).unwrap();
        let exporter = Self { host, inventory, scraper };
        for (id, name, pid) in exporter.containers() {
            exporter.inspected(inspection(&id, &name, Some(pid), 0));
        }
        exporter
    }

    fn containers(&self) -> Vec<(String, String, u32)> {
        let words = self.host.trees[0].directives("container").map(|line| line.split(' ').collect::<Vec<_>>());
        words.map(|words| (words[0].to_owned(), words[1].to_owned(), words[2].parse().unwrap())).collect()
    }

    fn inspected(&self, inspection: Inspection) {
        let input = Input::Inspected(Box::new(inspection), 0);
        self.inventory.step(&input, at(0), &Rules::default(), &mut OomKills::new(Box::new(|| None)));
    }

    /// What all collectors of containers tell, without what differs at every scrape.
    async fn scrape(&self) -> String {
        let names = COLLECTORS.iter().map(|collector| collector.name.to_owned());
        let names: Vec<_> = names.filter(|name| is_of_containers(name)).collect();
        let text = encode(&ours::exposition(&self.scraper, &names).await, Format::Classic).unwrap();
        let kept = text.lines().filter(|line| {
            let told = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
            !told.starts_with("node_scrape_collector_duration_seconds") && !told.starts_with("container_last_seen")
        });
        kept.collect::<Vec<_>>().join("\n")
    }

    /// The directory of a container in the hierarchy of memory.
    fn memory(&self) -> PathBuf {
        let found = find(&self.host.path().join("sys/fs/cgroup"), "memory.stat");
        found.into_iter().next().unwrap().parent().unwrap().to_owned()
    }
}

fn is_of_containers(name: &str) -> bool {
    name == "machine" || (name.starts_with("container_") && !["container_state", "container_exits"].contains(&name))
}

fn find(directory: &std::path::Path, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path {
            path if path.is_dir() && !path.is_symlink() => find(&path, name),
            path if path.ends_with(name) => vec![path],
            _ => vec![],
        })
        .collect()
}

fn sample<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    text.lines().find(|line| line.starts_with(series)).and_then(|line| line.rsplit(' ').next())
}

#[tokio::test]
async fn every_layout_is_told_like_this() {
    for layout in cgroups() {
        let text = Exporter::new(&layout).scrape().await;
        let of_containers = |line: &&str| !line.contains("node_scrape_") && !line.contains("seamark_exporter_");
        let text = text.lines().filter(of_containers).collect::<Vec<_>>().join("\n");
        insta::with_settings!({
            snapshot_path => cgroups_directory(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(layout, text);
        });
    }
}

#[tokio::test]
async fn a_container_that_is_gone_between_the_list_and_the_read_is_no_error_and_comes_back() {
    let exporter = Exporter::new("v2-cgroupfs");
    let usage = "container_memory_usage_bytes{";
    assert_eq!(sample(&exporter.scrape().await, usage), Some("4194304"));
    let directory = exporter.memory();
    let aside = exporter.host.path().join("aside");
    fs::rename(&directory, &aside).unwrap();
    let gone = exporter.scrape().await;
    assert_eq!(sample(&gone, usage), None);
    assert!(!gone.contains("_success{collector=\"container_memory\"} 0"), "{gone}");
    assert!(!gone.contains("seamark_exporter_collector_errors_total{collector=\"container_memory\"} 1"), "{gone}");
    // It was started again: elsewhere, and its counters begin anew.
    let elsewhere = exporter.host.path().join("sys/fs/cgroup/other.slice");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(&aside, elsewhere.join(directory.file_name().unwrap())).unwrap();
    let (id, name, pid) = exporter.containers().remove(0);
    fs::write(elsewhere.join(&id).join("memory.current"), "4096\n").unwrap();
    exporter.inspected(inspection(&id, &name, Some(pid), 30));
    let back = exporter.scrape().await;
    assert_eq!(sample(&back, usage), Some("4096"));
    assert_eq!(sample(&back, "container_start_time_seconds{"), Some("1785000030"));
}

#[tokio::test]
async fn a_garbled_file_costs_what_it_tells_and_no_more() {
    let exporter = Exporter::new("v2-systemd");
    let directory = exporter.memory();
    fs::write(directory.join("memory.stat"), "anon 12x\n").unwrap();
    fs::write(directory.join("memory.max"), "much\n").unwrap();
    let text = exporter.scrape().await;
    assert!(text.contains("_success{collector=\"container_memory\"} 0"), "{text}");
    assert!(text.contains("_success{collector=\"container_cpu\"} 1"), "{text}");
    let (_, name, _) =
        exporter.containers().into_iter().find(|(id, ..)| directory.ends_with(format!("docker-{id}.scope"))).unwrap();
    let of_it = |family: &str| {
        let labels = format!("name=\"{name}\"");
        text.lines().filter(|line| line.starts_with(family) && line.contains(&labels)).count()
    };
    assert_eq!((of_it("container_memory_usage_bytes{"), of_it("container_memory_rss{")), (1, 0));
    assert_eq!((of_it("container_memory_working_set_bytes{"), of_it("container_spec_memory_limit_bytes{")), (0, 0));
    assert_eq!(of_it("container_spec_memory_reservation_limit_bytes{"), 1);
}

#[tokio::test]
async fn a_log_has_its_length_below_the_host_s_root() {
    let exporter = Exporter::new("v2-cgroupfs");
    let (id, ..) = exporter.containers().remove(0);
    let size = "seamark_container_log_size_bytes{";
    assert_eq!(sample(&exporter.scrape().await, size), None, "an engine elsewhere writes it");
    let exporter = Exporter::new("v2-cgroupfs");
    let directory = exporter.host.path().join("root/var/lib/docker/containers").join(&id);
    fs::create_dir_all(&directory).unwrap();
    let log = directory.join(format!("{id}-json.log"));
    for length in [0, 70_000, 12] {
        // Rotated: another file of that name.
        let _ = fs::rename(&log, directory.join("old"));
        fs::write(&log, vec![b'x'; length]).unwrap();
        assert_eq!(sample(&exporter.scrape().await, size), Some(length.to_string().as_str()));
    }
}

#[tokio::test]
async fn a_kill_for_want_of_memory_is_still_counted_after_the_container_has_stopped() {
    let exporter = Exporter::new("hybrid");
    let kills = "container_oom_events_total{";
    assert_eq!(sample(&exporter.scrape().await, kills), Some("2"), "from the cgroup");
    let (id, name, _) = exporter.containers().remove(0);
    let mut ended = inspection(&id, &name, None, 0);
    ended.condition.state = State::Exited;
    exporter.inspected(ended);
    fs::remove_dir_all(exporter.memory()).unwrap();
    let text = exporter.scrape().await;
    assert_eq!((sample(&text, kills), sample(&text, "container_memory_usage_bytes{")), (Some("2"), None));
}
