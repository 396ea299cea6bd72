//! The page, in process: who may see it, what it shows, and what its buttons do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fs;
use std::path::Path;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use seamark_relay::alert::{Severity, Status};
use seamark_relay::app::{App, Origin};
use seamark_relay::server;
use seamark_relay::store::{MessageKind, Next, Notification, Store};
use serde_json::json;
use tempfile::TempDir;
use tower::ServiceExt as _;

struct Relay {
    directory: TempDir,
    app: App,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Relay {
    /// `before` may put something into the outbox before the relay opens it.
    async fn start(more: &str, before: impl AsyncFnOnce(&Path)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("relay.db");
        let text = format!("listen: 127.0.0.1:0\nstorage: sqlite://{}\nnotices: false\n{more}\n", database.display());
        fs::write(directory.path().join("relay.yml"), text).unwrap();
        before(&database).await;
        Self::run(directory).await
    }

    async fn run(directory: TempDir) -> Self {
        let origin = Origin { file: directory.path().join("relay.yml"), listen: None, no_notices: false };
        let config = origin.load().unwrap_or_else(|problems| panic!("{problems}"));
        Self { app: App::start(origin, config).await.unwrap(), directory }
    }

    async fn restart(self) -> Self {
        let Self { directory, app } = self;
        app.stop().await;
        drop(app);
        Self::run(directory).await
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = server::router(self.app.clone()).oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Answer { status, headers, text: String::from_utf8(body).unwrap() }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

/// Alertmanager's notification of a container whose name is markup.
fn crash(name: &str) -> String {
    json!({
        "version": "4", "groupKey": "{}:{alertname=\"ContainerCrashed\"}", "status": "firing", "receiver": "seamark",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am",
        "alerts": [{"status": "firing", "labels": {"alertname": "ContainerCrashed", "severity": "critical",
            "instance": "web-1", "name": name, "seamark_kind": "event"},
            "annotations": {"container": name, "host": "web-1", "exit_code": "1", "reason": "crash"},
            "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "c0ffee0000000001"}],
    })
    .to_string()
}

async fn bury(database: &Path) {
    let store = Store::open(database).unwrap();
    let now = Timestamp::now();
    let notification = Notification {
        dedupe_key: "a".to_owned(),
        dedupe_window: None,
        channels: vec!["screen".to_owned()],
        note: None,
        kind: MessageKind::Alert,
        group_key: "g".to_owned(),
        status: Status::Firing,
        severity: Severity::Critical,
        body: crash("shop").into_bytes(),
        received_at: now,
    };
    store.append(notification).await.unwrap();
    let Next::Claim(claim) = store.claim("screen", now, usize::MAX).await.unwrap() else { panic!("nothing to claim") };
    store.bury(claim.id, "HTTP 400: <b>no</b>".to_owned(), now).await.unwrap();
}

const CHANNELS: &str = "channels:
  screen: {type: log}
  team: {type: telegram, bot_token: '1:tok3n', chat_id: -1001, api_url: 'http://127.0.0.1:9'}
  robot: {type: wecom, webhook_url: 693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa}
  ops: {type: discord, webhook_url: ''}
default_channels: [screen]
fallback_channel: screen";

#[tokio::test]
async fn nobody_sees_the_page_without_the_token_and_whoever_shows_it_does_until_logout() {
    let relay = Relay::start(&format!("token: t0ken\n{CHANNELS}"), async |_| {}).await;
    for (path, to) in
        [("/", "login"), ("/messages", "login?to=messages"), ("/live", "login"), ("/preview", "login?to=preview")]
    {
        let answer = relay.get(path, &[]).await;
        assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, to), "{path}");
    }
    let retried = relay.post("/settle", "deed=retry", &[]).await;
    assert_eq!(retried.header(header::LOCATION), "login");
    let login = relay.get("/login?to=messages", &[]).await;
    assert!(login.status.is_success() && login.text.contains("name=\"to\" value=\"messages\""), "{}", login.text);
    let wrong = relay.post("/login", "secret=tok3n", &[]).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(wrong.text.contains("That is not it.") && wrong.headers.get("set-cookie").is_none());
    let right = relay.post("/login", "secret=t0ken&to=messages", &[]).await;
    assert_eq!((right.status, right.header(header::LOCATION)), (StatusCode::SEE_OTHER, "messages"));
    let cookie = right.header(header::SET_COOKIE);
    assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains("t0ken"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let page = relay.get("/", &[("cookie", cookie)]).await;
    assert!(page.status.is_success() && page.text.contains("action=\"logout\""), "{}", page.text);
    let other = relay.post("/login", "secret=t0ken", &[]).await;
    let other = other.header(header::SET_COOKIE).split(';').next().unwrap();
    let gone = relay.post("/logout", "", &[("cookie", cookie)]).await;
    assert!(gone.header(header::SET_COOKIE).contains("Max-Age=0"));
    // A copy of the cookie opens nothing any more, also after a restart; whoever logged in elsewhere stays.
    let relay = {
        assert_eq!(relay.get("/", &[("cookie", cookie)]).await.header(header::LOCATION), "login");
        assert!(relay.get("/", &[("cookie", other)]).await.status.is_success());
        relay.restart().await
    };
    assert_eq!(relay.get("/", &[("cookie", cookie)]).await.header(header::LOCATION), "login");
    assert!(relay.get("/", &[("cookie", other)]).await.status.is_success());
}

#[tokio::test]
async fn guesses_at_the_login_are_slowed_down_and_lock_out_nobody_else() {
    let relay = Relay::start(&format!("token: t0ken\n{CHANNELS}"), async |_| {}).await;
    let mut last = StatusCode::OK;
    for _ in 0..40 {
        last = relay.post("/login", "secret=x", &[]).await.status;
    }
    assert_eq!(last, StatusCode::SERVICE_UNAVAILABLE);
    let webhook = Request::post("/api/v1/alerts").header("authorization", "Bearer t0ken").body(Body::from(crash("a")));
    assert_eq!(relay.ask(webhook.unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn other_sites_press_no_buttons_and_nothing_comes_from_elsewhere() {
    let relay = Relay::start(CHANNELS, async |_| {}).await;
    for path in ["/settle", "/preview", "/login", "/logout"] {
        let cross = [("host", "relay:9878"), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(relay.post(path, "deed=retry", &cross).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    // On plain http browsers do not say from where a form comes, but for its origin, which they keep to themselves under
    // some policies.
    let plain = [("host", "relay:9878"), ("origin", "http://relay:9878")];
    assert_eq!(relay.post("/settle", "deed=retry", &plain).await.status, StatusCode::SEE_OTHER);
    assert_eq!(relay.get("/", &[]).await.header(header::REFERRER_POLICY), "same-origin");
    let own = [("host", "relay:9878"), ("origin", "http://relay:9878"), ("sec-fetch-site", "same-origin")];
    assert_eq!(relay.post("/settle", "deed=retry", &own).await.status, StatusCode::SEE_OTHER);
    // A webhook has no browser.
    let webhook = Request::post("/api/v1/alerts").body(Body::from(crash("a"))).unwrap();
    assert_eq!(relay.ask(webhook).await.status, StatusCode::OK);
    for path in [
        "/",
        "/messages",
        "/incidents",
        "/reports",
        "/preview",
        "/assets/page.css",
        "/assets/page.js",
        "/assets/icon.svg",
    ] {
        let answer = relay.get(path, &[]).await;
        assert!(answer.status.is_success(), "{path}");
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"), "{path}: {policy}");
        assert!(!answer.text.contains(" style=") && !answer.text.contains(" onclick="), "{path}");
        for attribute in ["src=\"", "href=\"assets", "action=\""] {
            for value in answer.text.split(attribute).skip(1) {
                assert!(!value.starts_with("http") && !value.starts_with("//"), "{path}: {value:.60}");
            }
        }
    }
    assert_eq!(relay.get("/assets/../relay.yml", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn dead_letters_are_shown_with_their_reason_and_tried_again_or_forgotten() {
    let relay =
        Relay::start("channels: {screen: {type: log}, fallback: {type: log}}\ndefault_channels: [fallback]", bury)
            .await;
    let page = relay.get("/", &[]).await.text;
    assert!(page.contains("🔴 1 channel needs a look") && page.contains("shop"), "{page}");
    assert!(page.contains("HTTP 400: &#60;b&#62;no") || page.contains("HTTP 400: &lt;b&gt;no"), "{page}");
    assert!(page.contains("No fallback channel is set"), "{page}");
    let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(relay.post("/settle", "deed=drop", &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(relay.post("/settle", &format!("deed=retry&id={id}"), &[]).await.status, StatusCode::SEE_OTHER);
    let page = relay.get("/", &[]).await.text;
    assert!(!page.contains("HTTP 400") && page.contains("🔴 1 critical alert fires"), "{page}");
}

#[tokio::test]
async fn messages_are_shown_as_they_look_and_markup_in_a_name_stays_text() {
    let relay = Relay::start(CHANNELS, async |_| {}).await;
    let body = crash("<script>alert(1)</script>");
    let webhook = Request::post("/api/v1/alerts/screen,team,robot").body(Body::from(body)).unwrap();
    assert_eq!(relay.ask(webhook).await.status, StatusCode::OK);
    let page = relay.get("/messages", &[]).await.text;
    for kind in ["chat log", "chat telegram", "chat wecom"] {
        assert!(page.contains(kind), "{kind} in {page}");
    }
    assert!(page.contains("alert(1)") && !page.contains("<script>alert"), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    let one = relay.get("/messages?channel=team", &[]).await.text;
    assert!(one.contains("chat telegram") && !one.contains("chat wecom"), "{one}");
    let incidents = relay.get("/incidents", &[]).await.text;
    assert!(incidents.contains("🔴 Container crashed") && incidents.contains("web-1"), "{incidents}");
    // In the reader's words, as the messages say it.
    let incidents = relay.get("/incidents", &[("accept-language", "zh-CN")]).await.text;
    assert!(incidents.contains("🔴 容器崩溃") && !incidents.contains("ContainerCrashed"), "{incidents}");
    assert!(relay.get("/", &[]).await.text.contains("🔴 1 critical alert fires"));
}

#[tokio::test]
async fn a_pasted_notification_is_shown_for_every_channel_and_a_wrong_one_is_explained() {
    let relay = Relay::start(CHANNELS, async |_| {}).await;
    let form = relay.get("/preview", &[]).await.text;
    assert!(form.contains("ContainerCrashed"), "{form}");
    let encode = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let shown = relay.post("/preview", &format!("payload={}&detail=full", encode(&crash("shop"))), &[]).await;
    assert!(shown.status.is_success());
    for part in ["chat telegram", "chat wecom", "chat log", "<meter", "4096"] {
        assert!(shown.text.contains(part), "{part} in {}", shown.text);
    }
    let wrong = relay.post("/preview", "payload=%7B%7D", &[]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("This is no notification: "), "{}", wrong.text);
    assert!(relay.get("/messages", &[]).await.text.contains("No message yet"), "nothing is sent");
}

#[tokio::test]
async fn the_page_speaks_the_readers_language_and_keeps_a_choice() {
    let relay = Relay::start(CHANNELS, async |_| {}).await;
    let said = async |headers: &[(&str, &str)], path: &str| relay.get(path, headers).await;
    assert!(said(&[("accept-language", "uk,en;q=0.5")], "/").await.text.contains("Усе гаразд"));
    assert!(said(&[("cookie", "seamark_lang=zh-TW"), ("accept-language", "uk")], "/").await.text.contains("頻道"));
    let chosen = said(&[("accept-language", "uk")], "/?lang=zh-CN").await;
    assert!(chosen.text.contains("<html lang=\"zh-CN\">") && chosen.text.contains("通道"));
    assert!(chosen.header(header::SET_COOKIE).starts_with("seamark_lang=zh-CN; "));
    assert!(said(&[], "/").await.text.contains("All well"));
}

#[tokio::test]
async fn a_report_is_sent_by_a_button_and_its_trouble_is_told() {
    let reports = "reports: {daily: {cron: '0 9 * * *', timezone: Europe/Kyiv, channels: [screen]}}";
    let relay = Relay::start(&format!("{CHANNELS}\n{reports}"), async |_| {}).await;
    let page = relay.get("/reports", &[]).await.text;
    assert!(page.contains("<code>0 9 * * * · Europe/Kyiv</code> → screen") && page.contains("Next:"), "{page}");
    let pressed = relay.post("/reports", "name=daily", &[]).await;
    assert_eq!(
        (pressed.status, pressed.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "reports"),
        "{}",
        pressed.text
    );
    let page = relay.get("/reports", &[]).await.text;
    assert!(page.contains("<a href=\"messages?channel=screen\">📊 daily"), "{page}");
    let again = relay.post("/reports", "name=daily", &[]).await;
    assert!(again.text.contains("daily was asked for less than a minute ago; it is not sent twice"), "{}", again.text);
    assert_eq!(relay.get("/messages", &[]).await.text.matches("📊 daily").count(), 1);
    let wrong = relay.post("/reports", "name=weekly", &[]).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert!(wrong.text.contains("There is no report weekly."), "{}", wrong.text);
    assert_eq!(relay.get("/chart?id=99", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_open_page_is_told_of_changes_until_the_relay_stops() {
    let relay = Relay::start(CHANNELS, async |_| {}).await;
    let live = Request::get("/live").body(Body::empty()).unwrap();
    let stream = server::router(relay.app.clone()).oneshot(live).await.unwrap();
    assert_eq!(stream.headers()[header::CONTENT_TYPE], "text/event-stream");
    relay.app.end_streams();
    // It would go on for ever.
    let told = tokio::time::timeout(std::time::Duration::from_secs(60), to_bytes(stream.into_body(), usize::MAX));
    assert_eq!(told.await.expect("the stream goes on").unwrap(), "");
}
