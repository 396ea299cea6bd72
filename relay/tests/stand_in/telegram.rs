//! A stand-in for Telegram's Bot API: its real limits and rates, its real answers, and faults on demand.
//!
//! Sources: Bot API, "Making requests", "My bot is hitting limits"; the texts of answers are those of
//! tdlib/telegram-bot-api, `Query.cpp` and `Client.cpp`. Also there: `GET /messages` lists what was accepted,
//! `GET /answers` counts the answers, `POST /faults` queues faults.

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

#[path = "form.rs"]
pub mod form;
#[path = "telegram_rules.rs"]
pub mod rules;

/// What the stand-in holds its callers to.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// One message in so long, in any chat; so many at once after a pause.
    pub every: (Duration, u32),
    /// Messages in a window of a group or channel.
    pub group: (u32, Duration),
}

impl Default for Rates {
    fn default() -> Self {
        Self { every: (Duration::from_secs(1), 3), group: (20, Duration::from_secs(60)) }
    }
}

/// What goes wrong with the next call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// Answers with this status and a page of a proxy's.
    Status { status: u16 },
    /// Refuses the text.
    Refuse,
    /// 429 for so many seconds.
    Flood { retry_after: u64 },
    /// The group has another number now.
    Migrated { to: i64 },
    /// The bot was thrown out.
    Kicked,
    /// Never answers.
    Hang,
    /// Closes without having read the message.
    CloseBefore,
    /// Takes the message and closes without an answer.
    CloseAfter,
    /// Takes the message.
    None,
}

/// A message in a chat.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accepted {
    pub id: i64,
    pub chat: String,
    pub body: Value,
    /// How often it was edited; `body` is the newest.
    pub edits: usize,
    /// Bytes of each photo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<usize>,
}

/// The stand-in, shared by its server and the test.
#[derive(Debug, Clone)]
pub struct Telegram {
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    rates: Rates,
    accepted: Vec<Accepted>,
    answers: Vec<(u16, Timestamp)>,
    refused: Vec<String>,
    faults: VecDeque<Fault>,
    chats: HashMap<String, Chat>,
    too_early: usize,
}

#[derive(Debug, Default)]
struct Chat {
    /// When each message was let in.
    calls: VecDeque<Instant>,
    /// The moment at which the bucket is full again.
    full_at: Option<Instant>,
    wait_until: Option<Instant>,
}

impl Telegram {
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
            .fallback(call)
            .with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(stand_in)
    }

    /// The value of `api_url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
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

    /// Why messages were refused, in order.
    pub fn refused(&self) -> Vec<String> {
        self.lock().refused.clone()
    }

    /// Calls that came before the wait of a 429 was over.
    pub fn too_early(&self) -> usize {
        self.lock().too_early
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

async fn call(State(it): State<Telegram>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let fault = it.lock().faults.pop_front().unwrap_or(Fault::None);
    match fault {
        Fault::Hang => std::future::pending().await,
        // Unwinding ends the connection's task, and with it the connection.
        Fault::CloseBefore => std::panic::resume_unwind(Box::new("closed before reading")),
        _ => {}
    }
    let body = to_bytes(body, 50 * 1024 * 1024).await.unwrap_or_default();
    let content_type = head.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (status, answer) = it.lock().answer(&fault, head.uri.path(), content_type, &body);
    if fault == Fault::CloseAfter {
        std::panic::resume_unwind(Box::new("closed after reading"));
    }
    it.lock().answers.push((status, Timestamp::now()));
    let retry_after = answer.pointer("/parameters/retry_after").and_then(Value::as_u64);
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
    let mut response = (code, Body::from(text)).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

type Answer = (u16, Value);

fn error(code: u16, description: &str) -> Answer {
    (code, json!({ "ok": false, "error_code": code, "description": description }))
}

fn too_many(wait: Duration) -> Answer {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let description = format!("Too Many Requests: retry after {seconds}");
    (
        429,
        json!({ "ok": false, "error_code": 429, "description": description, "parameters": { "retry_after": seconds } }),
    )
}

/// The fields of a form, the caption of an album's first photo among them, and the sizes of its photos.
fn form_of(method: &str, content_type: &str, body: &[u8]) -> Option<(Value, Vec<usize>)> {
    let parts = form::parts(content_type, body)?;
    let (files, fields): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.file_name.is_some());
    let mut message = serde_json::Map::new();
    for field in fields {
        let text = String::from_utf8(field.bytes).ok()?;
        // Objects and numbers are written as JSON.
        let is_text = ["caption", "parse_mode"].contains(&field.name.as_str()) || text.starts_with('@');
        let value = serde_json::from_str(&text).ok().filter(|_| !is_text);
        message.insert(field.name, value.unwrap_or_else(|| text.into()));
    }
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    if method == "sendPhoto" {
        (names == ["photo"]).then_some(())?;
    } else {
        let media = message.get("media")?.as_array()?.clone();
        let named: Vec<String> = media.iter().map(|one| one["media"].as_str().unwrap().to_owned()).collect();
        (named == names.iter().map(|name| format!("attach://{name}")).collect::<Vec<_>>()).then_some(())?;
        (2..=10).contains(&media.len()).then_some(())?;
        for key in ["caption", "parse_mode"] {
            message.extend(media[0].get(key).map(|value| (key.to_owned(), value.clone())));
        }
    }
    Some((message.into(), files.iter().map(|file| file.bytes.len()).collect()))
}

impl Shared {
    fn answer(&mut self, fault: &Fault, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let [bot, method] = parts.as_slice() else { return error(404, "Not Found") };
        if !bot.strip_prefix("bot").is_some_and(|token| token.contains(':') && !token.ends_with("wrong")) {
            return error(401, "Unauthorized");
        }
        if *method == "getMe" {
            return (200, json!({ "ok": true, "result": { "id": 11, "is_bot": true, "username": "seamark_bot" } }));
        }
        if *method == "getChat" {
            let chat = serde_json::from_slice::<Value>(body).unwrap_or_default()["chat_id"].clone();
            return match chat.as_i64() {
                Some(404) => error(400, "Bad Request: chat not found"),
                _ => (200, json!({ "ok": true, "result": { "id": chat, "type": "supergroup" } })),
            };
        }
        let methods = ["sendMessage", "editMessageText", "sendPhoto", "sendMediaGroup", "editMessageCaption"];
        if !methods.contains(method) {
            return error(404, "Not Found");
        }
        match fault {
            Fault::Status { status } => return (*status, json!("<html>Bad Gateway</html>")),
            Fault::Refuse => {
                return error(400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 0");
            }
            Fault::Flood { retry_after } => return too_many(Duration::from_secs(*retry_after)),
            Fault::Kicked => return error(403, "Forbidden: bot was kicked from the supergroup chat"),
            Fault::Migrated { to } => {
                let (code, mut answer) = error(400, "Bad Request: group chat was upgraded to a supergroup chat");
                answer["parameters"] = json!({ "migrate_to_chat_id": to });
                return (code, answer);
            }
            Fault::Hang | Fault::CloseBefore | Fault::CloseAfter | Fault::None => {}
        }
        let (message, photos) =
            if method.starts_with("sendM") && *method != "sendMediaGroup" || method.starts_with("edit") {
                (serde_json::from_slice(body).unwrap_or_default(), Vec::new())
            } else {
                match form_of(method, content_type, body) {
                    Some(form) => form,
                    None => return error(400, "Bad Request: there is no photo in the request"),
                }
            };
        let chat = message["chat_id"].as_str().map_or_else(|| message["chat_id"].to_string(), str::to_owned);
        // Edits share the rates.
        if let Some(limited) = self.count(&chat) {
            return limited;
        }
        let judged = match *method {
            "sendMessage" | "editMessageText" => rules::judge(body),
            _ => rules::judge_photos(message.as_object().unwrap_or(&serde_json::Map::new()), &photos),
        };
        if let Err(rejection) = judged {
            self.refused.push(rejection.0.clone());
            return (400, rejection.body());
        }
        if method.starts_with("send") { self.send(chat, message, photos) } else { self.edit(&chat, message, method) }
    }

    fn send(&mut self, chat: String, body: Value, photos: Vec<usize>) -> Answer {
        let reply = &body["reply_parameters"];
        let known = |id: &Value| self.accepted.iter().any(|message| message.chat == chat && id == message.id);
        if !reply.is_null() && !known(&reply["message_id"]) && reply["allow_sending_without_reply"] != true {
            return error(400, "Bad Request: message to be replied not found");
        }
        let id = i64::try_from(self.accepted.len()).unwrap() + 1;
        let mut result = json!({ "message_id": id, "date": Timestamp::now().as_second() });
        if !photos.is_empty() {
            result["photo"] = json!([{ "file_id": "x" }]);
        }
        let result = if photos.len() > 1 { json!(vec![result; photos.len()]) } else { result };
        let answer = json!({ "ok": true, "result": result });
        self.accepted.push(Accepted { id, chat, body, edits: 0, photos });
        (200, answer)
    }

    fn edit(&mut self, chat: &str, body: Value, method: &str) -> Answer {
        let found = self.accepted.iter_mut().find(|message| message.chat == chat && body["message_id"] == message.id);
        let Some(message) = found else { return error(400, "Bad Request: message to edit not found") };
        // A photo has a caption and no text.
        if message.photos.is_empty() == (method == "editMessageCaption") {
            return error(400, "Bad Request: there is no text in the message to edit");
        }
        if (&message.body["text"], &message.body["caption"]) == (&body["text"], &body["caption"]) {
            return error(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the \
                 same as a current content and reply markup of the message",
            );
        }
        message.body = body;
        message.edits += 1;
        let mut result = json!({ "message_id": message.id });
        if !message.photos.is_empty() {
            result["photo"] = json!([{ "file_id": "x" }]);
        }
        (200, json!({ "ok": true, "result": result }))
    }

    /// Counts a call; a 429 if it was one too many.
    fn count(&mut self, name: &str) -> Option<Answer> {
        let now = Instant::now();
        let chat = self.chats.entry(name.to_owned()).or_default();
        if let Some(until) = chat.wait_until.filter(|until| *until > now) {
            self.too_early += 1;
            return Some(too_many(until - now));
        }
        let (every, burst) = self.rates.every;
        let full_at = chat.full_at.unwrap_or(now).max(now);
        let over = (full_at + every).checked_duration_since(now + every * burst).filter(|over| !over.is_zero());
        let (most, window) = self.rates.group;
        while chat.calls.front().is_some_and(|call| now.duration_since(*call) >= window) {
            chat.calls.pop_front();
        }
        let group = name.starts_with(['-', '@']) && chat.calls.len() >= most as usize;
        let wait = if group { chat.calls.front().map(|first| window - now.duration_since(*first)) } else { over };
        if let Some(wait) = wait {
            let whole = Duration::from_secs(wait.as_secs() + 1);
            chat.wait_until = Some(now + whole);
            return Some(too_many(whole));
        }
        chat.full_at = Some(full_at + every);
        chat.calls.push_back(now);
        None
    }
}
