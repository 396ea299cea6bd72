//! Storage: how much lies in configured directories and volumes, and how much may.
//!
//! Nothing of it is looked at during a scrape. Each storage has a timer; a directory is walked on a thread of its own
//! with the lowest priority and a limit of time, and never by two. A look is followed by a rest of twenty times its
//! length at least ([`crate::pace`]), so that it never takes more than a twentieth of one CPU.

pub mod board;
pub mod walk;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::setpriority_process;
use seamark_kit::config::{Section, shown};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::docker::client::{Address, Client, Reading};
use crate::host::{HostRoot, ReadError};
use crate::memory::Memory;
use crate::units;
use board::Look;
use walk::{Fault, Figures};

/// One storage of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its label `storage`.
    pub name: String,
    /// What is counted.
    pub target: Target,
    /// How much may be in it.
    pub capacity: Option<Capacity>,
    /// From the beginning of one look to that of the next.
    pub interval: Duration,
    /// How long a look may take.
    pub time_limit: Duration,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A directory of the host.
    Path(String),
    /// A volume, by Docker's name for it.
    Volume(String),
}

/// How much may be in a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// So many bytes.
    Bytes(u64),
    /// What the file system says of the directory: its size, or a project quota's. It says what is used, too: nothing is
    /// walked.
    FileSystem,
}

impl Place {
    fn capacity_bytes(&self) -> Option<u64> {
        match self.capacity {
            Some(Capacity::Bytes(bytes)) => Some(bytes),
            Some(Capacity::FileSystem) | None => None,
        }
    }
}

const INTERVAL: Duration = Duration::from_secs(600);
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// What a walk that was told to stop may need to do so, unless a call hangs.
const GRACE: Duration = Duration::from_secs(5);

/// Reads the list `storage`.
pub fn read(root: &mut Section) -> Vec<Place> {
    let mut names = BTreeSet::new();
    let mut places = Vec::new();
    for mut item in root.items("storage") {
        if item.scalar().is_some() {
            item.problem("", "expected a mapping such as `{name: videos, path: /srv/videos, capacity: 500GiB}`");
            continue;
        }
        let name = item.text("name").filter(|name| !name.is_empty());
        let (path, volume) = (item.text("path"), item.text("volume"));
        let capacity = item.parse("capacity", "a size such as `500GiB`, or `filesystem`", capacity);
        let interval = item.duration("interval", Duration::from_secs(10)..=Duration::from_secs(7 * 86_400));
        let time_limit = item.duration("time_limit", Duration::from_secs(1)..=Duration::from_secs(86_400));
        match &name {
            None => item.problem("name", "a storage needs a `name`"),
            Some(name) if !names.insert(name.clone()) => {
                item.problem("name", format!("there is another storage with the name `{name}`"));
            }
            Some(_) => {}
        }
        let target = match (path, volume) {
            (Some(path), None) if path.starts_with('/') => Some(Target::Path(path)),
            (None, Some(volume)) if is_volume(&volume) => Some(Target::Volume(volume)),
            (path, volume) => {
                let (key, problem) = match (path, volume) {
                    (Some(_), Some(_)) => ("volume", "both `path` and `volume` are given; keep one".to_owned()),
                    (Some(path), None) => {
                        ("path", format!("expected an absolute path of the host, found `{}`", shown(&path)))
                    }
                    (None, Some(volume)) => {
                        ("volume", format!("expected the name of a Docker volume, found `{}`", shown(&volume)))
                    }
                    (None, None) => ("path", "a storage needs a `path`, or the name of a Docker `volume`".to_owned()),
                };
                item.problem(key, problem);
                None
            }
        };
        places.extend(name.zip(target).map(|(name, target)| Place {
            name,
            target,
            capacity,
            interval: interval.unwrap_or(INTERVAL),
            time_limit: time_limit.unwrap_or(TIME_LIMIT),
        }));
    }
    places
}

/// Docker's own rule; such a name can stand in a URL.
fn is_volume(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(rest)
}

fn capacity(text: &str) -> Option<Capacity> {
    if text == "filesystem" {
        return Some(Capacity::FileSystem);
    }
    let bytes = units::bytes(text).filter(|bytes| *bytes >= 1.0)?;
    // Whole bytes; far below the largest number there is.
    (bytes < 1e18).then_some(Capacity::Bytes(bytes as u64))
}

/// Starts to look at the storages, until the set is dropped.
pub fn spawn(places: Vec<Place>, host: &HostRoot, docker: &Address, memory: &Arc<Memory>) -> JoinSet<()> {
    memory.storage.set_places(&places);
    let mut tasks = JoinSet::new();
    for place in places {
        tasks.spawn(Watch { place, host: host.clone(), docker: docker.clone(), memory: Arc::clone(memory) }.run());
    }
    tasks
}

struct Watch {
    place: Place,
    host: HostRoot,
    docker: Address,
    memory: Arc<Memory>,
}

/// Tells a walk to stop when nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    async fn run(self) {
        loop {
            // A reload between does not make it earlier.
            if let Some(last) = self.memory.storage.last_round(&self.place.name) {
                sleep(last.rest(self.place.interval, Instant::now())).await;
            }
            let started = Instant::now();
            let look = self.look(GRACE).await;
            self.memory.storage.note(&self.place.name, look, started.elapsed(), Timestamp::now());
        }
    }

    /// `grace`: how long to wait for a look that is out there already.
    async fn look(&self, grace: Duration) -> Look {
        let path = match &self.place.target {
            Target::Path(path) => path.clone(),
            Target::Volume(volume) => match self.mount_point(volume).await {
                Ok(path) => path,
                Err(look) => return look,
            },
        };
        // One that a reload has told to stop is back in a moment.
        if timeout(grace, self.memory.storage.go_out(&path)).await.is_err() {
            return Look::Failed(format!("a look at {path} that was begun earlier has not come back"));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let told_to_stop = StopOnDrop(Arc::clone(&stop));
        let (sender, answer) = oneshot::channel();
        let (memory, host, place) = (Arc::clone(&self.memory), self.host.clone(), self.place.clone());
        let thread = std::thread::Builder::new().name("storage".to_owned()).spawn({
            let path = path.clone();
            move || {
                // Of this thread alone. Where it may not, it is no harm.
                let _ = setpriority_process(None, 19);
                let until = Instant::now() + place.time_limit;
                let look = count(&host, &path, &place, &|| stop.load(Ordering::Relaxed) || Instant::now() >= until);
                memory.storage.come_back(&path);
                let _ = sender.send(look);
            }
        });
        if let Err(error) = thread {
            self.memory.storage.come_back(&path);
            return Look::Failed(format!("no thread to look at it: {error}"));
        }
        let look = timeout(self.place.time_limit + GRACE, answer).await;
        drop(told_to_stop);
        match look {
            Ok(Ok(look)) => look,
            Ok(Err(_)) => Look::Failed("the thread that looked at it is gone".to_owned()),
            Err(_) => Look::Failed(format!("{path} does not answer")),
        }
    }

    async fn mount_point(&self, volume: &str) -> Result<String, Look> {
        let found = async { Client::connect(&self.docker, Reading::Lenient).await?.volume(volume).await };
        match found.await {
            Ok(Some(path)) => Ok(path),
            Ok(None) => Err(Look::Missing(format!("Docker has no volume `{volume}` with a directory on this host"))),
            Err(error) => Err(Look::Failed(error.to_string())),
        }
    }
}

fn count(host: &HostRoot, path: &str, place: &Place, stop: &dyn Fn() -> bool) -> Look {
    let directory = match host.open_directory(path) {
        Ok(directory) => directory,
        Err(error @ ReadError::Absent { .. }) => return Look::Missing(format!("{error}; expected a directory")),
        Err(error) => return Look::Failed(error.to_string()),
    };
    let counted: Result<Figures, Fault> = match place.capacity {
        Some(Capacity::FileSystem) => walk::ask_file_system(&directory),
        _ => walk::walk(directory, stop),
    };
    match counted {
        Ok(figures) => Look::Counted(figures),
        Err(Fault::Late) => Look::Failed(format!(
            "{path} was not counted within {} s; raise its `time_limit`, or use `capacity: filesystem`",
            place.time_limit.as_secs()
        )),
        Err(Fault::Unreadable(errno)) => Look::Failed(format!("{path}: cannot be read: {errno}")),
    }
}

#[cfg(test)]
mod tests;
