//! What no recording holds: inspections and events that overtake each other, long stops, services, resets.
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
use seamark_exporter::docker::container::{Identity, Inspection, State};
use seamark_exporter::docker::event::{Action, Event};
use seamark_exporter::docker::life::{Context, Effect, Life};
use seamark_exporter::docker::lifecycle::{Input, Lifecycle};
use seamark_exporter::docker::oom::OomKills;
use seamark_exporter::docker::rules::Rules;
use serde_json::{Value, json};

struct Play {
    lifecycle: Lifecycle,
    oom_kills: OomKills,
    rules: Rules,
}

fn second(second: f64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs_f64(second)
}

/// An inspection of container `aa`, named `web`, with these fields of its state and this restart policy.
fn inspection(state: Value, policy: &str, restarts: u64) -> Inspection {
    let answer = json!({"Id": "aa", "Name": "/web", "Image": "sha256:1", "State": state, "RestartCount": restarts,
        "Config": {"StopTimeout": 10}, "HostConfig": {"RestartPolicy": {"Name": policy}}});
    answer::inspection(&answer).unwrap()
}

impl Play {
    /// `aa`, named `web`, started at second 0 and inspected.
    fn running(policy: &str) -> Self {
        let mut play = Self {
            lifecycle: Lifecycle::default(),
            oom_kills: OomKills::new(Box::new(|| None)),
            rules: Rules::default(),
        };
        play.at(-0.2, Action::Create);
        play.at(0.0, Action::Start);
        let running = json!({"Status": "running", "StartedAt": second(-0.01).to_string()});
        play.answer(0.1, 2, inspection(running, policy, 0));
        play
    }

    fn step(&mut self, time: f64, input: &Input) -> Vec<String> {
        let mut context = Context { now: second(time), rules: &self.rules, oom_kills: &mut self.oom_kills };
        let effects = self.lifecycle.step(input, &mut context);
        effects
            .iter()
            .map(|effect| match effect {
                Effect::Exited { name, code, reason } => format!("exit {name} {code} {reason}"),
                Effect::Alert(alert) if alert.resolved => format!("resolved {}", alert.kind.alert_name()),
                Effect::Alert(alert) => alert.kind.alert_name().to_owned(),
                Effect::Inspect { generation, .. } => format!("inspect {generation}"),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn at(&mut self, time: f64, action: Action) -> Vec<String> {
        self.to("aa", "web", time, action)
    }

    fn to(&mut self, id: &str, name: &str, time: f64, action: Action) -> Vec<String> {
        let labels = [("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let container =
            Identity { id: id.to_owned(), name: name.to_owned(), labels: labels.into(), ..Identity::default() };
        self.step(time, &Input::Event(Event { at: second(time), action, container }))
    }

    fn answer(&mut self, time: f64, generation: u64, answer: Inspection) -> Vec<String> {
        self.step(time, &Input::Inspected(Box::new(answer), generation))
    }

    fn time(&mut self, time: f64) -> Vec<String> {
        self.step(time, &Input::Time)
    }

    fn life(&self) -> &Life {
        self.lifecycle.lives().find(|life| life.identity.id == "aa").unwrap()
    }
}

fn die(code: i64) -> Action {
    Action::Die { code }
}

fn exited(code: i64, at: f64) -> Value {
    json!({"Status": "exited", "ExitCode": code, "FinishedAt": second(at).to_string(), "StartedAt": second(-0.01).to_string()})
}

#[test]
fn an_answer_that_an_event_has_overtaken_says_nothing_of_the_state() {
    let mut play = Play::running("no");
    assert_eq!(play.at(5.0, die(1)), ["exit web 1 crash", "ContainerCrashed", "inspect 3"]);
    let stale = inspection(json!({"Status": "running"}), "no", 0);
    assert_eq!(play.answer(5.1, 2, stale), ["inspect 3"], "asked again, and nothing is resolved");
    assert_eq!(play.life().state, State::Exited);
}

#[test]
fn a_die_that_comes_after_the_inspection_that_saw_it_is_the_one_that_counts() {
    let mut play = Play::running("no");
    assert_eq!(play.answer(5.1, 2, inspection(exited(3, 5.0), "no", 0)), [] as [&str; 0]);
    assert_eq!(play.at(5.0, die(3)), ["exit web 3 crash", "ContainerCrashed", "inspect 3"]);
    assert_eq!(play.time(8.0), [] as [&str; 0]);
}

#[test]
fn an_end_that_only_an_inspection_saw_is_unknown_after_two_seconds_and_counts_once() {
    let mut play = Play::running("no");
    play.answer(5.1, 2, inspection(exited(255, 5.0), "no", 0));
    assert_eq!(play.time(6.0), [] as [&str; 0]);
    assert_eq!(play.time(7.2), ["exit web 255 unknown"]);
    play.answer(300.0, 2, inspection(exited(255, 5.0), "no", 0));
    assert_eq!(play.time(400.0), [] as [&str; 0]);
}

#[test]
fn a_restart_that_nobody_saw_is_found_by_its_start() {
    let mut play = Play::running("always");
    let again =
        json!({"Status": "running", "StartedAt": second(100.0).to_string(), "FinishedAt": second(99.0).to_string()});
    play.answer(200.0, 2, inspection(again.clone(), "always", 1));
    assert_eq!(play.time(203.0), ["exit web 0 unknown"]);
    assert_eq!(play.life().restarts_total, 1);
    play.answer(300.0, 2, inspection(again, "always", 1));
    assert_eq!(play.time(303.0), [] as [&str; 0]);
}

#[test]
fn a_stop_with_a_longer_timeout_than_the_container_s_is_told_by_its_stop_event() {
    let mut play = Play::running("no");
    play.at(10.0, Action::Kill { signal: 15 });
    assert_eq!(play.at(50.0, die(1)), ["inspect 4"], "the grace period is over: it waits for a stop");
    assert_eq!(play.at(50.1, Action::Stop), ["exit web 1 stopped"]);
}

#[test]
fn a_signal_that_was_ignored_does_not_excuse_a_crash_much_later() {
    let mut play = Play::running("no");
    play.at(10.0, Action::Kill { signal: 15 });
    play.at(3600.0, die(1));
    assert_eq!(play.time(3601.0), ["exit web 1 crash", "ContainerCrashed"]);
}

#[test]
fn a_child_s_memory_kill_does_not_explain_a_sigkill_an_hour_later() {
    let mut play = Play::running("no");
    play.at(10.0, Action::Oom);
    play.at(3600.0, die(137));
    assert_eq!(play.time(3601.0), ["inspect 4"]);
    let mut state = exited(137, 3600.0);
    state["OOMKilled"] = json!(true);
    assert_eq!(play.answer(3601.1, 4, inspection(state, "no", 0)), ["exit web 137 signal", "ContainerCrashed"]);
}

#[test]
fn a_memory_kill_of_the_run_before_does_not_explain_a_sigkill_right_after_the_start() {
    let mut play = Play::running("no");
    play.at(10.0, Action::Oom);
    play.at(11.0, die(1));
    play.at(12.0, Action::Start);
    assert_eq!(play.at(13.0, die(137)), ["inspect 6"]);
}

#[test]
fn oom_killed_explains_a_sigkill_whose_event_was_lost_and_a_start_forgets_it() {
    let mut play = Play::running("no");
    play.at(10.0, die(137));
    play.time(11.0);
    let mut state = exited(137, 10.0);
    state["OOMKilled"] = json!(true);
    assert_eq!(play.answer(11.1, 3, inspection(state, "no", 0)), ["exit web 137 oom", "ContainerCrashed"]);
    assert_eq!(play.at(20.0, Action::Start), ["resolved ContainerCrashed", "inspect 4"]);
    play.at(20.5, die(137));
    assert_eq!(play.time(21.5), ["inspect 5"], "the old oom is not the new one's");
    assert_eq!(play.time(22.1), ["exit web 137 signal", "ContainerCrashed"], "nor is it waited for without end");
}

#[test]
fn a_policy_that_has_given_up_is_told_before_the_window_is_over() {
    let mut play = Play::running("always");
    assert_eq!(play.at(5.0, die(1)), ["exit web 1 crash", "inspect 3"]);
    assert_eq!(play.answer(5.1, 3, inspection(exited(1, 5.0), "always", 0)), ["ContainerCrashed"]);
}

#[test]
fn a_policy_that_takes_longer_than_the_window_is_a_crash_and_then_its_end() {
    let mut play = Play::running("always");
    play.at(5.0, die(1));
    assert_eq!(play.time(9.9), [] as [&str; 0]);
    assert_eq!(play.time(10.0), ["ContainerCrashed"]);
    assert_eq!(play.at(12.0, Action::Start), ["resolved ContainerCrashed", "inspect 4"]);
}

#[test]
fn a_crash_that_a_new_configuration_leaves_out_ends_at_its_next_minute() {
    let mut play = Play::running("no");
    assert_eq!(play.at(5.0, die(1)), ["exit web 1 crash", "ContainerCrashed", "inspect 3"]);
    assert_eq!(play.time(65.0), ["ContainerCrashed"]);
    play.rules.exclude = vec!["w*".to_owned()];
    assert_eq!(play.time(125.0), ["resolved ContainerCrashed"]);
    assert_eq!(play.time(185.0), [] as [&str; 0]);
}

#[test]
fn a_new_container_of_the_service_ends_the_crash_of_the_old_one() {
    let mut play = Play::running("no");
    play.at(5.0, die(1));
    play.to("bb", "shop-web-2", 9.0, Action::Create);
    assert_eq!(play.to("bb", "shop-web-2", 10.0, Action::Start), ["resolved ContainerCrashed", "inspect 2"]);
}

#[test]
fn restarts_go_on_counting_when_docker_begins_again_at_zero() {
    let mut play = Play::running("always");
    let running =
        |count| inspection(json!({"Status": "running", "StartedAt": second(-0.01).to_string()}), "always", count);
    for (count, total) in [(3, 3), (3, 3), (0, 3), (2, 5)] {
        play.answer(1.0, 2, running(count));
        assert_eq!(play.life().restarts_total, total);
    }
}

#[test]
fn a_container_that_vanished_without_a_word_is_gone_after_its_events_had_their_chance() {
    let mut play = Play::running("no");
    play.step(5.0, &Input::Absent("aa".to_owned(), 2));
    assert_eq!(play.time(6.0), [] as [&str; 0]);
    assert_eq!(play.time(7.0), ["exit web 255 unknown"]);
    assert_eq!(play.lifecycle.lives().count(), 0);
    assert_eq!(play.answer(8.0, 2, inspection(exited(1, 5.0), "no", 0)), [] as [&str; 0], "too late");
    assert_eq!(play.lifecycle.lives().count(), 0);
}

#[test]
fn a_crash_is_told_even_when_nobody_could_be_asked_about_its_policy() {
    let mut play =
        Play { lifecycle: Lifecycle::default(), oom_kills: OomKills::new(Box::new(|| None)), rules: Rules::default() };
    play.at(0.0, Action::Start);
    assert_eq!(play.at(0.1, die(3)), ["inspect 2"]);
    assert_eq!(play.time(1.1), ["exit web 3 crash", "ContainerCrashed"]);
}

#[test]
fn one_that_had_ended_before_anybody_looked_is_shown_but_neither_counted_nor_told() {
    let mut play =
        Play { lifecycle: Lifecycle::default(), oom_kills: OomKills::new(Box::new(|| None)), rules: Rules::default() };
    assert_eq!(play.step(0.0, &Input::Listed(vec!["aa".to_owned()])), ["inspect 0"]);
    assert_eq!(play.answer(0.1, 0, inspection(exited(3, -900.0), "no", 0)), [] as [&str; 0]);
    let last = play.life().last_exit.clone().unwrap();
    assert_eq!((last.code, last.reason.as_str(), last.at), (3, "unknown", second(-900.0)));
    let (name, counts) = play.lifecycle.exits().iter().next().unwrap();
    assert_eq!((name, counts.by_reason().map(|(_, count)| count).sum::<u64>()), ("web", 0));
}
