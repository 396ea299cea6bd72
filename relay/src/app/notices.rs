//! What the relay says about itself.

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
    /// Tells the default channels, unless notices are off or the same one was there a moment ago.
    pub(super) async fn tell(&self, notice: impl FnOnce(&Live, Timestamp) -> Notice) {
        let live = self.live();
        if live.notices {
            let now = Timestamp::now();
            let notice = notice(&live, now);
            self.append_notice(live.routing.defaults.clone(), &notice, Severity::Info, now).await;
        }
    }

    /// Puts a notice into the outbox. Whether it is there.
    pub(super) async fn append_notice(
        &self,
        channels: Vec<String>,
        notice: &Notice,
        severity: Severity,
        now: Timestamp,
    ) -> bool {
        let mut key = KeyHash::default();
        key.strings(&["notice", notice.name()]);
        let repeats = matches!(notice, Notice::Started { .. } | Notice::Stopping { .. });
        let notification = Notification {
            dedupe_key: key.finish(),
            dedupe_window: repeats.then_some(REPEAT_WINDOW),
            channels,
            note: None,
            kind: MessageKind::Notice,
            // One group, so that "stopping" never overtakes "started".
            group_key: "seamark-relay".to_owned(),
            status: Status::Resolved,
            severity,
            body: notice.to_json(),
            received_at: now,
        };
        match self.0.store.append(notification).await {
            Ok(_) => true,
            Err(err) => {
                error!(%err, notice = notice.name(), "a notice could not be stored");
                false
            }
        }
    }
}
