//! What the hosts and their containers do now: the facts behind the panel, the bot and `stats`.
//!
//! Every question goes to Prometheus at the same time, with one deadline for all of them. What a question did not bring
//! is not known, which is something other than zero, and who did not answer is said.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::alert::Labels;
use crate::api::ApiError;
use crate::prometheus::{Prometheus, Sample};

pub mod queries;

use queries::{Fact, QUERIES};

/// For all questions together: whoever asked a bot looks away after that.
pub const DEADLINE: Duration = Duration::from_secs(8);

/// All hosts, as they are at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// That moment.
    pub at: Timestamp,
    /// In the order of their names.
    pub hosts: Vec<Host>,
    /// What was not answered, each reason once.
    pub missing: Vec<String>,
}

/// One host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Host {
    /// Its label `instance`.
    pub name: String,
    /// Whether Prometheus reaches its exporter; `None`: it does not say.
    pub up: Option<bool>,
    /// Whether its Docker answers; while it does not, what is known of containers is old.
    pub docker_up: Option<bool>,
    /// CPU in use, as a part of one.
    pub cpu: Option<f64>,
    /// Memory in use, in bytes.
    pub memory_used: Option<f64>,
    /// All of its memory, in bytes.
    pub memory_total: Option<f64>,
    /// Its file systems, the fullest first.
    pub disks: Vec<Disk>,
    /// Since its boot.
    pub uptime: Option<Duration>,
    /// Bits received in a second.
    pub received_bps: Option<f64>,
    /// Bits sent in a second.
    pub sent_bps: Option<f64>,
    /// In the order of their names.
    pub containers: Vec<Container>,
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Disk {
    /// Where it is mounted.
    pub mountpoint: String,
    /// How full it is, as a part of one, as `df` says.
    pub used: f64,
    /// Its size in bytes.
    pub total: Option<f64>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Container {
    /// Its label `id`; empty for one that is expected and does not exist.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Docker's word for its state.
    pub state: Option<String>,
    /// What its health checks say: `none`, `starting`, `healthy` or `unhealthy`.
    pub health: Option<String>,
    /// When it was last started.
    pub started_at: Option<Timestamp>,
    /// CPUs in use; 1 is one of them.
    pub cpu: Option<f64>,
    /// CPU time used since it was started, in seconds.
    pub cpu_seconds: Option<f64>,
    /// Memory in use, in bytes.
    pub memory: Option<f64>,
    /// The average of that over a day, or over its life, if that is shorter.
    pub memory_average: Option<f64>,
    /// The most that it may take, in bytes.
    pub memory_limit: Option<f64>,
    /// How often its restart policy has started it again.
    pub restarts: u64,
    /// How it last ended.
    pub last_exit: Option<Exit>,
    /// Bytes received since it was started.
    pub received: Option<f64>,
    /// Bytes sent since it was started.
    pub sent: Option<f64>,
}

/// The end of a container's run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exit {
    /// Its exit code.
    pub code: i64,
    /// The exporter's word for why.
    pub reason: String,
    /// When.
    pub at: Option<Timestamp>,
}

/// How something is, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    /// As it should be.
    Green,
    /// Ended in good order.
    Orange,
    /// On its way, or not known.
    Yellow,
    /// Somebody has to look.
    Red,
}

impl Light {
    /// How it is shown.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Green => "🟢",
            Self::Orange => "🟠",
            Self::Yellow => "🟡",
            Self::Red => "🔴",
        }
    }
}

impl Container {
    /// Whether it runs. One that uses memory does, whatever else is known.
    pub fn is_running(&self) -> bool {
        match self.state.as_deref() {
            Some(state) => matches!(state, "running" | "paused"),
            None => self.memory.is_some(),
        }
    }

    /// How it is.
    pub fn light(&self) -> Light {
        let ended_well = |exit: &Exit| matches!(exit.reason.as_str(), "clean" | "stopped");
        match self.state.as_deref() {
            Some("running") | None if self.health.as_deref() == Some("unhealthy") => Light::Red,
            Some("running") if self.health.as_deref() == Some("starting") => Light::Yellow,
            Some("running") => Light::Green,
            None if self.is_running() => Light::Green,
            Some("exited") if self.last_exit.as_ref().is_some_and(ended_well) => Light::Orange,
            Some("exited" | "dead" | "missing") => Light::Red,
            Some("created") => Light::Orange,
            _ => Light::Yellow,
        }
    }

    /// For how long it has been running.
    pub fn uptime(&self, at: Timestamp) -> Option<Duration> {
        let since = self.started_at.filter(|_| self.is_running())?;
        Duration::try_from(at.duration_since(since)).ok()
    }

    /// CPUs in use on average since it was started.
    pub fn cpu_average(&self, at: Timestamp) -> Option<f64> {
        let uptime = self.uptime(at)?.as_secs_f64();
        Some(self.cpu_seconds? / uptime).filter(|_| uptime >= 1.0)
    }

    /// Bytes received and sent.
    pub fn traffic(&self) -> Option<f64> {
        match (self.received, self.sent) {
            (None, None) => None,
            (received, sent) => Some(received.unwrap_or(0.0) + sent.unwrap_or(0.0)),
        }
    }
}

impl Host {
    /// Whether it answers. One of which there are numbers does.
    pub fn is_up(&self) -> bool {
        self.up.unwrap_or_else(|| self.has_data())
    }

    /// Whether anything at all is known of it.
    pub fn has_data(&self) -> bool {
        self.cpu.is_some() || self.memory_used.is_some() || self.uptime.is_some() || !self.containers.is_empty()
    }

    /// How it is, its containers aside.
    pub fn light(&self) -> Light {
        match (self.is_up(), self.has_data() && self.docker_up != Some(false)) {
            (false, _) => Light::Red,
            (true, false) => Light::Yellow,
            (true, true) => Light::Green,
        }
    }

    /// How the worst of it is.
    pub fn worst(&self) -> Light {
        self.containers.iter().map(Container::light).chain([self.light()]).max().unwrap_or(Light::Green)
    }

    /// Bytes that its containers have received and sent.
    pub fn traffic(&self) -> Option<f64> {
        let each: Vec<f64> = self.containers.iter().filter_map(Container::traffic).collect();
        (!each.is_empty()).then(|| each.iter().sum())
    }
}

impl Fleet {
    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// All containers, each with its host.
    pub fn containers(&self) -> impl Iterator<Item = (&Host, &Container)> {
        self.hosts.iter().flat_map(|host| host.containers.iter().map(move |container| (host, container)))
    }

    /// From what the questions brought.
    pub fn of(at: Timestamp, answers: impl IntoIterator<Item = (Fact, Result<Vec<Sample>, String>)>) -> Self {
        let mut known = Known::default();
        let mut missing: Vec<String> = Vec::new();
        let mut expected = Vec::new();
        for (fact, answer) in answers {
            match answer {
                Ok(samples) if fact == Fact::Expected => expected = samples,
                Ok(samples) => samples.iter().for_each(|sample| known.take(fact, sample)),
                Err(why) if !missing.contains(&why) => missing.push(why),
                Err(_) => {}
            }
        }
        // Only now is it known who is there.
        expected.iter().for_each(|sample| known.expect(sample));
        Self { at, hosts: known.hosts(), missing }
    }
}

/// How far back the questions look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What is now.
    Now,
    /// Averages over a day as well, which cost Prometheus more.
    Day,
}

/// Asks for everything.
///
/// # Errors
///
/// When nothing at all was answered: why.
pub async fn ask(prometheus: &Prometheus, depth: Depth, at: Timestamp) -> Result<Fleet, ApiError> {
    let wanted = QUERIES.iter().filter(|(fact, _)| depth == Depth::Day || *fact != Fact::MemoryAverage);
    let questions = wanted.map(|(fact, query)| async {
        (*fact, tokio::time::timeout(DEADLINE, prometheus.instant(query, at)).await.ok())
    });
    let mut answers = Vec::new();
    let mut failed = None;
    for (fact, answer) in join_all(questions).await {
        let late = || format!("Prometheus has not answered within {} s", DEADLINE.as_secs());
        let answer = answer.map_or_else(|| Err(None), |answer| answer.map_err(Some));
        answers.push((
            fact,
            answer.map_err(|error| {
                let why = error.as_ref().map_or_else(late, ToString::to_string);
                failed = error.or(failed.take());
                why
            }),
        ));
    }
    match failed {
        Some(error) if answers.iter().all(|(_, answer)| answer.is_err()) => Err(error),
        _ => Ok(Fleet::of(at, answers)),
    }
}

/// What is known so far.
#[derive(Default)]
struct Known {
    hosts: BTreeMap<String, KnownHost>,
}

/// One host, its disks by mount point and its containers by id.
#[derive(Default)]
struct KnownHost {
    host: Host,
    disks: BTreeMap<String, Disk>,
    containers: BTreeMap<String, Container>,
}

impl KnownHost {
    fn host(self) -> Host {
        let Self { mut host, disks, containers } = self;
        host.disks = disks.into_values().collect();
        host.disks.sort_by(|one, other| other.used.total_cmp(&one.used));
        host.containers = containers.into_values().collect();
        host.containers.sort_by(|one, other| one.name.cmp(&other.name));
        host
    }
}

impl Known {
    fn hosts(self) -> Vec<Host> {
        self.hosts.into_values().map(KnownHost::host).collect()
    }

    fn take(&mut self, fact: Fact, sample: &Sample) {
        let Sample { labels, value } = sample;
        let Some(name) = labels.get("instance").filter(|_| !value.is_nan()) else { return };
        let KnownHost { host, disks, containers } = self.hosts.entry(name.clone()).or_default();
        host.name.clone_from(name);
        let value = *value;
        match fact {
            Fact::Up => host.up = Some(value > 0.0),
            Fact::DockerUp => host.docker_up = Some(value > 0.0),
            Fact::Cpu => host.cpu = Some(value),
            Fact::MemoryUsed => host.memory_used = Some(value),
            Fact::MemoryTotal => host.memory_total = Some(value),
            Fact::Uptime => host.uptime = Duration::try_from_secs_f64(value).ok(),
            Fact::Received => host.received_bps = Some(value),
            Fact::Sent => host.sent_bps = Some(value),
            Fact::DiskUsed => disk(disks, labels).used = value,
            Fact::DiskTotal => disk(disks, labels).total = Some(value),
            // Taken last.
            Fact::Expected => {}
            _ => {
                if let Some(container) = container(containers, labels) {
                    of_container(container, fact, labels, value);
                }
            }
        }
    }

    /// One that is watched for and is not there.
    fn expect(&mut self, sample: &Sample) {
        let (Some(instance), Some(name)) = (sample.labels.get("instance"), sample.labels.get("name")) else { return };
        let Some(KnownHost { containers, .. }) = self.hosts.get_mut(instance) else { return };
        if !containers.values().any(|container| container.name == *name) {
            let container = Container { name: name.clone(), state: Some("missing".to_owned()), ..Container::default() };
            containers.insert(format!("/{name}"), container);
        }
    }
}

fn disk<'a>(disks: &'a mut BTreeMap<String, Disk>, labels: &Labels) -> &'a mut Disk {
    let mountpoint = labels.get("mountpoint").cloned().unwrap_or_default();
    disks.entry(mountpoint.clone()).or_insert_with(|| Disk { mountpoint, ..Disk::default() })
}

fn container<'a>(containers: &'a mut BTreeMap<String, Container>, labels: &Labels) -> Option<&'a mut Container> {
    let (id, name) = (labels.get("id")?, labels.get("name").filter(|name| !name.is_empty())?);
    let new = || Container { id: id.clone(), name: name.clone(), ..Container::default() };
    Some(containers.entry(id.clone()).or_insert_with(new))
}

fn of_container(container: &mut Container, fact: Fact, labels: &Labels, value: f64) {
    let label = |name: &str| labels.get(name).cloned();
    let moment = || Timestamp::from_millisecond((value * 1000.0) as i64).ok();
    match fact {
        Fact::State => container.state = label("state"),
        Fact::Health => container.health = label("status"),
        Fact::Started => container.started_at = moment(),
        Fact::ContainerCpu => container.cpu = Some(value),
        Fact::CpuSeconds => container.cpu_seconds = Some(value),
        Fact::Memory => container.memory = Some(value),
        Fact::MemoryAverage => container.memory_average = Some(value),
        Fact::MemoryLimit => container.memory_limit = Some(value),
        Fact::Restarts => container.restarts = value.max(0.0) as u64,
        Fact::ContainerReceived => container.received = Some(value),
        Fact::ContainerSent => container.sent = Some(value),
        Fact::ExitCode => {
            let exit = container.last_exit.get_or_insert_default();
            exit.code = value as i64;
            exit.reason = label("reason").unwrap_or_default();
        }
        Fact::ExitTime => container.last_exit.get_or_insert_default().at = moment(),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
