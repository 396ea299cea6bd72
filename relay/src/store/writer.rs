//! The one thread that touches the file, and its group commit.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;
use super::sqlite::Database;

/// So many jobs share a commit at most; with more, the first would wait for nothing.
const BATCH: usize = 256;

/// Work for the thread: done inside a transaction that it does not own, answered after the commit. Without a
/// connection there is no transaction any more, and only the answer is left to give.
pub(super) type Job = Box<dyn FnOnce(Option<&Connection>) -> Answer + Send>;

/// Tells the caller what came of it. `Some`: the commit failed, for this reason.
type Answer = Box<dyn FnOnce(Option<&str>)>;

/// Makes a job of `work`. Its own failure leaves the others of its batch alone. `committed` is called once the result
/// is on disk, whether or not the caller still waits for it.
pub(super) fn job<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    committed: impl FnOnce(&T) + Send + 'static,
    answer: oneshot::Sender<Result<T, StoreError>>,
) -> Job {
    Box::new(move |connection| {
        let result = connection.map(|connection| in_savepoint(connection, work));
        Box::new(move |failed| {
            let result = match (failed, result) {
                (None, Some(result)) => result.map_err(StoreError::from),
                (reason, _) => Err(StoreError::Unavailable(reason.unwrap_or("no transaction").to_owned())),
            };
            if let Ok(result) = &result {
                committed(result);
            }
            // Nobody listens when the caller's request was closed meanwhile.
            let _ = answer.send(result);
        })
    })
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let say = |words| connection.prepare_cached(words)?.execute([]).map(drop);
    say("SAVEPOINT job")?;
    let result = work(connection);
    // After a full disk SQLite has rolled everything back by itself, and there is no savepoint left to end.
    if !connection.is_autocommit() {
        if result.is_err() {
            say("ROLLBACK TO job")?;
        }
        say("RELEASE job")?;
    }
    result
}

/// The handle of the thread. Dropping it finishes what was asked, closes the file and lets go of its lock.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(database: Database) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || run(&database, &queue))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Queues a job. If the thread is gone the job is dropped, and with it the caller's answer.
    pub fn submit(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(database: &Database, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let jobs: Vec<Job> = std::iter::once(first).chain(queue.try_iter().take(BATCH - 1)).collect();
        commit(&database.connection, jobs);
    }
    // Until here, so that the next one to open the file finds it closed.
    let _ = &database.lock;
}

/// Does the jobs in one transaction, and answers all of them after it.
fn commit(connection: &Connection, jobs: Vec<Job>) {
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    let mut lost = begun.err().map(|error| error.to_string());
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        answers.push(job(lost.is_none().then_some(connection)));
        // A full disk ends the whole transaction: whatever the earlier jobs of this batch did is gone as well.
        if lost.is_none() && connection.is_autocommit() {
            lost = Some("the disk is full, or the file cannot be written".to_owned());
        }
    }
    if lost.is_none() {
        lost = connection.execute_batch("COMMIT").err().map(|error| error.to_string());
    }
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    for answer in answers {
        answer(lost.as_deref());
    }
}
