//! The relay that runs with a configuration, asked over its own API.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{StatusCode, Url};
use serde_json::Value;

use crate::config::Config;
use crate::deliver::http::causes;
use crate::store::Store;
use seamark_kit::web::health::{self, local_address};

/// The running relay's answer; `None` where none listens. `path` is what follows `/api/v1/`.
///
/// # Errors
///
/// It does not answer, or not with what a relay of this version would.
pub(super) async fn ask(
    config: &Config,
    timeout: Duration,
    request: impl FnOnce(&reqwest::Client, Url) -> reqwest::RequestBuilder,
    path: &str,
) -> anyhow::Result<Option<Value>> {
    let client = health::local_client(timeout)?;
    let address = local_address(config.listen);
    let url = health::local_url(&client, config.listen).await;
    let mut request = request(&client, Url::parse(&format!("{url}/api/v1/{path}"))?);
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

/// The outbox, where no relay runs that could be asked.
///
/// # Errors
///
/// There is none, or it cannot be used.
pub(super) fn outbox(config: &Config) -> anyhow::Result<Store> {
    anyhow::ensure!(
        config.storage.exists(),
        "no relay runs at {}, and there is no outbox `{}`; name the configuration with --config.file",
        local_address(config.listen),
        config.storage.display()
    );
    Ok(Store::open(&config.storage)?)
}
