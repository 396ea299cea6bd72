//! What a process before this one knew of a container, and what has happened to it since.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Exit, Life};
use crate::docker::container::State;
use crate::docker::exit::ExitReason;
use crate::docker::record::{Remembered, RememberedExit};

/// How far the times of an event and of an inspection may be apart that speak of the same start.
const SAME: SignedDuration = SignedDuration::from_secs(1);

impl Life {
    /// What the next process has to know of it.
    pub(in crate::docker) fn remember(&self) -> Remembered {
        // An end that is still being looked into is counted later, by whoever runs then.
        let runs = self.state.has_process() || self.ending.is_some();
        Remembered {
            name: self.identity.name.clone(),
            state: if runs { State::Running } else { self.state }.as_str().to_owned(),
            started_at: self.runs_since().or_else(|| self.newest_start()),
            restarts_total: self.restarts_total,
            restart_count: self.restarts_so_far(),
            oom_kills: self.oom_kills,
            last_exit: self.last_exit.as_ref().map(|exit| RememberedExit {
                code: exit.code,
                reason: exit.reason.as_str().to_owned(),
                at: exit.at,
                uptime_ms: exit.uptime.and_then(|uptime| u64::try_from(uptime.as_millis()).ok()),
            }),
            failed_start: self.failed_start,
        }
    }

    /// Takes over what the process before this one knew. To be done before anything else is learned.
    pub(in crate::docker) fn restore(&mut self, memory: &Remembered) {
        self.restored = true;
        self.state = State::read(&memory.state);
        (self.started_at, self.inspected_start) = (memory.started_at, memory.started_at);
        (self.restarts_total, self.restart_count) = (memory.restarts_total, Some(memory.restart_count));
        self.oom_kills = memory.oom_kills;
        self.failed_start = memory.failed_start;
        self.last_exit = memory.last_exit.as_ref().map(|exit| Exit {
            code: exit.code,
            reason: ExitReason::ALL
                .into_iter()
                .find(|reason| reason.as_str() == exit.reason)
                .unwrap_or(ExitReason::Unknown),
            at: exit.at,
            uptime: exit.uptime_ms.map(Duration::from_millis),
        });
        self.counted_until = self.last_exit.as_ref().map(|exit| exit.at);
    }

    /// Its end, where that is still being looked into and it runs again: it can no more be found by looking.
    pub(in crate::docker) fn unfinished_end(&self) -> bool {
        self.unseen_end || self.ending.as_ref().is_some_and(|ending| ending.next_start.is_some())
    }

    /// The latest start that is known, be it by its event or by Docker's own note.
    pub(super) fn newest_start(&self) -> Option<Timestamp> {
        self.inspected_start.max(self.started_at)
    }

    /// Something may have happened to it that no event tells.
    pub(in crate::docker) const fn after_a_gap(&mut self) {
        self.gap = true;
    }

    /// A start of what was running when it was last seen, by this process before a gap in the events or by the process
    /// before this one: that run has ended in between.
    pub(super) fn end_before(&mut self, start: Timestamp) {
        let unwatched = std::mem::take(&mut self.restored) | std::mem::take(&mut self.gap);
        let ran = unwatched && self.state.has_process() && self.ending.is_none();
        if ran && self.newest_start().is_some_and(|known| start.duration_since(known) > SAME) {
            self.unseen_end = true;
            self.state = State::Exited;
        }
    }
}
