//! The messages as people read them, in every language: reviewed like code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use seamark_relay::alert::{Severity, Status};
use seamark_relay::compose::{Locale, Notice, Trouble, TroubleKind, Voice, delivery, message};
use seamark_relay::message::{Message, Span};
use seamark_relay::store::{Claim, MessageKind, Next, Notification, Store};
use serde_json::{Value, json};

/// The message as text: `[…]` code, `*…*` strong, `‹…›` a time.
fn as_text(message: &Message) -> String {
    let mut page = format!("{:?}{} | {}\n", message.tone, if message.silent { ", silent" } else { "" }, message.title);
    if let Some(url) = &message.url {
        writeln!(page, "→ {url}").unwrap();
    }
    for item in &message.items {
        writeln!(page, "\n{:?} | {}", item.tone, item.title).unwrap();
        if !item.body.is_empty() {
            writeln!(page, "  {}", text(&item.body)).unwrap();
        }
        for field in &item.fields {
            writeln!(page, "  {}: {}", field.name, text(&field.value)).unwrap();
        }
        for (label, url) in &item.links {
            writeln!(page, "  {label} → {url}").unwrap();
        }
    }
    if let Some(footer) = &message.footer {
        writeln!(page, "\n{footer}").unwrap();
    }
    page
}

fn text(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Text(words) => words.clone(),
            Span::Strong(words) => format!("*{words}*"),
            Span::Code(words) => format!("[{words}]"),
            Span::Block(words) => words.lines().map(|line| format!("\n    | {line}")).collect(),
            Span::Time { words, .. } => format!("‹{words}›"),
            Span::Link { label, url } => format!("{label} → {url}"),
        })
        .collect()
}

/// The same message in all languages, each in a zone where it is spoken.
fn in_all_languages(kind: MessageKind, body: &[u8], note: Option<&str>) -> String {
    spoken(|voice| message(voice, kind, body, note))
}

fn spoken(say: impl Fn(&Voice) -> Message) -> String {
    [(Locale::En, "UTC"), (Locale::ZhCn, "Asia/Shanghai"), (Locale::ZhTw, "Asia/Taipei"), (Locale::Uk, "Europe/Kyiv")]
        .into_iter()
        .map(|(locale, zone)| {
            let mut voice = Voice::new(locale, TimeZone::get(zone).unwrap());
            voice.grafana_url = Some("https://grafana.example".to_owned());
            format!("──── {}\n{}", locale.tag(), as_text(&say(&voice)))
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn webhook(alerts: Value) -> Vec<u8> {
    let is_firing = alerts.as_array().unwrap().iter().any(|alert| alert["status"] == "firing");
    let first = &alerts[0]["labels"];
    let mut common = json!({"alertname": first["alertname"], "instance": first["instance"]});
    common.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!({
        "version": "4", "groupKey": "{}:{}", "status": if is_firing { "firing" } else { "resolved" },
        "receiver": "seamark", "externalURL": "http://localhost:9093", "groupLabels": common,
        "commonLabels": common, "commonAnnotations": {}, "truncatedAlerts": 0, "alerts": alerts
    })
    .to_string()
    .into_bytes()
}

fn event(name: &str, severity: &str, annotations: Value) -> Value {
    json!({
        "status": "firing",
        "labels": {"alertname": name, "seamark_kind": "event", "severity": severity, "job": "seamark",
                   "instance": "web-1", "id": "4f2a91", "name": "shop-api", "image": "shop/api:2.1"},
        "annotations": annotations,
        "startsAt": "2026-11-21T10:00:03Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "c0ffee0000000001"
    })
}

fn crash() -> Value {
    let annotations =
        json!({"exit_code": "3", "reason": "crash", "restart_policy": "unless-stopped", "uptime": "7503.2"});
    event("ContainerCrashed", "critical", annotations)
}

fn disk(mountpoint: &str, severity: &str, value: &str) -> Value {
    json!({
        "status": "firing",
        "labels": {"alertname": "HostDiskSpaceHigh", "severity": severity, "job": "seamark", "instance": "web-1",
                   "mountpoint": mountpoint, "device": "/dev/vda1"},
        "annotations": {"summary": format!("Disk {mountpoint} is {value} full"), "value": value, "threshold": "80%",
                        "description": "Delete something, or grow the disk.",
                        "runbook_url": "https://example.org/runbooks/HostDiskSpaceHigh"},
        "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://localhost:9090/graph?g0.expr=1", "fingerprint": format!("{:016x}", mountpoint.len())
    })
}

fn resolved(mut alert: Value, ends_at: &str) -> Value {
    alert["status"] = json!("resolved");
    alert["endsAt"] = json!(ends_at);
    alert
}

fn kind_of(alert: &Value) -> MessageKind {
    if alert["status"] == "firing" { MessageKind::Alert } else { MessageKind::Resolved }
}

#[test]
fn a_crash() {
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, &webhook(json!([crash()])), None));
}

#[test]
fn a_container_out_of_memory() {
    let annotations = json!({"exit_code": "137", "reason": "oom", "restart_policy": "on-failure:5"});
    let alert = event("ContainerCrashed", "critical", annotations);
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None));
}

#[test]
fn a_crash_of_which_next_to_nothing_is_known() {
    let mut alert = event("ContainerCrashed", "critical", json!({}));
    alert["labels"] = json!({"alertname": "ContainerCrashed", "seamark_kind": "event", "instance": ""});
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None));
}

#[test]
fn a_recovery() {
    let alert = resolved(crash(), "2026-11-21T10:04:15Z");
    insta::assert_snapshot!(in_all_languages(MessageKind::Resolved, &webhook(json!([alert])), None));
}

#[test]
fn a_restart() {
    let annotations = json!({"exit_code": "139", "reason": "crash", "restart_policy": "always", "uptime": "45s"});
    let alert = event("ContainerRestarted", "warning", annotations);
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None));
}

#[test]
fn a_stop_and_a_start() {
    let stop =
        event("ContainerStopped", "info", json!({"exit_code": "0", "reason": "stopped", "restart_policy": "no"}));
    let start = event("ContainerStarted", "info", json!({"restart_policy": "no"}));
    let pages = [stop, start].map(|alert| in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None));
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn a_crash_with_its_last_lines() {
    let mut alert = crash();
    alert["annotations"]["log"] = json!("listening on :8080\nfatal: no answer from *db*");
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None));
}

#[test]
fn an_unhealthy_container_and_the_ways_it_ends() {
    let annotations =
        json!({"failing_streak": "3", "check_exit_code": "7", "check_output": "curl: (7) refused\nno route"});
    let unhealthy = event("ContainerUnhealthyEvent", "warning", annotations);
    let known_little = event("ContainerUnhealthyEvent", "warning", json!({}));
    let mut pages = vec![unhealthy, known_little];
    for ended_by in ["healthy", "restarted", "down", "removed", ""] {
        let alert = event("ContainerUnhealthyEvent", "warning", json!({"ended_by": ended_by}));
        pages.push(resolved(alert, "2026-11-21T10:04:15Z"));
    }
    let pages = pages.into_iter().map(|alert| in_all_languages(kind_of(&alert), &webhook(json!([alert])), None));
    insta::assert_snapshot!(pages.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_restart_loop_and_the_ways_it_ends() {
    let annotations = json!({"exit_code": "1", "reason": "crash", "restart_policy": "always", "uptime": "2",
        "restarts": "21", "log": "no such table"});
    let mut pages = vec![event("ContainerRestartLoop", "critical", annotations)];
    for ended_by in ["calm", "down", "removed", ""] {
        let alert = event("ContainerRestartLoop", "critical", json!({"exit_code": "1", "ended_by": ended_by}));
        pages.push(resolved(alert, "2026-11-21T10:24:15Z"));
    }
    let pages = pages.into_iter().map(|alert| in_all_languages(kind_of(&alert), &webhook(json!([alert])), None));
    insta::assert_snapshot!(pages.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_container_that_is_gone() {
    let alert = event("ContainerRemovedUnexpectedly", "warning", json!({}));
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None));
}

#[test]
fn an_alert_of_any_kind() {
    let alert = disk("/data", "warning", "85.2%");
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, &webhook(json!([alert])), Some("opps, sceen")));
}

#[test]
fn an_alert_of_any_kind_is_over() {
    let alert = resolved(disk("/data", "warning", "85.2%"), "2026-11-22T12:00:00Z");
    insta::assert_snapshot!(in_all_languages(MessageKind::Resolved, &webhook(json!([alert])), None));
}

/// A rule of the project that measures something.
fn measure(name: &str, value: &str, threshold: &str, label: Option<(&str, &str)>) -> Value {
    let mut labels = json!({"alertname": name, "severity": "warning", "job": "seamark", "instance": "web-1"});
    if let Some((label, value)) = label {
        labels[label] = json!(value);
    }
    json!({
        "status": "firing", "labels": labels, "fingerprint": "c0ffee0000000002",
        "annotations": {"summary": format!("{name} on web-1"), "value": value, "threshold": threshold,
                        "dashboard": "/d/seamark-host?var-instance=web-1",
                        "runbook_url": format!("https://example.org/runbooks/{name}")},
        "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z"
    })
}

#[test]
fn a_host_short_of_something() {
    let alerts = [
        measure("HostCpuHigh", "0.9312", "0.8", None),
        measure("HostMemoryHigh", "85.2%", "80%", None),
        measure("HostDiskSpaceHigh", "92.1%", "80%", Some(("mountpoint", "/"))),
        measure("HostNetworkReceiveHigh", "123456789", "100000000", Some(("device", "eth0"))),
        measure("HostConnectionsHigh", "1523", "1000", None),
    ];
    let pages = alerts.map(|alert| in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None));
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn a_host_has_enough_again() {
    let alert = resolved(measure("HostMemoryHigh", "85.2%", "80%", None), "2026-11-21T10:15:00Z");
    insta::assert_snapshot!(in_all_languages(MessageKind::Resolved, &webhook(json!([alert])), None));
}

#[test]
fn a_host_short_of_several_things() {
    let alerts = [
        measure("HostMemoryHigh", "85.2%", "80%", None),
        resolved(measure("HostCpuHigh", "93%", "80%", None), "2026-11-21T10:15:00Z"),
        measure("HostDiskSpaceHigh", "92.1%", "80%", Some(("mountpoint", "/"))),
    ];
    let mut group: Value = serde_json::from_slice(&webhook(json!(alerts))).unwrap();
    group["commonLabels"] = json!({"instance": "web-1"});
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, group.to_string().as_bytes(), None));
}

#[test]
fn a_host_is_gone_and_back() {
    let down = json!({
        "status": "firing", "labels": {"alertname": "HostDown", "severity": "critical", "instance": "web-1"},
        "annotations": {"summary": "web-1 does not answer", "description": "The exporter has not answered."},
        "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "c0ffee0000000003"
    });
    let pages = [down.clone(), resolved(down, "2026-11-21T10:21:00Z")];
    let pages = pages.map(|alert| in_all_languages(kind_of(&alert), &webhook(json!([alert])), None));
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn alerts_that_say_next_to_nothing() {
    let bare = |labels: Value| {
        json!({"status": "firing", "labels": labels, "annotations": {}, "fingerprint": "c0ffee0000000004",
               "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z"})
    };
    let many: serde_json::Map<_, _> = (0..200).map(|n| (format!("label_{n:03}"), json!("x".repeat(n)))).collect();
    let alerts = [
        bare(json!({})),
        bare(json!({"alertname": "Odd", "店.名": "咖啡\"☕\n", "empty": ""})),
        bare(json!({"severity": "page", "instance": "web-1"})),
        bare(Value::Object(many)),
    ];
    let mut pages: Vec<_> =
        alerts.iter().map(|alert| in_all_languages(MessageKind::Alert, &webhook(json!([alert])), None)).collect();
    let mut group: Value = serde_json::from_slice(&webhook(json!(alerts))).unwrap();
    group["commonLabels"] = json!({});
    let voice = Voice::new(Locale::Uk, TimeZone::UTC);
    pages.push(message(&voice, MessageKind::Alert, group.to_string().as_bytes(), None).title);
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn a_group_of_five_of_which_two_are_over() {
    let alerts = json!([
        resolved(disk("/", "warning", "81%"), "2026-11-21T10:30:00Z"),
        disk("/data", "warning", "85.2%"),
        resolved(disk("/var", "critical", "92%"), "2026-11-21T10:01:00Z"),
        disk("/srv", "critical", "99%"),
        disk("/home", "warning", "88%"),
    ]);
    let mut group: Value = serde_json::from_slice(&webhook(alerts)).unwrap();
    group["truncatedAlerts"] = json!(2);
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, group.to_string().as_bytes(), None));
}

#[test]
fn notices_of_the_relay() {
    let at = "2026-11-21T10:00:00Z".parse().unwrap();
    let started = Notice::Started {
        at,
        version: "0.1.0".to_owned(),
        on: vec!["screen".to_owned(), "ops-tg".to_owned()],
        off: vec!["ops-discord".to_owned()],
        alone: false,
    };
    let pages =
        [started, Notice::Stopping { at }].map(|notice| in_all_languages(MessageKind::Notice, &notice.to_json(), None));
    insta::assert_snapshot!(pages.join("\n"));
}

/// What the store tells in one message, of notifications as they waited: group, body, minutes ago.
async fn told_together(waiting: &[(&str, Vec<u8>, i64)], served: usize) -> Claim {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("relay.db")).unwrap();
    let now: Timestamp = "2026-11-21T11:00:00Z".parse().unwrap();
    for (number, (group, body, minutes)) in waiting.iter().enumerate() {
        let notification = Notification {
            dedupe_key: number.to_string(),
            dedupe_window: None,
            channels: vec!["ops".to_owned()],
            note: None,
            kind: MessageKind::Alert,
            group_key: (*group).to_owned(),
            status: Status::Firing,
            severity: Severity::Warning,
            body: body.clone(),
            received_at: now - jiff::SignedDuration::from_mins(*minutes),
        };
        store.append(notification).await.unwrap();
    }
    let Next::Claim(claim) = store.claim("ops", now, served).await.unwrap() else { panic!("nothing to claim") };
    *claim
}

#[tokio::test]
async fn what_waited_for_a_chat_is_told_together() {
    let down = disk("/data", "critical", "97%");
    let up = resolved(down.clone(), "2026-11-21T10:04:00Z");
    let other = [
        disk("/", "warning", "85%"),
        disk("/srv", "info", "70%"),
        resolved(disk("/var", "warning", "82%"), "2026-11-21T10:20:00Z"),
    ];
    let group = [("a", webhook(json!([down.clone()])), 1), ("a", webhook(json!([up.clone()])), 0)];
    let mut many = vec![("a", webhook(json!([down])), 1), ("a", webhook(json!([up])), 0)];
    many.extend(["b", "c", "d"].into_iter().zip(&other).map(|(name, alert)| (name, webhook(json!([alert])), 0)));
    let old: Vec<_> = many.iter().map(|(name, body, _)| (*name, body.clone(), 55)).collect();
    let mut pages = Vec::new();
    for (name, waiting, served) in [("one group", &group[..], 30), ("a storm", &many, 1), ("an outage", &old, 30)] {
        let claim = told_together(waiting, served).await;
        pages.push(format!("════ {name}\n{}", spoken(|voice| delivery(voice, &claim).0)));
    }
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn trouble_with_a_channel() {
    let at = "2026-11-21T10:00:00Z".parse().unwrap();
    let pages = [
        (TroubleKind::DeadLetter, "💥 web crashed on web-1", "HTTP 400: embeds[0].title: too long"),
        (TroubleKind::Gone, "", "HTTP 404: Unknown Webhook"),
        (TroubleKind::Back, "", ""),
        (TroubleKind::Moved, "", "-1001"),
    ]
    .map(|(kind, title, reason)| {
        let trouble =
            Trouble { kind, at, channel: "ops".to_owned(), title: title.to_owned(), reason: reason.to_owned() };
        in_all_languages(MessageKind::Notice, &trouble.to_json(), None)
    });
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn what_can_no_longer_be_read_is_said_to_be_so() {
    insta::assert_snapshot!(in_all_languages(MessageKind::Alert, br#"{"status": "firing"}"#, None));
}
