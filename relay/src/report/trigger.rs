//! Alertmanager's call: a report is due.

use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::warn;

use super::scheduler::{Scheduler, terms};
use super::slot::{Slot, State, is_in_time};
use super::{Plan, due};
use crate::alert::{Alert, Status};
use crate::ingest::{self, IngestError};
use crate::store::StoreError;

/// Clocks of two relays may differ so much: the other one may have posted the alert.
const SKEW: std::time::Duration = std::time::Duration::from_secs(60);

/// What becomes of a report that Alertmanager calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is sent next; that is on disk.
    Accepted,
    /// It is settled, in this way.
    Already(State),
    /// It comes too late.
    Missed,
    /// It is no report of this configuration, or was not due then, or was due before this relay knew of it.
    NotOwed,
}

/// A report that Alertmanager calls for, and what becomes of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triggered {
    /// The report's name.
    pub report: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// What becomes of it.
    pub answer: Answer,
}

impl Triggered {
    /// As the API answers.
    pub fn to_json(&self) -> Value {
        let result = match self.answer {
            Answer::Accepted => "accepted",
            Answer::Already(state) => state.as_str(),
            Answer::Missed => "missed",
            Answer::NotOwed => "not owed",
        };
        json!({"report": self.report, "due_at": self.due_at.to_string(), "result": result})
    }
}

/// Why a call was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// It is no notification, or of no report; sending it again would not help.
    #[error(transparent)]
    NoTrigger(#[from] IngestError),
    /// It could not be put on disk; Alertmanager has to try again.
    #[error(transparent)]
    NotStored(#[from] StoreError),
}

impl Scheduler {
    /// Takes Alertmanager's call: what is accepted is on disk, and is sent at the next look.
    ///
    /// # Errors
    ///
    /// See [`TriggerError`].
    pub async fn triggered(&self, plan: &Plan, body: &[u8], now: Timestamp) -> Result<Vec<Triggered>, TriggerError> {
        let group = ingest::parse(body)?;
        let mut called = Vec::new();
        let mut wrong = None;
        for (alert, index) in group.alerts.iter().zip(0..) {
            match due::read(alert) {
                Ok(one) if alert.status == Status::Firing => called.push(one),
                Ok(_) => {}
                Err(problem) => {
                    let path = format!("alerts[{index}].labels");
                    warn!(%path, "an alert that came to /api/v1/reports/trigger is of no report: {problem}");
                    wrong = wrong.or(Some(IngestError { path, problem }));
                }
            }
        }
        if let (Some(problem), false) = (wrong, group.alerts.iter().any(|alert: &Alert| due::read(alert).is_ok())) {
            return Err(problem.into());
        }
        let since = self.owed_since(plan, now).await?;
        let mut answers = Vec::new();
        for (report, due_at) in called {
            let since = since.iter().find(|(name, _)| *name == report).map(|(_, since)| *since);
            let answer = self.call(plan, &report, due_at, since, now).await?;
            answers.push(Triggered { report, due_at, answer });
        }
        Ok(answers)
    }

    /// `since`: since when it is owed; `None` if it is not.
    async fn call(
        &self,
        plan: &Plan,
        report: &str,
        due_at: Timestamp,
        since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let (Some(planned), Some(since)) = (plan.named(report), since) else { return Ok(Answer::NotOwed) };
        let is_owed = due_at > since && due_at <= now + SKEW && planned.schedule.is_due(due_at);
        let slot = match self.store.slot(report, due_at).await? {
            Some(slot) => slot,
            None if !is_owed => return Ok(Answer::NotOwed),
            None if !is_in_time(due_at, &terms(plan, planned), now) => {
                if self.store.open_slot(report, due_at, State::Missed, now).await? {
                    self.missed(report, due_at);
                }
                return Ok(Answer::Missed);
            }
            None => {
                self.store.open_slot(report, due_at, State::Due, now).await?;
                Slot { report: report.to_owned(), due_at, state: State::Due, asked_at: None, settled_at: None }
            }
        };
        self.call_known(plan, &slot, now).await
    }

    async fn call_known(&self, plan: &Plan, slot: &Slot, now: Timestamp) -> Result<Answer, StoreError> {
        if !slot.state.is_open() {
            return Ok(Answer::Already(slot.state));
        }
        let Some(planned) = plan.named(&slot.report) else { return Ok(Answer::NotOwed) };
        let waits = matches!(slot.state, State::Due | State::Posted);
        if waits && now > slot.due_at + planned.catch_up + planned.grace {
            if self.store.change_slot(slot, State::Missed, now).await? {
                self.missed(&slot.report, slot.due_at);
            }
            return Ok(Answer::Missed);
        }
        self.store.call_slot(slot, now).await?;
        Ok(Answer::Accepted)
    }
}
