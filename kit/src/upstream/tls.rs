//! TLS towards one server: whom to trust, and who we are. The keys are those of Prometheus' `tls_config`.

use std::path::PathBuf;

use reqwest::{Certificate, ClientBuilder, Identity};

use crate::config::Section;
use crate::secret::Secret;

/// How a server's certificate is checked, and what ours is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whom to trust instead of those whom the system trusts, and the file it came from.
    pub ca: Option<(Secret, PathBuf)>,
    /// Our certificate and its key, each with its file.
    pub identity: Option<[(Secret, PathBuf); 2]>,
    /// Take any certificate.
    pub insecure_skip_verify: bool,
}

impl Tls {
    /// Whether anything is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Sets it up.
    ///
    /// # Errors
    ///
    /// What is wrong with the files, without what they hold.
    pub fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, String> {
        if let Some((ca, _)) = &self.ca {
            builder = builder.tls_certs_only(authorities(ca)?);
        }
        if let Some([certificate, key]) = &self.identity {
            builder = builder.identity(identity(&certificate.0, &key.0)?);
        }
        Ok(if self.insecure_skip_verify { builder.tls_danger_accept_invalid_certs(true) } else { builder })
    }
}

fn authorities(pem: &Secret) -> Result<Vec<Certificate>, String> {
    Certificate::from_pem_bundle(pem.expose().as_bytes())
        .ok()
        .filter(|all| !all.is_empty())
        .ok_or_else(|| "expected certificates in PEM (`-----BEGIN CERTIFICATE-----`), found none".to_owned())
}

fn identity(certificate: &Secret, key: &Secret) -> Result<Identity, String> {
    let both = Secret::new(format!("{}\n{}\n", certificate.expose(), key.expose()));
    let expected = "expected a certificate and its key in PEM, found something else";
    Identity::from_pem(both.expose().as_bytes()).map_err(|_| expected.to_owned())
}

/// Reads the section `tls` of one server; `None` after a problem.
pub(super) fn read(section: &mut Section) -> Option<Tls> {
    if !section.is_present() {
        return Some(Tls::default());
    }
    let mut good = true;
    let mut wrong = |section: &Section, key: &str, message: &str| {
        section.problem(key, message);
        good = false;
    };
    if section.text("server_name").is_some() {
        let message = "`server_name` cannot be set here; write the name that the certificate holds into `url`, and let \
                       it lead to the right address (DNS, /etc/hosts, `extra_hosts`)";
        wrong(section, "server_name", message);
    }
    let ca = section.file("ca_file");
    if let Some((ca, _)) = &ca
        && let Err(message) = authorities(ca)
    {
        wrong(section, "ca_file", &message);
    }
    let identity = match (section.file("cert_file"), section.file("key_file")) {
        (Some(certificate), Some(key)) => {
            if let Err(message) = identity(&certificate.0, &key.0) {
                wrong(section, "cert_file", &message);
            }
            Some([certificate, key])
        }
        (Some(_), None) => {
            wrong(section, "cert_file", "`key_file` is missing, or cannot be read");
            None
        }
        (None, Some(_)) => {
            wrong(section, "key_file", "`cert_file` is missing, or cannot be read");
            None
        }
        (None, None) => None,
    };
    let insecure_skip_verify = section.flag("insecure_skip_verify").unwrap_or_default();
    let tls = Tls { ca, identity, insecure_skip_verify };
    // Only both together tell whether a key is that of the certificate.
    if good && let Err(message) = super::connection::client(&tls) {
        section.problem("", message);
        return None;
    }
    good.then_some(tls)
}
