//! Parsing what the kernel writes, without a panic on any input.
//!
//! A parser takes bytes, since names of mounts, devices and processes may be any bytes, and gives a value or a
//! [`ParseError`] that names the line; which file it was is added by [`HostFile::parse`](crate::host::HostFile::parse).

use std::borrow::Cow;
use std::str::{self, FromStr};

/// A line that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Counted from 1.
    pub line: usize,
    /// What should have been there, to be read after the word "expected".
    pub expected: &'static str,
    /// What was there instead, shortened; empty where nothing was.
    pub found: String,
}

/// Longest piece of a foreign text repeated in an error, in characters.
const FOUND_LIMIT: usize = 80;

impl ParseError {
    /// Keeps the beginning of `found`, on one line.
    pub fn new(line: usize, expected: &'static str, found: &[u8]) -> Self {
        // No character has more than four bytes.
        let start = found.trim_ascii();
        let start = String::from_utf8_lossy(start.get(..FOUND_LIMIT * 4 + 4).unwrap_or(start));
        let mut kept: String = start.chars().take(FOUND_LIMIT + 1).collect();
        if kept.chars().count() > FOUND_LIMIT {
            kept.pop();
            kept.push('…');
        }
        Self { line, expected, found: kept.replace(char::is_control, " ") }
    }
}

/// A line and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// The line without its end.
    pub bytes: &'a [u8],
}

impl<'a> Line<'a> {
    /// The words between spaces and tabs.
    pub fn words(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        words(self.bytes)
    }

    /// What stands before and behind the first `separator`, both trimmed; `None` if the line has none.
    pub fn key_and_value(&self, separator: u8) -> Option<(&'a [u8], &'a [u8])> {
        let (key, value) = split_once(self.bytes, separator)?;
        Some((key.trim_ascii(), value.trim_ascii()))
    }

    /// The error that this line is not what it should be.
    pub fn malformed(&self, expected: &'static str) -> ParseError {
        ParseError::new(self.number, expected, self.bytes)
    }
}

/// The lines of a text that are not blank.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    text.split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, bytes)| Line { number: index + 1, bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes) })
        .filter(|line| !line.bytes.trim_ascii().is_empty())
}

/// The words between white space.
pub fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// What stands before and behind the first `separator`.
pub fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// A word as a number, or as anything else that can be read from text.
pub fn parse<T: FromStr>(word: &[u8]) -> Option<T> {
    str::from_utf8(word).ok()?.parse().ok()
}

/// A word as a number with a fraction. `nan` and `inf` are numbers to Rust, but not to the kernel.
pub fn float(word: &[u8]) -> Option<f64> {
    parse::<f64>(word).filter(|number| number.is_finite())
}

/// A word as a hexadecimal number, with or without `0x`.
pub fn hex(word: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(word.strip_prefix(b"0x").unwrap_or(word)).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

/// Bytes as the value of a label; what is not UTF-8 is replaced, bytes in a row by one character, as node_exporter does.
pub fn label(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut label = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        // Without valid text before it, what is invalid goes on where the last chunk ended.
        let is_new = label.is_empty() || !chunk.valid().is_empty();
        label.push_str(chunk.valid());
        if is_new && !chunk.invalid().is_empty() {
            label.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Cow::Owned(label)
}

/// The number in a name such as `thermal_zone0`, as it is written there; `None` for any other name.
pub fn numbered<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let number = name.strip_prefix(prefix)?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// The bytes meant by `123 kB`, or by `123` alone. The kernel's `kB` is 1024 bytes.
///
/// `None` for any other unit, for what is not a whole number, and for more than 2^64 bytes.
pub fn bytes(value: &[u8]) -> Option<u64> {
    let mut words = words(value);
    let amount = parse::<u64>(words.next()?)?;
    match (words.next(), words.next()) {
        (None, _) => Some(amount),
        (Some(b"kB"), None) => amount.checked_mul(1024),
        _ => None,
    }
}

/// The one number of a file such as `topology/core_id`.
///
/// # Errors
///
/// Anything but one whole number of at most 64 bits.
pub fn number(text: &[u8]) -> Result<u64, ParseError> {
    parse(text.trim_ascii()).ok_or_else(|| ParseError::new(1, "a whole number", text))
}

/// The one number, perhaps below zero, of a file such as `temp1_input`.
///
/// # Errors
///
/// Anything but one whole number of at most 64 bits with its sign.
pub fn signed(text: &[u8]) -> Result<i64, ParseError> {
    parse(text.trim_ascii()).ok_or_else(|| ParseError::new(1, "a whole number, perhaps below zero", text))
}

/// The highest CPU number taken seriously: eight times what the kernel can be built for.
const HIGHEST_CPU: u32 = 65_535;

/// The CPUs of a list such as `0-2,5`, in its order; an empty list is none.
///
/// # Errors
///
/// What is not such a list, a range that runs backwards, and CPU numbers above 65535.
pub fn cpu_list(text: &[u8]) -> Result<Vec<u32>, ParseError> {
    let malformed = || ParseError::new(1, "a list of CPUs such as `0-2,5`", text);
    let cpu = |word: &[u8]| parse::<u32>(word).filter(|cpu| *cpu <= HIGHEST_CPU).ok_or_else(malformed);
    let mut cpus = Vec::new();
    for part in text.trim_ascii().split(|byte| *byte == b',').filter(|part| !part.is_empty()) {
        let (first, last) = split_once(part, b'-').unwrap_or((part, part));
        let (first, last) = (cpu(first)?, cpu(last)?);
        if first > last {
            return Err(malformed());
        }
        cpus.extend(first..=last);
        // Ranges may overlap; without this a short text asks for gigabytes.
        if cpus.len() > HIGHEST_CPU as usize + 1 {
            return Err(malformed());
        }
    }
    Ok(cpus)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_numbered_with_the_blank_ones_counted() {
        let numbered: Vec<_> = lines(b"a 1\n\n \nb\t2\r\n").map(|line| (line.number, line.bytes)).collect();
        assert_eq!(numbered, [(1, b"a 1".as_slice()), (4, b"b\t2")]);
    }

    #[test]
    fn an_error_repeats_only_the_beginning_of_what_it_found_and_on_one_line() {
        let error = ParseError::new(3, "less", format!("a\nb{}", "数".repeat(200)).as_bytes());
        assert_eq!(error, ParseError { line: 3, expected: "less", found: format!("a b{}…", "数".repeat(77)) });
        assert_eq!(ParseError::new(1, "text", b" \xFF\n").found, "\u{FFFD}");
    }

    #[test]
    fn only_kilobytes_and_plain_numbers_are_bytes() {
        let values = ["0 kB", "7 kB", "7", "", "kB", "7 MB", "7 kB x", "-1 kB", "18446744073709551615 kB"];
        let read = values.map(|value| bytes(value.as_bytes()));
        assert_eq!(read, [Some(0), Some(7168), Some(7), None, None, None, None, None, None]);
    }

    #[test]
    fn a_number_is_read_in_the_way_that_was_asked_for() {
        assert_eq!((hex(b"0x1f"), hex(b"1f"), hex(b"0x"), hex(b"g")), (Some(31), Some(31), None, None));
        assert_eq!((float(b"1.5"), float(b"nan"), float(b"inf"), float(b"1e999")), (Some(1.5), None, None, None));
        assert_eq!((signed(b"-5\n"), number(b" 7\n")), (Ok(-5), Ok(7)));
        assert!(signed(b"").is_err() && number(b"-5").is_err() && number(b"\xFF").is_err());
    }

    #[test]
    fn bytes_in_a_row_that_are_no_text_are_one_odd_character() {
        assert_eq!(label(b"plain"), "plain");
        assert_eq!(label(b"\xFF\xFEa\xC3\xFF b\xC3\xA4"), "\u{FFFD}a\u{FFFD} b\u{E4}");
    }

    #[test]
    fn a_numbered_name_has_its_prefix_and_digits_only() {
        let names = ["cpu0", "cpu12", "cpu", "cpufreq", "cpu1x", "mcpu1"];
        assert_eq!(names.map(|name| numbered(name, "cpu")), [Some("0"), Some("12"), None, None, None, None]);
    }

    #[test]
    fn a_cpu_list_is_ranges_and_numbers() {
        assert_eq!(cpu_list(b"\n"), Ok(vec![]));
        assert_eq!(cpu_list(b"0-2,5\n"), Ok(vec![0, 1, 2, 5]));
        for bad in ["5-2", "a", "1-", "-1", "0-4294967295", "99999999999", &"0-65535,".repeat(50)] {
            assert!(cpu_list(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_parser_panic(text in any::<Vec<u8>>()) {
            let _ = (bytes(&text), number(&text), signed(&text), cpu_list(&text), hex(&text), float(&text), label(&text));
            for line in lines(&text) {
                let _ = (line.words().count(), line.key_and_value(b':'), line.malformed("nothing"));
            }
        }

        #[test]
        fn a_cpu_list_that_was_written_is_read_back(ranges in prop::collection::vec((0_u32..1000, 0_u32..20), 0..20)) {
            let text: Vec<_> = ranges.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect();
            let cpus: Vec<_> = ranges.iter().flat_map(|(first, more)| *first..=first + more).collect();
            prop_assert_eq!(cpu_list(text.join(",").as_bytes()), Ok(cpus));
        }

        #[test]
        fn kilobytes_are_1024_bytes(amount in 0..=u64::MAX / 1024) {
            prop_assert_eq!(bytes(format!("{amount:10} kB").as_bytes()), Some(amount * 1024));
        }

        #[test]
        fn no_word_of_a_text_is_lost(text in "[ a-z0-9:\t\n]{0,200}") {
            let words: Vec<_> = lines(text.as_bytes()).flat_map(|line| line.words().collect::<Vec<_>>()).collect();
            let expected: Vec<_> = text.split_ascii_whitespace().map(str::as_bytes).collect();
            prop_assert_eq!(words, expected);
        }
    }
}
