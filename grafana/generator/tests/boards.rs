//! The committed dashboards: fresh, valid for Grafana, within dashboard-linter's rules, and nothing on top of each other.
//! Each check is shown a dashboard that breaks it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    missing_docs
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use seamark_grafana::output;
use serde_json::Value;

#[path = "boards/cadvisor.rs"]
mod cadvisor;
#[path = "boards/layout.rs"]
mod layout;
#[path = "boards/links.rs"]
mod links;
#[path = "boards/linter.rs"]
mod linter;
#[path = "boards/model.rs"]
mod model;
#[path = "boards/promql.rs"]
mod promql;
#[path = "boards/units.rs"]
mod units;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn home() -> PathBuf {
    repository().join("grafana/dashboards")
}

/// Every file below the folders of dashboards, by its path there.
fn committed_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for folder in fs::read_dir(home()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(home()).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    files
}

/// The dashboards as Grafana will read them. Read once: it is a megabyte.
static COMMITTED: LazyLock<Vec<Value>> = LazyLock::new(read);

fn committed() -> Vec<Value> {
    COMMITTED.clone()
}

fn read() -> Vec<Value> {
    let files = committed_files();
    let boards: Vec<Value> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".json"))
        .map(|(path, text)| serde_json::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}")))
        .collect();
    assert!(boards.len() >= 16, "only {} dashboards in {}", boards.len(), home().display());
    boards
}

/// The committed dashboard with this uid.
fn board(uid: &str) -> Value {
    COMMITTED.iter().find(|board| board["uid"] == uid).unwrap().clone()
}

/// The first panel of a kind, to be spoilt.
fn first_panel<'a>(board: &'a mut Value, kind: &str) -> &'a mut Value {
    board["panels"].as_array_mut().unwrap().iter_mut().find(|panel| panel["type"] == kind).unwrap()
}

fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

fn names(findings: &[String], part: &str) {
    assert!(findings.iter().any(|finding| finding.contains(part)), "no finding has `{part}`: {findings:#?}");
}

#[test]
fn committed_dashboards_are_what_the_generator_writes() {
    let (written, committed) = (output::files(&seamark_grafana::all()), committed_files());
    let paths = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(&written), paths(&committed), "`make dashboards` writes other files");
    for (path, text) in &written {
        assert!(committed[path] == *text, "grafana/dashboards/{path} is not what `make dashboards` writes");
    }
}

#[test]
fn every_folder_is_provisioned() {
    let providers = fs::read_to_string(repository().join("grafana/provisioning/dashboards/seamark.yml")).unwrap();
    for path in committed_files().keys() {
        let folder = path.split('/').next().unwrap();
        let line = format!("path: /var/lib/grafana/dashboards/{folder}}}");
        assert!(providers.contains(&line), "no provider has `{line}`");
    }
}

#[test]
fn grafana_opens_on_a_board_that_is_there() {
    let compose = fs::read_to_string(repository().join("docker-compose.monitoring.yml")).unwrap();
    let path = compose.split("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: /var/lib/grafana/dashboards/").nth(1);
    let path = path.expect("Grafana has a home dashboard").lines().next().unwrap();
    assert!(committed_files().contains_key(path), "grafana/dashboards/{path} is not there");
}

#[test]
fn the_list_of_queries_has_every_target_annotation_and_variable() {
    let boards = committed();
    let list = output::queries(&boards);
    let count = |place: &str| list.iter().filter(|query| query["place"] == place).count();
    let targets: usize =
        boards.iter().flat_map(output::panels).map(|panel| panel["targets"].as_array().unwrap().len()).sum();
    let text = serde_json::to_string(&boards).unwrap();
    assert_eq!(count("panel"), targets);
    assert_eq!(count("annotation"), text.matches("\"useValueForTime\"").count());
    assert_eq!(count("variable"), text.matches("\"definition\":\"label_values(").count());
    for query in &list {
        assert!(query["expr"].as_str().is_some_and(|expr| !expr.is_empty()), "{query}");
    }
}
