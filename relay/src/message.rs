//! The channel-neutral message: what is to be said, before any chat's limits and markup.
//!
//! Text here is plain data. A channel escapes it when it renders, so nothing in a label can become markup or ping
//! anybody.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// The colour of a message or of one of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Green: over, or as it should be.
    Good,
    /// Grey: neither good nor bad.
    Neutral,
    /// Blue: good to know.
    Info,
    /// Orange: ended, in good order.
    Ended,
    /// Yellow.
    Warning,
    /// Red.
    Critical,
}

/// A piece of running text.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    /// Words; escaped by the channel, line breaks kept.
    Text(String),
    /// Words that stand out.
    Strong(String),
    /// A name, a number or an expression to be shown as it is.
    Code(String),
    /// Lines to be shown as they are, such as the end of a log. Stands alone.
    Block(String),
    /// A moment. Chats that can show the reader's own clock use `at`, all others `words`.
    Time {
        /// The moment.
        at: Timestamp,
        /// The moment in the channel's zone, ready to read.
        words: String,
    },
    /// Words that lead somewhere. `url` is `http` or `https`.
    Link {
        /// What is shown.
        label: String,
        /// Where it leads.
        url: String,
    },
}

/// A run of text.
pub type Text = Vec<Span>;

/// A labelled value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What it is.
    pub name: String,
    /// What it says.
    pub value: Text,
    /// May stand beside its neighbours.
    pub short: bool,
}

/// One thing a message speaks of: mostly one alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its colour.
    pub tone: Tone,
    /// One line that says what it is, host and container included.
    pub title: String,
    /// What happened, in a sentence or a few.
    pub body: Text,
    /// Details.
    pub fields: Vec<Field>,
    /// Where to go from here.
    pub links: Vec<(String, String)>,
    /// When it began.
    pub at: Option<Timestamp>,
}

/// A picture or another file that goes with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its file name, such as `memory.png`.
    pub name: String,
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// What is in it.
    pub bytes: Arc<[u8]>,
    /// What it shows, for those who cannot see it.
    pub description: String,
}

impl Attachment {
    /// Whether chats can show it within the message.
    pub fn is_picture(&self) -> bool {
        ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&self.media_type.as_str())
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, media_type, bytes, description } = self;
        write!(f, "Attachment({name:?}, {media_type}, {} bytes, {description:?})", bytes.len())
    }
}

/// A message, ready for any channel to lay out.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The worst of the items.
    pub tone: Tone,
    /// One line that carries everything: it is what a phone shows.
    pub title: String,
    /// Where the title leads.
    pub url: Option<String>,
    /// What it speaks of; the worst first. May be empty for a notice.
    pub items: Vec<Item>,
    /// Pictures and files that go with it; the most telling first.
    pub attachments: Vec<Attachment>,
    /// What stands below everything, such as the host of the relay or how many alerts were cut.
    pub footer: Option<String>,
    /// How to say that `n` more items were left out where even the shortest form has no room for them; `{n}` stands
    /// for the number.
    pub more: String,
    /// What to write on a second try whose first may have arrived, such as "may be a repeat".
    pub maybe_repeated: String,
    /// Needs no sound: resolved, or merely good to know.
    pub silent: bool,
}
