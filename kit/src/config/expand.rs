//! `${VARIABLE}` and `${VARIABLE:-default}` in the scalars of a file.
//!
//! Expansion comes after parsing, so that no value of a variable can change the structure of the file. `$${` is a
//! plain `${`. The words are those of compose files, which people edit beside ours. Where `VARIABLE` is not set or empty,
//! `VARIABLE_FILE` may name a file with the value in it, as images have it: so a secret need not be in the environment.

use std::collections::BTreeMap;

use super::node::{Node, NodeKind};
use super::problem::Log;
use super::scalar::shown;

/// Where variables are looked up.
#[derive(Debug, Clone)]
pub struct Environment(Lookup);

#[derive(Debug, Clone)]
enum Lookup {
    Process,
    Fixed(BTreeMap<String, String>),
    Literal,
}

impl Environment {
    /// The variables of the process.
    pub fn process() -> Self {
        Self(Lookup::Process)
    }

    /// No expansion: `${` is two characters. For files whose format is not ours.
    pub fn literal() -> Self {
        Self(Lookup::Literal)
    }

    /// These variables and no others.
    pub fn fixed<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(Lookup::Fixed(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()))
    }

    fn get(&self, name: &str) -> Option<String> {
        match &self.0 {
            Lookup::Fixed(variables) => variables.get(name).cloned(),
            Lookup::Process => std::env::var(name).ok(),
            Lookup::Literal => None,
        }
    }

    /// The variable, or else what is in the file that its namesake `…_FILE` names. An empty file is not set, either.
    fn value(&self, name: &str) -> Result<Option<String>, String> {
        let given = self.get(name);
        let file = self.get(&format!("{name}_FILE")).filter(|file| !file.is_empty());
        match file {
            Some(file) if given.as_deref().unwrap_or_default().is_empty() => match std::fs::read_to_string(&file) {
                Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()).or(given)),
                Err(error) => {
                    Err(format!("`{name}_FILE` names a file that cannot be read: `{}`: {error}", shown(&file)))
                }
            },
            _ => Ok(given),
        }
    }
}

/// Expands all scalars below `node`; a variable that is not set and has no default is a problem.
pub(super) fn expand(node: &mut Node, environment: &Environment, log: &Log) {
    if !matches!(environment.0, Lookup::Literal) {
        walk(node, "", environment, log);
    }
}

fn walk(node: &mut Node, path: &str, environment: &Environment, log: &Log) {
    match &mut node.kind {
        NodeKind::Null => {}
        NodeKind::Scalar { text, .. } if text.contains("${") => match expanded(text, environment) {
            Ok(new) => *text = new,
            Err(message) => log.report_unusable(node.position, path, message),
        },
        NodeKind::Scalar { .. } => {}
        NodeKind::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, &format!("{path}[{index}]"), environment, log);
            }
        }
        NodeKind::Mapping(entries) => {
            for entry in entries {
                let below = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                walk(&mut entry.value, &below, environment, log);
            }
        }
    }
}

fn expanded(text: &str, environment: &Environment) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = after;
            continue;
        }
        out.push_str(before);
        let Some((inside, after)) = after.split_once('}') else {
            return Err("`${` without `}`; write `$${` for the two characters themselves".to_owned());
        };
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        if !is_name(name) {
            return Err(format!(
                "`${{{name}}}` is no variable: expected letters, digits and `_`, then `}}` or `:-default}}`"
            ));
        }
        let value = environment.value(name)?.filter(|value| default.is_none() || !value.is_empty());
        match (value, default) {
            (Some(value), _) => out.push_str(&value),
            (None, Some(default)) => out.push_str(default),
            (None, None) => {
                return Err(format!(
                    "the environment variable `{name}` is not set; set it, or give a default: `${{{name}:-…}}`"
                ));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
