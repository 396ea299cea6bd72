//! What fired and what was over in the last week, from the relay's own record.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::{Frame, Shared, Words, shown, unavailable, with_choice};
use crate::alert::Severity;
use crate::report::{is_open, is_trouble};
use crate::store::AlertRecord;

/// How far it looks back.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many are shown.
const SHOWN: u32 = 300;

#[derive(Template)]
#[template(path = "incidents.html")]
struct Page {
    frame: Frame,
    incidents: Vec<Incident>,
    is_cut: bool,
}

/// One alert that fired.
pub(super) struct Incident {
    pub(super) severity: Severity,
    pub(super) mark: &'static str,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) began: Timestamp,
    pub(super) began_words: String,
    pub(super) lasted: String,
    pub(super) is_over: bool,
}

impl Incident {
    pub(super) fn new(alert: &AlertRecord, words: &Words, now: Timestamp) -> Self {
        let label = |name: &str| alert.labels.get(name).filter(|value| !value.is_empty());
        let about: Vec<&str> = ["name", "instance", "device", "mountpoint", "probe", "job"]
            .into_iter()
            .filter_map(label)
            .take(2)
            .map(String::as_str)
            .collect();
        Self {
            severity: alert.severity,
            mark: match (is_open(alert, now), alert.severity) {
                (false, _) => "✅",
                (true, Severity::Critical) => "🔴",
                (true, Severity::Warning) => "🟡",
                (true, Severity::Info) => "🔵",
            },
            name: label("alertname").map(|name| words.alert(name)).unwrap_or_default(),
            about: about.join(" · "),
            began: alert.starts_at,
            began_words: words.moment(alert.starts_at),
            lasted: words.between(
                alert.starts_at,
                alert.ends_at.unwrap_or(if is_open(alert, now) { now } else { alert.last_seen }),
            ),
            is_over: !is_open(alert, now),
        }
    }
}

pub(super) async fn page(State(app): Shared, words: Words) -> Response {
    let now = Timestamp::now();
    let since = now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let alerts = match app.store().alerts_since(since, SHOWN + 1).await {
        Ok(alerts) => alerts,
        Err(error) => return unavailable(&error),
    };
    let is_cut = alerts.len() > SHOWN as usize;
    let mut incidents: Vec<Incident> = alerts
        .iter()
        .filter(|alert| is_trouble(&alert.labels))
        .take(SHOWN as usize)
        .map(|alert| Incident::new(alert, &words, now))
        .collect();
    // What fires comes first; within that, the latest.
    incidents.sort_by_key(|incident| incident.is_over);
    let page = Page { frame: Frame::new(&app, words.clone(), "incidents"), incidents, is_cut };
    with_choice(shown(&page), &words)
}
