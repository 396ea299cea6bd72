//! What the channel does with a whole message.

use seamark_kit::config::{self, Source};
use serde_json::json;

use super::*;
use crate::channel::Body;
use crate::message::{Attachment, Item, Span, Tone};

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
        let text = format!("webhook_url: https://discord.com/api/webhooks/11/s3cr3t{query}\nthread_name: a\n{keys}");
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

    let plain = channel.post(&channel.render(&message, Detail::Plain).remove(0), &Posting::default());
    let content = json(plain)["content"].as_str().unwrap().to_owned();
    assert!(content.contains("… [chart.png 9 B; @\u{200b}here.png 11.0 MiB]"), "{content}");
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
