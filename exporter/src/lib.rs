//! The Seamark exporter: host, container and probe metrics of one Docker host, and its crash alerts.

pub mod alertmanager;
pub mod app;
pub mod cli;
pub mod collector;
pub mod config;
pub mod docker;
pub mod faults;
pub mod filter;
pub mod host;
pub mod links;
pub mod netlink;
pub mod probe;
pub mod scrape;
pub mod server;
pub mod sockets;
pub mod text;
