//! Asks every mount for its figures, without ever waiting longer for one that does not answer.
//!
//! statfs(2) on a network or FUSE mount whose server is gone sleeps in the kernel, and nobody can call it back. So the
//! questions are put by a thread of their own, one mount after the other. Where it gets no answer it is left behind,
//! and others go on with the rest; it ends when the call comes back. Until then that mount is not asked again: a mount
//! never holds more than one thread.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{StatFs, statfs};
use rustix::io::Errno;
use tracing::{error, info, warn};

/// A mount: where to ask for it, and the kernel's number of it. Another mount in the same place is asked, even while a
/// call to the one before is out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    pub(super) path: PathBuf,
    pub(super) id: u64,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer<T> {
    Told(T),
    Refused(Errno),
    /// No answer in time, or still none to an earlier question.
    Silent,
}

/// No local file system takes longer; where no answer has come for so long, others are asked meanwhile.
const PATIENCE: Duration = Duration::from_millis(50);

/// The calls that are out. They outlive the collector that made them when the configuration is read anew.
static OUT: Mutex<BTreeSet<Question>> = Mutex::new(BTreeSet::new());

type Ask<T> = fn(&Path) -> Result<T, Errno>;

/// The thread that asks, and how.
#[derive(Debug)]
pub(super) struct Survey<T = StatFs> {
    ask: Ask<T>,
    /// The thread that answered everything last time, and waits for more to ask.
    worker: Mutex<Option<Sender<Arc<Round<T>>>>>,
}

impl Survey {
    pub(super) fn new() -> Self {
        Self::with(|path| statfs(path))
    }
}

impl<T: Clone + Send + 'static> Survey<T> {
    fn with(ask: Ask<T>) -> Self {
        Self { ask, worker: Mutex::default() }
    }

    /// Answers all questions, in their order, by `until`.
    pub(super) fn answers(&self, questions: Vec<Question>, until: Instant) -> Vec<Answer<T>> {
        let (out, asked): (Vec<_>, Vec<_>) = {
            let calls = lock(&OUT);
            questions.iter().cloned().partition(|question| calls.contains(question))
        };
        let round = Arc::new(Round::new(asked, self.ask));
        self.hand_over(&round);
        let mut told = round.wait(until, |workers| {
            // Whoever has the round now is stuck, and ends when it comes back.
            lock(&self.worker).take();
            for _ in 0..workers {
                spawn(Arc::clone(&round));
            }
        });
        if told.len() < round.questions.len() {
            lock(&self.worker).take();
        }
        told.extend(out.into_iter().map(|question| (question, Answer::Silent)));
        questions.iter().map(|question| told.get(question).cloned().unwrap_or(Answer::Silent)).collect()
    }

    /// Gives a round to the thread that waits for one, or to a new one.
    fn hand_over(&self, round: &Arc<Round<T>>) {
        if round.questions.is_empty() {
            return;
        }
        let mut worker = lock(&self.worker);
        if let Some(sender) = &*worker
            && sender.send(Arc::clone(round)).is_ok()
        {
            return;
        }
        let (sender, rounds) = channel::<Arc<Round<T>>>();
        let first = Arc::clone(round);
        let thread = thread::Builder::new().name("mounts".to_owned()).spawn(move || {
            first.work();
            // Ends when the collector has gone, or has left this thread behind.
            while let Ok(round) = rounds.recv() {
                round.work();
            }
        });
        match thread {
            Ok(_) => *worker = Some(sender),
            Err(error) => error!(%error, "no thread to ask the mounts on: {error}"),
        }
    }
}

fn spawn<T: Clone + Send + 'static>(round: Arc<Round<T>>) {
    let thread = thread::Builder::new().name("mounts".to_owned()).spawn(move || round.work());
    if let Err(error) = thread {
        error!(%error, "no thread to ask the mounts on: {error}");
    }
}

/// The questions of one scrape.
#[derive(Debug)]
struct Round<T> {
    questions: Vec<Question>,
    ask: Ask<T>,
    progress: Mutex<Progress<T>>,
    all_told: Condvar,
}

#[derive(Debug)]
struct Progress<T> {
    /// Questions that somebody has taken.
    taken: usize,
    told: BTreeMap<Question, Answer<T>>,
    /// Nobody waits any more.
    over: bool,
}

impl<T: Clone> Round<T> {
    fn new(questions: Vec<Question>, ask: Ask<T>) -> Self {
        let progress = Progress { taken: 0, told: BTreeMap::new(), over: false };
        Self { questions, ask, progress: Mutex::new(progress), all_told: Condvar::new() }
    }

    /// Puts one question after the other until none is left.
    fn work(&self) {
        while let Some(question) = self.take() {
            let answer = match (self.ask)(&question.path) {
                Ok(told) => Answer::Told(told),
                Err(errno) => Answer::Refused(errno),
            };
            self.tell(question, answer);
        }
    }

    fn take(&self) -> Option<&Question> {
        let mut progress = lock(&self.progress);
        let question = self.questions.get(progress.taken).filter(|_| !progress.over)?;
        progress.taken += 1;
        Some(question)
    }

    fn tell(&self, question: &Question, answer: Answer<T>) {
        let mut progress = lock(&self.progress);
        if progress.over {
            lock(&OUT).remove(question);
            let mount = question.path.display();
            info!(%mount, "the mount `{mount}` has answered; it is asked again from now on");
            return;
        }
        progress.told.insert(question.clone(), answer);
        if progress.told.len() == self.questions.len() {
            self.all_told.notify_one();
        }
    }

    /// Waits until everything is told, but not beyond `until`; `help` is called for more threads, each time for twice
    /// as many, while none of those at work comes back.
    fn wait(&self, until: Instant, help: impl Fn(usize)) -> BTreeMap<Question, Answer<T>> {
        let mut progress = lock(&self.progress);
        let mut helpers = 1;
        while progress.told.len() < self.questions.len() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let before = progress.told.len();
            progress =
                self.all_told.wait_timeout(progress, left.min(PATIENCE)).unwrap_or_else(PoisonError::into_inner).0;
            let waiting = self.questions.len() - progress.taken;
            if progress.told.len() == before && waiting > 0 {
                drop(progress);
                help(waiting.min(helpers));
                helpers *= 2;
                progress = lock(&self.progress);
            }
        }
        self.end(&mut progress)
    }

    /// Ends the round; the calls that are out are left to those who made them.
    fn end(&self, progress: &mut Progress<T>) -> BTreeMap<Question, Answer<T>> {
        progress.over = true;
        let told = std::mem::take(&mut progress.told);
        for question in self.questions.iter().take(progress.taken).filter(|question| !told.contains_key(question)) {
            lock(&OUT).insert(question.clone());
            let mount = question.path.display();
            warn!(%mount, "the mount `{mount}` does not answer; it is left out until it does");
        }
        told
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    static CALLS: AtomicUsize = AtomicUsize::new(0);

    /// What has `hung` in its name answers when the gate is open.
    fn ask(path: &Path) -> Result<usize, Errno> {
        if path.starts_with("/hung") {
            CALLS.fetch_add(1, Ordering::SeqCst);
            let open = lock(&GATE.0);
            drop(GATE.1.wait_while(open, |open| !*open).unwrap());
        }
        if path.starts_with("/refused") { Err(Errno::ACCESS) } else { Ok(path.as_os_str().len()) }
    }

    fn questions(paths: &[&str]) -> Vec<Question> {
        paths.iter().map(|path| Question { path: PathBuf::from(path), id: 7 }).collect()
    }

    #[test]
    fn every_mount_that_hangs_has_one_thread_until_it_answers_and_the_others_answer() {
        let survey = Survey::with(ask);
        // Told to be back by then, and so only as long as this test takes.
        let soon = || Instant::now() + PATIENCE * 20;
        let paths = ["/hung/1", "/a", "/hung/2", "/refused", "/hung/3", "/hung/4", "/hung/5", "/hung/6", "/bcd"];
        let told = |size| match size {
            0 => Answer::Silent,
            size => Answer::Told(size),
        };
        let mut expected = [0, 2, 0, 0, 0, 0, 0, 0, 4].map(told);
        expected[3] = Answer::Refused(Errno::ACCESS);
        for _ in 0..3 {
            assert_eq!(survey.answers(questions(&paths), soon()), expected);
            assert_eq!(CALLS.load(Ordering::SeqCst), 6);
        }
        // Another configuration knows of the calls that are out; another mount in the same place is asked.
        let reloaded = Survey::with(ask);
        let mut again = questions(&["/hung/1", "/a"]);
        assert_eq!(reloaded.answers(again.clone(), soon()), [Answer::Silent, Answer::Told(2)]);
        assert_eq!(CALLS.load(Ordering::SeqCst), 6);
        *lock(&GATE.0) = true;
        again[0].id = 8;
        assert_eq!(reloaded.answers(again, soon()), [Answer::Told(7), Answer::Told(2)]);

        GATE.1.notify_all();
        let give_up = Instant::now() + Duration::from_secs(60);
        expected = [7, 2, 7, 0, 7, 7, 7, 7, 4].map(told);
        expected[3] = Answer::Refused(Errno::ACCESS);
        while survey.answers(questions(&paths), soon()) != expected {
            assert!(Instant::now() < give_up);
            thread::yield_now();
        }
    }
}
