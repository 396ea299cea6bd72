//! A mapping of the file, read key by key.

mod secret;

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::asked;
use super::node::{Entry, Node, NodeKind};
use super::problem::{Log, Position, Problem};
use super::scalar::{self, shown};

/// A mapping whose keys are taken one by one. Keys that nobody asked for are reported when it is dropped.
#[derive(Debug)]
pub struct Section {
    path: String,
    /// The path with `*` and `[]` in place of names and numbers.
    pattern: String,
    position: Option<Position>,
    present: bool,
    scalar: Option<Scalar>,
    entries: Vec<Entry>,
    taken: Vec<Taken>,
    log: Log,
}

/// A key that was asked for, for the place of a later problem with its value.
#[derive(Debug)]
struct Taken {
    key: &'static str,
    position: Option<Position>,
    /// The flag the value came from.
    origin: Option<String>,
}

/// A scalar with its place.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its text.
    pub text: String,
    path: String,
    position: Option<Position>,
    log: Log,
}

impl Item {
    /// Reports something wrong with it.
    pub fn problem(&self, message: impl Display) {
        self.log.report(self.position, &self.path, message.to_string());
    }

    /// Something to be said of it that does not make the file unusable.
    pub fn remark(&self, message: impl Display) -> Problem {
        self.log.remark(self.position, &self.path, message.to_string())
    }
}

#[derive(Debug, Clone)]
struct Scalar {
    text: String,
    position: Option<Position>,
    /// The flag it came from.
    origin: Option<String>,
}

impl Section {
    pub(super) fn root(node: Node, log: Log) -> Self {
        Self::new(node, (String::new(), String::new()), log, false)
    }

    fn new(node: Node, (path, pattern): (String, String), log: Log, scalar_allowed: bool) -> Self {
        let Node { position, kind } = node;
        let mut section =
            Self { path, pattern, position, present: true, scalar: None, entries: Vec::new(), taken: Vec::new(), log };
        match kind {
            NodeKind::Null => section.present = false,
            NodeKind::Mapping(entries) => section.entries = entries,
            NodeKind::Scalar { text, origin } if scalar_allowed => {
                section.scalar = Some(Scalar { text, position, origin });
            }
            // Not shown: where a channel or credentials belong, it may well be the URL or the token itself.
            NodeKind::Scalar { .. } => {
                section.report(position, "expected a mapping (`key: value`), found a plain value")
            }
            NodeKind::Sequence(_) => section.report(position, "expected a mapping (`key: value`), found a list"),
        }
        section
    }

    /// Whether the section is there at all and holds something.
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// The keys down to this section, with dots between.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text, where an item of a list is one scalar instead of a mapping.
    pub fn scalar(&self) -> Option<&str> {
        self.scalar.as_ref().map(|scalar| scalar.text.as_str())
    }

    /// What is set in it and below it, wherever it stands and whoever set it: the same text for the same settings.
    pub fn settings(&self) -> String {
        plain_entries(&self.entries)
    }

    /// Whether this key is there and holds something, good or not; before it is asked for.
    pub fn is_set(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key && entry.value.kind != NodeKind::Null)
    }

    /// A text.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        self.note(key, || "text".to_owned());
        self.take_scalar(key).map(|scalar| scalar.text)
    }

    /// A text that `read` turns into something; `None` from it is a problem that says what was expected.
    pub fn parse<T>(&mut self, key: &'static str, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.note(key, || expected.to_owned());
        self.parse_noted(key, expected, read)
    }

    fn parse_noted<T>(&mut self, key: &'static str, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let scalar = self.take_scalar(key)?;
        let value = read(&scalar.text);
        if value.is_none() {
            self.wrong(key, &scalar, &format!("expected {expected}"));
        }
        value
    }

    /// A number within bounds, both included.
    pub fn number<T: FromStr + PartialOrd + Display>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        self.parse(key, &expected, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.parse(key, "`true` or `false`", scalar::flag)
    }

    /// A duration within bounds, both included: `500ms`, `5s`, `1h30m`, `7d`.
    pub fn duration(&mut self, key: &'static str, range: RangeInclusive<Duration>) -> Option<Duration> {
        let (least, most) = (scalar::words(*range.start()), scalar::words(*range.end()));
        let expected =
            format!("a duration from `{least}` to `{most}` with its unit, such as `500ms`, `30s` or `1h30m`");
        self.note(key, || format!("a duration from `{least}` to `{most}`"));
        self.parse_noted(key, &expected, |text| scalar::duration(text).filter(|duration| range.contains(duration)))
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(&mut self, key: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        self.note(key, || choices.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", "));
        let scalar = self.take_scalar(key)?;
        let found = choices.iter().find(|(word, _)| *word == scalar.text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
            let hint = scalar::did_you_mean(&scalar.text, choices.iter().map(|(word, _)| *word));
            let message = format!("expected {}, found `{}`{hint}", words.join(", "), shown(&scalar.text));
            self.report_value(key, &scalar, &message);
        }
        found
    }

    /// A list of scalars; a lone scalar is a list of one.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<Item>> {
        self.note(key, || "a list of texts, or one".to_owned());
        let Node { position, kind } = self.take(key)?;
        let path = self.below(key);
        match kind {
            NodeKind::Scalar { text, .. } => Some(vec![self.item(text, path, position)]),
            NodeKind::Sequence(nodes) => Some(
                nodes
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, node)| self.list_item(format!("{path}[{index}]"), node))
                    .collect(),
            ),
            _ => {
                self.log.report(position, &path, "expected a list, found a mapping");
                None
            }
        }
    }

    fn list_item(&self, path: String, node: Node) -> Option<Item> {
        match node.kind {
            NodeKind::Scalar { text, .. } => Some(self.item(text, path, node.position)),
            _ => {
                self.log.report(node.position, &path, "expected a plain value");
                None
            }
        }
    }

    /// A mapping below this one; an empty section where the key is absent.
    pub fn section(&mut self, key: &'static str) -> Section {
        self.note(key, || "a mapping".to_owned());
        let paths = (self.below(key), asked::below(&self.pattern, key));
        let node = self.take(key).unwrap_or(Node { position: self.position, kind: NodeKind::Null });
        Section::new(node, paths, self.log.clone(), false)
    }

    /// As [`section`](Self::section), but one plain value may stand for it: it then has [`Section::scalar`].
    pub fn section_or_value(&mut self, key: &'static str) -> Section {
        self.note(key, || "a mapping, or a plain value".to_owned());
        let paths = (self.below(key), asked::below(&self.pattern, key));
        let node = self.take(key).unwrap_or(Node { position: self.position, kind: NodeKind::Null });
        Section::new(node, paths, self.log.clone(), true)
    }

    /// A mapping from names that the user chose to mappings, in the order of the file.
    pub fn entries(&mut self, key: &'static str) -> Vec<(Item, Section)> {
        self.all_entries(key, false)
    }

    /// As [`entries`](Self::entries), but plain values may stand for mappings: they then have [`Section::scalar`].
    pub fn entries_or_values(&mut self, key: &'static str) -> Vec<(Item, Section)> {
        self.all_entries(key, true)
    }

    fn all_entries(&mut self, key: &'static str, scalar_allowed: bool) -> Vec<(Item, Section)> {
        let values = if scalar_allowed { "mappings or plain values" } else { "mappings" };
        self.note(key, || format!("a mapping from names to {values}"));
        let path = self.below(key);
        let pattern = asked::below(&self.pattern, key) + ".*";
        let Some(node) = self.take(key) else { return Vec::new() };
        match node.kind {
            NodeKind::Mapping(entries) => entries
                .into_iter()
                .map(|Entry { key, position, value }| {
                    let path = format!("{path}.{key}");
                    // An entry without anything below it still has its place.
                    let value = Node { position: value.position.or(position), ..value };
                    let paths = (path.clone(), pattern.clone());
                    let section = Section::new(value, paths, self.log.clone(), scalar_allowed);
                    (self.item(key, path, position), section)
                })
                .collect(),
            _ => {
                self.log.report(node.position, &path, "expected a mapping from names to settings (`name: setting`)");
                Vec::new()
            }
        }
    }

    /// A mapping from names that the user chose to plain values, in the order of the file.
    pub fn pairs(&mut self, key: &'static str) -> Vec<(Item, Item)> {
        self.note(key, || "a mapping from names to plain values".to_owned());
        let path = self.below(key);
        let Some(node) = self.take(key) else { return Vec::new() };
        let NodeKind::Mapping(entries) = node.kind else {
            self.log.report(node.position, &path, "expected a mapping from names to values");
            return Vec::new();
        };
        entries
            .into_iter()
            .filter_map(|Entry { key, position, value }| {
                let path = format!("{path}.{key}");
                let value = self.list_item(path.clone(), value)?;
                Some((self.item(key, path, position), value))
            })
            .collect()
    }

    /// A list of mappings. An item that is one scalar has [`Section::scalar`].
    pub fn items(&mut self, key: &'static str) -> Vec<Section> {
        self.note(key, || "a list of mappings, or of plain values that stand for them".to_owned());
        let path = self.below(key);
        let pattern = asked::below(&self.pattern, key) + "[]";
        let Some(node) = self.take(key) else { return Vec::new() };
        match node.kind {
            NodeKind::Sequence(nodes) => nodes
                .into_iter()
                .enumerate()
                .map(|(index, node)| {
                    let paths = (format!("{path}[{index}]"), pattern.clone());
                    Section::new(node, paths, self.log.clone(), true)
                })
                .collect(),
            NodeKind::Scalar { .. } => vec![Section::new(node, (path, pattern), self.log.clone(), true)],
            _ => {
                let message = "expected a list, found a mapping; put `- ` before it, or `[…]` around it";
                self.log.report(node.position, &path, message);
                Vec::new()
            }
        }
    }

    /// Leaves the rest unread, where what it may hold depends on a key that is wrong itself.
    pub fn skip_rest(&mut self) {
        self.entries.clear();
    }

    /// Reports something wrong with the value of `key`; at the section itself where the key is absent or empty.
    pub fn problem(&self, key: &str, message: impl Display) {
        let taken = self.taken.iter().rfind(|taken| taken.key == key);
        if let Some(origin) = taken.and_then(|taken| taken.origin.as_deref()) {
            return self.log.report_given(origin, &message.to_string());
        }
        let position = taken.and_then(|taken| taken.position).or(self.position);
        let path = if key.is_empty() { self.path.clone() } else { self.below(key) };
        self.log.report(position, &path, message.to_string());
    }

    /// Something to be said of the value of `key` that does not make the file unusable.
    pub fn remark(&self, key: &str, message: impl Display) -> Problem {
        let taken = self.taken.iter().rfind(|taken| taken.key == key);
        let position = taken.and_then(|taken| taken.position).or(self.position);
        self.log.remark(position, &self.below(key), message.to_string())
    }

    fn item(&self, text: String, path: String, position: Option<Position>) -> Item {
        Item { text, path, position, log: self.log.clone() }
    }

    fn below(&self, key: &str) -> String {
        asked::below(&self.path, key)
    }

    /// For [`keys`](super::keys): this key was asked for.
    fn note(&self, key: &str, expected: impl FnOnce() -> String) {
        self.log.asked().note(&self.pattern, key, expected);
    }

    fn take(&mut self, key: &'static str) -> Option<Node> {
        let found = self.entries.iter().position(|entry| entry.key == key);
        let node = found.map(|index| self.entries.remove(index).value);
        let origin = match node.as_ref().map(|node| &node.kind) {
            Some(NodeKind::Scalar { origin, .. }) => origin.clone(),
            _ => None,
        };
        self.taken.push(Taken { key, position: node.as_ref().and_then(|node| node.position), origin });
        node.filter(|node| node.kind != NodeKind::Null)
    }

    fn take_scalar(&mut self, key: &'static str) -> Option<Scalar> {
        let Node { position, kind } = self.take(key)?;
        match kind {
            NodeKind::Scalar { text, origin } => Some(Scalar { text, position, origin }),
            NodeKind::Mapping(_) => {
                self.log.report(position, &self.below(key), "expected a plain value, found a mapping");
                None
            }
            NodeKind::Sequence(_) => {
                self.log.report(position, &self.below(key), "expected a plain value, found a list");
                None
            }
            NodeKind::Null => None,
        }
    }

    fn wrong(&self, key: &str, scalar: &Scalar, expected: &str) {
        self.report_value(key, scalar, &format!("{expected}, found `{}`", shown(&scalar.text)));
    }

    fn report_value(&self, key: &str, scalar: &Scalar, message: &str) {
        match &scalar.origin {
            Some(origin) => self.log.report_given(origin, message),
            None => self.log.report(scalar.position, &self.below(key), message),
        }
    }

    fn report(&self, position: Option<Position>, message: impl AsRef<str>) {
        self.log.report(position, &self.path, message);
    }
}

fn plain_entries(entries: &[Entry]) -> String {
    let entries: Vec<_> = entries.iter().map(|Entry { key, value, .. }| format!("{key:?}: {}", plain(value))).collect();
    format!("{{{}}}", entries.join(", "))
}

fn plain(node: &Node) -> String {
    match &node.kind {
        NodeKind::Null => "null".to_owned(),
        NodeKind::Scalar { text, .. } => format!("{text:?}"),
        NodeKind::Sequence(nodes) => format!("[{}]", nodes.iter().map(plain).collect::<Vec<_>>().join(", ")),
        NodeKind::Mapping(entries) => plain_entries(entries),
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        for entry in &self.entries {
            let hint = scalar::did_you_mean(&entry.key, self.taken.iter().map(|taken| taken.key));
            self.report(entry.position, format!("unknown key `{}`{hint}", shown(&entry.key)));
        }
    }
}
