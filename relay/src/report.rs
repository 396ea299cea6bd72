//! Reports: what happened on the hosts over a time, sent on a schedule.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod answers;
mod containers;
mod content;
pub mod due;
pub mod figures;
mod gather;
mod hosts;
mod incidents;
mod planned;
mod queries;
pub mod schedule;
pub mod scheduler;
pub mod slot;
mod trigger;
mod wish;

pub(crate) use answers::on_the_grid;
pub use content::{
    Alerts, Amount, Chart, ChartKind, Container, Containers, Disk, Gap, Host, Level, Life, Line, Longest, Occasion,
    Panel, Problem, Records, Report, Top, Traffic, Way,
};
pub use gather::gather;
pub(crate) use incidents::{MOMENTS, is_open, is_trouble};
pub use planned::{Manner, Plan, Planned};
pub use scheduler::Scheduler;
pub use trigger::{Answer, TriggerError, Triggered};
pub use wish::{Ran, RunError, SAME_WISH, Wish};

/// What a report is to hold: one entry of `reports` in the configuration, without its schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name, as in URLs, metrics and its title.
    pub name: String,
    /// How far it looks back.
    pub range: Duration,
    /// The hosts it speaks of, as `instance` calls them; all of them, if empty. `*` and `?` stand for anything.
    pub hosts: Vec<String>,
    /// What it has; all sections, if empty.
    pub sections: Vec<Section>,
    /// Whether charts go with it.
    pub charts: bool,
}

/// A part of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// What is wrong now.
    Problems,
    /// What fired and what was over.
    Alerts,
    /// One line or row for each host.
    Hosts,
    /// Containers: state, restarts, exits, who takes most.
    Containers,
    /// Busiest server, longest running container, and the like.
    Records,
}

impl Section {
    /// The words for them in the configuration.
    pub const CHOICES: &'static [(&'static str, Self)] = &[
        ("problems", Self::Problems),
        ("alerts", Self::Alerts),
        ("hosts", Self::Hosts),
        ("containers", Self::Containers),
        ("records", Self::Records),
    ];
}

/// The time a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl Spec {
    /// Whether it has this section.
    pub fn has(&self, section: Section) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }
}

impl Window {
    /// How long it is; nothing where it ends before it begins.
    pub fn length(self) -> Duration {
        Duration::try_from(self.to.duration_since(self.from)).unwrap_or_default()
    }

    /// The one before, of the same length.
    pub fn before(self) -> Self {
        Self { from: self.from.checked_sub(self.length()).unwrap_or(Timestamp::MIN), to: self.from }
    }
}
