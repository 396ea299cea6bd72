//! Data as WeCom's two kinds of markdown, and as plain text: nothing in it can become markup, or call anybody.
//!
//! Neither kind has escapes, so an invisible space breaks what would be markup.

use crate::channel::limits::Unit;
use crate::channel::run::{Block, Letters, Run};
use crate::channel::sheet::Markup;
use crate::channel::split::{clean, points};
use crate::channel::web;
use crate::message::{Span, Tone};

const BREAK: &str = "\u{200b}";
/// Stands for a backtick in data: nothing breaks one.
const BACKTICK: char = '\u{2cb}';

/// With three colours and names that are called; no lists, no fences.
pub(super) struct Markdown;
/// With fences and tables; no colours, no names.
pub(super) struct MarkdownV2;
/// Without markup.
pub(super) struct Plain;

impl Markup for Markdown {
    fn unit(&self) -> Unit {
        Unit::Bytes
    }

    fn run(&self, span: &Span, most: usize) -> Run {
        match span {
            // There are no fences: each line is quoted.
            Span::Block(words) => tagged("> ", "", words.trim_matches('\n'), most, "\n> "),
            span => inline(span, most),
        }
    }

    fn heading(&self, title: Block, url: Option<&str>, tone: Tone) -> Block {
        let color = match tone {
            Tone::Good => "info",
            Tone::Critical | Tone::Warning => "warning",
            Tone::Neutral | Tone::Info | Tone::Ended => "comment",
        };
        sized(format!("**<font color=\"{color}\">{}</font>**{}", title.markup, arrow(url)))
    }

    fn field(&self, name: Block, value: Block) -> Block {
        let between = if value.markup.starts_with('\n') { "" } else { " " };
        sized(format!("<font color=\"comment\">{}:</font>{between}{}", name.markup, value.markup))
    }

    fn link(&self, label: &str, url: &str) -> Option<Block> {
        Some(sized(anchor(label, url)))
    }

    fn footer(&self, block: Block) -> Block {
        sized(format!("<font color=\"comment\">{}</font>", block.markup))
    }
}

impl Markup for MarkdownV2 {
    fn unit(&self) -> Unit {
        Unit::Bytes
    }

    fn run(&self, span: &Span, most: usize) -> Run {
        match span {
            Span::Block(words) => tagged("```\n", "\n```", words.trim_matches('\n'), most, "\n"),
            span => inline(span, most),
        }
    }

    fn heading(&self, title: Block, url: Option<&str>, _: Tone) -> Block {
        sized(format!("**{}**{}", title.markup, arrow(url)))
    }

    fn field(&self, name: Block, value: Block) -> Block {
        Plain.field(name, value)
    }

    fn link(&self, label: &str, url: &str) -> Option<Block> {
        Some(sized(anchor(label, url)))
    }
}

impl Markup for Plain {
    fn unit(&self) -> Unit {
        Unit::Bytes
    }

    fn run(&self, span: &Span, most: usize) -> Run {
        let words = match span {
            Span::Text(words) | Span::Strong(words) | Span::Code(words) => words.clone(),
            Span::Block(words) => words.trim_matches('\n').to_owned(),
            Span::Time { words, .. } => words.clone(),
            Span::Link { label, url } => format!("{label}: {url}"),
        };
        let kept: String = words.chars().take(most + 1).collect();
        let mut letters = Letters::default();
        for letter in clean(&kept).chars() {
            // In a text, too, an angle bracket may begin a mention or a link.
            push(&mut letters, letter, "", if letter == '<' { BREAK } else { "" });
        }
        let beyond = points(&words).saturating_sub(points(&kept));
        Run { letters, beyond, ..Run::default() }
    }

    fn heading(&self, title: Block, url: Option<&str>, _: Tone) -> Block {
        sized(url.map_or(title.markup.clone(), |url| format!("{}\n{url}", title.markup)))
    }

    fn field(&self, name: Block, value: Block) -> Block {
        let between = if value.markup.starts_with('\n') { ":" } else { ": " };
        sized(format!("{}{between}{}", name.markup, value.markup))
    }

    fn link(&self, _: &str, _: &str) -> Option<Block> {
        None
    }
}

fn sized(markup: String) -> Block {
    Block { size: markup.len(), markup }
}

/// What both kinds of markdown write alike.
fn inline(span: &Span, most: usize) -> Run {
    match span {
        // `** a**` would be text.
        Span::Strong(words) => tagged("**", "**", words.trim(), most, " "),
        // Code ends with its line.
        Span::Code(words) => tagged("`", "`", words.trim(), most, " "),
        Span::Text(words) | Span::Block(words) | Span::Time { words, .. } => tagged("", "", words, most, "\n"),
        Span::Link { label, url } => match web::target(url) {
            Some(url) => tagged("[", &format!("]({})", target(url)), label, most, " "),
            None => tagged("", "", label, most, "\n"),
        },
    }
}

fn anchor(label: &str, url: &str) -> String {
    format!("[{}]({})", plain(&label.replace('\n', " ")), target(url))
}

/// The way from a title to where it leads.
fn arrow(url: Option<&str>) -> String {
    url.map_or_else(String::new, |url| format!(" [\u{2197}]({})", target(url)))
}

fn target(url: &str) -> String {
    let url = url.replace('(', "%28").replace(')', "%29").replace(' ', "%20");
    url.replace('<', "%3C").replace('>', "%3E").replace('[', "%5B").replace(']', "%5D")
}

/// Words in which nothing is markup.
pub(super) fn plain(words: &str) -> String {
    tagged("", "", words, words.len(), "\n").letters.markup
}

/// The letters of a text; `line` is what a line break becomes.
fn tagged(open: &str, close: &str, words: &str, most: usize, line: &str) -> Run {
    let kept: String = words.chars().take(most + 1).collect();
    let mut letters = Letters::default();
    let (mut line_start, mut before) = (open.is_empty(), ' ');
    for letter in clean(&kept).chars() {
        match letter {
            '\n' => letters.push(line, line.len()),
            '`' => push(&mut letters, BACKTICK, "", ""),
            // `<@name>` calls, `<font …>` colours; two of the others are bold or struck through.
            '<' | '*' | '_' | '~' => push(&mut letters, letter, "", BREAK),
            '(' if before == ']' => push(&mut letters, letter, BREAK, ""),
            // Headings, quotes, lists, rules, tables.
            '#' | '>' | '-' | '+' | '|' | '=' | '0'..='9' if line_start => push(&mut letters, letter, BREAK, ""),
            letter => push(&mut letters, letter, "", ""),
        }
        line_start = letter == '\n' || (line_start && letter == ' ');
        before = letter;
    }
    let beyond = points(words).saturating_sub(points(&kept));
    let (open, close) = (open.to_owned(), close.to_owned());
    Run { tags: open.len() + close.len(), open, close, letters, beyond }
}

fn push(letters: &mut Letters, letter: char, before: &str, behind: &str) {
    let mut buffer = [0; 4];
    let letter: &str = letter.encode_utf8(&mut buffer);
    let markup = [before, letter, behind].concat();
    letters.push(&markup, markup.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::run::set;

    fn markdown(markup: &dyn Markup, span: &Span, limit: usize) -> String {
        let block = set(&[markup.run(span, limit)], limit, Unit::Bytes);
        assert_eq!(block.size, block.markup.len());
        block.markup
    }

    fn shown(words: &str) -> String {
        markdown(&Markdown, &Span::Text(words.to_owned()), 1000).replace(BREAK, "¦")
    }

    #[test]
    fn markup_in_data_is_broken() {
        assert_eq!(shown("<@zhang> <font color=\"info\">"), "<¦@zhang> <¦font color=\"info\">");
        assert_eq!(shown("[pay](https://evil.example) [web-1]"), "[pay]¦(https://evil.example) [web-1]");
        assert_eq!(shown("**a** `b`"), "*¦*¦a*¦*¦ ˋbˋ");
        assert_eq!(shown("# a\n> b\n- c\n1. d"), "¦# a\n¦> b\n¦- c\n¦1. d");
    }

    #[test]
    fn lines_are_quoted_or_fenced() {
        let block = Span::Block("\na\nb\n".to_owned());
        assert_eq!(markdown(&Markdown, &block, 100), "> a\n> b");
        assert_eq!(markdown(&MarkdownV2, &block, 100), "```\na\nb\n```");
        assert_eq!(markdown(&Plain, &block, 100), "a\nb");
    }

    #[test]
    fn a_link_leads_to_the_web_and_ends_where_it_should() {
        let link = |url: &str| markdown(&Markdown, &Span::Link { label: "x](y".to_owned(), url: url.to_owned() }, 200);
        assert_eq!(link("https://x/a_(b)"), "[x]\u{200b}(y](https://x/a_%28b%29)");
        assert_eq!(link("javascript:alert(1)"), "x]\u{200b}(y");
    }

    #[test]
    fn a_cut_counts_bytes_and_splits_no_letter() {
        let cut = markdown(&Markdown, &Span::Strong("容".repeat(100)), 60);
        assert_eq!(cut, format!("**{}**… [+91]", "容".repeat(9)));
    }
}
