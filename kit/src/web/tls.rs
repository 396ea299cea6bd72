//! TLS as it is served: one setup for everybody, and one for the health check on this machine.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::{Error, ServerConfig, SupportedProtocolVersion};

use super::client::Clients;

/// What is spoken.
pub(super) struct Spoken {
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    pub(super) provider: CryptoProvider,
    pub(super) prefer_ours: bool,
}

/// Everything of `tls_server_config`.
pub(super) struct Settings {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) clients: Clients,
    pub(super) spoken: Spoken,
}

/// TLS that is ready to be spoken.
#[derive(Clone)]
pub(super) struct Tls {
    everybody: Arc<ServerConfig>,
    /// Where clients have to have a certificate, the health check on this machine has none.
    this_machine: Option<Arc<ServerConfig>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("asks_for_certificates", &self.asks_for_certificates()).finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn new(settings: Settings) -> Result<Self, Error> {
        let Settings { certificates, key, clients, spoken } = settings;
        let provider = Arc::new(spoken.provider);
        let config = |clients: &Clients| {
            let verifier = clients.verifier(&provider)?;
            let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
                .with_protocol_versions(&spoken.versions)?
                .with_client_cert_verifier(verifier)
                .with_single_cert(certificates.clone(), key.clone_key())?;
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            config.ignore_client_order = spoken.prefer_ours;
            // Prometheus keeps its connection and resumes none; and what was agreed with the certificates of before
            // must not outlive them.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
            Ok::<_, Error>(Arc::new(config))
        };
        let this_machine = if clients.asked.is_required() { Some(config(&clients.optional())?) } else { None };
        Ok(Self { everybody: config(&clients)?, this_machine })
    }

    /// Whether whoever comes without a certificate is refused.
    pub(super) fn asks_for_certificates(&self) -> bool {
        self.this_machine.is_some()
    }

    /// What is spoken with a client.
    pub(super) fn config(&self, is_here: bool) -> Arc<ServerConfig> {
        Arc::clone(self.this_machine.as_ref().filter(|_| is_here).unwrap_or(&self.everybody))
    }
}

#[cfg(test)]
mod tests;
