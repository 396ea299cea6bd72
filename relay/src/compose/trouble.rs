//! What the relay says in the fallback channel about another channel.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alert::Fields;
use super::catalogue::Arg;
use super::moment::moment;
use super::{Voice, bare};
use crate::message::{Item, Message, Span, Tone};

/// What is wrong with a channel, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// It refused a message in every form.
    DeadLetter,
    /// Its destination is gone, or does not let us in.
    Gone,
    /// It takes messages again.
    Back,
    /// Its destination is elsewhere now.
    Moved,
}

const KINDS: [(TroubleKind, &str); 4] = [
    (TroubleKind::DeadLetter, "dead_letter"),
    (TroubleKind::Gone, "gone"),
    (TroubleKind::Back, "back"),
    (TroubleKind::Moved, "moved"),
];

impl TroubleKind {
    /// The word that names it in the store.
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// A note about a channel, as it is stored until it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub kind: TroubleKind,
    /// When.
    pub at: Timestamp,
    /// The channel.
    pub channel: String,
    /// The title of the message that was given up; empty where it is not about one.
    pub title: String,
    /// Why, without secrets; where a channel has moved to.
    pub reason: String,
}

impl Trouble {
    /// The form in which it is stored.
    pub fn to_json(&self) -> Vec<u8> {
        let Self { kind, at, channel, title, reason } = self;
        json!({"trouble": kind.as_str(), "at": at.to_string(), "channel": channel, "title": title, "reason": reason})
            .to_string()
            .into_bytes()
    }

    /// `None` for what is no note about a channel.
    pub(super) fn from_json(body: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(body).ok()?;
        let text = |key: &str| json.get(key).and_then(Value::as_str);
        let name = text("trouble")?;
        Some(Self {
            kind: KINDS.iter().find(|(_, known)| *known == name)?.0,
            at: text("at")?.parse().ok()?,
            channel: text("channel")?.to_owned(),
            title: text("title").unwrap_or_default().to_owned(),
            reason: text("reason").unwrap_or_default().to_owned(),
        })
    }
}

pub(super) fn message(voice: &Voice, trouble: &Trouble) -> Message {
    let channel = ("channel", Arg::from(Span::Code(trouble.channel.clone())));
    let reason = ("reason", Arg::from(&trouble.reason));
    let (tone, title, body) = match trouble.kind {
        TroubleKind::DeadLetter => (
            Tone::Warning,
            voice.words("trouble-dead-title", std::slice::from_ref(&channel)),
            voice.text("trouble-dead-body", &[("title", Arg::from(&trouble.title)), reason]),
        ),
        TroubleKind::Gone => (
            Tone::Critical,
            voice.words("trouble-gone-title", std::slice::from_ref(&channel)),
            voice.text("trouble-gone-body", &[reason]),
        ),
        TroubleKind::Back => (
            Tone::Good,
            voice.words("trouble-back-title", std::slice::from_ref(&channel)),
            voice.text("trouble-back-body", &[]),
        ),
        TroubleKind::Moved => (
            Tone::Warning,
            voice.words("trouble-moved-title", std::slice::from_ref(&channel)),
            voice.text("trouble-moved-body", &[reason]),
        ),
    };
    let mut fields = Fields::new(voice);
    fields.add("field-time", vec![moment(voice, trouble.at)]);
    let item = Item { tone, title: title.clone(), body, fields: fields.list, links: Vec::new(), at: Some(trouble.at) };
    Message { items: vec![item], silent: tone == Tone::Good, ..bare(voice, tone, title) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for (kind, _) in KINDS {
            let trouble = Trouble {
                kind,
                at: "2026-11-21T10:00:00Z".parse().unwrap(),
                channel: "ops".to_owned(),
                title: "💥 shop crashed".to_owned(),
                reason: "HTTP 404".to_owned(),
            };
            assert_eq!(Trouble::from_json(&trouble.to_json()), Some(trouble));
        }
        assert_eq!(Trouble::from_json(br#"{"notice":"stopping","at":"2026-11-21T10:00:00Z"}"#), None);
    }
}
