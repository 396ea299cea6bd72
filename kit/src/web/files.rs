//! Whether files have changed since they were read.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A file, and what it looked like. One that is replaced has another inode, whatever its time says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    path: PathBuf,
    /// Time of change, inode and size; `None`: it is not there.
    looks: Option<(i64, i64, u64, u64)>,
}

impl Stamp {
    /// How it is now. Waits for the disk.
    pub(super) fn of(path: &Path) -> Self {
        let looks = std::fs::metadata(path).ok();
        let looks = looks.map(|data| (data.mtime(), data.mtime_nsec(), data.ino(), data.size()));
        Self { path: path.to_owned(), looks }
    }

    /// Whether it is as it was. Waits for the disk.
    pub(super) fn holds(&self) -> bool {
        *self == Self::of(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_replaced_by_one_of_the_same_age_and_size_has_changed() {
        let directory = tempfile::tempdir().unwrap();
        let (file, new) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&file, "one").unwrap();
        fs::write(&new, "two").unwrap();
        let age = fs::metadata(&file).unwrap().modified().unwrap();
        fs::File::options().append(true).open(&new).unwrap().set_modified(age).unwrap();
        let stamp = Stamp::of(&file);
        assert!(stamp.holds());
        fs::rename(&new, &file).unwrap();
        assert!(!stamp.holds());
        let stamp = Stamp::of(&file);
        fs::remove_file(&file).unwrap();
        assert!(!stamp.holds());
    }
}
