//! The few questions that are asked of Docker, over its socket or TCP. The only file that names bollard.
//!
//! bollard reads answers into closed enums: one state, health or event word that it does not know fails the inspection,
//! in a list the whole list, and in the event stream what came with it. After the first such answer the connection is
//! made anew and read [leniently](Reading::Lenient).
//!
//! bollard 0.21 negotiates a version but leaves it out of its paths, so the engine answers in its own newest one.

mod address;
mod lenient;
mod log;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{EventsOptionsBuilder, InspectContainerOptions, ListContainersOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{self, DecodeError};
use super::container::Inspection;
use super::disk::Usage;
use super::event::{Event, FILTERS};
pub use address::Address;
use lenient::Lenient;

/// For everything but the event stream: a hung engine is found out, not waited for.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// For the last lines of a crashed container: its alert waits for them.
const LOG_DEADLINE: Duration = Duration::from_millis(800);
/// For what the engine counts file by file.
pub const LONG_DEADLINE: Duration = Duration::from_secs(600);
/// bollard does not tell when the engine has begun to send events; what happened since this long before the question is
/// asked for as well, so that nothing falls between the subscription and the list.
const OVERLAP: SignedDuration = SignedDuration::from_secs(1);

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
        status: u16,
        /// What was asked.
        question: String,
    },
    /// bollard does not know a word of the answer; [`Reading::Lenient`] does without.
    #[error("{address}: {reason}")]
    UnknownWord {
        /// Who was asked.
        address: Address,
        /// bollard's complaint.
        reason: String,
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

/// How answers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// By bollard, which knows every word up to its own version of the API.
    Strict,
    /// Field by field: what is not known costs itself alone.
    Lenient,
}

/// A connection to one engine, with the version of the API that both speak.
///
/// Made anew after each loss: the engine may have been upgraded, or downgraded, meanwhile.
#[derive(Debug, Clone)]
pub struct Client {
    address: Address,
    engine: Engine,
    asks: Asks,
    /// For logs, whatever reads the rest: bollard keeps a frame in memory however long its header says it is.
    logs: Arc<OnceLock<Option<Lenient>>>,
}

#[derive(Debug, Clone)]
enum Asks {
    Bollard(Docker),
    Lenient(Lenient),
}

/// What an engine says of itself; empty where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Engine {
    /// `docker` or `podman`.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// The newest version of the API that it speaks.
    pub api_version: String,
}

/// Events; one that cannot be understood is an item, not the end.
pub type Events = BoxStream<'static, Result<Event, ClientError>>;

impl Client {
    /// Asks Docker which API it speaks.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no socket, no answer within [`DEADLINE`], or a refusal.
    pub async fn connect(address: &Address, reading: Reading) -> Result<Self, ClientError> {
        let (asks, engine) = match reading {
            Reading::Strict => {
                let seconds = DEADLINE.as_secs();
                let docker = match address {
                    Address::Unix(path) => {
                        Docker::connect_with_unix(&path.to_string_lossy(), seconds, API_DEFAULT_VERSION)
                    }
                    Address::Tcp(authority) => {
                        Docker::connect_with_http(&format!("http://{authority}"), seconds, API_DEFAULT_VERSION)
                    }
                };
                let negotiated = async { docker?.negotiate_version().await };
                let docker = within_deadline(address, "/version", negotiated).await?;
                let version = within_deadline(address, "/version", docker.version()).await?;
                let mut parts = version.components.into_iter().flatten();
                let is_podman = parts.any(|part| part.name.contains("Podman"));
                let engine = Engine {
                    name: if is_podman { "podman" } else { "docker" },
                    version: version.version.unwrap_or_default(),
                    api_version: version.api_version.unwrap_or_default(),
                };
                // What Podman's events say of health stands in a field that bollard leaves out.
                let asks =
                    if is_podman { Asks::Lenient(Lenient::connect(address).await?.0) } else { Asks::Bollard(docker) };
                (asks, engine)
            }
            Reading::Lenient => {
                let (lenient, engine) = Lenient::connect(address).await?;
                (Asks::Lenient(lenient), engine)
            }
        };
        Ok(Self { address: address.clone(), engine, asks, logs: Arc::default() })
    }

    /// What the engine said of itself when the connection was made.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether Docker answers.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it does not.
    pub async fn ping(&self) -> Result<(), ClientError> {
        match &self.asks {
            Asks::Bollard(docker) => within_deadline(&self.address, "/_ping", docker.ping()).await.map(|_| ()),
            Asks::Lenient(lenient) => lenient.ping().await,
        }
    }

    /// The ids of all containers, stopped ones included, and how many entries of the list had none.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no list.
    pub async fn list(&self) -> Result<(Vec<String>, u64), ClientError> {
        let docker = match &self.asks {
            Asks::Bollard(docker) => docker,
            Asks::Lenient(lenient) => return lenient.list().await,
        };
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let listing = docker.list_containers(Some(options));
        let list = within_deadline(&self.address, "/containers/json", listing).await?;
        answer::ids(&self.json(&list)?).map_err(|error| self.malformed(error))
    }

    /// One container; `None` when there is none of that id, which is normal between a list and this.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when that cannot be told.
    pub async fn inspect(&self, id: &str) -> Result<Option<Inspection>, ClientError> {
        let docker = match &self.asks {
            Asks::Bollard(docker) => docker,
            Asks::Lenient(lenient) => return lenient.inspect(id).await,
        };
        let inspecting = docker.inspect_container(id, None::<InspectContainerOptions>);
        let answer = match within_deadline(&self.address, "/containers/ID/json", inspecting).await {
            Err(ClientError::Refused { status: 404, .. }) => return Ok(None),
            other => other?,
        };
        answer::inspection(&self.json(&answer)?).map(Some).map_err(|error| self.malformed(error))
    }

    /// The id of the image that this name means; `None` when it means none.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when that cannot be told.
    pub async fn image_id(&self, name: &str) -> Result<Option<String>, ClientError> {
        let docker = match &self.asks {
            Asks::Bollard(docker) => docker,
            Asks::Lenient(lenient) => return lenient.image_id(name).await,
        };
        match within_deadline(&self.address, "/images/NAME/json", docker.inspect_image(name)).await {
            Err(ClientError::Refused { status: 404, .. }) => Ok(None),
            other => Ok(other?.id),
        }
    }

    /// The last lines of a container's log, as far as they come in time; "" where it has none that Docker can read.
    pub async fn log(&self, id: &str, lines: u32) -> String {
        let client = match &self.asks {
            Asks::Lenient(lenient) => Some(lenient),
            Asks::Bollard(_) => self.logs.get_or_init(|| Lenient::unversioned(&self.address).ok()).as_ref(),
        };
        match client {
            Some(client) => client.log(id, lines, Instant::now() + LOG_DEADLINE).await.unwrap_or_default(),
            None => String::new(),
        }
    }

    /// The events of containers from `since`, as far as the engine remembers, or from just before now.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the stream cannot be opened.
    pub async fn events(&self, since: Option<Timestamp>) -> Result<Events, ClientError> {
        let docker = match &self.asks {
            Asks::Bollard(docker) => docker,
            Asks::Lenient(lenient) => return lenient.events(since).await,
        };
        let since = since.unwrap_or(Timestamp::now().saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN));
        let filters: HashMap<String, Vec<String>> = serde_json::from_str(FILTERS).unwrap_or_default();
        let options = EventsOptionsBuilder::new().since(&docker_time(since)).filters(&filters).build();
        let mut stream = docker.events(Some(options)).boxed();
        // The first look sends the question. It has an answer at once only if there is an event already.
        let first = stream.next().now_or_never();
        let address = self.address.clone();
        let rest = stream.map(Some);
        let all = futures_util::stream::iter(first).chain(rest);
        Ok(all
            .take_while(|item| std::future::ready(item.is_some()))
            .filter_map(move |item| {
                let event = item.and_then(|item| read_event(item, &address).transpose());
                std::future::ready(event)
            })
            .boxed())
    }

    /// The bytes of each container's own files, by id. It may take minutes to count.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when that cannot be told.
    pub async fn sizes(&self) -> Result<BTreeMap<String, u64>, ClientError> {
        self.lenient().await?.sizes().await
    }

    /// How much of the disk the engine uses. It may take minutes to count.
    ///
    /// bollard reads the sums of API 1.52 alone, and the engines before that send lists: so this is always read
    /// leniently.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when that cannot be told.
    pub async fn disk_usage(&self) -> Result<Vec<Usage>, ClientError> {
        self.lenient().await?.disk_usage().await
    }

    /// The engine's own directory, as the host sees it.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no answer.
    pub async fn root_directory(&self) -> Result<Option<String>, ClientError> {
        self.lenient().await?.root_directory().await
    }

    /// Where on the host a volume lies; `None` where there is none of that name, or it is not a directory of the host.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when that cannot be told.
    pub async fn volume(&self, name: &str) -> Result<Option<String>, ClientError> {
        self.lenient().await?.volume(name).await
    }

    async fn lenient(&self) -> Result<Lenient, ClientError> {
        match &self.asks {
            Asks::Bollard(_) => Lenient::connect(&self.address).await.map(|(lenient, _)| lenient),
            Asks::Lenient(lenient) => Ok(lenient.clone()),
        }
    }

    /// bollard's answer as Docker's JSON again, so that both ways of reading end in the same few lines.
    fn json(&self, answer: &impl Serialize) -> Result<Value, ClientError> {
        serde_json::to_value(answer).map_err(|_| self.malformed(DecodeError("something that is not JSON")))
    }

    fn malformed(&self, error: DecodeError) -> ClientError {
        ClientError::Malformed { address: self.address.clone(), error }
    }
}

fn read_event(item: Result<impl Serialize, Error>, address: &Address) -> Result<Option<Event>, ClientError> {
    let event = item.map_err(|error| failure(address, "/events", &error))?;
    let malformed = |error| ClientError::Malformed { address: address.clone(), error };
    let value = serde_json::to_value(event).map_err(|_| malformed(DecodeError("an event that is not JSON")))?;
    Event::read(&value).map_err(malformed)
}

/// A time as `since` takes it.
fn docker_time(time: Timestamp) -> String {
    format!("{}.{:09}", time.as_second(), time.subsec_nanosecond())
}

async fn within_deadline<T>(
    address: &Address,
    question: &str,
    asking: impl Future<Output = Result<T, Error>>,
) -> Result<T, ClientError> {
    match tokio::time::timeout(DEADLINE, asking).await {
        Ok(answer) => answer.map_err(|error| failure(address, question, &error)),
        Err(_) => Err(late(address, DEADLINE)),
    }
}

fn late(address: &Address, deadline: Duration) -> ClientError {
    let reason = format!("no answer within {} s", deadline.as_secs());
    ClientError::Unreachable { address: address.clone(), reason }
}

fn failure(address: &Address, question: &str, error: &Error) -> ClientError {
    let address = address.clone();
    match error {
        Error::DockerResponseServerError { status_code, .. } => {
            ClientError::Refused { address, status: *status_code, question: format!("GET {question}") }
        }
        Error::JsonDataError { message, .. } => ClientError::UnknownWord { address, reason: message.clone() },
        Error::JsonSerdeError { err } => ClientError::UnknownWord { address, reason: err.to_string() },
        Error::RequestTimeoutError => late(&address, DEADLINE),
        other => ClientError::Unreachable { address, reason: cause(other) },
    }
}

/// The last error of a chain: what the system itself said.
fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
