//! When the next call may be made: a pure function of the calls before it.

use std::time::Duration;

use jiff::Timestamp;

/// What cannot be told within this time, message by message, is told together.
const PATIENCE: Duration = Duration::from_secs(30);
/// More messages than these within [`SUDDENLY`] are a storm: whoever is told of a sixth thing within seconds wants a
/// list. A steady flow at the rate of any chat is none.
const SUDDEN: usize = 5;
const SUDDENLY: Duration = Duration::from_secs(8);
/// In a storm each message waits so long after the one before for what else there is. Two hundred containers that crash
/// together are told of over some seconds, one by one, and would otherwise make many messages.
const GATHERING: Duration = Duration::from_secs(5);
/// So long after it was last seen a storm goes on: its stragglers are listed as well, from two on.
const CALM: Duration = Duration::from_secs(30);

/// The earliest moment, `now` or later, at which one more call keeps to every budget of at most `.0` calls in `.1`.
///
/// `ended` holds when the calls before were answered, the oldest first. Answered, not made: the service cannot have
/// counted a call later than that, however long the call was on its way. Moments after `now` come from a clock that
/// was set back, and count as `now`.
pub fn next_allowed(ended: &[Timestamp], budgets: &[(u32, Duration)], now: Timestamp) -> Timestamp {
    let free = |(calls, window): &(u32, Duration)| {
        let oldest_that_counts = ended.len().checked_sub(usize::try_from(*calls).unwrap_or(usize::MAX))?;
        // A millisecond more, by which stored moments are rounded down.
        Some(after(*ended.get(oldest_that_counts)?.min(&now), *window + Duration::from_millis(1)))
    };
    budgets.iter().filter_map(free).chain([now]).max().unwrap_or(now)
}

/// How many calls the budgets allow from `now` until `within` later, given the calls before; without any budget there
/// is no bound.
pub fn served_within(ended: &[Timestamp], budgets: &[(u32, Duration)], now: Timestamp, within: Duration) -> usize {
    /// More are as good as no bound, and would only take longer to count.
    const MANY: usize = 1000;
    if budgets.is_empty() {
        return usize::MAX;
    }
    let mut calls = ended.to_vec();
    for served in 0..MANY {
        let at = next_allowed(&calls, budgets, calls.last().map_or(now, |last| now.max(*last)));
        if at > after(now, within) {
            return served;
        }
        calls.push(at);
    }
    MANY
}

/// How many groups are told one by one: as many as the budgets leave room for before long, and after some sudden calls
/// fewer still. Nobody reads each of two hundred messages, even where a chat would take them within the half minute.
/// `storm` is the time since a storm was last seen.
pub fn told_singly(
    ended: &[Timestamp],
    budgets: &[(u32, Duration)],
    told: &Told,
    storm: Option<Duration>,
    now: Timestamp,
) -> usize {
    if budgets.is_empty() {
        return usize::MAX;
    }
    if is_on(storm) {
        return 1;
    }
    served_within(ended, budgets, now, PATIENCE).min(SUDDEN.saturating_sub(told.lately(now)))
}

/// When the last alerts were told. Not calls: an alert may take several, and a report takes as many as it likes.
#[derive(Debug, Default)]
pub struct Told([Option<Timestamp>; SUDDEN]);

impl Told {
    /// Notes one more; whether they make a storm. A channel without budgets knows none.
    pub fn add(&mut self, at: Timestamp, budgets: &[(u32, Duration)]) -> bool {
        self.0.rotate_left(1);
        if let Some(last) = self.0.last_mut() {
            *last = Some(at);
        }
        !budgets.is_empty() && self.lately(at) >= SUDDEN
    }

    fn lately(&self, now: Timestamp) -> usize {
        let since = now.checked_sub(SUDDENLY).unwrap_or(Timestamp::MIN);
        self.0.iter().flatten().filter(|at| **at > since).count()
    }
}

/// How long the next message still waits for what else there is; `told` is the time since the one before.
pub fn gathers(storm: Option<Duration>, told: Option<Duration>) -> Duration {
    told.filter(|_| is_on(storm)).map_or(Duration::ZERO, |since| GATHERING.saturating_sub(since))
}

fn is_on(storm: Option<Duration>) -> bool {
    storm.is_some_and(|since| since < CALM)
}

/// `wait` after `from`; the end of time where there is no such moment.
pub fn after(from: Timestamp, wait: Duration) -> Timestamp {
    from.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGETS: &[(u32, Duration)] = &[(5, Duration::from_secs(2)), (30, Duration::from_secs(60))];

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + millis).unwrap()
    }

    fn told(moments: &[i64]) -> Told {
        let mut told = Told::default();
        for moment in moments {
            told.add(at(*moment), BUDGETS);
        }
        told
    }

    #[test]
    fn the_first_calls_go_at_once() {
        assert_eq!(next_allowed(&[], BUDGETS, at(0)), at(0));
        assert_eq!(next_allowed(&[at(0); 4], BUDGETS, at(0)), at(0));
    }

    #[test]
    fn the_sixth_call_waits_until_the_first_is_out_of_the_window() {
        let ended = [0, 100, 200, 300, 400].map(at);
        assert_eq!(next_allowed(&ended, BUDGETS, at(500)), at(2001));
        assert_eq!(next_allowed(&ended, BUDGETS, at(2001)), at(2001));
    }

    #[test]
    fn a_clock_that_was_set_back_costs_one_window_at_most() {
        assert_eq!(next_allowed(&[at(3_600_000); 5], BUDGETS, at(0)), at(2001));
    }

    #[test]
    fn what_can_be_told_soon_is_what_the_budgets_leave() {
        let served = |ended: &[Timestamp]| served_within(ended, BUDGETS, at(0), Duration::from_secs(30));
        assert_eq!(served(&[]), 30);
        assert_eq!(served(&[at(-1000); 30]), 0);
        assert_eq!(served(&[at(-40_000); 20]), 30);
        assert_eq!(served(&[at(-10_000); 20]), 10);
        assert_eq!(served_within(&[at(0); 9], &[], at(0), Duration::from_secs(30)), usize::MAX);
    }

    #[test]
    fn five_groups_are_told_one_by_one_and_of_a_storm_fewer() {
        let singly = |moments: &[i64]| told_singly(&[], BUDGETS, &told(moments), None, at(0));
        assert_eq!(singly(&[]), 5);
        assert_eq!(singly(&[-7000, -1000, -10]), 2);
        assert_eq!(singly(&[-1000; 12]), 0);
        // A steady flow is no storm.
        assert_eq!(singly(&[-20_000, -15_000, -10_000, -8000]), 5);
        let in_budget = |ended: &[Timestamp]| told_singly(ended, BUDGETS, &Told::default(), None, at(0));
        // Calls that told no alert, the parts of a report say.
        assert_eq!(in_budget(&[at(-1000); 12]), 5);
        assert_eq!(in_budget(&[at(-10_000); 28]), 2);
        assert_eq!(told_singly(&[at(0); 99], &[], &told(&[0; 9]), None, at(0)), usize::MAX);
    }

    #[test]
    fn what_straggles_behind_a_list_is_no_row_of_messages() {
        // The messages are out of sight, and the storm is not over.
        let singly = |since| told_singly(&[], BUDGETS, &told(&[-10_000; 9]), Some(Duration::from_secs(since)), at(0));
        assert_eq!(singly(6), 1);
        assert_eq!(singly(29), 1);
        assert_eq!(singly(30), 5);
        assert_eq!(told_singly(&[], &[], &Told::default(), Some(Duration::from_secs(1)), at(0)), usize::MAX);
    }

    #[test]
    fn a_storm_is_seen_by_its_fifth_message_and_not_in_the_steadiest_flow() {
        let is_sudden = |before: &[i64], budgets| told(before).add(at(0), budgets);
        assert!(is_sudden(&[-7900, -6000, -4000, -2000], BUDGETS));
        // Thirty a minute.
        assert!(!is_sudden(&[-8000, -6000, -4000, -2000], BUDGETS));
        assert!(!is_sudden(&[0; 9], &[]));
        // A private chat of Telegram's, which takes one a second.
        assert!(is_sudden(&[-4400, -3300, -2200, -1100], &[(1, Duration::from_millis(1050))]));
    }

    #[test]
    fn in_a_storm_each_message_waits_for_what_else_there_is() {
        let waits = |storm: u64, told: u64| gathers(Some(Duration::from_secs(storm)), Some(Duration::from_secs(told)));
        assert_eq!(waits(0, 0), Duration::from_secs(5));
        assert_eq!(waits(29, 2), Duration::from_secs(3));
        assert_eq!(waits(29, 6), Duration::ZERO);
        assert_eq!(waits(30, 0), Duration::ZERO);
        assert_eq!(gathers(None, Some(Duration::ZERO)), Duration::ZERO);
    }

    #[test]
    fn two_hundred_calls_in_a_row_keep_to_both_windows() {
        let mut ended: Vec<Timestamp> = Vec::new();
        for _ in 0..200 {
            let now = ended.last().copied().unwrap_or(at(0));
            ended.push(next_allowed(&ended, BUDGETS, now));
        }
        for (calls, window) in BUDGETS {
            for run in ended.windows(*calls as usize + 1) {
                assert!(run[*calls as usize].duration_since(run[0]).unsigned_abs() > *window);
            }
        }
        // Six full minutes hold 180 of them; the last twenty need three windows of two seconds more.
        let took = ended[199].duration_since(ended[0]).as_millis();
        assert!((366_000..367_000).contains(&took), "{took}");
    }
}
