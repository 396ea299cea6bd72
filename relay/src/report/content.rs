//! What a report holds: plain data, in no language and no zone, so that the outbox keeps it and each channel words and
//! draws it in its own way when it is sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Window;
use crate::alert::Severity;

/// A report. A section that was not asked for, or of which nothing could be had, is `None`; `gaps` says why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its name in the configuration.
    pub name: String,
    /// The time it speaks of.
    pub window: Window,
    /// When its numbers were taken.
    pub made_at: Timestamp,
    /// How it came to be sent, and when the next one is due.
    pub occasion: Occasion,
    /// What is wrong at the window's end; the worst first, then the oldest.
    pub problems: Option<Vec<Problem>>,
    /// What fired and what was over.
    pub alerts: Option<Alerts>,
    /// In the order of their names.
    pub hosts: Option<Vec<Host>>,
    /// Of all hosts.
    pub containers: Option<Containers>,
    /// Who was first in what.
    pub records: Option<Records>,
    /// What could not be had.
    pub gaps: Vec<Gap>,
    /// The lines of the charts.
    pub charts: Vec<Chart>,
}

impl Report {
    /// The form in which it is stored.
    pub fn to_json(&self) -> Vec<u8> {
        // Plain data with keys that are texts: there is nothing that serde_json could refuse.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads [`Report::to_json`].
    ///
    /// # Errors
    ///
    /// What is wrong with it: it is of another version.
    pub fn from_json(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|err| format!("report of another version: {err}"))
    }
}

/// How a report came to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    /// What led to it.
    pub way: Way,
    /// When the next one is due, if it has a schedule.
    pub next_run: Option<Timestamp>,
}

/// What led to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "way")]
pub enum Way {
    /// Alertmanager asked for it when it was due.
    Scheduled,
    /// It was due then, and is late.
    Late {
        /// When it was due.
        due_at: Timestamp,
    },
    /// Alertmanager did not answer, so the relay sends it by itself.
    ByRelay,
    /// Somebody wants it now.
    OnDemand,
}

/// An alert that fires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// The rule.
    pub alertname: String,
    /// How urgent.
    pub severity: Severity,
    /// Where; empty where it is about no host.
    pub host: String,
    /// Which container, mount point or device, if it is about one.
    pub object: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Somebody has silenced it.
    pub silenced: bool,
}

/// What fired and what was over within the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// Alerts that began.
    pub fired: u64,
    /// Alerts that ended.
    pub resolved: u64,
    /// Alerts that began in the window before.
    pub fired_before: u64,
    /// The one that fired longest within the window.
    pub longest: Option<Longest>,
    /// The rules that fired most often, with how often; the first is the noisiest.
    pub noisiest: Vec<(String, u64)>,
    /// There were more than are counted.
    pub cut: bool,
}

/// How long an alert fired within the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Longest {
    /// The rule.
    pub alertname: String,
    /// Where.
    pub host: String,
    /// Which container, mount point or device, if it is about one.
    pub object: Option<String>,
    /// How long.
    pub seconds: f64,
    /// It still fires.
    pub open: bool,
}

/// A quantity over the window.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Level {
    /// Its average.
    pub average: Option<f64>,
    /// Its highest.
    pub highest: Option<f64>,
    /// Its average over the window before, of the same length.
    pub before: Option<f64>,
}

/// So much of so much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// In bytes.
    pub used: f64,
    /// In bytes.
    pub total: f64,
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// Where it is mounted.
    pub mountpoint: String,
    /// As `df` counts: what is kept for root is neither used nor there.
    pub amount: Amount,
    /// Seconds until it is full, if it fills on as it did within the window; `None` where it does not fill.
    pub full_in: Option<f64>,
}

/// A host. What is `None` could not be had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Whether it answers at the window's end.
    pub up: bool,
    /// Part of all processors, from 0 to 1.
    pub cpu: Level,
    /// Part of the memory, from 0 to 1.
    pub memory: Level,
    /// At the window's end.
    pub memory_amount: Option<Amount>,
    /// At the window's end; `None` where there is no swap.
    pub swap: Option<Amount>,
    /// At the window's end, in the order of mount points.
    pub disks: Vec<Disk>,
    /// Bytes received within the window, and within the one before.
    pub received: Option<Traffic>,
    /// Bytes sent.
    pub sent: Option<Traffic>,
    /// Connections at the window's end.
    pub connections: Option<f64>,
    /// Seconds since its boot.
    pub uptime: Option<f64>,
    /// Boots within the window.
    pub reboots: u64,
    /// Times without data, from and to.
    pub silent: Vec<Window>,
}

/// What went over the network.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Bytes within the window.
    pub total: f64,
    /// Bytes within the window before.
    pub before: Option<f64>,
    /// Bits a second at most.
    pub peak: Option<f64>,
}

/// The containers of all hosts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Containers {
    /// All that exist, in the order of hosts and names; at most [`Containers::LISTED`], those that need a look first.
    pub list: Vec<Container>,
    /// How many exist.
    pub count: u64,
    /// How many of them run.
    pub running: u64,
    /// How many of them are unhealthy.
    pub unhealthy: u64,
    /// Restarts within the window.
    pub restarts: u64,
    /// Ends within the window by reason (`crash`, `oom`, …), only those that happened.
    pub exits: Vec<(String, u64)>,
    /// Who took most of the processors, with cores on average.
    pub top_cpu: Vec<Top>,
    /// Who holds most memory, in bytes on average.
    pub top_memory: Vec<Top>,
    /// Who sent and received most, in bytes.
    pub top_traffic: Vec<Top>,
}

impl Containers {
    /// So many are listed at most; all are counted.
    pub const LISTED: usize = 60;
}

/// A container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Its host.
    pub host: String,
    /// Its name.
    pub name: String,
    /// `running`, `exited`, ….
    pub state: String,
    /// `healthy`, `unhealthy` or `starting`; `None` without a health check.
    pub health: Option<String>,
    /// When it last started.
    pub started_at: Option<Timestamp>,
    /// Restarts within the window.
    pub restarts: u64,
    /// Its ends within the window by reason, only those that happened.
    pub exits: Vec<(String, u64)>,
    /// The exit code of its last end.
    pub exit_code: Option<i64>,
    /// Cores over its life, as far as Prometheus remembers.
    pub cpu: Life,
    /// Bytes over its life.
    pub memory: Life,
    /// Bytes received and sent within the window.
    pub traffic: Option<f64>,
}

/// A quantity over the life of a container.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Life {
    /// Its average.
    pub average: Option<f64>,
    /// Its lowest.
    pub lowest: Option<f64>,
    /// Its highest.
    pub highest: Option<f64>,
}

/// A container, and how much of something it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// Its host.
    pub host: String,
    /// Its name.
    pub name: String,
    /// How much.
    pub value: f64,
}

/// Who was first in what, and what all did together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Records {
    /// Bytes that all hosts sent and received.
    pub traffic: Option<f64>,
    /// Bytes that all hosts sent.
    pub sent: Option<f64>,
    /// The host that sent and received most, with bytes.
    pub most_traffic: Option<(String, f64)>,
    /// The host whose processors were busiest on average, with the part of them.
    pub busiest: Option<(String, f64)>,
    /// The container that runs longest, with seconds.
    pub longest_running: Option<Top>,
    /// The disk that will be full first: host, mount point and seconds.
    pub first_full: Option<(String, String, f64)>,
}

/// Something that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "gap")]
pub enum Gap {
    /// No Prometheus is configured.
    NoPrometheus,
    /// Prometheus did not answer some questions.
    Prometheus {
        /// What is missing for that: words of [`super::queries`].
        what: Vec<String>,
        /// Why, without secrets.
        why: String,
    },
    /// No Alertmanager answered: which alerts are silenced is not known.
    Alertmanager {
        /// Why, without secrets.
        why: String,
    },
    /// The relay's own record of alerts could not be read.
    Record {
        /// Why.
        why: String,
    },
    /// A host of the configuration of which Prometheus knows nothing.
    Host {
        /// Its name.
        name: String,
    },
}

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// Part of all processors.
    Cpu,
    /// Part of the memory.
    Memory,
    /// Bits a second, received and sent.
    Network,
    /// An alert's own expression.
    Expression,
}

/// A row of small charts alike, one for each host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// What it shows.
    pub kind: ChartKind,
    /// The time it shows.
    pub window: Window,
    /// Seconds between two points.
    pub step: f64,
    /// How much is too much, where that is known.
    pub threshold: Option<f64>,
    /// One for each host.
    pub panels: Vec<Panel>,
    /// Hosts that had no room.
    pub left_out: u64,
}

/// One small chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// The host.
    pub title: String,
    /// One, or two for received and sent.
    pub lines: Vec<Line>,
}

/// A line: a value for each step from the window's beginning, or none where there was none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it is about, where a panel has several.
    pub name: String,
    /// In the chart's unit.
    pub points: Vec<Option<f64>>,
}
