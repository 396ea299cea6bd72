//! The burst that Alertmanager's own receivers lose, told through the real composer to a stand-in that enforces
//! Discord's limits at their real pace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeMap;
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

use discord::{Discord, Rates};

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
        let names = vec!["ops".to_owned()];
        let routing = Routing { on: names.clone(), defaults: names };
        Self { _directory: directory, store, metrics: Metrics::default(), routing, deliverer: None }
    }

    fn start(&mut self, stand_in: &Discord) {
        let source = Source::new("relay.yml", format!("webhook_url: {}", stand_in.webhook(1)));
        let kind = KINDS.iter().find(|kind| kind.name == "discord").unwrap();
        let channel = config::read(&source, |section| (kind.build)(section)).unwrap().unwrap();
        let destination = Destination::new("ops", channel);
        let composer = compose::composer(
            [("ops".to_owned(), Voice::new(Locale::En, TimeZone::UTC))].into(),
            Voice::new(Locale::En, TimeZone::UTC),
            self.metrics.clone(),
        );
        let (store, metrics) = (self.store.clone(), self.metrics.clone());
        let http = deliver::http::client().unwrap();
        self.deliverer = Some(deliver::spawn(vec![destination], store, composer, metrics, http));
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

/// The last thing that was said of each group, and when: `true` for resolved.
fn last_words(stand_in: &Discord) -> BTreeMap<String, (bool, Timestamp)> {
    let mut last = BTreeMap::new();
    for message in stand_in.accepted() {
        let text = message.body.to_string();
        for (at, _) in text.match_indices("Group") {
            let (before, after) = text.split_at(at);
            let name: String = after.chars().take(8).collect();
            // The line of a resolved alert begins with these words, and so does its title.
            let before: String = before.chars().rev().take(30).collect::<Vec<char>>().into_iter().rev().collect();
            if before.contains("Resolved") {
                last.insert(name, (true, message.arrived_at));
            } else if before.contains("⚠️ ") || before.contains("🔴 ") {
                last.insert(name, (false, message.arrived_at));
            }
        }
    }
    last
}

/// Requests that came before a chat's own wait was over.
fn too_early(stand_in: &Discord) -> usize {
    stand_in.answers().iter().filter(|(status, _)| *status == 429).count()
}

async fn burst(groups: usize) {
    let stand_in = Discord::start(Rates::default()).await;
    let mut relay = Relay::new();
    relay.start(&stand_in);
    let began = Timestamp::now();
    for number in 0..groups {
        relay.tell(number, if number % 10 == 0 { "critical" } else { "warning" }, began, None).await;
    }
    let told = Timestamp::now();
    let resolve_at = began + Duration::from_secs(4);
    tokio::time::sleep(Duration::try_from(resolve_at.duration_since(Timestamp::now())).unwrap_or_default()).await;
    for number in 0..groups {
        relay.tell(number, if number % 10 == 0 { "critical" } else { "warning" }, began, Some(Timestamp::now())).await;
    }
    relay.until_idle().await;
    let last = last_words(&stand_in);
    let resolved = last.values().filter(|(resolved, _)| *resolved).count();
    let latest = last.values().map(|(_, at)| *at).max().unwrap();
    println!(
        "{groups} groups at once, all resolved after 4 s: {resolved} end states in {} messages, the last {:.1} s after \
         the first alert (stored within {:.1} s); {} requests inside a retry_after",
        stand_in.accepted().len(),
        latest.duration_since(began).as_secs_f64(),
        told.duration_since(began).as_secs_f64(),
        too_early(&stand_in),
    );
    assert_eq!((last.len(), resolved), (groups, groups));
    assert_eq!(too_early(&stand_in), 0);
    assert!(stand_in.accepted().len() < 2 * groups, "nothing was told together");
}

#[tokio::test]
async fn thirty_groups_at_once_all_resolved_after_four_seconds() {
    burst(30).await;
}

#[tokio::test]
async fn two_hundred_groups_at_once_all_resolved_after_four_seconds() {
    burst(200).await;
}
