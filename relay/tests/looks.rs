//! The messages as each chat is told them, in every language: reviewed like code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use jiff::tz::TimeZone;
use seamark_kit::config::{self, Source};
use seamark_relay::channel::{Channel, Detail, KINDS, Payload};
use seamark_relay::compose::{Locale, Voice, message};
use seamark_relay::store::MessageKind;
use serde_json::{Value, json};

const CHANNELS: [(&str, &str); 4] = [
    ("telegram", "bot_token: 1:t\nchat_id: -1001\nmention: {critical: '@lead'}"),
    ("wecom", "webhook_url: 693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa\nmention: {critical: ['@all', zhang]}"),
    ("wecom", "webhook_url: 693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa\nformat: markdown_v2"),
    ("webhook", "url: https://hook.example/in"),
];

fn channel(kind: &str, settings: &str) -> Box<dyn Channel> {
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    config::read(&Source::new("relay.yml", settings), |section| (kind.build)(section)).unwrap().unwrap()
}

/// The words of a payload; the rest of it as JSON.
fn page(Payload(mut body): Payload) -> String {
    let path = ["/text/content", "/markdown/content", "/markdown_v2/content", "/text"];
    let at = path.into_iter().find(|path| body.pointer(path).is_some_and(Value::is_string));
    let words = at.and_then(|path| body.pointer_mut(path)).map(std::mem::take);
    let rest = serde_json::to_string_pretty(&body).unwrap();
    match words {
        Some(words) => format!("{}\n{body}\n", words.as_str().unwrap().replace('\u{200b}', "⁞")),
        None => format!("{rest}\n"),
    }
}

/// On every channel in every language; `detail` is how much of it.
fn everywhere(kind: MessageKind, body: &Value, detail: Detail) -> String {
    let body = body.to_string().into_bytes();
    let mut pages = String::new();
    for (name, settings) in CHANNELS {
        for (locale, zone) in [
            (Locale::En, "UTC"),
            (Locale::ZhCn, "Asia/Shanghai"),
            (Locale::ZhTw, "Asia/Taipei"),
            (Locale::Uk, "Europe/Kyiv"),
        ] {
            let voice = Voice::new(locale, TimeZone::get(zone).unwrap());
            let payloads = channel(name, settings).render(&message(&voice, kind, &body, None), detail);
            let parts: Vec<String> = payloads.into_iter().map(page).collect();
            pages.push_str(&format!("──── {name} {}\n{}\n", locale.tag(), parts.join("──\n")));
        }
    }
    pages
}

fn webhook(status: &str, alerts: &[Value]) -> Value {
    let first = &alerts[0]["labels"];
    let common = json!({"alertname": first["alertname"], "instance": first["instance"]});
    json!({
        "version": "4", "groupKey": "{}:{}", "status": status, "receiver": "seamark",
        "externalURL": "http://localhost:9093", "groupLabels": common, "commonLabels": common,
        "commonAnnotations": {}, "truncatedAlerts": 0, "alerts": alerts
    })
}

fn crash() -> Value {
    json!({
        "status": "firing",
        "labels": {"alertname": "ContainerCrashed", "seamark_kind": "event", "severity": "critical", "job": "seamark",
                   "instance": "web-1", "id": "4f2a91", "name": "shop-api", "image": "shop/api:2.1"},
        "annotations": {"exit_code": "3", "reason": "crash", "restart_policy": "unless-stopped", "uptime": "7503.2",
                        "log": "listening on :8080\nfatal: <no> database & no `cache`"},
        "startsAt": "2026-11-21T10:00:03Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "c0ffee0000000001"
    })
}

fn disk(mountpoint: &str, severity: &str) -> Value {
    json!({
        "status": "firing",
        "labels": {"alertname": "HostDiskSpaceHigh", "severity": severity, "job": "seamark", "instance": "web-1",
                   "mountpoint": mountpoint, "device": "/dev/vda1"},
        "annotations": {"summary": format!("Disk {mountpoint} is 92% full"), "value": "92%", "threshold": "80%",
                        "description": "Delete something, or grow the disk.",
                        "runbook_url": "https://example.org/runbooks/HostDiskSpaceHigh"},
        "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://localhost:9090/graph?g0.expr=1", "fingerprint": format!("{:016x}", mountpoint.len())
    })
}

fn resolved(mut alert: Value) -> Value {
    alert["status"] = json!("resolved");
    alert["endsAt"] = json!("2026-11-21T10:02:00Z");
    alert
}

#[test]
fn a_crash_with_its_last_lines() {
    insta::assert_snapshot!(everywhere(MessageKind::Alert, &webhook("firing", &[crash()]), Detail::Full));
}

#[test]
fn a_group_of_three_of_which_one_is_over() {
    let alerts = [disk("/srv", "critical"), disk("/data", "warning"), resolved(disk("/", "warning"))];
    insta::assert_snapshot!(everywhere(MessageKind::Alert, &webhook("firing", &alerts), Detail::Full));
}

#[test]
fn a_recovery() {
    let alerts = [resolved(disk("/srv", "critical"))];
    insta::assert_snapshot!(everywhere(MessageKind::Resolved, &webhook("resolved", &alerts), Detail::Full));
}

#[test]
fn the_lesser_forms_of_a_group() {
    let group = webhook("firing", &[disk("/srv", "critical"), disk("/data", "warning")]);
    let forms = [Detail::Compact, Detail::Plain, Detail::Title];
    let pages = forms.map(|detail| format!("════ {detail:?}\n{}", everywhere(MessageKind::Alert, &group, detail)));
    insta::assert_snapshot!(pages.concat());
}
