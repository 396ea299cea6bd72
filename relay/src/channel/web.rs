//! Addresses of chats that are not hosted by their makers: what may be called, and a word about plain http.

use reqwest::Url;

/// Reads an address for the web.
///
/// # Errors
///
/// What is wrong with it, without showing it: it may hold a token.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|_| "found no address".to_owned())?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err("found no https:// address".to_owned())
    }
}

/// Warns once about an address that everybody on the way can read.
pub(super) fn warn_if_plain(service: &str, url: &Url) {
    if url.scheme() == "http" && !is_loopback(url) {
        let host = url.host_str().unwrap_or_default();
        tracing::warn!(host, "{service} on `{host}` is called over plain http: everybody on the way can read it");
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An address that a message may lead to: for the web, of a length that chats take.
pub(super) fn target(url: &str) -> Option<&str> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    (is_web && url.len() <= 2048 && !url.contains(char::is_control)).then_some(url)
}
