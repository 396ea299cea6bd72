//! What Telegram's Bot API takes of a bot.
//!
//! Lengths are counted in code points of what is left when the markup is parsed: a bot's messages are checked with
//! `utf8_length` (tdlib/td, `td/telegram/MessageContent.cpp`).

use std::time::Duration;

use super::Limit;
use crate::channel::Limits;

/// A message's text, its markup taken away.
pub static TEXT: Limit = Limit::points("text", 4096, "Bot API, sendMessage: text");
/// The same with its markup.
pub static RAW_TEXT: Limit =
    Limit::bytes("text with markup", 32_768, "tdlib/telegram-bot-api, Client.cpp: text is too long");

/// What stands below a picture, its markup taken away.
pub static CAPTION: Limit = Limit::points("caption", 1024, "Bot API, sendPhoto: caption");
/// A picture.
pub static PHOTO: Limit = Limit::bytes("photo", 10 * 1024 * 1024, "Bot API, sendPhoto: photo");
/// Pictures of one message.
pub static ALBUM: Limit = Limit::pieces("photos", 10, "Bot API, sendMediaGroup: media");

/// The rows, in the order in which people read of them.
pub static ALL: &[&Limit] = &[&TEXT, &RAW_TEXT, &CAPTION, &PHOTO, &ALBUM];

/// About one per second in a chat between two (Bot API, "My bot is hitting limits"); a little slower, because whoever is
/// too fast waits for tens of seconds.
pub static PRIVATE_PACE: Limits = Limits { budgets: &[(1, Duration::from_millis(1050))] };
/// In groups and channels also 20 per minute (as above). Edits count too (tdlib/telegram-bot-api#648).
pub static GROUP_PACE: Limits = Limits { budgets: &[(1, Duration::from_millis(1050)), (19, Duration::from_secs(60))] };
