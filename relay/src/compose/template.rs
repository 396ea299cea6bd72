//! What users say instead of the built-in title and body: Jinja templates that yield plain text.
//!
//! A template shows data and does not compute: no `set`, no macros, no operator that makes texts longer. With the
//! fuel, the bounds of [`data`] and those of [`filters`] no template can hang a channel or fill the memory. Its output
//! is data like any label: the channel escapes it.
//!
//! Names that are missing in an alert are empty, because alerts differ; names that can never be there are refused
//! when the configuration is read.

mod check;
mod data;
mod filters;

use std::fmt;
use std::io::{self, Write};

use jiff::tz::TimeZone;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};
use seamark_kit::config::Section;

use super::{Locale, Voice, excerpt, links, one_line};
use crate::alert::AlertGroup;
use crate::message::{Item, Message, Span};

/// Steps that one template may take. A hundred alerts with twenty labels each take a tenth of it.
const FUEL: u64 = 200_000;
/// Bytes that a template may write; more is cut.
const OUTPUT: usize = 64 * 1024;
/// Code points of a title and of a body. Chats take less; the channels cut to what they take.
const TITLE: usize = 300;
const BODY: usize = 20_000;

/// The templates of a channel. What is `None` is said by the relay itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    title: Option<String>,
    body: Option<String>,
}

impl Templates {
    /// The keys `title` and `body`; where they are absent, those of `outer`. An empty one takes back that of `outer`.
    pub fn read(section: &mut Section, outer: &Self) -> Self {
        Self {
            title: read_one(section, "title", outer.title.as_ref()),
            body: read_one(section, "body", outer.body.as_ref()),
        }
    }
}

fn read_one(section: &mut Section, key: &'static str, outer: Option<&String>) -> Option<String> {
    let Some(source) = section.text(key) else { return outer.cloned() };
    if source.trim().is_empty() {
        return None;
    }
    let voice = Voice::new(Locale::En, TimeZone::UTC);
    match check::problem(&source).or_else(|| data::samples(&voice).find_map(|data| trial(&voice, &source, data))) {
        None => Some(source),
        Some(problem) => {
            section.problem(key, problem);
            None
        }
    }
}

/// Fills a template in with an example, to hear of mistakes before the first alert does.
fn trial(voice: &Voice, source: &str, data: Value) -> Option<String> {
    let problem = fill_in(voice, source, data).err()?;
    let detail = problem.detail().map_or_else(String::new, |detail| format!(": {detail}"));
    Some(format!("this template fails{}: {}{detail}", check::at_line(problem.line()), problem.kind()))
}

/// Why a template did not yield a text. Holds no data of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    key: &'static str,
    line: Option<usize>,
    kind: minijinja::ErrorKind,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its template `{}` failed{}: {}", self.key, check::at_line(self.line), self.kind)
    }
}

/// Puts what the user's templates say in the place of the built-in title and body.
pub(super) fn apply(voice: &Voice, group: &AlertGroup, mut message: Message) -> (Message, Vec<TemplateError>) {
    let Templates { title, body } = &voice.templates;
    let mut errors = Vec::new();
    if title.is_none() && body.is_none() {
        return (message, errors);
    }
    let data = data::of(voice, group, &message.title);
    let mut say = |key, source: Option<&String>| {
        let said = fill_in(voice, source?, data.clone());
        said.map_err(|error| errors.push(TemplateError { key, line: error.line(), kind: error.kind() })).ok()
    };
    // What yields nothing leaves the built-in text: a message without words helps nobody.
    let title = say("title", title.as_ref()).map(|title| excerpt(&one_line(&title), TITLE));
    let title = title.filter(|title| !title.is_empty());
    let body = say("body", body.as_ref()).map(|body| excerpt(body.trim(), BODY)).filter(|body| !body.is_empty());
    if let Some(title) = title {
        // The only item speaks of the same thing as the message.
        if let [only] = message.items.as_mut_slice() {
            only.title.clone_from(&title);
        }
        message.title = title;
    }
    if let Some(body) = body {
        message.items = vec![Item {
            tone: message.tone,
            title: message.title.clone(),
            body: vec![Span::Text(body)],
            fields: Vec::new(),
            links: links::in_common(&message.items),
            at: group.alerts.iter().map(|alert| alert.starts_at).min(),
        }];
    }
    (message, errors)
}

fn fill_in(voice: &Voice, source: &str, data: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    filters::add(&mut environment, voice);
    let mut page = Page::default();
    let filled =
        environment.template_from_str(&without_empty_lines(source))?.render_captured_to(data, &mut page).map(drop);
    match filled {
        Err(error) if !page.is_full => Err(error),
        _ => Ok(page.text()),
    }
}

/// A line that holds nothing but a statement leaves no empty line in the message: its line break moves into the
/// statement, so that lines keep their numbers. Jinja's own `trim_blocks` also joins lines that merely end with one.
fn without_empty_lines(source: &str) -> String {
    let line = |line: &str| {
        let words = line.trim();
        let is_alone = words.starts_with("{%") && words.matches("{%").count() == 1 && line.ends_with('\n');
        match words.strip_suffix("%}").filter(|_| is_alone) {
            Some(head) => match head.strip_suffix('-') {
                Some(head) => format!("{head}\n-%}}"),
                None => format!("{head}\n%}}"),
            },
            None => line.to_owned(),
        }
    };
    source.split_inclusive('\n').map(line).collect()
}

/// What a template writes on.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Page {
    fn text(self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        if self.is_full {
            format!("{}…", text.trim_end_matches(char::REPLACEMENT_CHARACTER))
        } else {
            text.into_owned()
        }
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = OUTPUT - self.bytes.len();
        self.bytes.extend(bytes.iter().take(room));
        if bytes.len() <= room {
            return Ok(bytes.len());
        }
        self.is_full = true;
        Err(io::Error::other("the page is full"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
