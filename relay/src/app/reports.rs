//! Reports of the running relay: the clock that drives them, Alertmanager's call, and "report now".

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::exposition::Exposition;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tracing::error;

use super::{App, Shared};
use crate::bot::Making;
use crate::fault::survived;
use crate::report::{Plan, Planned, Ran, RunError, TriggerError, Triggered};
use crate::store::StoreError;

/// How often Alertmanager is reminded, and Prometheus asked whether it is back. What is due is looked at when it is.
const INTERVAL: Duration = Duration::from_secs(15);

impl App {
    /// Takes Alertmanager's call for reports that are due.
    ///
    /// # Errors
    ///
    /// See [`TriggerError`].
    pub async fn trigger_reports(&self, body: &[u8], now: Timestamp) -> Result<Vec<Triggered>, TriggerError> {
        let answers = self.0.reports.triggered(&self.live().plan, body, now).await;
        if matches!(answers, Err(TriggerError::NoTrigger(_))) {
            self.0.metrics.ingest_refused();
        }
        self.0.reports_news.notify_one();
        answers
    }

    /// Sends a report now, to its own channels or to others, unless somebody asked for the same a moment ago.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub async fn run_report(&self, name: &str, channels: Option<Vec<String>>) -> Result<Ran, RunError> {
        let live = self.live();
        let now = Timestamp::now();
        let (channels, wish) = self.0.reports.take(&live.plan, name, channels, &live.routing.on, "", now).await?;
        let Some(wish) = wish else { return Ok(Ran { channels, is_new: false }) };
        let reports = self.0.reports.clone();
        // Of its own: whoever asked may have gone before it is made.
        let made = tokio::spawn(async move {
            let made = reports.fulfil(&live.plan, wish).await;
            if let Err(error) = &made {
                tracing::warn!(%error, "a report that somebody asked for was not sent: {error}");
            }
            made
        });
        let is_new =
            made.await.map_err(|_| RunError::NotMade("a fault of the relay's; its log says more".to_owned()))??;
        Ok(Ran { channels, is_new })
    }

    /// Takes the wish of the bot for a report in this channel. What comes back makes it; `None`: somebody asked for the
    /// same a moment ago. `by` names the wish.
    pub(super) async fn take_wish(&self, name: &str, channel: &str, by: &str) -> Result<Option<Making>, RunError> {
        let live = self.live();
        let (channels, now) = (Some(vec![channel.to_owned()]), Timestamp::now());
        let (_, wish) = self.0.reports.take(&live.plan, name, channels, &live.routing.on, by, now).await?;
        let reports = self.0.reports.clone();
        let made = async move |wish| reports.fulfil(&live.plan, wish).await.map(drop).map_err(|err| err.to_string());
        Ok(wish.map(|wish| -> Making { Box::new(move || Box::pin(async move { made(wish).await })) }))
    }

    /// What [`App::run_report`] would put into the outbox: the report's JSON.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub async fn preview_report(&self, name: &str) -> Result<Vec<u8>, RunError> {
        self.0.reports.preview(&self.live().plan, name, Timestamp::now()).await
    }

    /// All reports of the configuration, and how they stand: `name`, `cron`, `timezone`, `enabled`, `channels`,
    /// `next_due`, and of the last time it was due `last_due` and `last_result`.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn reports(&self, now: Timestamp) -> Result<Value, StoreError> {
        let newest = self.0.store.newest_slots().await?;
        let live = self.live();
        let entry = |report: &Planned| {
            let last = newest.iter().find(|slot| slot.report == report.name);
            let next = report.enabled.then(|| report.schedule.next_after(now)).flatten();
            json!({
                "name": report.name,
                "cron": report.schedule.text(),
                "timezone": report.schedule.zone_name(),
                "enabled": report.enabled,
                "channels": report.channels,
                "next_due": next.map(|at| at.to_string()),
                "last_due": last.map(|slot| slot.due_at.to_string()),
                "last_result": last.map(|slot| slot.state.as_str()),
            })
        };
        Ok(live.plan.reports.iter().map(entry).collect())
    }

    pub(super) async fn expose_reports(&self, out: &mut Exposition, now: Timestamp) {
        match self.0.store.open_slots().await {
            Ok(open) => {
                let pending: BTreeSet<String> = open.into_iter().map(|slot| slot.report).collect();
                self.0.reports.figures().expose(out, &self.live().plan, &pending, now);
            }
            // Left out rather than zero: nobody knows what is due.
            Err(err) => error!(%err, "the reports that are due cannot be counted"),
        }
    }
}

/// Looks whenever something is due or has changed, and now and then, for as long as there is a relay.
pub(super) fn keep_time(shared: &Arc<Shared>) -> JoinHandle<()> {
    let (shared, news) = (Arc::downgrade(shared), shared.reports_news.clone());
    tokio::spawn(async move {
        loop {
            let Some(strong) = shared.upgrade() else { return };
            let plan = strong.live.load_full().plan.clone();
            let reports = strong.reports.clone();
            drop(strong);
            let now = Timestamp::now();
            if let Some(Err(err)) = survived("a look at the reports", reports.look(&plan, now)).await {
                error!(%err, "reports that are due have to wait: the store cannot be used");
            }
            let pause = pause(&plan, now, Timestamp::now());
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = news.notified() => {}
            }
        }
    })
}

/// Until the next report is due, and no longer than the interval. `looked` is when the last look began: what became due
/// during it has not been seen.
fn pause(plan: &Plan, looked: Timestamp, now: Timestamp) -> Duration {
    let enabled = plan.reports.iter().filter(|report| report.enabled);
    let next = enabled.filter_map(|report| report.schedule.next_after(looked)).min();
    let until = next.map_or(INTERVAL, |next| Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO));
    until.min(INTERVAL)
}
