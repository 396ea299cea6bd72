//! From a command and the facts to an answer: pure functions.

use jiff::Timestamp;

use super::command::{Command, Step, Which};
use super::keyboard::{self, Keyboard};
use super::silence::{self, Done};
use super::{details, help};
use crate::alertmanager::Held;
use crate::compose::{Arg, Voice, bare, excerpt, one_line};
use crate::fleet::Fleet;
use crate::message::{Item, Message, Span, Text, Tone};

/// What an answer is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// The hosts, or why nothing is known of them; `None`: no Prometheus is configured, or nobody asked.
    pub fleet: Option<Result<Fleet, String>>,
    /// What fires, or why nothing is known of that; `None`: no Alertmanager is configured, or nobody asked.
    pub alerts: Option<Result<Held, String>>,
    /// The reports that can be asked for.
    pub reports: Vec<String>,
    /// What was done, or why it was not.
    pub done: Option<Result<Done, String>>,
    /// Who asks.
    pub who: String,
}

/// What the bot says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The words.
    pub message: Message,
    /// What stands below.
    pub keyboard: Keyboard,
}

/// The answer; `most` lines of every list, what is beyond is counted.
pub fn answer(voice: &Voice, command: &Command, facts: &Facts, most: usize) -> Answer {
    if let Some(Err(problem)) = &facts.done {
        return failed(voice, problem);
    }
    match command {
        Command::Start => start(voice, facts),
        Command::Help => help::answer(voice),
        Command::Unknown(word) => {
            let word = format!("/{}", one_line(word));
            plain(voice, "bot-unknown-command", &[("command", Arg::from(&word))])
        }
        Command::Alerts => with_alerts(voice, facts, |held| silence::alerts(voice, held, most)),
        Command::Silence(step) => silence(voice, step, facts),
        Command::Report(which) => report(voice, which, facts),
        Command::Status => with_fleet(voice, facts, |fleet| details::status(voice, fleet, most)),
        Command::Top => with_fleet(voice, facts, |fleet| details::top(voice, fleet)),
        Command::Server(which) => with_fleet(voice, facts, |fleet| details::server(voice, fleet, which, most)),
        Command::Containers(which) => with_fleet(voice, facts, |fleet| details::containers(voice, fleet, which, most)),
    }
}

fn start(voice: &Voice, facts: &Facts) -> Answer {
    let mut message = bare(voice, Tone::Info, voice.words("bot-start-title", &[]));
    let mut body = voice.text("bot-start-body", &[]);
    let mut buttons = Keyboard::new();
    match &facts.fleet {
        Some(Ok(fleet)) => buttons = keyboard::servers(fleet),
        // The other questions can be asked all the same.
        Some(Err(problem)) => {
            body.push(Span::Text("\n".to_owned()));
            body.extend(voice.text("bot-failed", &[("problem", Arg::from(problem))]));
        }
        None => {}
    }
    message.items.push(item(Tone::Info, String::new(), body));
    buttons.extend(keyboard::questions(voice));
    Answer { message, keyboard: buttons }
}

fn silence(voice: &Voice, step: &Step, facts: &Facts) -> Answer {
    match (&facts.done, step) {
        (Some(Ok(done)), _) => silence::done(voice, done, &facts.who),
        (_, Step::Undo(_)) => plain(voice, "bot-no-alertmanager", &[]),
        _ => with_alerts(voice, facts, |held| silence::step(voice, step, held)),
    }
}

fn report(voice: &Voice, which: &Which, facts: &Facts) -> Answer {
    let which_one = facts.reports.iter().find(|name| which.means(name));
    match (&facts.done, which_one, which) {
        (Some(Ok(done)), ..) => silence::done(voice, done, &facts.who),
        (_, None, Which::Name(name)) => {
            let name = excerpt(&one_line(name), 64);
            plain(voice, "bot-unknown-report", &[("name", Arg::from(&name))])
        }
        _ if facts.reports.is_empty() => plain(voice, "bot-report-none", &[]),
        _ => {
            let one = |name: &String| keyboard::button(name, &Command::Report(Which::Name(name.clone())));
            let mut answer = plain(voice, "bot-report-which", &[]);
            let reports = facts.reports.iter().take(keyboard::CHOICES).filter_map(one);
            answer.keyboard = keyboard::rows(reports, 2);
            answer
        }
    }
}

fn with_fleet(voice: &Voice, facts: &Facts, say: impl FnOnce(&Fleet) -> Answer) -> Answer {
    match &facts.fleet {
        Some(Ok(fleet)) => {
            let mut answer = say(fleet);
            if !fleet.missing.is_empty() {
                let problems = Arg::from(&fleet.missing.join("; "));
                let text = voice.text("panel-missing", &[("problems", problems)]);
                answer.message.items.push(item(Tone::Warning, String::new(), text));
            }
            answer
        }
        Some(Err(problem)) => failed(voice, problem),
        None => plain(voice, "bot-no-prometheus", &[]),
    }
}

fn with_alerts(voice: &Voice, facts: &Facts, say: impl FnOnce(&Held) -> Answer) -> Answer {
    match &facts.alerts {
        Some(Ok(held)) => {
            let mut answer = say(held);
            if let Some(error) = held.errors.first() {
                let text = voice.text("panel-missing", &[("problems", Arg::from(&error.to_string()))]);
                answer.message.items.push(item(Tone::Warning, String::new(), text));
            }
            answer
        }
        Some(Err(problem)) => failed(voice, problem),
        None => plain(voice, "bot-no-alertmanager", &[]),
    }
}

/// Something went wrong.
pub fn failed(voice: &Voice, problem: &str) -> Answer {
    plain(voice, "bot-failed", &[("problem", Arg::from(problem))])
}

/// One line, and the way back.
pub(super) fn plain(voice: &Voice, key: &'static str, values: &[(&'static str, Arg)]) -> Answer {
    let message = bare(voice, Tone::Info, voice.words(key, values));
    let back = keyboard::button(voice.words("bot-button-back", &[]), &Command::Start);
    Answer { message, keyboard: vec![back.into_iter().collect()] }
}

pub(super) fn item(tone: Tone, title: String, body: Text) -> Item {
    Item { tone, title, body, fields: Vec::new(), links: Vec::new(), at: None }
}

/// Lines below each other, at most so many; the rest is counted.
pub(super) fn lines(voice: &Voice, all: Vec<Text>, most: usize) -> Text {
    let left_out = all.len().saturating_sub(most);
    let count = Arg::Count(u64::try_from(left_out).unwrap_or(u64::MAX));
    let more = (left_out > 0).then(|| voice.text("bot-more-lines", &[("count", count)]));
    let mut text = Text::new();
    for line in all.into_iter().take(most).chain(more) {
        if !text.is_empty() {
            text.push(Span::Text("\n".to_owned()));
        }
        text.extend(line);
    }
    text
}
