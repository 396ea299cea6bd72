//! What the boards become: files for Grafana, the exceptions for dashboard-linter, and a list of all queries.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::Board;

/// All files, by their path below `grafana/dashboards`.
pub fn files(boards: &[Board]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for board in boards {
        files.insert(board.path(), text(board.json()));
        // dashboard-linter looks beside the dashboard.
        let neighbours = boards.iter().filter(|other| other.folder == board.folder);
        files.entry(format!("{}/.lint", board.folder)).or_insert_with(|| exceptions(neighbours));
    }
    files
}

fn text(mut value: Value) -> String {
    // The order of keys must not depend on which features of serde_json the build happens to have.
    value.sort_all_objects();
    format!("{value:#}\n")
}

/// The file `.lint` of dashboard-linter, made of the reasons beside the queries.
fn exceptions<'a>(boards: impl Iterator<Item = &'a Board>) -> String {
    let mut rules: BTreeMap<&str, String> = BTreeMap::new();
    for board in boards {
        for panel in board.panels() {
            for (rule, query, reason) in &panel.exempt {
                let entry = json!({
                    "dashboard": board.title, "panel": panel.title, "reason": reason, "targetIdx": query.to_string(),
                });
                // JSON is YAML.
                let _ = writeln!(rules.entry(rule).or_default(), "      - {entry}");
            }
        }
    }
    let mut text =
        "# Where dashboard-linter's rules do not hold, and why: written by grafana/generator.\nexclusions:\n"
            .to_owned();
    for (rule, entries) in rules {
        let _ = write!(text, "  {rule}:\n    entries:\n{entries}");
    }
    text
}

/// Every query of these dashboards, one JSON object for each: board, panel, and what is asked, variables as they are.
///
/// `kind` is `range` or `instant`; `place` is `panel`, `annotation` or `variable`.
pub fn queries(dashboards: &[Value]) -> Vec<Value> {
    dashboards.iter().flat_map(queries_of).collect()
}

fn queries_of(dashboard: &Value) -> Vec<Value> {
    let uid = &dashboard["uid"];
    let mut found = Vec::new();
    for panel in panels(dashboard) {
        for target in list(&panel["targets"]) {
            let kind = if target["instant"] == json!(true) { "instant" } else { "range" };
            found.push(json!({
                "dashboard": uid, "place": "panel", "panel": panel["id"], "title": panel["title"],
                "refId": target["refId"], "kind": kind, "expr": target["expr"],
            }));
        }
    }
    for annotation in listed(dashboard, "/annotations/list").iter().filter(|mark| mark["expr"].is_string()) {
        found.push(json!({
            "dashboard": uid, "place": "annotation", "panel": null, "title": annotation["name"],
            "refId": "Anno", "kind": "range", "expr": annotation["expr"],
        }));
    }
    for variable in listed(dashboard, "/templating/list").iter().filter(|one| one["type"] == "query") {
        if let Some(selector) = variable["definition"].as_str().and_then(selector) {
            found.push(json!({
                "dashboard": uid, "place": "variable", "panel": null, "title": variable["name"],
                "refId": "Variable", "kind": "instant", "expr": selector,
            }));
        }
    }
    found
}

/// What `label_values(SELECTOR, LABEL)` looks into.
fn selector(definition: &str) -> Option<&str> {
    let inside = definition.strip_prefix("label_values(")?.strip_suffix(')')?;
    inside.rsplit_once(',').map(|(selector, _)| selector)
}

/// All panels of a dashboard, those of folded rows too, without the rows themselves.
pub fn panels(dashboard: &Value) -> Vec<&Value> {
    let top = list(&dashboard["panels"]);
    top.iter()
        .flat_map(|panel| std::iter::once(panel).chain(list(&panel["panels"])))
        .filter(|panel| panel["type"] != "row")
        .collect()
}

fn listed<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).map_or(&[], list)
}

/// The items of an array; none if it is none.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
