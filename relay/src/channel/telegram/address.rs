//! The bot's token, the server and the chat, as people paste them.

use serde_json::Value;

use crate::channel::web;

/// Telegram's own server.
pub(super) const OFFICIAL: &str = "https://api.telegram.org";
/// What a chat is.
pub(super) const NO_CHAT: &str = "expected the number of a chat (that of a group begins with `-`, mostly with `-100`) or `@name` of a public \
     channel or group; add the bot to the chat first";
/// Who can be mentioned.
pub(super) const NAME: &str = "`@name`, or the number of a user who is in the chat";
const NO_TOKEN: &str =
    "expected the token that @BotFather gave, such as `123456:AAE-x_y`; leave it empty to switch the channel off";

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chat {
    Number(i64),
    Name(String),
}

impl Chat {
    /// A chat between the bot and one user.
    pub fn is_private(&self) -> bool {
        matches!(self, Self::Number(1..))
    }

    pub fn json(&self) -> Value {
        match self {
            Self::Number(number) => (*number).into(),
            Self::Name(name) => name.clone().into(),
        }
    }
}

/// Reads a chat's number or name.
pub(super) fn chat(text: &str) -> Option<Chat> {
    let text = text.trim();
    match text.parse() {
        Ok(0) => None,
        Ok(number) => Some(Chat::Number(number)),
        Err(_) => name(text).map(Chat::Name),
    }
}

/// A user's number, or `@` and the letters that Telegram allows in names.
pub(super) fn name(text: &str) -> Option<String> {
    let text = text.trim();
    if text.parse::<u64>().is_ok_and(|number| number > 0) {
        return Some(text.to_owned());
    }
    let name = text.strip_prefix('@')?;
    let allowed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (allowed && (3..=32).contains(&name.len())).then(|| text.to_owned())
}

/// The server's address without a `/` at its end.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn server(text: &str) -> Result<String, String> {
    let url = web::address(text).map_err(|problem| {
        format!(
            "{problem}; expected that of a Bot API server, such as `http://localhost:8081`; the default is `{OFFICIAL}`"
        )
    })?;
    if url.query().is_some() || url.path().contains("/bot") {
        return Err("expected the server's address alone: the token belongs into `bot_token`".to_owned());
    }
    web::warn_if_plain("Telegram's Bot API", &url);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The token; also out of an address that holds one.
///
/// # Errors
///
/// What was pasted instead. Never the text itself.
pub(super) fn token(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with("https://discord.com/") || text.starts_with("https://qyapi.weixin.qq.com/") {
        return Err(format!("this is the address of another service's webhook; {NO_TOKEN}"));
    }
    let pasted = match text.split_once("/bot") {
        Some((_, rest)) => rest.split('/').next().unwrap_or_default(),
        None => text.strip_prefix("bot").unwrap_or(text),
    };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match pasted.split_once(':') {
        Some((id, secret))
            if !id.is_empty()
                && id.bytes().all(|byte| byte.is_ascii_digit())
                && !secret.is_empty()
                && secret.bytes().all(is_part) =>
        {
            Ok(pasted.to_owned())
        }
        _ => Err(format!("found no token; {NO_TOKEN}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_what_people_paste() {
        for pasted in ["11:s3cr-t_", " bot11:s3cr-t_\n", "https://api.telegram.org/bot11:s3cr-t_/getMe"] {
            assert_eq!(token(pasted).as_deref(), Ok("11:s3cr-t_"), "{pasted}");
        }
        for pasted in ["s3cr3t", "11:", ":s3cr3t", "11:s3/cr3t", "https://discord.com/api/webhooks/1/s3cr3t"] {
            let problem = token(pasted).unwrap_err();
            assert!(problem.contains("@BotFather") && !problem.contains("s3cr3t"), "{problem}");
        }
    }

    #[test]
    fn a_chat_is_a_number_or_a_name() {
        assert_eq!(chat("-1001234"), Some(Chat::Number(-1_001_234)));
        assert_eq!(chat("@seamark_ops"), Some(Chat::Name("@seamark_ops".to_owned())));
        assert!(chat("77").is_some_and(|chat| chat.is_private()));
        for odd in ["", "0", "ops", "@", "@a b", "https://t.me/ops"] {
            assert_eq!(chat(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_server_is_named_without_the_token() {
        assert_eq!(server("http://127.0.0.1:8081/").as_deref(), Ok("http://127.0.0.1:8081"));
        for odd in ["localhost", "ftp://x/", "https://api.telegram.org/bot1:x"] {
            assert!(server(odd).is_err(), "{odd}");
        }
    }
}
