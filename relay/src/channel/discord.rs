//! Discord, through a webhook of one of its text channels.
//!
//! Source: <https://docs.discord.com/developers/resources/webhook>, "Execute Webhook".

use seamark_kit::config::Section;
use seamark_kit::secret::Secret;
use serde_json::{Value, json};

use super::split::points;
use super::{
    Allowance, Channel, Detail, Kind, Limits, MessageRef, Method, Payload, Posting, Request, Response, Verdict,
};
use crate::message::Message;

mod address;
mod answer;
mod layout;
mod limits;
mod markup;

pub(super) const KIND: Kind = Kind { name: "discord", build };

/// One webhook.
#[derive(Debug)]
struct Discord {
    /// `…/webhooks/ID/TOKEN`, without a query.
    webhook: Secret,
    thread_id: Option<String>,
    username: Option<String>,
    avatar_url: Option<String>,
}

fn build(section: &mut Section) -> Option<Box<dyn Channel>> {
    let webhook = section.secret("webhook_url", "webhook_url_file");
    let thread_id = section.parse("thread_id", "the number of a thread", |text| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.to_owned())
    });
    let username = section.parse("username", "1 to 80 letters without `discord` or `clyde`", |name| {
        let lower = name.to_lowercase();
        let allowed = !lower.contains("discord") && !lower.contains("clyde");
        (allowed && (1..=limits::USERNAME).contains(&points(name.trim()))).then(|| name.to_owned())
    });
    let avatar_url =
        section.parse("avatar_url", "an address of a picture, beginning with https://", markup::web_address);
    // Neither key, or nothing behind it: the channel is off.
    let webhook = webhook.filter(|text| !text.expose().trim().is_empty())?;
    match address::read(webhook.expose()) {
        Ok(address) => Some(Box::new(Discord {
            webhook: address.webhook,
            thread_id: thread_id.or(address.thread_id),
            username,
            avatar_url,
        })),
        Err(problem) => {
            section.problem("webhook_url", problem);
            None
        }
    }
}

impl Channel for Discord {
    fn kind(&self) -> &'static str {
        "discord"
    }

    fn limits(&self) -> &'static Limits {
        &limits::LIMITS
    }

    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        layout::render(message, detail)
    }

    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        let mut body = payload.0.clone();
        // Without it a webhook pings every user that is named (documentation, "Allowed Mentions Object").
        set(&mut body, "allowed_mentions", json!({ "parse": [] }));
        if how.silent {
            set(&mut body, "flags", limits::SUPPRESS_NOTIFICATIONS.into());
        }
        if let Some(words) = &how.maybe_repeated {
            mark_repeat(&mut body, words);
        }
        if let Some(username) = &self.username {
            set(&mut body, "username", username.clone().into());
        }
        if let Some(avatar_url) = &self.avatar_url {
            set(&mut body, "avatar_url", avatar_url.clone().into());
        }
        // Without `wait` Discord answers 204 even for a message that it then does not keep.
        Request { method: Method::Post, url: self.url("", &["wait=true"]), body }
    }

    fn edit(&self, at: &MessageRef, payload: &Payload) -> Option<Request> {
        let mut body = payload.0.clone();
        // The default applies anew at each edit.
        set(&mut body, "allowed_mentions", json!({ "parse": [] }));
        Some(Request { method: Method::Patch, url: self.url(&format!("/messages/{}", at.0), &[]), body })
    }

    fn verdict(&self, response: &Response) -> Verdict {
        answer::verdict(response)
    }

    fn allowance(&self, response: &Response) -> Option<Allowance> {
        answer::allowance(response)
    }

    fn examine(&self) -> Vec<Request> {
        vec![Request { method: Method::Get, url: self.webhook.clone(), body: Value::Null }]
    }

    fn examined(&self, response: &Response) -> Result<String, String> {
        answer::examined(response)
    }
}

impl Discord {
    fn url(&self, path: &str, query: &[&str]) -> Secret {
        let thread = self.thread_id.as_ref().map(|id| format!("thread_id={id}"));
        let query: Vec<&str> = query.iter().copied().chain(thread.as_deref()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        Secret::new(format!("{}{path}{mark}{}", self.webhook.expose(), query.join("&")))
    }
}

fn set(body: &mut Value, key: &str, value: Value) {
    if let Some(object) = body.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// Says above the message that it may be a repeat.
fn mark_repeat(body: &mut Value, words: &str) {
    let words = markup::plain(words, markup::Place::Plain, limits::CONTENT / 20);
    let content = body.get("content").and_then(Value::as_str).unwrap_or_default();
    let marked = if content.is_empty() { words } else { format!("{words}\n{content}") };
    if points(&marked) <= limits::CONTENT {
        set(body, "content", marked.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_silent_message_is_sent_without_a_sound() {
        let webhook = Secret::new("https://discord.com/api/v10/webhooks/11/t");
        let discord = Discord { webhook, thread_id: None, username: None, avatar_url: None };
        let flags = |silent| {
            let how = Posting { silent, ..Posting::default() };
            discord.post(&Payload(json!({"content": "x"})), &how).body.get("flags").cloned()
        };
        assert_eq!((flags(true), flags(false)), (Some(json!(4096)), None));
    }
}
