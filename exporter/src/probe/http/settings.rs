//! What an HTTP probe looks for, as it is written in the configuration.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use reqwest::Url;
use seamark_kit::config::{Item, Section};
use seamark_kit::secret::Secret;

use super::super::net::Addresses;
use super::super::pattern::Pattern;
use super::super::report::{Failure, failure};
use super::super::tls::Tls;
use seamark_kit::upstream::unescape;

/// Nobody's health page is longer; an endless one must not fill the memory or the line.
const DEFAULT_BODY_LIMIT: u64 = 10 * 1024 * 1024;

/// For `body_size_limit`.
const MOST_BODY: u64 = 1024 * 1024 * 1024;

/// What is asked, and what the answer has to be.
#[derive(Debug, PartialEq)]
pub struct Http {
    pub(super) addresses: Addresses,
    pub(super) tls: Tls,
    pub(super) method: Method,
    /// Values are marked sensitive, so that `Debug` does not show them.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<Secret>,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) follow_redirects: bool,
    pub(super) body_limit: u64,
    /// Empty: 200 to 299.
    pub(super) valid_status_codes: Vec<u16>,
    /// Such as `HTTP/1.1`; empty: any.
    pub(super) valid_versions: Vec<String>,
    pub(super) fail_if_ssl: bool,
    pub(super) fail_if_not_ssl: bool,
    pub(super) fail_if_body: Vec<Pattern>,
    pub(super) fail_unless_body: Vec<Pattern>,
    pub(super) fail_if_header: Vec<HeaderPattern>,
    pub(super) fail_unless_header: Vec<HeaderPattern>,
}

/// A header and what it is compared with.
#[derive(Debug, PartialEq)]
pub(super) struct HeaderPattern {
    pub(super) name: HeaderName,
    pub(super) pattern: Pattern,
    pub(super) allow_missing: bool,
}

/// What is asked.
#[derive(Clone, PartialEq)]
pub struct Target {
    /// Without user and password.
    pub url: Url,
    /// From the user and password of the URL.
    pub authorization: Option<HeaderValue>,
    /// The name that the server is to be asked for, where it is not that of the URL.
    pub hostname: Option<String>,
}

/// Without the query of the URL, which may hold a key.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {:?}", super::shown(&self.url), self.hostname)
    }
}

impl Target {
    /// Reads a URL; without a scheme it is `http`.
    ///
    /// # Errors
    ///
    /// It is none. It is not shown then: there may be a password in it.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let lower = text.to_ascii_lowercase();
        let whole = if lower.starts_with("http://") || lower.starts_with("https://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        // `http://ftp://x` would be the path `//x` on a host `ftp`.
        let scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let other_scheme = whole.len() > text.len() && text.split_once("://").is_some_and(|(first, _)| scheme(first));
        let url = Url::parse(&whole).ok().filter(|url| url.has_host() && !other_scheme);
        let Some(mut url) = url else { return failure("expected a URL such as `http://api:8000/health`") };
        let (user, password) = (url.username().to_owned(), url.password().map(str::to_owned));
        // Neither fails for a URL with a host.
        let _ = (url.set_username(""), url.set_password(None));
        url.set_fragment(None);
        let given = !user.is_empty() || password.is_some();
        let authorization = given.then(|| basic(&unescape(&user), &unescape(&password.unwrap_or_default())));
        Ok(Self { url, authorization, hostname: None })
    }
}

impl Http {
    /// Reads the keys of blackbox_exporter's section `http`.
    pub fn read(section: &mut Section) -> Self {
        let addresses = Addresses::read(section);
        let tls = Tls::read(&mut section.section("tls_config"));
        let method =
            |text: &str| Method::from_bytes(text.as_bytes()).ok().filter(|_| text == text.to_ascii_uppercase());
        let codes = section.texts("valid_status_codes").unwrap_or_default();
        let versions = section.texts("valid_http_versions").unwrap_or_default();
        let old_no_follow = section.flag("no_follow_redirects").unwrap_or(false);
        Self {
            addresses,
            tls,
            method: section.parse("method", "an HTTP method such as `GET` or `POST`", method).unwrap_or(Method::GET),
            headers: section.pairs("headers").iter().filter_map(header).collect(),
            body: section.text("body").map(Secret::new),
            authorization: authorization(section),
            follow_redirects: section.flag("follow_redirects").unwrap_or(!old_no_follow),
            body_limit: section
                .parse("body_size_limit", "a size such as `512KiB` or `10MiB`", size)
                .unwrap_or(DEFAULT_BODY_LIMIT),
            valid_status_codes: codes.iter().filter_map(status_code).collect(),
            valid_versions: versions.iter().filter_map(version).collect(),
            fail_if_ssl: section.flag("fail_if_ssl").unwrap_or(false),
            fail_if_not_ssl: section.flag("fail_if_not_ssl").unwrap_or(false),
            fail_if_body: Pattern::list(section, "fail_if_body_matches_regexp"),
            fail_unless_body: Pattern::list(section, "fail_if_body_not_matches_regexp"),
            fail_if_header: header_patterns(section, "fail_if_header_matches"),
            fail_unless_header: header_patterns(section, "fail_if_header_not_matches"),
        }
    }
}

/// What is wrong is said without the value, which may be a key.
fn header((name, value): &(Item, Item)) -> Option<(HeaderName, HeaderValue)> {
    let Ok(header) = HeaderName::from_bytes(name.text.as_bytes()) else {
        name.problem(format!("`{}` is no name of a header", name.text));
        return None;
    };
    let Ok(mut content) = HeaderValue::from_str(&value.text) else {
        value.problem("the value of a header is a single line");
        return None;
    };
    content.set_sensitive(true);
    Some((header, content))
}

fn authorization(section: &mut Section) -> Option<HeaderValue> {
    let bearer = section.secret("bearer_token", "bearer_token_file");
    let mut basic_auth = section.section("basic_auth");
    let user = basic_auth.text("username");
    let password = basic_auth.secret("password", "password_file");
    match (bearer, basic_auth.is_present()) {
        (Some(_), true) => {
            section.problem("basic_auth", "both `bearer_token` and `basic_auth` are given; keep one");
            None
        }
        (Some(token), false) => {
            let value = sensitive(&format!("Bearer {}", token.expose()));
            if value.is_none() {
                section.problem("bearer_token_file", "the token is not a single line");
            }
            value
        }
        (None, true) => {
            let password = password.as_ref().map(Secret::expose).unwrap_or_default();
            Some(basic(&user.unwrap_or_default(), password))
        }
        (None, false) => None,
    }
}

fn basic(user: &str, password: &str) -> HeaderValue {
    let value = sensitive(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
    // Base64 is always fit for a header.
    value.unwrap_or_else(|| HeaderValue::from_static(""))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn status_code(item: &Item) -> Option<u16> {
    let code = item.text.parse().ok().filter(|code| (100..1000).contains(code));
    if code.is_none() {
        item.problem(format!("expected a status of HTTP such as `200`, found `{}`", item.text));
    }
    code
}

fn version(item: &Item) -> Option<String> {
    let known = matches!(item.text.as_str(), "HTTP/1.0" | "HTTP/1.1");
    if !known {
        item.problem(format!("expected `HTTP/1.0` or `HTTP/1.1`, which is what is spoken here, found `{}`", item.text));
    }
    known.then(|| item.text.clone())
}

/// `512`, `64KB`, `10MiB`; as in blackbox_exporter both kinds of unit are powers of 1024.
fn size(text: &str) -> Option<u64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let shift = match unit.trim() {
        "" | "B" => 0,
        "KB" | "KiB" => 10,
        "MB" | "MiB" => 20,
        "GB" | "GiB" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift).filter(|size| (1..=MOST_BODY).contains(size))
}

fn header_patterns(section: &mut Section, key: &'static str) -> Vec<HeaderPattern> {
    let read = |mut item: Section| {
        let name = item.parse("header", "the name of a header", |text| HeaderName::from_bytes(text.as_bytes()).ok());
        let pattern = Pattern::one(&mut item, "regexp");
        let allow_missing = item.flag("allow_missing").unwrap_or(false);
        if item.scalar().is_some() {
            item.problem("", "expected a mapping with `header` and `regexp`");
        }
        Some(HeaderPattern { name: name?, pattern: pattern?, allow_missing })
    };
    section.items(key).into_iter().filter_map(read).collect()
}
