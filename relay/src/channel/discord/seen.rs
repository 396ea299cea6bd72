//! What people see of a payload of Discord's.

use serde_json::Value;

use crate::channel::Payload;
use crate::channel::look::{Card, Html, Look, LookField, discord};

/// The words above, then each embed.
pub(super) fn look(payload: &Payload) -> Look {
    let content = text(&payload.0, "/content");
    let mut cards = Vec::new();
    if !content.is_empty() {
        cards.push(Card { body: discord(content), ..Card::default() });
    }
    cards.extend(list(&payload.0, "/embeds").map(card));
    let files = list(&payload.0, "/attachments").map(|file| text(file, "/filename").to_owned()).collect();
    match cards.last_mut() {
        Some(last) => last.files = files,
        None => return Look::json(&payload.0),
    }
    Look(cards)
}

fn card(embed: &Value) -> Card {
    let field = |field: &Value| LookField {
        name: discord(text(field, "/name")),
        value: discord(text(field, "/value")),
        short: field.get("inline").and_then(Value::as_bool).unwrap_or_default(),
    };
    Card {
        color: embed.get("color").and_then(Value::as_u64).map(|color| format!("#{:06x}", color & 0xff_ffff)),
        title: discord(text(embed, "/title")),
        body: discord(text(embed, "/description")),
        fields: list(embed, "/fields").map(field).collect(),
        footer: Html::text(text(embed, "/footer/text")),
        files: Vec::new(),
    }
}

fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(path).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_above_and_each_embed_are_seen() {
        let embed = json!({"title": "**x** <b>", "color": 255, "description": "d", "footer": {"text": "f"},
            "fields": [{"name": "n", "value": "`v`", "inline": true}]});
        let seen =
            look(&Payload(json!({"content": "<@&1>", "embeds": [embed], "attachments": [{"filename": "a.png"}]})));
        assert_eq!(seen.0.len(), 2);
        assert_eq!(seen.0[0].body.as_str(), "<p>@role</p>");
        let card = &seen.0[1];
        assert_eq!(card.color.as_deref(), Some("#0000ff"));
        assert_eq!(card.title.as_str(), "<p><b>x</b> &lt;b&gt;</p>");
        assert_eq!((card.fields[0].value.as_str(), card.fields[0].short), ("<p><code>v</code></p>", true));
        assert_eq!((card.footer.as_str(), card.files.as_slice()), ("f", ["a.png".to_owned()].as_slice()));
    }
}
