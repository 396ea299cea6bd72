//! A server of the monitoring stack that we ask or tell something: its URL, credentials and TLS, as a user writes them.

use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;

use crate::config::Section;
use crate::secret::Secret;

mod connection;
mod tls;
mod trust;

pub use connection::{Connection, DEADLINE, cause, client};
pub use tls::Tls;
pub use trust::build;

/// What a server is, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its name, such as `Alertmanager`.
    pub name: &'static str,
    /// A URL as it might have one.
    pub example: &'static str,
}

impl Service {
    /// Takes alerts.
    pub const ALERTMANAGER: Self = Self { name: "Alertmanager", example: "http://alertmanager:9093" };
    /// Answers queries.
    pub const PROMETHEUS: Self = Self { name: "Prometheus", example: "http://prometheus:9090" };
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub service: Service,
    /// What it is called in metrics and in the log: host, port and path, never what is secret in its URL.
    pub name: String,
    /// Its base URL, without user and password.
    pub url: Url,
    /// What it asks for.
    pub credentials: Option<Credentials>,
    /// Where the secret of the credentials came from; read again when it changes.
    pub secret_file: Option<PathBuf>,
    /// How its certificate is checked, and what ours is.
    pub tls: Tls,
}

impl Target {
    /// Whether anybody on the way can read the credentials.
    pub fn sends_credentials_in_clear(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let stays_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        self.credentials.is_some() && self.url.scheme() == "http" && !stays_here
    }
}

/// How a server knows us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Bearer …`.
    Bearer(Secret),
    /// User name and password.
    Basic(String, Secret),
}

/// Reads one server: a URL, or a section with `url`, `bearer_token`(`_file`), `basic_auth` and `tls`.
///
/// `None` after a problem, and for a URL that is empty (an unset variable), which is none.
pub fn read(section: &mut Section, service: Service) -> Option<Target> {
    match section.scalar().map(str::to_owned) {
        Some(text) => target(&text, section, service, None),
        None => target_with_credentials(section, service),
    }
}

fn target_with_credentials(item: &mut Section, service: Service) -> Option<Target> {
    let url = item.text("url");
    let (credentials, secret_file) = credentials(item);
    let has_tls = item.is_set("tls");
    let tls = tls::read(&mut item.section("tls"));
    if url.is_none() && item.is_present() {
        item.problem("", format!("`url` is missing; {}", expected_url(service)));
    }
    let target = target(&url?, item, service, credentials)?;
    if has_tls && target.url.scheme() == "http" {
        item.problem("tls", "there is no TLS on the way to an `http` URL; write `https`, or leave `tls` out");
        return None;
    }
    Some(Target { secret_file, tls: tls?, ..target })
}

fn target(text: &str, section: &Section, service: Service, credentials: Option<Credentials>) -> Option<Target> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    // Never shown as it was found: it may hold a password.
    let Some(mut url) = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    else {
        section.problem("url", expected_url(service));
        return None;
    };
    let (user, password) = (url.username().to_owned(), url.password().map(str::to_owned));
    // Neither fails for a URL with a host.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    let in_url = password.map(|password| Credentials::Basic(unescape(&user), Secret::new(unescape(&password))));
    let name = name(&url);
    Some(Target { service, name, url, credentials: credentials.or(in_url), secret_file: None, tls: Tls::default() })
}

fn expected_url(service: Service) -> String {
    format!("expected a URL such as `{}`", service.example)
}

/// Empty ones (unset variables) are none.
fn credentials(section: &mut Section) -> (Option<Credentials>, Option<PathBuf>) {
    let bearer = section.secret_and_file("bearer_token", "bearer_token_file");
    let bearer = bearer.filter(|(token, _)| !token.expose().is_empty());
    let mut basic = section.section("basic_auth");
    match (bearer, basic.is_present()) {
        (Some(_), true) => {
            basic.skip_rest();
            section.problem("basic_auth", "both `bearer_token` and `basic_auth` are given; keep one");
            (None, None)
        }
        (Some((token, file)), false) => (Some(Credentials::Bearer(token)), file),
        (None, true) => basic_auth(&mut basic),
        (None, false) => (None, None),
    }
}

fn basic_auth(section: &mut Section) -> (Option<Credentials>, Option<PathBuf>) {
    let has_password = section.is_set("password") || section.is_set("password_file");
    let user = section.text("username");
    let password = section.secret_and_file("password", "password_file");
    match (user, password) {
        (Some(user), Some((password, None))) if user.is_empty() && password.expose().is_empty() => (None, None),
        (Some(user), Some((password, file))) => (Some(Credentials::Basic(user, password)), file),
        (user, _) => {
            if user.is_none() {
                section.problem("", "`username` is missing");
            } else if !has_password {
                section.problem("", "`password` is missing; expected `password`, or `password_file`");
            }
            (None, None)
        }
    }
}

fn name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port}{}", url.path().trim_end_matches('/'))
}

/// `%40` in the user or password of a URL is `@`.
pub fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut after = rest.clone();
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match (byte, digit(after.next()), digit(after.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = after;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
