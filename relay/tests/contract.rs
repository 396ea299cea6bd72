//! What every kind of channel promises. Walks the list, so a new kind is held to it without a new test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use seamark_kit::config::{self, Source};
use seamark_relay::channel::limits::{self, Limit};
use seamark_relay::channel::{Body, Channel, Detail, KINDS, MessageRef, Method, Payload, Posting, Response, Verdict};
use seamark_relay::message::{Attachment, Field, Item, Message, Span, Tone};

#[path = "stand_in/kinds.rs"]
mod kinds;

use kinds::{discord_rules, example, judge, telegram_rules, wecom_rules};

const DETAILS: [Detail; 4] = [Detail::Full, Detail::Compact, Detail::Plain, Detail::Title];

/// The rows of the relay's table for a kind, and the same numbers as the judge knows them.
fn numbers(kind: &str) -> (&'static [&'static Limit], &'static [(&'static str, usize)]) {
    match kind {
        "discord" => (limits::discord::ALL, discord_rules::NUMBERS),
        "telegram" => (limits::telegram::ALL, telegram_rules::NUMBERS),
        "wecom" => (limits::wecom::ALL, wecom_rules::NUMBERS),
        "webhook" | "log" => (&[], &[]),
        kind => panic!("the kind `{kind}` has no numbers here"),
    }
}

fn channels() -> Vec<Box<dyn Channel>> {
    let build = |kind: &seamark_relay::channel::Kind| {
        let source = Source::new("relay.yml", example(kind.name));
        config::read(&source, |section| (kind.build)(section)).unwrap().expect("the example switches the channel on")
    };
    KINDS.iter().map(build).collect()
}

fn answer(status: u16) -> Response {
    Response { status, ..Response::default() }
}

fn message(items: Vec<Item>) -> Message {
    Message {
        tone: Tone::Critical,
        title: "ContainerCrashed on web-1".to_owned(),
        url: Some("https://alerts.example/#/alerts".to_owned()),
        items,
        attachments: Vec::new(),
        footer: Some("relay on web-1".to_owned()),
        more: "and {n} more".to_owned(),
        maybe_repeated: "may be a repeat".to_owned(),
        silent: false,
    }
}

fn item(number: usize, filling: &str, fields: usize) -> Item {
    Item {
        tone: if number.is_multiple_of(2) { Tone::Critical } else { Tone::Warning },
        title: format!("item-{number:05}x {filling}"),
        body: vec![
            Span::Text(filling.to_owned()),
            Span::Time { at: Timestamp::UNIX_EPOCH, words: "1970".to_owned() },
            Span::Code(filling.to_owned()),
            Span::Block(filling.to_owned()),
            Span::Strong(filling.to_owned()),
        ],
        fields: (0..fields)
            .map(|field| Field {
                name: format!("{field} {filling}"),
                value: vec![Span::Text(filling.to_owned())],
                short: true,
            })
            .collect(),
        links: vec![("runbook".to_owned(), format!("https://x.example/{}", "a".repeat(filling.len().min(3000))))],
        at: Some(Timestamp::UNIX_EPOCH),
    }
}

/// The message in a body; of a form the part that holds it.
fn json(kind: &str, body: Body) -> serde_json::Value {
    match (kind, body) {
        (_, Body::Json(json)) => json,
        ("discord", Body::Form(form)) => serde_json::from_str(&form.fields[0].1).unwrap(),
        ("telegram", Body::Form(form)) => {
            form.fields.into_iter().map(|(name, text)| (name, serde_json::Value::String(text))).collect()
        }
        (kind, body) => panic!("the kind `{kind}` posts {body:?}"),
    }
}

fn bodies(channel: &dyn Channel, message: &Message, detail: Detail) -> Vec<serde_json::Value> {
    posted(channel, message, detail).into_iter().map(|(_, body)| body).collect()
}

/// Each part, and its body as it is posted.
fn posted(channel: &dyn Channel, message: &Message, detail: Detail) -> Vec<(Payload, serde_json::Value)> {
    let how = Posting { maybe_repeated: Some(message.maybe_repeated.clone()), ..Posting::default() };
    let payloads = channel.render(message, detail);
    assert!(!payloads.is_empty(), "{} renders nothing as {detail:?}", channel.kind());
    let body = |payload: &Payload| json(channel.kind(), channel.post(payload, &how).body);
    payloads.into_iter().map(|payload| (payload.clone(), body(&payload))).collect()
}

#[test]
fn too_many_requests_is_a_wait_and_never_a_refusal() {
    for channel in channels() {
        let verdict = channel.verdict(&answer(429));
        assert!(
            matches!(verdict, Verdict::Throttled { wait, .. } if !wait.is_zero()),
            "{}: {verdict:?}",
            channel.kind()
        );
    }
}

#[test]
fn whoever_is_gone_is_not_called_again() {
    for channel in channels() {
        for status in [401, 403, 404] {
            let verdict = channel.verdict(&answer(status));
            assert!(matches!(verdict, Verdict::Gone(_)), "{} {status}: {verdict:?}", channel.kind());
        }
    }
}

#[test]
fn trouble_of_the_service_is_waited_out() {
    for channel in channels() {
        for status in 500..600 {
            let verdict = channel.verdict(&answer(status));
            assert!(matches!(verdict, Verdict::Unavailable(_)), "{} {status}: {verdict:?}", channel.kind());
        }
    }
}

#[test]
fn no_secret_is_in_what_is_printed() {
    for channel in channels() {
        let payload = channel.render(&message(Vec::new()), Detail::Full).remove(0);
        let request = channel.post(&payload, &Posting::default());
        let edit = channel.edit(&MessageRef("1".to_owned()), &payload);
        let printed = format!("{channel:?} {request:?} {edit:?}");
        assert!(!printed.contains("s3cr3t"), "{printed}");
        assert!(request.method == Method::Print || request.url.expose().contains("s3cr3t"), "{}", channel.kind());
    }
}

#[test]
fn the_longest_message_keeps_to_every_limit_and_names_or_counts_every_alert() {
    let fillings = ["x", "容器崩溃了", "*_~|`>#[]()<@everyone>", "\u{1b}\u{202e}\n- ", "🦀"];
    for channel in channels() {
        for filling in fillings.map(|filling| filling.repeat(5000 / filling.chars().count())) {
            for (count, fields) in [(0, 0), (1, 0), (1, 60), (3, 30), (60, 4), (300, 2)] {
                let message = message((0..count).map(|number| item(number, &filling, fields)).collect());
                for detail in DETAILS {
                    let (payloads, bodies): (Vec<_>, Vec<_>) =
                        posted(channel.as_ref(), &message, detail).into_iter().unzip();
                    for meter in payloads.iter().flat_map(|payload| channel.meters(payload)) {
                        assert!(meter.used <= meter.limit.most, "{} {detail:?}: {meter:?}", channel.kind());
                    }
                    for body in &bodies {
                        judge(channel.kind(), body).unwrap_or_else(|problem| {
                            panic!("{} {detail:?} {count} items, {fields} fields: {problem}", channel.kind())
                        });
                    }
                    if detail != Detail::Title {
                        every_item_is_accounted_for(&bodies, count);
                    }
                }
            }
        }
    }
}

#[test]
fn the_table_of_limits_is_the_one_that_the_services_judge_by() {
    for kind in KINDS {
        let (rows, numbers) = numbers(kind.name);
        let rows: Vec<(&str, usize)> = rows.iter().map(|limit| (limit.what, limit.most)).collect();
        assert_eq!(rows, numbers, "{}", kind.name);
    }
}

/// Each is named, or among the `n` of "and n more"; the only item of a message needs no name beside the title.
fn every_item_is_accounted_for(bodies: &[serde_json::Value], count: usize) {
    let text = bodies.iter().map(ToString::to_string).collect::<String>().replace('\\', "");
    let named: BTreeSet<&str> = text.match_indices("item-").filter_map(|(at, _)| text.get(at..at + 11)).collect();
    let more = text.split("and ").filter_map(|rest| rest.split_once(" more")?.0.parse::<usize>().ok()).next();
    assert_eq!(named.len() + more.unwrap_or(0), count, "{} named, {more:?} more", named.len());
    assert!(more.is_some() || count == 0 || text.contains(&format!("item-{:05}x", count - 1)));
}

/// Whom a body rings, by rules that are not the relay's, and whom the example names for something critical.
fn rings(kind: &str, body: &serde_json::Value) -> (Vec<String>, &'static [&'static str]) {
    match kind {
        "discord" => (discord_rules::rings(body), &["<@&77001>"]),
        "telegram" => (telegram_rules::rings(body), &["@ops_lead"]),
        "wecom" => (wecom_rules::rings(body), &["zhang"]),
        "webhook" | "log" => (Vec::new(), &[]),
        kind => panic!("nobody knows here whom the kind `{kind}` rings"),
    }
}

#[test]
fn a_message_rings_once_for_whom_the_configuration_names_and_for_nobody_else() {
    let label = "@everyone @here <@1> <@&2> <@77002> <@&77001>";
    for channel in channels() {
        for (tone, fires) in [(Tone::Critical, true), (Tone::Good, false), (Tone::Neutral, false), (Tone::Ended, false)]
        {
            for (detail, count) in DETAILS.into_iter().flat_map(|detail| [(detail, 1), (detail, 60)]) {
                let items = vec![item(0, &label.repeat(20), 1); count];
                let message = Message { tone, title: label.to_owned(), ..message(items) };
                for (number, body) in bodies(channel.as_ref(), &message, detail).iter().enumerate() {
                    let (rung, named) = rings(channel.kind(), body);
                    let expected = if fires && number == 0 { named } else { &[] };
                    assert_eq!(rung, expected, "{} {detail:?} {tone:?}, part {number}: {body}", channel.kind());
                }
                for payload in channel.render(&message, detail) {
                    let edit = channel.edit(&MessageRef("1".to_owned()), &payload);
                    let rung =
                        edit.map(|edit| rings(channel.kind(), &json(channel.kind(), edit.body)).0).unwrap_or_default();
                    assert_eq!(rung, [""; 0], "an edit on {}", channel.kind());
                }
            }
        }
    }
}

#[test]
fn markup_and_mentions_in_a_label_stay_text() {
    let label = "@everyone @here <@123> [pay](https://evil.example) **bold** `code` https://evil.example";
    let evil = Item { body: vec![Span::Text(label.to_owned())], links: Vec::new(), ..item(0, label, 1) };
    let message =
        Message { tone: Tone::Good, title: label.to_owned(), footer: Some(label.to_owned()), ..message(vec![evil]) };
    for channel in channels() {
        for detail in DETAILS {
            for body in bodies(channel.as_ref(), &message, detail) {
                match channel.kind() {
                    "discord" => is_text_on_discord(&body),
                    // What a reader sees is the label, letter by letter.
                    "telegram" => {
                        let parsed = telegram_rules::judge(body.to_string().as_bytes()).unwrap();
                        let seen = parsed.text().replace('\u{200b}', "");
                        assert!(seen.contains(label), "{detail:?}: {seen}");
                    }
                    "wecom" => {
                        let seen = wecom_rules::judge(body.to_string().as_bytes()).unwrap();
                        assert!(!seen.contains("<@1"), "{detail:?}: {seen}");
                        for markup in ["](https://evil", "**bold", "`code"] {
                            assert!(!seen.contains(markup) || body["msgtype"] == "text", "{detail:?}: {seen}");
                        }
                        assert!(seen.replace('\u{200b}', "").contains("<@123> [pay](https://evil.example) **bold**"));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn is_text_on_discord(body: &serde_json::Value) {
    let text = body.to_string();
    for pings in ["@everyone", "@here", "<@1"] {
        assert!(!text.contains(pings), "{text}");
    }
    let rendered = body["embeds"][0]["description"].as_str().or(body["content"].as_str()).unwrap();
    for markup in ["](", " **", " `", " https:"] {
        assert!(!rendered.contains(markup), "{rendered}");
    }
}

#[test]
fn a_message_with_files_says_as_much_as_one_without() {
    let file = |name: &str, size: usize| Attachment {
        name: name.to_owned(),
        media_type: "image/png".to_owned(),
        bytes: vec![7; size].into(),
        description: "memory".to_owned(),
    };
    let attachments = vec![file("memory.png", 1000), file("empty.png", 0), file("../a b.txt", 1)];
    let with = Message { attachments, ..message(vec![item(0, "x", 2)]) };
    for channel in channels() {
        for detail in DETAILS {
            let bodies = bodies(channel.as_ref(), &with, detail);
            let text: String = bodies.iter().map(ToString::to_string).collect();
            assert!(text.contains("ContainerCrashed on web-1"), "{} {detail:?}: {text}", channel.kind());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_answer_is_without_a_verdict(
        status in 0_u16..1000,
        body in prop::collection::vec(any::<u8>(), 0..200),
        headers in prop::collection::vec(("(retry-after|x-ratelimit-[a-z-]{5,11})", ".{0,20}"), 0..4),
    ) {
        for channel in channels() {
            let response = Response { status, headers: headers.clone(), body: body.clone() };
            let _ = channel.verdict(&response);
            let _ = channel.allowance(&response);
        }
    }

    #[test]
    fn any_message_is_one_that_the_service_takes(
        title in "\\PC{0,400}", words in ".{0,3000}", name in ".{0,300}", value in ".{0,1500}",
        url in "(https://)?.{0,2500}", items in 0_usize..14, fields in 0_usize..30,
    ) {
        let mut one = item(0, "", 0);
        one.title.clone_from(&title);
        one.body = vec![
            Span::Text(words.clone()), Span::Strong(words.clone()), Span::Code(words.clone()), Span::Block(words),
            Span::Link { label: name.clone(), url: url.clone() },
        ];
        one.fields = vec![Field { name, value: vec![Span::Text(value)], short: false }; fields];
        one.links = vec![(title.clone(), url.clone())];
        let message = Message { title, url: Some(url), ..message(vec![one; items]) };
        for channel in channels() {
            for detail in DETAILS {
                for body in bodies(channel.as_ref(), &message, detail) {
                    if let Err(problem) = judge(channel.kind(), &body) {
                        prop_assert!(false, "{} {detail:?}: {problem}", channel.kind());
                    }
                }
            }
        }
    }
}

#[test]
fn a_payload_of_somebody_else_does_no_harm() {
    for channel in channels() {
        for payload in [serde_json::json!(null), serde_json::json!([1]), serde_json::json!("text")] {
            let _ = channel.post(&Payload(payload), &Posting { silent: true, ..Posting::default() });
        }
    }
}
