//! What WeCom's answers mean. The status is always 200; only `errcode` counts, and never the words of `errmsg`.
//!
//! Source: <https://developer.work.weixin.qq.com/document/path/90455> (the codes and what to do about them).

use std::time::Duration;

use serde_json::Value;

use crate::channel::split::{clean, cut};
use crate::channel::{MessageRef, Response, Verdict};

/// Budgets are for a minute, and no answer says how much of it is left.
const WAIT: Duration = Duration::from_secs(60);
/// Longer than any wait that makes sense.
const LONGEST_WAIT_SECONDS: u64 = 86_400;

pub(super) fn verdict(response: &Response) -> Verdict {
    match response.status {
        200..=299 => {}
        // Not WeCom itself, but what may stand before it.
        429 => return Verdict::Throttled { wait: header_wait(response).unwrap_or(WAIT), whole_service: false },
        401 | 403 | 404 | 410 => return Verdict::Gone(format!("HTTP {}; check the address", response.status)),
        300..=399 => {
            return Verdict::Unavailable(format!("HTTP {}: a redirect, which is not followed", response.status));
        }
        413 => return Verdict::Refused("HTTP 413".to_owned()),
        status => return Verdict::Unavailable(format!("HTTP {status}")),
    }
    let json: Option<Value> = serde_json::from_slice(&response.body).ok();
    let code = json.as_ref().and_then(|json| json.get("errcode")).and_then(Value::as_i64);
    let Some(code) = code else {
        return Verdict::Unavailable(format!(
            "HTTP {} without an errcode: this is no answer of WeCom's",
            response.status
        ));
    };
    let said = json.as_ref().and_then(|json| json.get("errmsg")).and_then(Value::as_str).unwrap_or_default();
    judge(code, describe(code, said))
}

fn judge(code: i64, words: String) -> Verdict {
    match code {
        0 => Verdict::Delivered(MessageRef::default()),
        // Too often in a minute, or too many at a time.
        45009 | 45033 => Verdict::Throttled { wait: WAIT, whole_service: false },
        // Busy, or two changes at once.
        -1 | 6000 => Verdict::Unavailable(words),
        93000 => Verdict::Gone(format!(
            "{words}; the robot's address or key is not valid, or the robot was removed: copy its address anew"
        )),
        93004 => Verdict::Gone(format!("{words}; the robot is switched off: switch it on in the group")),
        93008 => Verdict::Gone(format!("{words}; the robot is no longer in the group")),
        // No valid key or token, no permission, an address that is not among those allowed.
        40001 | 40013 | 40014 | 41001 | 42001 | 48002 | 60020 => Verdict::Gone(format!(
            "{words}; the robot does not let us in: check its address and its list of allowed IPs"
        )),
        _ => Verdict::Refused(words),
    }
}

fn header_wait(response: &Response) -> Option<Duration> {
    let seconds: u64 = response.header("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.clamp(1, LONGEST_WAIT_SECONDS)))
}

/// The code and what was said; the tail with hints and addresses of ours says nothing to people.
fn describe(code: i64, said: &str) -> String {
    let said = said.split(", hint:").next().unwrap_or_default();
    let said = cut(&clean(said).replace('\n', " "), 150).0;
    if said.trim().is_empty() { format!("errcode {code}") } else { format!("errcode {code}: {said}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Verdict {
        verdict(&Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
    }

    fn error(code: i64, said: &str) -> Verdict {
        answer(200, &serde_json::json!({"errcode": code, "errmsg": said}).to_string())
    }

    #[test]
    fn only_the_code_counts() {
        assert_eq!(error(0, "ok"), Verdict::Delivered(MessageRef::default()));
        assert_eq!(error(0, "ok. Warning: wrong json format. "), Verdict::Delivered(MessageRef::default()));
        assert!(matches!(error(40058, "ok"), Verdict::Refused(_)));
    }

    #[test]
    fn too_often_is_waited_out_for_a_minute() {
        let wait = Verdict::Throttled { wait: Duration::from_secs(60), whole_service: false };
        assert_eq!(error(45009, "api freq out of limit, hint: [1], from ip: 1.2.3.4"), wait);
        assert_eq!(answer(429, ""), wait);
    }

    #[test]
    fn a_text_that_is_too_long_is_refused_with_its_reason_and_nothing_of_ours() {
        let said = "markdown.content exceed max length 4096. invalid Request Parameter, hint: [1711], from ip: 1.2.3.4, more info at https://open.work.weixin.qq.com/devtool/query?e=40058";
        assert_eq!(
            error(40058, said),
            Verdict::Refused(
                "errcode 40058: markdown.content exceed max length 4096. invalid Request Parameter".to_owned()
            )
        );
        for code in [40008, 44004, 45002, 40033, 99999] {
            assert!(matches!(error(code, "x"), Verdict::Refused(_)), "{code}");
        }
    }

    #[test]
    fn a_robot_that_is_gone_is_left_alone() {
        let Verdict::Gone(words) = error(93000, "invalid webhook url, hint: [1]") else { panic!("not gone") };
        assert!(words.starts_with("errcode 93000: invalid webhook url; the robot's address"), "{words}");
        assert!(matches!(error(93004, "x"), Verdict::Gone(_)));
    }

    #[test]
    fn what_is_not_an_answer_of_wecom_is_tried_again() {
        assert!(matches!(error(-1, "system busy"), Verdict::Unavailable(_)));
        for body in ["<html>welcome to this hotel</html>", "{}", "[]", "", r#"{"errcode":"0"}"#] {
            assert!(matches!(answer(200, body), Verdict::Unavailable(_)), "{body}");
        }
        assert!(matches!(answer(302, ""), Verdict::Unavailable(_)));
    }
}
