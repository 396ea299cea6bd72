//! What a reference of metrics is made of: the families that were really told, and those that the sources name besides.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use seamark_kit::exposition::{Exposition, Kind};

use super::reference::cell;

/// One family.
#[derive(Debug, Default, Clone)]
pub struct Family {
    pub kind: String,
    pub help: String,
    pub labels: BTreeSet<String>,
    /// It was told with a sample; otherwise nobody has seen its labels.
    pub seen: bool,
}

/// Families by name.
pub type Families = BTreeMap<String, Family>;

/// Adds what was told.
pub fn add(families: &mut Families, told: &Exposition) {
    for family in told.families() {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Untyped => "untyped",
            Kind::Histogram => "histogram",
            Kind::Summary => "summary",
        };
        let known = families.entry(family.name.to_string()).or_default();
        known.kind = kind.to_owned();
        known.help = family.help.to_string();
        for sample in family.samples() {
            known.seen = true;
            known.labels.extend(sample.labels.iter().map(|(name, _)| name.to_owned()));
        }
    }
}

/// Adds what a scrape's text tells.
pub fn add_text(families: &mut Families, text: &str) {
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name.to_owned()).or_default().help = help.to_owned();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else {
            let series = line.rsplit_once(' ').map_or(line, |(series, _)| series);
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let name = [Some(name), base].into_iter().flatten().find(|name| families.contains_key(*name));
            let Some(known) = name.and_then(|name| families.get_mut(name)) else { continue };
            known.seen = true;
            known.labels.extend(labels.split("\",").filter_map(|label| Some(label.split_once("=\"")?.0.to_owned())));
            known.labels.remove("le");
        }
    }
}

/// The families that a source file names: name, kind and help, where all three are written down there.
pub fn in_source(file: &Path) -> Families {
    let text = std::fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let mut found = Families::new();
    for kind in ["counter", "gauge"] {
        for (place, call) in code.match_indices(&format!(".{kind}(")) {
            let rest = code[place + call.len()..].trim_start();
            let Some((name, rest)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) else { continue };
            let rest = rest.trim_start_matches([',', ' ', '\n']);
            let help = match rest.strip_prefix('"') {
                Some(rest) => literal(rest),
                None => code[..place].rsplit_once("let help = \"").map(|(_, rest)| literal(rest)).unwrap_or_default(),
            };
            found.insert(name.to_owned(), Family { kind: kind.to_owned(), help, ..Family::default() });
        }
    }
    // Tables of names with their helps.
    for (place, _) in code.match_indices('"') {
        let Some((name, rest)) = code[place + 1..].split_once('"') else { continue };
        let ours = ["container_", "machine_", "probe_", "seamark_"].iter().any(|start| name.starts_with(start));
        let whole = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let help = rest.strip_prefix(',').and_then(|rest| rest.trim_start().strip_prefix('"'));
        if let (true, true, Some(help)) = (ours, whole, help) {
            let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
            let family = Family { kind: kind.to_owned(), help: literal(help), ..Family::default() };
            found.entry(name.to_owned()).or_insert(family);
        }
    }
    found
}

/// A text up to its closing quote, lines that go on joined.
fn literal(rest: &str) -> String {
    let text = rest.split('"').next().unwrap();
    text.split("\\\n").map(str::trim_start).collect()
}

/// Adds the families of which nobody has told, as their source has them.
pub fn complete(families: &mut Families, named: Families) {
    for (name, family) in named {
        families.entry(name).or_insert(family);
    }
}

/// The labels of families that no test tells with a sample, from lines `NAME LABEL…`. A line too many is a fault, too.
pub fn add_labels(all: &mut [(String, Families)], table: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split(' ');
        given.insert(words.next().unwrap(), words.filter(|word| *word != "–").collect());
    }
    for (_, families) in all {
        for (name, family) in families.iter_mut().filter(|(_, family)| !family.seen) {
            match given.remove(name.as_str()) {
                Some(labels) => family.labels.extend(labels.into_iter().map(str::to_owned)),
                None => faults.push(format!("the labels of `{name}` are not known: nothing tells it here")),
            }
        }
    }
    faults.extend(given.keys().map(|name| format!("`{name}` is told, or is nowhere: take its line out")));
    faults
}

fn unit(name: &str) -> &'static str {
    let base = name.strip_suffix("_total").unwrap_or(name);
    let ends = [
        ("_timestamp_seconds", "seconds since 1970"),
        ("_cert_expiry", "seconds since 1970"),
        ("_time_seconds", "seconds since 1970"),
        ("_seconds", "seconds"),
        ("_bytes", "bytes"),
        ("_ratio", "0 to 1"),
        ("_celsius", "°C"),
        ("_hertz", "hertz"),
        ("_joules", "joules"),
        ("_volts", "volts"),
        ("_amperes", "amperes"),
        ("_watts", "watts"),
        ("_info", "1"),
    ];
    // These are spans of time for all their names.
    if base.ends_with("_io_time_seconds") || base.ends_with("_lookup_time_seconds") {
        return "seconds";
    }
    ends.iter().find(|(end, _)| base.ends_with(end)).map_or("–", |(_, unit)| unit)
}

/// Whose name and meaning it is.
fn source(name: &str) -> &'static str {
    let owners = [
        ("node_", "node_exporter"),
        ("container_", "cAdvisor"),
        ("machine_", "cAdvisor"),
        ("cadvisor_", "cAdvisor"),
        ("probe_", "blackbox_exporter"),
        ("process_", "every exporter"),
    ];
    owners.iter().find(|(start, _)| name.starts_with(start)).map_or("Seamark", |(_, owner)| owner)
}

/// A heading and a table.
pub fn section(page: &mut String, heading: &str, families: &Families) {
    write!(
        page,
        "\n## {heading}\n\n| Name | Type | Unit | Labels | Source | |\n| --- | --- | --- | --- | --- | --- |\n"
    )
    .unwrap();
    for (name, family) in families {
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "–".to_owned() } else { labels.join(", ") };
        let help = cell(&family.help);
        writeln!(page, "| `{name}` | {} | {} | {labels} | {} | {help} |", family.kind, unit(name), source(name))
            .unwrap();
    }
}
