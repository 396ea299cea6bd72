//! The containers of a report.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::{SignedDuration, Timestamp};

use super::answers::{Answers, Table, looked_at_one};
use super::hosts::whole;
use super::{Container, Containers, Host, Life, Records, Top, Window};

/// So many are named as those who take most.
const TOP: usize = 3;
/// What is less is nobody's top: a thousandth of a core.
const LEAST_CORES: f64 = 0.001;

const BY_CONTAINER: [&str; 2] = ["instance", "name"];

/// All that exist; `None` where no host tells of containers.
pub(super) fn containers(answers: &Answers) -> Option<Containers> {
    let states = words(&answers.table("state", &["instance", "name", "state"]));
    let health = words(&answers.table("health", &["instance", "name", "status"]));
    let exits = answers.table("exits", &["instance", "name", "reason"]);
    let restarts = answers.table("restarts", &BY_CONTAINER);
    if states.is_empty() && exits.is_empty() {
        return None;
    }
    let tables = Tables::of(answers);
    let mut list: Vec<Container> = states
        .iter()
        .map(|(key, state)| Container {
            health: health.get(key).filter(|status| *status != "none").cloned(),
            restarts: restarts.get(key).copied().map_or(0, whole),
            exits: reasons(of(&exits, key)),
            ..tables.container(key, state)
        })
        .collect();
    let count = |wanted: &dyn Fn(&Container) -> bool| list.iter().filter(|container| wanted(container)).count() as u64;
    let (running, unhealthy) = (count(&|one| one.state == "running"), count(&|one| is_unhealthy(one)));
    let count = list.len() as u64;
    list.sort_by(|one, other| {
        let order = |one: &Container| (!needs_a_look(one), one.host.clone(), one.name.clone());
        order(one).cmp(&order(other))
    });
    list.truncate(Containers::LISTED);
    Some(Containers {
        list,
        count,
        running,
        unhealthy,
        restarts: restarts.values().copied().map(whole).sum(),
        exits: reasons(exits.iter()),
        top_cpu: top(&answers.table("container_cpu", &BY_CONTAINER), LEAST_CORES),
        top_memory: top(&answers.table("container_memory", &BY_CONTAINER), 1.0),
        top_traffic: top(&answers.table("container_traffic", &BY_CONTAINER), 1.0),
    })
}

/// The rows of a container: they stand together.
fn of<'a>(table: &'a Table, key: &'a [String]) -> impl Iterator<Item = (&'a Vec<String>, &'a f64)> {
    table.range(key.to_vec()..).inspect(|_| looked_at_one()).take_while(move |(row, _)| row.starts_with(key))
}

fn is_unhealthy(container: &Container) -> bool {
    container.state == "running" && container.health.as_deref() == Some("unhealthy")
}

/// Whether people are shown it even where there is no room for all.
fn needs_a_look(container: &Container) -> bool {
    let ended_badly =
        ["crash", "oom", "signal"].iter().any(|bad| container.exits.iter().any(|(reason, _)| reason == bad));
    is_unhealthy(container) || container.state != "running" || container.restarts > 0 || ended_badly
}

/// Host and container, and the last of their labels. Of two containers of one name the running one counts.
fn words(table: &Table) -> BTreeMap<Vec<String>, String> {
    let mut words = BTreeMap::new();
    for key in table.keys() {
        let Some((word, of)) = key.split_last() else { continue };
        match words.entry(of.to_vec()) {
            Entry::Vacant(place) => {
                place.insert(word.clone());
            }
            Entry::Occupied(mut place) if word == "running" => {
                place.insert(word.clone());
            }
            Entry::Occupied(_) => {}
        }
    }
    words
}

/// How often by reason, the most frequent first.
fn reasons<'a>(exits: impl Iterator<Item = (&'a Vec<String>, &'a f64)>) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<&String, u64> = BTreeMap::new();
    for (reason, count) in exits.filter_map(|(key, count)| Some((key.last()?, whole(*count)))) {
        *counts.entry(reason).or_default() += count;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().map(|(reason, count)| (reason.clone(), count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn top(table: &Table, least: f64) -> Vec<Top> {
    let of = |(key, value): (&Vec<String>, &f64)| {
        let (host, name) = (key.first()?.clone(), key.get(1)?.clone());
        Some(Top { host, name, value: *value })
    };
    let mut top: Vec<Top> = table.iter().filter(|(_, value)| **value >= least).filter_map(of).collect();
    top.sort_by(|one, other| other.value.total_cmp(&one.value));
    top.truncate(TOP);
    top
}

struct Tables {
    started: Table,
    exit_code: Table,
    traffic: Table,
    cpu: [Table; 3],
    memory: [Table; 3],
}

impl Tables {
    fn of(answers: &Answers) -> Self {
        let table = |key| answers.table(key, &BY_CONTAINER);
        Self {
            started: table("started"),
            exit_code: table("exit_code"),
            traffic: table("container_traffic"),
            cpu: ["life_cpu", "life_cpu_lowest", "life_cpu_highest"].map(table),
            memory: ["life_memory", "life_memory_lowest", "life_memory_highest"].map(table),
        }
    }

    fn container(&self, key: &Vec<String>, state: &str) -> Container {
        let life = |[average, lowest, highest]: &[Table; 3]| Life {
            average: average.get(key).copied(),
            lowest: lowest.get(key).copied(),
            highest: highest.get(key).copied(),
        };
        let started = self.started.get(key).and_then(|at| SignedDuration::try_from_secs_f64(*at).ok());
        Container {
            host: key.first().cloned().unwrap_or_default(),
            name: key.get(1).cloned().unwrap_or_default(),
            state: state.to_owned(),
            health: None,
            started_at: started.and_then(|at| Timestamp::from_duration(at).ok()),
            restarts: 0,
            exits: Vec::new(),
            exit_code: self.exit_code.get(key).map(|code| code.round() as i64),
            cpu: life(&self.cpu),
            memory: life(&self.memory),
            traffic: self.traffic.get(key).copied(),
        }
    }
}

/// Who was first in what.
pub(super) fn records(answers: &Answers, hosts: &[Host], window: Window) -> Records {
    let sent = |host: &Host| host.sent.map(|traffic| traffic.total);
    let both = |host: &Host| Some(host.received?.total + sent(host)?);
    let sum = |of: &dyn Fn(&Host) -> Option<f64>| hosts.iter().filter_map(of).reduce(|one, other| one + other);
    let first = |of: &dyn Fn(&Host) -> Option<f64>| {
        let named = hosts.iter().filter_map(|host| Some((host.name.clone(), of(host)?)));
        named.max_by(|one, other| one.1.total_cmp(&other.1))
    };
    let running = answers.table("state", &["instance", "name", "state"]);
    let runs = |key: &Vec<String>| running.contains_key(&[key.as_slice(), &["running".to_owned()]].concat());
    let now = window.to.as_duration().as_secs_f64();
    let age = |(key, at): (&Vec<String>, &f64)| {
        Some(Top { host: key.first()?.clone(), name: key.get(1)?.clone(), value: now - at })
    };
    let started = answers.table("started", &BY_CONTAINER);
    let ages = started.iter().filter(|(key, _)| runs(key)).filter_map(age);
    let disks = hosts.iter().flat_map(|host| {
        host.disks.iter().filter_map(|disk| Some((host.name.clone(), disk.mountpoint.clone(), disk.full_in?)))
    });
    Records {
        traffic: sum(&both),
        sent: sum(&sent),
        most_traffic: first(&both),
        busiest: first(&|host| host.cpu.average),
        longest_running: ages.max_by(|one, other| one.value.total_cmp(&other.value)),
        first_full: disks.min_by(|one, other| one.2.total_cmp(&other.2)),
    }
}
