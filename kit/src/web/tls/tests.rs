//! Who is let in: each way of `client_auth_type`, with clients of every sort, in both versions.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

use super::*;
use crate::web::client::Asked;

type Pair = (CertificateDer<'static>, PrivateKeyDer<'static>);

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn sign(&self, names: Vec<SanType>) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.subject_alt_names = names;
        let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
        (certificate, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

fn dns(name: &str) -> Vec<SanType> {
    vec![SanType::DnsName(name.to_owned().try_into().unwrap())]
}

/// Shows its certificate whoever is asked for, as a Prometheus does.
#[derive(Debug)]
struct Always(Arc<rustls::sign::CertifiedKey>);

impl ResolvesClientCert for Always {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Whether a client is let in.
fn lets_in(
    server: &Arc<ServerConfig>,
    trusts: &Authority,
    shows: Option<&Pair>,
    version: &'static SupportedProtocolVersion,
) -> bool {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(&[version]).unwrap().with_root_certificates(trusts.roots());
    let config = match shows {
        Some((certificate, key)) => {
            let key = ring::sign::any_supported_type(key).unwrap();
            let pair = rustls::sign::CertifiedKey::new(vec![certificate.clone()], key);
            builder.with_client_cert_resolver(Arc::new(Always(Arc::new(pair))))
        }
        None => builder.with_no_client_auth(),
    };
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
    let mut bytes = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        bytes.clear();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        if server.process_new_packets().is_err() {
            return false;
        }
        bytes.clear();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        if client.process_new_packets().is_err() {
            return false;
        }
    }
    true
}

fn tls(ours: &Authority, asked: Asked, names: &[&str], versions: Vec<&'static SupportedProtocolVersion>) -> Tls {
    let (certificate, key) = ours.sign(dns("localhost"));
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let clients = Clients { asked, authorities: Some(Arc::new(ours.roots())), names };
    let spoken = Spoken { versions, provider: ring::default_provider(), prefer_ours: true };
    Tls::new(Settings { certificates: vec![certificate], key, clients, spoken }).unwrap()
}

#[test]
fn each_way_of_asking_lets_in_whom_it_should() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let clients = [None, Some(ours.sign(dns("prometheus"))), Some(theirs.sign(dns("prometheus")))];
    let (any, known) = (|required| Asked::Anybody { required }, |required| Asked::Known { required });
    // Without a certificate, with one of ours, with a stranger's; and then without one on this machine.
    let cases = [
        (Asked::Nobody, [true, true, true], true),
        (any(false), [true, true, true], true),
        (any(true), [false, true, true], true),
        (known(false), [true, true, false], true),
        (known(true), [false, true, false], true),
    ];
    for (asked, expected, here) in cases {
        let tls = tls(&ours, asked, &[], vec![&TLS12, &TLS13]);
        for version in [&TLS12, &TLS13] {
            let found = clients.each_ref().map(|shows| lets_in(&tls.config(false), &ours, shows.as_ref(), version));
            assert_eq!(found, expected, "{asked:?} {version:?}");
            assert_eq!(lets_in(&tls.config(true), &ours, None, version), here, "{asked:?} {version:?}");
        }
        assert_eq!(tls.asks_for_certificates(), asked.is_required());
    }
    // A client that does not trust us.
    let tls = tls(&ours, Asked::Nobody, &[], vec![&TLS13]);
    assert!(!lets_in(&tls.config(false), &theirs, None, &TLS13));
    assert!(!lets_in(&tls.config(false), &ours, None, &TLS12), "this version is not spoken");
}

#[test]
fn only_the_names_that_are_allowed_come_in() {
    let ours = Authority::new();
    let tls =
        tls(&ours, Asked::Known { required: true }, &["prometheus", "10.0.0.7", "a@b.c", "spiffe://x/y"], vec![&TLS13]);
    let lets = |names: Vec<SanType>| lets_in(&tls.config(false), &ours, Some(&ours.sign(names)), &TLS13);
    let text = |text: &str| text.to_owned().try_into().unwrap();
    assert!(lets(dns("prometheus")));
    assert!(lets(vec![SanType::DnsName(text("x")), SanType::IpAddress("10.0.0.7".parse().unwrap())]));
    assert!(lets(vec![SanType::Rfc822Name(text("a@b.c"))]));
    assert!(lets(vec![SanType::URI(text("spiffe://x/y"))]));
    assert!(!lets(dns("prometheus.example.org")));
    assert!(!lets(vec![SanType::IpAddress("10.0.0.8".parse().unwrap())]));
    assert!(!lets(vec![]));
}
