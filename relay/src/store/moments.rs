//! Moments that outlive the process, by their names.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::sqlite::{millis, time};

pub(super) fn get(connection: &Connection, name: &str) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached("SELECT at FROM moments WHERE name = ?1")?
        .query_row([name], |row| time(row.get(0)?))
        .optional()
}

pub(super) fn set(connection: &Connection, name: &str, at: Option<Timestamp>) -> rusqlite::Result<()> {
    match at {
        Some(at) => connection
            .prepare_cached("INSERT OR REPLACE INTO moments (name, at) VALUES (?1, ?2)")?
            .execute(params![name, millis(at)]),
        None => connection.prepare_cached("DELETE FROM moments WHERE name = ?1")?.execute([name]),
    }
    .map(drop)
}
