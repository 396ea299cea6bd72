//! What Telegram's Bot API takes as a message, from its documentation and the sources of its server alone: none of it is
//! shared with the relay.
//!
//! Sources: Bot API, "sendMessage", "HTML style"; tdlib/td, `MessageEntity.cpp` (how HTML is parsed, what is a mention)
//! and `MessageContent.cpp` (what is counted); tdlib/telegram-bot-api, `Client.cpp` (the texts of errors).

// Each test uses its own part of it.
#![allow(dead_code, clippy::string_slice)]

use serde_json::{Value, json};

/// The limits as this judge knows them.
pub const NUMBERS: &[(&str, usize)] =
    &[("text", 4096), ("text with markup", 32768), ("caption", 1024), ("photo", 10 * 1024 * 1024), ("photos", 10)];

const TAGS: &[&str] = &[
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    "span",
    "pre",
    "code",
    "blockquote",
];

const KEYS: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_thread_id",
    "message_id",
    "text",
    "parse_mode",
    "entities",
    "link_preview_options",
    "disable_notification",
    "protect_content",
    "reply_parameters",
    "reply_markup",
];

/// What Telegram finds wrong: the description of its answer 400.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection(pub String);

impl Rejection {
    pub fn body(&self) -> Value {
        json!({ "ok": false, "error_code": 400, "description": self.0 })
    }
}

fn no<T>(description: impl std::fmt::Display) -> Result<T, Rejection> {
    Err(Rejection(format!("Bad Request: {description}")))
}

/// A text whose markup is parsed: its letters, each with whether it stands in code or a link; and whom links call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    pub letters: Vec<(char, bool)>,
    pub called: Vec<String>,
}

impl Parsed {
    pub fn text(&self) -> String {
        self.letters.iter().map(|(letter, _)| letter).collect()
    }
}

/// Judges the body of `sendMessage` or `editMessageText`.
pub fn judge(body: &[u8]) -> Result<Parsed, Rejection> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return no("can't parse JSON object") };
    // Telegram itself overlooks unknown keys; here each is a misspelling.
    if let Some(key) = body.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return no(format!("unknown key {key}"));
    }
    match body.get("chat_id") {
        Some(Value::Number(number)) if number.as_i64().is_some_and(|id| id != 0) => {}
        Some(Value::String(name)) if name.starts_with('@') => {}
        _ => return no("chat_id is empty"),
    }
    let Some(Value::String(text)) = body.get("text") else { return no("message text is empty") };
    if text.len() > 32768 {
        return no("text is too long");
    }
    let parsed = match body.get("parse_mode").map(|mode| mode.as_str().unwrap_or_default()) {
        None => Parsed { letters: text.chars().map(|letter| (letter, false)).collect(), called: Vec::new() },
        Some("HTML") => parse(text)?,
        Some(mode) => return no(format!("unsupported parse_mode {mode}")),
    };
    let shown = parsed.text();
    if shown.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{200b}').is_empty() {
        return no("message text is empty");
    }
    if shown.trim().chars().count() > 4096 {
        return no("message is too long");
    }
    Ok(parsed)
}

/// Judges the form of `sendPhoto` or `sendMediaGroup`, or the body of `editMessageCaption`: a caption with its markup, and
/// the sizes of photos.
pub fn judge_photos(fields: &serde_json::Map<String, Value>, photos: &[usize]) -> Result<Parsed, Rejection> {
    let known = |key: &&String| {
        ["caption", "media", "message_id"].contains(&key.as_str()) || (KEYS.contains(&key.as_str()) && *key != "text")
    };
    if let Some(key) = fields.keys().find(|key| !known(key)) {
        return no(format!("unknown key {key}"));
    }
    if photos.len() > 10 {
        return no("too many photos in an album");
    }
    if photos.contains(&0) {
        return no("file must be non-empty");
    }
    if photos.iter().any(|size| *size > 10 * 1024 * 1024) {
        return no("file is too big");
    }
    let caption = fields.get("caption").and_then(Value::as_str).unwrap_or_default();
    let parsed = match fields.get("parse_mode").map(|mode| mode.as_str().unwrap_or_default()) {
        None => Parsed { letters: caption.chars().map(|letter| (letter, false)).collect(), called: Vec::new() },
        Some("HTML") => parse(caption)?,
        Some(mode) => return no(format!("unsupported parse_mode {mode}")),
    };
    if parsed.text().trim().chars().count() > 1024 {
        return no("message caption is too long");
    }
    Ok(parsed)
}

fn parse(html: &str) -> Result<Parsed, Rejection> {
    let wrong = |what: String| no(format!("can't parse entities: {what}"));
    let mut parsed = Parsed::default();
    let mut open: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(letter) = html[at..].chars().next() {
        let quiet = open.iter().any(|tag| matches!(tag.as_str(), "code" | "pre" | "a"));
        if letter == '&' {
            let (meant, length) = entity(&html[at..]);
            parsed.letters.push((meant, quiet));
            at += length;
            continue;
        }
        if letter != '<' {
            parsed.letters.push((letter, quiet));
            at += letter.len_utf8();
            continue;
        }
        if html[at + 1..].starts_with('/') {
            let Some(end) = html[at..].find('>') else { return wrong(format!("Unclosed end tag at byte offset {at}")) };
            let name = html[at + 2..at + end].trim().to_lowercase();
            match open.pop() {
                None => return wrong(format!("Unexpected end tag at byte offset {at}")),
                Some(tag) if tag != name && !name.is_empty() => {
                    return wrong(format!(
                        "Unmatched end tag at byte offset {at}, expected \"</{tag}>\", found \"</{name}>\""
                    ));
                }
                Some(_) => {}
            }
            at += end + 1;
            continue;
        }
        let name: String =
            html[at + 1..].chars().take_while(|c| !c.is_whitespace() && *c != '>').collect::<String>().to_lowercase();
        if !TAGS.contains(&name.as_str()) {
            return wrong(format!("Unsupported start tag \"{name}\" at byte offset {at}"));
        }
        let (attributes, length) = attributes(&html[at + 1 + name.len()..], at)?;
        if name == "tg-time" && !attributes.iter().any(|(key, value)| key == "unix" && value.parse::<u64>().is_ok()) {
            return wrong(format!("Tag \"tg-time\" must have a valid \"unix\" at byte offset {at}"));
        }
        if name == "blockquote" && open.contains(&name) {
            return wrong("blockquotes are nested".to_owned());
        }
        if open.iter().any(|tag| tag == "pre" || tag == "code") {
            return wrong("code holds another entity".to_owned());
        }
        let user = attributes.iter().find_map(|(key, value)| {
            (key == "href").then(|| value.strip_prefix("tg://user?id=").map(str::to_owned))?
        });
        parsed.called.extend(user);
        at += 1 + name.len() + length;
        open.push(name);
    }
    match open.pop() {
        Some(tag) => wrong(format!("Can't find end tag corresponding to start tag \"{tag}\"")),
        None => Ok(parsed),
    }
}

/// Named entities are these four; everything else that begins with `&` is text.
fn entity(text: &str) -> (char, usize) {
    for (name, meant) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if text.starts_with(name) {
            return (meant, name.len());
        }
    }
    ('&', 1)
}

/// The attributes up to the end of the tag, and their length, the `>` included.
fn attributes(text: &str, tag_at: usize) -> Result<(Vec<(String, String)>, usize), Rejection> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((found, text.len() - after.len()));
        }
        let name: String = rest.chars().take_while(|c| !c.is_whitespace() && !"=>".contains(*c)).collect();
        if name.is_empty() {
            return no(format!("can't parse entities: Empty attribute name in the tag at byte offset {tag_at}"));
        }
        rest = &rest[name.len()..];
        let Some(value) = rest.strip_prefix("=\"") else {
            found.push((name, String::new()));
            continue;
        };
        let Some(end) = value.find('"') else {
            return no(format!("can't parse entities: Unclosed start tag at byte offset {tag_at}"));
        };
        found.push((name, value[..end].to_owned()));
        rest = &value[end + 1..];
    }
}

/// Whom a message rings: users by number, and every `@name` that stands outside of code and links. Edits ring nobody.
pub fn rings(body: &Value) -> Vec<String> {
    if body.get("message_id").is_some() {
        return Vec::new();
    }
    let parsed = judge(body.to_string().as_bytes()).unwrap();
    let mut names = parsed.called.clone();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    for (at, (letter, quiet)) in parsed.letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| parsed.letters[at].0);
        if *letter == '@' && !quiet && !before.is_some_and(is_part) {
            let name: String =
                parsed.letters[at + 1..].iter().map(|(letter, _)| *letter).take_while(|c| is_part(*c)).collect();
            names.extend((name.len() >= 2).then(|| format!("@{name}")));
        }
    }
    names
}
