//! Discord, through a webhook of one of its text channels.
//!
//! Source: <https://docs.discord.com/developers/resources/webhook>, "Execute Webhook".

use seamark_kit::config::Section;
use seamark_kit::secret::Secret;
use serde_json::Value;

use super::files;
use super::limits::{Meter, discord as limits};
use super::look::Look;
use super::mention::Mentions;
use super::split::points;
use super::{
    Allowance, Channel, Detail, Kind, Limits, MessageRef, Method, Payload, Posting, Request, Response, Verdict,
};
use crate::message::Message;

mod address;
mod answer;
mod layout;
mod markup;
mod mention;
mod meters;
mod problem;
mod seen;
mod upload;

pub(super) const KIND: Kind = Kind { name: "discord", build };

/// `flags`: no push and no sound (documentation, "Message", Message Flags).
const SUPPRESS_NOTIFICATIONS: u32 = 1 << 12;

/// One webhook.
#[derive(Debug)]
struct Discord {
    /// `…/webhooks/ID/TOKEN`, without a query.
    webhook: Secret,
    thread_id: Option<String>,
    username: Option<String>,
    avatar_url: Option<String>,
    /// The title of a new forum post for each message; `{title}` in it is the message's.
    thread_name: Option<String>,
    mentions: Mentions<mention::Mention>,
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
        (allowed && (1..=limits::USERNAME.most).contains(&points(name.trim()))).then(|| name.to_owned())
    });
    let avatar_url =
        section.parse("avatar_url", "an address of a picture, beginning with https://", markup::web_address);
    let expected = "the title of new forum posts, of 1 to 100 letters; `{title}` in it becomes the message's";
    let thread_name = section.parse("thread_name", expected, |name| {
        (1..=limits::THREAD_NAME.most).contains(&points(name.trim())).then(|| name.to_owned())
    });
    let mentions = Mentions::read(section, mention::EXPECTED, mention::read);
    // Neither key, or nothing behind it: the channel is off.
    let webhook = webhook.filter(|text| !text.expose().trim().is_empty())?;
    match address::read(webhook.expose()) {
        Ok(address) => {
            let thread_id = thread_id.or(address.thread_id);
            if thread_id.is_some() && thread_name.is_some() {
                let message = "a message goes into a new post or into one that is there; keep `thread_name` or `thread_id`, \
                               which the webhook's address may hold as well";
                section.problem("thread_name", message);
            }
            Some(Box::new(Discord { webhook: address.webhook, thread_id, username, avatar_url, thread_name, mentions }))
        }
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
        &limits::PACE
    }

    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        let (files, missing) = match detail {
            Detail::Full => upload::fitting(&message.attachments),
            // What a refusal leads to goes without files.
            _ => (Vec::new(), files::missing(&message.attachments.iter().collect::<Vec<_>>())),
        };
        let shorter = missing.map(|missing| with_footer(message, missing));
        let message = shorter.as_ref().unwrap_or(message);
        let called = self.mentions.of(message.tone);
        let words = mention::words(called);
        let mut payloads = layout::render(message, detail, points(&words));
        if let Some(first) = payloads.first_mut() {
            upload::attach(&mut first.0, &files);
        }
        // Once is enough for a message of several.
        if let Some(first) = payloads.first_mut().filter(|_| !called.is_empty()) {
            above(&mut first.0, &words);
            set(&mut first.0, "allowed_mentions", mention::allowed(called));
        }
        if let Some(name) = &self.thread_name {
            let name = layout::thread_name(name, &message.title);
            payloads.iter_mut().for_each(|payload| set(&mut payload.0, "thread_name", name.clone().into()));
        }
        payloads
    }

    fn meters(&self, payload: &Payload) -> Vec<Meter> {
        meters::meters(payload)
    }

    fn look(&self, payload: &Payload) -> Look {
        seen::look(payload)
    }

    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        let mut body = payload.0.clone();
        let calls = body.get("allowed_mentions").is_some();
        if !calls {
            // Without it a webhook pings every user that is named (documentation, "Allowed Mentions Object").
            set(&mut body, "allowed_mentions", mention::allowed(&[]));
        }
        // Whoever is called by the configuration is to hear it.
        if how.silent && !calls {
            set(&mut body, "flags", SUPPRESS_NOTIFICATIONS.into());
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
        let thread = how.reply_to.as_ref().and_then(|at| place(at).0);
        if let (Some(_), Some(object)) = (thread, body.as_object_mut()) {
            object.remove("thread_name");
        }
        // Without `wait` Discord answers 204 even for a message that it then does not keep.
        Request { method: Method::Post, url: self.url("", thread, true), headers: Vec::new(), body: upload::body(body) }
    }

    fn edit(&self, at: &MessageRef, payload: &Payload) -> Option<Request> {
        let mut body = payload.0.clone();
        // What is not named stays as it was, so the text above an earlier form, its embeds and its files would.
        if let Some(object) = body.as_object_mut() {
            object.remove("thread_name");
            object.entry("content").or_insert(Value::Null);
            object.entry("embeds").or_insert_with(|| Value::Array(Vec::new()));
            object.entry("attachments").or_insert_with(|| Value::Array(Vec::new()));
        }
        // The default applies anew at each edit, and an edit calls nobody.
        set(&mut body, "allowed_mentions", mention::allowed(&[]));
        let (thread, id) = place(at);
        Some(Request {
            headers: Vec::new(),
            method: Method::Patch,
            url: self.url(&format!("/messages/{id}"), thread, false),
            body: upload::body(body),
        })
    }

    fn verdict(&self, response: &Response) -> Verdict {
        answer::verdict(response, self.thread_name.is_some())
    }

    fn allowance(&self, response: &Response) -> Option<Allowance> {
        answer::allowance(response)
    }

    fn examine(&self) -> Vec<Request> {
        vec![Request { method: Method::Get, url: self.webhook.clone(), headers: Vec::new(), body: Value::Null.into() }]
    }

    fn examined(&self, response: &Response) -> Result<String, String> {
        answer::examined(response)
    }
}

impl Discord {
    /// `thread`: instead of the configured one.
    fn url(&self, path: &str, thread: Option<&str>, wait: bool) -> Secret {
        let thread = thread.or(self.thread_id.as_deref()).map(|id| format!("thread_id={id}"));
        let query: Vec<&str> = wait.then_some("wait=true").into_iter().chain(thread.as_deref()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        Secret::new(format!("{}{path}{mark}{}", self.webhook.expose(), query.join("&")))
    }
}

/// The message with words below everything, above those that were there.
fn with_footer(message: &Message, words: String) -> Message {
    let footer = [Some(words), message.footer.clone()].into_iter().flatten().collect::<Vec<_>>().join("\n");
    Message { footer: Some(footer), ..message.clone() }
}

/// The thread of a message, where it has one of its own, and the message.
fn place(at: &MessageRef) -> (Option<&str>, &str) {
    at.0.split_once('/').map_or((None, at.0.as_str()), |(thread, id)| (Some(thread), id))
}

fn set(body: &mut Value, key: &str, value: Value) {
    if let Some(object) = body.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// Says above the message that it may be a repeat.
fn mark_repeat(body: &mut Value, words: &str) {
    above(body, &markup::plain(words, markup::Place::Plain, limits::CONTENT.most / 20));
}

/// Puts a line above the text of a message, if there is room.
fn above(body: &mut Value, words: &str) {
    let content = body.get("content").and_then(Value::as_str).unwrap_or_default();
    let marked = if content.is_empty() { words.to_owned() } else { format!("{words}\n{content}") };
    if points(&marked) <= limits::CONTENT.most {
        set(body, "content", marked.into());
    }
}

#[cfg(test)]
mod tests;
