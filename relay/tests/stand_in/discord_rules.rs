//! What Discord takes as a webhook message, from its documentation alone: none of it is shared with the relay.

// Each test uses its own part of it.
#![allow(dead_code)]

use serde_json::{Value, json};

#[path = "form.rs"]
pub mod form;

/// What Discord finds wrong: the status and the code of its answer, and where in the message.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    pub status: u16,
    pub code: u32,
    pub message: &'static str,
    pub at: String,
}

impl Rejection {
    /// The body of its answer.
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

/// What an edit may set; a thread is made once, and the sender stays who it was.
const EDIT_KEYS: &[&str] = &["content", "embeds", "allowed_mentions", "components", "attachments", "flags", "poll"];

const EMBED_KEYS: &[&str] =
    &["title", "type", "description", "url", "timestamp", "color", "footer", "image", "thumbnail", "author", "fields"];

/// Judges a JSON body.
pub fn judge(body: &[u8]) -> Result<Value, Rejection> {
    judge_message(read(body)?, &[], None)
}

fn read(body: &[u8]) -> Result<Value, Rejection> {
    serde_json::from_slice(body).map_err(|_| rejection(400, 50109, "The request body contains invalid JSON."))
}

/// Judges the body of a call, JSON or a form. `earlier`: the message that the call edits, which then is the one that comes
/// of it. Also the files of a form.
pub fn judge_call(
    content_type: &str,
    body: &[u8],
    earlier: Option<&Value>,
) -> Result<(Value, Vec<form::Part>), Rejection> {
    if body.len() > most("request") {
        return Err(rejection(413, 40005, "Request entity too large"));
    }
    let Some(parts) = form::parts(content_type, body) else {
        return Ok((judge_message(read(body)?, &[], earlier)?, Vec::new()));
    };
    let json = parts.iter().find(|part| part.name == "payload_json").map_or(&b"{}"[..], |part| part.bytes.as_slice());
    let files: Vec<form::Part> = parts.iter().filter(|part| part.file_name.is_some()).cloned().collect();
    if files.len() > most("files") {
        return Err(rejection(400, 30015, "Maximum number of attachments in a message reached (10)"));
    }
    if files.iter().any(|file| file.bytes.len() > most("file")) {
        return Err(rejection(413, 40005, "Request entity too large"));
    }
    Ok((judge_message(read(json)?, &files, earlier)?, files))
}

/// Whether a call says which files its message has.
pub fn names_files(content_type: &str, body: &[u8]) -> bool {
    let parts = form::parts(content_type, body);
    let json = parts.as_ref().and_then(|parts| parts.iter().find(|part| part.name == "payload_json"));
    let json = json.map_or(body, |part| part.bytes.as_slice());
    read(json).is_ok_and(|message| message.get("attachments").is_some())
}

/// Judges a message with the files that came along.
fn judge_message(mut message: Value, files: &[form::Part], earlier: Option<&Value>) -> Result<Value, Rejection> {
    let object = message.as_object().ok_or_else(|| invalid("the body is no object"))?;
    only_keys(object, if earlier.is_some() { EDIT_KEYS } else { MESSAGE_KEYS }, "")?;
    let mut named = judge_files(object.get("attachments"), files)?;
    judge_mentions(object.get("allowed_mentions"))?;
    if let Some(earlier) = earlier {
        if !object.contains_key("attachments") {
            let kept = earlier["attachments"].as_array().into_iter().flatten();
            named.extend(kept.filter_map(|file| file["filename"].as_str().map(str::to_owned)));
        }
        // What an edit does not name stays as it was; the mentions are anew those of the edit.
        for key in ["content", "embeds", "attachments"] {
            if let (None, Some(kept)) = (object_key(&message, key), object_key(earlier, key)) {
                message[key] = kept;
            }
        }
    }
    let object = message.as_object().ok_or_else(|| invalid("the body is no object"))?;
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
        total += judge_embed(embed, &format!("embeds.{number}"), &named)?;
    }
    if total > most("all embeds together") {
        return Err(invalid(&format!("embeds: {total} characters of at most 6000")));
    }
    if content == 0 && embeds.is_empty() && files.is_empty() {
        return Err(rejection(400, 50006, "Cannot send an empty message"));
    }
    if let Some(avatar) = object.get("avatar_url")
        && !avatar.as_str().is_some_and(web_address)
    {
        return Err(invalid("avatar_url: no web address of at most 2048"));
    }
    if object.contains_key("thread_name") && text(object.get("thread_name"), "thread_name", most("thread name"))? == 0 {
        return Err(invalid("thread_name: empty"));
    }
    let username = text(object.get("username"), "username", most("username"))?;
    if object.contains_key("username") && username == 0 {
        return Err(invalid("username: empty"));
    }
    let name = object.get("username").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    if name.contains("discord") || name.contains("clyde") {
        return Err(invalid("username: contains a word that it must not"));
    }
    if let Some(flags) = object.get("flags") {
        let known = 4 | 4096 | 32768;
        if flags.as_u64().is_none_or(|flags| flags & !known != 0) {
            return Err(invalid("flags: not among 4, 4096 and 32768"));
        }
    }
    Ok(message)
}

fn object_key(message: &Value, key: &str) -> Option<Value> {
    message.get(key).cloned()
}

/// Each file has its entry with its number and a name, and each entry its file. The names.
fn judge_files(entries: Option<&Value>, files: &[form::Part]) -> Result<Vec<String>, Rejection> {
    let entries = match entries {
        None => &Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(invalid("attachments: no list")),
    };
    let mut names = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let field = format!("files[{}]", entry["id"]);
        let Some(file) = files.iter().find(|file| file.name == field) else {
            return Err(invalid(&format!("attachments.{number}.id: no such file")));
        };
        text(entry.get("description"), &format!("attachments.{number}.description"), most("file description"))?;
        let name = entry["filename"].as_str().or(file.file_name.as_deref()).unwrap_or_default();
        if name.is_empty() || file.bytes.is_empty() {
            return Err(invalid(&format!("attachments.{number}: no name, or an empty file")));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn web_address(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && url.chars().count() <= most("url")
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
fn judge_embed(embed: &Value, at: &str, files: &[String]) -> Result<usize, Rejection> {
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
    if object.get("url").is_some_and(|url| !url.as_str().is_some_and(web_address)) {
        return Err(invalid(&format!("{at}.url: no web address of at most 2048")));
    }
    for key in ["image", "thumbnail"] {
        let Some(picture) = object.get(key) else { continue };
        let url = picture["url"].as_str().unwrap_or_default();
        let attached = url.strip_prefix("attachment://").is_some_and(|name| files.iter().any(|file| file == name));
        if !attached && !web_address(url) {
            return Err(invalid(&format!("{at}.{key}.url: no web address, and no file that came along")));
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
    let at = at.trim_start_matches('.').to_owned();
    Rejection { at, ..rejection(400, 50035, "Invalid Form Body") }
}

fn rejection(status: u16, code: u32, message: &'static str) -> Rejection {
    Rejection { status, code, message, at: String::new() }
}
