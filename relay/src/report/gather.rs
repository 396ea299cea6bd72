//! Fetches what a report holds: all questions at once, and what has no answer is named.

use futures_util::future::{OptionFuture, join3};
use jiff::Timestamp;

use super::answers::{Answers, ask};
use super::{Gap, Occasion, Report, Section, Spec, Window, containers, hosts, incidents};
use crate::alertmanager::{Alertmanagers, Held};
use crate::app::Sources;
use crate::store::{AlertRecord, Store};

/// The report of this time. Total: what could not be had is among its gaps.
///
/// `window.to` is the moment at which it speaks of "now"; `now` is when it is made, a little later.
pub async fn gather(
    sources: &Sources,
    store: &Store,
    spec: &Spec,
    window: Window,
    now: Timestamp,
    occasion: Occasion,
) -> Report {
    let lines = hosts::lines(spec, window);
    let numbers = OptionFuture::from(sources.prometheus.as_ref().map(|server| ask(server, spec, window, &lines)));
    let records = store.alerts_since(window.before().from, incidents::RECORDS);
    let (answers, records, held) = join3(numbers, records, held(&sources.alertmanagers)).await;
    let mut gaps = Vec::new();
    let records = records.unwrap_or_else(|err| {
        gaps.push(Gap::Record { why: err.to_string() });
        Vec::new()
    });
    let held = held.map_err(|gap| gaps.extend(gap)).ok();
    let mut report = Report {
        name: spec.name.clone(),
        window,
        made_at: now,
        occasion,
        problems: spec.has(Section::Problems).then(|| incidents::problems(spec, held.as_ref(), &records, now)),
        alerts: spec.has(Section::Alerts).then(|| incidents::alerts(spec, held.as_ref(), &records, window, now)),
        hosts: None,
        containers: None,
        records: None,
        gaps: Vec::new(),
        charts: Vec::new(),
    };
    drop_unknown(&mut report, held.as_ref(), &records, &gaps);
    let Some(answers) = answers else {
        gaps.push(Gap::NoPrometheus);
        report.gaps = gaps;
        return report;
    };
    let (bare, spec) = (Report { gaps: gaps.clone(), ..report.clone() }, spec.clone());
    // On a thread of its own: of many hosts it takes longer than other work may be held up.
    let filled = tokio::task::spawn_blocking(move || {
        fill(&mut report, &answers, &spec, &mut gaps);
        Report { gaps, ..report }
    });
    filled.await.unwrap_or_else(|fault| {
        let mut bare = bare;
        bare.gaps.push(Gap::Prometheus { what: Vec::new(), why: format!("a fault of the relay's: {fault}") });
        bare
    })
}

/// What Prometheus tells.
fn fill(report: &mut Report, answers: &Answers, spec: &Spec, gaps: &mut Vec<Gap>) {
    gaps.extend(answers.gap());
    if !answers.any() {
        return;
    }
    let window = report.window;
    let known = hosts::hosts(answers, window);
    gaps.extend(hosts::unknown(spec, &known));
    if spec.has(Section::Containers) {
        report.containers = containers::containers(answers);
    }
    if spec.has(Section::Records) {
        report.records = Some(containers::records(answers, &known, window));
    }
    if spec.charts {
        report.charts = hosts::charts(answers, &known, window);
    }
    if spec.has(Section::Hosts) {
        report.hosts = Some(known);
    }
}

/// Where neither Alertmanager nor the record could be asked, nobody knows whether anything fires.
fn drop_unknown(report: &mut Report, held: Option<&Held>, records: &[AlertRecord], gaps: &[Gap]) {
    if records.is_empty() && gaps.iter().any(|gap| matches!(gap, Gap::Record { .. })) {
        report.alerts = None;
        if held.is_none() {
            report.problems = None;
        }
    }
}

/// # Errors
///
/// Why nobody answered; nothing where none is configured, and the record is all there is.
async fn held(alertmanagers: &Alertmanagers) -> Result<Held, Option<Gap>> {
    if alertmanagers.is_empty() {
        return Err(None);
    }
    let held = alertmanagers.alerts(&[]).await;
    match held.errors.first() {
        Some(error) if held.answered == 0 => Err(Some(Gap::Alertmanager { why: error.to_string() })),
        _ => Ok(held),
    }
}
