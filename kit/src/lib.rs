//! What both Seamark programs share: reading configuration with positions, the exposition format, secrets, logging
//! and serving HTTP.
//!
//! It holds only what was needed twice. What one program needs stays in that program.

pub mod build;
pub mod config;
pub mod exposition;
pub mod process;
pub mod secret;
pub mod serve;
pub mod systemd;
pub mod telemetry;
pub mod upstream;
pub mod web;
