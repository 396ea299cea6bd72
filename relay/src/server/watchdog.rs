//! `/api/v1/watchdog`: Alertmanager's sign of life.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::webhook::read_body;
use crate::app::App;

pub(super) async fn beat(State(app): State<App>, request: Request) -> Response {
    let (status, body) = match read_body(request).await {
        Ok(body) => take(&app, &body).await,
        Err((status, problem)) => (status, json!({"error": problem})),
    };
    app.metrics().webhook_request(status.as_u16());
    (status, Json(body)).into_response()
}

async fn take(app: &App, body: &Bytes) -> (StatusCode, Value) {
    match app.beat(body, Timestamp::now()).await {
        Ok(true) => (StatusCode::OK, json!({"result": "heard"})),
        Ok(false) => (StatusCode::OK, json!({"result": "resolved, which is no sign of life"})),
        Err(problem) => (StatusCode::BAD_REQUEST, json!({"error": problem.to_string()})),
    }
}
