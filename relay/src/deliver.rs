//! Delivery: from the outbox to the chats.
//!
//! One loop per destination, one message in flight in each, so that order holds and a killed process leaves at most
//! one message per destination of which nobody knows whether it arrived.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::channel::Channel;
use crate::message::Message;
use crate::metrics::Metrics;
use crate::store::{Claim, Store};

mod card;
mod hold;
pub mod http;
mod note;
pub mod pace;
mod pictures;
pub mod retry;
mod worker;

pub use card::Update;
pub use pictures::Illustrator;

/// One configured channel.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its name in the configuration.
    pub name: String,
    /// How to speak to it.
    pub channel: Arc<dyn Channel>,
    /// The channel that is told when this one has trouble; never itself.
    pub fallback: Option<String>,
    /// What becomes of a group's message when there is more to say.
    pub update: Update,
    /// Who draws what goes with its messages; nobody, if `None`.
    pub illustrator: Option<Illustrator>,
}

impl Destination {
    /// A channel whose trouble is told to nobody.
    pub fn new(name: impl Into<String>, channel: impl Into<Arc<dyn Channel>>) -> Self {
        Self { name: name.into(), channel: channel.into(), fallback: None, update: Update::Post, illustrator: None }
    }
}

/// Words a delivery for the channel of this name. Called at every attempt, so it says what is true then.
pub type Composer = Arc<dyn Fn(&Claim, &str) -> Message + Send + Sync>;

/// The running loops. Dropping it stops them as well, without waiting.
#[derive(Debug)]
pub struct Deliverer {
    stop: watch::Sender<bool>,
    store: Store,
    tasks: Vec<JoinHandle<()>>,
}

/// How often old rows are looked for.
const PRUNE_INTERVAL: Duration = Duration::from_mins(10);

/// Starts a loop for each destination. There must be no other deliverer for the same store: [`Deliverer::stop`] it
/// before, or what it has in flight is sent twice.
pub fn spawn(
    destinations: Vec<Destination>,
    store: Store,
    composer: Composer,
    metrics: Metrics,
    http: reqwest::Client,
) -> Deliverer {
    metrics.declare(destinations.iter().map(|destination| destination.name.as_str()));
    let (stop, stopped) = watch::channel(false);
    let services = hold::Services::default();
    let mut tasks: Vec<JoinHandle<()>> = destinations
        .into_iter()
        .map(|destination| {
            let tools = worker::Tools {
                store: store.clone(),
                composer: composer.clone(),
                metrics: metrics.clone(),
                http: http.clone(),
                services: services.clone(),
                stopped: stopped.clone(),
            };
            tokio::spawn(worker::Worker::new(destination, tools).run())
        })
        .collect();
    tasks.push(tokio::spawn(prune(store.clone(), stopped)));
    Deliverer { stop, store, tasks }
}

impl Deliverer {
    /// Lets the loops look for work at once. A stored notification does so by itself.
    pub fn wake(&self) {
        self.store.wake();
    }

    /// Lets the calls in flight come to their end, at most some ten seconds, then stops.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A loop that panicked has said so on the log.
            let _ = task.await;
        }
    }
}

async fn prune(store: Store, mut stopped: watch::Receiver<bool>) {
    loop {
        loop {
            match store.prune(Timestamp::now()).await {
                Ok(0) => break,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => {
                    tracing::warn!(%error, "old messages cannot be removed now: {error}");
                    break;
                }
            }
        }
        if worker::stopped_within(&mut stopped, PRUNE_INTERVAL).await {
            return;
        }
    }
}
