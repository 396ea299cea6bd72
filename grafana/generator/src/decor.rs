//! What every board has around its panels: links to the others and marks of what happened.

use serde_json::{Value, json};

use crate::look::{BAD, INFO, OTHER, WARN};
use crate::query::{datasource, expand};

/// The path of a board with data source and time kept, and these variables set.
pub fn to(uid: &str, variables: &str) -> String {
    let variables = if variables.is_empty() { String::new() } else { format!("&{variables}") };
    format!("/d/{uid}?${{datasource:queryparam}}&${{__url_time_range}}{variables}")
}

/// A list of all boards with this tag, keeping variables and time.
pub fn menu(title: &str, tag: &str) -> Value {
    json!({
        "asDropdown": true, "icon": "external link", "includeVars": true, "keepTime": true, "tags": [tag],
        "targetBlank": false, "title": title, "tooltip": "", "type": "dashboards", "url": "",
    })
}

/// A link to one board, keeping variables and time.
pub fn link(title: &str, uid: &str) -> Value {
    json!({
        "asDropdown": false, "icon": "dashboard", "includeVars": true, "keepTime": true, "tags": [],
        "targetBlank": false, "title": title, "tooltip": "", "type": "link", "url": format!("/d/{uid}"),
    })
}

/// What people write themselves.
pub fn notes() -> Value {
    json!({
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": true,
        "hide": true,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": "Annotations & Alerts",
        "type": "dashboard",
    })
}

fn mark(name: &str, color: &str, on: bool, expr: &str, title: &str, tags: &str) -> Value {
    let expr = expand(expr);
    json!({
        "datasource": datasource(),
        "enable": on,
        "expr": expr,
        "hide": false,
        "iconColor": color,
        "name": name,
        "step": "",
        "tagKeys": tags,
        "target": {"expr": expr, "interval": "", "refId": "Anno"},
        "textFormat": "",
        "titleFormat": title,
        "useValueForTime": false,
    })
}

/// Containers that ended badly, or were stopped. The counts exist before the first end, so it is seen.
pub fn exits(selector: &str) -> Vec<Value> {
    let exits = |reasons: &str| {
        format!(
            "sum by (instance, name, reason) (increase(seamark_container_exits_total{{{selector}, reason=~\"{reasons}\"}}[$R])) > 0"
        )
    };
    let title = "{{name}} on {{instance}}: {{reason}}";
    vec![
        mark("Crashes", BAD, true, &exits("crash|oom|signal"), title, "reason"),
        mark("Stops", INFO, false, &exits("clean|stopped|unknown"), title, "reason"),
    ]
}

/// Alerts while they fire, those that concern what the board shows.
pub fn alerts(selector: &str) -> Value {
    let selector = if selector.is_empty() { String::new() } else { format!(", {selector}") };
    let expr = format!(
        "max by (alertname, severity, instance, name) (ALERTS{{alertstate=\"firing\", severity=~\"warning|critical\"{selector}}})"
    );
    mark("Alerts", WARN, true, &expr, "{{alertname}} {{instance}} {{name}}", "severity")
}

/// Hosts that have started. Five minutes are left for the exporter to be up again.
pub fn reboots() -> Value {
    let expr = "time() - node_boot_time_seconds{$S} < $__interval_ms / 1000 + 300";
    mark("Reboots", OTHER, true, expr, "{{instance}} has started", "instance")
}
