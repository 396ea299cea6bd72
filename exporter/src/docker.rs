//! Docker: which containers there are, how they are, and why they ended.
//!
//! ```text
//! events, list, inspect --client--> watch --Input--> inventory (lifecycle -> life -> exit)
//!                                     ^----Effect-------'   `--> scrapes read it
//!                                     `--> Alertmanager
//! ```

pub mod answer;
pub mod check;
pub mod client;
pub mod container;
pub mod disk;
pub mod event;
pub mod exit;
pub mod exits;
pub mod expected;
pub mod images;
pub mod inventory;
pub mod life;
pub mod lifecycle;
mod missing;
pub mod oom;
mod orphans;
pub mod record;
pub mod rules;
pub mod running;
mod seen;
pub mod sizes;
pub mod start;
pub mod state_file;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use seamark_kit::config::{Section, duration};
use tokio::task::JoinHandle;

use crate::alertmanager::AlertSender;
use client::Address;
use container::{COMPOSE_PROJECT, COMPOSE_SERVICE};
use expected::Expected;
use inventory::Inventory;
use oom::ReadCount;
use rules::Rules;

/// More would not fit into a message.
const MOST_LOG_LINES: u32 = 100;

/// The sections `docker` and `events` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where Docker listens.
    pub address: Address,
    /// Which labels of containers become labels of `seamark_container_info`.
    pub labels: Vec<String>,
    /// How often to ask for the sizes of containers; `None` for never.
    pub sizes: Option<Duration>,
    /// How often to ask for the disk use; `None` for never.
    pub disk_usage: Option<Duration>,
    /// What to tell Alertmanager of.
    pub rules: Rules,
    /// Which containers are expected to run.
    pub watch: Vec<Expected>,
    /// Where counts are kept over a restart; nowhere if `None`.
    pub state_file: Option<PathBuf>,
}

/// Reads the sections `docker` and `events`, and the key `state_file`.
///
/// `environment` is the value of `DOCKER_HOST`, which holds where `docker.host` is absent.
pub fn read(root: &mut Section, environment: Option<&str>) -> Settings {
    let mut docker = root.section("docker");
    let address = read_address(&mut docker, environment.filter(|text| !text.is_empty()));
    let window = docker.duration("restart_window", Duration::ZERO..=Duration::from_secs(300));
    let labels = docker.texts("labels").map_or_else(
        || vec![COMPOSE_PROJECT.to_owned(), COMPOSE_SERVICE.to_owned()],
        |items| items.into_iter().map(|item| item.text).collect(),
    );
    let sizes = slow_timer(&mut docker, "sizes");
    let disk_usage = slow_timer(&mut docker, "disk_usage");
    let window = window.unwrap_or(Rules::default().restart_window);
    let watch = expected::read(&mut docker);
    // Empty is none: `state_file: ${SEAMARK_STATE:-}`.
    let file = root.text("state_file").filter(|path| !path.is_empty());
    let state_file = file.map(|path| root.beside(&path));
    let log_lines = docker.number("log_lines", 0..=MOST_LOG_LINES).unwrap_or_default();
    let missed = watch.clone();
    let rules = Rules { log_lines, missed, ..Rules::read(&mut root.section("events"), window) };
    Settings { address, labels, sizes, disk_usage, rules, watch, state_file }
}

/// How often to ask for what the engine has to count file by file; `None` for never. More often than once in ten
/// minutes would keep its disk busy.
fn slow_timer(docker: &mut Section, key: &'static str) -> Option<Duration> {
    let (least, most) = (Duration::from_secs(600), Duration::from_secs(7 * 86_400));
    let expected = "how often to ask for it, from `10m` to `7d`, or `off`";
    let often = |text: &str| match text {
        "off" | "false" | "no" => Some(None),
        text => duration(text).filter(|often| (least..=most).contains(often)).map(Some),
    };
    docker.parse(key, expected, often).flatten()
}

/// The value is never shown: it may hold a password.
fn read_address(docker: &mut Section, environment: Option<&str>) -> Address {
    let expected = "expected `unix:///path/to/docker.sock` or `tcp://host:port`";
    let (text, problem) = match (docker.text("host"), environment) {
        (Some(text), _) => (text, expected.to_owned()),
        (None, Some(text)) => {
            let problem = format!("the environment variable `DOCKER_HOST`: {expected}; correct it, or set this key");
            (text.to_owned(), problem)
        }
        (None, None) => return Address::default(),
    };
    Address::parse(&text).unwrap_or_else(|| {
        docker.problem("host", problem);
        Address::default()
    })
}

/// Starts to watch Docker. It never ends by itself; to reload, abort it and start another with the same inventory.
///
/// `oom_kills` reads the kernel's count of kills for want of memory.
pub fn spawn(
    settings: Settings,
    inventory: Arc<Inventory>,
    alerts: AlertSender,
    oom_kills: ReadCount,
) -> JoinHandle<()> {
    inventory.set_shown_labels(settings.labels.clone());
    inventory.set_expected(settings.watch.clone());
    inventory.keep_state_in(settings.state_file.clone());
    inventory.set_rules(settings.rules.clone());
    let sizes = sizes::watch(settings.address.clone(), settings.sizes, Arc::clone(&inventory));
    tokio::spawn(async { tokio::join!(watch::watch(settings, inventory, alerts, oom_kills), sizes).0 })
}
