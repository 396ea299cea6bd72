//! The first page: is all well, and if not, where?

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::incidents::Incident;
use super::{Frame, Shared, Words, shown, unavailable, with_choice};
use crate::alert::Severity;
use crate::app::{App, Live};
use crate::compose;
use crate::report::{is_open, is_trouble};
use crate::store::{Backlog, DeadLetter, StoreError};

/// So many dead letters are shown.
const LETTERS: u32 = 20;
/// So many alerts that fire.
const INCIDENTS: usize = 20;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    verdict: String,
    is_well: bool,
    channels: Vec<Channel>,
    letters: Vec<Letter>,
    incidents: Vec<Incident>,
    more_incidents: String,
    hint: Option<String>,
}

struct Channel {
    name: String,
    kind: &'static str,
    mark: &'static str,
    state: String,
    roles: String,
    pending: u64,
    oldest: String,
    dead: u64,
    is_wrong: bool,
}

struct Letter {
    id: i64,
    channel: String,
    title: String,
    reason: String,
    at: Timestamp,
    at_words: String,
}

pub(super) async fn page(State(app): Shared, words: Words) -> Response {
    let now = Timestamp::now();
    match gather(&app, &words, now).await {
        Ok(page) => with_choice(shown(&page), &words),
        Err(error) => unavailable(&error),
    }
}

async fn gather(app: &App, words: &Words, now: Timestamp) -> Result<Page, StoreError> {
    let live = app.live();
    let backlog = app.store().backlog().await?;
    let letters = app.store().dead_letters(LETTERS).await?;
    let firing = app.store().alerts_since(now, 1000).await?;
    let firing: Vec<_> = firing.into_iter().filter(|alert| is_open(alert, now) && is_trouble(&alert.labels)).collect();
    let critical = firing.iter().filter(|alert| alert.severity == Severity::Critical).count();
    let channels: Vec<Channel> =
        live.channels.iter().map(|configured| channel(app, &live, &configured.name, &backlog, words, now)).collect();
    let wrong = channels.iter().filter(|channel| channel.is_wrong).count();
    let mut incidents: Vec<Incident> = firing.iter().map(|alert| Incident::new(alert, words, now)).collect();
    incidents.sort_by_key(|incident| std::cmp::Reverse(incident.severity));
    let left = incidents.len().saturating_sub(INCIDENTS);
    incidents.truncate(INCIDENTS);
    let verdict = if wrong > 0 {
        words.count("page-verdict-channels", wrong as u64)
    } else if critical > 0 {
        words.count("page-verdict-critical", critical as u64)
    } else if !firing.is_empty() {
        words.count("page-verdict-firing", firing.len() as u64)
    } else {
        words.say("page-verdict-well")
    };
    Ok(Page {
        frame: Frame::new(app, words.clone(), "./"),
        is_well: wrong == 0 && firing.is_empty(),
        verdict,
        channels,
        letters: letters.iter().map(|letter| self::letter(letter, words)).collect(),
        incidents,
        more_incidents: if left > 0 { words.count("page-more", left as u64) } else { String::new() },
        hint: live.fallback().is_none().then(|| words.say("page-no-fallback")),
    })
}

fn channel(app: &App, live: &Live, name: &str, backlog: &[Backlog], words: &Words, now: Timestamp) -> Channel {
    let configured = live.channels.iter().find(|configured| configured.name == name);
    let kind = configured.and_then(|configured| configured.channel.as_ref()).map(|channel| channel.kind());
    let is_on = kind.is_some();
    let is_up = app.metrics().is_up(name);
    let waiting = backlog.iter().find(|waiting| waiting.channel == name);
    let (pending, dead) = waiting.map_or((0, 0), |waiting| (waiting.pending, waiting.dead));
    let oldest = waiting.and_then(|waiting| waiting.oldest).filter(|_| pending > 0);
    let (mark, state) = match (is_on, is_up, dead) {
        (false, ..) => ("⚪", "off"),
        (true, false, _) => ("🔴", "gone"),
        (true, true, 0) => ("🟢", "on"),
        (true, true, _) => ("🟡", "dead"),
    };
    let roles = [
        (is_on && live.routing.defaults.iter().any(|default| default == name), "page-role-default"),
        (live.fallback() == Some(name), "page-role-fallback"),
    ];
    let roles: Vec<String> = roles.into_iter().filter(|(has, _)| *has).map(|(_, key)| words.say(key)).collect();
    Channel {
        name: name.to_owned(),
        kind: kind.unwrap_or("–"),
        mark,
        state: words.choice("page-channel-state", "state", state),
        roles: roles.join(", "),
        pending,
        oldest: oldest.map(|oldest| words.between(oldest, now)).unwrap_or_default(),
        dead,
        is_wrong: matches!(state, "gone" | "dead"),
    }
}

fn letter(letter: &DeadLetter, words: &Words) -> Letter {
    Letter {
        id: letter.id.number(),
        channel: letter.channel.clone(),
        title: compose::message(&words.voice(), letter.kind, &letter.body, None).title,
        reason: letter.reason.clone(),
        at: letter.buried_at,
        at_words: words.moment(letter.buried_at),
    }
}
