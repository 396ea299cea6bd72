//! The command line. A flag that sets something sets the same key as the file does; it wins over the environment,
//! which wins over the file.

mod left_out;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use seamark_kit::build;
use seamark_kit::config::Override;
use seamark_kit::telemetry::{LogFormat, LogLevel};

use crate::collector::{COLLECTORS, REPEATED_FLAGS};

/// What the process is to do, and with what.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// What to do.
    pub task: Task,
    /// The configuration file; without one all settings have their defaults.
    pub config_file: Option<PathBuf>,
    /// TLS, passwords and limits for what is served.
    pub web_config_file: Option<PathBuf>,
    /// Settings from flags and from the environment.
    pub overrides: Vec<Override>,
    /// How much to log.
    pub log_level: LogLevel,
    /// How to write it.
    pub log_format: LogFormat,
}

/// What the process is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Serve until told to stop.
    Run,
    /// Read the configuration and tell what is wrong with it.
    CheckConfig,
    /// One scrape on standard output.
    Once,
    /// Ask the exporter that runs here whether it is well; `Some` is the URL to ask.
    HealthCheck(Option<String>),
}

/// A flag that stands for a key of the file.
struct Setting {
    flag: &'static str,
    path: &'static [&'static str],
    value: &'static str,
    help: &'static str,
}

const SETTINGS: &[Setting] = &[
    Setting {
        flag: "web.listen-address",
        path: &["listen"],
        value: "ADDRESS",
        help: "Where to serve /metrics, such as 127.0.0.1:9877; :9877 (the default) is all addresses",
    },
    Setting {
        flag: "instance",
        path: &["instance"],
        value: "NAME",
        help: "The host's name in the alerts that are pushed [default: the host name]",
    },
    Setting { flag: "path.procfs", path: &["path", "procfs"], value: "DIR", help: "Where the host's /proc is" },
    Setting { flag: "path.sysfs", path: &["path", "sysfs"], value: "DIR", help: "Where the host's /sys is" },
    Setting { flag: "path.rootfs", path: &["path", "rootfs"], value: "DIR", help: "Where the host's / is" },
    Setting {
        flag: "path.udev.data",
        path: &["path", "udev_data"],
        value: "DIR",
        help: "Where the host's /run/udev/data is",
    },
    Setting {
        flag: "docker.host",
        path: &["docker", "host"],
        value: "URL",
        help: "Docker's API, such as unix:///var/run/docker.sock or tcp://socket-proxy:2375",
    },
    Setting {
        flag: "state.file",
        path: &["state_file"],
        value: "FILE",
        help: "Where the counts of exits are kept over a restart [default: nowhere]",
    },
];

/// Reads the arguments, the program's name included.
///
/// # Errors
///
/// Usage errors, and the text of `--help` and `--version`; `exit_code()` of the error tells them apart.
pub fn parse<I>(arguments: I) -> Result<Invocation, clap::Error>
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    left_out::check(&matches, &mut command)?;
    let (task, file) = match matches.subcommand() {
        Some(("check-config", sub)) => (Task::CheckConfig, sub.get_one::<PathBuf>("FILE").cloned()),
        Some(("once", _)) => (Task::Once, None),
        Some(("healthcheck", sub)) => (Task::HealthCheck(sub.get_one::<String>("url").cloned()), None),
        _ => (Task::Run, None),
    };
    Ok(Invocation {
        task,
        config_file: file.or_else(|| matches.get_one::<PathBuf>("config.file").cloned()),
        web_config_file: matches.get_one::<PathBuf>("web.config.file").cloned(),
        overrides: overrides(&matches),
        log_level: matches.get_one("log.level").copied().unwrap_or_default(),
        log_format: matches.get_one("log.format").copied().unwrap_or_default(),
    })
}

/// The whole command line, for parsing and for what is generated from it.
pub fn command() -> Command {
    Command::new("seamark-exporter")
        .about("Prometheus exporter for a Docker host: host metrics, container state and exits, crash alerts")
        .version(build::version_line())
        .args(
            SETTINGS
                .iter()
                .map(|setting| {
                    Arg::new(setting.flag).long(setting.flag).value_name(setting.value).help(setting.help).global(true)
                })
                .map(or_variable),
        )
        .arg(or_variable(
            Arg::new("config.file")
                .long("config.file")
                .value_name("FILE")
                .help("The configuration file; everything in it is optional, and so is the file")
                .value_parser(value_parser!(PathBuf))
                .global(true),
        ))
        .arg(or_variable(
            Arg::new("web.config.file")
                .long("web.config.file")
                .value_name("FILE")
                .help("TLS, client certificates, passwords, headers and limits, as in node_exporter [default: none]")
                .value_parser(value_parser!(PathBuf))
                .global(true),
        ))
        .arg(or_variable(
            Arg::new("log.level")
                .long("log.level")
                .value_name("LEVEL")
                .help("How much to log")
                .value_parser(value_parser!(LogLevel))
                .default_value("info")
                .global(true),
        ))
        .arg(or_variable(
            Arg::new("log.format")
                .long("log.format")
                .value_name("FORMAT")
                .help("How to write it")
                .value_parser(value_parser!(LogFormat))
                .default_value("logfmt")
                .global(true),
        ))
        .args(collector_flags())
        .subcommand(
            Command::new("check-config")
                .about("Reads the configuration and tells everything that is wrong with it")
                .arg(Arg::new("FILE").value_parser(value_parser!(PathBuf)).help("The file [default: --config.file]")),
        )
        .subcommand(Command::new("once").about("Writes one scrape to standard output, without serving"))
        .subcommand(
            Command::new("healthcheck")
                .about("Asks the exporter that runs here whether it is well; for HEALTHCHECK in images")
                .arg(Arg::new("url").long("url").help("What to ask [default: /-/healthy at the configured address]")),
        )
}

const DISABLE_DEFAULTS: &str = "collector.disable-defaults";

/// Flags and what node_exporter once called them. It still takes these old names, without a word in its help, and many
/// a compose file has them.
const OLD_NAMES: [(&str, &str); 3] = [
    ("collector.filesystem.mount-points-exclude", "collector.filesystem.ignored-mount-points"),
    ("collector.filesystem.fs-types-exclude", "collector.filesystem.ignored-fs-types"),
    ("collector.diskstats.device-exclude", "collector.diskstats.ignored-devices"),
];

/// `--collector.disable-defaults`, `--collector.NAME`, `--no-collector.NAME`, and the options that collectors declare.
fn collector_flags() -> impl Iterator<Item = Arg> {
    let switch = |flag: String, help: String| {
        let no = format!("no-{flag}");
        let off = format!("Switches --{flag} off");
        [
            Arg::new(flag.clone()).long(flag.clone()).action(ArgAction::SetTrue).help(help).overrides_with(no.clone()),
            Arg::new(no.clone()).long(no).action(ArgAction::SetTrue).help(off).hide_short_help(true),
        ]
    };
    let defaults = switch(DISABLE_DEFAULTS.to_owned(), "Only the collectors that are switched on by name".to_owned());
    let collectors = COLLECTORS.iter().flat_map(move |collector| {
        let default = if collector.on_by_default { "on" } else { "off" };
        let mut flags = Vec::from(switch(
            format!("collector.{}", collector.name),
            format!("Collector {} [default: {default}]", collector.name),
        ));
        for option in collector.options {
            if option.switch {
                flags.extend(switch(option.flag.to_owned(), option.help.to_owned()));
            } else {
                let action = if REPEATED_FLAGS.contains(&option.flag) { ArgAction::Append } else { ArgAction::Set };
                let old_name = OLD_NAMES.iter().find(|(now, _)| *now == option.flag).map(|(_, before)| *before);
                let flag = Arg::new(option.flag).long(option.flag).value_name("VALUE").aliases(old_name);
                flags.push(flag.help(option.help).action(action));
            }
        }
        flags
    });
    defaults.into_iter().chain(collectors).chain(left_out::flags()).map(|flag| flag.global(true))
}

/// The flag, or else its variable. An empty one counts as not set: `${LOG_LEVEL:-}` in a compose file gives one.
fn or_variable(flag: Arg) -> Arg {
    let name = variable(flag.get_id().as_str());
    if std::env::var_os(&name).is_some_and(|value| value.is_empty()) { flag } else { flag.env(name) }
}

fn variable(flag: &str) -> String {
    format!("SEAMARK_EXPORTER_{}", flag.replace(['.', '-'], "_").to_ascii_uppercase())
}

fn overrides(matches: &ArgMatches) -> Vec<Override> {
    let mut found = Vec::new();
    for setting in SETTINGS {
        if let Some(value) = matches.get_one::<String>(setting.flag) {
            let origin = match matches.value_source(setting.flag) {
                Some(ValueSource::EnvVariable) => variable(setting.flag),
                _ => format!("--{}", setting.flag),
            };
            let path = setting.path.iter().map(|key| (*key).to_owned()).collect();
            found.push(Override { path, value: value.clone(), origin });
        }
    }
    for (flag, value) in [(DISABLE_DEFAULTS.to_owned(), "true"), (format!("no-{DISABLE_DEFAULTS}"), "false")] {
        if matches.get_flag(&flag) {
            let path = vec!["collectors".to_owned(), "disable_defaults".to_owned()];
            found.push(Override { path, value: value.to_owned(), origin: format!("--{flag}") });
        }
    }
    for collector in COLLECTORS {
        let mut add = |flag: &str, key: &str, value: &str| {
            let path = vec!["collectors".to_owned(), collector.name.to_owned(), key.to_owned()];
            found.push(Override { path, value: value.to_owned(), origin: format!("--{flag}") });
        };
        let mut add_switch = |flag: &str, key: &str| {
            let no = format!("no-{flag}");
            if matches.get_flag(flag) {
                add(flag, key, "true");
            } else if matches.get_flag(&no) {
                add(&no, key, "false");
            }
        };
        add_switch(&format!("collector.{}", collector.name), "enabled");
        for option in collector.options.iter().filter(|option| option.switch) {
            add_switch(option.flag, option.key);
        }
        for option in collector.options.iter().filter(|option| !option.switch) {
            if let Some(values) = matches.get_many::<String>(option.flag) {
                // Several are the lines of one text.
                add(option.flag, option.key, &values.map(String::as_str).collect::<Vec<_>>().join("\n"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &[&str]) -> Vec<(String, String)> {
        let arguments = [&["seamark-exporter"], arguments].concat();
        let invocation = parse(arguments).unwrap();
        invocation.overrides.into_iter().map(|change| (change.path.join("."), change.value)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn flags_set_the_keys_of_the_file() {
        let given = ["--path.procfs", "/host/proc", "--no-collector.cpu", "--web.listen-address=:1"];
        let expected = [("listen", ":1"), ("path.procfs", "/host/proc"), ("collectors.cpu.enabled", "false")];
        assert_eq!(settings(&given), pairs(&expected));
    }

    #[test]
    fn the_later_of_two_opposite_switches_wins() {
        assert_eq!(settings(&["--no-collector.cpu", "--collector.cpu"]), pairs(&[("collectors.cpu.enabled", "true")]));
        assert_eq!(settings(&["--collector.cpu", "--no-collector.cpu"]), pairs(&[("collectors.cpu.enabled", "false")]));
    }

    #[test]
    fn the_defaults_can_be_switched_off_at_once() {
        let expected = [("collectors.disable_defaults", "true"), ("collectors.cpu.enabled", "true")];
        assert_eq!(settings(&["--collector.disable-defaults", "--collector.cpu"]), pairs(&expected));
    }

    #[test]
    fn a_flag_that_may_be_repeated_gives_lines_and_another_is_refused() {
        let given = ["--collector.textfile.directory=/a", "--collector.textfile.directory", "/b/*"];
        assert_eq!(settings(&given), pairs(&[("collectors.textfile.directory", "/a\n/b/*")]));
        let twice =
            ["seamark-exporter", "--collector.diskstats.device-exclude=a", "--collector.diskstats.device-exclude=b"];
        assert_eq!(parse(twice).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn the_names_that_flags_had_in_old_compose_files_do_as_the_new_ones() {
        let given = [
            "--collector.filesystem.ignored-mount-points=^/sys($$|/)",
            "--collector.filesystem.ignored-fs-types=^tmpfs$",
            "--collector.diskstats.ignored-devices=^loop",
        ];
        let expected = [
            ("collectors.filesystem.mount_points_exclude", "^/sys($$|/)"),
            ("collectors.filesystem.fs_types_exclude", "^tmpfs$"),
            ("collectors.diskstats.device_exclude", "^loop"),
        ];
        assert_eq!(settings(&given), pairs(&expected));
    }

    #[test]
    fn what_is_not_here_can_be_switched_off_but_not_on() {
        assert_eq!(settings(&["--no-collector.wifi", "--no-collector.ipvs"]), []);
        assert_eq!(parse(["seamark-exporter", "--collector.wifi"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn check_config_takes_the_file_either_way() {
        for arguments in
            [["seamark-exporter", "check-config", "a.yml"], ["seamark-exporter", "--config.file=a.yml", "check-config"]]
        {
            let invocation = parse(arguments).unwrap();
            assert_eq!(invocation.task, Task::CheckConfig);
            assert_eq!(invocation.config_file, Some(PathBuf::from("a.yml")));
        }
    }

    #[test]
    fn a_wrong_flag_is_a_usage_error_with_exit_code_2() {
        assert_eq!(parse(["seamark-exporter", "--colector.cpu"]).unwrap_err().exit_code(), 2);
        assert_eq!(parse(["seamark-exporter", "--help"]).unwrap_err().exit_code(), 0);
    }
}
