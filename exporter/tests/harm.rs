//! What one missing or garbled file costs: its own families, and nothing else.
//!
//! For each host, `fixtures/hosts/HOST.harm.snap` says for every file which families change when it is not there, and
//! when there is something else in it. Who reads a file is no secret, so the list is to be reviewed by eye; that every
//! other family of every other collector stays as it was is what the test is for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "hosts/ours.rs"]
mod ours;
#[path = "hosts/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ours::{scraper, scraper_with, settings};
use seamark_kit::config::Source;
use seamark_kit::exposition::{Family, Value};
use tree::{Host, hosts_directory};

/// Everything that is told of a host, by name of the family.
type Told = BTreeMap<String, Arc<Family>>;

/// Names of collectors by family, as in an untouched host.
struct Whole {
    settings: Source,
    told: Told,
    owners: BTreeMap<String, String>,
}

async fn whole(host: &Host) -> Whole {
    let scraper = scraper(host);
    let mut owners = BTreeMap::new();
    for tree in &host.trees {
        for family in ours::exposition(&scraper, std::slice::from_ref(&tree.collector)).await.families() {
            owners.insert(family.name.to_string(), tree.collector.clone());
        }
    }
    let mut whole = Whole { settings: settings(host), told: Told::new(), owners };
    whole.told = whole.look(host).await;
    whole
}

impl Whole {
    /// What a new process tells now, but for what differs from scrape to scrape.
    async fn look(&self, host: &Host) -> Told {
        let collectors: Vec<_> = host.trees.iter().map(|tree| tree.collector.clone()).collect();
        let exposition = ours::exposition(&scraper_with(host, &self.settings), &collectors).await;
        let told = exposition.families().iter().filter(|family| !of_the_moment(&family.name));
        told.map(|family| (family.name.to_string(), Arc::clone(family))).collect()
    }

    fn changed(&self, host: &Host, now: &Told) -> BTreeSet<String> {
        let of_machine = |name: &str| host.trees.iter().any(|tree| tree.says("machine", name));
        let same = |name: &String| match (self.told.get(name), now.get(name)) {
            (Some(one), Some(other)) => same(one, other, of_machine(name)),
            (one, other) => one.is_none() && other.is_none(),
        };
        self.told.keys().chain(now.keys()).filter(|name| !same(name)).cloned().collect()
    }

    /// The families by collector; many of one collector as a number.
    fn in_words(&self, changed: &BTreeSet<String>) -> String {
        let mut by_collector: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for family in changed {
            let owner = self.owners.get(family).map_or("new", String::as_str);
            by_collector.entry(owner).or_default().push(family);
        }
        let words = by_collector.iter().map(|(collector, families)| match families.as_slice() {
            [first, .., last] if families.len() > 8 => format!("{} of {collector}: {first} to {last}", families.len()),
            families => families.join(" "),
        });
        let words: Vec<_> = words.collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join("; ") }
    }
}

fn of_the_moment(name: &str) -> bool {
    name.starts_with("node_scrape_collector_") || name.starts_with("seamark_")
}

/// Of the machine that runs the test only the series count. NaN equals nothing, and would always have changed.
fn same(one: &Family, other: &Family, of_machine: bool) -> bool {
    let nan = |value: &Value| matches!(value, Value::Float(number) if number.is_nan());
    one.len() == other.len()
        && one.samples().zip(other.samples()).all(|(one, other)| {
            let values = of_machine || one.value == other.value || (nan(one.value) && nan(other.value));
            one.labels == other.labels && values
        })
}

async fn harm(name: &str) {
    let host = Host::unpack(name);
    let whole = whole(&host).await;
    let mut list = String::new();
    let mut harmless = 0;
    for tree in &host.trees {
        for file in tree.files() {
            let path = host.path().join(file);
            let kept = keep(&path);
            let removed = whole.changed(&host, &whole.look(&host).await);
            fs::write(&path, b"\xFFgarbled = 18446744073709551616 -\n: x\n").unwrap();
            let garbled = whole.changed(&host, &whole.look(&host).await);
            fs::remove_file(&path).unwrap();
            kept.put_back(&path);
            let (removed, garbled) = (whole.in_words(&removed), whole.in_words(&garbled));
            if removed == "nothing" && garbled == "nothing" {
                harmless += 1;
            } else if removed == garbled {
                writeln!(list, "{file}\n    removed, garbled: {removed}").unwrap();
            } else {
                writeln!(list, "{file}\n    removed: {removed}\n    garbled: {garbled}").unwrap();
            }
        }
    }
    // A second source says the same, or nobody reads it.
    writeln!(list, "{harmless} other files: nothing").unwrap();
    assert_eq!(whole.changed(&host, &whole.look(&host).await), BTreeSet::new(), "the host is not as it was");
    insta::with_settings!({
        snapshot_path => hosts_directory(),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(format!("{name}.harm"), list);
    });
}

/// A file or link that was taken away.
enum Kept {
    File(Vec<u8>, std::time::SystemTime),
    Link(std::path::PathBuf),
}

fn keep(path: &Path) -> Kept {
    let kept = match fs::read_link(path) {
        Ok(target) => Kept::Link(target),
        Err(_) => Kept::File(fs::read(path).unwrap(), fs::metadata(path).unwrap().modified().unwrap()),
    };
    fs::remove_file(path).unwrap();
    kept
}

impl Kept {
    fn put_back(self, path: &Path) {
        match self {
            Self::Link(target) => std::os::unix::fs::symlink(target, path).unwrap(),
            Self::File(content, modified) => {
                fs::write(path, content).unwrap();
                fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn one_file_of_the_server() {
    harm("server").await;
}

#[tokio::test]
async fn one_file_of_the_small_virtual_machine() {
    harm("vps").await;
}

#[tokio::test]
async fn one_file_of_the_raspberry_pi() {
    harm("pi").await;
}

#[tokio::test]
async fn one_file_of_the_network_storage() {
    harm("nas").await;
}

#[tokio::test]
async fn one_file_of_the_laptop() {
    harm("laptop").await;
}

#[test]
fn every_host_is_harmed() {
    let harmed: BTreeSet<_> = ["server", "vps", "pi", "nas", "laptop"].map(str::to_owned).into();
    assert_eq!(harmed, tree::hosts().into_iter().collect());
}
