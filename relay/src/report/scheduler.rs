//! Sees to it that each report that is due is sent once, or that somebody knows why not.
//!
//! The clock is an argument: whoever runs this calls [`Scheduler::look`] when something may be due, and every few
//! seconds. All that must outlive the process is in the store's slots.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::{error, info, warn};

use super::figures::{Figures, Outcome};
use super::slot::{Slot, State, Step, Terms, is_in_time};
use super::wish::Wishes;
use super::{Occasion, Plan, Planned, Report, Way, Window, due, gather};
use crate::alert::{Severity, Status};
use crate::ingest::KeyHash;
use crate::store::{MessageKind, Notification, Store, StoreError};

/// How long the servers have to answer all questions of a report.
const GATHER_DEADLINE: Duration = Duration::from_mins(1);
/// Times that were missed in one absence and are counted, the latest; a minute's schedule has as many in half a day.
const COUNTED: usize = 720;
/// A report that is sent so long after it was due says that it is late.
const LATE: Duration = Duration::from_mins(5);

/// The scheduler; a clone is another handle to it.
#[derive(Debug, Clone)]
pub struct Scheduler {
    pub(super) store: Store,
    pub(super) figures: Figures,
    /// Reports that wait for Prometheus, and of which the log has been told.
    waiting: Arc<Mutex<BTreeSet<(String, Timestamp)>>>,
    pub(super) wishes: Wishes,
}

/// What the Alertmanagers have made of the alert.
enum Fate {
    /// Somebody keeps it back.
    KeptBack,
    /// Nobody called, for this reason.
    Silent(String),
}

impl Scheduler {
    /// Keeps its slots in this store.
    pub fn new(store: Store) -> Self {
        Self { store, figures: Figures::default(), waiting: Arc::default(), wishes: Wishes::default() }
    }

    /// What is counted about reports.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Notes what has become due, and does what is to be done about it now.
    ///
    /// # Errors
    ///
    /// The store cannot be used; the next look does the rest.
    pub async fn look(&self, plan: &Plan, now: Timestamp) -> Result<(), StoreError> {
        self.open_what_is_due(plan, now).await?;
        let slots = self.store.open_slots().await?;
        let all = slots.iter().filter_map(|slot| Some((slot, plan.named(&slot.report)?)));
        let done = join_all(all.map(|(slot, planned)| self.advance(plan, planned, slot, &slots, now))).await;
        done.into_iter().collect()
    }

    /// Since when each enabled report is owed.
    pub(super) async fn owed_since(&self, plan: &Plan, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let enabled = plan.reports.iter().filter(|report| report.enabled);
        let schedules = enabled.map(|report| (report.name.clone(), report.identity())).collect();
        self.store.configure_reports(schedules, now).await
    }

    /// The newest time of each report is to be served if it is not too late, all others were missed.
    async fn open_what_is_due(&self, plan: &Plan, now: Timestamp) -> Result<(), StoreError> {
        let newest = self.store.newest_slots().await?;
        for (name, since) in self.owed_since(plan, now).await? {
            let Some(report) = plan.named(&name) else { continue };
            let known = newest.iter().find(|slot| slot.report == name).map_or(since, |slot| slot.due_at.max(since));
            let due = report.schedule.between(known, now, COUNTED);
            for (index, at) in due.iter().enumerate() {
                let is_newest = index + 1 == due.len();
                let is_served = is_newest && is_in_time(*at, &terms(plan, report), now);
                let state = if is_served { State::Due } else { State::Missed };
                let is_new = self.store.open_slot(&name, *at, state, now).await?;
                if is_new && !is_served {
                    self.missed(&name, *at);
                }
            }
        }
        Ok(())
    }

    async fn advance(
        &self,
        plan: &Plan,
        planned: &Planned,
        slot: &Slot,
        open: &[Slot],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match slot.step(&terms(plan, planned), now) {
            Step::Nothing => Ok(()),
            Step::Miss => self.settle_missed(plan, slot, now).await,
            Step::Post => self.post(plan, slot, now).await,
            Step::Send => self.send(plan, planned, slot, open, now).await,
            Step::Inquire => match self.inquire(plan, slot).await {
                Fate::KeptBack => self.settle_suppressed(plan, slot, now).await,
                Fate::Silent(why) => {
                    if !self.store.change_slot(slot, State::Alone, now).await? {
                        // Alertmanager has called meanwhile; the next look sends it.
                        return Ok(());
                    }
                    let (report, due_at) = (&slot.report, slot.due_at);
                    warn!(%report, %due_at, "{why}; the relay sends the report by itself");
                    let slot = Slot { state: State::Alone, ..slot.clone() };
                    self.send(plan, planned, &slot, open, now).await
                }
            },
        }
    }

    async fn post(&self, plan: &Plan, slot: &Slot, now: Timestamp) -> Result<(), StoreError> {
        let alertmanagers = &plan.sources.alertmanagers;
        let errors = alertmanagers.post(&[due::alive(&slot.report, slot.due_at, now)]).await;
        let heard = errors.len() < alertmanagers.len();
        if slot.asked_at.is_none() {
            let (report, due_at) = (&slot.report, slot.due_at);
            info!(%report, %due_at, "the report `{report}` is due");
            for error in errors {
                warn!(%report, "Alertmanager was not told that a report is due: {error}");
            }
        }
        self.store.slot_asked(slot, heard, now).await
    }

    async fn inquire(&self, plan: &Plan, slot: &Slot) -> Fate {
        let held = plan.sources.alertmanagers.alerts(&due::filters(&slot.report, slot.due_at)).await;
        if held.alerts.iter().any(|alert| alert.status.is_kept_back()) {
            return Fate::KeptBack;
        }
        Fate::Silent(match held.errors.into_iter().next() {
            Some(error) if held.answered == 0 => format!("Alertmanager does not answer ({error})"),
            _ if held.alerts.is_empty() => "Alertmanager does not hold the alert `SeamarkReportDue`".to_owned(),
            _ => "Alertmanager holds the alert `SeamarkReportDue` and did not call: a route has to lead it to \
                  /api/v1/reports/trigger"
                .to_owned(),
        })
    }

    async fn send(
        &self,
        plan: &Plan,
        planned: &Planned,
        slot: &Slot,
        open: &[Slot],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let may_wait = is_in_time(slot.due_at, &terms(plan, planned), now);
        if may_wait && self.waits_for_prometheus(plan, slot, now).await {
            let is_overtaken = open.iter().any(|other| {
                other.report == slot.report
                    && other.due_at > slot.due_at
                    && other.step(&terms(plan, planned), now) == Step::Send
            });
            return if is_overtaken { self.settle_missed(plan, slot, now).await } else { Ok(()) };
        }
        let began = Instant::now();
        let alone = slot.state == State::Alone;
        let occasion = Occasion { way: way(slot, now), next_run: planned.schedule.next_after(now) };
        let report = match self.make(plan, planned, planned.window_of(slot.due_at), now, occasion).await {
            Ok(report) => report,
            Err(problem) => {
                self.figures.run(&slot.report, Outcome::Error);
                error!(report = %slot.report, "the report could not be made: {problem}");
                if !may_wait {
                    self.store.change_slot(slot, State::Failed, now).await?;
                }
                return Ok(());
            }
        };
        let group = format!("report/{}/{}", slot.report, slot.due_at.as_second());
        let notification = notification(planned, &report, planned.channels.clone(), group, now);
        match self.store.append_report(slot, notification, alone, now).await {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            Err(problem) => {
                self.figures.run(&slot.report, Outcome::Error);
                return Err(problem);
            }
        }
        self.figures.took(&slot.report, began.elapsed());
        self.figures.run(&slot.report, if alone { Outcome::Alone } else { Outcome::Ok });
        info!(report = %slot.report, due_at = %slot.due_at, "the report `{}` is in the outbox", slot.report);
        self.end(plan, slot, now).await;
        Ok(())
    }

    /// Whether Prometheus does not answer. Without one there is nothing to wait for.
    async fn waits_for_prometheus(&self, plan: &Plan, slot: &Slot, now: Timestamp) -> bool {
        let key = (slot.report.clone(), slot.due_at);
        let problem = match &plan.sources.prometheus {
            Some(prometheus) => prometheus.instant("vector(1)", now).await.err(),
            None => None,
        };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(problem) = problem else {
            waiting.remove(&key);
            return false;
        };
        if waiting.insert(key) {
            let report = &slot.report;
            warn!(%report, "the report `{report}` waits for Prometheus, for as long as `catch_up` says: {problem}");
        }
        true
    }

    /// In a task of its own: a fault in it ends neither the scheduler nor a request.
    pub(super) async fn make(
        &self,
        plan: &Plan,
        planned: &Planned,
        window: Window,
        now: Timestamp,
        occasion: Occasion,
    ) -> Result<Report, String> {
        let (sources, store, spec) = (plan.sources.clone(), self.store.clone(), planned.spec(window));
        // Whoever stops waiting for it ends it as well.
        let mut making = JoinSet::new();
        making.spawn(async move {
            let gathered = gather(&sources, &store, &spec, window, now, occasion);
            tokio::time::timeout(GATHER_DEADLINE, gathered).await
        });
        match making.join_next().await {
            Some(Ok(Ok(report))) => Ok(report),
            Some(Ok(Err(_))) => Err(format!("the servers did not answer within {} s", GATHER_DEADLINE.as_secs())),
            _ => Err("a fault of the relay's; the log says where".to_owned()),
        }
    }

    async fn settle_missed(&self, plan: &Plan, slot: &Slot, now: Timestamp) -> Result<(), StoreError> {
        if self.store.change_slot(slot, State::Missed, now).await? {
            self.missed(&slot.report, slot.due_at);
            self.end(plan, slot, now).await;
        }
        Ok(())
    }

    async fn settle_suppressed(&self, plan: &Plan, slot: &Slot, now: Timestamp) -> Result<(), StoreError> {
        if self.store.change_slot(slot, State::Suppressed, now).await? {
            self.figures.run(&slot.report, Outcome::Suppressed);
            info!(report = %slot.report, due_at = %slot.due_at, "Alertmanager keeps the report `{}` back", slot.report);
            self.end(plan, slot, now).await;
        }
        Ok(())
    }

    /// Tells Alertmanager that nothing is due any more. If it does not hear that, the alert ends by itself.
    async fn end(&self, plan: &Plan, slot: &Slot, now: Timestamp) {
        if slot.asked_at.is_some() {
            let ended = due::alert(&slot.report, slot.due_at, now.max(slot.due_at + Duration::from_secs(1)));
            plan.sources.alertmanagers.post(&[ended]).await;
        }
    }

    pub(super) fn missed(&self, report: &str, due_at: Timestamp) {
        self.figures.missed(report);
        warn!(%report, %due_at, "the report `{report}` was due and is given up: it is too late for it");
    }
}

/// What the configuration says about a report's slots.
pub(super) fn terms(plan: &Plan, report: &Planned) -> Terms {
    let has_alertmanagers = !plan.sources.alertmanagers.is_empty();
    Terms { catch_up: report.catch_up, grace: report.grace, has_alertmanagers }
}

fn way(slot: &Slot, now: Timestamp) -> Way {
    let due_at = slot.due_at;
    match slot.state {
        State::Alone => Way::ByRelay,
        _ if now > due_at + LATE => Way::Late { due_at },
        _ => Way::Scheduled,
    }
}

/// Each in a group of its own: none is an edit of another one.
pub(super) fn notification(
    planned: &Planned,
    report: &Report,
    channels: Vec<String>,
    group_key: String,
    now: Timestamp,
) -> Notification {
    let mut key = KeyHash::default();
    key.strings(&[&group_key]);
    Notification {
        dedupe_key: key.finish(),
        dedupe_window: None,
        channels,
        note: None,
        kind: MessageKind::Report,
        group_key,
        status: Status::Resolved,
        severity: Severity::Info,
        body: planned.with_manner(report),
        received_at: now,
    }
}
