//! `tls_server_config`: our certificate, whose certificates we ask for, and what is spoken.

mod spoken;

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, RootCertStore};

use super::content;
use crate::config::{Problem, Section};
use crate::web::client::{Asked, Clients};
use crate::web::files::Stamp;
use crate::web::tls::{Settings, Tls};

/// The words of `client_auth_type`; the second to last is what `RequireAnyClientCert` was once called.
const ASKED: [(&str, Asked); 6] = [
    ("NoClientCert", Asked::Nobody),
    ("RequestClientCert", Asked::Anybody { required: false }),
    ("RequireAnyClientCert", Asked::Anybody { required: true }),
    ("VerifyClientCertIfGiven", Asked::Known { required: false }),
    ("RequireClientCert", Asked::Anybody { required: true }),
    ("RequireAndVerifyClientCert", Asked::Known { required: true }),
];

/// Reads the section; `None` where TLS is off, or after a problem.
pub(super) fn read(section: &mut Section, stamps: &mut Vec<Stamp>, remarks: &mut Vec<Problem>) -> Option<Tls> {
    if !section.is_present() || section.settings() == "{}" {
        return None;
    }
    let certificates = pem(section, ["cert", "cert_file"], "the certificate", stamps).and_then(|(key, text)| {
        certificates(&text).map_err(|message| section.problem(key, message)).ok().map(|found| (key, found))
    });
    let key = pem(section, ["key", "key_file"], "the key of the certificate", stamps).and_then(|(key, text)| {
        private_key(&text).map_err(|message| section.problem(key, message)).ok().map(|found| (key, found))
    });
    let clients = clients(section, stamps);
    let spoken = spoken::read(section, remarks);
    let ((_, certificates), (key_name, key), clients, spoken) = (certificates?, key?, clients?, spoken?);
    match Tls::new(Settings { certificates, key, clients, spoken }) {
        Ok(tls) => Some(tls),
        Err(Error::InconsistentKeys(_)) => {
            section.problem(key_name, "this is the key of another certificate");
            None
        }
        Err(error) => {
            section.problem("", format!("TLS cannot be set up: {error}"));
            None
        }
    }
}

/// A text that stands in the file or in one of its own, and the key that gave it.
fn pem(
    section: &mut Section,
    [inline, file]: [&'static str; 2],
    what: &str,
    stamps: &mut Vec<Stamp>,
) -> Option<(&'static str, String)> {
    match (section.text(inline).filter(|text| !text.is_empty()), section.text(file).filter(|name| !name.is_empty())) {
        (Some(_), Some(_)) => {
            section.problem(file, format!("both `{inline}` and `{file}` are given; keep one"));
            None
        }
        (Some(text), None) => Some((inline, text)),
        (None, Some(name)) => Some((file, content(section, file, &name, stamps)?)),
        (None, None) => {
            section.problem("", format!("`{file}` is missing: the file that holds {what}, in PEM"));
            None
        }
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let expected = "expected a certificate in PEM (`-----BEGIN CERTIFICATE-----`), found none";
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or(expected)
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, &'static str> {
    if pem.contains("ENCRYPTED") {
        return Err("this key is encrypted, and nobody can be asked for its password: \
                    openssl pkey -in ENCRYPTED.key -out PLAIN.key");
    }
    PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| "expected a private key in PEM (`-----BEGIN PRIVATE KEY-----`), found none")
}

fn clients(section: &mut Section, stamps: &mut Vec<Stamp>) -> Option<Clients> {
    let asked = if section.is_set("client_auth_type") {
        section.one_of("client_auth_type", &ASKED)
    } else {
        Some(Asked::Nobody)
    };
    let names: Vec<String> =
        section.texts("client_allowed_sans").unwrap_or_default().into_iter().map(|item| item.text).collect();
    let authorities = match ["client_ca", "client_ca_file"].into_iter().find(|key| section.is_set(key)) {
        None => None,
        Some(_) => Some(authorities(section, stamps)?),
    };
    let asked = asked?;
    match (&asked, &authorities) {
        (Asked::Nobody, Some((key, _))) => {
            let message = "no client is asked for a certificate: set `client_auth_type: RequireAndVerifyClientCert`";
            section.problem(key, message);
            return None;
        }
        (Asked::Known { .. }, None) => {
            let message =
                "nobody is trusted: set `client_ca_file`, the file with the certificate that signed the clients'";
            section.problem("client_auth_type", message);
            return None;
        }
        _ => {}
    }
    if !names.is_empty() && !asked.is_required() {
        let message =
            "names are only looked at with `client_auth_type: RequireAndVerifyClientCert` or `RequireAnyClientCert`";
        section.problem("client_allowed_sans", message);
        return None;
    }
    Some(Clients { asked, authorities: authorities.map(|(_, roots)| Arc::new(roots)), names })
}

fn authorities(section: &mut Section, stamps: &mut Vec<Stamp>) -> Option<(&'static str, RootCertStore)> {
    let (key, text) = pem(section, ["client_ca", "client_ca_file"], "the certificates that sign the clients'", stamps)?;
    let roots = certificates(&text).and_then(|found| {
        let mut roots = RootCertStore::empty();
        let (_, ignored) = roots.add_parsable_certificates(found);
        if ignored == 0 { Ok(roots) } else { Err("a certificate in it cannot be used as an authority's") }
    });
    roots.map(|roots| (key, roots)).map_err(|message| section.problem(key, message)).ok()
}
