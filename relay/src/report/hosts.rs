//! The hosts of a report, and the lines of its charts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::answers::{Answers, Table, moments, on_the_grid};
use super::queries::{CPU, MEMORY, PRESENCE, QUESTIONS, RECEIVED, SENT, THRESHOLDS};
use super::{Amount, Chart, ChartKind, Disk, Gap, Host, Level, Line, Panel, Section, Spec, Traffic, Window};
use crate::prometheus::Series;

/// Points of a chart's line: as many as one can tell apart on a phone.
const POINTS: u32 = 240;
/// Points by which times without data are found.
const PRESENCE_POINTS: u32 = 1440;
/// Hosts of a chart; the busiest, where there are more.
const PANELS: usize = 12;
/// Two without data in a row are a gap; one may be a late scrape.
const SHORTEST_GAP: usize = 2;

/// What is wanted as lines: name, expression and step.
pub(super) fn lines(spec: &Spec, window: Window) -> Vec<(&'static str, &'static str, Duration)> {
    let mut lines = vec![("presence", PRESENCE, step(window, PRESENCE_POINTS))];
    if spec.charts {
        let step = step(window, POINTS);
        lines.extend([
            ("cpu", CPU, step),
            ("memory", MEMORY, step),
            ("received", RECEIVED, step),
            ("sent", SENT, step),
        ]);
        lines.push(("thresholds", THRESHOLDS, window.length().max(step)));
    }
    lines
}

fn step(window: Window, points: u32) -> Duration {
    Duration::from_secs((window.length().as_secs() / u64::from(points)).max(60))
}

/// One for each host that Prometheus knows of, now or in the window before.
pub(super) fn hosts(answers: &Answers, window: Window) -> Vec<Host> {
    let known = answers.table("hosts", &["instance"]);
    let known_before = answers.table_before("hosts", &["instance"]);
    let names: BTreeSet<&String> = known.keys().chain(known_before.keys()).filter_map(|key| key.first()).collect();
    let mut numbers = Numbers::of(answers);
    let presence = Presence::of(answers, window);
    names
        .into_iter()
        .map(|name| {
            let was_there = known_before.contains_key(std::slice::from_ref(name));
            numbers.host(name, presence.silent(name, was_there))
        })
        .collect()
}

/// The answers by question and host. Each is looked through once, however many hosts there are.
struct Numbers {
    now: BTreeMap<&'static str, Table>,
    before: BTreeMap<&'static str, Table>,
    disks: BTreeMap<String, Vec<Disk>>,
}

impl Numbers {
    fn of(answers: &Answers) -> Self {
        let questions = || QUESTIONS.iter().filter(|question| question.section == Section::Hosts);
        let label = ["instance"];
        Self {
            now: questions().map(|question| (question.key, answers.table(question.key, &label))).collect(),
            before: questions()
                .filter(|question| question.before)
                .map(|question| (question.key, answers.table_before(question.key, &label)))
                .collect(),
            disks: disks(answers),
        }
    }

    fn number(&self, key: &str, host: &str) -> Option<f64> {
        self.now.get(key)?.get(&[host.to_owned()][..]).copied()
    }

    fn before(&self, key: &str, host: &str) -> Option<f64> {
        self.before.get(key)?.get(&[host.to_owned()][..]).copied()
    }

    fn host(&mut self, name: &str, silent: Vec<Window>) -> Host {
        let disks = self.disks.remove(name).unwrap_or_default();
        let level = |key: &str, highest: &str| Level {
            average: self.number(key, name),
            highest: self.number(highest, name),
            before: self.before(key, name),
        };
        let amount = |used: &str, total: &str| {
            let total = self.number(total, name).filter(|total| *total > 0.0)?;
            Some(Amount { used: self.number(used, name)?, total })
        };
        let traffic = |key: &str, peak: &str| {
            let total = self.number(key, name)?;
            Some(Traffic { total, before: self.before(key, name), peak: self.number(peak, name) })
        };
        let uptime = self.number("uptime", name);
        Host {
            name: name.to_owned(),
            up: uptime.is_some(),
            cpu: level("cpu", "cpu_highest"),
            memory: level("memory", "memory_highest"),
            memory_amount: amount("memory_used", "memory_total"),
            swap: amount("swap_used", "swap_total"),
            disks,
            received: traffic("received", "received_peak"),
            sent: traffic("sent", "sent_peak"),
            connections: self.number("connections", name),
            uptime,
            reboots: self.number("reboots", name).map_or(0, whole),
            silent,
        }
    }
}

/// By host. A device that is mounted at several places is told once, by the shortest of them.
fn disks(answers: &Answers) -> BTreeMap<String, Vec<Disk>> {
    let labels = ["instance", "device", "mountpoint"];
    let (used, total) = (answers.table("disk_used", &labels), answers.table("disk_total", &labels));
    let full_in = answers.table("disk_full_in", &labels);
    let mut shortest: BTreeMap<(&String, &String), (&String, Disk)> = BTreeMap::new();
    for (key, used) in &used {
        let [host, device, mountpoint] = key.as_slice() else { continue };
        let Some(total) = total.get(key).filter(|total| **total > 0.0) else { continue };
        let full_in = full_in.get(key).copied().filter(|seconds| *seconds >= 0.0);
        let disk = Disk { mountpoint: mountpoint.clone(), amount: Amount { used: *used, total: *total }, full_in };
        let known = shortest.get(&(host, device));
        if known.is_none_or(|(known, _)| mountpoint.len() < known.len()) {
            shortest.insert((host, device), (mountpoint, disk));
        }
    }
    let mut disks: BTreeMap<String, Vec<Disk>> = BTreeMap::new();
    for ((host, _), (_, disk)) in shortest {
        disks.entry(host.clone()).or_default().push(disk);
    }
    for of_host in disks.values_mut() {
        of_host.sort_by(|one, other| one.mountpoint.cmp(&other.mountpoint));
    }
    disks
}

/// A number of things, which Prometheus tells as a fraction.
pub(super) fn whole(value: f64) -> u64 {
    // Saturating, and 0 for what is negative or no number.
    value.round() as u64
}

/// When each host was heard of.
struct Presence<'a> {
    window: Window,
    step: Duration,
    moments: Vec<Timestamp>,
    lines: BTreeMap<&'a str, &'a Series>,
}

impl<'a> Presence<'a> {
    fn of(answers: &'a Answers, window: Window) -> Self {
        let step = step(window, PRESENCE_POINTS);
        Self { window, step, moments: moments(window, step), lines: answers.lines_by_host("presence") }
    }

    /// From the last data before to the first data behind. What was before a host first told anything is no gap.
    fn silent(&self, host: &str, was_there: bool) -> Vec<Window> {
        let Self { window, step, moments: at, lines } = self;
        let Some(series) = lines.get(host) else {
            return if was_there { vec![*window] } else { Vec::new() };
        };
        let present = on_the_grid(series, *window, *step, at.len());
        let mut gaps = Vec::new();
        let mut last = was_there.then_some(0);
        for index in present.iter().enumerate().filter_map(|(index, point)| point.map(|_| index)) {
            let since = last.map_or(0, |last: usize| index - last);
            let ends = last.and_then(|last| at.get(last)).zip(at.get(index)).filter(|_| since > SHORTEST_GAP);
            gaps.extend(ends.map(|(from, to)| Window { from: *from, to: *to }));
            last = Some(index);
        }
        let behind = last.map_or(0, |last| at.len().saturating_sub(1) - last);
        if let Some(from) = last.and_then(|last| at.get(last)).filter(|_| behind >= SHORTEST_GAP) {
            gaps.push(Window { from: *from, to: window.to });
        }
        gaps
    }
}

/// Hosts of the configuration that are named in full and of which nothing is known.
pub(super) fn unknown(spec: &Spec, hosts: &[Host]) -> Vec<Gap> {
    let named = spec.hosts.iter().filter(|glob| !glob.contains(['*', '?']));
    let unknown = named.filter(|name| !hosts.iter().any(|host| host.name == **name));
    unknown.map(|name| Gap::Host { name: name.clone() }).collect()
}

/// A chart for each quantity of which there is a line.
pub(super) fn charts(answers: &Answers, hosts: &[Host], window: Window) -> Vec<Chart> {
    let mut shown: Vec<&Host> = hosts.iter().collect();
    shown.sort_by(|one, other| load(other).total_cmp(&load(one)));
    shown.truncate(PANELS);
    shown.sort_by(|one, other| one.name.cmp(&other.name));
    let left_out = u64::try_from(hosts.len().saturating_sub(shown.len())).unwrap_or(0);
    let thresholds = answers.lines("thresholds");
    let threshold = |check: &str| {
        let of = thresholds.iter().find(|series| series.labels.get("check").is_some_and(|name| name == check))?;
        of.points.last().map(|(_, value)| *value).filter(|value| value.is_finite())
    };
    let step = step(window, POINTS);
    let count = moments(window, step).len();
    let drawn = ["cpu", "memory", "received", "sent"];
    let lines: BTreeMap<&str, _> = drawn.into_iter().map(|key| (key, answers.lines_by_host(key))).collect();
    let chart = |kind, threshold, keys: &[&'static str]| {
        let panel = |host: &&Host| Panel {
            title: host.name.clone(),
            lines: keys
                .iter()
                .map(|key| {
                    let series = lines.get(key).and_then(|lines| lines.get(host.name.as_str()));
                    let points = series.map(|series| on_the_grid(series, window, step, count));
                    Line { name: (*key).to_owned(), points: rounded(points.unwrap_or_else(|| vec![None; count])) }
                })
                .collect(),
        };
        let panels = shown.iter().map(panel).collect();
        Chart { kind, window, step: step.as_secs_f64(), threshold, panels, left_out }
    };
    let charts = [
        chart(ChartKind::Cpu, threshold("host_cpu"), &["cpu"]),
        chart(ChartKind::Memory, threshold("host_memory"), &["memory"]),
        // The limit of the traffic is that of one device; the chart has the sum of all.
        chart(ChartKind::Network, None, &["received", "sent"]),
    ];
    let has_points = |chart: &Chart| {
        chart.panels.iter().flat_map(|panel| &panel.lines).any(|line| line.points.iter().any(Option::is_some))
    };
    charts.into_iter().filter(has_points).collect()
}

fn load(host: &Host) -> f64 {
    host.cpu.highest.unwrap_or(0.0).max(host.memory.highest.unwrap_or(0.0))
}

/// Four digits: more are not seen, and make the outbox's row three times as long.
fn rounded(points: Vec<Option<f64>>) -> Vec<Option<f64>> {
    let round = |value: f64| format!("{value:.3e}").parse().unwrap_or(value);
    points.into_iter().map(|point| point.map(round)).collect()
}
