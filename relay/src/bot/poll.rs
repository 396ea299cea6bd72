//! Asks Telegram for what people wrote, one update after the other.
//!
//! Source: Bot API, "getUpdates".

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::talk::Talker;
use super::{Parts, help, update};
use crate::channel::Verdict;
use crate::deliver::http;
use crate::fault::survived;
use crate::metrics::BotUpdate;

/// How long Telegram waits for something to tell.
const LONG: Duration = Duration::from_secs(30);
/// The call takes a little longer.
const CALL: Duration = Duration::from_secs(40);
/// A hundred updates, each with a long message.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A token that is wrong does not mend itself.
const GONE_WAIT: Duration = Duration::from_mins(10);
/// "If there are no new updates for at least a week, then identifier of the next update will be chosen randomly" (Bot
/// API, "Update"); what is older than a day is not told any more.
const OFFSET_HOLDS: Duration = Duration::from_hours(6 * 24);

/// Why there are no updates.
#[derive(Debug, PartialEq)]
enum Trouble {
    /// Come back after this long.
    Wait(Duration, String),
    /// Try again by and by.
    Later(String),
    /// The token is wrong.
    Gone(String),
}

/// The loop.
pub(super) struct Poller {
    parts: Parts,
    talker: Talker,
    stopped: watch::Receiver<bool>,
    /// The first update that was not handled yet.
    offset: Option<i64>,
    /// The update that the process before was at when it ended.
    begun: Option<i64>,
    failures: u32,
}

impl Poller {
    pub fn new(parts: Parts, stopped: watch::Receiver<bool>) -> Self {
        Self { talker: Talker::new(parts.clone()), parts, stopped, offset: None, begun: None, failures: 0 }
    }

    pub async fn run(mut self) {
        self.talker.desk.resume(Timestamp::now()).await;
        self.poll().await;
        self.talker.desk.close().await;
    }

    async fn poll(&mut self) {
        self.offset = self.remembered("offset").await;
        self.begun = self.remembered("begun").await;
        let mut is_introduced = false;
        while !self.is_stopped() {
            // A press may take long to answer: whoever stops waits for it, but not for Telegram's silence.
            let mut stopped = self.stopped.clone();
            let told = async { drop(stopped.wait_for(|stopped| *stopped).await) };
            let updates = tokio::select! {
                updates = self.updates() => updates,
                () = told => return,
            };
            match updates {
                Ok(updates) => {
                    self.works();
                    self.handle(updates).await;
                    if !std::mem::replace(&mut is_introduced, true) {
                        self.introduce().await;
                    }
                }
                Err(trouble) => self.wait(trouble).await,
            }
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    async fn updates(&self) -> Result<Vec<Value>, Trouble> {
        let mut body = json!({ "timeout": LONG.as_secs(), "allowed_updates": ["message", "callback_query"] });
        if let (Some(offset), Some(object)) = (self.offset, body.as_object_mut()) {
            object.insert("offset".to_owned(), offset.into());
        }
        let request = self.parts.bot.call("getUpdates", body);
        let response = http::call_for(&self.parts.http, &request, CALL, ANSWER_LIMIT).await;
        let response = response.map_err(|failure| Trouble::Later(failure.reason))?;
        match self.parts.bot.verdict(&response) {
            Verdict::Delivered(_) => {
                let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
                match json.get("result").and_then(Value::as_array) {
                    Some(updates) => Ok(updates.clone()),
                    None => Err(Trouble::Later("an answer without updates".to_owned())),
                }
            }
            Verdict::Throttled { wait, .. } => Err(Trouble::Wait(wait, "it wants to be asked less often".to_owned())),
            Verdict::Gone(why) => Err(Trouble::Gone(why)),
            Verdict::Unavailable(why) if response.status == 409 => Err(Trouble::Later(conflict(&why))),
            Verdict::Unavailable(why) | Verdict::Refused(why) => Err(Trouble::Later(why)),
            Verdict::Moved(_) => Err(Trouble::Later("it says that a chat has moved".to_owned())),
        }
    }

    fn works(&mut self) {
        if std::mem::take(&mut self.failures) > 0 {
            tracing::info!("the bot gets what people write to it again");
        }
        self.parts.metrics.bot_up(true);
    }

    async fn wait(&mut self, trouble: Trouble) {
        let is_new = self.failures == 0;
        self.failures = self.failures.saturating_add(1);
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.failures - 1)).min(LONGEST_WAIT);
        let (wait, why) = match trouble {
            Trouble::Wait(wait, why) => (wait, why),
            Trouble::Later(why) => (doubled, why),
            Trouble::Gone(why) => (GONE_WAIT, why),
        };
        // A poll that breaks off now and then is nothing to be told of.
        if self.failures > 1 || wait > doubled {
            self.parts.metrics.bot_up(false);
        }
        if is_new || self.failures == 4 {
            tracing::warn!("the bot does not get what people write to it: {why}; next try in {} s", wait.as_secs());
        }
        let mut stopped = self.stopped.clone();
        let told = async { drop(stopped.wait_for(|stopped| *stopped).await) };
        let _ = tokio::time::timeout(wait, told).await;
    }

    async fn handle(&mut self, updates: Vec<Value>) {
        // Counted when they come, not when it is their turn.
        let now = Timestamp::now();
        for update in updates {
            if self.is_stopped() {
                // The rest is told again.
                return;
            }
            let Some(number) = update::number(&update) else { continue };
            if self.offset.is_some_and(|offset| number < offset) {
                continue;
            }
            // What was begun before a kill is done again in such a way that nothing is there twice.
            let again = self.begun == Some(number);
            if !again {
                self.begun = Some(number);
                self.keep("begun", number).await;
            }
            if survived("an answer of the bot's", self.talker.answer(&update, again, now)).await.is_none() {
                self.parts.metrics.bot_update(BotUpdate::Failed);
            }
            self.offset = Some(number.saturating_add(1));
            self.keep("offset", number.saturating_add(1)).await;
        }
    }

    /// Tells Telegram the menu of commands.
    async fn introduce(&self) {
        for menu in help::menus(&self.parts.voice) {
            let request = self.parts.bot.call("setMyCommands", menu);
            let problem = match http::call(&self.parts.http, &request).await {
                Ok(response) => match self.parts.bot.verdict(&response) {
                    Verdict::Delivered(_) => continue,
                    verdict => format!("{verdict:?}"),
                },
                Err(failure) => failure.reason,
            };
            tracing::warn!("Telegram has not taken the bot's menu of commands: {problem}");
            return;
        }
    }

    fn kept_as(&self, what: &str) -> String {
        format!("bot/{}/{what}", self.parts.bot.id())
    }

    async fn remembered(&self, what: &str) -> Option<i64> {
        match self.parts.store.kept(&self.kept_as(what)).await {
            Ok(kept) => {
                let (number, at) = kept?;
                let age = Timestamp::now().duration_since(at).unsigned_abs();
                number.parse().ok().filter(|_| age < OFFSET_HOLDS)
            }
            Err(error) => {
                tracing::error!(%error, "how far the bot has read is not known; something may be answered twice");
                None
            }
        }
    }

    async fn keep(&self, what: &str, number: i64) {
        let kept = self.parts.store.keep(&self.kept_as(what), Some(number.to_string()), Timestamp::now()).await;
        if let Err(error) = kept {
            tracing::error!(%error, "how far the bot has read could not be kept; after a restart something may be answered twice");
        }
    }
}

/// What to do about an answer 409.
fn conflict(why: &str) -> String {
    let advice = if why.to_lowercase().contains("webhook") {
        "this bot has a webhook, so Telegram tells everything there; take it away with deleteWebhook, or use another bot"
    } else {
        "another program asks with the same token; only one may: stop it, or give each its own bot"
    };
    format!("{why}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_says_what_to_do() {
        let webhook = conflict("HTTP 409: Conflict: can't use getUpdates method while webhook is active");
        assert!(webhook.contains("deleteWebhook"), "{webhook}");
        let other = conflict("HTTP 409: Conflict: terminated by other getUpdates request");
        assert!(other.contains("another program"), "{other}");
    }
}
