//! The hosts of a report, and the lines of its charts.

use std::collections::BTreeSet;
use std::time::Duration;

use super::answers::{Answers, moments, on_the_grid};
use super::queries::{CPU, MEMORY, PRESENCE, RECEIVED, SENT, THRESHOLDS};
use super::{Amount, Chart, ChartKind, Disk, Gap, Host, Level, Line, Panel, Spec, Traffic, Window};
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
    let numbers = Numbers(answers);
    names
        .into_iter()
        .map(|name| {
            let was_there = known_before.contains_key(std::slice::from_ref(name));
            numbers.host(name, silent(answers, name, window, was_there))
        })
        .collect()
}

struct Numbers<'a>(&'a Answers);

impl Numbers<'_> {
    fn of(&self, key: &str, host: &str) -> Option<f64> {
        self.0.table(key, &["instance"]).get(&[host.to_owned()][..]).copied()
    }

    fn before(&self, key: &str, host: &str) -> Option<f64> {
        self.0.table_before(key, &["instance"]).get(&[host.to_owned()][..]).copied()
    }

    fn host(&self, name: &str, silent: Vec<Window>) -> Host {
        let level = |key: &str, highest: &str| Level {
            average: self.of(key, name),
            highest: self.of(highest, name),
            before: self.before(key, name),
        };
        let amount = |used: &str, total: &str| {
            Some(Amount { used: self.of(used, name)?, total: self.of(total, name).filter(|total| *total > 0.0)? })
        };
        let traffic = |key: &str, peak: &str| {
            Some(Traffic { total: self.of(key, name)?, before: self.before(key, name), peak: self.of(peak, name) })
        };
        let uptime = self.of("uptime", name);
        Host {
            name: name.to_owned(),
            up: uptime.is_some(),
            cpu: level("cpu", "cpu_highest"),
            memory: level("memory", "memory_highest"),
            memory_amount: amount("memory_used", "memory_total"),
            swap: amount("swap_used", "swap_total"),
            disks: self.disks(name),
            received: traffic("received", "received_peak"),
            sent: traffic("sent", "sent_peak"),
            connections: self.of("connections", name),
            uptime,
            reboots: self.of("reboots", name).map_or(0, whole),
            silent,
        }
    }

    /// A device that is mounted at several places is told once, by the shortest of them.
    fn disks(&self, host: &str) -> Vec<Disk> {
        let labels = ["instance", "device", "mountpoint"];
        let (used, total) = (self.0.table("disk_used", &labels), self.0.table("disk_total", &labels));
        let full_in = self.0.table("disk_full_in", &labels);
        let mut disks: Vec<(String, Disk)> = Vec::new();
        let mut keys: Vec<&Vec<String>> = used.keys().filter(|key| key.first().is_some_and(|of| of == host)).collect();
        keys.sort_by_key(|key| key.get(2).map(String::len));
        for key in keys {
            let (Some(device), Some(mountpoint)) = (key.get(1), key.get(2)) else { continue };
            let amount = used.get(key).zip(total.get(key).filter(|total| **total > 0.0));
            let Some((used, total)) = amount else { continue };
            if !disks.iter().any(|(known, _)| known == device) {
                let amount = Amount { used: *used, total: *total };
                let full_in = full_in.get(key).copied().filter(|seconds| *seconds >= 0.0);
                disks.push((device.clone(), Disk { mountpoint: mountpoint.clone(), amount, full_in }));
            }
        }
        let mut disks: Vec<Disk> = disks.into_iter().map(|(_, disk)| disk).collect();
        disks.sort_by(|one, other| one.mountpoint.cmp(&other.mountpoint));
        disks
    }
}

/// A number of things, which Prometheus tells as a fraction.
pub(super) fn whole(value: f64) -> u64 {
    // Saturating, and 0 for what is negative or no number.
    value.round() as u64
}

/// From the last data before to the first data behind. What was before a host first told anything is no gap.
fn silent(answers: &Answers, host: &str, window: Window, was_there: bool) -> Vec<Window> {
    let step = step(window, PRESENCE_POINTS);
    let at = moments(window, step);
    let Some(series) = line(answers.lines("presence"), host) else {
        return if was_there { vec![window] } else { Vec::new() };
    };
    let present = on_the_grid(series, window, step, at.len());
    let mut gaps = Vec::new();
    let mut last = was_there.then_some(0);
    for index in present.iter().enumerate().filter_map(|(index, point)| point.map(|_| index)) {
        let since = last.map_or(0, |last: usize| index - last);
        if let Some((from, to)) = last.and_then(|last| at.get(last)).zip(at.get(index)).filter(|_| since > SHORTEST_GAP)
        {
            gaps.push(Window { from: *from, to: *to });
        }
        last = Some(index);
    }
    let behind = last.map_or(0, |last| at.len().saturating_sub(1) - last);
    if let Some(from) = last.and_then(|last| at.get(last)).filter(|_| behind >= SHORTEST_GAP) {
        gaps.push(Window { from: *from, to: window.to });
    }
    gaps
}

fn line<'a>(lines: &'a [Series], host: &str) -> Option<&'a Series> {
    lines.iter().find(|series| series.labels.get("instance").is_some_and(|name| name == host))
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
    let chart = |kind, threshold, keys: &[&'static str]| {
        let panel = |host: &&Host| Panel {
            title: host.name.clone(),
            lines: keys
                .iter()
                .map(|key| {
                    let points = line(answers.lines(key), &host.name);
                    let points = points.map(|series| on_the_grid(series, window, step, count));
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
