//! The command line. A flag wins over its environment variable, which wins over the file.

use std::path::PathBuf;

use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, value_parser};
use seamark_kit::build;
use seamark_kit::telemetry::{LogFormat, LogLevel};

use crate::alert::Severity;
use crate::channel::Detail;

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

    /// TLS, client certificates, passwords, headers and limits, as exporters have them; none without
    #[arg(long = "web.config.file", env = "SEAMARK_RELAY_WEB_CONFIG_FILE", value_name = "FILE", global = true)]
    pub web_config_file: Option<PathBuf>,

    /// Say nothing in the chats when the relay starts and stops; instead of `notices: false` in the file
    #[arg(long = "no-notices", env = "SEAMARK_RELAY_NO_NOTICES", value_parser = FalseyValueParser::new())]
    pub no_notices: bool,

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
    /// Shows what the relay would post for a notification, and how much of the service's limits that takes; posts
    /// nothing
    Preview {
        /// A webhook's body, as Alertmanager posts it; `-` is standard input
        payload: PathBuf,
        /// The channel to lay it out for
        #[arg(long, value_name = "CHANNEL")]
        to: String,
        /// How much of it to keep: what a chat refuses is tried again with less in it
        #[arg(long, default_value = "full", value_parser = detail())]
        detail: Detail,
    },
    /// Posts a test message to a channel, past the outbox, and tells what came of it
    SendTest {
        /// The channel
        channel: String,
        /// How urgent it is to look
        #[arg(long, default_value = "info", value_parser = severity())]
        severity: Severity,
    },
    /// Prints how the servers and their containers are, as the bot says it
    Stats {
        /// This server alone, in detail
        #[arg(long, value_name = "NAME")]
        server: Option<String>,
    },
    /// Tries everything the relay needs, without posting anything, and tells what to do
    Doctor,
    /// Sends a report now, or shows it
    Report {
        /// Which one: its name below `reports` in the configuration
        name: String,
        /// Show what it says, and send nothing
        #[arg(long)]
        print: bool,
        /// Send it there, instead of to its own channels; may be given several times
        #[arg(long = "to", value_name = "CHANNEL", conflicts_with = "print")]
        channels: Vec<String>,
    },
    /// Messages that a chat refused in every form
    DeadLetters {
        /// What to do with them
        #[command(subcommand)]
        what: DeadLetters,
    },
    /// Servers for Prometheus to scrape
    Targets {
        /// What to do with them
        #[command(subcommand)]
        what: Targets,
    },
    /// Writes the configuration of another program, made to work with this relay
    PrintConfig {
        /// Which one
        #[command(subcommand)]
        what: PrintConfig,
    },
}

/// What to do with dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum DeadLetters {
    /// Lists them, the newest first
    List {
        /// Those of this channel alone
        #[arg(long)]
        channel: Option<String>,
    },
    /// Sends them again, in full
    Retry(Chosen),
    /// Forgets them
    Drop(Chosen),
}

/// Some of the dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Chosen {
    /// Those of this channel alone
    #[arg(long)]
    pub channel: Option<String>,
    /// Which ones, by the numbers that `list` shows
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub ids: Vec<i64>,
    /// All of them
    #[arg(long)]
    pub all: bool,
}

/// What to do with targets.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Targets {
    /// Makes a file of targets from a list of servers in CSV, such as alias,username,ip,password; passwords are not
    /// taken over
    Import(Import),
}

/// What becomes of a list.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Import {
    /// The list, with the columns alias (or name) and ip (or address), and maybe port and group; `-` is standard input
    pub list: PathBuf,
    /// The directory that Prometheus reads targets from, such as prometheus/targets; `-` is standard output
    #[arg(long, value_name = "DIR", default_value = "-")]
    pub output: PathBuf,
    /// The port of the exporters, where the list names none
    #[arg(long, default_value_t = 9877, value_parser = value_parser!(u16).range(1..))]
    pub port: u16,
    /// The job of these targets: the file is called after it
    #[arg(long, default_value = "seamark")]
    pub job: String,
    /// A column that becomes a label of its name; may be given several times
    #[arg(long = "label", value_name = "COLUMN")]
    pub labels: Vec<String>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A program whose configuration is written.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum PrintConfig {
    /// A whole alertmanager.yml: routes, inhibitions, receivers of this relay, and e-mail for what the relay cannot
    /// tell
    Alertmanager(Alertmanager),
}

/// What the relay cannot know by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Alertmanager {
    /// Where Alertmanager reaches the relay
    #[arg(long, value_name = "URL", default_value = "http://relay:9878")]
    pub relay_url: String,
    /// Where Alertmanager finds the relay's token or password, on its own disk [default: as in the relay's file]
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<String>,
    /// The mail server, such as mail.example.org:587
    #[arg(long, env = "SEAMARK_SMTP_SMARTHOST", value_name = "HOST:PORT")]
    pub smtp_smarthost: Option<String>,
    /// Who the mail is from
    #[arg(long, env = "SEAMARK_SMTP_FROM", value_name = "ADDRESS")]
    pub smtp_from: Option<String>,
    /// Who gets the mail
    #[arg(long, env = "SEAMARK_SMTP_TO", value_name = "ADDRESS")]
    pub smtp_to: Option<String>,
    /// The name to log in with
    #[arg(long, env = "SEAMARK_SMTP_USERNAME", value_name = "NAME")]
    pub smtp_username: Option<String>,
    /// Where Alertmanager finds the password, on its own disk
    #[arg(long, env = "SEAMARK_SMTP_PASSWORD_FILE", value_name = "FILE")]
    pub smtp_password_file: Option<String>,
    /// Send mail without TLS as well
    #[arg(long)]
    pub smtp_no_tls: bool,
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["info", "warning", "critical"]).map(|word| Severity::from_label(Some(&word)))
}

fn detail() -> impl TypedValueParser<Value = Detail> {
    PossibleValuesParser::new(["full", "compact", "plain", "title"]).map(|word| match word.as_str() {
        "compact" => Detail::Compact,
        "plain" => Detail::Plain,
        "title" => Detail::Title,
        _ => Detail::Full,
    })
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
