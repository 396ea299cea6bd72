//! The servers of a list, or everything that is wrong with it.

use std::collections::HashMap;

use super::address;
use super::columns::Columns;
use super::row::{Field, Row, rows};

/// A name longer than this was none.
const LONGEST_NAME: usize = 200;

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where it stands in the list: `servers.csv:3:1`.
    pub place: String,
    /// The label `instance`.
    pub name: String,
    /// `HOST:PORT`.
    pub target: String,
    /// Name and value of further labels.
    pub labels: Vec<(String, String)>,
}

/// What a list says.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    pub servers: Vec<Server>,
    /// What whoever imports it should know.
    pub notes: Vec<String>,
}

impl List {
    /// Reads a text; `wanted` are columns that become labels.
    pub fn read(file: &str, text: &str, port: u16, wanted: &[String]) -> Result<Self, Vec<String>> {
        let rows = rows(text);
        let Some((header, rows)) = rows.split_first() else {
            return Err(vec![format!("{file}:1:1: expected a header, such as `alias,ip`, and a line for each server")]);
        };
        let columns = Columns::read(header, wanted).map_err(|problems| {
            problems.iter().map(|problem| format!("{file}:{}:{problem}", header.line)).collect::<Vec<_>>()
        })?;
        let mut reader = Reader { file, port, columns, servers: Vec::new(), problems: Vec::new() };
        for row in rows {
            reader.take(row);
        }
        reader.refuse_repetitions();
        if reader.servers.is_empty() && reader.problems.is_empty() {
            reader
                .problems
                .push(format!("{file}:{}:1: expected a line for each server below the header", header.line + 1));
        }
        if reader.problems.is_empty() {
            let notes = notes(file, &reader.columns);
            Ok(Self { servers: reader.servers, notes })
        } else {
            Err(reader.problems)
        }
    }
}

fn notes(file: &str, columns: &Columns) -> Vec<String> {
    let mut notes = Vec::new();
    if columns.secret {
        notes.push(format!(
            "the passwords in {file} were not taken over, because nobody logs in to the servers; delete the file, and \
             change them if anybody else could read it"
        ));
    }
    for name in &columns.left_out {
        notes.push(format!("the column `{name}` of {file} is left out; `--label {name}` makes a label of it"));
    }
    notes
}

struct Reader<'a> {
    file: &'a str,
    port: u16,
    columns: Columns,
    servers: Vec<Server>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn take(&mut self, row: &Row) {
        let before = self.problems.len();
        if let Some(open) = row.fields.iter().find(|field| field.open) {
            self.problem(row, Some(open), "the quote is not closed in this line");
            return;
        }
        let found = row.fields.iter().rposition(|field| !field.text.is_empty()).map_or(0, |last| last + 1);
        if found > self.columns.count || row.fields.len() < self.columns.count {
            // Which of them is which is not known, and one may be the password.
            let words = format!("expected {} fields, as in the header, found {}", self.columns.count, row.fields.len());
            self.problem(row, None, &words);
            return;
        }
        let (name, target) = (self.name(row), self.target(row));
        let labels = self.labels(row);
        let (Some(name), Some(target)) = (name, target) else { return };
        if self.problems.len() == before {
            let column = row.fields.get(self.columns.name).map_or(1, |field| field.column);
            let place = format!("{}:{}:{column}", self.file, row.line);
            self.servers.push(Server { place, name, target, labels });
        }
    }

    fn name(&mut self, row: &Row) -> Option<String> {
        let field = row.fields.get(self.columns.name)?;
        if field.text.is_empty()
            || field.text.chars().count() > LONGEST_NAME
            || field.text.chars().any(char::is_control)
        {
            let expected = format!(
                "expected a name, as the exporter there calls itself (`instance:`), of at most {LONGEST_NAME} characters"
            );
            self.problem(row, Some(field), &format!("{expected}, found {}", self.shown(field)));
            return None;
        }
        Some(field.text.clone())
    }

    fn target(&mut self, row: &Row) -> Option<String> {
        let field = row.fields.get(self.columns.address)?;
        if address::target(&field.text, self.port).is_none() {
            let expected = "expected an address, such as `10.0.0.12`, `fd00::12` or `web-2.example.org`";
            self.problem(row, Some(field), &format!("{expected}, found {}", self.shown(field)));
        }
        address::target(&field.text, self.port_of(row)?)
    }

    /// The column `port`, where there is one with something in it.
    fn port_of(&mut self, row: &Row) -> Option<u16> {
        let own = self.columns.port.and_then(|index| row.fields.get(index)).filter(|field| !field.text.is_empty());
        let Some(field) = own else { return Some(self.port) };
        let port = address::parse_port(&field.text);
        if port.is_none() {
            self.problem(row, Some(field), &format!("expected a port from 1 to 65535, found {}", self.shown(field)));
        }
        let address = row.fields.get(self.columns.address)?;
        if port.is_some() && address::names_port(&address.text) {
            self.problem(row, Some(field), "the address has a port of its own; leave one of the two out");
        }
        port
    }

    fn labels(&mut self, row: &Row) -> Vec<(String, String)> {
        let mut labels = Vec::new();
        let mut bad = Vec::new();
        for (index, label) in &self.columns.labels {
            let Some(field) = row.fields.get(*index).filter(|field| !field.text.is_empty()) else { continue };
            if field.text.chars().any(char::is_control) {
                bad.push(field);
            }
            labels.push((label.clone(), field.text.clone()));
        }
        for field in bad {
            self.problem(row, Some(field), "expected text for a label, found a control character");
        }
        labels
    }

    fn refuse_repetitions(&mut self) {
        let mut seen: HashMap<(bool, &str), &Server> = HashMap::new();
        let mut problems = Vec::new();
        for server in &self.servers {
            for (is_name, what) in [(true, &server.name), (false, &server.target)] {
                match seen.get(&(is_name, what.as_str())) {
                    Some(first) => {
                        problems.push(format!("{}: `{what}` is there already, at {}", server.place, first.place));
                    }
                    None => _ = seen.insert((is_name, what), server),
                }
            }
        }
        self.problems.extend(problems);
    }

    fn problem(&mut self, row: &Row, field: Option<&Field>, words: &str) {
        let column = field.map_or(1, |field| field.column);
        self.problems.push(format!("{}:{}:{column}: {words}", self.file, row.line));
    }

    /// A field for an error. Where the list has passwords, one may have slipped into any column.
    fn shown(&self, field: &Field) -> String {
        match field.text.as_str() {
            "" => "nothing".to_owned(),
            _ if self.columns.secret => "something else, which is not shown because the list has passwords".to_owned(),
            text => {
                format!("`{}`", text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>())
            }
        }
    }
}

#[cfg(test)]
mod tests;
