//! Posts what is queued for one Alertmanager, and asks it now and then whether it is there.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{StatusCode, Url};
use seamark_kit::upstream::{Connection, cause};
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{info, warn};

use super::alert::{EventAlert, Origin};

use super::found::Found;
use super::outbox::Outbox;

/// How often it is asked whether it is there: the metric rule takes over for one that is not.
const PROBE_EVERY: Duration = Duration::from_secs(15);
/// The first wait after a failure; each next one is twice as long.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// What became of a request.
enum Outcome {
    Taken,
    /// It will not take this one, ever.
    Refused(String),
    /// Nobody is there, or it cannot take anything now.
    Failed(String),
}

/// Serves one Alertmanager for ever.
pub(super) async fn run(poster: Poster) {
    let mut probes = interval(PROBE_EVERY);
    probes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = poster.outbox.filled() => {}
            _ = probes.tick() => poster.probe().await,
        }
        poster.empty().await;
    }
}

pub(super) struct Poster {
    pub(super) name: String,
    /// Its base URL.
    pub(super) url: Url,
    pub(super) connection: Connection,
    pub(super) origin: Origin,
    pub(super) outbox: Arc<Outbox>,
    pub(super) found: Arc<Found>,
}

impl Poster {
    /// Posts until nothing is queued.
    async fn empty(&self) {
        let mut backoff = FIRST_BACKOFF;
        let mut batch = usize::MAX;
        while !self.outbox.is_empty() {
            let alerts = self.outbox.take(batch, Timestamp::now());
            if alerts.is_empty() {
                return;
            }
            // Dropped at a reload, the alerts on their way would be lost: they are put back unless answered.
            let guard = PutBack { outbox: &self.outbox, alerts };
            match self.post(&guard.alerts).await {
                Outcome::Taken => {
                    guard.done();
                    self.note(true, "");
                    (backoff, batch) = (FIRST_BACKOFF, usize::MAX);
                }
                // One bad alert must not cost the others: once more, one by one.
                Outcome::Refused(_) if guard.alerts.len() > 1 => batch = 1,
                Outcome::Refused(why) => {
                    self.outbox.count_dropped(guard.done().len());
                    warn!("Alertmanager `{}` refused an alert, which is dropped: {why}", self.name);
                }
                Outcome::Failed(why) => {
                    drop(guard);
                    self.note(false, &why);
                    sleep(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
    }

    /// Posts no alert at all, which is answered like any other post: `/-/ready` may be hidden by a proxy, and says
    /// nothing of our credentials.
    async fn probe(&self) {
        match self.post(&[]).await {
            Outcome::Taken => {
                self.note(true, "");
                self.ask_once().await;
            }
            Outcome::Refused(why) | Outcome::Failed(why) => self.note(false, &why),
        }
    }

    async fn post(&self, alerts: &[EventAlert]) -> Outcome {
        let body: Vec<Value> = alerts.iter().map(|alert| alert.to_json(&self.origin)).collect();
        let request = self.connection.request(|client| client.post(self.url()).json(&body)).await;
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            // The URL is left out of the error: the target's name says which one it was.
            Err(error) => return Outcome::Failed(cause(&error.without_url())),
        };
        let status = answer.status();
        if status.is_success() {
            return Outcome::Taken;
        }
        // The beginning says it all, however long the rest is.
        let words = answer.chunk().await.ok().flatten().unwrap_or_default();
        let words: String = String::from_utf8_lossy(&words).chars().take(200).collect();
        let why = format!("HTTP {status}: {}", words.trim());
        match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                Outcome::Refused(why)
            }
            _ => Outcome::Failed(why),
        }
    }

    fn note(&self, up: bool, why: &str) {
        let name = &self.name;
        match (self.outbox.note(up), up) {
            (Some(true), true) | (Some(false), false) => {}
            (None, true) => info!("Alertmanager `{name}` takes event alerts"),
            (Some(false), true) => info!("Alertmanager `{name}` is back"),
            (_, false) => warn!("Alertmanager `{name}` does not take event alerts; they wait, trying again: {why}"),
        }
    }

    pub(super) fn url(&self) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/api/v2/alerts"));
        url
    }
}

/// Alerts on their way: whatever ends the request, they go back into the queue unless they were taken.
struct PutBack<'a> {
    outbox: &'a Outbox,
    alerts: Vec<EventAlert>,
}

impl PutBack<'_> {
    fn done(mut self) -> Vec<EventAlert> {
        std::mem::take(&mut self.alerts)
    }
}

impl Drop for PutBack<'_> {
    fn drop(&mut self) {
        if !self.alerts.is_empty() {
            self.outbox.put_back(std::mem::take(&mut self.alerts));
        }
    }
}
