//! Small things that outlive the process, by their names.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::sqlite::{millis, time};

/// The value, and when it was kept.
pub(super) fn get(connection: &Connection, name: &str) -> rusqlite::Result<Option<(String, Timestamp)>> {
    connection
        .prepare_cached("SELECT value, kept_at FROM kept WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, time(row.get(1)?)?)))
        .optional()
}

pub(super) fn set(connection: &Connection, name: &str, value: Option<&str>, now: Timestamp) -> rusqlite::Result<()> {
    match value {
        Some(value) => connection
            .prepare_cached("INSERT OR REPLACE INTO kept (name, value, kept_at) VALUES (?1, ?2, ?3)")?
            .execute(params![name, value, millis(now)]),
        None => connection.prepare_cached("DELETE FROM kept WHERE name = ?1")?.execute([name]),
    }
    .map(drop)
}
