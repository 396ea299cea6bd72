//! The bot itself, to talk to people: in any chat, by any method.
//!
//! Source: <https://core.telegram.org/bots/api>.

use seamark_kit::secret::Secret;
use serde_json::Value;

use super::address::Chat;
use super::{answer, whole};
use crate::channel::{Body, Method, Request, Response, Verdict};
use crate::message::Message;

/// A bot without a chat of its own.
#[derive(Debug, Clone)]
pub struct Bot {
    /// `…/botTOKEN`.
    base: Secret,
    official: bool,
    /// The number of the channel's chat, where it is known by that.
    chat: Option<i64>,
}

impl Bot {
    pub(super) fn new(base: Secret, official: bool, chat: &Chat) -> Self {
        let chat = match chat {
            Chat::Number(number) => Some(*number),
            Chat::Name(_) => None,
        };
        Self { base, official, chat }
    }

    /// The bot's number, which is the part of its token that is no secret.
    pub fn id(&self) -> String {
        let token = self.base.expose().rsplit("/bot").next().unwrap_or_default();
        token.split(':').next().unwrap_or_default().to_owned()
    }

    /// Whether this is the chat of the channel that the bot belongs to.
    pub fn is_at_home(&self, chat: i64) -> bool {
        self.chat == Some(chat)
    }

    /// The call of a method.
    pub fn call(&self, method: &str, body: Value) -> Request {
        let url = Secret::new(format!("{}/{method}", self.base.expose()));
        Request { method: Method::Post, url, headers: Vec::new(), body: Body::Json(body) }
    }

    /// The text of a message and how it is to be read: `text` and `parse_mode`. `None` where it does not fit.
    pub fn lay_out(&self, message: &Message) -> Option<Value> {
        whole(message, self.official).map(|payload| payload.0)
    }

    /// What an answer means.
    pub fn verdict(&self, response: &Response) -> Verdict {
        answer::verdict(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_bot_is_no_secret_and_the_rest_of_its_token_is_not_shown() {
        let bot = Bot::new(Secret::new("http://x/bot12/bot34:s3cr3t"), false, &Chat::Number(-7));
        assert_eq!((bot.id(), bot.is_at_home(-7), bot.is_at_home(7)), ("34".to_owned(), true, false));
        let shown = format!("{bot:?} {:?}", bot.call("getMe", Value::Null));
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}
