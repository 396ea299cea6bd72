//! Redis, Valkey and others that speak its protocol: `PING`, after `AUTH` where there is a password.
//!
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>

use seamark_kit::config::Section;
use seamark_kit::secret::Secret;

use super::metric;
use super::net::{HostPort, Read};
use super::report::{Failure, Report, failure};
use super::tcp;
use super::transport::Transport;

/// An answer to `AUTH` or `PING` is one short line.
const LONGEST_ANSWER: usize = 4096;

/// How to ask.
#[derive(Debug, Default, PartialEq)]
pub struct Redis {
    transport: Transport,
    username: Option<String>,
    password: Option<Secret>,
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `+PONG`, `+OK`.
    Good(String),
    /// `-NOAUTH Authentication required.`
    Error(String),
}

impl Redis {
    /// Reads `username`, `password`, `password_file` and how the server is reached.
    pub fn read(section: &mut Section) -> Self {
        let transport = Transport::read(section);
        let username = section.text("username");
        let password = section.secret("password", "password_file").filter(|password| !password.expose().is_empty());
        if username.is_some() && password.is_none() {
            section.problem("username", "there is no `password_file` for it");
        }
        Self { transport, username, password }
    }

    /// Probes a server. One that wants a password that we do not have is alive.
    ///
    /// # Errors
    ///
    /// It is not there, refuses the password, or is not ready to serve.
    pub async fn run(&self, target: &HostPort, report: &mut Report) -> Result<(), Failure> {
        let mut wire = self.transport.open(target, report).await?;
        if let Some(password) = &self.password {
            report.say("AUTH");
            let mut words = vec!["AUTH"];
            words.extend(self.username.as_deref());
            words.push(password.expose());
            wire.send(&command(&words)).await?;
            if let Answer::Error(why) = wire.receive(LONGEST_ANSWER, answer).await? {
                // Its words may repeat the user's name, never the password.
                return failure(format_args!("the server refuses the password: {why}"));
            }
        }
        report.say("PING");
        wire.send(&command(&["PING"])).await?;
        let wants_password = match wire.receive(LONGEST_ANSWER, answer).await? {
            Answer::Good(word) if word == "PONG" => false,
            Answer::Good(word) => return failure(format_args!("the answer to PING is `{word}`")),
            Answer::Error(why) if why.starts_with("NOAUTH") || why.starts_with("NOPERM") => {
                report.say("the server is there and wants a password");
                true
            }
            Answer::Error(why) => return failure(format_args!("the answer to PING is an error: {why}")),
        };
        report.set(metric::AUTHENTICATION_REQUIRED, wants_password);
        Ok(())
    }
}

/// A command as an array of strings.
fn command(words: &[&str]) -> Vec<u8> {
    let strings: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{strings}", words.len()).into_bytes()
}

/// Reads an answer.
pub fn answer(bytes: &[u8]) -> Read<Answer> {
    match bytes.first() {
        None => return Ok(None),
        Some(b'+' | b'-') => {}
        Some(_) => return failure("this is not the protocol of Redis"),
    }
    let Some((line, length)) = tcp::line(bytes)? else { return Ok(None) };
    let words = line.get(1..).unwrap_or_default().to_owned();
    Ok(Some((if line.starts_with('+') { Answer::Good(words) } else { Answer::Error(words) }, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_an_array_of_strings_whatever_is_in_them() {
        assert_eq!(command(&["PING"]), b"*1\r\n$4\r\nPING\r\n");
        assert_eq!(command(&["AUTH", "p$\r\nw"]), b"*2\r\n$4\r\nAUTH\r\n$5\r\np$\r\nw\r\n");
    }

    #[test]
    fn answers_are_good_or_errors_and_anything_else_is_another_protocol() {
        assert_eq!(answer(b"+PONG\r\nx"), Ok(Some((Answer::Good("PONG".to_owned()), 7))));
        assert_eq!(answer(b"-NOAUTH x\r\n"), Ok(Some((Answer::Error("NOAUTH x".to_owned()), 11))));
        assert_eq!(answer(b"+PON"), Ok(None));
        assert!(answer(b"HTTP/1.1 400\r\n").is_err());
    }
}
