//! The relay's own figures.
//!
//! Series whose labels are known exist from the start, so that `increase()` sees the first failure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::exposition::{Exposition, Histogram, Kind, Value};

use crate::store::{Backlog, Firing, MessageKind};

/// What became of an attempt, or of a whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The chat has the whole message.
    Delivered,
    /// An attempt failed and will be repeated.
    Retried,
    /// The chat refused the message, which is tried again with less in it.
    Degraded,
    /// The message was given up.
    Dead,
    /// The message was told together with another one.
    Coalesced,
    /// The notification was a repeat, and nothing was sent.
    Duplicate,
}

impl Outcome {
    const ALL: [Self; 6] =
        [Self::Delivered, Self::Retried, Self::Degraded, Self::Dead, Self::Coalesced, Self::Duplicate];

    fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::Degraded => "degraded",
            Self::Dead => "dead",
            Self::Coalesced => "coalesced",
            Self::Duplicate => "duplicate",
        }
    }
}

/// Upper bounds of the latency's buckets, in seconds; the last is open. 2 s is what the project promises, 30 to 60 s
/// is what a storm of 30 groups takes in one chat, and the hours are outages.
const LATENCY_BOUNDS: [f64; 13] =
    [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, f64::INFINITY];

/// What webhooks are answered with; these series exist from the start.
const WEBHOOK_ANSWERS: [u16; 5] = [200, 400, 401, 413, 503];

/// Names in URLs are anybody's choice: beyond so many different unknown ones the rest is counted together.
const UNKNOWN_NAMES: usize = 50;

/// The figures. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    figures: Arc<Mutex<Figures>>,
}

#[derive(Debug, Default)]
struct Figures {
    channels: BTreeMap<String, ChannelFigures>,
    deliveries: BTreeMap<(String, MessageKind, Outcome), u64>,
    webhook_requests: BTreeMap<u16, u64>,
    limited: u64,
    unauthorized: u64,
    duplicates: u64,
    refused: u64,
    unknown_channels: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct ChannelFigures {
    up: bool,
    dead_letters: u64,
    rate_limited: u64,
    template_errors: u64,
    latency_sum: f64,
    latency: [u64; LATENCY_BOUNDS.len()],
}

impl Default for ChannelFigures {
    fn default() -> Self {
        let latency = [0; LATENCY_BOUNDS.len()];
        Self { up: true, dead_letters: 0, rate_limited: 0, template_errors: 0, latency_sum: 0.0, latency }
    }
}

impl Metrics {
    /// Makes the series of these channels, and marks as up what a reload may have mended. Counts stay.
    pub fn declare<'a>(&self, channels: impl IntoIterator<Item = &'a str>) {
        let names: BTreeSet<&str> = channels.into_iter().collect();
        let mut figures = self.figures();
        figures.channels.retain(|name, _| names.contains(name.as_str()));
        figures.deliveries.retain(|(name, ..), _| names.contains(name.as_str()));
        for name in names {
            figures.channels.entry(name.to_owned()).or_default().up = true;
            for kind in [MessageKind::Alert, MessageKind::Resolved, MessageKind::Notice] {
                for outcome in Outcome::ALL {
                    figures.deliveries.entry((name.to_owned(), kind, outcome)).or_default();
                }
            }
        }
    }

    /// A webhook was answered with this status.
    pub fn webhook_request(&self, code: u16) {
        *self.figures().webhook_requests.entry(code).or_default() += 1;
    }

    /// A request came too fast, and was not looked at.
    pub fn limited(&self) {
        self.figures().limited += 1;
    }

    /// A request did not show the right token or password.
    pub fn unauthorized(&self) {
        self.figures().unauthorized += 1;
    }

    /// A notification was a repeat.
    pub fn duplicate(&self) {
        self.figures().duplicates += 1;
    }

    /// A URL named a channel that does not exist, or is off.
    pub fn unknown_channel(&self, name: &str) {
        let counts = &mut self.figures().unknown_channels;
        let name = if counts.contains_key(name) || counts.len() < UNKNOWN_NAMES { name } else { "(others)" };
        *counts.entry(name.chars().take(100).collect()).or_default() += 1;
    }

    /// A request was no notification.
    pub fn ingest_refused(&self) {
        self.figures().refused += 1;
    }

    /// Counts an outcome at a channel.
    pub fn delivery(&self, channel: &str, kind: MessageKind, outcome: Outcome) {
        let mut figures = self.figures();
        *figures.deliveries.entry((channel.to_owned(), kind, outcome)).or_default() += 1;
        if outcome == Outcome::Dead {
            figures.channels.entry(channel.to_owned()).or_default().dead_letters += 1;
        }
    }

    /// A message is with the chat, so long after it arrived here.
    pub fn delivered_after(&self, channel: &str, latency: Duration) {
        let seconds = latency.as_secs_f64();
        let mut figures = self.figures();
        let channel = figures.channels.entry(channel.to_owned()).or_default();
        channel.latency_sum += seconds;
        if let Some((_, count)) = LATENCY_BOUNDS.iter().zip(&mut channel.latency).find(|(bound, _)| seconds <= **bound)
        {
            *count += 1;
        }
    }

    /// The chat said that we are too fast.
    pub fn rate_limited(&self, channel: &str) {
        self.figures().channels.entry(channel.to_owned()).or_default().rate_limited += 1;
    }

    /// A user's template failed, and the built-in text was sent instead.
    pub fn template_error(&self, channel: &str) {
        self.figures().channels.entry(channel.to_owned()).or_default().template_errors += 1;
    }

    /// Whether the channel's destination exists and lets us in, as far as is known.
    pub fn channel_up(&self, channel: &str, up: bool) {
        self.figures().channels.entry(channel.to_owned()).or_default().up = up;
    }

    /// Whether the channel's destination lets us in, as far as is known.
    pub fn is_up(&self, channel: &str) -> bool {
        self.figures().channels.get(channel).is_none_or(|figures| figures.up)
    }

    /// Writes everything but the outbox.
    pub fn expose(&self, out: &mut Exposition) {
        let figures = self.figures();
        let family =
            out.counter("seamark_relay_webhook_requests_total", "Webhook requests by the status of their answer.");
        let codes: BTreeSet<u16> = figures.webhook_requests.keys().copied().chain(WEBHOOK_ANSWERS).collect();
        for code in codes {
            let count = figures.webhook_requests.get(&code).copied().unwrap_or(0);
            family.push(&[("code", &code.to_string())], count);
        }
        out.counter("seamark_relay_requests_limited_total", "Requests of callers beyond their limits, not looked at.")
            .set(figures.limited);
        out.counter("seamark_relay_auth_failures_total", "Requests without the right token or password.")
            .set(figures.unauthorized);
        out.counter("seamark_relay_webhook_duplicates_total", "Notifications that repeated one within its window.")
            .set(figures.duplicates);
        out.counter("seamark_relay_webhook_refused_total", "Requests that were no Alertmanager notification.")
            .set(figures.refused);
        let family = out.counter(
            "seamark_relay_unknown_channel_total",
            "Notifications whose URL named a channel that is unknown or off; they went to the default channels.",
        );
        for (name, count) in &figures.unknown_channels {
            family.push(&[("channel", name)], *count);
        }
        let family = out.counter(
            "seamark_relay_deliveries_total",
            "Messages delivered, degraded, given up or spared, and attempts to be repeated, by channel and kind.",
        );
        for ((channel, kind, outcome), count) in &figures.deliveries {
            family.push(&[("channel", channel), ("kind", kind.as_str()), ("result", outcome.as_str())], *count);
        }
        expose_channels(&figures.channels, out);
    }

    /// Writes what waits in the outbox: zeros for channels that have nothing to send.
    pub fn expose_outbox(&self, out: &mut Exposition, backlog: &[Backlog], now: Timestamp) {
        let figures = self.figures();
        let names: BTreeSet<&str> =
            figures.channels.keys().map(String::as_str).chain(backlog.iter().map(|row| row.channel.as_str())).collect();
        let rows = names.into_iter().map(|name| (name, backlog.iter().find(|row| row.channel == name)));
        let rows: Vec<(&str, Option<&Backlog>)> = rows.collect();
        let family = out.gauge("seamark_relay_outbox_pending", "Messages that wait to be sent.");
        for (name, row) in &rows {
            family.push(&[("channel", name)], row.map_or(0, |row| row.pending));
        }
        let family = out.gauge(
            "seamark_relay_outbox_oldest_age_seconds",
            "Age of the oldest message that waits to be sent; 0 while none does.",
        );
        for (name, row) in &rows {
            let oldest = row.and_then(|row| row.oldest);
            let age = oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
            family.push(&[("channel", name)], age);
        }
    }

    /// Writes what fires, as far as this relay was told.
    pub fn expose_alerts(&self, out: &mut Exposition, firing: &[Firing]) {
        let family = out.gauge("seamark_relay_alerts_firing", "Alerts that fire, as far as this relay was notified.");
        for Firing { alertname, severity, instance, count } in firing {
            family.push(&[("alertname", alertname), ("severity", severity), ("instance", instance)], *count);
        }
    }

    fn figures(&self) -> MutexGuard<'_, Figures> {
        // Counters stay right whatever panicked while they were held.
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn expose_channels(channels: &BTreeMap<String, ChannelFigures>, out: &mut Exposition) {
    let family = out.counter("seamark_relay_dead_letters_total", "Messages that were given up; the store keeps them.");
    for (name, figures) in channels {
        family.push(&[("channel", name)], figures.dead_letters);
    }
    let family = out.counter("seamark_relay_rate_limited_total", "Answers by which a chat asked for a slower pace.");
    for (name, figures) in channels {
        family.push(&[("channel", name)], figures.rate_limited);
    }
    let family = out.counter(
        "seamark_relay_template_errors_total",
        "Attempts to fill in a template that failed; the built-in text was sent instead.",
    );
    for (name, figures) in channels {
        family.push(&[("channel", name)], figures.template_errors);
    }
    let family =
        out.gauge("seamark_relay_channel_up", "0 when the chat said that the destination is gone or the token wrong.");
    for (name, figures) in channels {
        family.push(&[("channel", name)], figures.up);
    }
    let family = out.family(
        "seamark_relay_delivery_latency_seconds",
        "From the webhook's arrival until the chat took the whole message.",
        Kind::Histogram,
    );
    for (name, figures) in channels {
        let buckets = LATENCY_BOUNDS.into_iter().zip(figures.latency).collect();
        family.push(&[("channel", name)], Value::Histogram(Box::new(Histogram { sum: figures.latency_sum, buckets })));
    }
}
