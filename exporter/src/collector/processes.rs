//! Processes and threads: how many there are, in which states, and how many there may be.
//!
//! Source: `/proc/PID/stat` of every process, `/proc/PID/task/TID/stat` of the threads of those that have several, and
//! two sysctls. A process may go away between any two reads.

use std::collections::BTreeMap;

use seamark_kit::exposition::{Exposition, Family};

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_there};
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "processes",
    on_by_default: false,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes))],
    build: |inputs, _| Box::new(Processes { host: inputs.host.clone() }),
};

struct Processes {
    host: HostRoot,
}

impl Collector for Processes {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let pids = self.host.list_proc("")?;
        let mut faults = Faults::default();
        let mut counts = Counts::default();
        for pid in pids.iter().filter(|name| is_id(name)) {
            self.count(pid, &mut counts, &mut faults);
        }
        out.gauge("node_processes_pids", "Processes.").set(counts.processes);
        out.gauge("node_processes_threads", "Threads of all processes.").set(counts.threads);
        counts.process_states.tell("state", out.gauge("node_processes_state", "Processes in each state."));
        let threads = out.gauge("node_processes_threads_state", "Threads in each state.");
        counts.thread_states.tell("thread_state", threads);
        for (file, name, help) in LIMITS {
            if let Some(limit) = faults.take(self.host.read_proc(file).and_then(|file| file.parse(text::number))) {
                out.gauge(name, help).set(limit);
            }
        }
        faults.finish()
    }
}

const LIMITS: [(&str, &str, &str); 2] = [
    ("sys/kernel/threads-max", "node_processes_max_threads", "Threads that there may be."),
    ("sys/kernel/pid_max", "node_processes_max_processes", "Process and thread numbers that there may be."),
];

#[derive(Default)]
struct Counts {
    processes: u64,
    threads: u64,
    process_states: States,
    thread_states: States,
}

/// Counts by the letter that the kernel has for a state, such as `S`.
#[derive(Default)]
struct States(BTreeMap<char, u64>);

impl States {
    fn add(&mut self, state: char) {
        *self.0.entry(state).or_default() += 1;
    }

    fn tell(&self, label: &'static str, family: &mut Family) {
        for (state, count) in &self.0 {
            family.push(&[(label, state.encode_utf8(&mut [0; 4]))], *count);
        }
    }
}

impl Processes {
    fn count(&self, pid: &str, counts: &mut Counts, faults: &mut Faults) {
        let Some(process) = self.stat(&format!("{pid}/stat"), faults) else { return };
        counts.processes += 1;
        counts.threads += process.threads;
        counts.process_states.add(process.state);
        // The first thread has the number and the state of its process, and most processes have no other.
        counts.thread_states.add(process.state);
        if process.threads < 2 {
            return;
        }
        let threads = faults.take(if_there(self.host.list_proc(&format!("{pid}/task")))).flatten().unwrap_or_default();
        for thread in threads.iter().filter(|thread| is_id(thread) && thread.as_str() != pid) {
            if let Some(thread) = self.stat(&format!("{pid}/task/{thread}/stat"), faults) {
                counts.thread_states.add(thread.state);
            }
        }
    }

    /// `None` of what has gone away.
    fn stat(&self, file: &str, faults: &mut Faults) -> Option<Stat> {
        let stat = if_there(self.host.read_proc(file)).and_then(parse_if_there);
        faults.take(stat).flatten()
    }
}

fn parse_if_there(file: Option<crate::host::HostFile>) -> Result<Option<Stat>, ReadError> {
    file.map(|file| file.parse(parse)).transpose()
}

fn is_id(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

#[derive(Debug, PartialEq)]
struct Stat {
    state: char,
    threads: u64,
}

/// The name of the process, in parentheses, may hold anything, parentheses and line ends too; so what is behind it is
/// looked for from the end.
fn parse(text: &[u8]) -> Result<Stat, ParseError> {
    let stat = || {
        let behind_name = text.rsplit(|byte| *byte == b')').next().filter(|rest| rest.len() < text.len())?;
        let mut words = text::words(behind_name);
        let state = words.next().filter(|state| state.len() == 1)?.first()?;
        Some(Stat { state: char::from(*state), threads: words.nth(16).and_then(text::parse)? })
    };
    stat().ok_or_else(|| ParseError::new(1, "`<pid> (<name>) <state>` and numbers, the 17th that of threads", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: &str = "1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 100";

    #[test]
    fn a_process_may_be_called_anything() {
        for name in ["cat", "a) S 1 (b", ") R\n1 1 1", "", "\u{FFFD} "] {
            let stat = parse(format!("7 ({name}) D {NUMBERS}\n").as_bytes());
            assert_eq!(stat, Ok(Stat { state: 'D', threads: 3 }), "{name:?}");
        }
    }

    #[test]
    fn what_ends_too_early_is_malformed() {
        for text in ["", "7", "7 (cat", "7 (cat) ", "7 (cat) S 1 7", "7 (cat) SS 1", "7 cat S 1 2 3"] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
