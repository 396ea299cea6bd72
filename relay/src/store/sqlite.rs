//! Opening the file: settings, tables, and the lock that keeps a second relay out.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row};

use super::checkpoint::Checkpoints;
use super::memory::Memory;
use super::{StoreError, lanes};

/// The tables of each version, the oldest first; `PRAGMA user_version` counts those that are there.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
];
/// The version from which on deliveries have lanes.
const WITH_LANES: u32 = 7;

/// How long to wait for somebody who writes to the file with other tools; readers are in nobody's way. Alertmanager
/// tries again by itself, and everybody else waits behind this.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// An open file.
#[derive(Debug)]
pub(super) struct Database {
    pub connection: Connection,
    pub memory: Memory,
    pub checkpoints: Checkpoints,
    /// Held as long as the connection is: a second relay on the same file would send everything twice.
    pub lock: File,
}

/// Opens the file at `path`, creating what is missing.
pub(super) fn open(path: &Path, max_bytes: u64) -> Result<Database, StoreError> {
    let problem = |problem: String| StoreError::Open { path: path.display().to_string(), problem };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory)
            .map_err(|error| problem(format!("cannot create `{}`: {error}", directory.display())))?;
    }
    let lock = lock(path).map_err(problem)?;
    create(path).map_err(|error| {
        problem(format!("cannot write: {error}; the relay needs a file that it may write, in a directory likewise"))
    })?;
    let mut connection = Connection::open(path).map_err(|error| problem(error.to_string()))?;
    configure(&connection, max_bytes).map_err(|error| problem(error.to_string()))?;
    migrate(&mut connection).map_err(problem)?;
    recover(&connection).map_err(|error| problem(error.to_string()))?;
    let memory = Memory::load(&connection).map_err(|error| problem(error.to_string()))?;
    let checkpoints = Checkpoints::start(path, &mut connection).map_err(problem)?;
    Ok(Database { connection, memory, checkpoints, lock })
}

/// Takes the lock beside the file. Not on the file itself, where it would get in the way of SQLite's own.
fn lock(path: &Path) -> Result<File, String> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&beside)
        .map_err(|error| format!("cannot write `{}`: {error}", beside.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err("another relay is using it; stop that one, or give this one its own `storage`".to_owned())
        }
        Err(TryLockError::Error(error)) => Err(format!("cannot lock `{}`: {error}", beside.display())),
    }
}

/// Creates the file before SQLite does, readable for its owner alone: it holds what the alerts say. SQLite gives
/// its companions the same mode.
fn create(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map(drop)
}

fn configure(connection: &Connection, max_bytes: u64) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Before the first table, or it has no effect.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // NORMAL may lose the last commits when the power fails, and a 200 promises that it will not.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // In KiB. Keys and groups are random: with SQLite's own 2 MiB a storm reads most of their pages anew.
    connection.pragma_update(None, "cache_size", -8192)?;
    // After a burst the log shrinks back to this many bytes.
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    let page_bytes: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // What is needed to undo a part of a transaction is no file of its own.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let pages = i64::try_from(max_bytes / u64::from(page_bytes.max(1))).unwrap_or(i64::MAX);
    connection.pragma_update(None, "max_page_count", pages)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), String> {
    let version = connection
        .pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
        .map_err(|error| error.to_string())?;
    let Some(missing) = usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version..)) else {
        let known = MIGRATIONS.len();
        return Err(format!("was written by a newer relay (tables version {version}, this one knows {known})"));
    };
    for (tables, number) in missing.iter().zip(version + 1..) {
        let mut step = || -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            transaction.execute_batch(tables)?;
            if number == WITH_LANES {
                lanes::fill(&transaction)?;
            }
            transaction.pragma_update(None, "user_version", number)?;
            transaction.commit()
        };
        step().map_err(|error| format!("cannot bring its tables to version {number}: {error}"))?;
    }
    Ok(())
}

/// Makes claimable again what a killed process had in flight. It may have arrived, which the next attempt says.
fn recover(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute("UPDATE deliveries SET state = 'pending', due_at = 0, maybe_sent = 1 WHERE state = 'sending'", [])
        .map(drop)
}

/// A moment as it is stored: milliseconds since 1970.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The moment that is stored as this.
pub(super) fn time(millis: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, millis))
}

/// A word of a column, read by `read`.
pub(super) fn column<T>(row: &Row<'_>, index: usize, read: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str().map_err(rusqlite::Error::from)?;
    read(text).ok_or_else(|| rusqlite::Error::InvalidColumnType(index, text.to_owned(), Type::Text))
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::IntegralValueOutOfRange(_, found) => Self::Malformed(format!("the time {found}")),
            rusqlite::Error::InvalidColumnType(column, found, _) => {
                Self::Malformed(format!("`{found}` in column {column}, which this version does not know"))
            }
            error => Self::Unavailable(error.to_string()),
        }
    }
}
