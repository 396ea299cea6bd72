//! The HTTP side: the webhook, metrics, health, reload, and a small page.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use seamark_kit::exposition;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::ingest::BODY_LIMIT;
use crate::web;

pub(crate) mod access;
pub(crate) mod callers;
mod dead_letters;
mod watchdog;
mod webhook;

/// All routes.
pub fn router(app: App) -> Router {
    let guarded = Router::new()
        .route("/api/v1/alerts", post(webhook::to_default_channels))
        .route("/api/v1/alerts/", post(webhook::to_default_channels))
        .route("/api/v1/alerts/{channels}", post(webhook::to_channels))
        .route("/api/v1/alerts/{channels}/", post(webhook::to_channels))
        .route("/api/v1/watchdog", post(watchdog::beat))
        .route("/api/v1/dead-letters", get(dead_letters::list))
        .route("/api/v1/dead-letters/{deed}", post(dead_letters::settle))
        .route("/-/reload", post(reload).put(reload))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .route_layer(axum::middleware::from_fn_with_state(app.clone(), access::guard));
    Router::new()
        .merge(guarded)
        .merge(web::router(app.clone()))
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(async || "seamark-relay is healthy.\n"))
        .route("/-/ready", get(ready))
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such page; notifications go to /api/v1/alerts.\n"))
        // A panic becomes 500, after which Alertmanager tries again.
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

/// Ready means: what Alertmanager sends now can be put on disk.
async fn ready(State(app): State<App>) -> Response {
    match app.check().await {
        Ok(()) => "seamark-relay is ready.\n".into_response(),
        Err(err) => (StatusCode::SERVICE_UNAVAILABLE, format!("seamark-relay is not ready: {err}\n")).into_response(),
    }
}

async fn reload(State(app): State<App>) -> Response {
    match app.reload().await {
        Ok(()) => "The configuration was read anew.\n".into_response(),
        Err(problem) => {
            let text = format!("The configuration was not taken over; the old one stays in use.\n{problem}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    exposition::answer(app.exposition().await, &headers)
}
