//! The kinds of chat service, without the network: what to send, and what an answer means.
//!
//! A new kind is a file under `channel/` and its two lines here: the `mod` and the entry in [`KINDS`].

use std::fmt;
use std::time::Duration;

use seamark_kit::config::Section;
use seamark_kit::secret::Secret;

pub use self::body::{Body, Form};
use self::limits::Meter;
use self::look::Look;
use crate::message::Message;

mod body;
mod discord;
mod files;
pub mod limits;
mod log;
pub mod look;
mod mention;
mod run;
mod sheet;
mod split;
mod telegram;
mod web;
mod webhook;
mod wecom;

/// Every kind there is, in the order in which they are listed to users.
pub static KINDS: &[Kind] = &[discord::KIND, wecom::KIND, telegram::KIND, webhook::KIND, log::KIND];

/// One entry of [`KINDS`].
pub struct Kind {
    /// The value of `type:` in the configuration.
    pub name: &'static str,
    /// Reads the channel's own keys. `None`: its address is empty, so the channel is off, or a problem was reported.
    pub build: fn(&mut Section) -> Option<Box<dyn Channel>>,
}

/// How much of a message to keep. A refusal, or too little room, leads from one to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Detail {
    /// Everything.
    Full,
    /// Without fields that can be missed.
    Compact,
    /// Without markup.
    Plain,
    /// Title and link.
    Title,
}

/// The limits of a service, with the page each comes from where it is set.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At most `.0` posts in `.1` to one destination; the service's own headers may say less.
    pub budgets: &'static [(u32, Duration)],
}

/// A message part of a size that the service takes in one call: its JSON, with its files in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload(pub serde_json::Value);

/// How to post.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Posting {
    /// Without a sound.
    pub silent: bool,
    /// An earlier try may have arrived: say so, in the words given.
    pub maybe_repeated: Option<String>,
    /// The message this one answers. What is refused as an answer is worth a try without it.
    pub reply_to: Option<MessageRef>,
}

/// What to call. `Debug` shows the method only: the URL of most services holds a token.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// `POST` or `PATCH`.
    pub method: Method,
    /// Where to.
    pub url: Secret,
    /// Headers of the user's choice; mostly one with a token.
    pub headers: Vec<(String, Secret)>,
    /// What it carries.
    pub body: Body,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The methods that chats want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Ask; without a body.
    Get,
    /// Send.
    Post,
    /// Replace.
    Patch,
    /// Nothing goes over the network: the body is written to the relay's own output, and counts as delivered.
    Print,
}

/// An answer, as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// At most 64 KiB of the body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Names a posted message, for edits and replies. Empty where the service gives no id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRef(pub String);

/// What an answer means.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is there.
    Delivered(MessageRef),
    /// Too fast; come back after this long. `whole_service`: all channels of this service have to wait.
    Throttled {
        /// How long.
        wait: Duration,
        /// Every destination of the service, not this one alone.
        whole_service: bool,
    },
    /// The service has trouble of its own; try again.
    Unavailable(String),
    /// The destination has moved; use this one from now on.
    Moved(String),
    /// This payload will never be taken: degrade once more, then bury it. Of an edit: post it anew, because the message is
    /// no longer there. Holds the reason, without secrets.
    Refused(String),
    /// The destination is gone, or the token is wrong: stop calling it. Holds the reason, without secrets.
    Gone(String),
}

/// What the headers of any answer say about the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls left in this window.
    pub remaining: u32,
    /// Until the window starts anew.
    pub reset_after: Duration,
}

/// One kind of chat service, without the network.
pub trait Channel: Send + Sync + fmt::Debug {
    /// The value of `type:`.
    fn kind(&self) -> &'static str;

    /// The service's limits.
    fn limits(&self) -> &'static Limits;

    /// Lays a message out within the service's limits. Whether it makes a sound is for [`Channel::post`]. Never empty; what has no room is counted, never dropped
    /// silently.
    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload>;

    /// How much of each of the service's limits a payload uses; empty for a service without any.
    fn meters(&self, _payload: &Payload) -> Vec<Meter> {
        Vec::new()
    }

    /// What people see of a payload, for the page.
    fn look(&self, payload: &Payload) -> Look {
        Look::json(&payload.0)
    }

    /// The call that posts a payload.
    fn post(&self, payload: &Payload, how: &Posting) -> Request;

    /// The call that replaces an earlier message, with all that was in it; `None` where the service cannot. It calls
    /// nobody.
    fn edit(&self, _at: &MessageRef, _payload: &Payload) -> Option<Request> {
        None
    }

    /// The same channel at the destination to which a [`Verdict::Moved`] points; `None` where there is no such thing.
    fn moved(&self, _to: &str) -> Option<Box<dyn Channel>> {
        None
    }

    /// What an answer means. Total: no answer is without a verdict.
    fn verdict(&self, response: &Response) -> Verdict;

    /// What the answer's headers say about the pace; `None` where the service does not tell.
    fn allowance(&self, _response: &Response) -> Option<Allowance> {
        None
    }

    /// Calls by which `doctor` finds out whether the destination is there and lets us in, and that post nothing.
    /// Empty where there is nothing to ask.
    fn examine(&self) -> Vec<Request> {
        Vec::new()
    }

    /// What the answer to one of them means: what was found, or what is wrong and what to do.
    ///
    /// # Errors
    ///
    /// What is wrong, without secrets.
    fn examined(&self, response: &Response) -> Result<String, String> {
        match self.verdict(response) {
            Verdict::Delivered(_) => Ok("it is there and lets us in".to_owned()),
            Verdict::Throttled { wait, .. } => Ok(format!("it is there, and wants a wait of {} s", wait.as_secs())),
            Verdict::Moved(_) => Err("it has moved".to_owned()),
            Verdict::Unavailable(why) | Verdict::Refused(why) | Verdict::Gone(why) => Err(why),
        }
    }
}
