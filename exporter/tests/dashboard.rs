//! The names that people's dashboards ask for, over the made-up hosts and the whole program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "systemd/stand_in.rs"]
mod stand_in;
#[path = "hosts/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tree::{Host, hosts};

/// Names that no node_exporter has: the kernel's count has `_total` behind it, and node_exporter's default fields leave
/// `MaxConn` out.
const NOWHERE: [&str; 2] = ["node_kernel_hung_tasks", "node_netstat_Tcp_MaxConn"];

/// The names on `/metrics` of a host, with every collector on and a systemd that answers.
fn names(host: &Host) -> BTreeSet<String> {
    // The bus is that of the host's root.
    let bus = host.path().join("root/run/dbus/system_bus_socket");
    fs::create_dir_all(bus.parent().unwrap()).unwrap();
    stand_in::start(&bus);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-exporter"));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    for (flag, root) in [("procfs", "proc"), ("sysfs", "sys"), ("rootfs", "root"), ("udev.data", "udev")] {
        command.arg(format!("--path.{flag}={}", host.path().join(root).display()));
    }
    command.env_remove("DBUS_SYSTEM_BUS_ADDRESS");
    command.args(seamark_exporter::collector::COLLECTORS.iter().map(|it| format!("--collector.{}", it.name)));
    let mut child = command.args(host.flags("flag")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let text = loop {
        match reqwest::blocking::get(format!("http://127.0.0.1:{port}/metrics")) {
            Ok(answer) => break answer.error_for_status().unwrap().text().unwrap(),
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        thread::sleep(Duration::from_millis(20));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let series = text.lines().filter(|line| !line.starts_with('#'));
    series.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect()
}

#[test]
fn dashboard_1860_finds_every_name_that_exists() {
    let bus = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let handle = bus.handle().clone();
    let _inside = handle.enter();
    thread::spawn(move || bus.block_on(std::future::pending::<()>()));
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let asked: BTreeSet<_> = include_str!("fixtures/dashboard-1860/names.txt").lines().map(str::to_owned).collect();
    assert_eq!(asked.len(), 229);
    let told: BTreeSet<_> = hosts().iter().flat_map(|name| names(&Host::unpack(name))).collect();
    let missing: Vec<_> = asked.difference(&told).map(String::as_str).collect();
    assert_eq!(missing, NOWHERE, "{} of 229 names are there", 229 - missing.len());
}
