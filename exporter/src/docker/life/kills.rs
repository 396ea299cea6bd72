//! How often something in a container was killed for want of memory: from Docker's events, and from the kernel's own
//! count, which goes away with the cgroup at the end of each run.

use serde::{Deserialize, Serialize};

/// Kills in one container since it was first seen. Never goes back, whatever is told late or not at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OomTally {
    /// Of the runs before this one.
    earlier: u64,
    /// Events of this run.
    events: u64,
    /// What the cgroup counted in this run.
    counted: u64,
}

impl OomTally {
    /// All of them. Of one run the larger count holds: events get lost, and nobody may have read the cgroup in time.
    pub const fn total(self) -> u64 {
        self.earlier + self.of_this_run()
    }

    const fn of_this_run(self) -> u64 {
        if self.events > self.counted { self.events } else { self.counted }
    }

    /// It was started: its next cgroup counts from 0.
    pub(super) const fn begin_run(&mut self) {
        *self = Self { earlier: self.total(), events: 0, counted: 0 };
    }

    /// Docker told of one.
    pub(super) const fn event(&mut self) {
        self.events += 1;
    }

    /// The cgroup has counted so many in this run.
    pub const fn count(&mut self, kills: u64) {
        if kills > self.counted {
            self.counted = kills;
        }
    }

    /// It ended so, whether or not an event told.
    pub(super) const fn ended_by_one(&mut self) {
        if self.of_this_run() == 0 {
            self.events = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OomTally;

    #[test]
    fn a_kill_that_is_told_twice_counts_once_and_one_that_is_told_once_counts_too() {
        let mut tally = OomTally::default();
        tally.event();
        tally.count(1);
        assert_eq!(tally.total(), 1, "an event, and the cgroup's count of the same");
        tally.count(3);
        tally.count(2);
        assert_eq!(tally.total(), 3, "two more without an event");
        tally.begin_run();
        assert_eq!(tally.total(), 3, "a new run takes nothing away");
        tally.ended_by_one();
        tally.ended_by_one();
        assert_eq!(tally.total(), 4, "told by the inspection alone");
        tally.count(1);
        assert_eq!(tally.total(), 4);
    }
}
