//! Any bytes to everything that reads what somebody else wrote: what the fuzz target calls, and the test that replays
//! its corpus. The first byte picks the reader.

use seamark_kit::config::Source;

use crate::channel::{Channel, Detail, Posting, Response};
use crate::compose::{self, Locale};
use crate::config::Config;
use crate::ingest;
use crate::message::Message;
use crate::store::MessageKind;

const DETAILS: [Detail; 4] = [Detail::Full, Detail::Compact, Detail::Plain, Detail::Title];

/// Feeds the bytes; `channels` is the part of a relay.yml that has one of each kind.
///
/// # Errors
///
/// A payload beyond a limit of its service, or one that is empty, or a webhook that is taken and cannot be read: none of
/// them may ever be.
pub fn feed(channels: &str, bytes: &[u8]) -> Result<(), String> {
    let Some((reader, rest)) = bytes.split_first() else { return Ok(()) };
    match reader % 4 {
        0 => webhook(channels, "", rest),
        1 => {
            answer(channels, rest);
            Ok(())
        }
        2 => template(channels, rest),
        _ => {
            // Whatever it says, it is said without a panic.
            let _ = Config::read(&Source::new("relay.yml", String::from_utf8_lossy(rest).into_owned()));
            Ok(())
        }
    }
}

/// A webhook's body, in the language and the detail that its first byte names.
fn webhook(channels: &str, settings: &str, bytes: &[u8]) -> Result<(), String> {
    let Some((choice, body)) = bytes.split_first() else { return Ok(()) };
    let choice = usize::from(*choice);
    // What goes into the outbox can be read when it is sent.
    let (taken, read) = (ingest::summary(body), ingest::parse(body));
    if let Ok(summary) = &taken {
        summary.dedupe_key(&[]);
    }
    if taken != read.map(ingest::Summary::from) {
        return Err(format!("taken as {taken:?}, and read otherwise"));
    }
    let locale = Locale::CHOICES.get(choice % 4).map_or("en", |(name, _)| name);
    let detail = DETAILS.get(choice / 4 % 4).copied().unwrap_or(Detail::Full);
    let Ok(config) = self::read(&format!("locale: {locale}\n{settings}{channels}")) else { return Ok(()) };
    let (message, _) = compose::compose(&config.voice, MessageKind::Alert, body, None);
    config.channels.iter().filter_map(|one| one.channel.as_deref()).try_for_each(|one| lay_out(one, &message, detail))
}

fn lay_out(channel: &dyn Channel, message: &Message, detail: Detail) -> Result<(), String> {
    let payloads = channel.render(message, detail);
    if payloads.is_empty() {
        return Err(format!("{}: no payload", channel.kind()));
    }
    for payload in payloads {
        let how = Posting { maybe_repeated: Some(message.maybe_repeated.clone()), ..Posting::default() };
        channel.post(&payload, &how);
        for meter in channel.meters(&payload) {
            if meter.used > meter.limit.most {
                return Err(format!(
                    "{}: {} of {} at {}",
                    channel.kind(),
                    meter.used,
                    meter.limit.most,
                    meter.limit.what
                ));
            }
        }
    }
    Ok(())
}

/// What a chat answered: two bytes of status, lines of headers up to an empty one, the body.
fn answer(channels: &str, bytes: &[u8]) {
    let [high, low, rest @ ..] = bytes else { return };
    let end = rest.windows(2).position(|two| two == b"\n\n").unwrap_or(rest.len());
    let (head, body) = rest.split_at_checked(end).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    let response = Response {
        status: u16::from_be_bytes([*high, *low]) % 600,
        headers: head.lines().filter_map(header).collect(),
        body: body.get(2..).unwrap_or_default().to_vec(),
    };
    let Ok(config) = read(channels) else { return };
    for channel in config.channels.iter().filter_map(|one| one.channel.as_deref()) {
        channel.verdict(&response);
        channel.allowance(&response);
        let _ = channel.examined(&response);
    }
}

/// A template, a byte of 0, and a webhook's body for it.
fn template(channels: &str, bytes: &[u8]) -> Result<(), String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (source, body) = bytes.split_at_checked(end).unwrap_or_default();
    let quoted = serde_json::Value::from(String::from_utf8_lossy(source)).to_string();
    webhook(channels, &format!("templates: {{title: {quoted}, body: {quoted}}}\n"), body)
}

fn read(text: &str) -> Result<Config, ()> {
    Config::read(&Source::new("relay.yml", text.to_owned())).map_err(drop)
}
