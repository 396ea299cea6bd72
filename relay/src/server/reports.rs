//! `/api/v1/reports`: Alertmanager's call, "report now", and how they stand.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::error;

use super::webhook::read_body;
use crate::app::App;
use crate::report::{Ran, RunError, TriggerError, Triggered};

/// `GET`: the reports of the configuration.
pub(super) async fn list(State(app): State<App>) -> Response {
    match app.reports(Timestamp::now()).await {
        Ok(list) => Json(json!({"reports": list})).into_response(),
        Err(problem) => failure(StatusCode::SERVICE_UNAVAILABLE, &problem.to_string()),
    }
}

/// `POST …/trigger`: 2xx only for what is on disk, as for every webhook.
pub(super) async fn trigger(State(app): State<App>, request: Request) -> Response {
    let (status, body) = match read_body(request).await {
        Ok(body) => take(&app, &body).await,
        Err((status, problem)) => (status, json!({"error": problem})),
    };
    app.metrics().webhook_request(status.as_u16());
    (status, Json(body)).into_response()
}

async fn take(app: &App, body: &Bytes) -> (StatusCode, Value) {
    match app.trigger_reports(body, Timestamp::now()).await {
        Ok(answers) => {
            let reports: Vec<Value> = answers.iter().map(Triggered::to_json).collect();
            (StatusCode::OK, json!({"reports": reports}))
        }
        Err(problem @ TriggerError::NoTrigger(_)) => (StatusCode::BAD_REQUEST, json!({"error": problem.to_string()})),
        Err(problem) => {
            error!(%problem, "a call for a report was not stored; Alertmanager is asked to try again");
            (StatusCode::SERVICE_UNAVAILABLE, json!({"error": problem.to_string()}))
        }
    }
}

/// `POST …/{name}/run`, with nothing, `{"channels": ["ops"]}`, or `{"print": true}` to have the report instead of
/// sending it.
pub(super) async fn run(State(app): State<App>, Path(name): Path<String>, body: Bytes) -> Response {
    let (channels, print) = match wanted(&body) {
        Ok(wanted) => wanted,
        Err(problem) => return failure(StatusCode::BAD_REQUEST, &problem),
    };
    let done = if print {
        let report = app.preview_report(&name).await;
        report.map(|body| json!({"report": serde_json::from_slice::<Value>(&body).unwrap_or_default()}))
    } else {
        let result = |ran: &Ran| if ran.is_new { "stored" } else { "duplicate" };
        app.run_report(&name, channels).await.map(|ran| json!({"result": result(&ran), "channels": ran.channels}))
    };
    match done {
        Ok(json) => Json(json).into_response(),
        Err(problem) => {
            let status = match problem {
                RunError::NoReport(..) => StatusCode::NOT_FOUND,
                RunError::NoChannel(..) => StatusCode::BAD_REQUEST,
                RunError::NotMade(_) | RunError::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            failure(status, &problem.to_string())
        }
    }
}

fn failure(status: StatusCode, problem: &str) -> Response {
    (status, Json(json!({"error": problem}))).into_response()
}

fn wanted(body: &[u8]) -> Result<(Option<Vec<String>>, bool), String> {
    const EXPECTED: &str = r#"expected nothing, `{"channels": ["name"]}` or `{"print": true}`"#;
    if body.trim_ascii().is_empty() {
        return Ok((None, false));
    }
    let json: Value = serde_json::from_slice(body).map_err(|err| format!("{EXPECTED}, found no JSON: {err}"))?;
    let Value::Object(keys) = &json else { return Err(format!("{EXPECTED}, found {json}")) };
    if let Some(key) = keys.keys().find(|key| !["channels", "print"].contains(&key.as_str())) {
        return Err(format!("{EXPECTED}, found the key `{key}`"));
    }
    let channels = match keys.get("channels") {
        None | Some(Value::Null) => None,
        Some(Value::Array(names)) => {
            let name = |name: &Value| name.as_str().map(str::to_owned);
            let names: Option<Vec<String>> = names.iter().map(name).collect();
            Some(names.ok_or_else(|| format!("channels: expected names, found {json}"))?)
        }
        Some(other) => return Err(format!("channels: expected a list of names, found {other}")),
    };
    match keys.get("print") {
        None | Some(Value::Null) => Ok((channels, false)),
        Some(Value::Bool(print)) => Ok((channels, *print)),
        Some(other) => Err(format!("print: expected `true` or `false`, found {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_said_in_the_body_or_not_at_all() {
        let read = |body: &str| wanted(body.as_bytes());
        assert_eq!(read(" "), Ok((None, false)));
        assert_eq!(read("{}"), Ok((None, false)));
        assert_eq!(read(r#"{"channels":["a","b"]}"#), Ok((Some(vec!["a".to_owned(), "b".to_owned()]), false)));
        assert_eq!(read(r#"{"print":true}"#), Ok((None, true)));
        for wrong in ["x", "[]", r#"{"channels":"a"}"#, r#"{"channels":[1]}"#, r#"{"print":1}"#, r#"{"chanels":[]}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
