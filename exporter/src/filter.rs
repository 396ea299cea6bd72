//! Which devices, mounts or units a collector tells of: a regular expression for those to include, one for those to
//! exclude.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use regex_lite::Regex;
use seamark_kit::config::Section;

/// Two optional regular expressions. They match anywhere in a name unless they are anchored, as in node_exporter.
#[derive(Debug, Default)]
pub struct Filter {
    include: Option<Regex>,
    exclude: Option<Regex>,
}

impl Filter {
    /// Reads the keys of a collector's section; an empty text is no expression. An `include` switches the default of
    /// `exclude` off. Problems: what is no regular expression, and both keys at once.
    pub fn read(
        section: &mut Section,
        include: Option<&'static str>,
        exclude: Option<&'static str>,
        default_exclude: Option<&str>,
    ) -> Self {
        let mut key = |key: Option<&'static str>| key.map(|key| expression(section, key));
        let (included, excluded) = (key(include).flatten(), key(exclude).flatten());
        if let (Some(include), Some(exclude)) = (include, exclude)
            && matches!(included, Some(Some(_)))
            && matches!(excluded, Some(Some(_)))
        {
            section.problem(
                exclude,
                format!("`{exclude}` and `{include}` cannot be used together; give only one of them"),
            );
        }
        let included = included.flatten();
        let excluded = match excluded {
            Some(given) => given,
            None if included.is_some() => None,
            None => default_exclude.and_then(|default| Regex::new(default).ok()),
        };
        Self { include: included, exclude: excluded }
    }

    /// Whether `name` is told of.
    pub fn allows(&self, name: &str) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(name))
            && self.exclude.as_ref().is_none_or(|exclude| !exclude.is_match(name))
    }
}

/// The regular expression of a key: `None` where it is not given or none, `Some(None)` where it is empty.
pub fn expression(section: &mut Section, key: &'static str) -> Option<Option<Regex>> {
    let text = section.text(key)?;
    if text.is_empty() { Some(None) } else { compile(section, key, &text, &text).map(Some) }
}

/// As [`expression`], but it has to match whole names, and an empty one matches none.
pub fn whole_expression(section: &mut Section, key: &'static str) -> Option<Regex> {
    let text = section.text(key)?;
    compile(section, key, &text, &format!("^(?:{text})$"))
}

/// What is no regular expression is a problem that says why: some of what Go reads is not read here, `\pL` for one.
fn compile(section: &Section, key: &str, given: &str, whole: &str) -> Option<Regex> {
    let problem = |error| {
        section.problem(key, format!("expected a regular expression, found `{given}`; why it is none: {error}"))
    };
    Regex::new(whole).map_err(problem).ok()
}

/// Which fields of a kernel file a collector tells of.
///
/// The kernel's names are the same at every scrape, so each is matched once: to match the 190 of `/proc/vmstat` takes
/// 0.12 ms, to look them up a tenth of it.
#[derive(Debug)]
pub struct Fields {
    expression: Option<Regex>,
    answers: Mutex<HashMap<Box<str>, bool>>,
}

/// More names than any kernel has; what is beyond is matched every time.
const MOST_ANSWERS: usize = 4096;

impl Fields {
    /// Reads a key of a collector's section; an empty text is every field.
    pub fn read(section: &mut Section, key: &'static str, default: &str) -> Self {
        let expression = expression(section, key).unwrap_or_else(|| Regex::new(default).ok());
        Self { expression, answers: Mutex::default() }
    }

    /// Whether `name` is told of.
    pub fn allows(&self, name: &str) -> bool {
        let Some(expression) = &self.expression else { return true };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(name) {
            return *answer;
        }
        let answer = expression.is_match(name);
        if answers.len() < MOST_ANSWERS {
            answers.insert(name.into(), answer);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Source};

    use super::*;

    fn allowed(text: &str) -> Result<Vec<&'static str>, String> {
        let source = Source::new("exporter.yml", text).with_environment([]);
        let filter = config::read(&source, |root| Filter::read(root, Some("include"), Some("exclude"), Some("^loop")));
        let names = ["sda", "sdb", "loop0"];
        filter
            .map(|filter| names.into_iter().filter(|name| filter.allows(name)).collect())
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn the_default_holds_until_something_is_set() {
        assert_eq!(allowed("").unwrap(), ["sda", "sdb"]);
        assert_eq!(allowed("exclude: ''").unwrap(), ["sda", "sdb", "loop0"]);
        assert_eq!(allowed("exclude: a$").unwrap(), ["sdb", "loop0"]);
        assert_eq!(allowed("include: '0|a'").unwrap(), ["sda", "loop0"]);
        assert_eq!(allowed("include: ''").unwrap(), ["sda", "sdb"]);
    }

    #[test]
    fn a_field_is_answered_the_second_time_as_the_first() {
        let fields = |text: &str| {
            let source = Source::new("exporter.yml", text).with_environment([]);
            config::read(&source, |root| Fields::read(root, "fields", "^pg.*fault")).unwrap_or_else(|problems| {
                panic!("{problems}");
            })
        };
        let told = |fields: &Fields| ["pgfault", "pgpgin", "pgfault", "pgpgin"].map(|name| fields.allows(name));
        assert_eq!(told(&fields("")), [true, false, true, false]);
        assert_eq!(told(&fields("fields: in$")), [false, true, false, true]);
        assert_eq!(told(&fields("fields: ''")), [true; 4]);
    }

    #[test]
    fn both_at_once_and_what_is_no_expression_are_problems() {
        assert!(allowed("include: a\nexclude: b\n").unwrap_err().contains("cannot be used together"));
        let problem = allowed("exclude: '^\\pL+$'\n").unwrap_err();
        let expected =
            r"exclude: expected a regular expression, found `^\pL+$`; why it is none: Unicode character class";
        assert!(problem.contains(expected), "{problem}");
    }

    #[test]
    fn expressions_made_for_node_exporter_find_the_same_names() {
        let finds = |expression: &str, name: &str| {
            let source = Source::new("exporter.yml", format!("expression: '{expression}'")).with_environment([]);
            let read = config::read(&source, |root| super::expression(root, "expression").flatten());
            read.unwrap_or_else(|problems| panic!("{problems}")).unwrap().is_match(name)
        };
        for (expression, found, passed_over) in [
            ("^(veth.*|docker.*|br-.*)$", "br-1f", "xbr-1f"),
            ("^/(sys|proc|dev|host|etc)($$|/)", "/etc/hosts", "/etcetera"),
            ("^/(sys|proc|dev|host|etc)($$|/)", "/sys", "/system"),
            ("(?i)^LO$", "lo", "lo0"),
            ("^[[:alnum:]]+\\d$", "eth0", "eth-0"),
            (r"^(?P<name>sd|nvme\d+n)[[:^digit:]]+\z", "sda", "sda1"),
            (r"^dev-disk-by\\x2d\w+", r"dev-disk-by\x2duuid", "dev-disk-by-uuid"),
            (r"^a\x2db$", "a-b", "a_b"),
            (r"^\d+$", "12", "\u{663}"),
        ] {
            assert!(finds(expression, found), "{expression} {found}");
            assert!(!finds(expression, passed_over), "{expression} {passed_over}");
        }
    }
}
