//! Which events were seen: after a reconnect Docker sends the last ones again.

use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;

use super::event::Event;

/// Docker keeps 256 events to send again.
const KEPT: usize = 512;

type Key = (Timestamp, String, String);

/// The last events, and the time of the newest.
#[derive(Debug, Default)]
pub struct Seen {
    order: VecDeque<Key>,
    keys: HashSet<Key>,
    newest: Option<Timestamp>,
}

impl Seen {
    /// Whether this one is new; from now on it is not.
    pub fn is_new(&mut self, event: &Event) -> bool {
        let key = event.key();
        if !self.keys.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        self.newest = self.newest.max(Some(event.at));
        true
    }

    /// From when to ask for events that were missed.
    pub const fn newest(&self) -> Option<Timestamp> {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{KEPT, Seen};
    use crate::docker::container::Identity;
    use crate::docker::event::{Action, Event};

    fn event(nanosecond: usize, action: Action) -> Event {
        let container = Identity { id: "ab".to_owned(), ..Identity::default() };
        Event { at: Timestamp::from_nanosecond(nanosecond as i128).unwrap(), action, container }
    }

    #[test]
    fn what_happens_at_the_same_instant_is_told_apart_and_memory_is_bounded() {
        let mut seen = Seen::default();
        assert!(seen.is_new(&event(1, Action::Start)));
        assert!(seen.is_new(&event(1, Action::Restart)));
        assert!(!seen.is_new(&event(1, Action::Start)));
        for number in 2..KEPT + 2 {
            assert!(seen.is_new(&event(number, Action::Oom)));
        }
        assert_eq!((seen.order.len(), seen.keys.len()), (KEPT, KEPT));
        assert_eq!(seen.newest(), Some(Timestamp::from_nanosecond(KEPT as i128 + 1).unwrap()));
    }
}
