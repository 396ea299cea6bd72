//! Stories of messages on their way: a real file, real HTTP, and a stand-in that enforces Discord's limits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};
use seamark_kit::secret::Secret;
use seamark_relay::alert::{Severity, Status};
use seamark_relay::channel::{
    Allowance, Channel, Detail, KINDS, Limits, MessageRef, Method, Payload, Posting, Request, Response, Verdict,
};
use seamark_relay::deliver::{self, Composer, Deliverer, Destination, Update};
use seamark_relay::message::{Item, Message, Span, Tone};
use seamark_relay::metrics::Metrics;
use seamark_relay::store::{Claim, MessageKind, Next, Notification, Store};

#[path = "stand_in/discord.rs"]
mod discord;

use discord::{Accepted, Discord, Fault, Rates};

/// The real budgets with windows a fiftieth as long, for stories that would otherwise take minutes.
const SHORT_BUDGETS: &[(u32, Duration)] = &[(5, Duration::from_millis(40)), (30, Duration::from_millis(1200))];

fn short_rates() -> Rates {
    Rates { webhook: SHORT_BUDGETS[0], channel: SHORT_BUDGETS[1], ..Rates::default() }
}

/// A channel that believes in the short windows.
#[derive(Debug)]
struct Hurried(Box<dyn Channel>);

impl Channel for Hurried {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }
    fn limits(&self) -> &'static Limits {
        static LIMITS: Limits = Limits { budgets: SHORT_BUDGETS };
        &LIMITS
    }
    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        self.0.render(message, detail)
    }
    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        self.0.post(payload, how)
    }
    fn edit(&self, at: &MessageRef, payload: &Payload) -> Option<Request> {
        self.0.edit(at, payload)
    }
    fn verdict(&self, response: &Response) -> Verdict {
        self.0.verdict(response)
    }
    fn allowance(&self, response: &Response) -> Option<Allowance> {
        self.0.allowance(response)
    }
}

/// A relay without its server: the store, the loops and what they count.
struct Relay {
    directory: tempfile::TempDir,
    store: Store,
    metrics: Metrics,
    deliverer: Option<Deliverer>,
    update: Update,
}

impl Relay {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("relay.db")).unwrap();
        Self { directory, store, metrics: Metrics::default(), deliverer: None, update: Update::Post }
    }

    /// Starts delivering to these webhooks, as `ops-1`, `ops-2` and so on.
    fn start(&mut self, webhooks: &[String]) {
        let destination = |(number, url): (usize, &String)| {
            let channel: Arc<dyn Channel> = Arc::new(Hurried(channel(url)));
            let fallback = (number == 0 && webhooks.len() > 1).then(|| "ops-2".to_owned());
            Destination { fallback, update: self.update, ..Destination::new(format!("ops-{}", number + 1), channel) }
        };
        let destinations = webhooks.iter().enumerate().map(destination).collect();
        let composer: Composer = Arc::new(|claim, _| compose(claim));
        let http = deliver::http::client().unwrap();
        let (store, metrics) = (self.store.clone(), self.metrics.clone());
        self.deliverer = Some(deliver::spawn(destinations, store, composer, metrics, http));
    }

    async fn append(&self, text: &str, group_key: &str, severity: Severity) {
        self.append_to(&["ops-1"], text, group_key, severity).await;
    }

    async fn resolve(&self, text: &str, group_key: &str) {
        let over = (MessageKind::Resolved, Status::Resolved);
        self.store.append(Self::notification(&["ops-1"], text, group_key, Severity::Warning, over)).await.unwrap();
    }

    /// A message that is never told together with others, however many wait.
    async fn append_alone(&self, text: &str) {
        let notice = (MessageKind::Notice, Status::Firing);
        self.store.append(Self::notification(&["ops-1"], text, text, Severity::Warning, notice)).await.unwrap();
    }

    async fn append_to(&self, channels: &[&str], text: &str, group_key: &str, severity: Severity) {
        let firing = (MessageKind::Alert, Status::Firing);
        self.store.append(Self::notification(channels, text, group_key, severity, firing)).await.unwrap();
    }

    fn notification(
        channels: &[&str],
        text: &str,
        group_key: &str,
        severity: Severity,
        (kind, status): (MessageKind, Status),
    ) -> Notification {
        Notification {
            dedupe_key: format!("{group_key}/{text}"),
            dedupe_window: None,
            channels: channels.iter().map(|name| (*name).to_owned()).collect(),
            note: None,
            kind,
            group_key: group_key.to_owned(),
            status,
            severity,
            body: text.as_bytes().to_vec(),
            received_at: Timestamp::now(),
        }
    }

    async fn is_idle(&self) -> bool {
        self.store.backlog().await.unwrap().iter().all(|row| row.pending == 0)
    }

    async fn until_idle(&self) {
        let deadline = Timestamp::now() + Duration::from_secs(90);
        while !self.is_idle().await {
            assert!(Timestamp::now() < deadline, "still waiting: {:?}", self.store.backlog().await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until(&self, what: &str, condition: impl Fn() -> bool) {
        let deadline = Timestamp::now() + Duration::from_secs(60);
        while !condition() {
            assert!(Timestamp::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A row is gone from the outbox a moment before it is counted.
    async fn until_figure(&self, series: &str, value: &str) {
        self.until(&format!("{series} {value}"), || self.figure(series).as_deref() == Some(value)).await;
    }

    /// Stops the loops and starts anew on the same file.
    async fn restart(&mut self) {
        if let Some(deliverer) = self.deliverer.take() {
            deliverer.stop().await;
        }
        let path = self.directory.path().join("relay.db");
        // The only handle is replaced by one of another file, so that the file is closed before it is opened.
        self.store = Store::open(&self.directory.path().join("other.db")).unwrap();
        self.store = Store::open(&path).unwrap();
    }

    fn figure(&self, series: &str) -> Option<String> {
        let mut exposition = Exposition::default();
        self.metrics.expose(&mut exposition);
        let text = encode(&exposition, Format::Classic).unwrap();
        let line = text.lines().find(|line| line.starts_with(series))?;
        line.rsplit(' ').next().map(str::to_owned)
    }
}

fn channel(webhook: &str) -> Box<dyn Channel> {
    let source = Source::new("relay.yml", format!("webhook_url: {webhook}"));
    let kind = KINDS.iter().find(|kind| kind.name == "discord").unwrap();
    config::read(&source, |section| (kind.build)(section)).unwrap().unwrap()
}

/// The body is the title; `items:N` is a message of N long items.
fn compose(claim: &Claim) -> Message {
    let title = String::from_utf8(claim.body.clone()).unwrap();
    let count = title.strip_prefix("items:").map_or(0, |count| count.parse().unwrap());
    let item = |number| Item {
        tone: Tone::Critical,
        title: format!("item {number}"),
        body: vec![Span::Text("x".repeat(2500))],
        fields: Vec::new(),
        links: Vec::new(),
        at: None,
    };
    Message {
        tone: Tone::Critical,
        title,
        url: None,
        items: (0..count).map(item).collect(),
        attachments: Vec::new(),
        footer: None,
        more: "and {n} more".to_owned(),
        maybe_repeated: "may be a repeat".to_owned(),
        silent: false,
    }
}

fn titles(accepted: &[Accepted]) -> Vec<String> {
    accepted.iter().map(|message| message.body["embeds"][0]["title"].as_str().unwrap_or_default().to_owned()).collect()
}

fn statuses(stand_in: &Discord) -> Vec<u16> {
    stand_in.answers().into_iter().map(|(status, _)| status).collect()
}

#[tokio::test]
async fn two_hundred_messages_at_once_arrive_in_order_and_never_too_fast() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    for number in 0..200 {
        relay.append_alone(&format!("alert {number}")).await;
    }
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    let expected: Vec<String> = (0..200).map(|number| format!("alert {number}")).collect();
    assert_eq!(titles(&stand_in.accepted()), expected);
    assert_eq!(statuses(&stand_in), [200; 200]);
    let delivered = r#"seamark_relay_deliveries_total{channel="ops-1",kind="notice",result="delivered"}"#;
    relay.until_figure(delivered, "200").await;
}

#[tokio::test]
async fn the_pace_outlives_a_restart() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    for round in 0..3 {
        for number in 0..15 {
            relay.append_alone(&format!("alert {round} {number}")).await;
        }
        relay.start(&[stand_in.webhook(1)]);
        relay.until_idle().await;
        relay.restart().await;
    }
    assert_eq!(statuses(&stand_in), [200; 45]);
}

#[tokio::test]
async fn a_chat_that_is_down_gets_everything_when_it_is_back() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::Status { status: 500 }, Fault::CloseBefore, Fault::Status { status: 502 }]);
    let mut relay = Relay::new();
    for text in ["first", "second"] {
        relay.append(text, text, Severity::Warning).await;
    }
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    assert_eq!(titles(&stand_in.accepted()), ["first", "second"]);
    assert_eq!(statuses(&stand_in), [500, 502, 200, 200]);
    let retried = r#"seamark_relay_deliveries_total{channel="ops-1",kind="alert",result="retried"}"#;
    relay.until_figure(retried, "3").await;
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_repeated_once_and_says_so() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::CloseAfter]);
    let mut relay = Relay::new();
    relay.append("crash", "group", Severity::Critical).await;
    relay.append("next", "other", Severity::Warning).await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    let accepted = stand_in.accepted();
    assert_eq!(titles(&accepted), ["crash", "crash", "next"]);
    let contents: Vec<Option<&str>> = accepted.iter().map(|message| message.body["content"].as_str()).collect();
    assert_eq!(contents, [None, Some("may be a repeat"), None]);
}

#[tokio::test]
async fn a_kill_between_the_call_and_the_commit_leaves_one_marked_double() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    relay.append("crash", "group", Severity::Warning).await;
    // What a process does up to the moment in which it is killed: claim, post, and nothing after.
    let Next::Claim(claim) = relay.store.claim("ops-1", Timestamp::now(), usize::MAX).await.unwrap() else { panic!() };
    let channel = channel(&stand_in.webhook(1));
    let payload = channel.render(&compose(&claim), Detail::Full).remove(0);
    let request = channel.post(&payload, &Posting::default());
    deliver::http::call(&deliver::http::client().unwrap(), &request).await.unwrap();

    relay.restart().await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    let accepted = stand_in.accepted();
    assert_eq!(titles(&accepted), ["crash", "crash"]);
    assert_eq!(accepted[1].body["content"], "may be a repeat");
}

#[tokio::test]
async fn a_message_that_meets_a_fault_of_ours_is_a_dead_letter_and_the_next_one_arrives() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    // No number: to word it panics.
    relay.append("items:x", "group", Severity::Critical).await;
    relay.append("next", "other", Severity::Warning).await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until("the next one arrives", || titles(&stand_in.accepted()) == ["next"]).await;
    let letters = relay.store.dead_letters(9).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains("a fault of the relay's"), "{}", letters[0].reason);
    assert!(relay.is_idle().await);
}

#[tokio::test]
async fn a_message_of_several_parts_goes_on_with_the_part_that_failed() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::None, Fault::Status { status: 500 }]);
    let mut relay = Relay::new();
    relay.append("items:5", "group", Severity::Warning).await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    let titles: Vec<String> = stand_in
        .accepted()
        .iter()
        .flat_map(|message| message.body["embeds"].as_array().unwrap().clone())
        .map(|embed| embed["title"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(titles, ["items:5", "item 0", "item 1", "item 2", "item 3", "item 4"]);
    assert_eq!(statuses(&stand_in), [200, 500, 200, 200]);
    assert_eq!(relay.store.message_refs("ops-1", "group").await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_left_alone_and_its_messages_stay() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::Unknown]);
    let mut relay = Relay::new();
    for number in 0..3 {
        relay.append_to(&["ops-1", "ops-2"], &number.to_string(), &format!("g{number}"), Severity::Warning).await;
    }
    relay.start(&[stand_in.webhook(1)]);
    let up = r#"seamark_relay_channel_up{channel="ops-1"}"#;
    relay.until("the channel is down", || relay.figure(up).as_deref() == Some("0")).await;
    // Somebody mends the address: a rebuilt loop asks at once, and nothing was lost.
    let pending: Vec<u64> = relay.store.backlog().await.unwrap().iter().map(|row| row.pending).collect();
    assert_eq!((pending, statuses(&stand_in)), (vec![3, 3], vec![404]));
    relay.restart().await;
    relay.start(&[stand_in.webhook(1), stand_in.webhook(2)]);
    relay.until_idle().await;
    // All of them, and a note that the channel is back.
    assert_eq!(stand_in.accepted().len(), 7);
    relay.until_figure(up, "1").await;
}

#[tokio::test]
async fn a_refused_message_is_tried_with_less_then_buried_and_the_others_go_on() {
    let stand_in = Discord::start(short_rates()).await;
    let refusals = [Fault::Refuse, Fault::Refuse, Fault::Refuse, Fault::Refuse];
    stand_in.fail(refusals);
    let mut relay = Relay::new();
    relay.append("bad", "bad group", Severity::Warning).await;
    relay.append("good", "good group", Severity::Warning).await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    assert_eq!(statuses(&stand_in), [400, 400, 400, 400, 200]);
    assert_eq!(titles(&stand_in.accepted()), ["good"]);
    let letters = relay.store.dead_letters(9).await.unwrap();
    assert_eq!((letters.len(), letters[0].body.as_slice()), (1, &b"bad"[..]));
    assert_eq!(letters[0].reason, "HTTP 400, code 50035: Invalid Form Body");
    let delivered = r#"seamark_relay_deliveries_total{channel="ops-1",kind="alert",result="delivered"}"#;
    relay.until_figure(delivered, "1").await;
    let figures = ["degraded", "dead", "delivered"].map(|result| {
        let labels = format!(r#"{{channel="ops-1",kind="alert",result="{result}"}}"#);
        relay.figure(&format!("seamark_relay_deliveries_total{labels}")).unwrap()
    });
    assert_eq!(figures, ["3", "1", "1"]);
    relay.until_figure(r#"seamark_relay_dead_letters_total{channel="ops-1"}"#, "1").await;
}

/// What the fallback channel was told, as kind and channel; its composer shows the note as it is stored.
fn notes(stand_in: &Discord) -> Vec<(String, String)> {
    let of_fallback = stand_in.accepted().into_iter().filter(|message| message.webhook == "2");
    let titles = titles(&of_fallback.collect::<Vec<_>>());
    let notes =
        titles.iter().filter_map(|title| serde_json::from_str::<serde_json::Value>(&title.replace("\\_", "_")).ok());
    let text = |note: &serde_json::Value, key: &str| note[key].as_str().unwrap().to_owned();
    notes
        .map(|note| (text(&note, "trouble"), format!("{}: {}", text(&note, "channel"), text(&note, "reason"))))
        .collect()
}

#[tokio::test]
async fn a_dead_letter_is_told_in_the_fallback_channel_once_and_its_own_not_at_all() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    relay.append("bad", "bad group", Severity::Critical).await;
    relay.append("bad again", "other group", Severity::Warning).await;
    stand_in.fail(vec![Fault::Refuse; 8]);
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    relay.restart().await;
    relay.append("bad as well", "bad group", Severity::Critical).await;
    stand_in.fail(vec![Fault::Refuse; 4]);
    relay.start(&[stand_in.webhook(1), stand_in.webhook(2)]);
    relay.until("a note", || notes(&stand_in).len() == 1).await;
    let reason = "ops-1: HTTP 400, code 50035: Invalid Form Body";
    assert_eq!(notes(&stand_in), [("dead_letter".to_owned(), reason.to_owned())]);
    // The fallback channel refuses a message of its own: that leads to no note.
    stand_in.fail(vec![Fault::Refuse; 4]);
    relay.append_to(&["ops-2"], "bad here", "bad group", Severity::Critical).await;
    relay.until_idle().await;
    assert_eq!((notes(&stand_in).len(), relay.store.dead_letters(9).await.unwrap().len()), (1, 4));
}

#[tokio::test]
async fn the_fallback_channel_hears_once_that_a_channel_is_gone_and_that_it_is_back() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    relay.append("crash", "group", Severity::Warning).await;
    let wrong = stand_in.webhook(1).replace("s3cr3t-token", "wrong");
    relay.start(&[wrong.clone(), stand_in.webhook(2)]);
    relay.until("a note", || notes(&stand_in).len() == 1).await;
    relay.restart().await;
    relay.start(&[wrong.clone(), stand_in.webhook(2)]);
    relay.until("asked again", || statuses(&stand_in).iter().filter(|status| **status == 401).count() == 2).await;
    relay.restart().await;
    relay.start(&[stand_in.webhook(1), stand_in.webhook(2)]);
    relay.until("it is back", || notes(&stand_in).len() == 2).await;
    relay.until_idle().await;
    let told = notes(&stand_in);
    assert_eq!(told.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["gone", "back"]);
    assert!(told[0].1.starts_with("ops-1: HTTP 401, code 50027: Invalid Webhook Token"), "{told:?}");
    assert_eq!(titles(&stand_in.accepted()).iter().filter(|title| *title == "crash").count(), 1);
}

#[tokio::test]
async fn with_edits_a_group_has_one_message_from_firing_to_resolved_and_a_new_one_when_it_fires_anew() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    relay.update = Update::Edit;
    relay.start(&[stand_in.webhook(1)]);
    relay.append("down", "group", Severity::Warning).await;
    relay.until_idle().await;
    relay.resolve("up again", "group").await;
    relay.until_idle().await;
    assert_eq!(stand_in.methods(), ["POST", "PATCH"]);
    let accepted = stand_in.accepted();
    assert_eq!((titles(&accepted), accepted[0].edits), (vec!["up again".to_owned()], 1));
    relay.append("down anew", "group", Severity::Warning).await;
    relay.until_idle().await;
    assert_eq!(stand_in.methods(), ["POST", "PATCH", "POST"]);
    assert_eq!(titles(&stand_in.accepted()), ["up again", "down anew"]);
}

#[tokio::test]
async fn a_message_that_cannot_be_edited_any_more_is_posted_anew() {
    let stand_in = Discord::start(short_rates()).await;
    let mut relay = Relay::new();
    relay.update = Update::Edit;
    relay.append("one down", "group", Severity::Warning).await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    stand_in.fail([Fault::Status { status: 404 }]);
    relay.append("two down", "group", Severity::Warning).await;
    relay.until_idle().await;
    assert_eq!(stand_in.methods(), ["POST", "PATCH", "POST"]);
    assert_eq!(titles(&stand_in.accepted()), ["one down", "two down"]);
    assert!(stand_in.accepted().iter().all(|message| message.body.get("content").is_none()), "nothing is a repeat");
    // It got worse: that is a new message in any case.
    relay.append("all down", "group", Severity::Critical).await;
    relay.until_idle().await;
    assert_eq!(stand_in.methods().last().map(String::as_str), Some("POST"));
    let up = r#"seamark_relay_channel_up{channel="ops-1"}"#;
    assert_eq!(relay.figure(up).as_deref(), Some("1"));
}

#[tokio::test]
async fn a_global_limit_holds_every_webhook_of_the_service_even_after_a_restart() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::Global { retry_after: 2.0 }]);
    let mut relay = Relay::new();
    relay.append("first", "a", Severity::Warning).await;
    relay.start(&[stand_in.webhook(1), stand_in.webhook(2)]);
    relay.until("a 429", || statuses(&stand_in) == [429]).await;
    let limited_at = stand_in.answers()[0].1;
    let limited = r#"seamark_relay_rate_limited_total{channel="ops-1"}"#;
    relay.until("the loop has read it", || relay.figure(limited).as_deref() == Some("1")).await;
    relay.restart().await;
    relay.append_to(&["ops-2"], "second", "b", Severity::Critical).await;
    relay.start(&[stand_in.webhook(1), stand_in.webhook(2)]);
    relay.until_idle().await;
    for message in stand_in.accepted() {
        assert!(message.arrived_at.duration_since(limited_at).as_millis() >= 1990, "{message:?}");
    }
    assert_eq!(statuses(&stand_in), [429, 200, 200]);
    assert!(stand_in.accepted().iter().all(|message| message.body.get("content").is_none()), "nothing is a repeat");
}

#[tokio::test]
async fn a_chat_that_hangs_gets_the_message_again_with_a_word_that_it_may_be_a_repeat() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::Hang]);
    let mut relay = Relay::new();
    relay.append("crash", "group", Severity::Critical).await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    let accepted = stand_in.accepted();
    assert_eq!(titles(&accepted), ["crash"]);
    assert_eq!(accepted[0].body["content"], "may be a repeat");
}

#[tokio::test]
async fn a_token_that_is_wrong_stops_the_calls_and_keeps_the_messages() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::Status { status: 401 }]);
    let mut relay = Relay::new();
    for number in 0..3 {
        relay.append(&number.to_string(), &format!("g{number}"), Severity::Warning).await;
    }
    relay.start(&[stand_in.webhook(1)]);
    let up = r#"seamark_relay_channel_up{channel="ops-1"}"#;
    relay.until("the channel is down", || relay.figure(up).as_deref() == Some("0")).await;
    assert_eq!((statuses(&stand_in), relay.store.backlog().await.unwrap()[0].pending), (vec![401], 3));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let stand_in = Discord::start(short_rates()).await;
    stand_in.fail([Fault::Redirect]);
    let mut relay = Relay::new();
    relay.append("crash", "group", Severity::Warning).await;
    relay.start(&[stand_in.webhook(1)]);
    relay.until_idle().await;
    assert_eq!((statuses(&stand_in), stand_in.methods()), (vec![302, 200], vec!["POST".to_owned(), "POST".to_owned()]));
}

#[tokio::test]
async fn an_error_of_the_network_does_not_show_the_address() {
    let request = Request {
        headers: Vec::new(),
        method: Method::Post,
        url: Secret::new("http://127.0.0.1:1/api/webhooks/1/s3cr3t-token"),
        body: serde_json::json!({}).into(),
    };
    let problem = deliver::http::call(&deliver::http::client().unwrap(), &request).await.unwrap_err();
    assert!(!problem.maybe_sent);
    assert!(problem.reason.contains("refused") && !problem.reason.contains("s3cr3t"), "{}", problem.reason);
}

#[tokio::test]
async fn the_log_channel_takes_every_message() {
    let mut relay = Relay::new();
    relay.append("crash", "group", Severity::Warning).await;
    let kind = KINDS.iter().find(|kind| kind.name == "log").unwrap();
    let channel = config::read(&Source::new("relay.yml", "{}"), |section| (kind.build)(section)).unwrap().unwrap();
    let destinations = vec![Destination::new("ops-1", channel)];
    let http = deliver::http::client().unwrap();
    let composer: Composer = Arc::new(|claim, _| compose(claim));
    let (store, metrics) = (relay.store.clone(), relay.metrics.clone());
    relay.deliverer = Some(deliver::spawn(destinations, store, composer, metrics, http));
    relay.until_idle().await;
    assert_eq!(relay.store.message_refs("ops-1", "group").await.unwrap(), Vec::<MessageRef>::new());
    let latency = r#"seamark_relay_delivery_latency_seconds_count{channel="ops-1"}"#;
    relay.until("it is counted", || relay.figure(latency).as_deref() == Some("1")).await;
}
