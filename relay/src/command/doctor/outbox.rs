//! Whether the outbox can be written, found out without leaving anything behind: a file that another user had made
//! here would keep the relay from starting.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use super::{Finding, State};

/// Less than this is soon full.
const LITTLE_SPACE: u64 = 256 * 1024 * 1024;
/// Less than this is as good as full.
const NO_SPACE: u64 = 16 * 1024 * 1024;

pub(super) fn look(path: &Path) -> Vec<Finding> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    // Where the directory is yet to be made, what counts is the one above it.
    let there = directory.ancestors().find(|directory| directory.exists()).unwrap_or(Path::new("/"));
    let written = can_write(there)
        .and_then(|()| if path.exists() { OpenOptions::new().append(true).open(path).map(drop) } else { Ok(()) });
    let finding = |state, says| Finding::new(state, "outbox", says);
    let writable = match written {
        Ok(()) => finding(State::Good, format!("`{}` can be written", path.display())),
        Err(error) => finding(
            State::Wrong,
            format!(
                "`{}` cannot be written: {error}; the relay's user needs a directory that it may write, or another \
                 `storage`",
                path.display()
            ),
        ),
    };
    vec![writable, space(there)]
}

fn space(directory: &Path) -> Finding {
    let finding = |state, says| Finding::new(state, "disk", says);
    let free = match rustix::fs::statvfs(directory) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => return finding(State::Wrong, format!("`{}` cannot be looked at: {error}", directory.display())),
    };
    let says = format!("{} MiB free at `{}`", free / 1024 / 1024, directory.display());
    match free {
        NO_SPACE.. if free >= LITTLE_SPACE => finding(State::Good, says),
        NO_SPACE.. => finding(State::Note, format!("{says}; that is little, make room")),
        _ => finding(
            State::Wrong,
            format!("{says}: notifications cannot be stored, and Alertmanager has to keep them; make room"),
        ),
    }
}

/// Makes a file and removes it.
pub(super) fn can_write(directory: &Path) -> io::Result<()> {
    let probe = directory.join(format!(".seamark-doctor-{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&probe);
    // Not there, if it could not be made.
    let _ = std::fs::remove_file(&probe);
    made.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let state = |path: &Path| look(path)[0].state;
        assert_eq!(state(&directory.path().join("new/relay.db")), State::Good);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        assert_eq!(state(Path::new("/proc/relay.db")), State::Wrong);
    }
}
