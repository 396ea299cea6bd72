//! The last messages, as they look in each chat.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Frame, Shared, Words, shown, unavailable, with_choice};
use crate::app::Live;
use crate::channel::look::{Card, Look};
use crate::compose;
use crate::store::Entry;

/// So many are shown.
const SHOWN: u32 = 30;

#[derive(Template)]
#[template(path = "messages.html")]
struct Page {
    frame: Frame,
    channels: Vec<(String, bool)>,
    is_all: bool,
    messages: Vec<Message>,
}

struct Message {
    id: i64,
    channel: String,
    kind: &'static str,
    mark: &'static str,
    state: String,
    at: Timestamp,
    at_words: String,
    reason: String,
    merged: String,
    cards: Vec<Card>,
}

#[derive(Deserialize)]
pub(super) struct Filter {
    channel: Option<String>,
}

pub(super) async fn page(State(app): Shared, words: Words, Query(filter): Query<Filter>) -> Response {
    let live = app.live();
    let only = filter.channel.filter(|name| live.channels.iter().any(|channel| channel.name == *name));
    let entries = match app.store().recent(only.as_deref(), SHOWN).await {
        Ok(entries) => entries,
        Err(error) => return unavailable(&error),
    };
    let channel = |name: &String| (name.clone(), Some(name) == only.as_ref());
    let page = Page {
        frame: Frame::new(&app, words.clone(), "messages"),
        channels: live.channels.iter().map(|configured| channel(&configured.name)).collect(),
        is_all: only.is_none(),
        messages: entries.iter().map(|entry| message(&live, entry, &words)).collect(),
    };
    with_choice(shown(&page), &words)
}

fn message(live: &Live, entry: &Entry, words: &Words) -> Message {
    let configured = live.channels.iter().find(|configured| configured.name == entry.channel);
    let channel = configured.and_then(|configured| configured.channel.as_ref());
    let voice = configured.map_or(&live.voice, |configured| &configured.voice);
    let composed = compose::message(voice, entry.kind, &entry.body, entry.note.as_deref());
    // Of a channel that is gone nobody knows the looks.
    let cards = channel.map_or_else(
        || Look::of(crate::channel::look::Html::text(&composed.title)).0,
        |channel| {
            let parts = channel.render(&composed, entry.detail);
            parts.iter().flat_map(|payload| channel.look(payload).0).collect()
        },
    );
    let (mark, state) = match entry.state.as_str() {
        "delivered" => ("✅", "delivered"),
        "dead" => ("💀", "dead"),
        "sending" => ("📤", "sending"),
        _ => ("⏳", "pending"),
    };
    let at = entry.finished_at.unwrap_or(entry.received_at);
    Message {
        id: entry.id.number(),
        channel: entry.channel.clone(),
        kind: channel.map_or("log", |channel| channel.kind()),
        mark,
        state: words.choice("page-message-state", "state", state),
        at,
        at_words: words.moment(at),
        reason: entry.reason.clone().unwrap_or_default(),
        merged: if entry.merged > 0 { words.count("page-merged", entry.merged) } else { String::new() },
        cards,
    }
}
