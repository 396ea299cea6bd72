//! Asking the kernel by netlink: one question, and everything that it knows of the kind.
//!
//! The crates for it turn every attribute into an object, most of them of no use here, and refuse a whole message for
//! one attribute of an unknown length. Here messages stay bytes, and whoever asked takes what it needs.
//! (<https://docs.kernel.org/userspace-api/netlink/intro.html>)

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with, sockopt,
};

use crate::host::ReadError;

/// Which part of the kernel is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Devices, addresses, neighbours (rtnetlink).
    Route,
    /// Sockets (sock_diag).
    Sockets,
}

impl Family {
    /// `None` is protocol 0, which is rtnetlink.
    fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Route => None,
            Self::Sockets => Some(netlink::SOCK_DIAG),
        }
    }

    /// What stands for the file in an error.
    fn name(self) -> &'static str {
        match self {
            Self::Route => "netlink/route",
            Self::Sockets => "netlink/sock_diag",
        }
    }
}

/// The kernel fills at most 32 KiB at once, if we have room for it.
const BUFFER: usize = 32 * 1024;

/// The kernel answers while it is read from: waiting at all means that something is very wrong.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks for everything of a kind and hands each message of the answer to `each`. Tells whether the answer is of one
/// moment: what came or went meanwhile may be missing, and something else with it.
///
/// # Errors
///
/// [`ReadError::Unreadable`].
pub fn dump(family: Family, kind: u16, body: &[u8], mut each: impl FnMut(&Message<'_>)) -> Result<bool, ReadError> {
    ask(family, kind, DUMP, body, &mut each)
        .map_err(|source| ReadError::Unreadable { file: PathBuf::from(family.name()), source })
}

/// Asks for one thing, and hands the message that answers to `each`.
///
/// # Errors
///
/// [`ReadError::Unreadable`]; [`ReadError::Absent`] where the kernel knows of no such thing.
pub fn one(family: Family, kind: u16, body: &[u8], mut each: impl FnMut(&Message<'_>)) -> Result<(), ReadError> {
    ask(family, kind, 0, body, &mut each).map(|_| ()).map_err(|source| ReadError::new(family.name().into(), source))
}

fn ask(family: Family, kind: u16, dump: u16, body: &[u8], each: &mut impl FnMut(&Message<'_>)) -> io::Result<bool> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, family.protocol())?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
    send(&socket, &request(kind, dump, body), SendFlags::empty())?;
    let mut buffer = vec![0_u8; BUFFER];
    let mut of_one_moment = true;
    loop {
        let (filled, length) = match recv(&socket, buffer.as_mut_slice(), RecvFlags::TRUNC) {
            Err(rustix::io::Errno::INTR) => continue,
            read => read?,
        };
        let Some(answer) = buffer.get(..filled).filter(|_| length == filled && length > 0) else {
            return Err(invalid("an answer longer than the buffer"));
        };
        for message in messages(answer) {
            let message = message?;
            of_one_moment &= message.flags & INTERRUPTED == 0;
            match message.kind {
                ERROR | DONE => return message.outcome().map(|()| of_one_moment),
                _ => each(&message),
            }
        }
        if dump == 0 {
            return Ok(true);
        }
    }
}

// <linux/netlink.h>
const HEADER: usize = 16;
const REQUEST: u16 = 0x1;
const DUMP: u16 = 0x300;
const INTERRUPTED: u16 = 0x10;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// An attribute's number without the bits that say how it is written.
const ATTRIBUTE_NUMBER: u16 = 0x3FFF;

fn request(kind: u16, dump: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let mut request = Vec::with_capacity(HEADER + body.len());
    request.extend(length.to_ne_bytes());
    request.extend(kind.to_ne_bytes());
    request.extend((REQUEST | dump).to_ne_bytes());
    // Number of the question and of the socket: with one question per socket neither matters.
    request.extend([0; 8]);
    request.extend(body);
    request
}

/// A message of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its number, such as `RTM_NEWLINK`.
    pub kind: u16,
    flags: u16,
    /// What follows the header.
    pub body: &'a [u8],
}

impl Message<'_> {
    /// Of the message at the end: a number of the system's errors, below zero, or 0.
    fn outcome(&self) -> io::Result<()> {
        match i32::from_ne_bytes(bytes_at(self.body, 0).unwrap_or_default()) {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error.saturating_neg())),
        }
    }
}

/// The messages of what was received at once.
fn messages(mut rest: &[u8]) -> impl Iterator<Item = io::Result<Message<'_>>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = first_message(rest);
        rest = message.as_ref().map(|(_, behind)| *behind).unwrap_or_default();
        Some(message.map(|(message, _)| message).ok_or_else(|| invalid("a message that is shorter than it says")))
    })
}

fn first_message(bytes: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let body = bytes.get(HEADER..length)?;
    let message = Message { kind: u16_at(bytes, 4)?, flags: u16_at(bytes, 6)?, body };
    Some((message, bytes.get(aligned(length)..).unwrap_or_default()))
}

/// The attributes in the tail of a message, number and value; ends at the first that is not whole.
pub fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(rest, 0)?);
        let attribute = (u16_at(rest, 2)? & ATTRIBUTE_NUMBER, rest.get(4..length)?);
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some(attribute)
    })
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn bytes_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

/// A number of 16 bits in a message.
pub fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes_at(bytes, offset).map(u16::from_ne_bytes)
}

/// A number of 32 bits in a message.
pub fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes_at(bytes, offset).map(u32::from_ne_bytes)
}

/// A number of 64 bits in a message.
pub fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    bytes_at(bytes, offset).map(u64::from_ne_bytes)
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET_LINK: u16 = 18;

    fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), number.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn messages_and_attributes_are_taken_apart_with_their_padding() {
        let nested = 0x8000;
        let body = [attribute(3, b"eth0\0"), attribute(nested | 5, &[]), attribute(7, &[1, 2, 3, 4])].concat();
        let two = [request(16, DUMP, &body), request(3, DUMP, &[0; 4])].concat();
        let read: Vec<_> = messages(&two).map(Result::unwrap).collect();
        assert_eq!(read.iter().map(|message| message.kind).collect::<Vec<_>>(), [16, 3]);
        let attributes: Vec<_> = attributes(read[0].body).collect();
        assert_eq!(attributes, [(3, b"eth0\0".as_slice()), (5, &[]), (7, &[1, 2, 3, 4])]);
    }

    #[test]
    fn a_message_cut_off_is_an_error_and_an_attribute_cut_off_the_end() {
        let whole = request(16, DUMP, &attribute(3, b"eth0"));
        let cut = &whole[..whole.len() - 1];
        assert!(messages(cut).next().unwrap().is_err() && messages(cut).nth(1).is_none());
        assert_eq!(attributes(&cut[HEADER..]).next(), None);
    }

    #[test]
    fn the_kernel_s_refusal_is_an_error_with_its_reason() {
        let refused = dump(Family::Route, 9999, &[], |_| {}).unwrap_err().to_string();
        assert_eq!(refused, "netlink/route: cannot be read: Operation not supported (os error 95)");
    }

    #[test]
    fn the_kernel_answers_with_all_devices() {
        let mut count = 0;
        dump(Family::Route, GET_LINK, &[0; 16], |_| count += 1).unwrap();
        assert!(count >= 1, "there is always `lo`");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_go_on_for_ever(bytes in any::<Vec<u8>>()) {
            prop_assert!(messages(&bytes).count() <= bytes.len());
            prop_assert!(attributes(&bytes).count() <= bytes.len());
        }
    }
}
