//! The robot's address or its key, as people paste them, and whom a message may call.

use seamark_kit::secret::Secret;

use super::Format;
use crate::channel::web;

const SEND: &str = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send";
const MISSING: &str = "expected a group robot's webhook address (`https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…`) or the key at \
     its end; with anything else WeCom answers 93000. In the group: ··· > Message Push (消息推送), then copy its \
     address; leave it empty to switch the channel off";
/// Who can be mentioned.
pub(super) const CALLED: &str = "`@all`, a member's id, or a phone number";

/// Somebody who is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    All,
    Member(String),
    Phone(String),
}

impl Called {
    pub fn name(&self) -> &str {
        match self {
            Self::All => "@all",
            Self::Member(name) | Self::Phone(name) => name,
        }
    }

    /// Whether this kind of markdown calls them by itself.
    pub fn in_markdown(&self, format: Format) -> bool {
        format == Format::Markdown && matches!(self, Self::Member(_))
    }
}

/// Reads whom to call. Eleven digits that begin with 1, and digits behind a `+`, are a phone number.
pub(super) fn called(text: &str) -> Option<Called> {
    if text == "@all" {
        return Some(Called::All);
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let abroad = text.strip_prefix('+').is_some_and(|rest| rest.len() >= 7 && digits(rest));
    if abroad || (text.len() == 11 && text.starts_with('1') && digits(text)) {
        return Some(Called::Phone(text.to_owned()));
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    let member = !text.starts_with('@') && (1..=64).contains(&text.len()) && text.bytes().all(is_part);
    member.then(|| Called::Member(text.to_owned()))
}

/// Reads an address or a key. Other hosts are stand-ins or gateways, and stay as they are.
///
/// # Errors
///
/// What was pasted instead, and where the right thing is. Never the text: it is the key.
pub(super) fn read(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    if let Some(key) = bare_key(text) {
        return Ok(Secret::new(format!("{SEND}?key={key}")));
    }
    let url = web::address(text).map_err(|problem| format!("{problem} and no key; {MISSING}"))?;
    let host = url.host_str().unwrap_or_default();
    let other = match host {
        "discord.com" | "discordapp.com" => Some("Discord; use `type: discord`"),
        "api.telegram.org" => Some("Telegram; use `type: telegram`"),
        "oapi.dingtalk.com" => Some("DingTalk, which is not supported"),
        "open.feishu.cn" => Some("Feishu, which is not supported"),
        _ => None,
    };
    if let Some(other) = other {
        return Err(format!("this address is of {other}"));
    }
    let is_key = |key: &String| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let key = url.query_pairs().find(|(name, _)| name == "key").map(|(_, key)| key.into_owned()).filter(is_key);
    let Some(key) = key else { return Err(format!("this address has no key (`?key=…`) at its end; {MISSING}")) };
    if host == "qyapi.weixin.qq.com" {
        return match url.path() {
            "/cgi-bin/webhook/send" | "/cgi-bin/webhook/upload_media" => Ok(Secret::new(format!("{SEND}?key={key}"))),
            _ => Err(format!("this address of WeCom's is no group robot's; {MISSING}")),
        };
    }
    web::warn_if_plain("a WeCom robot", &url);
    Ok(Secret::new(url.as_str()))
}

/// A key is 32 letters and digits with dashes between, as in `693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa`.
fn bare_key(text: &str) -> Option<&str> {
    let key = text.strip_prefix("key=").unwrap_or(text);
    let groups: Vec<usize> = key.split('-').map(str::len).collect();
    let alphanumeric = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (groups == [8, 4, 4, 4, 12] && alphanumeric).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa";

    fn webhook(text: &str) -> Result<String, String> {
        read(text).map(|webhook| webhook.expose().to_owned())
    }

    #[test]
    fn an_address_and_a_key_are_the_same() {
        let address = format!("{SEND}?key={KEY}");
        for pasted in [
            KEY.to_owned(),
            format!(" key={KEY}\n"),
            address.clone(),
            format!("{address}&debug=1"),
            format!("https://qyapi.weixin.qq.com/cgi-bin/webhook/upload_media?key={KEY}&type=file"),
        ] {
            assert_eq!(webhook(&pasted).as_ref(), Ok(&address), "{pasted}");
        }
        let elsewhere = "http://127.0.0.1:8080/cgi-bin/webhook/send?key=abc";
        assert_eq!(webhook(elsewhere).as_deref(), Ok(elsewhere));
    }

    #[test]
    fn what_is_neither_is_named_without_showing_it() {
        for (pasted, says) in [
            ("s3cr3t", "93000"),
            ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "no key"),
            ("https://qyapi.weixin.qq.com/cgi-bin/gettoken?key=s3cr3t", "no group robot's"),
            ("https://discord.com/api/webhooks/1/s3cr3t", "use `type: discord`"),
            ("https://gateway.example/?key=s3%20cr3t", "no key"),
        ] {
            let problem = webhook(pasted).unwrap_err();
            assert!(problem.contains(says) && !problem.contains("s3cr3t"), "{pasted}: {problem}");
        }
    }

    #[test]
    fn whom_a_word_calls() {
        assert_eq!(called("@all"), Some(Called::All));
        assert_eq!(called("13800000000"), Some(Called::Phone("13800000000".to_owned())));
        assert_eq!(called("+8613800000000"), Some(Called::Phone("+8613800000000".to_owned())));
        assert_eq!(called("zhang.san"), Some(Called::Member("zhang.san".to_owned())));
        for odd in ["@here", "a b", "<@x>", ""] {
            assert_eq!(called(odd), None, "{odd}");
        }
    }
}
