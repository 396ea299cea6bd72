//! What surrounds the deliveries: counts, holds, refused requests, and clearing away.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::sqlite::{millis, time};
use super::{Backlog, REFUSED_KEPT};

/// Delivered messages are kept so long, for edits, replies and the history.
const DELIVERED_KEPT: Duration = Duration::from_hours(7 * 24);
/// Dead letters wait longer for somebody to look at them.
const DEAD_KEPT: Duration = Duration::from_hours(30 * 24);
/// However young: more finished deliveries than these are not kept, so that a storm cannot fill the disk for a week.
const FINISHED_KEPT: i64 = 50_000;
/// Rows that one call removes at most, so that nobody waits long behind it.
const PRUNE_BATCH: i64 = 500;
/// The same for a file that is half full, where the oldest go first and no more than have to.
const CROWDED_BATCH: i64 = 20;

pub(super) fn attempts_since(
    connection: &Connection,
    channel: &str,
    since: Timestamp,
) -> rusqlite::Result<Vec<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT coalesce(ended_at, started_at) AS at FROM attempts
             WHERE channel = ?1 AND started_at >= ?2 ORDER BY at",
        )?
        .query_map(params![channel, millis(since)], |row| time(row.get(0)?))?
        .collect()
}

pub(super) fn hold(connection: &Connection, scope: &str, until: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO holds (scope, until) VALUES (?1, ?2)")?
        .execute(params![scope, millis(until)])
        .map(drop)
}

pub(super) fn held_until(connection: &Connection, scope: &str) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached("SELECT until FROM holds WHERE scope = ?1")?
        .query_row([scope], |row| time(row.get(0)?))
        .optional()
}

pub(super) fn moved(
    connection: &Connection,
    channel: &str,
    address: &str,
    to: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO moves (channel, address, moved_to, moved_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![channel, address, to, millis(now)])
        .map(drop)
}

pub(super) fn moved_to(connection: &Connection, channel: &str, address: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT moved_to FROM moves WHERE channel = ?1 AND address = ?2")?
        .query_row([channel, address], |row| row.get(0))
        .optional()
}

pub(super) fn keep_refused(connection: &Connection, body: &[u8], reason: &str, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO refused (received_at, reason, body) VALUES (?1, ?2, ?3)")?
        .execute(params![millis(now), reason, body])?;
    connection
        .prepare_cached("DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?1")?
        .execute([REFUSED_KEPT])
        .map(drop)
}

pub(super) fn backlog(connection: &Connection) -> rusqlite::Result<Vec<Backlog>> {
    connection
        .prepare_cached(
            "SELECT w.channel, w.waiting, n.received_at, w.dead FROM (
               SELECT channel, count(*) FILTER (WHERE state <> 'dead') AS waiting, count(*) FILTER (WHERE state = 'dead') AS dead,
                      min(id) FILTER (WHERE state <> 'dead') AS oldest
               FROM deliveries WHERE state <> 'delivered' GROUP BY channel) w
             LEFT JOIN deliveries d ON d.id = w.oldest LEFT JOIN notifications n ON n.id = d.notification
             ORDER BY w.channel",
        )?
        .query_map([], |row| {
            Ok(Backlog {
                channel: row.get(0)?,
                pending: row.get::<_, i64>(1)?.unsigned_abs(),
                oldest: row.get::<_, Option<i64>>(2)?.map(time).transpose()?,
                dead: row.get::<_, i64>(3)?.unsigned_abs(),
            })
        })?
        .collect()
}

pub(super) fn check(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE checked SET count = count + 1", []).map(drop)
}

pub(super) fn prune(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let before = |kept: Duration| millis(now) - i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
    let remove =
        |sql: &str, parameters: &[i64]| connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(parameters));
    // Attempts, parts and message ids go with their delivery.
    let mut removed = remove(
        "DELETE FROM deliveries WHERE id IN (
           SELECT id FROM deliveries
           WHERE finished_at IS NOT NULL AND finished_at < CASE state WHEN 'dead' THEN ?1 ELSE ?2 END
           LIMIT ?3)",
        &[before(DEAD_KEPT), before(DELIVERED_KEPT), PRUNE_BATCH],
    )?;
    removed += remove(
        "DELETE FROM deliveries WHERE id IN (
           SELECT id FROM deliveries WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT ?1 OFFSET ?2)",
        &[PRUNE_BATCH, FINISHED_KEPT],
    )?;
    if is_half_full(connection)? {
        removed += remove(
            "DELETE FROM deliveries WHERE id IN (
               SELECT id FROM deliveries WHERE finished_at IS NOT NULL ORDER BY finished_at LIMIT ?1)",
            &[CROWDED_BATCH],
        )?;
    }
    removed += remove(
        "DELETE FROM notifications WHERE id IN (
           SELECT n.id FROM notifications n LEFT JOIN deliveries d ON d.notification = n.id
           WHERE d.id IS NULL AND n.id < (SELECT upto FROM recorded) LIMIT ?1)",
        &[PRUNE_BATCH],
    )?;
    // Gives free pages back to the file system, a few at a time.
    connection.prepare("PRAGMA incremental_vacuum(1000)")?.query_map([], |_| Ok(()))?.for_each(drop);
    Ok(removed)
}

/// Whether more than half of what the file may grow to is in use: from there on history gives way to what waits.
fn is_half_full(connection: &Connection) -> rusqlite::Result<bool> {
    let pages = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok((pages("page_count")? - pages("freelist_count")?) > pages("max_page_count")? / 2)
}
