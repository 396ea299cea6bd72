use std::fs;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;

const HASH: &str = "$2y$04$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

/// A folder with a certificate, its key, and another's.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["server", "other"] {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        fs::write(folder.path().join(format!("{name}.crt")), certificate.pem()).unwrap();
        fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
    fs::write(folder.path().join("empty"), "").unwrap();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    fs::write(folder.path().join("encrypted.key"), encrypted).unwrap();
    folder
}

/// What is wrong with a text, without the folder's name; or what is remarked.
fn found(text: &str) -> (bool, Vec<String>) {
    let folder = folder();
    let file = folder.path().join("web.yml");
    fs::write(&file, text).unwrap();
    let shown = |problem: &Problem| problem.to_string().replace(&format!("{}/", folder.path().display()), "");
    match read(&file).config {
        Ok(config) => (true, config.remarks.iter().map(shown).collect()),
        Err(problems) => (false, problems.iter().map(shown).collect()),
    }
}

fn tls(more: &str) -> String {
    format!("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n{more}")
}

#[test]
fn everything_that_upstream_knows_is_taken() {
    let text = tls(&format!(
        "  client_ca_file: other.crt\n  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: [prometheus]\n  \
         min_version: TLS12\n  max_version: TLS13\n  prefer_server_cipher_suites: false\n  cipher_suites:\n  \
         - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n  - TLS_AES_128_GCM_SHA256\n  \
         curve_preferences: [X25519, CurveP256]\nhttp_server_config:\n  http2: true\n  headers:\n    \
         Content-Security-Policy: default-src 'none' ${{x}}\n    X-Frame-Options: deny\n    \
         X-Content-Type-Options: nosniff\n    X-XSS-Protection: '0'\n    Strict-Transport-Security: ''\n\
         basic_auth_users: {{prometheus: {HASH}}}\nrate_limit: {{interval: 1.5s, burst: 20}}\n"
    ));
    assert_eq!(found(&text), (true, vec![]));
    assert_eq!(found(""), (true, vec![]));
    assert_eq!(found("tls_server_config: {}\nrate_limit: {interval: 0}\n"), (true, vec![]));
}

#[test]
fn certificates_may_stand_in_the_file() {
    let folder = folder();
    let indented = |name: &str| {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().map(|line| format!("    {line}\n")).collect::<String>()
    };
    let (certificate, key) = (indented("server.crt"), indented("server.key"));
    let (ok, said) = found(&format!("tls_server_config:\n  cert: |\n{certificate}  key: |\n{key}"));
    assert_eq!((ok, said), (true, vec![]));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let asked = "`NoClientCert`, `RequestClientCert`, `RequireAnyClientCert`, `VerifyClientCertIfGiven`, \
                 `RequireClientCert`, `RequireAndVerifyClientCert`";
    let headers = "Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, \
                   Strict-Transport-Security";
    let hash = "expected a password hashed with bcrypt (`$2y$10$…`); make one with: htpasswd -nBC 10 \"\"";
    let cases: Vec<(String, Vec<String>)> = vec![
        (
            "basic_auth_user: {}\nhttp_server_config: {headers: {X-Frame: deny, X-Frame-Options: no}}\n".to_owned(),
            vec![
                "1:1: unknown key `basic_auth_user`; did you mean `basic_auth_users`?".to_owned(),
                format!(
                    "2:32: http_server_config.headers.X-Frame: this header cannot be set; those that can: {headers}"
                ),
                "2:64: http_server_config.headers.X-Frame-Options: expected `deny` or `sameorigin`, found `no`".to_owned(),
            ],
        ),
        (
            "basic_auth_users:\n  a: plain\n  b: ''\n  'c:d': $2y$04$QOauhQNbBCuQDKes6eFzPe\n".to_owned(),
            vec![
                format!("2:6: basic_auth_users.a: {hash}"),
                format!("3:6: basic_auth_users.b: {hash}"),
                "4:3: basic_auth_users.c:d: expected a user name, which is not empty and holds no `:`".to_owned(),
            ],
        ),
        (
            "tls_server_config:\n  min_version: TLS12\n".to_owned(),
            vec![
                "2:3: tls_server_config: `cert_file` is missing: the file that holds the certificate, in PEM".to_owned(),
                "2:3: tls_server_config: `key_file` is missing: the file that holds the key of the certificate, in PEM".to_owned(),
            ],
        ),
        (
            "tls_server_config:\n  cert_file: absent.crt\n  key_file: empty\n  client_ca_file: server.key\n".to_owned(),
            vec![
                "2:14: tls_server_config.cert_file: the file `absent.crt` cannot be read: No such file or directory (os error 2)".to_owned(),
                "3:13: tls_server_config.key_file: expected a private key in PEM (`-----BEGIN PRIVATE KEY-----`), found none".to_owned(),
                "4:19: tls_server_config.client_ca_file: expected a certificate in PEM (`-----BEGIN CERTIFICATE-----`), found none".to_owned(),
            ],
        ),
        (
            "tls_server_config: {cert_file: server.crt, key_file: other.key}\n".to_owned(),
            vec!["1:54: tls_server_config.key_file: this is the key of another certificate".to_owned()],
        ),
        (
            "tls_server_config: {cert: x, cert_file: server.crt, key_file: encrypted.key}\n".to_owned(),
            vec![
                "1:41: tls_server_config.cert_file: both `cert` and `cert_file` are given; keep one".to_owned(),
                "1:63: tls_server_config.key_file: this key is encrypted, and nobody can be asked for its password: openssl pkey -in ENCRYPTED.key -out PLAIN.key".to_owned(),
            ],
        ),
        (
            tls("  client_auth_type: Require\n"),
            vec![format!("4:21: tls_server_config.client_auth_type: expected {asked}, found `Require`")],
        ),
        (
            tls("  client_auth_type: RequireAndVerifyClientCert\n"),
            vec!["4:21: tls_server_config.client_auth_type: nobody is trusted: set `client_ca_file`, the file with the certificate that signed the clients'".to_owned()],
        ),
        (
            tls("  client_ca_file: other.crt\n"),
            vec!["4:19: tls_server_config.client_ca_file: no client is asked for a certificate: set `client_auth_type: RequireAndVerifyClientCert`".to_owned()],
        ),
        (
            tls("  client_ca_file: other.crt\n  client_auth_type: VerifyClientCertIfGiven\n  client_allowed_sans: [a]\n"),
            vec!["6:24: tls_server_config.client_allowed_sans: names are only looked at with `client_auth_type: RequireAndVerifyClientCert` or `RequireAnyClientCert`".to_owned()],
        ),
        (
            tls("  max_version: TLS11\n  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]\n  curve_preferences: [CurveP521, CurveP255]\n"),
            vec![
                "4:16: tls_server_config.max_version: TLS 1.0 and 1.1 are not spoken here; expected `TLS12` or `TLS13`".to_owned(),
                "5:18: tls_server_config.cipher_suites: none of these is spoken here; those that are: TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256".to_owned(),
                "6:34: tls_server_config.curve_preferences[1]: there is no curve `CurveP255`; did you mean `CurveP256`?; expected CurveP256, CurveP384, X25519".to_owned(),
            ],
        ),
        (
            tls("  min_version: TLS13\n  max_version: TLS12\n"),
            vec!["4:16: tls_server_config.min_version: expected no later version than `max_version`".to_owned()],
        ),
        (
            "rate_limit: {interval: 5, burst: -1}\n".to_owned(),
            vec![
                "1:24: rate_limit.interval: expected a duration with its unit, such as `100ms` or `1s`; 0 is no limit, found `5`".to_owned(),
                "1:34: rate_limit.burst: expected a number from 0 to 1000000, found `-1`".to_owned(),
            ],
        ),
        (
            "rate_limit: {interval: 1s, burst: 0}\n".to_owned(),
            vec!["1:35: rate_limit.burst: expected a number from 1, found `0`: with it every request is refused".to_owned()],
        ),
        ("rate_limit:\n  interval: 1s\n".to_owned(), vec!["2:3: rate_limit: `burst` is missing: how many requests may come at once".to_owned()]),
    ];
    let with_name = |problems: Vec<String>| problems.iter().map(|problem| format!("web.yml:{problem}")).collect();
    let wrong: Vec<(String, Vec<String>, Vec<String>)> = cases
        .into_iter()
        .map(|(text, expected)| (found(&text), with_name(expected), text))
        .filter(|((good, found), expected, _)| *good || found != expected)
        .map(|((_, found), expected, text)| (text, found, expected))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_upstream_alone_speaks_is_left_out_with_a_remark() {
    let text = tls(
        "  min_version: TLS10\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n  \
         curve_preferences: [CurveP521, CurveP384]\n",
    );
    let expected = [
        "web.yml:4:16: tls_server_config.min_version: TLS 1.0 and 1.1 are not spoken here; the least is TLS 1.2",
        "web.yml:5:19: tls_server_config.cipher_suites[0]: the cipher suite `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA` is not spoken here and left out",
        "web.yml:6:23: tls_server_config.curve_preferences[0]: the curve `CurveP521` is not spoken here and left out",
    ];
    assert_eq!(found(&text), (true, expected.map(str::to_owned).to_vec()));
}

#[test]
fn neither_keys_nor_hashes_are_shown() {
    let folder = folder();
    let file = folder.path().join("web.yml");
    fs::write(&file, tls(&format!("basic_auth_users: {{a: {HASH}}}\n"))).unwrap();
    let reading = format!("{:?}", read(&file));
    assert!(reading.contains("<secret>") && !reading.contains("$2y$") && !reading.contains("PRIVATE"), "{reading}");
}

#[test]
fn a_file_that_is_not_there_is_watched_all_the_same() {
    let folder = folder();
    let file = folder.path().join("web.yml");
    fs::write(&file, "tls_server_config: {cert_file: new.crt, key_file: server.key}\n").unwrap();
    let Reading { stamps, config } = read(&file);
    assert!(config.is_err() && stamps.len() == 3 && stamps.iter().all(Stamp::holds));
    fs::write(folder.path().join("new.crt"), "").unwrap();
    assert!(!stamps.iter().all(Stamp::holds));
}
