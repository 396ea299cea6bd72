//! Writes down what node_exporter says of the hosts in `tests/fixtures/hosts`: `record BINARY [HOST…]`.
//!
//! For each collector that has a `.tree`, the types and samples go to the `.prom` beside it. The help is
//! node_exporter's own text, and is left out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../tests/hosts/tree.rs"]
mod tree;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use regex_lite::Regex;
use tree::{Host, Tree, hosts, hosts_directory};

/// node_exporter over one tree of files; ended with it.
struct NodeExporter {
    child: Child,
    address: String,
}

impl NodeExporter {
    fn start(binary: &str, host: &Path, flags: impl IntoIterator<Item = String>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(binary);
        command.arg(format!("--web.listen-address={address}")).arg("--web.disable-exporter-metrics");
        command.arg("--collector.disable-defaults");
        for (flag, root) in [("procfs", "proc"), ("sysfs", "sys"), ("rootfs", "root"), ("udev.data", "udev")] {
            command.arg(format!("--path.{flag}={}", host.join(root).display()));
        }
        let log = fs::File::create(host.join("node_exporter.log")).unwrap();
        let child = command.args(flags).stderr(log).stdout(Stdio::null()).spawn().unwrap();
        let mut this = Self { child, address };
        while reqwest::blocking::get(format!("http://{}/", this.address)).is_err() {
            if this.child.try_wait().unwrap().is_some() {
                panic!("node_exporter ended:\n{}", fs::read_to_string(host.join("node_exporter.log")).unwrap());
            }
            thread::sleep(Duration::from_millis(50));
        }
        this
    }

    fn scrape(&self, collector: &str) -> String {
        let url = format!("http://{}/metrics?collect[]={collector}", self.address);
        let response = reqwest::blocking::get(url).unwrap();
        let (status, text) = (response.status(), response.text().unwrap());
        assert!(status.is_success(), "{collector}: {status}\n{text}");
        text
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Types and samples, without what differs at every scrape or with every machine.
fn told(text: &str, host: &Host, tree: &Tree) -> String {
    let mut kept = String::new();
    for line in text.lines().filter(|line| !line.starts_with("# HELP")) {
        let words = line.trim_start_matches("# TYPE ");
        let family = words.split([' ', '{']).next().unwrap();
        let of_the_moment = ["node_scrape_collector_duration_seconds", "node_exporter_build_info"].contains(&family);
        if of_the_moment || (tree.says("differs", family) && !line.starts_with('#')) {
            continue;
        }
        let mut line = line.replace(host.path().to_str().unwrap(), "{host}");
        if tree.says("machine-labels", family) && !line.starts_with('#') {
            line = Regex::new("=\"[^\"]*\"").unwrap().replace_all(&line, "=\"of the machine\"").into_owned();
        }
        if tree.says("machine", family) && !line.starts_with('#') {
            line.truncate(line.rfind(' ').unwrap());
            line.push_str(" 0");
        }
        kept.push_str(&line);
        kept.push('\n');
    }
    kept
}

fn record_host(binary: &str, name: &str) {
    let host = Host::unpack(name);
    let on = host.trees.iter().map(|tree| format!("--collector.{}", tree.collector));
    let flags = on.chain(host.flags("flag")).chain(host.flags("theirs"));
    let node_exporter = NodeExporter::start(binary, host.path(), flags.collect::<Vec<_>>());
    for tree in &host.trees {
        let text = told(&node_exporter.scrape(&tree.collector), &host, tree);
        fs::write(hosts_directory().join(name).join(format!("{}.prom", tree.collector)), text).unwrap();
    }
}

/// One process over three states of `/proc/stat`.
fn record_backwards(binary: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/backwards");
    let host = Host::unpack("server");
    let stat = host.path().join("proc/stat");
    let node_exporter = NodeExporter::start(binary, host.path(), ["--collector.cpu".to_owned()]);
    for step in 1..=3 {
        fs::copy(here.join(format!("{step}.stat")), &stat).unwrap();
        let tree = host.trees.iter().find(|tree| tree.collector == "cpu").unwrap();
        let text = told(&node_exporter.scrape("cpu"), &host, tree);
        let times = |line: &&str| {
            let words = line.trim_start_matches("# TYPE ");
            words.starts_with("node_cpu_seconds_total") || words.starts_with("node_cpu_guest_seconds_total")
        };
        let lines: String = text.lines().filter(times).map(|line| line.to_owned() + "\n").collect();
        fs::write(here.join(format!("{step}.prom")), lines).unwrap();
    }
}

fn main() {
    // reqwest refuses to be without, though nothing here is encrypted.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().expect("usage: record BINARY [HOST…]");
    let wanted: Vec<_> = arguments.collect();
    for name in if wanted.is_empty() { hosts() } else { wanted.clone() } {
        record_host(&binary, &name);
    }
    if wanted.is_empty() {
        record_backwards(&binary);
    }
}
