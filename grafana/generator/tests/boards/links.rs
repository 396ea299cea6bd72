//! Links: to boards that exist, with variables that they have, from boards and from alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use seamark_grafana::output::list;
use serde_json::{Value, json};

use super::{board, committed, first_panel, names, none, repository};

type Boards = BTreeMap<String, BTreeSet<String>>;

/// The variables of each board, by its uid.
fn boards(dashboards: &[Value]) -> Boards {
    let variables = |board: &Value| {
        list(&board["templating"]["list"]).iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    dashboards.iter().map(|board| (board["uid"].as_str().unwrap().to_owned(), variables(board))).collect()
}

/// What is wrong with a link within Grafana, if anything.
fn trouble(url: &str, boards: &Boards) -> Option<String> {
    let Some(path) = url.strip_prefix("/d/") else { return Some(format!("{url} leads to no dashboard")) };
    let (uid, parameters) = path.split_once('?').unwrap_or((path, ""));
    let Some(variables) = boards.get(uid) else { return Some(format!("{url}: there is no dashboard `{uid}`")) };
    let set = parameters.split('&').filter_map(|one| one.strip_prefix("var-")?.split('=').next());
    let unknown: Vec<&str> = set.filter(|name| !variables.contains(*name)).collect();
    (!unknown.is_empty()).then(|| format!("{url}: `{uid}` has no variable {unknown:?}"))
}

/// All values under the key `url`, wherever they stand.
fn urls(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str() {
                    Some(url) if key == "url" && !url.is_empty() => found.push(url.to_owned()),
                    _ => urls(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| urls(item, found)),
        _ => {}
    }
}

fn findings(board: &Value, boards: &Boards) -> Vec<String> {
    let mut found = Vec::new();
    urls(board, &mut found);
    let broken = found.iter().filter_map(|url| trouble(url, boards));
    let keeps = |link: &Value| link["keepTime"] == true && link["includeVars"] == true;
    let loses = list(&board["links"])
        .iter()
        .filter(|link| !keeps(link))
        .map(|link| format!("{} loses time or variables", link["title"]));
    let drops = found.iter().filter(|url| url.contains('?')).filter(|url| !url.contains("${__url_time_range}"));
    let drops = drops.map(|url| format!("{url} loses the time range"));
    broken.chain(loses).chain(drops).map(|text| format!("{}: {text}", board["uid"])).collect()
}

#[test]
fn links_lead_to_boards_and_variables_that_exist_and_keep_the_time() {
    let dashboards = committed();
    let boards = boards(&dashboards);
    none(dashboards.iter().flat_map(|board| findings(board, &boards)).collect());
}

#[test]
fn a_link_to_nowhere_is_found() {
    let boards = boards(&committed());
    let spoilt = |url: &str| {
        let mut board = board("seamark-overview");
        first_panel(&mut board, "timeseries")["links"] = json!([{"title": "x", "url": url}]);
        findings(&board, &boards)
    };
    names(&spoilt("/d/seamark-hots?${__url_time_range}"), "no dashboard `seamark-hots`");
    names(&spoilt("/d/seamark-host?${__url_time_range}&var-host=x"), "no variable [\"host\"]");
    names(&spoilt("/d/seamark-host?var-instance=x"), "loses the time range");
}

/// Alert and annotation `dashboard` of all rules in a file.
fn dashboards_of_alerts(text: &str) -> Vec<(String, Option<String>)> {
    let file: Value = serde_yaml::from_str(text).unwrap();
    let rules = list(&file["groups"]).iter().flat_map(|group| list(&group["rules"]));
    rules
        .filter_map(|rule| {
            let link = rule["annotations"]["dashboard"].as_str().map(str::to_owned);
            Some((rule["alert"].as_str()?.to_owned(), link))
        })
        .collect()
}

fn alert_findings(text: &str, boards: &Boards) -> Vec<String> {
    let alerts = dashboards_of_alerts(text).into_iter();
    alerts.filter_map(|(alert, link)| Some(format!("{alert}: {}", trouble(&link?, boards)?))).collect()
}

#[test]
fn alerts_lead_to_boards_and_variables_that_exist() {
    let boards = boards(&committed());
    let mut alerts = 0;
    for entry in fs::read_dir(repository().join("prometheus/rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yml") {
            let text = fs::read_to_string(&path).unwrap();
            alerts += dashboards_of_alerts(&text).len();
            none(alert_findings(&text, &boards));
        }
    }
    assert!(alerts > 0, "no alert was read");
}

#[test]
fn an_alert_that_leads_nowhere_is_found() {
    let rule = |link: &str| {
        let text =
            format!("groups: [{{name: a, rules: [{{alert: B, expr: up, annotations: {{dashboard: '{link}'}}}}]}}]");
        alert_findings(&text, &boards(&committed()))
    };
    none(rule("/d/seamark-host?var-instance={{ $labels.instance }}"));
    names(&rule("/d/seamark-hosts?var-instance={{ $labels.instance }}"), "B: ");
    names(&rule("/d/seamark-host?var-mountpoint={{ $labels.mountpoint }}"), "mountpoint");
}
