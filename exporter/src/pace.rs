//! How long to rest between two rounds of what is slow: walks through directories, questions that make Docker count.

use std::time::{Duration, Instant};

/// At most a twentieth of the time.
const REST_FACTOR: u32 = 20;

/// What has failed is tried again after this: what was missing, such as Docker after a boot, is soon there.
const RETRY: Duration = Duration::from_secs(60);

/// One round that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// When it ended.
    pub ended: Instant,
    /// How long it took.
    pub took: Duration,
    /// It came to something.
    pub good: bool,
}

impl Round {
    /// How long to rest after it, at `now`; `interval` is from the beginning of one round to that of the next.
    pub fn rest(&self, interval: Duration, now: Instant) -> Duration {
        let interval = if self.good { interval } else { interval.min(RETRY) };
        let rest = interval.saturating_sub(self.took).max(self.took.saturating_mul(REST_FACTOR));
        rest.saturating_sub(now.saturating_duration_since(self.ended))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_round_is_followed_by_a_long_rest_and_a_failure_by_a_short_one() {
        let seconds = Duration::from_secs;
        let now = Instant::now();
        let rest = |took, good, ago| {
            let round = Round { ended: now, took: seconds(took), good };
            round.rest(seconds(600), now + seconds(ago)).as_secs()
        };
        assert_eq!([rest(2, true, 0), rest(60, true, 0)], [598, 1200]);
        assert_eq!([rest(2, true, 500), rest(2, true, 700)], [98, 0], "a reload between");
        assert_eq!([rest(0, false, 0), rest(60, false, 0)], [60, 1200]);
    }
}
