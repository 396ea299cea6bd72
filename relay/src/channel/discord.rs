//! Discord, through a webhook of one of its text channels.
//!
//! Source: <https://docs.discord.com/developers/resources/webhook>, "Execute Webhook".

use seamark_kit::config::Section;
use seamark_kit::secret::Secret;
use serde_json::Value;

use super::limits::{Meter, discord as limits};
use super::mention::Mentions;
use super::split::points;
use super::{
    Allowance, Channel, Detail, Kind, Limits, MessageRef, Method, Payload, Posting, Request, Response, Verdict,
};
use crate::message::{Attachment, Message};

mod address;
mod answer;
mod layout;
mod markup;
mod mention;
mod meters;
mod problem;
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
        // What a refusal or too little room leads to goes without files.
        let attached: &[Attachment] = if detail == Detail::Full { &message.attachments } else { &[] };
        let (files, missing) = upload::fitting(attached);
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
mod tests {
    use seamark_kit::config::{self, Source};
    use serde_json::json;

    use super::*;
    use crate::channel::Body;
    use crate::message::{Item, Span, Tone};

    fn channel(keys: &str) -> Box<dyn Channel> {
        let text = format!("webhook_url: https://discord.com/api/webhooks/11/s3cr3t\n{keys}");
        config::read(&Source::new("relay.yml", text).with_environment([]), build).unwrap().unwrap()
    }

    fn json(request: Request) -> Value {
        request.body.json().unwrap().clone()
    }

    fn message(tone: Tone, items: usize) -> Message {
        let item = Item {
            tone,
            title: "@everyone <@&123>".to_owned(),
            body: vec![Span::Text(format!("@here <@&123> {}", "x".repeat(2500)))],
            fields: Vec::new(),
            links: Vec::new(),
            at: None,
        };
        Message {
            tone,
            title: "@everyone <@&123>".to_owned(),
            url: None,
            items: vec![item; items],
            attachments: Vec::new(),
            footer: None,
            more: "and {n} more".to_owned(),
            maybe_repeated: "may be a repeat".to_owned(),
            silent: false,
        }
    }

    /// Text above the embeds, and whom it calls, of each part.
    fn calls(channel: &dyn Channel, message: &Message, detail: Detail) -> Vec<(Value, Value)> {
        let posted = channel.render(message, detail).into_iter().map(|payload| {
            let body = json(channel.post(&payload, &Posting::default()));
            (body["content"].clone(), body["allowed_mentions"].clone())
        });
        posted.collect()
    }

    const MENTION: &str = "mention: {critical: '<@&123>', warning: '<@456>', info: '@here'}";

    #[test]
    fn what_fires_calls_whom_the_configuration_names_and_what_is_over_nobody() {
        let channel = channel(MENTION);
        for (tone, content, allowed) in [
            (Tone::Critical, json!("<@&123>"), json!({"parse": [], "roles": ["123"]})),
            (Tone::Warning, json!("<@456>"), json!({"parse": [], "users": ["456"]})),
            (Tone::Info, json!("@here"), json!({"parse": ["everyone"]})),
            (Tone::Good, Value::Null, json!({"parse": []})),
            (Tone::Neutral, Value::Null, json!({"parse": []})),
            (Tone::Ended, Value::Null, json!({"parse": []})),
        ] {
            assert_eq!(calls(channel.as_ref(), &message(tone, 1), Detail::Full), [(content, allowed)], "{tone:?}");
        }
    }

    #[test]
    fn a_message_of_several_parts_calls_once_in_any_form() {
        let channel = channel(MENTION);
        for (detail, items) in [(Detail::Full, 5), (Detail::Compact, 60), (Detail::Plain, 60), (Detail::Title, 1)] {
            let calls = calls(channel.as_ref(), &message(Tone::Critical, items), detail);
            assert!(calls.len() > 1 || detail == Detail::Title, "{detail:?}");
            for (number, (content, allowed)) in calls.iter().enumerate() {
                let text = content.as_str().unwrap_or_default();
                let (called, expected) = match number {
                    0 => (1, json!({"parse": [], "roles": ["123"]})),
                    _ => (0, json!({"parse": []})),
                };
                assert_eq!((text.matches("<@&123>").count(), allowed), (called, &expected), "{detail:?}: {text}");
                assert!(!text.contains("@everyone") && !text.contains("@here"), "{text}");
            }
        }
    }

    #[test]
    fn an_edit_calls_nobody() {
        let channel = channel(MENTION);
        let payload = channel.render(&message(Tone::Critical, 1), Detail::Full).remove(0);
        let edit = channel.edit(&MessageRef("1".to_owned()), &payload).unwrap();
        assert_eq!(json(edit)["allowed_mentions"], json!({"parse": []}));
    }

    #[test]
    fn an_edit_replaces_all_that_was_there() {
        let channel = channel("thread_id: 7");
        let at = MessageRef("1".to_owned());
        let edit = channel.edit(&at, &Payload(json!({"embeds": [{"title": "over"}]}))).unwrap();
        assert_eq!(edit.url.expose(), "https://discord.com/api/v10/webhooks/11/s3cr3t/messages/1?thread_id=7");
        let whole = json!({
            "content": null, "embeds": [{"title": "over"}], "attachments": [], "allowed_mentions": {"parse": []}
        });
        assert_eq!((edit.method, json(edit)), (Method::Patch, whole));
    }

    #[test]
    fn in_a_forum_a_message_becomes_a_post_and_answers_go_into_it() {
        let channel = channel("thread_name: 'Alert: {title}'");
        let long = Message { title: format!("a\nb{}", "x".repeat(200)), ..message(Tone::Critical, 1) };
        let payload = channel.render(&long, Detail::Full).remove(0);
        let post = channel.post(&payload, &Posting::default());
        assert!(!post.url.expose().contains("thread_id"));
        let name = format!("Alert: a b{}…", "x".repeat(100 - 11));
        assert_eq!((json(post)["thread_name"].as_str(), points(&name)), (Some(name.as_str()), 100));

        let answers = Posting { reply_to: Some(MessageRef("22/33".to_owned())), ..Posting::default() };
        let answer = channel.post(&payload, &answers);
        assert!(answer.url.expose().ends_with("?wait=true&thread_id=22") && json(answer).get("thread_name").is_none());
        let edit = channel.edit(&MessageRef("22/33".to_owned()), &payload).unwrap();
        assert!(edit.url.expose().ends_with("/messages/33?thread_id=22") && json(edit).get("thread_name").is_none());
    }

    #[test]
    fn a_message_goes_into_a_new_post_or_into_one_that_is_there() {
        let problem = |query: &str, keys: &str| {
            let text =
                format!("webhook_url: https://discord.com/api/webhooks/11/s3cr3t{query}\nthread_name: a\n{keys}");
            config::read(&Source::new("relay.yml", text).with_environment([]), build).map(drop).unwrap_err().to_string()
        };
        for problem in [problem("?thread_id=7", ""), problem("", "thread_id: 7")] {
            assert!(problem.starts_with("relay.yml:2:14: thread_name: a message goes into a new post or"), "{problem}");
        }
    }

    #[test]
    fn files_go_with_the_first_part_and_those_left_out_are_named() {
        let channel = channel("");
        let file = |name: &str, size| Attachment {
            name: name.to_owned(),
            media_type: "image/png".to_owned(),
            bytes: vec![1; size].into(),
            description: String::new(),
        };
        let attachments = vec![file("chart.png", 9), file("@here.png", 11 * 1024 * 1024)];
        let message = Message { attachments, footer: Some("end".to_owned()), ..message(Tone::Critical, 5) };
        let payloads = channel.render(&message, Detail::Full);
        let forms: Vec<Body> = payloads.iter().map(|one| channel.post(one, &Posting::default()).body).collect();
        let [Body::Form(first), Body::Json(_), Body::Json(last)] = forms.as_slice() else { panic!("{forms:?}") };
        assert_eq!((first.files.len(), first.files[0].1.name.as_str()), (1, "0_chart.png"));
        let embeds = last["embeds"].as_array().unwrap();
        assert_eq!(embeds.last().unwrap()["footer"]["text"], "… [@\u{200b}here.png 11.0 MiB]\nend");
        assert!(matches!(channel.edit(&MessageRef("1".to_owned()), &payloads[0]).unwrap().body, Body::Form(_)));
    }

    #[test]
    fn a_silent_message_is_sent_without_a_sound_unless_it_calls_somebody() {
        let channel = channel("mention: {info: '@here'}");
        let flags = |tone, silent| {
            let payload = channel.render(&message(tone, 1), Detail::Full).remove(0);
            let how = Posting { silent, ..Posting::default() };
            json(channel.post(&payload, &how)).get("flags").cloned()
        };
        assert_eq!((flags(Tone::Good, true), flags(Tone::Good, false)), (Some(json!(4096)), None));
        assert_eq!(flags(Tone::Info, true), None);
    }
}
