//! What to do after an answer: a pure function of the verdict and what went before.

use std::time::Duration;

use jiff::Timestamp;

use super::pace::after;
use crate::channel::{Detail, Verdict};

/// The first wait after trouble.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait after trouble: a chat that is back again is noticed within a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A destination that is gone is asked again so soon at first, and twice as late each time.
const FIRST_PROBE: Duration = Duration::from_mins(10);
/// Discord restricts who goes on calling what is gone; a call in six hours is not that.
const LONGEST_PROBE: Duration = Duration::from_hours(6);
/// A chat that says "wait 0 s" would otherwise be asked in a circle.
const SHORTEST_THROTTLE: Duration = Duration::from_millis(100);

/// What went before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// Attempts at this part, this one included.
    pub attempt: u32,
    /// Failures of the destination in a row, this one included.
    pub failures: u32,
    /// How much of the message was sent.
    pub detail: Detail,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// This part is done.
    Done,
    /// Send it again.
    Again {
        /// Nothing to this destination before this moment.
        destination_at: Timestamp,
        /// This message not before this one.
        message_at: Timestamp,
        /// All destinations of the service have to wait as long.
        whole_service: bool,
        /// The destination is gone until somebody mends it.
        gone: bool,
    },
    /// Send less of it, now.
    Less(Detail),
    /// Give it up.
    Bury,
}

/// The step that follows this verdict. `jitter` is a random number from 0 to 1, so that many relays do not come back
/// at the same moment.
pub fn next_attempt(history: &History, verdict: &Verdict, now: Timestamp, jitter: f64) -> Step {
    match verdict {
        Verdict::Delivered(_) => Step::Done,
        Verdict::Throttled { wait, whole_service } => Step::Again {
            destination_at: after(now, (*wait).max(SHORTEST_THROTTLE)),
            message_at: now,
            whole_service: *whole_service,
            gone: false,
        },
        Verdict::Unavailable(_) => Step::Again {
            destination_at: after(now, back_off(history.failures, jitter)),
            message_at: after(now, back_off(history.attempt, jitter)),
            whole_service: false,
            gone: false,
        },
        Verdict::Refused(_) => less(history.detail).map_or(Step::Bury, Step::Less),
        Verdict::Gone(_) | Verdict::Moved(_) => Step::Again {
            destination_at: after(now, doubled(FIRST_PROBE, history.failures, LONGEST_PROBE)),
            message_at: now,
            whole_service: false,
            gone: true,
        },
    }
}

/// The wait after so many failures in a row: a random time from one second to a limit that doubles up to a minute.
fn back_off(failures: u32, jitter: f64) -> Duration {
    let limit = doubled(FIRST_WAIT, failures, LONGEST_WAIT);
    FIRST_WAIT + (limit - FIRST_WAIT).mul_f64(jitter.clamp(0.0, 1.0))
}

fn doubled(first: Duration, times: u32, limit: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1))).min(limit)
}

fn less(detail: Detail) -> Option<Detail> {
    match detail {
        Detail::Full => Some(Detail::Compact),
        Detail::Compact => Some(Detail::Plain),
        Detail::Plain => Some(Detail::Title),
        Detail::Title => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn history(attempt: u32) -> History {
        History { attempt, failures: attempt, detail: Detail::Full }
    }

    fn waits(verdict: &Verdict, attempts: &[u32], jitter: f64) -> Vec<i64> {
        let wait = |attempt: &u32| match next_attempt(&history(*attempt), verdict, now(), jitter) {
            Step::Again { destination_at, .. } => destination_at.duration_since(now()).as_secs(),
            step => panic!("{step:?}"),
        };
        attempts.iter().map(wait).collect()
    }

    #[test]
    fn waits_grow_from_a_second_to_a_minute() {
        let down = Verdict::Unavailable("HTTP 502".to_owned());
        assert_eq!(waits(&down, &[1, 2, 3, 4, 5, 6, 7, 8, 40, u32::MAX], 1.0), [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(waits(&down, &[1, 2, 7, u32::MAX], 0.0), [1, 1, 1, 1]);
    }

    #[test]
    fn a_chats_own_wait_is_obeyed_however_long() {
        let banned = Verdict::Throttled { wait: Duration::from_hours(24), whole_service: true };
        assert_eq!(
            next_attempt(&history(1), &banned, now(), 0.5),
            Step::Again {
                destination_at: after(now(), Duration::from_hours(24)),
                message_at: now(),
                whole_service: true,
                gone: false
            }
        );
    }

    #[test]
    fn a_destination_that_is_gone_is_asked_rarely() {
        let gone = Verdict::Gone("HTTP 404, code 10015".to_owned());
        assert_eq!(waits(&gone, &[1, 2, 3, 6, 7, u32::MAX], 0.5), [600, 1200, 2400, 19_200, 21_600, 21_600]);
    }

    #[test]
    fn a_refused_message_loses_a_layer_at_a_time_and_is_buried_at_last() {
        let refused = Verdict::Refused("HTTP 400, code 50035".to_owned());
        let steps = [Detail::Full, Detail::Compact, Detail::Plain, Detail::Title]
            .map(|detail| next_attempt(&History { attempt: 1, failures: 1, detail }, &refused, now(), 0.5));
        assert_eq!(
            steps,
            [Step::Less(Detail::Compact), Step::Less(Detail::Plain), Step::Less(Detail::Title), Step::Bury]
        );
    }
}
