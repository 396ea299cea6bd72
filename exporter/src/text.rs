//! Parsing what the kernel writes, without a panic on any input.
//!
//! A parser takes text and gives a value or a [`ParseError`] that names the line; which file it was is added by
//! [`HostFile::parse`](crate::host::HostFile::parse).

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
    pub fn new(line: usize, expected: &'static str, found: &str) -> Self {
        let mut start: String = found.trim().chars().take(FOUND_LIMIT + 1).collect();
        if start.chars().count() > FOUND_LIMIT {
            start.pop();
            start.push('…');
        }
        Self { line, expected, found: start.replace(char::is_control, " ") }
    }
}

/// A line and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// The text without its end of line.
    pub text: &'a str,
}

impl<'a> Line<'a> {
    /// The words between spaces and tabs.
    pub fn words(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.text.split_ascii_whitespace()
    }

    /// What stands before and behind the first `separator`, both trimmed; `None` if the line has none.
    pub fn key_and_value(&self, separator: char) -> Option<(&'a str, &'a str)> {
        let (key, value) = self.text.split_once(separator)?;
        Some((key.trim(), value.trim()))
    }

    /// The error that this line is not what it should be.
    pub fn malformed(&self, expected: &'static str) -> ParseError {
        ParseError::new(self.number, expected, self.text)
    }
}

/// The lines of a text that are not blank.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines()
        .enumerate()
        .map(|(index, text)| Line { number: index + 1, text })
        .filter(|line| !line.text.trim().is_empty())
}

/// The bytes meant by `123 kB`, or by `123` alone. The kernel's `kB` is 1024 bytes.
///
/// `None` for any other unit, for what is not a whole number, and for more than 2^64 bytes.
pub fn bytes(value: &str) -> Option<u64> {
    let mut words = value.split_ascii_whitespace();
    let amount = words.next()?.parse::<u64>().ok()?;
    match (words.next(), words.next()) {
        (None, _) => Some(amount),
        (Some("kB"), None) => amount.checked_mul(1024),
        _ => None,
    }
}

/// The one number of a file such as `topology/core_id`.
///
/// # Errors
///
/// Anything but one whole number of at most 64 bits.
pub fn number(text: &str) -> Result<u64, ParseError> {
    text.trim().parse().map_err(|_| ParseError::new(1, "a whole number", text))
}

/// The highest CPU number taken seriously: eight times what the kernel can be built for.
const HIGHEST_CPU: u32 = 65_535;

/// The CPUs of a list such as `0-2,5`, in its order; an empty list is none.
///
/// # Errors
///
/// What is not such a list, a range that runs backwards, and CPU numbers above 65535.
pub fn cpu_list(text: &str) -> Result<Vec<u32>, ParseError> {
    let malformed = || ParseError::new(1, "a list of CPUs such as `0-2,5`", text);
    let cpu = |word: &str| word.parse::<u32>().ok().filter(|cpu| *cpu <= HIGHEST_CPU).ok_or_else(malformed);
    let mut cpus = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
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
        let numbered: Vec<_> = lines("a 1\n\n \nb\t2").map(|line| (line.number, line.text)).collect();
        assert_eq!(numbered, [(1, "a 1"), (4, "b\t2")]);
    }

    #[test]
    fn an_error_repeats_only_the_beginning_of_what_it_found_and_on_one_line() {
        let error = ParseError::new(3, "less", &format!("a\nb{}", "数".repeat(200)));
        assert_eq!(error, ParseError { line: 3, expected: "less", found: format!("a b{}…", "数".repeat(77)) });
    }

    #[test]
    fn only_kilobytes_and_plain_numbers_are_bytes() {
        let values = ["0 kB", "7 kB", "7", "", "kB", "7 MB", "7 kB x", "-1 kB", "18446744073709551615 kB"];
        assert_eq!(values.map(bytes), [Some(0), Some(7168), Some(7), None, None, None, None, None, None]);
    }

    #[test]
    fn a_cpu_list_is_ranges_and_numbers() {
        assert_eq!(cpu_list("\n"), Ok(vec![]));
        assert_eq!(cpu_list("0-2,5\n"), Ok(vec![0, 1, 2, 5]));
        for bad in ["5-2", "a", "1-", "-1", "0-4294967295", "99999999999", &"0-65535,".repeat(50)] {
            assert!(cpu_list(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = (bytes(&text), number(&text), cpu_list(&text));
            for line in lines(&text) {
                let _ = (line.words().count(), line.key_and_value(':'), line.malformed("nothing"));
            }
        }

        #[test]
        fn a_cpu_list_that_was_written_is_read_back(ranges in prop::collection::vec((0_u32..1000, 0_u32..20), 0..20)) {
            let text: Vec<_> = ranges.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect();
            let cpus: Vec<_> = ranges.iter().flat_map(|(first, more)| *first..=first + more).collect();
            prop_assert_eq!(cpu_list(&text.join(",")), Ok(cpus));
        }

        #[test]
        fn kilobytes_are_1024_bytes(amount in 0..=u64::MAX / 1024) {
            prop_assert_eq!(bytes(&format!("{amount:10} kB")), Some(amount * 1024));
        }

        #[test]
        fn no_word_of_a_text_is_lost(text in "[ a-z0-9:\t\n]{0,200}") {
            let words: Vec<_> = lines(&text).flat_map(|line| line.words().collect::<Vec<_>>()).collect();
            prop_assert_eq!(words, text.split_ascii_whitespace().collect::<Vec<_>>());
        }
    }
}
