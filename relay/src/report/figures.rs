//! Figures about reports. Counts are those of this process; what is due comes from the schedules and the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::exposition::Exposition;

use super::{Plan, Planned};

/// What came of a report that was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is in the outbox, as Alertmanager or somebody else wanted.
    Ok,
    /// It is in the outbox, without Alertmanager, which did not call.
    Alone,
    /// It is kept back.
    Suppressed,
    /// An attempt to make or store it failed.
    Error,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Ok, Self::Alone, Self::Suppressed, Self::Error];

    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Alone => "self",
            Self::Suppressed => "suppressed",
            Self::Error => "error",
        }
    }
}

/// The figures. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Figures(Arc<Mutex<BTreeMap<String, Counts>>>);

#[derive(Debug, Default)]
struct Counts {
    runs: BTreeMap<Outcome, u64>,
    missed: u64,
    took: Option<Duration>,
}

impl Figures {
    /// Makes the series of these reports, and forgets those of others. Counts stay.
    pub fn declare(&self, plan: &Plan) {
        let mut all = self.all();
        all.retain(|name, _| plan.named(name).is_some());
        for report in &plan.reports {
            all.entry(report.name.clone()).or_default();
        }
    }

    /// A report came to this.
    pub fn run(&self, report: &str, outcome: Outcome) {
        *self.all().entry(report.to_owned()).or_default().runs.entry(outcome).or_default() += 1;
    }

    /// A report was due, and nobody gets it.
    pub fn missed(&self, report: &str) {
        self.all().entry(report.to_owned()).or_default().missed += 1;
    }

    /// To make a report took so long.
    pub fn took(&self, report: &str, time: Duration) {
        self.all().entry(report.to_owned()).or_default().took = Some(time);
    }

    /// Writes all of it. `pending`: the reports that are due and not yet settled.
    pub fn expose(&self, out: &mut Exposition, plan: &Plan, pending: &BTreeSet<String>, now: Timestamp) {
        let enabled: Vec<&Planned> = plan.reports.iter().filter(|report| report.enabled).collect();
        let mut moments = |name, help, moment: fn(&Planned, Timestamp) -> Option<Timestamp>| {
            let family = out.gauge(name, help);
            for report in &enabled {
                if let Some(at) = moment(report, now) {
                    family.push(&[("report", &report.name)], at.as_second().unsigned_abs());
                }
            }
        };
        moments(
            "seamark_report_last_due_timestamp_seconds",
            "When the report was last due by its schedule, in seconds since 1970.",
            |report, now| report.schedule.last_until(now),
        );
        moments(
            "seamark_report_next_due_timestamp_seconds",
            "When the report is due next by its schedule, in seconds since 1970.",
            |report, now| report.schedule.next_after(now),
        );
        let family = out.gauge("seamark_report_pending", "Whether the report is due and neither sent nor given up.");
        for report in &enabled {
            family.push(&[("report", &report.name)], pending.contains(&report.name));
        }
        self.expose_counts(out);
    }

    fn expose_counts(&self, out: &mut Exposition) {
        let all = self.all();
        let family = out.counter(
            "seamark_report_runs_total",
            "Reports by what came of them: sent (ok), sent without Alertmanager (self), kept back, or an attempt failed.",
        );
        for (name, counts) in all.iter() {
            for outcome in Outcome::ALL {
                let count = counts.runs.get(&outcome).copied().unwrap_or(0);
                family.push(&[("report", name), ("result", outcome.as_str())], count);
            }
        }
        let family = out.counter("seamark_report_missed_total", "Reports that were due and given up as too late.");
        for (name, counts) in all.iter() {
            family.push(&[("report", name)], counts.missed);
        }
        let family = out.gauge("seamark_report_duration_seconds", "How long the last report took to be made.");
        for (name, counts) in all.iter() {
            if let Some(took) = counts.took {
                family.push(&[("report", name)], took.as_secs_f64());
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Counts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
