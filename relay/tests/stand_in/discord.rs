//! A stand-in for Discord's webhooks: its real limits and rates, its real answers, and faults on demand.
//!
//! Sources: Discord's documentation, "Execute Webhook", "Rate Limits", "Message", "Opcodes and Status Codes". Also there:
//! `GET /messages` lists what was accepted and is still there, `GET /answers` counts the answers, `POST /faults` queues faults.

// Each test uses its own part of it.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[path = "discord_messages.rs"]
mod messages;
#[path = "discord_rules.rs"]
pub mod rules;

use messages::Call;

/// What the stand-in holds its callers to.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Calls in a window of a webhook, as its headers tell.
    pub webhook: (u32, Duration),
    /// Calls in a window of a chat channel, which only a 429 tells.
    pub channel: (u32, Duration),
    /// 401, 403, 429 and calls of deleted webhooks in ten minutes that lead to a ban.
    pub ban_after: usize,
}

impl Default for Rates {
    fn default() -> Self {
        Self { webhook: (5, Duration::from_secs(2)), channel: (30, Duration::from_secs(60)), ban_after: 10_000 }
    }
}

/// What goes wrong with the next call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// Answers with this status and nothing else.
    Status { status: u16 },
    /// Refuses the content.
    Refuse,
    /// 429 for everything this caller does.
    Global { retry_after: f64 },
    /// 429 in Cloudflare's words.
    Cloudflare { retry_after: Option<u64> },
    /// 429 in JSON without a time.
    Blocked,
    /// Sends elsewhere.
    Redirect,
    /// There is no such webhook.
    Unknown,
    /// The message to be edited is older than an hour, and this is one edit too many.
    OldEdit,
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
    pub id: String,
    /// The webhook's number, from the path.
    pub webhook: String,
    #[serde(serialize_with = "as_text")]
    pub arrived_at: Timestamp,
    /// As it is after its edits.
    pub body: Value,
    /// The thread it stands in.
    pub thread: Option<String>,
    /// Names and sizes of its files.
    pub files: Vec<(String, usize)>,
    /// How often it was edited.
    pub edits: usize,
}

fn as_text<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// The stand-in, shared by its server and the test.
#[derive(Debug, Clone)]
pub struct Discord {
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    rates: Rates,
    accepted: Vec<Accepted>,
    answers: Vec<(u16, Timestamp)>,
    methods: Vec<String>,
    faults: VecDeque<Fault>,
    windows: HashMap<String, Window>,
    calls: HashMap<String, VecDeque<Instant>>,
    bad: VecDeque<Instant>,
    /// Webhooks of forums.
    forums: BTreeSet<String>,
    /// Threads that are there.
    threads: BTreeSet<String>,
    /// Webhooks that were deleted.
    removed: BTreeSet<String>,
    last_id: u64,
}

/// A window that begins with its first call.
#[derive(Debug)]
struct Window {
    began: Instant,
    calls: u32,
}

impl Discord {
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
            .fallback(webhook)
            .with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(stand_in)
    }

    /// The address of a webhook.
    pub fn webhook(&self, id: u32) -> String {
        format!("http://{}/api/webhooks/{id}/s3cr3t-token", self.address)
    }

    /// Makes the chat channel of this webhook a forum.
    pub fn is_forum(&self, webhook: u32) {
        self.lock().forums.insert(webhook.to_string());
    }

    /// Somebody deletes a webhook.
    pub fn remove_webhook(&self, webhook: u32) {
        self.lock().removed.insert(webhook.to_string());
    }

    /// Opens a thread.
    pub fn open_thread(&self, id: &str) {
        self.lock().threads.insert(id.to_owned());
    }

    /// Somebody deletes a message.
    pub fn delete(&self, id: &str) {
        self.lock().accepted.retain(|message| message.id != id);
    }

    /// Queues faults for the next calls.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// What was accepted, in order.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.lock().accepted.clone()
    }

    /// Statuses and moments of the answers, in order.
    pub fn answers(&self) -> Vec<(u16, Timestamp)> {
        self.lock().answers.clone()
    }

    /// The methods of all calls, in order.
    pub fn methods(&self) -> Vec<String> {
        self.lock().methods.clone()
    }

    fn answer_counts(&self) -> BTreeMap<u16, usize> {
        let mut counts = BTreeMap::new();
        for (status, _) in self.answers() {
            *counts.entry(status).or_default() += 1;
        }
        counts
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}

async fn webhook(State(it): State<Discord>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let fault = {
        let mut shared = it.lock();
        shared.methods.push(head.method.to_string());
        shared.faults.pop_front().unwrap_or(Fault::None)
    };
    match fault {
        Fault::Hang => std::future::pending().await,
        // Unwinding ends the connection's task, and with it the connection.
        Fault::CloseBefore => std::panic::resume_unwind(Box::new("closed before reading")),
        _ => {}
    }
    let Ok(body) = to_bytes(body, 64 * 1024 * 1024).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let content_type = head.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let call = Call {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        content_type,
        body: &body,
    };
    let (status, headers, answer) = it.answer(&fault, &call);
    if fault == Fault::CloseAfter {
        std::panic::resume_unwind(Box::new("closed after reading"));
    }
    it.lock().answers.push((status.as_u16(), Timestamp::now()));
    (status, headers, answer).into_response()
}

type Answer = (StatusCode, HeaderMap, Body);

impl Discord {
    fn answer(&self, fault: &Fault, call: &Call<'_>) -> Answer {
        let mut shared = self.lock();
        if let Some(answer) = shared.banned() {
            return answer;
        }
        let answer = shared.judge(fault, call);
        // Calls of a webhook that is gone are restricted as well, says "Rate Limits"; of other things 404 is an answer.
        let gone = answer.0.as_u16() == 404 && shared.is_removed(call.path);
        if (gone || matches!(answer.0.as_u16(), 401 | 403 | 429))
            && answer.1.get("x-ratelimit-scope").is_none_or(|s| s != "shared")
        {
            shared.bad.push_back(Instant::now());
        }
        answer
    }
}

impl Shared {
    fn judge(&mut self, fault: &Fault, call: &Call<'_>) -> Answer {
        let parts: Vec<&str> = call.path.split('/').filter(|part| !part.is_empty()).collect();
        let after_api = match parts.as_slice() {
            ["api", version, rest @ ..] if version.starts_with('v') => rest,
            ["api", rest @ ..] => rest,
            _ => return error(404, 0, "404: Not Found"),
        };
        let (id, token, message) = match after_api {
            ["webhooks", id, token] => (*id, *token, None),
            ["webhooks", id, token, "messages", message] => (*id, *token, Some(*message)),
            _ => return error(404, 0, "404: Not Found"),
        };
        // Every call counts, whatever becomes of it.
        let (mut headers, limited) = self.count(id);
        if let Some(limited) = limited {
            return limited;
        }
        if let Some(mut answer) = injected(fault) {
            answer.1.extend(headers.drain().filter_map(|(name, value)| Some((name?, value))));
            return answer;
        }
        if self.removed.contains(id) {
            return error(404, 10015, "Unknown Webhook");
        }
        if token == "wrong" {
            return error(401, 50027, "Invalid Webhook Token");
        }
        let (status, answer) = self
            .obey(id, message, call)
            .unwrap_or_else(|no| (StatusCode::from_u16(no.status).unwrap_or(StatusCode::BAD_REQUEST), no.body()));
        let answer = if status == StatusCode::NO_CONTENT { Body::empty() } else { Body::from(answer.to_string()) };
        (status, headers, answer)
    }

    /// Counts a call in both windows. The headers, and a 429 if it was one too many.
    fn count(&mut self, id: &str) -> (HeaderMap, Option<Answer>) {
        let now = Instant::now();
        let (limit, length) = self.rates.webhook;
        let window = self.windows.entry(id.to_owned()).or_insert(Window { began: now, calls: 0 });
        if now.duration_since(window.began) >= length {
            *window = Window { began: now, calls: 0 };
        }
        window.calls += 1;
        let reset_after = (window.began + length).duration_since(now).as_secs_f64();
        let remaining = limit.saturating_sub(window.calls);
        let headers = headers(&[
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-remaining", remaining.to_string()),
            ("x-ratelimit-reset", format!("{:.3}", Timestamp::now().as_millisecond() as f64 / 1000.0 + reset_after)),
            ("x-ratelimit-reset-after", format!("{reset_after:.3}")),
            ("x-ratelimit-bucket", format!("bucket-{id}")),
        ]);
        let over = window.calls > limit;
        let (limit, length) = self.rates.channel;
        let calls = self.calls.entry(id.to_owned()).or_default();
        while calls.front().is_some_and(|call| now.duration_since(*call) >= length) {
            calls.pop_front();
        }
        let wait = if over {
            Some(reset_after)
        } else if calls.len() >= limit as usize {
            calls.front().map(|first| (*first + length).duration_since(now).as_secs_f64())
        } else {
            None
        };
        calls.push_back(now);
        (headers.clone(), wait.map(|wait| too_many(headers, wait, false)))
    }

    fn is_removed(&self, path: &str) -> bool {
        path.split('/').skip_while(|part| *part != "webhooks").nth(1).is_some_and(|id| self.removed.contains(id))
    }

    fn banned(&mut self) -> Option<Answer> {
        let now = Instant::now();
        while self.bad.front().is_some_and(|at| now.duration_since(*at) >= Duration::from_secs(600)) {
            self.bad.pop_front();
        }
        (self.bad.len() >= self.rates.ban_after).then(|| cloudflare(Some(86_400)))
    }
}

fn injected(fault: &Fault) -> Option<Answer> {
    Some(match fault {
        Fault::Status { status } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, HeaderMap::new(), Body::empty())
        }
        Fault::Refuse => error(400, 50035, "Invalid Form Body"),
        Fault::Global { retry_after } => {
            too_many(headers(&[("x-ratelimit-global", "true".to_owned())]), *retry_after, true)
        }
        Fault::Cloudflare { retry_after } => cloudflare(*retry_after),
        Fault::Blocked => error(429, 0, "You are being blocked from accessing our API temporarily."),
        Fault::Redirect => (StatusCode::FOUND, headers(&[("location", "/elsewhere".to_owned())]), Body::empty()),
        Fault::Unknown => error(404, 10015, "Unknown Webhook"),
        Fault::OldEdit => {
            error(429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
        }
        Fault::Hang | Fault::CloseBefore | Fault::CloseAfter | Fault::None => return None,
    })
}

fn too_many(mut all: HeaderMap, wait: f64, global: bool) -> Answer {
    let scope = if global { "global" } else { "user" };
    all.extend(headers(&[
        ("retry-after", format!("{:.0}", wait.ceil())),
        ("x-ratelimit-scope", scope.to_owned()),
        ("content-type", "application/json".to_owned()),
    ]));
    let body = json!({ "message": "You are being rate limited.", "retry_after": wait, "global": global });
    (StatusCode::TOO_MANY_REQUESTS, all, Body::from(body.to_string()))
}

fn cloudflare(retry_after: Option<u64>) -> Answer {
    let mut all = headers(&[("content-type", "text/plain".to_owned())]);
    if let Some(seconds) = retry_after {
        all.extend(headers(&[("retry-after", seconds.to_string())]));
    }
    (StatusCode::TOO_MANY_REQUESTS, all, Body::from("error code: 1015"))
}

fn error(status: u16, code: u32, message: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({ "message": message, "code": code }).to_string();
    (status, headers(&[("content-type", "application/json".to_owned())]), Body::from(body))
}

fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
    pairs
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?)))
        .collect()
}
