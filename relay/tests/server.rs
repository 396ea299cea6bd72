//! The relay's HTTP side, in process: what Alertmanager, Prometheus and people get to hear.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use futures_util::FutureExt as _;
use seamark_relay::app::{App, Origin};
use seamark_relay::server;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// A relay on a configuration of its own, with an outbox in a temporary directory.
struct Relay {
    directory: TempDir,
    app: App,
}

impl Relay {
    async fn start(more: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), more).await
    }

    async fn start_in(directory: TempDir, more: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let origin = Origin { file: directory.path().join("relay.yml"), listen: None, no_notices: false };
        write_config(&directory, more);
        let config = origin.load().unwrap_or_else(|problems| panic!("{problems}"));
        let app = App::start(origin, config).await.unwrap();
        Self { directory, app }
    }

    fn router(&self) -> Router {
        server::router(self.app.clone())
    }

    fn database(&self) -> PathBuf {
        self.directory.path().join("relay.db")
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Answer { status, headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.ask(Request::post(path).body(body.into()).unwrap()).await
    }

    /// The value of a series, by its name with labels.
    async fn metric(&self, series: &str) -> Option<String> {
        let page = self.get("/metrics").await.text();
        page.lines().find_map(|line| Some(line.strip_prefix(series)?.strip_prefix(' ')?.to_owned()))
    }

    async fn wait_until(&self, series: &str, value: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.metric(series).await.as_deref() != Some(value) {
            assert!(Instant::now() < deadline, "{series} is {:?}, not {value}", self.metric(series).await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn json(&self) -> (u16, Value) {
        (self.status.as_u16(), serde_json::from_slice(&self.body).unwrap())
    }
}

fn write_config(directory: &TempDir, more: &str) {
    let database = directory.path().join("relay.db");
    let text = format!(
        "storage: sqlite://{}\nchannels:\n  screen: {{type: log}}\n  spare: {{type: log}}\n  ops: {{type: discord, webhook_url: ''}}\n\
         default_channels: [screen]\n{more}",
        database.display()
    );
    fs::write(directory.path().join("relay.yml"), text).unwrap();
}

fn webhook(name: &str) -> String {
    json!({
        "version": "4", "groupKey": format!("{{}}:{{alertname=\"{name}\"}}"), "status": "firing", "receiver": "seamark",
        "alerts": [{"status": "firing", "labels": {"alertname": name, "instance": "web-1"}, "annotations": {},
                    "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "00000000000000aa"}]
    })
    .to_string()
}

#[tokio::test]
async fn a_notification_is_stored_once_and_delivered() {
    let relay = Relay::start("notices: false").await;
    let first = relay.post("/api/v1/alerts", webhook("Down")).await;
    assert_eq!(first.json(), (200, json!({"result": "stored", "channels": ["screen"]})));
    let again = relay.post("/api/v1/alerts", webhook("Down")).await;
    assert_eq!(again.json(), (200, json!({"result": "duplicate"})));
    let delivered = r#"seamark_relay_deliveries_total{channel="screen",kind="alert",result="delivered"}"#;
    relay.wait_until(delivered, "1").await;
    assert_eq!(relay.metric(r#"seamark_relay_webhook_requests_total{code="200"}"#).await.as_deref(), Some("2"));
    assert_eq!(relay.metric("seamark_relay_webhook_duplicates_total").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_template_that_fails_costs_a_count_and_no_alert() {
    // It works for the examples that templates are tried with, or it would be refused.
    let template = "templates: {title: '{% if commonLabels.odd %}{{ commonLabels.odd.x() }}{% endif %}'}";
    let relay = Relay::start(&format!("notices: false\n{template}")).await;
    let errors = r#"seamark_relay_template_errors_total{channel="screen"}"#;
    assert_eq!(relay.metric(errors).await.as_deref(), Some("0"));
    let mut odd: Value = serde_json::from_str(&webhook("Down")).unwrap();
    odd["commonLabels"] = json!({"odd": "yes"});
    relay.post("/api/v1/alerts", odd.to_string()).await;
    let delivered = r#"seamark_relay_deliveries_total{channel="screen",kind="alert",result="delivered"}"#;
    relay.wait_until(delivered, "1").await;
    assert_eq!(relay.metric(errors).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn what_alertmanager_repeats_on_purpose_is_stored_again() {
    let relay = Relay::start("notices: false").await;
    let mut repeat: Value = serde_json::from_str(&webhook("Down")).unwrap();
    repeat["notification_reason"] = json!("repeat interval elapsed");
    for body in [webhook("Down"), repeat.to_string()] {
        assert_eq!(relay.post("/api/v1/alerts", body).await.json().1["result"], "stored");
    }
}

#[tokio::test]
async fn the_url_names_channels_and_a_wrong_name_reaches_the_default_ones() {
    let relay = Relay::start("notices: false").await;
    let told = async |path: &str, name: &str| relay.post(path, webhook(name)).await.json().1["channels"].clone();
    assert_eq!(told("/api/v1/alerts/spare", "A").await, json!(["spare"]));
    assert_eq!(told("/api/v1/alerts/spare,screen", "B").await, json!(["spare", "screen"]));
    assert_eq!(told("/api/v1/alerts/screan", "C").await, json!(["screen"]));
    assert_eq!(told("/api/v1/alerts/", "E").await, json!(["screen"]));
    assert_eq!(told("/api/v1/alerts/spare/", "H").await, json!(["spare"]));
    assert_eq!(told("/api/v1/alerts/%FF", "F").await, json!(["screen"]));
    assert_eq!(told("/api/v1/alerts/spare%2Cscreen", "G").await, json!(["spare", "screen"]));
    // Switched off: its address is empty.
    assert_eq!(told("/api/v1/alerts/ops", "D").await, json!(["screen"]));
    for name in ["screan", "ops"] {
        let series = format!(r#"seamark_relay_unknown_channel_total{{channel="{name}"}}"#);
        assert_eq!(relay.metric(&series).await.as_deref(), Some("1"), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_notification_is_refused_with_the_field_named() {
    let relay = Relay::start("notices: false").await;
    let not_json = relay.post("/api/v1/alerts", "alert!").await;
    assert_eq!(not_json.json(), (400, json!({"error": "not JSON: expected value at line 1 column 1"})));
    let mut broken: Value = serde_json::from_str(&webhook("Down")).unwrap();
    broken["alerts"][0]["startsAt"] = json!("yesterday");
    let answer = relay.post("/api/v1/alerts", broken.to_string()).await;
    let error = r#"alerts[0].startsAt: expected an RFC 3339 time, found "yesterday""#;
    assert_eq!(answer.json(), (400, json!({ "error": error })));
    assert_eq!(relay.metric("seamark_relay_webhook_refused_total").await.as_deref(), Some("2"));

    // Kept for whoever wants to know what was sent there.
    let database = rusqlite::Connection::open(relay.database()).unwrap();
    let mut query = database.prepare("SELECT reason, body FROM refused ORDER BY id").unwrap();
    let kept = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let kept: Vec<(String, Vec<u8>)> = kept.map(Result::unwrap).collect();
    let not_json = "not JSON: expected value at line 1 column 1".to_owned();
    assert_eq!(kept, [(not_json, b"alert!".to_vec()), (error.to_owned(), broken.to_string().into_bytes())]);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_too_large() {
    let relay = Relay::start("notices: false").await;
    let answer = relay.post("/api/v1/alerts", vec![b' '; 16 * 1024 * 1024 + 1]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("16 MiB"), "{}", answer.text());
    assert_eq!(relay.metric(r#"seamark_relay_webhook_requests_total{code="413"}"#).await.as_deref(), Some("1"));
    let mut padded = webhook("Down");
    padded.push_str(&" ".repeat(16 * 1024 * 1024 - padded.len()));
    assert_eq!(relay.post("/api/v1/alerts", padded).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_to_be_sent_again() {
    let relay = Relay::start("notices: false").await;
    let parts = futures_util::stream::iter([Ok("{\"version\""), Err(std::io::Error::other("gone"))]);
    let answer = relay.post("/api/v1/alerts", Body::from_stream(parts)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
}

#[tokio::test]
async fn a_body_that_never_arrives_is_to_be_sent_again() {
    let relay = Relay::start("notices: false").await;
    tokio::time::pause();
    let body = Body::from_stream(futures_util::stream::pending::<Result<&str, std::io::Error>>());
    let answer = relay.post("/api/v1/alerts", body).await;
    assert_eq!(answer.json(), (503, json!({"error": "the body did not arrive within 10 s"})));
}

#[tokio::test]
async fn while_the_outbox_cannot_be_written_alertmanager_keeps_its_notification() {
    let relay = Relay::start("notices: false").await;
    let other = rusqlite::Connection::open(relay.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = relay.post("/api/v1/alerts", webhook("Down")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text());
    let ready = relay.get("/-/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE, "{}", ready.text());
    assert_eq!(relay.get("/-/healthy").await.status, StatusCode::OK);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(relay.get("/-/ready").await.status, StatusCode::OK);
    let stored = relay.post("/api/v1/alerts", webhook("Down")).await;
    assert_eq!(stored.json().1["result"], "stored");
}

#[tokio::test]
async fn without_its_token_the_relay_takes_nothing() {
    let relay = Relay::start("notices: false\ntoken_file: token").await;
    let token = fs::read_to_string(relay.directory.path().join("token")).unwrap();
    for path in ["/api/v1/alerts", "/api/v1/alerts/screen", "/api/v1/dead-letters/drop", "/-/reload"] {
        let answer = relay.post(path, webhook("Down")).await;
        assert_eq!(
            (answer.status, &answer.headers["www-authenticate"]),
            (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap())
        );
        assert!(answer.text().contains("credentials_file"), "{}", answer.text());
    }
    // What was in messages is for nobody else either.
    assert_eq!(relay.get("/api/v1/dead-letters").await.status, StatusCode::UNAUTHORIZED);
    let request = Request::post("/api/v1/alerts").header("Authorization", format!("Bearer {token}"));
    let answer = relay.ask(request.body(webhook("Down").into()).unwrap()).await;
    assert_eq!(answer.json().1["result"], "stored");
    // What Prometheus and health checks ask stays open.
    for path in ["/metrics", "/-/healthy", "/-/ready", "/login"] {
        let answer = relay.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text().contains(&token), "{path}");
    }
}

#[tokio::test]
async fn without_name_and_password_the_relay_takes_nothing() {
    let relay = Relay::start("notices: false\nbasic_auth: {username: am, password: s3cr3t}").await;
    let answer = relay.post("/api/v1/alerts", webhook("Down")).await;
    assert_eq!(
        (answer.status, &answer.headers["www-authenticate"]),
        (StatusCode::UNAUTHORIZED, &"Basic realm=\"seamark-relay\"".parse().unwrap())
    );
    assert!(answer.text().contains("password_file") && !answer.text().contains("s3cr3t"), "{}", answer.text());
    // am:s3cr3t
    let request = Request::post("/api/v1/alerts").header("Authorization", "Basic YW06czNjcjN0");
    let answer = relay.ask(request.body(webhook("Down").into()).unwrap()).await;
    assert_eq!(answer.json().1["result"], "stored");
}

#[tokio::test]
async fn guessing_the_token_is_counted_and_slowed_down() {
    let relay = Relay::start("notices: false\ntoken: s3cr3t").await;
    let ask = async |from: [u8; 4], token: &str| {
        let mut request = Request::post("/api/v1/alerts").header("Authorization", format!("Bearer {token}"));
        request.extensions_mut().unwrap().insert(seamark_kit::serve::Peer((from, 40_000).into()));
        relay.ask(request.body(webhook("Down").into()).unwrap()).await
    };
    let mut unauthorized: u32 = 0;
    let answer = loop {
        let answer = ask([10, 0, 0, 9], "guess").await;
        if answer.status != StatusCode::UNAUTHORIZED {
            break answer;
        }
        unauthorized += 1;
        assert!(unauthorized < 1000, "never slowed down");
    };
    assert_eq!(
        (answer.status, &answer.headers["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap())
    );
    assert!(unauthorized >= 30, "{unauthorized}");
    let failures = relay.metric("seamark_relay_auth_failures_total").await;
    assert_eq!(failures, Some(unauthorized.to_string()));
    assert_eq!(relay.metric("seamark_relay_requests_limited_total").await.as_deref(), Some("1"));
    assert_eq!(ask([10, 0, 0, 8], "s3cr3t").await.status, StatusCode::OK);
}

#[tokio::test]
async fn channels_may_come_and_go_and_nothing_that_waits_for_them_is_lost() {
    let chat = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = chat.local_addr().unwrap();
    drop(chat);
    let relay = Relay::start("notices: false").await;
    let reload = async |more: &str| {
        let text = format!("storage: sqlite://{}\nnotices: false\nchannels:\n{more}", relay.database().display());
        fs::write(relay.directory.path().join("relay.yml"), text).unwrap();
        assert_eq!(relay.post("/-/reload", "").await.status, StatusCode::OK);
    };
    // Nobody listens at its address, so the message waits.
    reload(&format!("  ops: {{type: discord, webhook_url: 'http://{address}/api/webhooks/1/t'}}")).await;
    relay.post("/api/v1/alerts/ops", webhook("A")).await;
    reload("  screen: {type: log}").await;
    let pending = r#"seamark_relay_outbox_pending{channel="ops"}"#;
    assert_eq!(relay.metric(pending).await.as_deref(), Some("1"));
    // Under the same name, of another kind.
    reload("  ops: {type: log}").await;
    relay.wait_until(r#"seamark_relay_deliveries_total{channel="ops",kind="alert",result="delivered"}"#, "1").await;
    relay.wait_until(pending, "0").await;
}

#[tokio::test]
async fn a_reload_takes_a_good_file_over_and_leaves_everything_as_it_is_after_a_bad_one() {
    let relay = Relay::start("notices: false").await;
    let successful = "seamark_relay_config_last_reload_successful";
    write_config(&relay.directory, "notices: false\ndefault_chanels: [spare]\nlocale: xx\n");
    let bad = relay.post("/-/reload", "").await;
    assert_eq!(bad.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(bad.text().contains(":9:9: locale: expected `en`"), "{}", bad.text());
    assert!(bad.text().contains("did you mean `default_channels`?"), "{}", bad.text());
    assert_eq!(relay.metric(successful).await.as_deref(), Some("0"));
    assert_eq!(relay.post("/api/v1/alerts", webhook("A")).await.json().1["channels"], json!(["screen"]));

    fs::write(
        relay.directory.path().join("relay.yml"),
        format!("storage: sqlite://{}\nnotices: false\nchannels: {{spare: {{type: log}}}}", relay.database().display()),
    )
    .unwrap();
    assert_eq!(relay.post("/-/reload", "").await.status, StatusCode::OK);
    assert_eq!(relay.metric(successful).await.as_deref(), Some("1"));
    assert_eq!(relay.post("/api/v1/alerts", webhook("B")).await.json().1["channels"], json!(["spare"]));
    relay.wait_until(r#"seamark_relay_deliveries_total{channel="spare",kind="alert",result="delivered"}"#, "1").await;
}

#[tokio::test]
async fn a_reload_whose_client_goes_away_is_still_carried_out() {
    let chat = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = format!("{{type: discord, webhook_url: \"http://{}/api/webhooks/1/t\"}}", chat.local_addr().unwrap());
    let relay = Relay::start("notices: false").await;
    let text = fs::read_to_string(relay.directory.path().join("relay.yml")).unwrap();
    let text = text.replace("{type: discord, webhook_url: ''}", &slow);
    fs::write(relay.directory.path().join("relay.yml"), text).unwrap();
    assert_eq!(relay.post("/-/reload", "").await.status, StatusCode::OK);

    // A call to the chat is under way, so that the reload has to wait for it, and its client does not.
    relay.post("/api/v1/alerts/ops", webhook("A")).await;
    let (call, _) = chat.accept().await.unwrap();
    let mut reload = Box::pin(relay.post("/-/reload", ""));
    assert!((&mut reload).now_or_never().is_none());
    drop(reload);
    drop(call);
    relay.post("/api/v1/alerts/spare", webhook("B")).await;
    relay.wait_until(r#"seamark_relay_deliveries_total{channel="spare",kind="alert",result="delivered"}"#, "1").await;
}

#[tokio::test]
async fn a_watchdog_that_falls_silent_is_missed_and_welcomed_back() {
    let relay = Relay::start("notices: false\nfallback_channel: spare").await;
    let told = r#"seamark_relay_deliveries_total{channel="spare",kind="notice",result="delivered"}"#;
    let missing = "seamark_relay_watchdog_missing";
    let minutes = |minutes: i64| jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    // A stack without a Watchdog is no stack whose Watchdog is silent.
    relay.app.watch(minutes(60)).await;
    assert_eq!((relay.metric(told).await.as_deref(), relay.metric(missing).await.as_deref()), (Some("0"), Some("0")));

    let heard = relay.post("/api/v1/watchdog", webhook("Watchdog")).await;
    assert_eq!(heard.json(), (200, json!({"result": "heard"})));
    for _ in 0..2 {
        relay.app.watch(minutes(6)).await;
        relay.wait_until(told, "1").await;
    }
    // A restart forgets neither the beat nor what was told.
    let Relay { directory, app } = relay;
    app.stop().await;
    drop(app);
    let relay = Relay::start_in(directory, "notices: false\nfallback_channel: spare").await;
    relay.app.watch(minutes(7)).await;
    relay.post("/api/v1/watchdog", webhook("Watchdog").replace("firing", "resolved")).await;
    relay.app.watch(minutes(7)).await;
    assert_eq!(relay.metric(r#"seamark_relay_outbox_pending{channel="spare"}"#).await.as_deref(), Some("0"));
    assert_eq!(relay.metric(told).await.as_deref(), Some("0"));
    relay.post("/api/v1/watchdog", webhook("Watchdog")).await;
    relay.wait_until(told, "1").await;
    assert_ne!(relay.metric("seamark_relay_watchdog_last_beat_timestamp_seconds").await.as_deref(), Some("0"));
    let refused = relay.post("/api/v1/watchdog", "woof").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn starting_over_and_over_is_said_once() {
    let delivered = r#"seamark_relay_deliveries_total{channel="screen",kind="notice",result="delivered"}"#;
    let first = Relay::start("").await;
    first.wait_until(delivered, "1").await;
    let Relay { directory, app } = first;
    app.stop().await;
    drop(app);
    let second = Relay::start_in(directory, "").await;
    second.wait_until(r#"seamark_relay_outbox_pending{channel="screen"}"#, "0").await;
    assert_eq!(second.metric(delivered).await.as_deref(), Some("0"));
}

#[tokio::test]
async fn metrics_come_in_both_formats_and_packed_on_request() {
    let relay = Relay::start("").await;
    let classic = relay.get("/metrics").await;
    assert_eq!(classic.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(relay.metric(r#"seamark_relay_webhook_requests_total{code="413"}"#).await.as_deref(), Some("0"));
    for name in ["seamark_relay_build_info{version=", "process_resident_memory_bytes ", "seamark_relay_outbox_pending{"]
    {
        assert!(classic.text().contains(&format!("\n{name}")), "{name} is not in {}", classic.text());
    }
    let request = Request::get("/metrics")
        .header("Accept", "application/openmetrics-text;version=1.0.0")
        .header("Accept-Encoding", "gzip");
    let packed = relay.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(packed.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!((&packed.headers["content-encoding"], &packed.body[..2]), (&"gzip".parse().unwrap(), &[0x1f, 0x8b][..]));
}

#[tokio::test]
async fn the_page_shows_which_channels_are_on() {
    let relay = Relay::start("").await;
    let page = relay.get("/").await.text();
    let row = |name: &str| page.split("<tr>").find(|row| row.contains(&format!(">{name}</a>"))).unwrap().to_owned();
    assert!(row("screen").contains("🟢 on") && row("screen").contains("<small>default</small>"), "{page}");
    assert!(row("spare").contains("🟢 on") && !row("spare").contains("default"), "{page}");
    assert!(row("ops").contains("⚪ off: no address"), "{page}");
}
