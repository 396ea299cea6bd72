//! What Discord takes as a webhook message, from its documentation alone: none of it is shared with the relay.

// Each test uses its own part of it.
#![allow(dead_code)]

use serde_json::{Value, json};

/// What Discord finds wrong: the code of its answer, and where in the message.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    pub code: u32,
    pub message: &'static str,
    pub at: String,
}

impl Rejection {
    /// The body of its answer 400.
    pub fn body(&self) -> Value {
        let mut body = json!({ "message": self.message, "code": self.code });
        if self.code == 50035 {
            let mut tree = json!({ "_errors": [{ "code": "INVALID", "message": self.at }] });
            for key in self.at.split([' ', ':']).next().unwrap_or_default().rsplit('.') {
                tree = json!({ key: tree });
            }
            body["errors"] = tree;
        }
        body
    }
}

/// The judge's own numbers, by what they are about. Read from the documentation ("Message", Embed Limits; "Webhook";
/// "Allowed Mentions Structure"; "Uploading Files"; "Opcodes and Status Codes", 30015 and 40005) and the specification
/// (`IncomingWebhookRequestPartial`, `RichEmbed`), not from the relay: a test compares the two.
pub const NUMBERS: &[(&str, usize)] = &[
    ("content", 2000),
    ("embeds", 10),
    ("all embeds together", 6000),
    ("embed title", 256),
    ("embed description", 4096),
    ("embed author", 256),
    ("embed footer", 2048),
    ("embed fields", 25),
    ("field name", 256),
    ("field value", 1024),
    ("url", 2048),
    ("username", 80),
    ("thread name", 100),
    ("mentioned ids", 100),
    ("files", 10),
    ("file", 10_485_760),
    ("file description", 1024),
    ("request", 26_214_400),
];

fn most(what: &str) -> usize {
    NUMBERS.iter().find(|(name, _)| *name == what).map(|(_, most)| *most).unwrap()
}

const MESSAGE_KEYS: &[&str] = &[
    "content",
    "username",
    "avatar_url",
    "tts",
    "embeds",
    "allowed_mentions",
    "components",
    "attachments",
    "flags",
    "thread_name",
    "applied_tags",
    "poll",
];

const EMBED_KEYS: &[&str] =
    &["title", "type", "description", "url", "timestamp", "color", "footer", "image", "thumbnail", "author", "fields"];

/// Judges a body.
pub fn judge(body: &[u8]) -> Result<Value, Rejection> {
    let message: Value = serde_json::from_slice(body).map_err(|_| Rejection {
        code: 50109,
        message: "The request body contains invalid JSON.",
        at: String::new(),
    })?;
    let object = message.as_object().ok_or_else(|| invalid("the body is no object"))?;
    only_keys(object, MESSAGE_KEYS, "")?;
    let content = text(object.get("content"), "content", most("content"))?;
    let embeds = match object.get("embeds") {
        None | Some(Value::Null) => &Vec::new(),
        Some(Value::Array(embeds)) => embeds,
        Some(_) => return Err(invalid("embeds: no list")),
    };
    if embeds.len() > most("embeds") {
        return Err(invalid(&format!("embeds: {} of at most 10", embeds.len())));
    }
    let mut total = 0;
    for (number, embed) in embeds.iter().enumerate() {
        total += judge_embed(embed, &format!("embeds.{number}"))?;
    }
    if total > most("all embeds together") {
        return Err(invalid(&format!("embeds: {total} characters of at most 6000")));
    }
    if content == 0 && embeds.is_empty() {
        return Err(Rejection { code: 50006, message: "Cannot send an empty message", at: String::new() });
    }
    let username = text(object.get("username"), "username", most("username"))?;
    if object.contains_key("username") && username == 0 {
        return Err(invalid("username: empty"));
    }
    if let Some(flags) = object.get("flags") {
        let known = 4 | 4096 | 32768;
        if flags.as_u64().is_none_or(|flags| flags & !known != 0) {
            return Err(invalid("flags: not among 4, 4096 and 32768"));
        }
    }
    judge_mentions(object.get("allowed_mentions"))?;
    Ok(message)
}

fn judge_mentions(mentions: Option<&Value>) -> Result<(), Rejection> {
    let Some(mentions) = mentions else { return Ok(()) };
    let parse = mentions.get("parse").map_or(Some(&[][..]), |parse| parse.as_array().map(Vec::as_slice));
    let parse = parse.ok_or_else(|| invalid("allowed_mentions.parse: no list"))?;
    let known = ["roles", "users", "everyone"];
    if !parse.iter().all(|word| known.iter().any(|known| word == known)) {
        return Err(invalid("allowed_mentions.parse: unknown word"));
    }
    for key in ["roles", "users"] {
        let Some(ids) = mentions.get(key) else { continue };
        let ids = ids.as_array().ok_or_else(|| invalid(&format!("allowed_mentions.{key}: no list")))?;
        let number = |id: &Value| id.as_str().is_some_and(|id| id.parse::<u64>().is_ok());
        if ids.len() > most("mentioned ids") || !ids.iter().all(number) {
            return Err(invalid(&format!("allowed_mentions.{key}: more than 100, or no ids")));
        }
        if !ids.is_empty() && parse.iter().any(|word| word == key) {
            return Err(invalid(&format!("allowed_mentions.{key}: and in parse as well")));
        }
    }
    Ok(())
}

/// Whom a message rings, in the order of its text: `content` alone rings, and only whom `allowed_mentions` lets.
pub fn rings(message: &Value) -> Vec<String> {
    let content = message["content"].as_str().unwrap_or_default();
    // What a webhook that says nothing gets.
    let default = json!({ "parse": ["users"] });
    let allowed = message.get("allowed_mentions").unwrap_or(&default);
    let lists =
        |key: &str, word: &str| allowed[key].as_array().is_some_and(|list| list.iter().any(|listed| listed == word));
    let mut rung = Vec::new();
    for (at, _) in content.match_indices('@') {
        let (before, rest) = (content.get(..at).unwrap(), content.get(at + 1..).unwrap());
        if lists("parse", "everyone") && (rest.starts_with("everyone") || rest.starts_with("here")) {
            rung.push(format!("@{}", if rest.starts_with('e') { "everyone" } else { "here" }));
        }
        let Some((inside, _)) = rest.split_once('>').filter(|_| before.ends_with('<')) else { continue };
        let (kind, id) = match inside.strip_prefix('&') {
            Some(id) => ("roles", id),
            None => ("users", inside.trim_start_matches('!')),
        };
        if id.parse::<u64>().is_ok() && (lists("parse", kind) || lists(kind, id)) {
            rung.push(format!("<@{inside}>"));
        }
    }
    rung
}

/// Judges an embed, and says how many characters it has of those that count together.
fn judge_embed(embed: &Value, at: &str) -> Result<usize, Rejection> {
    let object = embed.as_object().ok_or_else(|| invalid(&format!("{at}: no object")))?;
    only_keys(object, EMBED_KEYS, at)?;
    let title = text(object.get("title"), &format!("{at}.title"), most("embed title"))?;
    let description = text(object.get("description"), &format!("{at}.description"), most("embed description"))?;
    let footer = match object.get("footer") {
        Some(footer) => required(footer.get("text"), &format!("{at}.footer.text"), most("embed footer"))?,
        None => 0,
    };
    let author = match object.get("author") {
        Some(author) => required(author.get("name"), &format!("{at}.author.name"), most("embed author"))?,
        None => 0,
    };
    if let Some(url) = object.get("url") {
        let url = url.as_str().unwrap_or_default();
        if !(url.starts_with("https://") || url.starts_with("http://")) || url.chars().count() > most("url") {
            return Err(invalid(&format!("{at}.url: no web address of at most 2048")));
        }
    }
    if let Some(color) = object.get("color")
        && color.as_u64().is_none_or(|color| color > 0xff_ffff)
    {
        return Err(invalid(&format!("{at}.color: not from 0 to 16777215")));
    }
    if let Some(timestamp) = object.get("timestamp")
        && timestamp.as_str().is_none_or(|text| text.parse::<jiff::Timestamp>().is_err())
    {
        return Err(invalid(&format!("{at}.timestamp: not ISO 8601")));
    }
    let mut fields = 0;
    if let Some(list) = object.get("fields") {
        let list = list.as_array().ok_or_else(|| invalid(&format!("{at}.fields: no list")))?;
        if list.len() > most("embed fields") {
            return Err(invalid(&format!("{at}.fields: {} of at most 25", list.len())));
        }
        for (number, field) in list.iter().enumerate() {
            fields += required(field.get("name"), &format!("{at}.fields.{number}.name"), most("field name"))?;
            fields += required(field.get("value"), &format!("{at}.fields.{number}.value"), most("field value"))?;
        }
    }
    let size = title + description + footer + author + fields;
    if size == 0 && !object.contains_key("image") {
        return Err(invalid(&format!("{at}: empty")));
    }
    Ok(size)
}

/// The length of a text in code points after trimming; none has none.
fn text(value: Option<&Value>, at: &str, limit: usize) -> Result<usize, Rejection> {
    let length = match value {
        None | Some(Value::Null) => 0,
        Some(Value::String(text)) => text.trim().chars().count(),
        Some(_) => return Err(invalid(&format!("{at}: no text"))),
    };
    if length > limit { Err(invalid(&format!("{at}: {length} of at most {limit}"))) } else { Ok(length) }
}

fn required(value: Option<&Value>, at: &str, limit: usize) -> Result<usize, Rejection> {
    match text(value, at, limit)? {
        0 => Err(invalid(&format!("{at}: required"))),
        length => Ok(length),
    }
}

fn only_keys(object: &serde_json::Map<String, Value>, known: &[&str], at: &str) -> Result<(), Rejection> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(invalid(&format!("{at}.{key}: unknown"))),
        None => Ok(()),
    }
}

fn invalid(at: &str) -> Rejection {
    Rejection { code: 50035, message: "Invalid Form Body", at: at.trim_start_matches('.').to_owned() }
}
