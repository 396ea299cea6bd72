//! The commands of the real binary: what they write, what they post, and how they end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use seamark_relay::alert::{Severity, Status};
use seamark_relay::store::{MessageKind, Next, Notification, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

#[path = "stand_in/monitoring.rs"]
mod monitoring;

use monitoring::Monitoring;

const PATIENCE: Duration = Duration::from_secs(30);

/// A directory with a configuration in it, and what a command said of it.
struct Site(TempDir);

impl Site {
    /// `PORT` in the text becomes a port that nobody listens on.
    fn new(more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let database = directory.path().join("relay.db");
        let text =
            format!("listen: 127.0.0.1:{port}\nstorage: sqlite://{}\nnotices: false\n{more}\n", database.display());
        fs::write(directory.path().join("relay.yml"), text).unwrap();
        Self(directory)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-relay"));
        // Nothing of the machine the test runs on.
        command.env_clear().stdin(Stdio::null()).args(["--config.file", &self.path("relay.yml")]).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments))
    }
}

#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Ends with the test, however that ends.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A chat that answers everything with this, and remembers what was asked.
fn chat(answer: &'static str) -> (SocketAddr, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut first, mut length) = (String::new(), 0);
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let (status, text) = answer.split_once('|').unwrap();
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", text.len());
            reader.get_mut().write_all((head + text).as_bytes()).unwrap();
            if sender.send((first, serde_json::from_slice(&body).unwrap_or_default())).is_err() {
                break;
            }
        }
    });
    (address, requests)
}

fn discord(chat: SocketAddr) -> String {
    format!(
        "channels:\n  ops: {{type: discord, webhook_url: 'http://{chat}/api/webhooks/11/tok3n', locale: en}}\n  \
         off: {{type: discord, webhook_url: ''}}\n  screen: {{type: log}}"
    )
}

fn webhook() -> String {
    json!({
        "version": "4", "groupKey": "{}:{alertname=\"Down\"}", "status": "firing", "receiver": "seamark",
        "alerts": [{
            "status": "firing", "labels": {"alertname": "Down", "instance": "web-1", "severity": "critical"},
            "annotations": {"summary": "web-1 is down"}, "startsAt": "2026-11-21T10:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "00000000000000aa"
        }]
    })
    .to_string()
}

#[test]
fn a_preview_is_the_request_without_its_secrets() {
    let site = Site::new(&discord("127.0.0.1:9".parse().unwrap()));
    fs::write(site.path("payload.json"), webhook()).unwrap();
    let said = site.run(&["preview", &site.path("payload.json"), "--to", "ops"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let request: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&request["method"], &request["url"]),
        (&json!("POST"), &json!("http://127.0.0.1:9/api/webhooks/<secret>/<secret>?wait=true"))
    );
    assert!(request["body"].to_string().contains("web-1 is down"), "{request}");
    assert!(said.err.starts_with("Message 1 of 1 to channel `ops` (discord)"), "{said:?}");
    let short = site.run(&["preview", &site.path("payload.json"), "--to", "ops", "--detail", "title"]);
    assert!(short.code == Some(0) && short.out.len() < said.out.len(), "{short:?}");
}

#[test]
fn a_preview_reads_standard_input_and_says_what_is_wrong_with_it() {
    let site = Site::new(&discord("127.0.0.1:9".parse().unwrap()));
    fs::write(site.path("bad.json"), webhook().replace("2026-11-21T10:00:00Z", "yesterday")).unwrap();
    let mut command = site.command(&["preview", "-", "--to", "screen"]);
    command.stdin(fs::File::open(site.path("bad.json")).unwrap());
    let said = Said::of(command);
    let words = "seamark-relay: - is no Alertmanager notification, and the relay would answer 400: alerts[0].startsAt: \
                 expected an RFC 3339 time, found \"yesterday\"\n";
    assert_eq!((said.code, said.err.as_str()), (Some(1), words));
    let missing = site.run(&["preview", "/no/such/payload", "--to", "screen"]);
    assert!(missing.code == Some(1) && missing.err.contains("/no/such/payload cannot be read: No such"), "{missing:?}");
}

#[test]
fn a_channel_that_cannot_be_meant_is_a_usage_error() {
    let site = Site::new(&discord("127.0.0.1:9".parse().unwrap()));
    let said = site.run(&["send-test", "opps"]);
    let words = "seamark-relay: there is no channel `opps`; the configuration has `ops`, `off`, `screen`\n";
    assert_eq!((said.code, said.err.as_str()), (Some(2), words));
    let off = site.run(&["send-test", "off"]);
    assert!(off.code == Some(2) && off.err.contains("is off: give it its address"), "{off:?}");
}

#[test]
fn a_test_message_is_posted_and_its_id_is_told() {
    let (address, requests) = chat("200 OK|{\"id\":\"1184\"}");
    let site = Site::new(&discord(address));
    let said = site.run(&["send-test", "ops", "--severity", "critical"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("(its id there: 1184)"), "{said:?}");
    let (_, body) = requests.recv_timeout(PATIENCE).unwrap();
    assert!(body.to_string().contains("🧪 Test message of the Seamark relay"), "{body}");
    assert!(!Path::new(&site.path("relay.db")).exists(), "a test message passes by the outbox");
}

#[test]
fn a_test_message_that_is_not_taken_ends_with_1_and_a_reason() {
    for (answer, words) in [
        ("429 Slow|{\"retry_after\":2.5,\"global\":false}", "wants nothing there for 2.5 s"),
        ("404 Gone|{\"message\":\"Unknown Webhook\",\"code\":10015}", "HTTP 404, code 10015: Unknown Webhook"),
        ("503 Ill|", "has trouble of its own"),
        ("400 No|{\"message\":\"Invalid Form Body\",\"code\":50035}", "refused the message"),
    ] {
        let (address, _requests) = chat(answer);
        let said = Site::new(&discord(address)).run(&["send-test", "ops"]);
        assert!(said.code == Some(1) && said.err.contains(words), "{answer}: {said:?}");
        assert!(!said.err.contains("tok3n"), "{said:?}");
    }
}

#[test]
fn the_doctor_asks_each_channel_and_posts_nothing() {
    let (address, requests) = chat("200 OK|{\"name\":\"Captain\",\"channel_id\":\"42\"}");
    let site = Site::new(&discord(address));
    let said = site.run(&["doctor"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for line in [
        "ok     access: everybody on this machine may post",
        "ok     outbox: ",
        "note   running relay: none listens at 127.0.0.1:",
        "ok     channel ops (discord): the webhook `Captain` of Discord's channel 42",
        "note   Prometheus: none is configured",
        "note   channel off: off, because it has no address",
        "note   channel screen (log): there is nothing to ask",
    ] {
        assert!(said.out.contains(line), "{line} is not in {said:?}");
    }
    let (first, _) = requests.recv_timeout(PATIENCE).unwrap();
    assert!(first.starts_with("GET /api/webhooks/11/tok3n HTTP"), "{first}");
    assert!(!said.out.contains("tok3n"), "{said:?}");
    let names: Vec<_> = fs::read_dir(site.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["relay.yml"], "nothing is left behind");
}

#[test]
fn the_doctor_says_what_to_do() {
    for (answer, words) in [
        ("404 Gone|{\"message\":\"Unknown Webhook\",\"code\":10015}", "the webhook was deleted"),
        (
            "401 No|{\"message\":\"Invalid Webhook Token\",\"code\":50027}",
            "its token is another: copy its address anew",
        ),
        ("200 OK|<html>", "not as Discord does"),
    ] {
        let (address, _requests) = chat(answer);
        let said = Site::new(&discord(address)).run(&["doctor"]);
        let line = said.out.lines().find(|line| line.starts_with("WRONG")).unwrap_or_default();
        assert!(said.code == Some(1) && line.contains(words), "{answer}: {said:?}");
    }
    let site = Site::new(&format!("token_file: {}\n{}", "/proc/token", discord("127.0.0.1:9".parse().unwrap())));
    let said = site.run(&["doctor"]);
    assert!(said.out.contains("nothing listens there"), "{said:?}");
    assert!(said.out.contains("WRONG  access: the relay cannot make `/proc/token`"), "{said:?}");
    assert!(said.err.contains("2 of these checks found something wrong"), "{said:?}");
}

#[test]
fn the_doctor_asks_the_servers_of_the_stack() {
    let (good, requests) = chat(r#"200 OK|{"status":"success"}"#);
    let (locked, _requests) = chat("401 Unauthorized|no");
    let text = format!(
        "prometheus: {{url: 'http://{good}/prom', bearer_token: t0ken}}\n\
         alertmanagers: ['http://{locked}', 'http://127.0.0.1:9']\n{}",
        "channels: {screen: {type: log}}"
    );
    let said = Site::new(&text).run(&["doctor"]);
    for line in [
        format!("ok     Prometheus {good}/prom: answers, and lets us in"),
        format!("WRONG  Alertmanager {locked}: it does not let us in (HTTP 401 Unauthorized: no): is `bearer_token`"),
        "WRONG  Alertmanager 127.0.0.1:9: no answer (Connection refused (os error 111)): nothing listens".to_owned(),
    ] {
        assert!(said.out.contains(&line), "{line} is not in {said:?}");
    }
    assert!(said.code == Some(1) && !said.out.contains("t0ken"), "{said:?}");
    let (first, _) = requests.recv_timeout(PATIENCE).unwrap();
    assert!(first.starts_with("GET /prom/api/v1/query?query=1 HTTP"), "{first}");
}

/// An outbox with two dead letters in it, one for `ops` and one for a channel that is gone.
async fn bury(site: &Site) {
    let store = Store::open(Path::new(&site.path("relay.db"))).unwrap();
    let now = jiff::Timestamp::now();
    for channel in ["ops", "old"] {
        let notification = Notification {
            dedupe_key: channel.to_owned(),
            dedupe_window: None,
            channels: vec![channel.to_owned()],
            note: None,
            kind: MessageKind::Alert,
            group_key: "g".to_owned(),
            status: Status::Firing,
            severity: Severity::Critical,
            body: webhook().into_bytes(),
            received_at: now,
        };
        store.append(notification).await.unwrap();
        let Next::Claim(claim) = store.claim(channel, now, usize::MAX).await.unwrap() else {
            panic!("nothing to claim")
        };
        store.bury(claim.id, "HTTP 400: no".to_owned(), now).await.unwrap();
    }
}

#[tokio::test]
async fn dead_letters_are_listed_sent_again_and_forgotten_where_no_relay_runs() {
    let site = Site::new("channels: {ops: {type: log}}");
    bury(&site).await;
    let list = site.run(&["dead-letters", "list"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    assert!(list.out.contains("  ops  alert  🔴 web-1 is down\n      refused: HTTP 400: no\n"), "{list:?}");
    assert!(!site.run(&["dead-letters", "list", "--channel", "ops"]).out.contains("  old  "), "{list:?}");

    assert_eq!(site.run(&["dead-letters", "retry"]).code, Some(2), "nothing is chosen");
    let none = site.run(&["dead-letters", "retry", "--channel", "old", "1"]);
    assert!(none.code == Some(1) && none.err.contains("none of these is a dead letter"), "{none:?}");
    assert_eq!(site.run(&["dead-letters", "retry", "1"]).out, "1 dead letters wait to be sent again.\n");
    assert_eq!(site.run(&["dead-letters", "drop", "--all"]).out, "1 dead letters are forgotten.\n");
    assert_eq!(site.run(&["dead-letters", "list"]).out, "There are no dead letters.\n");
    let store = Store::open(Path::new(&site.path("relay.db"))).unwrap();
    let Next::Claim(claim) = store.claim("ops", jiff::Timestamp::now(), usize::MAX).await.unwrap() else {
        panic!("not sent again")
    };
    assert_eq!((claim.attempt, claim.maybe_repeated), (1, false));
}

#[tokio::test]
async fn dead_letters_of_a_running_relay_are_settled_by_it() {
    let site = Site::new("token_file: token\nchannels: {ops: {type: log}}");
    bury(&site).await;
    let mut relay = Running(site.command(&[]).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(relay.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.contains("takes notifications")).unwrap();
    let list = site.run(&["dead-letters", "list"]);
    assert!(list.code == Some(0) && list.out.contains("  ops  alert  🔴 web-1 is down\n"), "{list:?}");
    let retried = site.run(&["dead-letters", "retry", "--all", "--channel", "ops"]);
    assert_eq!((retried.code, retried.out.as_str()), (Some(0), "1 dead letters wait to be sent again.\n"));
    lines.find(|line| line.contains("🔴 web-1 is down")).unwrap();

    // Another token than the one the relay has made.
    fs::write(site.path("token"), "other").unwrap();
    let refused = site.run(&["dead-letters", "drop", "--all"]);
    assert!(refused.code == Some(1) && refused.err.contains("does not know the token"), "{refused:?}");
}

const MAIL: [&str; 10] = [
    "--smtp-smarthost",
    "mail.example.org:587",
    "--smtp-from",
    "Seamark <seamark@example.org>",
    "--smtp-to",
    "you@example.org",
    "--smtp-username",
    "seamark",
    "--smtp-password-file",
    "/run/secrets/smtp",
];

#[test]
fn the_alertmanager_file_is_the_one_that_amtool_checks() {
    let site = Site::new("token_file: /run/seamark/relay_token\nchannels: {ops: {type: log}, 'dev.2': {type: log}}");
    let mut arguments = vec!["print-config", "alertmanager"];
    arguments.extend(MAIL);
    let said = site.run(&arguments);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    // `make rules` hands this file to amtool.
    let checked = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/printed/alertmanager.yml");
    if std::env::var_os("SEAMARK_UPDATE_PRINTED").is_some() {
        fs::write(&checked, &said.out).unwrap();
    }
    assert_eq!(said.out, fs::read_to_string(checked).unwrap(), "SEAMARK_UPDATE_PRINTED=1 writes it anew");
}

#[test]
fn the_alertmanager_file_follows_the_access_and_the_address_of_the_relay() {
    let print = ["print-config", "alertmanager"];
    let open = Site::new("channels: {ops: {type: log}}").run(&print);
    assert!(open.code == Some(0) && !open.out.contains("credentials_file"), "{open:?}");
    assert!(open.err.contains("nobody hears of the relay's own death"), "{open:?}");
    let basic = "basic_auth: {username: 'a: b', password: s3cr3t}\nchannels: {ops: {type: log}}".replace("a: b", "a b");
    let mut arguments = print.to_vec();
    arguments.extend(["--relay-url", "https://relay.example.org/x/", "--credentials-file", "/etc/pass"]);
    let said = Site::new(&basic).run(&arguments);
    assert!(said.out.contains(r#"basic_auth: {username: "a b", password_file: "/etc/pass"}"#), "{said:?}");
    assert!(said.out.contains("- url: https://relay.example.org/x/api/v1/alerts\n"), "{said:?}");
    assert!(!said.out.contains("s3cr3t") && !said.out.contains("relay:9878"), "{said:?}");
    let half = Site::new("channels: {ops: {type: log}}").run(&["print-config", "alertmanager", "--smtp-to", "x@y"]);
    assert_eq!(half.code, Some(2), "{half:?}");
}

const REPORTED: &str = "channels: {screen: {type: log}}\nreports: {daily: {cron: '0 9 * * *', timezone: Europe/Kyiv}}";

#[test]
fn a_report_is_shown_without_a_relay_and_sent_only_by_one() {
    let site = Site::new(REPORTED);
    let unknown = site.run(&["report", "weekly"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("there is no report `weekly`; the configuration has `daily`"), "{}", unknown.err);
    let alone = site.run(&["report", "daily"]);
    assert_eq!(alone.code, Some(1));
    assert!(alone.err.contains("no relay runs at 127.0.0.1:"), "{}", alone.err);
    drop(Store::open(Path::new(&site.path("relay.db"))).unwrap());
    let shown = site.run(&["report", "daily", "--print"]);
    assert_eq!((shown.code, shown.err.as_str()), (Some(0), ""));
    // The title, what is missing, and the footer.
    assert!(shown.out.contains("daily:") && shown.out.contains("no Prometheus is set"), "{}", shown.out);
    assert!(shown.out.contains("Sent on request"), "{}", shown.out);
}

#[test]
fn a_report_is_shown_and_sent_by_the_relay_that_runs() {
    let site = Site::new(REPORTED);
    let mut running = Running(site.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let deadline = std::time::Instant::now() + PATIENCE;
    while site.run(&["healthcheck"]).code != Some(0) {
        assert!(std::time::Instant::now() < deadline, "the relay does not answer");
    }
    let shown = site.run(&["report", "daily", "--print"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    assert!(shown.out.contains("daily:"), "{}", shown.out);
    let sent = site.run(&["report", "daily"]);
    assert_eq!((sent.code, sent.out.as_str()), (Some(0), "The report `daily` is on its way to `screen`.\n"));
    let again = site.run(&["report", "daily"]);
    let once = "The report `daily` was asked for less than a minute ago and goes to `screen` once.\n";
    assert_eq!((again.code, again.out.as_str()), (Some(0), once));
    let nowhere = site.run(&["report", "daily", "--to", "nowhere"]);
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.err.contains("there is no channel `nowhere`"), "{}", nowhere.err);
    running.0.kill().unwrap();
    // Shown once, asked for twice, sent once: one report in the outbox.
    running.0.wait().unwrap();
    let file = rusqlite::Connection::open(site.path("relay.db")).unwrap();
    let reports: i64 =
        file.query_row("SELECT count(*) FROM notifications WHERE kind = 'report'", [], |row| row.get(0)).unwrap();
    assert_eq!(reports, 1);
}

/// Beside a stand-in that has to go on meanwhile.
async fn said(site: &Site, arguments: &[&str]) -> Said {
    let command = site.command(arguments);
    tokio::task::spawn_blocking(|| Said::of(command)).await.unwrap()
}

#[tokio::test]
async fn stats_prints_what_the_bot_says() {
    let monitoring = Monitoring::start().await;
    monitoring.a_small_fleet();
    let site = Site::new(&format!("prometheus: {}\nchannels: {{screen: {{type: log}}}}", monitoring.url));
    let all = said(&site, &["stats"]).await;
    assert_eq!((all.code, all.err.as_str()), (Some(0), ""));
    for part in ["1 of 2 servers up · 2 of 3 containers running", "🔴 db-1", "CPU 12%", "Running longest: db on web-1"]
    {
        assert!(all.out.contains(part), "{part} in\n{}", all.out);
    }
    let one = said(&site, &["stats", "--server", "WEB-1"]).await;
    assert_eq!((one.code, one.err.as_str()), (Some(0), ""));
    for part in ["🟢 web-1\n", "CPU: 12%", "Up for: 5 days", "🔴 db unhealthy"] {
        assert!(one.out.contains(part), "{part} in\n{}", one.out);
    }
    assert!(!one.out.contains("db-1") && !one.out.contains('\u{1b}'), "{}", one.out);
    assert!(monitoring.known().unknown.is_empty());
    let unknown = said(&site, &["stats", "--server", "web-9"]).await;
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""));
    assert_eq!(unknown.err, "seamark-relay: there is no server `web-9`; Prometheus knows `db-1`, `web-1`\n");
    monitoring.known().is_down = true;
    let down = said(&site, &["stats"]).await;
    assert_eq!((down.code, down.out.as_str()), (Some(1), ""));
    assert!(down.err.starts_with("seamark-relay: no figures: Prometheus `127.0.0.1:"), "{}", down.err);
    assert!(down.err.contains("503"), "{}", down.err);
    let none = Site::new("channels: {screen: {type: log}}").run(&["stats"]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("set `prometheus: {url: http://prometheus:9090}`"), "{}", none.err);
}
