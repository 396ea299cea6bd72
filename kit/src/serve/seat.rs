//! What one connection is doing, and how long it may do that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::HEADER_TIMEOUT;

/// How long a client may take to agree upon TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a body may take. A webhook answers before, so that its sender tries again.
const BODY_TIMEOUT: Duration = Duration::from_secs(12);
/// How long a client may read nothing of what it is sent.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection is kept for the next request: longer than most scrape intervals, so that TLS is agreed upon once.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Doing {
    /// Agreeing upon TLS.
    Handshake,
    /// Sending the headers of a request; a new connection is expected to begin at once.
    Head,
    /// Sending a request's body.
    Body,
    /// Waiting for our answer, or reading it.
    Answer,
    /// Nothing, between two requests.
    Idle,
}

const ALL: [Doing; 5] = [Doing::Handshake, Doing::Head, Doing::Body, Doing::Answer, Doing::Idle];

/// One connection. All that changes it happens in the connection's own task; the others only look.
#[derive(Debug)]
pub(super) struct Seat {
    began: Instant,
    /// Milliseconds since then, times eight, plus what it has been doing from there on.
    doing: AtomicU64,
    /// Milliseconds since then from which on nothing could be sent to it; 0: it can.
    stalled: AtomicU64,
}

impl Default for Seat {
    fn default() -> Self {
        // Until its task runs it waits for us.
        Self { began: Instant::now(), doing: AtomicU64::new(Doing::Answer as u64), stalled: AtomicU64::new(0) }
    }
}

impl Seat {
    pub(super) fn goes_on_with(&self, doing: Doing) {
        self.doing.store(self.now() << 3 | doing as u64, Ordering::Relaxed);
    }

    pub(super) fn is(&self, doing: Doing) -> bool {
        self.state().0 == doing
    }

    /// Bytes have come.
    pub(super) fn has_sent(&self) {
        if self.is(Doing::Idle) {
            self.goes_on_with(Doing::Head);
        }
    }

    /// Bytes could be sent to it, or not.
    pub(super) fn takes(&self, taken: bool) {
        let stalled = self.stalled.load(Ordering::Relaxed);
        if taken && stalled != 0 {
            self.stalled.store(0, Ordering::Relaxed);
        } else if !taken && stalled == 0 {
            self.stalled.store(self.now().max(1), Ordering::Relaxed);
        }
    }

    /// Since when nothing goes on because of the client; `None` while we are at work.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        Some(self.waiting()?.0)
    }

    /// When it has taken too long for what it is doing.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting().map(|(since, patience)| since + patience)
    }

    fn waiting(&self) -> Option<(Instant, Duration)> {
        let since = |milliseconds| self.began + Duration::from_millis(milliseconds);
        let stalled = self.stalled.load(Ordering::Relaxed);
        if stalled != 0 {
            return Some((since(stalled), STALL_TIMEOUT));
        }
        let (doing, from) = self.state();
        let patience = match doing {
            Doing::Handshake => HANDSHAKE_TIMEOUT,
            Doing::Head => HEADER_TIMEOUT,
            Doing::Body => BODY_TIMEOUT,
            Doing::Idle => IDLE_TIMEOUT,
            Doing::Answer => return None,
        };
        Some((since(from), patience))
    }

    fn state(&self) -> (Doing, u64) {
        let state = self.doing.load(Ordering::Relaxed);
        let doing = ALL.into_iter().find(|doing| *doing as u64 == state & 7).unwrap_or(Doing::Head);
        (doing, state >> 3)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX >> 3)
    }
}
