//! How often containers ended and could not be started, by name and reason: what survives their re-creation.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::exit::ExitReason;
use super::record::RememberedCounts;
use super::start::StartFailure;

/// How long a name's counts are kept after its last container is gone: a day's dashboards stay whole.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// At most so many names without a container, the oldest going first: a build host that runs thousands of throw-away
/// containers a day must not fill the memory of Prometheus.
const MOST_GONE: usize = 1000;

/// The counts of every name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ExitCounts {
    names: BTreeMap<String, Counts>,
}

/// The counts of one name, in the order of [`ExitReason::ALL`] and [`StartFailure::ALL`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Counts {
    exits: [u64; ExitReason::ALL.len()],
    failed_starts: [u64; StartFailure::ALL.len()],
    gone_since: Option<Timestamp>,
}

impl Counts {
    /// Every reason with its count, zero included: a series that is born at 1 has no increase.
    pub fn by_reason(&self) -> impl Iterator<Item = (ExitReason, u64)> {
        ExitReason::ALL.into_iter().zip(self.exits)
    }

    /// Starts that failed: every reason with its count, zero included.
    pub fn failed_starts(&self) -> impl Iterator<Item = (StartFailure, u64)> {
        StartFailure::ALL.into_iter().zip(self.failed_starts)
    }

    fn remember(&self) -> RememberedCounts {
        let counted = |(reason, count): (&str, u64)| (count > 0).then(|| (reason.to_owned(), count));
        RememberedCounts {
            exits: self.by_reason().filter_map(|(reason, count)| counted((reason.as_str(), count))).collect(),
            failed_starts: self.failed_starts().filter_map(|(why, count)| counted((why.as_str(), count))).collect(),
            gone_since: self.gone_since,
        }
    }

    fn recall(memory: &RememberedCounts) -> Self {
        let exits = ExitReason::ALL.map(|reason| memory.exits.get(reason.as_str()).copied().unwrap_or_default());
        let failed_starts =
            StartFailure::ALL.map(|why| memory.failed_starts.get(why.as_str()).copied().unwrap_or_default());
        Self { exits, failed_starts, gone_since: memory.gone_since }
    }
}

impl ExitCounts {
    /// There is a container of that name.
    pub fn see(&mut self, name: &str) {
        match self.names.get_mut(name) {
            Some(counts) => counts.gone_since = None,
            None => {
                self.names.insert(name.to_owned(), Counts::default());
            }
        }
    }

    /// One more end.
    pub fn count(&mut self, name: &str, reason: ExitReason) {
        let counts = self.names.entry(name.to_owned()).or_default();
        for (slot, each) in counts.exits.iter_mut().zip(ExitReason::ALL) {
            *slot += u64::from(each == reason);
        }
    }

    /// One more start that failed.
    pub fn count_failed_start(&mut self, name: &str, reason: StartFailure) {
        let counts = self.names.entry(name.to_owned()).or_default();
        for (slot, each) in counts.failed_starts.iter_mut().zip(StartFailure::ALL) {
            *slot += u64::from(each == reason);
        }
    }

    /// What the next process has to know.
    pub fn remember(&self) -> BTreeMap<String, RememberedCounts> {
        self.names.iter().map(|(name, counts)| (name.clone(), counts.remember())).collect()
    }

    /// Takes over what the process before this one knew.
    pub fn recall(&mut self, names: &BTreeMap<String, RememberedCounts>) {
        self.names = names.iter().map(|(name, counts)| (name.clone(), Counts::recall(counts))).collect();
    }

    /// Marks the names that no container has any more, and forgets those gone for a day.
    pub fn sweep<'a>(&mut self, present: impl Iterator<Item = &'a str>, now: Timestamp) {
        let present: std::collections::BTreeSet<&str> = present.collect();
        for (name, counts) in &mut self.names {
            counts.gone_since = match counts.gone_since {
                _ if present.contains(name.as_str()) => None,
                None => Some(now),
                since => since,
            };
        }
        let fresh = |since: Timestamp| now.duration_since(since).unsigned_abs() < KEPT_FOR;
        self.names.retain(|_, counts| counts.gone_since.is_none_or(fresh));
        let mut gone: Vec<(Timestamp, String)> =
            self.names.iter().filter_map(|(name, counts)| Some((counts.gone_since?, name.clone()))).collect();
        if gone.len() > MOST_GONE {
            gone.sort();
            for (_, name) in gone.iter().take(gone.len() - MOST_GONE) {
                self.names.remove(name);
            }
        }
    }

    /// Every name with its counts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Counts)> {
        self.names.iter().map(|(name, counts)| (name.as_str(), counts))
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{ExitCounts, MOST_GONE};
    use crate::docker::exit::ExitReason;
    use crate::docker::start::StartFailure;

    fn counts(of: &ExitCounts, name: &str) -> Option<Vec<u64>> {
        of.iter().find(|(each, _)| *each == name).map(|(_, counts)| counts.by_reason().map(|(_, n)| n).collect())
    }

    #[test]
    fn a_name_outlives_its_container_by_a_day_and_keeps_its_counts_when_it_comes_back() {
        let start = Timestamp::from_second(1_000_000).unwrap();
        let hours = |hours| start + SignedDuration::from_hours(hours);
        let mut exits = ExitCounts::default();
        exits.see("web");
        assert_eq!(counts(&exits, "web"), Some(vec![0; 6]));
        exits.count("web", ExitReason::Crash);
        exits.sweep([].into_iter(), hours(0));
        exits.sweep([].into_iter(), hours(23));
        assert_eq!(counts(&exits, "web"), Some(vec![0, 0, 1, 0, 0, 0]));
        exits.sweep(["web"].into_iter(), hours(23));
        exits.sweep([].into_iter(), hours(24));
        exits.sweep([].into_iter(), hours(47));
        assert_eq!(counts(&exits, "web"), Some(vec![0, 0, 1, 0, 0, 0]));
        exits.sweep([].into_iter(), hours(48));
        assert_eq!(counts(&exits, "web"), None);
    }

    #[test]
    fn the_day_goes_on_while_no_exporter_runs() {
        let hours = |hours| Timestamp::from_second(1_000_000).unwrap() + SignedDuration::from_hours(hours);
        let mut exits = ExitCounts::default();
        exits.see("web");
        exits.count("web", ExitReason::Oom);
        exits.count_failed_start("web", StartFailure::Mount);
        exits.sweep([].into_iter(), hours(0));
        let again = || {
            let mut again = ExitCounts::default();
            again.recall(&exits.remember());
            again
        };
        assert_eq!(again(), exits);
        let mut next = again();
        next.sweep([].into_iter(), hours(23));
        assert_eq!(counts(&next, "web"), Some(vec![0, 0, 0, 1, 0, 0]));
        let mut later = again();
        later.sweep([].into_iter(), hours(24));
        assert_eq!(counts(&later, "web"), None);
    }

    #[test]
    fn throw_away_names_are_bounded_and_the_oldest_go_first() {
        let mut exits = ExitCounts::default();
        for number in 0..MOST_GONE + 2 {
            exits.see(&format!("job-{number}"));
            exits.sweep([].into_iter(), Timestamp::from_second(number as i64 + 1).unwrap());
        }
        assert_eq!(exits.iter().count(), MOST_GONE);
        assert_eq!((counts(&exits, "job-1"), counts(&exits, "job-2")), (None, Some(vec![0; 6])));
    }
}
