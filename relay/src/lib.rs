//! The Seamark relay: takes Alertmanager's notifications and turns them into messages that people like to read,
//! through an outbox that loses nothing.

pub mod alert;
pub mod alertmanager;
pub mod api;
pub mod app;
pub mod bot;
pub mod channel;
pub mod chart;
pub mod cli;
pub mod command;
pub mod compose;
pub mod config;
pub mod deliver;
mod fault;
pub mod feed;
pub mod fleet;
pub mod ingest;
pub mod message;
pub mod metrics;
pub mod panel;
pub mod pipeline;
pub mod prometheus;
pub mod report;
pub mod server;
pub mod store;
pub mod watchdog;
pub mod web;
