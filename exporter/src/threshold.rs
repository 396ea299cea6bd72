//! Thresholds: how much is too much, from the section `thresholds` of the configuration and from labels of containers.
//!
//! They are told as series (`seamark_threshold`), so that one rule holds for every host and every limit is a line in a
//! graph. A check that is off is told as `+Inf`.

pub mod labels;
pub mod limit;

use std::collections::BTreeMap;

use seamark_kit::config::{Item, Section};

use limit::{Limits, Unit};

/// The limits of all checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Share of the CPUs that is in use.
    pub host_cpu: Limits,
    /// Share of the memory that is not available.
    pub host_memory: Limits,
    /// Share of the swap that is in use.
    pub host_swap: Limits,
    /// Share of a file system that is in use.
    pub host_disk: Limited,
    /// Traffic of a network device, in bits per second, each way for itself.
    pub host_network: Limited,
    /// Sockets of TCP and UDP in use, without those that only wait for late packets.
    pub host_connections: Limits,
    /// Share of its CPU quota, or of the host's CPUs, that a container uses.
    pub container_cpu: Limits,
    /// Share of its memory limit, or of the host's memory, that a container uses.
    pub container_memory: Limits,
    /// Traffic of a container, both ways together, in bytes per second.
    pub container_network: Limits,
}

/// Limits that can be other ones for some objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Limited {
    /// For all others.
    limits: Limits,
    /// By mount point, or by name of the device.
    own: BTreeMap<String, Limits>,
}

impl Limited {
    /// The limits of one object.
    pub fn of(&self, object: &str) -> Limits {
        self.own.get(object).copied().unwrap_or(self.limits)
    }
}

impl From<Limits> for Limited {
    fn from(limits: Limits) -> Self {
        Self { limits, own: BTreeMap::new() }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            host_cpu: Limits::warning(0.8),
            host_memory: Limits::both(0.8, 0.95),
            host_swap: Limits::warning(0.8),
            host_disk: Limits::both(0.8, 0.9).into(),
            host_network: Limits::warning(100e6).into(),
            host_connections: Limits::warning(1000.0),
            container_cpu: Limits::warning(0.8),
            container_memory: Limits::warning(0.8),
            container_network: Limits::warning(limit::OFF),
        }
    }
}

/// Reads the section `thresholds`.
pub fn read(section: &mut Section) -> Thresholds {
    let default = Thresholds::default();
    let mut of = |key, unit, before| limits(&mut section.section_or_value(key), unit, before);
    let host_cpu = of("host_cpu", Unit::Share, default.host_cpu);
    let host_memory = of("host_memory", Unit::Share, default.host_memory);
    let host_swap = of("host_swap", Unit::Share, default.host_swap);
    let host_connections = of("host_connections", Unit::Count, default.host_connections);
    let container_cpu = of("container_cpu", Unit::Share, default.container_cpu);
    let container_memory = of("container_memory", Unit::Share, default.container_memory);
    let container_network = of("container_network", Unit::Bytes, default.container_network);
    let is_path = |mount: &Item| {
        if !mount.text.starts_with('/') {
            mount.problem(format!("expected the path of a mount point, found `{}`", mount.text));
        }
    };
    let mut disk = section.section_or_value("host_disk");
    let host_disk = limited(&mut disk, "mounts", Unit::Share, default.host_disk.limits, is_path);
    let mut network = section.section_or_value("host_network");
    let host_network = limited(&mut network, "devices", Unit::Bits, default.host_network.limits, |_| {});
    Thresholds {
        host_cpu,
        host_memory,
        host_swap,
        host_disk,
        host_network,
        host_connections,
        container_cpu,
        container_memory,
        container_network,
    }
}

fn limited(section: &mut Section, key: &'static str, unit: Unit, before: Limits, check: impl Fn(&Item)) -> Limited {
    let limits = limits(section, unit, before);
    let mut own = BTreeMap::new();
    for (object, mut section) in section.entries_or_values(key) {
        check(&object);
        own.insert(object.text, self::limits(&mut section, unit, limits));
    }
    Limited { limits, own }
}

/// One value is the warning; a mapping has `warning` and `critical`.
fn limits(section: &mut Section, unit: Unit, before: Limits) -> Limits {
    if let Some(text) = section.scalar() {
        return match unit.read(text) {
            Ok(limit::OFF) => Limits::off(before),
            Ok(warning) => Limits::warning(warning).or(before),
            Err(problem) => {
                section.problem("", problem);
                before
            }
        };
    }
    let mut read = |key| {
        let text = section.text(key)?;
        unit.read(&text).map_err(|problem| section.problem(key, problem)).ok()
    };
    let given = Limits { warning: read("warning"), critical: read("critical") };
    if given.are_swapped() {
        section.problem("critical", "it is below `warning`, which would then say nothing; expected it above");
    }
    given.or(before)
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Source};

    use super::*;

    fn read_text(text: &str) -> Result<Thresholds, String> {
        let source = Source::new("exporter.yml", text).with_environment([]);
        config::read(&source, |root| read(&mut root.section("thresholds"))).map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_not_given_keeps_its_default_and_off_is_off() {
        assert_eq!(read_text(""), Ok(Thresholds::default()));
        let text = "thresholds:\n  host_cpu: 0.7\n  host_memory: off\n  host_swap: {critical: 90%}\n\
                    \x20 host_disk: {warning: 85%, mounts: {/data: {warning: 95%}, /tmp: off, /srv: {}}}\n\
                    \x20 host_network: {warning: 1Gbps, devices: {eth1: 10Gbps}}\n  host_connections: 5000\n\
                    \x20 container_network: 10MiB/60s\n";
        let read = read_text(text).unwrap();
        assert_eq!(read.host_cpu, Limits::warning(0.7));
        assert_eq!(read.host_memory, Limits::both(limit::OFF, limit::OFF));
        assert_eq!(read.host_swap, Limits::both(0.8, 0.9));
        let disk = ["/", "/data", "/tmp", "/srv"].map(|mount| read.host_disk.of(mount));
        let off = Limits::both(limit::OFF, limit::OFF);
        assert_eq!(disk, [Limits::both(0.85, 0.9), Limits::both(0.95, limit::OFF), off, Limits::both(0.85, 0.9)]);
        let network = ["eth0", "eth1"].map(|device| read.host_network.of(device));
        assert_eq!(network, [Limits::warning(1e9), Limits::warning(1e10)]);
        assert_eq!(read.host_connections, Limits::warning(5000.0));
        assert_eq!(read.container_network, Limits::warning(10.0 * 1_048_576.0 / 60.0));
        assert_eq!(read.container_cpu, Thresholds::default().container_cpu);
    }

    #[test]
    fn all_problems_come_at_once_with_their_places() {
        let text = "thresholds:\n  host_cpu: 80\n  host_memory: {warning: 95%, critical: 0.5}\n  host_dsk: 80%\n\
                    \x20 host_disk: {mounts: {data: 90%, /x: {warn: 1%}}}\n  container_network: 10MiB\n";
        let problems = read_text(text).unwrap_err();
        let expected = [
            "exporter.yml:2:13: thresholds.host_cpu: expected a share such as `80%` or `0.8`, more than nothing and at \
             most `100%`, or `off`; found `80`; did you mean `80%`?",
            "exporter.yml:3:41: thresholds.host_memory.critical: it is below `warning`, which would then say nothing; \
             expected it above",
            "exporter.yml:4:3: thresholds: unknown key `host_dsk`; did you mean `host_disk`?",
            "exporter.yml:5:24: thresholds.host_disk.mounts.data: expected the path of a mount point, found `data`",
            "exporter.yml:5:40: thresholds.host_disk.mounts./x: unknown key `warn`",
            "exporter.yml:6:22: thresholds.container_network: expected a rate such as `100Mbps` or `10MiB/60s`, or \
             `off`; found `10MiB`; did you mean `10MiB/s`?",
        ];
        assert_eq!(problems.lines().collect::<Vec<_>>(), expected);
    }
}
