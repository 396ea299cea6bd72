//! Which message is next, and which deliveries it tells together.
//!
//! A group's waiting deliveries become one message that says how things stand now; where more groups wait than their
//! channel has room for, many groups do. The newest delivery of the first group carries the others: what becomes of it
//! becomes of them. A message of which the chat may have read something is frozen, and sent as it was begun.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::lanes::ALONE;
use super::outbox::{detail_named, kind_named, prepared, severity_named, status_named};
use super::sqlite::{column, millis, time};
use super::{Claim, DeliveryId, Digest, MessageKind, Next, Told};
use crate::channel::Detail;

/// The longest wait that [`super::Store::defer`] is asked for. A row that is due later than this was written before the
/// clock was set back, and is due now.
const LONGEST_DEFERRAL_MS: i64 = 120_000;
/// A backlog whose oldest message is older than this comes from an outage, and is told as such.
const OUTAGE: Duration = Duration::from_mins(10);
/// So many groups are told one by one even after an outage.
const FEW_GROUPS: u16 = 3;
/// Deliveries that one message tells at most.
const MERGED_ROWS: u16 = 500;
/// Bytes of their notifications at most, the one that carries them aside: all of them are in memory at once.
const MERGED_BYTES: usize = 4 * 1024 * 1024;

/// A row whose time has come; one that is due in a far future was written before the clock was set back.
macro_rules! due {
    ($row:literal) => {
        concat!("(", $row, ".due_at <= ?2 OR ", $row, ".due_at > ?3)")
    };
}

/// The group that is next: the one with the most urgent row, unless an older row of it is under way or not yet due.
const FIRST_GROUP: &str = concat!(
    "SELECT d.id, d.lane, d.group_key FROM deliveries d WHERE d.channel = ?1 AND d.state = 'pending' AND d.merged_into IS NULL AND ",
    due!("d"),
    " AND NOT EXISTS (
        SELECT 1 FROM deliveries e
        WHERE e.lane = d.lane AND e.lane <> 0 AND e.channel = d.channel AND e.group_key = d.group_key
          AND e.state IN ('pending', 'sending') AND e.id < d.id AND (e.state = 'sending' OR coalesce(e.merged_into <> d.id, NOT ",
    due!("e"),
    "))) ORDER BY d.priority DESC, d.id LIMIT 1"
);

/// Rows of a group that are not sent yet, the oldest first.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT d.id, n.kind, d.group_key, n.status, n.severity, n.note, n.body, n.received_at,
                    d.part, d.attempts, d.maybe_sent, d.detail, d.priority, d.state = 'pending' AND ",
            due!("d"),
            ", d.merged_into FROM deliveries d JOIN notifications n ON n.id = d.notification WHERE ",
            $which,
            " AND d.channel = ?1 AND d.group_key = ?5 AND d.state IN ('pending', 'sending') ORDER BY d.id LIMIT ?6"
        )
    };
}
const ROWS: &str = rows!("d.lane = ?4 AND d.lane <> 0");
/// The only one.
const ROW: &str = rows!("d.id = ?4");

const MERGED: &str = "
SELECT d.id, n.kind, d.group_key, n.status, n.severity, n.note, n.body, n.received_at
FROM deliveries d JOIN notifications n ON n.id = d.notification
WHERE d.merged_into = ?1 AND d.state = 'pending' ORDER BY d.id";

/// Whether more rows wait than so many.
const MORE_WAIT: &str = "
SELECT EXISTS (
  SELECT 1 FROM deliveries WHERE channel = ?1 AND state = 'pending' AND merged_into IS NULL LIMIT 1 OFFSET ?2)";

/// The rows that wait, of the most urgent group first, and when each arrived.
const WAITING: &str = concat!(
    "SELECT d.id, d.lane, d.group_key, n.received_at FROM deliveries d JOIN notifications n ON n.id = d.notification
     WHERE d.channel = ?1 AND d.state = 'pending' AND d.merged_into IS NULL AND ",
    due!("d"),
    " ORDER BY d.priority DESC, d.id"
);

/// The first of a group's rows that wait.
struct Waiting {
    id: i64,
    lane: i64,
    group_key: String,
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting { id: row.get(0)?, lane: row.get(1)?, group_key: row.get(2)? })
}

/// A row that may be sent, alone or with others.
struct Candidate {
    told: Told,
    part: u32,
    attempts: u32,
    maybe_sent: bool,
    detail: Detail,
    priority: u8,
    /// Its time has come, and it is not under way.
    is_due: bool,
    merged_into: Option<i64>,
}

impl Candidate {
    /// The chat may have read something of its message, or refused a longer form of it.
    fn is_begun(&self) -> bool {
        self.part > 0 || self.maybe_sent || self.detail != Detail::Full
    }

    /// May be told together with others.
    fn is_free(&self) -> bool {
        self.is_due && self.merged_into.is_none() && !self.is_begun() && is_of_alerts(self.told.kind)
    }
}

fn is_of_alerts(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Alert | MessageKind::Resolved)
}

/// What claims look at: the channel, the moment, and the latest moment for which a row can have been put off.
struct View<'a> {
    connection: &'a Connection,
    channel: &'a str,
    now: i64,
    latest: i64,
}

pub(super) fn claim(connection: &Connection, channel: &str, now: Timestamp, served: usize) -> rusqlite::Result<Next> {
    let now = millis(now);
    let view = View { connection, channel, now, latest: now + LONGEST_DEFERRAL_MS };
    let Some(rows) = view.first_group()? else {
        let due_at: Option<i64> = connection
            .prepare_cached(
                "SELECT min(due_at) FROM deliveries WHERE channel = ?1 AND state = 'pending' AND merged_into IS NULL",
            )?
            .query_row([channel], |row| row.get(0))?;
        // A row may be due whose group has to wait for an older one: no sooner than the next moment, in any case.
        return due_at.map_or(Ok(Next::Empty), |due_at| time(due_at.max(now + 1)).map(Next::At));
    };
    let mut chosen = match rows.first() {
        Some(first) if first.is_free() => view.with_other_groups(rows, served)?,
        _ => rows.into_iter().take(1).collect(),
    };
    let Some(carrier) = chosen.pop() else { return Ok(Next::Empty) };
    view.begin(carrier, chosen).map(|claim| Next::Claim(Box::new(claim)))
}

impl View<'_> {
    /// The rows of the group that is next. The first of them can be claimed.
    fn first_group(&self) -> rusqlite::Result<Option<Vec<Candidate>>> {
        let group = self
            .connection
            .prepare_cached(FIRST_GROUP)?
            .query_row(params![self.channel, self.now, self.latest], waiting)
            .optional()?;
        let Some(group) = group else { return Ok(None) };
        // Rows that are merged into the first one of their group stand before it.
        let rows = self.open_rows(&group)?;
        let mut rows = rows.into_iter().skip_while(|row| row.merged_into.is_some()).peekable();
        let first_is_free = rows.peek().is_some_and(Candidate::is_free);
        let run = if first_is_free { rows.take_while(Candidate::is_free).collect() } else { rows.take(1).collect() };
        Ok(Some(bounded(run, 0)))
    }

    fn open_rows(&self, group: &Waiting) -> rusqlite::Result<Vec<Candidate>> {
        let (rows, which) = if group.lane == ALONE { (ROW, group.id) } else { (ROWS, group.lane) };
        self.connection
            .prepare_cached(rows)?
            .query_map(params![self.channel, self.now, self.latest, which, group.group_key, MERGED_ROWS], candidate)?
            .collect()
    }

    fn more_wait_than(&self, rows: u16) -> rusqlite::Result<bool> {
        self.connection.prepare_cached(MORE_WAIT)?.query_row(params![self.channel, rows], |row| row.get(0))
    }

    /// The groups that wait, the most urgent first, as many as one message tells at most; and when the oldest of their
    /// rows that were looked at arrived. No more rows are looked at than that takes: a hundred thousand may wait.
    fn groups(&self) -> rusqlite::Result<(Vec<Waiting>, i64)> {
        let mut rows = self.connection.prepare_cached(WAITING)?;
        let mut rows = rows.query(params![self.channel, self.now, self.latest])?;
        let (mut groups, mut known, mut oldest) = (Vec::new(), HashSet::new(), self.now);
        while let Some(row) = rows.next()? {
            let group = waiting(row)?;
            oldest = oldest.min(row.get(3)?);
            if known.insert(group.group_key.clone()) {
                groups.push(group);
            }
            if groups.len() >= usize::from(MERGED_ROWS) {
                break;
            }
        }
        Ok((groups, oldest))
    }

    /// With the rows of all other groups where one message for each would take too long; as they are otherwise.
    ///
    /// `served` is the number of messages that the channel has room for before long.
    fn with_other_groups(&self, rows: Vec<Candidate>, served: usize) -> rusqlite::Result<Vec<Candidate>> {
        let few = usize::from(FEW_GROUPS);
        let enough = u16::try_from(served).unwrap_or(FEW_GROUPS).clamp(1, FEW_GROUPS);
        // A channel without budgets is never behind.
        if served == usize::MAX || !self.more_wait_than(enough)? {
            return Ok(rows);
        }
        let (groups, oldest) = self.groups()?;
        if groups.len() <= served.max(1) && !(groups.len() > few && is_old(oldest, self.now)) {
            return Ok(rows);
        }
        let mut bytes: usize = rows.iter().map(|row| row.told.body.len()).sum();
        let first_group = rows.first().map(|row| row.told.group_key.clone());
        let mut all = Vec::new();
        for group in groups.iter().filter(|group| Some(&group.group_key) != first_group.as_ref()) {
            let run = self.open_rows(group)?.into_iter().take_while(Candidate::is_free).collect();
            let run = bounded(run, bytes);
            bytes += run.iter().map(|row: &Candidate| row.told.body.len()).sum::<usize>();
            all.extend(run);
            if all.len() + rows.len() >= usize::from(MERGED_ROWS) || bytes >= MERGED_BYTES {
                break;
            }
        }
        all.truncate(usize::from(MERGED_ROWS));
        all.extend(rows);
        Ok(all)
    }

    /// Records that the carrier's next attempt has started, and that it tells the others as well.
    fn begin(&self, carrier: Candidate, others: Vec<Candidate>) -> rusqlite::Result<Claim> {
        let id = carrier.told.id;
        let mut merge = self.connection.prepare_cached("UPDATE deliveries SET merged_into = ?2 WHERE id = ?1")?;
        for other in &others {
            merge.execute(params![other.told.id.0, id.0])?;
        }
        let merged = if others.is_empty() { merged(self.connection, id)? } else { told_in_order(&others) };
        let priority = others.iter().map(|other| other.priority).chain([carrier.priority]).max();
        self.connection
            .prepare_cached(
                "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, priority = ?2 WHERE id = ?1",
            )?
            .execute(params![id.0, priority])?;
        self.connection
            .prepare_cached("INSERT INTO attempts (delivery, channel, part, started_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id.0, self.channel, carrier.part, self.now])?;
        let digest = digest(&carrier.told, &merged, self.now);
        let Told { id, kind, group_key, status, severity, note, body, received_at } = carrier.told;
        Ok(Claim {
            id,
            channel: self.channel.to_owned(),
            kind,
            group_key,
            status,
            severity,
            body,
            note,
            received_at,
            merged,
            digest,
            attempt: carrier.attempts.saturating_add(1),
            maybe_repeated: carrier.maybe_sent,
            // Of many groups nobody reads more than a line each.
            detail: if digest.is_some() { carrier.detail.max(Detail::Compact) } else { carrier.detail },
            part: carrier.part,
            prepared: prepared(self.connection, id, carrier.part)?,
        })
    }
}

/// The first rows whose notifications fit into memory beside so many bytes; one at least.
fn bounded(rows: Vec<Candidate>, bytes_before: usize) -> Vec<Candidate> {
    let mut bytes = bytes_before;
    let fits = |(number, row): &(usize, Candidate)| {
        bytes = bytes.saturating_add(row.told.body.len());
        *number == 0 && bytes_before == 0 || bytes <= MERGED_BYTES
    };
    rows.into_iter().enumerate().take_while(fits).map(|(_, row)| row).collect()
}

fn told_in_order(rows: &[Candidate]) -> Vec<Told> {
    let mut told: Vec<Told> = rows.iter().map(|row| row.told.clone()).collect();
    told.sort_by_key(|told| told.id.0);
    told
}

/// What the message of this delivery tells as well, the oldest first.
fn merged(connection: &Connection, id: DeliveryId) -> rusqlite::Result<Vec<Told>> {
    connection.prepare_cached(MERGED)?.query_map([id.0], told)?.collect()
}

/// `None` where all are of one group.
fn digest(carrier: &Told, merged: &[Told], now: i64) -> Option<Digest> {
    let several = merged.iter().any(|told| told.group_key != carrier.group_key);
    let oldest = merged.iter().map(|told| millis(told.received_at)).min()?;
    several.then_some(if is_old(oldest, now) { Digest::CatchUp } else { Digest::Storm })
}

fn is_old(received_at: i64, now: i64) -> bool {
    u128::from(now.saturating_sub(received_at).max(0).unsigned_abs()) >= OUTAGE.as_millis()
}

fn told(row: &Row<'_>) -> rusqlite::Result<Told> {
    Ok(Told {
        id: DeliveryId(row.get(0)?),
        kind: column(row, 1, kind_named)?,
        group_key: row.get(2)?,
        status: column(row, 3, status_named)?,
        severity: column(row, 4, severity_named)?,
        note: row.get(5)?,
        body: row.get(6)?,
        received_at: time(row.get(7)?)?,
    })
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        told: told(row)?,
        part: row.get(8)?,
        attempts: row.get(9)?,
        maybe_sent: row.get(10)?,
        detail: column(row, 11, detail_named)?,
        priority: row.get(12)?,
        is_due: row.get(13)?,
        merged_into: row.get(14)?,
    })
}

/// Ends what the message of this delivery told as well, as it ended itself.
pub(super) fn finish_merged(
    connection: &Connection,
    id: DeliveryId,
    state: &str,
    reason: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    // Dead letters are looked at, and tried again, one by one.
    let carrier = (state != "dead").then_some(id.0);
    connection
        .prepare_cached(
            "UPDATE deliveries SET state = ?2, reason = ?3, finished_at = ?4, merged_into = ?5
             WHERE merged_into = ?1 AND state = 'pending'",
        )?
        .execute(params![id.0, state, reason, millis(now), carrier])
        .map(drop)
}

/// Lets go of what the message of this delivery would have told as well, if the chat cannot have read anything of it:
/// the next claim looks anew at what there is to tell.
pub(super) fn release_merged(connection: &Connection, id: DeliveryId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE deliveries SET merged_into = NULL, due_at = (SELECT due_at FROM deliveries WHERE id = ?1)
             WHERE merged_into = ?1 AND state = 'pending' AND EXISTS (
               SELECT 1 FROM deliveries WHERE id = ?1 AND part = 0 AND maybe_sent = 0 AND detail = 'full')",
        )?
        .execute([id.0])
        .map(drop)
}
