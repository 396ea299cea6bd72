//! The network devices of our own network namespace, as the kernel tells them by rtnetlink: all of them, with their
//! counters, in a few system calls, where sysfs has a file for every single value.
//!
//! Several collectors tell of the same devices: who asks shortly after another gets the same answer.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::host::ReadError;
use crate::netlink::{self, Family, attributes, u16_at, u32_at, u64_at};
use crate::text;

/// A network device.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Link {
    /// The number of the device.
    pub index: u32,
    /// Its name; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// The kind of hardware: 1 Ethernet, 772 loopback.
    pub hardware: u16,
    /// `IFF_…` as a program gets them, which is not quite as sysfs has them.
    pub flags: u32,
    /// The hardware address.
    pub address: Vec<u8>,
    /// The hardware address of all.
    pub broadcast: Vec<u8>,
    /// The name that an administrator gave it besides.
    pub alias: String,
    /// Further names by which it can be called.
    pub other_names: Vec<String>,
    /// Largest packet, in bytes.
    pub mtu: Option<u32>,
    /// The device below it (of a VLAN, for one), or the other end of a pair; itself if there is none.
    pub lower: u32,
    /// One end of a pair (`veth`).
    pub is_paired: bool,
    /// The kernel's number of the network namespace in which `lower` is, where that is another one than ours.
    pub lower_namespace: Option<i32>,
    /// The device that it belongs to: a bridge or a bond; 0 for none.
    pub master: u32,
    /// Packets that may wait to be sent.
    pub transmit_queue_length: Option<u32>,
    /// `IF_OPER_…`.
    pub operational_state: Option<u8>,
    /// `IF_LINK_MODE_…`.
    pub link_mode: Option<u8>,
    /// Whether there is a carrier.
    pub carrier: Option<bool>,
    /// Times the carrier came or went.
    pub carrier_changes: Option<u32>,
    /// Times the carrier came.
    pub carrier_up: Option<u32>,
    /// Times the carrier went.
    pub carrier_down: Option<u32>,
    /// The group that an administrator put it in.
    pub group: Option<u32>,
    /// How many want it to receive what is meant for others.
    pub promiscuity: Option<u32>,
    /// How many want it to receive all multicast; only Linux 6.0 and later say it.
    pub all_multicast: Option<u32>,
    /// Its counters in the kernel's order (`struct rtnl_link_stats64`); later kernels have more.
    pub counters: Vec<u64>,
}

/// The answer for one scrape.
struct Remembered {
    at: Instant,
    links: Arc<Vec<Link>>,
}

/// Long enough for the collectors of one scrape, which are read one after another; far shorter than two scrapes are
/// apart.
const SAME_SCRAPE: Duration = Duration::from_millis(20);

/// A process has one network namespace, and so one list.
static LAST: Mutex<Option<Remembered>> = Mutex::new(None);

const GET_NAMESPACE: u16 = 90;

/// The kernel's number, in our own network namespace, of the one that a process has; `None` where it has given it none:
/// no device of ours leads there. The process is as we see it.
///
/// # Errors
///
/// [`ReadError::Unreadable`]; [`ReadError::Absent`] where there is no such process.
pub fn namespace_of(process: u32) -> Result<Option<i32>, ReadError> {
    // struct rtgenmsg with padding, and NETNSA_PID, <linux/net_namespace.h>
    let mut question = vec![0; 4];
    question.extend(8_u16.to_ne_bytes());
    question.extend(2_u16.to_ne_bytes());
    question.extend(process.to_ne_bytes());
    let mut number = None;
    netlink::one(Family::Route, GET_NAMESPACE, &question, |message| number = namespace(message.body))?;
    Ok(number)
}

/// NETNSA_NSID, which is below zero for none.
fn namespace(body: &[u8]) -> Option<i32> {
    let mut attributes = attributes(body.get(4..)?);
    let number = attributes.find_map(|(number, value)| (number == 1).then(|| u32_at(value, 0)).flatten())?;
    Some(number.cast_signed()).filter(|number| *number >= 0)
}

/// The devices now.
///
/// # Errors
///
/// [`ReadError::Unreadable`].
pub fn links() -> Result<Arc<Vec<Link>>, ReadError> {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(remembered) = last.as_ref()
        && remembered.at.elapsed() < SAME_SCRAPE
    {
        return Ok(Arc::clone(&remembered.links));
    }
    let links = Arc::new(ask()?);
    *last = Some(Remembered { at: Instant::now(), links: Arc::clone(&links) });
    Ok(links)
}

const GET_LINK: u16 = 18;
const NEW_LINK: u16 = 16;

/// `struct ifinfomsg`.
const HEADER: usize = 16;

/// Devices that come and go while the kernel lists them can make it leave out others.
const ATTEMPTS: usize = 3;

fn ask() -> Result<Vec<Link>, ReadError> {
    let mut links = Vec::new();
    let mut unreadable = false;
    for _ in 0..ATTEMPTS {
        links.clear();
        let of_one_moment = netlink::dump(Family::Route, GET_LINK, &[0; HEADER], |message| {
            if message.kind == NEW_LINK {
                match parse(message.body) {
                    Some(link) => links.push(link),
                    None => unreadable = true,
                }
            }
        })?;
        if of_one_moment {
            break;
        }
    }
    if unreadable {
        let source = io::Error::new(io::ErrorKind::InvalidData, "a device without number or name");
        return Err(ReadError::Unreadable { file: PathBuf::from("netlink/route"), source });
    }
    links.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    links.dedup_by(|one, other| one.name == other.name);
    Ok(links)
}

/// Reads a device; `None` for what is none.
pub fn parse(body: &[u8]) -> Option<Link> {
    let index = u32_at(body, 4)?;
    let mut link = Link { index, lower: index, hardware: u16_at(body, 2)?, flags: u32_at(body, 8)?, ..Link::default() };
    for (number, value) in attributes(body.get(HEADER..)?) {
        // <linux/if_link.h>, IFLA_…
        match number {
            1 => link.address = value.to_vec(),
            2 => link.broadcast = value.to_vec(),
            3 => link.name = string(value),
            4 => link.mtu = u32_at(value, 0),
            5 => link.lower = u32_at(value, 0)?,
            10 => link.master = u32_at(value, 0)?,
            13 => link.transmit_queue_length = u32_at(value, 0),
            16 => link.operational_state = value.first().copied(),
            17 => link.link_mode = value.first().copied(),
            18 => link.is_paired = attributes(value).any(|(number, kind)| number == 1 && kind == b"veth\0"),
            20 => link.alias = string(value),
            23 => link.counters = (0..value.len() / 8).filter_map(|place| u64_at(value, place * 8)).collect(),
            27 => link.group = u32_at(value, 0),
            30 => link.promiscuity = u32_at(value, 0),
            33 => link.carrier = value.first().map(|carrier| *carrier != 0),
            37 => link.lower_namespace = u32_at(value, 0).map(u32::cast_signed),
            35 => link.carrier_changes = u32_at(value, 0),
            47 => link.carrier_up = u32_at(value, 0),
            48 => link.carrier_down = u32_at(value, 0),
            52 => link.other_names = attributes(value).map(|(_, name)| string(name)).collect(),
            61 => link.all_multicast = u32_at(value, 0),
            _ => {}
        }
    }
    (!link.name.is_empty()).then_some(link)
}

/// Text up to its ending zero.
fn string(value: &[u8]) -> String {
    text::label(value.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_device_is_read_from_its_attributes() {
        let mut body = vec![0, 0];
        body.extend(1_u16.to_ne_bytes());
        body.extend(7_u32.to_ne_bytes());
        body.extend(0x1043_u32.to_ne_bytes());
        body.extend([0; 4]);
        let mut attribute = |number: u16, value: &[u8]| {
            body.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            body.extend(number.to_ne_bytes());
            body.extend(value);
            body.resize(body.len().next_multiple_of(4), 0);
        };
        attribute(3, b"odd\xFF\0");
        attribute(1, &[2, 0, 0, 0, 0, 1]);
        attribute(5, &3_u32.to_ne_bytes());
        attribute(33, &[1]);
        attribute(37, &7_i32.to_ne_bytes());
        attribute(18, &[9, 0, 1, 0, b'v', b'e', b't', b'h', 0, 0, 0, 0]);
        attribute(23, &[5_u64.to_ne_bytes(), u64::MAX.to_ne_bytes()].concat());
        let expected = Link {
            index: 7,
            name: "odd\u{FFFD}".to_owned(),
            hardware: 1,
            flags: 0x1043,
            address: vec![2, 0, 0, 0, 0, 1],
            lower: 3,
            is_paired: true,
            lower_namespace: Some(7),
            carrier: Some(true),
            counters: vec![5, u64::MAX],
            ..Link::default()
        };
        assert_eq!(parse(&body), Some(expected));
    }

    #[test]
    fn the_machine_s_loopback_device_is_among_them() {
        let links = links().unwrap();
        let loopback = links.iter().find(|link| link.name == "lo").unwrap();
        assert_eq!((loopback.index, loopback.hardware, loopback.lower), (1, 772, 1));
        assert!(loopback.counters.len() >= 23, "{:?}", loopback.counters);
    }

    #[test]
    fn our_own_namespace_has_no_number_and_a_process_that_is_not_there_is_absent() {
        assert_eq!(namespace_of(std::process::id()).unwrap(), None);
        let error = namespace_of(u32::try_from(i32::MAX).unwrap()).unwrap_err();
        assert!(matches!(error, ReadError::Absent { .. }), "{error}");
        assert_eq!(namespace(&[0, 0, 0, 0, 8, 0, 1, 0, 5, 0, 0, 0]), Some(5));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = (parse(&bytes), namespace(&bytes));
        }
    }
}
