//! PromQL in panels: which selectors an expression has, and what promtool says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use seamark_grafana::output;
use serde_json::{Value, json};

use super::{board, committed, first_panel, names, none, repository};

/// One selector of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// The metric's name; empty when only labels are given.
    pub metric: String,
    /// What stands between the braces.
    pub matchers: String,
    /// What stands between the brackets.
    pub range: Option<String>,
    /// The function or aggregation that it is the argument of.
    pub inside: String,
}

const WORDS: &[&str] = &[
    "and",
    "or",
    "unless",
    "by",
    "on",
    "without",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "bool",
    "Inf",
    "NaN",
    "sum",
    "min",
    "max",
    "avg",
    "count",
    "topk",
    "bottomk",
    "group",
    "quantile",
    "stddev",
    "count_values",
];
const LISTS: &[&str] = &["by", "on", "without", "ignoring", "group_left", "group_right"];

/// The selectors of an expression, in their order. Enough of PromQL for what promtool has accepted.
pub fn selectors(expr: &str) -> Vec<Selector> {
    let mut rest = expr;
    let mut found = Vec::new();
    let mut inside: Vec<String> = vec![String::new()];
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            rest = &rest[1..];
            rest = &rest[rest.find('"').unwrap() + 1..];
        } else if first == '$' || first.is_ascii_digit() {
            // A variable, a number or a duration.
            rest = &rest[1..];
            rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        } else if first.is_ascii_alphabetic() || matches!(first, '_' | ':' | '{') {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after.trim_start();
            if LISTS.contains(&word) && rest.starts_with('(') {
                rest = &rest[rest.find(')').unwrap() + 1..];
            } else if rest.starts_with('(') {
                rest = &rest[1..];
                let operator = matches!(word, "and" | "or" | "unless");
                inside.push(if operator { String::new() } else { word.to_owned() });
            } else if rest.starts_with('{') || !WORDS.contains(&word) {
                let (selector, after) = one_selector(word, rest, inside.last().unwrap());
                found.push(selector);
                rest = after;
            }
        } else {
            match first {
                '(' => inside.push(String::new()),
                ')' => drop(inside.pop()),
                _ => {}
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

fn one_selector<'a>(metric: &str, rest: &'a str, inside: &str) -> (Selector, &'a str) {
    let mut rest = rest;
    let mut matchers = String::new();
    if let Some(after) = rest.strip_prefix('{') {
        let mut quoted = false;
        let end = after.find(|c| {
            quoted ^= c == '"';
            c == '}' && !quoted
        });
        let (between, behind) = after.split_at(end.unwrap());
        matchers = between.to_owned();
        rest = &behind[1..];
    }
    let mut range = None;
    if let Some(after) = rest.strip_prefix('[') {
        let (between, behind) = after.split_once(']').unwrap();
        range = Some(between.to_owned());
        rest = behind;
    }
    (Selector { metric: metric.to_owned(), matchers, range, inside: inside.to_owned() }, rest)
}

#[test]
fn selectors_are_found_with_their_labels_range_and_function() {
    let expr = r#"sum by (le, x) (rate(a_total{job=~"$job", b!="}"}[$__rate_interval])) / on (job) group_left (y) b:c:d > 1e3
        or (time() - d{e="(f)"} offset 7d) unless max_over_time({__name__="g"}[5m]) < +Inf"#;
    let found: Vec<(String, String, Option<String>, String)> =
        selectors(expr).into_iter().map(|one| (one.metric, one.matchers, one.range, one.inside)).collect();
    let own = |metric: &str, matchers: &str, range: Option<&str>, inside: &str| {
        (metric.to_owned(), matchers.to_owned(), range.map(str::to_owned), inside.to_owned())
    };
    assert_eq!(
        found,
        [
            own("a_total", r#"job=~"$job", b!="}""#, Some("$__rate_interval"), "rate"),
            own("b:c:d", "", None, ""),
            own("d", r#"e="(f)""#, None, ""),
            own("", r#"__name__="g""#, Some("5m"), "max_over_time"),
        ]
    );
}

/// Grafana's own variables, as they might be.
const BUILT_IN: [(&str, &str); 6] = [
    ("$__rate_interval", "1m"),
    ("$__interval_ms", "15000"),
    ("$__interval", "15s"),
    ("$__range_s", "21600"),
    ("$__range", "6h"),
    ("${__rate_interval}", "1m"),
];

/// The names of variables in a text, Grafana's own left out; `$1` belongs to `label_replace`.
pub fn variables(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split('$').skip(1) {
        let name: String =
            part.trim_start_matches('{').chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if !name.is_empty() && !name.starts_with("__") && !name.starts_with(|c: char| c.is_ascii_digit()) {
            found.push(name);
        }
    }
    found
}

/// The expression with a value for each variable: any, and Grafana's own as they might be.
pub fn filled(expr: &str) -> String {
    let mut expr = expr.to_owned();
    for (name, value) in BUILT_IN {
        expr = expr.replace(name, value);
    }
    for name in variables(&expr.clone()) {
        expr = expr.replace(&format!("${name}"), ".+");
    }
    expr
}

/// What promtool says of each of these queries, by the query's place.
fn promtool(queries: &[Value], name: &str) -> Vec<String> {
    let rules: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(at, query)| json!({"record": format!("query:{at}"), "expr": filled(query["expr"].as_str().unwrap())}))
        .collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // JSON is YAML.
    fs::write(&path, json!({"groups": [{"name": "queries", "rules": rules}]}).to_string()).unwrap();
    let output = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&path)
        .output()
        .expect("promtool is needed: deploy/scripts/setup.sh tools installs it");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        assert!(said.contains(&format!("{} rules found", queries.len())), "{said}");
        return Vec::new();
    }
    said.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            match line.split("\"query:").nth(1).and_then(|rest| rest.split('"').next()?.parse::<usize>().ok()) {
                Some(at) => format!("{} {}: {line}", queries[at]["dashboard"], queries[at]["title"]),
                None => line.to_owned(),
            }
        })
        .collect()
}

#[test]
fn promtool_accepts_every_query() {
    none(promtool(&output::queries(&committed()), "queries.yml"));
}

#[test]
fn a_query_that_is_no_promql_is_found() {
    let mut board = board("seamark-host");
    first_panel(&mut board, "timeseries")["targets"][0]["expr"] = json!("sum by (mode (up)");
    names(&promtool(&output::queries(&[board]), "broken.yml"), "CPU by mode");
}

/// Variables that are used and not there, or there and not used.
fn variable_findings(board: &Value) -> Vec<String> {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for query in output::queries(std::slice::from_ref(board)) {
        for name in variables(query["expr"].as_str().unwrap()) {
            used.insert(name, query["title"].to_string());
        }
    }
    let there: Vec<&str> =
        output::list(&board["templating"]["list"]).iter().map(|one| one["name"].as_str().unwrap()).collect();
    let missing = used.iter().filter(|(name, _)| !there.contains(&name.as_str()));
    let unused = there.iter().filter(|name| **name != "datasource" && !used.contains_key(**name));
    missing
        .map(|(name, title)| format!("{} {title}: ${name} is no variable", board["uid"]))
        .chain(unused.map(|name| format!("{}: nothing uses ${name}", board["uid"])))
        .collect()
}

#[test]
fn queries_use_the_variables_that_are_there_and_all_of_them() {
    none(committed().iter().flat_map(variable_findings).collect());
}

#[test]
fn a_variable_that_is_not_there_is_found() {
    let mut board = board("seamark-host");
    first_panel(&mut board, "timeseries")["targets"][0]["expr"] = json!("up{job=~\"$jobb\"}");
    names(&variable_findings(&board), "$jobb is no variable");
}

#[test]
fn a_variable_that_nothing_uses_is_found() {
    let mut board = board("seamark-host");
    board["templating"]["list"].as_array_mut().unwrap().push(json!({"name": "spare"}));
    names(&variable_findings(&board), "nothing uses $spare");
}

/// Records and checks of thresholds that an expression asks for.
fn of_rules(expr: &str) -> impl Iterator<Item = String> {
    selectors(expr).into_iter().filter(|selector| selector.metric.starts_with("seamark:")).map(|selector| {
        let check = selector.matchers.split(", ").find(|one| one.starts_with("check="));
        check.map_or(selector.metric.clone(), |check| format!("{} {check}", selector.metric))
    })
}

/// What the rules record, with the check where it is a threshold.
fn recorded() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(repository().join("prometheus/rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let file: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for rule in output::list(&file["groups"]).iter().flat_map(|group| output::list(&group["rules"])) {
            if let Some(name) = rule["record"].as_str() {
                names.insert(name.to_owned());
                names.extend(rule["labels"]["check"].as_str().map(|check| format!("{name} check=\"{check}\"")));
            }
        }
    }
    names
}

fn unrecorded(queries: &[Value], recorded: &BTreeSet<String>) -> Vec<String> {
    let missing = |query: &Value| {
        let asked = of_rules(query["expr"].as_str().unwrap()).filter(|name| !recorded.contains(name));
        asked
            .map(|name| format!("{} {}: no rule records {name}", query["dashboard"], query["title"]))
            .collect::<Vec<_>>()
    };
    queries.iter().flat_map(missing).collect()
}

#[test]
fn rules_record_what_panels_ask_for() {
    none(unrecorded(&output::queries(&committed()), &recorded()));
}

#[test]
fn a_record_or_check_that_no_rule_makes_is_found() {
    let recorded = BTreeSet::from(["seamark:threshold check=\"a\"".to_owned()]);
    let found = |expr: &str| unrecorded(&[json!({"expr": expr, "dashboard": "x", "title": "y"})], &recorded);
    none(found("seamark:threshold{job=~\"$job\", check=\"a\"} + up"));
    names(&found("seamark:threshold{job=~\"$job\", check=\"b\"}"), "check=\"b\"");
    names(&found("rate(seamark:spare:ratio[5m])"), "seamark:spare:ratio");
}
