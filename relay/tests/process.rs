//! The real binary: exit codes, what it says on standard error, signals, and a crash that becomes a chat message.
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
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-relay"));
    // Nothing of the machine the test runs on.
    command.env_clear().stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

fn write(directory: &TempDir, name: &str, text: &str) -> String {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn config(directory: &TempDir, more: &str) -> String {
    let storage = directory.path().join("relay.db");
    let text = format!("listen: 127.0.0.1:0\nstorage: sqlite://{}\n{more}\n", storage.display());
    write(directory, "relay.yml", &text)
}

/// A relay that runs until it is dropped.
struct Relay {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    address: SocketAddr,
}

impl Relay {
    fn start(config: &str) -> Self {
        let mut relay = Self::spawn(config, &[]);
        let line = relay.wait_for("takes notifications");
        let address = line.split("address=").nth(1).unwrap().split(' ').next().unwrap();
        relay.address = address.trim_matches('"').parse().unwrap();
        relay
    }

    /// Does not wait for it to listen.
    fn spawn(config: &str, flags: &[&str]) -> Self {
        Self::launch(command().args(["--config.file", config]).args(flags))
    }

    fn launch(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, seen: Vec::new(), address: "0.0.0.0:0".parse().unwrap() }
    }

    /// The first log line, from now on, that holds these words.
    fn wait_for(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|err| panic!("`{words}` was not logged ({err}): {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// As [`Relay::wait_for`], or before: a channel may be quicker than the server.
    fn has_said(&mut self, words: &str) -> String {
        let seen = self.seen.iter().find(|line| line.contains(words)).cloned();
        seen.unwrap_or_else(|| self.wait_for(words))
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn crash(fingerprint: &str) -> String {
    json!({
        "version": "4", "groupKey": "{}:{alertname=\"ContainerCrashed\"}", "status": "firing", "receiver": "seamark",
        "alerts": [{
            "status": "firing", "startsAt": "2026-11-21T10:00:03Z", "endsAt": "0001-01-01T00:00:00Z",
            "labels": {"alertname": "ContainerCrashed", "seamark_kind": "event", "severity": "critical",
                       "instance": "web-1", "name": "shop-api"},
            "annotations": {"exit_code": "3", "reason": "crash"}, "fingerprint": fingerprint
        }]
    })
    .to_string()
}

/// A chat that takes everything and remembers the bodies.
fn discord() -> (SocketAddr, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, bodies) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
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
            let answer = r#"{"id":"1"}"#;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n", answer.len());
            let head = head + "Content-Type: application/json\r\n\r\n";
            reader.get_mut().write_all((head + answer).as_bytes()).unwrap();
            if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                break;
            }
        }
    });
    (address, bodies)
}

#[test]
fn a_bare_system_without_certificate_authorities_is_no_reason_to_stand_still() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory, "channels:\n  ops: {type: log}");
    let nobody = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")];
    let mut relay = Relay::launch(command().args(["--config.file", &config]).envs(nobody));
    relay.wait_for("Install the package `ca-certificates`");
    relay.wait_for("takes notifications");
}

#[test]
fn a_bad_configuration_ends_with_2_and_all_its_problems() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(&directory, "relay.yml", "locale: xx\nchanels: {}\n");
    for arguments in [vec!["--config.file", &file], vec!["check-config", &file]] {
        let output = run(&arguments);
        let expected = format!(
            "{file}:1:1: channels: no channel at all; the simplest one is `channels: {{screen: {{type: log}}}}`\n\
             {file}:1:9: locale: expected `en`, `zh-CN`, `zh-TW`, `uk`, found `xx`\n\
             {file}:2:1: unknown key `chanels`; did you mean `channels`?\n"
        );
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(2), expected));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing was started");
    }
}

#[test]
fn a_file_that_is_not_there_and_a_wrong_flag_end_with_2() {
    let missing = run(&["--config.file", "/no/such/relay.yml"]);
    let words = "/no/such/relay.yml: cannot be read: No such file or directory (os error 2); name another file with --config.file\n";
    assert_eq!((missing.status.code(), String::from_utf8(missing.stderr).unwrap()), (Some(2), words.to_owned()));
    assert_eq!(run(&["--config.fil", "x"]).status.code(), Some(2));
    assert_eq!(run(&["--version"]).status.code(), Some(0));
}

#[test]
fn the_shipped_example_is_good() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/examples/relay.yml");
    let output = run(&["check-config", example.to_str().unwrap()]);
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"The configuration is good.\n".to_vec()));
}

#[test]
fn the_environment_wins_over_the_file_and_a_flag_over_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let file = config(&directory, "channels: {screen: {type: log}}");
    let problem = |flag: &[&str]| {
        let output = command()
            .env("SEAMARK_RELAY_CONFIG_FILE", &file)
            .env("SEAMARK_RELAY_WEB_LISTEN_ADDRESS", "from-environment")
            .args(flag)
            .arg("check-config")
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(problem(&[]).contains("found `from-environment`"), "{}", problem(&[]));
    let flag = ["--web.listen-address", "from-flag"];
    assert!(problem(&flag).contains("found `from-flag`"), "{}", problem(&flag));
}

#[test]
fn a_taken_port_ends_with_1_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = config(&directory, "channels: {screen: {type: log}}");
    let output = run(&["--config.file", &file, "--web.listen-address", &taken.local_addr().unwrap().to_string()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("another program has that port"), "{said}");
}

#[test]
fn a_crash_becomes_a_message_in_the_chat_and_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let (chat, messages) = discord();
    let channels = format!(
        "notices: false\nlocale: zh-CN\ntimezone: Asia/Shanghai\nchannels:\n  ops: {{type: discord, webhook_url: 'http://{chat}/api/webhooks/11/tok3n'}}\n  screen: {{type: log, locale: en}}"
    );
    let mut relay = Relay::start(&config(&directory, &channels));
    let answer = relay.post("/api/v1/alerts", &crash("00000000000000aa"));
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let message = messages.recv_timeout(PATIENCE).unwrap().to_string();
    for words in ["web-1 上的容器 shop-api 崩溃（退出码 3）", "程序以退出码 3 退出"] {
        assert!(message.contains(words), "{words} is not in {message}");
    }
    relay.wait_for("💥 shop-api crashed on web-1 (exit code 3)");
    assert!(relay.seen.iter().all(|line| !line.contains("tok3n")), "{:#?}", relay.seen);
}

#[test]
fn the_log_channel_is_heard_however_little_is_logged() {
    let directory = tempfile::tempdir().unwrap();
    let file = config(&directory, "channels: {screen: {type: log}}");
    let mut relay = Relay::spawn(&file, &["--log.level", "error"]);
    relay.wait_for("Seamark relay started");
    assert!(relay.seen.iter().all(|line| !line.contains("takes notifications")), "{:#?}", relay.seen);
}

#[test]
fn hangup_reads_the_configuration_anew_and_terminate_ends_in_good_order() {
    let directory = tempfile::tempdir().unwrap();
    let file = config(&directory, "channels: {screen: {type: log}}");
    let mut relay = Relay::start(&file);
    relay.has_said("Seamark relay started");

    config(&directory, "channels: {screen: {type: lag}}");
    relay.signal(Signal::HUP);
    relay.wait_for("the configuration was not taken over");

    config(&directory, "locale: uk\nchannels: {screen: {type: log}}");
    relay.signal(Signal::HUP);
    relay.wait_for("the configuration was read anew");
    relay.post("/api/v1/alerts", &crash("00000000000000aa"));
    relay.wait_for("Контейнер shop-api на web-1 аварійно завершився");

    relay.signal(Signal::TERM);
    relay.wait_for("Ретранслятор Seamark зупиняється");
    assert_eq!(relay.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_page_that_is_open_is_let_go_before_the_relay_ends() {
    let directory = tempfile::tempdir().unwrap();
    let mut relay = Relay::start(&config(&directory, "channels: {screen: {type: log}}"));
    let mut page = TcpStream::connect(relay.address).unwrap();
    page.set_read_timeout(Some(PATIENCE)).unwrap();
    page.write_all(b"GET /live HTTP/1.1\r\nHost: relay\r\n\r\n").unwrap();
    let mut page = BufReader::new(page);
    let mut first = String::new();
    page.read_line(&mut first).unwrap();
    assert_eq!(first, "HTTP/1.1 200 OK\r\n");
    relay.signal(Signal::TERM);
    // Ended, rather than cut off after the time that answers under way have.
    let mut rest = String::new();
    page.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
    assert_eq!(relay.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_relay_whose_death_nobody_would_hear_of_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut relay = Relay::start(&config(&directory, "channels: {screen: {type: log}}"));
    assert!(relay.seen.iter().any(|line| line.contains("no `fallback_channel` is set")), "{:#?}", relay.seen);
    let said = relay.has_said("Seamark relay started");
    assert!(said.contains("nobody would hear of my death"), "{said}");
    drop(relay);
    // Another outbox: what the first was saying when it was killed is said again.
    let directory = tempfile::tempdir().unwrap();
    let file = config(&directory, "fallback_channel: screen\nchannels: {screen: {type: log}}");
    let mut relay = Relay::spawn(&file, &["--no-notices"]);
    relay.wait_for("takes notifications");
    relay.signal(Signal::TERM);
    assert_eq!(relay.child.wait().unwrap().code(), Some(0));
    relay.seen.extend(relay.lines.iter());
    for words in ["relay started", "relay is stopping", "no `fallback_channel` is set"] {
        assert!(relay.seen.iter().all(|line| !line.contains(words)), "{words}: {:#?}", relay.seen);
    }
}

#[test]
fn a_health_check_tells_by_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let relay = Relay::start(&config(&directory, "channels: {screen: {type: log}}"));
    let url = |path: &str| format!("http://{}{path}", relay.address);
    assert_eq!(run(&["healthcheck", "--url", &url("/-/healthy")]).status.code(), Some(0));
    assert_eq!(run(&["healthcheck", "--url", &url("/nowhere")]).status.code(), Some(1));
    let file =
        write(&directory, "other.yml", &format!("listen: {}\nchannels: {{screen: {{type: log}}}}", relay.address));
    assert_eq!(run(&["healthcheck", "--config.file", &file]).status.code(), Some(0));
    // The file may have been broken since; the address can be a flag or a variable.
    let broken = write(&directory, "broken.yml", "listen: [");
    let address = relay.address.to_string();
    let arguments = ["healthcheck", "--config.file", &broken, "--web.listen-address", &address];
    assert_eq!(run(&arguments).status.code(), Some(0));
    drop(relay);
    assert_eq!(run(&["healthcheck", "--config.file", &file]).status.code(), Some(1));
}

#[test]
fn systemd_hears_of_its_life_and_holds_its_socket() {
    let directory = tempfile::tempdir().unwrap();
    let notify = directory.path().join("notify");
    let socket = UnixDatagram::bind(&notify).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = |words: &str| {
        let mut buffer = [0; 4096];
        loop {
            let length = socket.recv(&mut buffer).unwrap_or_else(|err| panic!("`{words}` was not said: {err}"));
            let said = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if said.contains(words) {
                return said;
            }
        }
    };
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    // The shell knows its own number, which stays the relay's, and puts the socket where systemd does.
    let mut relay = Command::new("sh")
        .args(["-c", "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"", "sh"])
        .args([env!("CARGO_BIN_EXE_seamark-relay"), "--config.file", &config(&directory, "channels: {a: {type: log}}")])
        .env_clear()
        .envs([("NOTIFY_SOCKET", notify.to_str().unwrap()), ("WATCHDOG_USEC", "200000"), ("PATH", "/usr/bin:/bin")])
        .stdin(Stdio::from(OwnedFd::from(held)))
        .spawn()
        .unwrap();
    let said = heard("READY=1");
    assert!(said.contains(&format!("STATUS=serves {address}")), "{said}");
    assert!(heard("WATCHDOG=1").starts_with("WATCHDOG=1"));
    let signal = |signal| kill_process(Pid::from_child(&relay), signal).unwrap();
    signal(Signal::HUP);
    assert!(heard("RELOADING=1").contains("MONOTONIC_USEC="));
    assert!(heard("READY=1").contains("the configuration was read anew"));
    config(&directory, "channel: {}");
    signal(Signal::HUP);
    assert!(heard("STATUS=serves").contains("the new configuration is refused"));
    TcpStream::connect(address).unwrap();
    signal(Signal::TERM);
    heard("STOPPING=1");
    assert!(relay.wait().unwrap().success());
}
