//! Which clients are let in by their certificates: the five ways of Go's `ClientAuthType`, and names.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// Who is asked for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Nobody,
    /// Any certificate will do, whoever made it.
    Anybody {
        required: bool,
    },
    /// One that an authority of ours has signed.
    Known {
        required: bool,
    },
}

impl Asked {
    pub(super) fn is_required(self) -> bool {
        matches!(self, Self::Anybody { required: true } | Self::Known { required: true })
    }
}

/// Which clients are let in.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    pub(super) asked: Asked,
    pub(super) authorities: Option<Arc<RootCertStore>>,
    /// Empty: all names.
    pub(super) names: Vec<String>,
}

impl Clients {
    /// The same, but who has no certificate comes in as well.
    pub(super) fn optional(&self) -> Self {
        let asked = match self.asked {
            Asked::Nobody => Asked::Nobody,
            Asked::Anybody { .. } => Asked::Anybody { required: false },
            Asked::Known { .. } => Asked::Known { required: false },
        };
        Self { asked, ..self.clone() }
    }

    pub(super) fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, Error> {
        let chain = match (self.asked, &self.authorities) {
            (Asked::Nobody, _) => return Ok(WebPkiClientVerifier::no_client_auth()),
            (Asked::Anybody { .. }, _) | (_, None) => None,
            (Asked::Known { .. }, Some(roots)) => {
                let builder = WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider));
                Some(builder.build().map_err(|error| Error::General(error.to_string()))?)
            }
        };
        let algorithms = provider.signature_verification_algorithms;
        let (required, names) = (self.asked.is_required(), self.names.clone());
        Ok(Arc::new(Verifier { chain, required, names, algorithms }))
    }
}

#[derive(Debug)]
struct Verifier {
    /// Who looks at the signatures down to an authority; `None`: nobody.
    chain: Option<Arc<dyn ClientCertVerifier>>,
    required: bool,
    names: Vec<String>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.as_ref().map_or(&[], |chain| chain.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(chain) = &self.chain {
            chain.verify_client_cert(certificate, intermediates, now)?;
        }
        if !self.names.is_empty() && !names(certificate).iter().any(|name| self.names.contains(name)) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The alternative names of a certificate, as upstream writes them; none where it cannot be read.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(read) = Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some((_, SubjectAltName(names)))) = read.tbs_certificate().get_extension::<SubjectAltName>() else {
        return Vec::new();
    };
    let text = |name: GeneralName| match name {
        GeneralName::DnsName(name) | GeneralName::Rfc822Name(name) | GeneralName::UniformResourceIdentifier(name) => {
            Some(name.to_string())
        }
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    };
    names.into_iter().filter_map(text).collect()
}
