//! What is wrong with a template, before it is used.

use minijinja::Environment;
use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use seamark_kit::config::did_you_mean;

use super::{data, filters};

/// Bytes of a template.
const LONGEST: usize = 10_000;
/// What may follow `{%`.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// The first thing that is wrong with a template.
pub(super) fn problem(source: &str) -> Option<String> {
    if source.len() > LONGEST {
        return Some(format!("a template has at most {LONGEST} bytes, this one has {}", source.len()));
    }
    syntax(source).or_else(|| unknown_name(source)).or_else(|| not_allowed(source))
}

/// ` in its line 3`, or nothing where the line is not known.
pub(super) fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" in its line {line}"))
}

fn syntax(source: &str) -> Option<String> {
    let environment = Environment::empty();
    let error = environment.template_from_str(source).err()?;
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Some(format!("this template cannot be read: {detail}{}", at_line(error.line())))
}

fn unknown_name(source: &str) -> Option<String> {
    let environment = Environment::empty();
    let names = environment.template_from_str(source).ok()?.undeclared_variables(false);
    let mut unknown: Vec<&String> = names.iter().filter(|name| !data::NAMES.contains(&name.as_str())).collect();
    unknown.sort();
    let name = unknown.first()?;
    let hint = did_you_mean(name, data::NAMES.iter().copied());
    Some(format!("there is no `{name}`{hint}; there are {}", listed(data::NAMES)))
}

/// What could make texts grow without bounds, and filters that do not exist.
fn not_allowed(source: &str) -> Option<String> {
    let tokens: Vec<_> = tokenize(source, false, SyntaxConfig::default()).filter_map(Result::ok).collect();
    let nothing = [(Token::VariableEnd, tokens.first()?.1)];
    let before = nothing.iter().chain(&tokens);
    before.zip(&tokens).find_map(|((before, _), (token, span))| {
        let problem = match (before, token) {
            (Token::BlockStart, Token::Ident(word)) if !STATEMENTS.contains(word) => {
                format!("`{{% {word} %}}` is not for these templates; there are `if` and `for`")
            }
            (_, Token::Ident("recursive")) => "a loop cannot be `recursive` here".to_owned(),
            (Token::Pipe, Token::Ident(word)) if !filters::NAMES.contains(word) => {
                let hint = did_you_mean(word, filters::NAMES.iter().copied());
                format!("there is no filter `{word}`{hint}; there are {}", listed(filters::NAMES))
            }
            (_, Token::Tilde | Token::Plus | Token::Mul | Token::Pow) => {
                format!("a template shows data and does not compute: {token} cannot be used; write texts side by side")
            }
            _ => return None,
        };
        Some(format!("{problem}{}", at_line(Some(usize::from(span.start_line)))))
    })
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
