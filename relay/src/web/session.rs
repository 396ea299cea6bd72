//! Who may look: whoever has shown the relay's token, for twelve hours.
//!
//! A session is a moment and a number, signed with a key made from the token: it outlives a restart, and ends with the
//! token. One that somebody has logged out of is remembered for the rest of its time: a copy of its cookie opens nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use hmac::{Hmac, Mac as _};
use jiff::{SignedDuration, Timestamp};
use seamark_kit::web::Admitted;
use sha2::Sha256;

use super::{Shared, back_to, words};
use crate::app::App;
use crate::config::Credentials;
use crate::store::{Store, StoreError};

const COOKIE_NAME: &str = "seamark_session";
const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Lets a request through that shows a session, or where nobody is asked for anything.
pub(super) async fn guard(State(app): Shared, request: Request, next: Next) -> Response {
    match &app.live().credentials {
        Some(_) if request.extensions().get::<Admitted>().is_some() => next.run(request).await,
        Some(credentials) if !is_open(&app, request.headers(), credentials) => {
            let path = request.uri().path();
            let is_page = request.method() == Method::GET && path != "/live";
            // After the login one is where one wanted to go; what was posted is gone.
            let to = path.trim_start_matches('/');
            back_to(&if is_page && !to.is_empty() { format!("login?to={to}") } else { "login".to_owned() })
        }
        _ => next.run(request).await,
    }
}

/// Whether somebody has logged in, and not out again.
pub(crate) fn is_open(app: &App, headers: &HeaderMap, credentials: &Credentials) -> bool {
    known(headers, credentials, Timestamp::now()).is_some_and(|session| !app.ended_sessions().has(&session))
}

/// The cookie of a new session.
pub(super) fn begin(credentials: &Credentials, is_https: bool, now: Timestamp) -> Option<HeaderValue> {
    let until = now.checked_add(LIFETIME).ok()?.as_second();
    let number = getrandom::u64().ok()?;
    let said = format!("{until}-{number:016x}");
    let signature = hex(&signed(credentials, &said)?.finalize().into_bytes());
    cookie(&format!("{said}.{signature}"), LIFETIME.as_secs(), is_https)
}

/// Ends the session of this request, if it has one, and returns the cookie that forgets it.
pub(super) async fn end(app: &App, headers: &HeaderMap, is_https: bool) -> Option<HeaderValue> {
    let now = Timestamp::now();
    if let Some(session) = app.live().credentials.as_ref().and_then(|credentials| known(headers, credentials, now)) {
        app.ended_sessions().add(session, now);
        let kept = app.store().keep(ENDED, Some(app.ended_sessions().to_json()), now).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "a logout could not be kept: after a restart a copy of its cookie holds again: {error}");
        }
    }
    cookie("", 0, is_https)
}

/// Under which name the store keeps those that have ended.
const ENDED: &str = "page/ended";

/// A session that was begun here and whose time is not over.
#[derive(Debug, PartialEq)]
struct Session {
    number: String,
    until: i64,
}

/// Sessions that somebody has logged out of, by their numbers, until their time would be over.
#[derive(Debug, Default)]
pub(crate) struct Ended(Mutex<BTreeMap<String, i64>>);

impl Ended {
    /// Those that the process before knew.
    pub(crate) async fn remembered(store: &Store) -> Result<Self, StoreError> {
        let kept = store.kept(ENDED).await?.and_then(|(json, _)| serde_json::from_str(&json).ok());
        Ok(Self(Mutex::new(kept.unwrap_or_default())))
    }

    fn has(&self, session: &Session) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&session.number)
    }

    fn add(&self, session: Session, now: Timestamp) {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, until| *until > now.as_second());
        ended.insert(session.number, session.until);
    }

    fn to_json(&self) -> String {
        serde_json::json!(*self.0.lock().unwrap_or_else(PoisonError::into_inner)).to_string()
    }
}

/// Lax, so that a link in a chat leads to the page and not to the login; every change is a POST, which CsrfLayer guards.
fn cookie(value: &str, seconds: i64, is_https: bool) -> Option<HeaderValue> {
    let secure = if is_https { "; Secure" } else { "" };
    let text = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

/// The session that a request shows, if it is signed by us and its time is not over.
fn known(headers: &HeaderMap, credentials: &Credentials, now: Timestamp) -> Option<Session> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let (said, signature) = words::value(cookies, ';', COOKIE_NAME)?.split_once('.')?;
    let (until, number) = said.split_once('-')?;
    let until = until.parse().ok().filter(|until| *until > now.as_second())?;
    // Compared in constant time.
    signed(credentials, said)?.verify_slice(&unhex(signature)?).ok()?;
    Some(Session { number: number.to_owned(), until })
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
        let opens = |pair: &str, token: &Credentials, at: Timestamp| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(&format!("x=y; {pair}")).unwrap());
            known(&headers, token, at).is_some()
        };
        assert!(opens(&pair, &token("a"), now));
        assert!(!opens(&pair, &token("b"), now));
        assert!(!opens(&pair, &token("a"), now + LIFETIME));
        assert!(!opens(&pair.replace("1043200", "9043200"), &token("a"), now));
        for wrong in [
            "",
            "seamark_session=",
            "seamark_session=9999999-0.",
            "seamark_session=9999999-0.0g",
            "seamark_session=é-0.00",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_bytes(wrong.as_bytes()).unwrap());
            assert_eq!(known(&headers, &token("a"), now), None, "{wrong}");
        }
    }

    #[test]
    fn what_has_ended_is_remembered_until_its_time_is_over() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let session = |number: &str, until| Session { number: number.to_owned(), until };
        let ended = Ended::default();
        ended.add(session("a", 100), at(50));
        ended.add(session("b", 200), at(99));
        assert!(ended.has(&session("a", 100)) && !ended.has(&session("c", 100)));
        ended.add(session("c", 300), at(100));
        assert_eq!(ended.to_json(), r#"{"b":200,"c":300}"#);
    }
}
