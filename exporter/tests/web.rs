//! The web configuration at the real binary: a real Prometheus with right and wrong certificates and passwords, files
//! that change, the real node_exporter with the same file, and ten thousand connections that send nothing.
//!
//! Needs Prometheus and node_exporter, which `deploy/scripts/setup.sh` brings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "web/authority.rs"]
mod authority;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use authority::Authority;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::{Certificate, Identity, StatusCode};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct horse";

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder with the example's files.
struct Folder {
    home: TempDir,
    authority: Authority,
}

impl Folder {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (home, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        authority.write(&home.path().join("ca.crt"));
        authority.sign(home.path(), "server");
        authority.sign(home.path(), "client");
        Self { home, authority }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The committed example, with a password that is known here.
    fn example(&self) -> PathBuf {
        let text = fs::read_to_string("../deploy/examples/web.yml").unwrap();
        let (before, after) = text.split_once("  prometheus: ").unwrap();
        let after = after.split_once('\n').unwrap().1;
        let hash = bcrypt::hash(PASSWORD, 5).unwrap();
        self.write("web.yml", &format!("{before}  prometheus: {hash}\n{after}"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// A client that shows the certificate `name`, and trusts our authority alone.
    fn client(&self, name: Option<&str>) -> Client {
        let ca = Certificate::from_pem(&fs::read(self.path("ca.crt")).unwrap()).unwrap();
        let builder = Client::builder().no_proxy().timeout(PATIENCE).tls_certs_only([ca]);
        let builder = match name {
            Some(name) => {
                let both = ["crt", "key"].map(|end| fs::read_to_string(self.path(&format!("{name}.{end}"))).unwrap());
                builder.identity(Identity::from_pem(both.concat().as_bytes()).unwrap())
            }
            None => builder,
        };
        builder.build().unwrap()
    }
}

/// An exporter that runs until it is dropped.
struct Exporter {
    process: Running,
    lines: Receiver<String>,
    address: String,
}

impl Exporter {
    fn start(folder: &Folder, web: Option<&Path>) -> Self {
        let nowhere = format!("unix://{}", folder.path("docker.sock").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-exporter"));
        command.env_clear().env("DOCKER_HOST", nowhere).stdin(Stdio::null()).stderr(Stdio::piped());
        command.args(["--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", "--collector.loadavg"]);
        if let Some(web) = web {
            command.env("SEAMARK_EXPORTER_WEB_CONFIG_FILE", web);
        }
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut exporter = Self { process: Running(child), lines, address: String::new() };
        let line = exporter.wait_for("serves /metrics");
        let address = line.split("address=").nth(1).unwrap().split(' ').next().unwrap();
        exporter.address = address.trim_matches('"').to_owned();
        exporter
    }

    fn wait_for(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|error| panic!("no `{words}`: {error}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/metrics", self.address)
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process.0), signal).unwrap();
    }
}

fn text(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().unwrap();
    (response.status(), response.text().unwrap())
}

/// The value of a series.
fn value(page: &str, series: &str) -> String {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {page}")).to_owned()
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Waits until `look` finds something.
fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A job of Prometheus: what it trusts, what it shows, and its password.
fn job(name: &str, exporter: &Exporter, ca: &Path, client: Option<&[PathBuf; 2]>, password: &str) -> String {
    let mut text = format!(
        "- job_name: {name}\n  scheme: https\n  static_configs: [{{targets: ['{}']}}]\n  \
         basic_auth: {{username: prometheus, password: '{password}'}}\n  tls_config:\n    ca_file: {}\n",
        exporter.address,
        ca.display()
    );
    if let Some([certificate, key]) = client {
        write!(text, "    cert_file: {}\n    key_file: {}\n", certificate.display(), key.display()).unwrap();
    }
    text
}

#[test]
fn prometheus_is_let_in_with_its_certificate_and_password_and_nobody_else_is() {
    let folder = Folder::new();
    let exporter = Exporter::start(&folder, Some(&folder.example()));
    let stranger = Authority::new();
    let ca = folder.path("ca.crt");
    let theirs = stranger.write(&folder.path("stranger-ca.crt"));
    let client = [folder.path("client.crt"), folder.path("client.key")];
    let other = stranger.sign(folder.home.path(), "stranger");
    let jobs = [
        job("right", &exporter, &ca, Some(&client), PASSWORD),
        job("wrong_password", &exporter, &ca, Some(&client), "wrong"),
        job("wrong_ca", &exporter, &theirs, Some(&client), PASSWORD),
        job("wrong_certificate", &exporter, &ca, Some(&other), PASSWORD),
        job("no_certificate", &exporter, &ca, None, PASSWORD),
    ];
    let config = format!("global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{}", jobs.concat());
    let config = folder.write("prometheus.yml", &config);
    let address = free_address();
    let prometheus = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.path("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prometheus; deploy/scripts/setup.sh installs it");
    let _prometheus = Running(prometheus);
    let plain = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let query = |query: &str| -> Option<Vec<(String, String)>> {
        let url = format!("http://{address}/api/v1/query");
        let url = reqwest::Url::parse_with_params(&url, [("query", query)]).unwrap();
        let answer: serde_json::Value = serde_json::from_str(&plain.get(url).send().ok()?.text().ok()?).ok()?;
        let series = answer["data"]["result"].as_array()?.iter();
        let pair = |one: &serde_json::Value| {
            Some((one["metric"]["job"].as_str()?.to_owned(), one["value"][1].as_str()?.to_owned()))
        };
        series.map(pair).collect()
    };
    // Each has been tried several times.
    let ups = eventually("Prometheus has not scraped", || {
        let tried = query("count_over_time(up[5m]) >= 4")?;
        if tried.len() == jobs.len() { query("sort_desc(up)") } else { None }
    });
    let mut ups: Vec<_> = ups.iter().map(|(job, up)| (job.as_str(), up.as_str())).collect();
    ups.sort_unstable();
    let expected = [
        ("no_certificate", "0"),
        ("right", "1"),
        ("wrong_ca", "0"),
        ("wrong_certificate", "0"),
        ("wrong_password", "0"),
    ];
    assert_eq!(ups, expected);
    let request = folder.client(Some("client")).get(exporter.url("https")).basic_auth("prometheus", Some(PASSWORD));
    let (status, page) = text(request);
    assert_eq!(status, StatusCode::OK);
    // One for the right password and one for the wrong one, however often they were shown.
    assert_eq!(value(&page, "seamark_http_password_checks_total"), "2");
    for reason in ["handshake", "credentials"] {
        let refused = value(&page, &format!("seamark_http_refused_total{{reason=\"{reason}\"}}"));
        assert!(refused.parse::<f64>().unwrap() >= 4.0, "{reason}: {refused}");
    }
}

/// The certificate that a server shows now.
fn shown(exporter: &Exporter, folder: &Folder) -> Option<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    let ca = rustls::pki_types::pem::PemObject::from_pem_file(folder.path("ca.crt")).unwrap();
    roots.add(ca).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut tcp = TcpStream::connect(&exporter.address).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).ok()?;
    }
    Some(tls.peer_certificates()?.first()?.to_vec())
}

fn written(folder: &Folder) -> Vec<u8> {
    let read: rustls::pki_types::CertificateDer<'_> =
        rustls::pki_types::pem::PemObject::from_pem_file(folder.path("server.crt")).unwrap();
    read.to_vec()
}

#[test]
fn files_that_change_are_used_at_the_next_handshake_and_broken_ones_are_not() {
    let folder = Folder::new();
    let web = folder.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
    let mut exporter = Exporter::start(&folder, Some(&web));
    let first = written(&folder);
    assert_eq!(shown(&exporter, &folder), Some(first.clone()));
    folder.authority.sign(folder.home.path(), "server");
    let second = written(&folder);
    assert_ne!(first, second);
    eventually("the new certificate is not shown", || shown(&exporter, &folder).filter(|shown| *shown == second));

    let key = fs::read(folder.path("server.key")).unwrap();
    fs::write(folder.path("server.key"), "broken").unwrap();
    let good = |exporter: &Exporter, folder: &Folder| {
        let (_, page) = text(folder.client(None).get(exporter.url("https")));
        value(&page, "seamark_http_config_last_reload_successful")
    };
    eventually("the broken key is not told", || Some(good(&exporter, &folder)).filter(|good| good == "0"));
    let line = exporter.wait_for("was not taken over");
    assert!(line.contains("web.yml:1:54: tls_server_config.key_file: expected a private key"), "{line}");
    assert_eq!(shown(&exporter, &folder), Some(second.clone()));
    fs::write(folder.path("server.key"), key).unwrap();
    eventually("the mended key is not taken", || Some(good(&exporter, &folder)).filter(|good| good == "1"));

    // A signal is heard whether anybody connects or not.
    folder.authority.sign(folder.home.path(), "server");
    exporter.signal(Signal::HUP);
    exporter.wait_for("the configuration was read anew");
    assert_eq!(shown(&exporter, &folder), Some(written(&folder)));
}

#[test]
fn a_password_that_changes_is_asked_for_at_once_after_a_reload() {
    let folder = Folder::new();
    let users = |password: &str| format!("basic_auth_users: {{p: {}}}\n", bcrypt::hash(password, 4).unwrap());
    let web = folder.write("web.yml", &users("old"));
    let exporter = Exporter::start(&folder, Some(&web));
    let client = folder.client(None);
    let with = |password: &str| text(client.get(exporter.url("http")).basic_auth("p", Some(password))).0;
    assert_eq!([with("old"), with("new")], [StatusCode::OK, StatusCode::UNAUTHORIZED]);
    fs::write(&web, users("new")).unwrap();
    let reload = exporter.url("http").replace("/metrics", "/-/reload");
    assert_eq!(text(client.post(reload).basic_auth("p", Some("old"))).0, StatusCode::OK);
    assert_eq!([with("old"), with("new")], [StatusCode::UNAUTHORIZED, StatusCode::OK]);
    let (status, _) = text(client.get(exporter.url("http").replace("/metrics", "/-/healthy")));
    assert_eq!(status, StatusCode::OK, "the health check has no password");
}

#[test]
fn a_rate_limit_refuses_what_comes_too_often_and_headers_are_added() {
    let folder = Folder::new();
    let text_of_web = "rate_limit: {interval: 1h, burst: 2}\nhttp_server_config: {headers: {X-Frame-Options: deny}}\n";
    let web = folder.write("web.yml", text_of_web);
    let exporter = Exporter::start(&folder, Some(&web));
    let client = folder.client(None);
    let ask = || client.get(exporter.url("http")).send().unwrap();
    let answers = [ask(), ask(), ask()];
    let expected = [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS];
    assert_eq!(answers.each_ref().map(reqwest::blocking::Response::status), expected);
    assert!(answers.iter().all(|answer| answer.headers()["x-frame-options"] == "deny"));
    assert_eq!(answers[2].headers()["retry-after"], "3600");
}

#[test]
fn node_exporter_takes_the_same_file() {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let binary = cache.join("seamark/bin/node_exporter");
    assert!(binary.exists(), "{} is missing: run deploy/scripts/setup.sh engine", binary.display());
    let folder = Folder::new();
    let address = free_address();
    let node_exporter = Command::new(binary)
        .arg(format!("--web.listen-address={address}"))
        .arg(format!("--web.config.file={}", folder.example().display()))
        .args(["--collector.disable-defaults", "--collector.loadavg"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _node_exporter = Running(node_exporter);
    let client = folder.client(Some("client"));
    let url = format!("https://{address}/metrics");
    let request = || client.get(&url).basic_auth("prometheus", Some(PASSWORD));
    let response = eventually("node_exporter does not answer", || request().send().ok());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-frame-options"], "deny");
    assert!(response.text().unwrap().contains("node_load1 "));
    assert_eq!(text(client.get(&url)).0, StatusCode::UNAUTHORIZED);
}

#[test]
fn the_commands_of_the_page_make_what_the_example_wants() {
    let folder = Folder::new();
    let page = fs::read_to_string("../deploy/tls.md").unwrap();
    let commands = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let made = Command::new("sh").args(["-ec", commands]).current_dir(folder.home.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let exporter = Exporter::start(&folder, Some(&folder.example()));
    let with = |certificate| {
        let request = folder.client(certificate).get(exporter.url("https"));
        text(request.basic_auth("prometheus", Some(PASSWORD))).0
    };
    assert_eq!([with(Some("client")), with(None)], [StatusCode::OK, StatusCode::FORBIDDEN]);
}

/// Opens ten thousand connections that begin and never go on, and scrapes all the while.
fn storm(exporter: &Exporter, client: &Client, scheme: &str, beginning: &[u8]) {
    const SLOW: usize = 10_000;
    const BETWEEN_SCRAPES: usize = 500;
    let limit = getrlimit(Resource::Nofile);
    let wanted = SLOW as u64 + 500;
    let current = Some(limit.current.unwrap_or(wanted).max(wanted));
    let maximum = limit.maximum.map(|maximum| maximum.max(wanted));
    setrlimit(Resource::Nofile, Rlimit { current, maximum })
        .expect("this test opens 10,000 connections: allow it 10,500 files (ulimit -n), or run it as root");
    let mut slow = Vec::new();
    while slow.len() < SLOW {
        for _ in 0..BETWEEN_SCRAPES {
            let mut stream = TcpStream::connect(&exporter.address).unwrap();
            // One that is closed by now does not take it.
            let _ = stream.write_all(beginning);
            slow.push(stream);
        }
        // A new connection, and as long as Prometheus waits by default.
        let request = client.get(exporter.url(scheme)).header("connection", "close");
        let (status, page) = text(request.timeout(Duration::from_secs(10)));
        assert!(status == StatusCode::OK && page.contains("node_load1 "), "{} open: {status} {page}", slow.len());
        if slow.len() == SLOW {
            let closed = ["crowded", "slow"].map(|reason| {
                value(&page, &format!("seamark_http_refused_total{{reason=\"{reason}\"}}")).parse::<usize>().unwrap()
            });
            assert!(closed.iter().sum::<usize>() >= SLOW - 1500 && closed[0] > 0, "{closed:?}");
        }
    }
}

#[test]
fn ten_thousand_slow_connections_do_not_stop_a_scrape() {
    let folder = Folder::new();
    let plain = Exporter::start(&folder, None);
    storm(&plain, &folder.client(None), "http", b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    drop(plain);
    let web = folder.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
    let secure = Exporter::start(&folder, Some(&web));
    // The first bytes of a ClientHello.
    storm(&secure, &folder.client(None), "https", &[22, 3, 1, 2, 0, 1]);
}

#[test]
fn a_wrong_file_is_told_before_anything_is_served() {
    let folder = Folder::new();
    let web = folder.write("web.yml", "basic_auth_users: {p: hunter2}\nrate_limit: {interval: 5}\n");
    for task in [vec!["check-config"], vec![]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-exporter"));
        command.env_clear().args(task).arg(format!("--web.config.file={}", web.display()));
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("web.yml:1:23: basic_auth_users.p: expected a password hashed with bcrypt"), "{said}");
        assert!(said.contains("web.yml:2:24: rate_limit.interval: expected a duration"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn the_health_check_needs_neither_password_nor_certificate() {
    let folder = Folder::new();
    let web = folder.example();
    let exporter = Exporter::start(&folder, Some(&web));
    for given in [None, Some(&web)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-exporter"));
        command.env_clear().arg("healthcheck").arg(format!("--web.listen-address={}", exporter.address));
        if let Some(web) = given {
            command.arg(format!("--web.config.file={}", web.display()));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{given:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let bare = folder.client(None);
    assert_eq!(text(bare.get(exporter.url("https"))).0, StatusCode::FORBIDDEN, "nothing else is told without");
}
