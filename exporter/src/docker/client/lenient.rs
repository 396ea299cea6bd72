//! The same questions, asked without bollard and read field by field: for engines that use words bollard does not know.

use std::collections::BTreeMap;
use std::sync::Once;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::log::Tail;
use super::{Address, ClientError, DEADLINE, Engine, Events, LONG_DEADLINE, cause, docker_time, late};
use crate::docker::answer::{self, DecodeError};
use crate::docker::container::Inspection;
use crate::docker::disk::{self, Usage};
use crate::docker::event::{Event, FILTERS};

/// The newest API this program was tried with; an older engine's own is spoken instead.
const NEWEST_API: (u32, u32) = (1, 51);
/// An event is a few kilobytes, most of it labels.
const LONGEST_EVENT: usize = 1 << 20;

/// Said once: what stands between does not change its mind.
static LOGS_REFUSED: Once = Once::new();

/// A connection to one engine, with the version of the API that both speak.
#[derive(Debug, Clone)]
pub(super) struct Lenient {
    http: reqwest::Client,
    address: Address,
    version: String,
}

impl Lenient {
    /// Asks Docker which API it speaks.
    pub(super) async fn connect(address: &Address) -> Result<(Self, Engine), ClientError> {
        let mut client = Self::unversioned(address)?;
        let answer = client.get("/_ping", &[]).await?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let engine = engine(header("Server"), header("Api-Version"));
        let (major, minor) = version(&engine.api_version).map_or(NEWEST_API, |theirs| theirs.min(NEWEST_API));
        client.version = format!("/v{major}.{minor}");
        Ok((client, engine))
    }

    /// One that asks for no version: the engine answers in its own newest.
    pub(super) fn unversioned(address: &Address) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            // It speaks no TLS, so the system's certificates need not be read.
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(DEADLINE)
            // An engine behind a dead link is found out by the kernel while the event stream is silent.
            .tcp_keepalive(Duration::from_secs(30));
        if let Address::Unix(path) = address {
            builder = builder.unix_socket(path.clone());
        }
        let http = builder.build().map_err(|error| unreachable(address, &error))?;
        Ok(Self { http, address: address.clone(), version: String::new() })
    }

    /// The last lines of a container, as far as they come until `give_up`; `None` where there is no log.
    pub(super) async fn log(&self, id: &str, lines: u32, give_up: Instant) -> Option<String> {
        let lines = lines.to_string();
        let query = [("stdout", "1"), ("stderr", "1"), ("tail", lines.as_str())];
        let url = self.url(&format!("/containers/{id}/logs"), &query).ok()?;
        let mut answer = timeout_at(give_up, self.http.get(url).send()).await.ok()?.ok()?;
        if answer.status() == StatusCode::FORBIDDEN {
            LOGS_REFUSED.call_once(|| {
                let address = &self.address;
                warn!(
                    "{address}: HTTP 403 to GET /containers/ID/logs, so crashes are told without the last lines of their \
                     logs; if docker-proxy is there, DOCKER_PROXY_LOGS=1 lets them pass"
                );
            });
        }
        if !answer.status().is_success() {
            return None;
        }
        let mut tail = Tail::default();
        while let Ok(Ok(Some(chunk))) = timeout_at(give_up, answer.chunk()).await {
            tail.push(&chunk);
        }
        Some(tail.text())
    }

    /// Whether Docker answers.
    pub(super) async fn ping(&self) -> Result<(), ClientError> {
        self.get("/_ping", &[]).await.map(|_| ())
    }

    /// The ids of all containers, stopped ones included, and how many entries of the list had none.
    pub(super) async fn list(&self) -> Result<(Vec<String>, u64), ClientError> {
        let answer = self.get("/containers/json", &[("all", "1")]).await?;
        let value = self.json(answer).await?;
        answer::ids(&value).map_err(|error| self.malformed(error))
    }

    /// One container; `None` when there is none of that id, which is normal between a list and this.
    pub(super) async fn inspect(&self, id: &str) -> Result<Option<Inspection>, ClientError> {
        let answer = match self.get(&format!("/containers/{id}/json"), &[]).await {
            Err(ClientError::Refused { status: 404, .. }) => return Ok(None),
            other => other?,
        };
        let value = self.json(answer).await?;
        answer::inspection(&value).map(Some).map_err(|error| self.malformed(error))
    }

    /// The id of the image that this name means; `None` when it means none.
    pub(super) async fn image_id(&self, name: &str) -> Result<Option<String>, ClientError> {
        let answer = match self.get(&format!("/images/{name}/json"), &[]).await {
            Err(ClientError::Refused { status: 404, .. }) => return Ok(None),
            other => other?,
        };
        let value = self.json(answer).await?;
        Ok(value.get("Id").and_then(Value::as_str).map(str::to_owned))
    }

    /// The events of containers from now on, or from `since` as far as the engine remembers.
    ///
    /// Returns when the engine has begun to send. The stream ends with the connection; an event that cannot be
    /// understood is an item, not the end.
    pub(super) async fn events(&self, since: Option<Timestamp>) -> Result<Events, ClientError> {
        let since = since.map(docker_time);
        let mut query = vec![("filters", FILTERS)];
        query.extend(since.as_deref().map(|since| ("since", since)));
        let request = self.http.get(self.url("/events", &query)?).send();
        let answer = tokio::time::timeout(DEADLINE, request).await;
        let answer =
            answer.map_err(|_| late(&self.address, DEADLINE))?.map_err(|error| unreachable(&self.address, &error))?;
        let answer = self.accepted(answer, "/events")?;
        let lines = stream::unfold((answer, Vec::new()), |(mut answer, mut buffer)| async move {
            let line = next_line(&mut answer, &mut buffer).await?;
            Some((line, (answer, buffer)))
        });
        let client = self.clone();
        let events = lines.filter_map(move |line| {
            let event = read_line(&line).map_err(|error| client.malformed(error)).transpose();
            std::future::ready(event)
        });
        Ok(events.boxed())
    }

    /// The bytes of each container's own files, by id.
    pub(super) async fn sizes(&self) -> Result<BTreeMap<String, u64>, ClientError> {
        let answer = self.get_within("/containers/json", &[("all", "1"), ("size", "1")], LONG_DEADLINE).await?;
        answer::sizes(&self.json(answer).await?).map_err(|error| self.malformed(error))
    }

    /// How much of the disk the engine uses.
    pub(super) async fn disk_usage(&self) -> Result<Vec<Usage>, ClientError> {
        let answer = self.get_within("/system/df", &[], LONG_DEADLINE).await?;
        disk::read(&self.json(answer).await?).map_err(|error| self.malformed(error))
    }

    /// The engine's own directory.
    pub(super) async fn root_directory(&self) -> Result<Option<String>, ClientError> {
        let answer = self.get("/info", &[]).await?;
        Ok(answer::root(&self.json(answer).await?))
    }

    /// Where on the host a volume lies.
    pub(super) async fn volume(&self, name: &str) -> Result<Option<String>, ClientError> {
        let answer = match self.get(&format!("/volumes/{name}"), &[]).await {
            Err(ClientError::Refused { status: 404, .. }) => return Ok(None),
            other => other?,
        };
        let answer = self.json(answer).await?;
        let path = answer.get("Mountpoint").and_then(Value::as_str);
        Ok(path.filter(|path| path.starts_with('/')).map(str::to_owned))
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Response, ClientError> {
        self.get_within(path, query, DEADLINE).await
    }

    async fn get_within(
        &self,
        path: &str,
        query: &[(&str, &str)],
        deadline: Duration,
    ) -> Result<Response, ClientError> {
        let request = self.http.get(self.url(path, query)?).timeout(deadline).send();
        let answer = request.await.map_err(|error| match error.is_timeout() {
            true => late(&self.address, deadline),
            false => unreachable(&self.address, &error),
        })?;
        self.accepted(answer, path)
    }

    fn accepted(&self, answer: Response, path: &str) -> Result<Response, ClientError> {
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
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
}

fn unreachable(address: &Address, error: &reqwest::Error) -> ClientError {
    if error.is_timeout() {
        return late(address, DEADLINE);
    }
    // reqwest's own words name only the URL; the cause is at the end of the chain.
    let reason = cause(error);
    ClientError::Unreachable { address: address.clone(), reason }
}

/// From two headers: `Docker/28.5.2 (linux)` or `Libpod/5.4.2 (linux)`, and `1.51`.
fn engine(server: &str, api_version: &str) -> Engine {
    let (name, rest) = server.split_once('/').unwrap_or_default();
    Engine {
        name: if name == "Libpod" { "podman" } else { "docker" },
        version: rest.split(' ').next().unwrap_or_default().to_owned(),
        api_version: api_version.to_owned(),
    }
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

fn read_line(line: &[u8]) -> Result<Option<Event>, DecodeError> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(line).map_err(|_| DecodeError("an event that is not JSON"))?;
    Event::read(&value)
}

#[cfg(test)]
mod tests {
    use super::{Engine, engine, version};

    #[test]
    fn an_engine_says_in_its_headers_who_it_is() {
        let read = |server: &str| {
            let Engine { name, version, api_version } = engine(server, "1.41");
            format!("{name} {version} {api_version}")
        };
        assert_eq!(read("Docker/28.5.2+dfsg4 (linux)"), "docker 28.5.2+dfsg4 1.41");
        assert_eq!(read("Libpod/5.4.2 (linux)"), "podman 5.4.2 1.41");
        assert_eq!(read(""), "docker  1.41");
    }

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(version("1.41"), Some((1, 41)));
        assert!(version("1.9") < version("1.41"));
        assert_eq!(version("new"), None);
    }
}
