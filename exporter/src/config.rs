//! `exporter.yml`: every key is optional. Each part reads its own section.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seamark_kit::config::{self, Asked, Override, Problems, Section, Source};
use seamark_kit::serve;

use crate::alertmanager;
use crate::collector::{COLLECTORS, Inputs};
use crate::docker::{self, inventory::Inventory};
use crate::host::HostRoot;
use crate::memory::Memory;
use crate::probe;
use crate::scrape::Scraper;
use crate::storage::{self, Place};
use crate::threshold::{self, Thresholds};

/// Where `/metrics` is served unless something else is set: all addresses, port 9877.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 9877);

/// A configuration that was read without a problem, and the collectors built from it.
pub struct Config {
    /// Where to serve.
    pub listen: SocketAddr,
    /// The host's name in pushed alerts; the node name where it is not set.
    pub instance: Option<String>,
    /// Where the host's files are.
    pub host: HostRoot,
    /// How to reach Docker, and which of its events become alerts.
    pub docker: docker::Settings,
    /// Where alerts go.
    pub alertmanager: alertmanager::Settings,
    /// What is probed, and what may be.
    pub probe: probe::Settings,
    /// Directories and volumes whose content is counted.
    pub storage: Vec<Place>,
    /// How much is too much.
    pub thresholds: Thresholds,
    /// The collectors that are switched on.
    pub scraper: Scraper,
}

/// Reads the file, if one is named, and builds the collectors.
///
/// # Errors
///
/// All problems at once, each with line and column; a file that cannot be read is one.
pub fn load(
    file: Option<&Path>,
    overrides: &[Override],
    inventory: &Arc<Inventory>,
    memory: &Arc<Memory>,
) -> Result<Config, Problems> {
    let mut source = match file {
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| Problems::unreadable(&name, format!("the file cannot be read: {error}")))?;
            Source::new(name, text)
        }
        None => Source::new("exporter.yml", ""),
    };
    source.overrides = overrides.to_vec();
    config::read(&source, |root| read(root, inventory, memory))
}

/// The keys that are asked for while this text is read, good or not; the reference is made from it.
pub fn keys(source: &Source) -> Vec<Asked> {
    config::keys(source, |root| read(root, &Arc::new(Inventory::new()), &Arc::default()))
}

fn read(root: &mut Section, inventory: &Arc<Inventory>, memory: &Arc<Memory>) -> Config {
    let expected = "an address with its port, such as `127.0.0.1:9877`, or `:9877` for all addresses";
    let listen = root.parse("listen", expected, serve::listen_address);
    // An empty name is no name: `instance: ${SEAMARK_INSTANCE:-}`.
    let instance = root.text("instance").filter(|name| !name.is_empty());
    let host = read_paths(&mut root.section("path"));
    let docker = docker::read(root, std::env::var("DOCKER_HOST").ok().as_deref());
    let alertmanager = alertmanager::read(&mut root.section("alertmanager"));
    let probe = probe::read(root);
    let thresholds = threshold::read(&mut root.section("thresholds"));
    let storage = storage::read(root);
    let inputs = Inputs { memory: Arc::clone(memory), ..Inputs::new(host.clone(), Arc::clone(inventory)) };
    let scraper = Scraper::new(COLLECTORS, &inputs, &mut root.section("collectors"));
    Config {
        listen: listen.unwrap_or(DEFAULT_LISTEN),
        instance,
        host,
        docker,
        alertmanager,
        probe,
        storage,
        thresholds,
        scraper,
    }
}

fn read_paths(section: &mut Section) -> HostRoot {
    let mut folder = |key: &'static str, default: &str| {
        let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
        section.parse(key, "an absolute path", absolute).unwrap_or_else(|| PathBuf::from(default))
    };
    let (procfs, sysfs, rootfs) = (folder("procfs", "/proc"), folder("sysfs", "/sys"), folder("rootfs", "/"));
    HostRoot::new(procfs, sysfs, rootfs, folder("udev_data", "/run/udev/data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> Result<Config, Problems> {
        let inventory = Arc::new(Inventory::new());
        config::read(&Source::new("exporter.yml", text).with_environment([]), |root| {
            read(root, &inventory, &Arc::default())
        })
    }

    #[test]
    fn the_shipped_example_is_good_and_says_the_defaults() {
        let example = load_text(include_str!("../../deploy/examples/exporter.yml")).unwrap_or_else(|problems| {
            panic!("{problems}");
        });
        let defaults = load_text("").unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(example.listen, defaults.listen);
        assert_eq!(example.instance, None);
        assert_eq!(example.docker, defaults.docker);
        assert_eq!(example.thresholds, defaults.thresholds);
        assert_eq!(example.scraper.names().collect::<Vec<_>>(), defaults.scraper.names().collect::<Vec<_>>());
    }

    #[test]
    fn docker_is_asked_to_count_only_on_request_and_not_too_often() {
        let often = |text: &str| {
            let config = load_text(text).map_err(|problems| problems.to_string())?;
            Ok([config.docker.sizes, config.docker.disk_usage].map(|often| often.map(|often| often.as_secs())))
        };
        assert_eq!(often(""), Ok([None, None]));
        assert_eq!(often("docker: {sizes: off, disk_usage: off}"), Ok([None, None]));
        assert_eq!(often("docker: {sizes: 10m, disk_usage: 1h}"), Ok([Some(600), Some(3600)]));
        let expected = "expected how often to ask for it, from `10m` to `7d`, or `off`, found";
        let problems = format!(
            "exporter.yml:1:17: docker.sizes: {expected} `true`\nexporter.yml:1:35: docker.disk_usage: {expected} `30s`"
        );
        assert_eq!(often("docker: {sizes: true, disk_usage: 30s}"), Err(problems));
    }

    /// The example with the settings of collectors that stand in comments; a comment in words begins with a capital.
    fn example_with_every_setting() -> String {
        let example = include_str!("../../deploy/examples/exporter.yml");
        let is_setting = |text: &str| text.trim_start().starts_with(|first: char| first.is_ascii_lowercase());
        let line = |line: &str| match line.strip_prefix("  # ") {
            Some(setting) if is_setting(setting) => format!("  {setting}\n"),
            _ => format!("{line}\n"),
        };
        let (before, collectors) = example.split_once("\ncollectors:\n").unwrap();
        let collectors: String = collectors.lines().map(line).collect();
        format!("{before}\ncollectors:\n{collectors}")
    }

    #[test]
    fn the_settings_that_the_example_shows_in_comments_are_good_and_those_of_the_flags() {
        let all = example_with_every_setting();
        let example = load_text(&all).unwrap_or_else(|problems| panic!("{problems}\n{all}"));
        assert_eq!(
            example.scraper.names().collect::<Vec<_>>(),
            ["cpu", "processes", "tcpstat", "interrupts", "systemd"],
            "only those that the example switches on by name"
        );
        for key in [
            "mount_points_exclude",
            "fs_types_exclude",
            "diskstats:\n    device_exclude",
            "netdev:\n    device_exclude",
            "ignored_devices",
            "directory",
            "vmstat:\n    fields",
            "netstat:\n    fields",
            "disable_defaults",
        ] {
            assert!(all.contains(&format!("  {key}: ")), "{key} is not shown");
        }
    }

    #[test]
    fn what_else_the_example_shows_in_comments_is_good() {
        let example = include_str!("../../deploy/examples/exporter.yml").replace("\nstorage: []\n", "\n");
        let begins = ["# watch:", "#   - {name: ", "#   - {service: ", "# include:", "# exclude:", "# labels:"];
        let begins = begins.into_iter().chain(["# state_file:", "# storage:"]);
        let begins: Vec<_> = begins.collect();
        let line = |line: &str| match line.trim_start() {
            text if begins.iter().any(|begin| text.starts_with(begin)) && !text.contains("http") => {
                format!("{}\n", line.replacen("# ", "", 1))
            }
            _ => format!("{line}\n"),
        };
        let (before_probes, _) = example.split_once("\n# probes:").unwrap();
        let text: String = before_probes.lines().map(line).collect();
        let all = load_text(&text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        assert_eq!((all.docker.watch.len(), all.storage.len(), all.alertmanager.labels.len()), (2, 3, 1));
        assert_eq!((all.docker.rules.include.len(), all.docker.rules.exclude.len()), (1, 1));
        assert!(all.docker.state_file.is_some());
    }

    #[test]
    fn the_probes_that_the_example_shows_in_comments_are_good() {
        let example = include_str!("../../deploy/examples/exporter.yml");
        let uncommented = |from: &str| -> String {
            let (_, rest) = example.split_once(&format!("\n# {from}")).unwrap();
            let (section, _) = rest.split_once("\n\n").unwrap();
            format!("{from}{}\n", section.replace("\n# ", "\n"))
        };
        let text = format!("{}{}", uncommented("probes:"), uncommented("probe_endpoint:"));
        let example = load_text(&text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        assert_eq!(example.probe.probes.len(), 8);
        assert!(example.probe.modules.unwrap().contains_key("api_ok"));
    }

    #[test]
    fn all_problems_come_at_once_with_line_and_column() {
        let text = "listen: 9877\npath: {procfs: proc}\ndocker:\n  hots: unix:///x\n  restart_window: 1\n\
                    collectors:\n  cpuu: {}\n  cpu: {enabled: maybe}\n  container_cpu: off\n";
        let problems = load_text(text).err().map(|problems| problems.to_string()).unwrap_or_default();
        let places: Vec<_> = problems.lines().filter_map(|line| line.split(": ").next()).collect();
        let expected = [
            "exporter.yml:1:9",
            "exporter.yml:2:16",
            "exporter.yml:4:3",
            "exporter.yml:5:19",
            "exporter.yml:7:3",
            "exporter.yml:8:18",
            "exporter.yml:9:18",
        ];
        assert_eq!(places, expected, "{problems}");
        assert!(problems.contains("unknown key `cpuu`; did you mean `cpu`?"), "{problems}");
        assert!(problems.contains("container_cpu: expected a mapping such as `{enabled: false}`"), "{problems}");
    }
}
