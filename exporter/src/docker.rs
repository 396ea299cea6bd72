//! Docker: which containers there are, how they are, and why they ended.
//!
//! ```text
//! events, list, inspect --client--> watch --Input--> inventory (lifecycle -> life -> exit)
//!                                     ^----Effect-------'   `--> scrapes read it
//!                                     `--> Alertmanager
//! ```

pub mod answer;
pub mod client;
pub mod container;
pub mod disk;
pub mod event;
pub mod exit;
pub mod exits;
pub mod inventory;
pub mod life;
pub mod lifecycle;
pub mod oom;
mod orphans;
pub mod rules;
pub mod running;
mod seen;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use seamark_kit::config::{Section, duration};
use tokio::task::JoinHandle;

use crate::alertmanager::AlertSender;
use client::Address;
use container::{COMPOSE_PROJECT, COMPOSE_SERVICE};
use inventory::Inventory;
use oom::ReadCount;
use rules::Rules;

/// The sections `docker` and `events` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where Docker listens.
    pub address: Address,
    /// Which labels of containers become labels of `seamark_container_info`.
    pub labels: Vec<String>,
    /// How often to ask for the disk use; `None` for never.
    pub disk_usage: Option<Duration>,
    /// What to tell Alertmanager of.
    pub rules: Rules,
}

/// Reads the sections `docker` and `events`.
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
    let disk_usage = read_disk_usage(&mut docker);
    let window = window.unwrap_or(Rules::default().restart_window);
    Settings { address, labels, disk_usage, rules: Rules::read(&mut root.section("events"), window) }
}

/// As often as once in ten minutes is enough for a disk.
fn read_disk_usage(docker: &mut Section) -> Option<Duration> {
    let (least, most) = (Duration::from_secs(600), Duration::from_secs(7 * 86_400));
    let expected = "how often to ask for it, from `10m` to `7d`, or `off`";
    let often = |text: &str| match text {
        "off" | "false" | "no" => Some(None),
        text => duration(text).filter(|often| (least..=most).contains(often)).map(Some),
    };
    docker.parse("disk_usage", expected, often).flatten()
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
    tokio::spawn(watch::watch(settings, inventory, alerts, oom_kills))
}
