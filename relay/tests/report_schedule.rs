//! Reports that are due: real schedules, a real store, real calls to stand-ins of Alertmanager and Prometheus; the
//! clock alone is an argument.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use jiff::{Timestamp, ToSpan as _};
use seamark_kit::config::Source;
use seamark_kit::exposition::{Exposition, Format, encode};
use seamark_relay::app::{App, Origin, Sources};
use seamark_relay::channel::MessageRef;
use seamark_relay::compose::{self, Locale, Voice};
use seamark_relay::config::Config;
use seamark_relay::report::slot::State;
use seamark_relay::report::{Answer, Plan, Report, Scheduler, TriggerError, Way};
use seamark_relay::server;
use seamark_relay::store::{Claim, MessageKind, Next, Store};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// An Alertmanager that keeps what it is told and answers as it is set.
#[derive(Clone, Default)]
struct Alertmanager {
    posted: Arc<Mutex<Vec<Value>>>,
    held: Arc<Mutex<Vec<Value>>>,
    away: Arc<Mutex<bool>>,
    url: String,
}

impl Alertmanager {
    async fn start() -> Self {
        let mut this = Self::default();
        let (take, give) = (this.clone(), this.clone());
        let router = Router::new().route(
            "/api/v2/alerts",
            post(async move |Json(alerts): Json<Vec<Value>>| {
                if *take.away.lock().unwrap() {
                    return StatusCode::BAD_GATEWAY;
                }
                take.posted.lock().unwrap().extend(alerts);
                StatusCode::OK
            })
            .get(async move || {
                let held = give.held.lock().unwrap().clone();
                if *give.away.lock().unwrap() { Err(StatusCode::BAD_GATEWAY) } else { Ok(Json(held)) }
            }),
        );
        this.url = serve(router).await;
        this
    }

    /// The alerts that were posted for a report, as the webhook brings them back.
    fn webhook(&self) -> Vec<u8> {
        let posted = self.posted.lock().unwrap();
        let alerts: Vec<Value> = posted.iter().map(|alert| alert["labels"].clone()).map(alert).collect();
        webhook(&alerts)
    }

    fn holds(&self, status: Value) {
        let posted = self.posted.lock().unwrap();
        let last = posted.last().unwrap();
        *self.held.lock().unwrap() = vec![json!({
            "fingerprint": "1", "labels": last["labels"], "startsAt": last["startsAt"], "endsAt": last["endsAt"],
            "status": status
        })];
    }

    fn posts(&self) -> usize {
        self.posted.lock().unwrap().len()
    }
}

fn alert(labels: Value) -> Value {
    json!({"status": "firing", "labels": labels, "annotations": {}, "startsAt": "2026-01-01T00:00:00Z",
           "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "00000000000000aa"})
}

fn due_alert(report: &str, due_at: Timestamp) -> Value {
    alert(json!({"alertname": "SeamarkReportDue", "report": report, "due_at": due_at.as_second().to_string()}))
}

fn webhook(alerts: &[Value]) -> Vec<u8> {
    json!({"version": "4", "groupKey": "{}:{}", "status": "firing", "receiver": "seamark-report", "alerts": alerts})
        .to_string()
        .into_bytes()
}

/// A Prometheus that answers with nothing, or does not answer.
#[derive(Clone, Default)]
struct Prometheus {
    away: Arc<Mutex<bool>>,
    url: String,
}

impl Prometheus {
    async fn start() -> Self {
        let mut this = Self::default();
        let answer = |this: Self, kind: &'static str| {
            post(async move || {
                let nothing = json!({"status": "success", "data": {"resultType": kind, "result": []}});
                if *this.away.lock().unwrap() { Err(StatusCode::BAD_GATEWAY) } else { Ok(Json(nothing)) }
            })
        };
        let router = Router::new()
            .route("/api/v1/query", answer(this.clone(), "vector"))
            .route("/api/v1/query_range", answer(this.clone(), "matrix"));
        this.url = serve(router).await;
        this
    }
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A relay's reports, without the relay around them.
struct Reports {
    directory: TempDir,
    plan: Plan,
    store: Store,
    scheduler: Scheduler,
}

const DAILY: &str = "reports: {daily: {cron: '0 9 * * *', timezone: Europe/Kyiv}}";

impl Reports {
    fn start(more: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("relay.db")).unwrap();
        Self { plan: plan(more), scheduler: Scheduler::new(store.clone()), directory, store }
    }

    /// As after a kill and a new start, perhaps with another configuration.
    fn restart(self, more: &str) -> Self {
        let Self { directory, store, scheduler, .. } = self;
        drop((store, scheduler));
        let store = Store::open(&directory.path().join("relay.db")).unwrap();
        Self { plan: plan(more), scheduler: Scheduler::new(store.clone()), directory, store }
    }

    async fn look(&self, now: Timestamp) {
        self.scheduler.look(&self.plan, now).await.unwrap();
    }

    async fn trigger(&self, body: &[u8], now: Timestamp) -> Vec<Answer> {
        let answers = self.scheduler.triggered(&self.plan, body, now).await.unwrap();
        answers.into_iter().map(|each| each.answer).collect()
    }

    async fn state(&self, due_at: Timestamp) -> Option<State> {
        self.store.slot("daily", due_at).await.unwrap().map(|slot| slot.state)
    }

    /// Takes what waits in the outbox for a channel.
    async fn sent_to(&self, channel: &str) -> Vec<Claim> {
        let mut all = Vec::new();
        while let Next::Claim(claim) = self.store.claim(channel, Timestamp::MAX - 48.hours(), usize::MAX).await.unwrap()
        {
            self.store.acknowledge(claim.id, MessageRef::default(), false, claim.received_at).await.unwrap();
            all.push(*claim);
        }
        all
    }

    async fn sent(&self) -> Vec<Report> {
        let claims = self.sent_to("screen").await;
        assert!(claims.iter().all(|claim| claim.kind == MessageKind::Report && claim.merged.is_empty()));
        claims.iter().map(|claim| Report::from_json(&claim.body).unwrap()).collect()
    }

    fn metric(&self, series: &str, now: Timestamp, pending: &[&str]) -> Option<String> {
        let pending: BTreeSet<String> = pending.iter().map(|name| (*name).to_owned()).collect();
        let mut out = Exposition::default();
        self.scheduler.figures().declare(&self.plan);
        self.scheduler.figures().expose(&mut out, &self.plan, &pending, now);
        let page = encode(&out, Format::Classic).unwrap();
        page.lines().find_map(|line| Some(line.strip_prefix(series)?.strip_prefix(' ')?.to_owned()))
    }

    fn runs(&self, result: &str) -> String {
        let series = format!("seamark_report_runs_total{{report=\"daily\",result=\"{result}\"}}");
        self.metric(&series, at("2026-01-01T00:00:00Z"), &[]).unwrap()
    }

    fn missed(&self) -> String {
        self.metric("seamark_report_missed_total{report=\"daily\"}", at("2026-01-01T00:00:00Z"), &[]).unwrap()
    }
}

fn plan(more: &str) -> Plan {
    let text = format!("channels: {{screen: {{type: log}}, spare: {{type: log}}}}\ndefault_channels: [screen]\n{more}");
    let source = Source::new("relay.yml", text).with_environment([]);
    let config = Config::read(&source).unwrap_or_else(|problems| panic!("{problems}"));
    Plan { reports: config.reports.clone(), sources: Sources::of(&config).unwrap() }
}

fn with(alertmanagers: &[&Alertmanager]) -> String {
    let urls: Vec<&str> = alertmanagers.iter().map(|each| each.url.as_str()).collect();
    format!("{DAILY}\nalertmanagers: [{}]", urls.join(", "))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// 08:00 in Kyiv, an hour before the report is due, when the relay is first started.
fn start() -> Timestamp {
    at("2026-11-20T06:00:00Z")
}

fn due() -> Timestamp {
    at("2026-11-20T07:00:00Z")
}

#[tokio::test]
async fn without_an_alertmanager_a_report_is_sent_once_when_it_is_due() {
    let reports = Reports::start(DAILY);
    reports.look(start()).await;
    reports.look(due() - 1.second()).await;
    assert_eq!(reports.sent().await, []);
    for seconds in [0, 1, 15] {
        reports.look(due() + seconds.seconds()).await;
    }
    let sent = reports.sent().await;
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].window.from, sent[0].window.to), (due() - 24.hours(), due()));
    assert_eq!((sent[0].occasion.way, sent[0].occasion.next_run), (Way::Scheduled, Some(due() + 24.hours())));
    assert_eq!((reports.runs("ok"), reports.runs("self"), reports.missed()), ("1".into(), "0".into(), "0".into()));
}

#[tokio::test]
async fn what_was_due_before_the_first_start_or_another_schedule_is_not_owed() {
    let reports = Reports::start(DAILY);
    reports.look(due() + 10.minutes()).await;
    assert_eq!((reports.sent().await, reports.missed()), (vec![], "0".into()));
    // The new time has passed today as well.
    let reports = reports.restart("reports: {daily: {cron: '5 9 * * *', timezone: Europe/Kyiv}}");
    reports.look(due() + 11.minutes()).await;
    assert_eq!((reports.sent().await, reports.missed()), (vec![], "0".into()));
    // Nor is what a report that is not enabled would have sent.
    let disabled = "reports: {daily: {cron: '5 9 * * *', timezone: Europe/Kyiv, enabled: false}}";
    let reports = reports.restart(disabled);
    reports.look(due() + 24.hours()).await;
    let reports = reports.restart("reports: {daily: {cron: '5 9 * * *', timezone: Europe/Kyiv}}");
    reports.look(due() + 24.hours() + 10.minutes()).await;
    assert_eq!((reports.sent().await, reports.missed()), (vec![], "0".into()));
}

#[tokio::test]
async fn alertmanager_is_told_and_its_call_sends_the_report_once() {
    let alertmanager = Alertmanager::start().await;
    let reports = Reports::start(&with(&[&alertmanager]));
    reports.look(start()).await;
    reports.look(due()).await;
    assert_eq!(reports.state(due()).await, Some(State::Posted));
    let posted = alertmanager.posted.lock().unwrap()[0].clone();
    let labels = json!({"alertname": "SeamarkReportDue", "report": "daily", "due_at": due().as_second().to_string(),
                        "seamark_kind": "report", "severity": "none"});
    assert_eq!(posted["labels"], labels);
    assert_eq!(at(posted["endsAt"].as_str().unwrap()), due() + 5.minutes());
    assert_eq!(reports.sent().await, []);
    // Refreshed until it is handled.
    reports.look(due() + 15.seconds()).await;
    assert_eq!(at(alertmanager.posted.lock().unwrap()[1]["endsAt"].as_str().unwrap()), due() + 315.seconds());

    let body = webhook(&[alert(labels)]);
    let now = due() + 16.seconds();
    assert_eq!(reports.trigger(&body, now).await, [Answer::Accepted]);
    assert_eq!(reports.trigger(&body, now).await, [Answer::Accepted], "not yet sent");
    reports.look(now).await;
    assert_eq!(reports.trigger(&body, now + 1.second()).await, [Answer::Already(State::Sent)]);
    for minutes in 1..10 {
        reports.look(now + minutes.minutes()).await;
    }
    let sent = reports.sent().await;
    assert_eq!((sent.len(), sent[0].occasion.way), (1, Way::Scheduled));
    // Alertmanager heard that nothing is due any more, and nothing after that.
    assert_eq!(alertmanager.posts(), 3);
    assert_eq!(at(alertmanager.posted.lock().unwrap()[2]["endsAt"].as_str().unwrap()), now);
}

#[tokio::test]
async fn an_accepted_call_outlives_a_kill_and_is_sent_once() {
    let alertmanager = Alertmanager::start().await;
    let config = with(&[&alertmanager]);
    let reports = Reports::start(&config);
    reports.look(start()).await;
    reports.look(due()).await;
    let reports = reports.restart(&config);
    assert_eq!(reports.trigger(&alertmanager.webhook(), due() + 1.minute()).await, [Answer::Accepted]);
    let reports = reports.restart(&config);
    reports.look(due() + 2.minutes()).await;
    let reports = reports.restart(&config);
    reports.look(due() + 20.minutes()).await;
    assert_eq!(
        reports.trigger(&alertmanager.webhook()[..], due() + 21.minutes()).await[0],
        Answer::Already(State::Sent)
    );
    reports.look(due() + 22.minutes()).await;
    assert_eq!(reports.sent().await.len(), 1);
}

#[tokio::test]
async fn two_alertmanagers_are_told_and_call_for_one_report() {
    let (one, two) = (Alertmanager::start().await, Alertmanager::start().await);
    let reports = Reports::start(&with(&[&one, &two]));
    reports.look(start()).await;
    reports.look(due()).await;
    assert_eq!((one.posts(), two.posts()), (1, 1));
    reports.trigger(&one.webhook(), due() + 1.second()).await;
    reports.look(due() + 1.second()).await;
    reports.trigger(&two.webhook(), due() + 2.seconds()).await;
    reports.look(due() + 2.seconds()).await;
    assert_eq!(reports.sent().await.len(), 1);
}

#[tokio::test]
async fn with_alertmanager_down_the_relay_sends_the_report_after_the_grace_and_says_so() {
    let alertmanager = Alertmanager::start().await;
    *alertmanager.away.lock().unwrap() = true;
    let reports = Reports::start(&with(&[&alertmanager]));
    reports.look(start()).await;
    reports.look(due()).await;
    assert_eq!(reports.state(due()).await, Some(State::Due));
    reports.look(due() + 179.seconds()).await;
    assert_eq!(reports.sent().await, []);
    reports.look(due() + 180.seconds()).await;
    let sent = reports.sent().await;
    assert_eq!((sent.len(), sent[0].occasion.way), (1, Way::ByRelay));
    assert_eq!((reports.runs("self"), reports.runs("ok")), ("1".into(), "0".into()));
    // It is back, and somebody's alert still calls.
    *alertmanager.away.lock().unwrap() = false;
    let late = webhook(&[due_alert("daily", due())]);
    assert_eq!(reports.trigger(&late, due() + 200.seconds()).await, [Answer::Already(State::SentAlone)]);
    reports.look(due() + 201.seconds()).await;
    assert_eq!(reports.sent().await, []);
}

#[tokio::test]
async fn an_alertmanager_that_does_not_hold_the_alert_or_does_not_call_is_not_waited_for() {
    for holds in [false, true] {
        let alertmanager = Alertmanager::start().await;
        let reports = Reports::start(&with(&[&alertmanager]));
        reports.look(start()).await;
        reports.look(due()).await;
        if holds {
            alertmanager.holds(json!({"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []}));
        }
        reports.look(due() + 3.minutes()).await;
        let sent = reports.sent().await;
        assert_eq!((sent.len(), sent[0].occasion.way), (1, Way::ByRelay), "holds: {holds}");
    }
}

#[tokio::test]
async fn a_silence_or_a_mute_time_keeps_the_report_back() {
    for status in [
        json!({"state": "suppressed", "silencedBy": ["1"], "inhibitedBy": [], "mutedBy": []}),
        json!({"state": "suppressed", "silencedBy": [], "inhibitedBy": [], "mutedBy": ["weekend"]}),
    ] {
        let alertmanager = Alertmanager::start().await;
        let reports = Reports::start(&with(&[&alertmanager]));
        reports.look(start()).await;
        reports.look(due()).await;
        alertmanager.holds(status);
        reports.look(due() + 3.minutes()).await;
        assert_eq!((reports.sent().await, reports.state(due()).await), (vec![], Some(State::Suppressed)));
        assert_eq!((reports.runs("suppressed"), reports.missed()), ("1".into(), "0".into()));
        // The silence ends, and the alert calls at last: nobody wants it any more.
        let answers = reports.trigger(&alertmanager.webhook()[..], due() + 10.minutes()).await;
        assert!(answers.iter().all(|answer| *answer == Answer::Already(State::Suppressed)), "{answers:?}");
        reports.look(due() + 11.minutes()).await;
        assert_eq!(reports.sent().await, []);
    }
}

#[tokio::test]
async fn after_an_absence_the_newest_is_sent_late_and_older_ones_are_missed() {
    let reports = Reports::start(DAILY);
    reports.look(start()).await;
    let reports = reports.restart(DAILY);
    // Three days later, within an hour of the third.
    let third = due() + 48.hours();
    reports.look(third + 59.minutes()).await;
    let sent = reports.sent().await;
    assert_eq!((sent.len(), sent[0].window.to, sent[0].occasion.way), (1, third, Way::Late { due_at: third }));
    assert_eq!(reports.missed(), "2");
    assert_eq!(reports.state(due()).await, Some(State::Missed));
    // And a day after that, too late.
    let reports = reports.restart(DAILY);
    reports.look(third + 24.hours() + 61.minutes()).await;
    assert_eq!((reports.sent().await, reports.missed()), (vec![], "1".into()));
}

#[tokio::test]
async fn a_call_is_taken_within_the_catch_up_and_counted_as_missed_behind_it() {
    let alertmanager = Alertmanager::start().await;
    let config = with(&[&alertmanager]);
    let reports = Reports::start(&config);
    reports.look(start()).await;
    // This relay has not looked since: the other one of two posted the alert.
    let body = webhook(&[due_alert("daily", due())]);
    assert_eq!(reports.trigger(&body, due() + 59.minutes()).await, [Answer::Accepted]);
    reports.look(due() + 59.minutes()).await;
    assert_eq!(reports.sent().await.len(), 1);
    let next = due() + 24.hours();
    let body = webhook(&[due_alert("daily", next)]);
    assert_eq!(reports.trigger(&body, next + 61.minutes()).await, [Answer::Missed]);
    assert_eq!(reports.trigger(&body, next + 62.minutes()).await, [Answer::Already(State::Missed)]);
    reports.look(next + 62.minutes()).await;
    assert_eq!((reports.sent().await, reports.missed()), (vec![], "1".into()));
}

#[tokio::test]
async fn one_notification_may_call_for_several_reports_and_for_some_that_are_not_owed() {
    let config = "reports:\n  daily: {cron: '0 9 * * *', timezone: Europe/Kyiv}\n  \
                  weekly: {cron: '@weekly', timezone: UTC, channels: [spare]}\n";
    let reports = Reports::start(config);
    reports.look(at("2026-11-21T20:00:00Z")).await;
    let sunday = at("2026-11-22T00:00:00Z");
    let now = at("2026-11-22T00:10:00Z");
    let alerts = [
        due_alert("weekly", sunday),
        due_alert("daily", at("2026-11-21T07:00:00Z")),
        due_alert("daily", sunday),
        due_alert("gone", sunday),
        alert(json!({"alertname": "HostDown"})),
    ];
    let answers = reports.trigger(&webhook(&alerts), now).await;
    // Before the first start; at no time of the schedule; no such report.
    assert_eq!(answers, [Answer::Accepted, Answer::NotOwed, Answer::NotOwed, Answer::NotOwed]);
    reports.look(now).await;
    assert_eq!((reports.sent_to("spare").await.len(), reports.sent().await.len()), (1, 0));
}

#[tokio::test]
async fn a_notification_of_no_report_is_refused_so_that_somebody_notices() {
    let reports = Reports::start(DAILY);
    for (body, problem) in [
        (
            webhook(&[alert(json!({"alertname": "HostDown"}))]),
            "alerts[0].labels: the alert `HostDown` has no label `report`",
        ),
        (b"{}".to_vec(), ""),
    ] {
        let error = reports.scheduler.triggered(&reports.plan, &body, due()).await.unwrap_err();
        assert!(matches!(&error, TriggerError::NoTrigger(_)) && error.to_string().contains(problem), "{error}");
    }
}

#[tokio::test]
async fn a_report_waits_for_prometheus_and_then_says_what_is_missing() {
    let prometheus = Prometheus::start().await;
    let reports = Reports::start(&format!("{DAILY}\nprometheus: {}", prometheus.url));
    reports.look(start()).await;
    *prometheus.away.lock().unwrap() = true;
    reports.look(due()).await;
    reports.look(due() + 30.minutes()).await;
    assert_eq!((reports.sent().await, reports.state(due()).await), (vec![], Some(State::Due)));
    *prometheus.away.lock().unwrap() = false;
    reports.look(due() + 31.minutes()).await;
    let sent = reports.sent().await;
    assert_eq!((sent.len(), sent[0].occasion.way), (1, Way::Late { due_at: due() }));
    // Away for the whole time of the next one: never nothing.
    *prometheus.away.lock().unwrap() = true;
    let next = due() + 24.hours();
    reports.look(next).await;
    reports.look(next + 60.minutes()).await;
    assert_eq!(reports.sent().await, []);
    reports.look(next + 61.minutes()).await;
    assert_eq!(reports.sent().await.len(), 1);
}

#[tokio::test]
async fn of_reports_that_wait_for_prometheus_the_newest_is_sent() {
    let prometheus = Prometheus::start().await;
    *prometheus.away.lock().unwrap() = true;
    let often = "reports: {daily: {cron: '*/10 * * * *'}}";
    let reports = Reports::start(&format!("{often}\nprometheus: {}", prometheus.url));
    reports.look(start() + 1.second()).await;
    for minutes in [10, 20, 30] {
        reports.look(start() + minutes.minutes()).await;
    }
    *prometheus.away.lock().unwrap() = false;
    reports.look(start() + 31.minutes()).await;
    let sent = reports.sent().await;
    assert_eq!((sent.len(), sent[0].window.to), (1, start() + 30.minutes()));
    assert_eq!(reports.missed(), "2");
}

#[tokio::test]
async fn across_both_clock_changes_there_is_one_report_a_day() {
    // 03:30 is skipped on 29 March 2026 and comes twice on 25 October.
    for (from, days) in [("2026-03-26T12:00:00Z", 6_usize), ("2026-10-22T12:00:00Z", 6)] {
        let reports = Reports::start("reports: {daily: {cron: '30 3 * * *', timezone: Europe/Kyiv}}");
        let mut now = at(from);
        let end = now + i64::try_from(days * 24).unwrap().hours();
        while now < end {
            reports.look(now).await;
            now += 5.minutes();
        }
        let sent = reports.sent().await;
        let zone = jiff::tz::TimeZone::get("Europe/Kyiv").unwrap();
        let dates: BTreeSet<_> = sent.iter().map(|report| report.window.to.to_zoned(zone.clone()).date()).collect();
        assert_eq!((sent.len(), dates.len()), (days, days), "{from}");
        // What one leaves off at, the next goes on with.
        assert!(sent.windows(2).all(|pair| pair[0].window.to == pair[1].window.from), "{from}");
        assert_eq!(reports.missed(), "0");
    }
}

#[tokio::test]
async fn what_a_reload_takes_away_is_not_sent_and_what_it_keeps_is() {
    let alertmanager = Alertmanager::start().await;
    let reports = Reports::start(&with(&[&alertmanager]));
    reports.look(start()).await;
    reports.look(due()).await;
    // Another time of day from tomorrow on: what is due today stays so.
    let later = format!(
        "reports: {{daily: {{cron: '0 18 * * *', timezone: Europe/Kyiv}}}}\nalertmanagers: [{}]",
        alertmanager.url
    );
    let reports = reports.restart(&later);
    reports.look(due() + 30.seconds()).await;
    assert_eq!(reports.trigger(&alertmanager.webhook()[..], due() + 31.seconds()).await[0], Answer::Accepted);
    reports.look(due() + 31.seconds()).await;
    assert_eq!(reports.sent().await.len(), 1);
    let evening = at("2026-11-20T16:00:00Z");
    reports.look(evening).await;
    assert_eq!(reports.state(evening).await, Some(State::Posted));
    let reports = reports.restart(&format!("alertmanagers: [{}]", alertmanager.url));
    reports.look(evening + 4.minutes()).await;
    assert_eq!((reports.sent().await, reports.state(evening).await), (vec![], Some(State::Suppressed)));
}

#[tokio::test]
async fn a_report_goes_to_its_channels_in_its_own_language_and_zone() {
    let config = "reports: {daily: {cron: '0 9 * * *', timezone: Europe/Kyiv, locale: uk, channels: [screen, spare], range: 7d}}";
    let reports = Reports::start(config);
    reports.look(start()).await;
    reports.look(due()).await;
    let (screen, spare) = (reports.sent_to("screen").await, reports.sent_to("spare").await);
    assert_eq!((screen.len(), spare.len()), (1, 1));
    let json: Value = serde_json::from_slice(&screen[0].body).unwrap();
    assert_eq!((json["locale"].as_str(), json["zone"].as_str()), (Some("uk"), Some("Europe/Kyiv")));
    // Whatever the channel speaks.
    let english = Voice::new(Locale::En, jiff::tz::TimeZone::UTC);
    let message = compose::message(&english, MessageKind::Report, &screen[0].body, None);
    let footer = message.footer.unwrap();
    assert!(footer.contains("наступний:"), "{footer}");
    assert!(footer.contains("09:00"), "{footer}");
    let report = Report::from_json(&screen[0].body).unwrap();
    assert_eq!(report.window.from, due() - (7 * 24).hours());
}

#[tokio::test]
async fn what_is_due_and_what_came_of_it_is_measured() {
    let alertmanager = Alertmanager::start().await;
    let reports = Reports::start(&with(&[&alertmanager]));
    let now = due() + 1.minute();
    let gauge = |name: &str, pending: &[&str]| {
        reports.metric(&format!("seamark_report_{name}{{report=\"daily\"}}"), now, pending).unwrap()
    };
    assert_eq!(gauge("last_due_timestamp_seconds", &[]), due().as_second().to_string());
    assert_eq!(gauge("next_due_timestamp_seconds", &[]), (due() + 24.hours()).as_second().to_string());
    assert_eq!((gauge("pending", &[]), gauge("pending", &["daily"])), ("0".into(), "1".into()));
    for result in ["ok", "self", "suppressed", "error"] {
        assert_eq!(reports.runs(result), "0", "{result}");
    }
    assert_eq!(reports.missed(), "0");
}

/// A whole relay, with its HTTP side.
async fn relay(directory: &TempDir, more: &str) -> App {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let origin = Origin { file: directory.path().join("relay.yml"), listen: None, no_notices: true };
    let text = format!(
        "storage: sqlite://{}\nchannels: {{screen: {{type: log}}, spare: {{type: log}}}}\ndefault_channels: [screen]\n{more}",
        directory.path().join("relay.db").display()
    );
    std::fs::write(&origin.file, text).unwrap();
    let config = origin.load().unwrap_or_else(|problems| panic!("{problems}"));
    App::start(origin, config).await.unwrap()
}

async fn ask(app: &App, request: Request<Body>) -> (u16, Value) {
    let response = server::router(app.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn post_to(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("Authorization", "Bearer t").body(body.into()).unwrap()
}

#[tokio::test]
async fn the_api_lists_reports_sends_them_now_and_shows_them() {
    let directory = tempfile::tempdir().unwrap();
    let app = relay(&directory, &format!("token: t\n{DAILY}")).await;
    let list = Request::get("/api/v1/reports").header("Authorization", "Bearer t").body(Body::empty()).unwrap();
    let (status, json) = ask(&app, list).await;
    let report = &json["reports"][0];
    assert_eq!((status, report["name"].as_str(), report["cron"].as_str()), (200, Some("daily"), Some("0 9 * * *")));
    assert_eq!((report["timezone"].as_str(), &report["last_due"]), (Some("Europe/Kyiv"), &Value::Null));
    assert!(at(report["next_due"].as_str().unwrap()) > Timestamp::now());

    let (status, json) = ask(&app, post_to("/api/v1/reports/daily/run", "")).await;
    assert_eq!((status, &json["channels"]), (200, &json!(["screen"])));
    assert_eq!(json["result"], "stored");
    let (status, json) = ask(&app, post_to("/api/v1/reports/daily/run", "")).await;
    assert_eq!((status, json), (200, json!({"result": "duplicate", "channels": ["screen"]})));
    // For somebody else it is another one.
    let (status, json) = ask(&app, post_to("/api/v1/reports/daily/run", r#"{"channels":["spare"]}"#)).await;
    assert_eq!((status, json), (200, json!({"result": "stored", "channels": ["spare"]})));
    let (status, json) = ask(&app, post_to("/api/v1/reports/daily/run", r#"{"print":true}"#)).await;
    assert_eq!(
        (status, &json["report"]["name"], &json["report"]["zone"]),
        (200, &json!("daily"), &json!("Europe/Kyiv"))
    );
    let (status, json) = ask(&app, post_to("/api/v1/reports/weekly/run", "")).await;
    assert_eq!(
        (status, json["error"].as_str()),
        (404, Some("there is no report `weekly`; the configuration has `daily`"))
    );
    let (status, json) = ask(&app, post_to("/api/v1/reports/daily/run", r#"{"channels":["spare","nowhere"]}"#)).await;
    assert_eq!(status, 400);
    assert!(json["error"].as_str().unwrap().contains("no channel `nowhere`"), "{json}");
    let trigger = webhook(&[due_alert("daily", at("2020-01-01T07:00:00Z"))]);
    let (status, json) = ask(&app, post_to("/api/v1/reports/trigger", trigger)).await;
    assert_eq!((status, &json["reports"][0]["result"]), (200, &json!("not owed")));
    assert_eq!(ask(&app, post_to("/api/v1/reports/trigger", "nonsense")).await.0, 400);
    app.stop().await;
}

#[tokio::test]
async fn the_api_of_reports_is_guarded() {
    let directory = tempfile::tempdir().unwrap();
    let app = relay(&directory, &format!("token: t\n{DAILY}")).await;
    for path in ["/api/v1/reports/trigger", "/api/v1/reports/daily/run"] {
        assert_eq!(ask(&app, Request::post(path).body(Body::empty()).unwrap()).await.0, 401, "{path}");
    }
    assert_eq!(ask(&app, Request::get("/api/v1/reports").body(Body::empty()).unwrap()).await.0, 401);
    app.stop().await;
}
