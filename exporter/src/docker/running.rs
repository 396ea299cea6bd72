//! The containers that run, as the collectors of their resources need them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use seamark_kit::exposition::CommonLabels;

use super::container::{Identity, Network};
use super::life::Life;
use crate::threshold::labels::OURS;

/// A container that has a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name without the leading slash.
    pub name: String,
    /// Its first process, as the host counts; `None` until it was inspected.
    pub pid: Option<u32>,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Whose network it has.
    pub network: Network,
    /// Where the engine writes its log, as the engine sees it; empty where it writes none into a file.
    pub log_path: String,
    /// How often its limits were changed.
    pub updates: u32,
    /// Those of its labels that are for Seamark: `seamark.…`.
    pub settings: BTreeMap<String, String>,
    /// `id`, `name`, `image` and the `container_label_*` that are shown: on every `container_*` series of it.
    pub labels: CommonLabels,
}

impl Running {
    /// `None` for a container without a process.
    pub(super) fn of(life: &Life, shown: &[String]) -> Option<Self> {
        life.state.has_process().then(|| Self {
            id: life.identity.id.clone(),
            name: life.identity.name.clone(),
            pid: life.pid,
            started_at: life.start(),
            created_at: life.setup.created_at,
            network: life.setup.network.clone(),
            log_path: life.setup.log_path.clone(),
            updates: life.updates,
            settings: settings(&life.identity),
            labels: labels(&life.identity, shown),
        })
    }
}

fn settings(identity: &Identity) -> BTreeMap<String, String> {
    let ours = identity.labels.iter().filter(|(label, _)| label.starts_with(OURS));
    ours.map(|(label, value)| (label.clone(), value.clone())).collect()
}

/// What is on every `container_*` series of a container, one that has stopped, too.
pub fn labels(identity: &Identity, shown: &[String]) -> CommonLabels {
    let fixed = [("id", identity.path()), ("name", identity.name.clone()), ("image", identity.image.clone())];
    let fixed = fixed.into_iter().map(|(name, value)| (Cow::Borrowed(name), value));
    CommonLabels::new(fixed.chain(shown_labels(identity, shown)))
}

/// The labels of a container that are shown, under the names that cAdvisor gives them.
pub fn shown_labels(identity: &Identity, shown: &[String]) -> Vec<(Cow<'static, str>, String)> {
    let mut labels: Vec<(Cow<'static, str>, String)> = Vec::new();
    for label in shown {
        let name = format!("container_label_{}", label.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        // `a.b` and `a-b` would be the same label twice.
        if labels.iter().all(|(other, _)| *other != name) {
            labels.push((Cow::Owned(name), identity.label(label).to_owned()));
        }
    }
    labels
}

/// The list anew; an entry that has not changed is the same one as before.
pub(super) fn list<'a>(
    lives: impl Iterator<Item = &'a Life>,
    shown: &[String],
    before: &[Arc<Running>],
) -> Arc<[Arc<Running>]> {
    let mut before = before.iter().peekable();
    lives
        .filter_map(|life| Running::of(life, shown))
        .map(|now| {
            // Both are in the order of their ids.
            while before.next_if(|old| old.id < now.id).is_some() {}
            match before.peek() {
                Some(old) if ***old == now => Arc::clone(old),
                _ => Arc::new(now),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::container::State;

    fn life(id: &str, state: State) -> Life {
        let labels = [("a.b".to_owned(), "1".to_owned()), ("a-b".to_owned(), "2".to_owned())].into();
        let identity = Identity { id: id.to_owned(), name: format!("n{id}"), labels, ..Identity::default() };
        let mut life = Life::new(identity);
        life.state = state;
        life
    }

    #[test]
    fn only_what_has_a_process_runs_and_what_has_not_changed_is_the_same_entry() {
        let mut lives =
            [life("1", State::Running), life("2", State::Exited), life("3", State::Paused), life("4", State::Running)];
        let before = list(lives.iter(), &[], &[]);
        assert_eq!(before.iter().map(|running| running.name.as_str()).collect::<Vec<_>>(), ["n1", "n3", "n4"]);
        lives[0].state = State::Exited;
        lives[3].pid = Some(7);
        let after = list(lives.iter(), &[], &before);
        assert!(Arc::ptr_eq(&before[1], &after[0]));
        assert_eq!((after[1].pid, before[2].pid), (Some(7), None));
    }

    #[test]
    fn labels_are_shown_under_the_names_of_cadvisor_and_none_twice() {
        let shown = ["a.b", "a-b", "c"].map(str::to_owned);
        let running = Running::of(&life("1", State::Running), &shown).unwrap();
        let labels: Vec<_> = running.labels.iter().collect();
        assert_eq!(labels, [("id", "/docker/1"), ("name", "n1"), ("container_label_a_b", "1")]);
    }
}
