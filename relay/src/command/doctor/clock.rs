//! This machine's clock beside that of a chat.

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

use super::{Finding, State};

/// The header is cut to seconds and was on its way; and nobody minds less than this.
const TOLERATED: SignedDuration = SignedDuration::from_secs(30);

/// By how much this machine is ahead of the `Date` of an answer.
pub(super) fn skew(date: Option<&str>, now: Timestamp) -> Option<SignedDuration> {
    let date = DateTimeParser::new().parse_timestamp(date?).ok()?;
    Some(now.duration_since(date))
}

pub(super) fn finding(skew: SignedDuration) -> Finding {
    if skew.abs() <= TOLERATED {
        return Finding::new(State::Good, "clock", "agrees with the chats' own");
    }
    let way = if skew.is_positive() { "ahead of" } else { "behind" };
    let says = format!(
        "this machine is {} s {way} the chats: times in messages are wrong, and TLS may fail; switch time \
         synchronisation on (`timedatectl set-ntp true`)",
        skew.abs().as_secs()
    );
    Finding::new(State::Wrong, "clock", says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_held_against_the_header() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let found = |date| skew(Some(date), now).map(finding);
        assert_eq!(found("Sat, 21 Nov 2026 10:00:20 GMT").unwrap().state, State::Good);
        let behind = found("Sat, 21 Nov 2026 11:00:00 GMT").unwrap();
        assert!(behind.state == State::Wrong && behind.says.contains("3600 s behind"), "{behind:?}");
        assert!(found("Sat, 21 Nov 2026 09:00:00 GMT").unwrap().says.contains("3600 s ahead of"));
        assert_eq!((found("yesterday"), skew(None, now)), (None, None));
    }
}
