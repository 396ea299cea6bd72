//! The web configuration: the format of Prometheus' exporter-toolkit, so that one file serves node_exporter as well.
//!
//! What upstream takes and rustls cannot do is a remark where leaving it out makes the server stricter, and a problem
//! where nothing would be left.

mod limit;
mod tls;

use std::path::{Path, PathBuf};

use axum::http::{HeaderName, HeaderValue, header};

use super::files::Stamp;
use super::password::Users;
use super::rate::Rate;
use super::tls::Tls;
use crate::config::{self, Environment, Item, Problem, Problems, Section, Source, did_you_mean, shown};
use crate::secret::Secret;

/// The headers that may be set, and where upstream allows only a few values, these.
const HEADERS: [(&str, HeaderName, &[&str]); 5] = [
    ("Content-Security-Policy", header::CONTENT_SECURITY_POLICY, &[]),
    ("X-Frame-Options", header::X_FRAME_OPTIONS, &["deny", "sameorigin"]),
    ("X-Content-Type-Options", header::X_CONTENT_TYPE_OPTIONS, &["nosniff"]),
    ("X-XSS-Protection", header::X_XSS_PROTECTION, &[]),
    ("Strict-Transport-Security", header::STRICT_TRANSPORT_SECURITY, &[]),
];

/// The keys of the file.
#[derive(Debug, Default)]
pub(super) struct WebConfig {
    pub(super) tls: Option<Tls>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) users: Users,
    pub(super) rate: Option<Rate>,
    /// What is read otherwise than upstream reads it.
    pub(super) remarks: Vec<Problem>,
}

/// What came of reading, and the state of each file that was looked at, good or not.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) stamps: Vec<Stamp>,
    pub(super) config: Result<WebConfig, Problems>,
}

/// Reads the file and those that it names. Waits for the disk.
pub(super) fn read(file: &Path) -> Reading {
    let mut stamps = vec![Stamp::of(file)];
    let name = file.display().to_string();
    let config = match std::fs::read_to_string(file) {
        Ok(text) => {
            let source = Source { environment: Environment::literal(), ..Source::new(name, text) };
            config::read(&source, |root| root_section(root, &mut stamps))
        }
        Err(error) => {
            let message = format!("cannot be read: {error}; name another file with --web.config.file");
            Err(Problems::unreadable(name, message))
        }
    };
    Reading { stamps, config }
}

/// The keys that are asked for while this text is read, good or not; the reference is made from it.
pub fn keys(source: &Source) -> Vec<config::Asked> {
    config::keys(source, |root| root_section(root, &mut Vec::new()))
}

fn root_section(root: &mut Section, stamps: &mut Vec<Stamp>) -> WebConfig {
    let mut config = WebConfig::default();
    config.tls = tls::read(&mut root.section("tls_server_config"), stamps, &mut config.remarks);
    {
        let mut http = root.section("http_server_config");
        // Prometheus asks for nothing that HTTP/1.1 cannot do, and both programs speak that alone.
        let _ = http.flag("http2");
        config.headers = http.pairs("headers").iter().filter_map(|(name, value)| header(name, value)).collect();
    }
    config.users = Users::new(root.pairs("basic_auth_users").into_iter().filter_map(user).collect());
    config.rate = limit::read(&mut root.section("rate_limit"));
    config
}

/// A header is unset where its value is blank.
fn header(name: &Item, value: &Item) -> Option<(HeaderName, HeaderValue)> {
    let Some((_, header, allowed)) = HEADERS.iter().find(|(known, ..)| *known == name.text) else {
        let known = HEADERS.map(|(known, ..)| known);
        let hint = did_you_mean(&name.text, known);
        name.problem(format!("this header cannot be set; those that can: {}{hint}", known.join(", ")));
        return None;
    };
    if value.text.is_empty() {
        return None;
    }
    if !allowed.is_empty() && !allowed.contains(&value.text.as_str()) {
        let words: Vec<_> = allowed.iter().map(|word| format!("`{word}`")).collect();
        value.problem(format!("expected {}, found `{}`", words.join(" or "), shown(&value.text)));
        return None;
    }
    let text = HeaderValue::from_str(&value.text).ok();
    if text.is_none() {
        value.problem("a header holds no control characters");
    }
    Some((header.clone(), text?))
}

fn user((name, hash): (Item, Item)) -> Option<(String, Secret)> {
    if name.text.is_empty() || name.text.contains(':') {
        name.problem("expected a user name, which is not empty and holds no `:`");
        return None;
    }
    if hash.text.parse::<bcrypt::HashParts>().is_err() {
        // Not shown: where the hash belongs, it may well be the password itself.
        hash.problem("expected a password hashed with bcrypt (`$2y$10$…`); make one with: htpasswd -nBC 10 \"\"");
        return None;
    }
    Some((name.text, Secret::new(hash.text)))
}

/// The file beside the web configuration that a key names; what it holds, or a problem.
fn content(section: &Section, key: &'static str, name: &str, stamps: &mut Vec<Stamp>) -> Option<String> {
    let path: PathBuf = section.beside(name);
    stamps.push(Stamp::of(&path));
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            section.problem(key, format!("the file `{}` cannot be read: {error}", shown(name)));
            None
        }
    }
}

#[cfg(test)]
mod tests;
