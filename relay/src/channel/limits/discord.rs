//! What Discord takes of a webhook.
//!
//! Lengths are counted in code points ("our API uses Python 3 … number of codepoints", an engineer of Discord's in
//! discord/discord-api-docs#1315) after white space is trimmed at both ends ([`EMBED_LIMITS`]).

use std::time::Duration;

use super::Limit;
use crate::channel::Limits;

const EMBED_LIMITS: &str = "documentation, Message, Embed Limits";
const SPECIFICATION: &str = "discord/discord-api-spec, IncomingWebhookRequestPartial";
const UPLOADS: &str = "documentation, Reference, Uploading Files";

/// The text above the embeds.
pub static CONTENT: Limit = Limit::points("content", 2000, SPECIFICATION);
/// Embeds of a message.
pub static EMBEDS: Limit = Limit::pieces("embeds", 10, EMBED_LIMITS);
/// Title, description, field names and values, footer and author of all embeds of a message together. 6000 itself is
/// allowed (discord/discord-api-docs#2575).
pub static EMBEDS_TOTAL: Limit = Limit::points("all embeds together", 6000, EMBED_LIMITS);
/// An embed's title.
pub static TITLE: Limit = Limit::points("embed title", 256, EMBED_LIMITS);
/// An embed's description.
pub static DESCRIPTION: Limit = Limit::points("embed description", 4096, EMBED_LIMITS);
/// An embed's author.
pub static AUTHOR: Limit = Limit::points("embed author", 256, EMBED_LIMITS);
/// An embed's footer.
pub static FOOTER: Limit = Limit::points("embed footer", 2048, EMBED_LIMITS);
/// Fields of an embed.
pub static FIELDS: Limit = Limit::pieces("embed fields", 25, EMBED_LIMITS);
/// A field's name; must not be empty.
pub static FIELD_NAME: Limit = Limit::points("field name", 256, EMBED_LIMITS);
/// A field's value; must not be empty.
pub static FIELD_VALUE: Limit = Limit::points("field value", 1024, EMBED_LIMITS);
/// Any URL.
pub static URL: Limit = Limit::points("url", 2048, "discord/discord-api-spec, RichEmbed");
/// The name shown as sender, which must hold neither `discord` nor `clyde`.
pub static USERNAME: Limit = Limit::points("username", 80, "documentation, Webhook, Create Webhook");
/// The title of a new post in a forum.
pub static THREAD_NAME: Limit = Limit::points("thread name", 100, SPECIFICATION);
/// Roles or users that a message may call.
pub static MENTIONED_IDS: Limit =
    Limit::pieces("mentioned ids", 100, "documentation, Message, Allowed Mentions Structure");
/// Files of a message (code 30015 for one more).
pub static FILES: Limit = Limit::pieces("files", 10, "documentation, Opcodes and Status Codes, 30015");
/// A file, where the server has not paid for more.
pub static FILE: Limit = Limit::bytes("file", 10 * 1024 * 1024, UPLOADS);
/// What is said of a file to those who cannot see it.
pub static FILE_DESCRIPTION: Limit = Limit::points("file description", 1024, SPECIFICATION);
/// A whole call (413, code 40005 for a larger one).
pub static REQUEST: Limit = Limit::bytes("request", 25 * 1024 * 1024, UPLOADS);

/// The rows, in the order in which people read of them.
pub static ALL: &[&Limit] = &[
    &CONTENT,
    &EMBEDS,
    &EMBEDS_TOTAL,
    &TITLE,
    &DESCRIPTION,
    &AUTHOR,
    &FOOTER,
    &FIELDS,
    &FIELD_NAME,
    &FIELD_VALUE,
    &URL,
    &USERNAME,
    &THREAD_NAME,
    &MENTIONED_IDS,
    &FILES,
    &FILE,
    &FILE_DESCRIPTION,
    &REQUEST,
];

/// Five per two seconds and webhook, as its headers say; thirty per minute and chat channel, which only shows as 429
/// (an engineer of Discord's in discord/discord-api-docs#367; #6753). Failed calls count.
pub static PACE: Limits = Limits { budgets: &[(5, Duration::from_secs(2)), (30, Duration::from_secs(60))] };
