//! Grafana's JSON model: only what comes with Grafana, references that meet, names of one kind.

use std::collections::BTreeSet;

use seamark_grafana::output::{list, panels};
use serde_json::{Value, json};

use super::{board, committed, first_panel, names, none};

/// Panels that come with Grafana and that we use.
const PANELS: &[&str] = &["stat", "timeseries", "table", "bargauge", "heatmap", "state-timeline", "status-history"];
const TRANSFORMATIONS: &[&str] = &["merge", "filterFieldsByName", "organize"];
const MATCHERS: &[&str] = &["byName", "byRegexp", "byFrameRefID"];

fn findings(board: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    let uid = board["uid"].as_str().unwrap_or_default();
    if !uid.starts_with("seamark-") || uid.len() > 40 {
        findings.push(format!("the uid {uid} does not begin with seamark-, or is longer than Grafana's 40"));
    }
    if board["schemaVersion"] != 41 || board["id"] != Value::Null {
        findings.push("not schema 41, or with an id of some database".to_owned());
    }
    if !list(&board["tags"]).contains(&json!("seamark")) {
        findings.push("no tag seamark: the menu would not list it".to_owned());
    }
    let mut titles = BTreeSet::new();
    for panel in panels(board) {
        let title = panel["title"].as_str().unwrap_or_default();
        if !titles.insert(title) {
            findings.push(format!("two panels are called {title}: exceptions could not tell them apart"));
        }
        findings.extend(of_panel(panel).into_iter().map(|text| format!("{title}: {text}")));
    }
    findings.into_iter().map(|text| format!("{uid}: {text}")).collect()
}

fn of_panel(panel: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    let known = |list: &[&str], value: &Value| value.as_str().is_some_and(|value| list.contains(&value));
    if !known(PANELS, &panel["type"]) {
        findings.push(format!("{} is no panel that comes with Grafana, or a new one here", panel["type"]));
    }
    let mut references = BTreeSet::new();
    for target in list(&panel["targets"]) {
        let reference = target["refId"].as_str().unwrap_or_default();
        if !references.insert(reference) {
            findings.push(format!("two queries are called {reference}"));
        }
        if target["range"] == target["instant"] {
            findings.push(format!("query {reference} is both a range and an instant, or neither"));
        }
        let graph =
            matches!(panel["type"].as_str(), Some("timeseries" | "heatmap" | "state-timeline" | "status-history"));
        if graph && target["range"] != true {
            findings.push(format!("query {reference} asks for one moment in a panel over time"));
        }
        if panel["type"] == "timeseries" && matches!(target["legendFormat"].as_str(), None | Some("" | "__auto")) {
            findings.push(format!("query {reference} has no name in the legend"));
        }
    }
    if panel["type"] == "timeseries" && panel["options"]["legend"]["showLegend"] != true {
        findings.push("no legend".to_owned());
    }
    let names = columns(panel);
    for one in list(&panel["fieldConfig"]["overrides"]) {
        let (id, options) = (&one["matcher"]["id"], one["matcher"]["options"].as_str().unwrap_or_default());
        let met = match id.as_str() {
            Some("byFrameRefID") => references.contains(options),
            Some("byName") if panel["type"] == "table" => names.contains(options),
            _ => known(MATCHERS, id),
        };
        if !met {
            findings.push(format!("an override for {options}, which is not there"));
        }
    }
    for one in list(&panel["transformations"]) {
        if !known(TRANSFORMATIONS, &one["id"]) {
            findings.push(format!("{} is no transformation known here", one["id"]));
        }
    }
    for sort in list(&panel["options"]["sortBy"]) {
        if !sort["displayName"].as_str().is_some_and(|name| names.contains(name)) {
            findings.push(format!("sorted by {}, which is no column", sort["displayName"]));
        }
    }
    findings
}

/// The headers of a table.
fn columns(panel: &Value) -> BTreeSet<&str> {
    let renames = list(&panel["transformations"]).iter().filter_map(|one| one["options"]["renameByName"].as_object());
    renames.flat_map(|renames| renames.values().filter_map(Value::as_str)).collect()
}

#[test]
fn dashboards_are_what_grafana_expects() {
    none(committed().iter().flat_map(findings).collect());
    let boards = committed();
    for key in ["uid", "title"] {
        let values: BTreeSet<String> = boards.iter().map(|board| board[key].to_string()).collect();
        assert_eq!(values.len(), boards.len(), "two dashboards have the same {key}");
    }
}

#[test]
fn what_grafana_would_not_show_is_found() {
    let spoilt = |kind: &str, spoil: &dyn Fn(&mut Value)| {
        let mut board = board("seamark-host");
        spoil(first_panel(&mut board, kind));
        findings(&board)
    };
    names(&spoilt("timeseries", &|panel| panel["type"] = json!("graph")), "no panel that comes with Grafana");
    names(&spoilt("timeseries", &|panel| panel["targets"][0]["instant"] = json!(true)), "both a range and an instant");
    names(
        &spoilt("timeseries", &|panel| panel["targets"][0]["legendFormat"] = json!("__auto")),
        "no name in the legend",
    );
    names(&spoilt("timeseries", &|panel| panel["options"]["legend"]["showLegend"] = json!(false)), "no legend");
    names(&spoilt("table", &|panel| panel["options"]["sortBy"][0]["displayName"] = json!("Hots")), "no column");
    names(&spoilt("table", &|panel| panel["transformations"][0]["id"] = json!("joinEverything")), "no transformation");
    let matcher = json!([{"matcher": {"id": "byFrameRefID", "options": "Z"}, "properties": []}]);
    names(&spoilt("timeseries", &|panel| panel["fieldConfig"]["overrides"] = matcher.clone()), "an override for Z");
    let mut twice = board("seamark-host");
    first_panel(&mut twice, "timeseries")["title"] = json!("System");
    names(&findings(&twice), "two panels are called System");
}
