//! The kernel's own count of kills for want of memory: what does not get lost when Docker's `oom` event does.
//!
//! Source: `oom_kill` in `memory.events` of the cgroups above the containers (cgroup v2: it counts what happens below
//! and outlives the container), otherwise `oom_kill` in `/proc/vmstat`, which counts the whole host. On cgroup v1 the
//! count of a parent does not include its children.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::host::HostRoot;
use crate::text;

/// A kill comes before its `die` by 140 ms on a fast machine and by 1.5 s on a slow one (`events/cgroup2`), where eight
/// containers begin at once by more than 5 s.
const KILL_BEFORE_DIE: SignedDuration = SignedDuration::from_secs(10);
/// An `oom` event may come so long before its kill is counted: cgroup v1 tells of it before the kernel kills.
const EVENT_BEFORE_KILL: SignedDuration = SignedDuration::from_secs(1);
/// No sample is taken more often than this, unless something is to be explained.
const SAMPLE_EVERY: SignedDuration = SignedDuration::from_secs(1);
/// Kills that nothing accounted for are kept in this number: enough for every container of a host.
const KILLS_KEPT: usize = 256;

/// Reads the kernel's count; `None` where it cannot be read.
pub type ReadCount = Box<dyn Fn() -> Option<u64> + Send>;

/// The count of this host.
pub fn kernel_count(host: HostRoot) -> ReadCount {
    Box::new(move || {
        // Where Docker's two cgroup drivers put containers; on cgroup v1 neither file is there.
        let parents = ["fs/cgroup/system.slice/memory.events", "fs/cgroup/docker/memory.events"];
        let counts = parents.iter().filter_map(|file| field(&host.read_sys(file).ok()?.bytes));
        let below_parents = counts.reduce(|one, other| one + other);
        below_parents.or_else(|| field(&host.read_proc("vmstat").ok()?.bytes))
    })
}

fn field(bytes: &[u8]) -> Option<u64> {
    text::lines(bytes).find_map(|line| text::parse(line.bytes.strip_prefix(b"oom_kill ")?.trim_ascii()))
}

/// A kill happened after `after`, and not later than `by`.
struct Kill {
    after: Timestamp,
    by: Timestamp,
}

/// The kills of the last minutes that are not accounted for yet.
pub struct OomKills {
    read: ReadCount,
    last: Option<(Timestamp, u64)>,
    unexplained: VecDeque<Kill>,
    /// When events told of kills that were not counted yet.
    announced: VecDeque<Timestamp>,
}

impl OomKills {
    /// A tracker that has seen nothing yet.
    pub fn new(read: ReadCount) -> Self {
        Self { read, last: None, unexplained: VecDeque::new(), announced: VecDeque::new() }
    }

    /// Looks at the count now and then, so that it is known when a kill happened.
    pub fn sample(&mut self, now: Timestamp) {
        let fresh = self.last.is_some_and(|(at, _)| now.duration_since(at) < SAMPLE_EVERY);
        if !fresh {
            self.look(now);
        }
    }

    /// Accounts for the kill that an `oom` event of that time tells of, be it counted already or in a moment.
    pub fn explain(&mut self, at: Timestamp, now: Timestamp) {
        if !self.take(at, now) {
            self.announced.push_back(now);
            if self.announced.len() > KILLS_KEPT {
                self.announced.pop_front();
            }
        }
    }

    /// Accounts for one kill that led to what happened at that time: an `oom` event, or a death by SIGKILL. Returns
    /// whether the kernel has counted one that nothing else accounts for.
    pub fn take(&mut self, at: Timestamp, now: Timestamp) -> bool {
        self.look(now);
        let led_to_it = |kill: &Kill| kill.after < at && kill.by >= at - KILL_BEFORE_DIE;
        let found = self.unexplained.iter().position(led_to_it);
        found.is_some_and(|index| self.unexplained.remove(index).is_some())
    }

    /// Looks at the count, so that kills from now on are told from those before.
    pub fn look(&mut self, now: Timestamp) {
        let Some(count) = (self.read)() else { return };
        if let Some((after, before)) = self.last.replace((now, count)) {
            self.announced.retain(|event| after.duration_since(*event) < EVENT_BEFORE_KILL);
            for _ in 0..count.saturating_sub(before).min(KILLS_KEPT as u64) {
                if self.announced.pop_front().is_none() {
                    self.unexplained.push_back(Kill { after, by: now });
                }
            }
            while self.unexplained.len() > KILLS_KEPT {
                self.unexplained.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use jiff::Timestamp;

    use super::{OomKills, kernel_count};
    use crate::host::HostRoot;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn tracker() -> (Arc<AtomicU64>, OomKills) {
        let count = Arc::new(AtomicU64::new(7));
        let read = Arc::clone(&count);
        (count, OomKills::new(Box::new(move || Some(read.load(Ordering::Relaxed)))))
    }

    #[test]
    fn a_kill_counts_for_one_death_only() {
        let (count, mut kills) = tracker();
        kills.sample(second(0));
        assert!(!kills.take(second(10), second(11)));
        count.store(8, Ordering::Relaxed);
        assert!(kills.take(second(12), second(12)));
        assert!(!kills.take(second(12), second(13)), "the second death has no kill of its own");
    }

    #[test]
    fn a_kill_that_was_seen_before_its_oom_event_does_not_hide_the_next_one() {
        let (count, mut kills) = tracker();
        kills.sample(second(0));
        count.store(8, Ordering::Relaxed);
        kills.sample(second(10));
        assert!(kills.take(second(10), second(10)), "told by an event just after");
        count.store(9, Ordering::Relaxed);
        assert!(kills.take(second(15), second(16)));
    }

    #[test]
    fn a_kill_that_is_counted_just_after_its_oom_event_is_explained_and_a_second_one_is_not() {
        let (count, mut kills) = tracker();
        kills.sample(second(0));
        kills.explain(second(10), second(10));
        count.store(8, Ordering::Relaxed);
        assert!(!kills.take(second(12), second(13)), "a death that has nothing to do with it");
        count.store(9, Ordering::Relaxed);
        assert!(kills.take(second(14), second(14)));
        kills.explain(second(20), second(20));
        kills.sample(second(22));
        count.store(10, Ordering::Relaxed);
        assert!(kills.take(second(23), second(23)), "too late to be what the event told of");
    }

    #[test]
    fn a_kill_long_before_the_death_is_not_its_cause() {
        let (count, mut kills) = tracker();
        kills.sample(second(0));
        count.store(8, Ordering::Relaxed);
        kills.sample(second(10));
        assert!(!kills.take(second(21), second(22)));
        assert!(kills.take(second(19), second(22)), "within the time a slow machine takes");
    }

    #[test]
    fn where_the_count_cannot_be_read_nothing_is_blamed_on_it() {
        let mut kills = OomKills::new(Box::new(|| None));
        kills.sample(second(0));
        assert!(!kills.take(second(10), second(11)));
    }

    #[test]
    fn the_count_is_that_of_the_parents_or_else_of_the_host() {
        let host = tempfile::tempdir().unwrap();
        let root = HostRoot::new(host.path().join("proc"), host.path().join("sys"), host.path(), host.path());
        let write = |file: &str, text: &str| {
            let path = host.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let read = kernel_count(root);
        assert_eq!(read(), None);
        write("proc/vmstat", "nr_free_pages 9\noom_kill 5\n");
        assert_eq!(read(), Some(5));
        write("sys/fs/cgroup/system.slice/memory.events", "low 0\noom 7\noom_kill 2\noom_group_kill 0\n");
        write("sys/fs/cgroup/docker/memory.events", "oom_kill 1\n");
        assert_eq!(read(), Some(3));
    }
}
