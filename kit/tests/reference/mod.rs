//! What the references of configurations are made of: the keys that a program asks for, beside a table with what the code
//! cannot say. Shared by the tests of both programs.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use seamark_kit::config::Asked;

/// A key as the code asks for it.
#[derive(Debug, Default)]
pub struct Key {
    /// What it may hold; more than one thing where it stands for several.
    pub expected: Vec<String>,
    /// The samples that have it.
    pub of: BTreeSet<String>,
}

/// The keys of several samples, in the order in which they are asked for.
#[derive(Debug, Default)]
pub struct Keys {
    pub order: Vec<String>,
    pub keys: BTreeMap<String, Key>,
}

impl Keys {
    pub fn add(&mut self, sample: &str, asked: Vec<Asked>) {
        for Asked { path, expected } in asked {
            if !self.order.contains(&path) {
                self.order.push(path.clone());
            }
            let key = self.keys.entry(path).or_default();
            if !key.expected.contains(&expected) {
                key.expected.push(expected);
            }
            key.of.insert(sample.to_owned());
        }
    }
}

/// A line of the table: what the code cannot say of a key.
#[derive(Debug)]
pub struct Told {
    pub default: String,
    pub takes_effect: String,
    pub since: String,
    pub text: String,
    /// Instead of what the code expects, where that is no more than "text".
    pub expected: Option<String>,
}

/// `PATH | DEFAULT | TAKES EFFECT | SINCE | [= EXPECTED =] TEXT`, a line each; `#` begins a comment.
pub fn table(text: &str) -> BTreeMap<String, Told> {
    let mut table = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<_> = line.splitn(5, " | ").collect();
        let [path, default, takes_effect, since, text] = parts[..] else { panic!("not five parts: {line}") };
        let (expected, text) = match text.strip_prefix("= ").and_then(|rest| rest.split_once(" = ")) {
            Some((expected, text)) => (Some(expected.to_owned()), text),
            None => (None, text),
        };
        assert!(["reload", "restart", "–"].contains(&takes_effect), "{line}");
        let told = Told {
            default: default.to_owned(),
            takes_effect: takes_effect.to_owned(),
            since: since.to_owned(),
            text: text.to_owned(),
            expected,
        };
        assert!(table.insert(path.to_owned(), told).is_none(), "twice in the table: {path}");
    }
    table
}

/// The keys without a line, and the lines without a key; both are faults.
pub fn differences(keys: &Keys, table: &BTreeMap<String, Told>) -> Vec<String> {
    let missing =
        keys.order.iter().filter(|path| !table.contains_key(*path)).map(|path| format!("not told of: {path}"));
    let nowhere = table.keys().filter(|path| !keys.keys.contains_key(*path)).map(|path| format!("no such key: {path}"));
    missing.chain(nowhere).collect()
}

/// A row for each key, below a heading for each key at the top that has others below it.
pub fn rows(keys: &Keys, table: &BTreeMap<String, Told>, of: impl Fn(&str, &Key) -> Option<String>) -> String {
    let mut sections: Vec<(String, String)> = Vec::new();
    for path in &keys.order {
        let (Some(key), Some(told)) = (keys.keys.get(path), table.get(path)) else { continue };
        let top = path.split(['.', '[']).next().unwrap();
        let has_more =
            keys.order.iter().any(|other| other.starts_with(top) && other[top.len()..].starts_with(['.', '[']));
        let heading = if has_more { format!("`{top}`") } else { "At the top".to_owned() };
        if !sections.iter().any(|(other, _)| *other == heading) {
            sections.push((heading.clone(), String::new()));
        }
        let (_, rows) = sections.iter_mut().find(|(other, _)| *other == heading).unwrap();
        let expected = told.expected.clone().unwrap_or_else(|| key.expected.join("; or "));
        let kinds = of(path, key).map(|kinds| format!("({kinds}) ")).unwrap_or_default();
        let (expected, default) = (cell(&expected), cell(&told.default));
        let text = format!("{kinds}{}", cell(&told.text));
        writeln!(rows, "| `{path}` | {expected} | {default} | {} | {} | {text} |", told.takes_effect, told.since)
            .unwrap();
    }
    let head = "| Key | Holds | Default | Takes effect | Since | |\n| --- | --- | --- | --- | --- | --- |\n";
    sections.iter().fold(String::new(), |page, (heading, rows)| format!("{page}\n## {heading}\n\n{head}{rows}"))
}

/// A text as a cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Holds a page to what it has to be, or with `UPDATE` in the environment writes it.
pub fn hold(path: &str, text: &str) {
    let file = repository(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    } else {
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(committed == text, "{path} is not what the code says; `make reference` writes it");
    }
}

/// The words that the code hands to the functions that read a key, in all sources below a folder.
pub fn words_in_source(folder: &str) -> BTreeMap<String, String> {
    let readers = [
        "text",
        "parse",
        "number",
        "flag",
        "duration",
        "one_of",
        "texts",
        "section",
        "section_or_value",
        "entries",
        "entries_or_values",
        "pairs",
        "items",
        "secret",
        "secret_and_file",
        "file",
    ];
    let mut words = BTreeMap::new();
    for file in sources(&repository(folder)) {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        // Others have functions of these names as well.
        if !code.contains("Section") {
            continue;
        }
        for reader in readers {
            for (place, found) in code.match_indices(&format!(".{reader}(")) {
                // Of a section, and not of a folder of the kernel's.
                if code[..place].ends_with("self") {
                    continue;
                }
                let rest = code[place + found.len()..].trim_start();
                if let Some((word, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                    let is_key = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                    if is_key {
                        words.insert(word.to_owned(), file.display().to_string());
                    }
                }
            }
        }
    }
    words
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push(path);
        }
    }
    all
}

/// The flags of a command line and their variables, without those of help and version.
pub fn flags(command: &mut clap::Command, variables: &str) -> String {
    command.build();
    let mut page = String::from("| Flag | Variable | Default | |\n| --- | --- | --- | --- |\n");
    for flag in command.get_arguments().filter(|flag| flag.get_long().is_some() && !flag.is_hide_set()) {
        let long = flag.get_long().unwrap();
        if ["help", "version"].contains(&long) {
            continue;
        }
        let value = if flag.get_action().takes_values() {
            flag.get_value_names().and_then(|names| names.first()).map(|name| format!(" {name}")).unwrap_or_default()
        } else {
            String::new()
        };
        let defaults: Vec<_> = flag.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = if flag.get_action().takes_values() { defaults.join(", ") } else { String::new() };
        let variable = flag.get_env().map(|name| format!("`{}`", name.to_string_lossy())).unwrap_or_default();
        assert!(variable.is_empty() || variable.starts_with(&format!("`{variables}")), "{variable}");
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        writeln!(page, "| `--{long}{value}` | {variable} | {} | {} |", cell(&default), cell(&help)).unwrap();
    }
    page.push_str("\n| Command | |\n| --- | --- |\n");
    commands(command, "", &mut page);
    page.replace("|  |", "| |").replace("|  |", "| |")
}

fn commands(command: &clap::Command, before: &str, page: &mut String) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
        let name = format!("{before}{}", sub.get_name());
        let own: Vec<_> = sub
            .get_arguments()
            .filter(|argument| {
                !argument.is_global_set() && argument.get_id() != "help" && argument.get_id() != "version"
            })
            .map(|argument| match argument.get_long() {
                Some(long) => format!(" [--{long}]"),
                None => format!(
                    " {}",
                    argument
                        .get_value_names()
                        .and_then(|names| names.first())
                        .map_or(argument.get_id().as_str(), |name| name.as_str())
                ),
            })
            .collect();
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(page, "| `{name}{}` | {} |", own.concat(), cell(&about)).unwrap();
        commands(sub, &format!("{name} "), page);
    }
}
