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

use std::f64::consts::TAU;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use resvg::tiny_skia::Pixmap;
use seamark_kit::config::{self, Source};
use seamark_relay::alert::Severity;
use seamark_relay::channel::{Body, Channel, Detail, KINDS, Posting};
use seamark_relay::chart::{self, Theme};
use seamark_relay::compose::{Locale, Voice, message};
use seamark_relay::report::{
    Alerts, Amount, Chart, ChartKind, Container, Containers, Disk, Gap, Host, Level, Life, Line, Longest, Occasion,
    Panel, Problem, Records, Report, Top, Traffic, Way, Window,
};
use seamark_relay::store::MessageKind;

#[path = "stand_in/kinds.rs"]
mod kinds;

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
            vec![line("cpu", cut(n, wave(window, 0.06 + 0.05 * f64::from(n), 0.62, 7 + n)))]
        }),
        of(ChartKind::Memory, Some(0.8), &|n| {
            vec![line("memory", cut(n, wave(window, 0.42 + 0.08 * f64::from(n), 0.06, 31 + n)))]
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
        cpu: Level { average: Some(cpu), highest: Some(cpu * 3.4), before: Some(cpu - 0.031) },
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

/// What is posted, the words with their line breaks.
fn pages(kind: &str, report: &Report, locale: Locale, zone: &str, detail: Detail) -> String {
    let channel = channel(kind);
    let message = message(&voice(locale, zone), MessageKind::Report, &report.to_json(), None);
    let how = Posting { silent: message.silent, ..Posting::default() };
    let mut pages = String::new();
    for payload in channel.render(&message, detail) {
        let Body::Json(body) = channel.post(&payload, &how).body else { panic!("files without pictures") };
        kinds::judge(kind, &body).unwrap();
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
    for report in [troubled(), well(), crowd()] {
        assert_eq!(Report::from_json(&report.to_json()), Ok(report));
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
    let alert =
        chart::picture(&voice(Locale::En, "UTC"), &[alert.clone()], "Disk usage [web-1]", alert.window, Theme::Dark);
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
    time("an alert's chart", &|| chart::picture(&voice, &[alert.clone()], "Disk usage", window, Theme::Dark));
    time("a report's charts of three hosts", &|| chart::of_report(&voice, &troubled(), Theme::Dark));
}
