//! From what is stored to a [`Message`] in a channel's language and zone: every sentence the relay says.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::warn;

use crate::chart::Fonts;
use crate::deliver::Composer;
use crate::ingest;
use crate::message::{Message, Text, Tone};
use crate::metrics::Metrics;
use crate::report::{Manner, Report};
use crate::store::{Claim, MessageKind};

mod alert;
mod catalogue;
mod container;
mod digest;
mod figures;
pub(crate) mod fleet;
mod links;
mod measure;
mod merge;
mod moment;
mod notice;
mod panel;
mod report;
mod template;
mod trouble;
mod unit;

pub use catalogue::Locale;
pub(crate) use catalogue::{Arg, Catalogue, plain};
pub(crate) use figures::Figures;
pub(crate) use measure::known_name as alert_name;
pub(crate) use moment::{duration, moment};
pub use notice::Notice;
pub(crate) use panel::most;
pub use panel::{View as PanelView, board as panel_board};
pub use template::{TemplateError, Templates};
pub use trouble::{Trouble, TroubleKind};

/// How a channel is spoken to.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// The language.
    pub locale: Locale,
    /// The zone in which times are said.
    pub zone: TimeZone,
    /// Where people reach Grafana, without a `/` at its end: what an alert's annotation `dashboard` is relative to.
    pub grafana_url: Option<String>,
    /// What the user says instead of the built-in title and body.
    pub templates: Templates,
    /// What charts are written with.
    pub fonts: Fonts,
}

impl Voice {
    /// A language and a zone, and nothing else of its own.
    pub fn new(locale: Locale, zone: TimeZone) -> Self {
        Self { locale, zone, grafana_url: None, templates: Templates::default(), fonts: Fonts::default() }
    }

    pub(crate) fn words(&self, key: &'static str, values: &[(&'static str, Arg)]) -> String {
        Catalogue::of(self.locale).words(key, values)
    }

    pub(crate) fn text(&self, key: &'static str, values: &[(&'static str, Arg)]) -> Text {
        Catalogue::of(self.locale).text(key, values)
    }
}

/// What makes the message for a channel when it is its turn. `fallback` speaks to channels that are not in `voices`,
/// such as those that were taken out of the configuration while messages for them were waiting.
pub fn composer(voices: HashMap<String, Voice>, fallback: Voice, metrics: Metrics) -> Composer {
    Arc::new(move |claim: &Claim, channel: &str| {
        let (message, errors) = delivery(voices.get(channel).unwrap_or(&fallback), claim);
        for error in errors {
            metrics.template_error(channel);
            warn!(%channel, %error, "channel `{channel}`: {error}; the built-in text is sent instead");
        }
        message
    })
}

/// The message for a delivery, and for what it tells besides; with what went wrong in the user's templates. A message
/// of many groups has the built-in text always.
pub fn delivery(voice: &Voice, claim: &Claim) -> (Message, Vec<TemplateError>) {
    match claim.digest {
        Some(why) => (digest::message(voice, why, claim), Vec::new()),
        None if claim.merged.is_empty() => compose(voice, claim.kind, &claim.body, claim.note.as_deref()),
        None => merge::message(voice, claim),
    }
}

/// The message for a stored notification. Total: what cannot be read is said to be unreadable.
///
/// `note` holds the names in the webhook's URL that are no channels, or channels that are off.
pub fn message(voice: &Voice, kind: MessageKind, body: &[u8], note: Option<&str>) -> Message {
    compose(voice, kind, body, note).0
}

/// As [`message`], with what went wrong in the user's templates; the built-in text stands in their place.
pub fn compose(voice: &Voice, kind: MessageKind, body: &[u8], note: Option<&str>) -> (Message, Vec<TemplateError>) {
    let voice = &*in_manner(voice, kind, body);
    let composed = match kind {
        MessageKind::Notice => match Trouble::from_json(body) {
            Some(trouble) => Ok((trouble::message(voice, &trouble), Vec::new())),
            None => Notice::from_json(body).map(|notice| (notice::message(voice, &notice), Vec::new())),
        },
        MessageKind::Report => Report::from_json(body).map(|report| (report::message(voice, &report), Vec::new())),
        _ => ingest::parse(body)
            .map(|group| template::apply(voice, &group, alert::message(voice, &group)))
            .map_err(|err| err.to_string()),
    };
    let (mut message, errors) = composed.unwrap_or_else(|problem| {
        let problem = Arg::from(&one_line(&problem));
        (bare(voice, Tone::Warning, voice.words("unreadable-title", &[("problem", problem)])), Vec::new())
    });
    if let Some(names) = note {
        add_footer(&mut message, voice.words("unknown-channel", &[("names", names.into())]));
    }
    (message, errors)
}

/// The time between two moments in words; nothing, when the clock went backwards.
pub(crate) fn between_words(voice: &Voice, from: Timestamp, to: Timestamp) -> String {
    moment::between(from, to).map(|time| duration(voice, time)).unwrap_or_default()
}

/// A report may have a language and a zone of its own.
fn in_manner<'a>(voice: &'a Voice, kind: MessageKind, body: &[u8]) -> Cow<'a, Voice> {
    let manner = if kind == MessageKind::Report { Manner::of(body) } else { Manner::default() };
    if manner == Manner::default() {
        return Cow::Borrowed(voice);
    }
    let locale = manner.locale.unwrap_or(voice.locale);
    let zone = manner.zone.unwrap_or_else(|| voice.zone.clone());
    Cow::Owned(Voice { locale, zone, ..voice.clone() })
}

/// A moment in the channel's zone, as words.
pub(crate) fn moment_words(voice: &Voice, at: Timestamp) -> String {
    plain(&[moment(voice, at)])
}

/// One more line below everything.
fn add_footer(message: &mut Message, line: String) {
    message.footer = Some(message.footer.take().map_or_else(|| line.clone(), |footer| format!("{footer}\n{line}")));
}

/// A message with nothing but its title.
pub(crate) fn bare(voice: &Voice, tone: Tone, title: String) -> Message {
    Message {
        tone,
        title,
        url: None,
        items: Vec::new(),
        attachments: Vec::new(),
        footer: None,
        more: voice.words("more-items", &[("number", "{n}".into())]),
        maybe_repeated: voice.words("maybe-repeated", &[]),
        silent: false,
    }
}

/// Data for a title: line breaks and other control characters become one space.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// The beginning of a text that is too long to be shown.
pub(crate) fn excerpt(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
