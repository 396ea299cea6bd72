//! Files in a payload. A payload may wait in the store as a prepared part, so its files are in its JSON, as base64 below
//! a key of our own, until the call is made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::message::Attachment;

/// No service has a key of this name.
const KEY: &str = "seamark_files";
/// Files that a reader is told the names of.
const NAMED: usize = 3;

/// Puts files into a payload.
pub(super) fn put(payload: &mut Value, files: &[Attachment]) {
    let file = |file: &Attachment| {
        json!({
            "name": file.name, "media_type": file.media_type, "description": file.description,
            "base64": STANDARD.encode(&file.bytes),
        })
    };
    if let Some(object) = payload.as_object_mut().filter(|_| !files.is_empty()) {
        object.insert(KEY.to_owned(), files.iter().map(file).collect());
    }
}

/// Takes the files out of a payload, so that what is left is the service's own JSON.
pub(super) fn take(payload: &mut Value) -> Vec<Attachment> {
    let files = payload.as_object_mut().and_then(|object| object.remove(KEY));
    let file = |file: &Value| {
        let text = |key: &str| file.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Attachment {
            name: text("name")?,
            media_type: text("media_type")?,
            description: text("description")?,
            bytes: STANDARD.decode(text("base64")?).ok()?.into(),
        })
    };
    files.as_ref().and_then(Value::as_array).map(|files| files.iter().filter_map(file).collect()).unwrap_or_default()
}

/// Those that a service takes in one call, and those that have to be left out: at most `count` of at most `each` bytes and
/// `all` bytes together. An empty file says nothing, and most services refuse it.
pub(super) fn fitting(
    files: &[Attachment],
    count: usize,
    each: usize,
    all: usize,
) -> (Vec<Attachment>, Vec<&Attachment>) {
    let (mut fitting, mut left_out): (Vec<Attachment>, Vec<&Attachment>) = (Vec::new(), Vec::new());
    let mut room = all;
    for file in files {
        let size = file.bytes.len();
        if size == 0 || size > each || size > room || fitting.len() == count {
            left_out.push(file);
        } else {
            room -= size;
            fitting.push(file.clone());
        }
    }
    (fitting, left_out)
}

/// Says in no language which files are missing: `… [chart.png 12.3 MiB]`. Plain data, to be escaped.
pub(super) fn missing(left_out: &[&Attachment]) -> Option<String> {
    let mut words: Vec<String> =
        left_out.iter().take(NAMED).map(|file| format!("{} {}", short(&file.name), size(file))).collect();
    let more = left_out.len().saturating_sub(NAMED);
    words.extend((more > 0).then(|| format!("+{more}")));
    (!words.is_empty()).then(|| format!("… [{}]", words.join("; ")))
}

fn short(name: &str) -> String {
    super::split::cut(name, 40).0
}

#[expect(clippy::cast_precision_loss)]
fn size(file: &Attachment) -> String {
    let bytes = file.bytes.len();
    let in_units = |unit: usize| bytes as f64 / unit as f64;
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", in_units(1024)),
        _ => format!("{:.1} MiB", in_units(1024 * 1024)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, size: usize) -> Attachment {
        Attachment {
            name: name.to_owned(),
            media_type: "image/png".to_owned(),
            bytes: vec![7; size].into(),
            description: "a chart".to_owned(),
        }
    }

    #[test]
    fn files_survive_the_store_and_are_not_in_what_the_service_sees() {
        let files = [file("a.png", 3), file("b.png", 500)];
        let mut payload = json!({"content": "x"});
        put(&mut payload, &files);
        let mut stored: Value = serde_json::from_str(&payload.to_string()).unwrap();
        assert_eq!((take(&mut stored), stored), (files.to_vec(), json!({"content": "x"})));
    }

    #[test]
    fn what_is_too_large_or_too_much_is_left_out_and_named() {
        let files =
            [file("a", 5), file("empty", 0), file("b", 11), file("c", 10), file("d", 9), file("e", 1), file("f", 1)];
        let (fitting, left_out) = fitting(&files, 3, 10, 16);
        assert_eq!(fitting.iter().map(|file| file.name.as_str()).collect::<String>(), "ace");
        assert_eq!(missing(&left_out).as_deref(), Some("… [empty 0 B; b 11 B; d 9 B; +1]"));
        assert_eq!(missing(&[&file("chart.png", 12_900_000)]).as_deref(), Some("… [chart.png 12.3 MiB]"));
        assert_eq!(missing(&[]), None);
    }
}
