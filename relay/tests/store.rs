//! The outbox on a real file: what it keeps, in which order, and what happens when it cannot.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use seamark_relay::alert::{Labels, Severity, Status};
use seamark_relay::channel::{Detail, MessageRef};
use seamark_relay::store::{
    Appended, Backlog, Chosen, Claim, Deferral, Digest, Entry, FORGOTTEN_AFTER, Firing, MessageKind, Next,
    Notification, REFUSED_BODY_LIMIT, Store, StoreError,
};
use serde_json::json;

struct Directory {
    directory: tempfile::TempDir,
}

impl Directory {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("relay.db")
    }

    fn open(&self) -> Store {
        Store::open(&self.file()).unwrap()
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn notification(body: &str, group_key: &str) -> Notification {
    Notification {
        dedupe_key: format!("{group_key}/{body}"),
        dedupe_window: Some(Duration::from_secs(300)),
        channels: vec!["ops".to_owned()],
        note: None,
        kind: MessageKind::Alert,
        group_key: group_key.to_owned(),
        status: Status::Firing,
        severity: Severity::Warning,
        body: body.as_bytes().to_vec(),
        received_at: at(0),
    }
}

async fn claim(store: &Store, now: Timestamp) -> Claim {
    match store.claim("ops", now, usize::MAX).await.unwrap() {
        Next::Claim(claim) => *claim,
        next => panic!("nothing to claim: {next:?}"),
    }
}

fn body(claim: &Claim) -> &str {
    std::str::from_utf8(&claim.body).unwrap()
}

/// Everything that a claim's message tells, the oldest first.
fn told(claim: &Claim) -> Vec<&str> {
    let merged = claim.merged.iter().map(|told| told.body.as_slice());
    merged.chain([claim.body.as_slice()]).map(|body| std::str::from_utf8(body).unwrap()).collect()
}

async fn finish(store: &Store, claim: &Claim) {
    store.acknowledge(claim.id, MessageRef::default(), false, at(1)).await.unwrap();
}

#[tokio::test]
async fn a_reopened_store_has_everything_that_was_appended() {
    let directory = Directory::new();
    let written = Notification {
        note: Some("the channel `opps` is unknown".to_owned()),
        kind: MessageKind::Resolved,
        status: Status::Resolved,
        severity: Severity::Critical,
        channels: vec!["ops".to_owned(), "screen".to_owned(), "ops".to_owned()],
        ..notification("容器 \"崩溃\"\n", "g")
    };
    let store = directory.open();
    assert_eq!(store.append(written.clone()).await.unwrap(), Appended::Stored);
    drop(store);

    let store = directory.open();
    let backlog = |channel: &str| Backlog { channel: channel.to_owned(), pending: 1, oldest: Some(at(0)), dead: 0 };
    assert_eq!(store.backlog().await.unwrap(), [backlog("ops"), backlog("screen")]);
    let read = claim(&store, at(5)).await;
    let expected = Claim {
        id: read.id,
        channel: "ops".to_owned(),
        kind: written.kind,
        group_key: written.group_key,
        status: written.status,
        severity: written.severity,
        body: written.body,
        note: written.note,
        received_at: written.received_at,
        merged: Vec::new(),
        digest: None,
        attempt: 1,
        maybe_repeated: false,
        detail: Detail::Full,
        part: 0,
        prepared: None,
    };
    assert_eq!(read, expected);
}

#[tokio::test]
async fn a_repeat_within_its_window_is_stored_once() {
    let directory = Directory::new();
    let store = directory.open();
    let later = |seconds: i64| Notification { received_at: at(seconds), ..notification("a", "g") };
    assert_eq!(store.append(later(0)).await.unwrap(), Appended::Stored);
    assert_eq!(store.append(later(299)).await.unwrap(), Appended::Duplicate);
    assert_eq!(store.append(later(300)).await.unwrap(), Appended::Stored);
    let always = Notification { dedupe_window: None, ..later(301) };
    assert_eq!(store.append(always).await.unwrap(), Appended::Stored);
    // The clock was set back by a day: the key from the future does not silence anybody.
    assert_eq!(store.append(later(-86_400)).await.unwrap(), Appended::Stored);
    assert_eq!(store.backlog().await.unwrap()[0].pending, 4);
}

#[tokio::test]
async fn a_repeat_is_known_after_a_restart_and_after_a_failure_it_is_none() {
    let directory = Directory::new();
    let store = Store::open_bounded(&directory.file(), 400 * 1024).unwrap();
    assert_eq!(store.append(notification("a", "g")).await.unwrap(), Appended::Stored);
    let large = Notification { body: vec![b'x'; 500_000], ..notification("large", "h") };
    for _ in 0..2 {
        assert!(matches!(store.append(large.clone()).await, Err(StoreError::Unavailable(_))));
    }
    drop(store);

    let store = directory.open();
    let later = |seconds: i64| Notification { received_at: at(seconds), ..notification("a", "g") };
    assert_eq!(store.append(later(299)).await.unwrap(), Appended::Duplicate);
    assert_eq!(store.append(later(300)).await.unwrap(), Appended::Stored);
    assert_eq!(store.append(large).await.unwrap(), Appended::Stored);
}

#[tokio::test]
async fn the_same_from_several_callers_at_once_is_stored_once() {
    let directory = Directory::new();
    let store = directory.open();
    let calls = (0..20).map(|_| store.append(notification("a", "g")));
    let results = futures_util::future::join_all(calls).await;
    let stored = results.iter().filter(|result| matches!(result, Ok(Appended::Stored))).count();
    assert_eq!((stored, store.backlog().await.unwrap()[0].pending), (1, 1));
}

#[tokio::test]
async fn a_caller_that_goes_away_meanwhile_leaves_nothing_unnoticed() {
    let directory = Directory::new();
    let store = directory.open();
    let mut appended = store.appended();
    // Asked once and dropped, as the server does when Alertmanager closes its connection.
    let _ = store.append(notification("one", "group")).now_or_never();
    tokio::time::timeout(Duration::from_secs(20), appended.changed()).await.expect("nobody was told").unwrap();
    assert_eq!(body(&claim(&store, at(1)).await), "one");
}

#[tokio::test]
async fn the_urgent_goes_first_and_a_group_keeps_its_order() {
    let directory = Directory::new();
    let store = directory.open();
    for (text, group, severity) in [
        ("info", "a", Severity::Info),
        ("first of b", "b", Severity::Info),
        ("second of b", "b", Severity::Critical),
        ("warning", "c", Severity::Warning),
        ("critical", "d", Severity::Critical),
    ] {
        store.append(Notification { severity, ..notification(text, group) }).await.unwrap();
    }
    let mut order = Vec::new();
    while let Next::Claim(claim) = store.claim("ops", at(1), usize::MAX).await.unwrap() {
        order.push(body(&claim).to_owned());
        finish(&store, &claim).await;
    }
    // What is urgent takes along what its group has to say before it.
    assert_eq!(order, ["second of b", "critical", "warning", "info"]);
}

#[tokio::test]
async fn a_group_keeps_its_order_over_failures_restarts_and_dead_letters() {
    let directory = Directory::new();
    let store = Store::open_bounded(&directory.file(), 400 * 1024).unwrap();
    store.append(notification("first", "g")).await.unwrap();
    let large = Notification { body: vec![b'x'; 500_000], ..notification("large", "g") };
    assert!(matches!(store.append(large).await, Err(StoreError::Unavailable(_))));
    store.append(notification("of another", "h")).await.unwrap();
    store.append(notification("second", "g")).await.unwrap();
    let given_up = claim(&store, at(1)).await;
    assert_eq!(told(&given_up), ["first", "second"]);
    store.bury(given_up.id, "no".to_owned(), at(1)).await.unwrap();
    drop(store);

    let store = directory.open();
    store.append(notification("third", "g")).await.unwrap();
    assert_eq!(store.retry_dead_letters(Chosen { channel: None, ids: None }).await.unwrap(), 2);
    assert_eq!(told(&claim(&store, at(2)).await), ["first", "second", "third"]);
    assert_eq!(told(&claim(&store, at(2)).await), ["of another"]);
}

#[tokio::test]
async fn a_deferred_message_holds_back_its_group_alone() {
    let directory = Directory::new();
    let store = directory.open();
    for (text, group) in [("a1", "a"), ("a2", "a"), ("b1", "b")] {
        store.append(notification(text, group)).await.unwrap();
    }
    let first = claim(&store, at(0)).await;
    assert_eq!(told(&first), ["a1", "a2"]);
    let reason = "HTTP 502".to_owned();
    let deferral = Deferral { due_at: at(10), maybe_sent: false, counts: true, reason };
    store.defer(first.id, deferral, at(0)).await.unwrap();
    let second = claim(&store, at(1)).await;
    assert_eq!(body(&second), "b1");
    finish(&store, &second).await;
    assert!(matches!(store.claim("ops", at(2), usize::MAX).await.unwrap(), Next::At(_)));
    let again = claim(&store, at(10)).await;
    assert_eq!((told(&again), again.attempt, again.maybe_repeated), (vec!["a1", "a2"], 2, false));
}

#[tokio::test]
async fn what_was_in_flight_when_the_process_died_is_claimed_again_and_marked() {
    let directory = Directory::new();
    let store = directory.open();
    store.append(notification("a", "g")).await.unwrap();
    let before = claim(&store, at(0)).await;
    assert_eq!(store.claim("ops", at(9), usize::MAX).await.unwrap(), Next::Empty);
    drop(store);

    let store = directory.open();
    let after = claim(&store, at(10)).await;
    assert_eq!(after, Claim { attempt: 2, maybe_repeated: true, ..before });
    finish(&store, &after).await;
    drop(store);
    assert_eq!(directory.open().claim("ops", at(20), usize::MAX).await.unwrap(), Next::Empty);
}

#[tokio::test]
async fn a_message_of_several_parts_goes_on_where_it_was() {
    let directory = Directory::new();
    let store = directory.open();
    store.append(notification("long", "a")).await.unwrap();
    store.append(Notification { severity: Severity::Critical, ..notification("urgent", "b") }).await.unwrap();
    let urgent = claim(&store, at(0)).await;
    finish(&store, &urgent).await;

    let first = claim(&store, at(0)).await;
    store.prepare(first.id, vec![json!("one"), json!("two"), json!("three")]).await.unwrap();
    store.acknowledge(first.id, MessageRef("11".to_owned()), true, at(1)).await.unwrap();
    store.append(Notification { severity: Severity::Critical, ..notification("more urgent", "b") }).await.unwrap();
    drop(store);

    // The rest goes before what is more urgent: parts with others in between cannot be read.
    let store = directory.open();
    for (part, text, id) in [(1, "two", "12"), (2, "three", "13")] {
        let claim = claim(&store, at(2)).await;
        let prepared = claim.prepared.clone().unwrap();
        assert_eq!((claim.part, claim.attempt, claim.maybe_repeated), (part, 1, false));
        assert_eq!((prepared.payload, prepared.more), (json!(text), part < 2));
        store.acknowledge(claim.id, MessageRef(id.to_owned()), prepared.more, at(2)).await.unwrap();
    }
    assert_eq!(body(&claim(&store, at(3)).await), "more urgent");
    let refs = ["11", "12", "13"].map(|id| MessageRef(id.to_owned()));
    assert_eq!(store.message_refs("ops", "a").await.unwrap(), refs);
}

#[tokio::test]
async fn a_buried_message_stays_with_its_reason_and_frees_its_group() {
    let directory = Directory::new();
    let store = directory.open();
    store.append(notification("bad", "g")).await.unwrap();
    let bad = claim(&store, at(0)).await;
    store.append(notification("good", "g")).await.unwrap();
    store.bury(bad.id, "HTTP 400, code 50035".to_owned(), at(1)).await.unwrap();
    assert_eq!(body(&claim(&store, at(1)).await), "good");
    let letters = store.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].body.as_slice(), letters[0].reason.as_str()), (&b"bad"[..], "HTTP 400, code 50035"));
    let row = Backlog { channel: "ops".to_owned(), pending: 1, oldest: Some(at(0)), dead: 1 };
    assert_eq!(store.backlog().await.unwrap(), [row]);
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_loses_nothing() {
    let directory = Directory::new();
    let store = Store::open_bounded(&directory.file(), 400 * 1024).unwrap();
    let mut stored = 0;
    let error = loop {
        let text = format!("{stored} {}", "x".repeat(8000));
        match store.append(notification(&text, &format!("g{stored}"))).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000, "the file has no bound");
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(stored > 10, "{stored}");
    drop(store);

    // With room again everything is there that was promised, and nothing else.
    let store = directory.open();
    assert_eq!(store.backlog().await.unwrap()[0].pending, stored);
    assert_eq!(store.append(notification("and on", "h")).await.unwrap(), Appended::Stored);
}

#[tokio::test]
async fn a_hundred_callers_at_once_share_commits_and_are_all_kept() {
    let directory = Directory::new();
    let store = directory.open();
    let calls = (0..100).map(|number| store.append(notification(&number.to_string(), &format!("g{number}"))));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.unwrap(), Appended::Stored);
    }
    drop(store);
    assert_eq!(directory.open().backlog().await.unwrap()[0].pending, 100);
}

#[tokio::test]
async fn callers_that_go_away_take_nobody_elses_answer_with_them() {
    let directory = Directory::new();
    let store = directory.open();
    for round in 0..5 {
        let calls = (0..8).map(|number| {
            let (store, text) = (store.clone(), format!("{round} {number}"));
            tokio::spawn(async move { store.append(notification(&text, &text)).await })
        });
        let calls: Vec<_> = calls.collect();
        // All have asked, and are answered while nobody listens yet: this thread is the one they would run on.
        tokio::task::yield_now().await;
        std::thread::sleep(Duration::from_millis(20));
        calls.iter().skip(1).step_by(2).for_each(tokio::task::JoinHandle::abort);
        for call in calls.into_iter().step_by(2) {
            assert_eq!(call.await.unwrap().unwrap(), Appended::Stored);
        }
    }
    assert_eq!(store.backlog().await.unwrap()[0].pending, 40);
}

#[tokio::test]
async fn the_newest_refused_requests_are_kept_and_cut() {
    let directory = Directory::new();
    let store = directory.open();
    for number in 0..105 {
        let body = format!("{number} {}", "x".repeat(REFUSED_BODY_LIMIT));
        store.keep_refused(body.as_bytes(), "no `alerts`", at(number)).await.unwrap();
    }
    drop(store);
    let connection = rusqlite::Connection::open(directory.file()).unwrap();
    let (count, longest, oldest): (i64, i64, String) = connection
        .query_row(
            "SELECT count(*), max(length(body)), CAST(min(substr(body, 1, 2)) AS TEXT) FROM refused",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!((count, longest, oldest.as_str()), (100, REFUSED_BODY_LIMIT as i64, "10"));
    let first: i64 = connection.query_row("SELECT min(received_at) FROM refused", [], |row| row.get(0)).unwrap();
    assert_eq!(first, at(5).as_millisecond());
}

#[tokio::test]
async fn old_rows_are_removed_and_waiting_ones_never() {
    let directory = Directory::new();
    let store = directory.open();
    for (text, group) in [("done", "a"), ("dead", "b"), ("waiting", "c")] {
        store.append(notification(text, group)).await.unwrap();
    }
    let done = claim(&store, at(0)).await;
    finish(&store, &done).await;
    let dead = claim(&store, at(0)).await;
    store.bury(dead.id, "no".to_owned(), at(0)).await.unwrap();

    let day = 86_400;
    assert_eq!(store.prune(at(6 * day)).await.unwrap(), 0);
    assert_eq!(store.prune(at(8 * day)).await.unwrap(), 2);
    assert_eq!(store.dead_letters(10).await.unwrap().len(), 1);
    assert_eq!(store.prune(at(400 * day)).await.unwrap(), 2);
    assert_eq!(store.prune(at(400 * day)).await.unwrap(), 0);
    assert_eq!(body(&claim(&store, at(400 * day)).await), "waiting");
}

#[tokio::test]
async fn history_makes_room_for_what_waits() {
    let directory = Directory::new();
    let store = Store::open_bounded(&directory.file(), 440 * 1024).unwrap();
    store.append(notification("waiting", "group")).await.unwrap();
    for number in 0..60 {
        let told = Notification { channels: vec!["told".to_owned()], ..notification(&format!("{number}"), "other") };
        store.append(Notification { body: vec![b'x'; 5000], ..told }).await.unwrap();
        let Next::Claim(claim) = store.claim("told", at(0), usize::MAX).await.unwrap() else {
            panic!("nothing to claim")
        };
        finish(&store, &claim).await;
    }
    while store.prune(at(2)).await.unwrap() > 0 {}
    let large = Notification { body: vec![b'x'; 150_000], ..notification("large", "another") };
    assert_eq!(store.append(large).await.unwrap(), Appended::Stored);
    assert_eq!(body(&claim(&store, at(2)).await), "waiting");
}

fn deferral(due_at: Timestamp, maybe_sent: bool) -> Deferral {
    Deferral { due_at, maybe_sent, counts: true, reason: "HTTP 502".to_owned() }
}

#[tokio::test]
async fn what_waits_of_a_group_is_told_at_once_and_ends_at_once() {
    let directory = Directory::new();
    let store = directory.open();
    for text in ["a1", "a2", "a3"] {
        store.append(notification(text, "a")).await.unwrap();
    }
    let first = claim(&store, at(0)).await;
    assert_eq!((told(&first), first.digest), (vec!["a1", "a2", "a3"], None));
    store.append(notification("a4", "a")).await.unwrap();
    assert!(matches!(store.claim("ops", at(1), usize::MAX).await.unwrap(), Next::At(_)));
    // Nothing of it was read: the next message takes the newest state along.
    store.defer(first.id, deferral(at(1), false), at(1)).await.unwrap();
    let second = claim(&store, at(1)).await;
    assert_eq!(told(&second), ["a1", "a2", "a3", "a4"]);
    assert_eq!(store.backlog().await.unwrap()[0].pending, 4);
    finish(&store, &second).await;
    assert_eq!(store.backlog().await.unwrap(), []);
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_repeated_as_it_was() {
    let directory = Directory::new();
    let store = directory.open();
    for text in ["a1", "a2"] {
        store.append(notification(text, "a")).await.unwrap();
    }
    let first = claim(&store, at(0)).await;
    store.append(notification("a3", "a")).await.unwrap();
    store.defer(first.id, deferral(at(1), true), at(1)).await.unwrap();
    let again = claim(&store, at(1)).await;
    assert_eq!((told(&again), again.maybe_repeated), (vec!["a1", "a2"], true));
    drop(store);

    // The same after a kill.
    let store = directory.open();
    let again = claim(&store, at(2)).await;
    assert_eq!((told(&again), again.maybe_repeated), (vec!["a1", "a2"], true));
    store.prepare(again.id, vec![json!("one"), json!("two")]).await.unwrap();
    store.acknowledge(again.id, MessageRef::default(), true, at(2)).await.unwrap();
    let rest = claim(&store, at(3)).await;
    assert_eq!((told(&rest), rest.part), (vec!["a1", "a2"], 1));
    finish(&store, &rest).await;
    assert_eq!(told(&claim(&store, at(3)).await), ["a3"]);
}

#[tokio::test]
async fn a_message_given_up_gives_up_all_that_it_tells() {
    let directory = Directory::new();
    let store = directory.open();
    for text in ["a1", "a2"] {
        store.append(notification(text, "a")).await.unwrap();
    }
    let first = claim(&store, at(0)).await;
    store.degrade(first.id, Detail::Title, "HTTP 400".to_owned(), at(0)).await.unwrap();
    store.append(notification("a3", "a")).await.unwrap();
    let again = claim(&store, at(0)).await;
    assert_eq!((told(&again), again.detail), (vec!["a1", "a2"], Detail::Title));
    store.bury(again.id, "HTTP 400".to_owned(), at(1)).await.unwrap();
    let mut letters: Vec<Vec<u8>> =
        store.dead_letters(9).await.unwrap().into_iter().map(|letter| letter.body).collect();
    letters.sort();
    assert_eq!(letters, [b"a1", b"a2"]);
    assert_eq!(told(&claim(&store, at(1)).await), ["a3"]);
}

async fn claim_pressed(store: &Store, now: Timestamp, served: usize) -> Claim {
    match store.claim("ops", now, served).await.unwrap() {
        Next::Claim(claim) => *claim,
        next => panic!("nothing to claim: {next:?}"),
    }
}

#[tokio::test]
async fn more_groups_than_there_is_room_for_are_one_digest() {
    let directory = Directory::new();
    let store = directory.open();
    for (text, group, severity) in [
        ("a1", "a", Severity::Info),
        ("b1", "b", Severity::Warning),
        ("c1", "c", Severity::Critical),
        ("c2", "c", Severity::Critical),
        ("d1", "d", Severity::Warning),
    ] {
        store.append(Notification { severity, ..notification(text, group) }).await.unwrap();
    }
    let report = Notification { kind: MessageKind::Report, ..notification("report", "report") };
    store.append(report).await.unwrap();
    let digest = claim_pressed(&store, at(0), 3).await;
    assert_eq!((told(&digest), digest.digest), (vec!["a1", "b1", "c1", "d1", "c2"], Some(Digest::Storm)));
    assert_eq!(digest.severity, Severity::Critical);
    // A group whose digest is under way waits for it, others do not.
    store.append(notification("b2", "b")).await.unwrap();
    store.append(notification("e1", "e")).await.unwrap();
    store.defer(digest.id, deferral(at(5), true), at(1)).await.unwrap();
    let other = claim_pressed(&store, at(1), 3).await;
    assert_eq!(told(&other), ["e1"]);
    finish(&store, &other).await;
    assert_eq!(told(&claim_pressed(&store, at(1), 3).await), ["report"]);
    let again = claim_pressed(&store, at(5), 3).await;
    assert_eq!((told(&again), again.digest), (told(&digest), Some(Digest::Storm)));
    store.acknowledge(again.id, MessageRef("7".to_owned()), false, at(5)).await.unwrap();
    // What speaks of many groups is no group's own message.
    assert_eq!(store.message_refs("ops", "c").await.unwrap(), []);
    assert_eq!(told(&claim_pressed(&store, at(5), 3).await), ["b2"]);
}

#[tokio::test]
async fn as_many_groups_as_there_is_room_for_are_told_one_by_one() {
    let directory = Directory::new();
    let store = directory.open();
    for group in ["a", "b", "c"] {
        store.append(notification(group, group)).await.unwrap();
    }
    assert_eq!(told(&claim_pressed(&store, at(0), 3).await), ["a"]);
}

#[tokio::test]
async fn after_an_outage_more_than_a_few_groups_are_caught_up_with_at_once() {
    let directory = Directory::new();
    let store = directory.open();
    for group in ["a", "b", "c"] {
        store.append(notification(group, group)).await.unwrap();
    }
    let few = claim_pressed(&store, at(600), 30).await;
    assert_eq!((told(&few), few.digest), (vec!["a"], None));
    store.defer(few.id, deferral(at(600), false), at(600)).await.unwrap();
    store.append(Notification { received_at: at(590), ..notification("d", "d") }).await.unwrap();
    let early = claim_pressed(&store, at(599), 30).await;
    assert_eq!(told(&early), ["b"]);
    store.defer(early.id, deferral(at(600), false), at(600)).await.unwrap();
    let late = claim_pressed(&store, at(600), 30).await;
    assert_eq!((told(&late), late.digest), (vec!["b", "c", "d", "a"], Some(Digest::CatchUp)));
}

fn alert(instance: &str, ended: Option<i64>) -> serde_json::Value {
    json!({
        "status": if ended.is_some() { "resolved" } else { "firing" }, "labels": labels(instance),
        "startsAt": at(0).to_string(), "endsAt": ended.map_or("0001-01-01T00:00:00Z".to_owned(), |ended| at(ended).to_string()),
        "fingerprint": instance,
    })
}

fn labels(instance: &str) -> Labels {
    let labels = [("alertname", "Down"), ("instance", instance), ("severity", "critical")];
    labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A notification as Alertmanager writes it.
fn webhook(seconds: i64, alerts: &[serde_json::Value]) -> Notification {
    let body = json!({"status": "firing", "receiver": "chat", "groupKey": "g", "alerts": alerts}).to_string();
    Notification { received_at: at(seconds), ..notification(&body, "g") }
}

#[tokio::test]
async fn the_record_knows_what_fires_and_what_did() {
    let directory = Directory::new();
    let store = directory.open();
    store.append(webhook(10, &[alert("web-1", None), alert("web-2", None)])).await.unwrap();
    store.append(webhook(70, &[alert("web-1", Some(60)), alert("web-2", None)])).await.unwrap();
    // A notification of another receiver comes late: what is over stays over.
    store.append(webhook(71, &[alert("web-1", None)])).await.unwrap();
    let firing = |instance: &str| Firing {
        alertname: "Down".to_owned(),
        severity: "critical".to_owned(),
        instance: instance.to_owned(),
        count: 1,
    };
    assert_eq!(store.firing(at(100), 10).await.unwrap(), [firing("web-2")]);
    let records = store.alerts_since(at(0), 10).await.unwrap();
    let said: Vec<_> = records.iter().map(|record| (&*record.fingerprint, record.ends_at, record.last_seen)).collect();
    assert_eq!(said, [("web-1", Some(at(60)), at(71)), ("web-2", None, at(70))]);
    assert_eq!((records[0].labels.clone(), records[0].first_seen), (labels("web-1"), at(10)));

    // Nobody says that web-2 is resolved: it is forgotten, and ended when it was last heard of.
    let forgotten = 70 + i64::try_from(FORGOTTEN_AFTER.as_secs()).unwrap();
    assert_eq!(store.firing(at(forgotten - 1), 10).await.unwrap().len(), 1);
    assert_eq!(store.firing(at(forgotten), 10).await.unwrap(), []);
    assert_eq!(store.prune(at(forgotten)).await.unwrap(), 1);
    assert_eq!(store.alerts_since(at(65), 10).await.unwrap()[0].ends_at, Some(at(70)));
    while store.prune(at(90 * 86_400)).await.unwrap() > 0 {}
    assert_eq!(store.alerts_since(at(0), 10).await.unwrap(), []);
}

#[tokio::test]
async fn what_tells_of_a_moment_does_not_count_as_firing() {
    let directory = Directory::new();
    let store = directory.open();
    let restarted = json!({
        "status": "firing", "labels": {"alertname": "ContainerRestarted", "instance": "web-1", "severity": "warning"},
        "startsAt": at(0).to_string(), "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "restarted",
    });
    // Nobody says that it is over: such alerts go to receivers with `send_resolved: false`.
    store.append(webhook(10, &[restarted, alert("web-1", None)])).await.unwrap();
    let firing = store.firing(at(20), 10).await.unwrap();
    assert_eq!(firing.iter().map(|firing| (&*firing.alertname, firing.count)).collect::<Vec<_>>(), [("Down", 1)]);
    assert_eq!(store.alerts_since(at(0), 10).await.unwrap().len(), 2, "it is in the record");
}

#[tokio::test]
async fn the_history_is_bounded_in_rows_and_bytes_and_tells_the_newest_first() {
    let directory = Directory::new();
    let store = directory.open();
    for number in 0..6_u8 {
        let kind = if number % 2 == 0 { MessageKind::Report } else { MessageKind::Alert };
        let (body, key) = (vec![number; 3 * 1024 * 1024], format!("group {number}"));
        let channels = vec![if number < 3 { "ops" } else { "spare" }.to_owned()];
        store.append(Notification { kind, body, channels, ..notification(&key, &key) }).await.unwrap();
    }
    let bodies = |entries: Vec<Entry>| entries.iter().map(|entry| entry.body[0]).collect::<Vec<_>>();
    assert_eq!(bodies(store.recent(None, 1).await.unwrap()), [5]);
    assert_eq!(bodies(store.recent(None, 9).await.unwrap()), [5, 4], "8 MiB have room for two of three");
    assert_eq!(bodies(store.recent(Some("ops"), 9).await.unwrap()), [2, 1]);
    let reports = store.recent_reports(9).await.unwrap();
    let oldest = reports.last().unwrap().id.number();
    assert_eq!(bodies(reports), [4, 2]);
    let one = store.entry(oldest).await.unwrap().unwrap();
    assert_eq!((one.body[0], one.kind, one.channel.as_str()), (2, MessageKind::Report, "ops"));
    assert_eq!(store.entry(99).await.unwrap(), None);
    let long = Notification { body: vec![9; 9 * 1024 * 1024], ..notification("long", "long") };
    store.append(long).await.unwrap();
    assert_eq!(bodies(store.recent(None, 9).await.unwrap()), [9], "the newest is told, however long");
}

#[tokio::test]
async fn the_record_has_what_nobody_looked_at_before_it_was_told_and_removed() {
    let directory = Directory::new();
    let store = directory.open();
    for number in 0..1200 {
        let alerts = [alert(&format!("web-{number}"), None)];
        store.append(webhook(10, &alerts)).await.unwrap();
    }
    drop(store);
    let store = directory.open();
    while let Next::Claim(told) = store.claim("ops", at(11), usize::MAX).await.unwrap() {
        finish(&store, &told).await;
    }
    while store.prune(at(8 * 86_400)).await.unwrap() > 0 {}
    store.append(webhook(8 * 86_400, &[alert("web-0", Some(60))])).await.unwrap();
    let records = store.alerts_since(at(0), 2000).await.unwrap();
    let over = records.iter().filter(|record| record.ends_at == Some(at(60))).count();
    assert_eq!((records.len(), over), (1200, 1));
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date() {
    let directory = Directory::new();
    let old = rusqlite::Connection::open(directory.file()).unwrap();
    old.execute_batch(include_str!("../src/store/schema.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO notifications VALUES (1, 'alert', 'firing', 'warning', NULL, CAST('waiting' AS BLOB), 1790000000000);
         INSERT INTO deliveries (notification, channel, group_key, priority) VALUES (1, 'ops', 'g', 20);",
    )
    .unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let store = directory.open();
    store.append(notification("behind it", "g")).await.unwrap();
    assert_eq!(told(&claim(&store, at(1)).await), ["waiting", "behind it"]);
}

/// Version 6 kept the record's columns and the order of groups in another way.
#[tokio::test]
async fn a_file_of_version_six_keeps_its_record_and_its_dead_letters() {
    let directory = Directory::new();
    let old = rusqlite::Connection::open(directory.file()).unwrap();
    for tables in [
        include_str!("../src/store/schema.sql"),
        include_str!("../src/store/schema_2.sql"),
        include_str!("../src/store/schema_3.sql"),
        include_str!("../src/store/schema_4.sql"),
        include_str!("../src/store/schema_5.sql"),
        include_str!("../src/store/schema_6.sql"),
    ] {
        old.execute_batch(tables).unwrap();
    }
    let (body, labels) = (webhook(0, &[alert("web-9", None)]).body, json!(labels("web-1")).to_string());
    old.execute("INSERT INTO notifications VALUES (7, 'alert', 'firing', 'warning', NULL, ?1, 1790000000000)", [body])
        .unwrap();
    old.execute_batch(
        "INSERT INTO deliveries (notification, channel, group_key, priority, state, reason, finished_at)
         VALUES (7, 'ops', 'g', 20, 'dead', 'no', 1790000000000)",
    )
    .unwrap();
    old.execute(
        "INSERT INTO alerts VALUES ('web-1', 1790000000000, NULL, 'critical', ?1, 1790000000000, 1790000000000)",
        [labels],
    )
    .unwrap();
    old.pragma_update(None, "user_version", 6).unwrap();
    drop(old);

    let store = directory.open();
    // What the older version had noted is noted once, and its last notification is none of what came since.
    let firing = store.firing(at(1), 10).await.unwrap();
    let instances: Vec<_> = firing.iter().map(|firing| (&*firing.alertname, &*firing.instance, firing.count)).collect();
    assert_eq!(instances, [("Down", "web-1", 1)]);
    store.append(notification("behind it", "g")).await.unwrap();
    assert_eq!(store.retry_dead_letters(Chosen { channel: None, ids: None }).await.unwrap(), 1);
    assert_eq!(told(&claim(&store, at(1)).await).len(), 2);
}

#[test]
fn a_store_that_cannot_be_used_says_why() {
    let directory = Directory::new();
    let problem = |path: &Path| Store::open(path).unwrap_err().to_string();
    let file = directory.directory.path().join("file");
    std::fs::write(&file, "this is a text and no database, long enough to be read as one".repeat(20)).unwrap();
    assert!(problem(&file).contains("file is not a database"), "{}", problem(&file));
    assert!(problem(&file.join("below")).contains("cannot create"), "{}", problem(&file.join("below")));

    let store = directory.open();
    assert!(problem(&directory.file()).contains("another relay is using it"));
    drop(store);
    rusqlite::Connection::open(directory.file()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(problem(&directory.file()).contains("newer relay"), "{}", problem(&directory.file()));
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new();
    let store = directory.open();
    store.check().await.unwrap();
    for suffix in ["", "-wal", ".lock"] {
        let file = format!("{}{suffix}", directory.file().display());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}
