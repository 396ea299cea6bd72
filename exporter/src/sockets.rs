//! A line of `/proc/net/tcp`, `tcp6`, `udp` or `udp6`: one socket each, in one format for all four.

use crate::text::{self, Line, ParseError};

/// One socket.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Socket {
    /// The kernel's number of its state.
    pub state: u64,
    /// Bytes that came and were not read yet.
    pub receive: u64,
    /// Bytes that were written and are not on their way yet.
    pub transmit: u64,
}

/// `<number>: <local> <remote> <state> <transmit>:<receive> …`, state and queues being hexadecimal.
///
/// # Errors
///
/// Any other line.
pub fn row(line: Line<'_>) -> Result<Socket, ParseError> {
    let socket = || {
        let mut words = line.words().skip(3);
        let state = text::hex(words.next()?)?;
        let (transmit, receive) = text::split_once(words.next()?, b':')?;
        Some(Socket { state, receive: text::hex(receive)?, transmit: text::hex(transmit)? })
    };
    socket().ok_or_else(|| line.malformed("a socket with its state and queues, such as `0A 00000000:00000001`"))
}
