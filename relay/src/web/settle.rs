//! Buttons beside dead letters: another try, or an end.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Shared, back_to, unavailable};
use crate::app::dead_letters::Deed;
use crate::store::Chosen;

#[derive(Deserialize)]
pub(super) struct Pressed {
    deed: String,
    /// The number of one; all, if it is missing.
    id: Option<i64>,
}

pub(super) async fn settle(State(app): Shared, Form(pressed): Form<Pressed>) -> Response {
    let chosen = Chosen { channel: None, ids: pressed.id.map(|id| vec![id]) };
    let deed = match pressed.deed.as_str() {
        "retry" => Deed::Retry(chosen),
        // All at once is too much for one slip of the finger; the command can do it.
        "drop" if pressed.id.is_some() => Deed::Drop(chosen),
        _ => return (StatusCode::BAD_REQUEST, "expected `deed` retry, or drop with an `id`\n").into_response(),
    };
    match app.settle_dead_letters(deed).await {
        Ok(_) => back_to("./"),
        Err(error) => unavailable(&error),
    }
}
