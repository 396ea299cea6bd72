//! Login with what the relay asks Alertmanager for: its token, or a name and a password.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use seamark_kit::secret::Secret;
use seamark_kit::serve::Peer;
use serde::Deserialize;

use super::{Frame, Shared, Words, back_to, session, shown};
use crate::config::Credentials;
use crate::server::access;

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    frame: Frame,
    to: String,
    /// Ask for a name beside the secret.
    by_name: bool,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    to: String,
}

pub(super) async fn page(State(app): Shared, words: Words, Query(wanted): Query<Wanted>) -> Response {
    match &app.live().credentials {
        None => back_to("./"),
        Some(credentials) => {
            let by_name = matches!(credentials, Credentials::Basic { .. });
            shown(&Page { frame: Frame::new(&app, words, "login"), to: safe(&wanted.to), by_name, problem: None })
        }
    }
}

/// What was filled in.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    name: String,
    secret: String,
    #[serde(default)]
    to: String,
}

pub(super) async fn enter(
    State(app): Shared,
    peer: Option<Extension<Peer>>,
    words: Words,
    Form(given): Form<Given>,
) -> Response {
    let live = app.live();
    let Some(credentials) = &live.credentials else { return back_to("./") };
    let from = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(Peer(peer))| peer.ip());
    let by_name = matches!(credentials, Credentials::Basic { .. });
    let page =
        |problem| Page { frame: Frame::new(&app, words.clone(), "login"), to: safe(&given.to), by_name, problem };
    if app.visitors().call(from, live.rate_limit, Instant::now()).is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, shown(&page(Some(words.say("page-login-slow"))))).into_response();
    }
    let shown_as = match credentials {
        Credentials::Bearer(_) => Credentials::Bearer(Secret::new(given.secret.trim())),
        Credentials::Basic { .. } => {
            Credentials::Basic { username: given.name.clone(), password: Secret::new(given.secret.clone()) }
        }
    };
    if !access::are_same(&shown_as, credentials) {
        app.visitors().was_wrong(from, live.rate_limit, Instant::now());
        app.metrics().unauthorized();
        tracing::warn!(%from, "somebody did not show the right token or password at the page's login");
        return (StatusCode::FORBIDDEN, shown(&page(Some(words.say("page-login-wrong"))))).into_response();
    }
    let to = safe(&given.to);
    let mut response = back_to(if to.is_empty() { "./" } else { &to });
    if let Some(cookie) = session::begin(credentials, is_https(&app), Timestamp::now()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

pub(super) async fn leave(State(app): Shared, headers: HeaderMap) -> Response {
    let mut response = back_to("login");
    if let Some(cookie) = session::end(&app, &headers, is_https(&app)).await {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn is_https(app: &crate::app::App) -> bool {
    app.live().external_url.as_deref().is_some_and(|url| url.starts_with("https://"))
}

/// A page of ours, or nothing: nobody is led away by a link to the login.
fn safe(to: &str) -> String {
    let is_page = !to.is_empty() && to.chars().all(|c| c.is_ascii_lowercase());
    if is_page { to.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_login_leads_to_pages_of_ours_only() {
        assert_eq!(safe("messages"), "messages");
        for wrong in ["https://evil", "//evil", "../x", "a?b"] {
            assert_eq!(safe(wrong), "", "{wrong}");
        }
    }
}
