//! Thresholds of one container, from its own labels: `seamark.memory.warning=90%`.

use std::collections::BTreeMap;

use seamark_kit::config::{did_you_mean, shown};

use super::Thresholds;
use super::limit::{Limits, Unit};

/// What all labels that are for Seamark begin with.
pub const OURS: &str = "seamark.";

/// The limits of one container.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfContainer {
    /// `seamark.cpu.…`
    pub cpu: Limits,
    /// `seamark.memory.…`
    pub memory: Limits,
    /// `seamark.network.…`
    pub network: Limits,
}

/// A label that says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Its name.
    pub label: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads the labels of a container; what they do not say is as for all others. What is malformed costs itself alone.
pub fn read(labels: &BTreeMap<String, String>, all: &Thresholds) -> (OfContainer, Vec<Malformed>) {
    let mut malformed = Vec::new();
    let mut of = |check, unit, before| limits(labels, check, unit, before, &mut malformed);
    let limits = OfContainer {
        cpu: of("cpu", Unit::Share, all.container_cpu),
        memory: of("memory", Unit::Share, all.container_memory),
        network: of("network", Unit::Bytes, all.container_network),
    };
    malformed.extend(labels.iter().filter_map(|(label, text)| no_check(label, text)));
    (limits, malformed)
}

/// A label of ours that is about no check: `seamark.alerts`, or a slip of somebody's pen.
fn no_check(label: &str, text: &str) -> Option<Malformed> {
    const CHECKS: [&str; 3] = ["cpu", "memory", "network"];
    let ours = label.strip_prefix(OURS)?;
    let (first, rest) = ours.split_once('.').unwrap_or((ours, ""));
    let problem = if ours == "alerts" {
        let known = ["on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
        (!known).then(|| format!("expected `off` or `on`, found `{}`", shown(text)))
    } else if !CHECKS.contains(&first) {
        let nearest = did_you_mean(first, CHECKS.into_iter().chain(["alerts"]));
        Some(format!("expected `{OURS}alerts`, or `cpu`, `memory` or `network` after `{OURS}`{nearest}"))
    } else {
        rest.is_empty().then(|| format!("expected `{OURS}{first}.warning` or `{OURS}{first}.critical`"))
    };
    problem.map(|problem| Malformed { label: label.to_owned(), problem })
}

fn limits(
    labels: &BTreeMap<String, String>,
    check: &str,
    unit: Unit,
    before: Limits,
    malformed: &mut Vec<Malformed>,
) -> Limits {
    let mut given = Limits::default();
    let beginning = format!("{OURS}{check}.");
    let ours = labels.iter().filter_map(|(label, text)| Some((label, label.strip_prefix(&beginning)?, text)));
    for (label, severity, text) in ours {
        let place = match severity {
            "warning" => Ok(&mut given.warning),
            "critical" => Ok(&mut given.critical),
            _ => Err(format!("expected `{beginning}warning` or `{beginning}critical`")),
        };
        match place.and_then(|place| unit.read(text).map(|limit| *place = Some(limit))) {
            Ok(()) => {}
            Err(problem) => malformed.push(Malformed { label: label.clone(), problem }),
        }
    }
    if given.are_swapped() {
        let problem = format!("it is below `{beginning}warning`, which would then say nothing");
        malformed.push(Malformed { label: format!("{beginning}critical"), problem });
        given.critical = None;
    }
    given.or(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threshold::limit::OFF;

    fn read_labels(labels: &[(&str, &str)]) -> (OfContainer, Vec<String>) {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (limits, malformed) = read(&labels, &Thresholds::default());
        (limits, malformed.into_iter().map(|one| format!("{}: {}", one.label, one.problem)).collect())
    }

    #[test]
    fn a_container_s_own_labels_win() {
        let labels = [
            ("seamark.memory.warning", "90%"),
            ("seamark.memory.critical", "0.99"),
            ("seamark.cpu.warning", "off"),
            ("seamark.network.warning", "10MiB/60s"),
            ("seamark.alerts", "off"),
        ];
        let network = Limits::warning(10.0 * 1_048_576.0 / 60.0);
        let expected = OfContainer { cpu: Limits::warning(OFF), memory: Limits::both(0.9, 0.99), network };
        assert_eq!(read_labels(&labels), (expected, vec![]));
    }

    #[test]
    fn a_malformed_label_costs_itself_and_says_why() {
        let labels = [
            ("seamark.memory.warning", "90"),
            ("seamark.memory.critical", "95%"),
            ("seamark.cpu.warn", "70%"),
            ("seamark.network.warning", "1Gbps"),
            ("seamark.network.critical", "1Mbps"),
            ("seamark.alerts", "of"),
            ("seamark.memroy.warning", "90%"),
            ("seamark.network", "off"),
        ];
        let (limits, malformed) = read_labels(&labels);
        assert_eq!(limits.memory, Limits::both(0.8, 0.95));
        assert_eq!((limits.cpu, limits.network), (Limits::warning(0.8), Limits::warning(125e6)));
        let expected = [
            "seamark.cpu.warn: expected `seamark.cpu.warning` or `seamark.cpu.critical`",
            "seamark.memory.warning: expected a share such as `80%` or `0.8`, more than nothing and at most `100%`, or \
             `off`; found `90`; did you mean `90%`?",
            "seamark.network.critical: it is below `seamark.network.warning`, which would then say nothing",
            "seamark.alerts: expected `off` or `on`, found `of`",
            "seamark.memroy.warning: expected `seamark.alerts`, or `cpu`, `memory` or `network` after `seamark.`; did \
             you mean `memory`?",
            "seamark.network: expected `seamark.network.warning` or `seamark.network.critical`",
        ];
        assert_eq!(malformed, expected);
    }
}
