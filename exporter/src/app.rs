//! Puts the parts together: starts, reloads and stops them.

mod program;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use arc_swap::ArcSwap;
use seamark_kit::build;
use seamark_kit::config::Problems;
use seamark_kit::exposition::Exposition;
use seamark_kit::process::ProcessMetrics;
use seamark_kit::web::Web;
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tracing::{error, info, warn};

use crate::alertmanager::{self, Alertmanagers, Outboxes};
use crate::cli::Invocation;
use crate::collector::NamesTaken;
use crate::config::{self, Config};
use crate::docker::{self, inventory::Inventory, oom};
use crate::host::HostRoot;
use crate::memory::Memory;
use crate::probe::module::Modules;
use crate::scrape::{self, Scraper, SelectionError};
use crate::storage;
pub use program::main;

/// The collectors that a scrape asks for; both empty: all.
#[derive(Debug, Default)]
pub struct Selected {
    /// These and no others.
    pub collect: Vec<String>,
    /// All but these.
    pub exclude: Vec<String>,
}

/// The running exporter; a clone is another handle to it.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    invocation: Invocation,
    web: Arc<Web>,
    inventory: Arc<Inventory>,
    memory: Arc<Memory>,
    outboxes: Outboxes,
    parts: ArcSwap<Parts>,
    process: ProcessMetrics,
    names_taken: NamesTaken,
    /// One reload at a time.
    reloading: Mutex<()>,
    last_reload_good: AtomicBool,
    last_good_reload: AtomicU64,
}

/// What a reload replaces. Dropping it ends its tasks; what they know stays in the inventory and the outboxes.
struct Parts {
    scraper: Scraper,
    listen: SocketAddr,
    host: HostRoot,
    docker: JoinHandle<()>,
    _timers: JoinSet<()>,
    modules: Option<Arc<Modules>>,
    _alertmanagers: Alertmanagers,
}

impl Parts {
    fn start(
        config: Config,
        inventory: &Arc<Inventory>,
        memory: &Arc<Memory>,
        outboxes: &Outboxes,
    ) -> anyhow::Result<Self> {
        let Config { listen, instance, host, docker, alertmanager, probe, storage, thresholds, scraper } = config;
        let instance = instance.unwrap_or_else(node_name);
        let alertmanagers = alertmanager::spawn(&alertmanager, &instance, outboxes)
            .context("cannot set up the client for Alertmanager")?;
        memory.thresholds.store(Arc::new(thresholds));
        let kills = oom::kernel_count(host.clone());
        let mut timers = storage::spawn(storage, &host, &docker.address, memory);
        if let Some(interval) = docker.disk_usage {
            timers.spawn(docker::disk::watch(interval, docker.address.clone(), host.clone(), Arc::clone(memory)));
        }
        let docker = docker::spawn(docker, Arc::clone(inventory), alertmanagers.sender.clone(), kills);
        // Last: when something above fails, the old ones go on.
        memory.probes.follow(probe.probes);
        let modules = probe.modules.map(Arc::new);
        Ok(Self { scraper, listen, host, docker, modules, _timers: timers, _alertmanagers: alertmanagers })
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.docker.abort();
    }
}

impl App {
    /// Starts following Docker, and takes scrapes.
    ///
    /// # Errors
    ///
    /// The HTTP client could not be set up.
    pub fn start(
        invocation: Invocation,
        config: Config,
        web: Arc<Web>,
        inventory: Arc<Inventory>,
        memory: Arc<Memory>,
    ) -> anyhow::Result<Self> {
        let outboxes = Outboxes::new();
        let parts = Parts::start(config, &inventory, &memory, &outboxes)?;
        Ok(Self(Arc::new(Shared {
            invocation,
            web,
            inventory,
            memory,
            outboxes,
            parts: ArcSwap::from_pointee(parts),
            process: ProcessMetrics::default(),
            names_taken: NamesTaken::default(),
            reloading: Mutex::new(()),
            last_reload_good: AtomicBool::new(true),
            last_good_reload: AtomicU64::new(unix_seconds()),
        })))
    }

    /// One scrape: the collectors asked for, and what the exporter says about itself; `finish` makes the answer of it,
    /// away from the thread that serves. `timeout` is the text of the header in which Prometheus announces how long it
    /// will wait.
    ///
    /// # Errors
    ///
    /// The selection names a collector that there is not.
    pub async fn scrape<T: Send + 'static>(
        &self,
        selected: &Selected,
        timeout: Option<&str>,
        finish: impl FnOnce(Exposition) -> T + Send + 'static,
    ) -> Result<T, SelectionError> {
        let shared = Arc::clone(&self.0);
        let selection = shared.parts.load().scraper.select(&selected.collect, &selected.exclude)?;
        let add_ours = move |mut out: Exposition| {
            shared.tell(&mut out);
            finish(out)
        };
        Ok(selection.scrape_and(scrape::deadline(timeout), add_ours).await)
    }

    /// What `/probe` knows; `None` where it is off.
    pub fn probe_modules(&self) -> Option<Arc<Modules>> {
        self.0.parts.load().modules.clone()
    }

    /// Reads the configuration anew and replaces all parts but the listening socket and the collectors whose settings
    /// are the same.
    ///
    /// # Errors
    ///
    /// All problems of the new file; the old configuration then stays in use, and a metric says so.
    pub async fn reload(&self) -> Result<(), Problems> {
        let shared = &self.0;
        let _one_at_a_time = shared.reloading.lock().await;
        // On a thread of its own: the file may be on a mount that does not answer, and scrapes go on.
        let app = Arc::clone(shared);
        let load = move || {
            let Invocation { config_file, overrides, .. } = &app.invocation;
            config::load(config_file.as_deref(), overrides, &app.inventory, &app.memory)
        };
        let panicked = |error| Err(Problems::unreadable("exporter", format!("reading the configuration: {error}")));
        let loaded = spawn_blocking(load).await.unwrap_or_else(panicked);
        // Either file can be wrong, and neither is taken over alone by a reload that was asked for.
        let loaded = match loaded {
            Ok(config) => shared.web.reload().await.map(|()| config),
            Err(problems) => Err(problems),
        };
        let mut config = match loaded {
            Ok(config) => config,
            Err(problems) => {
                shared.last_reload_good.store(false, Ordering::Relaxed);
                error!("the configuration was not taken over, the old one stays in use:\n{problems}");
                return Err(problems);
            }
        };
        let before = shared.parts.load_full();
        if config.host.is_same_place(&before.host) {
            config.scraper.take_over(&before.scraper);
        }
        let in_use = before.listen;
        if config.listen != in_use {
            warn!(%in_use, wanted = %config.listen, "a new `listen` address needs a restart");
        }
        match Parts::start(config, &shared.inventory, &shared.memory, &shared.outboxes) {
            // Here the old parts end, once the scrapes that still read them are done.
            Ok(parts) => shared.parts.store(Arc::new(parts)),
            Err(error) => {
                shared.last_reload_good.store(false, Ordering::Relaxed);
                error!("the configuration was not taken over, the old one stays in use: {error:#}");
                return Err(Problems::unreadable("exporter", format!("{error:#}")));
            }
        }
        shared.last_reload_good.store(true, Ordering::Relaxed);
        shared.last_good_reload.store(unix_seconds(), Ordering::Relaxed);
        info!("the configuration was read anew");
        Ok(())
    }
}

impl Shared {
    /// What the exporter says about itself.
    fn tell(&self, out: &mut Exposition) {
        build::expose("seamark_exporter_build_info", out);
        out.gauge(
            "seamark_exporter_config_last_reload_successful",
            "Whether the last reload of the configuration was taken over.",
        )
        .set(self.last_reload_good.load(Ordering::Relaxed));
        out.gauge(
            "seamark_exporter_config_last_reload_success_timestamp_seconds",
            "When a configuration was last taken into use, in seconds since 1970.",
        )
        .set(self.last_good_reload.load(Ordering::Relaxed));
        self.outboxes.collect(out);
        self.web.expose(out);
        self.process.expose(out);
        self.names_taken.tell(out);
    }
}

/// The host's name: that of the UTS namespace, because a mounted /proc does not tell it.
fn node_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
