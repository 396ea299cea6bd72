//! The state file: [`Record`] on disk, so that counts do not go back to 0 with a restart.
//!
//! Written beside itself and renamed, so that there is always a whole one. Nothing that goes wrong here stops anything.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::{info, warn};

use super::record::Record;

/// A thousand names and a thousand containers are 300 KB.
const LONGEST: u64 = 64 << 20;

/// Where the state is kept, and whether that works.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    /// Held as long as the disk takes.
    saving: Mutex<Saving>,
    /// Never held for long: scrapes look at it.
    status: Mutex<Status>,
}

#[derive(Debug, Default)]
struct Saving {
    last: Option<Vec<u8>>,
    /// What is there cannot be read and could not be moved away: it is not ours to overwrite.
    foreign: bool,
}

/// What a scrape tells of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether the last attempt to write it failed.
    pub failed: bool,
    /// When it was last written, in seconds since 1970; 0 before.
    pub written_at: u64,
}

impl StateFile {
    /// The state file at this path.
    pub fn new(path: PathBuf) -> Self {
        Self { path, saving: Mutex::default(), status: Mutex::default() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it is.
    pub fn status(&self) -> Status {
        *self.lock_status()
    }

    /// Reads it; `None` where there is none yet, or none that can be used. Such a one is kept aside.
    pub fn load(&self) -> Option<Record> {
        let path = self.path.display();
        let problem = match read(&self.path) {
            Ok(bytes) => match Record::from_json(&bytes) {
                Ok(record) => {
                    self.saving.lock().unwrap_or_else(PoisonError::into_inner).last = Some(bytes);
                    return Some(record);
                }
                Err(problem) => problem,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => error.to_string(),
        };
        let aside = self.beside(&format!("bad-{}", unix_seconds()));
        match fs::rename(&self.path, &aside) {
            Ok(()) => warn!(
                "the state file `{path}` cannot be used: {problem}; it is kept as `{}`, and counts begin at 0",
                aside.display()
            ),
            Err(error) => {
                self.saving.lock().unwrap_or_else(PoisonError::into_inner).foreign = true;
                self.lock_status().failed = true;
                warn!(
                    "the state file `{path}` cannot be used: {problem}; it could not be moved away either ({error}), \
                     so it stays, counts begin at 0, and nothing is kept"
                );
            }
        }
        None
    }

    /// Writes what `look` finds, if that changes anything. A failure is told once, until it works again.
    ///
    /// It looks only when it is its turn, so that of two at once the later one does not write what is older.
    pub fn save(&self, look: impl FnOnce() -> Record) {
        let mut saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let json = look().to_json();
        if saving.foreign || saving.last.as_ref() == Some(&json) {
            return;
        }
        let path = self.path.display();
        match self.write(&json) {
            Ok(()) => {
                saving.last = Some(json);
                let now = Status { failed: false, written_at: unix_seconds() };
                if std::mem::replace(&mut *self.lock_status(), now).failed {
                    info!("the state file `{path}` is written again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.lock_status().failed, true) {
                    warn!("the state file `{path}` cannot be written: {error}; counts begin at 0 after a restart");
                }
            }
        }
    }

    fn write(&self, json: &[u8]) -> io::Result<()> {
        let new = self.beside("new");
        // What a process left that was killed meanwhile.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(json)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(suffix);
        name.into()
    }

    fn lock_status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let length = fs::metadata(path)?.len();
    if length > LONGEST {
        return Err(io::Error::other(format!("expected at most {LONGEST} bytes, found {length}")));
    }
    fs::read(path)
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::record::RememberedCounts;

    fn record(crashes: u64) -> Record {
        let counts = RememberedCounts { exits: [("crash".to_owned(), crashes)].into(), ..RememberedCounts::default() };
        Record::new([("web".to_owned(), counts)].into(), [].into())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_saved_is_loaded_and_nothing_else_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exporter.state");
        assert_eq!(StateFile::new(path.clone()).load(), None);
        // A process was killed while it wrote.
        fs::write(folder.path().join("exporter.state.new"), "half").unwrap();
        StateFile::new(path.clone()).save(|| record(1));
        let file = StateFile::new(path.clone());
        assert_eq!(file.load(), Some(record(1)));
        assert_eq!(file.status(), Status::default());
        file.save(|| record(1));
        assert_eq!(file.status().written_at, 0, "nothing has changed");
        file.save(|| record(2));
        assert!(file.status().written_at > 0);
        assert_eq!(StateFile::new(path).load(), Some(record(2)));
        assert_eq!(names(folder.path()), ["exporter.state"]);
    }

    #[test]
    fn one_that_cannot_be_used_is_kept_aside_whole() {
        for content in ["{\"version\":1,\"na", "{\"version\":9}", "listen: :9877\n", ""] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("exporter.state");
            fs::write(&path, content).unwrap();
            let file = StateFile::new(path.clone());
            assert_eq!(file.load(), None, "{content}");
            let aside = names(folder.path());
            assert!(aside.len() == 1 && aside[0].starts_with("exporter.state.bad-"), "{aside:?}");
            assert_eq!(fs::read_to_string(folder.path().join(&aside[0])).unwrap(), content);
            file.save(|| record(1));
            assert_eq!(StateFile::new(path).load(), Some(record(1)), "{content}");
        }
    }

    #[test]
    fn one_that_cannot_be_written_is_a_metric_and_is_written_when_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        let file = StateFile::new(below.join("exporter.state"));
        file.save(|| record(1));
        assert_eq!(file.status(), Status { failed: true, written_at: 0 });
        fs::create_dir(&below).unwrap();
        file.save(|| record(1));
        assert!(!file.status().failed);
        assert_eq!(file.load(), Some(record(1)));
    }

    #[test]
    fn what_is_no_file_stays_and_nothing_is_written_over_it() {
        let folder = tempfile::tempdir().unwrap();
        // The root of a file system cannot be moved away.
        let file = StateFile::new(PathBuf::from("/"));
        assert_eq!(file.load(), None);
        file.save(|| record(1));
        assert!(file.status().failed);
        // A directory that stands there is kept aside as a file is.
        let path = folder.path().join("exporter.state");
        fs::create_dir(&path).unwrap();
        let file = StateFile::new(path.clone());
        assert_eq!(file.load(), None);
        file.save(|| record(1));
        assert_eq!(StateFile::new(path).load(), Some(record(1)));
    }
}
