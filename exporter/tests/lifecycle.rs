//! What no recording holds: inspections and events that overtake each other, long stops, services, resets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use seamark_exporter::docker::answer;
use seamark_exporter::docker::container::{Health, Identity, Inspection, State};
use seamark_exporter::docker::event::{Action, Event};
use seamark_exporter::docker::expected::Expected;
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

    fn effects(&mut self, time: f64, input: &Input) -> Vec<Effect> {
        let mut context = Context { now: second(time), rules: &self.rules, oom_kills: &mut self.oom_kills };
        self.lifecycle.step(input, &mut context)
    }

    fn step(&mut self, time: f64, input: &Input) -> Vec<String> {
        self.effects(time, input)
            .iter()
            .map(|effect| match effect {
                Effect::Exited { name, code, reason } => format!("exit {name} {code} {reason}"),
                Effect::Alert(alert) if alert.resolved => format!("resolved {}", alert.kind.alert_name()),
                Effect::Alert(alert) => alert.kind.alert_name().to_owned(),
                Effect::Inspect { generation, .. } => format!("inspect {generation}"),
                Effect::ReadLog { lines, .. } => format!("log {lines}"),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn at(&mut self, time: f64, action: Action) -> Vec<String> {
        self.to("aa", "web", time, action)
    }

    fn to(&mut self, id: &str, name: &str, time: f64, action: Action) -> Vec<String> {
        self.step(time, &event(id, name, time, action))
    }

    fn event(&self, time: f64, action: Action) -> Input {
        event("aa", "web", time, action)
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

fn event(id: &str, name: &str, time: f64, action: Action) -> Input {
    let labels = [("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let container = Identity { id: id.to_owned(), name: name.to_owned(), labels: labels.into(), ..Identity::default() };
    Input::Event(Event { at: second(time), action, container })
}

/// The first answer of a new connection.
fn listed() -> Input {
    Input::Listed(vec!["aa".to_owned()])
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
fn an_end_whose_event_is_told_seconds_late_counts_once_and_so_does_that_of_the_next_run() {
    let mut play = Play::running("no");
    play.answer(5.1, 2, inspection(exited(3, 5.0), "no", 0));
    assert_eq!(play.time(7.2), ["exit web 3 unknown"]);
    assert_eq!(play.at(9.0, die(3)), [] as [&str; 0]);
    play.at(10.0, Action::Start);
    assert!(play.at(11.0, die(3)).contains(&"exit web 3 crash".to_owned()));
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
fn a_start_after_a_gap_in_the_events_of_one_that_ran_is_the_end_of_the_run_before() {
    let runs = |at: f64, restarts| {
        let state =
            json!({"Status": "running", "StartedAt": second(at).to_string(), "FinishedAt": second(1.9).to_string()});
        inspection(state, "always", restarts)
    };
    // A daemon that was away does not tell of the end, be it soon after the start.
    let mut play = Play::running("always");
    assert_eq!(play.step(2.0, &listed()), ["inspect 2"]);
    assert_eq!(play.at(2.1, Action::Start), ["inspect 3"]);
    assert_eq!(play.answer(2.2, 3, runs(2.09, 0)), ["exit web 255 unknown"]);
    assert_eq!(play.at(4.0, die(7)), ["exit web 7 crash", "inspect 4"]);
    assert_eq!(play.time(4.1), [] as [&str; 0]);

    // It ends again before anybody could look.
    let mut play = Play::running("always");
    play.step(2.0, &listed());
    play.at(2.1, Action::Start);
    assert_eq!(play.at(2.2, die(7)), ["exit web 7 crash", "inspect 4"]);
    assert_eq!(play.at(2.3, Action::Start), ["ContainerRestarted", "inspect 5"]);
    assert_eq!(play.answer(2.4, 5, runs(2.29, 1)), ["exit web 255 unknown"]);
    assert_eq!(play.life().restarts_total, 1);

    // The run was seen before, and its start is told long after Docker's own note of it.
    let mut play = Play::running("always");
    play.at(1.0, die(7));
    play.answer(2.0, 3, runs(1.8, 1));
    play.step(2.1, &listed());
    play.at(9.0, Action::Start);
    assert_eq!(play.answer(9.1, 4, runs(1.8, 1)), [] as [&str; 0]);
    assert_eq!(play.time(20.0), [] as [&str; 0]);

    // It is removed before anybody could look.
    let mut play = Play::running("always");
    play.step(2.0, &listed());
    play.at(2.1, Action::Start);
    play.at(2.2, Action::Kill { signal: 9 });
    assert_eq!(play.at(2.3, die(137)), ["exit web 137 stopped", "inspect 5"]);
    assert_eq!(play.at(2.4, Action::Destroy), ["exit web 255 unknown"]);
}

#[test]
fn one_that_an_inspection_saw_running_before_its_start_was_told_has_not_ended() {
    let mut play = Play::running("no");
    play.at(5.0, die(1));
    let runs = inspection(json!({"Status": "running", "StartedAt": second(9.0).to_string()}), "no", 0);
    play.answer(9.1, 3, runs.clone());
    for gap in [false, true] {
        if gap {
            play.step(9.2, &listed());
        }
        let question = play.at(9.3, Action::Start);
        assert!(!question.iter().any(|told| told.starts_with("exit")), "{question:?}");
        let generation = question.last().unwrap().strip_prefix("inspect ").unwrap().parse().unwrap();
        assert_eq!(play.answer(9.4, generation, runs.clone()), [] as [&str; 0], "{gap}");
    }
}

#[test]
fn a_start_and_an_end_that_an_inspection_overtakes_are_one_end() {
    let mut play = Play::running("always");
    play.at(5.0, die(1));
    let state =
        json!({"Status": "restarting", "StartedAt": second(5.19).to_string(), "FinishedAt": second(7.2).to_string()});
    play.answer(7.3, 3, inspection(state, "always", 2));
    assert!(!play.at(5.2, Action::Start).iter().any(|told| told.starts_with("exit")));
    let told = play.at(7.21, die(1));
    assert_eq!(told.iter().filter(|told| told.starts_with("exit")).count(), 1, "{told:?}");
    assert_eq!(play.time(20.0), ["ContainerCrashed"]);
    assert_eq!(play.life().restarts_total, 2);
}

#[test]
fn one_that_was_down_and_ran_and_ended_in_a_gap_is_found_by_its_end() {
    let mut play = Play::running("no");
    play.at(5.0, die(1));
    play.step(20.0, &listed());
    play.at(20.1, Action::Start);
    let state =
        json!({"Status": "running", "StartedAt": second(20.09).to_string(), "FinishedAt": second(10.0).to_string()});
    assert_eq!(play.answer(20.2, 4, inspection(state, "no", 0)), [] as [&str; 0]);
    assert_eq!(play.time(23.0), ["exit web 0 unknown"]);
}

#[test]
fn an_end_that_the_engine_tells_twice_is_one() {
    let mut play = Play::running("no");
    play.at(5.0, Action::Kill { signal: 9 });
    assert_eq!(play.at(5.2, die(4)), ["exit web 4 stopped", "inspect 4"]);
    assert!(!play.at(5.21, die(0)).iter().any(|told| told.starts_with("exit")));
    play.at(6.0, Action::Start);
    assert_eq!(play.at(6.1, die(0)), ["exit web 0 clean", "inspect 7"], "a short run is a run");
}

#[test]
fn an_answer_about_one_that_is_removed_by_then_is_too_late() {
    let mut play = Play::running("no");
    let both = Input::Listed(vec!["aa".to_owned(), "bb".to_owned()]);
    assert_eq!(play.step(2.0, &both), ["inspect 2", "inspect 0"]);
    play.to("bb", "job", 2.1, die(0));
    play.to("bb", "job", 2.2, Action::Destroy);
    let mut late = inspection(json!({"Status": "running", "StartedAt": second(1.0).to_string()}), "no", 0);
    late.identity = Identity { id: "bb".to_owned(), name: "job".to_owned(), ..Identity::default() };
    play.answer(2.3, 0, late);
    assert_eq!(play.lifecycle.lives().count(), 1);
}

#[test]
fn a_start_that_failed_is_not_the_end_of_a_run() {
    let mut play = Play::running("no");
    play.at(5.0, die(1));
    let failed = json!({"Status": "exited", "Error": "no", "StartedAt": second(-0.01).to_string(), "FinishedAt": second(20.0).to_string()});
    play.lifecycle.step(
        &Input::Inspected(Box::new(inspection(failed, "no", 0)), 3),
        &mut Context { now: second(20.1), rules: &play.rules, oom_kills: &mut play.oom_kills },
    );
    play.at(30.0, Action::Start);
    let state =
        json!({"Status": "running", "StartedAt": second(29.9).to_string(), "FinishedAt": second(20.0).to_string()});
    play.answer(30.1, 4, inspection(state, "no", 0));
    assert_eq!(play.time(40.0), [] as [&str; 0]);
}

#[test]
fn one_that_is_removed_without_a_word_of_its_end_has_ended() {
    let mut play = Play::running("no");
    play.step(2.0, &listed());
    assert_eq!(play.at(2.1, Action::Destroy), ["exit web 255 unknown"]);
}

#[test]
fn a_restart_that_was_foreseen_and_did_not_come_adds_nothing() {
    let mut play = Play::running("always");
    play.at(5.0, die(1));
    play.at(5.2, Action::Start);
    play.answer(5.3, 4, inspection(json!({"Status": "running", "StartedAt": second(5.19).to_string()}), "always", 1));
    play.at(7.0, die(1));
    assert_eq!(play.life().restarts_total, 2);
    play.answer(7.1, 5, inspection(exited(1, 7.0), "always", 1));
    assert_eq!(play.life().restarts_total, 2);
}

#[test]
fn the_end_of_the_next_run_is_not_that_of_the_run_before_which_an_inspection_found() {
    let mut play = Play::running("no");
    let again =
        json!({"Status": "running", "StartedAt": second(10.0).to_string(), "FinishedAt": second(9.0).to_string()});
    play.answer(10.5, 2, inspection(again, "no", 0));
    assert_eq!(play.at(11.0, die(1)), ["exit web 0 unknown", "exit web 1 crash", "ContainerCrashed", "inspect 3"]);
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
fn a_memory_kill_explains_an_end_that_a_slow_machine_tells_of_seconds_later() {
    let mut play = Play::running("no");
    play.at(10.0, Action::Oom);
    assert_eq!(play.at(17.0, die(137)), ["exit web 137 oom", "ContainerCrashed", "inspect 4"]);
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
fn a_start_that_is_told_long_after_docker_s_own_note_of_it_is_no_second_run() {
    let mut play = Play::running("no");
    play.at(10.0, Action::Kill { signal: 15 });
    play.at(10.1, die(143));
    play.at(20.0, Action::Start);
    // A slow machine: 8 s from the note to the event.
    let running = json!({"Status": "running", "Pid": 7, "StartedAt": second(12.0).to_string()});
    assert_eq!(play.answer(20.1, 5, inspection(running, "no", 0)), Vec::<String>::new());
    assert_eq!(play.time(30.0), Vec::<String>::new(), "no end that nobody saw");
    assert_eq!(play.life().last_started_at(), Some(second(12.0)));
}

#[test]
fn a_memory_kill_elsewhere_just_after_a_sigkill_does_not_explain_it_and_one_just_before_does() {
    for (kill, reason) in [(10.5, "signal"), (9.9, "oom")] {
        let mut play = Play::running("no");
        let kernel = Arc::new(AtomicU64::new(41));
        let read = Arc::clone(&kernel);
        play.oom_kills = OomKills::new(Box::new(move || Some(read.load(Ordering::Relaxed))));
        play.time(9.8);
        if kill < 10.0 {
            kernel.store(42, Ordering::Relaxed);
        }
        play.at(10.0, die(137));
        // Its own `oom` event is on its way.
        kernel.store(42, Ordering::Relaxed);
        assert_eq!(play.time(11.0), ["inspect 3"]);
        let told = play.answer(11.1, 3, inspection(exited(137, 10.0), "no", 0));
        assert_eq!(told, [format!("exit web 137 {reason}"), "ContainerCrashed".to_owned()]);
    }
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
    assert_eq!(play.time(26.4), [] as [&str; 0], "an engine may be slow to tell");
    assert_eq!(play.time(26.6), ["exit web 137 signal", "ContainerCrashed"], "nor is it waited for without end");
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

fn unhealthy(streak: u64, output: &str) -> Value {
    json!({"Status": "running", "StartedAt": second(-0.01).to_string(), "Health": {"Status": "unhealthy",
        "FailingStreak": streak, "Log": [{"ExitCode": 1, "Output": output}]}})
}

#[test]
fn an_unhealthy_container_is_told_with_the_output_of_its_check_until_it_is_healthy() {
    let mut play = Play::running("no");
    assert_eq!(play.at(5.0, Action::Health(Health::Unhealthy)), ["inspect 3"]);
    let effects = play.effects(5.1, &Input::Inspected(Box::new(inspection(unhealthy(3, "no answer"), "no", 0)), 3));
    let [Effect::Alert(alert)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(alert.kind.alert_name(), "ContainerUnhealthyEvent");
    let check = alert.detail.check.clone().unwrap();
    assert_eq!((check.failing_streak, check.exit_code, check.output.as_str()), (3, Some(1), "no answer"));
    assert_eq!(alert.starts_at, second(5.0));
    assert_eq!(play.time(65.0), [] as [&str; 0]);
    // The next look at all containers brings what the check says now; the next minute tells it.
    assert_eq!(play.answer(66.0, 3, inspection(unhealthy(9, "still none"), "no", 0)), [] as [&str; 0]);
    let effects = play.effects(70.0, &Input::Time);
    let [Effect::Alert(alert)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(alert.detail.check.clone().unwrap().failing_streak, 9);
    let effects = play.effects(71.0, &play.event(71.0, Action::Health(Health::Healthy)));
    let [Effect::Alert(alert), Effect::Inspect { .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(alert.resolved && alert.detail.ended_by == "healthy", "{alert:?}");
    assert_eq!(play.time(3600.0), [] as [&str; 0]);
}

#[test]
fn an_unhealthy_container_is_told_without_the_output_when_nobody_answers() {
    let mut play = Play::running("no");
    play.at(5.0, Action::Health(Health::Unhealthy));
    assert_eq!(play.time(5.4), [] as [&str; 0]);
    assert_eq!(play.time(5.5), ["ContainerUnhealthyEvent"]);
    // Unhealthy again without a word of healthy is the same alert.
    assert_eq!(play.at(6.0, Action::Health(Health::Unhealthy)), ["inspect 4"]);
    assert_eq!(play.at(9.0, die(1))[..2], ["exit web 1 crash", "ContainerCrashed"]);
    assert_eq!(play.time(66.0), [] as [&str; 0], "its end was the end of it");
}

#[test]
fn an_end_a_restart_and_a_removal_are_each_the_end_of_being_unhealthy() {
    for (action, ended_by) in
        [(Action::Start, "restarted"), (die(0), "down"), (Action::Destroy, "removed"), (Action::Stop, "-")]
    {
        let mut play = Play::running("no");
        play.at(5.0, Action::Health(Health::Unhealthy));
        assert_eq!(play.time(5.5), ["ContainerUnhealthyEvent"]);
        let effects = play.effects(6.0, &play.event(6.0, action.clone()));
        let ended = effects.iter().find_map(|effect| match effect {
            Effect::Alert(alert) if alert.resolved => Some(alert.detail.ended_by),
            _ => None,
        });
        assert_eq!(ended.unwrap_or("-"), ended_by, "{action:?}");
    }
}

#[test]
fn one_that_is_found_unhealthy_is_told_and_a_new_configuration_may_end_that() {
    let mut play = Play::running("no");
    assert_eq!(play.answer(5.0, 2, inspection(unhealthy(4, ""), "no", 0)), ["ContainerUnhealthyEvent"]);
    play.rules.unhealthy = false;
    assert_eq!(play.time(65.0), ["resolved ContainerUnhealthyEvent"]);
    assert_eq!(play.answer(66.0, 2, inspection(unhealthy(5, ""), "no", 0)), [] as [&str; 0]);
}

/// Crashes and comes back a moment later.
fn bounce(play: &mut Play, time: f64) -> Vec<String> {
    let mut told = play.at(time, die(1));
    told.extend(play.at(time + 1.0, Action::Start));
    told.retain(|each| each.contains("Container"));
    told
}

#[test]
fn restarts_within_a_quarter_of_an_hour_fold_into_one_alert_that_follows_them() {
    let mut play = Play::running("always");
    assert_eq!(bounce(&mut play, 10.0), ["ContainerRestarted"]);
    assert_eq!(bounce(&mut play, 400.0), ["ContainerRestarted"]);
    assert_eq!(bounce(&mut play, 800.0), ["ContainerRestartLoop"]);
    let effects = play.effects(860.0, &Input::Time);
    let [Effect::Alert(alert)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((alert.starts_at, alert.detail.restarts), (second(10.0), Some(3)));
    // The back-off is longer than the restart window: no crash beside the loop.
    let dead: Vec<_> = play.at(890.0, die(7)).into_iter().filter(|each| each.starts_with("Container")).collect();
    assert_eq!(dead, ["ContainerRestartLoop"]);
    assert_eq!(play.time(945.0), [] as [&str; 0]);
    assert_eq!(play.time(950.0), ["ContainerRestartLoop"]);
    assert_eq!(play.at(951.0, Action::Start), ["inspect 10"]);
    assert_eq!(play.time(1550.0), ["ContainerRestartLoop"]);
    assert_eq!(play.time(1551.0), ["resolved ContainerRestartLoop"], "it has run for ten minutes");
    assert_eq!(play.time(9999.0), [] as [&str; 0]);
    assert_eq!(bounce(&mut play, 10_000.0), ["ContainerRestarted"]);
}

#[test]
fn a_loop_ends_with_a_stop_and_one_whose_policy_gives_up_is_a_crash() {
    let mut play = Play::running("always");
    for time in [10.0, 20.0, 30.0] {
        bounce(&mut play, time);
    }
    play.at(40.0, die(1));
    assert_eq!(play.at(41.0, Action::Stop), ["resolved ContainerRestartLoop"]);
    assert_eq!(play.time(400.0), [] as [&str; 0]);

    let mut play = Play::running("always");
    for time in [10.0, 20.0, 30.0] {
        bounce(&mut play, time);
    }
    let generation = play.at(40.0, die(1)).iter().find_map(|each| each.strip_prefix("inspect ")?.parse().ok()).unwrap();
    let told = play.answer(40.1, generation, inspection(exited(1, 40.0), "always", 3));
    assert_eq!(told, ["resolved ContainerRestartLoop", "ContainerCrashed"]);

    // Nobody says that it has given up.
    let mut play = Play::running("always");
    for time in [10.0, 20.0, 30.0, 40.0] {
        play.at(time, die(1));
        play.at(time + 1.0, Action::Start);
    }
    play.at(50.0, die(1));
    assert_eq!(play.time(119.9), ["ContainerRestartLoop"]);
    assert_eq!(play.time(120.0), ["resolved ContainerRestartLoop", "ContainerCrashed"]);
}

#[test]
fn without_the_word_loop_each_restart_is_told_and_scope_holds_for_every_kind() {
    let mut play = Play::running("always");
    play.rules.restart_loop = false;
    for time in [10.0, 20.0, 30.0, 40.0] {
        assert_eq!(bounce(&mut play, time), ["ContainerRestarted"]);
    }
    let mut play = Play::running("always");
    play.rules.exclude = vec!["web".to_owned()];
    for time in [10.0, 20.0, 30.0, 40.0] {
        assert_eq!(bounce(&mut play, time), [] as [&str; 0]);
    }
    play.at(50.0, Action::Health(Health::Unhealthy));
    play.at(60.0, Action::Kill { signal: 9 });
    play.at(60.1, die(137));
    play.at(60.2, Action::Destroy);
    assert_eq!(play.time(99.0), [] as [&str; 0]);
}

#[test]
fn what_is_taken_away_while_it_runs_is_told_unless_something_takes_its_place() {
    let taken_away = |play: &mut Play| {
        play.at(60.0, Action::Kill { signal: 9 });
        play.at(60.1, die(137));
        play.at(60.2, Action::Destroy);
    };
    let mut play = Play::running("no");
    taken_away(&mut play);
    assert_eq!(play.time(90.1), [] as [&str; 0]);
    assert_eq!(play.time(90.2), ["ContainerRemovedUnexpectedly"]);

    // The next of its service, or of its name.
    for (name, expected) in [("shop-web-2", 0), ("web", 0)] {
        let mut play = Play::running("no");
        taken_away(&mut play);
        play.to("bb", name, 70.0, Action::Start);
        assert_eq!(play.time(90.2).len(), expected, "{name}");
    }

    // Vanished without a word.
    let mut play = Play::running("no");
    play.step(5.0, &Input::Absent("aa".to_owned(), 2));
    assert_eq!(play.time(7.0), ["exit web 255 unknown"]);
    assert_eq!(play.time(37.0), ["ContainerRemovedUnexpectedly"]);
}

#[test]
fn what_was_stopped_killed_or_had_crashed_before_it_was_removed_is_not_missed_unless_it_is_to_be() {
    let ways: [&[(f64, Action)]; 4] = [
        &[(60.0, Action::Kill { signal: 15 }), (60.1, Action::Stop), (60.1, die(0))],
        &[
            (60.0, Action::Kill { signal: 15 }),
            (60.1, Action::Kill { signal: 9 }),
            (60.2, die(137)),
            (60.2, Action::Stop),
        ],
        &[(50.0, Action::Kill { signal: 9 }), (50.1, die(137))],
        &[(60.0, die(1))],
    ];
    for missed in [false, true] {
        for way in ways {
            let mut play = Play::running("no");
            play.rules.missed = if missed { vec![Expected::named("w?b")] } else { Vec::new() };
            for (time, action) in way {
                play.at(*time, action.clone());
            }
            play.at(60.3, Action::Destroy);
            let expected: &[&str] = if missed { &["ContainerRemovedUnexpectedly"] } else { &[] };
            assert_eq!(play.time(99.0), expected, "{way:?}");
        }
    }
}

#[test]
fn a_crash_waits_a_second_for_the_last_lines_and_no_longer() {
    let log = |text: &str| Input::Log("aa".to_owned(), text.to_owned());
    let mut play = Play::running("no");
    play.rules.log_lines = 20;
    assert_eq!(play.at(5.0, die(1)), ["log 20", "exit web 1 crash", "inspect 3"]);
    let effects = play.effects(5.2, &log("bye"));
    let [Effect::Alert(alert)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((alert.kind.alert_name(), alert.detail.log.as_str()), ("ContainerCrashed", "bye"));
    let effects = play.effects(65.2, &Input::Time);
    let [Effect::Alert(alert)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(alert.detail.log, "bye", "told again as it was");

    let mut play = Play::running("no");
    play.rules.log_lines = 20;
    play.at(5.0, die(1));
    assert_eq!(play.time(5.9), [] as [&str; 0]);
    assert_eq!(play.time(6.0), ["ContainerCrashed"]);
    assert_eq!(play.step(6.1, &log("too late")), [] as [&str; 0]);

    // Started again before anybody was told, by somebody.
    let mut play = Play::running("no");
    play.rules.log_lines = 20;
    play.at(5.0, die(1));
    assert_eq!(play.at(5.5, Action::Start), ["ContainerRestarted", "inspect 4"]);
    assert_eq!(play.step(5.6, &log("late")), [] as [&str; 0]);

    // An end that somebody asked for, or a good one, is not asked about.
    let mut play = Play::running("no");
    play.rules.log_lines = 20;
    assert_eq!(play.at(5.0, die(0)), ["exit web 0 clean", "inspect 3"]);
}
