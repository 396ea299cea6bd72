//! Who may post: `Authorization: Bearer <token>`, or `Basic` with name and password.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use seamark_kit::serve::Peer;
use seamark_kit::web::{Admitted, Known};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::app::App;
use crate::config::Credentials;
use crate::web::session;

/// Lets a request through if it knows the token, or if there is none, and its caller keeps to the limits.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let live = app.live();
    // Without a connection, as in tests, all callers are one.
    let from = request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(peer)| peer.ip());
    let is_counted = request.extensions().get::<Known>().is_some();
    if !is_counted && let Err(wait) = app.callers().call(from, live.rate_limit, Instant::now()) {
        app.metrics().limited();
        app.metrics().webhook_request(StatusCode::SERVICE_UNAVAILABLE.as_u16());
        return too_many(wait);
    }
    match &live.credentials {
        // The one header of a request cannot hold a token as well as a password of the web configuration.
        Some(_) if is_admitted(&request) => next.run(request).await,
        Some(credentials) if !is_allowed(request.headers(), credentials) => {
            app.callers().was_wrong(from, live.rate_limit, Instant::now());
            app.metrics().unauthorized();
            tracing::warn!(%from, path = request.uri().path(), "a caller did not show the right token or password");
            if request.uri().path().starts_with("/api/") {
                app.metrics().webhook_request(StatusCode::UNAUTHORIZED.as_u16());
            }
            unauthorized(credentials)
        }
        _ => next.run(request).await,
    }
}

/// Whether it showed a password of the web configuration. A browser adds that to what other sites make it send as well.
fn is_admitted(request: &Request) -> bool {
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_ours = matches!(site, None | Some(b"same-origin" | b"none"));
    is_ours && request.extensions().get::<Admitted>().is_some()
}

/// Whether a request shows the relay's own token or session, and so needs no password of the web configuration. To guess
/// here is as slow as to guess behind it.
///
/// # Errors
///
/// How long this address is to wait. To answer "wrong" instead would lose what Alertmanager posts with the right token.
pub(crate) fn knows(app: &App, parts: &Parts, peer: SocketAddr) -> Result<bool, Duration> {
    let live = app.live();
    let Some(credentials) = &live.credentials else { return Ok(false) };
    if session::is_open(app, &parts.headers, credentials) {
        return Ok(true);
    }
    if !parts.headers.contains_key(header::AUTHORIZATION) {
        return Ok(false);
    }
    app.callers().call(peer.ip(), live.rate_limit, Instant::now())?;
    let allowed = is_allowed(&parts.headers, credentials);
    if !allowed {
        app.callers().was_wrong(peer.ip(), live.rate_limit, Instant::now());
        app.metrics().unauthorized();
    }
    Ok(allowed)
}

fn too_many(wait: Duration) -> Response {
    let text = "This address calls more often than `rate_limit` in relay.yml allows, or showed too many wrong tokens; \
                nothing of this request was looked at. Try again.\n";
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    let seconds = wait.as_secs().saturating_add(1);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn is_allowed(headers: &HeaderMap, credentials: &Credentials) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((scheme, given)) = given.and_then(|value| value.split_once(' ')) else { return false };
    let given = given.trim();
    match credentials {
        Credentials::Bearer(token) => scheme.eq_ignore_ascii_case("bearer") && same(given.as_bytes(), token.expose()),
        Credentials::Basic { username, password } => {
            // Not compared as it was written: there are several spellings of the same bytes.
            let given = BASE64_STANDARD.decode(given).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"));
            given.is_some_and(|given| same(&given, &format!("{username}:{}", password.expose())))
        }
    }
}

/// Whether two are the same, in a time that does not tell how much of them is.
pub(crate) fn are_same(given: &Credentials, expected: &Credentials) -> bool {
    same(given.header().expose().as_bytes(), expected.header().expose())
}

/// Hashes have one length, so the comparison takes the same time whatever is given.
fn same(given: &[u8], expected: &str) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(expected.as_bytes())).into()
}

fn unauthorized(credentials: &Credentials) -> Response {
    let (scheme, text) = match credentials {
        Credentials::Bearer(_) => (
            "Bearer",
            "The relay asks for its token: `Authorization: Bearer <token>`. In alertmanager.yml that is `http_config: \
             {authorization: {credentials_file: …}}`, with the file that `token_file` names in relay.yml.\n",
        ),
        Credentials::Basic { .. } => (
            "Basic realm=\"seamark-relay\"",
            "The relay asks for the name and password of `basic_auth` in relay.yml. In alertmanager.yml that is \
             `http_config: {basic_auth: {username: …, password_file: …}}`.\n",
        ),
    };
    let mut response = (StatusCode::UNAUTHORIZED, text).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    response
}

#[cfg(test)]
mod tests {
    use seamark_kit::secret::Secret;

    use super::*;

    fn allowed(value: &str, credentials: &Credentials) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        is_allowed(&headers, credentials)
    }

    #[test]
    fn only_the_whole_token_behind_its_scheme_is_let_in() {
        let token = Credentials::Bearer(Secret::new("t0ken"));
        assert!(allowed("Bearer t0ken", &token) && allowed("bearer  t0ken", &token));
        for wrong in ["", "t0ken", "Bearer", "Bearer ", "Bearer t0ke", "Bearer t0ken2", "Basic t0ken"] {
            assert!(!allowed(wrong, &token), "{wrong}");
        }
        assert!(!is_allowed(&HeaderMap::new(), &token));
    }

    #[test]
    fn only_the_name_with_its_password_is_let_in() {
        let basic = Credentials::Basic { username: "am".to_owned(), password: Secret::new("pa:ss") };
        let value = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        assert!(allowed(&value("am:pa:ss"), &basic) && allowed(basic.header().expose(), &basic));
        for wrong in ["am:", "am:pa", ":pa:ss", "am:pa:ss:", ""] {
            assert!(!allowed(&value(wrong), &basic), "{wrong}");
        }
        for wrong in ["Basic am:pa:ss", "Bearer pa:ss", "Basic ", &value("am:pa:ss").replace("Basic", "Bearer")] {
            assert!(!allowed(wrong, &basic), "{wrong}");
        }
    }
}
