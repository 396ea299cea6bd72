//! Reports as each chat is told them, in every language, and their charts: reviewed like code.
//!
//! `SEAMARK_DRAW=1 cargo nextest run -p seamark-relay --test reports` draws the pictures anew; look at them before they are
//! committed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use resvg::tiny_skia::Pixmap;
use seamark_kit::config::{self, Source};
use seamark_relay::alert::{Alert, Severity, Status};
use seamark_relay::app::Sources;
use seamark_relay::channel::{Body, Channel, Detail, KINDS, Posting};
use seamark_relay::chart::{self, Charts, Numbers, Theme};
use seamark_relay::compose::{self, Locale, Voice, message};
use seamark_relay::config::Config;
use seamark_relay::deliver::{self, Destination};
use seamark_relay::metrics::Metrics;
use seamark_relay::report::{
    Alerts, Amount, Chart, ChartKind, Container, Containers, Disk, Gap, Host, Level, Life, Line, Longest, Occasion,
    Panel, Problem, Records, Report, Spec, Top, Traffic, Way, Window, gather,
};
use seamark_relay::store::{MessageKind, Notification, Store};
use serde_json::json;

#[path = "stand_in/backfilled.rs"]
mod backfilled;
#[path = "stand_in/discord_rules.rs"]
mod discord_rules;
#[path = "stand_in/telegram.rs"]
mod telegram;
#[path = "stand_in/wecom.rs"]
mod wecom;

use backfilled::{END, Prometheus};

const LANGUAGES: [(Locale, &str); 4] =
    [(Locale::En, "UTC"), (Locale::ZhCn, "Asia/Shanghai"), (Locale::ZhTw, "Asia/Taipei"), (Locale::Uk, "Europe/Kyiv")];
const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;
const HOUR: f64 = 3600.0;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day() -> Window {
    Window { from: at("2026-11-20T01:00:00Z"), to: at("2026-11-21T01:00:00Z") }
}

/// A night, a busy day, and a little unrest that is the same each time.
fn wave(window: Window, base: f64, height: f64, seed: u32) -> Vec<Option<f64>> {
    let mut noise = seed;
    let points = 240;
    (0..=points)
        .map(|index| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let unrest = f64::from(noise >> 16) / 65_536.0 - 0.5;
            let hours = window.length().as_secs_f64() / HOUR * f64::from(index) / f64::from(points);
            let busy = (0.5 - 0.5 * (TAU * (hours + 5.0) / 24.0).cos()).powi(2);
            Some((base + height * busy + unrest * height * 0.25).max(0.0))
        })
        .collect()
}

fn without(mut points: Vec<Option<f64>>, from: usize, to: usize) -> Vec<Option<f64>> {
    points[from..to].fill(None);
    points
}

fn line(name: &str, points: Vec<Option<f64>>) -> Line {
    Line { name: name.to_owned(), points }
}

fn charts(window: Window, hosts: &[&str]) -> Vec<Chart> {
    let of = |kind, threshold, lines: &dyn Fn(u32) -> Vec<Line>| Chart {
        kind,
        window,
        step: window.length().as_secs_f64() / 240.0,
        threshold,
        panels: hosts
            .iter()
            .enumerate()
            .map(|(number, host)| Panel { title: (*host).to_owned(), lines: lines(u32::try_from(number).unwrap()) })
            .collect(),
        left_out: 0,
    };
    let cut = |number: u32, points| if number == 1 { without(points, 70, 86) } else { points };
    vec![
        of(ChartKind::Cpu, Some(0.8), &|n| {
            vec![line("cpu", cut(n, wave(window, 0.06 + 0.05 * f64::from(n % 4), 0.62, 7 + n)))]
        }),
        of(ChartKind::Memory, Some(0.8), &|n| {
            vec![line("memory", cut(n, wave(window, 0.42 + 0.08 * f64::from(n % 5), 0.06, 31 + n)))]
        }),
        of(ChartKind::Network, None, &|n| {
            let mbps = 1e6 * (1.0 + f64::from(n));
            vec![
                line("received", cut(n, wave(window, 2.0 * mbps, 30.0 * mbps, 53 + n))),
                line("sent", cut(n, wave(window, 0.7 * mbps, 9.0 * mbps, 97 + n))),
            ]
        }),
    ]
}

fn host(name: &str, cpu: f64, memory: f64) -> Host {
    Host {
        name: name.to_owned(),
        up: true,
        cpu: Level { average: Some(cpu), highest: Some((cpu * 3.4).min(0.97)), before: Some(cpu - 0.031) },
        memory: Level { average: Some(memory), highest: Some(memory + 0.06), before: Some(memory) },
        memory_amount: Some(Amount { used: memory * 3.2 * GIB, total: 3.2 * GIB }),
        swap: Some(Amount { used: 0.12 * GIB, total: GIB }),
        disks: vec![
            Disk { mountpoint: "/".to_owned(), amount: Amount { used: 18.3 * GIB, total: 40.0 * GIB }, full_in: None },
            Disk {
                mountpoint: "/data".to_owned(),
                amount: Amount { used: 921.0 * GIB, total: 1024.0 * GIB },
                full_in: Some(6.3 * 86_400.0),
            },
        ],
        received: Some(Traffic { total: 24.8 * GIB, before: Some(22.1 * GIB), peak: Some(82.4e6) }),
        sent: Some(Traffic { total: 11.9 * GIB, before: Some(11.8 * GIB), peak: Some(31.0e6) }),
        connections: Some(156.0),
        uptime: Some(12.4 * 86_400.0),
        reboots: 0,
        silent: Vec::new(),
    }
}

fn container(host: &str, name: &str, state: &str, health: Option<&str>) -> Container {
    Container {
        host: host.to_owned(),
        name: name.to_owned(),
        state: state.to_owned(),
        health: health.map(str::to_owned),
        started_at: Some(at("2026-11-09T10:00:00Z")),
        restarts: 0,
        exits: Vec::new(),
        exit_code: None,
        cpu: Life { average: Some(0.31), lowest: Some(0.02), highest: Some(0.94) },
        memory: Life { average: Some(311.0 * MIB), lowest: Some(180.0 * MIB), highest: Some(512.0 * MIB) },
        traffic: Some(2.1 * GIB),
    }
}

fn top(host: &str, name: &str, value: f64) -> Top {
    Top { host: host.to_owned(), name: name.to_owned(), value }
}

/// Three hosts of which one was silent and one is full of trouble.
fn troubled() -> Report {
    let mut second = host("web-2", 0.412, 0.71);
    second.silent = vec![Window { from: at("2026-11-20T08:00:00Z"), to: at("2026-11-20T09:35:00Z") }];
    second.reboots = 1;
    second.uptime = Some(15.4 * HOUR);
    let mut third = host("db-1", 0.08, 0.834);
    third.swap = None;
    third.connections = None;
    let crashed = Container {
        restarts: 3,
        exits: vec![("crash".to_owned(), 2), ("oom".to_owned(), 1)],
        ..container("web-1", "shop-api", "running", Some("unhealthy"))
    };
    let ended = Container {
        exits: vec![("clean".to_owned(), 1)],
        exit_code: Some(0),
        ..container("db-1", "backup", "exited", None)
    };
    Report {
        name: "daily".to_owned(),
        window: day(),
        made_at: day().to,
        occasion: Occasion { way: Way::Scheduled, next_run: Some(at("2026-11-22T01:00:00Z")) },
        problems: Some(vec![
            Problem {
                alertname: "HostDiskSpaceHigh".to_owned(),
                severity: Severity::Critical,
                host: "web-1".to_owned(),
                object: Some("/data".to_owned()),
                since: at("2026-11-20T21:55:00Z"),
                silenced: false,
            },
            Problem {
                alertname: "ContainerUnhealthyEvent".to_owned(),
                severity: Severity::Warning,
                host: "web-1".to_owned(),
                object: Some("shop-api".to_owned()),
                since: at("2026-11-21T00:18:00Z"),
                silenced: false,
            },
            Problem {
                alertname: "PaymentQueueSlow".to_owned(),
                severity: Severity::Warning,
                host: String::new(),
                object: None,
                since: at("2026-11-18T00:18:00Z"),
                silenced: true,
            },
        ]),
        alerts: Some(Alerts {
            fired: 12,
            resolved: 11,
            fired_before: 8,
            longest: Some(Longest {
                alertname: "HostMemoryHigh".to_owned(),
                host: "db-1".to_owned(),
                object: None,
                seconds: 11_520.0,
                open: false,
            }),
            noisiest: vec![("ContainerCrashed".to_owned(), 7), ("HostCpuHigh".to_owned(), 3), ("Odd".to_owned(), 1)],
            cut: false,
        }),
        hosts: Some(vec![third, host("web-1", 0.235, 0.652), second]),
        containers: Some(Containers {
            list: vec![
                ended,
                crashed,
                container("web-1", "nginx", "running", Some("healthy")),
                container("web-1", "redis", "running", None),
            ],
            count: 4,
            running: 3,
            unhealthy: 1,
            restarts: 3,
            exits: vec![("crash".to_owned(), 2), ("clean".to_owned(), 1), ("oom".to_owned(), 1)],
            top_cpu: vec![top("web-1", "shop-api", 0.42), top("web-1", "nginx", 0.051)],
            top_memory: vec![top("web-1", "shop-api", 402.0 * MIB), top("web-1", "redis", 96.5 * MIB)],
            top_traffic: vec![top("web-1", "nginx", 20.1 * GIB)],
        }),
        records: Some(Records {
            traffic: Some(110.1 * GIB),
            sent: Some(35.7 * GIB),
            most_traffic: Some(("web-2".to_owned(), 41.2 * GIB)),
            busiest: Some(("web-2".to_owned(), 0.412)),
            longest_running: Some(top("db-1", "mysql", 93.2 * 86_400.0)),
            first_full: Some(("web-1".to_owned(), "/data".to_owned(), 6.3 * 86_400.0)),
        }),
        gaps: vec![Gap::Host { name: "web-9".to_owned() }],
        charts: charts(day(), &["db-1", "web-1", "web-2"]),
    }
}

/// One host on which all is well: the original's report.
fn well() -> Report {
    let mut report = troubled();
    report.problems = Some(Vec::new());
    let quiet = Alerts { fired: 0, resolved: 0, fired_before: 0, longest: None, noisiest: Vec::new(), cut: false };
    report.alerts = Some(quiet);
    report.hosts = Some(vec![host("web-1", 0.235, 0.652)]);
    let list = vec![
        container("web-1", "mysql", "running", Some("healthy")),
        container("web-1", "nginx", "running", Some("healthy")),
        container("web-1", "redis", "running", None),
    ];
    report.containers = Some(Containers {
        count: 3,
        running: 3,
        unhealthy: 0,
        restarts: 0,
        exits: Vec::new(),
        list,
        ..report.containers.unwrap()
    });
    report.gaps = Vec::new();
    report.charts = charts(day(), &["web-1"]);
    report
}

/// As many hosts and containers as nobody reads one by one, sent by the relay itself, without an Alertmanager.
fn crowd() -> Report {
    let mut report = troubled();
    let hosts: Vec<Host> = (0..40).map(|n| host(&format!("node-{n:02}"), 0.02 * f64::from(n), 0.3)).collect();
    report.hosts = Some(hosts.into_iter().map(|one| Host { up: one.name != "node-07", ..one }).collect());
    let containers = report.containers.as_mut().unwrap();
    containers.count = 400;
    report.occasion = Occasion { way: Way::ByRelay, next_run: None };
    report.gaps =
        vec![Gap::Alertmanager { why: "Alertmanager `http://am:9093` does not answer: connection refused".to_owned() }];
    report.charts = Vec::new();
    report
}

fn voice(locale: Locale, zone: &str) -> Voice {
    Voice::new(locale, TimeZone::get(zone).unwrap())
}

fn channel(kind: &str) -> Box<dyn Channel> {
    let settings = match kind {
        "discord" => "webhook_url: https://discord.com/api/webhooks/11/s3cr3t-token",
        "telegram" => "bot_token: 11:s3cr3t-token\nchat_id: -100123",
        _ => "webhook_url: https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cr3t",
    };
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    config::read(&Source::new("relay.yml", settings), |section| (kind.build)(section)).unwrap().unwrap()
}

/// Whether the service itself would take it.
fn judge(kind: &str, body: &serde_json::Value) {
    let body = body.to_string().into_bytes();
    match kind {
        "discord" => drop(discord_rules::judge(&body).unwrap()),
        "telegram" => drop(telegram::rules::judge(&body).unwrap()),
        _ => drop(wecom::rules::judge(&body).unwrap()),
    }
}

/// What is posted, the words with their line breaks.
fn pages(kind: &str, report: &Report, locale: Locale, zone: &str, detail: Detail) -> String {
    let channel = channel(kind);
    let message = message(&voice(locale, zone), MessageKind::Report, &report.to_json(), None);
    let how = Posting { silent: message.silent, ..Posting::default() };
    let mut pages = String::new();
    for payload in channel.render(&message, detail) {
        let Body::Json(body) = channel.post(&payload, &how).body else { panic!("files without pictures") };
        judge(kind, &body);
        let words = serde_json::to_string_pretty(&body).unwrap().replace("\\n", "\n    ").replace('\u{200b}', "⁞");
        pages.push_str(&format!("──── {kind} {} {detail:?}\n{words}\n", locale.tag()));
    }
    pages
}

#[test]
fn the_gallery_of_reports() {
    for kind in ["discord", "wecom", "telegram"] {
        for (locale, zone) in LANGUAGES {
            let full: String =
                [troubled(), well()].iter().map(|one| pages(kind, one, locale, zone, Detail::Full)).collect();
            let crowd = pages(kind, &crowd(), locale, zone, Detail::Full);
            let lesser = [Detail::Compact, Detail::Plain, Detail::Title];
            let lesser: String = lesser.map(|detail| pages(kind, &troubled(), locale, zone, detail)).concat();
            insta::assert_snapshot!(format!("{kind}-{}", locale.tag()), format!("{full}{crowd}{lesser}"));
        }
    }
}

#[test]
fn a_report_is_stored_as_it_was() {
    for mut report in [troubled(), well(), crowd()] {
        // The last bit of a number may be lost on the way, so these are round ones.
        for point in report.charts.iter_mut().flat_map(|chart| &mut chart.panels).flat_map(|panel| &mut panel.lines) {
            point.points.iter_mut().flatten().for_each(|value| *value = (*value * 64.0).round() / 64.0);
        }
        let read = Report::from_json(&report.to_json()).unwrap();
        assert_eq!(read.charts, report.charts);
        let said = |report: &Report| message(&voice(Locale::En, "UTC"), MessageKind::Report, &report.to_json(), None);
        assert_eq!(said(&read), said(&report));
        assert_eq!((read.problems, read.alerts, read.gaps), (report.problems, report.alerts, report.gaps));
        assert_eq!((read.name, read.window, read.occasion), (report.name, report.window, report.occasion));
    }
    let words = message(&voice(Locale::En, "UTC"), MessageKind::Report, b"{}", None).title;
    assert!(words.contains("report of another version: missing field `name`"), "{words}");
}

/// Compares with the reviewed picture, or draws it anew. Other processors may round a pixel's colour otherwise.
fn reviewed(name: &str, png: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name);
    if std::env::var_os("SEAMARK_DRAW").is_some() {
        std::fs::write(&path, png).unwrap();
    }
    let expected =
        std::fs::read(&path).unwrap_or_else(|err| panic!("{}: {err}; see the head of this file", path.display()));
    let [expected, drawn] = [&expected, png].map(|png| Pixmap::decode_png(png).unwrap());
    assert_eq!((expected.width(), expected.height()), (drawn.width(), drawn.height()), "{name}");
    let off = expected.data().iter().zip(drawn.data()).filter(|(one, other)| one.abs_diff(**other) > 8).count();
    assert!(off * 1000 < drawn.data().len(), "{name}: {off} of {} bytes differ", drawn.data().len());
}

fn expression() -> Chart {
    let window = Window { from: at("2026-11-20T19:00:00Z"), to: at("2026-11-21T01:00:00Z") };
    let points: Vec<Option<f64>> = (0..=240)
        .map(|index| Some(0.52 + 0.0016 * f64::from(index) + 0.015 * (f64::from(index) / 9.0).sin()))
        .collect();
    let panel = Panel { title: "/data".to_owned(), lines: vec![line("", points)] };
    Chart { kind: ChartKind::Expression, window, step: 90.0, threshold: Some(0.8), panels: vec![panel], left_out: 0 }
}

#[test]
fn charts_look_as_they_were_reviewed() {
    let draw =
        |report: &Report, locale, zone, theme| chart::of_report(&voice(locale, zone), report, theme).unwrap().bytes;
    reviewed("one-host-light-en.png", &draw(&well(), Locale::En, "UTC", Theme::Light));
    reviewed("one-host-dark-zh-TW.png", &draw(&well(), Locale::ZhTw, "Asia/Taipei", Theme::Dark));
    reviewed("hosts-dark-zh-CN.png", &draw(&troubled(), Locale::ZhCn, "Asia/Shanghai", Theme::Dark));
    reviewed("hosts-light-uk.png", &draw(&troubled(), Locale::Uk, "Europe/Kyiv", Theme::Light));
    let names =
        ["db-1", "名字", "a-host-with-a-very-long-name-indeed", "<b>&'\"", "e", "f", "g", "h", "i", "j", "k", "l"];
    let week = Window { from: at("2026-11-14T01:00:00Z"), ..day() };
    let mut many = charts(week, &names);
    many.iter_mut().for_each(|chart| chart.left_out = 28);
    many[0].panels[2].lines[0].points.fill(None);
    let many = Report { window: week, charts: many, ..troubled() };
    reviewed("twelve-hosts-dark-en.png", &draw(&many, Locale::En, "Europe/Kyiv", Theme::Dark));
    let alert = expression();
    let alert = chart::picture(
        &voice(Locale::En, "UTC"),
        std::slice::from_ref(&alert),
        "Disk usage [web-1]",
        alert.window,
        Theme::Dark,
    );
    reviewed("alert-dark-en.png", &alert.unwrap().bytes);
}

#[test]
fn a_picture_is_small_and_says_what_it_shows() {
    let picture = chart::of_report(&voice(Locale::En, "UTC"), &troubled(), Theme::Dark).unwrap();
    assert_eq!((picture.name.as_str(), picture.media_type.as_str()), ("charts.png", "image/png"));
    assert_eq!(
        picture.description,
        "Charts of CPU usage, Memory usage, Traffic from 2026-11-20 01:00:00 UTC to 2026-11-21 01:00:00 UTC"
    );
    // The narrowest of the chats takes 2 MiB.
    assert!(picture.bytes.len() < 512 * 1024, "{} bytes", picture.bytes.len());
    assert_eq!(chart::of_report(&voice(Locale::En, "UTC"), &crowd(), Theme::Dark), None);
}

#[test]
fn svg_holds_nothing_from_outside() {
    let mut report = well();
    report.name = "<script>alert(1)</script>'\"&".to_owned();
    report.charts[0].panels[0].title = "</svg><image href='http://evil.example/x'/>".to_owned();
    for theme in [Theme::Light, Theme::Dark] {
        let svg = chart::svg(&voice(Locale::En, "UTC"), &report.charts, &report.name, theme).unwrap();
        assert!(!svg.contains("<script") && !svg.contains("<image") && !svg.contains("<style"), "{svg}");
        assert_eq!(svg.matches("http").count(), 2, "the name space, and the letters of a title");
        resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).unwrap();
    }
}

/// Prints what an alert's chart and a report's take, for whoever changes the drawing.
#[test]
fn the_time_that_drawing_takes_is_printed() {
    let voice = voice(Locale::En, "UTC");
    let alert = expression();
    let time = |what: &str, draw: &dyn Fn() -> Option<seamark_relay::message::Attachment>| {
        draw().unwrap();
        let start = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let bytes = draw().unwrap().bytes.len();
        let end = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let spent = SignedDuration::new(end.tv_sec, i32::try_from(end.tv_nsec).unwrap())
            - SignedDuration::new(start.tv_sec, i32::try_from(start.tv_nsec).unwrap());
        println!("{what}: {} ms of CPU, {bytes} bytes", spent.as_millis());
    };
    let window = alert.window;
    time("an alert's chart", &|| {
        chart::picture(&voice, std::slice::from_ref(&alert), "Disk usage", window, Theme::Dark)
    });
    time("a report's charts of three hosts", &|| chart::of_report(&voice, &troubled(), Theme::Dark));
}

fn sources(prometheus: &str) -> Sources {
    let text = format!("channels: {{screen: {{type: log}}}}\nprometheus: {{url: '{prometheus}'}}");
    Sources::of(&Config::read(&Source::new("relay.yml", text)).unwrap()).unwrap()
}

fn spec(hosts: &[&str]) -> Spec {
    Spec {
        name: "daily".to_owned(),
        range: Duration::from_hours(24),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        sections: Vec::new(),
        charts: true,
    }
}

fn minutes(minutes: i64) -> Timestamp {
    END.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

fn alert(name: &str, host: &str, from: i64, to: Option<i64>) -> Alert {
    let labels = [("alertname", name), ("instance", host), ("severity", "warning")];
    Alert {
        status: if to.is_some() { Status::Resolved } else { Status::Firing },
        labels: labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        annotations: [].into(),
        starts_at: minutes(from),
        ends_at: to.map(minutes),
        generator_url: None,
        fingerprint: format!("{name}{host}{from}"),
    }
}

/// What Alertmanager would post of them.
fn webhook(alerts: &[Alert]) -> Vec<u8> {
    let alert = |alert: &Alert| {
        json!({
            "status": alert.status.as_str(), "labels": alert.labels, "annotations": alert.annotations,
            "startsAt": alert.starts_at.to_string(), "fingerprint": alert.fingerprint,
            "endsAt": alert.ends_at.map_or("0001-01-01T00:00:00Z".to_owned(), |at| at.to_string()),
        })
    };
    let alerts: Vec<_> = alerts.iter().map(alert).collect();
    json!({"version": "4", "groupKey": "g", "status": "firing", "receiver": "seamark", "alerts": alerts})
        .to_string()
        .into()
}

fn notification(kind: MessageKind, body: Vec<u8>, received_at: Timestamp) -> Notification {
    Notification {
        dedupe_key: received_at.to_string(),
        dedupe_window: None,
        channels: vec!["ops".to_owned()],
        note: None,
        kind,
        group_key: "g".to_owned(),
        status: Status::Firing,
        severity: Severity::Warning,
        body,
        received_at,
    }
}

fn near(what: &str, found: Option<f64>, expected: f64, tolerance: f64) {
    let found = found.unwrap_or_else(|| panic!("{what} is missing"));
    assert!((found - expected).abs() <= expected.abs() * tolerance + 1e-9, "{what}: {found}, expected {expected}");
}

/// Each number beside what the backfilled samples themselves say, reckoned here without Prometheus. Counters may differ by
/// one scrape in a day, by which Prometheus extrapolates.
#[tokio::test]
async fn the_numbers_of_a_report_are_those_of_the_samples() {
    let prometheus = Prometheus::start();
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("relay.db")).unwrap();
    let alerts = vec![
        alert("HostCpuHigh", "web-1", -3000, Some(-2900)),
        alert("HostCpuHigh", "web-1", -1500, Some(-1300)),
        alert("HostCpuHigh", "web-1", -200, Some(-100)),
        alert("HostDiskSpaceHigh", "web-2", -120, None),
        alert("Watchdog", "", -1000, None),
    ];
    store.append(notification(MessageKind::Alert, webhook(&alerts), minutes(-1))).await.unwrap();
    let window = Window { from: minutes(-1440), to: END };
    let occasion = Occasion { way: Way::OnDemand, next_run: None };
    let report = gather(&sources(&prometheus.url), &store, &spec(&["web-*", "gone"]), window, END, occasion).await;
    assert_eq!(report.gaps, [Gap::Host { name: "gone".to_owned() }]);

    let hosts = report.hosts.unwrap();
    assert_eq!(
        hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(),
        ["web-1", "web-2"],
        "db-1 was not asked for"
    );
    const CLOSE: f64 = 1.5e-3;
    for (number, host) in hosts.iter().enumerate() {
        let truth = backfilled::truth(number);
        near("cpu", host.cpu.average, truth.cpu, CLOSE);
        near("cpu before", host.cpu.before, truth.cpu_before, CLOSE);
        near("cpu highest", host.cpu.highest, truth.cpu_highest, CLOSE);
        near("memory", host.memory.average, truth.memory, CLOSE);
        near("memory before", host.memory.before, truth.memory_before, CLOSE);
        near("memory highest", host.memory.highest, truth.memory_highest, CLOSE);
        near("memory used", host.memory_amount.map(|amount| amount.used), truth.memory_used, 0.0);
        near("memory total", host.memory_amount.map(|amount| amount.total), 8.0 * GIB, 0.0);
        let received = host.received.unwrap();
        near("received", Some(received.total), truth.received, CLOSE);
        near("received before", received.before, truth.received_before, CLOSE);
        near("received peak", received.peak, truth.received_peak, CLOSE);
        near("sent", host.sent.map(|sent| sent.total), truth.received / 4.0, CLOSE);
        near("connections", host.connections, 150.0, 0.0);
        let disks: Vec<&str> = host.disks.iter().map(|disk| disk.mountpoint.as_str()).collect();
        assert_eq!(disks, ["/"], "neither tmpfs nor a second mount of the same device");
        near("disk used", Some(host.disks[0].amount.used), truth.disk_used, 0.0);
        near("disk total", Some(host.disks[0].amount.total), 95.0 * GIB, 0.0);
        near("disk full in", host.disks[0].full_in, truth.disk_full_in, CLOSE);
    }
    let [first, second] = hosts.as_slice() else { panic!() };
    assert_eq!((first.reboots, second.reboots), (1, 0));
    near("uptime", first.uptime, 300.0 * 60.0, 0.0);
    assert_eq!((first.swap.map(|swap| swap.used), second.swap), (Some(0.5 * GIB), None));
    // The last sample is that of 601 minutes before the end, and is taken for five more.
    let [gap] = first.silent.as_slice() else { panic!("{:?}", first.silent) };
    assert!(minutes(-602) <= gap.from && gap.from <= minutes(-595), "{gap:?}");
    assert!(minutes(-481) <= gap.to && gap.to <= minutes(-479), "{gap:?}");
    assert_eq!(second.silent, []);

    let containers = report.containers.unwrap();
    assert_eq!((containers.count, containers.running, containers.unhealthy, containers.restarts), (2, 1, 1, 2));
    assert_eq!(containers.exits, [("crash".to_owned(), 2), ("clean".to_owned(), 1)]);
    let [api, backup] = containers.list.as_slice() else { panic!() };
    assert_eq!((api.name.as_str(), api.health.as_deref(), api.restarts), ("api", Some("unhealthy"), 2));
    assert_eq!((backup.state.as_str(), backup.exit_code), ("exited", Some(0)));
    near("cores", containers.top_cpu.first().map(|top| top.value), 0.25, CLOSE);
    near("life of the cores", api.cpu.average, 0.25, CLOSE);
    near("memory over a life", api.memory.average, backfilled::life_memory(), CLOSE);
    near("lowest memory", api.memory.lowest, 100.0 * MIB, CLOSE);
    near("highest memory", api.memory.highest, 200.0 * MIB, CLOSE);
    near("traffic of a container", api.traffic, 1440.0 * 60.0 * 3000.0, CLOSE);
    assert_eq!(api.started_at, Some(minutes(-2000)));

    let alerts = report.alerts.unwrap();
    assert_eq!((alerts.fired, alerts.resolved, alerts.fired_before), (2, 2, 1));
    let longest = alerts.longest.unwrap();
    assert_eq!((longest.alertname.as_str(), longest.seconds, longest.open), ("HostCpuHigh", 140.0 * 60.0, false));
    let problems = report.problems.unwrap();
    assert_eq!(problems.iter().map(|problem| problem.alertname.as_str()).collect::<Vec<_>>(), ["HostDiskSpaceHigh"]);
    let records = report.records.unwrap();
    assert_eq!(records.most_traffic.unwrap().0, "web-2");
    near("longest running", records.longest_running.map(|top| top.value), 2000.0 * 60.0, 0.0);
    let kinds: Vec<ChartKind> = report.charts.iter().map(|chart| chart.kind).collect();
    assert_eq!(kinds, [ChartKind::Cpu, ChartKind::Memory, ChartKind::Network]);
    assert_eq!(report.charts[0].threshold, Some(0.8));
    let gap = &report.charts[1].panels[0].lines[0].points[(1440 - 590) / 6..(1440 - 490) / 6];
    assert!(gap.iter().all(Option::is_none), "{gap:?}");
}

#[tokio::test]
async fn what_could_not_be_had_is_named_and_no_zero() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("relay.db")).unwrap();
    let occasion = Occasion { way: Way::Scheduled, next_run: None };
    let of = async |sources: &Sources| gather(sources, &store, &spec(&[]), day(), day().to, occasion.clone()).await;
    let report = of(&sources("http://127.0.0.1:1")).await;
    assert!(matches!(report.gaps.as_slice(), [Gap::Prometheus { what, .. }] if what.len() > 30), "{:?}", report.gaps);
    assert_eq!((report.hosts, report.containers, report.records, report.charts), (None, None, None, Vec::new()));
    let report = of(&Sources::default()).await;
    assert_eq!(report.gaps, [Gap::NoPrometheus]);
    let title = message(&voice(Locale::En, "UTC"), MessageKind::Report, &report.to_json(), None).title;
    assert_eq!(title, "📊 daily: ⚠️ nothing wrong is known, but not everything could be checked");
}

/// Sends a message of this kind to a Telegram and a WeCom through the real loops; what arrived there.
async fn delivered(
    kind: MessageKind,
    body: Vec<u8>,
    prometheus: &str,
) -> (Vec<telegram::Accepted>, Vec<wecom::Accepted>) {
    let (telegram, wecom) = (
        telegram::Telegram::start(telegram::Rates::default()).await,
        wecom::WeCom::start(wecom::Rates::default()).await,
    );
    let build = |kind: &str, settings: String| -> Arc<dyn Channel> {
        let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
        config::read(&Source::new("relay.yml", settings), |section| (kind.build)(section)).unwrap().unwrap().into()
    };
    let channels = [
        ("tg", build("telegram", format!("bot_token: 11:s3cr3t\nchat_id: -1001\napi_url: {}", telegram.url()))),
        ("wecom", build("wecom", format!("webhook_url: {}", wecom.webhook("key")))),
    ];
    let voice = voice(Locale::En, "UTC");
    let numbers = sources(prometheus).prometheus.map(Numbers::of);
    let destinations = channels.map(|(name, channel)| {
        let illustrator = chart::illustrator(voice.clone(), Theme::Light, Charts::OnAlert, numbers.clone());
        Destination { illustrator: Some(illustrator), ..Destination::new(name, channel) }
    });
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("relay.db")).unwrap();
    let composer = compose::composer(HashMap::new(), voice, Metrics::default());
    let client = deliver::http::client().unwrap();
    let deliverer = deliver::spawn(destinations.into(), store.clone(), composer, Metrics::default(), client);
    let channels = vec!["tg".to_owned(), "wecom".to_owned()];
    let notification = Notification { channels, ..notification(kind, body, Timestamp::now()) };
    store.append(notification).await.unwrap();
    let begun = Instant::now();
    while store.backlog().await.unwrap().iter().any(|waiting| waiting.pending > 0) {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing arrived");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    deliverer.stop().await;
    assert_eq!((telegram.refused(), wecom.refused()), (Vec::new(), Vec::new()));
    (telegram.accepted(), wecom.accepted())
}

#[tokio::test]
async fn a_report_arrives_with_its_charts() {
    let (telegram, wecom) = delivered(MessageKind::Report, well().to_json(), "http://127.0.0.1:1").await;
    assert_eq!(telegram.iter().map(|message| message.photos.len()).collect::<Vec<_>>(), [1, 0]);
    assert!(telegram[0].body["caption"].as_str().unwrap().contains("all well"), "{:?}", telegram[0].body);
    let kinds: Vec<&str> = wecom.iter().map(|message| message.body["msgtype"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["markdown", "image"]);
}

fn firing(expr: &str) -> Vec<u8> {
    let mut url = reqwest::Url::parse("http://prometheus:9090/graph").unwrap();
    url.query_pairs_mut().append_pair("g0.expr", expr).append_pair("g0.tab", "1");
    json!({"version": "4", "groupKey": "g", "receiver": "seamark", "status": "firing", "externalURL": "http://am:9093",
           "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "truncatedAlerts": 0,
           "alerts": [{"status": "firing", "labels": {"alertname": "Odd", "instance": "web-1", "severity": "warning"},
                       "annotations": {"summary": "Odd on web-1"}, "startsAt": "2026-11-20T00:00:00Z",
                       "endsAt": "0001-01-01T00:00:00Z", "generatorURL": url.as_str(), "fingerprint": "c0ffee0000000001"}]})
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn an_alert_arrives_with_a_chart_of_its_own_expression_and_without_one_where_there_are_no_numbers() {
    let prometheus = Prometheus::start();
    // `vector(…)` has numbers at any time, so also within the last hours of the clock on the wall.
    let body = firing("vector(0.5) > 0.4");
    let (telegram, wecom) = delivered(MessageKind::Alert, body.clone(), &prometheus.url).await;
    assert_eq!(telegram.iter().map(|message| message.photos.len()).collect::<Vec<_>>(), [1]);
    assert!(telegram[0].body["caption"].as_str().unwrap().contains("Odd on web-1"));
    assert_eq!(wecom.len(), 2);
    let (telegram, wecom) = delivered(MessageKind::Alert, firing("no_such_metric > 1"), &prometheus.url).await;
    assert_eq!((telegram[0].photos.len(), wecom.len()), (0, 1));
    // One that takes the question and never answers: the alert arrives all the same.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let (telegram, wecom) = delivered(MessageKind::Alert, body, &url).await;
    assert_eq!((telegram[0].photos.len(), wecom.len()), (0, 1));
}

#[tokio::test]
async fn twenty_alerts_wait_once_for_a_prometheus_that_never_answers() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((call, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            held.push(call);
        }
    });
    let kind = KINDS.iter().find(|known| known.name == "log").unwrap();
    let channel = config::read(&Source::new("relay.yml", "{}"), |section| (kind.build)(section)).unwrap().unwrap();
    let voice = voice(Locale::En, "UTC");
    let numbers = sources(&url).prometheus.map(Numbers::of);
    let illustrator = chart::illustrator(voice.clone(), Theme::Light, Charts::OnAlert, numbers);
    let destination = Destination { illustrator: Some(illustrator), ..Destination::new("screen", channel) };
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("relay.db")).unwrap();
    for number in 0..20 {
        let body = firing("vector(0.5) > 0.4");
        let notification = notification(MessageKind::Alert, body, Timestamp::now());
        let (dedupe_key, group_key) = (format!("key {number}"), format!("group {number}"));
        let channels = vec!["screen".to_owned()];
        store.append(Notification { dedupe_key, group_key, channels, ..notification }).await.unwrap();
    }
    let composer = compose::composer(HashMap::new(), voice, Metrics::default());
    let client = deliver::http::client().unwrap();
    let deliverer = deliver::spawn(vec![destination], store.clone(), composer, Metrics::default(), client);
    while store.backlog().await.unwrap().iter().any(|waiting| waiting.pending > 0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    deliverer.stop().await;
    let entries = store.recent(None, 100).await.unwrap();
    assert_eq!(entries.len(), 20, "each was sent as a message of its own");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn charts_of_alerts_are_off_unless_they_are_set_for_all_or_for_one() {
    let of = |text: &str| -> Vec<Charts> {
        let config = Config::read(&Source::new("relay.yml", text)).unwrap();
        config.channels.iter().map(|channel| channel.charts).collect()
    };
    assert_eq!(of("channels: {a: {type: log}}"), [Charts::Off]);
    let some = "charts: on_alert\nchannels: {a: {type: log}, b: {type: log, charts: off}}";
    assert_eq!(of(some), [Charts::OnAlert, Charts::Off]);
    assert_eq!(of("channels: {a: {type: log}, b: {type: log, charts: on_alert}}"), [Charts::Off, Charts::OnAlert]);
}
