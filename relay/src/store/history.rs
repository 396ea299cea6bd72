//! What was sent lately, and what became of it, for the page.

use rusqlite::{Connection, params};

use super::outbox::{detail_named, kind_named};
use super::sqlite::{column, time};
use super::{DeliveryId, Entry, MessageKind};

/// The newest first. What another message told besides itself is left to that one.
pub(super) fn recent(
    connection: &Connection,
    channel: Option<&str>,
    kind: Option<MessageKind>,
    limit: u32,
) -> rusqlite::Result<Vec<Entry>> {
    connection
        .prepare_cached(
            "SELECT d.id, d.channel, n.kind, d.state, d.detail, n.received_at, d.finished_at, d.reason, n.note, n.body,
                    (SELECT count(*) FROM deliveries m WHERE m.merged_into = d.id)
             FROM deliveries d JOIN notifications n ON n.id = d.notification
             WHERE d.merged_into IS NULL AND (?1 IS NULL OR d.channel = ?1) AND (?2 IS NULL OR n.kind = ?2)
             ORDER BY d.id DESC LIMIT ?3",
        )?
        .query_map(params![channel, kind.map(MessageKind::as_str), limit], |row| {
            Ok(Entry {
                id: DeliveryId(row.get(0)?),
                channel: row.get(1)?,
                kind: column(row, 2, kind_named)?,
                state: row.get(3)?,
                detail: column(row, 4, detail_named)?,
                received_at: time(row.get(5)?)?,
                finished_at: row.get::<_, Option<i64>>(6)?.map(time).transpose()?,
                reason: row.get(7)?,
                note: row.get(8)?,
                body: row.get(9)?,
                merged: row.get::<_, i64>(10)?.unsigned_abs(),
            })
        })?
        .collect()
}
