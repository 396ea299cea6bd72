//! Cutting and splitting text by a service's limits, counted in code points.

/// Length in code points, the unit of Discord and Telegram.
pub(super) fn points(text: &str) -> usize {
    text.chars().count()
}

/// At most `limit` code points of `text`, and how many were left out. A cut text ends in `…`.
pub(super) fn cut(text: &str, limit: usize) -> (String, usize) {
    let length = points(text);
    if length <= limit {
        return (text.to_owned(), 0);
    }
    let kept = limit.saturating_sub(1);
    let mut cut: String = text.chars().take(kept).collect();
    cut.push('…');
    (cut, length - kept)
}

/// What stands where text was left out: how much, in no language.
pub(super) fn ellipsis(left_out: usize) -> String {
    format!("… [+{left_out}]")
}

/// Packs lines into texts of at most `limit` code points, breaking between lines where it can and inside a longer
/// one where it must. Empty texts are left out.
pub(super) fn pack(lines: &[String], limit: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text = String::new();
    for line in lines {
        for piece in pieces(line, limit) {
            if !text.is_empty() && points(&text) + 1 + points(&piece) > limit {
                texts.push(std::mem::take(&mut text));
            }
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&piece);
        }
    }
    texts.push(text);
    texts.retain(|text| !text.trim().is_empty());
    texts
}

fn pieces(line: &str, limit: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut length = 0;
    for character in line.chars() {
        if length == limit {
            pieces.push(String::new());
            length = 0;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
        length += 1;
    }
    pieces
}

/// Text without what could disturb a reader's screen: control characters other than line breaks become spaces, and
/// the marks that turn the direction of writing are dropped.
pub(super) fn clean(text: &str) -> String {
    let kept = text.chars().filter(|character| !turns_direction(*character));
    kept.map(|character| if character.is_control() && character != '\n' { ' ' } else { character }).collect()
}

/// Unicode's embeddings, overrides and isolates: with them `exe.txt` reads as `txt.exe`.
pub(super) fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_counts_code_points_and_says_how_many_are_missing() {
        assert_eq!(cut("容器崩溃", 4), ("容器崩溃".to_owned(), 0));
        assert_eq!(cut("容器崩溃了", 4), ("容器崩…".to_owned(), 2));
    }

    #[test]
    fn lines_are_packed_whole_where_they_fit() {
        let lines = ["one", "two", "a line too long", "end"].map(str::to_owned);
        assert_eq!(pack(&lines, 8), ["one\ntwo", "a line t", "oo long", "end"]);
    }

    #[test]
    fn control_characters_and_turned_writing_are_gone() {
        assert_eq!(clean("a\u{1b}[31mb\r\n\u{202e}c"), "a [31mb \nc");
    }
}
