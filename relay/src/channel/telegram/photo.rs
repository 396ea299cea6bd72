//! Pictures on Telegram: a photo with its caption, or an album.
//!
//! Source: Bot API, "sendPhoto", "sendMediaGroup", "Sending files".

use serde_json::{Map, Value, json};

use super::super::limits::{Meter, Unit, telegram as limits};
use super::REPEAT_ROOM;
use super::markup::visible;
use crate::channel::body::Form;
use crate::channel::files;
use crate::channel::run::measure;
use crate::channel::{Detail, MessageRef, Payload};
use crate::message::{Attachment, Message};

/// Before the number of a message that is a photo: its words are edited by another call.
pub(super) const MARK: char = 'p';

/// The pictures that Telegram takes, and the message with those files that it does not. What a refusal leads to goes
/// without any.
pub(super) fn fitting(message: &Message, detail: Detail) -> (Vec<Attachment>, Message) {
    let pictures: Vec<Attachment> = message.attachments.iter().filter(|file| file.is_picture()).cloned().collect();
    let count = if detail == Detail::Full { limits::ALBUM.most } else { 0 };
    let (fitting, _) = files::fitting(&pictures, count, limits::PHOTO.most, usize::MAX);
    let left_out = message.attachments.iter().filter(|file| !fitting.contains(file)).cloned().collect();
    (fitting, Message { attachments: left_out, ..message.clone() })
}

/// The words as the pictures' caption where they fit; else the pictures with the title, then the words.
pub(super) fn with(mut payloads: Vec<Payload>, title: &[String], photos: &[Attachment]) -> Vec<Payload> {
    let fits = |body: &Value| caption_length_of(body, "text") <= limits::CAPTION.most - REPEAT_ROOM;
    let only = (payloads.len() == 1).then(|| payloads.first().filter(|payload| fits(&payload.0)).cloned()).flatten();
    let mut body = match only {
        Some(Payload(body)) => {
            payloads.clear();
            body
        }
        None => {
            let html = payloads.first().is_some_and(|payload| payload.0.get("parse_mode").is_some());
            let title = json!({ "text": title.first().map(String::as_str).unwrap_or_default() });
            let mut body = title;
            if let Some(object) = body.as_object_mut().filter(|_| html) {
                object.insert("parse_mode".to_owned(), "HTML".into());
            }
            body
        }
    };
    if let Some(object) = body.as_object_mut() {
        rename(object, "text", "caption");
    }
    files::put(&mut body, photos);
    payloads.insert(0, Payload(body));
    payloads
}

/// The pictures of a payload.
pub(super) fn take(body: &mut Map<String, Value>) -> Vec<Attachment> {
    let mut value = Value::Object(std::mem::take(body));
    let photos = files::take(&mut value);
    if let Value::Object(rest) = value {
        *body = rest;
    }
    photos
}

/// The method and the form that send the pictures; `None` where there are none.
pub(super) fn call(body: &mut Map<String, Value>, photos: Vec<Attachment>) -> Option<(&'static str, Form)> {
    if photos.is_empty() {
        return None;
    }
    body.remove("link_preview_options");
    let (method, files) = match photos.len() {
        1 => ("sendPhoto", photos.into_iter().map(|photo| ("photo".to_owned(), photo)).collect()),
        _ => {
            let files: Vec<(String, Attachment)> =
                photos.into_iter().enumerate().map(|(number, photo)| (format!("photo{number}"), photo)).collect();
            let mut media: Vec<Value> =
                files.iter().map(|(name, _)| json!({ "type": "photo", "media": format!("attach://{name}") })).collect();
            // The first one's caption is the album's.
            if let Some(first) = media.first_mut().and_then(Value::as_object_mut) {
                for key in ["caption", "parse_mode"] {
                    first.extend(body.remove(key).map(|value| (key.to_owned(), value)));
                }
            }
            body.insert("media".to_owned(), Value::Array(media));
            ("sendMediaGroup", files)
        }
    };
    // Fields of a form are texts: a number or an object is its JSON.
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = std::mem::take(body).into_iter().map(|(name, value)| (name, text(value))).collect();
    Some((method, Form { fields, files }))
}

/// Whether the message is a photo.
pub(super) fn is_photo(at: &MessageRef) -> bool {
    at.0.starts_with(MARK)
}

pub(super) fn rename(body: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(words) = body.remove(from) {
        body.insert(to.to_owned(), words);
    }
}

/// Code points of the caption when its markup is parsed.
pub(super) fn caption_length(body: &Map<String, Value>) -> usize {
    let words = body.get("caption").and_then(Value::as_str).unwrap_or_default();
    if body.contains_key("parse_mode") { visible(words) } else { measure(Unit::Points, words) }
}

fn caption_length_of(body: &Value, key: &str) -> usize {
    let words = body.get(key).and_then(Value::as_str).unwrap_or_default();
    if body.get("parse_mode").is_some() { visible(words) } else { measure(Unit::Points, words) }
}

/// Of a payload with pictures.
pub(super) fn meters(payload: &Value) -> Option<Vec<Meter>> {
    let photos = files::take(&mut payload.clone());
    (!photos.is_empty()).then(|| {
        vec![
            limits::CAPTION.worst([caption_length_of(payload, "caption")]),
            limits::PHOTO.worst(photos.iter().map(|photo| photo.bytes.len())),
            limits::ALBUM.worst([photos.len()]),
        ]
    })
}
