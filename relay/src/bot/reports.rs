//! Reports that people ask for: begun at once, while the bot goes on to answer; and begun again after a kill.

use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::answer::failed;
use super::command::Which;
use super::silence::Done;
use super::update::Incoming;
use super::{Making, Parts};
use crate::compose::Voice;

/// One that was asked for longer ago, before the relay was away, nobody waits for any more.
const WAITED_FOR: Duration = Duration::from_hours(1);

/// Where they are asked for. Dropping it gives up what is being made.
pub(super) struct Desk {
    parts: Parts,
    /// Said to be begun.
    taken: Vec<Taken>,
    open: JoinSet<()>,
}

/// A report that is to be made, and who is told if it fails.
struct Taken {
    name: String,
    making: Making,
    asked: Option<(Incoming, Voice)>,
}

impl Desk {
    pub fn new(parts: Parts) -> Self {
        Self { parts, taken: Vec::new(), open: JoinSet::new() }
    }

    /// Begins what was being made when the process before ended.
    pub async fn resume(&mut self, now: Timestamp) {
        for name in self.parts.reports.names.clone() {
            let kept = match self.parts.store.kept(&self.kept_as(&name)).await {
                Ok(kept) => kept,
                Err(error) => {
                    tracing::error!(%error, "whether somebody waits for the report `{name}` is not known: {error}");
                    continue;
                }
            };
            let Some((by, at)) = kept else { continue };
            let is_waited_for = now.duration_since(at).unsigned_abs() < WAITED_FOR;
            match (self.parts.reports.take)(name.clone(), by).await {
                Ok(Some(making)) if is_waited_for => self.taken.push(Taken { name, making, asked: None }),
                // It is in the outbox, or is no report any more.
                _ => forget(&self.parts, &self.kept_as(&name)).await,
            }
        }
        self.begin();
    }

    /// Takes the wish of update `number` for a report; `None`: it is not clear which. [`Desk::begin`] follows.
    pub async fn report(
        &mut self,
        which: &Which,
        incoming: &Incoming,
        voice: &Voice,
        number: i64,
        now: Timestamp,
    ) -> Option<Result<Done, String>> {
        let names = &self.parts.reports.names;
        // The only one needs no choice.
        let only = || names.first().filter(|_| names.len() == 1 && *which == Which::Any);
        let name = names.iter().find(|name| which.means(name)).or_else(only)?.clone();
        let by = format!("bot/{}/{number}", self.parts.bot.id());
        let making = match (self.parts.reports.take)(name.clone(), by.clone()).await {
            Ok(making) => making,
            Err(problem) => return Some(Err(problem)),
        };
        let done = |again| Done::Reported { name: name.clone(), channel: self.parts.settings.channel.clone(), again };
        let Some(making) = making else { return Some(Ok(done(true))) };
        let done = done(false);
        if let Err(error) = self.parts.store.keep(&self.kept_as(&name), Some(by), now).await {
            return Some(Err(error.to_string()));
        }
        self.taken.push(Taken { name, making, asked: Some((incoming.clone(), voice.clone())) });
        Some(Ok(done))
    }

    /// Begins what was taken: not before that was said, or a failure would be said first.
    pub fn begin(&mut self) {
        while self.open.try_join_next().is_some() {}
        for Taken { name, making, asked } in std::mem::take(&mut self.taken) {
            let (parts, kept_as) = (self.parts.clone(), self.kept_as(&name));
            self.open.spawn(async move {
                if let Err(problem) = making().await {
                    tracing::warn!("the report `{name}` that somebody asked the bot for was not made: {problem}");
                    if let Some((incoming, voice)) = asked {
                        parts.say(&incoming, &failed(&voice, &problem)).await;
                    }
                }
                forget(&parts, &kept_as).await;
            });
        }
    }

    /// Gives up what is being made; the next start begins it again.
    pub async fn close(&mut self) {
        self.open.shutdown().await;
    }

    fn kept_as(&self, name: &str) -> String {
        format!("bot/{}/report/{name}", self.parts.bot.id())
    }
}

async fn forget(parts: &Parts, kept_as: &str) {
    if let Err(error) = parts.store.keep(kept_as, None, Timestamp::now()).await {
        tracing::warn!(%error, "that a report was made could not be noted; it is not sent twice all the same: {error}");
    }
}
