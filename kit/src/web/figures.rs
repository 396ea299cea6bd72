//! What the web configuration and the limits of connections tell about themselves.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::exposition::Exposition;

/// Why a connection or a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// TLS was not agreed upon: a wrong version, no certificate or a wrong one, no TLS at all.
    Handshake,
    /// No name and password, or wrong ones.
    Credentials,
    /// More requests than `rate_limit` allows, or than passwords can be looked at.
    Rate,
    /// Headers, body or answer took too long.
    Slow,
    /// There were too many connections, and this one had waited longest.
    Crowded,
}

const REASONS: [(Reason, &str); 5] = [
    (Reason::Handshake, "handshake"),
    (Reason::Credentials, "credentials"),
    (Reason::Rate, "rate"),
    (Reason::Slow, "slow"),
    (Reason::Crowded, "crowded"),
];

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Figures([AtomicU64; REASONS.len()]);

impl Figures {
    /// Counts one that was refused.
    pub(crate) fn refused(&self, reason: Reason) {
        for ((known, _), count) in REASONS.iter().zip(&self.0) {
            if *known == reason {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn expose(&self, out: &mut Exposition) {
        let family = out.counter(
            "seamark_http_refused_total",
            "Connections that were closed and requests that were refused before they were looked at, by reason.",
        );
        for ((_, word), count) in REASONS.iter().zip(&self.0) {
            family.push(&[("reason", word)], count.load(Ordering::Relaxed));
        }
    }
}
