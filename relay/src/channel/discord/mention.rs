//! Calling somebody on Discord: only `content` rings, and only for whom `allowed_mentions` names.
//!
//! Source: Discord's documentation, "Message", Allowed Mentions Structure.

use serde_json::{Value, json};

/// What a mention may be.
pub(super) const EXPECTED: &str = "`<@&ROLE>` or `<@USER>` with a number (in Discord: User Settings, Advanced, Developer \
     Mode; then Copy Role ID or Copy User ID), `@here` or `@everyone`";

/// Somebody to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mention {
    Role(String),
    User(String),
    Here,
    Everyone,
}

pub(super) fn read(text: &str) -> Option<Mention> {
    match text {
        "@here" => return Some(Mention::Here),
        "@everyone" => return Some(Mention::Everyone),
        _ => {}
    }
    let inside = text.strip_prefix("<@")?.strip_suffix('>')?;
    match inside.strip_prefix('&') {
        Some(role) => number(role).map(Mention::Role),
        // `<@!…>` is the older form of a user.
        None => number(inside.strip_prefix('!').unwrap_or(inside)).map(Mention::User),
    }
}

/// Discord's ids are numbers of 64 bits.
fn number(text: &str) -> Option<String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && text.parse::<u64>().is_ok_and(|id| id > 0)).then(|| text.to_owned())
}

/// The words that call.
pub(super) fn words(mentions: &[Mention]) -> String {
    let word = |mention: &Mention| match mention {
        Mention::Role(id) => format!("<@&{id}>"),
        Mention::User(id) => format!("<@{id}>"),
        Mention::Here => "@here".to_owned(),
        Mention::Everyone => "@everyone".to_owned(),
    };
    mentions.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Whom a message may call: these and nobody else, whatever else stands in it.
pub(super) fn allowed(mentions: &[Mention]) -> Value {
    let mut allowed = json!({ "parse": [] });
    let ids = |id: fn(&Mention) -> Option<&String>| {
        let mut ids: Vec<&String> = mentions.iter().filter_map(id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let roles = ids(|mention| if let Mention::Role(id) = mention { Some(id) } else { None });
    let users = ids(|mention| if let Mention::User(id) = mention { Some(id) } else { None });
    // Both words are one to Discord.
    if mentions.iter().any(|mention| matches!(mention, Mention::Here | Mention::Everyone)) {
        super::set(&mut allowed, "parse", json!(["everyone"]));
    }
    for (key, ids) in [("roles", roles), ("users", users)] {
        if !ids.is_empty() {
            super::set(&mut allowed, key, json!(ids));
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_users_and_all_who_are_there_can_be_called_and_nothing_else() {
        let id = || "123".to_owned();
        for (text, mention) in [
            ("<@&123>", Mention::Role(id())),
            ("<@123>", Mention::User(id())),
            ("<@!123>", Mention::User(id())),
            ("@here", Mention::Here),
            ("@everyone", Mention::Everyone),
        ] {
            assert_eq!(read(text), Some(mention), "{text}");
        }
        for text in ["", "123", "@ops", "<#123>", "<@&>", "<@&12a>", "<@&123> hey", "<@0>", "<@99999999999999999999>"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn only_those_who_are_called_are_allowed() {
        let call = |texts: &[&str]| {
            let mentions: Vec<Mention> = texts.iter().filter_map(|text| read(text)).collect();
            (words(&mentions), allowed(&mentions))
        };
        assert_eq!(call(&[]), (String::new(), json!({"parse": []})));
        assert_eq!(call(&["<@&1>"]), ("<@&1>".to_owned(), json!({"parse": [], "roles": ["1"]})));
        assert_eq!(
            call(&["<@&2>", "<@&2>", "<@!3>", "@here"]),
            ("<@&2> <@&2> <@3> @here".to_owned(), json!({"parse": ["everyone"], "roles": ["2"], "users": ["3"]}))
        );
    }
}
