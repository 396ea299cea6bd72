//! The exporter is restarted while crashed containers are down: a story over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "docker/support.rs"]
#[expect(dead_code, reason = "other stories need more of it")]
mod support;

use std::sync::Arc;

use seamark_exporter::alertmanager::{self, Alertmanagers, Outboxes};
use seamark_exporter::docker::inventory::{Inventory, Known};
use seamark_exporter::docker::{self, client::Address};
use seamark_kit::config::{self, Source};
use serde_json::{Value, json};
use support::{FakeAlertmanager, FakeDocker, event, eventually, with_ring};
use tokio::task::JoinHandle;

/// One process's worth of exporter: what it knows goes with it.
struct Exporter {
    inventory: Arc<Inventory>,
    _outboxes: Outboxes,
    _alertmanagers: Alertmanagers,
    watcher: JoinHandle<()>,
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

impl Exporter {
    fn start(docker: &FakeDocker, alertmanagers: &[&FakeAlertmanager]) -> Self {
        let urls: Vec<&str> = alertmanagers.iter().map(|each| each.url.as_str()).collect();
        let text = format!("alertmanager: {{urls: {urls:?}, labels: {{site: 'a+b \"c\"'}}}}\n");
        let (settings, alertmanagers) = config::read(&Source::new("exporter.yml", text), |root| {
            let settings = docker::read(root, None);
            (settings, alertmanager::read(&mut root.section("alertmanager")))
        })
        .unwrap();
        let settings = docker::Settings { address: Address::Unix(docker.socket.clone()), ..settings };
        let (inventory, outboxes) = (Arc::new(Inventory::new()), Outboxes::new());
        let alertmanagers = alertmanager::spawn(&alertmanagers, "web-1", &outboxes).unwrap();
        let sender = alertmanagers.sender.clone();
        let watcher = docker::spawn(settings, Arc::clone(&inventory), sender, Box::new(|| None));
        Self { inventory, _outboxes: outboxes, _alertmanagers: alertmanagers, watcher }
    }

    async fn connected(&self, docker: &FakeDocker) {
        eventually("connected", || self.inventory.read(|known| known.events_connected.then_some(()))).await;
        // Events of this story are older than any `since`: one from before the stream would never be told.
        eventually("listening", || (docker.listeners() == 1).then_some(())).await;
    }

    fn holds_a_crash_of(&self, id: &str) -> Option<()> {
        self.inventory.read(|known| known.lives().any(|life| life.identity.id == id && life.is_crashed()).then_some(()))
    }
}

async fn crash(docker: &FakeDocker, exporter: &Exporter, id: &str, alertmanager: &FakeAlertmanager) {
    docker.put(id, id, "no", "running");
    docker.emit(&event(id, id, "create", 500, &[]));
    docker.emit(&event(id, id, "start", 501, &[]));
    eventually("inspected", || {
        let inspected = |known: &Known| {
            known.lives().any(|life| life.identity.id == id && !life.identity.image_id.is_empty()).then_some(())
        };
        exporter.inventory.read(inspected)
    })
    .await;
    docker.change(id, |answer| answer["State"]["Status"] = json!("exited"));
    docker.emit(&event(id, id, "die", 600, &[("exitCode", "3")]));
    eventually("told", || alertmanager.told().contains(&format!("ContainerCrashed {id} firing")).then_some(())).await;
}

fn about(alertmanager: &FakeAlertmanager, id: &str) -> Vec<Value> {
    let received = alertmanager.received.lock().unwrap();
    received.alerts.iter().filter(|alert| alert["labels"]["name"] == id).cloned().collect()
}

fn how(alertmanager: &FakeAlertmanager, id: &str) -> Vec<String> {
    let told = alertmanager.told();
    told.iter().filter_map(|each| each.strip_prefix(&format!("ContainerCrashed {id} ")).map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_crash_outlives_the_exporter_that_told_it_and_ends_with_its_container_s_start() {
    with_ring();
    let folder = tempfile::tempdir().unwrap();
    let mut docker = FakeDocker::new(folder.path());
    docker.listen();
    let (one, other) = (FakeAlertmanager::listen().await, FakeAlertmanager::listen().await);
    let first = Exporter::start(&docker, &[&one, &other]);
    first.connected(&docker).await;
    for id in ["down", "back", "gone"] {
        crash(&docker, &first, id, &one).await;
        eventually("told", || (how(&other, id) == ["firing"]).then_some(())).await;
    }
    drop(first);

    docker.change("back", |answer| answer["State"]["Status"] = json!("running"));
    docker.engine.lock().unwrap().containers.remove("gone");
    let second = Exporter::start(&docker, &[&one, &other]);
    for alertmanager in [&one, &other] {
        eventually("refreshed", || (how(alertmanager, "down") == ["firing", "firing"]).then_some(())).await;
        for id in ["back", "gone"] {
            eventually("resolved", || (how(alertmanager, id).last()? == "resolved").then_some(())).await;
            assert_eq!(how(alertmanager, id)[0..2], ["firing", "resolved"], "{id}: ends at once");
        }
        let told = about(alertmanager, "down");
        for field in ["labels", "annotations", "startsAt"] {
            assert_eq!(told[0][field], told[1][field], "{field}");
        }
    }
    second.holds_a_crash_of("down").unwrap();
    second.connected(&docker).await;

    docker.change("down", |answer| answer["State"]["Status"] = json!("running"));
    docker.emit(&event("down", "down", "start", 700, &[]));
    for alertmanager in [&one, &other] {
        eventually("its end", || (how(alertmanager, "down") == ["firing", "firing", "resolved"]).then_some(())).await;
        assert_eq!(about(alertmanager, "down")[0]["labels"], about(alertmanager, "down")[2]["labels"]);
        eventually("asked by each exporter", || (alertmanager.received.lock().unwrap().asked == 2).then_some(())).await;
    }
}
