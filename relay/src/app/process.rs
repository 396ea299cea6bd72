//! The process: from its arguments to its exit code.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser as _;
use seamark_kit::process;
use seamark_kit::serve::{self, Signal, Signals};
use seamark_kit::systemd;
use seamark_kit::web::{Web, health};
use seamark_kit::{build, telemetry};
use tracing::info;

use super::{App, Origin};
use crate::cli::{Cli, PrintConfig, Targets, Task};
use crate::command::{self, Usage};
use crate::config::{Config, DEFAULT_LISTEN};
use crate::server;

/// Bad configuration or usage.
const EXIT_USAGE: u8 = 2;

/// The whole program.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(EXIT_USAGE));
        }
    };
    // Without a default provider the first TLS connection would panic. It fails only when there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    telemetry::init(cli.log_level, cli.log_format);
    // A check of a URL that is given needs no configuration.
    if let Some(Task::Healthcheck { url: Some(url) }) = &cli.task {
        return outcome(block_on(async { Ok(health::check_url(url).await?) }));
    }
    // Nor does a list of servers, which may be imported where no relay is.
    if let Some(Task::Targets { what: Targets::Import(given) }) = &cli.task {
        return outcome(command::targets::import(given));
    }
    // An empty variable counts as not set: `${WEB_CONFIG:-}` in a compose file gives one.
    let web_file = cli.web_config_file.as_deref().filter(|file| !file.as_os_str().is_empty());
    let file = match &cli.task {
        Some(Task::CheckConfig { file: Some(file) }) => file.clone(),
        _ => cli.config_file.clone(),
    };
    let origin = Origin { file, listen: cli.listen_address.clone(), no_notices: cli.no_notices };
    let config = match origin.load() {
        Ok(config) => config,
        // A file that was broken after the start is no illness of the relay that runs with the one before.
        Err(_) if matches!(cli.task, Some(Task::Healthcheck { .. })) => {
            let listen = cli.listen_address.as_deref().and_then(serve::listen_address).unwrap_or(DEFAULT_LISTEN);
            return outcome(block_on(healthy(listen, web_file)));
        }
        Err(problems) => {
            let _ = writeln!(io::stderr(), "{problems}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let opened = match cli.task {
        None | Some(Task::CheckConfig { .. }) => Web::open(web_file),
        _ => Ok(Arc::default()),
    };
    let web = match opened {
        Ok(web) => web,
        Err(problems) => {
            let _ = writeln!(io::stderr(), "{problems}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    outcome(match cli.task {
        None => block_on(run(origin, config, web)),
        Some(Task::CheckConfig { .. }) => {
            writeln!(io::stdout(), "The configuration is good.").context("cannot write to standard output")
        }
        Some(Task::Healthcheck { .. }) => block_on(healthy(config.listen, web_file)),
        Some(Task::Preview { payload, to, detail }) => command::preview::run(&config, &payload, &to, detail),
        Some(Task::SendTest { channel, severity }) => block_on(command::send_test::run(&config, &channel, severity)),
        Some(Task::Stats { server }) => block_on(command::stats::run(&config, server)),
        Some(Task::Doctor) => block_on(command::doctor::run(&config)),
        Some(Task::Report { name, print: true, .. }) => block_on(command::report::print(&config, &name)),
        Some(Task::Report { name, channels, .. }) => block_on(command::report::send(&config, &name, &channels)),
        Some(Task::DeadLetters { what }) => block_on(command::dead_letters::run(&config, what)),
        Some(Task::Targets { what: Targets::Import(given) }) => command::targets::import(&given),
        Some(Task::PrintConfig { what: PrintConfig::Alertmanager(given) }) => {
            command::alertmanager::run(&config, &given)
        }
    })
}

fn outcome(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "seamark-relay: {error:#}");
            if error.is::<Usage>() { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

/// One thread: the relay waits for the network and for its writer thread, nearly all the time.
fn block_on(task: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(task)
}

async fn run(origin: Origin, config: Config, web: Arc<Web>) -> anyhow::Result<()> {
    process::allow_more_files();
    let mut signals = Signals::listen().context("cannot listen to signals")?;
    // Bound before the outbox is opened: what Alertmanager sends meanwhile waits in the socket instead of failing.
    let listen = config.listen;
    let listener = serve::bind(listen)?;
    let address = listener.local_addr().unwrap_or(listen);
    let app = App::start(origin, config).await?;
    app.protect(&web);
    info!(version = build::VERSION, %address, "seamark-relay takes notifications");
    let _alive = systemd::ready(address);
    let serving = serve::serve(listener, server::router(app.clone()), web, async {
        while signals.next().await == Signal::Reload {
            systemd::reloading();
            // The result is in the log and in the metrics.
            systemd::reloaded(app.reload().await.is_ok());
        }
        info!("seamark-relay stops");
        systemd::stopping();
        app.end_streams();
    });
    serving.await.context("cannot serve")?;
    app.stop().await;
    Ok(())
}

async fn healthy(listen: SocketAddr, web_file: Option<&Path>) -> anyhow::Result<()> {
    Ok(health::check(listen, web_file.is_some()).await?)
}
