//! Alerts in a report: those that fire, by Alertmanager's word where it answers, and those that fired, by the relay's own
//! record, which knows the pushed ones as well.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::queries::fits;
use super::{Alerts, Longest, Problem, Spec, Window};
use crate::alert::{Labels, Severity};
use crate::alertmanager::{Held, HeldAlert};
use crate::store::{AlertRecord, FORGOTTEN_AFTER};

/// Records that are read at most.
pub(super) const RECORDS: u32 = 20_000;
/// Rules that are named as the noisiest.
const NOISIEST: usize = 3;
/// Alerts that tell of a moment: nobody says when they are over.
pub(crate) const MOMENTS: [&str; 4] =
    ["ContainerRestarted", "ContainerStopped", "ContainerStarted", "ContainerRemovedUnexpectedly"];
/// Alerts that are no trouble: one always fires, the other asks for reports.
const NO_TROUBLE: [&str; 2] = ["Watchdog", "SeamarkReportDue"];

/// Whether the report speaks of an alert with these labels.
fn is_told(spec: &Spec, labels: &Labels) -> bool {
    let host = labels.get("instance").map(String::as_str).unwrap_or_default();
    is_trouble(labels) && fits(&spec.hosts, host)
}

/// Whether an alert with these labels tells of something, rather than keeping the stack itself going.
pub(crate) fn is_trouble(labels: &Labels) -> bool {
    let name = labels.get("alertname").map(String::as_str).unwrap_or_default();
    let is_report = labels.get("seamark_kind").is_some_and(|kind| kind == "report");
    !NO_TROUBLE.contains(&name) && !is_report
}

/// What fires at the window's end, as Alertmanager says, or where it does not answer, as far as was heard.
pub(super) fn problems(spec: &Spec, held: Option<&Held>, records: &[AlertRecord], now: Timestamp) -> Vec<Problem> {
    let mut problems: Vec<Problem> = match held {
        Some(held) => held.alerts.iter().filter(|alert| is_told(spec, &alert.labels)).filter_map(of_held).collect(),
        None => {
            records.iter().filter(|record| is_told(spec, &record.labels)).filter_map(|r| of_record(r, now)).collect()
        }
    };
    problems.sort_by(|one, other| {
        let order = |problem: &Problem| (problem.silenced, std::cmp::Reverse(problem.severity), problem.since);
        order(one).cmp(&order(other)).then_with(|| one.host.cmp(&other.host))
    });
    problems
}

fn of_held(alert: &HeldAlert) -> Option<Problem> {
    let silenced = !alert.status.silenced_by.is_empty() || !alert.status.muted_by.is_empty();
    // What another alert makes needless is told by that one.
    (alert.status.inhibited_by.is_empty()).then(|| Problem { silenced, ..problem(&alert.labels, alert.starts_at) })
}

fn of_record(record: &AlertRecord, now: Timestamp) -> Option<Problem> {
    is_open(record, now).then(|| problem(&record.labels, record.starts_at))
}

/// Whether an alert still fires, as far as was heard.
pub(crate) fn is_open(record: &AlertRecord, now: Timestamp) -> bool {
    let heard = SignedDuration::try_from(FORGOTTEN_AFTER).is_ok_and(|long| now.duration_since(record.last_seen) < long);
    record.ends_at.is_none() && heard && !MOMENTS.contains(&name(&record.labels).as_str())
}

fn name(labels: &Labels) -> String {
    labels.get("alertname").cloned().unwrap_or_default()
}

fn host(labels: &Labels) -> String {
    labels.get("instance").cloned().unwrap_or_default()
}

fn object(labels: &Labels) -> Option<String> {
    let label = |name: &&str| labels.get(*name).filter(|value| !value.is_empty());
    ["container", "name", "mountpoint", "device"].iter().find_map(label).cloned()
}

fn problem(labels: &Labels, since: Timestamp) -> Problem {
    Problem {
        alertname: name(labels),
        severity: Severity::from_label(labels.get("severity").map(String::as_str)),
        host: host(labels),
        object: object(labels),
        since,
        silenced: false,
    }
}

/// What fired and what was over. `records` reach back over the window before.
pub(super) fn alerts(
    spec: &Spec,
    held: Option<&Held>,
    records: &[AlertRecord],
    window: Window,
    now: Timestamp,
) -> Alerts {
    let told: Vec<&AlertRecord> = records.iter().filter(|record| is_told(spec, &record.labels)).collect();
    let within = |at: Timestamp, window: Window| window.from <= at && at < window.to;
    let fired = || told.iter().filter(|record| within(record.starts_at, window));
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut rules: BTreeMap<String, u64> = BTreeMap::new();
    for record in fired() {
        *rules.entry(name(&record.labels)).or_default() += 1;
    }
    let mut noisiest: Vec<(String, u64)> = rules.into_iter().collect();
    noisiest.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    noisiest.truncate(NOISIEST);
    let firing: Option<BTreeSet<&str>> = held.map(|held| held.alerts.iter().map(|a| a.fingerprint.as_str()).collect());
    let lasted = |record: &&AlertRecord| {
        let open = is_open(record, now) && firing.as_ref().is_none_or(|all| all.contains(record.fingerprint.as_str()));
        let end = if open { window.to } else { record.ends_at.filter(|end| *end > window.from)? };
        let seconds = end.min(window.to).duration_since(record.starts_at.max(window.from)).as_secs_f64();
        (seconds > 0.0).then(|| Longest {
            alertname: name(&record.labels),
            host: host(&record.labels),
            object: object(&record.labels),
            seconds,
            open,
        })
    };
    Alerts {
        fired: count(fired().count()),
        resolved: count(told.iter().filter(|r| r.ends_at.is_some_and(|end| within(end, window))).count()),
        fired_before: count(told.iter().filter(|r| within(r.starts_at, window.before())).count()),
        longest: told.iter().filter_map(lasted).max_by(|one, other| one.seconds.total_cmp(&other.seconds)),
        noisiest,
        cut: records.len() >= RECORDS as usize,
    }
}
