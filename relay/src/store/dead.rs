//! Dead letters: a look at them, another try, and an end.

use rusqlite::{Connection, params};

use super::sqlite::{column, time};
use super::{Chosen, DeadLetter, DeliveryId, MessageKind};

pub(super) const LIST: &str = "
SELECT d.channel, n.kind, d.group_key, n.body, d.reason, d.finished_at, d.id
FROM deliveries d JOIN notifications n ON n.id = d.notification
WHERE d.state = 'dead' AND (?1 IS NULL OR d.channel = ?1)
ORDER BY d.finished_at DESC, d.id DESC LIMIT ?2";

pub(super) fn list(connection: &Connection, channel: Option<&str>, limit: u32) -> rusqlite::Result<Vec<DeadLetter>> {
    connection
        .prepare_cached(LIST)?
        .query_map(params![channel, limit], |row| {
            Ok(DeadLetter {
                channel: row.get(0)?,
                kind: column(row, 1, |word| MessageKind::ALL.into_iter().find(|kind| kind.as_str() == word))?,
                group_key: row.get(2)?,
                body: row.get(3)?,
                reason: row.get(4)?,
                buried_at: time(row.get(5)?)?,
                id: DeliveryId(row.get(6)?),
            })
        })?
        .collect()
}

/// Which rows: state and channel, and the ids where some are named.
const CHOSEN: &str = "state = 'dead' AND (?1 IS NULL OR channel = ?1)
    AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2)))";

/// In full again: what the chat refused may have been mended since, in the chat or in the relay.
pub(super) fn retry(connection: &Connection, chosen: &Chosen) -> rusqlite::Result<usize> {
    let sql = format!(
        "UPDATE deliveries SET state = 'pending', due_at = 0, attempts = 0, maybe_sent = max(maybe_sent, part > 0),
         part = 0, detail = 'full', reason = NULL, finished_at = NULL WHERE {CHOSEN}"
    );
    connection.prepare_cached(&sql)?.execute(params![chosen.channel, ids(chosen)])
}

pub(super) fn discard(connection: &Connection, chosen: &Chosen) -> rusqlite::Result<usize> {
    let sql = format!("DELETE FROM deliveries WHERE {CHOSEN}");
    connection.prepare_cached(&sql)?.execute(params![chosen.channel, ids(chosen)])
}

fn ids(chosen: &Chosen) -> Option<String> {
    chosen.ids.as_ref().map(|ids| serde_json::Value::from(ids.clone()).to_string())
}
