//! What the program can do besides running: a file for each command.
//!
//! Their output is for a terminal, in English; what they post is worded like every message.

use std::io::{self, Write as _};
use std::sync::Arc;

use anyhow::Context as _;

use crate::channel::Channel;
use crate::config::{Config, ConfiguredChannel};

pub mod alertmanager;
pub mod dead_letters;
pub mod doctor;
mod masked;
pub mod preview;
pub mod report;
mod running;
pub mod send_test;
pub mod stats;
pub mod targets;

/// The command was given something that cannot be meant; the exit code is 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The channel of this name.
///
/// # Errors
///
/// [`Usage`] when there is none, or it is off.
fn destination<'a>(config: &'a Config, name: &str) -> Result<(&'a ConfiguredChannel, &'a Arc<dyn Channel>), Usage> {
    let Some(configured) = config.channels.iter().find(|channel| channel.name == name) else {
        let known: Vec<_> = config.channels.iter().map(|channel| format!("`{}`", channel.name)).collect();
        return Err(Usage(format!("there is no channel `{name}`; the configuration has {}", known.join(", "))));
    };
    match &configured.channel {
        Some(channel) => Ok((configured, channel)),
        None => Err(Usage(format!("the channel `{name}` is off: give it its address in the configuration"))),
    }
}

fn say(line: impl AsRef<str>) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{}", line.as_ref()).context("cannot write to standard output")
}

/// Labels are anybody's choice, and a terminal obeys some of them.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
