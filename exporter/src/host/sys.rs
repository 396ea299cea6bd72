//! What sysfs says beyond the text of a file: numbers, links, and whether a directory is still the same.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{HostRoot, ReadError, below, if_available};
use crate::text;

/// One state of a directory: a device that went away and came back has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    modified: (i64, i64),
}

impl HostRoot {
    /// The whole number in a file below sysfs; `None` where there is none now (see [`if_available`]).
    ///
    /// # Errors
    ///
    /// [`ReadError::Unreadable`] or [`ReadError::Malformed`].
    pub fn sys_number(&self, file: &str) -> Result<Option<u64>, ReadError> {
        if_available(self.read_sys(file))?.map(|file| file.parse(text::number)).transpose()
    }

    /// The number, perhaps below zero, in a file below sysfs; `None` where there is none now (see [`if_available`]).
    ///
    /// # Errors
    ///
    /// [`ReadError::Unreadable`] or [`ReadError::Malformed`].
    pub fn sys_signed(&self, file: &str) -> Result<Option<i64>, ReadError> {
        if_available(self.read_sys(file))?.map(|file| file.parse(text::signed)).transpose()
    }

    /// The text in a file below sysfs, trimmed; `None` where there is none now (see [`if_available`]).
    ///
    /// # Errors
    ///
    /// [`ReadError::Unreadable`].
    pub fn sys_text(&self, file: &str) -> Result<Option<String>, ReadError> {
        Ok(if_available(self.read_sys(file))?.map(|file| file.trimmed().into_owned()))
    }

    /// What a symbolic link below sysfs points to, as it is written there.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`], the latter also for what is no link.
    pub fn sys_link(&self, link: &str) -> Result<PathBuf, ReadError> {
        let path = below(&self.roots.sys, link)?;
        fs::read_link(&path).map_err(|source| ReadError::new(path, source))
    }

    /// Where a path below sysfs leads when all links are followed, such as `devices/pci0000:00/0000:00:1f.2`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`], the latter also for what leads out of sysfs.
    pub fn sys_real(&self, path: &str) -> Result<String, ReadError> {
        let path = below(&self.roots.sys, path)?;
        let real = || -> io::Result<String> {
            let root = fs::canonicalize(&self.roots.sys)?;
            let real = fs::canonicalize(&path)?;
            let inside = real.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned);
            inside.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it leads out of sysfs"))
        };
        real().map_err(|source| ReadError::new(path.clone(), source))
    }

    /// What tells whether a directory below sysfs is still the one that was seen, with the files that were seen in it;
    /// `None` for what is no directory.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn sys_stamp(&self, directory: &str) -> Result<Option<Stamp>, ReadError> {
        let path = below(&self.roots.sys, directory)?;
        match fs::metadata(&path) {
            Ok(metadata) => Ok(metadata.is_dir().then(|| Stamp {
                device: metadata.dev(),
                inode: metadata.ino(),
                modified: (metadata.mtime(), metadata.mtime_nsec()),
            })),
            Err(source) => Err(ReadError::new(path, source)),
        }
    }

    /// Whether there is such a file or directory below sysfs, for what has many files and often none of them.
    pub fn sys_exists(&self, path: &str) -> bool {
        below(&self.roots.sys, path).is_ok_and(|path| fs::metadata(path).is_ok())
    }
}
