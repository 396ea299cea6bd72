//! What WeCom takes of a group robot, counted in bytes of UTF-8.
//!
//! Source: <https://developer.work.weixin.qq.com/document/path/99110>.

use std::time::Duration;

use super::Limit;
use crate::channel::Limits;

const PAGE: &str = "developer.work.weixin.qq.com/document/path/99110";

/// The text of a message of type `text`.
pub static TEXT: Limit = Limit::bytes("text.content", 2048, PAGE);
/// The text of a message of type `markdown`.
pub static MARKDOWN: Limit = Limit::bytes("markdown.content", 4096, PAGE);
/// The text of a message of type `markdown_v2`.
pub static MARKDOWN_V2: Limit = Limit::bytes("markdown_v2.content", 4096, PAGE);

/// A picture, before it is written as base64; JPG or PNG.
pub static IMAGE: Limit = Limit::bytes("image", 2 * 1024 * 1024, PAGE);

/// The rows, in the order in which people read of them.
pub static ALL: &[&Limit] = &[&TEXT, &MARKDOWN, &MARKDOWN_V2, &IMAGE];

/// 20 per minute and robot (as above); one less, because its clock is not ours.
pub static PACE: Limits = Limits { budgets: &[(19, Duration::from_secs(60))] };
