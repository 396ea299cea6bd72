//! Puts the parts together: starts, reloads and stops them.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use arc_swap::ArcSwap;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seamark_kit::config::Problems;
use seamark_kit::exposition::{self, Exposition, Format};
use seamark_kit::process::ProcessMetrics;
use seamark_kit::serve::{self, Signal, Signals};
use seamark_kit::{build, telemetry};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tracing::{error, info, warn};

use crate::alertmanager::{self, Alertmanagers, Outboxes};
use crate::cli::{self, Invocation, Task};
use crate::collector::NamesTaken;
use crate::config::{self, Config};
use crate::docker::{self, inventory::Inventory, oom};
use crate::host::HostRoot;
use crate::memory::Memory;
use crate::probe::board::ProbeBoard;
use crate::probe::module::Modules;
use crate::scrape::{self, Scraper, SelectionError};
use crate::{server, storage};

/// How long one scrape by hand waits for Docker's first answer.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// How long the end waits for the state file.
const LAST_SAVE: Duration = Duration::from_secs(3);

/// Longer than any scrape interval.
const THREADS_WAIT: Duration = Duration::from_secs(600);

/// Bad configuration or usage.
const EXIT_USAGE: u8 = 2;

/// The whole program.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let invocation = match cli::parse(arguments) {
        Ok(invocation) => invocation,
        Err(usage) => {
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(EXIT_USAGE));
        }
    };
    // Without a default provider the first TLS connection would panic. It fails only when there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    telemetry::init(invocation.log_level, invocation.log_format);
    if matches!(invocation.task, Task::Run) {
        // Before the collectors are built: how many files they keep open depends on it.
        allow_more_files();
    }
    let inventory = Arc::new(Inventory::new());
    let looks_once = matches!(invocation.task, Task::Once);
    let probes = if looks_once { ProbeBoard::eager() } else { ProbeBoard::default() };
    let memory = Arc::new(Memory { probes: Arc::new(probes), ..Memory::default() });
    let load = |file: Option<&Path>| config::load(file, &invocation.overrides, &inventory, &memory);
    let loaded = match (load(invocation.config_file.as_deref()), &invocation.task) {
        // A file that was broken after the start is no illness of the exporter that runs with the one before.
        (Err(_), Task::HealthCheck(_)) => load(None),
        (loaded, _) => loaded,
    };
    let config = match loaded {
        Ok(config) => config,
        Err(problems) => {
            let _ = writeln!(io::stderr(), "{problems}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    // One thread: at rest it costs nothing, and the memory of a second one is saved. Those that read the collectors
    // wait for the next scrape: to start a thread costs more than to read half of the files.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_keep_alive(THREADS_WAIT).build();
    let outcome = runtime.context("cannot start the runtime").and_then(|runtime| {
        let outcome = runtime.block_on(perform(invocation, config, inventory, memory));
        // A collector that hangs must not hold up the end.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "seamark-exporter: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(
    invocation: Invocation,
    config: Config,
    inventory: Arc<Inventory>,
    memory: Arc<Memory>,
) -> anyhow::Result<()> {
    match &invocation.task {
        Task::Run => run(invocation, config, inventory, memory).await,
        Task::CheckConfig => {
            writeln!(io::stdout(), "The configuration is good.").context("cannot write to standard output")
        }
        Task::Once => once(invocation, config, inventory, memory).await,
        Task::HealthCheck(url) => health_check(url.clone(), &config).await,
    }
}

async fn run(
    invocation: Invocation,
    config: Config,
    inventory: Arc<Inventory>,
    memory: Arc<Memory>,
) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("cannot listen to signals")?;
    let listen = config.listen;
    let listener = serve::bind(listen)?;
    info!(version = build::VERSION, address = %listener.local_addr().unwrap_or(listen), "seamark-exporter serves /metrics");
    let kept = Arc::clone(&inventory);
    let app = App::start(invocation, config, inventory, memory)?;
    let serving = serve::serve(listener, server::router(app.clone()), async {
        while signals.next().await == Signal::Reload {
            // The result is in the log and in the metrics. Not waited for: the next signal may be to stop.
            let app = app.clone();
            tokio::spawn(async move { app.reload().await });
        }
        info!("seamark-exporter stops");
    });
    let served = serving.await.context("cannot serve");
    // A disk that does not answer must not hold up the end.
    let saved = tokio::time::timeout(LAST_SAVE, spawn_blocking(move || kept.save_state())).await;
    if saved.is_err() {
        warn!("the state file was not written within {} s", LAST_SAVE.as_secs());
    }
    served
}

/// As many as the system allows: many set a soft limit of 1024 for the sake of programs that use select(2).
fn allow_more_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Without it the kernel's files are opened more often, no more.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

async fn once(
    invocation: Invocation,
    mut config: Config,
    inventory: Arc<Inventory>,
    memory: Arc<Memory>,
) -> anyhow::Result<()> {
    // It looks, and tells nobody: the exporter that runs here does.
    config.alertmanager.targets.clear();
    config.docker.state_file = None;
    let app = App::start(invocation, config, Arc::clone(&inventory), Arc::clone(&memory))?;
    // An engine that is away must not hold up the host's metrics.
    let looked = tokio::time::timeout(FIRST_LOOK, async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while !inventory.read(|known| known.looked) {
            looks.tick().await;
        }
    });
    if looked.await.is_err() {
        warn!("Docker has not answered within {} s; its metrics are not complete", FIRST_LOOK.as_secs());
    }
    // None takes longer than its own timeout.
    memory.probes.all_have_run().await;
    let encode = |families| exposition::encode(&families, Format::Classic);
    let text = app.scrape(&Selected::default(), None, encode).await??;
    io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")
}

async fn health_check(url: Option<String>, config: &Config) -> anyhow::Result<()> {
    let url = url.unwrap_or_else(|| {
        let host = match config.listen.ip() {
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) => format!("[{ip}]"),
            ip => ip.to_string(),
        };
        format!("http://{host}:{}/-/healthy", config.listen.port())
    });
    let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).no_proxy().build()?;
    let response = client.get(&url).send().await.with_context(|| format!("no answer from {url}"))?;
    anyhow::ensure!(response.status().is_success(), "{url} answered {}", response.status());
    Ok(())
}

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
        inventory: Arc<Inventory>,
        memory: Arc<Memory>,
    ) -> anyhow::Result<Self> {
        let outboxes = Outboxes::new();
        let parts = Parts::start(config, &inventory, &memory, &outboxes)?;
        Ok(Self(Arc::new(Shared {
            invocation,
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
        let mut config = match spawn_blocking(load).await.unwrap_or_else(panicked) {
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
