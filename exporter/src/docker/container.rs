//! One container as Docker describes it: who it is, and how it is.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use seamark_kit::secret::Secret;

use super::check::LastCheck;

/// The label under which Compose keeps its project.
pub const COMPOSE_PROJECT: &str = "com.docker.compose.project";
/// The label under which Compose keeps its service.
pub const COMPOSE_SERVICE: &str = "com.docker.compose.service";

/// Docker's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are Docker's")]
pub enum State {
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
    /// A word that this version does not know; no state is exported as 1.
    Other,
}

impl State {
    /// Every state Docker has, in the order in which they are exported.
    pub const ALL: [Self; 7] =
        [Self::Created, Self::Running, Self::Paused, Self::Restarting, Self::Removing, Self::Exited, Self::Dead];

    /// The state for Docker's word, or for Podman's.
    pub fn read(word: &str) -> Self {
        match word {
            "created" | "configured" | "initialized" => Self::Created,
            "running" | "stopping" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            // Of old versions of Podman.
            "removing" | "removed" => Self::Removing,
            "exited" | "stopped" => Self::Exited,
            "dead" => Self::Dead,
            _ => Self::Other,
        }
    }

    /// The value of the label `state`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Other => "",
        }
    }

    /// Whether its process is there. Not so while it waits for its next start, whatever `State.Running` says.
    pub const fn has_process(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// What the last health checks said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are Docker's")]
pub enum Health {
    /// It has no health check.
    None,
    Starting,
    Healthy,
    Unhealthy,
}

impl Health {
    /// Every answer, in the order in which they are exported.
    pub const ALL: [Self; 4] = [Self::None, Self::Starting, Self::Healthy, Self::Unhealthy];

    /// The answer for Docker's word; Podman says "" for none.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "" | "none" => Some(Self::None),
            "starting" => Some(Self::Starting),
            "healthy" => Some(Self::Healthy),
            "unhealthy" => Some(Self::Unhealthy),
            _ => None,
        }
    }

    /// The value of the label `status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// When Docker starts a container again by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped`, `on-failure`; empty when it is not known.
    pub name: String,
    /// How often `on-failure` tries; 0 is without end.
    pub maximum_retries: u64,
}

impl RestartPolicy {
    /// Whether Docker starts it again after it ended by itself with this code, having been restarted so often.
    pub fn starts_again(&self, code: i64, restarts: u64) -> bool {
        match self.name.as_str() {
            "always" | "unless-stopped" => true,
            "on-failure" => code != 0 && (self.maximum_retries == 0 || restarts < self.maximum_retries),
            _ => false,
        }
    }
}

/// Who a container is: what labels are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name without the leading slash.
    pub name: String,
    /// The image as it was asked for.
    pub image: String,
    /// `sha256:…`; empty until it was inspected.
    pub image_id: String,
    /// All its labels. Only what the configuration names is ever shown.
    pub labels: BTreeMap<String, String>,
}

impl Identity {
    /// The label `id`, the same on everything that Seamark says of this container, whatever the cgroup driver.
    pub fn path(&self) -> String {
        format!("/docker/{}", self.id)
    }

    /// The value of one of its labels, or "".
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// Started by `docker compose run`.
    pub fn is_one_off(&self) -> bool {
        self.label("com.docker.compose.oneoff").eq_ignore_ascii_case("true")
    }

    /// Whether both belong to the same service of the same Compose project.
    pub fn same_service(&self, other: &Self) -> bool {
        !self.label(COMPOSE_SERVICE).is_empty()
            && self.label(COMPOSE_SERVICE) == other.label(COMPOSE_SERVICE)
            && self.label(COMPOSE_PROJECT) == other.label(COMPOSE_PROJECT)
    }
}

/// How a container was set up: what only inspecting tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// When Docker starts it again.
    pub restart_policy: RestartPolicy,
    /// The signal of `docker stop`.
    pub stop_signal: i32,
    /// How long `docker stop` waits for it.
    pub stop_grace: Duration,
    /// `--rm`.
    pub auto_remove: bool,
    /// Whose network it has.
    pub network: Network,
    /// Where the engine writes its log, as the engine sees it; empty where it writes none into a file.
    pub log_path: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// How its health is checked, if it is.
    pub health_check: Option<HealthCheck>,
}

/// The health check a container was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCheck {
    /// From the end of one check to the begin of the next.
    pub interval: Duration,
    /// How long a check may take.
    pub timeout: Duration,
}

impl Default for HealthCheck {
    fn default() -> Self {
        // Docker's own defaults ("Dockerfile reference", HEALTHCHECK).
        Self { interval: Duration::from_secs(30), timeout: Duration::from_secs(30) }
    }
}

/// What the health checks since the last start found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks {
    /// How many failed, one after the other, up to the last.
    pub failing_streak: u64,
    /// The last one.
    pub last: Option<Check>,
}

/// One health check that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
}

/// Whose network a container has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Network {
    /// Its own: a bridge, a network by name, `none`.
    #[default]
    Own,
    /// The host's.
    Host,
    /// That of the container of this id.
    Of(String),
}

impl Network {
    /// Reads `HostConfig.NetworkMode`.
    pub fn read(mode: &str) -> Self {
        match mode.split_once(':') {
            Some(("container", id)) => Self::Of(id.to_owned()),
            None if mode == "host" => Self::Host,
            _ => Self::Own,
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        // Docker's own defaults: SIGTERM, 10 s.
        Self {
            restart_policy: RestartPolicy::default(),
            stop_signal: 15,
            stop_grace: Duration::from_secs(10),
            auto_remove: false,
            network: Network::default(),
            log_path: String::new(),
            created_at: None,
            health_check: None,
        }
    }
}

/// How a container is, as inspecting told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its state.
    pub state: State,
    /// What its health checks said last; kept by Docker after the end.
    pub health: Health,
    /// What its health checks found; kept by Docker after the end.
    pub checks: Checks,
    /// Why its last start failed; empty when it did not. May hold anything that stands in its command.
    pub start_error: Secret,
    /// Code of its last end; 0 while it runs.
    pub exit_code: i64,
    /// Something in it was killed for want of memory since it was started.
    pub oom_killed: bool,
    /// How often its policy has started it again since somebody last did.
    pub restart_count: u64,
    /// When it was started last, if ever.
    pub started_at: Option<Timestamp>,
    /// When it ended last, if ever.
    pub finished_at: Option<Timestamp>,
    /// Its first process, as the host counts, while it runs.
    pub pid: Option<u32>,
}

/// One answer of `GET /containers/ID/json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Who it is.
    pub identity: Identity,
    /// How it was set up.
    pub setup: Setup,
    /// How it is.
    pub condition: Condition,
    /// What its health checks said last; `None` where it has none.
    pub check: Option<LastCheck>,
}
