//! Data as Telegram's HTML, and as plain text: nothing in it can become markup, or call anybody.

use crate::channel::limits::Unit;
use crate::channel::run::{Block, Letters, Run};
use crate::channel::sheet::Markup;
use crate::channel::split::{clean, points};
use crate::channel::web;
use crate::message::{Span, Tone};

/// Tags as in "HTML style" of the Bot API.
pub(super) struct Html {
    /// Moments by the reader's own clock (`tg-time`); clients that do not know them show the words.
    pub times: bool,
}

/// The same without markup.
pub(super) struct Plain;

impl Markup for Html {
    fn unit(&self) -> Unit {
        Unit::Points
    }

    fn run(&self, span: &Span, most: usize) -> Run {
        match span {
            Span::Text(words) => tagged("", "", words, most, false),
            Span::Strong(words) => tagged("<b>", "</b>", words, most, false),
            // Nothing is called and no link is made out of code.
            Span::Code(words) => tagged("<code>", "</code>", words, most, true),
            Span::Block(words) => tagged("<pre>", "</pre>", words.trim_matches('\n'), most, true),
            Span::Time { at, words } if self.times => {
                let open = format!("<tg-time unix=\"{}\" format=\"dT\">", at.as_second().max(0));
                tagged(&open, "</tg-time>", words, most, false)
            }
            Span::Time { words, .. } => tagged("", "", words, most, false),
            Span::Link { label, url } => match web::target(url) {
                Some(url) => tagged(&anchor(url), "</a>", label, most, false),
                None => tagged("", "", label, most, false),
            },
        }
    }

    fn heading(&self, title: Block, url: Option<&str>, _: Tone) -> Block {
        let inner = match url {
            Some(url) => format!("{}{}</a>", anchor(url), title.markup),
            None => title.markup,
        };
        Block { markup: format!("<b>{inner}</b>"), size: title.size }
    }

    fn field(&self, name: Block, value: Block) -> Block {
        named(name, &value)
    }

    fn link(&self, label: &str, url: &str) -> Option<Block> {
        let label = clean(label);
        let markup = format!("{}{}</a>", anchor(url), escape(&label));
        Some(Block { size: visible(&markup), markup })
    }

    fn fold(&self, block: Block) -> Block {
        Block { markup: format!("<blockquote expandable>{}</blockquote>", block.markup), ..block }
    }

    fn footer(&self, block: Block) -> Block {
        Block { markup: format!("<i>{}</i>", block.markup), ..block }
    }
}

impl Markup for Plain {
    fn unit(&self) -> Unit {
        Unit::Points
    }

    fn run(&self, span: &Span, most: usize) -> Run {
        let words = match span {
            Span::Text(words) | Span::Strong(words) | Span::Code(words) | Span::Block(words) => words.clone(),
            Span::Time { words, .. } => words.clone(),
            Span::Link { label, url } => format!("{label}: {url}"),
        };
        let (letters, beyond) = letters(&words, most, false, false);
        Run { letters, beyond, ..Run::default() }
    }

    fn heading(&self, mut title: Block, url: Option<&str>, _: Tone) -> Block {
        if let Some(url) = url {
            title.push(&Block { markup: format!("\n{url}"), size: points(url) + 1 });
        }
        title
    }

    fn field(&self, name: Block, value: Block) -> Block {
        named(name, &value)
    }

    fn link(&self, _: &str, _: &str) -> Option<Block> {
        None
    }
}

fn named(mut name: Block, value: &Block) -> Block {
    let between = if value.markup.starts_with('\n') { ":" } else { ": " };
    name.push(&Block { markup: between.to_owned(), size: between.len() });
    name.push(value);
    name
}

fn anchor(url: &str) -> String {
    let url = url.replace('&', "&amp;").replace('"', "%22").replace('<', "%3C").replace('>', "%3E").replace(' ', "%20");
    format!("<a href=\"{url}\">")
}

fn tagged(open: &str, close: &str, words: &str, most: usize, code: bool) -> Run {
    let (letters, beyond) = letters(words, most, code, true);
    Run { open: open.to_owned(), close: close.to_owned(), tags: 0, letters, beyond }
}

/// A text as letters, and how many more there are. Outside of code, an invisible space keeps `@name` from calling
/// anybody, and `/srv` from becoming a command of a bot's.
fn letters(words: &str, most: usize, code: bool, html: bool) -> (Letters, usize) {
    let kept: String = words.chars().take(most + 1).collect();
    let mut letters = Letters::default();
    let mut before = ' ';
    for letter in clean(&kept).chars() {
        let path = letter == '/' && !before.is_alphanumeric();
        match letter {
            '&' if html => letters.push("&amp;", 1),
            '<' if html => letters.push("&lt;", 1),
            '>' if html => letters.push("&gt;", 1),
            '@' if !code => letters.push("@\u{200b}", 2),
            '/' if !code && path => letters.push("/\u{200b}", 2),
            letter => letters.push(letter.encode_utf8(&mut [0; 4]), 1),
        }
        before = letter;
    }
    let beyond = points(words).saturating_sub(points(&kept));
    (letters, beyond)
}

/// Words as HTML that calls nobody.
pub(super) fn escape(words: &str) -> String {
    tagged("", "", words, words.len(), false).letters.markup
}

/// Code points of our own HTML that are left when it is parsed.
pub(super) fn visible(html: &str) -> usize {
    let (mut count, mut in_tag, mut in_entity) = (0, false, false);
    for letter in html.chars() {
        match letter {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            ';' if in_entity => in_entity = false,
            _ if in_entity => {}
            '&' => {
                in_entity = true;
                count += 1;
            }
            _ => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::run::set;

    fn html(spans: &[Span], limit: usize) -> String {
        let runs: Vec<Run> = spans.iter().map(|span| Html { times: true }.run(span, limit)).collect();
        let block = set(&runs, limit, Unit::Points);
        assert_eq!(visible(&block.markup), block.size, "{}", block.markup);
        block.markup
    }

    fn text(words: &str) -> Vec<Span> {
        vec![Span::Text(words.to_owned())]
    }

    #[test]
    fn markup_in_data_is_text() {
        assert_eq!(
            html(&text("<b>a & b</b> &lt;"), 100),
            "&lt;b&gt;a &amp; b&lt;\u{2f}b&gt; &amp;lt;".replace("&lt;/b", "&lt;/\u{200b}b")
        );
    }

    #[test]
    fn nobody_is_called_and_no_path_becomes_a_command() {
        assert_eq!(html(&text("@ops Disk /srv, a/b"), 100), "@\u{200b}ops Disk /\u{200b}srv, a/b");
        assert_eq!(html(&[Span::Code("/srv @ops".to_owned())], 100), "<code>/srv @ops</code>");
    }

    #[test]
    fn a_link_cannot_leave_its_attribute() {
        let link = Span::Link { label: "a<b".to_owned(), url: "https://x/?a=1&b=\"><i>".to_owned() };
        assert_eq!(html(&[link], 100), "<a href=\"https://x/?a=1&amp;b=%22%3E%3Ci%3E\">a&lt;b</a>");
        let script = Span::Link { label: "click".to_owned(), url: "javascript:alert(1)".to_owned() };
        assert_eq!(html(&[script], 100), "click");
    }

    #[test]
    fn a_moment_has_its_words_for_clients_that_do_not_know_moments() {
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        let time = Span::Time { at, words: "20:00 CST".to_owned() };
        assert_eq!(html(&[time], 100), "<tg-time unix=\"1795262400\" format=\"dT\">20:00 CST</tg-time>");
    }

    #[test]
    fn a_cut_splits_no_entity_and_says_how_much_is_missing() {
        let cut = html(&text(&"<".repeat(100)), 60);
        assert_eq!(cut, format!("{}… [+68]", "&lt;".repeat(32)));
    }
}
