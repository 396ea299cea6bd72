//! `/api/v1/dead-letters`: what was given up, for the command of that name and for whoever asks with a token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::app::App;
use crate::app::dead_letters::Deed;
use crate::store::{Chosen, StoreError};

/// `GET`, with `?channel=` for those of one channel.
pub(super) async fn list(
    State(app): State<App>,
    Query(query): Query<std::collections::HashMap<String, String>>,
) -> Response {
    answer(app.dead_letters(query.get("channel").map(String::as_str)).await.map(|list| json!({"dead_letters": list})))
}

/// `POST …/retry` and `…/drop`, with `{"ids": [1, 2]}` or `{"all": true}`, and `"channel"` for those of one alone.
pub(super) async fn settle(State(app): State<App>, Path(deed): Path<String>, body: Bytes) -> Response {
    let chosen = match chosen(&body) {
        Ok(chosen) => chosen,
        Err(problem) => return (StatusCode::BAD_REQUEST, Json(json!({"error": problem}))).into_response(),
    };
    let deed = match deed.as_str() {
        "retry" => Deed::Retry(chosen),
        "drop" => Deed::Drop(chosen),
        other => {
            let problem = format!("expected `retry` or `drop` behind dead-letters/, found `{other}`");
            return (StatusCode::NOT_FOUND, Json(json!({"error": problem}))).into_response();
        }
    };
    answer(app.settle_dead_letters(deed).await.map(|count| json!({"count": count})))
}

fn answer(result: Result<Value, StoreError>) -> Response {
    match result {
        Ok(json) => Json(json).into_response(),
        Err(problem) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"error": problem.to_string()}))).into_response(),
    }
}

/// Neither ids nor `all` would mean everything by accident, so it is a mistake.
fn chosen(body: &[u8]) -> Result<Chosen, String> {
    const EXPECTED: &str = r#"expected `{"ids": [1, 2]}` or `{"all": true}`, and perhaps `"channel"`"#;
    let json: Value = serde_json::from_slice(body).map_err(|err| format!("{EXPECTED}, found no JSON: {err}"))?;
    let channel = match json.get("channel") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(other) => return Err(format!("channel: expected a name, found {other}")),
    };
    let ids = match (json.get("ids"), json.get("all")) {
        (Some(Value::Array(ids)), None | Some(Value::Bool(false))) => {
            let number = |id: &Value| id.as_i64().ok_or_else(|| format!("ids: expected numbers, found {id}"));
            Some(ids.iter().map(number).collect::<Result<_, _>>()?)
        }
        (None, Some(Value::Bool(true))) => None,
        _ => return Err(EXPECTED.to_owned()),
    };
    Ok(Chosen { channel, ids })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_meant_only_where_it_is_said() {
        let read = |body: &str| chosen(body.as_bytes());
        let ops = Some("ops".to_owned());
        assert_eq!(read(r#"{"all":true}"#), Ok(Chosen { channel: None, ids: None }));
        assert_eq!(read(r#"{"ids":[1,2],"channel":"ops"}"#), Ok(Chosen { channel: ops, ids: Some(vec![1, 2]) }));
        for wrong in ["", "{}", r#"{"channel":"ops"}"#, r#"{"ids":[1],"all":true}"#, r#"{"ids":["1"]}"#, r#"{"all":1}"#]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
