//! What was sent lately, and what became of it, for the page.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::outbox::{detail_named, kind_named};
use super::sqlite::{column, time};
use super::{DeliveryId, Entry};

/// So many bytes of notifications are read at once; the newest is, however long.
pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;

macro_rules! entries {
    ($which:literal) => {
        concat!(
            "SELECT d.id, d.channel, n.kind, d.state, d.detail, n.received_at, d.finished_at, d.reason, n.note, n.body,
                    (SELECT count(*) FROM deliveries m WHERE m.merged_into = d.id) FROM ",
            $which
        )
    };
}
/// What another message told besides itself is left to that one.
const OF_ALL: &str = entries!(
    "deliveries d JOIN notifications n ON n.id = d.notification WHERE d.merged_into IS NULL ORDER BY d.id DESC LIMIT ?1"
);
const OF_CHANNEL: &str = entries!(
    "deliveries d JOIN notifications n ON n.id = d.notification WHERE d.merged_into IS NULL AND d.channel = ?2
     ORDER BY d.id DESC LIMIT ?1"
);
const OF_REPORTS: &str = entries!(
    "notifications n CROSS JOIN deliveries d ON d.notification = n.id WHERE n.kind = 'report' AND d.merged_into IS NULL
     ORDER BY n.id DESC LIMIT ?1"
);
const ONE: &str = entries!("deliveries d JOIN notifications n ON n.id = d.notification WHERE d.id = ?1");

/// The newest first, of one channel alone if it is named.
pub(super) fn recent(
    connection: &Connection,
    channel: Option<&str>,
    limit: u32,
    most_bytes: usize,
) -> rusqlite::Result<Vec<Entry>> {
    match channel {
        Some(channel) => read(connection, OF_CHANNEL, params![limit, channel], most_bytes),
        None => read(connection, OF_ALL, params![limit], most_bytes),
    }
}

/// The same of reports.
pub(super) fn reports(connection: &Connection, limit: u32, most_bytes: usize) -> rusqlite::Result<Vec<Entry>> {
    read(connection, OF_REPORTS, params![limit], most_bytes)
}

pub(super) fn one(connection: &Connection, id: i64) -> rusqlite::Result<Option<Entry>> {
    connection.prepare_cached(ONE)?.query_row([id], entry).optional()
}

fn read(connection: &Connection, sql: &str, params: impl Params, most_bytes: usize) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let (mut entries, mut bytes) = (Vec::new(), 0_usize);
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        bytes = bytes.saturating_add(entry.body.len());
        if bytes > most_bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{dead, sqlite};

    fn plan(connection: &Connection, sql: &str) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let unset = statement.parameter_count();
        let rows = statement.query_map(rusqlite::params_from_iter(vec![1; unset]), |row| row.get::<_, String>(3));
        rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn nothing_walks_through_all_rows_or_sorts_them() {
        let directory = tempfile::tempdir().unwrap();
        let database = sqlite::open(&directory.path().join("relay.db"), u64::MAX / 2).unwrap();
        for (sql, index) in [
            (OF_CHANNEL, "SEARCH d USING INDEX deliveries_shown (channel=?)"),
            (OF_REPORTS, "SCAN n USING INDEX notifications_of_reports"),
            (ONE, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)"),
            (dead::LIST, "SCAN d USING INDEX deliveries_dead"),
        ] {
            let plan = plan(&database.connection, sql);
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
            // An index that holds nothing else may be read from its end.
            let scans: Vec<&str> = plan.lines().filter(|step| step.starts_with("SCAN") && *step != index).collect();
            assert_eq!(scans, [""; 0], "{plan}");
        }
        // Read from the end of the table, and no further than asked for.
        let plan = plan(&database.connection, OF_ALL);
        assert!(plan.starts_with("SCAN d\n") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
