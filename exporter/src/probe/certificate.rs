//! What is told of the certificates that a server shows.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// The facts of one certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// From when on it is valid, in seconds since 1970.
    pub not_before: f64,
    /// When it expires, in seconds since 1970.
    pub not_after: f64,
    /// Whose it is, as RFC 4514 writes it.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
    /// The DNS names it holds for, with commas between.
    pub dns_names: String,
    /// Its serial number, in hexadecimal.
    pub serial: String,
    /// SHA-256 of the whole, in hexadecimal.
    pub fingerprint: String,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
}

impl Facts {
    /// `None` for what is no certificate.
    pub fn read(der: &[u8]) -> Option<Self> {
        let read = Certificate::from_der(der).ok()?;
        let own = read.tbs_certificate();
        let (subject_der, issuer_der) = (own.subject().to_der().ok()?, own.issuer().to_der().ok()?);
        Some(Self {
            not_before: own.validity().not_before.to_unix_duration().as_secs_f64(),
            not_after: own.validity().not_after.to_unix_duration().as_secs_f64(),
            subject: own.subject().to_string(),
            issuer: own.issuer().to_string(),
            dns_names: dns_names(&read),
            serial: hexadecimal(own.serial_number().as_bytes()).trim_start_matches("00").to_owned(),
            fingerprint: hexadecimal(&Sha256::digest(der)),
            subject_der,
            issuer_der,
        })
    }

    /// Who it is, to be compared.
    pub fn identity(&self) -> &[u8] {
        &self.subject_der
    }
}

fn dns_names(read: &Certificate) -> String {
    let Ok(Some((_, SubjectAltName(names)))) = read.tbs_certificate().get_extension::<SubjectAltName>() else {
        return String::new();
    };
    let names: Vec<_> = names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DnsName(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.join(",")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// When the first of them expires.
pub fn earliest(shown: &[Facts]) -> Option<f64> {
    shown.iter().map(|facts| facts.not_after).reduce(f64::min)
}

/// When the chain from the first of them to a trusted authority expires. `trusted` tells when an authority does, by its
/// [identity](Facts::identity).
///
/// What was shown besides and does not lead up from the first one does not count, unlike in [`earliest`].
pub fn chain_expiry(shown: &[Facts], trusted: impl Fn(&[u8]) -> Option<f64>) -> Option<f64> {
    let mut at = shown.first()?;
    let mut first_to_expire = at.not_after;
    // Each is passed once at most: two authorities may vouch for each other.
    for _ in shown {
        if let Some(authority) = trusted(&at.issuer_der) {
            return Some(first_to_expire.min(authority));
        }
        match shown.iter().find(|facts| facts.subject_der == at.issuer_der) {
            Some(issuer) if issuer != at => at = issuer,
            _ => break,
        }
        first_to_expire = first_to_expire.min(at.not_after);
    }
    Some(first_to_expire)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(name: &str, until: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(["a.example".to_owned(), "b.example".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "DE");
        params.distinguished_name.push(DnType::OrganizationName, "Org, Inc");
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = date_time_ymd(until, 1, 1);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_is_told_as_blackbox_exporter_tells_it() {
        let facts = Facts::read(&certificate("localhost", 2030)).unwrap();
        assert_eq!(facts.subject, "CN=localhost,O=Org\\, Inc,C=DE");
        assert_eq!(facts.issuer, facts.subject);
        assert_eq!(facts.dns_names, "a.example,b.example");
        assert_eq!(facts.not_after, 1_893_456_000.0);
        assert_eq!(facts.fingerprint.len(), 64);
    }

    #[test]
    fn a_chain_expires_with_its_first_link_and_what_does_not_belong_to_it_does_not_count() {
        let facts = |subject: &str, issuer: &str, not_after: f64| Facts {
            not_before: 0.0,
            not_after,
            subject_der: subject.as_bytes().to_vec(),
            issuer_der: issuer.as_bytes().to_vec(),
            subject: String::new(),
            issuer: String::new(),
            dns_names: String::new(),
            serial: String::new(),
            fingerprint: String::new(),
        };
        let shown = [facts("site", "middle", 5.0), facts("other", "x", 1.0), facts("middle", "root", 4.0)];
        assert_eq!(earliest(&shown), Some(1.0));
        assert_eq!(chain_expiry(&shown, |_| None), Some(4.0));
        assert_eq!(chain_expiry(&shown, |who| (who == b"root").then_some(3.0)), Some(3.0));
        let in_a_ring = [facts("a", "b", 2.0), facts("b", "a", 3.0)];
        assert_eq!(chain_expiry(&in_a_ring, |_| None), Some(2.0));
        assert_eq!(chain_expiry(&[], |_| None), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(cut in 0_usize..400, change in any::<(usize, u8)>()) {
            let mut der = certificate("x", 2030);
            der.truncate(der.len().saturating_sub(cut % 40));
            let place = change.0 % der.len();
            der[place] = change.1;
            let _ = Facts::read(&der);
        }
    }
}
