//! The relay's own record of alerts: what fires now, and what did.
//!
//! Made from the notifications, which are on disk, when somebody looks: a storm is not slowed by its own record, and a
//! thousand alerts that are noted together cost a fraction of what they cost one by one.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::MessageKind;
use super::outbox::kind_named;
use super::sqlite::{column, millis, time};
use crate::alert::{Alert, Labels, Severity};
use crate::ingest;
use crate::report::MOMENTS;

/// An alert that fires is said again every `repeat_interval`, four hours unless configured otherwise. One that was not
/// for so long has ended without anybody saying so: its rule is gone, or Alertmanager forgot it.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(48);
/// What is over is kept so long.
const KEPT: Duration = Duration::from_hours(35 * 24);
/// Rows that one call changes at most, so that nobody waits long behind it.
const BATCH: u16 = 500;

/// An alert that fired, or still does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRecord {
    /// Alertmanager's hash over the labels.
    pub fingerprint: String,
    /// What it is about.
    pub labels: Labels,
    /// How urgent.
    pub severity: Severity,
    /// When the condition began.
    pub starts_at: Timestamp,
    /// When it ended. `None` while firing.
    pub ends_at: Option<Timestamp>,
    /// When a notification of it first arrived.
    pub first_seen: Timestamp,
    /// When one last did.
    pub last_seen: Timestamp,
}

/// How many alerts fire that share these labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firing {
    /// The rule's name; empty where there is none.
    pub alertname: String,
    /// How urgent.
    pub severity: String,
    /// The host; empty where there is none.
    pub instance: String,
    /// How many.
    pub count: u64,
}

/// Notes the alerts of the notifications that came first after those that are noted. Whether there are more.
///
/// What is over stays over: notifications of several receivers may arrive in any order.
pub(super) fn catch_up(connection: &Connection) -> rusqlite::Result<bool> {
    let told = next_told(connection)?;
    let Some(upto) = told.last().map(|told| told.id) else { return Ok(false) };
    let mut insert = connection.prepare_cached(
        "INSERT INTO alerts (fingerprint, starts_at, ends_at, severity, alertname, instance, labels, first_seen, last_seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
         ON CONFLICT (fingerprint, starts_at) DO UPDATE
         SET ends_at = coalesce(excluded.ends_at, ends_at), last_seen = excluded.last_seen",
    )?;
    let full = told.len() >= usize::from(BATCH);
    let mut alerts: Vec<(Alert, i64)> =
        told.into_iter().flat_map(|told| told.alerts.into_iter().map(move |alert| (alert, told.received_at))).collect();
    // In the order of the tree, of which many then share a page; those of one alert stay as they came.
    alerts.sort_by(|(one, _), (other, _)| one.fingerprint.cmp(&other.fingerprint));
    for (alert, received_at) in alerts {
        let label = |name| alert.labels.get(name).map_or("", String::as_str);
        insert.execute(params![
            alert.fingerprint,
            millis(alert.starts_at),
            alert.ends_at.map(millis),
            alert.severity().as_str(),
            label("alertname"),
            label("instance"),
            serde_json::to_string(&alert.labels).unwrap_or_default(),
            received_at
        ])?;
    }
    connection.prepare_cached("UPDATE recorded SET upto = ?1")?.execute([upto])?;
    Ok(full)
}

/// A notification whose alerts are not noted yet.
struct Told {
    id: i64,
    received_at: i64,
    alerts: Vec<Alert>,
}

fn next_told(connection: &Connection) -> rusqlite::Result<Vec<Told>> {
    connection
        .prepare_cached(
            "SELECT id, kind, body, received_at FROM notifications
             WHERE id > (SELECT upto FROM recorded) ORDER BY id LIMIT ?1",
        )?
        .query_map([BATCH], |row| {
            let is_of_alerts = matches!(column(row, 1, kind_named)?, MessageKind::Alert | MessageKind::Resolved);
            // What was not read as a notification when it came was not stored as one.
            let group = is_of_alerts.then(|| ingest::parse(row.get_ref(2).ok()?.as_blob().ok()?).ok()).flatten();
            let alerts = group.map_or_else(Vec::new, |group| group.alerts);
            Ok(Told { id: row.get(0)?, received_at: row.get(3)?, alerts })
        })?
        .collect()
}

/// Those that `report::is_open` calls open.
pub(super) fn firing(connection: &Connection, now: Timestamp, limit: u32) -> rusqlite::Result<Vec<Firing>> {
    connection
        .prepare_cached(
            "SELECT alertname, severity, instance, count(*)
             FROM alerts WHERE ends_at IS NULL AND last_seen > ?1 AND alertname NOT IN (SELECT value FROM json_each(?3))
             GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ?2",
        )?
        .query_map(params![before(now, FORGOTTEN_AFTER), limit, serde_json::json!(MOMENTS).to_string()], |row| {
            Ok(Firing {
                alertname: row.get(0)?,
                severity: row.get(1)?,
                instance: row.get(2)?,
                count: row.get::<_, i64>(3)?.unsigned_abs(),
            })
        })?
        .collect()
}

pub(super) fn since(connection: &Connection, since: Timestamp, limit: u32) -> rusqlite::Result<Vec<AlertRecord>> {
    connection
        .prepare_cached(
            "SELECT fingerprint, labels, severity, starts_at, ends_at, first_seen, last_seen FROM alerts
             WHERE ends_at IS NULL OR ends_at >= ?1 ORDER BY starts_at DESC, fingerprint LIMIT ?2",
        )?
        .query_map(params![millis(since), limit], |row| {
            Ok(AlertRecord {
                fingerprint: row.get(0)?,
                labels: column(row, 1, labels_of)?,
                severity: column(row, 2, |word| Some(Severity::from_label(Some(word))))?,
                starts_at: time(row.get(3)?)?,
                ends_at: row.get::<_, Option<i64>>(4)?.map(time).transpose()?,
                first_seen: time(row.get(5)?)?,
                last_seen: time(row.get(6)?)?,
            })
        })?
        .collect()
}

fn labels_of(json: &str) -> Option<Labels> {
    let labels: BTreeMap<String, serde_json::Value> = serde_json::from_str(json).ok()?;
    labels.into_iter().map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

/// Ends what was forgotten, at the moment it was last heard of, and removes what is long over.
pub(super) fn prune(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let ended = connection
        .prepare_cached(
            "UPDATE alerts SET ends_at = last_seen WHERE id IN (
               SELECT id FROM alerts WHERE ends_at IS NULL AND last_seen <= ?1 LIMIT ?2)",
        )?
        .execute(params![before(now, FORGOTTEN_AFTER), BATCH])?;
    let removed = connection
        .prepare_cached(
            "DELETE FROM alerts WHERE id IN (
               SELECT id FROM alerts WHERE ends_at IS NOT NULL AND ends_at < ?1 LIMIT ?2)",
        )?
        .execute(params![before(now, KEPT), BATCH])?;
    Ok(ended + removed)
}

fn before(now: Timestamp, kept: Duration) -> i64 {
    millis(now).saturating_sub(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX))
}
