//! Says something in a chat: in the place of a message with buttons, or anew.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Answer;
use super::update::{Incoming, What};
use super::{Parts, keyboard};
use crate::channel::{Request, Verdict};
use crate::deliver::http;

/// A wait that Telegram asks for is waited for once, if it is no longer than this: whoever asked is still there.
const PATIENCE: Duration = Duration::from_secs(5);
/// What became of a call.
#[derive(Debug, PartialEq)]
pub(super) enum Called {
    Done,
    /// The message is not there any more.
    Gone,
    Failed,
}

impl Parts {
    /// Puts the answer in the place of the message with the button, or sends a new one.
    pub(super) async fn say(&self, incoming: &Incoming, answer: &Answer) -> bool {
        let Some(mut body) = self.bot.lay_out(&answer.message) else { return false };
        if let Some(object) = body.as_object_mut() {
            object.insert("chat_id".to_owned(), incoming.chat.id.into());
            object.insert("link_preview_options".to_owned(), json!({ "is_disabled": true }));
            object.insert("reply_markup".to_owned(), keyboard::json(&answer.keyboard));
        }
        if let What::Press { message: Some(message), .. } = incoming.what {
            let mut edit = body.clone();
            if let Some(object) = edit.as_object_mut() {
                object.insert("message_id".to_owned(), message.into());
            }
            match self.call("editMessageText", edit, incoming).await {
                Called::Done => return true,
                Called::Failed => return false,
                Called::Gone => {}
            }
        }
        in_thread(&mut body, incoming);
        self.call("sendMessage", body, incoming).await == Called::Done
    }

    pub(super) async fn call(&self, method: &str, body: Value, incoming: &Incoming) -> Called {
        let request: Request = self.bot.call(method, body);
        for last in [false, true] {
            let answer = http::call(&self.http, &request).await;
            if self.bot.is_at_home(incoming.chat.id) {
                self.calls.note(Timestamp::now());
            }
            let why = match answer.map(|response| self.bot.verdict(&response)) {
                Ok(Verdict::Delivered(_)) => return Called::Done,
                Ok(Verdict::Throttled { wait, .. }) if wait <= PATIENCE && !last => {
                    tokio::time::sleep(wait).await;
                    continue;
                }
                Ok(Verdict::Refused(why)) if method == "editMessageText" => {
                    tracing::debug!("the bot's message cannot be changed: {why}");
                    return Called::Gone;
                }
                Ok(Verdict::Throttled { wait, .. }) => format!("it is to wait {} s", wait.as_secs()),
                Ok(Verdict::Refused(why) | Verdict::Gone(why) | Verdict::Unavailable(why)) => why,
                Ok(Verdict::Moved(to)) => format!("the group has become chat {to}; correct `allow_chats`"),
                Err(failure) => failure.reason,
            };
            tracing::warn!(chat = incoming.chat.id, "an answer of the bot's could not be given: {why}");
            return Called::Failed;
        }
        Called::Failed
    }
}

/// Into the topic in which somebody asked.
pub(super) fn in_thread(body: &mut Value, incoming: &Incoming) {
    if let (Some(thread), Some(object)) = (incoming.chat.thread, body.as_object_mut()) {
        object.insert("message_thread_id".to_owned(), thread.into());
    }
}
