//! Devices from rtnetlink, and what it does not tell, from sysfs, which is read again only when a device has changed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::files::{self, number_in, text_in};
use super::{Device, NUMBERS};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError};
use crate::links::Link;

/// What was read from sysfs, by the number of the device.
#[derive(Debug, Default)]
pub(super) struct Memory {
    facts: HashMap<u32, Facts>,
}

/// What rtnetlink does not tell of a device.
#[derive(Debug, Clone)]
struct Facts {
    at: Instant,
    /// The device as it was then, without what moves by itself.
    of: Link,
    address_assign_type: Option<i64>,
    name_assign_type: Option<i64>,
    device_id: Option<i64>,
    speed: Option<i64>,
    duplex: String,
    /// Only where the kernel does not tell of everything in them by rtnetlink, before Linux 6.0.
    flags: Option<i64>,
}

/// Something may change and rtnetlink not show it, such as the speed that an administrator sets for a virtual device:
/// so long the old one is told.
const READ_AGAIN: Duration = Duration::from_secs(300);

impl Memory {
    /// The devices of `links`; `None` where they are not those of sysfs, because it shows another network namespace or
    /// something came or went meanwhile. `all` are the devices with those that are not told.
    pub(super) fn devices(
        &mut self,
        host: &HostRoot,
        links: &[&Link],
        all: &[Link],
        faults: &mut Faults,
    ) -> Option<Vec<Device>> {
        let now = Instant::now();
        let mut facts = HashMap::with_capacity(links.len());
        let mut has_changed = self.facts.len() != links.len();
        for link in links {
            let known = self.facts.get(&link.index).filter(|facts| facts.hold(link, now));
            let known = match known {
                Some(known) => known.clone(),
                None => {
                    has_changed = true;
                    faults.take(Facts::read(host, link, now))??
                }
            };
            facts.insert(link.index, known);
        }
        if has_changed && !is_of_same_namespace(host, all) {
            return None;
        }
        self.facts = facts;
        Some(links.iter().filter_map(|link| Some(device(link, self.facts.get(&link.index)?))).collect())
    }
}

fn is_of_same_namespace(host: &HostRoot, links: &[Link]) -> bool {
    // Both are sorted.
    host.list_sys(files::DIRECTORY)
        .is_ok_and(|names| files::devices(names).eq(links.iter().map(|link| link.name.clone())))
}

impl Facts {
    /// `None` if sysfs has another device of that name, or none.
    fn read(host: &HostRoot, link: &Link, now: Instant) -> Result<Option<Self>, ReadError> {
        let number = |file| number_in(host, &link.name, file);
        if number("ifindex")? != Some(link.index.into()) {
            return Ok(None);
        }
        Ok(Some(Self {
            at: now,
            of: unmoved(link),
            address_assign_type: number("addr_assign_type")?,
            name_assign_type: number("name_assign_type")?,
            device_id: number("dev_id")?,
            speed: number("speed")?,
            duplex: text_in(host, &link.name, "duplex")?,
            flags: if link.all_multicast.is_none() { number("flags")? } else { None },
        }))
    }

    fn hold(&self, link: &Link, now: Instant) -> bool {
        now.duration_since(self.at) < READ_AGAIN && self.of == unmoved(link)
    }
}

/// The device without its counters, which always move and change nothing else.
fn unmoved(link: &Link) -> Link {
    Link { counters: Vec::new(), ..link.clone() }
}

fn device(link: &Link, facts: &Facts) -> Device {
    Device {
        name: link.name.clone(),
        address: hexadecimal(&link.address),
        broadcast: hexadecimal(&link.broadcast),
        duplex: facts.duplex.clone(),
        operational_state: operational_state(link).to_owned(),
        alias: link.alias.trim().to_owned(),
        numbers: NUMBERS.each_ref().map(|number| value(link, facts, number.file)),
    }
}

/// What the file of that name in sysfs has.
fn value(link: &Link, facts: &Facts, file: &str) -> Option<i64> {
    match file {
        "addr_assign_type" => facts.address_assign_type,
        "name_assign_type" => facts.name_assign_type,
        "dev_id" => facts.device_id,
        "speed" => facts.speed,
        "flags" => flags(link, facts),
        // These two can be read only while the device is up.
        "carrier" => link.carrier.filter(|_| link.flags & UP != 0).map(i64::from),
        "dormant" => (link.flags & UP != 0).then_some((link.flags & DORMANT != 0).into()),
        "carrier_changes" => link.carrier_changes.map(i64::from),
        "carrier_up_count" => link.carrier_up.map(i64::from),
        "carrier_down_count" => link.carrier_down.map(i64::from),
        "ifindex" => Some(link.index.into()),
        "iflink" => Some(link.lower.into()),
        "link_mode" => link.link_mode.map(i64::from),
        "mtu" => link.mtu.map(i64::from),
        "netdev_group" => link.group.map(i64::from),
        "tx_queue_len" => link.transmit_queue_length.map(i64::from),
        "type" => Some(link.hardware.into()),
        _ => None,
    }
}

// <linux/if.h>, IFF_…
const UP: u32 = 0x1;
const RUNNING: u32 = 0x40;
const PROMISCUOUS: u32 = 0x100;
const ALL_MULTICAST: u32 = 0x200;
const LOWER_UP: u32 = 0x1_0000;
const DORMANT: u32 = 0x2_0000;

/// The flags that sysfs has are the kernel's own. A program gets three more, which say how the device fares, and of two
/// others only whether a program asked for them, not whether the kernel itself did (for a bridge, say).
fn flags(link: &Link, facts: &Facts) -> Option<i64> {
    let (Some(promiscuous), Some(all_multicast)) = (link.promiscuity, link.all_multicast) else { return facts.flags };
    let mut flags = link.flags & !(RUNNING | LOWER_UP | DORMANT | PROMISCUOUS | ALL_MULTICAST);
    if promiscuous > 0 {
        flags |= PROMISCUOUS;
    }
    if all_multicast > 0 {
        flags |= ALL_MULTICAST;
    }
    Some(flags.into())
}

/// By the kernel's numbers (RFC 2863).
fn operational_state(link: &Link) -> &'static str {
    const STATES: [&str; 7] = ["unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"];
    link.operational_state.and_then(|state| STATES.get(usize::from(state)).copied()).unwrap_or_default()
}

fn hexadecimal(address: &[u8]) -> String {
    let bytes: Vec<String> = address.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_the_kernel_s_own() {
        let facts = Facts {
            at: Instant::now(),
            of: Link::default(),
            address_assign_type: None,
            name_assign_type: None,
            device_id: None,
            speed: None,
            duplex: String::new(),
            flags: Some(0x1303),
        };
        let link = |promiscuity, all_multicast| Link {
            // Up, broadcast, multicast; running, with a carrier; a program wants it promiscuous.
            flags: 0x1003 | RUNNING | LOWER_UP | PROMISCUOUS,
            promiscuity: Some(promiscuity),
            all_multicast,
            ..Link::default()
        };
        assert_eq!(flags(&link(2, Some(0)), &facts), Some(0x1103));
        assert_eq!(flags(&link(0, Some(1)), &facts), Some(0x1203));
        assert_eq!(flags(&link(2, None), &facts), Some(0x1303));
    }
}
