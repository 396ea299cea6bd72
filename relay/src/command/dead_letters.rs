//! `dead-letters`: asks the relay that runs with this configuration, and where none does, opens its outbox.
//!
//! Not both at once: the outbox belongs to one process, which keeps its own count of what is due.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::say;
use crate::app::dead_letters::{Deed, list, settle};
use crate::app::process::local_address;
use crate::cli;
use crate::config::Config;
use crate::deliver::http::causes;
use crate::store::{Chosen, Store};

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
    let list = match ask(config, request, "").await? {
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
    let count = match ask(config, request, &format!("/{word}")).await? {
        Some(answer) => answer.get("count").and_then(Value::as_u64).unwrap_or_default(),
        None => settle(&outbox(config)?, deed(chosen)).await? as u64,
    };
    anyhow::ensure!(
        count > 0 || given.all,
        "none of these is a dead letter; `dead-letters list` shows those there are"
    );
    Ok(count)
}

fn outbox(config: &Config) -> anyhow::Result<Store> {
    anyhow::ensure!(
        config.storage.exists(),
        "no relay runs at {}, and there is no outbox `{}`; name the configuration with --config.file",
        local_address(config.listen),
        config.storage.display()
    );
    Ok(Store::open(&config.storage)?)
}

/// The running relay's answer; `None` where none listens.
async fn ask(
    config: &Config,
    request: impl FnOnce(&reqwest::Client, Url) -> reqwest::RequestBuilder,
    path: &str,
) -> anyhow::Result<Option<Value>> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
    let address = local_address(config.listen);
    let mut request = request(&client, Url::parse(&format!("http://{address}/api/v1/dead-letters{path}"))?);
    if let Some(header) = config.access.shown() {
        request = request.header("Authorization", header.expose());
    }
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => return Ok(None),
        Err(error) => anyhow::bail!("the relay at {address} does not answer: {}", causes(&error)),
    };
    let status = answer.status();
    let body = answer.bytes().await.with_context(|| format!("the answer of {address} broke off"))?;
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    let error = json.as_ref().and_then(|json| json.get("error")).and_then(Value::as_str).unwrap_or_default();
    match (status, json.as_ref()) {
        (StatusCode::OK, Some(_)) => Ok(json),
        (StatusCode::UNAUTHORIZED, _) => anyhow::bail!(
            "the relay at {address} does not know the token or password of this configuration; is it the one it runs with?"
        ),
        (_, Some(_)) if !error.is_empty() => anyhow::bail!("the relay at {address}: {error}"),
        _ => anyhow::bail!("what listens at {address} is no relay of this version: it answered {status}"),
    }
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

/// Labels are anybody's choice, and a terminal obeys some of them.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
