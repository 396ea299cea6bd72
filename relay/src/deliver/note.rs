//! What the fallback channel is told of the others.

use std::time::Duration;

use jiff::Timestamp;

use crate::alert::{Severity, Status};
use crate::compose::{Trouble, TroubleKind};
use crate::ingest::KeyHash;
use crate::store::{MessageKind, Notification, Store};

/// The same trouble is told once in this time: a thousand refused messages are no thousand notes. The metrics count
/// them, and the store lists them.
const REPEAT_WINDOW: Duration = Duration::from_mins(10);

/// Puts a note into the outbox. Where that fails, the log has it.
pub(super) async fn tell(store: &Store, fallback: &str, trouble: &Trouble) {
    let Trouble { kind, channel, reason, at, .. } = trouble;
    let mut key = KeyHash::default();
    key.strings(&["trouble", kind.as_str(), channel, reason]);
    let notification = Notification {
        dedupe_key: key.finish(),
        // That it is back follows a note that it was gone, which was told once.
        dedupe_window: (*kind != TroubleKind::Back).then_some(REPEAT_WINDOW),
        channels: vec![fallback.to_owned()],
        note: None,
        kind: MessageKind::Notice,
        // What is said of one channel keeps its order.
        group_key: format!("seamark-relay/{channel}"),
        status: if *kind == TroubleKind::Back { Status::Resolved } else { Status::Firing },
        severity: Severity::Warning,
        body: trouble.to_json(),
        received_at: *at,
    };
    if let Err(error) = store.append(notification).await {
        tracing::error!(channel, "the fallback channel `{fallback}` cannot be told about channel `{channel}`: {error}");
    }
}

/// A note about a channel.
pub(super) fn trouble(kind: TroubleKind, channel: &str, title: &str, reason: &str, at: Timestamp) -> Trouble {
    Trouble { kind, at, channel: channel.to_owned(), title: title.to_owned(), reason: reason.to_owned() }
}
