//! What the columns of a list mean, by the names in its first line.

use super::row::{Field, Row};

const NAME: &[&str] = &["alias", "name", "instance", "hostname", "server"];
const ADDRESS: &[&str] = &["ip", "address", "host"];
const PORT: &[&str] = &["port"];
const GROUP: &[&str] = &["group", "host_group"];
/// Who would log in; nobody does.
const LOGIN: &[&str] = &["username", "user", "login"];
/// In any part of a column's name.
const SECRET: &[&str] = &["pass", "pwd", "secret", "token", "key", "credential"];

/// Where what is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub count: usize,
    pub name: usize,
    pub address: usize,
    pub port: Option<usize>,
    /// Column and label: the group, and what `--label` names.
    pub labels: Vec<(usize, String)>,
    /// What is in the list must not be shown.
    pub secret: bool,
    /// What is not taken over.
    pub left_out: Vec<String>,
}

impl Columns {
    /// From the first line. A line that is no header may hold a password: it is not shown.
    pub fn read(header: &Row, wanted: &[String]) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let names: Vec<String> = header.fields.iter().map(|field| field.text.to_lowercase()).collect();
        let mut known = |words: &[&str], needed: bool| {
            let mut found = names.iter().enumerate().filter(|(_, name)| words.contains(&name.as_str()));
            let first = found.next();
            if let Some((second, _)) = found.next() {
                problems.push(at(
                    header.fields.get(second),
                    &format!("a second column of those called `{}`", words.join("`, `")),
                ));
            } else if needed && first.is_none() {
                let expected = "expected a header, such as `alias,ip`";
                problems.push(at(None, &format!("{expected}; there is no column `{}`", words.join("`, `"))));
            }
            first.map(|(index, _)| index)
        };
        let (name, address) = (known(NAME, true), known(ADDRESS, true));
        let (port, group, login) = (known(PORT, false), known(GROUP, false), known(LOGIN, false));
        let mut labels: Vec<(usize, String)> =
            group.map(|index| (index, "host_group".to_owned())).into_iter().collect();
        for label in wanted {
            match names.iter().position(|name| *name == label.to_lowercase()) {
                Some(_) if !is_label(label) => {
                    problems.push(at(None, &format!("--label {label}: it cannot be a label")))
                }
                Some(_) if is_secret(label) => problems.push(at(None, &format!("--label {label}: it may be a secret"))),
                Some(index) => labels.push((index, label.clone())),
                None => problems.push(at(None, &format!("--label {label}: there is no such column"))),
            }
        }
        let used = |index: usize| {
            [name, address, port, login].contains(&Some(index)) || labels.iter().any(|(label, _)| *label == index)
        };
        let left_out = names.iter().enumerate().filter(|(index, name)| !used(*index) && !name.is_empty());
        let columns = Self {
            count: names.len(),
            name: name.unwrap_or_default(),
            address: address.unwrap_or_default(),
            port,
            secret: names.iter().any(|name| is_secret(name)),
            left_out: left_out.filter(|(_, name)| !is_secret(name)).map(|(_, name)| name.clone()).collect(),
            labels,
        };
        if problems.is_empty() { Ok(columns) } else { Err(problems) }
    }
}

/// `column: words`, for a line that the caller knows.
fn at(field: Option<&Field>, words: &str) -> String {
    format!("{}: {words}", field.map_or(1, |field| field.column))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// Names that Prometheus takes, and that do not decide what a target is.
fn is_label(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(allowed)
        && !name.starts_with("__")
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !["job", "instance", "host_group"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::super::row::rows;
    use super::*;

    fn columns(header: &str, wanted: &[&str]) -> Result<Columns, String> {
        let wanted: Vec<String> = wanted.iter().map(|label| (*label).to_owned()).collect();
        Columns::read(&rows(header)[0], &wanted).map_err(|problems| problems.join("\n"))
    }

    #[test]
    fn the_names_decide_and_not_the_order() {
        let read = columns("Password;rack;IP;Alias;User;Group;port", &["rack"]).unwrap();
        let labels = vec![(5, "host_group".to_owned()), (1, "rack".to_owned())];
        let expected =
            Columns { count: 7, name: 3, address: 2, port: Some(6), labels, secret: true, left_out: Vec::new() };
        assert_eq!(read, expected);
        assert_eq!(columns("alias,ip,rack,floor", &[]).unwrap().left_out, ["rack", "floor"]);
    }

    #[test]
    fn a_first_line_that_is_no_header_is_refused_and_not_shown() {
        let said = columns("web-1,root,10.0.0.1,hunter2", &[]).unwrap_err();
        assert_eq!(
            said,
            "1: expected a header, such as `alias,ip`; there is no column `alias`, `name`, `instance`, `hostname`, \
             `server`\n1: expected a header, such as `alias,ip`; there is no column `ip`, `address`, `host`"
        );
    }

    #[test]
    fn columns_and_labels_that_cannot_be_meant_are_refused() {
        let said = columns("alias,name,ip,ssh_key,a-b,job", &["ssh_key", "a-b", "job", "floor"]).unwrap_err();
        let expected = [
            "7: a second column of those called `alias`, `name`, `instance`, `hostname`, `server`",
            "1: --label ssh_key: it may be a secret",
            "1: --label a-b: it cannot be a label",
            "1: --label job: it cannot be a label",
            "1: --label floor: there is no such column",
        ];
        assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    }
}
