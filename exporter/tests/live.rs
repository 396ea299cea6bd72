//! The live machine beside the real node_exporter 1.11.1: the same families, the same series, the same values within
//! what moves between two scrapes.
//!
//! Needs node_exporter, which `deploy/scripts/setup.sh` brings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "hosts/families.rs"]
mod families;
#[path = "hosts/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use families::{Families, families};
use seamark_exporter::collector::COLLECTORS;

/// Rounds of node_exporter, ours, node_exporter. A value has to lie between its neighbours in one of them; what never
/// does is no accident.
const ROUNDS: usize = 30;

/// Not node_exporter's.
const OURS_ALONE: [&str; 7] =
    ["docker", "container_state", "container_exits", "container_network", "threshold", "storage", "docker_disk"];

/// Families whose values are not compared, and why.
const OTHER_VALUES: &[(&str, &str)] = &[
    ("node_scrape_collector_duration_seconds", "how long each took"),
    (
        "node_filesystem_readonly",
        "node_exporter 1.11.1 does not see `ro` where another option of the file system follows",
    ),
];

fn node_exporter() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let binary = cache.join("seamark/bin/node_exporter");
    assert!(binary.exists(), "{} is missing: run deploy/scripts/setup.sh engine", binary.display());
    binary
}

struct Program {
    child: Child,
    address: String,
    client: reqwest::blocking::Client,
}

impl Program {
    fn start(mut command: Command, textfiles: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        command.arg(format!("--web.listen-address={address}"));
        command.arg("--collector.disable-defaults");
        command.args(compared().map(|name| format!("--collector.{name}")));
        command.arg(format!("--collector.textfile.directory={}", textfiles.display()));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let client = reqwest::blocking::Client::new();
        let this = Self { child, address, client };
        let deadline = Instant::now() + Duration::from_secs(30);
        while this.client.get(format!("http://{}/", this.address)).send().is_err() {
            assert!(Instant::now() < deadline, "{command:?} does not answer");
            thread::sleep(Duration::from_millis(20));
        }
        this
    }

    fn scrape(&self, collector: &str) -> Families {
        let url = format!("http://{}/metrics?collect[]={collector}", self.address);
        let text = self.client.get(url).send().unwrap().error_for_status().unwrap().text().unwrap();
        let mut families = families(&text);
        families.retain(|name, _| {
            (name.starts_with("node_") && name != "node_exporter_build_info") || name.starts_with("backup_")
        });
        families
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const UPSTREAM_MOUNTS: &str =
    "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)";

/// All of ours that node_exporter has too, the optional ones included.
fn compared() -> impl Iterator<Item = &'static str> {
    COLLECTORS.iter().map(|collector| collector.name).filter(|name| !OURS_ALONE.contains(name))
}

/// What is still to be seen between its neighbours, by series.
#[derive(Default)]
struct Open {
    rounds: usize,
    faults: BTreeMap<String, String>,
    agreed: BTreeSet<String>,
}

impl Open {
    fn round(&mut self, before: &Families, ours: &Families, after: &Families) {
        self.rounds += 1;
        let mut seen = BTreeSet::new();
        let names = before.keys().chain(ours.keys()).chain(after.keys()).collect::<BTreeSet<_>>();
        for name in names {
            let empty = BTreeMap::new();
            let samples = |families: &Families| families.get(name).map(|(_, samples)| samples.clone());
            let (before, ours, after) = (samples(before), samples(ours), samples(after));
            let (before, ours, after) =
                (before.unwrap_or(empty.clone()), ours.unwrap_or(empty.clone()), after.unwrap_or(empty));
            for labels in before.keys().chain(ours.keys()).chain(after.keys()).collect::<BTreeSet<_>>() {
                let series = format!("{name}{{{}}}", labels.join(","));
                seen.insert(series.clone());
                let values = (before.get(labels), ours.get(labels), after.get(labels));
                if self.agreed.contains(&series) {
                    continue;
                }
                if agrees(name, values) {
                    self.faults.remove(&series);
                    self.agreed.insert(series);
                } else {
                    self.faults.insert(series, format!("{values:?}"));
                }
            }
        }
        // A state that a process was in for a moment is nobody's fault.
        self.faults.retain(|series, _| seen.contains(series));
    }
}

fn agrees(name: &str, values: (Option<&f64>, Option<&f64>, Option<&f64>)) -> bool {
    match values {
        (Some(before), Some(ours), Some(after)) => {
            let slack = ours.abs() * 1e-9;
            OTHER_VALUES.iter().any(|(family, _)| *family == name)
                || (before.min(*after) - slack..=before.max(*after) + slack).contains(ours)
                || (before.is_nan() && ours.is_nan())
        }
        // It came or went between the scrapes.
        (Some(_), _, None) | (None, _, Some(_)) => true,
        _ => false,
    }
}

#[test]
fn the_live_machine_is_told_as_node_exporter_tells_it() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let mut command = Command::new(node_exporter());
    // Debian's build leaves out other mounts than upstream's, which are our default.
    command.arg(format!("--collector.filesystem.mount-points-exclude={UPSTREAM_MOUNTS}"));
    let textfiles = tempfile::tempdir().unwrap();
    fs::write(textfiles.path().join("backup.prom"), "# TYPE backup_last gauge\nbackup_last{job=\"a b\"} 1785e6\n")
        .unwrap();
    let theirs = Program::start(command, textfiles.path());
    let ours = Program::start(Command::new(env!("CARGO_BIN_EXE_seamark-exporter")), textfiles.path());
    let mut faults = Vec::new();
    let mut series = 0;
    for collector in compared() {
        let mut open = Open::default();
        let mut types = BTreeSet::new();
        while open.rounds < ROUNDS && (open.rounds == 0 || !open.faults.is_empty()) {
            // What moves too fast is caught when the machine does something else.
            thread::sleep(Duration::from_millis(10) * u32::try_from(open.rounds).unwrap());
            let (before, mine, after) = (theirs.scrape(collector), ours.scrape(collector), theirs.scrape(collector));
            open.round(&before, &mine, &after);
            for (name, (kind, _)) in &mine {
                if before.get(name).is_some_and(|(theirs, _)| theirs != kind) {
                    types.insert(format!("{collector}: {name} is a {kind} here and a {} there", before[name].0));
                }
            }
        }
        series += open.agreed.len();
        faults.extend(types);
        faults.extend(open.faults.into_iter().map(|(series, values)| format!("{collector}: {series} {values}")));
    }
    assert!(faults.is_empty(), "before, ours, after:\n{}", faults.join("\n"));
    println!("{series} series of {} collectors agree", compared().count());
    assert!(series > 200, "{series}");
}
