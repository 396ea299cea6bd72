//! The deliveries' SQL: from append to acknowledge or bury; `claim.rs` has what lies between.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::claim::{finish_merged, release_merged};
use super::memory::Memory;
use super::seen;
use super::sqlite::{column, millis};
use super::{Appended, Card, Deferral, DeliveryId, MessageKind, Notification, Prepared};
use crate::alert::{Severity, Status};
use crate::channel::{Detail, MessageRef};

/// A message that is partly sent goes before everything else: its parts belong together.
const BEGUN: u8 = 100;

/// Which of two waiting groups goes first.
fn priority(kind: MessageKind, severity: Severity) -> u8 {
    match (kind, severity) {
        (MessageKind::Panel, _) => 0,
        (MessageKind::Report, _) => 5,
        (MessageKind::Reply, _) => 40,
        (_, Severity::Info) => 10,
        (_, Severity::Warning) => 20,
        (_, Severity::Critical) => 30,
    }
}

pub(super) fn append(
    connection: &Connection,
    memory: &mut Memory,
    notification: &Notification,
) -> rusqlite::Result<Appended> {
    let key = seen::key(notification);
    if memory.seen.repeats(&key, notification) {
        return Ok(Appended::Duplicate);
    }
    let received_at = millis(notification.received_at);
    connection
        .prepare_cached(
            "INSERT INTO notifications (kind, status, severity, note, body, received_at, dedupe_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            notification.kind.as_str(),
            notification.status.as_str(),
            notification.severity.as_str(),
            notification.note,
            notification.body,
            received_at,
            key
        ])?;
    let id = connection.last_insert_rowid();
    let mut insert = connection.prepare_cached(
        "INSERT INTO deliveries (notification, channel, group_key, priority, lane) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let priority = priority(notification.kind, notification.severity);
    for channel in BTreeSet::from_iter(&notification.channels) {
        let entered = memory.lanes.enter(connection, channel, &notification.group_key)?;
        insert.execute(params![id, channel, notification.group_key, priority, entered.lane])?;
        memory.lanes.add(&entered, connection.last_insert_rowid());
    }
    memory.seen.add(key, received_at);
    Ok(Appended::Stored)
}

pub(super) fn reclaim(connection: &Connection, channel: &str) -> rusqlite::Result<()> {
    connection
        .execute(
            "UPDATE deliveries SET state = 'pending', due_at = 0, maybe_sent = 1 WHERE state = 'sending' AND channel = ?1",
            [channel],
        )
        .map(drop)
}

pub(super) fn kind_named(word: &str) -> Option<MessageKind> {
    MessageKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

const DETAILS: [(Detail, &str); 4] =
    [(Detail::Full, "full"), (Detail::Compact, "compact"), (Detail::Plain, "plain"), (Detail::Title, "title")];

pub(super) fn detail_named(word: &str) -> Option<Detail> {
    DETAILS.iter().find(|(_, name)| *name == word).map(|(detail, _)| *detail)
}

pub(super) fn prepared(connection: &Connection, id: DeliveryId, part: u32) -> rusqlite::Result<Option<Prepared>> {
    let payload: Option<serde_json::Value> = connection
        .prepare_cached("SELECT payload FROM parts WHERE delivery = ?1 AND part = ?2")?
        .query_row(params![id.0, part], |row| column(row, 0, |text| serde_json::from_str(text).ok()))
        .optional()?;
    let Some(payload) = payload else { return Ok(None) };
    let more = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM parts WHERE delivery = ?1 AND part > ?2)")?
        .query_row(params![id.0, part], |row| row.get(0))?;
    Ok(Some(Prepared { payload, more }))
}

pub(super) fn prepare(connection: &Connection, id: DeliveryId, parts: &[serde_json::Value]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM parts WHERE delivery = ?1")?.execute([id.0])?;
    let mut insert = connection.prepare_cached("INSERT INTO parts (delivery, part, payload) VALUES (?1, ?2, ?3)")?;
    for (payload, part) in parts.iter().zip(0_u32..) {
        insert.execute(params![id.0, part, payload.to_string()])?;
    }
    Ok(())
}

pub(super) fn acknowledge(
    connection: &Connection,
    id: DeliveryId,
    reference: &MessageRef,
    more: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    end_attempt(connection, id, "delivered", None, now)?;
    // What speaks of many groups is no group's message to answer or to edit.
    if !reference.0.is_empty() {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO message_refs (delivery, part, channel, group_key, reference, sent_at)
                 SELECT d.id, d.part, d.channel, d.group_key, ?2, ?3 FROM deliveries d WHERE d.id = ?1
                 AND NOT EXISTS (
                   SELECT 1 FROM deliveries m WHERE m.merged_into = d.id AND m.group_key <> d.group_key)",
            )?
            .execute(params![id.0, reference.0, millis(now)])?;
    }
    if more {
        connection
            .prepare_cached(
                "UPDATE deliveries SET state = 'pending', part = part + 1, attempts = 0, maybe_sent = 0, due_at = 0,
                 priority = ?2, reason = NULL WHERE id = ?1",
            )?
            .execute(params![id.0, BEGUN])?;
    } else {
        finish(connection, id, "delivered", None, now)?;
    }
    Ok(())
}

pub(super) fn defer(
    connection: &Connection,
    id: DeliveryId,
    deferral: &Deferral,
    now: Timestamp,
) -> rusqlite::Result<()> {
    end_attempt(connection, id, if deferral.counts { "retried" } else { "throttled" }, Some(&deferral.reason), now)?;
    connection
        .prepare_cached(
            "UPDATE deliveries SET state = 'pending', due_at = ?2, maybe_sent = max(maybe_sent, ?3),
             attempts = max(attempts - ?4, 0), reason = ?5 WHERE id = ?1",
        )?
        .execute(params![id.0, millis(deferral.due_at), deferral.maybe_sent, !deferral.counts, deferral.reason])?;
    release_merged(connection, id)
}

pub(super) fn degrade(
    connection: &Connection,
    id: DeliveryId,
    to: Detail,
    reason: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    end_attempt(connection, id, "degraded", Some(reason), now)?;
    let to = DETAILS.iter().find(|(detail, _)| *detail == to).map(|(_, name)| *name);
    connection.prepare_cached("DELETE FROM parts WHERE delivery = ?1")?.execute([id.0])?;
    // The laying out begins anew, and so may repeat what earlier parts have said.
    connection
        .prepare_cached(
            "UPDATE deliveries SET state = 'pending', due_at = 0, attempts = 0, maybe_sent = max(maybe_sent, part > 0),
             part = 0, detail = ?2, reason = ?3 WHERE id = ?1",
        )?
        .execute(params![id.0, to, reason])
        .map(drop)
}

pub(super) fn bury(connection: &Connection, id: DeliveryId, reason: &str, now: Timestamp) -> rusqlite::Result<()> {
    end_attempt(connection, id, "dead", Some(reason), now)?;
    finish(connection, id, "dead", Some(reason), now)
}

fn finish(
    connection: &Connection,
    id: DeliveryId,
    state: &str,
    reason: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM parts WHERE delivery = ?1")?.execute([id.0])?;
    connection
        .prepare_cached("UPDATE deliveries SET state = ?2, reason = ?3, finished_at = ?4 WHERE id = ?1")?
        .execute(params![id.0, state, reason, millis(now)])?;
    finish_merged(connection, id, state, reason, now)
}

fn end_attempt(
    connection: &Connection,
    id: DeliveryId,
    result: &str,
    reason: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE attempts SET ended_at = ?2, result = ?3, reason = ?4
             WHERE id = (SELECT max(id) FROM attempts WHERE delivery = ?1)",
        )?
        .execute(params![id.0, millis(now), result, reason])
        .map(drop)
}

pub(super) fn message_refs(
    connection: &Connection,
    channel: &str,
    group_key: &str,
) -> rusqlite::Result<Vec<MessageRef>> {
    connection
        .prepare_cached(
            "SELECT reference FROM message_refs WHERE delivery = (
               SELECT max(delivery) FROM message_refs WHERE channel = ?1 AND group_key = ?2)
             ORDER BY part",
        )?
        .query_map([channel, group_key], |row| row.get(0).map(MessageRef))?
        .collect()
}

pub(super) fn card(connection: &Connection, channel: &str, group_key: &str) -> rusqlite::Result<Option<Card>> {
    let references = message_refs(connection, channel, group_key)?;
    connection
        .prepare_cached(
            "SELECT n.status, n.severity FROM deliveries d JOIN notifications n ON n.id = d.notification
             WHERE d.id = (SELECT max(delivery) FROM message_refs WHERE channel = ?1 AND group_key = ?2)",
        )?
        .query_row([channel, group_key], |row| {
            Ok(Card { references, status: column(row, 0, status_named)?, severity: column(row, 1, severity_named)? })
        })
        .optional()
}

pub(super) fn forget_card(connection: &Connection, channel: &str, group_key: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM message_refs WHERE channel = ?1 AND group_key = ?2")?
        .execute([channel, group_key])
        .map(drop)
}

pub(super) fn status_named(word: &str) -> Option<Status> {
    [Status::Firing, Status::Resolved].into_iter().find(|status| status.as_str() == word)
}

pub(super) fn severity_named(word: &str) -> Option<Severity> {
    [Severity::Info, Severity::Warning, Severity::Critical].into_iter().find(|severity| severity.as_str() == word)
}
