//! Telegram, through a bot.
//!
//! Source: <https://core.telegram.org/bots/api>, "sendMessage", "editMessageText", "HTML style".

use seamark_kit::config::Section;
use seamark_kit::secret::Secret;
use serde_json::{Map, Value, json};

use super::limits::{Meter, Unit, telegram as limits};
use super::look::{self, Look};
use super::mention::Mentions;
use super::run::{Block, measure};
use super::sheet::{Markup, Room, Sheet};
use super::split::cut;
use super::{Body, Channel, Detail, Kind, Limits, MessageRef, Method, Payload, Posting, Request, Response, Verdict};
use crate::message::{Message, Tone};

mod address;
mod answer;
mod markup;

use address::Chat;
use markup::{Html, Plain, visible};

pub(super) const KIND: Kind = Kind { name: "telegram", build };

/// Room for the words of a repeat above a text.
const REPEAT_ROOM: usize = 200;
const ROOM: Room = Room {
    text: limits::TEXT.most - REPEAT_ROOM,
    bytes: limits::RAW_TEXT.most - 4 * REPEAT_ROOM,
    full_texts: 3,
    // A third of a minute's budget.
    texts: 6,
};

/// One bot in one chat.
#[derive(Debug)]
struct Telegram {
    /// `…/botTOKEN`.
    bot: Secret,
    chat: Chat,
    thread: Option<i64>,
    mention: Mentions<String>,
    /// Telegram's own servers know every tag; one of somebody else's may be older.
    official: bool,
}

fn build(section: &mut Section) -> Option<Box<dyn Channel>> {
    let token = section.secret("bot_token", "bot_token_file");
    let chat = section.text("chat_id").filter(|text| !text.trim().is_empty());
    let thread = section.number("message_thread_id", 1..=i64::MAX);
    let server = section.text("api_url").filter(|text| !text.trim().is_empty());
    let mention = Mentions::read(section, address::NAME, address::name);
    // Neither key, or nothing behind it: the channel is off.
    let token = token.filter(|text| !text.expose().trim().is_empty())?;
    let official = server.is_none();
    let server = address::server(server.as_deref().unwrap_or(address::OFFICIAL));
    let server = server.map_err(|problem| section.problem("api_url", problem)).ok();
    let token = address::token(token.expose()).map_err(|problem| section.problem("bot_token", problem)).ok();
    let chat = chat.map_or(Err(address::NO_CHAT), |text| address::chat(&text).ok_or(address::NO_CHAT));
    let chat = chat.map_err(|problem| section.problem("chat_id", problem)).ok();
    let bot = Secret::new(format!("{}/bot{}", server?, token?));
    Some(Box::new(Telegram { bot, chat: chat?, thread, mention, official }))
}

impl Channel for Telegram {
    fn kind(&self) -> &'static str {
        "telegram"
    }

    fn limits(&self) -> &'static Limits {
        if self.chat.is_private() { &limits::PRIVATE_PACE } else { &limits::GROUP_PACE }
    }

    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        let html = Html { times: self.official };
        let plain = matches!(detail, Detail::Plain | Detail::Title);
        let markup: &dyn Markup = if plain { &Plain } else { &html };
        let sheet = Sheet { markup, room: ROOM, mention: self.mention(message.tone, plain) };
        let texts = match detail {
            Detail::Full => sheet.full(message),
            Detail::Compact | Detail::Plain => sheet.compact(message),
            Detail::Title => sheet.title(message),
        };
        let payload = |text: String| {
            Payload(if plain { json!({ "text": text }) } else { json!({ "text": text, "parse_mode": "HTML" }) })
        };
        texts.into_iter().map(payload).collect()
    }

    fn meters(&self, payload: &Payload) -> Vec<Meter> {
        let text = text(&payload.0);
        vec![limits::TEXT.worst([length(&payload.0)]), limits::RAW_TEXT.worst([text.len()])]
    }

    fn look(&self, payload: &Payload) -> Look {
        let words = payload.0.get("caption").and_then(Value::as_str).unwrap_or_else(|| text(&payload.0));
        let has_tags = payload.0.get("parse_mode").is_some();
        Look::of(if has_tags { look::telegram(words) } else { look::Html::text(words) })
    }

    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        let mut body = self.body(payload);
        if let Some(words) = &how.maybe_repeated {
            mark_repeat(&mut body, words);
        }
        if let Some(thread) = self.thread {
            body.insert("message_thread_id".to_owned(), thread.into());
        }
        if how.silent {
            body.insert("disable_notification".to_owned(), true.into());
        }
        if let Some(id) = how.reply_to.as_ref().and_then(message_id) {
            // The message may have been deleted; ours must arrive all the same.
            let reply = json!({ "message_id": id, "allow_sending_without_reply": true });
            body.insert("reply_parameters".to_owned(), reply);
        }
        self.request("sendMessage", body)
    }

    fn edit(&self, at: &MessageRef, payload: &Payload) -> Option<Request> {
        let mut body = self.body(payload);
        body.insert("message_id".to_owned(), message_id(at)?.into());
        Some(self.request("editMessageText", body))
    }

    fn verdict(&self, response: &Response) -> Verdict {
        answer::verdict(response)
    }

    fn moved(&self, to: &str) -> Option<Box<dyn Channel>> {
        let chat = address::chat(to)?;
        Some(Box::new(Self {
            bot: self.bot.clone(),
            chat,
            thread: self.thread,
            mention: self.mention.clone(),
            official: self.official,
        }))
    }

    fn examine(&self) -> Vec<Request> {
        let mut chat = Map::new();
        chat.insert("chat_id".to_owned(), self.chat.json());
        vec![self.request("getMe", Map::new()), self.request("getChat", chat)]
    }

    fn examined(&self, response: &Response) -> Result<String, String> {
        match self.verdict(response) {
            Verdict::Delivered(_) => Ok("it answers, and lets the bot in".to_owned()),
            Verdict::Throttled { .. } => Ok("it answers, and wants to be asked less often".to_owned()),
            Verdict::Moved(to) => Err(format!("the group has become chat {to}; write that as `chat_id`")),
            Verdict::Unavailable(why) | Verdict::Gone(why) | Verdict::Refused(why) => Err(why),
        }
    }
}

impl Telegram {
    fn body(&self, payload: &Payload) -> Map<String, Value> {
        let mut body = payload.0.as_object().cloned().unwrap_or_default();
        body.insert("chat_id".to_owned(), self.chat.json());
        body.insert("link_preview_options".to_owned(), json!({ "is_disabled": true }));
        body
    }

    fn request(&self, method: &str, body: Map<String, Value>) -> Request {
        let url = Secret::new(format!("{}/{method}", self.bot.expose()));
        Request { method: Method::Post, url, headers: Vec::new(), body: Body::Json(body.into()) }
    }

    /// Whom a message of this tone calls.
    fn mention(&self, tone: Tone, plain: bool) -> Block {
        let names = self.mention.of(tone).iter().map(|name| match name.parse::<u64>() {
            // People without a name of their own are called by their number.
            Ok(id) if !plain => format!("<a href=\"tg://user?id={id}\">\u{1f514}</a>"),
            Ok(_) => String::new(),
            Err(_) => name.clone(),
        });
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        let markup = names.join(" ");
        Block { size: if plain { measure(Unit::Points, &markup) } else { visible(&markup) }, markup }
    }
}

fn message_id(at: &MessageRef) -> Option<i64> {
    at.0.parse().ok()
}

fn text(body: &Value) -> &str {
    body.get("text").and_then(Value::as_str).unwrap_or_default()
}

/// Code points that are left of a text when its markup is parsed.
fn length(body: &Value) -> usize {
    if body.get("parse_mode").is_some() { visible(text(body)) } else { measure(Unit::Points, text(body)) }
}

/// Says above the message that it may be a repeat.
fn mark_repeat(body: &mut Map<String, Value>, words: &str) {
    let words = cut(&super::split::clean(words), REPEAT_ROOM / 2).0;
    let html = body.contains_key("parse_mode");
    let words = if html { markup::escape(&words) } else { words };
    let marked = format!("{words}\n{}", body.get("text").and_then(Value::as_str).unwrap_or_default());
    let size = if html { visible(&marked) } else { measure(Unit::Points, &marked) };
    if size <= limits::TEXT.most && marked.len() <= limits::RAW_TEXT.most {
        body.insert("text".to_owned(), marked.into());
    }
}
