//! What the bot can do, in its answer and in Telegram's menu.

use serde_json::{Value, json};

use super::answer::{Answer, item, lines};
use super::command::NAMES;
use super::keyboard;
use crate::compose::{Locale, Voice, bare};
use crate::message::{Span, Text, Tone};

fn description(voice: &Voice, name: &str) -> String {
    let key = match name {
        "start" => "bot-command-start",
        "status" => "bot-command-status",
        "server" => "bot-command-server",
        "top" => "bot-command-top",
        "containers" => "bot-command-containers",
        "alerts" => "bot-command-alerts",
        "silence" => "bot-command-silence",
        "report" => "bot-command-report",
        _ => "bot-command-help",
    };
    voice.words(key, &[])
}

pub(super) fn answer(voice: &Voice) -> Answer {
    let mut message = bare(voice, Tone::Info, voice.words("bot-help-title", &[]));
    let line = |name: &&str| -> Text {
        vec![Span::Code(format!("/{name}")), Span::Text(format!(" – {}", description(voice, name)))]
    };
    let body = lines(voice, NAMES.iter().map(line).collect(), NAMES.len());
    message.items.push(item(Tone::Info, String::new(), body));
    Answer { message, keyboard: keyboard::questions(voice) }
}

/// The bodies of `setMyCommands`: the menu in each language, and in the channel's own for everybody else. Telegram knows
/// one Chinese; it is the channel's, if that is one.
pub fn menus(voice: &Voice) -> Vec<Value> {
    let chinese = if voice.locale == Locale::ZhTw { Locale::ZhTw } else { Locale::ZhCn };
    let languages = [("en", Locale::En), ("uk", Locale::Uk), ("zh", chinese)];
    let everybody = menu(voice, None);
    let each = languages.map(|(tag, locale)| menu(&Voice { locale, ..voice.clone() }, Some(tag)));
    std::iter::once(everybody).chain(each).collect()
}

fn menu(voice: &Voice, tag: Option<&str>) -> Value {
    let commands: Vec<Value> =
        NAMES.iter().map(|name| json!({ "command": name, "description": description(voice, name) })).collect();
    match tag {
        Some(tag) => json!({ "commands": commands, "language_code": tag }),
        None => json!({ "commands": commands }),
    }
}
