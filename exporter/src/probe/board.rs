//! What the probes found last: kept in memory, where a scrape reads it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seamark_kit::exposition::CommonLabels;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::{info, warn};

use super::report::Report;
use super::settings::Probe;

/// The first run is not put off for longer, however rare the others are.
const LONGEST_FIRST_WAIT: Duration = Duration::from_secs(10);

/// Every probe that runs on a timer, and what it found.
#[derive(Default)]
pub struct ProbeBoard {
    entries: Mutex<Vec<Entry>>,
    /// Begin every probe at once.
    eager: bool,
}

/// Dropping it ends its runs.
struct Entry {
    state: Arc<State>,
    runs: AbortHandle,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.runs.abort();
    }
}

/// One probe and what is known of it.
pub struct State {
    /// Its settings.
    pub probe: Probe,
    /// On everything that is told of it.
    pub labels: CommonLabels,
    known: watch::Sender<Known>,
}

/// What is known of a probe.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The last run; `None` before the first has ended.
    pub last: Option<Arc<Report>>,
    /// When that ended, in seconds since 1970.
    pub last_run: f64,
    /// Runs that succeeded.
    pub successes: u64,
    /// Runs that failed.
    pub failures: u64,
    /// Runs that failed since the last one that did not.
    pub failures_in_a_row: u64,
}

impl ProbeBoard {
    /// One whose probes all run at once, for somebody who waits for the results.
    pub fn eager() -> Self {
        Self { eager: true, ..Self::default() }
    }

    /// Runs these probes from now on. One whose settings are the same goes on as it was, with its timer and what it
    /// found; all others that ran so far end. Needs a runtime.
    pub fn follow(&self, probes: Vec<Probe>) {
        let mut entries = self.entries();
        let mut before = std::mem::take(&mut *entries);
        for probe in probes {
            let same = before.iter().position(|entry| entry.state.probe == probe);
            entries.push(same.map_or_else(|| start(probe, self.eager), |place| before.swap_remove(place)));
        }
    }

    /// The probes, in the order of the configuration, each with what is known of it.
    pub fn known(&self) -> Vec<(Arc<State>, Known)> {
        self.entries().iter().map(|entry| (Arc::clone(&entry.state), entry.state.known.borrow().clone())).collect()
    }

    /// Waits until every probe has run once.
    pub async fn all_have_run(&self) {
        let states: Vec<_> = self.entries().iter().map(|entry| Arc::clone(&entry.state)).collect();
        for state in states {
            // It fails when the sender is gone, and we hold that.
            let _ = state.known.subscribe().wait_for(|known| known.last.is_some()).await;
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start(probe: Probe, eager: bool) -> Entry {
    let labels = probe.labels();
    let state = Arc::new(State { probe, labels, known: watch::Sender::default() });
    let wait = if eager { Duration::ZERO } else { first_wait(&state.probe.name, state.probe.interval) };
    let runs = tokio::spawn(run(Arc::clone(&state), wait)).abort_handle();
    Entry { state, runs }
}

/// Runs a probe for ever. Never two runs at once: the next waits for the one before.
async fn run(state: Arc<State>, wait: Duration) {
    let probe = &state.probe;
    let mut ticks = interval_at(Instant::now() + wait, probe.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let report = probe.run().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let before = state.known.borrow().failures_in_a_row;
        tell(probe, &report, before);
        state.known.send_modify(|known| known.take(report, now.as_secs_f64()));
    }
}

/// Says what has changed, not what is still so.
fn tell(probe: &Probe, report: &Report, failures_before: u64) {
    let (name, target) = (&probe.name, &probe.target.shown);
    match report.failed() {
        Some(why) if failures_before == 0 => warn!(%name, %target, "the probe `{name}` fails: {why}"),
        None if failures_before > 0 => {
            info!(%name, %target, "the probe `{name}` succeeds again after {failures_before} failures");
        }
        _ => {}
    }
}

impl Known {
    fn take(&mut self, report: Report, now: f64) {
        if report.failed().is_none() {
            self.successes += 1;
            self.failures_in_a_row = 0;
        } else {
            self.failures += 1;
            self.failures_in_a_row += 1;
        }
        self.last_run = now;
        self.last = Some(Arc::new(report));
    }
}

/// How long a probe waits before its first run: another time for each, and the same one at each start, so that fifty
/// probes do not all begin in the same instant, every time.
fn first_wait(name: &str, interval: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let part = f64::from(hasher.finish() as u16) / f64::from(u16::MAX);
    interval.min(LONGEST_FIRST_WAIT).mul_f64(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_runs_are_spread_over_the_interval_and_not_over_more_than_ten_seconds() {
        let waits = |interval| (0..50).map(move |number| first_wait(&format!("probe-{number}"), interval));
        for (interval, most) in [(Duration::from_secs(4), 4), (Duration::from_secs(3600), 10)] {
            let mut quarters = [0; 4];
            for wait in waits(interval) {
                assert!(wait <= Duration::from_secs(most));
                quarters[((wait.as_secs_f64() / most as f64 * 4.0) as usize).min(3)] += 1;
            }
            assert!(quarters.iter().all(|count| *count >= 5), "{quarters:?}");
        }
    }

    #[test]
    fn failures_in_a_row_end_with_a_success() {
        let run = |outcome| {
            let mut report = Report::new(Duration::from_secs(1));
            report.finish(outcome);
            report
        };
        let mut known = Known::default();
        [Some(Ok(())), None, None].into_iter().for_each(|outcome| known.take(run(outcome), 1.0));
        assert_eq!((known.successes, known.failures, known.failures_in_a_row), (1, 2, 2));
        known.take(run(Some(Ok(()))), 2.0);
        assert_eq!((known.successes, known.failures, known.failures_in_a_row), (2, 2, 0));
    }
}
