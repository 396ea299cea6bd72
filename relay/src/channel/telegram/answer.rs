//! What Telegram's answers mean.
//!
//! Sources: Bot API, "Making requests" and "ResponseParameters"; the texts of errors are those of
//! tdlib/telegram-bot-api, `Client.cpp`.

use std::time::Duration;

use serde_json::Value;

use super::photo::MARK;
use crate::channel::split::{clean, cut};
use crate::channel::{MessageRef, Response, Verdict};

/// A 429 that does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(30);
/// Longer than any wait that was seen, and short enough for arithmetic with moments.
const LONGEST_WAIT_SECONDS: u64 = 30 * 86_400;

/// Errors 400 that no other message would change, and what to do about them.
const GONE: [(&str, &str); 9] = [
    ("chat not found", "check `chat_id`, and that the bot is in the chat"),
    ("peer_id_invalid", "check `chat_id`"),
    ("have no rights to send", "let the bot write in the chat"),
    ("not enough rights to send", "let the bot write in the chat"),
    ("chat_write_forbidden", "let the bot write in the chat"),
    ("need administrator rights", "make the bot an administrator of the channel"),
    ("message thread not found", "check `message_thread_id`"),
    ("topic_closed", "open the topic again, or take another `message_thread_id`"),
    ("topic_deleted", "take another `message_thread_id`"),
];

pub(super) fn verdict(response: &Response) -> Verdict {
    let json: Option<Value> = serde_json::from_slice(&response.body).ok();
    let json = json.as_ref().filter(|json| json.is_object());
    let code = json.and_then(|json| json.get("error_code")).and_then(Value::as_u64);
    let status = match response.status {
        200..=299 => return accepted(response, json),
        status => code.and_then(|code| u16::try_from(code).ok()).filter(|code| *code >= 300).unwrap_or(status),
    };
    failed(status, response, json)
}

/// Only what says `ok` has arrived: a proxy's page does not.
fn accepted(response: &Response, json: Option<&Value>) -> Verdict {
    match json {
        Some(json) if json.get("ok") == Some(&Value::Bool(true)) => {
            // Of an album the first one carries the words.
            let message = json.pointer("/result/0").or_else(|| json.get("result"));
            let of = |key| message.and_then(|message| message.get(key));
            let mark = of("photo").map_or_else(String::new, |_| MARK.to_string());
            let id = of("message_id").and_then(Value::as_i64);
            Verdict::Delivered(MessageRef(id.map_or_else(String::new, |id| format!("{mark}{id}"))))
        }
        // What is read of an answer has an end, and a long message comes back with all its links.
        None if response.body.starts_with(b"{\"ok\":true") => Verdict::Delivered(MessageRef(first_id(&response.body))),
        Some(json) if json.get("ok") == Some(&Value::Bool(false)) => {
            let code = json.get("error_code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
            failed(code.unwrap_or(500), response, Some(json))
        }
        _ => Verdict::Unavailable(format!("HTTP {} without an answer of Telegram's", response.status)),
    }
}

fn first_id(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let id = text.split("\"message_id\":").nth(1).unwrap_or_default();
    id.chars().take_while(char::is_ascii_digit).collect()
}

fn failed(status: u16, response: &Response, json: Option<&Value>) -> Verdict {
    let said = json.and_then(|json| json.get("description")).and_then(Value::as_str).unwrap_or_default();
    let words = describe(status, said);
    let said = said.to_lowercase();
    let moved = json.and_then(|json| json.pointer("/parameters/migrate_to_chat_id")).and_then(Value::as_i64);
    if let Some(chat) = moved {
        return Verdict::Moved(chat.to_string());
    }
    match status {
        429 => throttled(response, json),
        // An edit that would change nothing: the message says already what it should.
        400 if said.contains("message is not modified") => Verdict::Delivered(MessageRef::default()),
        400 => match GONE.iter().find(|(error, _)| said.contains(error)) {
            Some((_, advice)) => Verdict::Gone(format!("{words}; {advice}")),
            None => Verdict::Refused(words),
        },
        401 | 404 => Verdict::Gone(format!("{words}; the bot's token is not valid, @BotFather has the right one")),
        403 => Verdict::Gone(format!("{words}; the bot was removed or blocked: let it into the chat again")),
        408 | 409 => Verdict::Unavailable(words),
        410 => Verdict::Gone(words),
        402..=499 => Verdict::Refused(words),
        300..=399 => Verdict::Unavailable(format!("HTTP {status}: a redirect, which is not followed; check `api_url`")),
        _ => Verdict::Unavailable(words),
    }
}

/// The body says how long, else the header.
fn throttled(response: &Response, json: Option<&Value>) -> Verdict {
    let said = json.and_then(|json| json.pointer("/parameters/retry_after")).and_then(Value::as_u64);
    let header = || response.header("retry-after").and_then(|text| text.trim().parse().ok());
    let seconds = said.or_else(header).map(|seconds: u64| Duration::from_secs(seconds.clamp(1, LONGEST_WAIT_SECONDS)));
    Verdict::Throttled { wait: seconds.unwrap_or(UNSAID_WAIT), whole_service: false }
}

/// Status and description: no secret is among what Telegram sends back.
fn describe(status: u16, said: &str) -> String {
    let said = cut(&clean(said).replace('\n', " "), 200).0;
    if said.trim().is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Verdict {
        verdict(&Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
    }

    fn error(code: u16, description: &str) -> Verdict {
        let body = serde_json::json!({"ok": false, "error_code": code, "description": description});
        answer(code, &body.to_string())
    }

    fn delivered(id: &str) -> Verdict {
        Verdict::Delivered(MessageRef(id.to_owned()))
    }

    #[test]
    fn an_accepted_message_has_its_number() {
        assert_eq!(answer(200, r#"{"ok":true,"result":{"message_id":77,"date":1}}"#), delivered("77"));
        assert_eq!(answer(200, r#"{"ok":true,"result":{"message_id":78,"text":"cut of"#), delivered("78"));
    }

    #[test]
    fn a_photo_is_told_from_a_text_because_its_words_are_edited_otherwise() {
        assert_eq!(answer(200, r#"{"ok":true,"result":{"message_id":77,"photo":[],"caption":"x"}}"#), delivered("p77"));
        let album = r#"{"ok":true,"result":[{"message_id":78,"photo":[]},{"message_id":79,"photo":[]}]}"#;
        assert_eq!(answer(200, album), delivered("p78"));
    }

    #[test]
    fn an_edit_that_changes_nothing_is_done() {
        let said = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";
        assert_eq!(error(400, said), delivered(""));
    }

    #[test]
    fn a_message_that_is_gone_cannot_be_edited() {
        for said in ["Bad Request: message to edit not found", "Bad Request: message can't be edited"] {
            assert_eq!(error(400, said), Verdict::Refused(format!("HTTP 400: {said}")));
        }
    }

    #[test]
    fn a_rate_limit_is_waited_for_as_long_as_it_says() {
        let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#;
        let headers = vec![("retry-after".to_owned(), "7".to_owned())];
        let throttled = |seconds| Verdict::Throttled { wait: Duration::from_secs(seconds), whole_service: false };
        assert_eq!(answer(429, body), throttled(35));
        assert_eq!(verdict(&Response { status: 429, headers: headers.clone(), body: body.into() }), throttled(35));
        assert_eq!(verdict(&Response { status: 429, headers, body: Vec::new() }), throttled(7));
        assert_eq!(answer(429, "<html>"), throttled(30));
    }

    #[test]
    fn a_group_that_became_a_supergroup_has_moved() {
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001}}"#;
        assert_eq!(answer(400, body), Verdict::Moved("-1001".to_owned()));
    }

    #[test]
    fn a_chat_that_is_gone_is_left_alone() {
        for (code, said) in [
            (400, "Bad Request: chat not found"),
            (400, "Bad Request: message thread not found"),
            (401, "Unauthorized"),
            (403, "Forbidden: bot was kicked from the supergroup chat"),
            (404, "Not Found"),
        ] {
            assert!(matches!(error(code, said), Verdict::Gone(_)), "{code} {said}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_message_is_refused() {
        for said in [
            "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0",
            "Bad Request: message is too long",
            "Bad Request: message text is empty",
        ] {
            assert_eq!(error(400, said), Verdict::Refused(format!("HTTP 400: {said}")));
        }
    }

    #[test]
    fn a_page_of_somebody_else_is_no_delivery() {
        for status in [200, 302, 502] {
            assert!(matches!(answer(status, "<html>hello</html>"), Verdict::Unavailable(_)), "{status}");
        }
    }
}
