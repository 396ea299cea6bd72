//! Versions, cipher suites and curves: what of them rustls speaks, under the names that Go has for them.

use rustls::crypto::ring;
use rustls::{SupportedCipherSuite, SupportedProtocolVersion, version};

use crate::config::{Item, Problem, Section, did_you_mean, shown};
use crate::web::tls::Spoken;

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Version {
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

const VERSIONS: [(&str, Version); 4] =
    [("TLS10", Version::Tls10), ("TLS11", Version::Tls11), ("TLS12", Version::Tls12), ("TLS13", Version::Tls13)];

/// Suites that Go has and rustls has not: no forward secrecy, or CBC.
const NOT_SPOKEN: [&str; 14] = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
];

/// Reads what stands about it; `None` after a problem.
pub(super) fn read(section: &mut Section, remarks: &mut Vec<Problem>) -> Option<Spoken> {
    let versions = versions(section, remarks);
    let suites = suites(section, remarks);
    let groups = groups(section, remarks);
    let prefer_ours = section.flag("prefer_server_cipher_suites").unwrap_or(true);
    let mut provider = ring::default_provider();
    if let Some(chosen) = suites? {
        provider.cipher_suites.retain(|suite| suite.tls13().is_some());
        provider.cipher_suites.extend(chosen);
    }
    if let Some(chosen) = groups? {
        provider.kx_groups = chosen;
    }
    Some(Spoken { versions: versions?, provider, prefer_ours })
}

fn versions(section: &mut Section, remarks: &mut Vec<Problem>) -> Option<Vec<&'static SupportedProtocolVersion>> {
    let mut read = |key: &'static str, default| {
        if section.is_set(key) { section.one_of(key, &VERSIONS) } else { Some(default) }
    };
    let (least, most) = (read("min_version", Version::Tls12), read("max_version", Version::Tls13));
    let (least, most) = (least?, most?);
    if most < Version::Tls12 {
        section.problem("max_version", "TLS 1.0 and 1.1 are not spoken here; expected `TLS12` or `TLS13`");
        return None;
    }
    if least > most {
        section.problem("min_version", "expected no later version than `max_version`");
        return None;
    }
    if least < Version::Tls12 {
        remarks.push(section.remark("min_version", "TLS 1.0 and 1.1 are not spoken here; the least is TLS 1.2"));
    }
    let both = [(Version::Tls12, &version::TLS12), (Version::Tls13, &version::TLS13)];
    Some(both.into_iter().filter(|(version, _)| (least..=most).contains(version)).map(|(_, spoken)| spoken).collect())
}

/// Those for TLS 1.2 that are listed; those of 1.3 are always all spoken, as in Go. `Some(None)`: nothing is listed.
fn suites(section: &mut Section, remarks: &mut Vec<Problem>) -> Option<Option<Vec<SupportedCipherSuite>>> {
    let all = ring::default_provider().cipher_suites;
    let named: Vec<(String, SupportedCipherSuite)> = all.into_iter().map(|suite| (name(suite), suite)).collect();
    let listed = section.texts("cipher_suites").filter(|listed| !listed.is_empty());
    let Some(listed) = listed else { return Some(None) };
    let found = choose(&listed, &named, &NOT_SPOKEN, "cipher suite", remarks)?;
    if found.is_empty() {
        section.problem("cipher_suites", format!("none of these is spoken here; those that are: {}", names(&named)));
        return None;
    }
    Some(Some(found.into_iter().filter(|suite| suite.tls13().is_none()).collect()))
}

fn name(suite: SupportedCipherSuite) -> String {
    suite.suite().as_str().map(|name| name.replacen("TLS13_", "TLS_", 1)).unwrap_or_default()
}

/// As `suites`, for the groups of the key exchange.
fn groups(
    section: &mut Section,
    remarks: &mut Vec<Problem>,
) -> Option<Option<Vec<&'static dyn rustls::crypto::SupportedKxGroup>>> {
    use ring::kx_group::{SECP256R1, SECP384R1, X25519};
    let named: [(String, &'static dyn rustls::crypto::SupportedKxGroup); 3] =
        [("CurveP256".to_owned(), SECP256R1), ("CurveP384".to_owned(), SECP384R1), ("X25519".to_owned(), X25519)];
    let listed = section.texts("curve_preferences").filter(|listed| !listed.is_empty());
    let Some(listed) = listed else { return Some(None) };
    let found = choose(&listed, &named, &["CurveP521", "X25519MLKEM768"], "curve", remarks)?;
    if found.is_empty() {
        section
            .problem("curve_preferences", format!("none of these is spoken here; those that are: {}", names(&named)));
        return None;
    }
    Some(Some(found))
}

/// What is listed, in that order. What upstream alone knows is left out with a remark.
fn choose<T: Copy>(
    listed: &[Item],
    named: &[(String, T)],
    not_spoken: &[&str],
    what: &str,
    remarks: &mut Vec<Problem>,
) -> Option<Vec<T>> {
    let mut found = Vec::new();
    let mut good = true;
    for item in listed {
        if let Some((_, known)) = named.iter().find(|(name, _)| *name == item.text) {
            found.push(*known);
        } else if not_spoken.contains(&item.text.as_str()) {
            remarks.push(item.remark(format!("the {what} `{}` is not spoken here and left out", item.text)));
        } else {
            let hint = did_you_mean(&item.text, named.iter().map(|(name, _)| name.as_str()));
            item.problem(format!("there is no {what} `{}`{hint}; expected {}", shown(&item.text), names(named)));
            good = false;
        }
    }
    good.then_some(found)
}

fn names<T>(named: &[(String, T)]) -> String {
    named.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}
