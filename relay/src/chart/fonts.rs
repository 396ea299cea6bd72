//! The fonts that are part of the program: see `relay/fonts/README.md`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::{fmt, fs};

use resvg::usvg::fontdb::Database;
use skrifa::raw::FileRef;
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

/// A file is held in memory for as long as it is in use.
const MOST_BYTES: u64 = 64 << 20;

/// The fonts of charts: those that are part of the program, behind them those of the configuration, and none of the host's.
#[derive(Clone)]
pub struct Fonts(Arc<Loaded>);

struct Loaded {
    database: Arc<Database>,
    letters: BTreeSet<char>,
}

static OWN: LazyLock<Fonts> = LazyLock::new(|| Fonts::of(&[]));

impl Default for Fonts {
    fn default() -> Self {
        OWN.clone()
    }
}

impl PartialEq for Fonts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Fonts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fonts({} letters)", self.0.letters.len())
    }
}

/// A font file of the configuration.
#[derive(Debug)]
pub struct FontFile(Vec<u8>);

impl FontFile {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// It cannot be read, is too large, or is no font.
    pub fn read(path: &Path) -> Result<Self, String> {
        let unreadable = |error: std::io::Error| format!("`{}` cannot be read: {error}", path.display());
        let size = fs::metadata(path).map_err(unreadable)?.len();
        if size > MOST_BYTES {
            let (found, most) = (size >> 20, MOST_BYTES >> 20);
            return Err(format!("`{}` has {found} MiB; a font of up to {most} MiB can be used", path.display()));
        }
        let bytes = fs::read(path).map_err(unreadable)?;
        let mut database = Database::new();
        database.load_font_data(bytes.clone());
        if database.is_empty() || letters(&bytes).next().is_none() {
            let path = path.display();
            return Err(format!(
                "`{path}` is no font: expected a file such as `.ttf`, `.otf` or `.ttc`, with letters in it"
            ));
        }
        Ok(Self(bytes))
    }
}

fn letters(file: &[u8]) -> impl Iterator<Item = char> {
    let fonts: Vec<FontRef<'_>> = match FileRef::new(file) {
        Ok(FileRef::Font(font)) => vec![font],
        Ok(FileRef::Collection(all)) => all.iter().filter_map(Result::ok).collect(),
        Err(_) => Vec::new(),
    };
    let letters = |font: FontRef<'_>| font.charmap().mappings().map(|(letter, _)| letter).collect::<Vec<_>>();
    fonts.into_iter().flat_map(letters).filter_map(char::from_u32).collect::<Vec<_>>().into_iter()
}

impl Fonts {
    /// Ours and these behind them.
    pub fn with(files: &[FontFile]) -> Self {
        if files.is_empty() { Self::default() } else { Self::of(files) }
    }

    fn of(files: &[FontFile]) -> Self {
        let mut database = Database::new();
        let all = || FILES.into_iter().chain(files.iter().map(|file| file.0.as_slice()));
        all().for_each(|file| database.load_font_data(file.to_vec()));
        Self(Arc::new(Loaded { database: Arc::new(database), letters: all().flat_map(letters).collect() }))
    }

    pub(super) fn database(&self) -> Arc<Database> {
        self.0.database.clone()
    }

    /// Whether all letters of the words can be drawn.
    pub(super) fn have_all(&self, words: &str) -> bool {
        words.chars().all(|letter| self.0.letters.contains(&letter))
    }

    /// Data, such as a host's name, with a mark for each letter that cannot be drawn.
    pub(super) fn drawable(&self, data: &str) -> String {
        data.chars().map(|letter| if self.0.letters.contains(&letter) { letter } else { NO_GLYPH }).collect()
    }
}

/// In which order the fonts are asked for a letter. On a page the reader's own fonts follow.
pub(super) fn family(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhTw => "'Noto Sans', 'Noto Sans CJK TC', 'Noto Sans CJK SC', sans-serif",
        _ => "'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans CJK TC', sans-serif",
    }
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
        let fonts = Fonts::default();
        assert!(fonts.have_all("Пам’ять 23,5% – web-1 · 内存使用率"));
        assert!(!fonts.have_all("龘"));
        assert_eq!(fonts.drawable("web-龘\u{1f40b}"), "web-\u{fffd}\u{fffd}");
        assert!(fonts.have_all(&NO_GLYPH.to_string()));
    }

    /// Our own font, in which the shape of `A` stands for 龘 and for nothing else.
    fn font_with_one_letter() -> Vec<u8> {
        let word = |at: usize| u32::from_be_bytes(FILES[0][at..at + 4].try_into().unwrap()) as usize;
        let glyph = FontRef::new(FILES[0]).unwrap().charmap().map('A').unwrap().to_u32();
        let mut cmap = Vec::new();
        // Version 0, one table: Windows, all of Unicode, 12 bytes on.
        [0_u16, 1, 3, 10, 0, 12].iter().for_each(|number| cmap.extend(number.to_be_bytes()));
        [12_u16, 0].iter().for_each(|number| cmap.extend(number.to_be_bytes()));
        [28, 0, 1, 0x9f98, 0x9f98, glyph].iter().for_each(|number: &u32| cmap.extend(number.to_be_bytes()));
        let tables = usize::from(u16::from_be_bytes([FILES[0][4], FILES[0][5]]));
        let (mut head, mut body) = (FILES[0][..12].to_vec(), Vec::new());
        for record in (0..tables).map(|number| 12 + 16 * number) {
            let tag = &FILES[0][record..record + 4];
            let own = &FILES[0][word(record + 8)..word(record + 8) + word(record + 12)];
            let table = if tag == b"cmap" { cmap.as_slice() } else { own };
            head.extend(tag);
            let place = 12 + 16 * tables + body.len();
            [0, place, table.len()].iter().for_each(|number| head.extend((*number as u32).to_be_bytes()));
            body.extend(table);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        head.extend(body);
        head
    }

    #[test]
    fn a_font_of_the_configuration_draws_what_ours_lack() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = directory.path().join(name);
            fs::write(&path, bytes).unwrap();
            path
        };
        let more = FontFile::read(&file("more.ttf", &font_with_one_letter())).unwrap();
        let (own, more) = (Fonts::default(), Fonts::with(&[more]));
        assert_eq!((own.drawable("龘A"), more.drawable("龘A")), ("\u{fffd}A".to_owned(), "龘A".to_owned()));
        let picture = |fonts: &Fonts, letter: &str| {
            let svg = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='60'><text x='5' y='50' font-size='40' \
                 font-family=\"{}\">{letter}</text></svg>",
                family(Locale::En)
            );
            crate::chart::raster::png(&svg, fonts).unwrap()
        };
        assert_eq!(picture(&more, "龘"), picture(&own, "A"));
        assert_ne!(picture(&own, "龘"), picture(&own, "A"));
        let broken = FontFile::read(&file("notes.txt", b"no font")).unwrap_err();
        assert!(
            broken.ends_with(
                "notes.txt` is no font: expected a file such as `.ttf`, `.otf` or `.ttc`, with letters in it"
            ),
            "{broken}"
        );
        let missing = FontFile::read(&directory.path().join("gone.ttf")).unwrap_err();
        assert!(missing.contains("gone.ttf` cannot be read: No such file"), "{missing}");
    }
}
