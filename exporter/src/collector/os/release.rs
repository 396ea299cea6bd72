//! The format of os-release: assignments as the shell has them, without anything of the shell.

use std::collections::BTreeMap;

use crate::faults::BadLines;
use crate::text::{self, Line};

/// The assignments of a file.
#[derive(Debug)]
pub(super) struct Release<'a> {
    values: BTreeMap<&'a [u8], (Line<'a>, String)>,
}

impl<'a> Release<'a> {
    /// Whether nothing is assigned.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What `key` was last set to; empty if it never was.
    pub(super) fn get(&self, key: &str) -> &str {
        self.values.get(key.as_bytes()).map_or("", |(_, value)| value)
    }

    /// Where `key` was last set to anything.
    pub(super) fn line(&self, key: &str) -> Option<Line<'a>> {
        self.values.get(key.as_bytes()).filter(|(_, value)| !value.is_empty()).map(|(line, _)| *line)
    }
}

/// Editors of another system leave a byte order mark at the beginning, and carriage returns.
pub(super) fn parse<'a>(text: &'a [u8], bad: &mut BadLines) -> Release<'a> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut values = BTreeMap::new();
    for line in text::lines(text).filter(|line| !line.bytes.trim_ascii().starts_with(b"#")) {
        let assignment = line.key_and_value(b'=').filter(|(key, _)| !key.is_empty());
        match assignment.and_then(|(key, assigned)| Some((key, value(assigned)?))) {
            Some((key, value)) => {
                values.insert(key, (line, value));
            }
            None => bad.add(line.malformed("`KEY=value`, or `KEY=\"value\"`")),
        }
    }
    Release { values }
}

#[derive(Clone, Copy)]
enum Inside {
    Nothing,
    SingleQuotes,
    DoubleQuotes,
}

/// What the right-hand side means; `None` where a quote is not closed.
fn value(assigned: &[u8]) -> Option<String> {
    let mut value = Vec::with_capacity(assigned.len());
    let mut inside = Inside::Nothing;
    // Up to here nothing is blanks before a comment.
    let mut end = 0;
    let mut bytes = assigned.iter().copied();
    while let Some(byte) = bytes.next() {
        match (inside, byte) {
            (Inside::Nothing, b'#') => {
                value.truncate(end);
                break;
            }
            (Inside::Nothing, b'"') => inside = Inside::DoubleQuotes,
            (Inside::Nothing, b'\'') => inside = Inside::SingleQuotes,
            (Inside::DoubleQuotes, b'"') | (Inside::SingleQuotes, b'\'') => inside = Inside::Nothing,
            (Inside::DoubleQuotes, b'\\') => value.extend(escaped(bytes.next()?)),
            _ => value.push(byte),
        }
        if !(matches!(inside, Inside::Nothing) && byte.is_ascii_whitespace()) {
            end = value.len();
        }
    }
    matches!(inside, Inside::Nothing).then(|| text::label(&value).into_owned())
}

/// What a backslash and a byte mean in double quotes. The shell knows no `\n` and `\t` there; node_exporter does.
fn escaped(byte: u8) -> impl Iterator<Item = u8> {
    let (backslash, byte) = match byte {
        b'n' => (None, b'\n'),
        b't' => (None, b'\t'),
        b'"' | b'\\' | b'$' | b'`' => (None, byte),
        _ => (Some(b'\\'), byte),
    };
    backslash.into_iter().chain([byte])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &[u8]) -> (Vec<(String, String)>, u64) {
        let mut bad = BadLines::default();
        let release = parse(text, &mut bad);
        let values = release.values.iter().map(|(key, (_, value))| (text::label(key).into_owned(), value.clone()));
        (values.collect(), bad.count)
    }

    #[test]
    fn quotes_escapes_and_comments_are_the_shell_s() {
        let text = "\u{FEFF}A=\"x \\\"y\\\" \\$1\" # comment\r\n# B=1\nC='a\\b \"c\"'\n D = plain words # 2\r\nE=\nF=\"数\\n\\x\"\nG=1\nG=2\n";
        let expected =
            [("A", "x \"y\" $1"), ("C", "a\\b \"c\""), ("D", "plain words"), ("E", ""), ("F", "数\n\\x"), ("G", "2")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(values(text.as_bytes()), (expected.to_vec(), 0));
    }

    #[test]
    fn a_line_that_assigns_nothing_costs_itself_alone() {
        let text = b"export\n=1\nA=\"open\nB='open\nC=\"open\\\nNAME=\xFF\n";
        assert_eq!(values(text), (vec![("NAME".to_owned(), "\u{FFFD}".to_owned())], 5));
    }
}
