//! Discord's errors in words, with what to do about them.
//!
//! Source: Discord's documentation, "Opcodes and Status Codes", and "Reference", Error Messages.

use serde_json::Value;

use crate::channel::Response;
use crate::channel::split::{clean, cut};

/// What a code means here, where its message alone does not say what to do.
fn meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        10003 => "the chat channel or thread was deleted; name another one",
        10008 => "the message was deleted",
        10015 => "the webhook was deleted; make a new one in the chat channel's settings and give its address",
        30046 => "messages older than an hour can be edited only now and then",
        40005 => "it was too large",
        50006 => "there was nothing in it",
        50027 => "the end of the webhook's address is wrong; copy the address again",
        50083 | 160_005 => "open the thread again, or name another one in `thread_id`",
        200_000 | 200_001 => "AutoMod of this Discord server blocks these words; let the webhook's messages through",
        220_001 => "the chat channel is a forum: `thread_name` makes a post of each message, `thread_id` names a post",
        220_002 => "a message goes into a new post or into one that is there; keep `thread_name` or `thread_id`",
        220_003 => "the chat channel is no forum; remove `thread_name`",
        _ => return None,
    })
}

/// Status, code and message, what to do, and which parts of the request were wrong: no secret is among what Discord
/// sends back.
pub(super) fn describe(response: &Response, json: Option<&Value>) -> String {
    let mut words = format!("HTTP {}", response.status);
    let Some(json) = json else {
        let body = String::from_utf8_lossy(&response.body);
        let body = body.trim();
        // A page of HTML says nothing here.
        if !body.is_empty() && !body.starts_with('<') {
            words.push_str(&format!(": {}", one_line(body, 100)));
        } else if response.status == 413 {
            words.push_str(": it was too large");
        }
        return words;
    };
    let code = json.get("code").and_then(Value::as_i64);
    if let Some(code) = code {
        words.push_str(&format!(", code {code}"));
    }
    let message = json.get("message").and_then(Value::as_str);
    if let Some(message) = message {
        words.push_str(&format!(": {}", one_line(message.trim_end_matches('.'), 200)));
    }
    if let Some(meaning) = code.and_then(meaning) {
        words.push_str(&format!("; {meaning}"));
    }
    // Version 6, which unversioned addresses speak, has the fields at the top: `{"embeds":["0"]}`.
    let errors = json.get("errors").or_else(|| message.is_none().then_some(json));
    let mut places = Vec::new();
    if let Some(errors) = errors {
        places_of(errors, "", &mut places);
    }
    if !places.is_empty() {
        words.push_str(&format!(" ({})", one_line(&places.join("; "), 300)));
    }
    words
}

/// The leaves of a tree of errors, each with the way to it: `embeds.0.title: Must be 256 or fewer in length`.
fn places_of(errors: &Value, at: &str, places: &mut Vec<String>) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match errors {
        Value::Object(entries) => {
            for (key, value) in entries {
                let at = if key == "_errors" { at.to_owned() } else { below(key) };
                if key != "code" {
                    places_of(value, &at, places);
                }
            }
        }
        Value::Array(list) => {
            for value in list {
                let message = value.get("message").or_else(|| value.get("code")).unwrap_or(value);
                let message = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
                places.push(format!("{at}: {}", message.trim_end_matches('.')));
            }
        }
        value => places.push(format!("{at}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
    }
}

fn one_line(text: &str, limit: usize) -> String {
    cut(&clean(text).replace('\n', " "), limit).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(status: u16, body: &str) -> String {
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        describe(&response, serde_json::from_str(body).ok().as_ref())
    }

    #[test]
    fn the_places_that_were_wrong_are_named() {
        let body = r#"{"message":"Invalid Form Body","code":50035,"errors":{"embeds":{"0":{"title":{"_errors":
            [{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 256 or fewer in length."}]},"fields":{"3":{"value":
            {"_errors":[{"code":"BASE_TYPE_REQUIRED"}]}}}}}}}"#;
        assert_eq!(
            words(400, body),
            "HTTP 400, code 50035: Invalid Form Body (embeds.0.fields.3.value: BASE_TYPE_REQUIRED; embeds.0.title: Must be \
             256 or fewer in length)"
        );
    }

    #[test]
    fn the_shape_of_unversioned_addresses_is_read_as_well() {
        assert_eq!(words(400, r#"{"embeds":["0"]}"#), "HTTP 400 (embeds: 0)");
        let body = r#"{"content":["Must be 2000 or fewer in length."]}"#;
        assert_eq!(words(400, body), "HTTP 400 (content: Must be 2000 or fewer in length)");
    }

    #[test]
    fn a_code_comes_with_what_to_do() {
        for (status, body, says) in [
            (404, r#"{"message":"Unknown Webhook","code":10015}"#, "Unknown Webhook; the webhook was deleted; make"),
            (401, r#"{"message":"Invalid Webhook Token","code":50027}"#, "copy the address again"),
            (400, r#"{"message":"Cannot send an empty message","code":50006}"#, "there was nothing in it"),
            (413, r#"{"message":"Request entity too large","code":40005}"#, "it was too large"),
            (413, "<html>", "it was too large"),
            (
                400,
                r#"{"message":"Webhooks posted to forum channels must …","code":220001}"#,
                "`thread_name` makes a post",
            ),
            (400, r#"{"message":"Webhooks can only create threads in …","code":220003}"#, "remove `thread_name`"),
        ] {
            let words = words(status, body);
            assert!(words.contains(says), "{words}");
        }
    }
}
