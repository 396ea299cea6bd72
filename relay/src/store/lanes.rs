//! Which deliveries have others of their channel and group beside them: those keep their order.
//!
//! Nearly all are alone. The index of lanes has those alone that are not, because a tree of random numbers costs a page
//! of the log for each; who else is in a lane is known here.

use rusqlite::{Connection, params};

use super::remembered::Remembered;
use crate::ingest::KeyHash;

/// So many more lanes are remembered than there were when they were last looked through; most are empty by then.
const EMPTY: usize = 100_000;

/// The number of a delivery that is alone.
pub(super) const ALONE: i64 = 0;

/// The newest delivery of each lane, in which others are that are not delivered yet. It may be delivered itself.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    newest: Remembered<i64>,
    /// With so many it is time to look for empty ones.
    most: usize,
}

/// What stands for a channel and a group. Two groups that share a number are told apart by their texts.
pub(super) fn number(channel: &str, group_key: &str) -> i64 {
    let mut hash = KeyHash::default();
    hash.strings(&[channel, group_key]);
    match hash.number() {
        ALONE => 1,
        number => number,
    }
}

/// Gives the rows of older versions their numbers, as if none was alone: those that wait, and those that may have to
/// again.
pub(super) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    let mut update = connection.prepare("UPDATE deliveries SET lane = ?2 WHERE id = ?1")?;
    undelivered(connection, |id, lane| update.execute([id, lane]).map(drop))
}

fn undelivered(
    connection: &Connection,
    mut each: impl FnMut(i64, i64) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut rows = connection
        .prepare("SELECT id, channel, group_key FROM deliveries WHERE state <> 'delivered' ORDER BY id DESC")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        each(row.get(0)?, number(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?))?;
    }
    Ok(())
}

impl Lanes {
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut newest = Remembered::default();
        undelivered(connection, |id, lane| {
            newest.know(lane, id);
            Ok(())
        })?;
        let most = newest.len() * 2 + EMPTY;
        Ok(Self { newest, most })
    }

    /// The number for a delivery that comes now. Who was alone in its lane is so no longer.
    pub fn enter(&self, connection: &Connection, channel: &str, group_key: &str) -> rusqlite::Result<Entered> {
        let number = number(channel, group_key);
        let Some(before) = self.newest.get(&number) else { return Ok(Entered { number, lane: ALONE }) };
        // The row with this id may be another group's, with the same number.
        connection
            .prepare_cached(
                "UPDATE deliveries SET lane = ?2 WHERE id = ?1 AND lane = 0 AND state <> 'delivered' AND channel = ?3
                 AND group_key = ?4",
            )?
            .execute(params![before, number, channel, group_key])?;
        Ok(Entered { number, lane: number })
    }

    /// The delivery is there, with this id.
    pub fn add(&mut self, entered: &Entered, id: i64) {
        self.newest.add(entered.number, id);
    }

    pub fn unsettled(&self) -> usize {
        self.newest.unsettled()
    }

    pub fn undo(&mut self, beyond: usize) {
        self.newest.undo(beyond);
    }

    /// What was added is on disk. Now and then, those are forgotten that are empty.
    pub fn settle(&mut self, connection: &Connection) {
        self.newest.settle();
        if self.newest.len() >= self.most {
            match Self::load(connection) {
                Ok(loaded) => *self = loaded,
                // What is known is still right, and more than has to be.
                Err(_) => self.most += EMPTY,
            }
        }
    }
}

/// The place of a delivery that is about to be there.
pub(super) struct Entered {
    number: i64,
    /// What its row says.
    pub lane: i64,
}
