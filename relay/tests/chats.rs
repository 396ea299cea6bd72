//! Telegram and WeCom as stand-ins that enforce their limits: what the channels post arrives, and what is answered is
//! understood.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use seamark_kit::config::{self, Source};
use seamark_relay::alert::{Severity, Status};
use seamark_relay::channel::{Channel, Detail, KINDS, MessageRef, Payload, Posting, Request, Verdict};
use seamark_relay::deliver::{self, Composer, Destination, http};
use seamark_relay::message::{Attachment, Field, Item, Message, Span, Tone};
use seamark_relay::metrics::Metrics;
use seamark_relay::store::{MessageKind, Notification, Store};

#[path = "stand_in/telegram.rs"]
mod telegram;
#[path = "stand_in/wecom.rs"]
mod wecom;

fn channel(kind: &str, settings: &str) -> Box<dyn Channel> {
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    config::read(&Source::new("relay.yml", settings), |section| (kind.build)(section)).unwrap().unwrap()
}

fn on_telegram(stand_in: &telegram::Telegram, chat: &str) -> Box<dyn Channel> {
    let url = stand_in.url();
    channel(
        "telegram",
        &format!("bot_token: 11:s3cr3t\nchat_id: {chat}\napi_url: {url}\nmention: {{critical: '@lead'}}"),
    )
}

async fn call(channel: &dyn Channel, request: &Request) -> Verdict {
    let answer = http::call(&http::client().unwrap(), request).await.unwrap();
    channel.verdict(&answer)
}

async fn post(channel: &dyn Channel, payload: &Payload, how: &Posting) -> Verdict {
    call(channel, &channel.post(payload, how)).await
}

/// `count` alerts with labels that would be markup, in all scripts.
fn message(count: usize) -> Message {
    let label = "</b> <i> & **x** [a](https://evil.example) <@zhang> @lead /srv مرحبا 容器 🦀";
    let text = |words: &str| vec![Span::Text(words.to_owned())];
    let item = |number| Item {
        tone: Tone::Critical,
        title: format!("alert {number} {label}"),
        body: text(label),
        fields: vec![
            Field { name: "Host".to_owned(), value: vec![Span::Code("web-1".to_owned())], short: true },
            Field { name: "Labels".to_owned(), value: text(&label.repeat(20)), short: false },
            Field { name: "Log".to_owned(), value: vec![Span::Block(format!("{label}\n{label}"))], short: false },
        ],
        links: vec![("Runbook".to_owned(), "https://example.org/?a=1&b=(2)".to_owned())],
        at: None,
    };
    Message {
        tone: Tone::Critical,
        title: format!("{count} firing {label}"),
        url: Some("https://alerts.example/#/alerts".to_owned()),
        items: (0..count).map(item).collect(),
        attachments: Vec::new(),
        footer: Some(label.to_owned()),
        more: "and {n} more".to_owned(),
        maybe_repeated: "may be a repeat".to_owned(),
        silent: false,
    }
}

const DETAILS: [Detail; 4] = [Detail::Full, Detail::Compact, Detail::Plain, Detail::Title];

#[tokio::test]
async fn telegram_takes_every_form_of_every_message() {
    let rates = telegram::Rates { every: (Duration::ZERO, 1000), group: (1000, Duration::from_secs(60)) };
    let stand_in = telegram::Telegram::start(rates).await;
    let channel = on_telegram(&stand_in, "-1001");
    for (count, detail) in [1, 3, 60].into_iter().flat_map(|count| DETAILS.map(|detail| (count, detail))) {
        for payload in channel.render(&message(count), detail) {
            let verdict = post(channel.as_ref(), &payload, &Posting::default()).await;
            assert!(matches!(&verdict, Verdict::Delivered(id) if !id.0.is_empty()), "{count} {detail:?} {verdict:?}");
        }
    }
    assert_eq!(stand_in.refused(), [""; 0]);
}

#[tokio::test]
async fn a_message_on_telegram_is_edited_answered_and_posted_anew_when_it_is_gone() {
    let rates = telegram::Rates { every: (Duration::ZERO, 1000), ..telegram::Rates::default() };
    let stand_in = telegram::Telegram::start(rates).await;
    let channel = on_telegram(&stand_in, "-1001");
    let payload = |count| channel.render(&message(count), Detail::Title).remove(0);
    let Verdict::Delivered(id) = post(channel.as_ref(), &payload(1), &Posting::default()).await else { panic!() };
    let edit = async |id: &MessageRef, count| call(channel.as_ref(), &channel.edit(id, &payload(count)).unwrap()).await;
    assert_eq!(edit(&id, 2).await, Verdict::Delivered(id.clone()));
    assert_eq!(edit(&id, 2).await, Verdict::Delivered(MessageRef::default()), "not modified");
    assert!(matches!(edit(&MessageRef("99".to_owned()), 2).await, Verdict::Refused(_)));
    for answered in [id, MessageRef("99".to_owned())] {
        let how = Posting { silent: true, reply_to: Some(answered), ..Posting::default() };
        assert!(matches!(post(channel.as_ref(), &payload(1), &how).await, Verdict::Delivered(_)));
    }
    let accepted = stand_in.accepted();
    assert_eq!(accepted.iter().map(|message| message.edits).collect::<Vec<_>>(), [1, 0, 0]);
    assert_eq!(accepted[1].body["disable_notification"], true);
    assert_eq!(accepted[1].body["reply_parameters"]["message_id"], 1);
}

#[tokio::test]
async fn a_group_on_telegram_that_is_flooded_moved_or_closed_says_so() {
    let stand_in =
        telegram::Telegram::start(telegram::Rates { every: (Duration::from_secs(600), 3), ..Default::default() }).await;
    let channel = on_telegram(&stand_in, "-1001");
    let payload = channel.render(&message(1), Detail::Title).remove(0);
    let post = async || post(channel.as_ref(), &payload, &Posting::default()).await;
    for _ in 0..3 {
        assert!(matches!(post().await, Verdict::Delivered(_)));
    }
    assert!(matches!(post().await, Verdict::Throttled { wait, .. } if wait > Duration::from_secs(500)));
    stand_in.fail([
        telegram::Fault::Migrated { to: -1002 },
        telegram::Fault::Kicked,
        telegram::Fault::Status { status: 502 },
    ]);
    assert_eq!(post().await, Verdict::Moved("-1002".to_owned()));
    assert!(matches!(post().await, Verdict::Gone(_)));
    assert!(matches!(post().await, Verdict::Unavailable(_)));
}

#[tokio::test]
async fn wecom_takes_every_form_of_every_message() {
    let stand_in = wecom::WeCom::start(wecom::Rates { robot: (1000, Duration::from_secs(60)) }).await;
    for format in ["markdown", "markdown_v2", "text"] {
        let url = stand_in.webhook("s3cr3t");
        let channel =
            channel("wecom", &format!("webhook_url: {url}\nformat: {format}\nmention: {{critical: ['@all', zhang]}}"));
        for (count, detail) in [1, 3, 60].into_iter().flat_map(|count| DETAILS.map(|detail| (count, detail))) {
            let mut rung = Vec::new();
            for payload in channel.render(&message(count), detail) {
                let request = channel.post(&payload, &Posting::default());
                rung.extend(wecom::rules::rings(request.body.json().unwrap()));
                assert_eq!(call(channel.as_ref(), &request).await, Verdict::Delivered(MessageRef::default()));
            }
            rung.sort();
            assert_eq!(rung, ["@all", "zhang"], "{format} {detail:?}");
        }
    }
    assert_eq!(stand_in.refused(), [""; 0]);
}

#[tokio::test]
async fn a_robot_that_is_asked_too_often_or_is_gone_says_so() {
    let stand_in = wecom::WeCom::start(wecom::Rates { robot: (1, Duration::from_secs(600)) }).await;
    let robot = |key: &str| channel("wecom", &format!("webhook_url: {}", stand_in.webhook(key)));
    let payload = robot("a").render(&message(1), Detail::Full).remove(0);
    let post = async |key: &str| post(robot(key).as_ref(), &payload, &Posting::default()).await;
    assert!(matches!(post("a").await, Verdict::Delivered(_)));
    assert!(matches!(post("a").await, Verdict::Throttled { wait, .. } if wait == Duration::from_secs(60)));
    assert!(matches!(post("wrong").await, Verdict::Gone(words) if words.starts_with("errcode 93000")));
    stand_in.fail([wecom::Fault::Status { status: 200 }, wecom::Fault::Code { code: -1 }]);
    assert!(matches!(post("b").await, Verdict::Unavailable(_)), "a page that is not WeCom's");
    assert!(matches!(post("b").await, Verdict::Unavailable(_)));
}

#[tokio::test]
async fn a_group_that_became_another_chat_is_followed_there_even_after_a_restart() {
    let stand_in = telegram::Telegram::start(telegram::Rates::default()).await;
    let directory = tempfile::tempdir().unwrap();
    stand_in.fail([telegram::Fault::Migrated { to: -1009 }]);
    for (round, text) in ["first", "second"].into_iter().enumerate() {
        let store = Store::open(&directory.path().join("relay.db")).unwrap();
        let channel: Arc<dyn Channel> = on_telegram(&stand_in, "-5").into();
        let composer: Composer = Arc::new(|claim, _| Message {
            title: String::from_utf8_lossy(&claim.body).into_owned(),
            items: Vec::new(),
            ..message(0)
        });
        let destinations = vec![Destination::new("ops", channel)];
        let client = http::client().unwrap();
        let deliverer = deliver::spawn(destinations, store.clone(), composer, Metrics::default(), client);
        store.append(notification(text)).await.unwrap();
        let begun = Instant::now();
        while stand_in.accepted().len() <= round {
            assert!(begun.elapsed() < Duration::from_secs(30), "{text} has not arrived");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        deliverer.stop().await;
    }
    let chats: Vec<String> = stand_in.accepted().into_iter().map(|message| message.chat).collect();
    assert_eq!(chats, ["-1009", "-1009"]);
    // The one that said where, and the two that were taken.
    assert_eq!(stand_in.answers().iter().map(|(status, _)| *status).collect::<Vec<_>>(), [400, 200, 200]);
}

#[tokio::test]
async fn a_channel_that_is_examined_posts_nothing_and_says_what_is_wrong() {
    let (telegram, wecom) = (
        telegram::Telegram::start(telegram::Rates::default()).await,
        wecom::WeCom::start(wecom::Rates::default()).await,
    );
    let examined = async |channel: Box<dyn Channel>| {
        let mut found = Vec::new();
        for request in channel.examine() {
            found.push(channel.examined(&http::call(&http::client().unwrap(), &request).await.unwrap()));
        }
        found
    };
    let good = examined(on_telegram(&telegram, "-100123")).await;
    assert!(good.len() == 2 && good.iter().all(Result::is_ok), "{good:?}");
    let no_chat = examined(on_telegram(&telegram, "404")).await;
    assert!(no_chat[0].is_ok() && no_chat[1].is_err(), "{no_chat:?}");
    let robot = |key: &str| channel("wecom", &format!("webhook_url: {}", wecom.webhook(key)));
    let good = examined(robot("key")).await;
    assert!(good.len() == 1 && good[0].is_ok(), "{good:?}");
    assert!(telegram.accepted().is_empty() && wecom.accepted().is_empty());
    wecom.fail([wecom::Fault::Code { code: 93000 }]);
    let wrong = examined(robot("key")).await;
    assert!(wrong[0].is_err(), "{wrong:?}");
}

fn notification(text: &str) -> Notification {
    Notification {
        dedupe_key: text.to_owned(),
        dedupe_window: None,
        channels: vec!["ops".to_owned()],
        note: None,
        kind: MessageKind::Alert,
        group_key: text.to_owned(),
        status: Status::Firing,
        severity: Severity::Warning,
        body: text.as_bytes().to_vec(),
        received_at: Timestamp::now(),
    }
}

fn picture(size: usize) -> Attachment {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.resize(size, 7);
    Attachment {
        name: "charts.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: bytes.into(),
        description: "Charts".to_owned(),
    }
}

#[tokio::test]
async fn pictures_go_to_telegram_with_the_words_below_them_where_they_fit() {
    let rates = telegram::Rates { every: (Duration::ZERO, 1000), group: (1000, Duration::from_secs(60)) };
    let stand_in = telegram::Telegram::start(rates).await;
    let channel = on_telegram(&stand_in, "-1001");
    let mut parts = Vec::new();
    for (count, pictures) in [(0, 1), (0, 3), (12, 1), (300, 2)] {
        let message = Message { attachments: vec![picture(1000); pictures], ..message(count) };
        let payloads = channel.render(&message, Detail::Full);
        parts.push(payloads.len());
        for payload in payloads {
            for meter in channel.meters(&payload) {
                assert!(meter.used <= meter.limit.most, "{meter:?}");
            }
            let how = Posting { silent: true, maybe_repeated: Some("again".to_owned()), ..Posting::default() };
            let verdict = post(channel.as_ref(), &payload, &how).await;
            assert!(matches!(verdict, Verdict::Delivered(_)), "{count} {pictures}: {verdict:?}");
        }
    }
    assert_eq!(stand_in.refused(), [""; 0]);
    let accepted = stand_in.accepted();
    let photos: Vec<&[usize]> =
        accepted.iter().map(|message| message.photos.as_slice()).filter(|photos| !photos.is_empty()).collect();
    assert_eq!(photos, [&[1000][..], &[1000; 3], &[1000], &[1000; 2]]);
    assert_eq!(accepted.len(), parts.iter().sum::<usize>());
    let first = &accepted[0].body;
    assert!(first["caption"].as_str().unwrap().contains("0 firing"), "{first}");
    assert_eq!((first["disable_notification"].clone(), parts[0], parts[1]), (true.into(), 1, 1));
    // What is longer follows the picture, which says the title.
    assert!(parts[2] > 1 && accepted[2].body["caption"].as_str().unwrap().contains("12 firing"), "{parts:?}");
}

#[tokio::test]
async fn the_words_of_a_photo_on_telegram_are_edited_and_what_is_too_long_takes_a_new_message() {
    let rates = telegram::Rates { every: (Duration::ZERO, 1000), ..telegram::Rates::default() };
    let stand_in = telegram::Telegram::start(rates).await;
    let channel = on_telegram(&stand_in, "-1001");
    let with = Message { attachments: vec![picture(1000)], ..message(0) };
    let payload = channel.render(&with, Detail::Full).remove(0);
    let Verdict::Delivered(id) = post(channel.as_ref(), &payload, &Posting::default()).await else { panic!() };
    let title = channel.render(&message(2), Detail::Title).remove(0);
    let edited = call(channel.as_ref(), &channel.edit(&id, &title).unwrap()).await;
    assert_eq!(edited, Verdict::Delivered(id.clone()));
    assert_eq!((stand_in.accepted()[0].edits, stand_in.refused().len()), (1, 0));
    let long = channel.render(&message(9), Detail::Full).remove(0);
    assert!(channel.edit(&id, &long).is_none());
    let how = Posting { reply_to: Some(id), ..Posting::default() };
    assert!(matches!(post(channel.as_ref(), &title, &how).await, Verdict::Delivered(_)));
    assert_eq!(stand_in.accepted()[1].body["reply_parameters"]["message_id"], 1);
}

#[tokio::test]
async fn pictures_go_to_wecom_behind_the_words_and_those_that_are_too_large_are_named() {
    let stand_in = wecom::WeCom::start(wecom::Rates { robot: (1000, Duration::from_secs(60)) }).await;
    let channel = channel("wecom", &format!("webhook_url: {}", stand_in.webhook("key")));
    let with =
        |sizes: &[usize]| Message { attachments: sizes.iter().map(|size| picture(*size)).collect(), ..message(1) };
    let limit = 2 * 1024 * 1024;
    for payload in channel.render(&with(&[1000, limit, 2000]), Detail::Full) {
        for meter in channel.meters(&payload) {
            assert!(meter.used > 0 && meter.used <= meter.limit.most, "{meter:?}");
        }
        let how = Posting { maybe_repeated: Some("again".to_owned()), ..Posting::default() };
        assert!(matches!(post(channel.as_ref(), &payload, &how).await, Verdict::Delivered(_)));
    }
    let kinds: Vec<String> =
        stand_in.accepted().iter().map(|message| message.body["msgtype"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["markdown", "image", "image"]);
    for (sizes, detail) in [(&[limit + 1][..], Detail::Full), (&[1000], Detail::Compact)] {
        let payloads = channel.render(&with(sizes), detail);
        assert_eq!(payloads.len(), 1);
        assert!(payloads[0].0.to_string().contains("charts.png"), "{}", payloads[0].0);
    }
}
