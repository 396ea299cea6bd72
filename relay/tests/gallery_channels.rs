//! The messages as each kind of channel lays them out, and the longest there may be: within every limit, in every
//! language, with what was left out named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    missing_docs
)]

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use seamark_kit::config::{self, Source};
use seamark_relay::channel::{Body, Channel, Detail, KINDS, Posting};
use seamark_relay::compose::{Locale, Voice, message};
use seamark_relay::store::MessageKind;
use serde_json::{Value, json};

#[path = "stand_in/kinds.rs"]
mod kinds;

const LANGUAGES: [(Locale, &str); 4] =
    [(Locale::En, "UTC"), (Locale::ZhCn, "Asia/Shanghai"), (Locale::ZhTw, "Asia/Taipei"), (Locale::Uk, "Europe/Kyiv")];

fn channel(kind: &'static seamark_relay::channel::Kind) -> Box<dyn Channel> {
    let source = Source::new("relay.yml", kinds::example(kind.name));
    config::read(&source, |section| (kind.build)(section)).unwrap().unwrap()
}

fn judge(kind: &str, body: &Value) {
    kinds::judge(kind, body).unwrap();
}

fn bodies(channel: &dyn Channel, voice: &Voice, kind: MessageKind, body: &[u8], detail: Detail) -> Vec<Value> {
    let message = message(voice, kind, body, None);
    let how = Posting { silent: message.silent, ..Posting::default() };
    let posts = channel.render(&message, detail).into_iter().map(|payload| channel.post(&payload, &how).body);
    posts
        .map(|body| match body {
            Body::Json(json) => json,
            // No message of alerts carries files.
            body => panic!("{} posts {body:?}", channel.kind()),
        })
        .collect()
}

fn alert(name: &str, status: &str, labels: &Value, annotations: &Value) -> Value {
    let mut all = json!({"alertname": name, "instance": "web-1", "severity": "critical", "job": "seamark"});
    all.as_object_mut().unwrap().extend(labels.as_object().unwrap().clone());
    let ends_at = if status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-11-21T10:15:00Z" };
    json!({"status": status, "labels": all, "annotations": annotations, "startsAt": "2026-11-21T10:00:00Z",
           "endsAt": ends_at, "fingerprint": "c0ffee0000000001", "generatorURL": "http://localhost:9090/graph"})
}

fn group(alerts: &[Value]) -> Vec<u8> {
    json!({"version": "4", "groupKey": "g", "receiver": "seamark", "externalURL": "http://localhost:9093",
           "status": if alerts.iter().any(|alert| alert["status"] == "firing") { "firing" } else { "resolved" },
           "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "truncatedAlerts": 0, "alerts": alerts})
    .to_string()
    .into_bytes()
}

fn event(name: &str, status: &str) -> Value {
    alert(
        name,
        status,
        &json!({"seamark_kind": "event", "name": "shop-api", "id": "4f2a91"}),
        &json!({"exit_code": "137", "reason": "oom", "restart_policy": "on-failure:5", "uptime": "7503", "restarts": "5",
                "failing_streak": "3", "check_output": "curl: (7) *refused*", "log": "fatal: @everyone\nbye"}),
    )
}

fn memory(status: &str) -> Value {
    let annotations = json!({"summary": "Memory is short", "value": "85.2%", "threshold": "80%",
                             "dashboard": "/d/host?var-instance=web-1", "runbook_url": "https://example.org/memory"});
    alert("HostMemoryHigh", status, &json!({}), &annotations)
}

#[test]
fn every_kind_of_message_in_every_kind_of_channel() {
    let messages = [
        ("a measure", vec![memory("firing")]),
        ("a measure is over", vec![memory("resolved")]),
        ("a crash", vec![event("ContainerCrashed", "firing")]),
        ("a recovery", vec![event("ContainerCrashed", "resolved")]),
        ("unhealthy", vec![event("ContainerUnhealthyEvent", "firing")]),
        ("a loop", vec![event("ContainerRestartLoop", "firing")]),
        ("removed", vec![event("ContainerRemovedUnexpectedly", "firing")]),
        ("some fire, some are over", vec![memory("resolved"), event("ContainerCrashed", "firing"), memory("firing")]),
    ];
    for kind in KINDS {
        let channel = channel(kind);
        for (locale, zone) in LANGUAGES {
            let mut voice = Voice::new(locale, TimeZone::get(zone).unwrap());
            voice.grafana_url = Some("https://grafana.example".to_owned());
            let mut page = String::new();
            for (name, alerts) in &messages {
                for body in bodies(channel.as_ref(), &voice, MessageKind::Alert, &group(alerts), Detail::Full) {
                    judge(kind.name, &body);
                    writeln!(page, "──── {name}\n{}", serde_json::to_string_pretty(&body).unwrap()).unwrap();
                }
            }
            insta::assert_snapshot!(format!("{}-{}", kind.name, locale.tag()), page);
        }
    }
}

/// What makes messages long or odd, each beside an alert whose name has to be told.
fn longest() -> Vec<(&'static str, Vec<u8>, usize)> {
    let many_labels: serde_json::Map<_, _> =
        (0..200).map(|number| (format!("label_{number:03}"), json!("v".repeat(number)))).collect();
    let words = |name: &'static str, text: String| {
        let annotations = json!({"summary": text, "description": text, "value": text, "threshold": text,
                                 "runbook_url": text, "log": text, "check_output": text});
        let labels = json!({"team": text, "name": text, "mountpoint": text});
        (name, group(&[alert("Odd", "firing", &labels, &annotations)]), 1)
    };
    let odd = "@everyone @here <@1> <@&2> [x](https://evil.example) **b** `c` ||s|| <b>&amp;</b> {{ title }} ${HOME} ";
    vec![
        ("60 alerts", group(&(0..60).map(|n| numbered(n, "short of memory")).collect::<Vec<_>>()), 60),
        ("60 long alerts", group(&(0..60).map(|n| numbered(n, &"容器崩溃".repeat(300))).collect::<Vec<_>>()), 60),
        ("300 alerts", group(&(0..300).map(|n| numbered(n, "short of memory")).collect::<Vec<_>>()), 300),
        ("200 labels", group(&[alert("Odd", "firing", &Value::Object(many_labels), &json!({}))]), 1),
        words("30 KB", "x".repeat(30_000)),
        words("30 KB of Chinese", "磁盘已满。".repeat(2000)),
        words("right to left", "\u{202e}שרת נפל \u{2066}الخادم ".repeat(500)),
        words("emoji", "👩‍👩‍👧‍👦🏳️‍🌈e\u{301}".repeat(900)),
        words("markup and mentions", odd.repeat(200)),
        words("control characters", "\u{1b}[31m\u{0}\r\n\t".repeat(500)),
    ]
}

fn numbered(number: usize, summary: &str) -> Value {
    alert("Odd", "firing", &json!({"instance": format!("host-{number:04}x")}), &json!({"summary": summary}))
}

#[test]
fn the_longest_payloads_stay_within_every_limit_and_name_what_was_left_out() {
    for kind in KINDS {
        let channel = channel(kind);
        for (locale, zone) in LANGUAGES {
            let voice = Voice::new(locale, TimeZone::get(zone).unwrap());
            for (name, body, alerts) in longest() {
                for detail in [Detail::Full, Detail::Compact, Detail::Plain, Detail::Title] {
                    let bodies = bodies(channel.as_ref(), &voice, MessageKind::Alert, &body, detail);
                    bodies.iter().for_each(|body| judge(kind.name, body));
                    let text: String = bodies.iter().map(ToString::to_string).collect();
                    let place = format!("{} {locale:?} {name} {detail:?}", kind.name);
                    for pings in pings(kind.name) {
                        assert!(!text.contains(pings), "{place}: {pings}");
                    }
                    if alerts > 1 && detail != Detail::Title {
                        accounted_for(&place, &text.replace('\\', ""), &voice, alerts);
                    }
                }
            }
        }
    }
}

/// What would call somebody, of the words in the payloads.
fn pings(kind: &str) -> &'static [&'static str] {
    match kind {
        "discord" => &["@everyone", "@here", "<@1>", "<@&2>"],
        "wecom" => &["<@1>", "<@&2>"],
        _ => &[],
    }
}

/// Each alert is named, or among those that are counted.
fn accounted_for(place: &str, text: &str, voice: &Voice, alerts: usize) {
    let named = (0..alerts).filter(|number| text.contains(&format!("host-{number:04}x"))).count();
    // The words around the number, from the message itself.
    let more = message(voice, MessageKind::Alert, &group(&[memory("firing")]), None).more;
    let (before, behind) = more.split_once("{n}").unwrap();
    let behind = behind.trim_end_matches('.');
    let runs = text.match_indices(|c: char| c.is_ascii_digit()).filter_map(|(start, _)| {
        let digits = text[start..].split(|c: char| !c.is_ascii_digit()).next().unwrap();
        let is_whole = !text[..start].ends_with(|c: char| c.is_ascii_digit()) && text[..start].ends_with(before);
        (is_whole && text[start + digits.len()..].starts_with(behind)).then(|| digits.parse::<usize>().unwrap())
    });
    let counted = runs.max();
    assert_eq!(named + counted.unwrap_or(0), alerts, "{place}: {named} named, {counted:?} counted");
}
