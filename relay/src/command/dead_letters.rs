//! `dead-letters`: asks the relay that runs with this configuration, and where none does, opens its outbox.
//!
//! Not both at once: the outbox belongs to one process, which keeps its own count of what is due.

use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};

use super::running::{ask, outbox};
use super::{clean, say};
use crate::app::dead_letters::{Deed, list, settle};
use crate::cli;
use crate::config::Config;
use crate::store::Chosen;

/// How long the running relay may take: its writer may have to wait for a disk.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Does what is asked, and says what came of it.
///
/// # Errors
///
/// Neither the running relay nor the outbox can be asked, or nothing was there to be done.
pub async fn run(config: &Config, what: cli::DeadLetters) -> anyhow::Result<()> {
    match what {
        cli::DeadLetters::List { channel } => show(&listed(config, channel.as_deref()).await?),
        cli::DeadLetters::Retry(chosen) => {
            let count = done(config, "retry", Deed::Retry, &chosen).await?;
            say(format!("{count} dead letters wait to be sent again."))
        }
        cli::DeadLetters::Drop(chosen) => {
            let count = done(config, "drop", Deed::Drop, &chosen).await?;
            say(format!("{count} dead letters are forgotten."))
        }
    }
}

async fn listed(config: &Config, channel: Option<&str>) -> anyhow::Result<Vec<Value>> {
    let request = |client: &reqwest::Client, mut url: Url| {
        if let Some(channel) = channel {
            url.query_pairs_mut().append_pair("channel", channel);
        }
        client.get(url)
    };
    let list = match ask(config, TIMEOUT, request, "dead-letters").await? {
        Some(answer) => answer.get("dead_letters").cloned().unwrap_or_default(),
        None => list(&outbox(config)?, channel).await?,
    };
    Ok(list.as_array().cloned().unwrap_or_default())
}

async fn done(config: &Config, word: &str, deed: fn(Chosen) -> Deed, given: &cli::Chosen) -> anyhow::Result<u64> {
    let chosen = Chosen { channel: given.channel.clone(), ids: (!given.all).then(|| given.ids.clone()) };
    let body = match &chosen.ids {
        Some(ids) => json!({"channel": chosen.channel, "ids": ids}),
        None => json!({"channel": chosen.channel, "all": true}),
    };
    let request = |client: &reqwest::Client, url: Url| client.post(url).json(&body);
    let count = match ask(config, TIMEOUT, request, &format!("dead-letters/{word}")).await? {
        Some(answer) => answer.get("count").and_then(Value::as_u64).unwrap_or_default(),
        None => settle(&outbox(config)?, deed(chosen)).await? as u64,
    };
    anyhow::ensure!(
        count > 0 || given.all,
        "none of these is a dead letter; `dead-letters list` shows those there are"
    );
    Ok(count)
}

fn show(letters: &[Value]) -> anyhow::Result<()> {
    if letters.is_empty() {
        return say("There are no dead letters.");
    }
    for letter in letters {
        let text = |key: &str| clean(letter.get(key).and_then(Value::as_str).unwrap_or("?"));
        let id = letter.get("id").and_then(Value::as_i64).unwrap_or_default();
        let (channel, kind, at) = (text("channel"), text("kind"), text("buried_at"));
        say(format!("{id}  {at}  {channel}  {kind}  {}\n      refused: {}", text("title"), text("reason")))?;
    }
    say("\n`seamark-relay dead-letters retry ID…` sends them again, `drop ID…` forgets them; `--all` means every one.")
}
