//! Data as Discord's markdown: nothing in it can become markup, a link or a mention.

use crate::channel::limits::discord::URL;
use crate::channel::split::{clean, ellipsis, points};
use crate::message::Span;

/// Where the text will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Descriptions, field values, content: everything renders.
    Body,
    /// Titles and field names: markdown renders, moments do not.
    Title,
    /// No markup wanted; data is escaped all the same, because Discord renders it anyhow.
    Plain,
}

/// Text escaped for Discord, cut to `limit` code points. What is left out is counted in its end.
pub(super) fn text(spans: &[Span], place: Place, limit: usize) -> String {
    let atoms: Vec<Atom> = spans.iter().flat_map(|span| atoms(span, place, limit)).collect();
    let total: usize = atoms.iter().map(|atom| points(&atom.markup)).sum();
    let room = if total <= limit { limit } else { limit.saturating_sub(points(&ellipsis(usize::MAX / 2))) };
    let mut out = String::new();
    let mut room = room;
    let mut left_out = 0;
    let mut rest = atoms.iter();
    for atom in rest.by_ref() {
        let size = points(&atom.markup);
        if size <= room {
            out.push_str(&atom.markup);
            room -= size;
            continue;
        }
        let (piece, missing) = atom.cut(room);
        out.push_str(&piece);
        left_out = missing;
        break;
    }
    left_out += rest.map(|atom| atom.letters).sum::<usize>();
    if left_out > 0 {
        out.push_str(&ellipsis(left_out));
    }
    out
}

/// A plain text, escaped and cut.
pub(super) fn plain(words: &str, place: Place, limit: usize) -> String {
    text(&[Span::Text(words.to_owned())], place, limit)
}

/// A piece that must not be cut in two, unless by [`Atom::cut`].
struct Atom {
    markup: String,
    /// How many letters of data it shows.
    letters: usize,
    /// What stands around `words` on both sides, and the words, where a shorter piece makes sense.
    around: Option<(&'static str, String)>,
}

impl Atom {
    /// As much of it as has room, and how many letters are missing.
    fn cut(&self, room: usize) -> (String, usize) {
        let Some((around, words)) = &self.around else { return (String::new(), self.letters) };
        let mut room = room.saturating_sub(2 * points(around));
        let mut piece = String::new();
        let mut shown = 0;
        for letter in letters(words) {
            let size = points(&letter.markup);
            if size > room {
                break;
            }
            room -= size;
            shown += 1;
            piece.push_str(&letter.markup);
        }
        let trimmed = piece.trim();
        let piece = if trimmed.is_empty() { String::new() } else { format!("{around}{trimmed}{around}") };
        (piece, self.letters.saturating_sub(shown))
    }
}

/// The pieces of a span; of a long one only those that could have room, and one that counts the rest.
fn atoms(span: &Span, place: Place, limit: usize) -> Vec<Atom> {
    // Every letter takes a code point at least.
    let kept = |words: &str| words.chars().take(limit + 1).collect::<String>();
    let shorter = match span {
        Span::Text(words) => Span::Text(kept(words)),
        Span::Strong(words) => Span::Strong(kept(words)),
        Span::Code(words) => Span::Code(kept(words)),
        Span::Block(words) => Span::Block(kept(words)),
        other => other.clone(),
    };
    let mut atoms = short_atoms(&shorter, place);
    if let Span::Text(words) | Span::Strong(words) | Span::Code(words) | Span::Block(words) = span {
        let left_out = points(words).saturating_sub(limit + 1);
        atoms.extend((left_out > 0).then_some(Atom { markup: String::new(), letters: left_out, around: None }));
    }
    atoms
}

fn short_atoms(span: &Span, place: Place) -> Vec<Atom> {
    match span {
        Span::Text(words) => letters(words),
        Span::Strong(words) if place == Place::Body && !words.trim().is_empty() => {
            // Discord reads `** a**` as text.
            vec![Atom {
                around: Some(("**", words.trim().to_owned())),
                ..whole(format!("**{}**", escape(words.trim())), words)
            }]
        }
        Span::Code(words) if place == Place::Body => {
            vec![Atom { around: Some(("", words.clone())), ..whole(code(words), words) }]
        }
        Span::Block(words) if place == Place::Body => {
            vec![Atom { around: Some(("", words.clone())), ..whole(block(words), words) }]
        }
        Span::Time { at, .. } if place == Place::Body => vec![whole(format!("<t:{}:f>", at.as_second()), "t")],
        Span::Strong(words) | Span::Code(words) | Span::Block(words) | Span::Time { words, .. } => letters(words),
        Span::Link { label, url } if place == Place::Body => vec![whole(link(label, url), label)],
        Span::Link { label, url } => letters(&format!("{label}: {url}")),
    }
}

fn whole(markup: String, words: &str) -> Atom {
    Atom { markup, letters: points(words), around: None }
}

/// Each letter with its escape. A word after `@` hangs together with it, or a cut could mend what was broken.
fn letters(words: &str) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = Vec::new();
    let mut line_start = true;
    let mut rest = clean(words).chars().collect::<Vec<_>>().into_iter().peekable();
    let mut digits = false;
    let mut before = None;
    while let Some(letter) = rest.next() {
        let markup = match letter {
            '\\' | '*' | '_' | '~' | '|' | '`' | '>' | '#' | '<' => format!("\\{letter}"),
            // Brackets are a link only where a parenthesis follows at once. Escaped everywhere they would be seen where
            // nothing renders, as in a phone's notification: `down \[web-1\] \(exit code 3\)`.
            '(' if before == Some(']') => "\\(".to_owned(),
            // A colon before a slash makes a link of what is only a text with an address in it.
            ':' if rest.peek() == Some(&'/') => "\\:".to_owned(),
            '-' | '+' if line_start => format!("\\{letter}"),
            '.' if digits => "\\.".to_owned(),
            // `@everyone`, `@here`, and names: an invisible space keeps them text.
            '@' => "@\u{200b}".to_owned(),
            letter => letter.to_string(),
        };
        before = Some(letter);
        digits = letter.is_ascii_digit() && (line_start || digits);
        line_start = letter == '\n' || (line_start && letter == ' ');
        atoms.push(Atom { markup, letters: 1, around: None });
    }
    atoms
}

fn escape(words: &str) -> String {
    letters(words).into_iter().map(|atom| atom.markup).collect()
}

/// Code is shown as it is, so a backtick in it needs a longer fence; where that is not enough it becomes text.
fn code(words: &str) -> String {
    let words = clean(words).replace('@', "@\u{200b}");
    if words.trim().is_empty() || words.contains("``") {
        return escape(&words);
    }
    if words.contains('`') { format!("`` {words} ``") } else { format!("`{words}`") }
}

/// Lines between fences. Backticks that could end it are kept apart by an invisible space.
fn block(words: &str) -> String {
    let words = clean(words).replace('@', "@\u{200b}").replace("``", "`\u{200b}`\u{200b}");
    if words.trim().is_empty() { String::new() } else { format!("```\n{}\n```", words.trim_matches('\n')) }
}

/// A masked link; an address that is not one for the web, or too long to be shown, leaves its label as text.
pub(super) fn link(label: &str, url: &str) -> String {
    match web_address(url) {
        Some(url) => format!("[{}](<{url}>)", escape(label).replace('[', "\\[").replace(']', "\\]")),
        None => escape(label),
    }
}

/// The address if it leads to the web and is of a length that Discord takes, without what would end the link early.
pub(super) fn web_address(url: &str) -> Option<String> {
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return None;
    }
    let mut out = String::with_capacity(url.len());
    for character in url.chars() {
        match character {
            '(' | ')' | '<' | '>' | '\\' | '`' | '|' | '"' => out.push_str(&format!("%{:02X}", u32::from(character))),
            character if character.is_whitespace() || character.is_control() => out.push_str("%20"),
            character => out.push(character),
        }
    }
    (points(&out) <= URL.most).then_some(out)
}

/// Text for footers, where markdown does not render and an escape would show.
pub(super) fn footer(words: &str, limit: usize) -> String {
    crate::channel::split::cut(&clean(words).replace('@', "@\u{200b}"), limit).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_data_stays_text() {
        let data = "*a* _b_ ~c~ ||d|| `e` \\ [x](http://y) > q # h";
        assert_eq!(
            plain(data, Place::Body, 4096),
            "\\*a\\* \\_b\\_ \\~c\\~ \\|\\|d\\|\\| \\`e\\` \\\\ [x]\\(http\\://y) \\> q \\# h"
        );
    }

    #[test]
    fn mentions_in_data_stay_text() {
        let data = "@everyone @here <@1> <@&2> <#3> <t:1:R> </a:1> <:e:4>";
        assert_eq!(
            plain(data, Place::Body, 4096),
            "@\u{200b}everyone @\u{200b}here \\<@\u{200b}1\\> \\<@\u{200b}&2\\> \\<\\#3\\> \\<t:1:R\\> \\</a:1\\> \\<:e:4\\>"
        );
        assert_eq!(text(&[Span::Code("@everyone".to_owned())], Place::Body, 100), "`@\u{200b}everyone`");
    }

    #[test]
    fn brackets_and_parentheses_of_a_sentence_stay_as_they_are() {
        let title = "Down [web-1] (exit code 3)";
        assert_eq!(plain(title, Place::Title, 100), title);
    }

    #[test]
    fn a_list_at_the_start_of_a_line_stays_text() {
        assert_eq!(plain("- a\n1. b\n  - c 1.5", Place::Body, 100), "\\- a\n1\\. b\n  \\- c 1.5");
    }

    #[test]
    fn backticks_in_code_do_not_end_it() {
        let code = |words: &str| text(&[Span::Code(words.to_owned())], Place::Body, 100);
        assert_eq!(code("up == 0"), "`up == 0`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a``b"), "a\\`\\`b");
    }

    #[test]
    fn lines_stay_between_their_fences_or_become_text_that_is_cut() {
        let block = |words: &str, limit| text(&[Span::Block(words.to_owned())], Place::Body, limit);
        assert_eq!(block("a *b*\n@here", 100), "```\na *b*\n@\u{200b}here\n```");
        for odd in ["```", "````", "a``b```c`````", "``` ```"] {
            let inside = block(odd, 100).replacen("```\n", "", 1);
            assert_eq!(inside.find("```"), Some(inside.len() - 3), "{odd}: {inside}");
        }
        assert_eq!(block(&"*".repeat(40), 40), format!("{}… [+32]", "\\*".repeat(8)));
        assert_eq!(block(" \n", 100), "");
    }

    #[test]
    fn a_link_leads_to_the_web_and_nowhere_else() {
        assert_eq!(link("run[book]", "https://x/a_(b) c"), "[run\\[book\\]](<https://x/a_%28b%29%20c>)");
        assert_eq!(link("click", "javascript:alert(1)"), "click");
    }

    #[test]
    fn a_cut_never_splits_an_escape_and_says_how_much_is_missing() {
        let cut = plain(&"*".repeat(100), Place::Body, 60);
        assert!(points(&cut) <= 60, "{cut}");
        let shown = cut.matches("\\*").count();
        assert_eq!(cut, format!("{}… [+{}]", "\\*".repeat(shown), 100 - shown));
    }

    #[test]
    fn a_cut_closes_what_it_opened() {
        let cut = text(&[Span::Strong("a".repeat(100))], Place::Body, 60);
        let shown = cut.matches('a').count();
        assert_eq!(cut, format!("**{}**… [+{}]", "a".repeat(shown), 100 - shown));
        assert!(shown > 20 && points(&cut) <= 60, "{cut}");
    }

    #[test]
    fn a_moment_is_shown_by_the_readers_clock_except_in_titles() {
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        let spans = [Span::Text("since ".to_owned()), Span::Time { at, words: "20:00 CST".to_owned() }];
        assert_eq!(text(&spans, Place::Body, 100), "since <t:1795262400:f>");
        assert_eq!(text(&spans, Place::Title, 100), "since 20:00 CST");
    }
}
