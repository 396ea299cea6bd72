//! What a step of a life looks at, and what it finds.

use std::time::Duration;

use jiff::Timestamp;

use crate::alertmanager::alert::EventAlert;
use crate::docker::exit::ExitReason;
use crate::docker::oom::OomKills;
use crate::docker::rules::Rules;
use crate::docker::start::StartFailure;

/// What a step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A container of that name ended.
    Exited {
        /// Its name.
        name: String,
        /// The code it ended with.
        code: i64,
        /// Why.
        reason: ExitReason,
    },
    /// A container of that name could not be started.
    StartFailed {
        /// Its name.
        name: String,
        /// Why.
        reason: StartFailure,
    },
    /// Tell Alertmanager.
    Alert(Box<EventAlert>),
    /// Inspect it and hand the answer back with this generation.
    Inspect {
        /// Its id.
        id: String,
        /// Which state of things the question is about.
        generation: u64,
    },
    /// Read its last lines and hand them back.
    ReadLog {
        /// Its id.
        id: String,
        /// How many.
        lines: u32,
    },
    /// It was taken away while it ran, or is missed: to be told if nothing takes its place.
    Missed(Box<EventAlert>),
    /// It was started: crashes of the same Compose service are over.
    Started,
    /// It is gone.
    Removed,
}

/// What a step may look at beside the container itself.
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// What to tell of.
    pub rules: &'a Rules,
    /// The kernel's count of memory kills.
    pub oom_kills: &'a mut OomKills,
}

/// An end, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: i64,
    /// Why it ended.
    pub reason: ExitReason,
    /// When, by the engine's clock.
    pub at: Timestamp,
    /// How long it had run.
    pub uptime: Option<Duration>,
}
