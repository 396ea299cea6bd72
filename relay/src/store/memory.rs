//! What the writer knows of the file without looking: to look would be to read at random places of it, and to keep it
//! there in order, to write at random places.

use rusqlite::Connection;

use super::lanes::Lanes;
use super::seen::Seen;

/// All of it. What is added stays only if it is on disk in the end.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub seen: Seen,
    pub lanes: Lanes,
}

/// A moment to which can be gone back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    seen: usize,
    lanes: usize,
}

impl Memory {
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self { seen: Seen::load(connection)?, lanes: Lanes::load(connection)? })
    }

    pub fn mark(&self) -> Mark {
        Mark { seen: self.seen.unsettled(), lanes: self.lanes.unsettled() }
    }

    /// Forgets what was added since, which is not on disk, nor will be.
    pub fn undo(&mut self, since: Mark) {
        self.seen.undo(since.seen);
        self.lanes.undo(since.lanes);
    }

    /// What was added is on disk.
    pub fn settle(&mut self, connection: &Connection, now: i64) {
        self.seen.settle(now);
        self.lanes.settle(connection);
    }
}
