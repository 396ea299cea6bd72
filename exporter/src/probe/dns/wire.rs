//! Messages of DNS: one question out, counts and records in.
//!
//! RFC 1035, section 4; the text of records as in its section 5.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::report::{Failure, failure};

/// A name has at most 255 bytes, so at most that many labels and jumps.
const MOST_STEPS: usize = 255;
/// Records that are looked at; a message over TCP has room for some six thousand.
const MOST_RECORDS: usize = 8192;

/// The types of records that are known by name.
pub const TYPES: &[(&str, u16)] = &[
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("PTR", 12),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("SRV", 33),
    ("DS", 43),
    ("DNSKEY", 48),
    ("HTTPS", 65),
    ("ANY", 255),
    ("CAA", 257),
];

/// The classes that are known by name.
pub const CLASSES: &[(&str, u16)] = &[("IN", 1), ("CH", 3), ("HS", 4)];

/// The answers that are known by name (RFC 6895, section 2.3).
pub const RCODES: &[(&str, u8)] = &[
    ("NOERROR", 0),
    ("FORMERR", 1),
    ("SERVFAIL", 2),
    ("NXDOMAIN", 3),
    ("NOTIMP", 4),
    ("REFUSED", 5),
    ("YXDOMAIN", 6),
    ("YXRRSET", 7),
    ("NXRRSET", 8),
    ("NOTAUTH", 9),
    ("NOTZONE", 10),
];

/// `SOA`.
pub const SOA: u16 = 6;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name in the form of the wire.
    name: Vec<u8>,
    /// The type.
    pub kind: u16,
    /// The class.
    pub class: u16,
    /// Whether the server may ask others.
    pub recursion: bool,
}

/// A name in the form of the wire; `None` for what is no name.
pub fn name(text: &str) -> Option<Vec<u8>> {
    let mut wire = Vec::new();
    let text = text.strip_suffix('.').unwrap_or(text);
    for label in text.split('.').filter(|_| !text.is_empty()) {
        let fits = !label.is_empty() && label.len() < 64 && label.bytes().all(|byte| byte.is_ascii_graphic());
        wire.push(u8::try_from(label.len()).ok().filter(|_| fits)?);
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    (wire.len() <= MOST_STEPS).then_some(wire)
}

impl Question {
    /// A question about a name in the form of the wire.
    pub fn new(name: Vec<u8>, kind: u16, class: u16, recursion: bool) -> Self {
        Self { name, kind, class, recursion }
    }

    /// The message that asks it.
    pub fn message(&self, id: u16) -> Vec<u8> {
        let flags = if self.recursion { 0x0100 } else { 0 };
        let mut message = Vec::new();
        for number in [id, flags, 1, 0, 0, 0] {
            message.extend_from_slice(&u16::to_be_bytes(number));
        }
        message.extend_from_slice(&self.name);
        message.extend_from_slice(&self.kind.to_be_bytes());
        message.extend_from_slice(&self.class.to_be_bytes());
        message
    }

    /// Whether a message answers this question as it was asked. Anybody can send us a datagram.
    pub fn is_answered_by(&self, id: u16, message: &[u8]) -> bool {
        let asked = self.message(id);
        let is_answer = message.get(2).is_some_and(|flags| flags & 0x80 != 0);
        // A server that cannot make anything of the question may leave it out.
        let without = message.get(4..6) == Some(&[0, 0]) && message.get(3).is_some_and(|flags| flags & 0x0f != 0);
        let same = asked.get(12..).zip(message.get(12..asked.len())).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
        is_answer && message.get(..2) == asked.get(..2) && (same || without)
    }
}

/// What a server answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// 0 is good.
    pub rcode: u8,
    /// There was more than a datagram holds.
    pub truncated: bool,
    /// Records of the answer section, in the form of a zone file.
    pub answer: Vec<String>,
    /// Records of the authority section.
    pub authority: Vec<String>,
    /// Records of the additional section.
    pub additional: Vec<String>,
    /// The serial number of the first SOA record among the answers.
    pub serial: Option<u32>,
}

/// The name of an answer's code.
pub fn rcode_name(rcode: u8) -> String {
    let known = RCODES.iter().find(|(_, code)| *code == rcode);
    known.map_or_else(|| format!("code {rcode}"), |(name, _)| (*name).to_owned())
}

/// Reads a message.
///
/// # Errors
///
/// It is cut off or malformed.
pub fn read(message: &[u8]) -> Result<Answer, Failure> {
    let broken = || Failure("the answer is no message of DNS, or cut off".to_owned());
    let mut reader = Reader { message, at: 4 };
    let flags = *message.get(2..4).and_then(|flags| flags.first_chunk::<2>()).ok_or_else(broken)?;
    let mut count = || reader.u16().map(usize::from).ok_or_else(broken);
    let [questions, answers, authorities, additionals] = [count()?, count()?, count()?, count()?];
    if questions + answers + authorities + additionals > MOST_RECORDS {
        return failure(format_args!("the answer states more than {MOST_RECORDS} records"));
    }
    for _ in 0..questions {
        reader.name().and_then(|_| reader.skip(4)).ok_or_else(broken)?;
    }
    let [first, second] = flags;
    let mut answer = Answer { rcode: second & 0x0f, truncated: first & 0x02 != 0, ..Answer::default() };
    for (count, section) in [(answers, 0), (authorities, 1), (additionals, 2)] {
        for _ in 0..count {
            let Some(record) = reader.record() else {
                // Of one that is cut off on purpose, what is there counts.
                if answer.truncated {
                    return Ok(answer);
                }
                return Err(broken());
            };
            match section {
                0 => {
                    answer.serial = answer.serial.or(record.serial);
                    answer.answer.push(record.text);
                }
                1 => answer.authority.push(record.text),
                _ => answer.additional.push(record.text),
            }
        }
    }
    Ok(answer)
}

struct Record {
    text: String,
    serial: Option<u32>,
}

/// Reads a message front to back; names may point to an earlier place in it.
struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let bytes = self.message.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(drop)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn name(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut back = None;
        for _ in 0..MOST_STEPS {
            let length = self.u8()?;
            match length {
                0 => {
                    self.at = back.unwrap_or(self.at);
                    return Some(if text.is_empty() { ".".to_owned() } else { text });
                }
                1..=63 => {
                    let label = self.take(length.into())?;
                    text.push_str(&escaped(label, b"."));
                    text.push('.');
                }
                192.. => {
                    let low = self.u8()?;
                    back = back.or(Some(self.at));
                    self.at = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                }
                _ => return None,
            }
        }
        None
    }

    fn record(&mut self) -> Option<Record> {
        let owner = self.name()?;
        let (kind, class, ttl, length) = (self.u16()?, self.u16()?, self.u32()?, usize::from(self.u16()?));
        let end = self.at.checked_add(length).filter(|end| *end <= self.message.len())?;
        let kind_name = TYPES.iter().find(|(_, number)| *number == kind);
        let kind_name = kind_name.map_or_else(|| format!("TYPE{kind}"), |(name, _)| (*name).to_owned());
        let class_name = CLASSES.iter().find(|(_, number)| *number == class);
        let class_name = class_name.map_or_else(|| format!("CLASS{class}"), |(name, _)| (*name).to_owned());
        let start = self.at;
        let mut serial = None;
        let data = self.data(kind, end, &mut serial).filter(|_| self.at == end);
        if data.is_none() {
            self.at = start;
        }
        let raw = match data {
            Some(data) => data,
            None => unknown(self.take(length)?),
        };
        self.at = end;
        Some(Record { text: format!("{owner}\t{ttl}\t{class_name}\t{kind_name}\t{raw}"), serial })
    }

    /// The text of a record's data; `None` for types that are not known.
    fn data(&mut self, kind: u16, end: usize, serial: &mut Option<u32>) -> Option<String> {
        Some(match kind {
            1 => Ipv4Addr::from(*self.take(4)?.first_chunk::<4>()?).to_string(),
            28 => Ipv6Addr::from(*self.take(16)?.first_chunk::<16>()?).to_string(),
            2 | 5 | 12 => self.name()?,
            15 => format!("{} {}", self.u16()?, self.name()?),
            33 => format!("{} {} {} {}", self.u16()?, self.u16()?, self.u16()?, self.name()?),
            16 => {
                let mut texts = Vec::new();
                while self.at < end {
                    let length = self.u8()?;
                    texts.push(format!("\"{}\"", escaped(self.take(length.into())?, b"\"")));
                }
                texts.join(" ")
            }
            SOA => {
                let (server, mailbox, number) = (self.name()?, self.name()?, self.u32()?);
                *serial = Some(number);
                let [refresh, retry, expire, least] = [self.u32()?, self.u32()?, self.u32()?, self.u32()?];
                format!("{server} {mailbox} {number} {refresh} {retry} {expire} {least}")
            }
            257 => {
                let (flags, length) = (self.u8()?, self.u8()?);
                let tag = escaped(self.take(length.into())?, b"\"");
                let value = self.take(end.checked_sub(self.at)?)?;
                format!("{flags} {tag} \"{}\"", escaped(value, b"\""))
            }
            _ => return None,
        })
    }
}

/// Data of a type that is not known (RFC 3597).
fn unknown(data: &[u8]) -> String {
    data.iter().fold(format!("\\# {} ", data.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn escaped(bytes: &[u8], special: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'\\' => text.push_str("\\\\"),
            special_byte if special.contains(special_byte) => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            b' '..=b'~' => text.push(char::from(*byte)),
            other => {
                let _ = write!(text, "\\{other:03}");
            }
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn question() -> Question {
        Question::new(name("example.org").unwrap(), 1, 1, true)
    }

    /// A message with these records as its answers, each with its data.
    fn answer(records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = question().message(7);
        message[2..4].copy_from_slice(&[0x81, 0x80]);
        message[7] = records.len() as u8;
        for (kind, data) in records {
            // The name is where the question has it.
            message.extend_from_slice(&[0xc0, 12]);
            message.extend_from_slice(&kind.to_be_bytes());
            message.extend_from_slice(&[0, 1, 0, 0, 0x0e, 0x10, 0, data.len() as u8]);
            message.extend_from_slice(data);
        }
        message
    }

    #[test]
    fn records_are_told_in_the_form_of_a_zone_file() {
        let soa = [&b"\x02ns\xc0\x0c\x04mail\xc0\x0c"[..], &7_u32.to_be_bytes(), &[0; 16]].concat();
        let message = answer(&[
            (1, &[192, 0, 2, 1]),
            (28, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            (5, b"\x03www\xc0\x0c"),
            (15, b"\0\x0a\x04mail\xc0\x0c"),
            (16, b"\x03a\"b\x01c"),
            (SOA, &soa),
            (99, b"xy"),
            (1, b"no"),
        ]);
        let read = read(&message).unwrap();
        let expected = [
            "example.org.\t3600\tIN\tA\t192.0.2.1",
            "example.org.\t3600\tIN\tAAAA\t2001:db8::1",
            "example.org.\t3600\tIN\tCNAME\twww.example.org.",
            "example.org.\t3600\tIN\tMX\t10 mail.example.org.",
            "example.org.\t3600\tIN\tTXT\t\"a\\\"b\" \"c\"",
            "example.org.\t3600\tIN\tSOA\tns.example.org. mail.example.org. 7 0 0 0 0",
            "example.org.\t3600\tIN\tTYPE99\t\\# 2 7879",
            "example.org.\t3600\tIN\tA\t\\# 2 6e6f",
        ];
        assert_eq!(read.answer, expected);
        assert_eq!((read.rcode, read.truncated, read.serial), (0, false, Some(7)));
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let message = answer(&[]);
        assert!(question().is_answered_by(7, &message));
        assert!(!question().is_answered_by(8, &message));
        assert!(!question().is_answered_by(7, &question().message(7)), "a question");
        assert!(!Question::new(name("example.net").unwrap(), 1, 1, true).is_answered_by(7, &message));
        assert!(!question().is_answered_by(7, &message[..20]));
        assert!(question().is_answered_by(7, &[0, 7, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]), "FORMERR alone");
    }

    #[test]
    fn a_name_that_points_to_itself_has_an_end() {
        let mut message = answer(&[(1, &[1, 2, 3, 4])]);
        let at = message.len() - 16;
        message[at..at + 2].copy_from_slice(&[0xc0, at as u8]);
        assert!(read(&message).is_err());
    }

    #[test]
    fn names_have_bounds() {
        assert_eq!(name("a.b."), Some(b"\x01a\x01b\0".to_vec()));
        assert_eq!(name("."), Some(b"\0".to_vec()));
        assert_eq!(name("a..b"), None);
        assert_eq!(name(&"a".repeat(64)), None);
        assert_eq!(name(&"aa.".repeat(90)), None);
    }

    proptest! {
        #[test]
        fn no_message_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_cut_or_change_breaks_the_reader(cut in 0_usize..200, place in any::<usize>(), byte in any::<u8>()) {
            let mut message = answer(&[(15, b"\0\x0a\x04mail\xc0\x0c"), (16, b"\x01c"), (1, &[1, 2, 3, 4])]);
            let length = message.len();
            message[place % length] = byte;
            message.truncate(length.saturating_sub(cut));
            let _ = read(&message);
        }
    }
}
