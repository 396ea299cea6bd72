//! Which files there are, and their content.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use regex_lite::Regex;
use rustix::fs::OFlags;

/// Far more than anybody writes for a scrape.
const FILE_LIMIT: u64 = 8 * 1024 * 1024;

/// The directories that a pattern stands for, in their order; a pattern that finds nothing stands for itself.
pub(super) fn directories(pattern: &str) -> Vec<PathBuf> {
    let root = if pattern.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let parts = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
    let found = parts.clone().try_fold(vec![root.clone()], |found, part| Some(expand(found, &glob(part)?, part)));
    match found {
        Some(found) if !found.is_empty() => found,
        _ => vec![parts.fold(root, |path, part| path.join(part))],
    }
}

fn expand(directories: Vec<PathBuf>, glob: &Regex, part: &str) -> Vec<PathBuf> {
    let is_plain = !part.contains(['*', '?', '[', '\\']);
    let mut found = Vec::new();
    for directory in directories {
        if is_plain {
            let path = directory.join(part);
            found.extend(path.symlink_metadata().is_ok().then_some(path));
            continue;
        }
        let here = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
        let entries = fs::read_dir(here).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        found.extend(names.iter().filter(|name| glob.is_match(name)).map(|name| directory.join(name)));
    }
    found
}

/// `*`, `?`, `[a-z]`, `[^a-z]` and `\*` as a regular expression; `None` for a bracket that is not closed.
fn glob(part: &str) -> Option<Regex> {
    let mut expression = String::from("^(?s:");
    let mut characters = part.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => {
                let class: String = characters.by_ref().take_while(|character| *character != ']').collect();
                expression.push_str(&format!("[{}]", class.replace('[', "\\[").replace('&', "\\&")));
            }
            '\\' => expression.push_str(&regex_lite::escape(&characters.next()?.to_string())),
            plain => expression.push_str(&regex_lite::escape(&plain.to_string())),
        }
    }
    expression.push_str(")$");
    Regex::new(&expression).ok()
}

/// The names that end in `.prom`, sorted.
pub(super) fn names(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    let mut paths: Vec<_> = entries.iter().map(|entry| directory.join(entry.file_name())).collect();
    paths.retain(|path| path.as_os_str().as_encoded_bytes().ends_with(b".prom"));
    paths.sort_unstable();
    Ok(paths)
}

/// The content of a file, and when it was last written, in whole seconds since 1970.
///
/// Never waits: a FIFO in the directory would have no end, and perhaps not even a beginning.
pub(super) fn read(path: &Path) -> io::Result<(Vec<u8>, u64)> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not an ordinary file"));
    }
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(io::Error::other(format!("larger than {} MiB", FILE_LIMIT / 1024 / 1024)));
    }
    let written = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok((bytes, written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_directories_in_their_order_and_else_stands_for_itself() {
        let home = tempfile::tempdir().unwrap();
        for name in ["b1/x", "a1/x", "a2/x", "a1/y", "a*"] {
            fs::create_dir_all(home.path().join(name)).unwrap();
        }
        let root = home.path().to_str().unwrap();
        let found = |pattern: &str| {
            let paths = directories(&format!("{root}/{pattern}"));
            paths.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("a1/x"), ["a1/x"]);
        assert_eq!(found("./a1//x/"), ["a1/x"]);
        assert_eq!(found("[a-b]1/?"), ["a1/x", "a1/y", "b1/x"]);
        assert_eq!(found("[^a]*/x"), ["b1/x"]);
        assert_eq!(found("a\\*"), ["a*"]);
        assert_eq!(found("c*/x"), ["c*/x"]);
        assert_eq!(found("a["), ["a["]);
        assert_eq!(found("gone"), ["gone"]);
    }

    #[test]
    fn only_an_ordinary_file_of_bounded_size_is_read() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir(path("directory")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), 0o600.into()).unwrap();
        File::create(path("large")).unwrap().set_len(FILE_LIMIT + 1).unwrap();
        let refused = ["directory", "fifo", "large"].map(|name| read(&path(name)).unwrap_err().to_string());
        assert_eq!(refused, ["not an ordinary file", "not an ordinary file", "larger than 8 MiB"]);
        fs::write(path("good"), "a 1\n").unwrap();
        std::os::unix::fs::symlink("good", path("link")).unwrap();
        assert_eq!(read(&path("link")).unwrap().0, b"a 1\n");
    }
}
