//! Traffic of network devices: bytes, packets, errors, drops.
//!
//! Source: rtnetlink where the process is in the host's network namespace, otherwise `/proc/1/net/dev`. The kernel adds
//! up some counters for that file; from rtnetlink we add up the same ones. It leaves out the packets that nobody wanted
//! (`nohandler`), which sysfs has.

mod address;
mod counters;

use std::sync::Arc;

use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::filter::Filter;
use crate::host::{HostRoot, ReadError, if_available};
use crate::links::{self, Link};
use crate::memory::Memory;
use crate::text;
use counters::COUNTERS;
pub(super) use counters::{DETAILS, Device, parse as parse_devices};

pub(super) const COLLECTOR: Registration = Registration {
    name: "netdev",
    on_by_default: true,
    may_hang: false,
    options: &[
        CollectorOption {
            flag: "collector.netdev.device-include",
            key: "device_include",
            help: "Tell of the devices whose names this regular expression finds; not together with device-exclude.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.netdev.device-exclude",
            key: "device_exclude",
            help: "Do not tell of the devices whose names this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.netdev.netlink",
            key: "netlink",
            help: "Ask by netlink where that shows the host's devices, instead of reading files; on by default.",
            switch: true,
        },
        CollectorOption {
            flag: "collector.netdev.address-info",
            key: "address_info",
            help: "Addresses of all devices (node_network_address_info), in the host's network namespace only.",
            switch: true,
        },
        CollectorOption {
            flag: "collector.netdev.enable-detailed-metrics",
            key: "detailed_metrics",
            help: "Each of the kernel's counters by its own name, instead of the sums that /proc/net/dev has.",
            switch: true,
        },
        CollectorOption {
            flag: "collector.netdev.label-ifalias",
            key: "label_ifalias",
            help: "Add the label ifalias, the name that an administrator gave a device besides.",
            switch: true,
        },
    ],
    parsers: &[
        |bytes| drop(counters::parse(bytes, &mut BadLines::default())),
        |bytes| drop(links::parse(bytes)),
        |bytes| {
            let _ = address::parse(bytes);
        },
    ],
    build: |inputs, section| Box::new(Netdev::new(inputs, section)),
};

struct Netdev {
    host: HostRoot,
    memory: Arc<Memory>,
    filter: Filter,
    netlink: bool,
    address_info: bool,
    detailed: bool,
    label_alias: bool,
}

impl Netdev {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self {
            host: inputs.host.clone(),
            memory: Arc::clone(&inputs.memory),
            filter: Filter::read(section, Some("device_include"), Some("device_exclude"), None),
            netlink: section.flag("netlink").unwrap_or(true),
            address_info: section.flag("address_info").unwrap_or(false),
            detailed: section.flag("detailed_metrics").unwrap_or(false),
            label_alias: section.flag("label_ifalias").unwrap_or(false),
        }
    }
}

impl Collector for Netdev {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        if self.netlink && self.host.is_live() {
            if let Some(links) = faults.take(links::links()) {
                self.tell_links(&links, out);
            }
        } else {
            self.tell_files(&mut faults, out)?;
        }
        if self.address_info
            && self.host.is_live()
            && let Some(addresses) = faults.take(address::addresses())
        {
            faults.take(address::tell(&addresses, out));
        }
        faults.finish()
    }
}

impl Netdev {
    fn tell_links(&self, links: &[Link], out: &mut Exposition) {
        let links = links.iter().filter(|link| self.filter.allows(&link.name) && !link.counters.is_empty());
        let links: Vec<_> = links.map(|link| (link, if self.label_alias { link.alias.trim() } else { "" })).collect();
        self.memory.devices.set(links.iter().map(|(link, _)| link.name.clone()));
        let mut tell = |name, help, count: &dyn Fn(&[u64]) -> Option<u64>| {
            let family = out.counter(name, help);
            for (link, alias) in &links {
                if let Some(count) = count(&link.counters) {
                    family.push(&[("device", &link.name), ("ifalias", alias)], count);
                }
            }
        };
        if self.detailed {
            for (place, (name, help)) in DETAILS.iter().enumerate() {
                tell(name, help, &|counters| counters.get(place).copied());
            }
        } else {
            for counter in &COUNTERS {
                tell(counter.name, counter.help, &|counters| counter.sum(counters));
            }
        }
    }

    fn tell_files(&self, faults: &mut Faults, out: &mut Exposition) -> Result<(), ReadError> {
        let file = self.host.read_net("dev")?;
        let mut devices = faults.parse(&file, counters::parse);
        devices.retain(|device| self.filter.allows(&device.name));
        self.memory.devices.set(devices.iter().map(|device| device.name.clone()));
        let mut aliases = Vec::new();
        for device in &mut devices {
            let attribute = |name: &str| format!("class/net/{}/{name}", device.name);
            let no_handler = self.host.read_sys_once(&attribute("statistics/rx_nohandler"));
            let no_handler = no_handler.and_then(|file| file.parse(text::number));
            device.counts.extend(faults.take(if_available(no_handler)).flatten());
            let alias = self.label_alias.then(|| self.host.read_sys_once(&attribute("ifalias")));
            let alias = alias.and_then(|alias| faults.take(if_available(alias)).flatten());
            aliases.push(alias.map(|alias| alias.trimmed().into_owned()).unwrap_or_default());
        }
        for (place, counter) in COUNTERS.iter().enumerate() {
            let name = if self.detailed { counter.detailed_name } else { counter.name };
            let family = out.counter(name, counter.help);
            for (device, alias) in devices.iter().zip(&aliases) {
                if let Some(count) = device.counts.get(place) {
                    family.push(&[("device", &device.name), ("ifalias", alias)], *count);
                }
            }
        }
        Ok(())
    }
}
