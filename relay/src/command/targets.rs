//! `targets import`: a list of servers, as a spreadsheet writes it, becomes a file of targets for Prometheus.
//!
//! Lists like that often hold passwords. They are neither taken over nor shown, not even in an error.

mod address;
mod columns;
mod file;
mod list;
mod row;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::{Usage, say};
use crate::cli::Import;
use file::Folder;
use list::List;

/// A list this long is none of servers.
const LONGEST: u64 = 8 * 1024 * 1024;
/// `-` in place of a file, or of a directory.
const STANDARD: &str = "-";

/// Reads the list, and writes all of it or nothing.
///
/// # Errors
///
/// [`Usage`] with everything that is wrong with the list, or with what was asked for.
pub fn import(given: &Import) -> anyhow::Result<()> {
    let name = given.list.display().to_string();
    let bytes = read(&given.list).with_context(|| format!("{name} cannot be read"))?;
    file::check_job(&given.job)?;
    let text = row::decode(&name, &bytes).map_err(Usage)?;
    let list = List::read(&name, &text, given.port, &given.labels).map_err(|problems| refuse(&name, &problems))?;
    for note in &list.notes {
        remark(note);
    }
    let content = file::render(&given.list, &list.servers);
    if given.output == Path::new(STANDARD) {
        return say(content.trim_end());
    }
    let folder = Folder::open(&given.output, &given.job, &given.list)?;
    let taken = folder.taken(&list.servers);
    for note in &taken.notes {
        remark(note);
    }
    if !taken.problems.is_empty() {
        return Err(refuse(&name, &taken.problems).into());
    }
    if given.dry_run {
        say(content.trim_end())?;
    }
    remark(&folder.write(&content, &list.servers, given.dry_run)?);
    Ok(())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let source: Box<dyn io::Read> =
        if path == Path::new(STANDARD) { Box::new(io::stdin()) } else { Box::new(fs::File::open(path)?) };
    let mut bytes = Vec::new();
    source.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other(format!("it is larger than {} MiB", LONGEST / 1024 / 1024)));
    }
    Ok(bytes)
}

fn refuse(name: &str, problems: &[String]) -> Usage {
    Usage(format!("{name} was not imported, and nothing was written:\n{}", problems.join("\n")))
}

/// What is no part of the file. Whoever closed standard error does not want to hear of it.
fn remark(words: &str) {
    let _ = writeln!(io::stderr(), "seamark-relay: {words}");
}
