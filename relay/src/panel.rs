//! The panels: one message in a chat that always says how things stand.
//!
//! A task for each looks at the facts, on its interval and soon after an alert was taken, and puts what it found into the
//! slot of the channel's loop. The loop decides when the chat is called.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::channel::Channel;
use crate::compose::{PanelView, Voice, panel_board};
use crate::deliver::Slot;
use crate::fault::survived;
use crate::fleet::{self, Depth, Fleet};
use crate::prometheus::Prometheus;
use crate::store::Store;

mod pace;

use pace::Pace;

/// A panel of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Where it is.
    pub channel: String,
    /// How often it is looked at when nothing happens.
    pub interval: Duration,
}

/// A panel that is to be kept up to date.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Its configuration.
    pub spec: Spec,
    /// Lays it out.
    pub channel: Arc<dyn Channel>,
    /// How the channel is spoken to.
    pub voice: Voice,
    /// Where its boards go.
    pub slot: Slot,
}

/// The running panels. Dropping it stops them as well, where they are.
#[derive(Debug)]
pub struct Panels {
    stop: watch::Sender<bool>,
    slots: Vec<Slot>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts a task for each panel. `happened` changes when something was told that a panel may show.
pub fn spawn(panels: Vec<Panel>, prometheus: &Prometheus, store: &Store, happened: &watch::Sender<u64>) -> Panels {
    let (stop, stopped) = watch::channel(false);
    let slots = panels.iter().map(|panel| panel.slot.clone()).collect();
    let keeper = |panel| {
        let (prometheus, store) = (prometheus.clone(), store.clone());
        let keeper = Keeper { panel, prometheus, store, fleet: None, problem: None };
        tokio::spawn(keeper.run(stopped.clone(), happened.subscribe()))
    };
    let tasks = panels.into_iter().map(keeper).collect();
    Panels { stop, slots, tasks }
}

impl Panels {
    /// Lets every panel say that the relay stops.
    pub async fn say_goodbye(self) -> Vec<Slot> {
        self.stop.send_replace(true);
        for task in self.tasks {
            // One that panicked has said so on the log.
            let _ = task.await;
        }
        self.slots
    }

    /// Stops them as they are: others follow.
    pub async fn stop(self) {
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
    }
}

/// Waits for the end. Whether it was told; else the sender is gone.
async fn is_told(stopped: &mut watch::Receiver<bool>) -> bool {
    stopped.wait_for(|stopped| *stopped).await.is_ok()
}

struct Keeper {
    panel: Panel,
    prometheus: Prometheus,
    store: Store,
    /// What was last known.
    fleet: Option<Fleet>,
    /// Why nothing newer is.
    problem: Option<String>,
}

impl Keeper {
    async fn run(mut self, mut stopped: watch::Receiver<bool>, mut happened: watch::Receiver<u64>) {
        let told = stopped.clone();
        let mut pace = Pace::new(self.panel.spec.interval, Instant::now());
        loop {
            tokio::select! {
                // A sender that is gone was dropped without a good-bye.
                goodbye = is_told(&mut stopped) => {
                    if goodbye {
                        self.show(Some(Timestamp::now()));
                    }
                    return;
                }
                Ok(()) = happened.changed() => pace.happened(Instant::now()),
                () = tokio::time::sleep_until(pace.next()) => {
                    pace.looked(Instant::now());
                    let mut told = told.clone();
                    tokio::select! {
                        _ = survived("a look at a panel", self.look_and_show()) => {}
                        // Said in the next round.
                        _ = is_told(&mut told) => {}
                    }
                }
            }
        }
    }

    async fn look_and_show(&mut self) {
        self.look().await;
        self.show(None);
    }

    async fn look(&mut self) {
        match fleet::ask(&self.prometheus, Depth::Now, Timestamp::now()).await {
            Ok(fleet) => {
                self.fleet = Some(fleet);
                self.problem = None;
            }
            Err(error) => {
                let (channel, problem) = (&self.panel.spec.channel, error.to_string());
                if self.problem.as_ref() != Some(&problem) {
                    tracing::warn!(%channel, "the panel of channel `{channel}` has no new figures: {problem}");
                }
                self.problem = Some(problem);
            }
        }
    }

    fn show(&self, stopped: Option<Timestamp>) {
        let Panel { channel, voice, slot, spec } = &self.panel;
        let (fleet, problem) = (self.fleet.as_ref(), self.problem.as_deref());
        let view = PanelView { fleet, problem, stopped, now: Timestamp::now() };
        match panel_board(voice, &**channel, view) {
            Some(board) => {
                slot.put(board);
                self.store.wake();
            }
            None => tracing::error!(
                channel = spec.channel,
                "not even the shortest panel fits into channel `{}`",
                spec.channel
            ),
        }
    }
}
