//! Lines and fields: the text of a list, whatever has written it.

use csv_core::{ReadFieldResult, ReaderBuilder};

/// What Excel may write as the first line, before the character that separates the fields.
const SEPARATOR: &str = "sep=";

/// One field, and where it begins in its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Counted in characters, from 1.
    pub column: usize,
    pub text: String,
    /// Its quote is not closed in this line.
    pub open: bool,
}

/// One line with something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counted from 1.
    pub line: usize,
    pub fields: Vec<Field>,
}

/// The text of a file: UTF-8, or what Excel calls Unicode text.
pub fn decode(name: &str, bytes: &[u8]) -> Result<String, String> {
    let wide = |one: fn([u8; 2]) -> u16, rest: &[u8]| {
        let units: Vec<u16> = rest.chunks_exact(2).filter_map(|pair| Some(one(pair.try_into().ok()?))).collect();
        String::from_utf16(&units).map_err(|_| format!("{name}: it begins as UTF-16 and is none; save it as UTF-8"))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xFE, 0xFF, rest @ ..] => wide(u16::from_be_bytes, rest),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => String::from_utf8(rest.to_vec()).map_err(|error| {
            let before = rest.get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("{name}:{line}: expected text in UTF-8; save the list as `CSV UTF-8`")
        }),
    }
}

/// The lines, without comments (`#`) and empty ones, and without those of empty fields that spreadsheets leave behind.
pub fn rows(text: &str) -> Vec<Row> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut delimiter = None;
    let mut all = Vec::new();
    for (line, number) in text.split('\n').zip(1..) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let (None, Some(named)) = (delimiter, named(line)) {
            delimiter = Some(named);
            continue;
        }
        let fields = fields(line, *delimiter.get_or_insert_with(|| likely(line)));
        if fields.iter().any(|field| !field.text.is_empty()) {
            all.push(Row { line: number, fields });
        }
    }
    all
}

fn named(line: &str) -> Option<u8> {
    line.strip_prefix(SEPARATOR)?.bytes().next().filter(u8::is_ascii)
}

/// What separates the fields of the header: which it is depends on the country, for Excel.
fn likely(header: &str) -> u8 {
    let count = |byte: u8| header.bytes().filter(|other| *other == byte).count();
    [b'\t', b';', b','].into_iter().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

fn fields(line: &str, delimiter: u8) -> Vec<Field> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut unquoted = vec![0; line.len() + 1];
    let mut all = Vec::new();
    let mut start = 0;
    loop {
        let (mut end, mut length) = (start, 0);
        // The end of the line comes as an empty input.
        let result = loop {
            let input = line.as_bytes().get(end..).unwrap_or_default();
            let (result, read, written) = reader.read_field(input, unquoted.get_mut(length..).unwrap_or_default());
            (end, length) = (end + read, length + written);
            if !matches!(result, ReadFieldResult::InputEmpty) {
                break result;
            }
        };
        if let ReadFieldResult::Field { .. } = result {
            all.push(Field {
                column: line.get(..start).unwrap_or_default().chars().count() + 1,
                text: String::from_utf8_lossy(unquoted.get(..length).unwrap_or_default()).trim().to_owned(),
                open: is_open(line.get(start..end).unwrap_or_default()),
            });
        }
        if !matches!(result, ReadFieldResult::Field { record_end: false }) {
            return all;
        }
        start = end;
    }
}

/// A quote inside a quoted field is written twice, so that their number is even.
fn is_open(field: &str) -> bool {
    field.starts_with('"') && field.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(usize, Vec<(usize, String)>)> {
        let fields = |row: Row| row.fields.into_iter().map(|field| (field.column, field.text)).collect();
        rows(text).into_iter().map(|row| (row.line, fields(row))).collect()
    }

    fn owned(fields: &[(usize, &str)]) -> Vec<(usize, String)> {
        fields.iter().map(|(column, text)| (*column, (*text).to_owned())).collect()
    }

    #[test]
    fn fields_are_found_where_they_are_whatever_separates_them() {
        for (delimiter, end) in [(",", "\n"), (";", "\r\n"), ("\t", "\r")] {
            let text = format!("alias{delimiter}ip{end}# nobody{end}{end}\"Łódź \"\"1\"\"\"{delimiter}10.0.0.1{end}");
            let expected = [(1, owned(&[(1, "alias"), (7, "ip")])), (4, owned(&[(1, "Łódź \"1\""), (14, "10.0.0.1")]))];
            assert_eq!(read(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_empty_last_field_is_one_and_a_line_of_empty_fields_is_none() {
        assert_eq!(read("a,b\nx,\n,,\n"), [(1, owned(&[(1, "a"), (3, "b")])), (2, owned(&[(1, "x"), (3, "")]))]);
    }

    #[test]
    fn excel_may_name_the_separator() {
        assert_eq!(read("sep=;\r\na,b;c\r\n"), [(2, owned(&[(1, "a,b"), (5, "c")]))]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_noticed() {
        let open =
            |text: &str| rows(text).iter().flat_map(|row| &row.fields).map(|field| field.open).collect::<Vec<_>>();
        assert_eq!(open("\"a\",\"b\"\"\",c\"d\n"), [false, false, false]);
        assert_eq!(open("a,\"b,c\n"), [false, true]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_every_field_is_in_its_line(bytes in any::<Vec<u8>>(), text in "(sep=.|[a\"#,;\t\r\nж ]){0,40}") {
            let decoded = decode("list", &bytes).unwrap_or_default();
            for text in [&decoded, &text] {
                let lines = text.replace("\r\n", "\n").replace('\r', "\n");
                for row in rows(text) {
                    let line = lines.split('\n').nth(row.line - 1).unwrap();
                    for field in &row.fields {
                        prop_assert!(field.column <= line.chars().count() + 1, "{row:?} of {text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn marks_at_the_beginning_are_no_text_and_other_encodings_are_named() {
        assert_eq!(decode("l", b"\xEF\xBB\xBFip").unwrap(), "ip");
        assert_eq!(decode("l", b"\xFF\xFEi\0p\0").unwrap(), "ip");
        assert_eq!(decode("l", b"\xFE\xFF\0i\0p").unwrap(), "ip");
        assert_eq!(
            decode("l", b"ip\n\n\xE0").unwrap_err(),
            "l:3: expected text in UTF-8; save the list as `CSV UTF-8`"
        );
        assert!(decode("l", b"\xFF\xFE\0\xD8").unwrap_err().ends_with("save it as UTF-8"));
    }
}
