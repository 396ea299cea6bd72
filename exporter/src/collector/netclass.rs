//! What network devices are: up or down, speed, addresses, flags.
//!
//! Source: rtnetlink where the process is in the host's network namespace, with a few files of sysfs that are read anew
//! only when a device has changed; otherwise `/sys/class/net/*/*`, some 25 files per device, which is what makes
//! node_exporter dear on hosts with many containers. Both give the same series with the same values.

mod files;
mod remembered;

use std::sync::{Mutex, PoisonError};

use regex_lite::Regex;
use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind, Value};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration, netdev};
use crate::faults::Faults;
use crate::filter;
use crate::host::{HostRoot, if_there};
use crate::links::{self, Link};
use remembered::Memory;

pub(super) const COLLECTOR: Registration = Registration {
    name: "netclass",
    on_by_default: true,
    may_hang: false,
    options: &[
        CollectorOption {
            flag: "collector.netclass.ignored-devices",
            key: "ignored_devices",
            help: "Do not tell of the devices whose names this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.netclass.ignore-invalid-speed",
            key: "ignore_invalid_speed",
            help: "Leave out a speed that the device does not know, rather than tell one below zero.",
            switch: true,
        },
        CollectorOption {
            flag: "collector.netclass.netlink",
            key: "netlink",
            help: "Tell what only netlink knows, too (node_network_altnames_info); false reads nothing but files.",
            switch: true,
        },
        CollectorOption {
            flag: "collector.netclass_rtnl.with-stats",
            key: "with_stats",
            help: "With netlink: tell the detailed counters of each device, in place of netdev, which is to be off then.",
            switch: true,
        },
    ],
    parsers: &[|bytes| drop(files::number(bytes))],
    build: |inputs, section| Box::new(Netclass::new(inputs, section)),
};

struct Netclass {
    host: HostRoot,
    ignored: Option<Regex>,
    ignore_invalid_speed: bool,
    /// `None` asks by netlink for what the files tell.
    netlink: Option<bool>,
    with_statistics: bool,
    memory: Mutex<Memory>,
}

impl Netclass {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self {
            host: inputs.host.clone(),
            ignored: filter::expression(section, "ignored_devices").flatten(),
            ignore_invalid_speed: section.flag("ignore_invalid_speed").unwrap_or(false),
            netlink: section.flag("netlink"),
            with_statistics: section.flag("with_stats").unwrap_or(false),
            memory: Mutex::default(),
        }
    }
}

impl Collector for Netclass {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let by_netlink = self.host.is_live() && self.netlink != Some(false);
        let links = if by_netlink { faults.take(links::links()) } else { None };
        let told: Option<Vec<&Link>> =
            links.as_ref().map(|links| links.iter().filter(|link| self.allows(&link.name)).collect());
        let devices = told.as_ref().zip(links.as_ref()).and_then(|(told, all)| {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            memory.devices(&self.host, told, all, &mut faults)
        });
        let devices = match devices {
            Some(devices) => devices,
            None => self.files(&mut faults)?,
        };
        self.tell(&devices, out);
        if let (Some(links), Some(true)) = (told, self.netlink) {
            self.tell_more(&links, out);
        }
        faults.finish()
    }
}

/// A device, as sysfs tells of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Device {
    name: String,
    address: String,
    broadcast: String,
    duplex: String,
    operational_state: String,
    alias: String,
    /// In the order of [`NUMBERS`].
    numbers: [Option<i64>; NUMBERS.len()],
}

/// A file of sysfs with a number, and how it is told.
struct Number {
    file: &'static str,
    name: &'static str,
    kind: Kind,
    help: &'static str,
}

const fn gauge(file: &'static str, name: &'static str, help: &'static str) -> Number {
    Number { file, name, kind: Kind::Gauge, help }
}

const fn counter(file: &'static str, name: &'static str, help: &'static str) -> Number {
    Number { file, name, kind: Kind::Counter, help }
}

#[rustfmt::skip]
static NUMBERS: [Number; 17] = [
    gauge("addr_assign_type", "node_network_address_assign_type", "Where a device has its address from: 0 built in, 1 at random, 2 another device, 3 set."),
    gauge("carrier", "node_network_carrier", "Whether a device that is up has a carrier."),
    counter("carrier_changes", "node_network_carrier_changes_total", "Times the carrier came or went."),
    counter("carrier_up_count", "node_network_carrier_up_changes_total", "Times the carrier came."),
    counter("carrier_down_count", "node_network_carrier_down_changes_total", "Times the carrier went."),
    gauge("dev_id", "node_network_device_id", "Tells devices apart that share an address."),
    gauge("dormant", "node_network_dormant", "Whether a device that is up waits for something outside, such as a login."),
    gauge("flags", "node_network_flags", "Flags of a device (IFF_UP is 1), as a sum."),
    gauge("ifindex", "node_network_iface_id", "Number of a device."),
    gauge("iflink", "node_network_iface_link", "Number of the device below or at the other end; its own if there is none."),
    gauge("link_mode", "node_network_iface_link_mode", "Whether a device goes to work at once (0) or is dormant first (1)."),
    gauge("mtu", "node_network_mtu_bytes", "Largest packet that a device takes."),
    gauge("name_assign_type", "node_network_name_assign_type", "Where a device has its name from: 1 the kernel, 2 a rule, 3 a program, 4 renamed."),
    gauge("netdev_group", "node_network_net_dev_group", "Group that an administrator put a device in."),
    gauge("speed", "node_network_speed_bytes", "Speed of a device in bytes per second; below zero if it does not know."),
    gauge("tx_queue_len", "node_network_transmit_queue_length", "Packets that may wait to be sent."),
    gauge("type", "node_network_protocol_type", "Kind of hardware: 1 Ethernet, 772 loopback."),
];

impl Device {
    fn number(&self, file: &str) -> Option<i64> {
        self.numbers.iter().zip(&NUMBERS).find(|(_, number)| number.file == file).and_then(|(value, _)| *value)
    }

    fn administrative_state(&self) -> &'static str {
        const IFF_UP: i64 = 1;
        match self.number("flags") {
            None => "unknown",
            Some(flags) if flags & IFF_UP != 0 => "up",
            Some(_) => "down",
        }
    }
}

impl Netclass {
    fn allows(&self, name: &str) -> bool {
        self.ignored.as_ref().is_none_or(|ignored| !ignored.is_match(name))
    }

    fn files(&self, faults: &mut Faults) -> Result<Vec<Device>, CollectError> {
        let names = if_there(self.host.list_sys(files::DIRECTORY))?
            .ok_or_else(|| CollectError::Unsupported("no class/net in sysfs".to_owned()))?;
        let names = files::devices(names).filter(|name| self.allows(name));
        Ok(names.filter_map(|name| files::read(&self.host, name, faults)).collect())
    }

    fn tell(&self, devices: &[Device], out: &mut Exposition) {
        let family = out.gauge("node_network_up", "Whether a device is in operation.");
        for device in devices {
            family.push(&[("device", &device.name)], device.operational_state == "up");
        }
        let family = out.gauge("node_network_info", "Addresses and states of a device; the value is always 1.");
        for device in devices {
            let labels = [
                ("device", device.name.as_str()),
                ("address", &device.address),
                ("broadcast", &device.broadcast),
                ("duplex", &device.duplex),
                ("operstate", &device.operational_state),
                ("adminstate", device.administrative_state()),
                ("ifalias", &device.alias),
            ];
            family.push(&labels, 1_u64);
        }
        for (place, number) in NUMBERS.iter().enumerate() {
            let values = devices.iter().filter_map(|device| Some((device, (*device.numbers.get(place)?)?)));
            let values = values.filter_map(|(device, value)| Some((device, self.value(number.file, value)?)));
            for (device, value) in values {
                out.family(number.name, number.help, number.kind).push(&[("device", &device.name)], value);
            }
        }
    }

    fn value(&self, file: &str, value: i64) -> Option<Value> {
        // Megabits per second; -1 if the device does not know.
        const BYTES_PER_MEGABIT: i64 = 125_000;
        let value = match file {
            "speed" if value < 0 && self.ignore_invalid_speed => return None,
            "speed" => value.saturating_mul(BYTES_PER_MEGABIT),
            _ => value,
        };
        Some(u64::try_from(value).map_or_else(|_| Value::from(value as f64), Value::from))
    }

    fn tell_more(&self, links: &[&Link], out: &mut Exposition) {
        for link in links {
            for name in &link.other_names {
                out.gauge("node_network_altnames_info", "Another name of a device; the value is always 1.")
                    .push(&[("device", &link.name), ("altname", name)], 1_u64);
            }
        }
        // Gauges, as node_exporter has them here.
        for (place, (name, help)) in netdev::DETAILS.iter().enumerate().filter(|_| self.with_statistics) {
            for (link, count) in links.iter().filter_map(|link| Some((link, *link.counters.get(place)?))) {
                out.family(*name, *help, Kind::Gauge).push(&[("device", &link.name)], count);
            }
        }
    }
}
