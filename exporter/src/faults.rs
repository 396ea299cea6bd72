//! What went wrong while a collector read its sources: the first fault is told, all are counted, and none ends the rest.

use crate::collector::CollectError;
use crate::host::{HostFile, ReadError};
use crate::text::ParseError;

/// The faults of one run of a collector.
#[derive(Debug, Default)]
pub struct Faults {
    first: Option<ReadError>,
    count: u64,
}

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, error: ReadError) {
        self.count += 1;
        self.first.get_or_insert(error);
    }

    /// The value, or nothing and a fault.
    pub fn take<T>(&mut self, result: Result<T, ReadError>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// Notes a line of `file` that is not what it should be.
    pub fn line(&mut self, file: &HostFile, error: ParseError) {
        self.add(file.malformed(error));
    }

    /// What `parse` makes of a file; the lines that it could not read are faults.
    pub fn parse<'a, T>(&mut self, file: &'a HostFile, parse: impl FnOnce(&'a [u8], &mut BadLines) -> T) -> T {
        let mut bad = BadLines::default();
        let value = parse(&file.bytes, &mut bad);
        if let Some(first) = bad.first {
            self.line(file, first);
            self.count += bad.count - 1;
        }
        value
    }

    /// Success if there was no fault.
    ///
    /// # Errors
    ///
    /// The first fault and the number of all.
    pub fn finish(self) -> Result<(), CollectError> {
        match self.first {
            None => Ok(()),
            Some(first) => Err(CollectError::Faults { first, count: self.count }),
        }
    }
}

/// The lines that a parser could not read: the first, and how many.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BadLines {
    /// The first of them.
    pub first: Option<ParseError>,
    /// All of them.
    pub count: u64,
}

impl BadLines {
    /// Notes a line.
    pub fn add(&mut self, error: ParseError) {
        self.count += 1;
        self.first.get_or_insert(error);
    }

    /// The value, or nothing and a bad line.
    pub fn take<T>(&mut self, result: Result<T, ParseError>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn the_first_fault_is_told_and_all_are_counted() {
        let mut faults = Faults::default();
        let file = HostFile { path: "/proc/x".into(), bytes: b"1\na\n3\nb\n".to_vec() };
        let numbers = faults.parse(&file, |bytes, bad| {
            let number = |line: text::Line<'_>| text::parse::<u64>(line.bytes).ok_or(line.malformed("a whole number"));
            text::lines(bytes).filter_map(|line| bad.take(number(line))).collect::<Vec<_>>()
        });
        assert_eq!(numbers, [1, 3]);
        assert_eq!(faults.take::<()>(Err(ReadError::Absent { file: "/proc/y".into() })), None);
        let error = faults.finish().unwrap_err();
        assert_eq!(error.to_string(), "/proc/x line 2: expected a whole number, found `a` (the first of 3 faults)");
        assert_eq!(error.faults(), 3);
    }

    #[test]
    fn no_fault_is_success() {
        assert!(Faults::default().finish().is_ok());
    }
}
