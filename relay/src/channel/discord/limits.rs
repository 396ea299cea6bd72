//! Discord's limits: every number that a webhook message has to keep to, in one place.
//!
//! Lengths are counted in code points ("our API uses Python 3 … number of codepoints", an engineer of Discord's in
//! discord/discord-api-docs#1315) after white space is trimmed at both ends (documentation, "Message", Embed Limits).

use std::time::Duration;

use crate::channel::Limits;

/// `content` of a message (discord/discord-api-spec, `IncomingWebhookRequestPartial`).
pub(super) const CONTENT: usize = 2000;
/// Embeds of a message (documentation, "Message", Embed Limits).
pub(super) const EMBEDS: usize = 10;
/// Title, description, field names and values, footer and author of all embeds of a message together (as above; 6000
/// itself is allowed, discord/discord-api-docs#2575).
pub(super) const EMBEDS_TOTAL: usize = 6000;
/// An embed's title (as above).
pub(super) const TITLE: usize = 256;
/// An embed's description (as above).
pub(super) const DESCRIPTION: usize = 4096;
/// Fields of an embed (as above).
pub(super) const FIELDS: usize = 25;
/// A field's name; must not be empty (as above).
pub(super) const FIELD_NAME: usize = 256;
/// A field's value; must not be empty (as above).
pub(super) const FIELD_VALUE: usize = 1024;
/// An embed's footer (as above).
pub(super) const FOOTER: usize = 2048;
/// Any URL (discord/discord-api-spec, `RichEmbed`).
pub(super) const URL: usize = 2048;
/// The name shown as sender, which must hold neither `discord` nor `clyde` (documentation, "Webhook").
pub(super) const USERNAME: usize = 80;
/// `flags`: no push and no sound (documentation, "Message", Message Flags).
pub(super) const SUPPRESS_NOTIFICATIONS: u32 = 1 << 12;

/// Five per two seconds and webhook, as its headers say; thirty per minute and chat channel, which only shows as 429
/// (an engineer of Discord's in discord/discord-api-docs#367; #6753). Failed calls count.
pub(super) static LIMITS: Limits = Limits { budgets: &[(5, Duration::from_secs(2)), (30, Duration::from_secs(60))] };

/// So many messages one group becomes at most: a third of a minute's budget. What has no room is counted.
pub(super) const MESSAGES_PER_GROUP: usize = 10;
/// A group that would need more messages than these in full is told in short form.
pub(super) const FULL_MESSAGES: usize = 3;
