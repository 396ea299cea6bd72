//! How a payload looks in its chat, as far as a page can show it. What is in a payload stays data: all of it is escaped
//! here, and only what the chat itself would take for markup becomes tags.

use std::fmt::Write as _;

mod markdown;
mod tags;

pub use markdown::{discord, wecom};
pub use tags::telegram;

/// HTML of which nothing comes from outside unescaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Text without any markup; line breaks are kept by the page's style.
    pub fn text(text: &str) -> Self {
        let mut html = Self::default();
        html.push_text(text);
        html
    }

    /// The tags and the escaped text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to be seen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    /// Tags of our own.
    fn push_tag(&mut self, tag: &'static str) {
        self.0.push_str(tag);
    }

    /// A moment, for a script to say by the reader's own clock.
    fn push_time(&mut self, at: jiff::Timestamp) {
        let _ = write!(self.0, "<time datetime=\"{at}\">{at}</time>");
    }

    /// The beginning of a link; to nowhere, unless it leads to the web.
    fn open_link(&mut self, url: &str) {
        self.0.push_str("<a rel=\"noopener noreferrer\" target=\"_blank\"");
        if url.starts_with("https://") || url.starts_with("http://") {
            let escaped = Self::text(url).0;
            // Writing to a String cannot fail.
            let _ = write!(self.0, " href=\"{escaped}\"");
        }
        self.0.push('>');
    }
}

/// A labelled value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookField {
    /// What it is.
    pub name: Html,
    /// What it says.
    pub value: Html,
    /// May stand beside its neighbours.
    pub short: bool,
}

/// One block of a message, such as an embed of Discord's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// The bar at its side, as `#rrggbb`.
    pub color: Option<String>,
    /// Its first line.
    pub title: Html,
    /// What it says.
    pub body: Html,
    /// Labelled values.
    pub fields: Vec<LookField>,
    /// What stands below.
    pub footer: Html,
    /// Names of pictures and files that go with it.
    pub files: Vec<String>,
}

/// A payload as people see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look(pub Vec<Card>);

impl Look {
    /// One block with these words.
    pub fn of(body: Html) -> Self {
        Self(vec![Card { body, ..Card::default() }])
    }

    /// What a program reads: its JSON.
    pub fn json(value: &serde_json::Value) -> Self {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        let mut body = Html::default();
        body.push_tag("<pre>");
        body.push_text(&text);
        body.push_tag("</pre>");
        Self::of(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_stays_data() {
        assert_eq!(Html::text("<b>&\"'").as_str(), "&lt;b&gt;&amp;&quot;&#39;");
        let mut html = Html::default();
        html.open_link("javascript:alert(1)");
        assert!(!html.as_str().contains("href"), "{html:?}");
        let mut html = Html::default();
        html.open_link("https://a/?\"onclick=x");
        assert!(html.as_str().ends_with("href=\"https://a/?&quot;onclick=x\">"), "{html:?}");
    }
}
