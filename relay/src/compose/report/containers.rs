//! The containers: how many, those that need a look, and who takes most.

use super::Writer;
use crate::compose::catalogue::Arg;
use crate::compose::{excerpt, one_line};
use crate::message::{Item, Tone};
use crate::report::{Container, Containers, Life, Top};

/// So many are listed one by one; of more only those that need a look.
const LISTED: usize = 24;
/// Containers whose life is told.
const LIVES: usize = 3;

impl Writer<'_> {
    pub(super) fn containers(&self) -> Option<Item> {
        let all = self.report.containers.as_ref()?;
        let number = |count: u64| Arg::from(&count.to_string());
        let counts = [("count", number(all.count)), ("running", number(all.running))];
        let mut title = self.voice.words("report-containers", &counts);
        if all.unhealthy > 0 {
            let unhealthy = self.voice.words("report-unhealthy", &[("count", number(all.unhealthy))]);
            title = [title, unhealthy].join(&self.words("report-between"));
        }
        let mut lines: Vec<String> = self.listed(all);
        lines.extend(self.totals(all));
        let top = |key, list: &[Top], say: &dyn Fn(f64) -> String| {
            let named: Vec<String> =
                list.iter().map(|top| format!("{} {}", self.name(&top.host, &top.name), say(top.value))).collect();
            let list = named.join(&self.words("list-separator"));
            (!named.is_empty()).then(|| self.line(&self.words(key), &list))
        };
        lines.extend(top("report-top-cpu", &all.top_cpu, &|value| self.figures.cores(value)));
        lines.extend(top("report-top-memory", &all.top_memory, &|value| self.figures.bytes(value)));
        lines.extend(top("report-top-traffic", &all.top_traffic, &|value| self.figures.bytes(value)));
        lines.extend(self.lives(all));
        let tone = if all.unhealthy > 0 { Tone::Warning } else { Tone::Neutral };
        Some(self.section(tone, title, lines))
    }

    fn listed(&self, all: &Containers) -> Vec<String> {
        let few = all.list.len() <= LISTED && all.count == all.list.len() as u64;
        let shown: Vec<&Container> = all.list.iter().filter(|one| few || needs_a_look(one)).take(LISTED).collect();
        let rest = all.count.saturating_sub(shown.len() as u64);
        let mut lines: Vec<String> = shown.into_iter().map(|one| self.container(one)).collect();
        let count = [("count", Arg::Count(rest))];
        match (rest, lines.is_empty()) {
            (0, _) | (_, true) => {}
            (_, false) => lines.push(format!("• {}", self.voice.words("report-more", &count))),
        }
        lines
    }

    /// `✅ web-1/nginx: running (healthy)`.
    fn container(&self, one: &Container) -> String {
        let mark = match (one.state.as_str(), one.health.as_deref()) {
            ("running", Some("unhealthy")) => "🤒",
            ("running", _) => "✅",
            ("paused" | "created" | "restarting", _) => "⏸️",
            _ => "⏹️",
        };
        let state = match state(&one.state) {
            Some(state) => self.voice.words("report-state", &[("state", Arg::Choice(state))]),
            None => one_line(&one.state),
        };
        let health = one.health.as_deref().filter(|_| one.state == "running").and_then(health);
        let health = health.map(|health| self.voice.words("report-health", &[("health", Arg::Choice(health))]));
        let state = health.map_or(state.clone(), |health| {
            self.voice.words("report-state-health", &[("state", Arg::from(&state)), ("health", Arg::from(&health))])
        });
        let code = (one.state != "running").then_some(one.exit_code).flatten();
        let code = code.map(|code| self.voice.words("report-exit-code", &[("code", Arg::from(&code.to_string()))]));
        let restarts =
            (one.restarts > 0).then(|| self.voice.words("report-restarts", &[("count", Arg::Count(one.restarts))]));
        let exits = one.exits.iter().filter(|(reason, _)| reason != "clean" && reason != "stopped");
        let exits = exits.map(|(reason, count)| self.exits(reason, *count));
        let parts: Vec<String> = [Some(state), code, restarts].into_iter().flatten().chain(exits).collect();
        let what = self.name(&one.host, &one.name);
        let values = [("what", Arg::from(&what)), ("value", Arg::from(&parts.join(&self.words("report-between"))))];
        format!("{mark} {}", self.voice.words("report-line", &values))
    }

    /// `crash ×2`.
    fn exits(&self, reason: &str, count: u64) -> String {
        let reason = match reason {
            "crash" => "crash",
            "oom" => "oom",
            "signal" => "signal",
            "stopped" => "stopped",
            "clean" => "clean",
            _ => "unknown",
        };
        format!("{} ×{count}", self.voice.words("report-exit", &[("reason", Arg::Choice(reason))]))
    }

    /// Restarts and ends of all.
    fn totals(&self, all: &Containers) -> Option<String> {
        let restarts =
            (all.restarts > 0).then(|| self.voice.words("report-restarts", &[("count", Arg::Count(all.restarts))]));
        let exits = all.exits.iter().map(|(reason, count)| self.exits(reason, *count));
        let parts: Vec<String> = restarts.into_iter().chain(exits).collect();
        (!parts.is_empty()).then(|| self.line(&self.words("report-ends"), &parts.join(&self.words("list-separator"))))
    }

    /// Averages and extremes over the lives of those who take most.
    fn lives(&self, all: &Containers) -> Vec<String> {
        let is_top = |one: &&Container| {
            let tops = all.top_cpu.iter().chain(&all.top_memory);
            tops.into_iter().any(|top| (&top.host, &top.name) == (&one.host, &one.name))
        };
        let line = |one: &Container| {
            let cpu = self.life(one.cpu, &|value| self.figures.cores(value))?;
            let memory = self.life(one.memory, &|value| self.figures.bytes(value))?;
            let values = [
                ("container", Arg::from(&self.name(&one.host, &one.name))),
                ("cpu", Arg::from(&cpu)),
                ("memory", Arg::from(&memory)),
            ];
            Some(format!("• {}", self.voice.words("report-life", &values)))
        };
        all.list.iter().filter(is_top).filter_map(line).take(LIVES).collect()
    }

    /// `0.3 cores (0.1 cores – 0.8 cores)`.
    fn life(&self, life: Life, say: &dyn Fn(f64) -> String) -> Option<String> {
        let range = life.lowest.zip(life.highest).map(|(low, high)| format!(" ({} – {})", say(low), say(high)));
        Some(format!("{}{}", say(life.average?), range.unwrap_or_default()))
    }

    fn name(&self, host: &str, name: &str) -> String {
        let one_host = self.report.hosts.as_ref().is_some_and(|hosts| hosts.len() == 1);
        let name = excerpt(&one_line(name), 60);
        if one_host { name } else { format!("{}/{name}", excerpt(&one_line(host), 40)) }
    }
}

fn needs_a_look(one: &Container) -> bool {
    let ended_badly = one.exits.iter().any(|(reason, _)| matches!(reason.as_str(), "crash" | "oom" | "signal"));
    one.state != "running" || one.health.as_deref() == Some("unhealthy") || one.restarts > 0 || ended_badly
}

fn state(word: &str) -> Option<&'static str> {
    let known = ["running", "exited", "paused", "created", "restarting", "removing", "dead"];
    known.into_iter().find(|known| *known == word)
}

fn health(word: &str) -> Option<&'static str> {
    ["healthy", "unhealthy", "starting"].into_iter().find(|known| *known == word)
}
