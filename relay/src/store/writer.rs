//! The one thread that touches the file, and its group commit.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::memory::{Mark, Memory};
use super::sqlite::{Database, millis};
use super::{Appended, Notification, StoreError, outbox};

/// So many jobs share a commit at most; with more, the first would wait for nothing.
const BATCH: usize = 256;
/// Where fewer than these shared two commits, each is to be as quick as can be.
const CROWD: usize = 4;
/// A commit of so many is cheap enough for each of them.
const ENOUGH: usize = 16;
/// So long a smaller one waits for those who shared the commits before it: they are about to come again, each with its
/// next notification. A disk takes as long for one commit, or longer.
const GATHERING: Duration = Duration::from_micros(300);

/// What the thread is asked to do.
pub(super) enum Job {
    /// By far the most.
    Append(Append),
    /// Anything else.
    Call(Call),
}

/// A notification to store, and who wants to know when it is on disk.
pub(super) struct Append {
    pub notification: Notification,
    pub answer: oneshot::Sender<Given>,
}

/// What became of a notification, and what is to be handed on to others.
pub(super) struct Given {
    pub result: Result<Appended, StoreError>,
    others: Others,
}

/// The answers of the same batch: one who waits is woken by the writer's thread, and wakes the others. To wake a task from
/// another thread is a system call and mostly a change of threads.
#[derive(Default)]
struct Others(Vec<(oneshot::Sender<Given>, Result<Appended, StoreError>)>);

impl Drop for Others {
    fn drop(&mut self) {
        for (answer, result) in self.0.drain(..) {
            // Nobody listens when the caller's request was closed meanwhile.
            let _ = answer.send(Given { result, others: Self::default() });
        }
    }
}

impl Others {
    /// Gives them to the first who still waits.
    fn hand_out(mut self) {
        while let Some((answer, result)) = self.0.pop() {
            match answer.send(Given { result, others: self }) {
                Ok(()) => return,
                Err(mut given) => self = std::mem::take(&mut given.others),
            }
        }
    }
}

/// Work for the thread: done inside a transaction that it does not own, answered after the commit. Without a
/// connection there is no transaction any more, and only the answer is left to give.
pub(super) type Call = Box<dyn FnOnce(Option<&Connection>) -> Answer + Send>;

/// Tells the caller what came of it. `Some`: the commit failed, for this reason.
type Answer = Box<dyn FnOnce(Option<&str>)>;

/// Makes a job of `work`. Its own failure leaves the others of its batch alone.
pub(super) fn call<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    answer: oneshot::Sender<Result<T, StoreError>>,
) -> Job {
    Job::Call(Box::new(move |connection| {
        let result = connection.map(|connection| in_savepoint(connection, work));
        Box::new(move |failed| {
            let result = match (failed, result) {
                (None, Some(result)) => result.map_err(StoreError::from),
                (reason, _) => Err(lost(reason.unwrap_or("no transaction"))),
            };
            // Nobody listens when the caller's request was closed meanwhile.
            let _ = answer.send(result);
        })
    }))
}

fn lost(reason: &str) -> StoreError {
    StoreError::Unavailable(reason.to_owned())
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
    /// Starts the thread. It calls `stored` whenever notifications are on disk that were not before, whether or not
    /// those who asked still wait for it.
    pub fn start(database: Database, stored: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let thread =
            std::thread::Builder::new().name("store".to_owned()).spawn(move || run(database, &queue, stored))?;
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

fn run(mut database: Database, queue: &Receiver<Job>, stored: impl Fn()) {
    // How many shared the last commits: as many as wait, and as many as were answered meanwhile.
    let (mut last, mut crowd) = (0, 0);
    while let Ok(first) = queue.recv() {
        let mut jobs: Vec<Job> = std::iter::once(first).chain(queue.try_iter().take(BATCH - 1)).collect();
        if crowd >= CROWD && jobs.len() < crowd.min(ENOUGH) {
            std::thread::sleep(GATHERING);
            jobs.extend(queue.try_iter().take(BATCH - jobs.len()));
        }
        let (mut appends, mut calls) = (Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Append(append) => appends.push(append),
                Job::Call(call) => calls.push(call),
            }
        }
        crowd = last + appends.len();
        last = appends.len();
        if commit(&mut database, appends, calls) {
            stored();
        }
    }
    // Until here, so that the next one to open the file finds it closed.
    let _ = &database.lock;
}

/// Does the jobs in one transaction, and answers all of them after it. Whether notifications were stored.
fn commit(database: &mut Database, appends: Vec<Append>, calls: Vec<Call>) -> bool {
    let Database { connection, memory, checkpoints, .. } = database;
    let mut failed = execute(connection, "BEGIN IMMEDIATE").err();
    let appended = if failed.is_none() { append(connection, memory, &appends) } else { Vec::new() };
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        note_end(connection, &mut failed);
        answers.push(call(failed.is_none().then_some(connection)));
    }
    note_end(connection, &mut failed);
    if failed.is_none() {
        failed = execute(connection, "COMMIT").err();
    }
    if !connection.is_autocommit() {
        let _ = execute(connection, "ROLLBACK");
    }
    match appends.last().filter(|_| failed.is_none()) {
        Some(last) => memory.settle(connection, millis(last.notification.received_at)),
        None => memory.undo(Mark::default()),
    }
    let stored = failed.is_none() && appended.iter().any(|appended| matches!(appended, Ok(Appended::Stored)));
    let results = appended.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
    let answered = appends.into_iter().zip(results).map(|(append, result)| {
        let result = match (&failed, result) {
            (None, Some(result)) => result.map_err(StoreError::from),
            (reason, _) => Err(lost(reason.as_deref().unwrap_or("no transaction"))),
        };
        (append.answer, result)
    });
    Others(answered.collect()).hand_out();
    for answer in answers {
        answer(failed.as_deref());
    }
    checkpoints.after_commit(connection);
    stored
}

/// A full disk ends the whole transaction: whatever the earlier jobs of this batch did is gone as well.
fn note_end(connection: &Connection, failed: &mut Option<String>) {
    if failed.is_none() && connection.is_autocommit() {
        *failed = Some("the disk is full, or the file cannot be written".to_owned());
    }
}

/// Without a savepoint, which copies every page before it is changed. Where one of them cannot be stored all of them
/// begin anew, each in its own, so that it fails alone.
fn append(connection: &Connection, memory: &mut Memory, appends: &[Append]) -> Vec<rusqlite::Result<Appended>> {
    let together: rusqlite::Result<Vec<Appended>> =
        appends.iter().map(|append| outbox::append(connection, memory, &append.notification)).collect();
    if let Ok(appended) = together {
        return appended.into_iter().map(Ok).collect();
    }
    memory.undo(Mark::default());
    if !connection.is_autocommit() {
        let _ = execute(connection, "ROLLBACK");
    }
    let _ = execute(connection, "BEGIN IMMEDIATE");
    appends.iter().map_while(|append| append_alone(connection, memory, append)).collect()
}

/// `None`: there is no transaction any more.
fn append_alone(connection: &Connection, memory: &mut Memory, append: &Append) -> Option<rusqlite::Result<Appended>> {
    if connection.is_autocommit() {
        return None;
    }
    let before = memory.mark();
    let result = in_savepoint(connection, |connection| outbox::append(connection, memory, &append.notification));
    if result.is_err() {
        memory.undo(before);
    }
    Some(result)
}

fn execute(connection: &Connection, words: &str) -> Result<(), String> {
    let done = connection.prepare_cached(words).and_then(|mut statement| statement.execute([]));
    done.map(drop).map_err(|error| error.to_string())
}
