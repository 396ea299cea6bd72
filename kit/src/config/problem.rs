//! What is wrong with a configuration, and where.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

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
    /// The file, as the user named it.
    pub file: String,
    /// Where in it; absent for a value that came from a flag or the environment.
    pub position: Option<Position>,
    /// The keys down to it, with dots between; empty at the root.
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
    problems: Rc<RefCell<Vec<Problem>>>,
}

impl Log {
    pub(super) fn new(file: String) -> Self {
        Self { file: file.into(), problems: Rc::default() }
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn report(&self, position: Option<Position>, path: &str, message: impl Into<String>) {
        self.problems.borrow_mut().push(Problem {
            file: self.file.to_string(),
            position,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// Everything reported so far, in the order of the file.
    pub(super) fn take(&self) -> Problems {
        let mut problems = std::mem::take(&mut *self.problems.borrow_mut());
        problems.sort_by_key(|problem| problem.position);
        Problems(problems)
    }
}
