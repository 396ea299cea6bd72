//! What Discord's answers mean.
//!
//! Sources: Discord's documentation, "Rate Limits" and "Opcodes and Status Codes"; Cloudflare in front of it answers in
//! its own words (discord/discord-api-docs#5810, #5385).

use std::time::Duration;

use serde_json::Value;

use super::problem::describe;
use crate::channel::{Allowance, MessageRef, Response, Verdict};

/// Unknown channel.
const CHANNEL: i64 = 10003;
/// Unknown message: the one to be edited was deleted.
const MESSAGE: i64 = 10008;
/// Too many edits of messages that are older than an hour.
const OLD_EDITS: i64 = 30046;
/// Unknown webhook; invalid webhook token; archived thread, locked thread; a forum wants a thread, has one too many, or is
/// none. Somebody has to change the configuration or the chat.
const GONE_CODES: [i64; 7] = [10015, 50027, 50083, 160_005, 220_001, 220_002, 220_003];
/// A block without a duration: the window in which Discord counts bad requests.
const BLOCKED_WAIT: Duration = Duration::from_secs(600);
/// A 429 that does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(5);
/// Longer than any ban that was seen (a day), and short enough for arithmetic with moments.
const LONGEST_WAIT_SECONDS: f64 = 30.0 * 86_400.0;

/// `posts`: messages go into forum posts of their own, so that a thread that is gone concerns one message only, and the
/// name of a message needs that of its thread.
pub(super) fn verdict(response: &Response, posts: bool) -> Verdict {
    let json: Option<Value> = serde_json::from_slice(&response.body).ok();
    let json = json.filter(Value::is_object);
    let code = json.as_ref().and_then(|json| json.get("code")).and_then(Value::as_i64).unwrap_or(0);
    match response.status {
        200..=299 => Verdict::Delivered(reference(json.as_ref(), posts)),
        400..=499 if code == OLD_EDITS => throttled(response, json.as_ref()),
        429 => throttled(response, json.as_ref()),
        400..=499 if GONE_CODES.contains(&code) => Verdict::Gone(describe(response, json.as_ref())),
        400..=499 if code == MESSAGE || (code == CHANNEL && posts) => {
            Verdict::Refused(describe(response, json.as_ref()))
        }
        401 | 403 | 404 | 410 => Verdict::Gone(describe(response, json.as_ref())),
        // It did not read the request in time.
        408 => Verdict::Unavailable(describe(response, json.as_ref())),
        400..=499 => Verdict::Refused(describe(response, json.as_ref())),
        300..=399 => Verdict::Unavailable(format!("HTTP {}: a redirect, which is not followed", response.status)),
        _ => Verdict::Unavailable(describe(response, json.as_ref())),
    }
}

pub(super) fn allowance(response: &Response) -> Option<Allowance> {
    let remaining = response.header("x-ratelimit-remaining")?.trim().parse().ok()?;
    let reset_after = seconds(response.header("x-ratelimit-reset-after")?.trim().parse().ok()?)?;
    Some(Allowance { remaining, reset_after })
}

/// `ID`, or `THREAD/ID` of a message in a post of its own.
fn reference(json: Option<&Value>, posts: bool) -> MessageRef {
    let number = |key: &str| {
        let id = json.and_then(|json| json.get(key)).and_then(Value::as_str).unwrap_or_default();
        (!id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
    };
    let Some(id) = number("id") else { return MessageRef::default() };
    match number("channel_id").filter(|_| posts) {
        Some(thread) => MessageRef(format!("{thread}/{id}")),
        None => MessageRef(id.to_owned()),
    }
}

fn throttled(response: &Response, json: Option<&Value>) -> Verdict {
    let body_wait = json.and_then(|json| json.get("retry_after")).and_then(Value::as_f64).and_then(seconds);
    let header = |name| response.header(name).and_then(|text| text.trim().parse().ok()).and_then(seconds);
    let said = body_wait.or_else(|| header("retry-after")).or_else(|| header("x-ratelimit-reset-after"));
    // Only Discord's own answers hold a `retry_after`, a code or its headers; the rest is Cloudflare, which blocks the
    // address.
    let code = json.and_then(|json| json.get("code")).and_then(Value::as_i64).unwrap_or(0);
    let discord = body_wait.is_some() || code != 0 || response.header("x-ratelimit-scope").is_some();
    let flagged = json.and_then(|json| json.get("global")).and_then(Value::as_bool).unwrap_or(false);
    let global = flagged || response.header("x-ratelimit-global").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let blocked = !discord && (json.is_none() || response.header("x-ratelimit-limit").is_none());
    let wait = said.unwrap_or(if blocked { BLOCKED_WAIT } else { UNSAID_WAIT });
    Verdict::Throttled { wait, whole_service: global || blocked }
}

/// A length of time, if the number is one.
fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number.min(LONGEST_WAIT_SECONDS)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Verdict {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        verdict(&Response { status, headers, body: body.as_bytes().to_vec() }, false)
    }

    fn throttled(millis: u64, whole_service: bool) -> Verdict {
        Verdict::Throttled { wait: Duration::from_millis(millis), whole_service }
    }

    #[test]
    fn an_accepted_message_has_its_id() {
        let delivered = |id: &str| Verdict::Delivered(MessageRef(id.to_owned()));
        assert_eq!(answer(200, &[], r#"{"id":"1184","type":0}"#), delivered("1184"));
        assert_eq!(answer(200, &[], r#"{"id":"../../x"}"#), delivered(""));
        assert_eq!(answer(204, &[], ""), delivered(""));
        let body = br#"{"id":"1184","channel_id":"22"}"#.to_vec();
        let in_a_post = verdict(&Response { status: 200, body, ..Response::default() }, true);
        assert_eq!(
            (in_a_post, answer(200, &[], r#"{"id":"1184","channel_id":"22"}"#)),
            (delivered("22/1184"), delivered("1184"))
        );
    }

    #[test]
    fn a_rate_limit_is_waited_for_as_long_as_it_says() {
        let body = r#"{"message":"You are being rate limited.","retry_after":0.447,"global":false}"#;
        assert_eq!(answer(429, &[("retry-after", "1")], body), throttled(447, false));
        let body = r#"{"message":"You are being rate limited.","retry_after":64.57,"global":true}"#;
        assert_eq!(answer(429, &[], body), throttled(64_570, true));
        assert_eq!(answer(429, &[("x-ratelimit-scope", "shared"), ("retry-after", "3")], "{}"), throttled(3000, false));
        assert_eq!(answer(429, &[("x-ratelimit-scope", "user")], "{}"), throttled(5000, false));
    }

    #[test]
    fn a_block_by_cloudflare_stops_everything_to_discord() {
        assert_eq!(answer(429, &[("retry-after", "3600")], "error code: 1015"), throttled(3_600_000, true));
        assert_eq!(answer(429, &[], "error code: 1015"), throttled(600_000, true));
        let blocked = r#"{"code":0,"message":"You are being blocked from accessing our API temporarily."}"#;
        assert_eq!(answer(429, &[], blocked), throttled(600_000, true));
    }

    #[test]
    fn an_edit_of_an_old_message_waits_and_one_of_a_deleted_message_is_refused() {
        let old = r#"{"message":"Maximum number of edits to messages older than 1 hour reached","code":30046}"#;
        assert_eq!(answer(429, &[], old), throttled(5000, false));
        let gone = r#"{"message":"Unknown Message","code":10008}"#;
        let words = "HTTP 404, code 10008: Unknown Message; the message was deleted".to_owned();
        assert_eq!(answer(404, &[], gone), Verdict::Refused(words));
    }

    #[test]
    fn a_thread_that_is_gone_is_the_end_of_its_channel_or_of_one_post() {
        let body = br#"{"message":"Unknown Channel","code":10003}"#.to_vec();
        let response = Response { status: 404, body, ..Response::default() };
        assert!(matches!(verdict(&response, false), Verdict::Gone(_)));
        assert!(matches!(verdict(&response, true), Verdict::Refused(_)));
    }

    #[test]
    fn numbers_that_are_no_time_are_not_waited_for() {
        assert_eq!(answer(429, &[], r#"{"retry_after":-1,"global":false}"#), throttled(600_000, true));
        assert_eq!(answer(429, &[], r#"{"retry_after":1e300}"#), throttled(30 * 86_400_000, false));
    }

    #[test]
    fn a_refusal_says_what_was_wrong() {
        let refused = |words: &str| Verdict::Refused(words.to_owned());
        assert_eq!(answer(400, &[], r#"{"embeds":["0"]}"#), refused("HTTP 400 (embeds: 0)"));
        let odd = r#"{"message":"The request body contains invalid JSON.","code":50109}"#;
        assert_eq!(answer(400, &[], odd), refused("HTTP 400, code 50109: The request body contains invalid JSON"));
        let large = r#"{"message":"Request entity too large","code":40005}"#;
        assert_eq!(
            answer(413, &[], large),
            refused("HTTP 413, code 40005: Request entity too large; it was too large")
        );
    }

    #[test]
    fn a_destination_that_is_gone_is_left_alone() {
        for (status, body) in [
            (404, r#"{"message":"Unknown Webhook","code":10015}"#),
            (401, r#"{"message":"Invalid Webhook Token","code":50027}"#),
            (403, ""),
            (404, "<html>not here</html>"),
            (
                400,
                r#"{"message":"Webhooks posted to forum channels must have a thread_name or thread_id","code":220001}"#,
            ),
        ] {
            assert!(matches!(answer(status, &[], body), Verdict::Gone(_)), "{status} {body}");
        }
        assert_eq!(answer(404, &[], "<html>not here</html>"), Verdict::Gone("HTTP 404".to_owned()));
    }

    #[test]
    fn everything_else_is_tried_again() {
        for status in [100, 302, 408, 500, 502, 503, 520, 999] {
            assert!(matches!(answer(status, &[], "<html>"), Verdict::Unavailable(_)), "{status}");
        }
    }

    #[test]
    fn the_headers_tell_what_is_left() {
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "1.5")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let response = Response { status: 200, headers, body: Vec::new() };
        assert_eq!(allowance(&response), Some(Allowance { remaining: 0, reset_after: Duration::from_millis(1500) }));
        assert_eq!(allowance(&Response::default()), None);
    }
}
