//! Alertmanagers behind TLS, with an authority made for the test: whom we trust, who we are, and files that change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "docker/support.rs"]
#[expect(dead_code, reason = "other stories need more of it")]
mod support;

use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use seamark_exporter::alertmanager::alert::{Detail, EventAlert, HOLD, Kind};
use seamark_exporter::alertmanager::{self, Alertmanagers, Outboxes};
use seamark_exporter::docker::container::Identity;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};
use support::{FakeAlertmanager, eventually, with_ring};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// An authority, and what it has signed.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate and its key, as PEM.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// A cardboard Alertmanager behind TLS that knows its clients by a certificate of this authority, if one is named.
fn behind_tls(plain: &FakeAlertmanager, authority: &Authority, name: &str, clients: Option<&Authority>) -> String {
    let (certificate, key) = authority.sign(name);
    let builder = match clients {
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.0.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            ServerConfig::builder().with_client_cert_verifier(verifier)
        }
        None => ServerConfig::builder().with_no_client_auth(),
    };
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate], key).unwrap()));
    let router = Router::new()
        .route("/api/v2/alerts", get(support::firing).post(support::take))
        .with_state(Arc::clone(&plain.received));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not present what is asked for has no answer.
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    url
}

struct Exporter {
    outboxes: Outboxes,
    alertmanagers: Alertmanagers,
}

impl Exporter {
    fn start(urls: &str) -> Self {
        let text = format!("alertmanager:\n  urls: [{urls}]\n");
        let read = |root: &mut config::Section| alertmanager::read(&mut root.section("alertmanager"));
        let settings = config::read(&Source::new("exporter.yml", text), read).unwrap();
        assert!(!format!("{settings:?}").contains("PRIVATE KEY"), "no key in Debug");
        let outboxes = Outboxes::new();
        let alertmanagers = alertmanager::spawn(&settings, "web-1", &outboxes).unwrap();
        Self { outboxes, alertmanagers }
    }

    fn tell(&self, id: &str) {
        let now = jiff::Timestamp::now();
        self.alertmanagers.sender.send(&EventAlert {
            kind: Kind::Crashed,
            container: Identity { id: id.to_owned(), name: id.to_owned(), ..Identity::default() },
            exit: None,
            detail: Detail::default(),
            starts_at: now,
            ends_at: now + HOLD,
            resolved: false,
        });
    }

    async fn is_up(&self, up: u8) {
        eventually("up or not", || {
            let mut out = Exposition::default();
            self.outboxes.collect(&mut out);
            let text = encode(&out, Format::Classic).unwrap();
            text.lines()
                .any(|line| line.starts_with("seamark_exporter_alertmanager_up{") && line.ends_with(&format!(" {up}")))
                .then_some(())
        })
        .await;
    }
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

async fn told(alertmanager: &FakeAlertmanager, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|name| format!("ContainerCrashed {name} firing")).collect();
    eventually("told", || (alertmanager.told() == names).then_some(())).await;
}

#[tokio::test]
async fn only_an_alertmanager_of_the_named_authority_is_told_unless_any_will_do() {
    with_ring();
    let folder = tempfile::tempdir().unwrap();
    let (ours, another) = (Authority::new(), Authority::new());
    let plain = FakeAlertmanager::listen().await;
    let url = behind_tls(&plain, &ours, "localhost", None);
    let ca = write(&folder, "ca.pem", &format!("{}{}", another.0.pem(), ours.0.pem()));
    let wrong = write(&folder, "wrong.pem", &another.0.pem());

    for distrusted in [format!("'{url}'"), format!("{{url: '{url}', tls: {{ca_file: '{wrong}'}}}}")] {
        let exporter = Exporter::start(&distrusted);
        exporter.tell("a");
        exporter.is_up(0).await;
        assert_eq!(plain.told(), [] as [&str; 0], "{distrusted}");
    }
    let misnamed = behind_tls(&plain, &ours, "elsewhere", None);
    let exporter = Exporter::start(&format!("{{url: '{misnamed}', tls: {{ca_file: '{ca}'}}}}"));
    exporter.tell("a");
    exporter.is_up(0).await;
    assert_eq!(plain.told(), [] as [&str; 0]);

    let exporter = Exporter::start(&format!("{{url: '{url}', tls: {{ca_file: '{ca}'}}}}"));
    exporter.tell("b");
    told(&plain, &["b"]).await;
    let exporter = Exporter::start(&format!("{{url: '{misnamed}', tls: {{insecure_skip_verify: true}}}}"));
    exporter.tell("c");
    told(&plain, &["b", "c"]).await;
}

#[tokio::test]
async fn a_certificate_and_a_token_that_are_changed_are_used_without_a_restart() {
    with_ring();
    let folder = tempfile::tempdir().unwrap();
    let (ours, clients, another) = (Authority::new(), Authority::new(), Authority::new());
    let plain = FakeAlertmanager::listen().await;
    let url = behind_tls(&plain, &ours, "localhost", Some(&clients));
    let ca = write(&folder, "ca.pem", &ours.0.pem());
    let put = |authority: &Authority| {
        let (certificate, key) = authority.sign("exporter");
        (write(&folder, "cert.pem", &certificate), write(&folder, "key.pem", &key))
    };
    let token = write(&folder, "token", "first\n");
    let (certificate, key) = put(&another);
    let exporter = Exporter::start(&format!(
        "{{url: '{url}', bearer_token_file: '{token}', tls: {{ca_file: '{ca}', cert_file: '{certificate}', key_file: '{key}'}}}}"
    ));
    exporter.is_up(0).await;
    // Half of it is there already: what was there before stays in use, and nothing breaks.
    write(&folder, "cert.pem", "");
    exporter.tell("a");
    put(&clients);
    told(&plain, &["a"]).await;
    exporter.is_up(1).await;

    write(&folder, "token", "second\n");
    exporter.tell("b");
    told(&plain, &["a", "b"]).await;
    let tokens: Vec<_> = plain.received.lock().unwrap().authorization.clone().into_iter().flatten().collect();
    assert_eq!(tokens.first().map(String::as_str), Some("Bearer first"));
    assert_eq!(tokens.last().map(String::as_str), Some("Bearer second"));
    write(&folder, "token", "");
    exporter.tell("c");
    told(&plain, &["a", "b", "c"]).await;
    assert_eq!(plain.received.lock().unwrap().authorization.last().cloned().flatten().unwrap(), "Bearer second");
}
