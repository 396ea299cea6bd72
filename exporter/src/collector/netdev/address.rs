//! Addresses of network devices, by rtnetlink.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use seamark_kit::exposition::Exposition;

use crate::host::ReadError;
use crate::links;
use crate::netlink::{self, Family, attributes, u32_at};

/// An address of a device.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    device: u32,
    address: IpAddr,
    prefix: u8,
}

const GET_ADDRESS: u16 = 22;
const NEW_ADDRESS: u16 = 20;

/// `struct ifaddrmsg`.
const HEADER: usize = 8;

pub(super) fn addresses() -> Result<Vec<Address>, ReadError> {
    let mut addresses = Vec::new();
    netlink::dump(Family::Route, GET_ADDRESS, &[0; HEADER], |message| {
        if message.kind == NEW_ADDRESS {
            addresses.extend(parse(message.body));
        }
    })?;
    Ok(addresses)
}

/// `None` for what is no address of IP.
pub(super) fn parse(body: &[u8]) -> Option<Address> {
    let prefix = *body.get(1)?;
    let device = u32_at(body, 4)?;
    let mut own = None;
    let mut given = None;
    for (number, value) in attributes(body.get(HEADER..)?) {
        // <linux/if_addr.h>: of a point-to-point device IFA_ADDRESS is the other end.
        match number {
            1 => given = ip(value),
            2 => own = ip(value),
            _ => {}
        }
    }
    Some(Address { device, address: own.or(given)?, prefix })
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(value).map(|bytes| IpAddr::from(Ipv4Addr::from(bytes)));
    four.or_else(|_| <[u8; 16]>::try_from(value).map(|bytes| IpAddr::from(Ipv6Addr::from(bytes)))).ok()
}

pub(super) fn tell(addresses: &[Address], out: &mut Exposition) -> Result<(), ReadError> {
    let links = links::links()?;
    for Address { device, address, prefix } in addresses {
        let Some(link) = links.iter().find(|link| link.index == *device) else { continue };
        let labels = [
            ("device", link.name.as_str()),
            ("address", &address.to_string()),
            ("netmask", &prefix.to_string()),
            ("scope", scope(*address)),
        ];
        out.gauge("node_network_address_info", "An address of a device; the value is always 1.").push(&labels, 1_u64);
    }
    Ok(())
}

/// node_exporter counts the addresses of the loopback device as link-local.
fn scope(address: IpAddr) -> &'static str {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    if address.is_loopback() || link_local {
        return "link-local";
    }
    let broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    if address.is_unspecified() || address.is_multicast() || broadcast { "" } else { "global" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(prefix: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = vec![2, prefix, 0, 0];
        body.extend(5_u32.to_ne_bytes());
        for (number, value) in attributes {
            body.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            body.extend(number.to_ne_bytes());
            body.extend(*value);
        }
        body
    }

    #[test]
    fn the_own_end_of_a_point_to_point_device_is_its_address() {
        let address = Address { device: 5, address: Ipv4Addr::new(10, 0, 0, 1).into(), prefix: 24 };
        assert_eq!(parse(&message(24, &[(1, &[10, 0, 0, 2]), (2, &[10, 0, 0, 1])])), Some(address));
        assert_eq!(parse(&message(24, &[(1, &[10, 0, 0])])), None);
    }

    #[test]
    fn scopes_are_node_exporter_s() {
        let addresses =
            ["127.0.0.1", "169.254.1.1", "10.0.0.1", "::1", "fe80::1", "fd00::1", "0.0.0.0", "255.255.255.255"];
        let scopes = addresses.map(|address| scope(address.parse().unwrap()));
        assert_eq!(scopes, ["link-local", "link-local", "global", "link-local", "link-local", "global", "", ""]);
    }
}
