//! DNS: asks a server one question, over UDP or TCP.

pub mod wire;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use seamark_kit::config::Section;
use tokio::net::UdpSocket;

use super::metric::{self, Metric};
use super::net::{self, HostPort, Read, Wire};
use super::pattern::Pattern;
use super::report::{Failure, Report, failure};
use super::tls::Tls;
use super::transport::Transport;
use wire::{Answer, CLASSES, Question, RCODES, SOA, TYPES};

/// As long as a message can be.
const LONGEST_MESSAGE: usize = 65_535;

/// Foreign datagrams that are passed over while waiting for the answer.
const MOST_STRANGERS: usize = 1000;

/// What is asked, and what the answer has to be.
#[derive(Debug, PartialEq)]
pub struct Dns {
    transport: Transport,
    over: Over,
    question: Question,
    valid_rcodes: Vec<u8>,
    answer: Checks,
    authority: Checks,
    additional: Checks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Udp,
    Tcp,
}

/// What the records of one section have to be.
#[derive(Debug, Default, PartialEq)]
struct Checks {
    fail_if_any: Vec<Pattern>,
    fail_if_all: Vec<Pattern>,
    fail_if_one_not: Vec<Pattern>,
    fail_if_none: Vec<Pattern>,
}

impl Dns {
    /// Reads the keys of blackbox_exporter's section `dns`.
    pub fn read(section: &mut Section) -> Self {
        let mut transport = Transport { addresses: net::Addresses::read(section), tls: None };
        let over_tls = section.flag("dns_over_tls").unwrap_or(false);
        let tls = Tls::read(&mut section.section("tls_config"));
        let over = section.one_of("transport_protocol", &[("udp", Over::Udp), ("tcp", Over::Tcp)]);
        if over_tls && over == Some(Over::Udp) {
            section.problem("dns_over_tls", "DNS over TLS is over TCP; leave `transport_protocol` out");
        }
        transport.tls = over_tls.then_some(tls);
        let over = if over_tls { Over::Tcp } else { over.unwrap_or(Over::Udp) };
        let name = section.text("query_name").map(|text| wire::name(&text));
        match &name {
            None => section.problem("query_name", "`query_name` says what is asked for; it has to be given"),
            Some(None) => section.problem("query_name", "expected a name such as `example.org`"),
            Some(Some(_)) => {}
        }
        let kind = section.one_of("query_type", TYPES).unwrap_or(1);
        let class = section.one_of("query_class", CLASSES).unwrap_or(1);
        let recursion = section.flag("recursion_desired").unwrap_or(true);
        let rcode = |item: &seamark_kit::config::Item| {
            let known = RCODES.iter().find(|(name, _)| *name == item.text);
            if known.is_none() {
                let names: Vec<_> = RCODES.iter().map(|(name, _)| *name).collect();
                item.problem(format!("expected one of {}, found `{}`", names.join(", "), item.text));
            }
            known.map(|(_, code)| *code)
        };
        let valid_rcodes: Vec<_> = section.texts("valid_rcodes").unwrap_or_default().iter().filter_map(rcode).collect();
        Self {
            transport,
            over,
            question: Question::new(name.flatten().unwrap_or_default(), kind, class, recursion),
            valid_rcodes: if valid_rcodes.is_empty() { vec![0] } else { valid_rcodes },
            answer: Checks::read(&mut section.section("validate_answer_rrs")),
            authority: Checks::read(&mut section.section("validate_authority_rrs")),
            additional: Checks::read(&mut section.section("validate_additional_rrs")),
        }
    }

    /// The port of a server that is named without one.
    pub fn default_port(&self) -> u16 {
        if self.transport.tls.is_some() { 853 } else { 53 }
    }

    /// Asks for the root's name servers, which every resolver knows.
    pub(super) fn of_the_root() -> Self {
        Self {
            transport: Transport::default(),
            over: Over::Udp,
            question: Question::new(vec![0], 2, 1, true),
            valid_rcodes: vec![0],
            answer: Checks::default(),
            authority: Checks::default(),
            additional: Checks::default(),
        }
    }

    /// Probes a server.
    ///
    /// # Errors
    ///
    /// It does not answer, or not as it should.
    pub async fn run(&self, target: &HostPort, report: &mut Report) -> Result<(), Failure> {
        for zero in
            [metric::DNS_ANSWER_RRS, metric::DNS_AUTHORITY_RRS, metric::DNS_ADDITIONAL_RRS, metric::DNS_QUERY_SUCCEEDED]
        {
            report.set(zero, 0);
        }
        for phase in ["resolve", "connect", "request"] {
            report.set_with(metric::DNS_DURATION, &[("phase", phase)], 0.0);
        }
        let answer = self.ask(target, report).await?;
        report.set(metric::DNS_QUERY_SUCCEEDED, true);
        report.say(format_args!(
            "{}{}",
            wire::rcode_name(answer.rcode),
            if answer.truncated { ", cut off" } else { "" }
        ));
        if let Some(serial) = answer.serial.filter(|_| self.question.kind == SOA) {
            report.set(metric::DNS_SERIAL, serial);
        }
        let sections: [(&str, Metric, &[String], &Checks); 3] = [
            ("answer", metric::DNS_ANSWER_RRS, &answer.answer, &self.answer),
            ("authority", metric::DNS_AUTHORITY_RRS, &answer.authority, &self.authority),
            ("additional", metric::DNS_ADDITIONAL_RRS, &answer.additional, &self.additional),
        ];
        for (_, metric, records, _) in sections {
            report.set(metric, records.len() as f64);
            records.iter().for_each(|record| report.say(record));
        }
        if !self.valid_rcodes.contains(&answer.rcode) {
            return failure(format_args!("the server answers {}", wire::rcode_name(answer.rcode)));
        }
        sections.iter().try_for_each(|(name, _, records, checks)| checks.judge(name, records))
    }

    async fn ask(&self, target: &HostPort, report: &mut Report) -> Result<Answer, Failure> {
        let mut phase = Instant::now();
        let mut note = |name: &'static str, report: &mut Report| {
            let took = phase.elapsed().as_secs_f64();
            phase = Instant::now();
            report.set_with(metric::DNS_DURATION, &[("phase", name)], took);
        };
        let addresses = net::resolve(target, self.transport.addresses, report).await?;
        note("resolve", report);
        // Random: whoever does not see the question must not be able to answer it.
        let id = RandomState::new().build_hasher().finish() as u16;
        let question = self.question.message(id);
        let message = match self.over {
            Over::Udp => {
                let Some(server) = addresses.first() else { return failure("there is no address to ask") };
                let socket =
                    socket_to(*server).await.map_err(|error| Failure(format!("cannot ask {server}: {error}")))?;
                note("connect", report);
                report.say(format_args!("asking {server} over UDP"));
                let answered = self.exchange(&socket, id, &question).await;
                note("request", report);
                answered?
            }
            Over::Tcp => {
                let stream = net::connect(&addresses, report).await?;
                let mut wire = self.transport.secure(Wire::new(stream), target, report).await?;
                note("connect", report);
                report.say("asking over TCP");
                let length = u16::try_from(question.len()).unwrap_or(u16::MAX);
                let answered = async {
                    wire.send(&[&length.to_be_bytes()[..], &question].concat()).await?;
                    wire.receive(LONGEST_MESSAGE + 2, framed).await
                };
                let answered = answered.await;
                note("request", report);
                answered?
            }
        };
        if !self.question.is_answered_by(id, &message) {
            return failure("the answer is to another question");
        }
        wire::read(&message)
    }

    async fn exchange(&self, socket: &UdpSocket, id: u16, question: &[u8]) -> Result<Vec<u8>, Failure> {
        let wrong = |error: std::io::Error| Failure(format!("no answer: {error}"));
        socket.send(question).await.map_err(wrong)?;
        let mut message = vec![0; LONGEST_MESSAGE];
        for _ in 0..MOST_STRANGERS {
            let length = socket.recv(&mut message).await.map_err(wrong)?;
            let datagram = message.get(..length).unwrap_or_default();
            if self.question.is_answered_by(id, datagram) {
                return Ok(datagram.to_vec());
            }
        }
        failure(format_args!("{MOST_STRANGERS} datagrams, and none is the answer"))
    }
}

async fn socket_to(server: SocketAddr) -> std::io::Result<UdpSocket> {
    let any = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// Reads a message with its length before it, as TCP carries it.
pub fn framed(bytes: &[u8]) -> Read<Vec<u8>> {
    let Some((length, rest)) = bytes.split_first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes(*length));
    Ok(rest.get(..length).map(|message| (message.to_vec(), length + 2)))
}

impl Checks {
    fn read(section: &mut Section) -> Self {
        Self {
            fail_if_any: Pattern::list(section, "fail_if_matches_regexp"),
            fail_if_all: Pattern::list(section, "fail_if_all_match_regexp"),
            fail_if_one_not: Pattern::list(section, "fail_if_not_matches_regexp"),
            fail_if_none: Pattern::list(section, "fail_if_none_matches_regexp"),
        }
    }

    fn judge(&self, section: &str, records: &[String]) -> Result<(), Failure> {
        // The first pattern that matches a wrong number of the records.
        let wrong = |patterns: &[Pattern], is_wrong: fn(usize, usize) -> bool| {
            let count = |pattern: &&Pattern| records.iter().filter(|record| pattern.matches(record)).count();
            patterns
                .iter()
                .find(|pattern| is_wrong(count(pattern), records.len()))
                .map(|pattern| pattern.as_str().to_owned())
        };
        let found = [
            (wrong(&self.fail_if_any, |matching, _| matching > 0), "has a record that matches"),
            (wrong(&self.fail_if_all, |matching, all| matching == all && all > 0), "has only records that match"),
            (wrong(&self.fail_if_one_not, |matching, all| matching < all), "has a record that does not match"),
            (wrong(&self.fail_if_none, |matching, _| matching == 0), "has no record that matches"),
        ];
        for (pattern, words) in found {
            if let Some(pattern) = pattern {
                return failure(format_args!("the {section} section {words} `{pattern}`"));
            }
        }
        Ok(())
    }
}
