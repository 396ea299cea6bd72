//! What a file answers: its content, or why there is none.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

use crate::text::{self, ParseError};

/// A file that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    /// The path that was opened.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl HostFile {
    /// Parses the content; an error then names the file.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where `parse` fails.
    pub fn parse<'a, T>(&'a self, parse: impl FnOnce(&'a [u8]) -> Result<T, ParseError>) -> Result<T, ReadError> {
        parse(&self.bytes).map_err(|error| self.malformed(error))
    }

    /// The content as text without white space at its ends; what is not UTF-8 is replaced.
    pub fn trimmed(&self) -> Cow<'_, str> {
        text::label(self.bytes.trim_ascii())
    }

    /// The error of a parser, with the name of this file.
    pub fn malformed(&self, error: ParseError) -> ReadError {
        ReadError::Malformed {
            file: self.path.clone(),
            line: error.line,
            expected: error.expected,
            found: if error.found.is_empty() { "nothing".to_owned() } else { format!("`{}`", error.found) },
        }
    }
}

/// Why a file gave no answer. Never to be turned into a zero.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file, or what it told of is gone.
    #[error("{}: no such file", .file.display())]
    Absent {
        /// The path that was opened.
        file: PathBuf,
    },
    /// It is there, but opening or reading it failed.
    #[error("{}: cannot be read: {source}", .file.display())]
    Unreadable {
        /// The path that was opened.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It was read, but is not what it should be.
    #[error("{} line {line}: expected {expected}, found {found}", .file.display())]
    Malformed {
        /// The path that was opened.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What should have been there.
        expected: &'static str,
        /// What was there: a literal in backticks, or "nothing".
        found: String,
    },
}

impl ReadError {
    pub(crate) fn new(file: PathBuf, source: io::Error) -> Self {
        // ENODEV and ESRCH: the file of a cgroup or process that went away after it was opened.
        let gone = [Errno::NOENT, Errno::NOTDIR, Errno::NODEV, Errno::SRCH];
        if gone.iter().any(|errno| Some(errno.raw_os_error()) == source.raw_os_error()) {
            Self::Absent { file }
        } else {
            Self::Unreadable { file, source }
        }
    }
}

/// Turns an absent file into `None`, for values that not every host has.
///
/// # Errors
///
/// Every other error.
pub fn if_there<T>(result: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(ReadError::Absent { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Turns into `None` also what the kernel answers when a file of sysfs has no value now: a link that is down has no
/// speed, a sleeping sensor no temperature, and some values are not for everybody.
///
/// # Errors
///
/// Every other error.
pub fn if_available<T>(result: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    const NO_VALUE: [Errno; 11] = [
        Errno::ACCESS,
        Errno::PERM,
        Errno::INVAL,
        Errno::IO,
        Errno::NODATA,
        Errno::AGAIN,
        Errno::OPNOTSUPP,
        Errno::NXIO,
        Errno::BUSY,
        Errno::TIMEDOUT,
        Errno::NOTTY,
    ];
    match if_there(result) {
        Err(ReadError::Unreadable { source, .. })
            if NO_VALUE.iter().any(|errno| Some(errno.raw_os_error()) == source.raw_os_error()) =>
        {
            Ok(None)
        }
        other => other,
    }
}
