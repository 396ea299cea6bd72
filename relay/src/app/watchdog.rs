//! Listens for the Watchdog, and speaks up when it is silent.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::exposition::Exposition;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::{App, Shared};
use crate::alert::{AlertGroup, Severity, Status};
use crate::compose::Notice;
use crate::fault::survived;
use crate::ingest::{self, IngestError};
use crate::store::{Store, StoreError};
use crate::watchdog::{News, Watch};

/// How often the silence is measured.
const INTERVAL: Duration = Duration::from_secs(15);

/// Names of the moments in the store.
const LAST: &str = "watchdog/last";
const TOLD: &str = "watchdog/told";

/// Takes up what the relay before has kept.
pub(super) async fn remembered(store: &Store, now: Timestamp) -> Result<Watch, StoreError> {
    Ok(Watch::new(now, store.moment(LAST).await?, store.moment(TOLD).await?))
}

impl App {
    /// Takes a notification of the Watchdog for a sign of life. `false`: one that says that the Watchdog has ended,
    /// which is none.
    ///
    /// # Errors
    ///
    /// The body is no notification.
    pub async fn beat(&self, body: &[u8], now: Timestamp) -> Result<bool, IngestError> {
        let AlertGroup { status, .. } = ingest::parse(body).inspect_err(|_| self.0.metrics.ingest_refused())?;
        if status == Status::Resolved {
            warn!("Alertmanager says that its Watchdog has ended: does Prometheus still send alerts?");
            return Ok(false);
        }
        self.watched(|watch| watch.last = Some(now));
        // Heard is heard: a disk that is full is told elsewhere.
        if let Err(err) = self.0.store.set_moment(LAST, Some(now)).await {
            error!(%err, "the Watchdog's beat could not be kept");
        }
        self.watch(now).await;
        Ok(true)
    }

    /// Measures the silence, and tells the fallback channel (the default ones, if there is none) what is new.
    pub async fn watch(&self, now: Timestamp) {
        let watch = self.watched(|watch| {
            watch.until(now);
            *watch
        });
        let (notice, severity, told) = match watch.news(now) {
            None => return,
            Some(News::Missing(last)) => {
                error!(%last, "the Watchdog is missing: alerts may not reach anybody. Do Prometheus and Alertmanager run?");
                (Notice::WatchdogMissing { at: now, last }, Severity::Critical, Some(last))
            }
            Some(News::Back(last)) => {
                info!(%last, "the Watchdog is back");
                (Notice::WatchdogBack { at: now, last }, Severity::Info, None)
            }
        };
        let live = self.live();
        let channels = live.fallback.clone().map_or_else(|| live.routing.defaults.clone(), |fallback| vec![fallback]);
        // Only what is in the outbox has been told; else the next look tries again.
        if self.append_notice(channels, &notice, severity, now).await {
            self.watched(|watch| watch.told = told);
            if let Err(err) = self.0.store.set_moment(TOLD, told).await {
                error!(%err, "what was told of the Watchdog could not be kept; after a restart it may be told again");
            }
        }
    }

    pub(super) fn expose_watchdog(&self, out: &mut Exposition, now: Timestamp) {
        let watch = self.watched(|watch| *watch);
        out.gauge(
            "seamark_relay_watchdog_last_beat_timestamp_seconds",
            "When Alertmanager's Watchdog was last heard, in seconds since 1970; 0 if never.",
        )
        .set(watch.last.map_or(0, |last| last.as_second().unsigned_abs()));
        out.gauge(
            "seamark_relay_watchdog_missing",
            "Whether the Watchdog, once heard, has been silent for five minutes.",
        )
        .set(watch.is_missing(now));
    }

    fn watched<T>(&self, look: impl FnOnce(&mut Watch) -> T) -> T {
        look(&mut self.0.watch.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Looks again and again, for as long as there is a relay.
pub(super) fn keep_looking(shared: &Arc<Shared>) -> JoinHandle<()> {
    let shared = Arc::downgrade(shared);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Some(shared) = shared.upgrade() else { return };
            survived("a look at the Watchdog", App(shared).watch(Timestamp::now())).await;
        }
    })
}
