//! The fonts that are part of the program: see `relay/fonts/README.md`.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use skrifa::{FontRef, MetadataProvider};

use crate::compose::Locale;

const FILES: [&[u8]; 4] = [
    include_bytes!("../../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansCJKsc-Regular.otf"),
    include_bytes!("../../fonts/NotoSansCJKtc-Regular.otf"),
];

/// What stands for a letter that no font has.
const NO_GLYPH: char = '\u{fffd}';

/// All fonts, and none of the host's.
pub(super) static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut database = Database::new();
    FILES.into_iter().for_each(|file| database.load_font_data(file.to_vec()));
    Arc::new(database)
});

static LETTERS: LazyLock<BTreeSet<char>> = LazyLock::new(|| {
    let fonts = FILES.into_iter().filter_map(|file| FontRef::new(file).ok());
    let letters = |font: FontRef<'static>| font.charmap().mappings().map(|(letter, _)| letter).collect::<Vec<_>>();
    fonts.flat_map(letters).filter_map(char::from_u32).collect()
});

/// In which order the fonts are asked for a letter. On a page the reader's own fonts follow.
pub(super) fn family(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhTw => "'Noto Sans', 'Noto Sans CJK TC', 'Noto Sans CJK SC', sans-serif",
        _ => "'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans CJK TC', sans-serif",
    }
}

/// Whether all letters of the words can be drawn.
pub(super) fn has_all(words: &str) -> bool {
    words.chars().all(|letter| LETTERS.contains(&letter))
}

/// Data, such as a host's name, with a mark for each letter that cannot be drawn.
pub(super) fn drawable(data: &str) -> String {
    data.chars().map(|letter| if LETTERS.contains(&letter) { letter } else { NO_GLYPH }).collect()
}

/// About how wide the words are, in units of the font's size.
pub(super) fn width(words: &str) -> f64 {
    words
        .chars()
        .map(|letter| match letter {
            'i' | 'l' | 'j' | 't' | 'f' | 'r' | '.' | ',' | ':' | ' ' | '\'' | '|' | 'і' | 'ї' => 0.3,
            'm' | 'M' | 'w' | 'W' | '%' | '@' | 'ж' | 'ш' | 'щ' | 'Ж' | 'Ш' | 'Щ' | 'ю' => 0.88,
            'A'..='Z' | 'А'..='Я' => 0.66,
            letter if u32::from(letter) >= 0x2e80 => 1.0,
            _ => 0.58,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_is_marked() {
        assert!(has_all("Пам’ять 23,5% – web-1 · 内存使用率"));
        assert!(!has_all("龘"));
        assert_eq!(drawable("web-龘\u{1f40b}"), "web-\u{fffd}\u{fffd}");
        assert!(has_all(&NO_GLYPH.to_string()));
    }
}
