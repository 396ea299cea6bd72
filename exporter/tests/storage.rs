//! Storages and Docker's disk use, with real directories and an engine of cardboard.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "docker/support.rs"]
#[allow(dead_code)]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::client::Address;
use seamark_exporter::docker::disk;
use seamark_exporter::host::HostRoot;
use seamark_exporter::memory::Memory;
use seamark_exporter::storage::{self, Place};
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Value};
use serde_json::json;
use support::{FakeDocker, eventually, with_ring};

fn host(root: &Path) -> HostRoot {
    HostRoot::new("/nowhere", "/nowhere", root, "/nowhere")
}

/// What the two collectors tell: name and labels, and the value.
fn told(memory: &Arc<Memory>) -> BTreeMap<String, f64> {
    let inputs = Inputs { memory: Arc::clone(memory), ..Inputs::new(HostRoot::default(), Arc::default()) };
    let mut out = Exposition::default();
    for collector in COLLECTORS.iter().filter(|one| ["storage", "docker_disk"].contains(&one.name)) {
        let built = config::read(&Source::new("exporter.yml", ""), |root| (collector.build)(&inputs, root)).unwrap();
        built.collect(&mut out).unwrap();
    }
    let mut told = BTreeMap::new();
    for family in out.families() {
        for sample in family.samples() {
            let labels: Vec<_> = sample.labels.iter().map(|(_, value)| value).collect();
            // `name` is a container's.
            assert!(sample.labels.iter().all(|(name, _)| ["storage", "path", "volume", "type"].contains(&name)));
            let value = match *sample.value {
                Value::Integer(value) => value as f64,
                Value::Float(value) => value,
                _ => f64::NAN,
            };
            told.insert(format!("{} {}", family.name.strip_prefix("seamark_").unwrap(), labels.join(" ")), value);
        }
    }
    told
}

fn places(text: &str) -> Vec<Place> {
    config::read(&Source::new("exporter.yml", format!("storage:\n{text}")), storage::read).unwrap()
}

#[tokio::test]
async fn directories_and_volumes_are_counted_in_the_background_and_one_that_is_missing_says_so() {
    with_ring();
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("srv/videos/new")).unwrap();
    fs::create_dir_all(root.path().join("docker/volumes/data")).unwrap();
    fs::write(root.path().join("docker/volumes/data/base"), vec![1; 8192]).unwrap();
    let mut docker = FakeDocker::new(root.path());
    let volume = json!({"Name": "data", "Mountpoint": "/docker/volumes/data"});
    docker.engine.lock().unwrap().answers.insert("/volumes/data".to_owned(), volume);
    docker.listen();
    let memory = Arc::new(Memory::default());
    let places = places(
        "- {name: videos, path: /srv/videos, capacity: 500GiB}\n- {name: db, volume: data}\n\
         - {name: gone, path: /gone, capacity: 1kB}\n- {name: lost, volume: lost}\n\
         - {name: whole, path: /srv, capacity: filesystem}\n",
    );
    let address = Address::Unix(docker.socket.clone());
    let _timers = storage::spawn(places, &host(root.path()), &address, &memory);
    let told = eventually("all were looked at", || {
        let told = told(&memory);
        (told.keys().filter(|series| series.starts_with("storage_success")).count() == 5).then_some(told)
    })
    .await;
    let success = |name: &str| told[&format!("storage_success {name}")];
    assert_eq!([success("videos /srv/videos"), success("db data"), success("whole /srv")], [1.0; 3], "{told:?}");
    assert_eq!([success("gone /gone"), success("lost lost")], [0.0; 2]);
    assert_eq!(told["storage_files videos /srv/videos"], 2.0);
    assert_eq!(told["storage_capacity_bytes videos /srv/videos"], 536_870_912_000.0);
    assert!(told["storage_used_bytes db data"] >= 8192.0);
    assert!(!told.contains_key("storage_capacity_bytes db data"));
    assert_eq!(told["storage_capacity_bytes gone /gone"], 1000.0);
    assert!(!told.contains_key("storage_used_bytes gone /gone"), "{told:?}");
    assert!(told["storage_used_bytes whole /srv"] <= told["storage_capacity_bytes whole /srv"]);
    assert!(told["storage_last_success_timestamp_seconds db data"] > 1.7e9);
}

#[tokio::test]
async fn docker_is_asked_for_its_disk_use_once_and_a_reload_does_not_ask_again() {
    with_ring();
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("var/lib/docker")).unwrap();
    let mut docker = FakeDocker::new(root.path());
    {
        let mut engine = docker.engine.lock().unwrap();
        let usage = json!({"LayersSize": 50, "Images": [{"Size": 20, "SharedSize": 0, "Containers": 1}],
            "Volumes": [{"UsageData": {"Size": 9, "RefCount": 0}}]});
        engine.answers.insert("/system/df".to_owned(), usage);
        engine.answers.insert("/info".to_owned(), json!({"DockerRootDir": "/var/lib/docker"}));
    }
    docker.listen();
    let memory = Arc::new(Memory::default());
    assert!(told(&memory).is_empty(), "nothing until it was asked");
    let watch = || {
        let address = Address::Unix(docker.socket.clone());
        tokio::spawn(disk::watch(Duration::from_secs(3600), address, host(root.path()), Arc::clone(&memory)))
    };
    let before = watch();
    let told_once = eventually("the answer", || Some(told(&memory)).filter(|told| !told.is_empty())).await;
    before.abort();
    let figures =
        ["usage_bytes images", "reclaimable_bytes images", "usage_bytes volumes", "reclaimable_bytes volumes"];
    assert_eq!(figures.map(|series| told_once[&format!("docker_disk_{series}")]), [50.0, 30.0, 9.0, 9.0]);
    assert_eq!(told_once["docker_disk_success "], 1.0);
    assert!(told_once["docker_root_filesystem_size_bytes "] > 0.0);
    assert!(!told_once.contains_key("docker_disk_usage_bytes containers"));
    let after = watch();
    // It would ask while somebody else does, with a memory of his own.
    let other = Arc::new(Memory::default());
    let address = Address::Unix(docker.socket.clone());
    let others = tokio::spawn(disk::watch(Duration::from_secs(3600), address, host(root.path()), Arc::clone(&other)));
    eventually("another's answer", || Some(told(&other)).filter(|told| !told.is_empty())).await;
    let asked = |path: &str| docker.engine.lock().unwrap().asked.iter().filter(|asked| *asked == path).count();
    assert_eq!((asked("/system/df"), asked("/info"), asked("_ping")), (2, 2, 2), "once by each");
    others.abort();
    after.abort();
}

#[tokio::test]
async fn an_engine_that_does_not_answer_costs_nothing_but_its_own_series() {
    with_ring();
    let root = tempfile::tempdir().unwrap();
    let docker = FakeDocker::new(root.path());
    let memory = Arc::new(Memory::default());
    let address = Address::Unix(docker.socket.clone());
    let watch = tokio::spawn(disk::watch(Duration::from_secs(3600), address, host(root.path()), Arc::clone(&memory)));
    let told = eventually("a failure", || Some(told(&memory)).filter(|told| !told.is_empty())).await;
    assert_eq!(told["docker_disk_success "], 0.0);
    assert_eq!(told.keys().cloned().collect::<Vec<_>>(), ["docker_disk_duration_seconds ", "docker_disk_success "]);
    watch.abort();
}
