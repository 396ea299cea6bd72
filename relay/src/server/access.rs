//! Who may post: `Authorization: Bearer <token>`.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use seamark_kit::secret::Secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::app::App;

/// Lets a request through if it knows the token, or if there is none.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let live = app.live();
    match &live.token {
        Some(token) if !is_allowed(request.headers(), token) => {
            if request.uri().path().starts_with("/api/") {
                app.metrics().webhook_request(StatusCode::UNAUTHORIZED.as_u16());
            }
            unauthorized()
        }
        _ => next.run(request).await,
    }
}

fn is_allowed(headers: &HeaderMap, token: &Secret) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given =
        given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    // Hashes have one length, so the comparison takes the same time whatever is given.
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    given.is_some_and(|(_, given)| hash(given.trim()).ct_eq(&hash(token.expose())).into())
}

fn unauthorized() -> Response {
    let text = "The relay asks for its token: `Authorization: Bearer <token>`. In alertmanager.yml that is \
                `http_config: {authorization: {credentials_file: …}}`, with the file that `token_file` names in \
                relay.yml.\n";
    let mut response = (StatusCode::UNAUTHORIZED, text).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_behind_its_scheme_is_let_in() {
        let token = Secret::new("t0ken");
        let allowed = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            is_allowed(&headers, &token)
        };
        assert!(allowed("Bearer t0ken") && allowed("bearer  t0ken"));
        for wrong in ["", "t0ken", "Bearer", "Bearer ", "Bearer t0ke", "Bearer t0ken2", "Basic t0ken"] {
            assert!(!allowed(wrong), "{wrong}");
        }
        assert!(!is_allowed(&HeaderMap::new(), &token));
    }
}
