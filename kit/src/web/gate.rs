//! What a request has to pass before the program sees it, in upstream's order: rate, then name and password.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::config::WebConfig;
use super::figures::Reason;
use super::password::Verdict;
use super::{Admitted, Known, Web};
use crate::secret::Secret;

/// What a health check asks.
const HEALTH: &str = "/-/healthy";

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) peer: SocketAddr,
    /// It has shown a certificate, or none is asked for.
    pub(crate) has_certificate: bool,
}

impl Caller {
    /// Whether it is a program on this machine, or in this container.
    pub(crate) fn is_here(&self) -> bool {
        self.peer.ip().to_canonical().is_loopback()
    }
}

/// Lets a request in, or answers it.
pub(super) async fn admit(web: &Web, config: &WebConfig, caller: Caller, parts: &mut Parts) -> Result<(), Response> {
    // It tells nothing, and whoever checks the health has neither password nor certificate.
    if caller.is_here() && parts.uri.path() == HEALTH {
        return Ok(());
    }
    if !caller.has_certificate {
        web.figures.refused(Reason::Handshake);
        return Err((StatusCode::FORBIDDEN, "A client certificate is asked for, here as elsewhere.\n").into_response());
    }
    if let Some(rate) = config.rate
        && let Err(wait) = web.bucket().take(rate, Instant::now())
    {
        web.figures.refused(Reason::Rate);
        return Err(too_many(&parts.method, wait));
    }
    if config.users.is_empty() {
        return Ok(());
    }
    let verdict = match credentials(&parts.headers) {
        Some((name, password)) => web.passwords.check(&config.users, &name, password.expose()).await,
        None => Verdict::Wrong,
    };
    match verdict {
        Verdict::Right => {
            parts.extensions.insert(Admitted);
            Ok(())
        }
        Verdict::Wrong => match web.knows(parts, caller.peer) {
            Ok(true) => {
                parts.extensions.insert(Known);
                Ok(())
            }
            Ok(false) => {
                web.figures.refused(Reason::Credentials);
                Err(unauthorized())
            }
            Err(wait) => {
                web.figures.refused(Reason::Rate);
                Err(too_many(&parts.method, wait))
            }
        },
        Verdict::Later => {
            web.figures.refused(Reason::Rate);
            Err(too_many(&parts.method, Duration::from_secs(1)))
        }
    }
}

/// Name and password of `Authorization: Basic`.
fn credentials(headers: &HeaderMap) -> Option<(String, Secret)> {
    let (scheme, given) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let given = BASE64_STANDARD.decode(given.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (name, password) = std::str::from_utf8(&given).ok()?.split_once(':')?;
    Some((name.to_owned(), Secret::new(password)))
}

fn unauthorized() -> Response {
    let text = "A name and a password are asked for: `basic_auth_users` in the file of --web.config.file has them.\n";
    let challenge =
        [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"seamark\", charset=\"UTF-8\""))];
    (StatusCode::UNAUTHORIZED, challenge, text).into_response()
}

fn too_many(method: &Method, wait: Duration) -> Response {
    // Alertmanager gives up what it posts after a 4xx, and tries again after a 503.
    let read = matches!(*method, Method::GET | Method::HEAD);
    let status = if read { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE };
    let after = [(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().saturating_add(1)))];
    (status, after, "More requests than the web configuration allows; try again.\n").into_response()
}
