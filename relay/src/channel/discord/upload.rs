//! Files of a Discord message.
//!
//! Source: Discord's documentation, "Reference", Uploading Files.

use serde_json::{Value, json};

use super::set;
use crate::channel::body::{Body, Form};
use crate::channel::files;
use crate::channel::limits::discord::{FILE, FILE_DESCRIPTION, FILES, REQUEST};
use crate::channel::split::{clean, cut};
use crate::message::Attachment;

/// What the JSON and the form around it may take of a call.
const JSON_ROOM: usize = 256 * 1024;

/// The files that Discord takes, and words for those it does not.
pub(super) fn fitting(attachments: &[Attachment]) -> (Vec<Attachment>, Option<String>) {
    let (mut fitting, left_out) = files::fitting(attachments, FILES.most, FILE.most, REQUEST.most - JSON_ROOM);
    let left_out = files::missing(&left_out);
    for (number, file) in fitting.iter_mut().enumerate() {
        file.name = name(&file.name, number);
        file.description = cut(clean(&file.description).trim(), FILE_DESCRIPTION.most).0;
    }
    (fitting, left_out)
}

/// Discord writes odd letters of a name anew, and `attachment://` would then lead nowhere. The number keeps names apart.
fn name(name: &str, number: usize) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    let all: Vec<char> = name.chars().map(safe).collect();
    // The end of a name tells what it is.
    let end: String = all.iter().skip(all.len().saturating_sub(60)).collect();
    format!("{number}_{}", end.trim_start_matches(['.', '_']))
}

/// Puts files into a payload; the first picture is shown in the first embed.
pub(super) fn attach(payload: &mut Value, attached: &[Attachment]) {
    if attached.is_empty() {
        return;
    }
    let entry = |(id, file): (usize, &Attachment)| {
        let mut entry = json!({ "id": id, "filename": file.name });
        if !file.description.is_empty() {
            set(&mut entry, "description", file.description.clone().into());
        }
        entry
    };
    set(payload, "attachments", attached.iter().enumerate().map(entry).collect());
    let picture = attached.iter().find(|file| file.is_picture());
    if let (Some(embed), Some(picture)) = (payload.pointer_mut("/embeds/0"), picture) {
        set(embed, "image", json!({ "url": format!("attachment://{}", picture.name) }));
    }
    files::put(payload, attached);
}

/// The call's body: a form where there are files.
pub(super) fn body(mut json: Value) -> Body {
    let files = files::take(&mut json);
    if files.is_empty() {
        return Body::Json(json);
    }
    let file = |(id, file)| (format!("files[{id}]"), file);
    Body::Form(Form {
        fields: vec![("payload_json".to_owned(), json.to_string())],
        files: files.into_iter().enumerate().map(file).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, media_type: &str, size: usize) -> Attachment {
        let bytes = vec![7; size].into();
        Attachment {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            bytes,
            description: " a chart".to_owned(),
        }
    }

    #[test]
    fn the_first_picture_is_shown_in_the_first_embed_and_all_files_go_along() {
        let given = [file("log.txt", "text/plain", 3), file("../时间 memory.png", "image/png", 4)];
        let (fitting, left_out) = fitting(&given);
        assert_eq!(left_out, None);
        let mut payload = json!({"embeds": [{"title": "a"}, {"title": "b"}]});
        attach(&mut payload, &fitting);
        let Body::Form(form) = body(payload) else { panic!("no form") };
        let json: Value = serde_json::from_str(&form.fields[0].1).unwrap();
        let expected = json!({
            "embeds": [{"title": "a", "image": {"url": "attachment://1_memory.png"}}, {"title": "b"}],
            "attachments": [
                {"id": 0, "filename": "0_log.txt", "description": "a chart"},
                {"id": 1, "filename": "1_memory.png", "description": "a chart"},
            ],
        });
        assert_eq!((form.fields[0].0.as_str(), json), ("payload_json", expected));
        let files: Vec<(&str, &str)> =
            form.files.iter().map(|(field, file)| (field.as_str(), file.name.as_str())).collect();
        assert_eq!(files, [("files[0]", "0_log.txt"), ("files[1]", "1_memory.png")]);
    }

    #[test]
    fn without_files_a_call_is_plain_json() {
        let mut payload = json!({"content": "x"});
        attach(&mut payload, &[]);
        assert_eq!(body(payload), Body::Json(json!({"content": "x"})));
    }

    #[test]
    fn a_file_of_more_than_ten_mebibytes_and_the_eleventh_are_left_out() {
        let mut given = vec![file("large.png", "image/png", FILE.most + 1)];
        given.extend((0..11).map(|_| file("small.png", "image/png", 1)));
        let (taken, left_out) = fitting(&given);
        assert_eq!((taken.len(), left_out.as_deref()), (10, Some("… [large.png 10.0 MiB; small.png 1 B]")));
        let (taken, _) = fitting(&vec![file("a.png", "image/png", FILE.most); 3]);
        assert_eq!(taken.len(), 2);
    }
}
