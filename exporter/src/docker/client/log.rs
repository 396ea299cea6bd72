//! The end of a container's log as `GET /containers/ID/logs` sends it: frames with a header each, or, of a container
//! with a terminal, the bare bytes.

use super::DecodeError;

/// Bytes that are kept: more than any message holds.
const MOST: usize = 64 << 10;
/// Type of stream, three zeros, length.
const HEADER: usize = 8;

/// What came so far, without the headers; only its end is kept.
#[derive(Debug, Default)]
pub(super) struct Tail {
    kept: Vec<u8>,
    framing: Framing,
    /// Part of a header.
    header: Vec<u8>,
    /// What is to come of the frame.
    left: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// The first bytes will tell: the type of the answer says nothing before API 1.42.
    #[default]
    Unknown,
    Frames,
    Bare,
}

impl Tail {
    pub(super) fn push(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            if self.framing == Framing::Bare || self.left > 0 {
                let now = if self.framing == Framing::Bare { chunk.len() } else { self.left.min(chunk.len()) };
                let (part, rest) = chunk.split_at_checked(now).unwrap_or((chunk, &[]));
                self.keep(part);
                self.left = self.left.saturating_sub(now);
                chunk = rest;
                continue;
            }
            let missing = HEADER.saturating_sub(self.header.len()).min(chunk.len());
            let (part, rest) = chunk.split_at_checked(missing).unwrap_or((chunk, &[]));
            self.header.extend_from_slice(part);
            chunk = rest;
            match frame_length(&self.header) {
                Ok(None) => {}
                Ok(Some(length)) => {
                    self.framing = Framing::Frames;
                    self.left = length;
                    self.header.clear();
                }
                Err(_) => {
                    self.framing = Framing::Bare;
                    let bare = std::mem::take(&mut self.header);
                    self.keep(&bare);
                }
            }
        }
    }

    /// As text; what is no UTF-8 is marked.
    pub(super) fn text(&self) -> String {
        let bare = if self.framing == Framing::Unknown { self.header.as_slice() } else { &[] };
        String::from_utf8_lossy(&[self.kept.as_slice(), bare].concat()).into_owned()
    }

    fn keep(&mut self, part: &[u8]) {
        self.kept.extend_from_slice(part);
        if self.kept.len() > 2 * MOST {
            self.kept.drain(..self.kept.len() - MOST);
        }
    }
}

/// `None` for one that is not whole; an error for what is no header.
fn frame_length(header: &[u8]) -> Result<Option<usize>, DecodeError> {
    let fits = header.iter().zip([2, 0, 0, 0]).all(|(byte, most)| *byte <= most);
    if !fits {
        return Err(DecodeError("a log without frames"));
    }
    let length: Option<[u8; 4]> = header.get(4..HEADER).and_then(|length| length.try_into().ok());
    Ok(length.map(|length| u32::from_be_bytes(length) as usize))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use proptest::{collection, prop_assert, prop_assert_eq};

    use super::{MOST, Tail};

    fn frame(stream: u8, text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&[stream, 0, 0, 0], &length[..], text.as_bytes()].concat()
    }

    fn read(bytes: &[u8], at_once: usize) -> String {
        let mut tail = Tail::default();
        bytes.chunks(at_once.max(1)).for_each(|chunk| tail.push(chunk));
        tail.text()
    }

    #[test]
    fn frames_and_bare_bytes_are_told_apart_however_they_come() {
        let frames = [frame(1, "one\n"), frame(2, ""), frame(2, "店\n")].concat();
        for at_once in 1..frames.len() {
            assert_eq!(read(&frames, at_once), "one\n店\n");
            assert_eq!(read("bare\r\n店".as_bytes(), at_once), "bare\r\n店");
        }
        // A frame that does not end, a header that does not, no header after a frame.
        assert_eq!(read(&frames[..10], 3), "on");
        assert_eq!(read(&[frame(1, "one"), vec![2, 0]].concat(), 3), "one");
        assert_eq!(read(&[frame(1, "one").as_slice(), b" and on"].concat(), 3), "one and on");
        assert_eq!(read(b"\x01\x00", 1), "\x01\0");
        assert_eq!(read(b"", 1), "");
    }

    #[test]
    fn only_the_end_of_a_long_log_is_kept() {
        let text = "0123456789abcdef\n".repeat(20_000);
        let read = read(&frame(1, &text), 4096);
        assert!(read.len() <= 2 * MOST && text.ends_with(&read));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_the_same_in_whatever_pieces(bytes in collection::vec(any::<u8>(), 0..80), at_once in 1_usize..20) {
            prop_assert_eq!(read(&bytes, at_once), read(&bytes, 80));
            prop_assert!(read(&bytes, at_once).chars().count() <= bytes.len());
        }
    }
}
