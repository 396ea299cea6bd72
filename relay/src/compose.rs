//! From what is stored to a [`Message`] in a channel's language and zone: every sentence the relay says.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::deliver::Composer;
use crate::ingest;
use crate::message::{Message, Text, Tone};
use crate::store::{Claim, MessageKind};

mod alert;
mod catalogue;
mod container;
mod digest;
mod links;
mod merge;
mod moment;
mod notice;
mod trouble;

pub use catalogue::Locale;
use catalogue::{Arg, Catalogue};
pub use notice::Notice;
pub use trouble::{Trouble, TroubleKind};

/// How a channel is spoken to.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// The language.
    pub locale: Locale,
    /// The zone in which times are said.
    pub zone: TimeZone,
}

impl Voice {
    fn words(&self, key: &'static str, values: &[(&'static str, Arg)]) -> String {
        Catalogue::of(self.locale).words(key, values)
    }

    fn text(&self, key: &'static str, values: &[(&'static str, Arg)]) -> Text {
        Catalogue::of(self.locale).text(key, values)
    }
}

/// What makes the message for a channel when it is its turn. `fallback` speaks to channels that are not in `voices`,
/// such as those that were taken out of the configuration while messages for them were waiting.
pub fn composer(voices: HashMap<String, Voice>, fallback: Voice) -> Composer {
    Arc::new(move |claim: &Claim, channel: &str| delivery(voices.get(channel).unwrap_or(&fallback), claim))
}

/// The message for a delivery, and for what it tells besides.
pub fn delivery(voice: &Voice, claim: &Claim) -> Message {
    match claim.digest {
        Some(why) => digest::message(voice, why, claim),
        None if claim.merged.is_empty() => message(voice, claim.kind, &claim.body, claim.note.as_deref()),
        None => merge::message(voice, claim),
    }
}

/// The message for a stored notification. Total: what cannot be read is said to be unreadable.
///
/// `note` holds the names in the webhook's URL that are no channels, or channels that are off.
pub fn message(voice: &Voice, kind: MessageKind, body: &[u8], note: Option<&str>) -> Message {
    let mut message = match kind {
        MessageKind::Notice => match Trouble::from_json(body) {
            Some(trouble) => Ok(trouble::message(voice, &trouble)),
            None => Notice::from_json(body).map(|notice| notice::message(voice, &notice)),
        },
        _ => ingest::parse(body).map(|group| alert::message(voice, &group)).map_err(|err| err.to_string()),
    }
    .unwrap_or_else(|problem| {
        let problem = Arg::from(&one_line(&problem));
        bare(voice, Tone::Warning, voice.words("unreadable-title", &[("problem", problem)]))
    });
    if let Some(names) = note {
        add_footer(&mut message, voice.words("unknown-channel", &[("names", names.into())]));
    }
    message
}

/// One more line below everything.
fn add_footer(message: &mut Message, line: String) {
    message.footer = Some(message.footer.take().map_or_else(|| line.clone(), |footer| format!("{footer}\n{line}")));
}

/// A message with nothing but its title.
fn bare(voice: &Voice, tone: Tone, title: String) -> Message {
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
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}
