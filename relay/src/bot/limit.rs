//! Who may ask, and how often: pure functions of the settings, of what went before and of the clock.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::Settings;
use super::update::Incoming;

/// So many answers a user gets within [`USER_WINDOW`]; once more a word about that, then nothing.
pub const USER_ANSWERS: usize = 5;
/// See [`USER_ANSWERS`].
pub const USER_WINDOW: Duration = Duration::from_secs(10);
/// A group takes twenty messages a minute of a bot, edits included: half of them are left for alerts.
pub const GROUP_ANSWERS: usize = 10;
/// See [`GROUP_ANSWERS`].
pub const GROUP_WINDOW: Duration = Duration::from_mins(1);
/// People that are remembered; beyond that those who were quiet for longest are forgotten.
const REMEMBERED: usize = 1000;

/// Whether an answer may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Yes.
    Answer,
    /// No, and that is to be said.
    SlowDown,
    /// No, and that was said.
    Silence,
}

/// Whether whoever did this may talk to the bot at all.
pub fn may_ask(settings: &Settings, incoming: &Incoming) -> bool {
    settings.allow_users.contains(&incoming.user.id) || settings.allow_chats.contains(&incoming.chat.id)
}

/// Counts answers.
#[derive(Debug, Default)]
pub struct Limits {
    users: HashMap<i64, Asked>,
    groups: HashMap<i64, Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    /// When answers were given.
    answered: VecDeque<Timestamp>,
    /// Until when it was said to be too much.
    warned_until: Option<Timestamp>,
}

impl Limits {
    /// Whether this may be answered now, which is counted.
    pub fn allow(&mut self, incoming: &Incoming, now: Timestamp) -> Allowance {
        let user = open(&mut self.users, incoming.user.id, USER_ANSWERS, USER_WINDOW, now);
        if user != Allowance::Answer {
            return user;
        }
        let chat = &incoming.chat;
        if !chat.is_private {
            let group = open(&mut self.groups, chat.id, GROUP_ANSWERS, GROUP_WINDOW, now);
            if group != Allowance::Answer {
                return group;
            }
            self.groups.entry(chat.id).or_default().answered.push_back(now);
        }
        self.users.entry(incoming.user.id).or_default().answered.push_back(now);
        Allowance::Answer
    }
}

fn open(all: &mut HashMap<i64, Asked>, id: i64, most: usize, window: Duration, now: Timestamp) -> Allowance {
    if all.len() >= REMEMBERED && !all.contains_key(&id) {
        let quiet = all.iter().min_by_key(|(_, asked)| asked.answered.back().copied()).map(|(id, _)| *id);
        quiet.and_then(|id| all.remove(&id));
    }
    let asked = all.entry(id).or_default();
    // After the clock was set back, what seems to come is forgotten.
    asked.answered.retain(|at| *at <= now && now.duration_since(*at).unsigned_abs() < window);
    if asked.answered.len() < most {
        asked.warned_until = None;
        return Allowance::Answer;
    }
    if asked.warned_until.is_some_and(|until| until > now) {
        return Allowance::Silence;
    }
    asked.warned_until = now.checked_add(window).ok();
    Allowance::SlowDown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::update::{Chat, User, What};

    fn press(user: i64, chat: i64) -> Incoming {
        Incoming {
            user: User { id: user, name: String::new(), locale: None },
            chat: Chat { id: chat, is_private: chat > 0, thread: None },
            what: What::Text("/top".to_owned()),
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
    }

    #[test]
    fn fifty_presses_in_ten_seconds_are_answered_five_times_and_warned_of_once() {
        let mut limits = Limits::default();
        let given: Vec<_> = (0..50).map(|number| limits.allow(&press(1001, 1001), at(number * 199))).collect();
        let count = |wanted| given.iter().filter(|allowance| **allowance == wanted).count();
        assert_eq!([Allowance::Answer, Allowance::SlowDown, Allowance::Silence].map(count), [5, 1, 44]);
        // Somebody else is not concerned, and a little later all is well again.
        assert_eq!(limits.allow(&press(1002, 1002), at(9800)), Allowance::Answer);
        assert_eq!(limits.allow(&press(1001, 1001), at(10_000)), Allowance::Answer);
    }

    #[test]
    fn a_group_is_left_half_of_its_budget() {
        let mut limits = Limits::default();
        let given: Vec<_> = (0..60).map(|number| limits.allow(&press(number, -100), at(number * 990))).collect();
        assert_eq!(given.iter().filter(|allowance| **allowance == Allowance::Answer).count(), GROUP_ANSWERS);
        assert_eq!(limits.allow(&press(7, 7), at(59_000)), Allowance::Answer);
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let mut limits = Limits::default();
        let last = (0..9).map(|_| limits.allow(&press(1, 1), at(3_600_000))).last();
        assert_eq!(last, Some(Allowance::Silence));
        assert_eq!(limits.allow(&press(1, 1), at(0)), Allowance::Answer);
    }

    #[test]
    fn only_those_who_are_listed_may_ask() {
        let settings = Settings { channel: "tg".to_owned(), allow_users: vec![1001], allow_chats: vec![-100] };
        let cases = [((1001, 1001), true), ((1001, -7), true), ((9, -100), true), ((9, 9), false), ((9, -7), false)];
        for ((user, chat), allowed) in cases {
            assert_eq!(may_ask(&settings, &press(user, chat)), allowed, "{user} in {chat}");
        }
    }
}
