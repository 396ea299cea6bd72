//! Buttons below an answer.

use serde_json::{Value, json};

use super::command::{Command, Which};
use crate::compose::{Voice, excerpt};
use crate::fleet::Fleet;

/// A button shows about so much on a phone.
const LABEL: usize = 40;
/// Buttons for hosts or alerts; what is beyond is reached by name.
pub const CHOICES: usize = 24;

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What is behind it.
    pub data: String,
}

/// Rows of buttons.
pub type Keyboard = Vec<Vec<Button>>;

/// A button; none where what is behind it would be too long.
pub fn button(label: impl AsRef<str>, command: &Command) -> Option<Button> {
    Some(Button { label: excerpt(label.as_ref(), LABEL), data: command.data()? })
}

/// Rows of so many.
pub fn rows(buttons: impl IntoIterator<Item = Button>, width: usize) -> Keyboard {
    let buttons: Vec<Button> = buttons.into_iter().collect();
    buttons.chunks(width).map(<[Button]>::to_vec).collect()
}

/// A button for each server.
pub fn servers(fleet: &Fleet) -> Keyboard {
    let one =
        |name: &str, light: &str| button(format!("{light} {name}"), &Command::Server(Which::Name(name.to_owned())));
    rows(fleet.hosts.iter().take(CHOICES).filter_map(|host| one(&host.name, host.worst().sign())), 2)
}

/// A button for each question.
pub fn questions(voice: &Voice) -> Keyboard {
    let questions = [
        ("bot-button-status", Command::Status),
        ("bot-button-top", Command::Top),
        ("bot-button-containers", Command::Containers(Which::Any)),
        ("bot-button-alerts", Command::Alerts),
        ("bot-button-silence", Command::Silence(super::command::Step::Which)),
        ("bot-button-report", Command::Report(Which::Any)),
        ("bot-button-help", Command::Help),
    ];
    rows(questions.iter().filter_map(|(words, command)| button(voice.words(words, &[]), command)), 3)
}

/// Again, and back.
pub fn around(voice: &Voice, command: &Command, back: &Command) -> Keyboard {
    let refresh = button(voice.words("bot-button-refresh", &[]), command);
    let back = button(voice.words("bot-button-back", &[]), back);
    vec![[refresh, back].into_iter().flatten().collect()]
}

/// As Telegram wants it.
pub fn json(keyboard: &Keyboard) -> Value {
    let button = |button: &Button| json!({ "text": button.label, "callback_data": button.data });
    let rows: Vec<Vec<Value>> = keyboard.iter().map(|row| row.iter().map(button).collect()).collect();
    json!({ "inline_keyboard": rows })
}
