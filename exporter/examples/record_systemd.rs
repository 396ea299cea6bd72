//! Writes down what node_exporter says of the stand-in for systemd in `tests/systemd`: `record_systemd BINARY`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../tests/systemd/stand_in.rs"]
mod stand_in;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // reqwest refuses to be without, though nothing here is encrypted.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let binary = std::env::args().nth(1).expect("usage: record_systemd BINARY");
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("bus");
    stand_in::start(&socket);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = Command::new(binary)
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--web.disable-exporter-metrics", "--collector.disable-defaults"])
        .args(stand_in::FLAGS)
        .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", socket.display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}/metrics");
    let text = loop {
        match reqwest::get(&url).await {
            Ok(response) => break response.text().await.unwrap(),
            Err(_) if child.try_wait().unwrap().is_none() => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("node_exporter ended: {error}"),
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let differs = |line: &&str| {
        line.starts_with("# HELP") || line.contains("node_scrape_collector_duration_") || line.contains("_build_info")
    };
    let kept: String = text.lines().filter(|line| !differs(line)).map(|line| line.to_owned() + "\n").collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/systemd/node_exporter.prom");
    fs::write(file, kept).unwrap();
}
