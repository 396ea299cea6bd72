//! Variables: what the reader chooses at the top of a board.

use serde_json::{Value, json};

use crate::query::{datasource, expand};

/// The Prometheus that is asked.
pub fn data_source() -> Value {
    json!({
        "current": {"text": "default", "value": "default"},
        "hide": 0,
        "includeAll": false,
        "label": "Data source",
        "multi": false,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": false,
        "type": "datasource",
    })
}

/// Values of a label, several of which may be chosen.
fn several(name: &str, title: &str, query: &str, all: Option<&str>) -> Value {
    let mut variable = choice(name, title, query);
    if let Some(object) = variable.as_object_mut() {
        object.insert("multi".into(), json!(true));
        object.insert("includeAll".into(), json!(true));
        object.insert("current".into(), json!({"text": ["All"], "value": ["$__all"]}));
        if let Some(all) = all {
            object.insert("allValue".into(), json!(all));
        }
    }
    variable
}

/// Values of a label, one of which is chosen.
pub fn choice(name: &str, title: &str, query: &str) -> Value {
    let query = expand(query);
    json!({
        "current": {},
        "datasource": datasource(),
        "definition": query,
        "hide": 0,
        "includeAll": false,
        "label": title,
        "multi": false,
        "name": name,
        "options": [],
        "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": 2,
        "regex": "",
        "skipUrlSync": false,
        "sort": 1,
        "type": "query",
    })
}

/// Jobs and instances that have this metric.
pub fn targets(metric: &str) -> Vec<Value> {
    targets_of(metric, metric)
}

/// Jobs that have one metric, and instances that have another one.
pub fn targets_of(of_job: &str, of_instance: &str) -> Vec<Value> {
    let instances = format!("label_values({of_instance}{{job=~\"$job\"}}, instance)");
    vec![
        several("job", "Job", &format!("label_values({of_job}, job)"), Some(".+")),
        several("instance", "Instance", &instances, Some(".+")),
    ]
}

/// Jobs and instances that tell of containers: seamark-exporter also where there is none, and cAdvisor.
pub fn container_hosts() -> Vec<Value> {
    let told = "__name__=~\"seamark_docker_up|container_last_seen\"";
    vec![
        several("job", "Job", &format!("label_values({{{told}}}, job)"), Some(".+")),
        several("instance", "Instance", &format!("label_values({{{told}, job=~\"$job\"}}, instance)"), Some(".+")),
    ]
}

/// Any further label. All of its values stand for "all", so that what is chosen before it holds.
pub fn label(name: &str, title: &str, query: &str) -> Value {
    several(name, title, query, None)
}

/// Any further label, where "all" is also what does not have it.
pub fn optional(name: &str, title: &str, query: &str) -> Value {
    several(name, title, query, Some(".*"))
}

/// The same, but one instance at first rather than all.
pub fn one_target(metric: &str) -> Vec<Value> {
    let mut variables = targets(metric);
    if let Some(object) = variables.last_mut().and_then(Value::as_object_mut) {
        object.insert("current".into(), json!({}));
    }
    variables
}
