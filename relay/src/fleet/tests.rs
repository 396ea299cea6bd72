use super::*;

fn sample(labels: &[(&str, &str)], value: f64) -> Sample {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sample { labels, value }
}

fn at() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

#[test]
fn what_the_questions_bring_is_put_together_by_host_and_container() {
    let web = [("instance", "web-1")];
    let shop = [("instance", "web-1"), ("id", "/docker/a"), ("name", "shop")];
    let with = |more: (&'static str, &'static str)| [&shop[..], &[more]].concat();
    let answers = [
        (Fact::Up, Ok(vec![sample(&web, 1.0), sample(&[("instance", "db-1")], 0.0)])),
        (Fact::Cpu, Ok(vec![sample(&web, 0.5)])),
        (Fact::MemoryUsed, Ok(vec![sample(&web, f64::NAN)])),
        (
            Fact::DiskUsed,
            Ok(vec![
                sample(&[("instance", "web-1"), ("mountpoint", "/")], 0.2),
                sample(&[("instance", "web-1"), ("mountpoint", "/data")], 0.9),
            ]),
        ),
        (Fact::State, Ok(vec![sample(&with(("state", "exited")), 1.0)])),
        (Fact::ExitCode, Ok(vec![sample(&with(("reason", "oom")), 137.0)])),
        (Fact::ExitTime, Ok(vec![sample(&with(("reason", "oom")), 1_799_999_000.0)])),
        (Fact::Restarts, Err("Prometheus: away".to_owned())),
        (Fact::Sent, Err("Prometheus: away".to_owned())),
        (
            Fact::Expected,
            Ok(vec![
                sample(&[("instance", "web-1"), ("name", "shop")], 1.0),
                sample(&[("instance", "web-1"), ("name", "api")], 1.0),
            ]),
        ),
    ];
    let fleet = Fleet::of(at(), answers);
    let exit = Exit { code: 137, reason: "oom".to_owned(), at: Some(Timestamp::from_second(1_799_999_000).unwrap()) };
    let api = Container { name: "api".to_owned(), state: Some("missing".to_owned()), ..Container::default() };
    let shop = Container {
        id: "/docker/a".to_owned(),
        name: "shop".to_owned(),
        state: Some("exited".to_owned()),
        last_exit: Some(exit),
        ..Container::default()
    };
    let disk = |mountpoint: &str, used| Disk { mountpoint: mountpoint.to_owned(), used, total: None };
    let web = Host {
        name: "web-1".to_owned(),
        up: Some(true),
        cpu: Some(0.5),
        disks: vec![disk("/data", 0.9), disk("/", 0.2)],
        containers: vec![api, shop],
        ..Host::default()
    };
    let db = Host { name: "db-1".to_owned(), up: Some(false), ..Host::default() };
    assert_eq!(fleet, Fleet { at: at(), hosts: vec![db, web], missing: vec!["Prometheus: away".to_owned()] });
    assert_eq!(fleet.hosts.iter().map(Host::light).collect::<Vec<_>>(), [Light::Red, Light::Green]);
}

#[test]
fn the_light_of_a_container_says_whether_somebody_has_to_look() {
    let light = |state: Option<&str>, health: Option<&str>, reason: Option<&str>| {
        let exit = |reason: &str| Exit { reason: reason.to_owned(), ..Exit::default() };
        let text = |text: &str| text.to_owned();
        let memory = state.is_none().then_some(1.0);
        let (state, health, last_exit) = (state.map(text), health.map(text), reason.map(exit));
        Container { state, health, last_exit, memory, ..Container::default() }.light()
    };
    assert_eq!(light(Some("running"), Some("none"), Some("crash")), Light::Green);
    assert_eq!(light(Some("running"), Some("starting"), None), Light::Yellow);
    assert_eq!(light(Some("running"), Some("unhealthy"), None), Light::Red);
    assert_eq!(light(None, None, None), Light::Green, "cAdvisor tells of what runs, and no state");
    assert_eq!(light(Some("exited"), None, Some("clean")), Light::Orange);
    assert_eq!(light(Some("exited"), None, Some("stopped")), Light::Orange);
    assert_eq!(light(Some("exited"), None, Some("oom")), Light::Red);
    assert_eq!(light(Some("exited"), None, None), Light::Red);
    assert_eq!(light(Some("restarting"), None, Some("crash")), Light::Yellow);
    assert_eq!(light(Some("missing"), None, None), Light::Red);
}

#[test]
fn an_average_is_over_the_life_of_a_container_that_runs() {
    let started_at = Some(Timestamp::from_second(1_799_999_000).unwrap());
    let running =
        Container { state: Some("running".to_owned()), started_at, cpu_seconds: Some(250.0), ..Container::default() };
    assert_eq!(running.cpu_average(at()), Some(0.25));
    let ended = Container { state: Some("exited".to_owned()), ..running };
    assert_eq!((ended.cpu_average(at()), ended.uptime(at())), (None, None));
}

#[test]
fn every_fact_has_one_question() {
    let mut facts: Vec<Fact> = QUERIES.iter().map(|(fact, _)| *fact).collect();
    let all = facts.len();
    facts.dedup();
    assert_eq!((all, facts.len()), (24, 24));
    for (_, query) in QUERIES {
        assert_eq!(query.matches('(').count(), query.matches(')').count(), "{query}");
        assert!(!query.contains("  "), "{query}");
    }
}
