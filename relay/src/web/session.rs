//! Who may look: whoever has shown the relay's token, for twelve hours.
//!
//! A session is a moment, signed with a key made from the token: it outlives a restart, and ends with the token.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use hmac::{Hmac, Mac as _};
use jiff::{SignedDuration, Timestamp};
use seamark_kit::web::Admitted;
use sha2::Sha256;

use super::{Shared, back_to, words};
use crate::config::Credentials;

const COOKIE_NAME: &str = "seamark_session";
const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Lets a request through that shows a session, or where nobody is asked for anything.
pub(super) async fn guard(State(app): Shared, request: Request, next: Next) -> Response {
    match &app.live().credentials {
        Some(_) if request.extensions().get::<Admitted>().is_some() => next.run(request).await,
        Some(credentials) if !is_known(request.headers(), credentials, Timestamp::now()) => {
            let path = request.uri().path();
            let is_page = request.method() == Method::GET && path != "/live";
            // After the login one is where one wanted to go; what was posted is gone.
            let to = path.trim_start_matches('/');
            back_to(&if is_page && !to.is_empty() { format!("login?to={to}") } else { "login".to_owned() })
        }
        _ => next.run(request).await,
    }
}

/// The cookie of a new session.
pub(super) fn begin(credentials: &Credentials, is_https: bool, now: Timestamp) -> Option<HeaderValue> {
    let until = now.checked_add(LIFETIME).ok()?.as_second().to_string();
    let signature = hex(&signed(credentials, &until)?.finalize().into_bytes());
    cookie(&format!("{until}.{signature}"), LIFETIME.as_secs(), is_https)
}

/// The cookie that ends one.
pub(super) fn end(is_https: bool) -> Option<HeaderValue> {
    cookie("", 0, is_https)
}

/// Lax, so that a link in a chat leads to the page and not to the login; every change is a POST, which CsrfLayer guards.
fn cookie(value: &str, seconds: i64, is_https: bool) -> Option<HeaderValue> {
    let secure = if is_https { "; Secure" } else { "" };
    let text = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

/// Whether somebody has logged in.
pub(crate) fn is_known(headers: &HeaderMap, credentials: &Credentials, now: Timestamp) -> bool {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((until, signature)) = words::value(cookies, ';', COOKIE_NAME).and_then(|value| value.split_once('.'))
    else {
        return false;
    };
    let is_over = until.parse::<i64>().map_or(true, |until| until <= now.as_second());
    let Some(signature) = unhex(signature) else { return false };
    // Compared in constant time.
    !is_over && signed(credentials, until).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
}

fn signed(credentials: &Credentials, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(credentials.header().expose().as_bytes()).ok()?;
    mac.update(b"seamark page session ");
    mac.update(text.as_bytes());
    Some(mac)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use seamark_kit::secret::Secret;

    use super::*;

    #[test]
    fn a_session_holds_for_its_time_and_its_token() {
        let token = |text: &str| Credentials::Bearer(Secret::new(text));
        let now = Timestamp::from_second(1_000_000).unwrap();
        let set = begin(&token("a"), true, now).unwrap();
        let set = set.to_str().unwrap();
        assert!(set.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"), "{set}");
        let pair = set.split(';').next().unwrap().to_owned();
        let known = |pair: &str, token: &Credentials, at: Timestamp| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(&format!("x=y; {pair}")).unwrap());
            is_known(&headers, token, at)
        };
        assert!(known(&pair, &token("a"), now));
        assert!(!known(&pair, &token("b"), now));
        assert!(!known(&pair, &token("a"), now + LIFETIME));
        assert!(!known(&pair.replace("1043200", "9043200"), &token("a"), now));
        for wrong in
            ["", "seamark_session=", "seamark_session=9999999.", "seamark_session=9999999.0g", "seamark_session=é.00"]
        {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_bytes(wrong.as_bytes()).unwrap());
            assert!(!is_known(&headers, &token("a"), now), "{wrong}");
        }
    }
}
