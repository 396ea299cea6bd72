//! The way to a target that is a host and a port: addresses, TCP, and TLS where it is wanted.

use seamark_kit::config::Section;

use super::net::{self, Addresses, HostPort, Wire};
use super::report::{Failure, Report};
use super::tls::Tls;

/// How a target is reached.
#[derive(Debug, Default, PartialEq)]
pub struct Transport {
    /// Which of its addresses.
    pub addresses: Addresses,
    /// `None`: in the clear.
    pub tls: Option<Tls>,
}

impl Transport {
    /// Reads `preferred_ip_protocol`, `ip_protocol_fallback`, `tls` and `tls_config`; the last switches TLS on too.
    pub fn read(section: &mut Section) -> Self {
        let addresses = Addresses::read(section);
        let on = section.flag("tls");
        let mut tls = section.section("tls_config");
        let on = on.unwrap_or(tls.is_present());
        let tls = Tls::read(&mut tls);
        Self { addresses, tls: on.then_some(tls) }
    }

    /// Connects, without TLS.
    pub async fn connect(&self, target: &HostPort, report: &mut Report) -> Result<Wire, Failure> {
        let addresses = net::resolve(target, self.addresses, report).await?;
        Ok(Wire::new(net::connect(&addresses, report).await?))
    }

    /// Connects, with TLS from the first byte where it is wanted.
    pub async fn open(&self, target: &HostPort, report: &mut Report) -> Result<Wire, Failure> {
        let wire = self.connect(target, report).await?;
        self.secure(wire, target, report).await
    }

    /// Begins TLS where it is wanted.
    pub async fn secure(&self, wire: Wire, target: &HostPort, report: &mut Report) -> Result<Wire, Failure> {
        match &self.tls {
            Some(tls) => Ok(Wire::new(tls.handshake(&target.host, wire.into_stream()?, report).await?)),
            None => Ok(wire),
        }
    }
}
