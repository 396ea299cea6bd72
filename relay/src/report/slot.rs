//! One time at which a report is due, and what is to be done about it: pure functions of what is known and the clock.

use std::time::Duration;

use jiff::Timestamp;

/// What has become of a report that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Nothing has happened yet, or no Alertmanager took the alert.
    Due,
    /// An Alertmanager has the alert, and is to call.
    Posted,
    /// To be sent: Alertmanager has called, or none is configured.
    Called,
    /// To be sent: Alertmanager did not call, and nobody keeps the report back.
    Alone,
    /// It is in the outbox.
    Sent,
    /// It is in the outbox, without Alertmanager.
    SentAlone,
    /// Somebody keeps it back: a silence, a time interval, an inhibition, or a configuration without it.
    Suppressed,
    /// The relay was away, or was called too late.
    Missed,
    /// It could not be made.
    Failed,
}

impl State {
    /// Every state, those that are not the end first.
    pub const ALL: [Self; 9] = [
        Self::Due,
        Self::Posted,
        Self::Called,
        Self::Alone,
        Self::Sent,
        Self::SentAlone,
        Self::Suppressed,
        Self::Missed,
        Self::Failed,
    ];

    /// The word for the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Posted => "posted",
            Self::Called => "called",
            Self::Alone => "alone",
            Self::Sent => "sent",
            Self::SentAlone => "self",
            Self::Suppressed => "suppressed",
            Self::Missed => "missed",
            Self::Failed => "failed",
        }
    }

    /// The state that this word stands for.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether something is still to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Due | Self::Posted | Self::Called | Self::Alone)
    }
}

/// A report at one time at which it was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The report's name.
    pub report: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// What has become of it.
    pub state: State,
    /// When Alertmanager was first asked to call.
    pub asked_at: Option<Timestamp>,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
}

/// What the configuration says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How late it may be sent.
    pub catch_up: Duration,
    /// How long Alertmanager has to call.
    pub grace: Duration,
    /// Whether there is an Alertmanager at all.
    pub has_alertmanagers: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Tell the Alertmanagers that it is due, or that it still is.
    Post,
    /// Ask the Alertmanagers what they have made of it.
    Inquire,
    /// Make it and put it into the outbox.
    Send,
    /// It is too late.
    Miss,
    /// Nothing any more.
    Nothing,
}

impl Slot {
    /// What is to be done about it now.
    pub fn step(&self, terms: &Terms, now: Timestamp) -> Step {
        match self.state {
            State::Called | State::Alone => Step::Send,
            _ if !self.state.is_open() => Step::Nothing,
            // One that was begun in time has its whole grace.
            _ if now > self.due_at + terms.catch_up + terms.grace => Step::Miss,
            _ if !terms.has_alertmanagers => Step::Send,
            _ if self.asked_at.is_some_and(|asked_at| now >= asked_at + terms.grace) => Step::Inquire,
            _ => Step::Post,
        }
    }
}

/// Whether one that was due then may still begin.
pub fn is_in_time(due_at: Timestamp, terms: &Terms, now: Timestamp) -> bool {
    now <= due_at + terms.catch_up
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms =
        Terms { catch_up: Duration::from_hours(1), grace: Duration::from_mins(3), has_alertmanagers: true };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn slot(state: State, asked_at: Option<i64>) -> Slot {
        Slot { report: "daily".to_owned(), due_at: at(0), state, asked_at: asked_at.map(at), settled_at: None }
    }

    #[test]
    fn alertmanager_has_its_grace_from_when_it_was_first_asked() {
        let posted = slot(State::Posted, Some(3000));
        let steps = [3000, 3179, 3180, 3700].map(|now| posted.step(&TERMS, at(now)));
        assert_eq!(steps, [Step::Post, Step::Post, Step::Inquire, Step::Inquire]);
        // Also where no Alertmanager took it.
        assert_eq!(slot(State::Due, Some(0)).step(&TERMS, at(180)), Step::Inquire);
        assert_eq!(slot(State::Due, None).step(&TERMS, at(180)), Step::Post);
    }

    #[test]
    fn without_an_alertmanager_it_is_sent_when_it_is_due() {
        let alone = Terms { has_alertmanagers: false, ..TERMS };
        assert_eq!(slot(State::Due, None).step(&alone, at(0)), Step::Send);
    }

    #[test]
    fn what_is_too_late_is_missed_but_not_what_is_to_be_sent() {
        let late = at(3781);
        assert_eq!(slot(State::Posted, Some(0)).step(&TERMS, late), Step::Miss);
        assert_eq!(slot(State::Called, Some(0)).step(&TERMS, late), Step::Send);
        assert_eq!(slot(State::Alone, Some(0)).step(&TERMS, late), Step::Send);
        for state in State::ALL.into_iter().filter(|state| !state.is_open()) {
            assert_eq!(slot(state, Some(0)).step(&TERMS, late), Step::Nothing, "{state:?}");
        }
    }

    #[test]
    fn states_have_words_of_their_own() {
        for state in State::ALL {
            assert_eq!(State::named(state.as_str()), Some(state));
        }
    }
}
