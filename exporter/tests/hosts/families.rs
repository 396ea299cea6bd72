//! The text format of a scrape, read for comparisons.
#![allow(dead_code, reason = "each test that shares this file uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};

use super::tree::Tree;

/// Type and samples of each family, in no order; labels without a value are as good as none.
pub type Families = BTreeMap<String, (String, BTreeMap<Vec<String>, f64>)>;

/// Reads a whole scrape. What an earlier sample has said is not to be said again.
pub fn families(text: &str) -> Families {
    let mut families = Families::new();
    let mut last = String::new();
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap();
            let before = families.insert(name.to_owned(), (kind.to_owned(), BTreeMap::new()));
            assert!(before.is_none(), "{name} is there twice");
            name.clone_into(&mut last);
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let mut labels = split_labels(labels.strip_suffix('}').unwrap());
            // Of a histogram or summary: `_bucket`, `_sum`, `_count` are told apart by a label of their own.
            let part = name.strip_prefix(last.as_str()).unwrap_or_else(|| panic!("{name} stands below {last}"));
            if !part.is_empty() {
                labels.push(format!("part={part}"));
            }
            labels.sort_unstable();
            let samples = &mut families.get_mut(&last).unwrap().1;
            assert!(samples.insert(labels, value.parse().unwrap()).is_none(), "{series} is there twice");
        }
    }
    families
}

/// `a="1",b="x\",y"` as [`a="1"`, `b="x\",y"`], without those that are empty.
fn split_labels(text: &str) -> Vec<String> {
    let mut labels = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        if character == ',' && !quoted {
            labels.push(String::new());
            continue;
        }
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        labels.last_mut().unwrap().push(character);
    }
    labels.retain(|label| !label.is_empty() && !label.ends_with("=\"\""));
    labels
}

/// What differs between ours and node_exporter's, in words; empty where nothing does.
pub fn differences(tree: &Tree, mut ours: Families, mut theirs: Families) -> Vec<String> {
    for families in [&mut ours, &mut theirs] {
        families.retain(|name, (_, samples)| {
            if tree.says("machine", name) {
                samples.values_mut().for_each(|value| *value = 0.0);
            }
            if tree.says("machine-labels", name) {
                *samples = std::mem::take(samples).into_iter().map(|(labels, value)| (names(&labels), value)).collect();
            }
            !tree.says("differs", name)
        });
    }
    let every: BTreeSet<_> = ours.keys().chain(theirs.keys()).cloned().collect();
    every.iter().filter_map(|name| difference(name, ours.get(name), theirs.get(name))).collect()
}

fn names(labels: &[String]) -> Vec<String> {
    labels.iter().map(|label| label.split('=').next().unwrap().to_owned()).collect()
}

type Family = (String, BTreeMap<Vec<String>, f64>);

fn difference(name: &str, ours: Option<&Family>, theirs: Option<&Family>) -> Option<String> {
    let (ours, theirs) = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (Some(_), None) => return Some(format!("{name}: ours alone")),
        (None, _) => return Some(format!("{name}: node_exporter's alone")),
    };
    if ours.0 != theirs.0 {
        return Some(format!("{name}: ours is a {}, node_exporter's a {}", ours.0, theirs.0));
    }
    let same = |one: f64, other: f64| one == other || (one.is_nan() && other.is_nan()) || close(one, other);
    let series: BTreeSet<_> = ours.1.keys().chain(theirs.1.keys()).collect();
    let differing = series.into_iter().filter_map(|labels| match (ours.1.get(labels), theirs.1.get(labels)) {
        (Some(one), Some(other)) if same(*one, *other) => None,
        (one, other) => Some(format!("  {labels:?}: ours {one:?}, node_exporter's {other:?}")),
    });
    let differing: Vec<_> = differing.take(8).collect();
    (!differing.is_empty()).then(|| format!("{name}:\n{}", differing.join("\n")))
}

/// Seconds of nanoseconds and the like may differ in the last bit.
fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= one.abs() * 4.0 * f64::EPSILON
}
