//! Stories of one call each: the Discord channel over real HTTP, and a stand-in that judges by Discord's rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use seamark_kit::config::{self, Source};
use seamark_relay::channel::{Channel, Detail, KINDS, MessageRef, Posting, Request, Verdict};
use seamark_relay::deliver::http;
use seamark_relay::message::{Attachment, Item, Message, Span, Tone};

#[path = "stand_in/discord.rs"]
mod stand_in;

use serde_json::{Value, json};
use stand_in::rules::{NUMBERS, judge};
use stand_in::{Discord, Fault, Rates};

fn channel(webhook: &str, keys: &str) -> Box<dyn Channel> {
    let source = Source::new("relay.yml", format!("webhook_url: {webhook}\n{keys}")).with_environment([]);
    let kind = KINDS.iter().find(|kind| kind.name == "discord").unwrap();
    config::read(&source, |section| (kind.build)(section)).unwrap().unwrap()
}

fn message(tone: Tone, title: &str) -> Message {
    let item = Item {
        tone,
        title: title.to_owned(),
        body: vec![Span::Text("It ran out of memory.".to_owned())],
        fields: Vec::new(),
        links: Vec::new(),
        at: None,
    };
    Message {
        tone,
        title: title.to_owned(),
        url: None,
        items: vec![item],
        attachments: Vec::new(),
        footer: None,
        more: "and {n} more".to_owned(),
        maybe_repeated: "may be a repeat".to_owned(),
        silent: false,
    }
}

async fn call(channel: &dyn Channel, request: &Request) -> Verdict {
    let response = http::call(&http::client().unwrap(), request).await.unwrap();
    channel.verdict(&response)
}

async fn post(channel: &dyn Channel, message: &Message, how: &Posting) -> Verdict {
    let payload = channel.render(message, Detail::Full).remove(0);
    call(channel, &channel.post(&payload, how)).await
}

async fn edit(channel: &dyn Channel, at: &MessageRef, message: &Message) -> Verdict {
    let payload = channel.render(message, Detail::Full).remove(0);
    call(channel, &channel.edit(at, &payload).unwrap()).await
}

fn delivered(verdict: Verdict) -> MessageRef {
    let Verdict::Delivered(at) = verdict else { panic!("{verdict:?}") };
    at
}

fn picture(name: &str, size: usize) -> Attachment {
    Attachment {
        name: name.to_owned(),
        media_type: "image/png".to_owned(),
        bytes: (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<u8>>().into(),
        description: "memory of the last hour".to_owned(),
    }
}

#[tokio::test]
async fn a_message_in_a_thread_is_edited_there() {
    let discord = Discord::start(Rates::default()).await;
    discord.open_thread("7");
    let channel = channel(&discord.webhook(1), "thread_id: 7\nmention: {critical: '@here'}");
    let at = delivered(post(channel.as_ref(), &message(Tone::Critical, "shop is down"), &Posting::default()).await);
    delivered(edit(channel.as_ref(), &at, &message(Tone::Good, "shop is back")).await);
    let accepted = discord.accepted();
    assert_eq!((accepted.len(), accepted[0].edits, accepted[0].thread.as_deref()), (1, 1, Some("7")));
    assert_eq!(accepted[0].body["embeds"][0]["title"], "shop is back");
    assert!(accepted[0].body["content"].is_null(), "the mention of the first form is gone");
}

#[tokio::test]
async fn a_thread_that_is_not_there_closes_the_channel() {
    let discord = Discord::start(Rates::default()).await;
    let channel = channel(&discord.webhook(1), "thread_id: 8");
    let verdict = post(channel.as_ref(), &message(Tone::Critical, "shop"), &Posting::default()).await;
    let words = "HTTP 404, code 10003: Unknown Channel; the chat channel or thread was deleted; name another one";
    assert_eq!(verdict, Verdict::Gone(words.to_owned()));
}

#[tokio::test]
async fn in_a_forum_each_message_begins_a_post_that_answers_and_edits_go_into() {
    let discord = Discord::start(Rates::default()).await;
    discord.is_forum(1);
    let without = channel(&discord.webhook(1), "");
    let verdict = post(without.as_ref(), &message(Tone::Critical, "shop"), &Posting::default()).await;
    assert!(matches!(&verdict, Verdict::Gone(words) if words.contains("`thread_name` makes a post")), "{verdict:?}");

    let forum = channel(&discord.webhook(1), "thread_name: 'Alert: {title}'");
    let at = delivered(post(forum.as_ref(), &message(Tone::Critical, "shop"), &Posting::default()).await);
    let answer = Posting { reply_to: Some(at.clone()), ..Posting::default() };
    delivered(post(forum.as_ref(), &message(Tone::Good, "shop is back"), &answer).await);
    delivered(edit(forum.as_ref(), &at, &message(Tone::Ended, "shop was down")).await);
    let accepted = discord.accepted();
    assert_eq!((accepted.len(), accepted[0].edits, accepted[1].edits), (2, 1, 0));
    assert!(accepted[0].thread.is_some() && accepted[0].thread == accepted[1].thread);
}

#[tokio::test]
async fn a_forum_post_in_a_chat_channel_that_is_no_forum_is_explained() {
    let discord = Discord::start(Rates::default()).await;
    let channel = channel(&discord.webhook(1), "thread_name: Alert");
    let verdict = post(channel.as_ref(), &message(Tone::Critical, "shop"), &Posting::default()).await;
    assert!(matches!(&verdict, Verdict::Gone(words) if words.ends_with("remove `thread_name`")), "{verdict:?}");
}

#[tokio::test]
async fn the_edit_of_a_deleted_message_is_refused_and_one_of_an_old_message_waits() {
    let discord = Discord::start(Rates::default()).await;
    let channel = channel(&discord.webhook(1), "");
    let at = delivered(post(channel.as_ref(), &message(Tone::Critical, "shop"), &Posting::default()).await);
    discord.fail([Fault::OldEdit]);
    let over = message(Tone::Good, "shop is back");
    let verdict = edit(channel.as_ref(), &at, &over).await;
    assert!(matches!(verdict, Verdict::Throttled { whole_service: false, .. }), "{verdict:?}");
    discord.delete(&at.0);
    let words = "HTTP 404, code 10008: Unknown Message; the message was deleted";
    assert_eq!(edit(channel.as_ref(), &at, &over).await, Verdict::Refused(words.to_owned()));
}

#[tokio::test]
async fn pictures_go_with_a_message_until_an_edit_has_none() {
    let discord = Discord::start(Rates::default()).await;
    let channel = channel(&discord.webhook(1), "");
    let attachments = vec![picture("memory usage.png", 300_000), picture("large.png", 11_000_000)];
    let with = Message { attachments, ..message(Tone::Critical, "shop") };
    let at = delivered(post(channel.as_ref(), &with, &Posting::default()).await);
    let accepted = discord.accepted().remove(0);
    assert_eq!(accepted.files, [("0_memory_usage.png".to_owned(), 300_000)]);
    assert_eq!(accepted.body["embeds"][0]["image"]["url"], "attachment://0_memory_usage.png");
    assert_eq!(accepted.body["embeds"][0]["footer"]["text"], "… [large.png 10.5 MiB]");
    assert_eq!(accepted.body["attachments"][0]["description"], "memory of the last hour");

    let newer = Message { attachments: vec![picture("cpu.png", 10)], ..message(Tone::Critical, "shop") };
    delivered(edit(channel.as_ref(), &at, &newer).await);
    assert_eq!(discord.accepted()[0].files, [("0_cpu.png".to_owned(), 10)]);
    delivered(edit(channel.as_ref(), &at, &message(Tone::Good, "shop is back")).await);
    assert_eq!(discord.accepted()[0].files, []);
}

#[tokio::test]
async fn as_many_files_as_discord_takes_are_taken() {
    let discord = Discord::start(Rates::default()).await;
    let channel = channel(&discord.webhook(1), "");
    let mut attachments = vec![picture("a.png", 10 * 1024 * 1024), picture("b.png", 10 * 1024 * 1024)];
    attachments.extend((0..20).map(|_| picture("c.png", 1000)));
    let with = Message { attachments, ..message(Tone::Critical, "shop") };
    delivered(post(channel.as_ref(), &with, &Posting::default()).await);
    assert_eq!(discord.accepted()[0].files.len(), 10);
    let too_much = Message { attachments: vec![picture("d.png", 1000); 2], ..message(Tone::Critical, "shop") };
    delivered(post(channel.as_ref(), &too_much, &Posting::default()).await);
}

/// A body that uses so much of the row `what`; `None` where the row is not about JSON.
fn using(what: &str, much: usize) -> Option<Value> {
    let text = "容".repeat(much);
    let embed = |key: &str, value: Value| json!({ "embeds": [{ "description": "x", key: value }] });
    let field = |name: &str, value: &str| json!({ "name": name, "value": value });
    Some(match what {
        "content" => json!({ "content": format!("  {text}\n") }),
        "embeds" => json!({ "embeds": vec![json!({ "title": "x" }); much] }),
        "all embeds together" => {
            let (large, rest) = ("x".repeat(4000), "x".repeat(much - 4000));
            json!({ "embeds": [{ "description": large }, { "description": rest }] })
        }
        "embed title" => embed("title", json!(text)),
        "embed description" => embed("description", json!(text)),
        "embed author" => embed("author", json!({ "name": text })),
        "embed footer" => embed("footer", json!({ "text": text })),
        "embed fields" => embed("fields", vec![field("n", "v"); much].into()),
        "field name" => embed("fields", json!([field(&text, "v")])),
        "field value" => embed("fields", json!([field("n", &text)])),
        "url" => embed("url", json!(format!("https://{}", "x".repeat(much - 8)))),
        "username" => json!({ "content": "x", "username": text }),
        "thread name" => json!({ "content": "x", "thread_name": text }),
        "mentioned ids" => json!({ "content": "x", "allowed_mentions": { "parse": [], "roles": vec!["1"; much] } }),
        _ => return None,
    })
}

#[test]
fn the_stand_in_takes_as_much_as_each_limit_and_no_more() {
    let mut judged = 0;
    for (what, most) in NUMBERS {
        let verdict = |much| using(what, much).map(|body| judge(body.to_string().as_bytes()).is_ok());
        let (Some(at), Some(above)) = (verdict(*most), verdict(most + 1)) else { continue };
        assert_eq!((at, above), (true, false), "{what}");
        judged += 1;
    }
    assert_eq!(judged, NUMBERS.len() - 4, "all but those of files and of the request");
}

#[tokio::test]
async fn the_stand_in_refuses_files_that_are_too_large_too_many_or_not_named() {
    let discord = Discord::start(Rates::default()).await;
    let post = async |names: &[(&str, usize)], entries: Value| {
        let client = http::client().unwrap();
        let json = json!({ "content": "x", "attachments": entries }).to_string();
        let form =
            names.iter().fold(reqwest::multipart::Form::new().text("payload_json", json), |form, (name, size)| {
                form.part((*name).to_owned(), reqwest::multipart::Part::bytes(vec![1; *size]).file_name("a.png"))
            });
        let answer = client.post(discord.webhook(1) + "?wait=true").multipart(form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let entry = |id: usize| json!({ "id": id, "filename": "a.png" });
    let names: Vec<String> = (0..11).map(|number| format!("files[{number}]")).collect();
    let eleven: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    assert_eq!(post(&[("files[0]", 1)], json!([entry(0)])).await.0, 200);
    assert_eq!(post(&[("files[0]", 1)], json!([entry(1)])).await.0, 400);
    let (status, body) = post(&eleven, json!([])).await;
    assert!(status == 400 && body.contains("30015"), "{status} {body}");
    for sizes in [vec![("files[0]", 10 * 1024 * 1024 + 1)], vec![("files[0]", 9_000_000); 3]] {
        let (status, body) = post(&sizes, json!([])).await;
        assert!(status == 413 && body.contains("40005"), "{status} {body}");
    }
}

#[tokio::test]
async fn a_webhook_that_was_deleted_or_whose_token_is_wrong_is_named_as_such() {
    let discord = Discord::start(Rates { ban_after: 3, ..Rates::default() }).await;
    discord.remove_webhook(1);
    let wrong = discord.webhook(2).replace("s3cr3t-token", "wrong");
    for (webhook, says) in [
        (discord.webhook(1), "code 10015: Unknown Webhook; the webhook was deleted"),
        (wrong.clone(), "code 50027: Invalid Webhook Token; the end of the webhook's address is wrong"),
        (wrong.clone(), "code 50027"),
    ] {
        let channel = channel(&webhook, "");
        let verdict = post(channel.as_ref(), &message(Tone::Critical, "shop"), &Posting::default()).await;
        assert!(matches!(&verdict, Verdict::Gone(words) if words.contains(says)), "{verdict:?}");
    }
    // Whoever goes on after that is blocked.
    let verdict = post(channel(&wrong, "").as_ref(), &message(Tone::Critical, "shop"), &Posting::default()).await;
    assert!(matches!(verdict, Verdict::Throttled { whole_service: true, .. }), "{verdict:?}");
}
