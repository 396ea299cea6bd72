//! Stories of an engine and an Alertmanager, both of cardboard, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "docker/support.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use seamark_exporter::alertmanager::{self, Alertmanagers, Outboxes};
use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::container::State;
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::docker::{self, client::Address};
use seamark_exporter::host::HostRoot;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};
use serde_json::json;
use support::{FakeAlertmanager, FakeDocker, event, eventually, recording, with_ring};
use tokio::task::JoinHandle;

/// A crash of this one is told after everything else: what was not told by then, was not told.
const MARKER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

struct Story {
    docker: FakeDocker,
    inventory: Arc<Inventory>,
    outboxes: Outboxes,
    _alertmanagers: Alertmanagers,
    watcher: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Drop for Story {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

impl Story {
    /// The exporter's half with this configuration, following a cardboard engine that holds nothing.
    async fn begin(config: &str) -> Self {
        let mut story = Self::prepare(config);
        story.docker.listen();
        story.connected().await;
        story
    }

    fn prepare(config: &str) -> Self {
        with_ring();
        let folder = tempfile::tempdir().unwrap();
        let docker = FakeDocker::new(folder.path());
        let (docker_settings, alertmanager_settings) = config::read(&Source::new("exporter.yml", config), |root| {
            let docker = docker::read(root, None);
            (docker, alertmanager::read(&mut root.section("alertmanager")))
        })
        .unwrap();
        let settings = docker::Settings { address: Address::Unix(docker.socket.clone()), ..docker_settings };
        let (inventory, outboxes) = (Arc::new(Inventory::new()), Outboxes::new());
        let alertmanagers = alertmanager::spawn(&alertmanager_settings, "web-1", &outboxes).unwrap();
        let sender = alertmanagers.sender.clone();
        let watcher = docker::spawn(settings, Arc::clone(&inventory), sender, Box::new(|| None));
        Self { docker, inventory, outboxes, _alertmanagers: alertmanagers, watcher, _folder: folder }
    }

    /// Docker answers, and its engine has somebody to tell events to.
    async fn connected(&self) {
        self.answered().await;
        // Events of these stories are older than any `since`: one from before the stream would never be told.
        eventually("listening", || (self.docker.listeners() > 0).then_some(())).await;
    }

    async fn answered(&self) {
        eventually("connected", || self.inventory.read(|known| known.up && known.events_connected).then_some(())).await;
    }

    /// The metrics as text.
    fn metrics(&self) -> String {
        let folder = self._folder.path();
        let inputs = Inputs::new(HostRoot::new(folder, folder, folder, folder), Arc::clone(&self.inventory));
        let mut out = Exposition::default();
        for registration in
            COLLECTORS.iter().filter(|each| each.name.starts_with("container_") || each.name == "docker")
        {
            let source = Source::new("exporter.yml", "{}");
            let collector = config::read(&source, |root| (registration.build)(&inputs, root)).unwrap();
            collector.collect(&mut out).unwrap();
        }
        self.outboxes.collect(&mut out);
        encode(&out, Format::Classic).unwrap()
    }

    fn has(&self, line: &str) -> Option<()> {
        self.metrics().lines().any(|each| each == line).then_some(())
    }

    /// One that is known to run, its inspection answered.
    async fn run(&self, id: &str, name: &str, policy: &str) {
        self.docker.put(id, name, policy, "running");
        self.docker.emit(&event(id, name, "create", 1, &[]));
        self.docker.emit(&event(id, name, "start", 2, &[]));
        eventually("inspected", || {
            self.inventory.read(|known| {
                known.lives().any(|life| life.identity.id == id && !life.identity.image_id.is_empty()).then_some(())
            })
        })
        .await;
    }

    /// One word that bollard does not know is enough.
    async fn read_leniently(&self) {
        let asked = |docker: &FakeDocker| {
            let asked = docker.engine.lock().unwrap().asked.clone();
            asked.iter().any(|path| path == "/v1.41/containers/json").then_some(())
        };
        self.docker.put("odd", "odd", "no", "pondering");
        self.docker.emit(&event("odd", "odd", "create", 3, &[]));
        eventually("read leniently", || asked(&self.docker)).await;
        self.connected().await;
    }

    fn die(&self, id: &str, name: &str, code: &str, second: i64) {
        self.docker.change(id, |answer| {
            answer["State"]["Status"] = json!("exited");
            answer["State"]["ExitCode"] = json!(code.parse::<i64>().unwrap());
        });
        self.docker.emit(&event(id, name, "die", second, &[("exitCode", code)]));
    }

    /// Lets something crash and waits until that was told.
    async fn mark(&self, alertmanager: &FakeAlertmanager) -> Vec<String> {
        self.run(MARKER, "marker", "no").await;
        self.die(MARKER, "marker", "9", 3);
        eventually("the marker", || {
            let told = alertmanager.told();
            told.last().is_some_and(|last| last == "ContainerCrashed marker firing").then_some(told)
        })
        .await
    }
}

fn urls(alertmanagers: &[&FakeAlertmanager]) -> String {
    let urls: Vec<&str> = alertmanagers.iter().map(|each| each.url.as_str()).collect();
    format!("alertmanager: {{urls: {urls:?}}}\n")
}

#[tokio::test]
async fn a_crash_is_told_to_every_alertmanager_and_so_is_its_end() {
    let (one, other) = (FakeAlertmanager::listen().await, FakeAlertmanager::listen().await);
    let story = Story::begin(&urls(&[&one, &other])).await;
    let id = "e9cf2b43dfd2f8571447eee684cfe21b59c6f27b9f936cfd2d946da3b1eb3189";
    story.docker.put(id, "ev-a", "no", "exited");
    story.docker.change(id, |answer| answer["State"]["ExitCode"] = json!(1));
    for event in recording("exit_1") {
        story.docker.emit(&event);
    }
    for alertmanager in [&one, &other] {
        eventually("a crash", || (alertmanager.told() == ["ContainerCrashed ev-a firing"]).then_some(())).await;
    }
    let alert = one.received.lock().unwrap().alerts[0].clone();
    assert_eq!(
        alert["labels"],
        json!({"alertname": "ContainerCrashed", "seamark_kind": "event", "severity": "critical", "job": "seamark",
            "instance": "web-1", "id": format!("/docker/{id}"), "name": "ev-a", "image": "busybox:latest"})
    );
    assert_eq!(
        alert["annotations"],
        json!({"summary": "Container ev-a on web-1 crashed", "description": "ev-a ended with exit code 1 after 1 s and is down.",
            "container": "ev-a", "host": "web-1", "exit_code": "1", "reason": "crash", "restart_policy": "no", "uptime": "1"})
    );
    story.docker.change(id, |answer| answer["State"]["Status"] = json!("running"));
    story.docker.emit(&event(id, "ev-a", "start", 1000, &[]));
    for alertmanager in [&one, &other] {
        let both = ["ContainerCrashed ev-a firing", "ContainerCrashed ev-a resolved"];
        eventually("its end", || {
            let received = alertmanager.received.lock().unwrap().alerts.len();
            (received == 2 && alertmanager.told()[1] == both[1]).then_some(())
        })
        .await;
    }
    let name = one.url.trim_start_matches("http://");
    eventually("up", || story.has(&format!("seamark_exporter_alertmanager_up{{alertmanager=\"{name}\"}} 1"))).await;
}

#[tokio::test]
async fn a_restart_inside_the_window_is_a_restart_and_no_crash() {
    let alertmanager = FakeAlertmanager::listen().await;
    let story = Story::begin(&urls(&[&alertmanager])).await;
    story.run("aa", "web", "always").await;
    story.docker.change("aa", |answer| {
        answer["State"]["Status"] = json!("restarting");
        answer["RestartCount"] = json!(1);
    });
    story.docker.emit(&event("aa", "web", "die", 3, &[("exitCode", "1")]));
    eventually("the death", || story.has(r#"seamark_container_exits_total{name="web",reason="crash"} 1"#)).await;
    story.docker.change("aa", |answer| answer["State"]["Status"] = json!("running"));
    story.docker.emit(&event("aa", "web", "start", 4, &[]));
    assert_eq!(story.mark(&alertmanager).await, ["ContainerRestarted web firing", "ContainerCrashed marker firing"]);
    assert!(story.inventory.read(|known| known.lives().all(|life| !life.is_held())));
    eventually("the count", || story.has(r#"seamark_container_restarts_total{id="/docker/aa",name="web"} 1"#)).await;
}

#[tokio::test]
async fn a_docker_stop_is_told_to_nobody_unless_asked_for() {
    let alertmanager = FakeAlertmanager::listen().await;
    for (notify, expected) in [
        ("[crash, restart]", vec!["ContainerCrashed marker firing"]),
        (
            "[crash, stop, start]",
            vec![
                "ContainerStarted ev-a firing",
                "ContainerStopped ev-a firing",
                "ContainerStarted marker firing",
                "ContainerCrashed marker firing",
            ],
        ),
    ] {
        alertmanager.received.lock().unwrap().alerts.clear();
        let story = Story::begin(&format!("{}events: {{notify: {notify}}}\n", urls(&[&alertmanager]))).await;
        let events = recording("stop_graceful");
        let id = events[0]["Actor"]["ID"].as_str().unwrap().to_owned();
        story.docker.put(&id, "ev-a", "no", "running");
        // Until it ends Docker says that it runs, as it did.
        for event in &events {
            if event["Action"] == "kill" {
                eventually("inspected", || {
                    story.has(r#"seamark_container_exits_total{name="ev-a",reason="stopped"} 0"#)
                })
                .await;
            }
            if event["Action"] == "stop" {
                story.docker.change(&id, |answer| answer["State"]["Status"] = json!("exited"));
            }
            story.docker.emit(event);
        }
        eventually("counted", || story.has(r#"seamark_container_exits_total{name="ev-a",reason="stopped"} 1"#)).await;
        assert_eq!(story.mark(&alertmanager).await, expected, "{notify}");
    }
}

#[tokio::test]
async fn a_lost_event_stream_loses_nothing_and_doubles_nothing() {
    let alertmanager = FakeAlertmanager::listen().await;
    let story = Story::begin(&urls(&[&alertmanager])).await;
    story.run("aa", "web", "no").await;
    story.die("aa", "web", "3", 10);
    eventually("the first death", || story.has(r#"seamark_container_exits_total{name="web",reason="crash"} 1"#)).await;
    // While nobody listens it is started and dies again, and another one comes and goes.
    story.docker.cut();
    story.docker.emit(&event("aa", "web", "start", 11, &[]));
    story.die("aa", "web", "4", 12);
    for (action, second, more) in [
        ("create", 13, [("x", "y")]),
        ("start", 14, [("x", "y")]),
        ("die", 15, [("exitCode", "0")]),
        ("destroy", 16, [("x", "y")]),
    ] {
        story.docker.emit(&event("bb", "job", action, second, &more));
    }
    eventually("the second death", || story.has(r#"seamark_container_exits_total{name="web",reason="crash"} 2"#)).await;
    eventually("the other", || story.has(r#"seamark_container_exits_total{name="job",reason="clean"} 1"#)).await;
    eventually("everything told", || (alertmanager.told().len() == 3).then_some(())).await;
    let asked = story.docker.engine.lock().unwrap().asked.clone();
    assert!(asked.contains(&"events since=1795255010.000000000".to_owned()), "{asked:?}");
    assert_eq!(
        story.mark(&alertmanager).await,
        [
            "ContainerCrashed web firing",
            "ContainerCrashed web resolved",
            "ContainerCrashed web firing",
            "ContainerCrashed marker firing"
        ]
    );
}

#[tokio::test]
async fn docker_may_come_late_and_go_and_what_ended_meanwhile_is_unknown() {
    let mut story = Story::prepare("{}");
    eventually("no Docker yet", || story.has("seamark_docker_up 0")).await;
    assert!(!story.metrics().contains("seamark_docker_info") && !story.metrics().contains("seamark_docker_containers"));
    story.docker.put("aa", "web", "no", "running");
    story.docker.listen();
    story.connected().await;
    eventually("seen", || {
        story.has(r#"seamark_container_state{id="/docker/aa",name="web",image="busybox:latest",state="running"} 1"#)
    })
    .await;
    let engine = r#"seamark_docker_info{engine="docker",version="28.5.2",api_version="1.41"} 1"#;
    assert!(story.has(engine).is_some());
    assert!(story.has(r#"seamark_docker_containers{state="running"} 1"#).is_some());
    assert!(story.has(r#"seamark_docker_containers{state="exited"} 0"#).is_some());

    story.docker.stop();
    eventually("away", || story.has("seamark_docker_up 0")).await;
    assert!(story.has("seamark_docker_events_connected 0").is_some());
    assert!(story.metrics().contains(r#"name="web""#), "the last known state stays");

    // Live-restore: it ended meanwhile, no event tells, and Docker has lost the code.
    story.docker.change("aa", |answer| {
        answer["State"]["Status"] = json!("exited");
        answer["State"]["ExitCode"] = json!(255);
        answer["State"]["FinishedAt"] = json!("2026-11-21T11:00:00.5Z");
    });
    story.docker.listen();
    story.connected().await;
    eventually("unknown", || story.has(r#"seamark_container_exits_total{name="web",reason="unknown"} 1"#)).await;
    let line =
        r#"seamark_container_last_exit_code{id="/docker/aa",name="web",image="busybox:latest",reason="unknown"} 255"#;
    assert!(story.has(line).is_some(), "{}", story.metrics());

    // Gone without a word, too.
    story.docker.stop();
    story.docker.engine.lock().unwrap().containers.clear();
    story.docker.listen();
    eventually("gone", || (!story.metrics().contains("seamark_container_info{")).then_some(())).await;
    assert!(story.has(r#"seamark_container_exits_total{name="web",reason="unknown"} 1"#).is_some());
}

#[tokio::test]
async fn words_that_nobody_knows_and_labels_that_hold_anything_cost_nothing() {
    let story = Story::begin("docker: {labels: [com.docker.compose.service, 'a.b', 'a-b']}\n").await;
    story.docker.put("aa", "web", "sometimes", "pondering");
    story.docker.change("aa", |answer| {
        answer["State"]["Health"] = json!({"Status": "moody"});
        answer["Config"]["Labels"] =
            json!({"a.b": "\"\\\n店", "a-b": "no", "com.docker.compose.service": "s", "secret": "x"});
    });
    story.docker.put("bb", "db", "no", "running");
    story.docker.emit(&json!("what?"));
    // bollard fails once; from then on the answers are read leniently, with the version that was negotiated.
    eventually("read leniently", || {
        let asked = story.docker.engine.lock().unwrap().asked.clone();
        asked.iter().any(|path| path == "/v1.41/containers/json").then_some(())
    })
    .await;
    story.connected().await;
    story.docker.emit(&json!({"Type": "container", "Action": "die", "Actor": {"ID": "aa"}, "timeNano": 1}));
    story.docker.emit(&event("aa", "web", "start", 1, &[]));
    story.docker.emit(&event("bb", "db", "start", 1, &[]));
    let info = "seamark_container_info{id=\"/docker/aa\",name=\"web\",image=\"busybox:latest\",image_id=\"sha256:1234\",restart_policy=\"sometimes\",compose_service=\"s\",container_label_a_b=\"\\\"\\\\\\n店\"} 1";
    eventually("inspected", || story.has(info)).await;
    eventually("the next one", || {
        story.has(r#"seamark_container_state{id="/docker/bb",name="db",image="busybox:latest",state="running"} 1"#)
    })
    .await;
    assert!(!story.metrics().contains("secret"), "{}", story.metrics());
    eventually("both counted", || story.has("seamark_docker_decode_errors_total 2")).await;
    // Its start made it run, until the inspection after that.
    let state = || story.inventory.read(|known| known.lives().next().map(|life| life.state));
    eventually("the state nobody knows", || (state() == Some(State::Other)).then_some(())).await;
}

#[tokio::test]
async fn an_alertmanager_of_which_only_the_alerts_path_can_be_reached_is_up() {
    let alertmanager = FakeAlertmanager::listen().await;
    let story = Story::begin(&urls(&[&alertmanager])).await;
    let host = alertmanager.url.trim_start_matches("http://");
    let up = format!("seamark_exporter_alertmanager_up{{alertmanager=\"{host}\"}} 1");
    eventually("up", || story.has(&up)).await;
    assert_eq!(alertmanager.told(), [] as [&str; 0]);
}

#[tokio::test]
async fn an_alertmanager_that_is_away_or_refuses_holds_up_no_other() {
    let (away, good) = (FakeAlertmanager::listen().await, FakeAlertmanager::listen().await);
    away.received.lock().unwrap().status = Some(503);
    let host = away.url.trim_start_matches("http://").to_owned();
    let config = format!("alertmanager: {{urls: ['http://me:p%40ss@{host}', '{}']}}\n", good.url);
    let story = Story::begin(&config).await;
    story.run("aa", "web", "no").await;
    story.die("aa", "web", "3", 10);
    eventually("told to the other", || (good.told() == ["ContainerCrashed web firing"]).then_some(())).await;
    eventually("seen to be away", || {
        story.has(&format!("seamark_exporter_alertmanager_up{{alertmanager=\"{host}\"}} 0"))
    })
    .await;
    assert!(!story.metrics().contains("p@ss") && !story.metrics().contains("p%40ss"));
    away.received.lock().unwrap().status = None;
    eventually("told when it is back", || (away.told() == ["ContainerCrashed web firing"]).then_some(())).await;
    assert!(
        away.received.lock().unwrap().authorization.iter().all(|each| each.as_deref() == Some("Basic bWU6cEBzcw=="))
    );

    // What it will never take is dropped, counted, and not asked about for ever.
    away.received.lock().unwrap().status = Some(400);
    story.run("bb", "db", "no").await;
    story.die("bb", "db", "3", 20);
    let dropped =
        |count: u32| format!("seamark_exporter_event_alerts_dropped_total{{alertmanager=\"{host}\"}} {count}");
    eventually("dropped", || story.has(&dropped(1))).await;
    away.received.lock().unwrap().status = None;
    story.docker.emit(&event("bb", "db", "destroy", 30, &[]));
    eventually("the next is told", || {
        (away.told() == ["ContainerCrashed web firing", "ContainerCrashed db resolved"]).then_some(())
    })
    .await;
    assert!(story.has(&dropped(1)).is_some());
}

#[tokio::test]
async fn a_reload_keeps_containers_counts_and_the_crash_that_is_firing() {
    let alertmanager = FakeAlertmanager::listen().await;
    let mut story = Story::begin(&urls(&[&alertmanager])).await;
    story.run("aa", "web", "no").await;
    story.die("aa", "web", "3", 10);
    eventually("a crash", || (alertmanager.told().len() == 1).then_some(())).await;

    story.watcher.abort();
    eventually("nobody listens", || (story.docker.listeners() == 0).then_some(())).await;
    story.docker.change("aa", |answer| answer["State"]["Status"] = json!("running"));
    story.docker.emit(&event("aa", "web", "start", 11, &[]));
    let settings =
        docker::Settings { address: Address::Unix(story.docker.socket.clone()), ..docker::Settings::default() };
    let sender = story._alertmanagers.sender.clone();
    story.watcher = docker::spawn(settings, Arc::clone(&story.inventory), sender, Box::new(|| None));
    eventually("its end", || {
        (alertmanager.told() == ["ContainerCrashed web firing", "ContainerCrashed web resolved"]).then_some(())
    })
    .await;
    assert!(story.has(r#"seamark_container_exits_total{name="web",reason="crash"} 1"#).is_some());
}

#[tokio::test]
async fn a_hung_engine_is_told_from_one_that_answers() {
    let story = Story::prepare("{}");
    let mut docker = FakeDocker::new(story._folder.path());
    docker.engine.lock().unwrap().hung = true;
    docker.listen();
    eventually("asked", || docker.engine.lock().unwrap().asked.first().cloned()).await;
    assert!(story.has("seamark_docker_up 0").is_some());
    docker.engine.lock().unwrap().hung = false;
    // The question that hangs is given up after its deadline, and asked again.
    tokio::time::timeout(Duration::from_secs(30), story.answered()).await.unwrap();
}

#[tokio::test]
async fn an_unhealthy_container_is_told_at_once_with_what_its_check_said_and_so_is_its_recovery() {
    for lenient in [false, true] {
        let alertmanager = FakeAlertmanager::listen().await;
        let story = Story::begin(&urls(&[&alertmanager])).await;
        story.run("aa", "web", "no").await;
        if lenient {
            story.read_leniently().await;
        }
        let output = format!("curl: (7) http://me:hunter2@web/ \u{1b}[31mrefused\u{1b}[0m\n{}", "店 ".repeat(900));
        story.docker.change("aa", |answer| {
            answer["State"]["Health"] = json!({"Status": "unhealthy", "FailingStreak": 3, "Log": [
                {"Start": "2026-11-21T10:00:00Z", "End": "2026-11-21T10:00:01Z", "ExitCode": 0, "Output": "fine"},
                {"Start": "2026-11-21T10:00:30Z", "End": "2026-11-21T10:00:31Z", "ExitCode": 7, "Output": output}]});
        });
        story.docker.emit(&event("aa", "web", "health_status: unhealthy", 10, &[]));
        eventually("unhealthy", || (alertmanager.told() == ["ContainerUnhealthyEvent web firing"]).then_some(())).await;
        let alert = alertmanager.received.lock().unwrap().alerts[0].clone();
        assert_eq!(
            alert["labels"],
            json!({"alertname": "ContainerUnhealthyEvent", "seamark_kind": "event", "severity": "warning",
                "job": "seamark", "instance": "web-1", "id": "/docker/aa", "name": "web", "image": "busybox:latest"})
        );
        let notes = &alert["annotations"];
        assert_eq!(notes["description"], "The last 3 health checks of web have failed.");
        assert_eq!((&notes["failing_streak"], &notes["check_exit_code"]), (&json!("3"), &json!("7")));
        let shown = notes["check_output"].as_str().unwrap();
        assert!(shown.starts_with("curl: (7) http://<redacted>@web/ refused\n店 店"), "{shown}");
        assert_eq!(shown.chars().count(), 500);
        assert_eq!(alert["startsAt"], "2026-11-21T09:56:50Z", "that of the event");

        story.docker.change("aa", |answer| answer["State"]["Health"]["Status"] = json!("healthy"));
        story.docker.emit(&event("aa", "web", "health_status: healthy", 20, &[]));
        let both = ["ContainerUnhealthyEvent web firing", "ContainerUnhealthyEvent web resolved"];
        eventually("healthy", || (alertmanager.told() == both).then_some(())).await;
        assert_eq!(alertmanager.received.lock().unwrap().alerts[1]["annotations"]["ended_by"], "healthy");
    }
}

fn frame(stream: u8, text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[stream, 0, 0, 0], &length[..], text.as_bytes()].concat()
}

#[tokio::test]
async fn the_last_lines_of_a_crashed_container_come_with_it_however_docker_sends_and_we_read_them() {
    let frames = [frame(1, "listening\n"), frame(2, "DB_PASSWORD=hunter2 \u{1b}[1mrefused\n")].concat();
    let bare = b"listening\r\nDB_PASSWORD=hunter2 \x1b[1mrefused\r\n".to_vec();
    for (lenient, hangs, log) in [
        (false, false, &frames),
        (true, false, &frames),
        (false, false, &bare),
        (true, false, &bare),
        (false, true, &frames),
    ] {
        let alertmanager = FakeAlertmanager::listen().await;
        let story = Story::begin(&format!("{}docker: {{log_lines: 20}}\n", urls(&[&alertmanager]))).await;
        story.run("aa", "web", "no").await;
        if lenient {
            story.read_leniently().await;
        }
        {
            let mut engine = story.docker.engine.lock().unwrap();
            (engine.log, engine.log_hangs) = (log.clone(), hangs);
        }
        story.die("aa", "web", "3", 10);
        eventually("told", || (alertmanager.told() == ["ContainerCrashed web firing"]).then_some(())).await;
        let shown = alertmanager.received.lock().unwrap().alerts[0]["annotations"]["log"].clone();
        assert_eq!(shown, "listening\nDB_PASSWORD=<redacted> refused", "lenient {lenient}, hangs {hangs}");
        let asked = story.docker.engine.lock().unwrap().asked.clone();
        let version = if lenient { "/v1.41" } else { "" };
        assert!(asked.contains(&format!("{version}/containers/aa/logs?stdout=1&stderr=1&tail=20")), "{asked:?}");
        assert_eq!(alertmanager.told().len(), 1);
    }
}

#[tokio::test]
async fn without_being_told_to_nobody_reads_a_log() {
    let alertmanager = FakeAlertmanager::listen().await;
    let story = Story::begin(&urls(&[&alertmanager])).await;
    story.docker.engine.lock().unwrap().log = b"secret\n".to_vec();
    assert_eq!(story.mark(&alertmanager).await, ["ContainerCrashed marker firing"]);
    assert!(alertmanager.received.lock().unwrap().alerts[0]["annotations"].get("log").is_none());
    assert!(story.docker.engine.lock().unwrap().asked.iter().all(|path| !path.contains("/logs")));
}

#[tokio::test]
async fn a_reload_takes_a_container_out_of_what_is_told_and_ends_what_was() {
    let alertmanager = FakeAlertmanager::listen().await;
    let mut story = Story::begin(&urls(&[&alertmanager])).await;
    story.run("aa", "web", "no").await;
    let enabled = |value: u8| format!("seamark_container_alerts_enabled{{id=\"/docker/aa\",name=\"web\"}} {value}");
    eventually("covered", || story.has(&enabled(1))).await;
    story.watcher.abort();
    eventually("nobody listens", || (story.docker.listeners() == 0).then_some(())).await;
    let rules = docker::rules::Rules { exclude: vec!["w*".to_owned()], ..docker::rules::Rules::default() };
    let address = Address::Unix(story.docker.socket.clone());
    let settings = docker::Settings { address, rules, ..docker::Settings::default() };
    let sender = story._alertmanagers.sender.clone();
    story.watcher = docker::spawn(settings, Arc::clone(&story.inventory), sender, Box::new(|| None));
    story.connected().await;
    eventually("not covered", || story.has(&enabled(0))).await;
    story.docker.emit(&event("aa", "web", "health_status: unhealthy", 10, &[]));
    story.docker.emit(&event("aa", "web", "kill", 11, &[("signal", "9")]));
    story.die("aa", "web", "137", 11);
    assert_eq!(story.mark(&alertmanager).await, ["ContainerCrashed marker firing"]);
}

#[tokio::test]
async fn sizes_are_asked_for_by_a_timer_and_only_when_that_is_switched_on() {
    let told = |story: &Story, family: &str| {
        let text = story.metrics();
        let line = text.lines().find(|line| line.starts_with(&format!("{family}{{")));
        line.and_then(|line| line.rsplit(' ').next().map(str::to_owned))
    };
    let mut story = Story::prepare("docker: {sizes: 1h}\n");
    story.docker.put("a1", "web", "no", "running");
    story.docker.listen();
    story.connected().await;
    eventually("the size", || told(&story, "container_fs_usage_bytes").filter(|size| size == "4096")).await;
    assert!(story.metrics().contains("\nseamark_container_fs_last_success_timestamp_seconds "));
    // This engine does not say where it keeps everything.
    assert_eq!(told(&story, "container_fs_limit_bytes"), None);

    let mut quiet = Story::prepare("{}");
    quiet.docker.put("a1", "web", "no", "running");
    quiet.docker.listen();
    quiet.connected().await;
    eventually("the container", || told(&quiet, "container_last_seen")).await;
    assert!(!quiet.metrics().contains("container_fs_"));
}
