//! PostgreSQL: the beginning of a session, up to where the server wants a password.
//!
//! That much needs no password, and a server that is starting up, in recovery or full says so there. Unlike a bare
//! connection it leaves no line in the server's log. <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use seamark_kit::config::Section;

use super::metric;
use super::net::{HostPort, Read};
use super::report::{Failure, Report, failure};
use super::transport::Transport;

/// An error with all its fields.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// `SSLRequest`: its length and its number.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// `StartupMessage` of protocol 3.0.
const PROTOCOL: [u8; 4] = [0, 3, 0, 0];
/// `Terminate`.
const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// How to ask.
#[derive(Debug, PartialEq)]
pub struct Postgres {
    transport: Transport,
    /// In whose name the session begins; a role that there is not is a line in the server's log.
    user: String,
    database: String,
}

impl Default for Postgres {
    fn default() -> Self {
        Self { transport: Transport::default(), user: "postgres".to_owned(), database: "postgres".to_owned() }
    }
}

/// What the server said to the beginning of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `AuthenticationOk`: it wants no password.
    Welcome,
    /// It wants to be convinced.
    WantsCredentials,
    /// An error: its SQLSTATE and its words.
    Error(String, String),
}

impl Postgres {
    /// Reads `user`, `database` and how the server is reached.
    pub fn read(section: &mut Section) -> Self {
        let transport = Transport::read(section);
        let default = Self::default();
        let name = |text: &str| (!text.is_empty() && text.len() < 64 && !text.contains('\0')).then(|| text.to_owned());
        let user = section.parse("user", "the name of a role", name).unwrap_or(default.user);
        let database = section.parse("database", "the name of a database", name).unwrap_or(default.database);
        Self { transport, user, database }
    }

    /// Probes a server. One that wants a password is alive.
    ///
    /// # Errors
    ///
    /// It is not there, or takes no sessions now.
    pub async fn run(&self, target: &HostPort, report: &mut Report) -> Result<(), Failure> {
        let mut wire = self.transport.connect(target, report).await?;
        if self.transport.tls.is_some() {
            report.say("asking for TLS");
            wire.send(&SSL_REQUEST).await?;
            if !wire.receive(1, takes_tls).await? {
                return failure("the server does not speak TLS");
            }
            wire = self.transport.secure(wire, target, report).await?;
        }
        report.say("beginning a session");
        wire.send(&startup(&self.user, &self.database)).await?;
        let answer = wire.receive(LONGEST_MESSAGE, answer).await?;
        let welcome = answer == Answer::Welcome;
        let wants_credentials = match answer {
            Answer::Welcome => false,
            Answer::WantsCredentials => true,
            // Class 28 is about who we are: no such role, not from this host. 3D000 is about the database.
            Answer::Error(state, why) if state.starts_with("28") => {
                report.say(format_args!("the server is there and refuses us: {why} ({state})"));
                true
            }
            Answer::Error(state, why) if state == "3D000" => {
                report.say(format_args!("the server is there: {why} ({state})"));
                false
            }
            Answer::Error(state, why) => return failure(format_args!("the server says: {why} (SQLSTATE {state})")),
        };
        report.set(metric::AUTHENTICATION_REQUIRED, wants_credentials);
        if welcome {
            // Only then: to a server that waits for a password it would be a wrong one, and a line in its log.
            let _ = wire.send(&TERMINATE).await;
        }
        wire.end().await;
        Ok(())
    }
}

fn startup(user: &str, database: &str) -> Vec<u8> {
    let mut body = PROTOCOL.to_vec();
    for text in ["user", user, "database", database, "application_name", "seamark-exporter", ""] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let mut message = length.to_be_bytes().to_vec();
    message.append(&mut body);
    message
}

/// Reads the answer to a request for TLS.
pub fn takes_tls(bytes: &[u8]) -> Read<bool> {
    match bytes.first() {
        None => Ok(None),
        Some(b'S') => Ok(Some((true, 1))),
        Some(b'N') => Ok(Some((false, 1))),
        Some(_) => failure("this is not the protocol of PostgreSQL"),
    }
}

/// Reads the answer to the beginning of a session.
pub fn answer(bytes: &[u8]) -> Read<Answer> {
    if bytes.first().is_some_and(|kind| !matches!(kind, b'R' | b'E' | b'v')) {
        return failure("this is not the protocol of PostgreSQL");
    }
    let Some((kind, rest)) = bytes.split_first() else { return Ok(None) };
    let Some((length, body)) = rest.split_first_chunk() else { return Ok(None) };
    // It counts itself, not the kind.
    let length = u32::from_be_bytes(*length) as usize;
    if !(4..LONGEST_MESSAGE).contains(&length) {
        return failure("this is not the protocol of PostgreSQL");
    }
    let Some(body) = body.get(..length - 4) else { return Ok(None) };
    let answer = match (kind, body.first_chunk()) {
        (b'R', Some([0, 0, 0, 0])) => Answer::Welcome,
        (b'R', Some(_)) => Answer::WantsCredentials,
        (b'E', _) => {
            let field = |code| field(body, code).unwrap_or_default();
            Answer::Error(field(b'C'), field(b'M'))
        }
        _ => return failure("this is not the protocol of PostgreSQL 3"),
    };
    Ok(Some((answer, length + 1)))
}

/// Fields are a letter and a text that ends with a zero.
fn field(body: &[u8], code: u8) -> Option<String> {
    let found = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&code))?;
    Some(String::from_utf8_lossy(found.get(1..)?).chars().filter(|c| !c.is_control()).take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_begins_with_its_length() {
        let message = startup("u", "d");
        assert_eq!(usize::from(message[3]), message.len());
        assert!(message.starts_with(&[0, 0, 0]) && message.ends_with(b"\0\0"));
    }

    #[test]
    fn answers_are_read_whole() {
        assert_eq!(answer(b"R\0\0\0\x08\0\0\0\0S"), Ok(Some((Answer::Welcome, 9))));
        assert_eq!(answer(b"R\0\0\0\x08\0\0\0\x05abcd"), Ok(Some((Answer::WantsCredentials, 9))));
        let refused = b"E\0\0\0\x14SFATAL\0C28000\0Mno\0\0";
        let refused = [&[b'E', 0, 0, 0, (refused.len() - 1) as u8], &refused[5..]].concat();
        let expected = Answer::Error("28000".to_owned(), "no".to_owned());
        assert_eq!(answer(&refused), Ok(Some((expected, refused.len()))));
        for cut in 0..refused.len() {
            assert_eq!(answer(&refused[..cut]), Ok(None), "{cut}");
        }
        for other in [&b"HTTP"[..], b"E\xff\xff\xff\xff", b"R\0\0\0\0", b"v\0\0\0\x04"] {
            assert!(answer(other).is_err(), "{other:?}");
        }
    }
}
