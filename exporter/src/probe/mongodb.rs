//! MongoDB: `isMaster`, the question that every driver asks first and that needs no login.
//!
//! In an `OP_MSG`, since MongoDB 3.6. <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>

use seamark_kit::config::Section;

use super::metric;
use super::net::{HostPort, Read};
use super::report::{Failure, Report, failure};
use super::transport::Transport;

/// Answers of large replica sets are a few kilobytes.
const LONGEST_MESSAGE: usize = 256 * 1024;
const OP_MSG: u32 = 2013;
/// `ok` of MongoDB, `Unauthorized`.
const UNAUTHORIZED: i64 = 13;

/// How to ask.
#[derive(Debug, Default, PartialEq)]
pub struct Mongodb {
    transport: Transport,
}

/// What the server says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Whether it could answer.
    pub ok: bool,
    /// The number of what is wrong.
    pub code: Option<i64>,
    /// What is wrong.
    pub message: Option<String>,
    /// Whether it takes writes.
    pub writable: Option<bool>,
}

impl Mongodb {
    /// Reads how the server is reached.
    pub fn read(section: &mut Section) -> Self {
        Self { transport: Transport::read(section) }
    }

    /// Probes a server, primary or not.
    ///
    /// # Errors
    ///
    /// It is not there, or says that something is wrong.
    pub async fn run(&self, target: &HostPort, report: &mut Report) -> Result<(), Failure> {
        let mut wire = self.transport.open(target, report).await?;
        report.say("isMaster");
        wire.send(&question()).await?;
        let answer = wire.receive(LONGEST_MESSAGE, answer).await?;
        let unauthorized = answer.code == Some(UNAUTHORIZED);
        if !answer.ok && !unauthorized {
            let why = answer.message.unwrap_or_default();
            return failure(format_args!("the server says: {why} (code {})", answer.code.unwrap_or_default()));
        }
        if let Some(writable) = answer.writable {
            report.say(if writable { "the server takes writes" } else { "the server takes no writes (secondary)" });
        }
        report.set(metric::AUTHENTICATION_REQUIRED, unauthorized);
        Ok(())
    }
}

fn question() -> Vec<u8> {
    let mut fields = Vec::new();
    // Type, name, value: a 32-bit number and a string with its length.
    fields.extend_from_slice(b"\x10isMaster\0\x01\0\0\0");
    fields.extend_from_slice(b"\x02$db\0\x06\0\0\0admin\0");
    let mut body = Vec::new();
    // No flags; one section of kind 0, which is one document.
    body.extend_from_slice(&[0, 0, 0, 0, 0]);
    body.extend_from_slice(&length(fields.len() + 5));
    body.append(&mut fields);
    body.push(0);
    let mut message = length(body.len() + 16).to_vec();
    for number in [1, 0, OP_MSG] {
        message.extend_from_slice(&number.to_le_bytes());
    }
    message.append(&mut body);
    message
}

fn length(of: usize) -> [u8; 4] {
    u32::try_from(of).unwrap_or(0).to_le_bytes()
}

/// Reads an answer.
pub fn answer(bytes: &[u8]) -> Read<Answer> {
    let other = || Failure("this is not the protocol of MongoDB".to_owned());
    let Some(whole) = number(bytes, 0) else { return Ok(None) };
    // A header of 16 bytes, flags, the kind of the section and an empty document.
    let whole = usize::try_from(whole).ok().filter(|whole| (26..LONGEST_MESSAGE).contains(whole)).ok_or_else(other)?;
    if number(bytes, 12).is_some_and(|code| code != OP_MSG) {
        return Err(other());
    }
    let Some(message) = bytes.get(..whole) else { return Ok(None) };
    if message.get(20) != Some(&0) {
        return Err(other());
    }
    let document = message.get(21..).unwrap_or_default();
    let fields = document.get(4..).unwrap_or_default();
    Ok(Some((read_fields(fields).ok_or_else(other)?, whole)))
}

/// `None` where the document is cut off or holds what BSON has not.
fn read_fields(mut fields: &[u8]) -> Option<Answer> {
    let mut answer = Answer::default();
    loop {
        let (kind, rest) = fields.split_first()?;
        if *kind == 0 {
            return Some(answer);
        }
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (name, value) = (rest.get(..end)?, rest.get(end + 1..)?);
        let size = size_of_value(*kind, value)?;
        let (value, after) = value.split_at_checked(size)?;
        match (name, *kind) {
            (b"ok", _) => answer.ok = whole_number(*kind, value)? == 1,
            (b"code", _) => answer.code = whole_number(*kind, value),
            (b"ismaster" | b"isWritablePrimary", 0x08) => answer.writable = Some(value == [1]),
            (b"errmsg", 0x02) => {
                let text = String::from_utf8_lossy(value.get(4..)?);
                answer.message = Some(text.chars().filter(|c| !c.is_control()).take(200).collect());
            }
            _ => {}
        }
        fields = after;
    }
}

/// How many bytes a value takes (<https://bsonspec.org/spec.html>).
fn size_of_value(kind: u8, value: &[u8]) -> Option<usize> {
    let stated = || usize::try_from(number(value, 0)?).ok();
    let text = |from: usize| value.get(from..)?.iter().position(|byte| *byte == 0).map(|end| from + end + 1);
    match kind {
        // Null, undefined, smallest and largest key.
        0x06 | 0x0a | 0x7f | 0xff => Some(0),
        0x08 => Some(1),
        0x10 => Some(4),
        // Double, date, timestamp, 64-bit number.
        0x01 | 0x09 | 0x11 | 0x12 => Some(8),
        0x07 => Some(12),
        0x13 => Some(16),
        // String, code, symbol.
        0x02 | 0x0d | 0x0e => stated()?.checked_add(4),
        // Documents and lists, code with its scope: the length counts itself.
        0x03 | 0x04 | 0x0f => stated().filter(|size| *size >= 5),
        0x05 => stated()?.checked_add(5),
        0x0b => text(text(0)?),
        0x0c => stated()?.checked_add(4 + 12),
        _ => None,
    }
}

fn whole_number(kind: u8, value: &[u8]) -> Option<i64> {
    match kind {
        0x01 => Some(f64::from_le_bytes(*value.first_chunk()?) as i64),
        0x08 => value.first().map(|truth| i64::from(*truth)),
        0x10 => Some(i32::from_le_bytes(*value.first_chunk()?).into()),
        0x12 => Some(i64::from_le_bytes(*value.first_chunk()?)),
        _ => None,
    }
}

fn number(bytes: &[u8], from: usize) -> Option<u32> {
    bytes.get(from..)?.first_chunk().map(|number| u32::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(fields: &[u8]) -> Vec<u8> {
        let mut message = length(fields.len() + 26).to_vec();
        for number in [9, 1, OP_MSG, 0] {
            message.extend_from_slice(&number.to_le_bytes());
        }
        message.push(0);
        message.extend_from_slice(&length(fields.len() + 5));
        message.extend_from_slice(fields);
        message.push(0);
        message
    }

    #[test]
    fn an_answer_is_read_through_fields_of_every_kind() {
        let fields = [
            &b"\x08ismaster\0\x01"[..],
            b"\x03topologyVersion\0\x05\0\0\0\0",
            b"\x10maxWireVersion\0\x15\0\0\0",
            b"\x02setName\0\x03\0\0\0rs\0",
            b"\x09localTime\x000123\0\0\0\0",
            b"\x01ok\0\0\0\0\0\0\0\xf0\x3f",
        ]
        .concat();
        let whole = message(&fields);
        let expected = Answer { ok: true, writable: Some(true), ..Answer::default() };
        assert_eq!(answer(&whole), Ok(Some((expected, whole.len()))));
        assert!((0..whole.len()).all(|cut| answer(&whole[..cut]) == Ok(None)));
    }

    #[test]
    fn an_error_has_a_number_and_words() {
        let whole = message(b"\x10ok\0\0\0\0\0\x02errmsg\0\x03\0\0\0no\0\x10code\0\x0d\0\0\0");
        let (read, _) = answer(&whole).unwrap().unwrap();
        assert_eq!((read.ok, read.code, read.message.as_deref()), (false, Some(13), Some("no")));
    }

    #[test]
    fn the_question_has_the_length_it_states() {
        let question = question();
        assert_eq!(number(&question, 0).unwrap() as usize, question.len());
        assert_eq!(number(&question, 21).unwrap() as usize, question.len() - 21);
    }

    #[test]
    fn another_protocol_is_no_answer() {
        for other in [&b"HTTP/1.1 400 Bad Request\r\n"[..], &[0; 40], &[0xff; 40], &message(b"\x63x\0")] {
            assert!(answer(other).is_err(), "{other:?}");
        }
    }
}
