//! Moves the log's pages into the file while the writer goes on.
//!
//! SQLite would do it within a commit, and whoever waits for that commit would wait for all of it. A thread of its own
//! moves most of them instead; the writer moves the few that came meanwhile, after which the log begins anew.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

/// Pages in the log from which on they are moved: what many commits change is written to the file once.
const MANY: i32 = 4000;
/// With so many the writer waits for the thread, or the log would grow for as long as it comes to nothing.
const TOO_MANY: i32 = 4 * MANY;

/// The thread, and what it and the writer tell each other.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// In the log, after the last commit.
    pages: Arc<AtomicI32>,
    /// Whether the thread is at it.
    asked: bool,
    wanted: Option<Sender<()>>,
    /// The thread has moved what there was when it began.
    moved: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Takes the place of SQLite's own checkpoints of `connection`, which writes to the file at `path`.
    pub fn start(path: &Path, connection: &mut Connection) -> Result<Self, String> {
        let pages = Arc::new(AtomicI32::new(0));
        let counted = pages.clone();
        let count = move |_: &mut Wal, pages| {
            counted.store(pages, Ordering::Relaxed);
            Ok(())
        };
        connection.wal_hook(Some(count)).map_err(|error| error.to_string())?;
        let beside = Connection::open(path).map_err(|error| error.to_string())?;
        let (wanted, asked) = channel();
        let (done, moved) = channel();
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || run(&beside, &asked, &done))
            .map_err(|error| error.to_string())?;
        Ok(Self { pages, asked: false, wanted: Some(wanted), moved, thread: Some(thread) })
    }

    /// To be called after a commit.
    pub fn after_commit(&mut self, connection: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.asked {
            match self.moved.try_recv() {
                Err(TryRecvError::Empty) if pages < TOO_MANY => return,
                Err(TryRecvError::Empty) => drop(self.moved.recv()),
                _ => {}
            }
            self.asked = false;
            // Fewer: all of them were moved, and the log has begun anew.
            if pages >= MANY {
                checkpoint(connection);
            }
        } else if pages >= MANY {
            self.asked = self.wanted.as_ref().is_some_and(|wanted| wanted.send(()).is_ok());
            // The thread is gone: as SQLite itself would do it.
            if !self.asked {
                checkpoint(connection);
            }
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wanted = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, asked: &Receiver<()>, moved: &Sender<()>) {
    while asked.recv().is_ok() {
        checkpoint(connection);
        let _ = moved.send(());
    }
}

/// Moves pages. What cannot be moved now, on a full disk say, stays in the log, where it is as durable: the next one tries
/// again.
fn checkpoint(connection: &Connection) {
    let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 4096;
    /// A page in the log has a header.
    const FRAME: u64 = PAGE + 24;

    fn open(directory: &Path) -> (Connection, Checkpoints) {
        let path = directory.join("relay.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE t (b)").unwrap();
        let checkpoints = Checkpoints::start(&path, &mut connection).unwrap();
        (connection, checkpoints)
    }

    fn write(connection: &Connection, checkpoints: &mut Checkpoints, bytes: i32) {
        connection.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes]).unwrap();
        checkpoints.after_commit(connection);
    }

    #[test]
    fn the_log_stays_short_and_nothing_is_lost() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, mut checkpoints) = open(directory.path());
        let rows = 900;
        for _ in 0..rows {
            write(&connection, &mut checkpoints, 100_000);
        }
        let log = std::fs::metadata(directory.path().join("relay.db-wal")).unwrap().len();
        // One commit beyond the bound, at most. Without anybody who moves them, they would be 22,500.
        assert!(log < (u64::try_from(TOO_MANY).unwrap() + 50) * FRAME, "{log}");
        drop((connection, checkpoints));
        let again = Connection::open(directory.path().join("relay.db")).unwrap();
        let sum: i64 = again.query_row("SELECT sum(length(b)) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(sum, rows * 100_000);
    }

    #[test]
    fn the_thread_moves_the_pages_and_the_log_begins_anew() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, mut checkpoints) = open(directory.path());
        let size = || std::fs::metadata(directory.path().join("relay.db")).unwrap().len();
        write(&connection, &mut checkpoints, 1000);
        assert!(size() < 10 * PAGE, "a short log is left alone: {}", size());
        write(&connection, &mut checkpoints, MANY * 4096);
        // Nobody commits meanwhile.
        checkpoints.moved.recv().unwrap();
        assert!(size() > u64::try_from(MANY).unwrap() * PAGE, "{}", size());
        write(&connection, &mut checkpoints, 1000);
        assert!(checkpoints.pages.load(Ordering::Relaxed) < 10);
    }
}
