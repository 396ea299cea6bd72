//! The relay as a process on a machine that goes wrong: no room on the disk, a disk that can only be read, a clock that
//! jumps. Needs root, for mounts of its own, and libfaketime.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

#[path = "stand_in/discord.rs"]
mod discord;

use discord::{Discord, Fault, Rates};

const PATIENCE: Duration = Duration::from_secs(60);

/// A relay whose outbox is in a file system of its own.
struct Relay {
    child: Child,
    directory: tempfile::TempDir,
    port: u16,
    http: reqwest::Client,
}

impl Relay {
    /// `size` of its file system, and programs before it, such as `env NAME=VALUE`.
    fn start(stand_in: &Discord, size: &str, before: &[String]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = directory.path().join("relay.yml");
        let disk = directory.path().join("disk");
        fs::create_dir(&disk).unwrap();
        let webhook = stand_in.webhook(1);
        let text = format!(
            "listen: 127.0.0.1:{port}\nstorage: sqlite://{}/relay.db\nnotices: false\n\
             channels: {{ops: {{type: discord, webhook_url: '{webhook}'}}}}\n",
            disk.display()
        );
        fs::write(&config, text).unwrap();
        let script = "mount -t tmpfs -o size=\"$1\" none \"$2\" && shift 2 && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh", size]).arg(&disk).args(before);
        command.arg(env!("CARGO_BIN_EXE_seamark-relay")).arg("--config.file").arg(&config);
        let child = command.stderr(fs::File::create(directory.path().join("log")).unwrap()).stdin(Stdio::null());
        let http = seamark_relay::deliver::http::client().unwrap();
        Self { child: child.spawn().expect("`unshare` of util-linux, as root"), directory, port, http }
    }

    async fn is_ready(&self) {
        self.until("ready", async || self.status("/-/ready").await == Some(200)).await;
    }

    async fn until(&self, what: &str, so: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !so().await {
            let log = || fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "never: {what}\n{}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn status(&self, path: &str) -> Option<u16> {
        let answer = self.http.get(format!("http://127.0.0.1:{}{path}", self.port)).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    /// A notification of a group of its own, with an annotation of so many bytes; the status of the answer.
    async fn post(&self, name: &str, bytes: usize) -> u16 {
        let labels = json!({"alertname": name, "severity": "critical", "instance": "web-1"});
        let body = json!({
            "version": "4", "groupKey": format!("{{}}:{{alertname={name:?}}}"), "status": "firing", "receiver": "ops",
            "groupLabels": {}, "commonLabels": labels, "commonAnnotations": {}, "externalURL": "", "truncatedAlerts": 0,
            "alerts": [{"status": "firing", "labels": labels, "annotations": {"summary": name, "notes": "x".repeat(bytes)},
                        "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": name}],
        });
        let url = format!("http://127.0.0.1:{}/api/v1/alerts", self.port);
        self.http.post(url).json(&body).send().await.unwrap().status().as_u16()
    }

    /// The file system of the outbox, as the relay sees it.
    fn disk(&self) -> PathBuf {
        let disk = self.directory.path().join("disk");
        Path::new(&format!("/proc/{}/root", self.child.id())).join(disk.strip_prefix("/").unwrap())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fast() -> Rates {
    Rates { webhook: (1000, Duration::from_secs(1)), channel: (1000, Duration::from_secs(1)), ..Rates::default() }
}

/// Which of the names the chat was told.
fn told(stand_in: &Discord, names: &BTreeSet<String>) -> BTreeSet<String> {
    let text: String = stand_in.accepted().iter().map(|message| message.body.to_string()).collect();
    names.iter().filter(|name| text.contains(name.as_str())).cloned().collect()
}

#[tokio::test]
async fn a_full_disk_is_refused_until_there_is_room_and_what_was_accepted_arrives() {
    let stand_in = Discord::start(fast()).await;
    let relay = Relay::start(&stand_in, "3m", &[]);
    relay.is_ready().await;
    fs::write(relay.disk().join("ballast"), vec![0; 1_500_000]).unwrap();
    let (mut accepted, mut refused) = (BTreeSet::new(), 0);
    for number in 0..200 {
        let name = format!("Full{number:03}");
        match relay.post(&name, 30_000).await {
            200 => drop(accepted.insert(name)),
            status => {
                assert_eq!(status, 503, "{name}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && !accepted.is_empty(), "{refused} refused, {} accepted", accepted.len());
    fs::remove_file(relay.disk().join("ballast")).unwrap();
    relay.until("room again", async || relay.post("Afterwards", 10).await == 200).await;
    accepted.insert("Afterwards".to_owned());
    relay.until("all told", async || told(&stand_in, &accepted).len() == accepted.len()).await;
    println!("disk full: {refused} notifications refused with 503, {} accepted, all of them told", accepted.len());
}

#[tokio::test]
async fn an_outbox_that_can_only_be_read_is_refused_at_the_start_in_words() {
    let stand_in = Discord::start(fast()).await;
    let mut relay = Relay::start(&stand_in, "16m,ro", &[]);
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = relay.child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < PATIENCE, "it runs on a disk that it cannot write");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let log = fs::read_to_string(relay.directory.path().join("log")).unwrap();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("relay.db") && log.contains("Read-only file system"), "{log}");
}

#[tokio::test]
async fn a_clock_that_jumps_an_hour_delays_nothing() {
    let library =
        Path::new("/usr/lib").join(format!("{}-linux-gnu/faketime/libfaketimeMT.so.1", std::env::consts::ARCH));
    assert!(library.exists(), "{} is missing: apt-get install libfaketime", library.display());
    let stand_in = Discord::start(fast()).await;
    let offset = tempfile::NamedTempFile::new().unwrap();
    let set = |text: &str| fs::write(offset.path(), format!("{text}\n")).unwrap();
    set("+0");
    let environment = [
        "env".to_owned(),
        format!("LD_PRELOAD={}", library.display()),
        format!("FAKETIME_TIMESTAMP_FILE={}", offset.path().display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let relay = Relay::start(&stand_in, "16m", &environment);
    relay.is_ready().await;
    let arrives = async |name: &str| {
        assert_eq!(relay.post(name, 10).await, 200, "{name}");
        relay.until(name, async || told(&stand_in, &BTreeSet::from([name.to_owned()])).len() == 1).await;
    };
    arrives("Before").await;
    set("+1h");
    arrives("Forward").await;
    set("-1h");
    arrives("Back").await;
    // What a chat asks for is a length of time, and not a moment of a clock that may be wrong.
    set("+0");
    stand_in.fail([Fault::Global { retry_after: 1.0 }]);
    assert_eq!(relay.post("Limited", 10).await, 200);
    relay.until("429", async || stand_in.answers().iter().any(|(status, _)| *status == 429)).await;
    set("-1h");
    relay.until("Limited", async || told(&stand_in, &BTreeSet::from(["Limited".to_owned()])).len() == 1).await;
}
