//! Whatever happens between append and acknowledge: no notification is lost, and no group is told older news after
//! newer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use seamark_relay::alert::{Severity, Status};
use seamark_relay::channel::{Detail, MessageRef};
use seamark_relay::store::{Claim, Deferral, MessageKind, Next, Notification, Store};
use serde_json::json;

#[derive(Debug, Clone)]
enum Step {
    Append {
        group: u8,
        severity: u8,
    },
    Claim {
        served: usize,
    },
    Acknowledge,
    /// The first part of several.
    Part,
    Defer {
        seconds: i64,
        maybe_sent: bool,
    },
    Degrade,
    Bury,
    Kill,
    Wait {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_u8, 0..3_u8).prop_map(|(group, severity)| Step::Append { group, severity }),
        8 => prop_oneof![1 => Just(usize::MAX), 1 => Just(30), 4 => Just(1)].prop_map(|served| Step::Claim { served }),
        2 => Just(Step::Acknowledge),
        1 => Just(Step::Part),
        4 => (0..60_i64, any::<bool>()).prop_map(|(seconds, maybe_sent)| Step::Defer { seconds, maybe_sent }),
        1 => Just(Step::Degrade),
        1 => Just(Step::Bury),
        1 => Just(Step::Kill),
        2 => prop_oneof![4 => 0..40_i64, 1 => 590..700_i64].prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What the test knows better than the store.
#[derive(Default)]
struct Model {
    appended: BTreeSet<u32>,
    /// Read by the chat, or given up.
    ended: BTreeSet<u32>,
    /// The newest of each group that the chat may have read.
    newest: BTreeMap<String, u32>,
}

fn numbers(claim: &Claim) -> Vec<(String, u32)> {
    let number = |body: &[u8]| std::str::from_utf8(body).unwrap().parse().unwrap();
    let merged = claim.merged.iter().map(|told| (told.group_key.clone(), number(&told.body)));
    merged.chain([(claim.group_key.clone(), number(&claim.body))]).collect()
}

impl Model {
    /// The chat may read this now: nothing in it may be older than what the group was told last, except as a repeat of
    /// the very same message.
    fn told(&mut self, claim: &Claim) {
        let mut newest: BTreeMap<String, u32> = BTreeMap::new();
        for (group, number) in numbers(claim) {
            assert!(!self.ended.contains(&number), "{number} is told again after it was read");
            let at = newest.entry(group).or_default();
            *at = (*at).max(number);
        }
        for (group, number) in newest {
            let before = self.newest.insert(group.clone(), number).unwrap_or(0);
            assert!(before <= number, "{group} is told {number} after {before}");
        }
    }

    fn end(&mut self, claim: &Claim) {
        self.ended.extend(numbers(claim).into_iter().map(|(_, number)| number));
    }
}

fn notification(number: u32, group: u8, severity: u8, now: Timestamp) -> Notification {
    let status = if number.is_multiple_of(2) { Status::Resolved } else { Status::Firing };
    Notification {
        dedupe_key: number.to_string(),
        dedupe_window: None,
        channels: vec!["ops".to_owned()],
        note: None,
        kind: if status == Status::Firing { MessageKind::Alert } else { MessageKind::Resolved },
        group_key: format!("g{group}"),
        status,
        severity: [Severity::Info, Severity::Warning, Severity::Critical][usize::from(severity)],
        body: number.to_string().into_bytes(),
        received_at: now,
    }
}

async fn run(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("relay.db");
    let mut store = Some(Store::open(&path).unwrap());
    let mut model = Model::default();
    let mut now = Timestamp::from_second(1_790_000_000).unwrap();
    let mut flight: Option<Claim> = None;
    let mut number = 0;
    for step in steps {
        let open = store.as_ref().unwrap();
        match (step, flight.take()) {
            (Step::Append { group, severity }, claim) => {
                flight = claim;
                number += 1;
                open.append(notification(number, group, severity, now)).await.unwrap();
                model.appended.insert(number);
            }
            (Step::Wait { seconds }, claim) => {
                flight = claim;
                now += jiff::SignedDuration::from_secs(seconds);
            }
            (Step::Kill, claim) => {
                // The chat may have read what was in flight.
                if let Some(claim) = claim {
                    model.told(&claim);
                }
                drop(store.take());
                store = Some(Store::open(&path).unwrap());
            }
            (Step::Claim { served }, None) => {
                if let Next::Claim(claim) = open.claim("ops", now, served).await.unwrap() {
                    flight = Some(*claim);
                }
            }
            (Step::Claim { .. }, claim) => flight = claim,
            (_, None) => {}
            (Step::Acknowledge, Some(claim)) => {
                model.told(&claim);
                model.end(&claim);
                open.acknowledge(claim.id, MessageRef::default(), false, now).await.unwrap();
            }
            (Step::Part, Some(claim)) => {
                model.told(&claim);
                open.prepare(claim.id, vec![json!("one"); usize::try_from(claim.part).unwrap() + 2]).await.unwrap();
                open.acknowledge(claim.id, MessageRef::default(), true, now).await.unwrap();
            }
            (Step::Defer { seconds, maybe_sent }, Some(claim)) => {
                if maybe_sent {
                    model.told(&claim);
                }
                let due_at = now + jiff::SignedDuration::from_secs(seconds);
                let deferral = Deferral { due_at, maybe_sent, counts: true, reason: String::new() };
                open.defer(claim.id, deferral, now).await.unwrap();
            }
            (Step::Degrade, Some(claim)) => {
                open.degrade(claim.id, Detail::Title, String::new(), now).await.unwrap();
            }
            (Step::Bury, Some(claim)) => {
                model.end(&claim);
                open.bury(claim.id, String::new(), now).await.unwrap();
            }
        }
    }
    drop(store);
    drain(&Store::open(&path).unwrap(), &mut model, now).await;
}

/// Lets everything go out, and finds nothing missing.
async fn drain(store: &Store, model: &mut Model, mut now: Timestamp) {
    for _ in 0..1000 {
        now += jiff::SignedDuration::from_secs(61);
        match store.claim("ops", now, 2).await.unwrap() {
            Next::Claim(claim) => {
                model.told(&claim);
                model.end(&claim);
                store.acknowledge(claim.id, MessageRef::default(), false, now).await.unwrap();
            }
            Next::At(_) => {}
            Next::Empty => break,
        }
    }
    assert_eq!(store.claim("ops", now, 2).await.unwrap(), Next::Empty);
    assert_eq!(model.ended, model.appended, "these were lost: {:?}", model.appended.difference(&model.ended));
    assert!(store.backlog().await.unwrap().iter().all(|row| row.pending == 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_no_group_is_told_older_news_after_newer(steps in prop::collection::vec(step(), 40..100)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
