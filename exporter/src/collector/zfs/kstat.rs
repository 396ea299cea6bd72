//! The text of a named kstat: a line about the kstat itself, the line `name type data`, and a line for each field.

use seamark_kit::exposition::Value;

use crate::faults::BadLines;
use crate::text::{self, Line, ParseError};

/// A line such as `hits                            4    4711`.
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    /// The number of its type in `kstat.h`.
    kind: &'a [u8],
    /// All that follows: a text may hold spaces.
    pub(super) data: &'a [u8],
    line: Line<'a>,
}

/// The fields below the heading; lines that are too short to be one are left out.
pub(super) fn fields<'a>(bytes: &'a [u8], bad: &mut BadLines) -> impl Iterator<Item = Field<'a>> + use<'a> {
    let mut lines = text::lines(bytes);
    if !lines.by_ref().any(is_heading) {
        bad.add(ParseError::new(1, "a line `name type data`", bytes));
    }
    lines.filter_map(field)
}

fn is_heading(line: Line<'_>) -> bool {
    line.words().eq([b"name", b"type", b"data"])
}

fn field(line: Line<'_>) -> Option<Field<'_>> {
    let (name, rest) = first_word(line.bytes)?;
    let (kind, data) = first_word(rest)?;
    Some(Field { name, kind, data, line }).filter(|field| !field.data.is_empty())
}

/// The first word, and what follows the white space behind it.
fn first_word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let bytes = bytes.trim_ascii_start();
    let end = bytes.iter().position(u8::is_ascii_whitespace)?;
    Some((bytes.get(..end)?, bytes.get(end..)?.trim_ascii_start()))
}

impl Field<'_> {
    /// The value of a whole number of 64 bits; `None` for the other types, which node_exporter leaves out.
    pub(super) fn number(&self) -> Result<Option<Value>, ParseError> {
        const SIGNED: &[u8] = b"3";
        if self.kind != SIGNED {
            return self.unsigned();
        }
        let number = self.first().and_then(text::parse::<i64>).map(value);
        number.map(Some).ok_or_else(|| self.line.malformed("`<name> 3 <whole number>`"))
    }

    /// The same without numbers that may be below zero.
    pub(super) fn unsigned(&self) -> Result<Option<Value>, ParseError> {
        const UNSIGNED: &[u8] = b"4";
        if self.kind != UNSIGNED {
            return Ok(None);
        }
        let number = self.first().and_then(text::parse::<u64>).map(Value::from);
        number.map(Some).ok_or_else(|| self.line.malformed("`<name> 4 <whole number>`"))
    }

    fn first(&self) -> Option<&[u8]> {
        text::words(self.data).next()
    }
}

fn value(number: i64) -> Value {
    u64::try_from(number).map_or(Value::Float(number as f64), Value::from)
}

/// The name as part of a metric's: what follows the last dot, with `_` for every character that may not be there.
pub(super) fn metric_name(field: &[u8]) -> String {
    let last = field.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let may_stay = |character: char| character.is_ascii_alphanumeric() || character == ':';
    text::label(last).replace(|character| !may_stay(character), "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_mended_as_node_exporter_mends_it() {
        let names = ["hits", "c_min", "l2-hits", "a.b.c", "size(d)", "größe", "x."].map(str::as_bytes).map(metric_name);
        assert_eq!(names, ["hits", "c_min", "l2_hits", "c", "size_d_", "gr__e", ""].map(String::from));
    }

    #[test]
    fn only_whole_numbers_of_64_bits_are_values() {
        let text = "name type data\na 0 x\nb 1 1\nc 2 2\nd 3 -3\ne 4 4\nf 5 5\ng 6 6\nh 7 text\ni 4\n\n4 4 4\n";
        let mut bad = BadLines::default();
        let values: Vec<_> = fields(text.as_bytes(), &mut bad).map(|field| field.number()).collect();
        let none = Ok(None);
        let expected = [
            none.clone(),
            none.clone(),
            none.clone(),
            Ok(Some(Value::Float(-3.0))),
            Ok(Some(4_u64.into())),
            none.clone(),
            none.clone(),
            none,
            Ok(Some(4_u64.into())),
        ];
        assert_eq!((values.as_slice(), bad.count), (expected.as_slice(), 0));
    }
}
