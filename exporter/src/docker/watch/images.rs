//! When to ask what the names of images mean, and the questions under way.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::docker::client::{Client, ClientError};
use crate::docker::images::Images;

/// Between a change of images and the questions about them: a pull changes several.
const SETTLE: Duration = Duration::from_secs(1);
/// Between two rounds of such questions: where images are built all day, they are not asked about all day.
const REST: Duration = Duration::from_secs(10);

/// One round at a time.
pub(super) struct ImageRounds<'a> {
    asking: FuturesUnordered<BoxFuture<'a, (Images, bool)>>,
    rest_until: Instant,
    due: Option<Instant>,
    /// The next round asks about all names, not about the new ones alone.
    all: bool,
}

impl<'a> ImageRounds<'a> {
    /// The first round, about all names, is soon.
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { asking: FuturesUnordered::new(), rest_until: now, due: Some(now + SETTLE), all: true }
    }

    /// Names have changed their meaning (`all`), or there may be a new one.
    pub(super) fn want(&mut self, all: bool) {
        self.all |= all;
        self.due = self.due.or(Some((Instant::now() + SETTLE).max(self.rest_until)));
    }

    /// When the next round begins; `None` while there is none to come, or one is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| self.asking.is_empty())
    }

    /// Begins a round; `names` are those to ask about, all or new ones.
    pub(super) fn begin(&mut self, client: &'a Client, names: impl FnOnce(bool) -> Vec<String>) {
        self.due = None;
        let all = std::mem::take(&mut self.all);
        self.asking.push(Box::pin(ask(client, names(all), all)));
    }

    /// What a round has found, and whether that is about all names.
    pub(super) async fn next(&mut self) -> Option<(Images, bool)> {
        let found = self.asking.next().await?;
        self.rest_until = Instant::now() + REST;
        // What has changed meanwhile is not forgotten, and has to wait.
        self.due = self.due.map(|due| due.max(self.rest_until));
        Some(found)
    }
}

/// One after the other: there is no hurry.
async fn ask(client: &Client, names: Vec<String>, all: bool) -> (Images, bool) {
    let mut found = Images::new();
    for name in names {
        let id = match client.image_id(&name).await {
            // Then the event stream ends, too, or the next ping fails.
            Err(ClientError::Unreachable { .. }) => return (found, false),
            answer => answer.unwrap_or_default(),
        };
        found.insert(name, id);
    }
    (found, all)
}
