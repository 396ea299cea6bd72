//! The webhook: answers 2xx only for what is on disk.
//!
//! Alertmanager tries again after 5xx, and gives up until its next `group_interval` after any 4xx; a notification whose
//! alert is over by then is never sent. So 4xx is for what is no notification, and everything else that goes wrong
//! is 5xx. Never a redirect either: Alertmanager follows it with GET and takes that answer as success.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tracing::{error, warn};

use crate::app::App;
use crate::ingest::BODY_LIMIT;
use crate::pipeline::{Accepted, Rejected};

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn to_default_channels(State(app): State<App>, request: Request) -> Response {
    answer(&app, None, request).await
}

pub(super) async fn to_channels(
    State(app): State<App>,
    channels: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A name that is no UTF-8 is an unknown channel like any other: the alert must be told all the same.
    let channels = channels.map_or_else(|_| "\u{fffd}".to_owned(), |Path(channels)| channels);
    answer(&app, Some(&channels), request).await
}

async fn answer(app: &App, channels: Option<&str>, request: Request) -> Response {
    let (status, body) = match read_body(request).await {
        Ok(body) => take(app, channels, &body).await,
        Err((status, problem)) => {
            warn!(status = status.as_u16(), "the body of a webhook could not be read: {problem}");
            (status, json!({"error": problem}))
        }
    };
    app.metrics().webhook_request(status.as_u16());
    (status, Json(body)).into_response()
}

async fn take(app: &App, channels: Option<&str>, body: &[u8]) -> (StatusCode, Value) {
    match app.accept(channels, body).await {
        Ok(Accepted::Stored(channels)) => (StatusCode::OK, json!({"result": "stored", "channels": channels})),
        Ok(Accepted::Duplicate) => (StatusCode::OK, json!({"result": "duplicate"})),
        Err(Rejected::NoNotification(problem)) => (StatusCode::BAD_REQUEST, json!({"error": problem.to_string()})),
        Err(Rejected::NotStored(problem)) => {
            error!(%problem, "a notification was not stored; Alertmanager is asked to try again");
            (StatusCode::SERVICE_UNAVAILABLE, json!({"error": problem.to_string()}))
        }
    }
}

pub(super) async fn read_body(request: Request) -> Result<Bytes, (StatusCode, String)> {
    match tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(rejection)) => Err(refusal(&rejection)),
        // 408 would be true as well, but is a 4xx.
        Err(_) => {
            let problem = format!("the body did not arrive within {} s", BODY_TIMEOUT.as_secs());
            Err((StatusCode::SERVICE_UNAVAILABLE, problem))
        }
    }
}

fn refusal(rejection: &BytesRejection) -> (StatusCode, String) {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let problem = format!(
                "the body is larger than {} MiB; limit the alerts of one notification with `max_alerts` in alertmanager.yml",
                BODY_LIMIT / 1024 / 1024
            );
            (StatusCode::PAYLOAD_TOO_LARGE, problem)
        }
        // The connection broke off; a notification that was cut is none that was refused.
        _ => (StatusCode::SERVICE_UNAVAILABLE, format!("the body broke off: {}", rejection.body_text())),
    }
}
