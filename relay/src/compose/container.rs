//! What the exporter tells the moment it happens: a container crashed, came back, was stopped or started, is unhealthy,
//! restarts without end, is gone.
//!
//! The alerts carry `seamark_kind="event"`, the container and the host as labels, and as annotations `exit_code`,
//! `reason`, `restart_policy`, `uptime` and `log`.

mod condition;

use super::alert::{Fields, NAME, Place, annotation};
use super::catalogue::Arg;
use super::moment::{between, duration, moment, parse_duration};
use super::{Voice, excerpt, one_line};
use crate::alert::{Alert, Status};
use crate::message::{Item, Span, Text, Tone};

/// The item for an event alert; `None` for all others.
pub(super) fn item(voice: &Voice, alert: &Alert) -> Option<Item> {
    if alert.labels.get("seamark_kind").is_none_or(|kind| kind != "event") {
        return None;
    }
    let event = Event::read(voice, alert);
    match (alert.name(), alert.status) {
        ("ContainerCrashed", Status::Firing) => Some(event.crashed()),
        ("ContainerCrashed", Status::Resolved) => event.recovered(),
        ("ContainerRestarted", Status::Firing) => Some(event.restarted()),
        ("ContainerStopped", Status::Firing) => Some(event.stopped()),
        ("ContainerStarted", Status::Firing) => Some(event.started()),
        ("ContainerUnhealthyEvent", Status::Firing) => Some(event.unhealthy()),
        ("ContainerUnhealthyEvent", Status::Resolved) => event.unhealthy_over(),
        ("ContainerRestartLoop", Status::Firing) => Some(event.looping()),
        ("ContainerRestartLoop", Status::Resolved) => event.loop_over(),
        ("ContainerRemovedUnexpectedly", Status::Firing) => Some(event.removed()),
        _ => None,
    }
}

/// One event with the values that its sentences need.
struct Event<'a> {
    voice: &'a Voice,
    alert: &'a Alert,
    place: Place<'a>,
    container: Span,
    host: Span,
    code: Option<i64>,
    cause: Cause,
}

impl<'a> Event<'a> {
    fn read(voice: &'a Voice, alert: &'a Alert) -> Self {
        let place = Place::of(&alert.labels);
        let name = |name: Option<&str>, unknown: &'static str| {
            name.map_or_else(
                || Span::Text(voice.words(unknown, &[])),
                |name| Span::Code(excerpt(&one_line(name), NAME)),
            )
        };
        let code = annotation(alert, "exit_code").and_then(|code| code.parse().ok());
        Self {
            voice,
            alert,
            place,
            container: name(place.container, "unknown-container"),
            host: name(place.host, "unknown-host"),
            code,
            cause: Cause::of(annotation(alert, "reason"), code),
        }
    }

    fn crashed(&self) -> Item {
        let title_cause = if self.cause == Cause::Oom { "oom" } else { "other" };
        let body = match self.uptime() {
            Some(uptime) => {
                self.sentence("crash-body-after", &[("cause", self.cause_words()), ("uptime", Arg::from(&uptime))])
            }
            None => self.sentence("crash-body", &[("cause", self.cause_words())]),
        };
        let title = self.title("crash-title", &[("cause", Arg::Choice(title_cause))]);
        self.item(Tone::Critical, title, body, self.details_and_log())
    }

    /// `None` for a crash without an end, which is told like any other alert.
    fn recovered(&self) -> Option<Item> {
        let lasted = duration(self.voice, between(self.alert.starts_at, self.alert.ends_at?)?);
        let lasted = [("duration", Arg::from(&lasted))];
        let mut fields = Fields::new(self.voice);
        self.add_identity(&mut fields);
        fields.add_times(self.alert);
        let title = self.voice.words("crash-over-title", &[self.container(), self.host(), lasted[0].clone()]);
        Some(self.item(Tone::Good, title, self.sentence("crash-over-body", &lasted), fields))
    }

    fn restarted(&self) -> Item {
        let body = self.sentence_without_code("restarted-body", &[("cause", self.cause_words())]);
        self.item(Tone::Warning, self.title("restarted-title", &[]), body, self.details_and_log())
    }

    fn stopped(&self) -> Item {
        let body = self.sentence_without_code("stopped-body", &[]);
        self.item(Tone::Ended, self.title("stopped-title", &[]), body, self.details())
    }

    fn started(&self) -> Item {
        let title = self.voice.words("started-title", &[self.container(), self.host()]);
        let mut fields = Fields::new(self.voice);
        self.add_identity(&mut fields);
        fields.add_words("field-restart-policy", self.restart_policy());
        fields.add("field-time", vec![moment(self.voice, self.alert.starts_at)]);
        self.item(Tone::Good, title, self.sentence_without_code("started-body", &[]), fields)
    }

    fn item(&self, tone: Tone, title: String, body: Text, fields: Fields<'_>) -> Item {
        Item { tone, title, body, fields: fields.list, links: Vec::new(), at: Some(self.alert.starts_at) }
    }

    fn details(&self) -> Fields<'a> {
        let mut fields = Fields::new(self.voice);
        self.add_identity(&mut fields);
        fields.add_words("field-restart-policy", self.restart_policy());
        fields.add_words("field-uptime", self.uptime());
        fields.add("field-time", vec![moment(self.voice, self.alert.starts_at)]);
        fields
    }

    fn details_and_log(&self) -> Fields<'a> {
        let mut fields = self.details();
        fields.add_block("field-log", annotation(self.alert, "log"));
        fields
    }

    fn add_place(&self, fields: &mut Fields<'_>) {
        fields.add_code("field-container", self.place.container.map(one_line).as_deref());
        fields.add_code("field-host", self.place.host.map(one_line).as_deref());
    }

    fn add_identity(&self, fields: &mut Fields<'_>) {
        self.add_place(fields);
        let code = self.code.map(|code| match signal_of(code) {
            Some(signal) => format!("{code} ({signal})"),
            None => code.to_string(),
        });
        fields.add_code("field-exit-code", code.as_deref());
    }

    fn title(&self, key: &'static str, more: &[(&'static str, Arg)]) -> String {
        super::catalogue::plain(&self.sentence(key, more))
    }

    fn sentence(&self, key: &'static str, more: &[(&'static str, Arg)]) -> Text {
        self.sentence_without_code(key, &[more, &[("code", self.code_words())]].concat())
    }

    fn sentence_without_code(&self, key: &'static str, more: &[(&'static str, Arg)]) -> Text {
        self.voice.text(key, &[&[self.container(), self.host()], more].concat())
    }

    fn container(&self) -> (&'static str, Arg) {
        ("container", self.container.clone().into())
    }

    fn host(&self) -> (&'static str, Arg) {
        ("host", self.host.clone().into())
    }

    fn code_words(&self) -> Arg {
        let unknown = || Arg::from(&self.voice.words("unknown-code", &[]));
        self.code.map_or_else(unknown, |code| Arg::from(&code.to_string()))
    }

    fn cause_words(&self) -> Arg {
        let words = |key| self.voice.words(key, &[]);
        Arg::from(&match self.cause {
            Cause::Exit => self.voice.words("cause-exit", &[("code", self.code_words())]),
            Cause::Oom => words("cause-oom"),
            Cause::Killed => words("cause-killed"),
            Cause::Aborted => words("cause-aborted"),
            Cause::Segfault => words("cause-segfault"),
            Cause::Signal(signal) => self.voice.words("cause-signal", &[("signal", signal.into())]),
            Cause::NotExecutable => words("cause-not-executable"),
            Cause::NotFound => words("cause-not-found"),
            Cause::Clean => words("cause-clean"),
            Cause::Stopped => words("cause-stopped"),
            Cause::Unknown => words("cause-unknown"),
        })
    }

    /// Docker's word for the policy, in the reader's; one that is not known stands as it is.
    fn restart_policy(&self) -> Option<String> {
        let policy = annotation(self.alert, "restart_policy")?;
        if let Some(count) = policy.strip_prefix("on-failure:").and_then(|count| count.parse().ok())
            && count > 0
        {
            return Some(self.voice.words("restart-policy-limited", &[("count", Arg::Count(count))]));
        }
        let known = ["no", "always", "unless-stopped", "on-failure"].into_iter().find(|known| *known == policy);
        let choice = ("policy", Arg::Choice(known.unwrap_or("other")));
        Some(self.voice.words("restart-policy", &[choice, ("words", policy.into())]))
    }

    /// How long it had run: the exporter's seconds in words, or what stands there as it is.
    fn uptime(&self) -> Option<String> {
        let uptime = annotation(self.alert, "uptime")?;
        Some(parse_duration(uptime).map_or_else(|| one_line(uptime), |uptime| duration(self.voice, uptime)))
    }
}

/// Why a container ended, as far as words go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Exit,
    Oom,
    Killed,
    Aborted,
    Segfault,
    Signal(&'static str),
    NotExecutable,
    NotFound,
    Clean,
    Stopped,
    Unknown,
}

impl Cause {
    /// From the exporter's exit reason and the exit code, either of which may be missing.
    fn of(reason: Option<&str>, code: Option<i64>) -> Self {
        match (reason, code) {
            (Some("oom"), _) => Self::Oom,
            (Some("stopped"), _) => Self::Stopped,
            (Some("clean"), _) => Self::Clean,
            (Some("unknown"), _) | (_, None) => Self::Unknown,
            (_, Some(0)) => Self::Clean,
            (_, Some(126)) => Self::NotExecutable,
            (_, Some(127)) => Self::NotFound,
            // Nobody announced it and no `oom` was seen; that event is often lost (containerd issue 8893).
            (_, Some(137)) => Self::Killed,
            (_, Some(134)) => Self::Aborted,
            (_, Some(139)) => Self::Segfault,
            (_, Some(code)) => signal_of(code).map_or(Self::Exit, Self::Signal),
        }
    }
}

/// The signal behind an exit code of 128 + n, by its name on Linux.
fn signal_of(code: i64) -> Option<&'static str> {
    const NAMES: [&str; 31] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];
    let index = usize::try_from(code.checked_sub(129)?).ok()?;
    NAMES.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_follows_from_reason_and_exit_code() {
        let cases = [
            (Some("crash"), Some(3), Cause::Exit),
            (Some("crash"), Some(126), Cause::NotExecutable),
            (Some("crash"), Some(127), Cause::NotFound),
            (Some("crash"), Some(134), Cause::Aborted),
            (Some("crash"), Some(135), Cause::Signal("SIGBUS")),
            (Some("crash"), Some(139), Cause::Segfault),
            (Some("oom"), Some(137), Cause::Oom),
            (Some("signal"), Some(137), Cause::Killed),
            (Some("signal"), Some(143), Cause::Signal("SIGTERM")),
            (Some("clean"), Some(0), Cause::Clean),
            (Some("stopped"), Some(143), Cause::Stopped),
            (Some("unknown"), Some(255), Cause::Unknown),
            (Some("a later word"), Some(3), Cause::Exit),
            (None, Some(255), Cause::Exit),
            (None, Some(i64::MIN), Cause::Exit),
            (None, None, Cause::Unknown),
        ];
        for (reason, code, cause) in cases {
            assert_eq!(Cause::of(reason, code), cause, "{reason:?} {code:?}");
        }
    }
}
