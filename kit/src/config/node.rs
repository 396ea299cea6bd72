//! A YAML text as a tree that keeps positions and the text of its scalars.

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::problem::Position;

/// Deep enough for any configuration, and small enough for any stack.
const MAX_DEPTH: usize = 64;
/// Aliases multiply; a file of a few lines could otherwise fill the memory.
const MAX_NODES: usize = 100_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Absent for what came from a flag.
    pub(super) position: Option<Position>,
    pub(super) kind: NodeKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum NodeKind {
    /// Nothing, `~` or `null`: as if the key were not there.
    Null,
    /// Its text as written, without quotes. `origin` is the flag it came from.
    Scalar {
        text: String,
        origin: Option<String>,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key stands.
    pub(super) position: Option<Position>,
    pub(super) value: Node,
}

/// Why a text is no usable YAML.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) position: Position,
    pub(super) message: String,
}

/// A tree, and the places of keys that stand twice in one mapping.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Node,
    pub(super) duplicates: Vec<(Option<Position>, String)>,
}

/// Parses one document. An empty text is an empty tree.
pub(super) fn parse(text: &str) -> Result<Parsed, Fault> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        let (event, span) = event.map_err(|error| Fault {
            position: Position { line: error.marker().line(), column: error.marker().col() + 1 },
            message: format!("this is no valid YAML: {}", lower_first(error.kind().to_string())),
        })?;
        builder.take(event, &span)?;
    }
    let root = builder.root.unwrap_or(Node { position: None, kind: NodeKind::Null });
    Ok(Parsed { root, duplicates: builder.duplicates })
}

fn lower_first(text: String) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// A collection whose end has not come yet.
struct Open {
    anchor: usize,
    node: Node,
    /// The key whose value comes next.
    key: Option<(String, Option<Position>)>,
}

#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: Vec<(usize, Node)>,
    duplicates: Vec<(Option<Position>, String)>,
    nodes: usize,
    documents: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Fault> {
        let position = Position { line: span.start.line(), column: span.start.col() + 1 };
        let fault = |message: &str| Err(Fault { position, message: message.to_owned() });
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return fault("a second document (`---`) is not read; keep everything in the first");
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = matches!(style, ScalarStyle::Plain);
                let kind = match text.as_ref() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => NodeKind::Null,
                    text => NodeKind::Scalar { text: text.to_owned(), origin: None },
                };
                return self.finish(Node { position: Some(position), kind }, anchor, position);
            }
            Event::SequenceStart(_, anchor, _) => self.start(NodeKind::Sequence(Vec::new()), anchor, position)?,
            Event::MappingStart(_, anchor, _) => self.start(NodeKind::Mapping(Vec::new()), anchor, position)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { anchor, node, .. }) = self.open.pop() {
                    return self.finish(node, anchor, position);
                }
            }
            Event::Alias(id) => match self.anchors.iter().rfind(|(anchor, _)| *anchor == id) {
                Some((_, node)) => {
                    let node = Node { position: Some(position), kind: node.kind.clone() };
                    self.nodes += count(&node);
                    return self.finish(node, 0, position);
                }
                None => return fault("this alias points to a value that has not ended yet"),
            },
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, kind: NodeKind, anchor: usize, position: Position) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault { position, message: format!("nested more than {MAX_DEPTH} levels deep") });
        }
        self.open.push(Open { anchor, node: Node { position: Some(position), kind }, key: None });
        Ok(())
    }

    /// Puts a whole node where it belongs: into the collection that is open, or at the root.
    fn finish(&mut self, node: Node, anchor: usize, position: Position) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Fault { position, message: format!("more than {MAX_NODES} values, aliases counted") });
        }
        if anchor != 0 {
            self.anchors.push((anchor, node.clone()));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.kind, open.key.take()) {
            (NodeKind::Mapping(entries), Some((key, position))) => {
                if entries.iter().any(|entry| entry.key == key) {
                    self.duplicates.push((position, key));
                } else {
                    entries.push(Entry { key, position, value: node });
                }
            }
            (NodeKind::Mapping(_), None) => match node.kind {
                NodeKind::Scalar { text, .. } => open.key = Some((text, node.position)),
                NodeKind::Null => open.key = Some((String::new(), node.position)),
                _ => return Err(Fault { position, message: "a key has to be a plain word".to_owned() }),
            },
            (NodeKind::Sequence(items), _) => items.push(node),
            _ => {}
        }
        Ok(())
    }
}

fn count(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Null | NodeKind::Scalar { .. } => 1,
        NodeKind::Sequence(items) => 1 + items.iter().map(count).sum::<usize>(),
        NodeKind::Mapping(entries) => 1 + entries.iter().map(|entry| count(&entry.value)).sum::<usize>(),
    }
}

impl Node {
    /// Puts a value at the end of a path of keys, making mappings on the way. What stands in the way is replaced.
    pub(super) fn set(&mut self, path: &[String], value: &str, origin: &str) {
        let Some((key, rest)) = path.split_first() else {
            self.position = None;
            self.kind = NodeKind::Scalar { text: value.to_owned(), origin: Some(origin.to_owned()) };
            return;
        };
        if !matches!(self.kind, NodeKind::Mapping(_)) {
            self.kind = NodeKind::Mapping(Vec::new());
        }
        let NodeKind::Mapping(entries) = &mut self.kind else { return };
        if !entries.iter().any(|entry| entry.key == *key) {
            let value = Node { position: None, kind: NodeKind::Null };
            entries.push(Entry { key: key.clone(), position: None, value });
        }
        if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *key) {
            entry.value.set(rest, value, origin);
        }
    }
}
