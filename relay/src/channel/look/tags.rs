//! Telegram's HTML, of which few tags are known.

use super::Html;

/// Tags of Telegram's that a browser knows as well, and what they become.
const TAGS: [(&str, &str); 18] = [
    ("b", "<b>"),
    ("/b", "</b>"),
    ("strong", "<b>"),
    ("/strong", "</b>"),
    ("i", "<i>"),
    ("/i", "</i>"),
    ("u", "<u>"),
    ("/u", "</u>"),
    ("s", "<s>"),
    ("/s", "</s>"),
    ("code", "<code>"),
    ("/code", "</code>"),
    ("pre", "<pre>"),
    ("/pre", "</pre>"),
    ("blockquote expandable", "<blockquote>"),
    ("blockquote", "<blockquote>"),
    ("/blockquote", "</blockquote>"),
    ("/a", "</a>"),
];

/// The text of a message with `parse_mode: HTML`. What is open at its end is closed.
pub fn telegram(text: &str) -> Html {
    let mut html = Html::default();
    let mut open: Vec<&'static str> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        html.push_text(&unescape(before));
        let Some((tag, after)) = after.split_once('>') else {
            html.push_text("<");
            rest = after;
            continue;
        };
        put(&mut html, &mut open, tag);
        rest = after;
    }
    html.push_text(&unescape(rest));
    for tag in open.into_iter().rev() {
        html.push_tag(tag);
    }
    html
}

fn put(html: &mut Html, open: &mut Vec<&'static str>, tag: &str) {
    if let Some(url) = tag.strip_prefix("a href=\"").and_then(|tag| tag.strip_suffix('"')) {
        html.open_link(&unescape(url));
        open.push("</a>");
        return;
    }
    // By its own clock the reader's chat would show it; here its words do.
    if tag.starts_with("tg-time") || tag == "/tg-time" {
        return;
    }
    match TAGS.iter().find(|(name, _)| *name == tag) {
        Some((name, closing)) if name.starts_with('/') => {
            // Crossed tags are refused by Telegram, and never sent.
            if open.last() == Some(closing) {
                open.pop();
                html.push_tag(closing);
            }
        }
        Some((_, opening)) => {
            let closing = TAGS.iter().find(|(name, _)| name.strip_prefix('/') == opening.get(1..opening.len() - 1));
            html.push_tag(opening);
            open.extend(closing.map(|(_, closing)| *closing));
        }
        None => html.push_text(&format!("<{tag}>")),
    }
}

/// The four names that Telegram knows.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tags_stay_and_all_else_is_text() {
        let seen = |text: &str| telegram(text).as_str().to_owned();
        assert_eq!(seen("<b>a &lt;b&gt; &amp;amp;</b>"), "<b>a &lt;b&gt; &amp;amp;</b>");
        assert_eq!(
            seen("<a href=\"https://x/?a&amp;b\">y</a> <script>"),
            "<a rel=\"noopener noreferrer\" target=\"_blank\" href=\"https://x/?a&amp;b\">y</a> &lt;script&gt;"
        );
        assert_eq!(seen("<tg-time unix=\"1\" format=\"dT\">then</tg-time>"), "then");
        assert_eq!(seen("<blockquote expandable>x"), "<blockquote>x</blockquote>");
        assert_eq!(seen("a</b><i onclick=x>"), "a&lt;i onclick=x&gt;");
        assert_eq!(seen("a < b"), "a &lt; b");
    }
}
