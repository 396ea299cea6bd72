//! The bot: people ask in Telegram how their servers are, and silence what fires.
//!
//! ```text
//! getUpdates -> update -> may ask? too often? -> command -> facts -> answer -> sendMessage, or editMessageText
//! ```
//!
//! It polls, so that it works behind any router. How far it has read is in the store after each update, so that a restart
//! neither loses nor repeats one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::Sources;
use crate::channel::Bot;
use crate::compose::Voice;
use crate::deliver::Calls;
use crate::metrics::Metrics;
use crate::store::Store;

pub mod answer;
pub mod command;
mod details;
pub mod help;
pub mod keyboard;
pub mod limit;
mod poll;
mod reports;
pub mod silence;
mod speak;
mod talk;
pub mod update;

/// `telegram_bot` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whose token it has.
    pub channel: String,
    /// Who may ask, anywhere.
    pub allow_users: Vec<i64>,
    /// Where everybody may ask.
    pub allow_chats: Vec<i64>,
}

/// Begins to make a report that was asked for; what comes back says why where it cannot.
pub type Making = Box<dyn FnOnce() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Takes the wish for the report of this name, for the bot's own channel; the second text names the wish. `None`:
/// somebody asked for the same a moment ago.
pub type TakeWish = Arc<dyn Fn(String, String) -> BoxFuture<'static, Result<Option<Making>, String>> + Send + Sync>;

/// The reports that people can ask for.
#[derive(Clone)]
pub struct Reports {
    /// Their names.
    pub names: Vec<String>,
    /// How one is had made.
    pub take: TakeWish,
}

/// All that a bot needs.
#[derive(Clone)]
pub struct Parts {
    /// Speaks to Telegram.
    pub bot: Bot,
    /// Who may ask.
    pub settings: Settings,
    /// How those are spoken to whose language is none of ours.
    pub voice: Voice,
    /// Where the answers come from.
    pub sources: Sources,
    /// The reports.
    pub reports: Reports,
    /// Keeps how far it has read.
    pub store: Store,
    /// Counts.
    pub metrics: Metrics,
    /// Calls Telegram.
    pub http: reqwest::Client,
    /// Calls of the channel's own chat.
    pub calls: Calls,
}

/// A running bot. Dropping it stops it as well.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What is being answered may take so long when the relay stops; else it is answered after the next start.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// Starts the bot. There must be no other one with the same token.
pub fn spawn(parts: Parts) -> Running {
    let (stop, stopped) = watch::channel(false);
    parts.metrics.declare_bot(true);
    Running { stop, task: tokio::spawn(poll::Poller::new(parts, stopped).run()) }
}

impl Running {
    /// Lets it end what it is at.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(LAST_ANSWER, &mut self.task).await.is_err() {
            self.task.abort();
            let _ = self.task.await;
        }
    }
}
