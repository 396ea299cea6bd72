//! Probes: whether something answers, as whoever uses it would see it.
//!
//! Those of the section `probes` run on timers of their own; what they found lies on the [`ProbeBoard`], where a scrape
//! reads it. `/probe` runs one of the `modules` against a target that the request names, as blackbox_exporter does.
//!
//! [`ProbeBoard`]: board::ProbeBoard

pub mod board;
pub mod certificate;
pub mod dns;
pub mod endpoint;
pub mod http;
pub mod metric;
pub mod module;
pub mod mongodb;
pub mod mysql;
pub mod net;
pub mod pattern;
pub mod postgres;
pub mod redis;
pub mod report;
pub mod settings;
pub mod tcp;
pub mod tls;
pub mod transport;

use std::time::Duration;

use seamark_kit::config::Section;
use tokio::time::timeout;

use net::HostPort;
use report::{Failure, Report, failure};

/// Everything that reads what a server says, for property tests and fuzzing.
pub static PARSERS: &[fn(&[u8])] = &[
    |bytes| drop(certificate::Facts::read(bytes)),
    |bytes| drop(dns::wire::read(bytes)),
    |bytes| drop(dns::framed(bytes)),
    |bytes| drop(tcp::line(bytes)),
    |bytes| drop(redis::answer(bytes)),
    |bytes| drop(postgres::answer(bytes)),
    |bytes| drop(postgres::takes_tls(bytes)),
    |bytes| drop(mysql::packet(bytes)),
    |bytes| drop(mysql::greeting(bytes)),
    |bytes| drop(mysql::answer(bytes)),
    |bytes| drop(mongodb::answer(bytes)),
];

/// What is looked for, at whatever target.
#[derive(Debug, PartialEq)]
pub enum Check {
    /// An answer to a request.
    Http(Box<http::Http>),
    /// A connection, or a conversation.
    Tcp(Box<tcp::Tcp>),
    /// An answer to a query.
    Dns(Box<dns::Dns>),
    /// An answer to `PING`.
    Redis(Box<redis::Redis>),
    /// The beginning of a session.
    Postgres(Box<postgres::Postgres>),
    /// An answer to a login.
    Mysql(Box<mysql::Mysql>),
    /// An answer to `isMaster`.
    Mongodb(Box<mongodb::Mongodb>),
}

/// A kind of check: its key in a probe and its name as a prober, and how its settings are read.
pub struct CheckKind {
    /// `http`, `tcp`, …
    pub name: &'static str,
    /// What a target of it looks like.
    pub expected: &'static str,
    read: fn(&mut Section) -> Check,
}

/// Every kind of check.
pub static KINDS: &[CheckKind] = &[
    CheckKind {
        name: "http",
        expected: "a URL such as `http://api:8000/health`",
        read: |section| Check::Http(Box::new(http::Http::read(section))),
    },
    CheckKind {
        name: "tcp",
        expected: "a host and a port such as `mail:25`",
        read: |section| Check::Tcp(Box::new(tcp::Tcp::read(section))),
    },
    CheckKind {
        name: "dns",
        expected: "a DNS server such as `192.0.2.1` or `ns.example.org:53`",
        read: |section| Check::Dns(Box::new(dns::Dns::read(section))),
    },
    CheckKind {
        name: "redis",
        expected: "a host, and a port unless it is 6379, such as `redis:6379`",
        read: |section| Check::Redis(Box::new(redis::Redis::read(section))),
    },
    CheckKind {
        name: "postgres",
        expected: "a host, and a port unless it is 5432, such as `db:5432`",
        read: |section| Check::Postgres(Box::new(postgres::Postgres::read(section))),
    },
    CheckKind {
        name: "mysql",
        expected: "a host, and a port unless it is 3306, such as `db:3306`",
        read: |section| Check::Mysql(Box::new(mysql::Mysql::read(section))),
    },
    CheckKind {
        name: "mongodb",
        expected: "a host, and a port unless it is 27017, such as `mongo:27017`",
        read: |section| Check::Mongodb(Box::new(mongodb::Mongodb::read(section))),
    },
];

impl CheckKind {
    /// Reads what is looked for, from a section that holds the keys of this kind.
    pub fn read(&self, section: &mut Section) -> Check {
        (self.read)(section)
    }
}

/// Where it is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// As labels and the log show it: nothing secret.
    pub shown: String,
    address: Address,
}

#[derive(Debug, Clone, PartialEq)]
enum Address {
    Url(http::Target),
    Host(HostPort),
}

impl Target {
    /// The same target, asked for by another name.
    #[must_use]
    pub fn asked_as(mut self, hostname: &str) -> Self {
        if let Address::Url(target) = &mut self.address {
            target.hostname = Some(hostname.to_owned());
        }
        self
    }
}

impl Check {
    /// Reads a target for this check; `None` where it is none. What was found is not in any message: it may hold a
    /// password.
    pub fn target(&self, text: &str) -> Option<Target> {
        let default_port = match self {
            Self::Http(_) => {
                let target = http::Target::parse(text).ok()?;
                return Some(Target { shown: http::shown(&target.url), address: Address::Url(target) });
            }
            Self::Tcp(_) => None,
            Self::Dns(dns) => Some(dns.default_port()),
            Self::Redis(_) => Some(6379),
            Self::Postgres(_) => Some(5432),
            Self::Mysql(_) => Some(3306),
            Self::Mongodb(_) => Some(27017),
        };
        let target = HostPort::parse(text.trim(), default_port)?;
        Some(Target { shown: target.shown(), address: Address::Host(target) })
    }

    /// Runs it once; done when `within` is over at the latest.
    pub async fn run(&self, target: &Target, within: Duration) -> Report {
        let mut report = Report::new(within);
        let outcome = timeout(within, self.look(target, &mut report)).await.ok();
        report.finish(outcome);
        report
    }

    async fn look(&self, target: &Target, report: &mut Report) -> Result<(), Failure> {
        // Boxed: the state of one kind would otherwise be the size of the largest.
        match (self, &target.address) {
            (Self::Http(check), Address::Url(target)) => Box::pin(check.run(target, report)).await,
            (Self::Tcp(check), Address::Host(target)) => Box::pin(check.run(target, report)).await,
            (Self::Dns(check), Address::Host(target)) => Box::pin(check.run(target, report)).await,
            (Self::Redis(check), Address::Host(target)) => Box::pin(check.run(target, report)).await,
            (Self::Postgres(check), Address::Host(target)) => Box::pin(check.run(target, report)).await,
            (Self::Mysql(check), Address::Host(target)) => Box::pin(check.run(target, report)).await,
            (Self::Mongodb(check), Address::Host(target)) => Box::pin(check.run(target, report)).await,
            _ => failure("the target is of another kind than the check"),
        }
    }
}

/// What one part of the configuration says of probes.
#[derive(Debug, Default)]
pub struct Settings {
    /// Those that run on timers.
    pub probes: Vec<settings::Probe>,
    /// Those that `/probe` knows; `None` where it is off.
    pub modules: Option<module::Modules>,
}

/// Reads `probes`, `probe_endpoint` and `modules`.
pub fn read(root: &mut Section) -> Settings {
    let probes = settings::read(root);
    let modules = module::read(root);
    Settings { probes, modules }
}
