//! Energy that packages of CPUs, their cores and their memory have used.
//!
//! Source: `/sys/class/powercap` (<https://docs.kernel.org/power/powercap/powercap.html>). Since 2020 only root may
//! read the counts: they give away what runs on the CPU.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::ErrorKind;

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_available, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "rapl",
    on_by_default: true,
    may_hang: false,
    options: &[CollectorOption {
        flag: "collector.rapl.enable-zone-label",
        key: "enable_zone_label",
        help: "One family for all zones (node_rapl_joules_total) with a label rapl_zone, in place of one for each kind.",
        switch: true,
    }],
    parsers: &[|bytes| {
        let _ = Zone::parse(&text::label(bytes));
    }],
    build: |inputs, section| Box::new(Rapl::new(inputs, section)),
};

struct Rapl {
    host: HostRoot,
    zone_label: bool,
}

impl Rapl {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self { host: inputs.host.clone(), zone_label: section.flag("enable_zone_label").unwrap_or(false) }
    }
}

const DIRECTORY: &str = "class/powercap";

impl Collector for Rapl {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(names) = if_there(self.host.list_sys(DIRECTORY))? else {
            return Err(CollectError::Unsupported("the kernel does not measure power".to_owned()));
        };
        let mut faults = Faults::default();
        let mut denied = false;
        let mut seen = BTreeMap::new();
        for name in &names {
            let directory = format!("{DIRECTORY}/{name}");
            // What has no name is no zone, but the driver above its zones.
            let named = faults.take(if_available(self.host.read_sys(&format!("{directory}/name")))).flatten();
            let Some(named) = named else { continue };
            let zone = Zone::parse(&named.trimmed());
            let same = seen.entry(zone.name.clone()).or_insert(0);
            let index = zone.index.unwrap_or(*same);
            *same = index.saturating_add(1);
            let read = self.host.read_sys(&format!("{directory}/energy_uj"));
            denied |= read.as_ref().is_err_and(is_denied);
            let microjoules = if_available(read).and_then(|file| file.map(|file| file.parse(text::number)).transpose());
            let Some(microjoules) = faults.take(microjoules).flatten() else { continue };
            // The whole path, with the mount point of sysfs, as in node_exporter.
            let path = named.path.parent().unwrap_or(&named.path).to_string_lossy();
            self.tell(&zone.name, index, &path, microjoules, out);
        }
        faults.finish()?;
        if denied {
            return Err(CollectError::Unsupported("the energy counts can be read by root alone".to_owned()));
        }
        Ok(())
    }
}

impl Rapl {
    fn tell(&self, zone: &str, index: i64, path: &str, microjoules: u64, out: &mut Exposition) {
        let joules = microjoules as f64 / 1e6;
        let index = index.to_string();
        if self.zone_label {
            out.counter("node_rapl_joules_total", "Energy used, by zone.")
                .push(&[("index", &index), ("path", path), ("rapl_zone", zone)], joules);
        } else {
            out.family(family(zone), "Energy that zones of this kind have used.", Kind::Counter)
                .push(&[("index", &index), ("path", path)], joules);
        }
    }
}

fn family(zone: &str) -> Cow<'static, str> {
    let zone = zone.replace(|character: char| !character.is_ascii_alphanumeric() && character != '_', "_");
    format!("node_rapl_{zone}_joules_total").into()
}

fn is_denied(error: &ReadError) -> bool {
    matches!(error, ReadError::Unreadable { source, .. } if source.kind() == ErrorKind::PermissionDenied)
}

/// `package-0` and `package-1` are two zones of one kind; of other kinds, such as `dram`, there are several of one
/// name, which are counted.
#[derive(Debug, PartialEq, Eq)]
struct Zone {
    name: String,
    index: Option<i64>,
}

impl Zone {
    fn parse(text: &str) -> Self {
        let numbered = text.split_once('-').and_then(|(name, number)| Some((name, number.parse::<u32>().ok()?)));
        match numbered {
            Some((name, number)) => Self { name: name.to_owned(), index: Some(number.into()) },
            None => Self { name: text.to_owned(), index: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_and_a_number_are_two_things() {
        let zone = |name: &str, index| Zone { name: name.to_owned(), index };
        assert_eq!(Zone::parse("package-1"), zone("package", Some(1)));
        assert_eq!(Zone::parse("dram"), zone("dram", None));
        assert_eq!(Zone::parse("package-0-die-1"), zone("package-0-die-1", None));
        assert_eq!(Zone::parse("a-b"), zone("a-b", None));
        assert_eq!(family("package-0-die-1"), "node_rapl_package_0_die_1_joules_total");
    }
}
