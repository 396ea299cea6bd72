//! TCP: a connection, and a conversation in lines where one is given.

use seamark_kit::config::Section;

use super::metric;
use super::net::{HostPort, Read, Wire};
use super::pattern::Pattern;
use super::report::{Failure, Report, failure};
use super::tls::Tls;
use super::transport::Transport;

/// One line, and all lines that nobody asked for before the one that is expected.
const LONGEST_LINE: usize = 64 * 1024;
const MOST_LINES: usize = 10_000;

/// What is said on the connection.
#[derive(Debug, Default, PartialEq)]
pub struct Tcp {
    transport: Transport,
    conversation: Vec<Step>,
    /// For `starttls`.
    tls: Tls,
}

/// Each part may be absent; they come in this order.
#[derive(Debug, PartialEq)]
struct Step {
    expect: Option<Pattern>,
    send: Option<String>,
    starttls: bool,
}

impl Tcp {
    /// Reads the keys of blackbox_exporter's section `tcp`.
    pub fn read(section: &mut Section) -> Self {
        let mut tcp = Self { transport: Transport::read(section), ..Self::default() };
        for mut item in section.items("query_response") {
            if item.scalar().is_some() {
                item.problem("", "expected a mapping with `expect`, `send` or `starttls`");
            }
            let step = Step {
                expect: Pattern::one(&mut item, "expect"),
                send: item.text("send"),
                starttls: item.flag("starttls").unwrap_or(false),
            };
            tcp.conversation.push(step);
        }
        let in_the_clear = !tcp.conversation.iter().any(|step| step.starttls);
        if !in_the_clear && let Some(tls) = tcp.transport.tls.take() {
            // `tls_config` says how, `starttls` when.
            tcp.tls = tls;
        }
        tcp
    }

    /// Probes a target.
    ///
    /// # Errors
    ///
    /// It takes no connection, or says something else than it should.
    pub async fn run(&self, target: &HostPort, report: &mut Report) -> Result<(), Failure> {
        report.set(metric::FAILED_DUE_TO_REGEX, false);
        let mut wire = self.transport.open(target, report).await?;
        for step in &self.conversation {
            let mut send = step.send.clone();
            if let Some(expect) = &step.expect {
                let found = self.expect(&mut wire, expect, send.as_deref().unwrap_or_default(), report).await?;
                send = send.is_some().then_some(found);
            }
            if let Some(send) = send {
                report.say("sending a line");
                wire.send(format!("{send}\n").as_bytes()).await?;
            }
            if step.starttls {
                let stream = self.tls.handshake(&target.host, wire.into_stream()?, report).await?;
                wire = Wire::new(stream);
            }
        }
        Ok(())
    }

    async fn expect(
        &self,
        wire: &mut Wire,
        expect: &Pattern,
        send: &str,
        report: &mut Report,
    ) -> Result<String, Failure> {
        report.say(format_args!("waiting for a line that matches `{}`", expect.as_str()));
        for _ in 0..MOST_LINES {
            let line = wire.receive(LONGEST_LINE, line).await.inspect_err(|_| {
                report.set(metric::FAILED_DUE_TO_REGEX, true);
            })?;
            if let Some(answer) = expect.answer(&line, send) {
                return Ok(answer);
            }
        }
        report.set(metric::FAILED_DUE_TO_REGEX, true);
        failure(format_args!("none of {MOST_LINES} lines matches `{}`", expect.as_str()))
    }
}

/// Reads one line, without its end.
pub fn line(bytes: &[u8]) -> Read<String> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let line = bytes.get(..end).unwrap_or_default();
    Ok(Some((String::from_utf8_lossy(line).trim_end_matches('\r').to_owned(), end + 1)))
}
