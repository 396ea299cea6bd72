//! The command line. A flag wins over its environment variable, which wins over the file.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use seamark_kit::build;
use seamark_kit::telemetry::{LogFormat, LogLevel};

/// Takes Alertmanager's notifications and brings them to chats, through an outbox that loses nothing.
#[derive(Debug, Clone, Parser)]
#[command(name = "seamark-relay", version = build::version_line())]
pub struct Cli {
    /// The configuration file
    #[arg(
        long = "config.file",
        env = "SEAMARK_RELAY_CONFIG_FILE",
        value_name = "FILE",
        default_value = "/etc/seamark/relay.yml",
        global = true
    )]
    pub config_file: PathBuf,

    /// Where to listen, such as 127.0.0.1:9878; instead of `listen` in the file
    #[arg(
        long = "web.listen-address",
        env = "SEAMARK_RELAY_WEB_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        global = true
    )]
    pub listen_address: Option<String>,

    /// How much to log
    #[arg(
        long = "log.level",
        env = "SEAMARK_RELAY_LOG_LEVEL",
        value_name = "LEVEL",
        value_enum,
        default_value = "info",
        global = true
    )]
    pub log_level: LogLevel,

    /// How to write it
    #[arg(
        long = "log.format",
        env = "SEAMARK_RELAY_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value = "logfmt",
        global = true
    )]
    pub log_format: LogFormat,

    /// What to do; without one of these, the relay runs
    #[command(subcommand)]
    pub task: Option<Task>,
}

/// What else there is to do than to run.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// Reads the configuration and tells everything that is wrong with it
    CheckConfig {
        /// The file [default: --config.file]
        file: Option<PathBuf>,
    },
    /// Asks the relay that runs here whether it is well; for HEALTHCHECK in images
    Healthcheck {
        /// What to ask [default: /-/healthy at the configured address]
        #[arg(long)]
        url: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_before_and_behind_a_subcommand() {
        let before = Cli::parse_from(["seamark-relay", "--config.file", "a.yml", "check-config"]);
        let behind = Cli::parse_from(["seamark-relay", "check-config", "--config.file", "a.yml"]);
        assert_eq!((before.config_file, before.task), (behind.config_file, behind.task));
    }

    #[test]
    fn a_flag_that_does_not_exist_is_a_usage_error() {
        assert_eq!(Cli::try_parse_from(["seamark-relay", "--nonsense"]).unwrap_err().exit_code(), 2);
    }
}
