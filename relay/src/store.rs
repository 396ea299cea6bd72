//! What the relay must not forget: the outbox, its attempts and dead letters, keys against repeats, message ids.
//!
//! One SQLite file, one thread that writes. Requests that arrive while it commits share the next commit, so that
//! durability costs one `fsync` for all of them. Every call here returns after its change is on disk, or says why
//! it is not.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::channel::{Detail, MessageRef};

mod checkpoint;
mod claim;
mod dead;
mod history;
mod kept;
mod lanes;
mod memory;
mod moments;
mod outbox;
mod record;
mod remembered;
mod rows;
mod seen;
mod slots;
mod sqlite;
mod upkeep;
mod writer;

use writer::{Append, Job};

pub use record::{AlertRecord, FORGOTTEN_AFTER, Firing};
pub use rows::{
    Appended, Backlog, Card, Chosen, Claim, DeadLetter, Deferral, DeliveryId, Digest, Entry, MessageKind, Next,
    Notification, Prepared, Told,
};

/// The outbox. Clones share one writer; the last one to go closes the file.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    writer: writer::Writer,
    appended: Arc<watch::Sender<u64>>,
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be used at all.
    #[error("store `{path}`: {problem}")]
    Open {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The change is not on disk: no space, read-only, or locked by somebody else. Try again later.
    #[error("the store cannot write: {0}")]
    Unavailable(String),
    /// A row does not hold what this version writes.
    #[error("the store holds {0}")]
    Malformed(String),
}

/// Bodies of refused requests are cut here, in bytes.
pub const REFUSED_BODY_LIMIT: usize = 64 * 1024;
/// The file grows to this at most, in bytes; then the store is full, and Alertmanager keeps what it has. Enough for
/// a million waiting notifications.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// So many refused requests are kept, the newest.
pub const REFUSED_KEPT: u32 = 100;

impl Store {
    /// Opens the file, creates it and its directory where they are missing, and brings its tables up to date.
    /// What a killed process had in flight becomes claimable again, marked as perhaps sent.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] when the file cannot be written, is no database, is in use by another relay, or was
    /// written by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_bounded(path, MAX_BYTES)
    }

    /// As [`Store::open`], with a bound on the file's size other than [`MAX_BYTES`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`].
    pub fn open_bounded(path: &Path, max_bytes: u64) -> Result<Self, StoreError> {
        let database = sqlite::open(path, max_bytes)?;
        let appended = Arc::new(watch::Sender::new(0));
        let news = appended.clone();
        let writer = writer::Writer::start(database, move || tell_all(&news))
            .map_err(|problem| StoreError::Open { path: path.display().to_string(), problem: problem.to_string() })?;
        Ok(Self { inner: Arc::new(Inner { writer, appended }) })
    }

    /// Stores a notification, one row for each channel. On disk when it returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: nothing was stored.
    pub async fn append(&self, notification: Notification) -> Result<Appended, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inner.writer.submit(Job::Append(Append { notification, answer }));
        answered.await.map_or_else(|_| Err(ended()), |given| given.result)
    }

    /// Changes whenever something was stored, so that a loop can wait for work.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.inner.appended.subscribe()
    }

    /// Lets everybody look for work who waits for [`Store::appended`].
    pub fn wake(&self) {
        tell_all(&self.inner.appended);
    }

    /// The delivery that is next for this channel. Its attempt is on disk as started when this returns, so that a
    /// killed process leaves a trace.
    ///
    /// A message that is partly sent comes first, then the more urgent group, then the older. All that waits of a group
    /// is told together. Where more groups wait than `served`, the number of messages that the channel has room for
    /// before long, or where they have waited through an outage, many groups are told together.
    pub async fn claim(&self, channel: &str, now: Timestamp, served: usize) -> Result<Next, StoreError> {
        let channel = channel.to_owned();
        self.call(move |connection| claim::claim(connection, &channel, now, served)).await
    }

    /// Makes claimable again what a loop left in flight when it was stopped, marked as perhaps sent. Only for who is
    /// alone in serving this channel.
    pub async fn reclaim(&self, channel: &str) -> Result<(), StoreError> {
        let channel = channel.to_owned();
        self.call(move |connection| outbox::reclaim(connection, &channel)).await
    }

    /// Keeps the parts of a message of several, so that a later attempt goes on with the first one unsent.
    pub async fn prepare(&self, id: DeliveryId, parts: Vec<serde_json::Value>) -> Result<(), StoreError> {
        self.call(move |connection| outbox::prepare(connection, id, &parts)).await
    }

    /// The chat took the part in flight. `more`: others follow, which are due at once.
    pub async fn acknowledge(
        &self,
        id: DeliveryId,
        reference: MessageRef,
        more: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.call(move |connection| outbox::acknowledge(connection, id, &reference, more, now)).await
    }

    /// The part in flight is to be tried again.
    pub async fn defer(&self, id: DeliveryId, deferral: Deferral, now: Timestamp) -> Result<(), StoreError> {
        self.call(move |connection| outbox::defer(connection, id, &deferral, now)).await
    }

    /// The chat refused the part in flight: the whole message is to be tried anew with less in it.
    pub async fn degrade(&self, id: DeliveryId, to: Detail, reason: String, now: Timestamp) -> Result<(), StoreError> {
        self.call(move |connection| outbox::degrade(connection, id, to, &reason, now)).await
    }

    /// Gives the delivery up, for this reason.
    pub async fn bury(&self, id: DeliveryId, reason: String, now: Timestamp) -> Result<(), StoreError> {
        self.call(move |connection| outbox::bury(connection, id, &reason, now)).await
    }

    /// The messages that were given up, the newest first, at most `limit`.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        self.dead_letters_of(None, limit).await
    }

    /// The same, of one channel alone if it is named.
    pub async fn dead_letters_of(&self, channel: Option<&str>, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let channel = channel.map(str::to_owned);
        self.call(move |connection| dead::list(connection, channel.as_deref(), limit)).await
    }

    /// What was stored last, of one channel alone if it is named, and what became of it: the newest first, at most `limit`
    /// and some megabytes.
    pub async fn recent(&self, channel: Option<&str>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let channel = channel.map(str::to_owned);
        self.call(move |connection| history::recent(connection, channel.as_deref(), limit, history::MOST_BYTES)).await
    }

    /// The same of reports.
    pub async fn recent_reports(&self, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.call(move |connection| history::reports(connection, limit, history::MOST_BYTES)).await
    }

    /// What was stored under this number, and what became of it.
    pub async fn entry(&self, number: i64) -> Result<Option<Entry>, StoreError> {
        self.call(move |connection| history::one(connection, number)).await
    }

    /// Gives these dead letters another try, in full, and returns how many there were.
    pub async fn retry_dead_letters(&self, chosen: Chosen) -> Result<usize, StoreError> {
        let count = self.call(move |connection| dead::retry(connection, &chosen)).await?;
        self.wake();
        Ok(count)
    }

    /// Forgets these dead letters, and returns how many there were.
    pub async fn drop_dead_letters(&self, chosen: Chosen) -> Result<usize, StoreError> {
        self.call(move |connection| dead::discard(connection, &chosen)).await
    }

    /// The ids of what was posted last for a group of a channel, in the order of its parts.
    pub async fn message_refs(&self, channel: &str, group_key: &str) -> Result<Vec<MessageRef>, StoreError> {
        let (channel, group_key) = (channel.to_owned(), group_key.to_owned());
        self.call(move |connection| outbox::message_refs(connection, &channel, &group_key)).await
    }

    /// What was posted last for a group of a channel, where the chat gave it an id.
    pub async fn card(&self, channel: &str, group_key: &str) -> Result<Option<Card>, StoreError> {
        let (channel, group_key) = (channel.to_owned(), group_key.to_owned());
        self.call(move |connection| outbox::card(connection, &channel, &group_key)).await
    }

    /// Forgets what was posted for a group of a channel: it can be neither answered nor edited any more.
    pub async fn forget_card(&self, channel: &str, group_key: &str) -> Result<(), StoreError> {
        let (channel, group_key) = (channel.to_owned(), group_key.to_owned());
        self.call(move |connection| outbox::forget_card(connection, &channel, &group_key)).await
    }

    /// When attempts at this channel ended (or began, if their end is not known), since then, the oldest first.
    pub async fn attempts_since(&self, channel: &str, since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        let channel = channel.to_owned();
        self.call(move |connection| upkeep::attempts_since(connection, &channel, since)).await
    }

    /// Remembers that nothing may be sent within this scope before this moment.
    pub async fn hold(&self, scope: &str, until: Timestamp) -> Result<(), StoreError> {
        let scope = scope.to_owned();
        self.call(move |connection| upkeep::hold(connection, &scope, until)).await
    }

    /// Until when nothing may be sent within this scope, if it was said.
    pub async fn held_until(&self, scope: &str) -> Result<Option<Timestamp>, StoreError> {
        let scope = scope.to_owned();
        self.call(move |connection| upkeep::held_until(connection, &scope)).await
    }

    /// A moment that was kept under this name.
    pub async fn moment(&self, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.call(move |connection| moments::get(connection, name)).await
    }

    /// Keeps a moment under this name, or forgets it.
    pub async fn set_moment(&self, name: &'static str, at: Option<Timestamp>) -> Result<(), StoreError> {
        self.call(move |connection| moments::set(connection, name, at)).await
    }

    /// What was kept under this name, and when.
    pub async fn kept(&self, name: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
        let name = name.to_owned();
        self.call(move |connection| kept::get(connection, &name)).await
    }

    /// Keeps something under this name, or forgets it.
    pub async fn keep(&self, name: &str, value: Option<String>, now: Timestamp) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.call(move |connection| kept::set(connection, &name, value.as_deref(), now)).await
    }

    /// Remembers that the destination of a channel that was configured with this address is elsewhere now.
    pub async fn moved(&self, channel: &str, address: &str, to: &str, now: Timestamp) -> Result<(), StoreError> {
        let (channel, address, to) = (channel.to_owned(), address.to_owned(), to.to_owned());
        self.call(move |connection| upkeep::moved(connection, &channel, &address, &to, now)).await
    }

    /// Where the destination of a channel that is configured with this address is now, if it has moved.
    pub async fn moved_to(&self, channel: &str, address: &str) -> Result<Option<String>, StoreError> {
        let (channel, address) = (channel.to_owned(), address.to_owned());
        self.call(move |connection| upkeep::moved_to(connection, &channel, &address)).await
    }

    /// Keeps a request that was no notification, for inspection: the newest [`REFUSED_KEPT`], the first
    /// [`REFUSED_BODY_LIMIT`] bytes of each.
    pub async fn keep_refused(&self, body: &[u8], reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let body = body.get(..REFUSED_BODY_LIMIT).unwrap_or(body).to_vec();
        let reason = reason.to_owned();
        self.call(move |connection| upkeep::keep_refused(connection, &body, &reason, now)).await
    }

    /// How many alerts fire, by name, severity and instance: at most `limit` rows.
    pub async fn firing(&self, now: Timestamp, limit: u32) -> Result<Vec<Firing>, StoreError> {
        self.catch_up().await?;
        self.call(move |connection| record::firing(connection, now, limit)).await
    }

    /// The alerts that fired at any time since then, the latest first, at most `limit`.
    pub async fn alerts_since(&self, since: Timestamp, limit: u32) -> Result<Vec<AlertRecord>, StoreError> {
        self.catch_up().await?;
        self.call(move |connection| record::since(connection, since, limit)).await
    }

    /// Notes in the record what came since somebody last looked at it.
    async fn catch_up(&self) -> Result<(), StoreError> {
        while self.call(record::catch_up).await? {}
        Ok(())
    }

    /// What waits, for every channel that ever had something to send.
    pub async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.call(upkeep::backlog).await
    }

    /// Whether the store can write, tried for real.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.call(upkeep::check).await
    }

    /// Removes what nobody will ask for again, a bounded number of rows at a time; in a file that is half full, the
    /// oldest of what is finished as well. Returns how many rows went or were ended; call again while it is
    /// not 0.
    pub async fn prune(&self, now: Timestamp) -> Result<usize, StoreError> {
        // In a full file there may be no room for the record before something has gone. What is not noted stays.
        let _ = self.catch_up().await;
        self.call(move |connection| Ok(upkeep::prune(connection, now)? + record::prune(connection, now)?)).await
    }

    /// Runs `work` on the writer's connection and waits for its commit.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inner.writer.submit(writer::call(work, answer));
        given(answered).await
    }
}

async fn given<T>(answered: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    answered.await.unwrap_or_else(|_| Err(ended()))
}

fn ended() -> StoreError {
    StoreError::Unavailable("its thread has ended".to_owned())
}

fn tell_all(appended: &watch::Sender<u64>) {
    appended.send_modify(|count| *count = count.wrapping_add(1));
}
