//! One collector and what is remembered of it between scrapes.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use seamark_kit::exposition::Exposition;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;
use tracing::{info, warn};

use crate::collector::{CollectError, Collector};

/// A collector in its place in the list.
pub(super) struct Slot {
    pub(super) name: &'static str,
    /// What it was built from.
    pub(super) settings: String,
    collector: Box<dyn Collector>,
    can_hang: bool,
    /// It has held up the others.
    isolated: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    errors: u64,
    /// The last complaint in the log, so that one fault is one line and not one line per scrape.
    said: Option<String>,
    /// The run that is out on a thread of its own.
    out: Option<Out>,
    /// What the last run that told something told, and when; kept only of those that can hang.
    last_good: Option<(Instant, Exposition)>,
}

struct Out {
    answer: Answer,
    started: Instant,
    stuck: bool,
}

/// Where the outcome of a run will be; any number of scrapes may wait for it.
pub(super) type Answer = watch::Receiver<Option<Outcome>>;

/// What one run came to.
#[derive(Clone)]
pub(super) struct Outcome {
    pub(super) families: Exposition,
    pub(super) success: bool,
    pub(super) duration: Duration,
    /// Age of the families; `None` where there are none because the collector has never answered.
    pub(super) age: Option<Duration>,
}

impl Slot {
    pub(super) fn new(name: &'static str, may_hang: bool, settings: String, collector: Box<dyn Collector>) -> Self {
        let can_hang = may_hang && collector.can_hang();
        Self { name, settings, collector, can_hang, isolated: AtomicBool::default(), state: Mutex::default() }
    }

    /// Whether it can hang, or has hung.
    pub(super) fn can_hang(&self) -> bool {
        self.can_hang || self.isolated.load(Ordering::Relaxed)
    }

    /// Whether its next run is to have a thread of its own.
    pub(super) fn needs_a_thread(&self) -> bool {
        let may_hang = || self.can_hang && self.collector.may_hang_next();
        self.isolated.load(Ordering::Relaxed) || self.state().out.is_some() || may_hang()
    }

    /// Gives it a thread of its own from now on, after it held up the others.
    pub(super) fn isolate(&self) {
        if !self.isolated.swap(true, Ordering::Relaxed) {
            let name = self.name;
            warn!(collector = name, "the collector `{name}` held up a scrape; from now on it has a thread of its own");
        }
    }

    /// Failed reads and panics so far.
    pub(super) fn errors(&self) -> u64 {
        self.state().errors
    }

    /// Runs the collector on the thread of all others; it is told to be back by `until`.
    pub(super) fn run_with_others(&self, until: Instant) -> Outcome {
        let outcome = self.run(until);
        if self.can_hang {
            self.remember(&mut self.state(), &outcome);
        }
        outcome
    }

    /// Runs the collector on this thread; it is told to be back by `until`.
    fn run(&self, until: Instant) -> Outcome {
        let started = Instant::now();
        let mut families = Exposition::default();
        // What a collector added before it panicked is whole families and samples, and is kept.
        let result = catch_unwind(AssertUnwindSafe(|| self.collector.collect_until(until, &mut families)));
        let duration = started.elapsed();
        Outcome { families, success: self.note(result), duration, age: Some(Duration::ZERO) }
    }

    /// Starts the collector on a thread of its own, or joins the run that is out; `None` if that one is stuck.
    pub(super) fn start(self: &Arc<Self>, until: Instant) -> Option<Answer> {
        let mut state = self.state();
        if let Some(out) = &state.out {
            return (!out.stuck).then(|| out.answer.clone());
        }
        let (sender, answer) = watch::channel(None);
        state.out = Some(Out { answer: answer.clone(), started: Instant::now(), stuck: false });
        let slot = Arc::clone(self);
        spawn_blocking(move || {
            let outcome = slot.run(until);
            slot.came_back(&outcome);
            let _ = sender.send(Some(outcome));
        });
        Some(answer)
    }

    /// Waits for a run; one that is not back in time is marked as stuck, and what was told last is told again.
    pub(super) async fn finish(&self, run: Option<Answer>, until: tokio::time::Instant) -> Outcome {
        let Some(mut answer) = run else { return self.late() };
        if let Ok(Ok(outcome)) = timeout_at(until, answer.wait_for(Option::is_some)).await
            && let Some(outcome) = outcome.clone()
        {
            return outcome;
        }
        self.mark_stuck(&answer);
        self.late()
    }

    /// What to tell in place of a run that is not back.
    pub(super) fn late(&self) -> Outcome {
        let state = self.state();
        let duration = state.out.as_ref().map(|out| out.started.elapsed()).unwrap_or_default();
        match &state.last_good {
            Some((told, families)) => {
                Outcome { families: families.clone(), success: false, duration, age: Some(told.elapsed()) }
            }
            None => Outcome { families: Exposition::default(), success: false, duration, age: None },
        }
    }

    fn mark_stuck(&self, answer: &Answer) {
        // It may have come back, and another run gone out, since the deadline passed.
        if let Some(out) = &mut self.state().out
            && out.answer.same_channel(answer)
            && !out.stuck
        {
            out.stuck = true;
            let name = self.name;
            warn!(collector = name, "the collector `{name}` does not answer; it is left out until it does");
        }
    }

    fn came_back(&self, outcome: &Outcome) {
        let mut state = self.state();
        if state.out.take().is_some_and(|out| out.stuck) {
            info!(collector = self.name, "the collector `{}` answers again", self.name);
        }
        self.remember(&mut state, outcome);
    }

    fn remember(&self, state: &mut State, outcome: &Outcome) {
        // A sensor that fails for good must not cost what all others said.
        if outcome.success || !outcome.families.families().is_empty() {
            state.last_good = Some((Instant::now(), outcome.families.clone()));
        }
    }

    /// Counts and logs what went wrong; returns whether nothing did.
    fn note(&self, result: thread::Result<Result<(), CollectError>>) -> bool {
        let (faults, complaint) = match result {
            Ok(Ok(())) => {
                self.state().said = None;
                return true;
            }
            Ok(Err(error)) => (error.faults(), error.to_string()),
            Err(panic) => (1, format!("panicked: {}", panic_message(panic.as_ref()))),
        };
        let mut state = self.state();
        state.errors += faults;
        if state.said.as_ref() != Some(&complaint) {
            let name = self.name;
            if faults > 0 {
                warn!(collector = name, "the collector `{name}` failed: {complaint}");
            } else {
                info!(collector = name, "the collector `{name}` has nothing to tell: {complaint}");
            }
            state.said = Some(complaint);
        }
        false
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
