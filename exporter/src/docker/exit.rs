//! Why a container ended: a table over the facts, without time, without Docker.

use std::fmt;

/// Exit code of a process that got SIGKILL, whoever sent it.
pub const SIGKILL_CODE: i64 = 137;

/// Why a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitReason {
    /// Ended by itself with code 0.
    Clean,
    /// Somebody stopped, killed or removed it through Docker.
    Stopped,
    /// Ended by itself with another code, or by a signal that a fault in the program raises.
    Crash,
    /// Killed by the kernel for want of memory.
    Oom,
    /// Ended by a signal that Docker did not announce and that is no fault of the program's own.
    Signal,
    /// Nobody watched: found ended, so that the code says nothing certain.
    Unknown,
}

impl ExitReason {
    /// Every reason, in the order in which they are exported.
    pub const ALL: [Self; 6] = [Self::Clean, Self::Stopped, Self::Crash, Self::Oom, Self::Signal, Self::Unknown];

    /// The value of the label `reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Stopped => "stopped",
            Self::Crash => "crash",
            Self::Oom => "oom",
            Self::Signal => "signal",
            Self::Unknown => "unknown",
        }
    }

    /// Whether somebody should hear of it at once. [`ExitReason::Unknown`] is left to the metric rules: it is found
    /// late, often long after the exit, and after a live-restore it says nothing of the program.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Crash | Self::Oom | Self::Signal)
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What is known of one end of a container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExitFacts {
    /// The exit code of the main process.
    pub code: i64,
    /// Found ended by inspecting; no `die` was seen.
    pub unwitnessed: bool,
    /// A signal that ends a process was sent through Docker within the grace period before, or a `stop` went with it.
    pub announced: bool,
    /// Removed by somebody while the end was still being looked into.
    pub removed: bool,
    /// An `oom` event came close to the end.
    pub oom_event: bool,
    /// Inspecting the ended container says `OOMKilled`, and no earlier kill of a child explains it.
    pub oom_killed: bool,
    /// The kernel counted a kill for want of memory that no other container accounts for.
    pub oom_counted: bool,
}

/// The reason, from the facts. The first row that fits decides.
///
/// An announced end is `stopped` whatever the code: stopped programs leave with 0, 1, 137 or 143. Want of memory
/// needs code 137, because `oom` and `OOMKilled` also speak of children while the main process goes on. Signals end
/// at 64, so 193 to 255 (`exit(-1)` is 255) are codes a program chose.
pub const fn exit_reason(facts: &ExitFacts) -> ExitReason {
    let killed = facts.code == SIGKILL_CODE;
    match facts.code {
        _ if facts.unwitnessed => ExitReason::Unknown,
        _ if facts.announced => ExitReason::Stopped,
        0 => ExitReason::Clean,
        _ if killed && (facts.oom_event || facts.oom_killed || facts.oom_counted) => ExitReason::Oom,
        _ if facts.removed => ExitReason::Stopped,
        // SIGABRT, SIGBUS, SIGFPE, SIGSEGV: the program's own doing. SIGILL (132) and SIGTRAP (133) also come from
        // outside (a processor too old, a debugger) and stay with the signals.
        134 | 135 | 136 | 139 => ExitReason::Crash,
        129..=192 => ExitReason::Signal,
        _ => ExitReason::Crash,
    }
}

#[cfg(test)]
mod tests {
    use super::{ExitFacts, ExitReason, exit_reason};

    const NONE: ExitFacts = ExitFacts {
        code: 0,
        unwitnessed: false,
        announced: false,
        removed: false,
        oom_event: false,
        oom_killed: false,
        oom_counted: false,
    };

    #[test]
    fn an_end_that_nothing_announced_is_told_by_its_code() {
        let cases = [
            (0, ExitReason::Clean),
            (1, ExitReason::Crash),
            (125, ExitReason::Crash),
            (127, ExitReason::Crash),
            (128, ExitReason::Crash),
            (129, ExitReason::Signal),
            (130, ExitReason::Signal),
            (132, ExitReason::Signal),
            (134, ExitReason::Crash),
            (135, ExitReason::Crash),
            (136, ExitReason::Crash),
            (137, ExitReason::Signal),
            (139, ExitReason::Crash),
            (143, ExitReason::Signal),
            (192, ExitReason::Signal),
            (193, ExitReason::Crash),
            (255, ExitReason::Crash),
            // A Windows container's NTSTATUS, which is beyond a byte.
            (3_221_225_786, ExitReason::Crash),
            (-1, ExitReason::Crash),
        ];
        for (code, reason) in cases {
            assert_eq!(exit_reason(&ExitFacts { code, ..NONE }), reason, "exit code {code}");
        }
    }

    #[test]
    fn an_announced_end_is_stopped_whatever_its_code_and_whatever_else_is_known() {
        for code in [0, 1, 130, 137, 143, 255] {
            let facts = ExitFacts { code, announced: true, oom_killed: true, oom_counted: true, ..NONE };
            assert_eq!(exit_reason(&facts), ExitReason::Stopped, "exit code {code}");
        }
    }

    #[test]
    fn each_sign_of_a_memory_kill_makes_137_an_oom_and_no_other_code() {
        let signs = [
            ExitFacts { oom_event: true, ..NONE },
            ExitFacts { oom_killed: true, ..NONE },
            ExitFacts { oom_counted: true, removed: true, ..NONE },
        ];
        for sign in signs {
            assert_eq!(exit_reason(&ExitFacts { code: 137, ..sign }), ExitReason::Oom, "{sign:?}");
        }
        assert_eq!(exit_reason(&ExitFacts { code: 1, oom_killed: true, ..NONE }), ExitReason::Crash);
        assert_eq!(exit_reason(&ExitFacts { code: 0, oom_event: true, ..NONE }), ExitReason::Clean);
    }

    #[test]
    fn removing_it_meanwhile_is_a_stop_and_an_end_nobody_saw_is_unknown() {
        assert_eq!(exit_reason(&ExitFacts { code: 137, removed: true, ..NONE }), ExitReason::Stopped);
        assert_eq!(exit_reason(&ExitFacts { code: 255, unwitnessed: true, ..NONE }), ExitReason::Unknown);
        assert_eq!(
            exit_reason(&ExitFacts { code: 0, unwitnessed: true, announced: true, ..NONE }),
            ExitReason::Unknown
        );
    }
}
