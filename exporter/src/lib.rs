//! The Seamark exporter: host, container and probe metrics of one Docker host, and its crash alerts.

pub mod alertmanager;
pub mod app;
pub mod cgroup;
pub mod cli;
pub mod collector;
pub mod config;
pub mod docker;
pub mod faults;
pub mod filter;
pub mod host;
pub mod links;
pub mod memory;
pub mod netlink;
pub mod pace;
pub mod probe;
pub mod redact;
pub mod scrape;
pub mod server;
pub mod sockets;
pub mod storage;
pub mod text;
pub mod threshold;
pub mod units;
