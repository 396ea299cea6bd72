//! The page: channels and their health, what waits and what was given up, the last messages as they look in each chat,
//! incidents, and a preview. It works without scripts, asks for nothing from elsewhere, and says everything in four
//! languages. All paths stand side by side and links are relative, so that it may lie below any path of a proxy.

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::csrf::CsrfLayer;

use crate::app::App;
use crate::ingest::BODY_LIMIT;

mod assets;
mod incidents;
mod live;
mod login;
mod messages;
mod overview;
mod preview;
mod reports;
pub(crate) mod session;
mod settle;
mod words;

pub(crate) use session::Ended;
use words::Words;

/// Nothing but what the relay itself serves; styles and scripts are files of their own.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// All routes of the page.
pub fn router(app: App) -> Router<App> {
    let guarded = Router::new()
        .route("/", get(overview::page))
        .route("/messages", get(messages::page))
        .route("/incidents", get(incidents::page))
        .route("/preview", get(preview::page).post(preview::show).layer(DefaultBodyLimit::max(3 * BODY_LIMIT)))
        .route("/reports", get(reports::page).post(reports::run))
        .route("/chart", get(reports::chart))
        .route("/settle", post(settle::settle))
        .route("/live", get(live::changes))
        .route_layer(from_fn_with_state(app, session::guard));
    Router::new()
        .merge(guarded)
        .route("/login", get(login::page).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/assets/{name}", get(assets::asset))
        .layer(CsrfLayer::new())
        .layer(from_fn(with_headers))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With `no-referrer` browsers write `Origin: null` on forms, which is refused where there is no Sec-Fetch-Site:
        // on plain http from another machine.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What it shows is nobody else's, and soon out of date.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Keeps a language that was just chosen, for a year.
fn with_choice(mut response: Response, words: &Words) -> Response {
    if words.chosen {
        let cookie = format!("{}={}; Path=/; Max-Age=31536000; SameSite=Lax", words::COOKIE_NAME, words.tag());
        response.headers_mut().extend(HeaderValue::from_str(&cookie).ok().map(|cookie| (header::SET_COOKIE, cookie)));
    }
    response
}

/// What every page has around itself.
struct Frame {
    words: Words,
    /// The path of this page, for the menu.
    here: &'static str,
    /// Whether there is somebody to log out.
    has_login: bool,
    version: &'static str,
}

impl Frame {
    fn new(app: &App, words: Words, here: &'static str) -> Self {
        let version = seamark_kit::build::VERSION;
        Self { words, here, has_login: app.live().credentials.is_some(), version }
    }

    /// The pages of the menu: path and key of the name.
    fn menu(&self) -> [(&'static str, String); 5] {
        let name = |key| self.words.say(key);
        [
            ("./", name("page-overview")),
            ("messages", name("page-messages")),
            ("incidents", name("page-incidents")),
            ("reports", name("page-reports")),
            ("preview", name("page-preview")),
        ]
    }
}

/// A page, or why it could not be made.
fn shown(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be made; the log says why.\n").into_response()
        }
    }
}

/// The store cannot be asked.
fn unavailable(error: &crate::store::StoreError) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("The page cannot be shown: {error}\n")).into_response()
}

/// Back to a page, by a path that holds wherever the page lies.
fn back_to(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("./"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// The part of `App` that handlers take.
type Shared = State<App>;
