//! TLS towards a target: how it is set, the handshake, and what is told of it.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, ProtocolVersion, RootCertStore, SignatureScheme,
    SupportedCipherSuite,
};
use seamark_kit::config::Section;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate::{self, Facts};
use super::metric;
use super::net::Stream;
use super::report::{Failure, Report, failure};

/// How TLS is spoken with a target.
#[derive(Debug, Default, PartialEq)]
pub struct Tls {
    /// Authorities in place of the host's.
    authorities: Option<Vec<CertificateDer<'static>>>,
    /// Who we are.
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    /// Another name than that of the target.
    server_name: Option<String>,
    /// Take any certificate.
    unverified: bool,
}

impl Tls {
    /// Reads a section `tls_config`.
    pub fn read(section: &mut Section) -> Self {
        let certificates = |file: &[u8]| {
            CertificateDer::pem_slice_iter(file).collect::<Result<Vec<_>, _>>().ok().filter(|found| !found.is_empty())
        };
        let authorities = pem(section, "ca_file", "a certificate", certificates).flatten();
        let chain = pem(section, "cert_file", "a certificate", certificates);
        let key = pem(section, "key_file", "a private key", |file| PrivateKeyDer::from_pem_slice(file).ok());
        match (&chain, &key) {
            (Some(_), None) => section.problem("cert_file", "there is no `key_file` for it"),
            (None, Some(_)) => section.problem("key_file", "there is no `cert_file` for it"),
            _ => {}
        }
        let name = |text: &str| ServerName::try_from(text).is_ok().then(|| text.to_owned());
        Self {
            authorities,
            identity: chain.flatten().zip(key.flatten()),
            server_name: section.parse("server_name", "a host name or an address", name),
            unverified: section.flag("insecure_skip_verify").unwrap_or(false),
        }
    }

    /// Speaks TLS on a connection to `host` and tells what it saw.
    pub async fn handshake<S: Stream>(
        &self,
        host: &str,
        stream: S,
        report: &mut Report,
    ) -> Result<TlsStream<S>, Failure> {
        let authorities = match &self.authorities {
            Some(own) => Arc::new(Authorities::of(own)),
            None => Authorities::of_the_host().await,
        };
        let config = self.config(&authorities).map_err(|error| Failure(format!("TLS cannot be set up: {error}")))?;
        let name = self.server_name.as_deref().unwrap_or(host);
        let Ok(name) = ServerName::try_from(name.to_owned()) else {
            return failure(format_args!("`{name}` is no name that a certificate can hold"));
        };
        report.say("TLS handshake");
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let stream = connected.map_err(|error| Failure(format!("TLS handshake: {error}")))?;
        self.tell(stream.get_ref().1, &authorities, report);
        Ok(stream)
    }

    /// Built for each run: it costs little beside the handshake, and a whole handshake is what is to be measured.
    fn config(&self, authorities: &Authorities) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = if self.unverified {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        } else {
            if authorities.store.is_empty() {
                return Err(Error::General(
                    "this host has no certificate authorities, and there is no `ca_file`".to_owned(),
                ));
            }
            let store = Arc::clone(&authorities.store);
            let verifier = WebPkiServerVerifier::builder_with_provider(store, provider)
                .build()
                .map_err(|error| Error::General(error.to_string()))?;
            let own = self.authorities.clone().unwrap_or_default();
            builder.dangerous().with_custom_certificate_verifier(Arc::new(ThisCertificate { verifier, own }))
        };
        match &self.identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key()),
            None => Ok(builder.with_no_client_auth()),
        }
    }

    fn tell(&self, connection: &rustls::ClientConnection, authorities: &Authorities, report: &mut Report) {
        for metric in
            [metric::TLS_VERSION_INFO, metric::TLS_CIPHER_INFO, metric::SSL_CHAIN_INFO, metric::SSL_CHAIN_EXPIRY]
        {
            // Of an earlier address or redirect.
            report.forget(metric);
        }
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "unknown",
        };
        let cipher = connection.negotiated_cipher_suite().map(cipher_name).unwrap_or_default();
        report.say(format_args!("{version}, {cipher}"));
        report.set_with(metric::TLS_VERSION_INFO, &[("version", version)], 1);
        report.set_with(metric::TLS_CIPHER_INFO, &[("cipher", &cipher)], 1);
        let shown: Vec<_> =
            connection.peer_certificates().unwrap_or_default().iter().filter_map(|der| Facts::read(der)).collect();
        if let Some(expiry) = certificate::earliest(&shown) {
            report.set(metric::SSL_EARLIEST_EXPIRY, expiry);
        }
        // Without verification there is no chain of which anything could be said.
        let authority = |who: &[u8]| authorities.expiry.get(who).copied();
        if let Some(expiry) = certificate::chain_expiry(&shown, authority).filter(|_| !self.unverified) {
            report.set(metric::SSL_CHAIN_EXPIRY, expiry);
        }
        if let Some(leaf) = shown.first() {
            let labels = [
                ("fingerprint_sha256", leaf.fingerprint.as_str()),
                ("subject", &leaf.subject),
                ("issuer", &leaf.issuer),
                ("subjectalternative", &leaf.dns_names),
                ("serialnumber", &leaf.serial),
            ];
            report.set_with(metric::SSL_CHAIN_INFO, &labels, 1);
        }
    }
}

/// The name that Go, and so blackbox_exporter, gives it.
fn cipher_name(suite: SupportedCipherSuite) -> String {
    let name = format!("{:?}", suite.suite());
    name.strip_prefix("TLS13_").map_or(name.clone(), |rest| format!("TLS_{rest}"))
}

/// `None` where the key is absent, `Some(None)` where the file is not good and that was said.
fn pem<T>(
    section: &mut Section,
    key: &'static str,
    what: &str,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Option<Option<T>> {
    let path = section.text(key)?;
    Some(match std::fs::read(section.beside(&path)) {
        Ok(file) => {
            let found = read(&file);
            if found.is_none() {
                section.problem(key, format!("expected {what} in PEM (`-----BEGIN …`) in the file `{path}`"));
            }
            found
        }
        Err(error) => {
            section.problem(key, format!("the file `{path}` cannot be read: {error}"));
            None
        }
    })
}

/// Whom we trust, and until when each of them is valid.
struct Authorities {
    store: Arc<RootCertStore>,
    expiry: HashMap<Vec<u8>, f64>,
}

impl Authorities {
    fn of(certificates: &[CertificateDer<'static>]) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates.iter().cloned());
        let facts = certificates.iter().filter_map(|der| Facts::read(der));
        let expiry = facts.map(|facts| (facts.identity().to_vec(), facts.not_after)).collect();
        Self { store: Arc::new(store), expiry }
    }

    /// Those of the host, read once: at the first TLS connection, and on another thread, because it is many files.
    async fn of_the_host() -> Arc<Self> {
        static HOST: OnceCell<Arc<Authorities>> = OnceCell::const_new();
        let load = async {
            let load = || Self::of(&rustls_native_certs::load_native_certs().certs);
            Arc::new(spawn_blocking(load).await.unwrap_or_else(|_| Self::of(&[])))
        };
        Arc::clone(HOST.get_or_init(|| load).await)
    }
}

/// Takes what webpki takes, and besides a certificate that stands itself in `ca_file`: one that a server has signed for
/// itself, as `openssl req -x509` makes it, names itself an authority, and webpki takes no authority for a server.
#[derive(Debug)]
struct ThisCertificate {
    verifier: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for ThisCertificate {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verifier.verify_server_cert(certificate, chain, name, ocsp, now);
        let authority = matches!(&verdict, Err(Error::InvalidCertificate(CertificateError::Other(_))));
        if !authority || !self.own.iter().any(|own| own == certificate) {
            return verdict;
        }
        let seconds = now.as_secs() as f64;
        match Facts::read(certificate) {
            Some(facts) if seconds < facts.not_before => return Err(CertificateError::NotValidYet.into()),
            Some(facts) if seconds > facts.not_after => return Err(CertificateError::Expired.into()),
            Some(_) => {}
            None => return verdict,
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Takes any certificate, for `insecure_skip_verify`; that the server holds its key is checked all the same.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
