//! Hosts and containers in words: the lines that the panel, the bot and `stats` have in common.

use std::time::Duration;

use jiff::Timestamp;

use super::catalogue::Arg;
use super::moment::duration;
use super::unit::{Unit, people};
use super::{Voice, one_line};
use crate::fleet::{Container, Exit, Fleet, Host, Light};
use crate::message::{Span, Text, Tone};

/// An end that is older is no news.
const EXIT_NEWS: Duration = Duration::from_hours(24);

/// How many lights of which kind, in a line: what the first line of a panel says.
pub(crate) fn summary(voice: &Voice, fleet: &Fleet) -> String {
    let count = |number: usize| Arg::Count(u64::try_from(number).unwrap_or(u64::MAX));
    let up = fleet.hosts.iter().filter(|host| host.is_up()).count();
    let containers = fleet.containers().count();
    let running = fleet.containers().filter(|(_, container)| container.is_running()).count();
    if fleet.hosts.is_empty() {
        return voice.words("panel-no-hosts", &[]);
    }
    let hosts = [
        ("light", Arg::from(worst(fleet).sign())),
        ("up", Arg::from(&up.to_string())),
        ("hosts", count(fleet.hosts.len())),
    ];
    let hosts = voice.words("panel-title", &hosts);
    if containers == 0 {
        return hosts;
    }
    let running = [("running", Arg::from(&running.to_string())), ("containers", count(containers))];
    format!("{hosts} · {}", voice.words("panel-running", &running))
}

/// The colour of it all.
pub(crate) fn worst(fleet: &Fleet) -> Light {
    fleet.hosts.iter().map(Host::worst).max().unwrap_or(Light::Yellow)
}

pub(crate) fn tone(light: Light) -> Tone {
    match light {
        Light::Green => Tone::Good,
        Light::Orange => Tone::Ended,
        Light::Yellow => Tone::Warning,
        Light::Red => Tone::Critical,
    }
}

/// A host by its light and its name.
pub(crate) fn heading(host: &Host) -> String {
    format!("{} {}", host.light().sign(), one_line(&host.name))
}

/// What a host does, in one line.
pub(crate) fn host_line(voice: &Voice, host: &Host) -> String {
    if !host.is_up() {
        return voice.words("panel-host-down", &[]);
    }
    if !host.has_data() {
        return voice.words("panel-host-silent", &[]);
    }
    let cpu = host.cpu.map(|cpu| voice.words("panel-cpu", &[("value", Arg::from(&percent(cpu)))]));
    let memory = host.memory_used.map(|_| memory(voice, host));
    // The fullest says most; the others are in the bot's answer.
    let disk = host.disks.first().map(|disk| {
        let (mount, value) = (one_line(&disk.mountpoint), percent(disk.used));
        voice.words("panel-disk", &[("mount", Arg::from(&mount)), ("value", Arg::from(&value))])
    });
    let uptime = host.uptime.map(|uptime| up_for(voice, coarse(uptime)));
    join([cpu, memory, disk, network(voice, host), uptime])
}

/// Memory in use and all of it.
pub(crate) fn memory(voice: &Voice, host: &Host) -> String {
    let unknown = || "–".to_owned();
    let used = host.memory_used.map_or_else(unknown, |bytes| size(voice, bytes));
    let total = host.memory_total.map_or_else(unknown, |bytes| size(voice, bytes));
    voice.words("panel-memory", &[("used", Arg::from(&used)), ("total", Arg::from(&total))])
}

/// What comes in and goes out now.
pub(crate) fn network(voice: &Voice, host: &Host) -> Option<String> {
    let rate = |bps: Option<f64>| bps.map_or_else(|| "–".to_owned(), |bps| amount(voice, bps, Unit::BitsPerSecond));
    (host.received_bps.is_some() || host.sent_bps.is_some())
        .then(|| format!("↓ {} ↑ {}", rate(host.received_bps), rate(host.sent_bps)))
}

/// A container by its light and its name, and what it does, in one line.
pub(crate) fn container_line(voice: &Voice, container: &Container, at: Timestamp) -> Text {
    let light = Span::Text(format!("{} ", container.light().sign()));
    vec![light, Span::Code(one_line(&container.name)), Span::Text(format!(" {}", condition(voice, container, at)))]
}

/// What a container does.
pub(crate) fn condition(voice: &Voice, container: &Container, at: Timestamp) -> String {
    if !container.is_running() {
        return ended(voice, container, at);
    }
    let health = container.health.as_deref().filter(|health| *health != "none");
    let state = if container.state.as_deref() == Some("paused") { "paused" } else { health.unwrap_or("running") };
    let uptime = container.uptime(at).map(|uptime| up_for(voice, coarse(uptime)));
    // One that merely runs says so by its uptime.
    let state = (uptime.is_none() || !matches!(state, "running" | "none")).then(|| self::state(voice, state));
    let cpu = container.cpu.map(|cpu| voice.words("panel-cpu", &[("value", Arg::from(&percent(cpu)))]));
    let memory = container.memory.map(|bytes| match container.memory_limit {
        Some(limit) => format!("{}/{}", size(voice, bytes), size(voice, limit)),
        None => size(voice, bytes),
    });
    let restarts =
        (container.restarts > 0).then(|| voice.words("panel-restarts", &[("count", Arg::Count(container.restarts))]));
    let news = container.last_exit.as_ref().filter(|exit| exit.at.is_some_and(|then| age(then, at) < EXIT_NEWS));
    let last = news.map(|exit| voice.words("panel-last-exit", &[("exit", Arg::from(&exit_words(voice, exit, at)))]));
    join([state, uptime, cpu, memory, restarts, last])
}

fn ended(voice: &Voice, container: &Container, at: Timestamp) -> String {
    match (container.state.as_deref(), &container.last_exit) {
        (Some("exited" | "dead" | "restarting"), Some(exit)) => {
            let restarting = (container.state.as_deref() == Some("restarting")).then(|| state(voice, "restarting"));
            join([restarting, Some(exit_words(voice, exit, at))])
        }
        (word, _) => state(voice, word.unwrap_or_default()),
    }
}

fn exit_words(voice: &Voice, exit: &Exit, at: Timestamp) -> String {
    let reason = ["clean", "stopped", "crash", "oom", "signal"].into_iter().find(|word| *word == exit.reason);
    let values = [("reason", Arg::Choice(reason.unwrap_or("other"))), ("code", Arg::from(&exit.code.to_string()))];
    let words = voice.words("panel-ended", &values);
    let ago = exit
        .at
        .map(|then| voice.words("panel-ago", &[("duration", Arg::from(&duration(voice, coarse(age(then, at)))))]));
    ago.map_or(words.clone(), |ago| format!("{words}, {ago}"))
}

fn state(voice: &Voice, word: &str) -> String {
    let known = [
        "running",
        "healthy",
        "unhealthy",
        "starting",
        "exited",
        "restarting",
        "paused",
        "created",
        "dead",
        "removing",
        "missing",
    ];
    let state = known.into_iter().find(|known| *known == word).unwrap_or("other");
    voice.words("panel-state", &[("state", Arg::Choice(state))])
}

/// For how long.
pub(crate) fn up_for(voice: &Voice, uptime: Duration) -> String {
    voice.words("panel-up-for", &[("duration", Arg::from(&duration(voice, uptime)))])
}

fn age(then: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(then)).unwrap_or_default()
}

/// Cut to its largest unit, so that a panel does not change with every minute.
fn coarse(time: Duration) -> Duration {
    let seconds = time.as_secs();
    let unit = [86_400, 3600, 60].into_iter().find(|unit| seconds >= *unit).unwrap_or(1);
    Duration::from_secs(seconds / unit * unit)
}

/// A part of one, in whole percent.
pub(crate) fn percent(ratio: f64) -> String {
    format!("{:.0}%", ratio * 100.0)
}

pub(crate) fn size(voice: &Voice, bytes: f64) -> String {
    amount(voice, bytes, Unit::Bytes)
}

fn amount(voice: &Voice, value: f64, unit: Unit) -> String {
    people(voice, &value.to_string(), unit)
}

pub(crate) fn join<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
