//! What people do, as the Telegram stand-in tells it to a bot: updates until they are confirmed, presses that want an
//! answer, menus of commands.
//!
//! Sources: Bot API, "getUpdates", "answerCallbackQuery", "setMyCommands"; tdlib/telegram-bot-api, `Client.cpp`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Telegram, error};

#[derive(Debug, Default)]
pub struct Updates {
    waiting: Vec<Value>,
    last: i64,
    polls: usize,
    confirmed: i64,
    /// Presses, and the words with which they were answered.
    pressed: Vec<(String, Option<String>)>,
    menus: Vec<Value>,
}

/// The method, if it is one of those here.
pub fn method(path: &str) -> Option<&'static str> {
    let called = path.rsplit('/').next()?;
    ["getUpdates", "answerCallbackQuery", "setMyCommands"].into_iter().find(|method| *method == called)
}

impl Telegram {
    /// Somebody writes; in a chat of their own, or in a group. Returns the number of the update.
    pub fn write(&self, user: i64, language: &str, chat: i64, text: &str) -> i64 {
        let message =
            json!({"message_id": 9000, "date": 1, "chat": place(chat), "from": person(user, language), "text": text});
        self.tell("message", message)
    }

    /// Somebody presses a button of a message.
    pub fn press(&self, user: i64, language: &str, chat: i64, message: i64, data: &str) -> i64 {
        let id = format!("press-{}", self.lock().updates.last + 1);
        let message = json!({"message_id": message, "date": 1, "chat": place(chat)});
        let press = json!({"id": id, "from": person(user, language), "message": message, "data": data});
        self.tell("callback_query", press)
    }

    fn tell(&self, kind: &str, what: Value) -> i64 {
        let mut it = self.lock();
        it.updates.last += 1;
        let update = json!({"update_id": it.updates.last, kind: what});
        it.updates.waiting.push(update);
        it.updates.last
    }

    /// Tells an update that was confirmed once more.
    pub fn tell_again(&self, update: Value) {
        self.lock().updates.waiting.push(update);
    }

    /// Up to which update everything is confirmed.
    pub fn confirmed(&self) -> i64 {
        self.lock().updates.confirmed
    }

    /// The presses that were answered, with the words.
    pub fn pressed(&self) -> Vec<(String, Option<String>)> {
        self.lock().updates.pressed.clone()
    }

    /// The menus, in order.
    pub fn menus(&self) -> Vec<Value> {
        self.lock().updates.menus.clone()
    }

    pub(super) async fn of_people(&self, method: &str, body: &[u8]) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match method {
            "getUpdates" => self.updates(&body).await,
            "answerCallbackQuery" => {
                let words = body["text"].as_str().map(str::to_owned);
                if words.as_ref().is_some_and(|words| words.chars().count() > 200) {
                    return error(400, "Bad Request: MESSAGE_TOO_LONG");
                }
                self.lock()
                    .updates
                    .pressed
                    .push((body["callback_query_id"].as_str().unwrap_or_default().to_owned(), words));
                (200, json!({"ok": true, "result": true}))
            }
            _ => self.menu(body),
        }
    }

    fn menu(&self, body: Value) -> Answer {
        let commands = body["commands"].as_array().cloned().unwrap_or_default();
        let is_good = |command: &Value| {
            let name = command["command"].as_str().unwrap_or_default();
            let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let words = command["description"].as_str().unwrap_or_default().chars().count();
            (1..=32).contains(&name.len()) && letters && (1..=256).contains(&words)
        };
        if commands.is_empty() || commands.len() > 100 || !commands.iter().all(is_good) {
            return error(400, "Bad Request: BOT_COMMAND_INVALID");
        }
        self.lock().updates.menus.push(body);
        (200, json!({"ok": true, "result": true}))
    }

    async fn updates(&self, body: &Value) -> Answer {
        let offset = body["offset"].as_i64();
        {
            let mut it = self.lock();
            if it.updates.polls > 0 {
                return error(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                );
            }
            it.updates.polls += 1;
            if let Some(offset) = offset {
                it.updates.waiting.retain(|update| update["update_id"].as_i64().unwrap() >= offset);
                it.updates.confirmed = it.updates.confirmed.max(offset - 1);
            }
        }
        // A client that goes away ends this future, and with it its poll.
        let _poll = Poll(self.clone());
        let wait = Duration::from_secs(body["timeout"].as_u64().unwrap_or(0));
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let waiting: Vec<Value> = self.lock().updates.waiting.iter().take(100).cloned().collect();
            if !waiting.is_empty() || tokio::time::Instant::now() >= deadline {
                return (200, json!({"ok": true, "result": waiting}));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

struct Poll(Telegram);

impl Drop for Poll {
    fn drop(&mut self) {
        self.0.lock().updates.polls -= 1;
    }
}

fn place(chat: i64) -> Value {
    json!({"id": chat, "type": if chat > 0 { "private" } else { "supergroup" }})
}

fn person(user: i64, language: &str) -> Value {
    json!({"id": user, "is_bot": false, "first_name": "Ann", "username": "ann", "language_code": language})
}
