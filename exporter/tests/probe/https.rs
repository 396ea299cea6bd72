use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use seamark_exporter::probe::metric;
use tokio_rustls::TlsAcceptor;

use super::stand_in::{StandIn, answer_http};
use super::{run, why};

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Our authority");
        params.not_after = date_time_ymd(2031, 1, 1);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate that a server has made for itself, as `openssl req -x509` does: an authority, too.
    pub fn of_itself(until: i32) -> (String, TlsAcceptor) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        (certificate.pem(), acceptor(certificate.der().clone(), key))
    }

    /// A certificate for 127.0.0.1 and `site.example`, and its key.
    pub fn certify(&self, until: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned(), "site.example".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "site");
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    pub fn acceptor(&self, until: i32) -> TlsAcceptor {
        let (certificate, key) = self.certify(until);
        acceptor(certificate, key)
    }
}

fn acceptor(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn server(acceptor: TlsAcceptor) -> StandIn {
    StandIn::serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let answer = |_: &str| "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned();
            answer_http(stream, answer, Arc::default()).await;
        }
    })
    .await
}

fn in_file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_is_named_is_good_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let ca_file = in_file(folder.path(), "ca.pem", &authority.pem());
    let server = server(authority.acceptor(2030)).await;
    let report = run(&format!("http: 'https://{}/', tls_config: {{ca_file: {ca_file}}}", server.address)).await;
    assert_eq!(why(&report), "");
    assert_eq!(report.get(metric::HTTP_SSL), Some(1.0));
    assert!(report.get_with(metric::HTTP_DURATION, &[("phase", "tls")]).unwrap() > 0.0);
    assert_eq!(report.get(metric::SSL_EARLIEST_EXPIRY), Some(1_893_456_000.0));
    assert_eq!(report.get(metric::SSL_CHAIN_EXPIRY), Some(1_893_456_000.0));
    assert_eq!(report.label(metric::TLS_VERSION_INFO, "version"), Some("TLS 1.3"));
    assert!(report.label(metric::TLS_CIPHER_INFO, "cipher").unwrap().starts_with("TLS_"));
    let leaf = |label| report.label(metric::SSL_CHAIN_INFO, label);
    assert_eq!(leaf("subjectalternative"), Some("site.example"));
    assert!(leaf("issuer").unwrap().contains("CN=Our authority"), "{:?}", leaf("issuer"));
    let long = self::server(authority.acceptor(2040)).await;
    let long = run(&format!("http: 'https://{}/', tls_config: {{ca_file: {ca_file}}}", long.address)).await;
    assert_eq!(long.get(metric::SSL_CHAIN_EXPIRY), Some(1_924_992_000.0), "the authority's own end");
}

#[tokio::test]
async fn a_certificate_of_nobody_we_know_fails_unless_any_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = in_file(folder.path(), "ca.pem", &Authority::new().pem());
    let server = server(Authority::new().acceptor(2030)).await;
    let report = run(&format!("http: 'https://{}/', tls_config: {{ca_file: {ca_file}}}", server.address)).await;
    assert!(why(&report).starts_with("TLS handshake: invalid peer certificate"), "{}", why(&report));
    let report = run(&format!("http: 'https://{}/', tls_config: {{insecure_skip_verify: true}}", server.address)).await;
    assert_eq!(why(&report), "");
    assert_eq!(report.get(metric::SSL_EARLIEST_EXPIRY), Some(1_893_456_000.0));
    assert_eq!(report.get(metric::SSL_CHAIN_EXPIRY), None, "no chain was looked for");
}

#[tokio::test]
async fn an_expired_certificate_fails_and_another_name_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let ca_file = in_file(folder.path(), "ca.pem", &authority.pem());
    let old = server(authority.acceptor(2020)).await;
    let report = run(&format!("http: 'https://{}/', tls_config: {{ca_file: {ca_file}}}", old.address)).await;
    assert!(why(&report).contains("expired"), "{}", why(&report));
    let good = server(authority.acceptor(2030)).await;
    let named =
        |name: &str| format!("tcp: '{}', tls_config: {{ca_file: {ca_file}, server_name: {name}}}", good.address);
    assert_eq!(why(&run(&named("site.example")).await), "");
    assert!(why(&run(&named("other.example")).await).contains("not valid for name"));
}

#[tokio::test]
async fn a_certificate_that_a_server_made_for_itself_is_good_when_it_is_the_one_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (until, expected) in [(2030, ""), (2020, "expired")] {
        let (pem, acceptor) = Authority::of_itself(until);
        let (_, other) = Authority::of_itself(2030);
        let ca_file = in_file(folder.path(), "itself.pem", &pem);
        let (server, other) = (server(acceptor).await, server(other).await);
        let at = |server: &StandIn, more: &str| {
            format!("http: 'https://{}/', tls_config: {{ca_file: {ca_file}{more}}}", server.address)
        };
        let said = why(&run(&at(&server, "")).await);
        assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{said}");
        assert!(why(&run(&at(&other, "")).await).contains("invalid peer certificate"));
        assert!(why(&run(&at(&server, ", server_name: other.example")).await).contains("invalid peer certificate"));
    }
}
