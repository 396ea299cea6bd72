//! What WeCom takes of a group robot, from its documentation alone: none of it is shared with the relay.
//!
//! Sources: developer.work.weixin.qq.com/document/path/99110 (types, lengths in bytes of UTF-8, who can be called) and
//! path/90455 (codes); the words of 40058 as RayWangQvQ/BiliBiliToolPro#702 quotes them.

// Each test uses its own part of it.
#![allow(dead_code)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

/// The limits as this judge knows them.
pub const NUMBERS: &[(&str, usize)] =
    &[("text.content", 2048), ("markdown.content", 4096), ("markdown_v2.content", 4096), ("image", 2 * 1024 * 1024)];

/// What WeCom finds wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    pub code: i64,
    pub message: String,
}

impl Rejection {
    /// The body of its answer, whose status is 200.
    pub fn body(&self) -> Value {
        let Self { code, message } = self;
        let tail = format!(
            "hint: [1760000000021847465], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
        );
        json!({ "errcode": code, "errmsg": format!("{message}, {tail}") })
    }
}

fn no<T>(code: i64, message: impl std::fmt::Display) -> Result<T, Rejection> {
    Err(Rejection { code, message: message.to_string() })
}

/// Judges a body; the words of it.
pub fn judge(body: &[u8]) -> Result<String, Rejection> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return no(40058, "invalid Request Parameter");
    };
    let kind = body.get("msgtype").and_then(Value::as_str).unwrap_or_default();
    if kind == "image" {
        return image(&body);
    }
    let Some((_, most)) = NUMBERS.iter().find(|(name, _)| name.strip_suffix(".content") == Some(kind)) else {
        return no(40008, "invalid message type");
    };
    // WeCom itself overlooks unknown keys; here each is a misspelling.
    if let Some(key) = body.keys().find(|key| *key != "msgtype" && *key != kind) {
        return no(40058, format!("unknown key {key}"));
    }
    let Some(part) = body.get(kind).and_then(Value::as_object) else {
        return no(40058, format!("{kind} missing. invalid Request Parameter"));
    };
    let lists = ["mentioned_list", "mentioned_mobile_list"];
    for (key, value) in part {
        let is_list = kind == "text" && lists.contains(&key.as_str());
        let texts = value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        if key != "content" && !(is_list && texts) {
            return no(40058, format!("{kind}.{key}. invalid Request Parameter"));
        }
    }
    let Some(content) = part.get("content").and_then(Value::as_str) else {
        return no(44004, "empty content");
    };
    if content.trim().is_empty() {
        return no(44004, "empty content");
    }
    if content.len() > *most {
        return no(40058, format!("{kind}.content exceed max length {most}. invalid Request Parameter"));
    }
    Ok(content.to_owned())
}

/// A picture: base64 and the MD5 of its bytes, JPG or PNG, 2 MB at most; nothing else beside it.
fn image(body: &serde_json::Map<String, Value>) -> Result<String, Rejection> {
    let text = |key: &str| body.get("image").and_then(|image| image.get(key)).and_then(Value::as_str);
    let keys = body.get("image").and_then(Value::as_object).map_or(0, serde_json::Map::len);
    let (Some(base64), Some(md5), 2, 2) = (text("base64"), text("md5"), keys, body.len()) else {
        return no(40058, "image.base64 missing. invalid Request Parameter");
    };
    let Ok(bytes) = STANDARD.decode(base64) else { return no(40058, "image.base64. invalid Request Parameter") };
    if bytes.len() > 2 * 1024 * 1024 {
        return no(40009, "invalid image size");
    }
    if !(bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff")) {
        return no(40005, "invalid file type");
    }
    let sum: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if sum != md5 {
        return no(301_019, "media file md5 not match");
    }
    Ok(String::new())
}

/// Whom a message rings: the lists of a text, and `<@id>` in the first kind of markdown.
pub fn rings(body: &Value) -> Vec<String> {
    let list = |key: &str| {
        let names = body["text"][key].as_array().cloned().unwrap_or_default();
        names.into_iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let content = body["markdown"]["content"].as_str().unwrap_or_default();
    let inside = content.split("<@").skip(1).filter_map(|rest| Some(rest.split_once('>')?.0.to_owned()));
    list("mentioned_list").into_iter().chain(list("mentioned_mobile_list")).chain(inside).collect()
}
