//! What is wrong with a configuration, and where.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::rc::Rc;

use super::asked::Record;

/// A place in a file; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it; or the flag or variable of the environment that gave the value.
    pub file: String,
    /// Where in the file.
    pub position: Option<Position>,
    /// The keys down to it, with dots between; empty at the root, and for a flag.
    pub path: String,
    /// What was found, what was expected, what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong with a file, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A file that could not be read at all.
    pub fn unreadable(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![Problem { file: file.into(), position: None, path: String::new(), message: message.into() }])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Where the sections of one file put their problems.
#[derive(Debug, Clone)]
pub(super) struct Log {
    file: Rc<str>,
    found: Rc<RefCell<Found>>,
}

#[derive(Debug, Default)]
struct Found {
    problems: Vec<Problem>,
    /// Values that nothing more is to be said of.
    unusable: Vec<Position>,
    asked: Record,
}

impl Log {
    pub(super) fn new(file: String) -> Self {
        Self { file: file.into(), found: Rc::default() }
    }

    /// The keys that were asked for.
    pub(super) fn asked(&self) -> RefMut<'_, Record> {
        RefMut::map(self.found.borrow_mut(), |found| &mut found.asked)
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn report(&self, position: Option<Position>, path: &str, message: impl AsRef<str>) {
        let mut found = self.found.borrow_mut();
        if position.is_some_and(|position| found.unusable.contains(&position)) {
            return;
        }
        found.problems.push(self.remark(position, path, message));
    }

    /// The same words, for what is no fault.
    pub(super) fn remark(&self, position: Option<Position>, path: &str, message: impl AsRef<str>) -> Problem {
        let (path, message) = (on_one_line(path), on_one_line(message.as_ref()));
        Problem { file: self.file.to_string(), position, path, message }
    }

    /// Reports a value that cannot be used at all. That it is no number either, as is found out later, would be a
    /// second problem with one cause.
    pub(super) fn report_unusable(&self, position: Option<Position>, path: &str, message: impl AsRef<str>) {
        self.report(position, path, message);
        self.found.borrow_mut().unusable.extend(position);
    }

    /// Reports a value that a flag or a variable of the environment gave, by the name of that.
    pub(super) fn report_given(&self, origin: &str, message: &str) {
        let (file, message) = (origin.to_owned(), on_one_line(message));
        self.found.borrow_mut().problems.push(Problem { file, position: None, path: String::new(), message });
    }

    /// Everything reported so far, in the order of the file.
    pub(super) fn take(&self) -> Problems {
        let mut problems = std::mem::take(&mut self.found.borrow_mut().problems);
        problems.sort_by_key(|problem| problem.position);
        Problems(problems)
    }
}

/// A key in quotes may hold line breaks; a problem is one line.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            line.extend(letter.escape_debug());
        } else {
            line.push(letter);
        }
    }
    line
}
