//! Probes against servers of our own on the loopback interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "probe/stand_in.rs"]
mod stand_in;

#[path = "probe/board.rs"]
mod board;
#[path = "probe/databases.rs"]
mod databases;
#[path = "probe/dns.rs"]
mod dns;
#[path = "probe/harm.rs"]
mod harm;
#[path = "probe/http.rs"]
mod http;
#[path = "probe/https.rs"]
mod https;
#[path = "probe/peer.rs"]
mod peer;
#[path = "probe/tcp.rs"]
mod tcp;

use std::time::Duration;

use seamark_exporter::probe::report::Report;
use seamark_exporter::probe::settings::{self, Probe};
use seamark_kit::config::{self, Source};

/// Long enough for a machine that does other things besides.
const LONG: Duration = Duration::from_secs(20);

/// The probes of a configuration.
fn probes(text: &str) -> Vec<Probe> {
    let read = config::read(&Source::new("exporter.yml", text).with_environment([]), settings::read);
    read.unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// One run of the probe with these keys.
async fn run(keys: &str) -> Report {
    let mut probes = probes(&format!("probes: [{{name: it, {keys}}}]"));
    let mut probe = probes.remove(0);
    probe.timeout = LONG;
    probe.run().await
}

/// Why a run failed, or nothing.
fn why(report: &Report) -> String {
    report.failed().map(ToString::to_string).unwrap_or_default()
}
