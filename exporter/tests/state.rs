//! Stories of containers that somebody has to be told of though Docker says little: over real sockets, with engines of
//! cardboard, up to the text of a scrape.
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

use std::path::Path;
use std::sync::Arc;

use seamark_exporter::alertmanager::{self, Alertmanagers, Outboxes};
use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::docker::{self, client::Address};
use seamark_exporter::host::HostRoot;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};
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
    async fn start(docker: &FakeDocker, text: &str) -> Self {
        with_ring();
        let (settings, alertmanagers) = config::read(&Source::new("exporter.yml", text), |root| {
            (docker::read(root, None), alertmanager::read(&mut root.section("alertmanager")))
        })
        .unwrap();
        let settings = docker::Settings { address: Address::Unix(docker.socket.clone()), ..settings };
        let (inventory, outboxes) = (Arc::new(Inventory::new()), Outboxes::new());
        let alertmanagers = alertmanager::spawn(&alertmanagers, "web-1", &outboxes).unwrap();
        let watcher = docker::spawn(settings, Arc::clone(&inventory), alertmanagers.sender.clone(), Box::new(|| None));
        let exporter = Self { inventory, _outboxes: outboxes, _alertmanagers: alertmanagers, watcher };
        eventually("connected", || exporter.inventory.read(|known| known.events_connected.then_some(()))).await;
        // bollard's question is on its way; what was emitted before it came would be too old.
        eventually("listening", || (docker.listeners() == 1).then_some(())).await;
        exporter
    }

    fn metrics(&self) -> String {
        let inputs = Inputs::new(HostRoot::default(), Arc::clone(&self.inventory));
        let mut out = Exposition::default();
        let of_docker =
            ["docker", "container_state", "container_exits", "container_health", "container_expected", "compose"];
        for registration in COLLECTORS.iter().filter(|each| of_docker.contains(&each.name)) {
            config::read(&Source::new("exporter.yml", ""), |root| (registration.build)(&inputs, root))
                .unwrap()
                .collect(&mut out)
                .unwrap();
        }
        encode(&out, Format::Classic).unwrap()
    }

    fn has(&self, line: &str) -> Option<()> {
        self.metrics().lines().any(|each| each == line).then_some(())
    }

    async fn says(&self, line: &str) {
        eventually(line, || self.has(line)).await;
    }

    /// The lines of a family, without its name.
    fn family(&self, name: &str) -> Vec<String> {
        let metrics = self.metrics();
        metrics
            .lines()
            .filter_map(|line| line.strip_prefix(name))
            .filter(|rest| rest.starts_with('{'))
            .map(str::to_owned)
            .collect()
    }
}

fn detach(id: &str, second: i64) -> Value {
    json!({"Type": "network", "Action": "disconnect", "timeNano": (1_795_255_000 + second) * 1_000_000_000,
        "Actor": {"ID": "net", "Attributes": {"container": id, "name": "bridge", "type": "bridge"}}})
}

#[tokio::test]
async fn a_start_that_fails_is_told_though_docker_sends_neither_start_nor_die() {
    let folder = tempfile::tempdir().unwrap();
    let mut docker = FakeDocker::new(folder.path());
    docker.listen();
    let exporter = Exporter::start(&docker, "{}").await;
    docker.put("aa", "web", "no", "created");
    docker.emit(&event("aa", "web", "create", 1, &[]));
    exporter.says(r#"seamark_container_start_failures_total{name="web",reason="port_taken"} 0"#).await;
    let fail = |second| {
        docker.change("aa", |answer| {
            answer["State"]["ExitCode"] = json!(128);
            answer["State"]["Error"] = json!("Bind for 0.0.0.0:80 failed: port is already allocated, p4ssw0rd");
        });
        docker.emit(&detach("aa", second));
    };
    fail(2);
    exporter.says(r#"seamark_container_start_failures_total{name="web",reason="port_taken"} 1"#).await;
    fail(3);
    exporter.says(r#"seamark_container_start_failures_total{name="web",reason="port_taken"} 2"#).await;
    exporter
        .says(r#"seamark_container_state{id="/docker/aa",name="web",image="busybox:latest",state="created"} 1"#)
        .await;
    assert!(exporter.family("seamark_container_exits_total").iter().all(|line| line.ends_with(" 0")));
    assert!(exporter.family("seamark_container_last_exit_code").is_empty());
    let metrics = exporter.metrics();
    assert!(!metrics.contains("p4ssw0rd") && !format!("{:?}", exporter.inventory).contains("p4ssw0rd"), "{metrics}");
}

#[tokio::test]
async fn a_health_check_is_told_while_its_container_runs_and_what_it_printed_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut docker = FakeDocker::new(folder.path());
    docker.listen();
    docker.put("aa", "web", "no", "running");
    let check = |streak: u64, end: &str| {
        docker.change("aa", |answer| {
            answer["Config"]["Healthcheck"] = json!({"Test": ["CMD", "true"], "Timeout": 1_500_000_000_u64});
            answer["State"]["Health"] = json!({"Status": "healthy", "FailingStreak": streak,
                "Log": [{"Start": "2026-11-21T10:00:00Z", "End": end, "ExitCode": 1, "Output": "p4ssw0rd"}]});
        });
    };
    check(0, "2026-11-21T10:00:00.5Z");
    docker.put("bb", "plain", "no", "running");
    let exporter = Exporter::start(&docker, "{}").await;
    for line in [
        r#"seamark_container_health_failing_streak{id="/docker/aa",name="web"} 0"#,
        r#"seamark_container_health_check_duration_seconds{id="/docker/aa",name="web"} 0.5"#,
        r#"seamark_container_health_check_timeout_seconds{id="/docker/aa",name="web"} 1.5"#,
        r#"seamark_container_health_check_interval_seconds{id="/docker/aa",name="web"} 30"#,
        r#"seamark_container_health_last_check_timestamp_seconds{id="/docker/aa",name="web"} 1795255200.5"#,
    ] {
        exporter.says(line).await;
    }
    // A change is looked at, not waited for.
    check(3, "2026-11-21T10:01:00Z");
    docker.emit(&event("aa", "web", "health_status: unhealthy", 1, &[]));
    exporter.says(r#"seamark_container_health_failing_streak{id="/docker/aa",name="web"} 3"#).await;
    assert!(!exporter.metrics().contains("p4ssw0rd"));
    assert_eq!(exporter.family("seamark_container_health_failing_streak").len(), 1, "one of two has a check");

    docker.change("aa", |answer| answer["State"]["Status"] = json!("exited"));
    docker.emit(&event("aa", "web", "die", 2, &[("exitCode", "1")]));
    exporter.says(r#"seamark_container_exits_total{name="web",reason="crash"} 1"#).await;
    assert!(exporter.family("seamark_container_health_failing_streak").is_empty());
}

#[tokio::test]
async fn an_image_that_was_pulled_makes_the_containers_of_its_name_outdated() {
    let folder = tempfile::tempdir().unwrap();
    let mut docker = FakeDocker::new(folder.path());
    docker.listen();
    docker.put("aa", "web", "no", "running");
    docker.engine.lock().unwrap().images.insert("busybox:latest".to_owned(), "sha256:1234".to_owned());
    let exporter = Exporter::start(&docker, "{}").await;
    exporter.says(r#"seamark_container_image_outdated{id="/docker/aa",name="web"} 0"#).await;
    docker.engine.lock().unwrap().images.insert("busybox:latest".to_owned(), "sha256:5678".to_owned());
    docker.emit(&json!({"Type": "image", "Action": "pull", "Actor": {"ID": "busybox:latest"}, "timeNano": 1_795_255_001_000_000_000_u64}));
    exporter.says(r#"seamark_container_image_outdated{id="/docker/aa",name="web"} 1"#).await;
}

#[tokio::test]
async fn what_is_expected_and_what_a_service_has_are_told_whether_it_is_there_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut docker = FakeDocker::new(folder.path());
    docker.listen();
    for (id, status) in [("aa", "running"), ("bb", "exited")] {
        docker.put(id, &format!("shop-web-{id}"), "no", status);
        docker.change(id, |answer| {
            answer["Config"]["Labels"] =
                json!({"com.docker.compose.project": "shop", "com.docker.compose.service": "web"});
        });
    }
    let text = "docker:\n  watch: [{name: nginx, check_health: true}, {service: 'shop/*'}]\n";
    let exporter = Exporter::start(&docker, text).await;
    exporter.says(r#"seamark_container_expected{name="shop-web-bb",expect="running",check_health="false"} 1"#).await;
    assert_eq!(
        exporter.family("seamark_container_expected"),
        [
            r#"{name="nginx",expect="running",check_health="true"} 1"#,
            r#"{name="shop-web-aa",expect="running",check_health="false"} 1"#,
            r#"{name="shop-web-bb",expect="running",check_health="false"} 1"#,
        ]
    );
    let services = exporter.family("seamark_compose_service_containers");
    assert_eq!(services.len(), 7, "every state, zero included");
    for (state, count) in [("running", 1), ("exited", 1), ("dead", 0)] {
        let line = format!(r#"{{compose_project="shop",compose_service="web",state="{state}"}} {count}"#);
        assert!(services.contains(&line), "{services:?}");
    }
    for (family, time) in [("created", "1795255198"), ("started", "1795255200")] {
        let line = format!(r#"{{id="/docker/bb",name="shop-web-bb"}} {time}"#);
        assert!(exporter.family(&format!("seamark_container_{family}_timestamp_seconds")).contains(&line), "{family}");
    }
}

#[tokio::test]
async fn counts_go_on_after_a_restart_and_what_ended_meanwhile_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exporter.state");
    let text = format!("state_file: '{}'\n", file.display());
    let mut docker = FakeDocker::new(folder.path());
    docker.listen();
    let first = Exporter::start(&docker, &text).await;
    for (id, name) in [("aa", "web"), ("bb", "db")] {
        docker.put(id, name, "no", "running");
        docker.emit(&event(id, name, "create", 1, &[]));
        docker.emit(&event(id, name, "start", 2, &[]));
        first.says(&format!(r#"seamark_container_exits_total{{name="{name}",reason="crash"}} 0"#)).await;
    }
    docker.change("aa", |answer| answer["State"]["Status"] = json!("exited"));
    docker.emit(&event("aa", "web", "die", 10, &[("exitCode", "3")]));
    first.says(r#"seamark_container_exits_total{name="web",reason="crash"} 1"#).await;
    // As at the end of the process.
    first.inventory.save_state();
    first.says("seamark_exporter_state_file_writable 1").await;
    drop(first);
    eventually("nobody listens", || (docker.listeners() == 0).then_some(())).await;

    docker.change("bb", |answer| {
        answer["State"]["Status"] = json!("exited");
        answer["State"]["FinishedAt"] = json!("2026-11-21T11:00:00Z");
    });
    for _ in 0..2 {
        let next = Exporter::start(&docker, &text).await;
        next.says(r#"seamark_container_exits_total{name="db",reason="unknown"} 1"#).await;
        next.says(r#"seamark_container_exits_total{name="web",reason="crash"} 1"#).await;
        next.says(
            r#"seamark_container_last_exit_code{id="/docker/aa",name="web",image="busybox:latest",reason="crash"} 3"#,
        )
        .await;
        next.inventory.save_state();
    }

    // Killed and half written, long ago: kept aside, and everything goes on.
    std::fs::write(&file, "{\"version\":1,\"names\":{\"we").unwrap();
    let last = Exporter::start(&docker, &text).await;
    last.says(r#"seamark_container_exits_total{name="web",reason="crash"} 0"#).await;
    last.inventory.save_state();
    assert!(last.has("seamark_exporter_state_file_writable 1").is_some());
    let aside = |name: &str| name.starts_with("exporter.state.bad-");
    let names =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| aside(name)).count(), 1);
}

#[tokio::test]
async fn a_state_file_that_cannot_be_written_is_a_metric_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut docker = FakeDocker::new(folder.path());
    docker.listen();
    docker.put("aa", "web", "no", "running");
    let exporter = Exporter::start(&docker, &format!("state_file: '{}/none/x'\n", folder.path().display())).await;
    exporter.says("seamark_exporter_state_file_writable 0").await;
    exporter.says(r#"seamark_container_exits_total{name="web",reason="crash"} 0"#).await;
    drop(exporter);
    let without = Exporter::start(&docker, "{}").await;
    assert!(!without.metrics().contains("state_file"));
}

/// An answer in Podman's shape (4.9 to 6.0): a numeric stop signal, no policy, times with offsets, its own names.
fn podman_container(name: &str, status: &str) -> Value {
    json!({"Id": format!("{name}00"), "Name": format!("/{name}"), "Image": "sha256:1234", "RestartCount": 0,
        "Created": "2026-11-21T10:00:00.5Z",
        "State": {"Status": status, "Running": status == "running" || status == "stopping", "Paused": false,
            "OOMKilled": false, "Dead": false, "Pid": 0, "ExitCode": 0, "Error": "", "StartedAt": "2026-11-21T10:00:01Z",
            "FinishedAt": "0001-01-01T00:00:00Z", "CheckpointedAt": "0001-01-01T00:00:00Z"},
        "Config": {"Image": "docker.io/library/busybox:latest", "StopSignal": "15", "StopTimeout": 10, "Labels": null,
            "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 30_000_000_000_u64}},
        "HostConfig": {"RestartPolicy": {"Name": "", "MaximumRetryCount": 0}, "NetworkMode": "bridge"},
        "GraphDriver": null, "NetworkSettings": {"Ports": {}}})
}

fn podman_event(name: &str, action: &str, second: i64, code: &str, more: &Value) -> Value {
    let mut event = json!({"Type": "container", "Action": action, "scope": "local", "Actor": {"ID": format!("{name}00"),
        "Attributes": {"containerExitCode": code, "image": "docker.io/library/busybox:latest", "name": name, "podId": ""}},
        "timeNano": (1_795_255_000 + second) * 1_000_000_000});
    if action == "die" {
        event["Actor"]["Attributes"]["exitCode"] = json!(code);
    }
    for (key, value) in more.as_object().into_iter().flatten() {
        event[key] = value.clone();
    }
    event
}

#[tokio::test]
async fn podman_loses_no_container_and_a_stop_on_it_is_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let alertmanager = FakeAlertmanager::listen().await;
    let mut docker = FakeDocker::new(folder.path());
    {
        let mut engine = docker.engine.lock().unwrap();
        engine.components =
            json!([{"Name": "Podman Engine", "Version": "5.4.2"}, {"Name": "Conmon", "Version": "2.1"}]);
        for (name, status) in [
            ("made", "configured"),
            ("ready", "initialized"),
            ("web", "running"),
            ("going", "stopping"),
            ("gone", "stopped"),
            ("odd", ""),
        ] {
            engine.containers.insert(format!("{name}00"), podman_container(name, status));
        }
    }
    docker.listen();
    let exporter = Exporter::start(&docker, &format!("alertmanager: {{urls: ['{}']}}\n", alertmanager.url)).await;
    let state = |name: &str, state: &str| {
        format!(
            r#"seamark_container_state{{id="/docker/{name}00",name="{name}",image="docker.io/library/busybox:latest",state="{state}"}} 1"#
        )
    };
    for (name, word) in
        [("made", "created"), ("ready", "created"), ("web", "running"), ("going", "running"), ("gone", "exited")]
    {
        exporter.says(&state(name, word)).await;
    }
    exporter.says(r#"seamark_docker_info{engine="podman",version="28.5.2",api_version="1.41"} 1"#).await;
    eventually("the one without a word", || (exporter.family("seamark_container_info").len() == 6).then_some(())).await;

    // Its health: the word stands beside the action.
    docker.emit(&podman_event("web", "health_status", 1, "0", &json!({"HealthStatus": "unhealthy"})));
    let unhealthy = r#"seamark_container_health_status{id="/docker/web00",name="web",image="docker.io/library/busybox:latest",status="unhealthy"} 1"#;
    docker.change("web00", |answer| {
        answer["State"]["Health"] = json!({"Status": "unhealthy", "FailingStreak": 3, "Log": null})
    });
    exporter.says(unhealthy).await;
    exporter.says(r#"seamark_container_health_failing_streak{id="/docker/web00",name="web"} 3"#).await;

    // `podman stop`: the end first, the stop after it, and no signal.
    docker.change("web00", |answer| answer["State"]["Status"] = json!("exited"));
    docker.emit(&podman_event("web", "die", 10, "143", &json!({})));
    docker.emit(&podman_event("web", "cleanup", 10, "143", &json!({})));
    docker.emit(&podman_event("web", "stop", 10, "0", &json!({})));
    exporter.says(r#"seamark_container_exits_total{name="web",reason="stopped"} 1"#).await;
    // An end that nothing announced, and one that an old version tells.
    for (action, name, reason) in [("die", "going", "crash"), ("died", "ready", "crash")] {
        docker.change(&format!("{name}00"), |answer| answer["State"]["Status"] = json!("exited"));
        docker.emit(&podman_event(name, action, 20, "3", &json!({})));
        exporter.says(&format!(r#"seamark_container_exits_total{{name="{name}",reason="{reason}"}} 1"#)).await;
    }
    // `podman rm -f`.
    docker.engine.lock().unwrap().containers.remove("gone00");
    docker.emit(&podman_event("gone", "remove", 30, "0", &json!({})));
    eventually("gone", || (exporter.family("seamark_container_info").len() == 5).then_some(())).await;
    let told = [
        "ContainerUnhealthyEvent web firing",
        "ContainerUnhealthyEvent web resolved",
        "ContainerCrashed going firing",
        "ContainerCrashed ready firing",
    ];
    eventually("its health and two crashes", || (alertmanager.told().len() == told.len()).then_some(())).await;
    assert_eq!(alertmanager.told(), told);
    assert!(Path::new(&docker.socket).exists());
}

#[tokio::test]
async fn podman_s_word_of_health_is_heard_though_it_has_used_no_word_that_docker_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut docker = FakeDocker::new(folder.path());
    docker.engine.lock().unwrap().components = json!([{"Name": "Podman Engine", "Version": "5.4.2"}]);
    docker.put("web00", "web", "no", "running");
    docker.listen();
    let exporter = Exporter::start(&docker, "{}").await;
    let health = |status: &str| {
        docker.change("web00", |answer| answer["State"]["Health"] = json!({"Status": status}));
        docker.emit(&podman_event("web", "health_status", 1, "0", &json!({"HealthStatus": status})));
    };
    health("unhealthy");
    let line =
        r#"seamark_container_health_status{id="/docker/web00",name="web",image="busybox:latest",status="unhealthy"} 1"#;
    eventually("unhealthy", || {
        exporter.has(&line.replace("busybox:latest", "docker.io/library/busybox:latest")).or_else(|| exporter.has(line))
    })
    .await;
}
