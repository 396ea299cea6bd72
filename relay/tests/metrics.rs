//! The reference of metrics is what the real relay tells, and what its sources name besides.
//!
//! `make reference` writes it: `UPDATE=1 cargo test -p seamark-relay --test metrics`.
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
#[path = "../../kit/tests/reference/mod.rs"]
mod reference;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use families::{Families, add_labels, add_text, complete, in_source, section};
use reference::{hold, repository};
use serde_json::json;

const PAGE: &str = "deploy/reference/relay-metrics.md";
const INTRODUCTION: &str = include_str!("reference/metrics.txt");
const LABELS: &str = include_str!("reference/labels.txt");
const PATIENCE: Duration = Duration::from_secs(30);

/// A relay that is ended with the test.
struct Relay(Child, String);

impl Drop for Relay {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Relay {
    fn start(folder: &Path) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        // Nobody listens on port 9 (discard) of this machine; nothing is sent to it but a question of the bot's.
        let config = format!(
            "listen: {address}\nstorage: sqlite://{}\nprometheus: http://127.0.0.1:9\nnotices: false\n\
             panels: [{{channel: tg}}]\ntelegram_bot: {{channel: tg, allow_users: [1]}}\nreports: {{daily: {{cron: '@yearly'}}}}\n\
             default_channels: [screen]\nchannels:\n  screen: {{type: log}}\n  tg: {{type: telegram, api_url: 'http://127.0.0.1:9', \
             bot_token: '1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', chat_id: '-1001'}}\n",
            folder.join("relay.db").display()
        );
        let file = folder.join("relay.yml");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-relay"));
        command.env_clear().stdout(Stdio::null()).stderr(Stdio::null()).arg("--config.file").arg(file);
        Self(command.spawn().unwrap(), address)
    }

    /// One request; `None` as long as nobody answers.
    fn ask(&self, request: &str, body: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.1).ok()?;
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}"
        );
        write!(stream, "{head}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        Some(answer)
    }

    fn until(&self, request: &str, body: &str, good: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            match self.ask(request, body).filter(|answer| good(answer)) {
                Some(answer) => return answer,
                None if began.elapsed() > PATIENCE => panic!("{request} did not succeed"),
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path {
            path if path.is_dir() => sources(&path),
            path if path.extension().is_some_and(|end| end == "rs") => vec![path],
            _ => vec![],
        })
        .collect()
}

#[test]
fn the_committed_page_is_what_the_relay_tells() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(folder.path());
    relay.until("GET /-/ready", "", |answer| answer.starts_with("HTTP/1.1 200"));
    let alert = json!({"status": "firing", "labels": {"alertname": "A", "severity": "warning", "instance": "web-1"},
        "annotations": {}, "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "1"});
    let notification = json!({"version": "4", "groupKey": "{}:1", "status": "firing", "receiver": "r", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://a", "alerts": [alert]});
    relay.until("POST /api/v1/alerts/nobody", &notification.to_string(), |answer| answer.starts_with("HTTP/1.1 200"));
    let scrape = relay.until("GET /metrics", "", |answer| answer.contains("seamark_relay_alerts_firing{"));
    let mut families = Families::new();
    add_text(&mut families, scrape.split_once("\r\n\r\n").unwrap().1);
    for file in sources(&repository("relay/src")) {
        let named = in_source(&file).into_iter().filter(|(name, _)| name.starts_with("seamark_re"));
        complete(&mut families, named.collect());
    }
    let mut all = vec![("the relay".to_owned(), families)];
    let faults = add_labels(&mut all, LABELS);
    assert!(faults.is_empty(), "relay/tests/reference/labels.txt:\n{}", faults.join("\n"));
    let mut page = INTRODUCTION.to_owned();
    let (own, process): (Families, Families) =
        all.remove(0).1.into_iter().partition(|(name, _)| name.starts_with("seamark_"));
    section(&mut page, "The relay's own", &own);
    section(&mut page, "Of its process", &process);
    hold(PAGE, &page);
}
