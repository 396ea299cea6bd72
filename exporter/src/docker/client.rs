//! The few questions that are asked of Docker, over its socket or TCP.
//!
//! Asked with the HTTP client that the workspace has anyway, and answered into [`super::answer`]. bollard, the usual
//! library, reads answers into closed enums: one state or health word that it does not know fails the inspection, and
//! in a list the whole list.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use super::answer::{self, DecodeError};
use super::container::Inspection;
use super::event::{Event, FILTERS};

/// The newest API this program was tried with; an older engine's own is spoken instead.
const NEWEST_API: (u32, u32) = (1, 51);
/// For everything but the event stream: a hung engine is found out, not waited for.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// An event is a few kilobytes, most of it labels.
const LONGEST_EVENT: usize = 1 << 20;

/// Where Docker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// `host:port` of an engine, or of an allow-list in front of one, without TLS.
    Tcp(String),
}

impl Address {
    /// Reads `unix:///path`, `tcp://host:port` or `http://host:port`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix://") {
            return path.starts_with('/').then(|| Self::Unix(path.into()));
        }
        let authority = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://"))?.trim_end_matches('/');
        let url = Url::parse(&format!("http://{authority}")).ok()?;
        let plain = url.path() == "/" && url.username().is_empty() && url.password().is_none() && url.query().is_none();
        (plain && url.host().is_some()).then(|| Self::Tcp(authority.to_owned()))
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::Unix("/var/run/docker.sock".into())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(formatter, "tcp://{authority}"),
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answered, or not in time.
    #[error("{address}: {reason}")]
    Unreachable {
        /// Who was asked.
        address: Address,
        /// What went wrong, down to the system's own words.
        reason: String,
    },
    /// Docker refused.
    #[error("{address}: HTTP {status} to {question}")]
    Refused {
        /// Who was asked.
        address: Address,
        /// The answer's status.
        status: StatusCode,
        /// What was asked.
        question: String,
    },
    /// Docker answered something else than was asked.
    #[error("{address}: {error}")]
    Malformed {
        /// Who was asked.
        address: Address,
        /// What is wrong with it.
        error: DecodeError,
    },
}

/// A connection to one engine, with the version of the API that both speak.
///
/// Made anew after each loss: the engine may have been upgraded, or downgraded, meanwhile.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: Address,
    version: String,
}

impl Client {
    /// Asks Docker which API it speaks.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no socket, no answer within [`DEADLINE`], or a refusal.
    pub async fn connect(address: &Address) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(DEADLINE)
            // An engine behind a dead link is found out by the kernel while the event stream is silent.
            .tcp_keepalive(Duration::from_secs(30));
        if let Address::Unix(path) = address {
            builder = builder.unix_socket(path.clone());
        }
        let http = builder.build().map_err(|error| unreachable(address, &error))?;
        let mut client = Self { http, address: address.clone(), version: String::new() };
        let answer = client.get("/_ping", &[]).await?;
        let theirs = answer.headers().get("Api-Version").and_then(|value| value.to_str().ok()).and_then(version);
        let (major, minor) = theirs.map_or(NEWEST_API, |theirs| theirs.min(NEWEST_API));
        client.version = format!("/v{major}.{minor}");
        Ok(client)
    }

    /// Whether Docker answers.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it does not.
    pub async fn ping(&self) -> Result<(), ClientError> {
        self.get("/_ping", &[]).await.map(|_| ())
    }

    /// The ids of all containers, stopped ones included, and how many entries of the list had none.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no list.
    pub async fn list(&self) -> Result<(Vec<String>, u64), ClientError> {
        let answer = self.get("/containers/json", &[("all", "1")]).await?;
        let value = self.json(answer).await?;
        answer::ids(&value).map_err(|error| self.malformed(error))
    }

    /// One container; `None` when there is none of that id, which is normal between a list and this.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when that cannot be told.
    pub async fn inspect(&self, id: &str) -> Result<Option<Inspection>, ClientError> {
        let answer = match self.get(&format!("/containers/{id}/json"), &[]).await {
            Err(ClientError::Refused { status: StatusCode::NOT_FOUND, .. }) => return Ok(None),
            other => other?,
        };
        let value = self.json(answer).await?;
        answer::inspection(&value).map(Some).map_err(|error| self.malformed(error))
    }

    /// The events of containers from now on, or from `since` as far as the engine remembers.
    ///
    /// Returns when the engine has begun to send. The stream ends with the connection; an event that cannot be
    /// understood is an item, not the end.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the stream cannot be opened.
    pub async fn events(
        &self,
        since: Option<Timestamp>,
    ) -> Result<impl Stream<Item = Result<Event, DecodeError>> + use<>, ClientError> {
        let since = since.map(|time| format!("{}.{:09}", time.as_second(), time.subsec_nanosecond()));
        let mut query = vec![("filters", FILTERS)];
        query.extend(since.as_deref().map(|since| ("since", since)));
        let request = self.http.get(self.url("/events", &query)?).send();
        let answer = tokio::time::timeout(DEADLINE, request).await;
        let answer = answer.map_err(|_| self.late())?.map_err(|error| unreachable(&self.address, &error))?;
        let answer = self.accepted(answer, "/events")?;
        let lines = stream::unfold((answer, Vec::new()), |(mut answer, mut buffer)| async move {
            let line = next_line(&mut answer, &mut buffer).await?;
            Some((line, (answer, buffer)))
        });
        Ok(lines.filter_map(|line| async move { read_line(line).transpose() }))
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Response, ClientError> {
        let request = self.http.get(self.url(path, query)?).timeout(DEADLINE).send();
        let answer = request.await.map_err(|error| unreachable(&self.address, &error))?;
        self.accepted(answer, path)
    }

    fn accepted(&self, answer: Response, path: &str) -> Result<Response, ClientError> {
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        Err(ClientError::Refused { address: self.address.clone(), status, question: format!("GET {path}") })
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, ClientError> {
        let authority = match &self.address {
            Address::Unix(_) => "localhost",
            Address::Tcp(authority) => authority,
        };
        Url::parse_with_params(&format!("http://{authority}{}{path}", self.version), query)
            .map_err(|error| ClientError::Unreachable { address: self.address.clone(), reason: error.to_string() })
    }

    async fn json(&self, answer: Response) -> Result<Value, ClientError> {
        let bytes = answer.bytes().await.map_err(|error| unreachable(&self.address, &error))?;
        serde_json::from_slice(&bytes).map_err(|_| self.malformed(DecodeError("something that is not JSON")))
    }

    fn malformed(&self, error: DecodeError) -> ClientError {
        ClientError::Malformed { address: self.address.clone(), error }
    }

    fn late(&self) -> ClientError {
        let reason = format!("no answer within {} s", DEADLINE.as_secs());
        ClientError::Unreachable { address: self.address.clone(), reason }
    }
}

fn unreachable(address: &Address, error: &reqwest::Error) -> ClientError {
    // reqwest's own words name only the URL; the cause is at the end of the chain.
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let reason =
        if error.is_timeout() { format!("no answer within {} s", DEADLINE.as_secs()) } else { cause.to_string() };
    ClientError::Unreachable { address: address.clone(), reason }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The next line of the stream; `None` when it has ended or one grew beyond all bounds.
async fn next_line(answer: &mut Response, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let rest = buffer.split_off(end + 1);
            return Some(std::mem::replace(buffer, rest));
        }
        if buffer.len() > LONGEST_EVENT {
            return None;
        }
        buffer.extend_from_slice(&answer.chunk().await.ok()??);
    }
}

fn read_line(line: Vec<u8>) -> Result<Option<Event>, DecodeError> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(&line).map_err(|_| DecodeError("an event that is not JSON"))?;
    Event::read(&value)
}

#[cfg(test)]
mod tests {
    use super::{Address, version};

    #[test]
    fn addresses_are_read_as_docker_writes_them() {
        assert_eq!(Address::parse("unix:///run/docker.sock"), Some(Address::Unix("/run/docker.sock".into())));
        assert_eq!(Address::parse("tcp://docker:2375"), Some(Address::Tcp("docker:2375".to_owned())));
        assert_eq!(Address::parse("http://[::1]:2375/"), Some(Address::Tcp("[::1]:2375".to_owned())));
        for wrong in ["", "docker:2375", "unix://docker.sock", "tcp://", "tcp://a:secret@b:1", "ssh://a", "tcp://a/b"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(version("1.41"), Some((1, 41)));
        assert!(version("1.9") < version("1.41"));
        assert_eq!(version("new"), None);
    }
}
