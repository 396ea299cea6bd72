//! What goes into the outbox and what comes out of it.

use std::time::Duration;

use jiff::Timestamp;

use crate::alert::{Severity, Status};
use crate::channel::{Detail, MessageRef};

/// What a message is, for metrics, order and wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageKind {
    /// Something is wrong.
    Alert,
    /// It is over.
    Resolved,
    /// A scheduled overview.
    Report,
    /// The message that is kept up to date.
    Panel,
    /// The relay speaks about itself.
    Notice,
    /// An answer to somebody's question.
    Reply,
}

impl MessageKind {
    /// Every kind, in the order of the metrics.
    pub const ALL: [Self; 6] = [Self::Alert, Self::Resolved, Self::Report, Self::Panel, Self::Notice, Self::Reply];

    /// The word for metrics and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Resolved => "resolved",
            Self::Report => "report",
            Self::Panel => "panel",
            Self::Notice => "notice",
            Self::Reply => "reply",
        }
    }
}

/// What is to be told, before it is worded: the relay renders it when it sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Equal for repeats of one notification.
    pub dedupe_key: String,
    /// A repeat within this time of the first is dropped. `None`: never.
    pub dedupe_window: Option<Duration>,
    /// The channels to tell; one row each. A name given twice counts once.
    pub channels: Vec<String>,
    /// A sentence about the notification itself, such as an unknown channel in its URL.
    pub note: Option<String>,
    /// What it is.
    pub kind: MessageKind,
    /// Messages of one group keep their order.
    pub group_key: String,
    /// Firing or resolved.
    pub status: Status,
    /// More urgent groups go first.
    pub severity: Severity,
    /// What the composer makes the message from, such as the webhook's JSON.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is on disk, once for each channel.
    Stored,
    /// It is a repeat within its window: nothing was stored.
    Duplicate,
}

/// Names one delivery: one notification on its way to one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryId(pub(crate) i64);

/// A delivery that another one's message tells as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Which delivery.
    pub id: DeliveryId,
    /// What it is.
    pub kind: MessageKind,
    /// Its group.
    pub group_key: String,
    /// Firing or resolved.
    pub status: Status,
    /// How urgent.
    pub severity: Severity,
    /// A sentence about the notification itself.
    pub note: Option<String>,
    /// What the message is made from.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// Why one message tells of many groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// More of them wait than there is room for.
    Storm,
    /// They could not be told for a long time.
    CatchUp,
}

impl DeliveryId {
    /// The number that people see.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// A delivery whose next attempt has been recorded as started.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Which delivery.
    pub id: DeliveryId,
    /// Where to.
    pub channel: String,
    /// What it is.
    pub kind: MessageKind,
    /// Its group.
    pub group_key: String,
    /// Firing or resolved.
    pub status: Status,
    /// How urgent.
    pub severity: Severity,
    /// What the message is made from.
    pub body: Vec<u8>,
    /// A sentence about the notification itself.
    pub note: Option<String>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What the same message tells as well, the oldest first: older notifications of this group, or of many groups.
    pub merged: Vec<Told>,
    /// `Some` where it tells of many groups.
    pub digest: Option<Digest>,
    /// 1 for the first attempt at this part.
    pub attempt: u32,
    /// An earlier attempt at this part may have arrived.
    pub maybe_repeated: bool,
    /// How much of the message the chat took so far.
    pub detail: Detail,
    /// The first part that is not yet sent, from 0.
    pub part: u32,
    /// That part, where the message has several and an earlier attempt has laid them out.
    pub prepared: Option<Prepared>,
}

/// A part that was laid out by an earlier attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Its body.
    pub payload: serde_json::Value,
    /// Others follow.
    pub more: bool,
}

/// What was posted last for a group, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The ids of its parts.
    pub references: Vec<MessageRef>,
    /// Firing or resolved.
    pub status: Status,
    /// How urgent.
    pub severity: Severity,
}

/// The answer to [`super::Store::claim`].
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// This is to be sent now.
    Claim(Box<Claim>),
    /// Nothing is due before this moment.
    At(Timestamp),
    /// Nothing waits.
    Empty,
}

/// How an attempt ended that is to be repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct Deferral {
    /// Not before this moment.
    pub due_at: Timestamp,
    /// The chat may have taken it all the same.
    pub maybe_sent: bool,
    /// It counts as an attempt; one that was only too fast does not.
    pub counts: bool,
    /// Why, without secrets.
    pub reason: String,
}

/// What waits for one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// The channel's name.
    pub channel: String,
    /// Messages that are not yet sent.
    pub pending: u64,
    /// When the oldest of them arrived.
    pub oldest: Option<Timestamp>,
    /// Messages that were given up, with their reasons.
    pub dead: u64,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Where it was to go.
    pub channel: String,
    /// What it is.
    pub kind: MessageKind,
    /// Its group.
    pub group_key: String,
    /// What the message was to be made from.
    pub body: Vec<u8>,
    /// Why it was given up.
    pub reason: String,
    /// When it was given up.
    pub buried_at: Timestamp,
    /// Its number.
    pub id: DeliveryId,
}

/// One delivery as it was, or will be.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub id: DeliveryId,
    /// Where to.
    pub channel: String,
    /// What it is.
    pub kind: MessageKind,
    /// `pending`, `sending`, `delivered` or `dead`.
    pub state: String,
    /// How much of the message the chat took.
    pub detail: Detail,
    /// When it arrived.
    pub received_at: Timestamp,
    /// When it was delivered or given up.
    pub finished_at: Option<Timestamp>,
    /// Why it was put off or given up.
    pub reason: Option<String>,
    /// A sentence about the notification itself.
    pub note: Option<String>,
    /// What the message is made from.
    pub body: Vec<u8>,
    /// How many others its message tells as well.
    pub merged: u64,
}

/// Some of the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Those of this channel alone.
    pub channel: Option<String>,
    /// Those with these numbers; `None`: all.
    pub ids: Option<Vec<i64>>,
}
