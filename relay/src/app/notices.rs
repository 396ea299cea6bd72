//! What the relay tells its default channels about itself.

use std::time::Duration;

use jiff::Timestamp;
use tracing::error;

use super::{App, Live};
use crate::alert::{Severity, Status};
use crate::compose::Notice;
use crate::ingest::KeyHash;
use crate::store::{MessageKind, Notification};

/// A relay that starts over and over says so once in this time.
const REPEAT_WINDOW: Duration = Duration::from_secs(5 * 60);

impl App {
    /// Puts a notice into the outbox, unless notices are off or the same one was there a moment ago.
    pub(super) async fn tell(&self, notice: impl FnOnce(&Live, Timestamp) -> Notice) {
        let live = self.live();
        if !live.notices {
            return;
        }
        let now = Timestamp::now();
        let notice = notice(&live, now);
        let mut key = KeyHash::default();
        key.strings(&["notice", notice.name()]);
        let notification = Notification {
            dedupe_key: key.finish(),
            dedupe_window: Some(REPEAT_WINDOW),
            channels: live.routing.defaults.clone(),
            note: None,
            kind: MessageKind::Notice,
            // One group, so that "stopping" never overtakes "started".
            group_key: "seamark-relay".to_owned(),
            status: Status::Resolved,
            severity: Severity::Info,
            body: notice.to_json(),
            received_at: now,
        };
        if let Err(err) = self.0.store.append(notification).await {
            error!(%err, notice = notice.name(), "a notice could not be stored");
        }
    }
}
