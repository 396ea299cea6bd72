//! What Telegram tells of what people do: its JSON, as far as the bot needs it.
//!
//! Source: Bot API, "Update", "Message", "CallbackQuery".

use serde_json::Value;

use crate::compose::{Locale, excerpt, one_line};

/// A message or a press of a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Who.
    pub user: User,
    /// Where.
    pub chat: Chat,
    /// What.
    pub what: What,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub id: i64,
    /// As silences name whoever made them.
    pub name: String,
    /// The language of the client, if it is one of ours.
    pub locale: Option<Locale>,
}

/// A chat, or a topic in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chat {
    /// The number.
    pub id: i64,
    /// Between the bot and one user.
    pub is_private: bool,
    /// The topic.
    pub thread: Option<i64>,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Wrote.
    Text(String),
    /// Pressed a button.
    Press {
        /// Of the press.
        id: String,
        /// What is behind the button.
        data: String,
        /// The message with the button; `None`: it is too old to be changed.
        message: Option<i64>,
    },
}

/// Names of people are cut here.
const LONGEST_NAME: usize = 80;

/// The number of an update.
pub fn number(update: &Value) -> Option<i64> {
    update.get("update_id")?.as_i64()
}

/// Reads an update; `None`: nothing that concerns the bot.
pub fn read(update: &Value) -> Option<Incoming> {
    if let Some(message) = update.get("message") {
        let text = message.get("text")?.as_str()?.to_owned();
        return Some(Incoming { user: user(message.get("from")?)?, chat: chat(message)?, what: What::Text(text) });
    }
    let press = update.get("callback_query")?;
    let message = press.get("message")?;
    // One that is too old has no date (Bot API, "InaccessibleMessage").
    let is_there = message.get("date").and_then(Value::as_i64).is_some_and(|date| date > 0);
    let what = What::Press {
        id: press.get("id")?.as_str()?.to_owned(),
        data: press.get("data")?.as_str()?.to_owned(),
        message: message.get("message_id").and_then(Value::as_i64).filter(|_| is_there),
    };
    Some(Incoming { user: user(press.get("from")?)?, chat: chat(message)?, what })
}

fn user(from: &Value) -> Option<User> {
    // Bots do not talk to each other.
    if from.get("is_bot").and_then(Value::as_bool).unwrap_or(false) {
        return None;
    }
    let id = from.get("id")?.as_i64()?;
    let text = |key: &str| from.get(key).and_then(Value::as_str).unwrap_or_default();
    let full = excerpt(&one_line(&format!("{} {}", text("first_name"), text("last_name"))), LONGEST_NAME);
    let name = match text("username") {
        "" => format!("{full} ({id})"),
        username => format!("{full} (@{}, {id})", excerpt(&one_line(username), LONGEST_NAME)),
    };
    Some(User { id, name: name.trim().to_owned(), locale: locale(text("language_code")) })
}

fn chat(message: &Value) -> Option<Chat> {
    let chat = message.get("chat")?;
    let in_topic = message.get("is_topic_message").and_then(Value::as_bool).unwrap_or(false);
    Some(Chat {
        id: chat.get("id")?.as_i64()?,
        is_private: chat.get("type").and_then(Value::as_str) == Some("private"),
        thread: message.get("message_thread_id").and_then(Value::as_i64).filter(|_| in_topic),
    })
}

/// The catalogue for the language of a client, an IETF tag such as `zh-hans`.
fn locale(tag: &str) -> Option<Locale> {
    let tag = tag.to_ascii_lowercase();
    let mut parts = tag.split(['-', '_']);
    match parts.next()? {
        "en" => Some(Locale::En),
        "uk" => Some(Locale::Uk),
        "zh" if parts.any(|part| matches!(part, "hant" | "tw" | "hk" | "mo")) => Some(Locale::ZhTw),
        "zh" => Some(Locale::ZhCn),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ann() -> Value {
        json!({"id": 1001, "is_bot": false, "first_name": "Ann", "last_name": "Lee", "username": "ann", "language_code": "zh-hant"})
    }

    #[test]
    fn a_message_in_a_topic_and_a_press_are_read() {
        let chat = json!({"id": -100, "type": "supergroup"});
        let user = User { id: 1001, name: "Ann Lee (@ann, 1001)".to_owned(), locale: Some(Locale::ZhTw) };
        let text = json!({"update_id": 5, "message": {"message_id": 1, "date": 9, "chat": chat, "from": ann(),
            "text": "/status", "message_thread_id": 7, "is_topic_message": true}});
        let place = Chat { id: -100, is_private: false, thread: Some(7) };
        let read_text = Incoming { user: user.clone(), chat: place, what: What::Text("/status".to_owned()) };
        assert_eq!((number(&text), read(&text)), (Some(5), Some(read_text)));
        let press = |date: i64| {
            json!({"update_id": 6, "callback_query": {"id": "p1", "from": ann(), "data": "top",
            "message": {"message_id": 3, "date": date, "chat": chat}}})
        };
        let what = |message| What::Press { id: "p1".to_owned(), data: "top".to_owned(), message };
        assert_eq!(read(&press(9)).unwrap().what, what(Some(3)));
        assert_eq!(read(&press(0)).unwrap().what, what(None));
    }

    #[test]
    fn what_is_no_text_of_a_person_is_nothing() {
        for odd in [
            json!({"update_id": 1}),
            json!({"update_id": 1, "message": {"chat": {"id": 1}, "from": ann(), "photo": []}}),
            json!({"update_id": 1, "message": {"chat": {"id": 1}, "from": {"id": 2, "is_bot": true}, "text": "/top"}}),
            json!({"update_id": 1, "message": {"chat": {"id": 1}, "text": "/top"}}),
            json!("x"),
        ] {
            assert_eq!(read(&odd), None, "{odd}");
        }
    }

    #[test]
    fn the_language_of_a_client_is_one_of_ours_or_none() {
        let tags = ["en", "en-GB", "uk", "zh", "zh-hans", "zh-CN", "zh-TW", "zh-hant-HK", "de", ""];
        use Locale::{En, Uk, ZhCn, ZhTw};
        let ours =
            [Some(En), Some(En), Some(Uk), Some(ZhCn), Some(ZhCn), Some(ZhCn), Some(ZhTw), Some(ZhTw), None, None];
        assert_eq!(tags.map(locale), ours);
    }
}
