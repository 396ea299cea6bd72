//! The sentences of an event alert, in English: for whoever reads Alertmanager itself. The relay has its own, in four
//! languages.

use std::time::Duration;

use super::{EventAlert, ExitNote, Kind};
use crate::docker::exit::ExitReason;

/// Summary and description.
pub(super) fn of(alert: &EventAlert, host: &str) -> (String, String) {
    let name = &alert.container.name;
    let summary = |what: &str| format!("Container {name} on {host} {what}");
    match (alert.kind, &alert.exit) {
        (Kind::Crashed, Some(exit)) => (summary("crashed"), format!("{} and is down.", ending(name, exit))),
        (Kind::Restarted, Some(exit)) => {
            (summary("was restarted"), format!("{}; its restart policy has started it again.", ending(name, exit)))
        }
        (Kind::Stopped, Some(exit)) => (summary("has stopped"), format!("{}.", ending(name, exit))),
        (Kind::Looping, exit) => (summary("keeps restarting"), looping(alert, exit.as_ref())),
        (Kind::Unhealthy, _) => (summary("is unhealthy"), unhealthy(alert)),
        (Kind::Removed, _) => (
            summary("was removed unexpectedly"),
            format!("{name} was removed without having been stopped, or is missed, and nothing has taken its place."),
        ),
        (Kind::Started, _) | (_, None) => (summary("was started"), format!("{name} was started.")),
    }
}

fn looping(alert: &EventAlert, exit: Option<&ExitNote>) -> String {
    let name = &alert.container.name;
    let restarts = alert.detail.restarts.unwrap_or_default();
    let last = exit.map(|exit| format!(" Last time {}.", ending(name, exit))).unwrap_or_default();
    format!("The restart policy of {name} has started it again {restarts} times within 15 minutes.{last}")
}

fn unhealthy(alert: &EventAlert) -> String {
    let name = &alert.container.name;
    match &alert.detail.check {
        Some(check) if check.failing_streak == 1 => format!("The last health check of {name} has failed."),
        Some(check) if check.failing_streak > 1 => {
            format!("The last {} health checks of {name} have failed.", check.failing_streak)
        }
        _ => format!("The health checks of {name} fail."),
    }
}

fn ending(name: &str, exit: &ExitNote) -> String {
    let code = exit.code;
    let after = match exit.uptime {
        Some(time) => format!(" after {}", spell(time)),
        None => String::new(),
    };
    match exit.reason {
        ExitReason::Clean => format!("{name} finished with exit code 0{after}"),
        ExitReason::Stopped => format!("{name} was stopped{after} (exit code {code})"),
        ExitReason::Crash => format!("{name} ended with exit code {code}{after}"),
        ExitReason::Oom => format!("{name} was killed for using too much memory{after} (exit code {code})"),
        // On cgroup v2 Docker often loses the word of a memory kill, so nobody is blamed here.
        ExitReason::Signal if code == 137 => {
            format!("{name} was killed{after}, perhaps for want of memory (exit code 137)")
        }
        ExitReason::Signal => format!("{name} was ended by signal {}{after} (exit code {code})", code - 128),
        ExitReason::Unknown => format!("{name} has ended{after} (exit code {code})"),
    }
}

fn spell(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
