//! `stats`: on the terminal what the bot says of the servers.

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;

use super::{Usage, say};
use crate::app::Sources;
use crate::bot::answer::{Facts, answer};
use crate::bot::command::{Command, Which};
use crate::compose::plain;
use crate::config::Config;
use crate::fleet::{self, Depth};
use crate::message::Message;

/// Prints all servers, or this one, in the relay's own language.
///
/// # Errors
///
/// When Prometheus is not configured or does not answer, or there is no such server.
pub async fn run(config: &Config, server: Option<String>) -> anyhow::Result<()> {
    let sources = Sources::of(config)?;
    let prometheus = sources.prometheus.ok_or_else(|| {
        Usage("there are no figures without Prometheus: set `prometheus: {url: http://prometheus:9090}`".to_owned())
    })?;
    let now = Timestamp::now();
    let depth = if server.is_some() { Depth::Day } else { Depth::Now };
    let fleet = fleet::ask(&prometheus, depth, now).await.context("no figures")?;
    if let Some(name) =
        server.as_ref().filter(|name| !fleet.hosts.iter().any(|host| host.name.eq_ignore_ascii_case(name)))
    {
        let known: Vec<String> = fleet.hosts.iter().map(|host| format!("`{}`", host.name)).collect();
        let known = if known.is_empty() { "no server".to_owned() } else { known.join(", ") };
        return Err(anyhow!(Usage(format!("there is no server `{name}`; Prometheus knows {known}"))));
    }
    let command = server.map_or(Command::Status, |name| Command::Server(Which::Name(name)));
    let facts =
        Facts { now, fleet: Some(Ok(fleet)), alerts: None, reports: Vec::new(), done: None, who: String::new() };
    say(text(&answer(&config.voice, &command, &facts, usize::MAX).message))
}

/// A message without markup. What a terminal could obey is taken out of names.
fn text(message: &Message) -> String {
    let mut lines = vec![message.title.clone()];
    for item in &message.items {
        lines.push(String::new());
        lines.extend((!item.title.is_empty()).then(|| item.title.clone()));
        let body = plain(&item.body);
        lines.extend((!body.is_empty()).then_some(body));
        lines.extend(item.fields.iter().map(|field| format!("{}: {}", field.name, plain(&field.value))));
    }
    let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    lines.join("\n").chars().map(clean).collect()
}
