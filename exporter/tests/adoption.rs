//! Crashes that the process before this one told: whether they go on or end, in whatever order the answers come.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use jiff::{SignedDuration, Timestamp};
use seamark_exporter::alertmanager::alert::{Detail, EventAlert, ExitNote, Kind};
use seamark_exporter::docker::answer;
use seamark_exporter::docker::container::{COMPOSE_PROJECT, COMPOSE_SERVICE, Identity};
use seamark_exporter::docker::event::{Action, Event};
use seamark_exporter::docker::exit::ExitReason;
use seamark_exporter::docker::life::{Context, Effect};
use seamark_exporter::docker::lifecycle::{Input, Lifecycle};
use seamark_exporter::docker::oom::OomKills;
use seamark_exporter::docker::rules::Rules;
use serde_json::json;

fn second(second: f64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs_f64(second)
}

/// A process that has just started, at second 0. Container `aa` crashed at second -100.
struct Play {
    lifecycle: Lifecycle,
    oom_kills: OomKills,
    rules: Rules,
}

const NOTHING: [&str; 0] = [];

impl Play {
    fn new() -> Self {
        Self { lifecycle: Lifecycle::default(), oom_kills: OomKills::new(Box::new(|| None)), rules: Rules::default() }
    }

    fn step(&mut self, time: f64, input: &Input) -> Vec<String> {
        let mut context = Context { now: second(time), rules: &self.rules, oom_kills: &mut self.oom_kills };
        let effects = self.lifecycle.step(input, &mut context);
        effects
            .iter()
            .map(|effect| match effect {
                Effect::Alert(alert) => {
                    // The whole alert but for its end is as it was told first.
                    assert_eq!(EventAlert { ends_at: told().ends_at, resolved: false, ..(**alert).clone() }, told());
                    let left = alert.ends_at.duration_since(second(time)).as_secs();
                    if alert.resolved { format!("resolved {left}") } else { format!("firing {left}") }
                }
                Effect::Inspect { id, generation } => format!("inspect {id} {generation}"),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn firing(&mut self, time: f64) -> Vec<String> {
        self.step(time, &Input::Firing(Box::new(told())))
    }

    fn listed(&mut self, time: f64, ids: &[&str]) -> Vec<String> {
        self.step(time, &Input::Listed(ids.iter().map(|id| (*id).to_owned()).collect()))
    }

    /// What Docker says of a container that was started at that second.
    fn inspected(&mut self, time: f64, id: &str, status: &str, started: f64) -> Vec<String> {
        let answer = json!({"Id": id, "Name": "/web", "Image": "sha256:1", "RestartCount": 0,
            "State": {"Status": status, "StartedAt": second(started).to_string(), "ExitCode": 3},
            "Config": {"Labels": {COMPOSE_PROJECT: "shop", COMPOSE_SERVICE: "web"}},
            "HostConfig": {"RestartPolicy": {"Name": "no"}}});
        self.step(time, &Input::Inspected(Box::new(answer::inspection(&answer).unwrap()), 0))
    }

    fn event(&mut self, time: f64, id: &str, action: Action) -> Vec<String> {
        let container = Identity { id: id.to_owned(), ..told().container };
        self.step(time, &Input::Event(Event { at: second(time), action, container }))
    }

    fn time(&mut self, time: f64) -> Vec<String> {
        self.step(time, &Input::Time)
    }

    /// `aa` is down, and its crash was taken over.
    fn adopted() -> Self {
        let mut play = Self::new();
        play.listed(0.1, &["aa"]);
        play.inspected(0.2, "aa", "exited", -200.0);
        assert_eq!(play.firing(0.3), ["firing 600"]);
        play
    }
}

fn told() -> EventAlert {
    let labels = [(COMPOSE_PROJECT, "shop"), (COMPOSE_SERVICE, "web")];
    EventAlert {
        kind: Kind::Crashed,
        container: Identity {
            id: "aa".to_owned(),
            name: "web".to_owned(),
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..Identity::default()
        },
        exit: Some(ExitNote { code: 3, reason: ExitReason::Oom, restart_policy: "no".to_owned(), uptime: None }),
        starts_at: second(-100.0),
        ends_at: second(500.0),
        detail: Detail::default(),
        resolved: false,
    }
}

#[test]
fn a_crash_whose_container_is_still_down_goes_on_and_is_refreshed_each_minute_until_it_is_started() {
    let mut play = Play::adopted();
    assert_eq!(play.firing(0.4), NOTHING, "another Alertmanager knows it too");
    assert_eq!(play.lifecycle.next_deadline(), Some(second(60.3)));
    assert_eq!(play.time(60.3), ["firing 600"]);
    assert_eq!(play.time(120.3), ["firing 600"]);
    assert_eq!(play.event(130.0, "aa", Action::Start), ["resolved 0", "inspect aa 1"]);
    assert_eq!(play.time(190.3), NOTHING);
    let counted: u64 = play.lifecycle.exits().iter().flat_map(|(_, counts)| counts.by_reason()).map(|(_, n)| n).sum();
    assert_eq!(counted, 0, "no end is made up from it");
}

#[test]
fn a_crash_in_our_own_books_is_not_touched_by_what_an_alertmanager_held_before() {
    let mut play = Play::adopted();
    let later = EventAlert { starts_at: second(-300.0), ends_at: second(1.0), ..told() };
    assert_eq!(play.step(1.0, &Input::Firing(Box::new(later))), NOTHING);
    assert_eq!(play.time(59.0), NOTHING);
    assert_eq!(play.time(60.3), ["firing 600"], "as it was");
}

#[test]
fn an_alertmanager_that_answers_before_docker_makes_no_difference() {
    let mut play = Play::new();
    assert_eq!(play.firing(0.1), NOTHING);
    assert_eq!(play.listed(0.2, &["aa"]), ["inspect aa 0"]);
    assert_eq!(play.inspected(0.3, "aa", "exited", -200.0), ["firing 600"]);
    assert_eq!(play.time(60.3), ["firing 600"]);
}

#[test]
fn while_docker_is_away_it_is_kept_and_refreshed_before_it_ends_by_itself() {
    let mut play = Play::new();
    play.step(0.1, &Input::Firing(Box::new(EventAlert { ends_at: second(70.0), ..told() })));
    assert_eq!(play.lifecycle.next_deadline(), Some(second(10.0)));
    assert_eq!(play.time(10.0), ["firing 600"]);
    assert_eq!(play.time(70.0), ["firing 600"]);
    assert_eq!(play.listed(80.0, &["aa"]), ["inspect aa 0"]);
    assert_eq!(play.inspected(80.1, "aa", "running", 75.0), ["resolved 0"]);
    assert_eq!(play.lifecycle.next_deadline(), None);
}

#[test]
fn one_whose_container_runs_again_ends_at_once_in_either_order() {
    let mut docker_first = Play::new();
    docker_first.inspected(0.1, "aa", "running", -50.0);
    assert_eq!(docker_first.firing(0.2), ["resolved 0"]);
    let mut alertmanager_first = Play::new();
    alertmanager_first.firing(0.1);
    alertmanager_first.listed(0.2, &["aa"]);
    // Whatever a clock that was set back makes of its start.
    assert_eq!(alertmanager_first.inspected(0.3, "aa", "running", -200.0), ["resolved 0"]);
    assert_eq!(alertmanager_first.firing(0.4), ["resolved 0"], "another Alertmanager that knows it hears so too");
}

#[test]
fn one_whose_container_does_not_exist_ends_at_once_in_either_order() {
    let mut docker_first = Play::new();
    docker_first.listed(0.1, &["bb"]);
    assert_eq!(docker_first.firing(0.2), ["resolved 0"]);
    let mut alertmanager_first = Play::new();
    alertmanager_first.firing(0.1);
    assert_eq!(alertmanager_first.listed(0.2, &["bb"]), ["inspect bb 0", "resolved 0"]);
    assert_eq!(alertmanager_first.time(70.0), NOTHING);
}

#[test]
fn one_whose_container_goes_between_the_list_and_the_inspection_ends() {
    let mut play = Play::new();
    play.listed(0.1, &["aa"]);
    assert_eq!(play.firing(0.2), NOTHING, "listed, so it is waited for");
    assert_eq!(play.step(0.3, &Input::Absent("aa".to_owned(), 0)), ["resolved 0"]);
}

#[test]
fn it_ends_when_its_container_is_destroyed_or_its_service_is_started_anew() {
    assert_eq!(Play::adopted().event(9.0, "aa", Action::Destroy), ["resolved 0"]);
    let mut play = Play::adopted();
    play.event(8.0, "bb", Action::Create);
    assert_eq!(play.event(9.0, "bb", Action::Start), ["resolved 0", "inspect bb 2"]);
}

#[test]
fn a_container_of_the_service_that_was_started_meanwhile_ends_it_and_one_that_ran_before_does_not() {
    let mut sibling_last = Play::adopted();
    assert_eq!(sibling_last.inspected(0.4, "cc", "running", -150.0), NOTHING);
    assert_eq!(sibling_last.inspected(0.5, "bb", "running", -50.0), ["resolved 0"]);
    let mut sibling_first = Play::new();
    sibling_first.inspected(0.1, "bb", "running", -50.0);
    sibling_first.inspected(0.2, "aa", "exited", -200.0);
    assert_eq!(sibling_first.firing(0.3), ["resolved 0"]);
}

#[test]
fn one_that_was_started_meanwhile_and_is_down_again_has_ended_unless_its_policy_is_at_it() {
    for (status, expected) in [("exited", "resolved 0"), ("dead", "resolved 0"), ("restarting", "firing 600")] {
        let mut play = Play::new();
        play.inspected(0.1, "aa", status, -50.0);
        assert_eq!(play.firing(0.2), [expected], "{status}");
    }
}

#[test]
fn one_that_the_configuration_leaves_out_ends() {
    let left_out =
        [Rules { exclude: vec!["w*".to_owned()], ..Rules::default() }, Rules { crash: false, ..Rules::default() }];
    for rules in left_out {
        let mut play = Play { rules, ..Play::new() };
        play.firing(0.1);
        assert_eq!(play.inspected(0.2, "aa", "exited", -200.0), ["resolved 0"]);
    }
}
