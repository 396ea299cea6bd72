//! A notification that somebody pastes, as every channel would show it, with how full its limits are.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Frame, Shared, Words, shown, with_choice};
use crate::alert::Status;
use crate::app::Live;
use crate::channel::Detail;
use crate::channel::limits::Unit;
use crate::channel::look::Card;
use crate::compose;
use crate::ingest;
use crate::store::MessageKind;

/// What the form holds at first.
const EXAMPLE: &str = include_str!("../../assets/example.json");

#[derive(Template)]
#[template(path = "preview.html")]
struct Page {
    frame: Frame,
    payload: String,
    details: [(&'static str, String, bool); 4],
    problem: Option<String>,
    channels: Vec<Channel>,
}

struct Channel {
    name: String,
    kind: &'static str,
    parts: Vec<Part>,
}

struct Part {
    head: String,
    cards: Vec<Card>,
    meters: Vec<Meter>,
}

struct Meter {
    what: &'static str,
    used: usize,
    most: usize,
    unit: &'static str,
}

#[derive(Deserialize)]
pub(super) struct Given {
    payload: String,
    #[serde(default)]
    detail: String,
}

const DETAILS: [(&str, Detail); 4] =
    [("full", Detail::Full), ("compact", Detail::Compact), ("plain", Detail::Plain), ("title", Detail::Title)];

pub(super) async fn page(State(app): Shared, words: Words) -> Response {
    let page = Page {
        details: details(&words, "full"),
        frame: Frame::new(&app, words.clone(), "preview"),
        payload: EXAMPLE.to_owned(),
        problem: None,
        channels: Vec::new(),
    };
    with_choice(shown(&page), &words)
}

pub(super) async fn show(State(app): Shared, words: Words, Form(given): Form<Given>) -> Response {
    let detail = DETAILS.iter().find(|(name, _)| *name == given.detail).map_or(Detail::Full, |(_, detail)| *detail);
    let (channels, problem) = match ingest::parse(given.payload.as_bytes()) {
        Ok(group) => {
            let kind = match group.status {
                Status::Firing => MessageKind::Alert,
                Status::Resolved => MessageKind::Resolved,
            };
            (rendered(&app.live(), kind, given.payload.as_bytes(), detail), None)
        }
        Err(problem) => (Vec::new(), Some(words.with("page-preview-problem", "problem", &problem.to_string()))),
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        details: details(&words, &given.detail),
        frame: Frame::new(&app, words, "preview"),
        payload: given.payload,
        problem,
        channels,
    };
    (status, shown(&page)).into_response()
}

fn details(words: &Words, chosen: &str) -> [(&'static str, String, bool); 4] {
    DETAILS.map(|(name, _)| (name, words.choice("page-detail", "detail", name), name == chosen))
}

fn rendered(live: &Live, kind: MessageKind, body: &[u8], detail: Detail) -> Vec<Channel> {
    let on = live.channels.iter().filter_map(|configured| Some((configured, configured.channel.as_ref()?)));
    on.map(|(configured, channel)| {
        let payloads = channel.render(&compose::message(&configured.voice, kind, body, None), detail);
        let count = payloads.len();
        let part = |(index, payload)| Part {
            head: if count > 1 { format!("{} / {count}", index + 1) } else { String::new() },
            cards: channel.look(payload).0,
            meters: channel.meters(payload).iter().filter(|meter| meter.used > 0).map(shown_meter).collect(),
        };
        let parts = payloads.iter().enumerate().map(part).collect();
        Channel { name: configured.name.clone(), kind: channel.kind(), parts }
    })
    .collect()
}

fn shown_meter(meter: &crate::channel::limits::Meter) -> Meter {
    let unit = match meter.limit.unit {
        Unit::Points => "",
        Unit::Bytes => "B",
        Unit::Pieces => "",
    };
    Meter { what: meter.limit.what, used: meter.used, most: meter.limit.most, unit }
}
