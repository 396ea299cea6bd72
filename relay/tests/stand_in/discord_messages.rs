//! What the stand-in does with a call that may come in: messages, their threads, edits and files.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rules::{self, Rejection, form};
use super::{Accepted, Shared};

type Outcome = Result<(StatusCode, Value), Rejection>;

/// A call, as far as it matters to the judge.
pub(super) struct Call<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub content_type: &'a str,
    pub body: &'a [u8],
}

impl Call<'_> {
    fn query(&self, key: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }
}

impl Shared {
    /// Does what a call asks for.
    pub(super) fn obey(&mut self, webhook: &str, message: Option<&str>, call: &Call<'_>) -> Outcome {
        match (call.method, message) {
            ("GET", None) => {
                Ok((StatusCode::OK, json!({ "id": webhook, "type": 1, "name": "ops", "channel_id": "900" })))
            }
            ("POST", None) => self.post(webhook, call),
            ("GET" | "PATCH" | "DELETE", Some(message)) => {
                let at = self.find(webhook, message, call)?;
                match call.method {
                    "GET" => Ok((StatusCode::OK, self.show(at))),
                    "PATCH" => self.edit(at, call),
                    _ => {
                        self.accepted.remove(at);
                        Ok((StatusCode::NO_CONTENT, Value::Null))
                    }
                }
            }
            _ => Err(no(405, 0, "405: Method Not Allowed")),
        }
    }

    fn post(&mut self, webhook: &str, call: &Call<'_>) -> Outcome {
        let (body, files) = rules::judge_call(call.content_type, call.body, None)?;
        let named = call.query("thread_id");
        let begins = body.get("thread_name").is_some();
        match (self.forums.contains(webhook), named, begins) {
            (true, None, false) => {
                return Err(no(400, 220_001, "Webhooks posted to forum channels must have a thread_name or thread_id"));
            }
            (true, Some(_), true) => {
                return Err(no(
                    400,
                    220_002,
                    "Webhooks posted to forum channels cannot have both a thread_name and thread_id",
                ));
            }
            (false, _, true) => return Err(no(400, 220_003, "Webhooks can only create threads in forum channels")),
            _ => {}
        }
        if named.is_some_and(|thread| !self.threads.contains(thread)) {
            return Err(no(404, 10003, "Unknown Channel"));
        }
        self.last_id += 1;
        let id = (1_184_000_000_000_000_000_u64 + self.last_id).to_string();
        // The first message of a forum post has the number of its thread.
        let thread = if begins { Some(id.clone()) } else { named.map(str::to_owned) };
        self.threads.extend(thread.clone());
        let webhook = webhook.to_owned();
        let arrived_at = Timestamp::now();
        self.accepted.push(Accepted { id, webhook, arrived_at, body, thread, files: sizes(&files), edits: 0 });
        // Without `wait` nothing is said.
        let status = if call.query("wait") == Some("true") { StatusCode::OK } else { StatusCode::NO_CONTENT };
        Ok((status, self.show(self.accepted.len() - 1)))
    }

    fn edit(&mut self, at: usize, call: &Call<'_>) -> Outcome {
        let earlier = self.accepted.get(at).unwrap();
        let (body, files) = rules::judge_call(call.content_type, call.body, Some(&earlier.body))?;
        let message = self.accepted.get_mut(at).unwrap();
        // The list of files holds those that stay and those that come; without it all stay.
        if rules::names_files(call.content_type, call.body) {
            message.files = sizes(&files);
        }
        message.body = body;
        message.edits += 1;
        Ok((StatusCode::OK, self.show(at)))
    }

    /// Where a message is, if the call names its thread as well.
    fn find(&self, webhook: &str, id: &str, call: &Call<'_>) -> Result<usize, Rejection> {
        let thread = call.query("thread_id");
        if thread.is_some_and(|thread| !self.threads.contains(thread)) {
            return Err(no(404, 10003, "Unknown Channel"));
        }
        self.accepted
            .iter()
            .position(|one| one.webhook == webhook && one.id == id && one.thread.as_deref() == thread)
            .ok_or_else(|| no(404, 10008, "Unknown Message"))
    }

    fn show(&self, at: usize) -> Value {
        let message = self.accepted.get(at).unwrap();
        json!({
            "id": message.id, "type": 0, "channel_id": message.thread.as_deref().unwrap_or("900"),
            "webhook_id": message.webhook, "content": message.body.get("content"),
            "timestamp": message.arrived_at.to_string(),
        })
    }
}

fn sizes(files: &[form::Part]) -> Vec<(String, usize)> {
    files.iter().map(|file| (file.file_name.clone().unwrap_or_default(), file.bytes.len())).collect()
}

fn no(status: u16, code: u32, message: &'static str) -> Rejection {
    Rejection { status, code, message, at: String::new() }
}
