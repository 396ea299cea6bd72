//! Calls of the APIs of Prometheus and Alertmanager: bounded, with a deadline, and with errors that name the server and
//! never what is secret.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, Url};
use seamark_kit::upstream::{self, Connection, Target};
use serde::de::DeserializeOwned;

/// The longest answer that is read: a year of one series a minute, or ten thousand alerts.
const LONGEST_ANSWER: usize = 32 << 20;
/// What is longer is read on a thread of its own: everybody else would wait for it.
const READ_AT_ONCE: usize = 256 << 10;
/// What is shown of an error that a server answered.
const SHOWN: usize = 300;

/// Why a server did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{server}: {problem}")]
pub struct ApiError {
    /// Which one, such as ``Prometheus `prometheus:9090` ``.
    pub server: String,
    /// What went wrong.
    pub problem: Problem,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nobody answered, or not in time, or with 5xx: it may work later.
    #[error("{0}")]
    Away(String),
    /// It understood and does not want to.
    #[error("it refuses: {0}")]
    Refused(String),
    /// The answer is none that we know how to read.
    #[error("it answered something unexpected: {0}")]
    Odd(String),
}

/// One server; a clone is another handle to it.
#[derive(Clone)]
pub(crate) struct Server {
    connection: Arc<Connection>,
    url: Url,
    name: String,
}

impl Server {
    /// # Errors
    ///
    /// When its TLS cannot be set up.
    pub(crate) fn new(target: Target, shared: &reqwest::Client) -> Result<Self, String> {
        let name = format!("{} `{}`", target.service.name, target.name);
        let url = target.url.clone();
        Ok(Self { connection: Arc::new(Connection::new(target, shared)?), url, name })
    }

    /// Which one, as errors call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where `path` is there, behind whatever path its own URL has.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url
    }

    /// Makes the call and reads its JSON.
    pub(crate) async fn json<T: DeserializeOwned + Send + 'static>(
        &self,
        method: Method,
        url: Url,
        deadline: Duration,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, ApiError> {
        let body = self.call(method, url, deadline, fill).await?;
        let read = if body.len() > READ_AT_ONCE {
            let reading = tokio::task::spawn_blocking(move || serde_json::from_slice(&body));
            reading.await.map_err(|fault| self.error(Problem::Odd(fault.to_string())))?
        } else {
            serde_json::from_slice(&body)
        };
        read.map_err(|error| self.error(Problem::Odd(error.to_string())))
    }

    /// Makes the call and returns what came with a 2xx.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: Url,
        deadline: Duration,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Vec<u8>, ApiError> {
        let request = self.connection.request(|client| fill(client.request(method, url).timeout(deadline))).await;
        let away = |error: reqwest::Error| match error.is_timeout() {
            true => self.silent(deadline),
            false => self.error(Problem::Away(upstream::cause(&error.without_url()))),
        };
        let mut answer = request.send().await.map_err(away)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(away)? {
            body.extend_from_slice(&part);
            if body.len() > LONGEST_ANSWER {
                let why = format!("more than {} MiB; ask for less at once", LONGEST_ANSWER >> 20);
                return Err(self.error(Problem::Odd(why)));
            }
        }
        if status.is_success() { Ok(body) } else { Err(self.error(refusal(status, &body))) }
    }

    /// It has not answered for so long.
    pub(crate) fn silent(&self, waited: Duration) -> ApiError {
        self.error(Problem::Away(format!("no answer within {} s", waited.as_secs())))
    }

    fn error(&self, problem: Problem) -> ApiError {
        ApiError { server: self.name.clone(), problem }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Prometheus says why in `error`, Alertmanager in a JSON text or in plain words.
fn refusal(status: StatusCode, body: &[u8]) -> Problem {
    let json = serde_json::from_slice::<serde_json::Value>(body).ok();
    let said =
        json.as_ref().and_then(|json| json.get("error").or_else(|| json.get("message")).unwrap_or(json).as_str());
    let said = said.map_or_else(|| String::from_utf8_lossy(body).trim().to_owned(), str::to_owned);
    let said: String = said.chars().take(SHOWN).collect();
    let why = if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") };
    let may_work_later = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    if may_work_later { Problem::Away(why) } else { Problem::Refused(why) }
}
