//! Alertmanager: event alerts are posted to every configured one at once, so that routing and silences apply and a
//! message arrives within a second or two.
//!
//! Each has a bounded queue of its own; one that is away holds up no other. What survives a reload (queues, counts,
//! who answers) is in [`Outboxes`].

pub mod alert;
mod found;
mod outbox;
mod post;
pub mod settings;

use std::sync::Arc;

use seamark_kit::exposition::Exposition;
use seamark_kit::upstream::{self, Connection};
use tokio::task::JoinHandle;
use tracing::warn;

use alert::{EventAlert, Origin};
use found::Found;
use outbox::Outbox;
pub use outbox::Outboxes;
use post::Poster;
pub use settings::{Settings, read};

/// The way to every Alertmanager: alerts in, and what they knew at first out.
#[derive(Debug, Clone, Default)]
pub struct AlertSender {
    outboxes: Vec<Arc<Outbox>>,
    found: Arc<Found>,
}

impl AlertSender {
    /// Queues an alert, or a newer state of one; never waits. With no Alertmanager configured it goes nowhere.
    pub fn send(&self, alert: &EventAlert) {
        for outbox in &self.outboxes {
            outbox.push(alert.clone());
        }
    }

    /// Waits for crashes that an Alertmanager held for firing when it was first asked. Each is handed out once, and
    /// may come from several.
    pub async fn found_firing(&self) -> Vec<EventAlert> {
        self.found.take().await
    }
}

/// The tasks that post. Dropping them ends them; what is queued stays in the [`Outboxes`] for the next ones.
#[derive(Debug)]
pub struct Alertmanagers {
    /// Where alerts go in.
    pub sender: AlertSender,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Alertmanagers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ClientError(String);

/// Starts one task for each configured Alertmanager.
///
/// `instance` is the host's name as Prometheus knows it: a pushed and a scraped alert must agree.
///
/// # Errors
///
/// When the HTTP client cannot be set up.
pub fn spawn(settings: &Settings, instance: &str, outboxes: &Outboxes) -> Result<Alertmanagers, ClientError> {
    let origin = Origin { instance: instance.to_owned(), labels: settings.labels.clone() };
    let shared = upstream::client(&upstream::Tls::default()).map_err(ClientError)?;
    outboxes.keep_only(settings.targets.iter().map(|target| target.name.as_str()));
    let sender = AlertSender { outboxes: Vec::new(), found: outboxes.found() };
    let mut all = Alertmanagers { sender, tasks: Vec::new() };
    for target in &settings.targets {
        if target.sends_credentials_in_clear() {
            warn!("the credentials for Alertmanager `{}` go over plain http; use https", target.name);
        }
        if target.tls.insecure_skip_verify {
            warn!("the certificate of Alertmanager `{}` is not checked; name its authority in `ca_file`", target.name);
        }
        let outbox = outboxes.of(&target.name);
        all.sender.outboxes.push(Arc::clone(&outbox));
        all.tasks.push(tokio::spawn(post::run(Poster {
            name: target.name.clone(),
            url: target.url.clone(),
            connection: Connection::new(target.clone(), &shared).map_err(ClientError)?,
            origin: origin.clone(),
            outbox,
            found: outboxes.found(),
        })));
    }
    Ok(all)
}

impl Outboxes {
    /// Adds the families about Alertmanagers; none is configured, none is written.
    pub fn collect(&self, out: &mut Exposition) {
        let all = self.all();
        if all.is_empty() {
            return;
        }
        let up = out.gauge("seamark_exporter_alertmanager_up", "Whether this Alertmanager takes event alerts.");
        for (name, outbox) in &all {
            up.push(&[("alertmanager", name)], outbox.is_up());
        }
        let dropped = out.counter(
            "seamark_exporter_event_alerts_dropped_total",
            "Event alerts that this Alertmanager did not get: refused, too old, or the queue was full.",
        );
        for (name, outbox) in &all {
            dropped.push(&[("alertmanager", name)], outbox.dropped());
        }
    }
}
