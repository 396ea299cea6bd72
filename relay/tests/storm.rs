//! The burst that Alertmanager's own receivers lose, told through the real composer to stand-ins that enforce the limits
//! of all three chats at their real pace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use seamark_kit::config::{self, Source};
use seamark_relay::channel::KINDS;
use seamark_relay::compose::{self, Locale, Voice};
use seamark_relay::deliver::{self, Deliverer, Destination};
use seamark_relay::metrics::Metrics;
use seamark_relay::pipeline::{self, Accepted, Routing};
use seamark_relay::store::Store;
use serde_json::json;

#[path = "stand_in/discord.rs"]
mod discord;
#[path = "stand_in/telegram.rs"]
mod telegram;
#[path = "stand_in/wecom.rs"]
mod wecom;

const CHATS: [&str; 3] = ["discord", "telegram", "wecom"];

/// The three chats, at the rates that they really have.
struct Chats {
    discord: discord::Discord,
    telegram: telegram::Telegram,
    wecom: wecom::WeCom,
}

impl Chats {
    async fn start() -> Self {
        Self {
            discord: discord::Discord::start(discord::Rates::default()).await,
            telegram: telegram::Telegram::start(telegram::Rates::default()).await,
            wecom: wecom::WeCom::start(wecom::Rates::default()).await,
        }
    }

    fn settings(&self, chat: &str) -> String {
        match chat {
            "discord" => format!("webhook_url: {}", self.discord.webhook(1)),
            "telegram" => format!("bot_token: 11:token\nchat_id: -100123\napi_url: {}", self.telegram.url()),
            _ => format!("webhook_url: {}", self.wecom.webhook("key")),
        }
    }

    /// What was accepted, in its order.
    fn accepted(&self, chat: &str) -> Vec<String> {
        match chat {
            "discord" => self.discord.accepted().iter().map(|message| message.body.to_string()).collect(),
            "telegram" => self.telegram.accepted().iter().map(|message| message.body.to_string()).collect(),
            _ => self.wecom.accepted().iter().map(|message| message.body.to_string()).collect(),
        }
    }

    /// How often it said that it is called too fast.
    fn too_fast(&self, chat: &str) -> usize {
        match chat {
            "discord" => self.discord.answers().iter().filter(|(status, _)| *status == 429).count(),
            "telegram" => self.telegram.answers().iter().filter(|(status, _)| *status == 429).count(),
            _ => self.wecom.answers().iter().filter(|(code, _)| *code == 45009).count(),
        }
    }
}

struct Relay {
    _directory: tempfile::TempDir,
    store: Store,
    metrics: Metrics,
    routing: Routing,
    deliverer: Option<Deliverer>,
}

impl Relay {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("relay.db")).unwrap();
        let names: Vec<String> = CHATS.map(str::to_owned).into();
        let routing = Routing { on: names.clone(), defaults: names };
        Self { _directory: directory, store, metrics: Metrics::default(), routing, deliverer: None }
    }

    fn start(&mut self, chats: &Chats) {
        let destination = |chat: &str| {
            let source = Source::new("relay.yml", chats.settings(chat));
            let kind = KINDS.iter().find(|kind| kind.name == chat).unwrap();
            Destination::new(chat, config::read(&source, |section| (kind.build)(section)).unwrap().unwrap())
        };
        let voice = Voice::new(Locale::En, TimeZone::UTC);
        let composer = compose::composer(HashMap::new(), voice, self.metrics.clone());
        let (store, metrics) = (self.store.clone(), self.metrics.clone());
        let http = deliver::http::client().unwrap();
        let destinations = CHATS.into_iter().map(destination).collect();
        self.deliverer = Some(deliver::spawn(destinations, store, composer, metrics, http));
    }

    /// What Alertmanager says of a group with one alert.
    async fn tell(&self, number: usize, severity: &str, began: Timestamp, ended: Option<Timestamp>) {
        let status = if ended.is_some() { "resolved" } else { "firing" };
        let labels = json!({"alertname": name(number), "severity": severity, "instance": "web-1"});
        let body = json!({
            "version": "4", "groupKey": format!("{{}}:{{alertname={:?}}}", name(number)), "status": status,
            "receiver": "ops", "groupLabels": {"alertname": name(number)}, "commonLabels": labels,
            "commonAnnotations": {}, "externalURL": "http://alertmanager:9093", "truncatedAlerts": 0,
            "alerts": [{
                "status": status, "labels": labels, "annotations": {"summary": format!("{} is on fire", name(number))},
                "startsAt": began.to_string(), "fingerprint": format!("{number:016x}"),
                "endsAt": ended.map_or("0001-01-01T00:00:00Z".to_owned(), |ended| ended.to_string()),
            }],
        });
        let body = body.to_string();
        let now = Timestamp::now();
        let accepted = pipeline::accept(&self.store, &self.metrics, &self.routing, None, body.as_bytes(), now).await;
        assert!(matches!(accepted.unwrap(), Accepted::Stored(_)));
    }

    async fn until_idle(&self) {
        let deadline = Timestamp::now() + Duration::from_secs(180);
        while self.store.backlog().await.unwrap().iter().any(|row| row.pending > 0) {
            assert!(Timestamp::now() < deadline, "still waiting: {:?}", self.store.backlog().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn name(number: usize) -> String {
    format!("Group{number:03}")
}

/// The last thing that was said of each group: `true` for resolved.
fn last_words(messages: &[String]) -> BTreeMap<String, bool> {
    let mut last = BTreeMap::new();
    for text in messages {
        for (at, _) in text.match_indices("Group") {
            let (before, after) = text.split_at(at);
            let name: String = after.chars().take(8).collect();
            // The line of a resolved alert begins with these words, and so does its title.
            let before: String = before.chars().rev().take(40).collect::<Vec<char>>().into_iter().rev().collect();
            if before.contains("Resolved") {
                last.insert(name, true);
            } else if before.contains("⚠️ ") || before.contains("🔴 ") {
                last.insert(name, false);
            }
        }
    }
    last
}

async fn burst(groups: usize) {
    let chats = Chats::start().await;
    let mut relay = Relay::new();
    relay.start(&chats);
    let began = Timestamp::now();
    let severity = |number: usize| if number.is_multiple_of(10) { "critical" } else { "warning" };
    for number in 0..groups {
        relay.tell(number, severity(number), began, None).await;
    }
    let resolve_at = began + Duration::from_secs(4);
    tokio::time::sleep(Duration::try_from(resolve_at.duration_since(Timestamp::now())).unwrap_or_default()).await;
    for number in 0..groups {
        relay.tell(number, severity(number), began, Some(Timestamp::now())).await;
    }
    relay.until_idle().await;
    println!(
        "{groups} groups at once, all resolved after 4 s; all told after {:.1} s",
        Timestamp::now().duration_since(began).as_secs_f64()
    );
    for chat in CHATS {
        let accepted = chats.accepted(chat);
        let last = last_words(&accepted);
        let resolved = last.values().filter(|resolved| **resolved).count();
        let too_fast = chats.too_fast(chat);
        let count = accepted.len();
        println!("  {chat}: {resolved} end states in {count} messages, {too_fast} requests that were too fast");
        assert_eq!((last.len(), resolved), (groups, groups), "{chat}");
        assert_eq!(too_fast, 0, "{chat}");
        assert!(count < 2 * groups, "{chat}: nothing was told together");
    }
    assert_eq!((chats.telegram.refused(), chats.wecom.refused()), (vec![], vec![]));
}

#[tokio::test]
async fn thirty_groups_at_once_all_resolved_after_four_seconds() {
    burst(30).await;
}

#[tokio::test]
async fn two_hundred_groups_at_once_all_resolved_after_four_seconds() {
    burst(200).await;
}

/// Containers that crash together are told of one after another, as an engine that has much to do gets to them.
#[tokio::test]
async fn two_hundred_groups_that_trickle_in_are_told_in_few_messages() {
    let chats = Chats::start().await;
    let mut relay = Relay::new();
    relay.start(&chats);
    for number in 0..200 {
        relay.tell(number, "critical", Timestamp::now(), None).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    relay.until_idle().await;
    for chat in CHATS {
        let accepted = chats.accepted(chat);
        println!("200 groups within ten seconds: {chat} has {} messages", accepted.len());
        assert_eq!(last_words(&accepted).len(), 200, "{chat}");
        // Five as they come, and lists.
        assert!(accepted.len() < 15, "{chat}: {} messages", accepted.len());
    }
    assert!(chats.accepted("discord").len() < 12, "{} messages", chats.accepted("discord").len());
}
