//! The relay's own output as a channel: for a first look, and as the last resort.
//!
//! One message is one log event. Line breaks inside it are written as `\n` and everything else that a terminal
//! could obey as its number, so that no label can forge a log line.

use seamark_kit::secret::Secret;

use super::look::{Html, Look};
use super::split::{cut, turns_direction};
use super::{Channel, Detail, Kind, Limits, Method, Payload, Posting, Request, Response, Verdict};
use crate::message::{Field, Item, Message, Span};

pub(super) const KIND: Kind = Kind { name: "log", build: |_| Some(Box::new(Log)) };

static LIMITS: Limits = Limits { budgets: &[] };

/// Alerts of one event. A hundred lines of a screen are more than anybody reads; the store has the rest.
const ITEMS: usize = 100;
/// Code points of one text. Longer ones end in `…`.
const TEXT: usize = 1000;

#[derive(Debug)]
struct Log;

impl Channel for Log {
    fn kind(&self) -> &'static str {
        "log"
    }

    fn limits(&self) -> &'static Limits {
        &LIMITS
    }

    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        let mut parts = vec![cut(&message.title, TEXT).0];
        if detail != Detail::Title {
            let items = message.items.iter().take(ITEMS).map(|one| item(one, &message.title));
            parts.extend(items.filter(|item| !item.is_empty()));
            let left_out = message.items.len().saturating_sub(ITEMS);
            parts.extend((left_out > 0).then(|| message.more.replace("{n}", &left_out.to_string())));
            parts.extend(message.footer.as_deref().map(|words| cut(words, TEXT).0));
        }
        parts.extend(message.url.clone());
        vec![Payload(escape(&parts.join(" | ")).into())]
    }

    fn look(&self, payload: &Payload) -> Look {
        Look::of(Html::text(payload.0.as_str().unwrap_or_default()))
    }

    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        let text = payload.0.as_str().unwrap_or_default();
        let text = how.maybe_repeated.as_ref().map_or(text.to_owned(), |words| format!("({}) {text}", escape(words)));
        Request {
            method: Method::Print,
            url: Secret::new(""),
            headers: Vec::new(),
            body: serde_json::Value::from(text).into(),
        }
    }

    fn verdict(&self, response: &Response) -> Verdict {
        match response.status {
            200..=299 => Verdict::Delivered(super::MessageRef::default()),
            // Nothing was called, so there is nobody to ask for a slower pace.
            429 => Verdict::Throttled { wait: std::time::Duration::from_secs(1), whole_service: false },
            401 | 403 | 404 => Verdict::Gone(format!("the output answered {}", response.status)),
            status => Verdict::Unavailable(format!("the output answered {status}")),
        }
    }
}

/// Title and body, then the details. A title that is the message's own is not said twice.
fn item(item: &Item, said: &str) -> String {
    let title = if item.title == said { String::new() } else { cut(&item.title, TEXT).0 };
    let head = [title, cut(&words(&item.body), TEXT).0];
    let field = |field: &Field| format!("{}: {}", cut(&field.name, TEXT).0, cut(&words(&field.value), TEXT).0);
    let links = item.links.iter().map(|(label, url)| format!("{label}: {url}"));
    let details: Vec<String> = item.fields.iter().map(field).chain(links).collect();
    joined(&[joined(&head, ": "), details.join("; ")], " – ")
}

fn joined(parts: &[String], between: &str) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(between)
}

fn words(text: &[Span]) -> String {
    text.iter()
        .map(|span| match span {
            Span::Text(words) | Span::Strong(words) | Span::Code(words) | Span::Block(words) => words.clone(),
            Span::Time { words, .. } => words.clone(),
            Span::Link { label, url } => format!("{label} ({url})"),
        })
        .collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            // Line and paragraph separator: some log viewers break lines there.
            '\u{2028}' | '\u{2029}' => out.extend(character.escape_unicode()),
            character if character.is_control() || turns_direction(character) => out.extend(character.escape_unicode()),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Tone;

    fn message(title: &str) -> Message {
        Message {
            tone: Tone::Critical,
            title: title.to_owned(),
            url: None,
            items: Vec::new(),
            attachments: Vec::new(),
            footer: None,
            more: "and {n} more".to_owned(),
            maybe_repeated: "may be a repeat".to_owned(),
            silent: false,
        }
    }

    #[test]
    fn one_alert_is_one_line_that_says_everything_once() {
        let text = |words: &str| vec![Span::Text(words.to_owned())];
        let field = Field { name: "Host".to_owned(), value: text("web-1"), short: true };
        let item = Item {
            tone: Tone::Critical,
            title: "shop crashed".to_owned(),
            body: text("It ran out of memory."),
            fields: vec![field],
            links: vec![("Silence".to_owned(), "http://am/#/silences".to_owned())],
            at: None,
        };
        let other = Item { title: "api crashed".to_owned(), fields: Vec::new(), links: Vec::new(), ..item.clone() };
        let message = Message { items: vec![item, other], ..message("shop crashed") };
        assert_eq!(
            Log.render(&message, Detail::Full).remove(0).0,
            "shop crashed | It ran out of memory. – Host: web-1; Silence: http://am/#/silences | \
             api crashed: It ran out of memory."
        );
    }

    #[test]
    fn a_label_can_neither_forge_a_line_nor_reach_the_terminal() {
        let message = message("web is down\nlevel=error msg=forged\u{1b}[2J");
        let payload = Log.render(&message, Detail::Full).remove(0);
        assert_eq!(payload.0, "web is down\\nlevel=error msg=forged\\u{1b}[2J");
    }
}
