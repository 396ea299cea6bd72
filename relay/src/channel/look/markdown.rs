//! The markdown of Discord and of WeCom. Both know less than the common kind, and each a little more.

use jiff::Timestamp;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::Html;

/// Which chat reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Discord,
    Wecom,
}

/// A text of Discord's: `-# small` lines, `<t:…>` moments, names that are called.
pub fn discord(text: &str) -> Html {
    lines(text, Dialect::Discord)
}

/// A text of WeCom's: `<font color="…">` in three colours.
pub fn wecom(text: &str) -> Html {
    lines(text, Dialect::Wecom)
}

/// Both break a line where it breaks, and both take an indented line for a line.
fn lines(text: &str, dialect: Dialect) -> Html {
    let mut html = Html::default();
    let text: String = text.lines().map(|line| line.trim_start_matches([' ', '\t']).to_owned() + "\n").collect();
    let mut small = false;
    for event in TextMergeStream::new(Parser::new_ext(&text, Options::ENABLE_STRIKETHROUGH)) {
        match event {
            Event::Start(tag) => open(&mut html, &tag),
            Event::End(tag) => {
                if tag == TagEnd::Paragraph {
                    end_small(&mut html, &mut small);
                }
                close(&mut html, tag);
            }
            Event::Text(words) => {
                let words = match words.strip_prefix("-# ") {
                    Some(rest) if dialect == Dialect::Discord => {
                        html.push_tag("<small>");
                        small = true;
                        rest.to_owned()
                    }
                    _ => words.into_string(),
                };
                match dialect {
                    Dialect::Discord => with_moments(&mut html, &words),
                    Dialect::Wecom => html.push_text(&words),
                }
            }
            Event::Code(words) => {
                html.push_tag("<code>");
                html.push_text(&words);
                html.push_tag("</code>");
            }
            Event::SoftBreak | Event::HardBreak => {
                end_small(&mut html, &mut small);
                html.push_tag("<br>");
            }
            Event::InlineHtml(tag) | Event::Html(tag) => put(&mut html, &tag, dialect),
            Event::Rule => html.push_tag("<hr>"),
            _ => {}
        }
    }
    end_small(&mut html, &mut small);
    html
}

/// `<t:1700000000:f>` is a moment by the reader's own clock, `<@&1>` somebody who is called.
fn with_moments(html: &mut Html, words: &str) {
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('<') {
        html.push_text(before);
        let special = after.split_once('>').filter(|(inner, _)| put_special(html, inner));
        rest = match special {
            Some((_, after)) => after,
            None => {
                html.push_text("<");
                after
            }
        };
    }
    html.push_text(rest);
}

/// Whether `<inner>` is something that Discord shows as something else.
fn put_special(html: &mut Html, inner: &str) -> bool {
    let moment = inner.strip_prefix("t:").and_then(|inner| inner.split(':').next()?.parse().ok());
    if let Some(at) = moment.and_then(|second| Timestamp::from_second(second).ok()) {
        html.push_time(at);
    } else if let Some(called) = called(inner) {
        html.push_text(called);
    } else {
        return false;
    }
    true
}

/// As the chat would show a name that it does not know.
fn called(inner: &str) -> Option<&'static str> {
    match inner.strip_prefix('@')?.strip_prefix('&') {
        Some(_) => Some("@role"),
        None => Some("@user"),
    }
}

fn end_small(html: &mut Html, small: &mut bool) {
    if std::mem::take(small) {
        html.push_tag("</small>");
    }
}

fn open(html: &mut Html, tag: &Tag<'_>) {
    match tag {
        Tag::Paragraph => html.push_tag("<p>"),
        Tag::Heading { .. } => html.push_tag("<p><b>"),
        Tag::BlockQuote(_) => html.push_tag("<blockquote>"),
        Tag::CodeBlock(_) => html.push_tag("<pre>"),
        Tag::List(_) => html.push_tag("<ul>"),
        Tag::Item => html.push_tag("<li>"),
        Tag::Emphasis => html.push_tag("<i>"),
        Tag::Strong => html.push_tag("<b>"),
        Tag::Strikethrough => html.push_tag("<s>"),
        Tag::Link { dest_url, .. } => html.open_link(dest_url),
        _ => {}
    }
}

fn close(html: &mut Html, tag: TagEnd) {
    match tag {
        TagEnd::Paragraph => html.push_tag("</p>"),
        TagEnd::Heading(_) => html.push_tag("</b></p>"),
        TagEnd::BlockQuote(_) => html.push_tag("</blockquote>"),
        TagEnd::CodeBlock => html.push_tag("</pre>"),
        TagEnd::List(_) => html.push_tag("</ul>"),
        TagEnd::Item => html.push_tag("</li>"),
        TagEnd::Emphasis => html.push_tag("</i>"),
        TagEnd::Strong => html.push_tag("</b>"),
        TagEnd::Strikethrough => html.push_tag("</s>"),
        TagEnd::Link => html.push_tag("</a>"),
        _ => {}
    }
}

/// What looks like a tag: a colour of WeCom's, or text.
fn put(html: &mut Html, tag: &str, dialect: Dialect) {
    match (dialect, tag) {
        (Dialect::Wecom, "<font color=\"info\">") => html.push_tag("<span class=\"wecom-info\">"),
        (Dialect::Wecom, "<font color=\"warning\">") => html.push_tag("<span class=\"wecom-warning\">"),
        (Dialect::Wecom, "<font color=\"comment\">") => html.push_tag("<span class=\"wecom-comment\">"),
        (Dialect::Wecom, "</font>") => html.push_tag("</span>"),
        (Dialect::Wecom, tag) => html.push_text(tag),
        (Dialect::Discord, tag) => with_moments(html, tag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discords_markdown_becomes_tags_and_data_stays_data() {
        let seen = |text: &str| discord(text).as_str().to_owned();
        assert_eq!(seen("**a** `b<c>`\n-# small"), "<p><b>a</b> <code>b&lt;c&gt;</code><br><small>small</small></p>");
        assert_eq!(
            seen("<t:0:f> <t:x>"),
            "<p><time datetime=\"1970-01-01T00:00:00Z\">1970-01-01T00:00:00Z</time> &lt;t:x&gt;</p>"
        );
        assert_eq!(seen("\\*no\\* \\<x>"), "<p>*no* &lt;x&gt;</p>");
        assert_eq!(seen("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;\n");
        assert!(seen("[a](javascript:x)").starts_with("<p><a rel=\"noopener noreferrer\" target=\"_blank\">a"));
        assert_eq!(seen("```\na\n```"), "<pre>a\n</pre>");
    }

    #[test]
    fn wecoms_colours_are_kept() {
        let seen = wecom("**<font color=\"warning\">a</font>**\n> b <font color=\"x\">");
        assert_eq!(
            seen.as_str(),
            "<p><b><span class=\"wecom-warning\">a</span></b></p><blockquote><p>b &lt;font color=&quot;x&quot;&gt;</p></blockquote>"
        );
    }
}
