//! From a webhook's bytes to rows of the outbox: parse, route, drop repeats, store.

use jiff::Timestamp;
use tracing::{debug, error, info, warn};

use crate::alert::Status;
use crate::config::Config;
use crate::ingest::{self, IngestError, Summary};
use crate::metrics::Metrics;
use crate::store::{Appended, MessageKind, Notification, Store, StoreError};

/// What became of a webhook.
#[derive(Debug)]
pub enum Accepted {
    /// It is on disk, for these channels.
    Stored(Vec<String>),
    /// It repeats one of the last minutes, which is on disk.
    Duplicate,
}

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// It is no notification; sending it again would not help.
    #[error(transparent)]
    NoNotification(#[from] IngestError),
    /// It could not be put on disk; Alertmanager has to keep it and try again.
    #[error(transparent)]
    NotStored(#[from] StoreError),
}

/// Where notifications go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// The channels that are on.
    pub on: Vec<String>,
    /// For notifications that name none of them; never empty, and all of them are on.
    pub defaults: Vec<String>,
}

impl Routing {
    /// The routing of a configuration.
    pub fn of(config: &Config) -> Self {
        Self { on: config.channels_on_and_off().0, defaults: config.default_channels.clone() }
    }

    /// The channels for what a URL names, such as `ops,screen`, and the names that lead nowhere. Where one leads
    /// nowhere, the default channels are told as well: somebody has to hear of the alert, and of the wrong name.
    fn channels(&self, requested: Option<&str>) -> (Vec<String>, Vec<String>) {
        let names = requested.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let (mut channels, unknown): (Vec<String>, Vec<String>) =
            names.map(str::to_owned).partition(|name| self.on.contains(name));
        if channels.is_empty() || !unknown.is_empty() {
            channels.extend(self.defaults.iter().cloned());
        }
        let mut seen = Vec::new();
        channels.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        (channels, unknown)
    }
}

/// Takes a webhook body and answers once it is on disk.
///
/// # Errors
///
/// [`Rejected`]; a body that is no notification is kept for a look at it.
pub async fn accept(
    store: &Store,
    metrics: &Metrics,
    routing: &Routing,
    requested: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<Accepted, Rejected> {
    let summary = match ingest::summary(body) {
        Ok(summary) => summary,
        Err(problem) => {
            metrics.ingest_refused();
            keep_refused(store, body, &problem, now).await;
            return Err(problem.into());
        }
    };
    let (channels, unknown) = routing.channels(requested);
    for name in &unknown {
        metrics.unknown_channel(name);
        let name = excerpt(name);
        warn!(channel = %name, "a webhook names `{name}`, which is no channel or is off; the default channels are told");
    }
    let note = (!unknown.is_empty()).then(|| excerpt(&unknown.join(", ")));
    let notification = notification(&summary, channels.clone(), note, body, now);
    let (group, status, alerts) = (&summary.group_key, summary.status.as_str(), summary.alerts);
    match store.append(notification).await? {
        Appended::Stored => {
            debug!(%group, status, alerts, "notification stored");
            Ok(Accepted::Stored(channels))
        }
        Appended::Duplicate => {
            metrics.duplicate();
            info!(%group, status, "notification repeated; not stored again");
            Ok(Accepted::Duplicate)
        }
    }
}

fn notification(
    summary: &Summary<'_>,
    channels: Vec<String>,
    note: Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Notification {
    Notification {
        dedupe_key: summary.dedupe_key(&channels),
        dedupe_window: summary.dedupe_window(),
        channels,
        note,
        kind: match summary.status {
            Status::Firing => MessageKind::Alert,
            Status::Resolved => MessageKind::Resolved,
        },
        group_key: summary.group_key.clone().into_owned(),
        status: summary.status,
        severity: summary.severity,
        body: body.to_vec(),
        received_at: now,
    }
}

async fn keep_refused(store: &Store, body: &[u8], problem: &IngestError, now: Timestamp) {
    warn!(%problem, bytes = body.len(), "a webhook was no Alertmanager notification; its body is kept in the store");
    if let Err(err) = store.keep_refused(body, &problem.to_string(), now).await {
        error!(%err, "the body of a refused webhook could not be kept");
    }
}

/// Names in a URL are anybody's choice, and may be of any length.
fn excerpt(names: &str) -> String {
    const LONGEST: usize = 200;
    match names.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", names.get(..end).unwrap_or_default()),
        None => names.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_url_leads_to_its_channels_and_a_wrong_name_to_the_default_ones_as_well() {
        let routing = Routing { on: names(&["ops", "dev", "screen"]), defaults: names(&["ops", "screen"]) };
        let cases: [(Option<&str>, &[&str], &[&str]); 8] = [
            (None, &["ops", "screen"], &[]),
            (Some(""), &["ops", "screen"], &[]),
            (Some("dev"), &["dev"], &[]),
            (Some("dev, ops,dev"), &["dev", "ops"], &[]),
            (Some("screan"), &["ops", "screen"], &["screan"]),
            (Some("dev,screan"), &["dev", "ops", "screen"], &["screan"]),
            (Some("screen,screan"), &["screen", "ops"], &["screan"]),
            (Some(",,"), &["ops", "screen"], &[]),
        ];
        for (requested, channels, unknown) in cases {
            assert_eq!(routing.channels(requested), (names(channels), names(unknown)), "{requested:?}");
        }
    }
}
