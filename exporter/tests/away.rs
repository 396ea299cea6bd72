//! The exporter is away for a while, and what it knew comes back from the state file: nothing is counted twice, and
//! nothing is missed that looking can still find.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use jiff::{SignedDuration, Timestamp};
use seamark_exporter::docker::answer;
use seamark_exporter::docker::container::{Identity, Inspection};
use seamark_exporter::docker::event::{Action, Event};
use seamark_exporter::docker::life::{Context, Effect, Life};
use seamark_exporter::docker::lifecycle::{Input, Lifecycle};
use seamark_exporter::docker::oom::OomKills;
use seamark_exporter::docker::record::Record;
use seamark_exporter::docker::rules::Rules;
use serde_json::{Value, json};

fn second(second: f64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs_f64(second)
}

/// One process's worth of exporter.
#[derive(Default)]
struct Process(Lifecycle);

impl Process {
    fn step(&mut self, time: f64, input: &Input) -> Vec<String> {
        let mut oom_kills = OomKills::new(Box::new(|| None));
        let rules = Rules::default();
        let mut context = Context { now: second(time), rules: &rules, oom_kills: &mut oom_kills };
        let told = |effect: &Effect| match effect {
            Effect::Exited { code, reason, .. } => Some(format!("exit {code} {reason}")),
            Effect::StartFailed { reason, .. } => Some(format!("failed start {}", reason.as_str())),
            _ => None,
        };
        self.0.step(input, &mut context).iter().filter_map(told).collect()
    }

    fn event(&mut self, time: f64, action: Action) -> Vec<String> {
        let container = Identity { id: "aa".to_owned(), name: "web".to_owned(), ..Identity::default() };
        self.step(time, &Input::Event(Event { at: second(time), action, container }))
    }

    fn look(&mut self, time: f64, answer: Inspection) -> Vec<String> {
        let generation = self.0.lives().find_map(|life| match life.inspect() {
            Effect::Inspect { generation, .. } => Some(generation),
            _ => None,
        });
        self.step(time, &Input::Inspected(Box::new(answer), generation.unwrap_or_default()))
    }

    /// The first list and the answers to it, and time enough for everything that may still come.
    fn begin(&mut self, time: f64, answer: Option<Inspection>) -> Vec<String> {
        let ids = answer.iter().map(|answer| answer.identity.id.clone()).collect();
        let mut told = self.step(time, &Input::Listed(ids));
        told.extend(answer.map(|answer| self.look(time + 0.1, answer)).unwrap_or_default());
        told.extend(self.step(time + 5.0, &Input::Time));
        told
    }

    /// The next process, with what this one has written down.
    fn again(&self) -> Self {
        let mut next = Lifecycle::default();
        next.recall(Record::from_json(&self.0.remember().to_json()).unwrap());
        Self(next)
    }

    fn exits(&self) -> Vec<(&'static str, u64)> {
        let of_web = self.0.exits().iter().find(|(name, _)| *name == "web");
        let counts = of_web.into_iter().flat_map(|(_, counts)| counts.by_reason());
        counts.filter(|(_, count)| *count > 0).map(|(reason, count)| (reason.as_str(), count)).collect()
    }

    fn life(&self) -> &Life {
        self.0.lives().next().unwrap()
    }
}

/// `started` and `finished` in seconds; negative is never.
fn inspection(status: &str, policy: &str, restarts: u64, started: f64, finished: f64) -> Inspection {
    let moment = |at: f64| if at < 0.0 { "0001-01-01T00:00:00Z".to_owned() } else { second(at).to_string() };
    with_error(status, policy, restarts, &moment(started), &moment(finished), "")
}

fn with_error(status: &str, policy: &str, restarts: u64, started: &str, finished: &str, error: &str) -> Inspection {
    let state = json!({"Status": status, "ExitCode": if status == "exited" { 1 } else { 0 }, "StartedAt": started,
        "FinishedAt": finished, "Error": error});
    let answer: Value = json!({"Id": "aa", "Name": "/web", "Image": "sha256:1", "State": state, "RestartCount": restarts,
        "HostConfig": {"RestartPolicy": {"Name": policy}}});
    answer::inspection(&answer).unwrap()
}

/// It runs since second 0, as the process saw itself.
fn running(policy: &str) -> Process {
    let mut process = Process::default();
    process.event(-0.1, Action::Create);
    process.event(0.0, Action::Start);
    process.look(0.1, inspection("running", policy, 0, 0.0, -1.0));
    process
}

#[test]
fn one_that_runs_on_has_not_ended_and_one_that_ended_is_counted_once() {
    let first = running("no");
    let mut second = first.again();
    assert_eq!(second.begin(100.0, Some(inspection("running", "no", 0, -0.01, -1.0))), [] as [&str; 0]);
    let mut third = second.again();
    assert_eq!(third.begin(200.0, Some(inspection("exited", "no", 0, 0.0, 150.0))), ["exit 1 unknown"]);
    assert_eq!(third.life().last_exit.as_ref().unwrap().at, crate::second(150.0));
    let mut fourth = third.again();
    assert_eq!(fourth.begin(300.0, Some(inspection("exited", "no", 0, 0.0, 150.0))), [] as [&str; 0]);
    assert_eq!(fourth.exits(), [("unknown", 1)]);
}

#[test]
fn one_that_a_process_has_counted_keeps_its_reason_and_is_not_counted_by_the_next() {
    let mut first = running("no");
    assert_eq!(first.event(10.0, Action::Die { code: 3 }), ["exit 3 crash"]);
    let mut second = first.again();
    // The engine sends the last second again.
    assert_eq!(second.event(10.0, Action::Die { code: 3 }), [] as [&str; 0]);
    assert_eq!(second.begin(11.0, Some(inspection("exited", "no", 0, 0.0, 9.9))), [] as [&str; 0]);
    assert_eq!(second.exits(), [("crash", 1)]);
    assert_eq!(second.life().last_exit.as_ref().unwrap().reason.as_str(), "crash");
    // The next one is its own.
    second.event(20.0, Action::Start);
    assert_eq!(second.event(21.0, Action::Die { code: 3 }), ["exit 3 crash"]);
}

#[test]
fn each_restart_by_its_policy_meanwhile_was_an_end() {
    for (status, started, finished, ends) in [
        // Runs again, waits for its next start, has given up.
        ("running", 90.0, 89.0, 3),
        ("restarting", 88.0, 89.0, 3),
        ("exited", 90.0, 91.0, 4),
    ] {
        let mut second = running("on-failure").again();
        let told = second.begin(100.0, Some(inspection(status, "on-failure", 3, started, finished)));
        assert_eq!(told.len(), ends, "{status}: {told:?}");
        assert_eq!(second.life().restarts_total, 3, "{status}");
        assert_eq!(second.again().begin(200.0, Some(inspection(status, "on-failure", 3, started, finished))).len(), 0);
    }
}

#[test]
fn one_that_was_down_and_ran_and_ended_meanwhile_is_counted() {
    let mut first = running("no");
    first.event(10.0, Action::Die { code: 3 });
    for (answer, ends) in [
        (inspection("exited", "no", 0, 0.0, 9.9), 0),
        (inspection("exited", "no", 0, 50.0, 60.0), 1),
        (inspection("running", "no", 0, 70.0, 60.0), 1),
        (inspection("running", "no", 0, 70.0, 9.9), 0),
    ] {
        let told = first.again().begin(100.0, Some(answer.clone()));
        assert_eq!(told.len(), ends, "{answer:?}: {told:?}");
    }
}

#[test]
fn one_that_is_gone_has_ended_if_it_ran() {
    let mut second = running("no").again();
    assert_eq!(second.begin(100.0, None), ["exit 255 unknown"]);
    assert_eq!(second.again().begin(200.0, None), [] as [&str; 0]);
    // The engine sends the last second again.
    let mut third = running("no").again();
    third.step(99.9, &Input::Listed(Vec::new()));
    assert_eq!(third.event(99.5, Action::Die { code: 3 }), [] as [&str; 0]);
    assert_eq!(third.event(99.6, Action::Destroy), ["exit 3 stopped"], "nobody can be asked about its policy");
    assert_eq!(third.step(110.0, &Input::Time), [] as [&str; 0]);
    assert_eq!(third.exits(), [("stopped", 1)]);
    let mut ended = running("no");
    ended.event(10.0, Action::Die { code: 0 });
    assert_eq!(ended.again().begin(100.0, None), [] as [&str; 0]);
}

#[test]
fn one_that_is_started_before_it_was_looked_at_has_ended_before() {
    let mut second = running("no").again();
    assert_eq!(second.event(100.0, Action::Start), [] as [&str; 0]);
    assert_eq!(second.again().exits(), [("unknown", 1)], "if this process ends, too");
    assert_eq!(second.look(100.1, inspection("running", "no", 0, 99.9, 90.0)), ["exit 255 unknown"]);
    assert_eq!(second.look(101.0, inspection("running", "no", 0, 99.9, 90.0)), [] as [&str; 0]);
    // The start that the process before has seen comes again.
    let mut third = running("no").again();
    assert_eq!(third.event(0.0, Action::Start), [] as [&str; 0]);
    assert_eq!(third.look(0.1, inspection("running", "no", 0, 0.0, -1.0)), [] as [&str; 0]);
}

#[test]
fn restarts_meanwhile_are_counted_by_looking_whatever_events_come_before() {
    // Its policy has started it three times; only the last of them, or the last end and start, are told.
    for (events, ends) in [
        (vec![(100.0, Action::Start)], 3),
        (vec![(99.5, Action::Die { code: 1 }), (100.0, Action::Start)], 3),
        (vec![(100.0, Action::Start), (100.3, Action::Die { code: 1 }), (100.6, Action::Start)], 4),
    ] {
        let mut second = running("always").again();
        let mut told: Vec<String> = events.iter().flat_map(|(at, action)| second.event(*at, action.clone())).collect();
        let last = events.last().unwrap().0;
        told.extend(second.begin(101.0, Some(inspection("running", "always", ends, last, last - 0.55))));
        assert_eq!(told.len(), usize::try_from(ends).unwrap(), "{events:?}: {told:?}");
        assert_eq!(second.life().restarts_total, ends, "{events:?}");
        assert_eq!(second.exits().iter().map(|(_, count)| count).sum::<u64>(), ends, "{events:?}");
    }
}

#[test]
fn a_restart_soon_after_the_last_start_was_an_end_too() {
    let mut second = running("always").again();
    let told = second.begin(5.0, Some(inspection("running", "always", 1, 3.0, 2.9)));
    assert_eq!((told.len(), second.life().restarts_total), (1, 1), "{told:?}");
}

#[test]
fn an_end_that_was_still_looked_into_at_the_end_of_the_process_is_not_lost() {
    let mut first = running("no");
    // 137 without a reason yet.
    assert_eq!(first.event(10.0, Action::Die { code: 137 }), [] as [&str; 0]);
    assert_eq!(first.again().begin(20.0, Some(inspection("exited", "no", 0, 0.0, 9.9))), ["exit 1 unknown"]);
    let mut first = running("always");
    first.event(10.0, Action::Die { code: 137 });
    first.event(10.1, Action::Start);
    let mut second = first.again();
    assert_eq!(second.begin(20.0, Some(inspection("running", "always", 1, 10.1, 9.9))), [] as [&str; 0]);
    assert_eq!((second.exits(), second.life().restarts_total), (vec![("unknown", 1)], 1));
}

#[test]
fn restarts_and_kills_for_memory_go_on_where_they_were() {
    let mut first = running("always");
    first.event(10.0, Action::Oom);
    first.event(10.1, Action::Die { code: 137 });
    first.event(10.2, Action::Start);
    let mut second = first.again();
    second.begin(20.0, Some(inspection("running", "always", 1, 10.2, 10.1)));
    assert_eq!((second.life().restarts_total, second.life().oom_kills.total()), (1, 1));
    // Somebody starts it: the engine's own count begins anew.
    let mut third = second.again();
    third.begin(30.0, Some(inspection("running", "always", 0, 25.0, 24.0)));
    assert_eq!((third.life().restarts_total, third.exits()), (1, vec![("oom", 1), ("unknown", 1)]));
}

#[test]
fn a_start_that_failed_is_counted_by_the_process_that_saw_it_and_again_when_it_is_tried_again() {
    let failed = |error| with_error("created", "no", 0, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", error);
    let mut first = Process::default();
    first.event(0.0, Action::Create);
    assert_eq!(first.look(0.1, failed("")), [] as [&str; 0]);
    assert_eq!(first.event(0.2, Action::Detach), [] as [&str; 0]);
    assert_eq!(first.look(0.3, failed("port is already allocated")), ["failed start port_taken"]);
    assert_eq!(first.look(0.4, failed("port is already allocated")), [] as [&str; 0]);
    first.event(5.0, Action::Detach);
    assert_eq!(first.look(5.1, failed("port is already allocated")), ["failed start port_taken"]);

    let mut second = first.again();
    assert_eq!(second.begin(10.0, Some(failed("port is already allocated"))), [] as [&str; 0]);
    let mut third = second.again();
    assert_eq!(third.begin(20.0, Some(failed("statfs /srv: no"))), ["failed start mount"]);
    assert_eq!(third.life().start_error(), Some("statfs /srv: no"));
    assert!(!format!("{:?}", third.life()).contains("statfs"), "{:?}", third.life());
    assert_eq!(third.event(30.0, Action::Start), [] as [&str; 0]);
    assert_eq!(third.life().start_error(), None);

    // A failure of long ago, found by the first exporter ever, is no news.
    assert_eq!(Process::default().begin(40.0, Some(failed("no"))), [] as [&str; 0]);
}

#[test]
fn names_of_containers_that_were_not_heard_of_yet_are_not_gone() {
    let first = running("no");
    let mut second = first.again();
    second.step(100.0, &Input::Time);
    let day = 25.0 * 3600.0;
    second.step(100.0 + day, &Input::Time);
    assert_eq!(second.0.exits().iter().count(), 1);
    second.begin(101.0 + day, None);
    second.step(102.0 + 2.0 * day, &Input::Time);
    assert_eq!(second.0.exits().iter().count(), 0);
}

#[test]
fn health_checks_are_looked_at_after_each_and_a_container_that_is_not_started_less_and_less() {
    let checked = |status: &str, seconds: u64| {
        answer::inspection(
            &json!({"Id": "aa", "Name": "/web", "State": {"Status": status, "StartedAt": second(0.0).to_string()},
            "Created": second(0.0).to_string(),
            "Config": {"Healthcheck": {"Test": ["CMD", "true"], "Interval": seconds * 1_000_000_000}}}),
        )
        .unwrap()
    };
    let next = |process: &Process, now: f64| {
        process.0.next_deadline().map(|next| next.duration_since(second(now)).as_secs_f64())
    };
    for (interval, least, most) in [(1, 30.0, 37.5), (60, 60.0, 75.0), (3600, 300.0, 375.0)] {
        let mut process = Process::default();
        process.begin(10.0, Some(checked("running", interval)));
        let wait = next(&process, 10.1).unwrap();
        assert!((least..=most).contains(&wait), "{interval}: {wait}");
        process.look(20.0, checked("exited", interval));
        process.step(30.0, &Input::Time);
        assert_eq!(next(&process, 30.0), None, "nothing is checked that does not run");
    }
    let mut process = Process::default();
    let mut waits = Vec::new();
    let mut now = 0.5;
    process.look(now, checked("created", 1));
    while let Some(wait) = next(&process, now) {
        waits.push(wait);
        now += wait;
        process.look(now, checked("created", 1));
    }
    assert_eq!(waits, [1.0, 1.5, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 192.0]);
}
