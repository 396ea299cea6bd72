//! A Docker engine and an Alertmanager of cardboard, for stories over real sockets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Path as UrlPath, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Looks again and again until it is so; a real server needs a moment.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn with_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Events of a recording, container events only.
pub fn recording(scenario: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events").join(format!("{scenario}.jsonl"));
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the cardboard engine knows.
#[derive(Default)]
pub struct Engine {
    pub containers: BTreeMap<String, Value>,
    history: Vec<Value>,
    streams: Vec<mpsc::UnboundedSender<Vec<u8>>>,
    /// Every request, as path and query.
    pub asked: Vec<String>,
    /// Answers to `/info`, `/system/df` and `/volumes/NAME`, by path.
    pub answers: BTreeMap<String, Value>,
    /// Answers nothing, as a hung engine.
    pub hung: bool,
    /// Ids of images, by name.
    pub images: BTreeMap<String, String>,
    /// What it says it is made of.
    pub components: Value,
    /// What the logs hold; after that nothing more comes, and no end.
    pub log: Vec<u8>,
    pub log_hangs: bool,
}

pub struct FakeDocker {
    pub socket: PathBuf,
    pub engine: Arc<Mutex<Engine>>,
    server: Option<JoinHandle<()>>,
}

impl FakeDocker {
    pub fn new(folder: &Path) -> Self {
        Self { socket: folder.join("docker.sock"), engine: Arc::default(), server: None }
    }

    pub fn listen(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
        let listener = tokio::net::UnixListener::bind(&self.socket).unwrap();
        // bollard asks without a version in the path, the lenient reader with the one negotiated.
        let api = Router::new()
            .route("/_ping", get(ping))
            .route("/version", get(version))
            .route("/containers/json", get(list))
            .route("/containers/{id}/json", get(inspect))
            .route("/images/{name}/json", get(image))
            .route("/images/{registry}/{folder}/{name}/json", get(nobody_s_image))
            .route("/containers/{id}/logs", get(logs))
            .route("/events", get(events))
            .route("/info", get(given))
            .route("/system/df", get(given))
            .route("/volumes/{name}", get(given));
        let router = api.clone().nest("/v1.41", api).with_state(Arc::clone(&self.engine));
        self.server = Some(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }));
    }

    /// The engine goes away, its connections with it.
    pub fn stop(&mut self) {
        self.server.take().unwrap().abort();
        let _ = std::fs::remove_file(&self.socket);
        self.cut();
    }

    /// Ends every event stream.
    pub fn cut(&self) {
        self.engine.lock().unwrap().streams.clear();
    }

    pub fn put(&self, id: &str, name: &str, policy: &str, status: &str) {
        let answer = json!({
            "Id": id, "Name": format!("/{name}"), "Image": "sha256:1234", "RestartCount": 0,
            "Created": "2026-11-21T09:59:58Z",
            "State": {"Status": status, "Running": status == "running", "ExitCode": 0, "OOMKilled": false,
                "StartedAt": "2026-11-21T10:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
            "Config": {"Image": "busybox:latest", "Labels": {}},
            "HostConfig": {"RestartPolicy": {"Name": policy, "MaximumRetryCount": 0}, "AutoRemove": false},
        });
        self.engine.lock().unwrap().containers.insert(id.to_owned(), answer);
    }

    pub fn change(&self, id: &str, change: impl FnOnce(&mut Value)) {
        change(self.engine.lock().unwrap().containers.get_mut(id).unwrap());
    }

    /// Something happens: whoever listens hears it, and it can be asked for later.
    pub fn emit(&self, event: &Value) {
        let mut engine = self.engine.lock().unwrap();
        if event["timeNano"].is_i64() {
            engine.history.push(event.clone());
        }
        let line = format!("{event}\n").into_bytes();
        engine.streams.retain(|stream| stream.send(line.clone()).is_ok());
    }

    pub fn listeners(&self) -> usize {
        let mut engine = self.engine.lock().unwrap();
        engine.streams.retain(|stream| !stream.is_closed());
        engine.streams.len()
    }
}

pub fn event(id: &str, name: &str, action: &str, second: i64, more: &[(&str, &str)]) -> Value {
    let mut attributes = json!({"name": name, "image": "busybox:latest"});
    for (key, value) in more {
        attributes[key] = json!(value);
    }
    json!({"Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": attributes},
        "timeNano": (1_795_255_000 + second) * 1_000_000_000})
}

type Shared = State<Arc<Mutex<Engine>>>;

async fn hang_if_hung(engine: &Arc<Mutex<Engine>>, asked: String) {
    let hung = {
        let mut engine = engine.lock().unwrap();
        engine.asked.push(asked);
        engine.hung
    };
    if hung {
        std::future::pending::<()>().await;
    }
}

async fn ping(State(engine): Shared) -> impl IntoResponse {
    hang_if_hung(&engine, "_ping".to_owned()).await;
    ([("Api-Version", "1.41")], "OK")
}

async fn version(State(engine): Shared) -> impl IntoResponse {
    hang_if_hung(&engine, "version".to_owned()).await;
    axum::Json(json!({"Version": "28.5.2", "ApiVersion": "1.41", "Components": engine.lock().unwrap().components}))
}

async fn image(State(engine): Shared, UrlPath(name): UrlPath<String>) -> Response {
    hang_if_hung(&engine, format!("image {name}")).await;
    let id = engine.lock().unwrap().images.get(&name).cloned();
    match id {
        Some(id) => axum::Json(json!({"Id": id})).into_response(),
        None => nobody_s_image().await,
    }
}

async fn nobody_s_image() -> Response {
    (StatusCode::NOT_FOUND, axum::Json(json!({"message": "No such image"}))).into_response()
}

async fn list(State(engine): Shared, OriginalUri(uri): OriginalUri) -> Response {
    hang_if_hung(&engine, uri.path().to_owned()).await;
    let engine = engine.lock().unwrap();
    let measured = uri.query().is_some_and(|query| query.contains("size=1"));
    let entry = |(id, answer): (&String, &Value)| {
        let mut entry = json!({"Id": id, "State": answer["State"]["Status"]});
        if measured {
            entry["SizeRw"] = json!(4096);
            entry["SizeRootFs"] = json!(9000);
        }
        entry
    };
    axum::Json(engine.containers.iter().map(entry).collect::<Vec<_>>()).into_response()
}

async fn inspect(State(engine): Shared, UrlPath(id): UrlPath<String>) -> Response {
    hang_if_hung(&engine, "inspect".to_owned()).await;
    match engine.lock().unwrap().containers.get(&id) {
        Some(answer) => axum::Json(answer.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"message": "No such container"}))).into_response(),
    }
}

async fn logs(State(engine): Shared, OriginalUri(uri): OriginalUri) -> Response {
    let path = uri.path_and_query().unwrap().to_string();
    hang_if_hung(&engine, path).await;
    let (log, hangs) = {
        let engine = engine.lock().unwrap();
        (engine.log.clone(), engine.log_hangs)
    };
    let all = stream::once(async { Ok::<_, std::io::Error>(log) });
    let rest = stream::once(async move {
        if hangs {
            std::future::pending::<()>().await;
        }
        Ok(Vec::new())
    });
    Body::from_stream(futures_util::StreamExt::chain(all, rest)).into_response()
}

async fn given(State(engine): Shared, OriginalUri(uri): OriginalUri) -> Response {
    let path = uri.path().strip_prefix("/v1.41").unwrap_or(uri.path()).to_owned();
    hang_if_hung(&engine, path.clone()).await;
    match engine.lock().unwrap().answers.get(&path) {
        Some(answer) => axum::Json(answer.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"message": "no such thing"}))).into_response(),
    }
}

async fn events(State(engine): Shared, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let since = query.get("since").cloned();
    hang_if_hung(&engine, format!("events since={}", since.as_deref().unwrap_or("-"))).await;
    let (sender, receiver) = mpsc::unbounded_channel::<Vec<u8>>();
    let mut engine = engine.lock().unwrap();
    if let Some(since) = since {
        let (seconds, nanos) = since.split_once('.').unwrap();
        let since = seconds.parse::<i64>().unwrap() * 1_000_000_000 + nanos.parse::<i64>().unwrap();
        // As Docker: what happened at that very moment is sent again.
        for old in engine.history.iter().filter(|old| old["timeNano"].as_i64().unwrap() >= since) {
            sender.send(format!("{old}\n").into_bytes()).unwrap();
        }
    }
    engine.streams.push(sender);
    let lines = stream::unfold(receiver, |mut receiver| async move {
        let line = receiver.recv().await?;
        Some((Ok::<_, std::io::Error>(line), receiver))
    });
    Body::from_stream(lines).into_response()
}

/// What the cardboard Alertmanager got.
#[derive(Default)]
pub struct Received {
    pub alerts: Vec<Value>,
    /// What it answers: 200 unless told otherwise.
    pub status: Option<u16>,
    pub authorization: Vec<Option<String>>,
    /// How often it was asked what is firing.
    pub asked: usize,
}

pub struct FakeAlertmanager {
    pub url: String,
    pub received: Arc<Mutex<Received>>,
}

impl FakeAlertmanager {
    pub async fn listen() -> Self {
        let received: Arc<Mutex<Received>> = Arc::default();
        let router = Router::new().route("/api/v2/alerts", get(firing).post(take)).with_state(Arc::clone(&received));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, received }
    }

    /// `alertname name firing|resolved`, in the order in which they came.
    pub fn told(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        let now = jiff::Timestamp::now();
        received
            .alerts
            .iter()
            .map(|alert| {
                let ends: jiff::Timestamp = alert["endsAt"].as_str().unwrap().parse().unwrap();
                let how = if ends > now { "firing" } else { "resolved" };
                let label = |name: &str| alert["labels"][name].as_str().unwrap_or_default().to_owned();
                format!("{} {} {how}", label("alertname"), label("name"))
            })
            .collect()
    }
}

pub async fn take(
    State(received): State<Arc<Mutex<Received>>>,
    headers: axum::http::HeaderMap,
    axum::Json(alerts): axum::Json<Vec<Value>>,
) -> StatusCode {
    let mut received = received.lock().unwrap();
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    received.authorization.push(authorization);
    let status = StatusCode::from_u16(received.status.unwrap_or(200)).unwrap();
    if status.is_success() {
        received.alerts.extend(alerts);
    }
    status
}

/// The alerts whose last word was that they fire, of those that every `filter=name="value"` lets through.
pub async fn firing(
    State(received): State<Arc<Mutex<Received>>>,
    Query(query): Query<Vec<(String, String)>>,
) -> axum::Json<Vec<Value>> {
    let mut received = received.lock().unwrap();
    received.asked += 1;
    let latest: BTreeMap<String, &Value> =
        received.alerts.iter().map(|alert| (alert["labels"].to_string(), alert)).collect();
    let now = jiff::Timestamp::now();
    let wanted = |alert: &&Value| {
        let ends: jiff::Timestamp = alert["endsAt"].as_str().unwrap().parse().unwrap();
        let matches = |(_, filter): &(String, String)| {
            let (name, value) = filter.split_once('=').unwrap();
            alert["labels"][name] == serde_json::from_str::<Value>(value).unwrap()
        };
        ends > now && query.iter().filter(|(key, _)| key == "filter").all(matches)
    };
    axum::Json(latest.into_values().filter(wanted).cloned().collect())
}
