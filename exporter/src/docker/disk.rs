//! How much of the disk Docker uses, by what for.
//!
//! `GET /system/df` makes the engine count every layer, volume and container: it may take minutes, so it is asked only
//! where the configuration says how often, one question at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::{info, warn};

use super::answer::DecodeError;
use super::client::{Address, Client, ClientError, Reading};
use crate::host::HostRoot;
use crate::memory::Memory;
use crate::pace::Round;
use crate::storage::walk;

/// One kind of what takes space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The label `type`.
    pub kind: &'static str,
    /// All of it, in bytes.
    pub used_bytes: u64,
    /// What is used by nothing, in bytes.
    pub reclaimable_bytes: u64,
}

/// What is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// What was counted last.
    pub usage: Vec<Usage>,
    /// Size of the file system of Docker's directory, in bytes.
    pub root_size_bytes: Option<u64>,
    /// When it was counted last.
    pub counted_at: Option<Timestamp>,
    /// The last question; `None` before the first.
    pub last: Option<Round>,
    /// Why the last question was not answered.
    pub problem: Option<String>,
}

/// The watcher writes it, scrapes read it.
#[derive(Debug, Default)]
pub struct Board(Mutex<Known>);

impl Board {
    /// What is known.
    pub fn get(&self) -> Known {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks again and again, for ever; a reload between does not make it earlier.
pub async fn watch(interval: Duration, address: Address, host: HostRoot, memory: Arc<Memory>) {
    loop {
        let last = memory.disk.lock().last;
        if let Some(last) = last {
            sleep(last.rest(interval, Instant::now())).await;
        }
        let started = Instant::now();
        let counted = ask(&address).await;
        let root_size_bytes = match &counted {
            Ok((_, Some(root))) => file_system_size(&host, root.clone()).await,
            _ => None,
        };
        note(&mut memory.disk.lock(), counted, root_size_bytes, started.elapsed());
    }
}

fn note(
    known: &mut Known,
    counted: Result<(Vec<Usage>, Option<String>), ClientError>,
    size: Option<u64>,
    took: Duration,
) {
    known.last = Some(Round { ended: Instant::now(), took, good: counted.is_ok() });
    match counted {
        Ok((usage, _)) => {
            if known.problem.take().is_some() {
                info!("Docker counts its disk use again");
            }
            known.usage = usage;
            known.root_size_bytes = size;
            known.counted_at = Some(Timestamp::now());
        }
        Err(error) => {
            let problem = error.to_string();
            if known.problem.as_ref() != Some(&problem) {
                warn!("Docker did not count its disk use: {problem}");
            }
            known.problem = Some(problem);
        }
    }
}

/// The usage, and Docker's directory.
async fn ask(address: &Address) -> Result<(Vec<Usage>, Option<String>), ClientError> {
    let client = Client::connect(address, Reading::Lenient).await?;
    let usage = client.disk_usage().await?;
    // An allow-list in front of the engine may refuse this one.
    Ok((usage, client.root_directory().await.unwrap_or_default()))
}

async fn file_system_size(host: &HostRoot, directory: String) -> Option<u64> {
    let host = host.clone();
    let size = move || walk::ask_file_system(host.open_directory(&directory).ok()?).ok()?.capacity_bytes;
    spawn_blocking(size).await.ok().flatten()
}

/// Reads an answer of `GET /system/df`; a kind that it does not speak of is left out.
///
/// # Errors
///
/// [`DecodeError`] when it speaks of none.
pub fn read(answer: &Value) -> Result<Vec<Usage>, DecodeError> {
    let kinds = [images(answer), containers(answer), volumes(answer), build_cache(answer)];
    let usage: Vec<Usage> = kinds.into_iter().flatten().collect();
    if usage.is_empty() { Err(DecodeError("no disk use where that was asked for")) } else { Ok(usage) }
}

fn size(value: &Value, key: &str) -> u64 {
    // -1 is what Docker did not count.
    value.get(key).and_then(Value::as_i64).and_then(|size| u64::try_from(size).ok()).unwrap_or_default()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

/// The items of a kind; `null` is none of them. API 1.52 and later have the sums instead.
fn usage(
    answer: &Value,
    kind: &'static str,
    sums: &str,
    list: &str,
    of_items: impl FnOnce(&[Value]) -> (u64, u64),
) -> Option<Usage> {
    if let Some(sums) = answer.get(sums).filter(|sums| sums.is_object()) {
        let (used_bytes, reclaimable_bytes) = (size(sums, "TotalSize"), size(sums, "Reclaimable"));
        return Some(Usage { kind, used_bytes, reclaimable_bytes });
    }
    let items = answer.get(list)?;
    let (used_bytes, reclaimable_bytes) = of_items(items.as_array().map_or(&[], Vec::as_slice));
    Some(Usage { kind, used_bytes, reclaimable_bytes })
}

fn sum(items: &[Value], of: impl Fn(&Value) -> u64) -> u64 {
    items.iter().map(of).fold(0, u64::saturating_add)
}

/// Layers that images share are there once; what no image in use needs can be reclaimed.
fn images(answer: &Value) -> Option<Usage> {
    usage(answer, "images", "ImageUsage", "Images", |items| {
        let layers = size(answer, "LayersSize");
        let in_use = |image: &Value| image.get("Containers").and_then(Value::as_i64) != Some(0);
        let own = |image: &Value| size(image, "Size").saturating_sub(size(image, "SharedSize"));
        (layers, layers.saturating_sub(sum(items, |image| if in_use(image) { own(image) } else { 0 })))
    })
}

/// What containers wrote into their own layers.
fn containers(answer: &Value) -> Option<Usage> {
    usage(answer, "containers", "ContainerUsage", "Containers", |items| {
        let written = |container: &Value| size(container, "SizeRw");
        let state = |container: &Value| container.get("State").and_then(Value::as_str).map(str::to_ascii_lowercase);
        let lives =
            |container: &Value| matches!(state(container).as_deref(), Some("running" | "paused" | "restarting"));
        (sum(items, written), sum(items, |container| if lives(container) { 0 } else { written(container) }))
    })
}

fn volumes(answer: &Value) -> Option<Usage> {
    usage(answer, "volumes", "VolumeUsage", "Volumes", |items| {
        let data = |volume: &Value| volume.get("UsageData").map_or(0, |data| size(data, "Size"));
        let users = |volume: &Value| volume.pointer("/UsageData/RefCount").and_then(Value::as_i64);
        (sum(items, data), sum(items, |volume| if users(volume) == Some(0) { data(volume) } else { 0 }))
    })
}

/// Without what is a layer of an image as well.
fn build_cache(answer: &Value) -> Option<Usage> {
    usage(answer, "build_cache", "BuildCacheUsage", "BuildCache", |items| {
        let own = |entry: &Value| if flag(entry, "Shared") { 0 } else { size(entry, "Size") };
        (sum(items, own), sum(items, |entry| if flag(entry, "InUse") { 0 } else { own(entry) }))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn usages(answer: &Value) -> Vec<(&'static str, u64, u64)> {
        let usage = read(answer).unwrap();
        usage.into_iter().map(|usage| (usage.kind, usage.used_bytes, usage.reclaimable_bytes)).collect()
    }

    #[test]
    fn what_nothing_uses_can_be_reclaimed() {
        let answer = json!({
            "LayersSize": 1000,
            "Images": [{"Size": 600, "SharedSize": 100, "Containers": 1}, {"Size": 500, "SharedSize": 100, "Containers": 0},
                {"Size": -1, "SharedSize": -1, "Containers": -1}],
            "Containers": [{"SizeRw": 7, "State": "running"}, {"SizeRw": 20, "State": "exited"}, {"State": "created"}],
            "Volumes": [{"UsageData": {"Size": 300, "RefCount": 1}}, {"UsageData": {"Size": 40, "RefCount": 0}},
                {"UsageData": {"Size": -1, "RefCount": -1}}, {"UsageData": null}],
            "BuildCache": [{"Size": 11, "InUse": true, "Shared": false}, {"Size": 13, "InUse": false, "Shared": false},
                {"Size": 17, "InUse": false, "Shared": true}],
        });
        let expected = [("images", 1000, 500), ("containers", 27, 20), ("volumes", 340, 40), ("build_cache", 24, 13)];
        assert_eq!(usages(&answer), expected);
    }

    #[test]
    fn none_of_a_kind_is_nothing_and_a_kind_not_spoken_of_is_absent() {
        let answer = json!({"LayersSize": 0, "Images": null, "Volumes": []});
        assert_eq!(usages(&answer), [("images", 0, 0), ("volumes", 0, 0)]);
        assert!(read(&json!({"message": "no"})).is_err() && read(&json!([])).is_err());
    }

    #[test]
    fn the_sums_of_newer_engines_are_taken_as_they_are() {
        let answer = json!({"ImageUsage": {"TotalSize": 9, "Reclaimable": 4}, "Images": [], "LayersSize": 1});
        assert_eq!(usages(&answer), [("images", 9, 4)]);
    }
}
