//! The rules of dashboard-linter, with its names and its file of exceptions.

use std::collections::{BTreeMap, BTreeSet};

use seamark_grafana::output::{list, panels};
use serde::Deserialize;
use serde_json::{Value, json};

use super::promql::{Selector, selectors};
use super::units::UNITS;
use super::{board, committed, committed_files, first_panel, none};

/// Something that a rule does not like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    rule: &'static str,
    dashboard: String,
    panel: String,
    target: String,
    text: String,
}

struct Lint<'a> {
    board: &'a Value,
    findings: Vec<Finding>,
}

impl Lint<'_> {
    fn say(&mut self, rule: &'static str, panel: &Value, target: Option<usize>, text: String) {
        self.findings.push(Finding {
            rule,
            dashboard: self.board["title"].as_str().unwrap_or_default().to_owned(),
            panel: panel["title"].as_str().unwrap_or_default().to_owned(),
            target: target.map(|at| at.to_string()).unwrap_or_default(),
            text,
        });
    }

    fn whole(&mut self, rule: &'static str, text: &str) {
        self.say(rule, &Value::Null, None, text.to_owned());
    }
}

fn lint(board: &Value) -> Vec<Finding> {
    let mut lint = Lint { board, findings: Vec::new() };
    templates(&mut lint);
    if board["editable"] != json!(false) {
        lint.whole("uneditable-dashboard", "can be edited, and the change is lost");
    }
    for panel in panels(board) {
        of_panel(&mut lint, panel);
        for (at, target) in list(&panel["targets"]).iter().enumerate() {
            of_target(&mut lint, panel, at, target["expr"].as_str().unwrap_or_default());
        }
    }
    lint.findings
}

fn templates(lint: &mut Lint<'_>) {
    let variables = list(&lint.board["templating"]["list"]);
    let sources: Vec<&Value> = variables.iter().filter(|one| one["type"] == "datasource").collect();
    if sources.len() != 1 || sources[0]["name"] != "datasource" || sources[0]["label"] != "Data source" {
        lint.whole("template-datasource-rule", "needs one variable `datasource` labelled `Data source`");
    }
    for (rule, name, label) in [("template-job-rule", "job", "Job"), ("template-instance-rule", "instance", "Instance")]
    {
        let fine = variables.iter().any(|one| {
            one["name"] == name
                && one["type"] == "query"
                && one["label"] == label
                && one["multi"] == true
                && one["includeAll"] == true
                && one["allValue"] == ".+"
                && one["datasource"]["uid"] == "${datasource}"
        });
        if !fine {
            lint.whole(rule, "needs a query variable, multi, with `.+` for all");
        }
    }
    for variable in variables.iter().filter(|one| one["type"] == "query") {
        let name = &variable["name"];
        let query = variable["query"]["query"].as_str().unwrap_or_default();
        let label = query.strip_prefix("label_values(").and_then(|inside| inside.strip_suffix(')'));
        let parts = label.and_then(|inside| inside.rsplit_once(", "));
        if parts.is_none_or(|(selector, _)| selectors(selector).len() != 1) || variable["definition"] != query {
            lint.whole("template-label-promql-rule", &format!("${name} does not ask for the values of a label"));
        }
        if variable["refresh"] != 2 {
            lint.whole("template-on-time-change-reload-rule", &format!("${name} is not refreshed with the time range"));
        }
    }
}

fn of_panel(lint: &mut Lint<'_>, panel: &Value) {
    let empty = |key: &str| panel[key].as_str().unwrap_or_default().is_empty();
    if empty("title") || empty("description") {
        lint.say("panel-title-description-rule", panel, None, "has no title or no description".to_owned());
    }
    let sources = std::iter::once(panel).chain(list(&panel["targets"]));
    if sources.clone().any(|one| one["datasource"] != json!({"type": "prometheus", "uid": "${datasource}"})) {
        lint.say("panel-datasource-rule", panel, None, "does not use ${datasource}".to_owned());
    }
    if list(&panel["targets"]).is_empty() {
        lint.say("panel-no-targets-rule", panel, None, "asks nothing".to_owned());
    }
    let field = &panel["fieldConfig"];
    let overrides = list(&field["overrides"]).iter().flat_map(|one| list(&one["properties"]));
    let of_overrides = overrides.filter(|one| one["id"] == "unit").map(|one| &one["value"]);
    for unit in std::iter::once(&field["defaults"]["unit"]).chain(of_overrides) {
        if !unit.as_str().is_some_and(|unit| UNITS.contains(&unit)) {
            lint.say("panel-units-rule", panel, None, format!("{unit} is no unit of Grafana's"));
        }
    }
}

fn of_target(lint: &mut Lint<'_>, panel: &Value, at: usize, expr: &str) {
    for Selector { metric, matchers, range, inside } in selectors(expr) {
        let mut say = |rule, text: &str| lint.say(rule, panel, Some(at), format!("{metric}: {text}"));
        for (rule, matcher) in
            [("target-job-rule", "job=~\"$job\""), ("target-instance-rule", "instance=~\"$instance\"")]
        {
            if !matchers.split(", ").any(|one| one == matcher) {
                say(rule, matcher);
            }
        }
        let rate = matches!(inside.as_str(), "rate" | "irate");
        if rate && range.as_deref() != Some("$__rate_interval") {
            say("target-rate-interval-rule", "a rate over something else than $__rate_interval");
        }
        let counted = rate || inside == "increase";
        if metric.ends_with("_total") && !(counted && range.is_some()) {
            say("target-counter-agg-rule", "a counter outside of rate, irate and increase");
        }
    }
}

/// The file of exceptions, as dashboard-linter reads it.
#[derive(Deserialize)]
struct Exceptions {
    exclusions: BTreeMap<String, Entries>,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    dashboard: String,
    panel: String,
    target_idx: String,
    reason: String,
}

/// Rule, dashboard, panel, target of each exception.
fn exceptions() -> BTreeSet<(String, String, String, String)> {
    let mut all = BTreeSet::new();
    for (path, text) in committed_files().iter().filter(|(path, _)| path.ends_with("/.lint")) {
        let file: Exceptions = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        for (rule, entries) in file.exclusions {
            for entry in entries.entries {
                assert!(!entry.reason.is_empty(), "{path}: no reason for {rule} of {}", entry.panel);
                all.insert((rule.clone(), entry.dashboard, entry.panel, entry.target_idx));
            }
        }
    }
    all
}

#[test]
fn dashboards_obey_the_linters_rules_but_for_the_exceptions() {
    let exceptions = exceptions();
    let findings: Vec<Finding> = committed().iter().flat_map(lint).collect();
    let key = |one: &Finding| (one.rule.to_owned(), one.dashboard.clone(), one.panel.clone(), one.target.clone());
    none(findings.iter().filter(|one| !exceptions.contains(&key(one))).map(|one| format!("{one:?}")).collect());
    let needed: BTreeSet<_> = findings.iter().map(key).collect();
    none(exceptions.difference(&needed).map(|one| format!("an exception for nothing: {one:?}")).collect());
}

/// Spoils a board and says which rules mind that did not before.
fn spoilt(uid: &str, spoil: impl Fn(&mut Value)) -> BTreeSet<&'static str> {
    let before: BTreeSet<Finding> = lint(&board(uid)).into_iter().collect();
    let mut board = board(uid);
    spoil(&mut board);
    lint(&board).into_iter().filter(|finding| !before.contains(finding)).map(|finding| finding.rule).collect()
}

fn variable<'a>(board: &'a mut Value, name: &str) -> &'a mut Value {
    board["templating"]["list"].as_array_mut().unwrap().iter_mut().find(|one| one["name"] == name).unwrap()
}

fn asks(board: &mut Value, expr: &str) {
    first_panel(board, "timeseries")["targets"][0]["expr"] = json!(expr);
}

#[test]
fn each_rule_finds_what_breaks_it() {
    let one = |rule: &'static str| BTreeSet::from([rule]);
    let panel = |key: &'static str, value: Value| {
        spoilt("seamark-host", move |board| first_panel(board, "timeseries")[key] = value.clone())
    };
    let expr = |expr: &'static str| spoilt("seamark-host", move |board| asks(board, expr));
    let template = |name: &'static str, key: &'static str, value: Value| {
        spoilt("seamark-host", move |board| variable(board, name)[key] = value.clone())
    };

    assert_eq!(template("datasource", "name", json!("source")), one("template-datasource-rule"));
    assert_eq!(template("job", "allValue", json!(".*")), one("template-job-rule"));
    assert_eq!(template("instance", "multi", json!(false)), one("template-instance-rule"));
    assert_eq!(template("job", "definition", json!("up")), one("template-label-promql-rule"));
    assert_eq!(template("job", "refresh", json!(1)), one("template-on-time-change-reload-rule"));
    assert_eq!(spoilt("seamark-host", |board| board["editable"] = json!(true)), one("uneditable-dashboard"));

    assert_eq!(panel("description", json!("")), one("panel-title-description-rule"));
    assert_eq!(panel("title", Value::Null), one("panel-title-description-rule"));
    assert_eq!(panel("datasource", json!({"type": "prometheus", "uid": "prometheus"})), one("panel-datasource-rule"));
    assert_eq!(panel("targets", json!([])), one("panel-no-targets-rule"));
    assert_eq!(
        panel("fieldConfig", json!({"defaults": {"unit": "bytes/sec"}, "overrides": []})),
        one("panel-units-rule")
    );

    assert_eq!(expr("rate(a_total{job=~\"$job\", instance=~\"$instance\"}[5m])"), one("target-rate-interval-rule"));
    assert_eq!(expr("a_total{job=~\"$job\", instance=~\"$instance\"}"), one("target-counter-agg-rule"));
    assert_eq!(
        expr("max_over_time(a_total{job=~\"$job\", instance=~\"$instance\"}[5m])"),
        one("target-counter-agg-rule")
    );
    assert_eq!(expr("a{instance=~\"$instance\"}"), one("target-job-rule"));
    assert_eq!(expr("a{job=~\"$job\", instance=\"web-1\"}"), one("target-instance-rule"));
}
