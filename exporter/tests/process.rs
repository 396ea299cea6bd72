//! The real binary: exit codes, what it says to people, what it serves, and a reload that goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use rustix::fs::{CWD, Mode, OFlags, mkfifoat, open};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

fn command(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-exporter"));
    // No variable and no Docker of the machine the test runs on.
    let nowhere = format!("unix://{}", home.path().join("docker.sock").display());
    command.env_clear().env("DOCKER_HOST", nowhere).stdin(Stdio::null());
    command
}

fn run(home: &TempDir, arguments: &[&str]) -> Output {
    command(home).args(arguments).output().unwrap()
}

fn write(home: &TempDir, text: &str) -> PathBuf {
    let path = home.path().join("exporter.yml");
    fs::write(&path, text).unwrap();
    path
}

/// An exporter that runs until it is dropped.
struct Exporter {
    child: Child,
    lines: Receiver<String>,
    url: String,
    client: Client,
}

impl Exporter {
    fn start(home: &TempDir, text: &str) -> Self {
        // reqwest and the exporter take the same provider; in this process nobody else installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = write(home, text);
        let arguments = ["--web.listen-address=127.0.0.1:0", "--config.file"];
        let mut child = command(home).args(arguments).arg(config).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let mut exporter = Self { child, lines, url: String::new(), client };
        let line = exporter.wait_for("serves /metrics");
        let address = line.split("address=").nth(1).unwrap().split(' ').next().unwrap();
        exporter.url = format!("http://{}", address.trim_matches('"'));
        exporter
    }

    /// The next log line that holds these words.
    fn wait_for(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("`{words}` was not logged: {error}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().unwrap()
    }

    fn metric(&self, name: &str) -> Option<String> {
        let text = self.get("/metrics").text().unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn bad_configuration_is_exit_code_2_with_all_problems_and_nothing_started() {
    let home = tempfile::tempdir().unwrap();
    let path = write(&home, "listen: nowhere\ndocker: {restart_windo: 5s}\n");
    let output = command(&home).arg("--config.file").arg(&path).output().unwrap();
    let name = path.display();
    let expected = format!(
        "{name}:1:9: listen: expected an address with its port, such as `127.0.0.1:9877`, or `:9877` for all \
         addresses, found `nowhere`\n{name}:2:10: docker: unknown key `restart_windo`; did you mean \
         `restart_window`?\n"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_empty_variable_is_as_good_as_none_and_a_wrong_one_is_named() {
    let home = tempfile::tempdir().unwrap();
    let check = |variables: &[(&str, &str)]| {
        let output = command(&home).envs(variables.iter().copied()).arg("check-config").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let empty = ["LOG_LEVEL", "LOG_FORMAT", "CONFIG_FILE", "DOCKER_HOST", "WEB_LISTEN_ADDRESS", "PATH_PROCFS"];
    let empty = empty.map(|name| format!("SEAMARK_EXPORTER_{name}"));
    let mut empty: Vec<(&str, &str)> = empty.iter().map(|name| (name.as_str(), "")).collect();
    empty.push(("DOCKER_HOST", ""));
    assert_eq!(check(&empty), (Some(0), String::new()));

    let (code, text) = check(&[("DOCKER_HOST", "ssh://me:hunter2@far")]);
    assert_eq!(code, Some(2));
    let expected = "exporter.yml: docker.host: the environment variable `DOCKER_HOST`: expected \
                    `unix:///path/to/docker.sock` or `tcp://host:port`; correct it, or set this key\n";
    assert_eq!(text, expected);
    let (code, text) = check(&[("SEAMARK_EXPORTER_DOCKER_HOST", "tcp://me:hunter2@far:1")]);
    assert_eq!(code, Some(2));
    let expected = "SEAMARK_EXPORTER_DOCKER_HOST: expected `unix:///path/to/docker.sock` or `tcp://host:port`\n";
    assert_eq!(text, expected);
}

#[test]
fn usage_errors_are_2_a_missing_file_is_2_and_a_good_one_0() {
    let home = tempfile::tempdir().unwrap();
    let good = write(&home, "instance: web-1\n").display().to_string();
    assert_eq!(run(&home, &["--no-such-flag"]).status.code(), Some(2));
    let missing = run(&home, &["check-config", "/nowhere/exporter.yml"]);
    assert_eq!(missing.status.code(), Some(2));
    let text = String::from_utf8(missing.stderr).unwrap();
    assert!(text.starts_with("/nowhere/exporter.yml: the file cannot be read: "), "{text}");
    assert_eq!(run(&home, &["check-config", &good]).status.code(), Some(0));
    assert_eq!(run(&home, &["--config.file", &good, "check-config"]).status.code(), Some(0));
}

#[test]
fn a_port_that_is_taken_is_exit_code_1_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&home, &["--web.listen-address", &address]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&format!("cannot listen on {address}")) && text.contains("another program"), "{text}");
}

#[test]
fn one_scrape_by_hand_needs_no_docker() {
    let home = tempfile::tempdir().unwrap();
    let output = run(&home, &["once", "--no-collector.cpu"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nseamark_docker_up 0\n") && text.contains("\nnode_load1 "), "{text}");
    assert!(!text.contains("node_cpu_seconds_total"), "{text}");
}

#[test]
fn one_scrape_by_hand_tells_alertmanager_nothing() {
    let home = tempfile::tempdir().unwrap();
    let alertmanager = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    alertmanager.set_nonblocking(true).unwrap();
    let url = format!("http://{}", alertmanager.local_addr().unwrap());
    let config = write(&home, &format!("alertmanager: {{urls: ['{url}']}}\n")).display().to_string();
    assert_eq!(run(&home, &["once", "--config.file", &config]).status.code(), Some(0));
    assert!(alertmanager.accept().is_err(), "it was called");
}

#[test]
fn metrics_come_in_both_formats_with_their_exact_types_and_packed() {
    let home = tempfile::tempdir().unwrap();
    let exporter = Exporter::start(&home, "");
    let plain = exporter.get("/metrics");
    assert_eq!(plain.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(plain.headers().get("content-encoding"), None);
    let text = plain.text().unwrap();
    for family in [
        "seamark_exporter_build_info{",
        "process_cpu_seconds_total ",
        "node_scrape_collector_success{collector=\"cpu\"} 1",
    ] {
        assert!(text.contains(&format!("\n{family}")), "{family}: {text}");
    }

    let url = format!("{}/metrics", exporter.url);
    let request =
        exporter.client.get(&url).header("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    let open = request.header("accept-encoding", "gzip").send().unwrap();
    assert_eq!(open.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(open.headers()["content-encoding"], "gzip");
    assert!(open.bytes().unwrap().starts_with(&[0x1f, 0x8b]));
}

#[test]
fn a_scrape_asks_for_collectors_by_name_and_a_wrong_name_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let exporter = Exporter::start(&home, "");
    let text = exporter.get("/metrics?collect[]=loadavg").text().unwrap();
    assert!(text.contains("\nnode_load1 ") && !text.contains("node_memory_"), "{text}");
    let refused = exporter.get("/metrics?collect[]=laodavg");
    assert_eq!(refused.status(), 400);
    assert!(refused.text().unwrap().contains("`laodavg`"));
    assert_eq!(exporter.get("/metric").status(), 404);
    for path in ["/", "/-/healthy", "/-/ready"] {
        assert_eq!(exporter.get(path).status(), 200, "{path}");
    }
}

#[test]
fn what_a_text_file_says_of_a_metric_of_ours_is_left_out_and_an_error() {
    let home = tempfile::tempdir().unwrap();
    let text = "node_load1 77\nprocess_open_fds 77\nmine 77\n# TYPE wait summary\nwait_count 3\n";
    fs::write(home.path().join("a.prom"), text).unwrap();
    let config = format!("collectors: {{textfile: {{directory: ['{}', /nowhere/*]}}}}\n", home.path().display());
    let mut exporter = Exporter::start(&home, &config);
    let answer = exporter.get("/metrics").text().unwrap();
    let count = |start: &str| answer.lines().filter(|line| line.starts_with(start)).count();
    for name in ["node_load1", "process_open_fds", "mine", "wait_count"] {
        assert_eq!(count(&format!("{name} ")), 1, "{name}: {answer}");
    }
    assert_eq!(["# TYPE node_load1 gauge", "# TYPE process_open_fds gauge"].map(count), [1, 1]);
    assert!(answer.contains("\nmine 77\n") && !answer.contains("node_load1 77"), "{answer}");
    assert_eq!(exporter.metric("node_textfile_scrape_error").as_deref(), Some("1"));
    exporter.wait_for("`node_load1` is a metric of this exporter");

    fs::write(home.path().join("a.prom"), "mine 78\n").unwrap();
    write(&home, &config.replace(", /nowhere/*", ""));
    assert_eq!(exporter.client.post(format!("{}/-/reload", exporter.url)).send().unwrap().status(), 200);
    assert_eq!(exporter.metric("node_textfile_scrape_error").as_deref(), Some("0"));
}

#[test]
fn a_bad_reload_leaves_the_old_configuration_and_a_metric_says_so() {
    let home = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::start(&home, "");
    let good = "seamark_exporter_config_last_reload_successful";
    assert_eq!(exporter.metric(good).as_deref(), Some("1"));

    write(&home, "collectors: {loadavg: {enabled: off}, cpu: {enabled: 7}}\n");
    let answer = exporter.client.post(format!("{}/-/reload", exporter.url)).send().unwrap();
    assert_eq!(answer.status(), 500);
    let text = answer.text().unwrap();
    assert!(
        text.contains("exporter.yml:1:54: collectors.cpu.enabled: expected `true` or `false`, found `7`"),
        "{text}"
    );
    assert_eq!(exporter.metric(good).as_deref(), Some("0"));
    assert!(exporter.metric("node_load1").is_some());

    write(&home, "collectors: {loadavg: {enabled: off}}\n");
    kill_process(Pid::from_child(&exporter.child), Signal::HUP).unwrap();
    exporter.wait_for("the configuration was read anew");
    assert_eq!(exporter.metric(good).as_deref(), Some("1"));
    assert_eq!(exporter.metric("node_load1"), None);
}

#[test]
fn it_is_healthy_while_it_runs_and_ends_in_order_on_sigterm() {
    let home = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::start(&home, "");
    let url = format!("{}/-/healthy", exporter.url);
    assert_eq!(run(&home, &["healthcheck", "--url", &url]).status.code(), Some(0));
    // The file may have been broken since; the address can be a flag or a variable.
    let broken = write(&home, "listen: [").display().to_string();
    let address = exporter.url.trim_start_matches("http://");
    let asked = run(&home, &["healthcheck", "--config.file", &broken, "--web.listen-address", address]);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    kill_process(Pid::from_child(&exporter.child), Signal::TERM).unwrap();
    assert_eq!(exporter.child.wait().unwrap().code(), Some(0));
    let gone = run(&home, &["healthcheck", "--url", &url]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8(gone.stderr).unwrap().contains("no answer from"));
}

#[test]
fn the_state_file_is_written_at_the_end_and_only_by_an_exporter_that_runs() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("exporter.state");
    let text = format!("state_file: {}\n", file.display());
    let config = write(&home, &text).display().to_string();
    for task in ["once", "check-config"] {
        assert_eq!(run(&home, &[task, "--config.file", &config]).status.code(), Some(0), "{task}");
        assert!(!file.exists(), "{task}");
    }
    let mut exporter = Exporter::start(&home, &text);
    assert_eq!(exporter.metric("seamark_exporter_state_file_writable").as_deref(), Some("1"));
    kill_process(Pid::from_child(&exporter.child), Signal::TERM).unwrap();
    assert_eq!(exporter.child.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"version\":1,\"names\":{},\"containers\":{}}\n");
}

#[test]
fn a_configuration_that_cannot_be_read_to_its_end_holds_up_neither_scrapes_nor_the_end() {
    let home = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::start(&home, "instance: web-1\n");
    // A pipe whose other end is open and says nothing, as a file on a mount whose server is gone.
    let config = home.path().join("exporter.yml");
    fs::remove_file(&config).unwrap();
    mkfifoat(CWD, &config, Mode::RUSR | Mode::WUSR).unwrap();
    let process = Pid::from_child(&exporter.child);
    kill_process(process, Signal::HUP).unwrap();
    let give_up = Instant::now() + PATIENCE;
    // It can be opened to write without waiting from when somebody reads it.
    let _silent = loop {
        match open(&config, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()) {
            Ok(end) => break end,
            Err(error) => assert!(Instant::now() < give_up, "nobody reads the configuration: {error}"),
        }
        std::thread::yield_now();
    };
    assert_eq!(exporter.metric("seamark_exporter_config_last_reload_successful").as_deref(), Some("1"));
    kill_process(process, Signal::TERM).unwrap();
    exporter.wait_for("seamark-exporter stops");
    assert!(exporter.child.wait().unwrap().success());
}

#[test]
fn the_probe_endpoint_is_off_until_it_is_switched_on_and_answers_as_blackbox_exporter_does() {
    let home = tempfile::tempdir().unwrap();
    // It listens no more, so nobody takes the connection.
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let off = Exporter::start(&home, "");
    let answer = off.get(&format!("/probe?target={target}&module=tcp_connect"));
    assert_eq!(answer.status(), 404);
    assert!(answer.text().unwrap().contains("`probe_endpoint: true`"));
    drop(off);
    let modules = "modules:\n  mail: {prober: tcp, timeout: 1s, tcp: {query_response: [{expect: '^220'}]}}\n";
    let on = Exporter::start(&home, &format!("probe_endpoint: true\n{modules}"));
    let unknown = on.get(&format!("/probe?target={target}&module=mial"));
    assert_eq!(unknown.status(), 400);
    let expected = "There is no module `mial`; there are dns, http_2xx, http_post_2xx, mail, mongodb, mysql, postgres, \
                    redis, tcp_connect.\n";
    assert_eq!(unknown.text().unwrap(), expected);
    assert_eq!(on.get("/probe?module=mail").status(), 400);
    let closed = on.get(&format!("/probe?target={target}&module=tcp_connect"));
    assert_eq!(closed.status(), 200);
    let closed = closed.text().unwrap();
    assert!(closed.contains("\nprobe_success 0\n") && closed.contains("\nprobe_ip_protocol 4\n"), "{closed}");
    let own = on.url.strip_prefix("http://").unwrap();
    let good = on.get(&format!("/probe?target={own}/-/healthy"));
    assert!(good.text().unwrap().contains("\nprobe_http_status_code 200\n"));
    let wrong = on.get("/probe?target=http://u:hunter2@[x&debug=true").text().unwrap();
    assert!(wrong.contains("expected a URL") && wrong.contains("\nprobe_success 0\n"), "{wrong}");
    assert!(!wrong.contains("hunter2"), "{wrong}");
    let told = on.get(&format!("/probe?target={own}&module=mail&debug=true")).text().unwrap();
    assert!(told.contains("waiting for a line that matches `^220`"), "{told}");
}

#[test]
fn probes_are_told_of_by_every_scrape_and_by_one_by_hand() {
    let home = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let text = format!("probes: [{{name: door, tcp: '{address}', interval: 1s}}]\n");
    let labels = format!("{{probe=\"door\",target=\"{address}\",service=\"door\"}}");
    let path = write(&home, &text);
    let once = run(&home, &["once", "--config.file", path.to_str().unwrap()]);
    let once = String::from_utf8(once.stdout).unwrap();
    assert!(once.contains(&format!("probe_success{labels} 1\n")), "{once}");
    let mut exporter = Exporter::start(&home, &text);
    let success = format!("probe_success{labels}");
    while exporter.metric(&success).is_none() {}
    assert_eq!(exporter.metric(&success).as_deref(), Some("1"));
    drop(listener);
    exporter.wait_for("the probe `door` fails: cannot connect");
    while exporter.metric(&success).as_deref() != Some("0") {}
}
