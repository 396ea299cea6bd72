//! `send-test`: a test message to one channel, at once.
//!
//! It is posted from here, not through the outbox: whoever asks wants to see the chat's own answer, and wants it also
//! where no relay runs. Laying out, posting and judging are those of delivery.

use jiff::Timestamp;

use super::{destination, say};
use crate::alert::Severity;
use crate::channel::{Channel, Detail, Posting, Verdict};
use crate::compose::{self, Notice};
use crate::config::Config;
use crate::deliver::http;
use crate::store::MessageKind;

/// Posts the message and says what came of it.
///
/// # Errors
///
/// There is no such channel, or the message is not there; the reason says what to do.
pub async fn run(config: &Config, name: &str, severity: Severity) -> anyhow::Result<()> {
    let (configured, channel) = destination(config, name)?;
    let notice = Notice::Test { at: Timestamp::now(), severity };
    let message = compose::message(&configured.voice, MessageKind::Notice, &notice.to_json(), None);
    let http = http::client().map_err(|problem| anyhow::anyhow!(problem))?;
    let mut reference = String::new();
    for part in channel.render(&message, Detail::Full) {
        let how = Posting { silent: message.silent, ..Posting::default() };
        reference = match http::call(&http, &channel.post(&part, &how)).await {
            Ok(response) => arrived(name, &**channel, &channel.verdict(&response))?,
            Err(failure) => {
                let perhaps = if failure.maybe_sent { " It may have arrived all the same: look there." } else { "" };
                anyhow::bail!("no answer for channel `{name}`: {}; `doctor` tells more.{perhaps}", failure.reason)
            }
        };
    }
    let id = if reference.is_empty() { String::new() } else { format!(" (its id there: {reference})") };
    say(format!("The chat of channel `{name}` has taken the test message{id}. Look whether it is to be seen."))
}

/// The message's id there.
fn arrived(name: &str, channel: &dyn Channel, verdict: &Verdict) -> anyhow::Result<String> {
    let kind = channel.kind();
    match verdict {
        Verdict::Delivered(reference) => Ok(reference.0.clone()),
        Verdict::Throttled { wait, whole_service } => {
            let whom = if *whole_service { ", nor to any other channel of its kind" } else { "" };
            anyhow::bail!(
                "channel `{name}` is limited: {kind} wants nothing there{whom} for {:.1} s, and has not taken the \
                 message; try again then",
                wait.as_secs_f64()
            )
        }
        Verdict::Unavailable(why) => {
            anyhow::bail!("{kind} has trouble of its own with channel `{name}`: {why}; try again later")
        }
        Verdict::Moved(_) => {
            anyhow::bail!("the destination of channel `{name}` has moved; give it its new address in the configuration")
        }
        Verdict::Refused(why) => anyhow::bail!("{kind} refused the message for channel `{name}`: {why}"),
        Verdict::Gone(why) => anyhow::bail!(
            "channel `{name}` is gone or does not let us in: {why}; `seamark-relay doctor` says what to do"
        ),
    }
}
