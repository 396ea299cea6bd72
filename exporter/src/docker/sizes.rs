//! How large the containers' own files are: asked for on a slow timer, if at all, because the engine walks through all
//! of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::time::sleep;
use tracing::warn;

use super::client::{Address, Client, ClientError, Reading};
use super::inventory::Inventory;
use crate::pace::Round;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// When it came.
    pub at: Timestamp,
    /// Where the engine keeps everything, as it sees it; `None` where it does not say.
    pub root: Option<String>,
    /// Bytes that each container has written, by id.
    pub written: BTreeMap<String, u64>,
}

/// Asks for ever, or never; a reload between does not make it earlier.
pub(super) async fn watch(address: Address, every: Option<Duration>, inventory: Arc<Inventory>) {
    let Some(every) = every else {
        inventory.set_sizes(None);
        return;
    };
    let known_since = inventory.read(|known| known.sizes.as_ref().map(|sizes| sizes.at));
    sleep(rest(every, known_since, Timestamp::now())).await;
    let mut told = false;
    loop {
        let started = Instant::now();
        let answer = ask(&address).await;
        let round = Round { ended: Instant::now(), took: started.elapsed(), good: answer.is_ok() };
        match answer {
            Ok((root, written)) => {
                told = false;
                inventory.set_sizes(Some(Sizes { at: Timestamp::now(), root, written }));
            }
            // What is known gets old, and says so.
            Err(error) if !told => {
                told = true;
                warn!("Docker did not say how large containers are: {error}");
            }
            Err(_) => {}
        }
        sleep(round.rest(every, round.ended)).await;
    }
}

/// How long what a watcher before this one has heard is young enough.
fn rest(every: Duration, known_since: Option<Timestamp>, now: Timestamp) -> Duration {
    let age = known_since.and_then(|at| Duration::try_from(now.duration_since(at)).ok());
    age.map_or(Duration::ZERO, |age| every.saturating_sub(age))
}

/// The engine's own directory, and the sizes.
async fn ask(address: &Address) -> Result<(Option<String>, BTreeMap<String, u64>), ClientError> {
    let client = Client::connect(address, Reading::Lenient).await?;
    let written = client.sizes().await?;
    // An allow-list in front of the engine may refuse this one.
    Ok((client.root_directory().await.unwrap_or_default(), written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_a_moment_ago_is_not_counted_again_after_a_reload() {
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        let hour = Duration::from_secs(3600);
        assert_eq!(rest(hour, None, at(0)), Duration::ZERO);
        assert_eq!(rest(hour, Some(at(0)), at(600)), Duration::from_secs(3000));
        assert_eq!(rest(hour, Some(at(0)), at(4000)), Duration::ZERO);
        assert_eq!(rest(hour, Some(at(600)), at(0)), Duration::ZERO, "from the future");
    }
}
