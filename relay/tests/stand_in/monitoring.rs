//! A small Prometheus and a small Alertmanager, in process: they answer what they were told to.

// Each test uses its own part of it.
#![allow(dead_code)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use seamark_relay::fleet::queries::{Fact, QUERIES};
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub struct Known {
    samples: HashMap<Fact, Vec<(Value, f64)>>,
    pub is_down: bool,
    /// What is asked for a report has no answer as long as this is so.
    pub holds_reports: bool,
    /// Questions that nobody has told an answer for.
    pub unknown: Vec<String>,
    pub asked: usize,
    pub alerts: Vec<Value>,
    pub silences: Vec<Value>,
}

/// Both of them.
#[derive(Debug, Clone)]
pub struct Monitoring {
    pub url: String,
    known: Arc<Mutex<Known>>,
}

impl Monitoring {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let it = Self { url, known: Arc::default() };
        let router = Router::new()
            .route("/api/v1/query", post(query))
            .route("/api/v2/alerts", get(alerts))
            .route("/api/v2/silences", get(silences).post(silence))
            .route("/api/v2/silence/{id}", delete(expire))
            .with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        it
    }

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// What a question brings from now on.
    pub fn tell(&self, fact: Fact, samples: &[(Value, f64)]) {
        self.known().samples.insert(fact, samples.to_vec());
    }

    /// Two hosts, one of them down, and three containers.
    pub fn a_small_fleet(&self) {
        let now = Timestamp::now().as_second() as f64;
        let web = json!({"instance": "web-1"});
        let of = |name: &str| json!({"instance": "web-1", "id": format!("/docker/{name}"), "name": name});
        let with = |name: &str, key: &str, value: &str| {
            let mut labels = of(name);
            labels[key] = value.into();
            labels
        };
        self.tell(Fact::Up, &[(web.clone(), 1.0), (json!({"instance": "db-1"}), 0.0)]);
        self.tell(Fact::DockerUp, &[(web.clone(), 1.0)]);
        self.tell(Fact::Cpu, &[(web.clone(), 0.123)]);
        self.tell(Fact::MemoryUsed, &[(web.clone(), 3.0 * 1073741824.0)]);
        self.tell(Fact::MemoryTotal, &[(web.clone(), 8.0 * 1073741824.0)]);
        self.tell(Fact::DiskUsed, &[(json!({"instance": "web-1", "mountpoint": "/"}), 0.56)]);
        self.tell(Fact::DiskTotal, &[(json!({"instance": "web-1", "mountpoint": "/"}), 1e11)]);
        self.tell(Fact::Uptime, &[(web.clone(), 5.0 * 86400.0)]);
        self.tell(Fact::Received, &[(web.clone(), 1.2e6)]);
        self.tell(Fact::Sent, &[(web, 3.4e6)]);
        let states = [with("shop", "state", "running"), with("api", "state", "exited"), with("db", "state", "running")];
        self.tell(Fact::State, &states.map(|labels| (labels, 1.0)));
        self.tell(Fact::Health, &[(with("shop", "status", "healthy"), 1.0), (with("db", "status", "unhealthy"), 1.0)]);
        self.tell(Fact::Started, &[(of("shop"), now - 7200.0), (of("db"), now - 90000.0)]);
        self.tell(Fact::ContainerCpu, &[(of("shop"), 0.5), (of("db"), 0.02)]);
        self.tell(Fact::Memory, &[(of("shop"), 256.0 * 1048576.0), (of("db"), 512.0 * 1048576.0)]);
        self.tell(Fact::ContainerReceived, &[(of("shop"), 1073741824.0), (of("db"), 1048576.0)]);
        self.tell(Fact::ContainerSent, &[(of("shop"), 2147483648.0), (of("db"), 1048576.0)]);
        self.tell(Fact::ExitCode, &[(with("api", "reason", "oom"), 137.0)]);
        self.tell(Fact::ExitTime, &[(with("api", "reason", "oom"), now - 250.0)]);
    }

    /// One alert that fires.
    pub fn a_crash(&self) {
        self.known().alerts = vec![json!({
            "fingerprint": "d1a5c3f0e2b49876", "startsAt": "2026-11-21T10:00:00Z", "endsAt": "2026-11-21T10:05:00Z",
            "labels": {"alertname": "ContainerCrashed", "severity": "critical", "instance": "web-1", "name": "api"},
            "annotations": {"summary": "api crashed on web-1 <b>"}, "receivers": [{"name": "seamark"}],
            "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []},
        })];
    }
}

async fn query(State(it): State<Monitoring>, body: String) -> Response {
    let form = reqwest::Url::parse(&format!("http://x/?{body}")).unwrap();
    let query = form.query_pairs().find(|(key, _)| key == "query").map(|(_, query)| query.into_owned()).unwrap();
    let fact = QUERIES.iter().find(|(_, known)| *known == query);
    it.known().asked += 1;
    while fact.is_none() && it.known().holds_reports {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let mut known = it.known();
    if known.is_down {
        return (StatusCode::SERVICE_UNAVAILABLE, "away").into_response();
    }
    let Some((fact, _)) = fact else {
        known.unknown.push(query);
        return StatusCode::BAD_REQUEST.into_response();
    };
    let at = Timestamp::now().as_second();
    let samples = known.samples.get(fact).cloned().unwrap_or_default();
    let result: Vec<Value> = samples
        .into_iter()
        .map(|(labels, value)| json!({"metric": labels, "value": [at, value.to_string()]}))
        .collect();
    Json(json!({"status": "success", "data": {"resultType": "vector", "result": result}})).into_response()
}

async fn alerts(State(it): State<Monitoring>) -> Response {
    let known = it.known();
    if known.is_down { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { Json(&known.alerts).into_response() }
}

async fn silences(State(it): State<Monitoring>) -> Response {
    Json(&it.known().silences).into_response()
}

async fn silence(State(it): State<Monitoring>, Json(mut silence): Json<Value>) -> Response {
    let mut known = it.known();
    let id = format!("0a1b2c3d-0000-4000-8000-{:012}", known.silences.len() + 1);
    silence["id"] = id.clone().into();
    silence["status"] = json!({"state": "active"});
    known.silences.push(silence);
    Json(json!({"silenceID": id})).into_response()
}

async fn expire(State(it): State<Monitoring>, Path(id): Path<String>) -> Response {
    match it.known().silences.iter_mut().find(|silence| silence["id"] == id.as_str()) {
        Some(silence) => {
            silence["status"] = json!({"state": "expired"});
            StatusCode::OK.into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
