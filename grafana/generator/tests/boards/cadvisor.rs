//! Boards about containers where cAdvisor is all there is: what they ask is put to promtool's Prometheus, with the series
//! that cAdvisor 0.60 has of two containers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use seamark_grafana::output;
use serde_json::{Value, json};

use super::promql::{filled, selectors, variables};
use super::{board, none, repository};

const BOARDS: [&str; 2] = ["seamark-containers", "seamark-container"];
/// Of each container: the name, its own labels, and whether it grows.
const OF_CONTAINERS: [(&str, &str, bool); 27] = [
    ("container_last_seen", "", true),
    ("container_start_time_seconds", "", false),
    ("container_cpu_usage_seconds_total", "cpu=\"total\"", true),
    ("container_cpu_user_seconds_total", "", true),
    ("container_cpu_system_seconds_total", "", true),
    ("container_cpu_cfs_periods_total", "", true),
    ("container_cpu_cfs_throttled_periods_total", "", true),
    ("container_spec_cpu_quota", "", false),
    ("container_spec_cpu_period", "", false),
    ("container_spec_memory_limit_bytes", "", false),
    ("container_memory_usage_bytes", "", false),
    ("container_memory_working_set_bytes", "", false),
    ("container_memory_rss", "", false),
    ("container_memory_cache", "", false),
    ("container_memory_mapped_file", "", false),
    ("container_memory_swap", "", false),
    ("container_processes", "", false),
    ("container_threads", "", false),
    ("container_threads_max", "", false),
    ("container_network_receive_bytes_total", "interface=\"eth0\"", true),
    ("container_network_transmit_bytes_total", "interface=\"eth0\"", true),
    ("container_network_receive_packets_dropped_total", "interface=\"eth0\"", true),
    ("container_network_transmit_packets_dropped_total", "interface=\"eth0\"", true),
    ("container_network_receive_errors_total", "interface=\"eth0\"", true),
    ("container_network_transmit_errors_total", "interface=\"eth0\"", true),
    ("container_fs_reads_bytes_total", "device=\"/dev/vda\"", true),
    ("container_fs_writes_bytes_total", "device=\"/dev/vda\"", true),
];
const OF_HOSTS: [&str; 2] = ["machine_cpu_cores", "machine_memory_bytes"];
/// Two hours, a scrape a minute.
const GROWS: &str = "1+60x120";
const STAYS: &str = "4096x120";
const ASKED_AT: &str = "2h";

fn series() -> Vec<Value> {
    let mut found = Vec::new();
    for (metric, own, grows) in OF_CONTAINERS {
        // The last one is the host's own cgroup, which has no name.
        for of in ["id=\"/docker/1\", name=\"web\", image=\"nginx\"", "id=\"/docker/2\", name=\"db\"", "id=\"/\""] {
            let series = format!("{metric}{{job=\"cadvisor\", instance=\"web-1\", {of}, {own}}}");
            found.push(json!({"series": series, "values": if grows { GROWS } else { STAYS }}));
        }
    }
    for metric in OF_HOSTS {
        let series = format!("{metric}{{job=\"cadvisor\", instance=\"web-1\"}}");
        found.push(json!({"series": series, "values": STAYS}));
    }
    found
}

/// What promtool says of these questions to a Prometheus with cAdvisor's series and our rules.
fn promtool(asked: &[Value], name: &str) -> Vec<String> {
    let rules = |file: &str| repository().join("prometheus/rules").join(file).canonicalize().unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let test = json!({
        "rule_files": [rules("recording.yml"), rules("thresholds.yml")],
        "evaluation_interval": "1m",
        "group_eval_order": ["seamark-recording", "seamark-thresholds"],
        "tests": [{"interval": "1m", "input_series": series(), "promql_expr_test": asked}],
    });
    fs::write(&path, test.to_string()).unwrap();
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .arg(&path)
        .output()
        .expect("promtool is needed: deploy/scripts/setup.sh tools installs it");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    if output.status.success() { Vec::new() } else { vec![said] }
}

/// The values of a variable, as Prometheus has them when everything before it is at "all".
fn values(uid: &str, variable: &str, expected: &[&str]) -> Value {
    let board = board(uid);
    let list = output::list(&board["templating"]["list"]);
    let one = list.iter().find(|one| one["name"] == variable).unwrap();
    let definition = one["definition"].as_str().unwrap();
    let (selector, label) = definition.strip_prefix("label_values(").unwrap().rsplit_once(", ").unwrap();
    let mut selector = selector.to_owned();
    for name in variables(&selector.clone()) {
        let all = list.iter().find(|one| one["name"] == name.as_str()).unwrap()["allValue"].as_str().unwrap();
        selector = selector.replace(&format!("${name}"), all);
    }
    let label = label.strip_suffix(')').unwrap();
    let samples: Vec<Value> =
        expected.iter().map(|value| json!({"labels": format!("{{{label}=\"{value}\"}}"), "value": 1})).collect();
    // Of what has the label at all.
    json!({"expr": format!("group by ({label}) ({selector}) unless group by ({label}) (vector(1))"),
           "eval_time": ASKED_AT, "exp_samples": samples})
}

#[test]
fn variables_have_hosts_and_names_where_cadvisor_is_alone() {
    let asked: Vec<Value> = BOARDS
        .iter()
        .flat_map(|uid| {
            [
                values(uid, "job", &["cadvisor"]),
                values(uid, "instance", &["web-1"]),
                values(uid, "name", &["web", "db"]),
            ]
        })
        .chain([values("seamark-containers", "project", &[])])
        .collect();
    none(promtool(&asked, "cadvisor-variables.yml"));
}

/// Names that are there: cAdvisor's, and what our rules make of them.
fn told() -> BTreeSet<&'static str> {
    let ours =
        ["seamark:container_cpu_used:cores", "seamark:container_cpu_used:ratio", "seamark:container_memory_used:ratio"];
    OF_CONTAINERS.iter().map(|(metric, ..)| *metric).chain(OF_HOSTS).chain(ours).collect()
}

#[test]
fn panels_about_resources_answer_where_cadvisor_is_alone() {
    let told = told();
    let boards: Vec<Value> = BOARDS.iter().map(|uid| board(uid)).collect();
    let of_cadvisor = |expr: &&str| selectors(expr).iter().all(|one| told.contains(one.metric.as_str()));
    let queries = output::queries(&boards);
    let in_panels = queries.iter().filter(|query| query["place"] == "panel");
    let exprs: BTreeSet<&str> = in_panels.map(|query| query["expr"].as_str().unwrap()).filter(of_cadvisor).collect();
    assert!(exprs.len() >= 36, "only {} queries ask for nothing but what cAdvisor tells: {exprs:#?}", exprs.len());
    let answers = |expr: &str| {
        let expr = format!("count({}) > bool 0", filled(expr));
        json!({"expr": expr, "eval_time": ASKED_AT, "exp_samples": [{"labels": "{}", "value": 1}]})
    };
    let asked: Vec<Value> = exprs.into_iter().map(answers).collect();
    none(promtool(&asked, "cadvisor-panels.yml"));
}

/// What a panel shows at a moment with every variable at "all".
fn shown(uid: &str, title: &str, samples: Value) -> Value {
    let queries = output::queries(&[board(uid)]);
    let query = queries.iter().find(|query| query["title"] == title).unwrap();
    json!({"expr": filled(query["expr"].as_str().unwrap()), "eval_time": ASKED_AT, "exp_samples": samples})
}

#[test]
fn what_cadvisor_does_not_know_is_not_said_to_be_none() {
    let mut asked = vec![shown("seamark-containers", "Running", json!([{"labels": "{}", "value": 2}]))];
    for title in ["Exited", "Restarting", "Unhealthy", "Missing", "Crashes", "Out of memory", "Image is older"] {
        asked.push(shown("seamark-containers", title, json!([])));
    }
    let rows = ["name=\"db\"", "image=\"nginx\", name=\"web\""].map(|of| format!("{{instance=\"web-1\", {of}}}"));
    let rows: Vec<Value> = rows.iter().map(|labels| json!({"labels": labels, "value": 7201})).collect();
    asked.push(shown("seamark-containers", "Containers", json!(rows)));
    none(promtool(&asked, "cadvisor-figures.yml"));
}
