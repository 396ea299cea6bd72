//! How large the containers' own files are: asked for on a slow timer, if at all, because the engine walks through all
//! of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::config::Section;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use super::client::{Address, Client, Reading};
use super::inventory::Inventory;

/// Used where the interval is not set.
const USUAL_INTERVAL: Duration = Duration::from_secs(600);

/// `docker system df` of a large host takes minutes.
const DEADLINE: Duration = Duration::from_secs(600);

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// When it came.
    pub at: Timestamp,
    /// Where the engine keeps everything, as it sees it; empty where it does not say.
    pub root: String,
    /// Bytes that each container has written, by id.
    pub written: BTreeMap<String, u64>,
}

/// Reads the section `docker.sizes`.
pub(super) fn read(section: &mut Section) -> Option<Duration> {
    let enabled = section.flag("enabled").unwrap_or(false);
    let interval = section.duration("interval", Duration::from_secs(60)..=Duration::from_secs(86_400));
    enabled.then_some(interval.unwrap_or(USUAL_INTERVAL))
}

/// Asks for ever, or never.
pub(super) async fn watch(address: Address, every: Option<Duration>, inventory: Arc<Inventory>) {
    let Some(every) = every else {
        inventory.set_sizes(None);
        return;
    };
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = false;
    loop {
        ticks.tick().await;
        let asked = async { Client::connect(&address, Reading::Lenient).await?.sizes(DEADLINE).await };
        match asked.await {
            Ok((root, written)) => {
                told = false;
                inventory.set_sizes(Some(Sizes { at: Timestamp::now(), root, written }));
            }
            // What is known gets old, and says so.
            Err(error) if !told => {
                told = true;
                warn!("Docker did not say how large containers are: {error}; asking again every {} s", every.as_secs());
            }
            Err(_) => {}
        }
    }
}
