//! MySQL and MariaDB: the greeting, and a login without a password that the server refuses.
//!
//! A probe that leaves after the greeting counts as an interrupted connection, and after `max_connect_errors` of those
//! in a row (100 by default) the server locks the whole host out, other programs there included. A refused login does
//! not count. <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use seamark_kit::config::Section;

use super::metric;
use super::net::{HostPort, Read, Wire};
use super::report::{Failure, Report, failure};
use super::transport::Transport;

/// A greeting or an error.
const LONGEST_PACKET: usize = 64 * 1024;

/// `CLIENT_LONG_PASSWORD`, `CLIENT_PROTOCOL_41`, `CLIENT_SECURE_CONNECTION`, `CLIENT_PLUGIN_AUTH`.
const CAPABILITIES: u32 = 0x1 | 0x200 | 0x8000 | 0x8_0000;
const CLIENT_SSL: u32 = 0x800;
/// `utf8_general_ci`, which every version knows.
const CHARACTER_SET: u8 = 33;
/// `COM_QUIT`.
const QUIT: &[u8] = &[1];
/// `ER_HOST_NOT_PRIVILEGED`: the server is there and not for us.
const NOT_FROM_HERE: u16 = 1130;
/// `ER_ACCESS_DENIED_ERROR`, `ER_DBACCESS_DENIED_ERROR`, `ER_ACCESS_DENIED_NO_PASSWORD_ERROR`, `ER_NOT_SUPPORTED_AUTH_MODE`,
/// `ER_SECURE_TRANSPORT_REQUIRED`, `ER_ACCOUNT_HAS_BEEN_LOCKED`, `ER_PLUGIN_IS_NOT_LOADED`.
const REFUSALS: [u16; 7] = [1045, 1044, 1698, 1251, 3159, 3118, 1524];
/// Switches of the way to log in, and messages on the way.
const MOST_ROUNDS: usize = 4;

/// How to ask.
#[derive(Debug, PartialEq)]
pub struct Mysql {
    transport: Transport,
    user: String,
}

impl Default for Mysql {
    fn default() -> Self {
        Self { transport: Transport::default(), user: "seamark".to_owned() }
    }
}

/// What a server says first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Its version.
    pub version: String,
    /// Whether it speaks TLS.
    pub tls: bool,
}

/// What a packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The login is taken.
    Welcome,
    /// The server wants to hear more.
    WantsMore,
    /// Its number and its words.
    Error(u16, String),
}

/// A packet: its number in the conversation, and what is in it.
type Packet = (u8, Vec<u8>);

impl Mysql {
    /// Reads `user` and how the server is reached.
    pub fn read(section: &mut Section) -> Self {
        let transport = Transport::read(section);
        let name = |text: &str| (!text.is_empty() && text.len() <= 80 && !text.contains('\0')).then(|| text.to_owned());
        let user = section.parse("user", "the name of a user", name).unwrap_or(Self::default().user);
        Self { transport, user }
    }

    /// Probes a server. One that refuses the login is alive.
    ///
    /// # Errors
    ///
    /// It is not there, or takes nobody now.
    pub async fn run(&self, target: &HostPort, report: &mut Report) -> Result<(), Failure> {
        let mut wire = self.transport.connect(target, report).await?;
        report.say("waiting for the greeting");
        let (mut number, packet) = wire.receive(LONGEST_PACKET, packet).await?;
        let greeting = match greeting(&packet)? {
            Ok(greeting) => greeting,
            Err((NOT_FROM_HERE, why)) => {
                report.say(format_args!("the server is there and refuses us: {why}"));
                report.set(metric::AUTHENTICATION_REQUIRED, true);
                return Ok(());
            }
            Err((code, why)) => return failure(format_args!("the server says: {why} (error {code})")),
        };
        report.say(format_args!("version {}", greeting.version));
        let tls = self.transport.tls.is_some();
        if tls {
            if !greeting.tls {
                // The login first, so that this does not count against the host.
                let _ = self.log_in(&mut wire, number, false).await;
                return failure("the server does not speak TLS");
            }
            number = number.wrapping_add(1);
            wire.send(&framed(number, &login_head(true))).await?;
            wire = self.transport.secure(wire, target, report).await?;
        }
        report.say("logging in without a password");
        let wants_credentials = match self.log_in(&mut wire, number, tls).await? {
            Answer::Welcome => {
                let _ = wire.send(&framed(0, QUIT)).await;
                false
            }
            Answer::WantsMore => true,
            Answer::Error(code, why) if REFUSALS.contains(&code) => {
                report.say(format_args!("the server is there and refuses us: {why}"));
                true
            }
            Answer::Error(code, why) => return failure(format_args!("the server says: {why} (error {code})")),
        };
        report.set(metric::AUTHENTICATION_REQUIRED, wants_credentials);
        wire.end().await;
        Ok(())
    }

    async fn log_in(&self, wire: &mut Wire, number: u8, tls: bool) -> Result<Answer, Failure> {
        let mut login = login_head(tls);
        login.extend_from_slice(self.user.as_bytes());
        // The end of the name, a password of length 0, and the way that every version knows.
        login.extend_from_slice(b"\0\0mysql_native_password\0");
        wire.send(&framed(number.wrapping_add(1), &login)).await?;
        for _ in 0..MOST_ROUNDS {
            let (number, packet) = wire.receive(LONGEST_PACKET, packet).await?;
            match answer(&packet)? {
                // An empty answer is an empty password, in every way to log in.
                Answer::WantsMore => wire.send(&framed(number.wrapping_add(1), b"")).await?,
                last => return Ok(last),
            }
        }
        Ok(Answer::WantsMore)
    }
}

/// The part that is also the request for TLS.
fn login_head(tls: bool) -> Vec<u8> {
    let capabilities = if tls { CAPABILITIES | CLIENT_SSL } else { CAPABILITIES };
    let mut head = capabilities.to_le_bytes().to_vec();
    // The longest packet we take.
    head.extend_from_slice(&0x0100_0000_u32.to_le_bytes());
    head.push(CHARACTER_SET);
    head.extend_from_slice(&[0; 23]);
    head
}

fn framed(number: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(0);
    let mut packet: Vec<u8> = length.to_le_bytes().into_iter().take(3).collect();
    packet.push(number);
    packet.extend_from_slice(body);
    packet
}

/// Reads a packet.
pub fn packet(bytes: &[u8]) -> Read<Packet> {
    let Some(([a, b, c, number], rest)) = bytes.split_first_chunk() else { return Ok(None) };
    let length = u32::from_le_bytes([*a, *b, *c, 0]) as usize;
    if length == 0 || length > LONGEST_PACKET - 4 {
        return failure("this is not the protocol of MySQL");
    }
    Ok(rest.get(..length).map(|body| ((*number, body.to_vec()), length + 4)))
}

/// Reads the first packet of a server; the inner error is one that it sends in place of a greeting.
pub fn greeting(body: &[u8]) -> Result<Result<Greeting, (u16, String)>, Failure> {
    let other = || Failure("this is not the protocol of MySQL".to_owned());
    match body.split_first() {
        Some((0xff, _)) => match answer(body)? {
            Answer::Error(code, why) => Ok(Err((code, why))),
            _ => Err(other()),
        },
        Some((10, rest)) => {
            let end = rest.iter().position(|byte| *byte == 0).ok_or_else(other)?;
            let version = shown(rest.get(..end).unwrap_or_default());
            // A connection's number of 4 bytes, 8 of a challenge, and a zero.
            let capabilities = rest.get(end + 1 + 13..).and_then(|rest| rest.first_chunk());
            let capabilities = u16::from_le_bytes(*capabilities.ok_or_else(other)?);
            Ok(Ok(Greeting { version, tls: u32::from(capabilities) & CLIENT_SSL != 0 }))
        }
        _ => Err(other()),
    }
}

/// Reads what a server answers to a login.
pub fn answer(body: &[u8]) -> Result<Answer, Failure> {
    match body.split_first() {
        Some((0, _)) => Ok(Answer::Welcome),
        Some((1 | 0xfe, _)) => Ok(Answer::WantsMore),
        Some((0xff, rest)) => {
            let (code, words) =
                rest.split_first_chunk().ok_or_else(|| Failure("an error without a number".to_owned()))?;
            // Before the login is known to be of version 4.1, the words follow at once; after it, behind `#` and five
            // characters of SQLSTATE.
            let words = if words.first() == Some(&b'#') { words.get(6..).unwrap_or_default() } else { words };
            Ok(Answer::Error(u16::from_le_bytes(*code), shown(words)))
        }
        _ => failure("this is not the protocol of MySQL"),
    }
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting_of(version: &str, capabilities: u16) -> Vec<u8> {
        let mut body = vec![10];
        body.extend_from_slice(version.as_bytes());
        body.extend_from_slice(&[0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
        body.extend_from_slice(&capabilities.to_le_bytes());
        body.extend_from_slice(&[33, 2, 0]);
        body
    }

    #[test]
    fn a_greeting_tells_the_version_and_whether_there_is_tls() {
        let expected = |tls| Greeting { version: "8.4.0".to_owned(), tls };
        assert_eq!(greeting(&greeting_of("8.4.0", 0xffff)), Ok(Ok(expected(true))));
        assert_eq!(greeting(&greeting_of("8.4.0", 0xf7ff)), Ok(Ok(expected(false))));
        let full = b"\xff\x10\x04Too many connections";
        assert_eq!(greeting(full), Ok(Err((1040, "Too many connections".to_owned()))));
    }

    #[test]
    fn answers_to_a_login_are_told_apart() {
        assert_eq!(answer(b"\0\0\0\x02\0"), Ok(Answer::Welcome));
        assert_eq!(answer(b"\xfecaching_sha2_password\0x"), Ok(Answer::WantsMore));
        assert_eq!(answer(b"\xff\x15\x04#28000Access denied"), Ok(Answer::Error(1045, "Access denied".to_owned())));
        assert!(answer(b"\xff\x15").is_err() && answer(b"").is_err() && answer(b"HTTP").is_err());
    }

    #[test]
    fn a_packet_is_read_when_it_is_whole() {
        let whole = framed(7, b"abc");
        assert_eq!(packet(&whole), Ok(Some(((7, b"abc".to_vec()), 7))));
        assert!((0..whole.len()).all(|cut| packet(&whole[..cut]) == Ok(None)));
        assert!(packet(b"HTTP/1.1 400 Bad Request").is_err());
    }
}
