//! The collectors of node_exporter that there are not here. Whoever has switched them off there keeps that flag;
//! whoever wants one is told.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};

/// node_exporter 1.11.1 on Linux.
const NAMES: &[&str] = &[
    "bcachefs",
    "buddyinfo",
    "cgroups",
    "cpu_vulnerabilities",
    "drbd",
    "drm",
    "ethtool",
    "fibrechannel",
    "infiniband",
    "ipvs",
    "ksmd",
    "lnstat",
    "logind",
    "meminfo_numa",
    "mountstats",
    "network_route",
    "ntp",
    "pcidevice",
    "perf",
    "qdisc",
    "runit",
    "slabinfo",
    "supervisord",
    "swap",
    "sysctl",
    "tapestats",
    "wifi",
    "xfrm",
    "zoneinfo",
];

/// `--collector.NAME` and `--no-collector.NAME` of each, which no help shows.
pub(super) fn flags() -> impl Iterator<Item = Arg> {
    NAMES.iter().flat_map(|name| {
        let (flag, no) = (format!("collector.{name}"), format!("no-collector.{name}"));
        let hidden = |flag: String| Arg::new(flag.clone()).long(flag).action(ArgAction::SetTrue).hide(true);
        [hidden(flag).overrides_with(no.clone()), hidden(no)]
    })
}

/// Refuses one that is switched on; it is off in any case.
pub(super) fn check(matches: &ArgMatches, command: &mut Command) -> Result<(), clap::Error> {
    let Some(name) = NAMES.iter().find(|name| matches.get_flag(&format!("collector.{name}"))) else { return Ok(()) };
    let message = format!(
        "seamark-exporter does not have node_exporter's collector `{name}`; leave out `--collector.{name}`, or leave \
         node_exporter running beside it with `--collector.disable-defaults --collector.{name}`"
    );
    Err(command.error(ErrorKind::UnknownArgument, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parse;
    use crate::collector::COLLECTORS;

    #[test]
    fn what_is_not_here_may_be_switched_off_and_not_on() {
        for name in NAMES {
            assert!(COLLECTORS.iter().all(|known| known.name != *name), "{name} is here");
            let off = format!("--no-collector.{name}");
            assert!(parse(["seamark-exporter", &off]).unwrap().overrides.is_empty());
            assert!(parse(["seamark-exporter", &format!("--collector.{name}"), &off]).is_ok());
        }
        let error = parse(["seamark-exporter", "--collector.ipvs"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(text.starts_with("error: seamark-exporter does not have node_exporter's collector `ipvs`; "), "{text}");
        let help = parse(["seamark-exporter", "--help"]).unwrap_err().to_string();
        assert!(!help.contains("ipvs"), "{help}");
    }
}
