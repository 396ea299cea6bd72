//! Reads `multipart/form-data`, as far as the stand-ins need it.

// Each test uses its own part of it.
#![allow(dead_code)]

/// One part of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub name: String,
    /// `None`: a plain field.
    pub file_name: Option<String>,
    pub media_type: Option<String>,
    pub bytes: Vec<u8>,
}

/// The parts, or `None` where it is no form.
pub fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=")?.trim_matches('"');
    let mark = format!("--{boundary}");
    let mut rest = after(body, mark.as_bytes())?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let head_and_bytes = rest.strip_prefix(b"\r\n")?;
        let end = find(head_and_bytes, format!("\r\n{mark}").as_bytes())?;
        parts.push(part(head_and_bytes.get(..end)?)?);
        rest = after(head_and_bytes.get(end..)?, mark.as_bytes())?;
    }
    Some(parts)
}

fn part(text: &[u8]) -> Option<Part> {
    let end = find(text, b"\r\n\r\n")?;
    let head = std::str::from_utf8(text.get(..end)?).ok()?;
    let header = |name: &str| {
        head.lines().find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)))
    };
    let disposition = header("content-disposition")?.1;
    let value = |key: &str| {
        let (_, rest) = disposition.split_once(&format!("; {key}=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    Some(Part {
        name: value("name")?,
        file_name: value("filename"),
        media_type: header("content-type").map(|(_, value)| value.to_owned()),
        bytes: text.get(end + 4..)?.to_vec(),
    })
}

fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    text.get(find(text, mark)? + mark.len()..)
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|window| window == mark)
}
