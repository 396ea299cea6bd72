//! `report`: a report now, sent by the relay that runs with this configuration, or shown.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use reqwest::Url;
use serde_json::{Value, json};

use super::running::{ask, outbox};
use super::{Usage, clean, say};
use crate::app::Sources;
use crate::compose;
use crate::config::Config;
use crate::message::{Message, Span};
use crate::report::{Plan, Scheduler};
use crate::store::MessageKind;
use seamark_kit::web::health::local_address;

/// Longer than the relay itself waits for its servers.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Has the running relay send it.
///
/// # Errors
///
/// There is no such report, no relay runs, or it could not do it.
pub async fn send(config: &Config, name: &str, channels: &[String]) -> anyhow::Result<()> {
    check(config, name)?;
    let body = if channels.is_empty() { json!({}) } else { json!({"channels": channels}) };
    let Some(answer) = run(config, name, &body).await? else {
        anyhow::bail!(
            "no relay runs at {}, and only a relay that runs sends anything; `--print` shows the report",
            local_address(config.listen)
        );
    };
    let to = answer.get("channels").and_then(Value::as_array).cloned().unwrap_or_default();
    let to: Vec<String> = to.iter().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
    let to = to.join(", ");
    if answer.get("result").is_some_and(|result| result == "duplicate") {
        return say(format!("The report `{name}` was asked for less than a minute ago and goes to {to} once."));
    }
    say(format!("The report `{name}` is on its way to {to}."))
}

/// Shows what it says, in the configuration's language and zone.
///
/// # Errors
///
/// There is no such report, or it could not be made.
pub async fn print(config: &Config, name: &str) -> anyhow::Result<()> {
    check(config, name)?;
    let body = match run(config, name, &json!({"print": true})).await? {
        Some(answer) => answer.get("report").context("the relay answered without a report")?.to_string().into_bytes(),
        None => {
            let plan = Plan { reports: config.reports.clone(), sources: Sources::of(config)? };
            Scheduler::new(outbox(config)?).preview(&plan, name, Timestamp::now()).await?
        }
    };
    say(text(&compose::message(&config.voice, MessageKind::Report, &body, None)))
}

fn check(config: &Config, name: &str) -> Result<(), Usage> {
    if config.reports.iter().any(|report| report.name == name) {
        return Ok(());
    }
    let known: Vec<String> = config.reports.iter().map(|report| format!("`{}`", report.name)).collect();
    let known =
        if known.is_empty() { "none; see `reports` in deploy/examples/relay.yml".into() } else { known.join(", ") };
    Err(Usage(format!("there is no report `{name}`; the configuration has {known}")))
}

async fn run(config: &Config, name: &str, body: &Value) -> anyhow::Result<Option<Value>> {
    let request = |client: &reqwest::Client, url: Url| client.post(url).json(body);
    ask(config, TIMEOUT, request, &format!("reports/{name}/run")).await
}

/// A message as lines of text.
fn text(message: &Message) -> String {
    let mut lines = vec![message.title.clone()];
    for item in &message.items {
        lines.push(String::new());
        // A title that is the message's own is not said twice.
        lines.extend(Some(item.title.clone()).filter(|title| !title.is_empty() && *title != message.title));
        lines.extend(words(&item.body).lines().map(str::to_owned));
        for field in &item.fields {
            let value = words(&field.value);
            let glue = if value.contains('\n') { ":\n" } else { ": " };
            lines.extend(format!("{}{glue}{value}", field.name).lines().map(str::to_owned));
        }
        lines.extend(item.links.iter().map(|(label, url)| format!("{label}: {url}")));
    }
    let footer = message.footer.iter().flat_map(|footer| footer.lines().map(str::to_owned));
    lines.extend(message.footer.iter().map(|_| String::new()));
    lines.extend(footer);
    lines.iter().map(|line| clean(line)).collect::<Vec<_>>().join("\n")
}

fn words(text: &[Span]) -> String {
    text.iter()
        .map(|span| match span {
            Span::Text(words) | Span::Strong(words) | Span::Code(words) | Span::Block(words) => words.clone(),
            Span::Time { words, .. } => words.clone(),
            Span::Link { label, url } => format!("{label} ({url})"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Field, Item, Tone};

    #[test]
    fn a_message_is_shown_line_by_line_and_obeyed_by_no_terminal() {
        let field = |name: &str, value: &str| Field {
            name: name.to_owned(),
            value: vec![Span::Block(value.to_owned())],
            short: false,
        };
        let item = Item {
            tone: Tone::Good,
            title: "web-1".to_owned(),
            body: vec![Span::Strong("up".to_owned()), Span::Text(" \u{1b}[31mred\nsince Monday".to_owned())],
            fields: vec![field("CPU", "3 %"), field("Disks", "/ 40 %\n/data 80 %")],
            links: vec![("Dashboard".to_owned(), "http://grafana/d/hosts".to_owned())],
            at: None,
        };
        let message = Message {
            tone: Tone::Good,
            title: "All is well".to_owned(),
            url: None,
            items: vec![item],
            attachments: Vec::new(),
            footer: Some("24 h\nUTC".to_owned()),
            more: String::new(),
            maybe_repeated: String::new(),
            silent: false,
        };
        assert_eq!(
            text(&message),
            "All is well\n\nweb-1\nup  [31mred\nsince Monday\nCPU: 3 %\nDisks:\n/ 40 %\n/data 80 %\n\
             Dashboard: http://grafana/d/hosts\n\n24 h\nUTC"
        );
    }
}
