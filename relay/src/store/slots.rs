//! When reports are due and what has become of that, by report and time.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::sqlite::{column, millis, time};
use super::{Notification, Store, StoreError, kept, outbox};
use crate::report::slot::{Slot, State};

/// So many of a report are kept, the newest.
const KEPT: u32 = 200;

impl Store {
    /// Stores a report that was due, and settles that, both or neither. `false`: it was settled before, and nothing was
    /// stored.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: nothing was stored.
    pub async fn append_report(
        &self,
        slot: &Slot,
        notification: Notification,
        alone: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (report, due_at) = (slot.report.clone(), slot.due_at);
        let to = if alone { State::SentAlone } else { State::Sent };
        let stored = self
            .call(move |connection| {
                let is_first = change(connection, &report, due_at, &State::ALL, to, now)?;
                if is_first {
                    outbox::append_alone(connection, &notification)?;
                }
                Ok(is_first)
            })
            .await?;
        self.wake();
        Ok(stored)
    }

    /// Stores a report that somebody wants, and keeps `value` under this name, both or neither; unless `repeats` says so
    /// of what was kept there, and when. `false`: it did, and nothing was stored.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: nothing was stored.
    pub async fn append_unless(
        &self,
        name: &str,
        repeats: impl FnOnce(&str, Timestamp) -> bool + Send + 'static,
        value: String,
        notification: Notification,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let name = name.to_owned();
        let stored = self
            .call(move |connection| {
                if kept::get(connection, &name)?.is_some_and(|(last, at)| repeats(&last, at)) {
                    return Ok(false);
                }
                outbox::append_alone(connection, &notification)?;
                kept::set(connection, &name, Some(&value), now)?;
                Ok(true)
            })
            .await?;
        self.wake();
        Ok(stored)
    }

    /// Notes which reports there are, each with what its schedule is, and returns since when each is owed.
    pub async fn configure_reports(
        &self,
        reports: Vec<(String, String)>,
        now: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.call(move |connection| configure(connection, &reports, now)).await
    }

    /// Notes that a report is, or was, due. `false`: that is known already.
    pub async fn open_slot(
        &self,
        report: &str,
        due_at: Timestamp,
        state: State,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let report = report.to_owned();
        self.call(move |connection| open(connection, &report, due_at, state, now)).await
    }

    /// Changes a slot that is still in the state in which it was seen. `false`: it is not, or it was settled.
    pub async fn change_slot(&self, seen: &Slot, to: State, now: Timestamp) -> Result<bool, StoreError> {
        let seen = seen.clone();
        self.call(move |connection| change(connection, &seen.report, seen.due_at, &[seen.state], to, now)).await
    }

    /// Notes that Alertmanager has called for a slot that waits for that. `false`: it does not.
    pub async fn call_slot(&self, slot: &Slot, now: Timestamp) -> Result<bool, StoreError> {
        let (report, due_at) = (slot.report.clone(), slot.due_at);
        let waiting = [State::Due, State::Posted];
        self.call(move |connection| change(connection, &report, due_at, &waiting, State::Called, now)).await
    }

    /// Notes that Alertmanager was told of a slot, and whether it listened.
    pub async fn slot_asked(&self, slot: &Slot, heard: bool, now: Timestamp) -> Result<(), StoreError> {
        let (report, due_at) = (slot.report.clone(), slot.due_at);
        self.call(move |connection| asked(connection, &report, due_at, heard, now)).await
    }

    /// What is known of a report at the time it was due.
    pub async fn slot(&self, report: &str, due_at: Timestamp) -> Result<Option<Slot>, StoreError> {
        let report = report.to_owned();
        self.call(move |connection| one(connection, &report, due_at)).await
    }

    /// The slots that something is to be done about, the oldest first.
    pub async fn open_slots(&self) -> Result<Vec<Slot>, StoreError> {
        self.call(all_open).await
    }

    /// The newest slot of each report.
    pub async fn newest_slots(&self) -> Result<Vec<Slot>, StoreError> {
        self.call(newest).await
    }
}

/// Notes which reports are configured, and returns since when each is owed. What is open of the others is suppressed.
fn configure(
    connection: &Connection,
    reports: &[(String, String)],
    now: Timestamp,
) -> rusqlite::Result<Vec<(String, Timestamp)>> {
    let known: Vec<String> = connection
        .prepare_cached("SELECT name FROM reports")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for gone in known.iter().filter(|name| !reports.iter().any(|(other, _)| other == *name)) {
        connection.prepare_cached("DELETE FROM reports WHERE name = ?1")?.execute([gone])?;
        connection
            .prepare_cached(
                "UPDATE report_slots SET state = ?2, settled_at = ?3 WHERE report = ?1 AND settled_at IS NULL",
            )?
            .execute(params![gone, State::Suppressed.as_str(), millis(now)])?;
    }
    let mut since = Vec::new();
    for (name, schedule) in reports {
        connection
            .prepare_cached(
                "INSERT INTO reports (name, schedule, since) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET schedule = ?2, since = ?3 WHERE schedule <> ?2",
            )?
            .execute(params![name, schedule, millis(now)])?;
        let at = connection
            .prepare_cached("SELECT since FROM reports WHERE name = ?1")?
            .query_row([name], |row| time(row.get(0)?))?;
        since.push((name.clone(), at));
    }
    Ok(since)
}

/// Notes that a report is, or was, due. `false`: it is known already.
fn open(
    connection: &Connection,
    report: &str,
    due_at: Timestamp,
    state: State,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let settled_at = (!state.is_open()).then(|| millis(now));
    let inserted = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO report_slots (report, due_at, state, settled_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![report, millis(due_at), state.as_str(), settled_at])?;
    connection
        .prepare_cached(
            "DELETE FROM report_slots WHERE report = ?1 AND settled_at IS NOT NULL AND due_at <= (
               SELECT due_at FROM report_slots WHERE report = ?1 ORDER BY due_at DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![report, KEPT])?;
    Ok(inserted > 0)
}

/// Changes what is open and in one of these states. `false`: it is not.
fn change(
    connection: &Connection,
    report: &str,
    due_at: Timestamp,
    from: &[State],
    to: State,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let found = one(connection, report, due_at)?;
    if !found.is_some_and(|slot| slot.state.is_open() && from.contains(&slot.state)) {
        return Ok(false);
    }
    let settled_at = (!to.is_open()).then(|| millis(now));
    let changed = connection
        .prepare_cached(
            "UPDATE report_slots SET state = ?3, settled_at = ?4
             WHERE report = ?1 AND due_at = ?2 AND settled_at IS NULL",
        )?
        .execute(params![report, millis(due_at), to.as_str(), settled_at])?;
    Ok(changed > 0)
}

/// Notes that Alertmanager was told, and whether it listened. Who was told first counts; who has called since stays.
fn asked(
    connection: &Connection,
    report: &str,
    due_at: Timestamp,
    heard: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE report_slots SET asked_at = coalesce(asked_at, ?3),
                                     state = CASE WHEN ?4 AND state = 'due' THEN 'posted' ELSE state END
             WHERE report = ?1 AND due_at = ?2 AND settled_at IS NULL",
        )?
        .execute(params![report, millis(due_at), millis(now), heard])
        .map(drop)
}

const COLUMNS: &str = "SELECT report, due_at, state, asked_at, settled_at FROM report_slots ";

fn one(connection: &Connection, report: &str, due_at: Timestamp) -> rusqlite::Result<Option<Slot>> {
    connection
        .prepare_cached(&format!("{COLUMNS} WHERE report = ?1 AND due_at = ?2"))?
        .query_row(params![report, millis(due_at)], slot)
        .optional()
}

/// Those that something is to be done about, the oldest first.
fn all_open(connection: &Connection) -> rusqlite::Result<Vec<Slot>> {
    connection
        .prepare_cached(&format!("{COLUMNS} WHERE settled_at IS NULL ORDER BY due_at, report"))?
        .query_map([], slot)?
        .collect()
}

/// The newest of each report.
fn newest(connection: &Connection) -> rusqlite::Result<Vec<Slot>> {
    connection
        .prepare_cached(&format!(
            "{COLUMNS} s WHERE due_at = (SELECT max(due_at) FROM report_slots o WHERE o.report = s.report)"
        ))?
        .query_map([], slot)?
        .collect()
}

fn slot(row: &Row<'_>) -> rusqlite::Result<Slot> {
    Ok(Slot {
        report: row.get(0)?,
        due_at: time(row.get(1)?)?,
        state: column(row, 2, State::named)?,
        asked_at: row.get::<_, Option<i64>>(3)?.map(time).transpose()?,
        settled_at: row.get::<_, Option<i64>>(4)?.map(time).transpose()?,
    })
}
