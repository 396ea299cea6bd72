//! A stand-in for WeCom's group robots: their real limits and rate, their real answers, and faults on demand.
//!
//! Source: developer.work.weixin.qq.com/document/path/99110. Also there: `GET /messages` lists what was accepted,
//! `GET /answers` counts the codes of the answers, `POST /faults` queues faults.

// Each test uses its own part of it.
#![allow(dead_code)]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[path = "wecom_rules.rs"]
pub mod rules;

/// What the stand-in holds its callers to.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Messages of a robot in a window.
    pub robot: (u32, Duration),
}

impl Default for Rates {
    fn default() -> Self {
        Self { robot: (20, Duration::from_secs(60)) }
    }
}

/// What goes wrong with the next call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// Answers with this status and a page of a proxy's.
    Status { status: u16 },
    /// Answers with this code.
    Code { code: i64 },
    /// Never answers.
    Hang,
    /// Closes without having read the message.
    CloseBefore,
    /// Takes the message and closes without an answer.
    CloseAfter,
    /// Takes the message.
    None,
}

/// An accepted message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accepted {
    pub key: String,
    pub body: Value,
}

/// The stand-in, shared by its server and the test.
#[derive(Debug, Clone)]
pub struct WeCom {
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    rates: Rates,
    accepted: Vec<Accepted>,
    answers: Vec<(i64, Timestamp)>,
    refused: Vec<String>,
    faults: VecDeque<Fault>,
    calls: HashMap<String, VecDeque<Instant>>,
}

impl WeCom {
    /// Starts it on a free port of the loopback interface.
    pub async fn start(rates: Rates) -> Self {
        Self::listen("127.0.0.1:0".parse().unwrap(), rates).await.unwrap()
    }

    /// Starts it on this address.
    pub async fn listen(address: SocketAddr, rates: Rates) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stand_in = Self { address, shared: Arc::new(Mutex::new(Shared { rates, ..Shared::default() })) };
        let router = Router::new()
            .route("/messages", get(async |State(it): State<Self>| Json(it.accepted())))
            .route("/answers", get(async |State(it): State<Self>| Json(it.answer_counts())))
            .route("/faults", post(async |State(it): State<Self>, Json(faults): Json<Vec<Fault>>| it.fail(faults)))
            .route("/cgi-bin/webhook/send", post(call))
            .with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(stand_in)
    }

    /// The address of a robot. One whose key is `wrong` does not exist.
    pub fn webhook(&self, key: &str) -> String {
        format!("http://{}/cgi-bin/webhook/send?key={key}", self.address)
    }

    /// Queues faults for the next calls.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// What was accepted, in order.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.lock().accepted.clone()
    }

    /// Codes and moments of the answers, in order.
    pub fn answers(&self) -> Vec<(i64, Timestamp)> {
        self.lock().answers.clone()
    }

    /// Why messages were refused, in order.
    pub fn refused(&self) -> Vec<String> {
        self.lock().refused.clone()
    }

    fn answer_counts(&self) -> BTreeMap<i64, usize> {
        let mut counts = BTreeMap::new();
        for (code, _) in self.answers() {
            *counts.entry(code).or_default() += 1;
        }
        counts
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}

async fn call(State(it): State<WeCom>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let fault = it.lock().faults.pop_front().unwrap_or(Fault::None);
    match fault {
        Fault::Hang => std::future::pending().await,
        // Unwinding ends the connection's task, and with it the connection.
        Fault::CloseBefore => std::panic::resume_unwind(Box::new("closed before reading")),
        Fault::Status { status } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return (status, Body::from("<html>not WeCom</html>")).into_response();
        }
        _ => {}
    }
    let body = to_bytes(body, 20 * 1024 * 1024).await.unwrap_or_default();
    let answer = it.lock().answer(&fault, head.uri.query().unwrap_or_default(), &body);
    if fault == Fault::CloseAfter {
        std::panic::resume_unwind(Box::new("closed after reading"));
    }
    it.lock().answers.push((answer["errcode"].as_i64().unwrap(), Timestamp::now()));
    Json(answer).into_response()
}

fn error(code: i64, message: &str) -> Value {
    rules::Rejection { code, message: message.to_owned() }.body()
}

impl Shared {
    fn answer(&mut self, fault: &Fault, query: &str, body: &[u8]) -> Value {
        let key = query.split('&').find_map(|pair| pair.strip_prefix("key=")).unwrap_or_default();
        if key.is_empty() || key == "wrong" {
            return error(93000, "invalid webhook url");
        }
        if let Fault::Code { code } = fault {
            return error(*code, "injected");
        }
        let now = Instant::now();
        let (most, window) = self.rates.robot;
        let calls = self.calls.entry(key.to_owned()).or_default();
        while calls.front().is_some_and(|call| now.duration_since(*call) >= window) {
            calls.pop_front();
        }
        if calls.len() >= most as usize {
            return error(45009, "api freq out of limit");
        }
        calls.push_back(now);
        if let Err(rejection) = rules::judge(body) {
            self.refused.push(rejection.message.clone());
            return rejection.body();
        }
        let body = serde_json::from_slice(body).unwrap();
        self.accepted.push(Accepted { key: key.to_owned(), body });
        json!({ "errcode": 0, "errmsg": "ok" })
    }
}
