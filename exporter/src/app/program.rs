//! The program as a whole: from its arguments to its exit code, and the tasks it can be given.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use seamark_kit::config::Problems;
use seamark_kit::exposition::{self, Format};
use seamark_kit::process;
use seamark_kit::serve::{self, Signal, Signals};
use seamark_kit::systemd;
use seamark_kit::web::{Web, health};
use seamark_kit::{build, telemetry};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::{App, Selected};
use crate::cli::{self, Invocation, Task};
use crate::config::{self, Config};
use crate::docker::inventory::Inventory;
use crate::memory::Memory;
use crate::probe::board::ProbeBoard;
use crate::server;

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
        process::allow_more_files();
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
    let web = match web(&invocation) {
        Ok(web) => web,
        Err(problems) => {
            let _ = writeln!(io::stderr(), "{problems}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    // One thread: at rest it costs nothing, and the memory of a second one is saved. Those that read the collectors
    // wait for the next scrape: to start a thread costs more than to read half of the files.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_keep_alive(THREADS_WAIT).build();
    let outcome = runtime.context("cannot start the runtime").and_then(|runtime| {
        let outcome = runtime.block_on(perform(invocation, config, web, inventory, memory));
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

/// What protects the running exporter. Other tasks serve nothing; a check of the configuration reads it as well.
fn web(invocation: &Invocation) -> Result<Arc<Web>, Problems> {
    let wanted = matches!(invocation.task, Task::Run | Task::CheckConfig);
    Web::open(invocation.web_config_file.as_deref().filter(|_| wanted))
}

async fn perform(
    invocation: Invocation,
    config: Config,
    web: Arc<Web>,
    inventory: Arc<Inventory>,
    memory: Arc<Memory>,
) -> anyhow::Result<()> {
    match &invocation.task {
        Task::Run => run(invocation, config, web, inventory, memory).await,
        Task::CheckConfig => {
            writeln!(io::stdout(), "The configuration is good.").context("cannot write to standard output")
        }
        Task::Once => once(invocation, config, inventory, memory).await,
        Task::HealthCheck(Some(url)) => Ok(health::check_url(url).await?),
        Task::HealthCheck(None) => Ok(health::check(config.listen, invocation.web_config_file.is_some()).await?),
    }
}

async fn run(
    invocation: Invocation,
    config: Config,
    web: Arc<Web>,
    inventory: Arc<Inventory>,
    memory: Arc<Memory>,
) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("cannot listen to signals")?;
    let listen = config.listen;
    let listener = serve::bind(listen)?;
    let address = listener.local_addr().unwrap_or(listen);
    info!(version = build::VERSION, %address, "seamark-exporter serves /metrics");
    let kept = Arc::clone(&inventory);
    let app = App::start(invocation, config, Arc::clone(&web), inventory, memory)?;
    let _alive = systemd::ready(address);
    let serving = serve::serve(listener, server::router(app.clone()), web, async {
        while signals.next().await == Signal::Reload {
            // The result is in the log and in the metrics. Not waited for: the next signal may be to stop.
            let app = app.clone();
            systemd::reloading();
            tokio::spawn(async move { systemd::reloaded(app.reload().await.is_ok()) });
        }
        info!("seamark-exporter stops");
        systemd::stopping();
    });
    let served = serving.await.context("cannot serve");
    // A disk that does not answer must not hold up the end.
    let saved = tokio::time::timeout(LAST_SAVE, spawn_blocking(move || kept.save_state())).await;
    if saved.is_err() {
        warn!("the state file was not written within {} s", LAST_SAVE.as_secs());
    }
    served
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
    let app = App::start(invocation, config, Arc::default(), Arc::clone(&inventory), Arc::clone(&memory))?;
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
