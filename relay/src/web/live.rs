//! Tells an open page that something has changed, so that its script asks for it anew.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;

use super::Shared;

/// Deliveries end without a word to anybody: what is shown is looked at again after this time.
const AT_LEAST: Duration = Duration::from_secs(10);
/// In a storm a page is not asked for more often than this.
const AT_MOST: Duration = Duration::from_secs(1);

pub(super) async fn changes(State(app): Shared) -> impl IntoResponse {
    let events = stream::unfold((app.news(), app.stops()), |(mut news, mut stops)| async move {
        let change = async {
            tokio::time::sleep(AT_MOST).await;
            // A store that is gone changes no more; the timeout then tells for as long as somebody listens.
            let _ = tokio::time::timeout(AT_LEAST, news.changed()).await;
        };
        tokio::select! {
            () = change => {}
            // The relay stops, and waits for answers to end.
            _ = stops.wait_for(|stops| *stops) => return None,
        }
        Some((Ok::<_, Infallible>(Event::default().event("change").data("")), (news, stops)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
