//! Any program that takes JSON: the message itself, before any chat's markup.
//!
//! The body, whose `version` changes when a field is taken away or means something else:
//!
//! ```json
//! {
//!   "version": 1,
//!   "tone": "critical",
//!   "severity": "critical",
//!   "title": "🔴 Disk /srv is 99% full [web-1]",
//!   "url": "http://localhost:9093/#/alerts?receiver=ops",
//!   "silent": false,
//!   "items": [{
//!     "tone": "critical", "title": "…", "text": "…", "at": "2026-11-21T10:00:00Z",
//!     "fields": [{"name": "Value", "value": "99%"}],
//!     "links": [{"label": "Runbook", "url": "https://…"}]
//!   }],
//!   "files": [{"name": "memory.png", "media_type": "image/png", "description": "…", "base64": "…"}],
//!   "footer": "…",
//!   "maybe_repeated": "may be a repeat"
//! }
//! ```
//!
//! `tone` is `good`, `neutral`, `info`, `ended`, `warning` or `critical`; `severity` is `critical`, `warning`, `info`, or
//! `none` when nothing fires. `url`, `at`, `files`, `footer` and `maybe_repeated` may be missing.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::{HeaderName, HeaderValue};
use seamark_kit::config::Section;
use seamark_kit::secret::Secret;
use serde_json::{Value, json};

use super::split::{clean, cut};
use super::{
    Body, Channel, Detail, Kind, Limits, MessageRef, Method, Payload, Posting, Request, Response, Verdict, web,
};
use crate::message::{Attachment, Item, Message, Span, Tone};

pub(super) const KIND: Kind = Kind { name: "webhook", build };

/// Nobody says how much is too much.
static LIMITS: Limits = Limits { budgets: &[] };
/// The shape of the body.
const VERSION: u32 = 1;
/// A 429 or 503 that does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(5);
/// Longer waits are no waits, and a moment has to have room for them.
const LONGEST_WAIT_SECONDS: u64 = 30 * 86_400;

/// One address.
#[derive(Debug)]
struct Webhook {
    url: Secret,
    headers: Vec<(String, Secret)>,
}

fn build(section: &mut Section) -> Option<Box<dyn Channel>> {
    let url = section.secret("url", "url_file");
    let headers = headers(section);
    // Neither key, or nothing behind it: the channel is off.
    let url = url.filter(|text| !text.expose().trim().is_empty())?;
    match web::address(url.expose()) {
        Ok(address) => {
            web::warn_if_plain("a webhook", &address);
            Some(Box::new(Webhook { url: Secret::new(address.as_str()), headers }))
        }
        Err(problem) => {
            section.problem(
                "url",
                format!("{problem}; expected where to post to; leave it empty to switch the channel off"),
            );
            None
        }
    }
}

/// `headers: {NAME: VALUE}`, or `{NAME: {value_file: FILE}}` where the value is a secret.
fn headers(section: &mut Section) -> Vec<(String, Secret)> {
    let mut headers = Vec::new();
    for (name, mut value) in section.entries_or_values("headers") {
        if HeaderName::from_bytes(name.text.as_bytes()).is_err() {
            name.problem("no name of an HTTP header; expected letters, digits and `-`");
        }
        let text = match value.scalar().map(Secret::new) {
            Some(text) => Some(text),
            None => value.secret("value", "value_file"),
        };
        match text {
            None => name.problem("expected a value, `{value: …}` or `{value_file: …}`"),
            Some(text) if HeaderValue::from_str(text.expose()).is_err() => {
                name.problem("the value has a line break, or another sign that no header may have");
            }
            Some(text) => headers.push((name.text.clone(), text)),
        }
    }
    headers
}

impl Channel for Webhook {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn limits(&self) -> &'static Limits {
        &LIMITS
    }

    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        let items: Vec<Value> = match detail {
            Detail::Title => Vec::new(),
            detail => message.items.iter().map(|one| item(one, detail == Detail::Full)).collect(),
        };
        let mut body = json!({
            "version": VERSION,
            "tone": tone(message.tone),
            "severity": severity(message.tone),
            "title": message.title,
            "silent": message.silent,
            "items": items,
        });
        if !message.attachments.is_empty() {
            let file = |file: &Attachment| attachment(file, detail == Detail::Full);
            let files = message.attachments.iter().map(file).collect();
            body.as_object_mut().map(|body| body.insert("files".to_owned(), files));
        }
        set(&mut body, "url", message.url.as_deref());
        set(&mut body, "footer", message.footer.as_deref());
        vec![Payload(body)]
    }

    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        let mut body = payload.0.clone();
        set(&mut body, "maybe_repeated", how.maybe_repeated.as_deref());
        let (url, headers) = (self.url.clone(), self.headers.clone());
        Request { method: Method::Post, url, headers, body: Body::Json(body) }
    }

    fn verdict(&self, response: &Response) -> Verdict {
        let status = response.status;
        match status {
            200..=299 => Verdict::Delivered(MessageRef::default()),
            429 => Verdict::Throttled { wait: wait(response).unwrap_or(UNSAID_WAIT), whole_service: false },
            503 => match wait(response) {
                Some(wait) => Verdict::Throttled { wait, whole_service: false },
                None => Verdict::Unavailable(describe(response)),
            },
            401 | 403 => Verdict::Gone(format!("{}; check `headers`", describe(response))),
            404 | 410 => Verdict::Gone(format!("{}; check `url`", describe(response))),
            300..=399 => Verdict::Unavailable(format!(
                "HTTP {status}: a redirect, which is not followed; set `url` to where it leads"
            )),
            // It did not read the request in time.
            408 => Verdict::Unavailable(describe(response)),
            400..=499 => Verdict::Refused(describe(response)),
            _ => Verdict::Unavailable(describe(response)),
        }
    }
}

fn item(item: &Item, full: bool) -> Value {
    let link = |(label, url): &(String, String)| json!({ "label": label, "url": url });
    let field = |field: &crate::message::Field| json!({ "name": field.name, "value": words(&field.value) });
    let fields: Vec<Value> = item.fields.iter().filter(|_| full).map(field).collect();
    let mut json = json!({
        "tone": tone(item.tone),
        "title": item.title,
        "text": words(&item.body),
        "fields": fields,
        "links": item.links.iter().map(link).collect::<Vec<_>>(),
    });
    set(&mut json, "at", item.at.map(|at| at.to_string()).as_deref());
    json
}

fn attachment(file: &Attachment, full: bool) -> Value {
    let mut json = json!({ "name": file.name, "media_type": file.media_type, "description": file.description });
    set(&mut json, "base64", full.then(|| STANDARD.encode(&file.bytes)).as_deref());
    json
}

fn set(body: &mut Value, key: &str, value: Option<&str>) {
    if let (Some(object), Some(value)) = (body.as_object_mut(), value) {
        object.insert(key.to_owned(), value.into());
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Neutral => "neutral",
        Tone::Info => "info",
        Tone::Ended => "ended",
        Tone::Warning => "warning",
        Tone::Critical => "critical",
    }
}

fn severity(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "critical",
        Tone::Warning => "warning",
        Tone::Info => "info",
        Tone::Good | Tone::Neutral | Tone::Ended => "none",
    }
}

fn words(text: &[Span]) -> String {
    let words = text.iter().map(|span| match span {
        Span::Text(words) | Span::Strong(words) | Span::Code(words) | Span::Block(words) => words.clone(),
        Span::Time { words, .. } => words.clone(),
        Span::Link { label, url } => format!("{label} ({url})"),
    });
    words.collect()
}

/// `Retry-After`, in seconds or as a date.
fn wait(response: &Response) -> Option<Duration> {
    let said = response.header("retry-after")?.trim();
    let seconds = match said.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(said).ok()?.timestamp();
            u64::try_from(at.as_second() - Timestamp::now().as_second()).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds.clamp(1, LONGEST_WAIT_SECONDS)))
}

/// The status, and the first words of the answer where it is text.
fn describe(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    let said = cut(&clean(body.trim()).replace('\n', " "), 100).0;
    let page = said.is_empty() || said.starts_with('<');
    if page { format!("HTTP {}", response.status) } else { format!("HTTP {}: {said}", response.status) }
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Source};

    use super::*;

    fn read(text: &str) -> Result<Option<Box<dyn Channel>>, String> {
        let source = Source::new("relay.yml", text).with_environment([]);
        config::read(&source, build).map_err(|problems| problems.to_string())
    }

    fn verdict(status: u16, headers: &[(&str, &str)], body: &str) -> Verdict {
        let channel = read("url: https://hook.example/in").unwrap().unwrap();
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        channel.verdict(&Response { status, headers, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn headers_go_along_and_are_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        std::fs::write(&file, "Bearer s3cr3t\n").unwrap();
        let text = format!(
            "url: https://hook.example/in\nheaders: {{X-Team: ops, Authorization: {{value_file: '{}'}}}}",
            file.display()
        );
        let channel = read(&text).unwrap().unwrap();
        let request = channel.post(&Payload(json!({})), &Posting::default());
        let headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(headers, [("X-Team", "ops"), ("Authorization", "Bearer s3cr3t")]);
        assert!(!format!("{channel:?} {request:?}").contains("s3cr3t"));
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_a_problem_that_does_not_show_it() {
        let found = read("url: https://x/\nheaders:\n  a b: c\n  X-A: \"s3c\\nr3t\"\n  X-B: {}").unwrap_err();
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(lines.len(), 3, "{found}");
        assert!(lines.iter().all(|line| line.starts_with("relay.yml:") && !line.contains("s3c")), "{found}");
    }

    #[test]
    fn what_the_answers_mean() {
        let throttled = |seconds| Verdict::Throttled { wait: Duration::from_secs(seconds), whole_service: false };
        assert_eq!(verdict(202, &[], ""), Verdict::Delivered(MessageRef::default()));
        assert_eq!(verdict(429, &[("retry-after", "7")], ""), throttled(7));
        assert_eq!(verdict(429, &[("retry-after", "Fri, 21 Nov 1997 10:00:00 GMT")], ""), throttled(1));
        assert_eq!(verdict(429, &[], ""), throttled(5));
        assert_eq!(verdict(503, &[("retry-after", "9")], ""), throttled(9));
        assert_eq!(verdict(503, &[], "<html>"), Verdict::Unavailable("HTTP 503".to_owned()));
        assert_eq!(verdict(422, &[], "no\nsuch field"), Verdict::Refused("HTTP 422: no such field".to_owned()));
        assert_eq!(verdict(401, &[], ""), Verdict::Gone("HTTP 401; check `headers`".to_owned()));
        assert!(matches!(verdict(302, &[("location", "https://s3cr3t")], ""), Verdict::Unavailable(words)
            if words.contains("redirect") && !words.contains("s3cr3t")));
    }
}
