//! Regular expressions of a probe.

use regex_lite::Regex;
use seamark_kit::config::{Item, Section};

/// A regular expression that may match anywhere in a text.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Pattern {
    /// Reads a list of them; a lone one is a list of one.
    pub fn list(section: &mut Section, key: &'static str) -> Vec<Self> {
        section.texts(key).unwrap_or_default().iter().filter_map(Self::read).collect()
    }

    /// Reads one.
    pub fn one(section: &mut Section, key: &'static str) -> Option<Self> {
        let text = section.text(key)?;
        Regex::new(&text)
            .map_err(|error| section.problem(key, format!("`{text}` is no regular expression: {error}")))
            .ok()
            .map(Self)
    }

    fn read(item: &Item) -> Option<Self> {
        Regex::new(&item.text)
            .map_err(|error| item.problem(format!("`{}` is no regular expression: {error}", item.text)))
            .ok()
            .map(Self)
    }

    /// Whether it matches.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// `send` with `${1}` and the like replaced by what the groups matched; `None` where it does not match.
    pub fn answer(&self, text: &str, send: &str) -> Option<String> {
        let mut answer = String::new();
        self.0.captures(text)?.expand(send, &mut answer);
        Some(answer)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
