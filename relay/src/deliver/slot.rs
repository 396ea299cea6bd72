//! The place of a panel in its channel's loop: only the newest state is worth sending.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pace::after;
use crate::channel::{MessageRef, Payload};

/// Between two edits of a panel, so that it leaves most of a chat's budget to what cannot wait: six a minute, where the
/// strictest chat takes nineteen.
pub const EDIT_GAP: Duration = Duration::from_secs(10);
/// A panel on which nothing changes is edited all the same after so long: the time on it shows that somebody still looks.
pub const RENEWED_AFTER: Duration = Duration::from_mins(10);

/// What a panel is to show.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// Ready to be sent.
    pub payload: Payload,
    /// What it says, the moment aside: two that say the same have the same.
    pub sign: String,
    /// When that was so.
    pub at: Timestamp,
    /// The relay stops: nothing comes after this one.
    pub last: bool,
}

/// Holds the newest board until it is shown. Clones share it.
#[derive(Debug, Clone)]
pub struct Slot {
    gap: Duration,
    places: Arc<Mutex<Places>>,
}

#[derive(Debug, Default)]
struct Places {
    newest: Option<Board>,
    /// The sign of the board that the chat shows.
    shown: Option<String>,
}

impl Slot {
    /// `gap`: at least so long between two edits.
    pub fn new(gap: Duration) -> Self {
        Self { gap, places: Arc::default() }
    }

    /// Takes the place of what was not shown yet. Wake the store's listeners afterwards.
    pub fn put(&self, board: Board) {
        self.places().newest = Some(board);
    }

    /// Whether the chat shows the newest.
    pub fn is_shown(&self) -> bool {
        let places = self.places();
        places.newest.as_ref().is_none_or(|board| places.shown.as_ref() == Some(&board.sign))
    }

    pub(super) fn newest(&self) -> Option<Board> {
        self.places().newest.clone()
    }

    pub(super) fn shown(&self, sign: &str) {
        self.places().shown = Some(sign.to_owned());
    }

    pub(super) fn gap(&self) -> Duration {
        self.gap
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message that is a panel, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shown {
    /// Its id in the chat.
    pub reference: String,
    /// Where it is, as a hash of the address.
    pub address: String,
    /// What it says.
    pub sign: String,
    /// When it was last changed.
    pub sent_at: Timestamp,
}

/// What to do about a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing.
    Rest,
    /// Nothing before this moment.
    Wait(Timestamp),
    /// A new message.
    Post,
    /// Another text for this one.
    Edit(MessageRef),
}

/// What is to be done so that a board is shown, given what is shown now.
pub(super) fn turn(board: &Board, shown: Option<&Shown>, gap: Duration, now: Timestamp) -> Turn {
    let Some(shown) = shown else { return Turn::Post };
    let edit = Turn::Edit(MessageRef(shown.reference.clone()));
    // A clock that was set back delays nothing for longer than usual.
    let sent_at = shown.sent_at.min(now);
    if shown.sign == board.sign {
        return if after(sent_at, RENEWED_AFTER) <= now { edit } else { Turn::Rest };
    }
    let due = after(sent_at, gap);
    if board.last || due <= now { edit } else { Turn::Wait(due) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn board(sign: &str) -> Board {
        Board { payload: Payload(serde_json::json!({})), sign: sign.to_owned(), at: at(0), last: false }
    }

    fn shown(sign: &str) -> Shown {
        Shown { reference: "7".to_owned(), address: String::new(), sign: sign.to_owned(), sent_at: at(0) }
    }

    #[test]
    fn a_panel_is_edited_when_it_changes_and_not_before_the_gap_is_over() {
        let turn = |board: &Board, shown: Option<&Shown>, now| turn(board, shown, EDIT_GAP, now);
        let edit = Turn::Edit(MessageRef("7".to_owned()));
        assert_eq!(turn(&board("a"), None, at(0)), Turn::Post);
        assert_eq!(turn(&board("a"), Some(&shown("a")), at(599)), Turn::Rest);
        assert_eq!(turn(&board("a"), Some(&shown("a")), at(600)), edit);
        assert_eq!(turn(&board("b"), Some(&shown("a")), at(9)), Turn::Wait(at(10)));
        assert_eq!(turn(&board("b"), Some(&shown("a")), at(10)), edit);
        assert_eq!(turn(&Board { last: true, ..board("b") }, Some(&shown("a")), at(1)), edit);
        assert_eq!(turn(&board("b"), Some(&shown("a")), at(-3600)), Turn::Wait(at(-3590)));
    }

    #[test]
    fn five_hundred_changes_a_minute_are_six_edits_and_the_last_one_is_among_them() {
        let (slot, mut now, mut current, mut edits) = (Slot::new(EDIT_GAP), at(0), shown("start"), Vec::new());
        for number in 0..500 {
            now = now.checked_add(Duration::from_millis(120)).unwrap();
            slot.put(board(&number.to_string()));
            if turn(&slot.newest().unwrap(), Some(&current), EDIT_GAP, now) == Turn::Edit(MessageRef("7".to_owned())) {
                current = Shown { sign: slot.newest().unwrap().sign, sent_at: now, ..current };
                edits.push(now);
            }
        }
        assert_eq!((edits.len(), slot.is_shown()), (5, false));
        let Turn::Wait(then) = turn(&slot.newest().unwrap(), Some(&current), EDIT_GAP, now) else { panic!("no wait") };
        assert!(then <= at(70) && slot.newest().unwrap().sign == "499", "{then}");
        assert!(matches!(turn(&slot.newest().unwrap(), Some(&current), EDIT_GAP, then), Turn::Edit(_)));
    }
}
