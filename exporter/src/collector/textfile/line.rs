//! One line of the classic text format.

use std::borrow::Cow;
use std::str;

use seamark_kit::exposition::Kind;

use crate::text::{self, Line, ParseError, label};

/// What a line says.
#[derive(Debug, PartialEq)]
pub(super) enum Told<'a> {
    Blank,
    Comment,
    /// A metric and its help, still escaped.
    Help(&'a str, String),
    Type(&'a str, Kind),
    Sample(Sample<'a>),
}

#[derive(Debug, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) name: &'a str,
    /// Without those that are empty, which are as good as none.
    pub(super) labels: Labels,
    /// The number as it is written.
    pub(super) value: &'a [u8],
}

pub(super) fn read(line: Line<'_>) -> Result<Told<'_>, ParseError> {
    let rest = skip_blanks(line.bytes);
    match rest {
        [] => Ok(Told::Blank),
        [b'#', behind @ ..] => comment(skip_blanks(behind), line),
        _ => sample(rest, line).map(Told::Sample),
    }
}

/// A number as Go's programs read it: not too large, not hexadecimal, and `NaN` and `+Inf` are numbers.
pub(super) fn number(word: &[u8]) -> Option<f64> {
    let number = text::parse::<f64>(word)?;
    let infinity = word.iter().any(|byte| byte.eq_ignore_ascii_case(&b'i'));
    (number.is_finite() || number.is_nan() || infinity).then_some(number)
}

fn comment<'a>(rest: &'a [u8], line: Line<'_>) -> Result<Told<'a>, ParseError> {
    let (keyword, rest) = word(rest);
    if !matches!(keyword, b"HELP" | b"TYPE") || skip_blanks(rest).is_empty() {
        return Ok(Told::Comment);
    }
    let (name, rest) = name(skip_blanks(rest), line)?;
    if !rest.first().is_none_or(is_blank) {
        return Err(line.malformed("the name of a metric"));
    }
    let rest = skip_blanks(rest);
    match keyword {
        _ if rest.is_empty() => Ok(Told::Comment),
        b"HELP" => Ok(Told::Help(name, help(rest, line)?)),
        _ => Ok(Told::Type(name, kind(rest, line)?)),
    }
}

fn help(text: &[u8], line: Line<'_>) -> Result<String, ParseError> {
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'\\' && !matches!(bytes.next(), Some(b'\\' | b'n')) {
            return Err(line.malformed("only `\\\\` and `\\n` behind a backslash"));
        }
    }
    Ok(label(text).into_owned())
}

fn kind(text: &[u8], line: Line<'_>) -> Result<Kind, ParseError> {
    const KINDS: [(&str, Kind); 5] = [
        ("counter", Kind::Counter),
        ("gauge", Kind::Gauge),
        ("histogram", Kind::Histogram),
        ("summary", Kind::Summary),
        ("untyped", Kind::Untyped),
    ];
    let kind = KINDS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()));
    let expected = "`counter`, `gauge`, `histogram`, `summary` or `untyped`";
    kind.map(|(_, kind)| *kind).ok_or_else(|| line.malformed(expected))
}

fn sample<'a>(rest: &'a [u8], line: Line<'_>) -> Result<Sample<'a>, ParseError> {
    let (name, rest) = name(rest, line)?;
    let (labels, rest) = match skip_blanks(rest) {
        [b'{', behind @ ..] => labels(behind, line)?,
        behind if rest.first().is_none_or(is_blank) => (Labels::new(), behind),
        _ => return Err(line.malformed("a space behind the name of the metric")),
    };
    let (value, rest) = word(skip_blanks(rest));
    if !rest.is_empty() {
        let time = text::parse::<i64>(skip_blanks(rest)).is_some();
        let expected =
            if time { "no time behind the number: it is that of the scrape" } else { "nothing behind the number" };
        return Err(line.malformed(expected));
    }
    Ok(Sample { name, labels, value })
}

/// Names and values in the order of the line.
pub(super) type Labels = Vec<(Cow<'static, str>, String)>;

const LABELS: &str = "labels such as `{name=\"value\"}`";

fn labels<'a>(mut rest: &'a [u8], line: Line<'_>) -> Result<(Labels, &'a [u8]), ParseError> {
    let mut labels = Labels::new();
    loop {
        rest = skip_blanks(rest);
        if let [b'}', behind @ ..] = rest {
            labels.retain(|(_, value)| !value.is_empty());
            return Ok((labels, behind));
        }
        let (name, behind) = take_while(rest, |index, byte| is_name(index, byte) && byte != b':');
        if name.is_empty() {
            return Err(line.malformed(LABELS));
        }
        if name == "__name__" {
            return Err(line.malformed("a label name that is not reserved"));
        }
        if labels.iter().any(|(known, _)| known == name) {
            return Err(line.malformed("each label once"));
        }
        let Some(behind) = skip_blanks(behind).strip_prefix(b"=") else { return Err(line.malformed(LABELS)) };
        let Some(behind) = skip_blanks(behind).strip_prefix(b"\"") else { return Err(line.malformed(LABELS)) };
        let (value, behind) = label_value(behind, line)?;
        labels.push((Cow::Owned(name.to_owned()), value));
        rest = match skip_blanks(behind) {
            [b',', behind @ ..] => behind,
            behind @ [b'}', ..] => behind,
            _ => return Err(line.malformed(LABELS)),
        };
    }
}

/// The text up to the closing quotation mark, and what is behind that.
fn label_value<'a>(text: &'a [u8], line: Line<'_>) -> Result<(String, &'a [u8]), ParseError> {
    let mut value = Vec::new();
    let mut rest = text;
    loop {
        let (byte, behind) = match rest {
            [b'"', behind @ ..] => {
                let value = String::from_utf8(value).map_err(|_| line.malformed("a label value in UTF-8"))?;
                return Ok((value, behind));
            }
            [b'\\', b'n', behind @ ..] => (b'\n', behind),
            [b'\\', byte @ (b'\\' | b'"'), behind @ ..] => (*byte, behind),
            [b'\\', ..] => return Err(line.malformed("only `\\\\`, `\\\"` and `\\n` behind a backslash")),
            [byte, behind @ ..] => (*byte, behind),
            [] => return Err(line.malformed(LABELS)),
        };
        value.push(byte);
        rest = behind;
    }
}

fn name<'a>(text: &'a [u8], line: Line<'_>) -> Result<(&'a str, &'a [u8]), ParseError> {
    let (name, rest) = take_while(text, is_name);
    if name.is_empty() { Err(line.malformed("the name of a metric")) } else { Ok((name, rest)) }
}

fn is_name(index: usize, byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || (index > 0 && byte.is_ascii_digit())
}

fn take_while(text: &[u8], belongs: impl Fn(usize, u8) -> bool) -> (&str, &[u8]) {
    let end = text.iter().enumerate().position(|(index, byte)| !belongs(index, *byte)).unwrap_or(text.len());
    let (taken, rest) = text.split_at_checked(end).unwrap_or_default();
    // What belongs is ASCII.
    (str::from_utf8(taken).unwrap_or_default(), rest)
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(is_blank).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
