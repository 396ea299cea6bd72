//! Reports: when each is due, what became of the last one, its charts, and a button to have one made now.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Frame, Shared, Words, back_to, shown, unavailable, with_choice};
use crate::app::App;
use crate::chart::{self, Theme};
use crate::compose;
use crate::report::{Report, RunError};
use crate::store::{Entry, MessageKind, StoreError};

/// So many of the last ones are looked through for the last of each name.
const LOOKED_AT: u32 = 100;

#[derive(Template)]
#[template(path = "reports.html")]
struct Page {
    frame: Frame,
    problem: Option<String>,
    reports: Vec<Planned>,
}

struct Planned {
    name: String,
    cron: String,
    channels: String,
    next: Option<(String, String)>,
    last: Option<(String, String)>,
    result: String,
    sent: Option<Sent>,
}

/// The last one that was sent.
struct Sent {
    id: i64,
    title: String,
    channel: String,
    has_charts: bool,
}

pub(super) async fn page(State(app): Shared, words: Words) -> Response {
    answer(&app, words, StatusCode::OK, None).await
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    name: String,
}

pub(super) async fn run(State(app): Shared, words: Words, Form(wanted): Form<Wanted>) -> Response {
    match app.run_report(&wanted.name, None).await {
        Ok(ran) if ran.is_new => back_to("reports"),
        Ok(_) => {
            let again = words.with("page-report-again", "name", &wanted.name);
            answer(&app, words, StatusCode::OK, Some(again)).await
        }
        Err(error) => {
            let status = match error {
                RunError::NoReport(..) | RunError::NoChannel(..) => StatusCode::NOT_FOUND,
                RunError::NotMade(_) | RunError::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            let problem = match &error {
                RunError::NoReport(..) => words.with("page-report-none", "name", &wanted.name),
                RunError::NoChannel(..) => words.with("page-report-no-channel", "name", &wanted.name),
                RunError::NotMade(reason) => words.with("page-report-not-made", "reason", reason),
                RunError::NotStored(reason) => words.with("page-report-not-stored", "reason", &reason.to_string()),
            };
            answer(&app, words, status, Some(problem)).await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Drawn {
    id: i64,
    theme: Option<String>,
}

/// The charts of a report that was sent, as SVG.
pub(super) async fn chart(State(app): Shared, words: Words, Query(drawn): Query<Drawn>) -> Response {
    let theme = if drawn.theme.as_deref() == Some("dark") { Theme::Dark } else { Theme::Light };
    let entry = match app.store().entry(drawn.id).await {
        Ok(entry) => entry.filter(|entry| entry.kind == MessageKind::Report),
        Err(error) => return unavailable(&error),
    };
    let draw = move || {
        let report = Report::from_json(&entry?.body).ok()?;
        chart::svg(&words.voice(), &report.charts, &report.name, theme)
    };
    // On a thread of its own: it takes longer than other work may be held up.
    match tokio::task::spawn_blocking(draw).await.ok().flatten() {
        Some(svg) => ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response(),
        None => (StatusCode::NOT_FOUND, "There is no such chart any more.\n").into_response(),
    }
}

async fn answer(app: &App, words: Words, status: StatusCode, problem: Option<String>) -> Response {
    match gather(app, &words).await {
        Ok(reports) => {
            let page = Page { frame: Frame::new(app, words.clone(), "reports"), problem, reports };
            (status, with_choice(shown(&page), &words)).into_response()
        }
        Err(error) => unavailable(&error),
    }
}

async fn gather(app: &App, words: &Words) -> Result<Vec<Planned>, StoreError> {
    let sent = app.store().recent_reports(LOOKED_AT).await?;
    let planned = app.reports(Timestamp::now()).await?;
    let words = words.clone();
    let read = move || {
        let sent: Vec<(Entry, Report)> = sent.into_iter().filter_map(with_report).collect();
        planned.as_array().into_iter().flatten().map(|report| entry(report, &sent, &words)).collect()
    };
    // Charts make reports long, and many of them take longer to be read than other work may be held up.
    Ok(tokio::task::spawn_blocking(read).await.unwrap_or_default())
}

fn entry(report: &Value, sent: &[(Entry, Report)], words: &Words) -> Planned {
    let text = |key: &str| report.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let moment = |key: &str| {
        let at: Timestamp = text(key).parse().ok()?;
        Some((at.to_string(), words.moment(at)))
    };
    let name = text("name");
    let channels = report.get("channels").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    Planned {
        sent: sent.iter().find(|(_, report)| report.name == name).map(|(entry, report)| last(entry, report, words)),
        cron: format!("{} · {}", text("cron"), text("timezone")),
        channels: channels.collect::<Vec<_>>().join(", "),
        next: moment("next_due"),
        last: moment("last_due"),
        result: text("last_result"),
        name,
    }
}

fn with_report(entry: Entry) -> Option<(Entry, Report)> {
    let report = Report::from_json(&entry.body).ok()?;
    Some((entry, report))
}

fn last(entry: &Entry, report: &Report, words: &Words) -> Sent {
    Sent {
        id: entry.id.number(),
        title: compose::message(&words.voice(), entry.kind, &entry.body, None).title,
        channel: entry.channel.clone(),
        has_charts: !report.charts.is_empty(),
    }
}
