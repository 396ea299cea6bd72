//! Which notifications came in the last minutes, against repeats.
//!
//! Their keys are on disk beside their notifications, where the next process finds them, and are looked for here: keys
//! are random, and a tree of them on disk costs a page of the log for each.

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::Notification;
use super::remembered::Remembered;
use super::sqlite::millis;

/// No window is longer than this.
const KEPT_MS: u64 = 10 * 60 * 1000;
/// Keys of one generation at most, which is a few tens of megabytes for both. What came before a larger storm than
/// that may be told twice.
const MOST: usize = 250_000;

/// 128 bits of a hash: of the key, whatever that is made of.
pub(super) type Key = [u8; 16];

/// When each key was seen last, in two generations: the older one is dropped as a whole.
#[derive(Debug, Default)]
pub(super) struct Seen {
    young: Remembered<Key>,
    old: Remembered<Key>,
    /// When the young generation began.
    since: i64,
}

pub(super) fn key(notification: &Notification) -> Key {
    let mut key = Key::default();
    let hash = Sha256::digest(&notification.dedupe_key);
    key.iter_mut().zip(hash).for_each(|(byte, of_hash)| *byte = of_hash);
    key
}

impl Seen {
    /// Those of the notifications that came last.
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut seen = Self::default();
        let mut rows = connection.prepare("SELECT received_at, dedupe_key FROM notifications ORDER BY id DESC")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            if seen.young.len() == 0 {
                seen.since = at;
            }
            if seen.since.abs_diff(at) >= KEPT_MS || seen.young.len() >= MOST {
                break;
            }
            if let Some(key) = row.get(1)? {
                seen.young.know(key, at);
            }
        }
        Ok(seen)
    }

    /// Whether this notification repeats one of its window. A key from the future (the clock was set back) counts by its
    /// distance, or one wrong clock would silence a group for years.
    pub fn repeats(&self, key: &Key, notification: &Notification) -> bool {
        let Some(window) = notification.dedupe_window else { return false };
        let now = millis(notification.received_at);
        let seen_at = self.young.get(key).or_else(|| self.old.get(key));
        seen_at.is_some_and(|seen_at| u128::from(now.abs_diff(seen_at)) < window.as_millis())
    }

    /// Adds a key that is about to be on disk.
    pub fn add(&mut self, key: Key, at: i64) {
        self.young.add(key, at);
    }

    pub fn unsettled(&self) -> usize {
        self.young.unsettled()
    }

    pub fn undo(&mut self, beyond: usize) {
        self.young.undo(beyond);
    }

    /// What was added is on disk.
    pub fn settle(&mut self, now: i64) {
        self.young.settle();
        if now.abs_diff(self.since) >= KEPT_MS || self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
    }
}
