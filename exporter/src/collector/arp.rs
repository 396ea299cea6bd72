//! Neighbours: how many addresses of IPv4 the kernel keeps by ARP for each device.
//!
//! Source: rtnetlink where the process is in the host's network namespace, otherwise `/proc/1/net/arp`. The two differ a
//! little: the file has addresses that the host answers for in place of others (proxy ARP), which rtnetlink has not.

use std::collections::BTreeMap;

use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::filter::Filter;
use crate::host::{HostRoot, ReadError};
use crate::links;
use crate::netlink::{self, Family, u16_at, u32_at};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "arp",
    on_by_default: true,
    may_hang: false,
    options: &[
        CollectorOption {
            flag: "collector.arp.device-include",
            key: "device_include",
            help: "Tell of the devices whose names this regular expression finds; not together with device-exclude.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.arp.device-exclude",
            key: "device_exclude",
            help: "Do not tell of the devices whose names this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.arp.netlink",
            key: "netlink",
            help: "Ask by netlink where that shows the host's neighbours, instead of reading a file; on by default.",
            switch: true,
        },
    ],
    parsers: &[
        |bytes| drop(parse(bytes, &mut BadLines::default())),
        |bytes| {
            let _ = neighbour(bytes);
        },
    ],
    build: |inputs, section| Box::new(Arp::new(inputs, section)),
};

struct Arp {
    host: HostRoot,
    filter: Filter,
    netlink: bool,
}

impl Arp {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self {
            host: inputs.host.clone(),
            filter: Filter::read(section, Some("device_include"), Some("device_exclude"), None),
            netlink: section.flag("netlink").unwrap_or(true),
        }
    }
}

/// Neighbours by device.
type Counts = BTreeMap<String, u64>;

impl Collector for Arp {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let counts = if self.netlink && self.host.is_live() {
            faults.take(ask())
        } else {
            let file = self.host.read_net("arp")?;
            Some(faults.parse(&file, parse))
        };
        for (device, count) in counts.unwrap_or_default() {
            if self.filter.allows(&device) {
                out.gauge("node_arp_entries", "Addresses of IPv4 that the kernel keeps by ARP.")
                    .push(&[("device", &device)], count);
            }
        }
        faults.finish()
    }
}

const GET_NEIGHBOUR: u16 = 30;
const NEW_NEIGHBOUR: u16 = 28;
const IPV4: u8 = 2;

/// `struct ndmsg`, asking for IPv4.
const REQUEST: [u8; 12] = [IPV4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A state: this device needs no ARP.
const NO_ARP: u16 = 0x40;

fn ask() -> Result<Counts, ReadError> {
    let mut by_index: BTreeMap<u32, u64> = BTreeMap::new();
    netlink::dump(Family::Route, GET_NEIGHBOUR, &REQUEST, |message| {
        if message.kind == NEW_NEIGHBOUR
            && let Some(index) = neighbour(message.body)
        {
            *by_index.entry(index).or_default() += 1;
        }
    })?;
    let links = links::links()?;
    let named = by_index.into_iter().filter_map(|(index, count)| {
        // A device that went meanwhile took its neighbours along.
        let link = links.iter().find(|link| link.index == index)?;
        Some((link.name.clone(), count))
    });
    Ok(named.collect())
}

/// The number of the device of a neighbour; `None` for what is not told.
fn neighbour(body: &[u8]) -> Option<u32> {
    let told = body.first() == Some(&IPV4) && u16_at(body, 8)? & NO_ARP == 0;
    told.then(|| u32_at(body, 4)).flatten()
}

/// Headings, then a line per neighbour with its device in the last column.
fn parse(text: &[u8], bad: &mut BadLines) -> Counts {
    const COLUMNS: usize = 6;
    let mut counts = Counts::new();
    for line in text::lines(text).skip(1) {
        match line.words().nth(COLUMNS - 1) {
            Some(device) => *counts.entry(text::label(device).into_owned()).or_default() += 1,
            None => bad.add(line.malformed("a neighbour in six columns")),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_counted_by_device_but_for_a_broken_line() {
        let text = b"IP address HW type Flags HW address Mask Device\n\
            10.0.0.1 0x1 0x2 02:00:00:00:00:01 * eth0\n10.0.0.2 0x1 0x0\n10.0.0.3 0x1 0x0 00:00:00:00:00:00 * eth0\n";
        let mut bad = BadLines::default();
        assert_eq!(parse(text, &mut bad), Counts::from([("eth0".to_owned(), 2)]));
        assert_eq!((bad.first.unwrap().line, bad.count), (3, 1));
    }

    #[test]
    fn neighbours_that_need_no_arp_and_those_of_ipv6_are_not_counted() {
        let message = |family: u8, state: u16| {
            [&[family, 0, 0, 0][..], &7_u32.to_ne_bytes(), &state.to_ne_bytes(), &[0, 1]].concat()
        };
        let told = [message(IPV4, 0x02), message(IPV4, 0), message(IPV4, NO_ARP), message(10, 0x02)];
        assert_eq!(told.map(|body| neighbour(&body)), [Some(7), Some(7), None, None]);
        assert_eq!(neighbour(&[IPV4, 0]), None);
    }
}
