//! The host's files: the one door through which kernel files are read.
//!
//! In a container the host's `/proc` and `/sys` are mounted elsewhere, and a test has them in a directory of
//! fixtures; so every path is relative to a root, and an error names the path that was really opened.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use crate::text::ParseError;

/// Where the host's files are. A clone shares them.
#[derive(Debug, Clone)]
pub struct HostRoot {
    roots: Arc<Roots>,
}

#[derive(Debug)]
struct Roots {
    proc: PathBuf,
    sys: PathBuf,
    root: PathBuf,
    udev: PathBuf,
}

impl Default for HostRoot {
    fn default() -> Self {
        Self::new("/proc", "/sys", "/", "/run/udev/data")
    }
}

/// Nothing the kernel is asked for is larger; `/proc/stat` with thousands of interrupts has 100 KB.
const FILE_LIMIT: usize = 8 * 1024 * 1024;

/// Holds most of `/proc` in one read.
const PROC_BUFFER: usize = 16 * 1024;

/// An attribute of sysfs is at most one page.
const SYS_BUFFER: usize = 4 * 1024;

/// The kernel allocates and clears as much as is asked for at every read of a file under `/proc/sys`.
const SYSCTL_BUFFER: usize = 1024;

impl HostRoot {
    /// The mount points of procfs and sysfs, the root of the host's file systems, and the directory of udev's data.
    pub fn new(
        proc: impl Into<PathBuf>,
        sys: impl Into<PathBuf>,
        root: impl Into<PathBuf>,
        udev: impl Into<PathBuf>,
    ) -> Self {
        let roots = Roots { proc: proc.into(), sys: sys.into(), root: root.into(), udev: udev.into() };
        Self { roots: Arc::new(roots) }
    }

    /// Reads a file below procfs, such as `stat` or `sys/fs/file-nr`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_proc(&self, file: &str) -> Result<HostFile, ReadError> {
        let buffer = if file.starts_with("sys/") { SYSCTL_BUFFER } else { PROC_BUFFER };
        read(&self.roots.proc, file, buffer)
    }

    /// Reads a file below sysfs, such as `class/net/eth0/mtu`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_sys(&self, file: &str) -> Result<HostFile, ReadError> {
        read(&self.roots.sys, file, SYS_BUFFER)
    }

    /// Reads a file of the host's root file system, such as `etc/os-release`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_root(&self, file: &str) -> Result<HostFile, ReadError> {
        read(&self.roots.root, file, SYS_BUFFER)
    }

    /// Reads what udev knows of a device, such as `b8:0`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_udev(&self, file: &str) -> Result<HostFile, ReadError> {
        read(&self.roots.udev, file, SYS_BUFFER)
    }

    /// The names in a directory below procfs, sorted. Names that are not UTF-8 are left out: they cannot be asked for.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn list_proc(&self, directory: &str) -> Result<Vec<String>, ReadError> {
        list(&self.roots.proc, directory)
    }

    /// The names in a directory below sysfs, sorted, as [`list_proc`](Self::list_proc).
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn list_sys(&self, directory: &str) -> Result<Vec<String>, ReadError> {
        list(&self.roots.sys, directory)
    }
}

/// A file that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    /// The path that was opened.
    pub path: PathBuf,
    /// Its content; bytes that are not UTF-8 are replaced, so that one odd name does not cost a whole file.
    pub text: String,
}

impl HostFile {
    /// Parses the content; an error then names the file.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where `parse` fails.
    pub fn parse<'a, T>(&'a self, parse: impl FnOnce(&'a str) -> Result<T, ParseError>) -> Result<T, ReadError> {
        parse(&self.text).map_err(|error| self.malformed(error))
    }

    /// The error of a parser, with the name of this file.
    pub fn malformed(&self, error: ParseError) -> ReadError {
        ReadError::Malformed {
            file: self.path.clone(),
            line: error.line,
            expected: error.expected,
            found: if error.found.is_empty() { "nothing".to_owned() } else { format!("`{}`", error.found) },
        }
    }
}

/// Why a file gave no answer. Never to be turned into a zero.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file, or what it told of is gone.
    #[error("{}: no such file", .file.display())]
    Absent {
        /// The path that was opened.
        file: PathBuf,
    },
    /// It is there, but opening or reading it failed.
    #[error("{}: cannot be read: {source}", .file.display())]
    Unreadable {
        /// The path that was opened.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It was read, but is not what it should be.
    #[error("{} line {line}: expected {expected}, found {found}", .file.display())]
    Malformed {
        /// The path that was opened.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What should have been there.
        expected: &'static str,
        /// What was there: a literal in backticks, or "nothing".
        found: String,
    },
}

impl ReadError {
    fn new(file: PathBuf, source: io::Error) -> Self {
        // ENODEV and ESRCH: the file of a cgroup or process that went away after it was opened.
        let gone = [Errno::NOENT, Errno::NOTDIR, Errno::NODEV, Errno::SRCH];
        if gone.iter().any(|errno| Some(errno.raw_os_error()) == source.raw_os_error()) {
            Self::Absent { file }
        } else {
            Self::Unreadable { file, source }
        }
    }
}

/// Turns an absent file into `None`, for values that not every host has.
///
/// # Errors
///
/// Every other error.
pub fn if_there<T>(result: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(ReadError::Absent { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(root: &Path, file: &str, buffer: usize) -> Result<HostFile, ReadError> {
    let path = below(root, file)?;
    match read_bounded(&path, buffer) {
        Ok(bytes) => Ok(HostFile { path, text: text(bytes) }),
        Err(source) => Err(ReadError::new(path, source)),
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Reads to the end: kernel files say that they are empty, and a short read does not mean that it was the last.
fn read_bounded(path: &Path, buffer: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut bytes = vec![0; buffer];
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            if filled >= FILE_LIMIT {
                return Err(io::Error::other(format!("larger than {} MiB", FILE_LIMIT / 1024 / 1024)));
            }
            bytes.resize(filled * 2, 0);
        }
        match file.read(bytes.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn list(root: &Path, directory: &str) -> Result<Vec<String>, ReadError> {
    let path = below(root, directory)?;
    let names = || -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&path)?.collect::<io::Result<Vec<_>>>()?;
        let mut names: Vec<_> = entries.iter().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        Ok(names)
    };
    names().map_err(|source| ReadError::new(path.clone(), source))
}

/// Joins, and refuses what would leave the root: parts of `file` may come from the host.
fn below(root: &Path, file: &str) -> Result<PathBuf, ReadError> {
    let path = root.join(file);
    let stays = Path::new(file).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if stays && !file.contains('\0') {
        return Ok(path);
    }
    let source = io::Error::new(io::ErrorKind::InvalidInput, "the path leaves its root");
    Err(ReadError::Unreadable { file: path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> (tempfile::TempDir, HostRoot) {
        let directory = tempfile::tempdir().unwrap();
        let [proc, sys, root, udev] = ["proc", "sys", "root", "udev"].map(|name| directory.path().join(name));
        (directory, HostRoot::new(proc, sys, root, udev))
    }

    fn write(directory: &tempfile::TempDir, file: &str, content: &[u8]) {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[test]
    fn each_root_is_read_below_its_own_directory() {
        let (directory, host) = host();
        for (file, content) in [("proc/a", "1"), ("sys/a", "2"), ("root/a", "3"), ("udev/a", "4")] {
            write(&directory, file, content.as_bytes());
        }
        let files = [host.read_proc("a"), host.read_sys("a"), host.read_root("a"), host.read_udev("a")];
        assert_eq!(files.map(|file| file.unwrap().text), ["1", "2", "3", "4"]);
    }

    #[test]
    fn a_file_of_any_length_is_read_whole() {
        let (directory, host) = host();
        for length in [0, 1, SYSCTL_BUFFER, SYSCTL_BUFFER + 1, PROC_BUFFER * 3] {
            write(&directory, "proc/sys/x", &vec![b'x'; length]);
            assert_eq!(host.read_proc("sys/x").unwrap().text.len(), length);
        }
    }

    #[test]
    fn a_file_without_end_is_an_error_and_not_a_full_memory() {
        let host = HostRoot::new("/dev", "/dev", "/dev", "/dev");
        assert_eq!(host.read_proc("zero").unwrap_err().to_string(), "/dev/zero: cannot be read: larger than 8 MiB");
    }

    #[test]
    fn one_odd_byte_does_not_cost_the_file() {
        let (directory, host) = host();
        write(&directory, "proc/mounts", b"good\nb\xFFd\n");
        assert_eq!(host.read_proc("mounts").unwrap().text, "good\nb\u{FFFD}d\n");
    }

    #[test]
    fn absent_and_unreadable_are_two_answers_with_the_real_path() {
        let (directory, host) = host();
        write(&directory, "proc/file", b"");
        fs::create_dir_all(directory.path().join("proc/directory")).unwrap();
        let messages = ["none", "file/below", "directory", "../sys", "/etc/passwd"].map(|file| {
            let message = host.read_proc(file).unwrap_err().to_string();
            message.replace(directory.path().to_str().unwrap(), "DIR")
        });
        assert_eq!(
            messages,
            [
                "DIR/proc/none: no such file",
                "DIR/proc/file/below: no such file",
                "DIR/proc/directory: cannot be read: Is a directory (os error 21)",
                "DIR/proc/../sys: cannot be read: the path leaves its root",
                "/etc/passwd: cannot be read: the path leaves its root",
            ]
        );
    }

    #[test]
    fn a_malformed_file_is_named_with_line_expectation_and_finding() {
        let file = HostFile { path: "/host/proc/pressure/io".into(), text: String::new() };
        let error = ParseError::new(2, "`total=<microseconds>`", "total=12x");
        assert_eq!(
            file.malformed(error).to_string(),
            "/host/proc/pressure/io line 2: expected `total=<microseconds>`, found `total=12x`"
        );
        assert_eq!(
            file.malformed(ParseError::new(1, "a whole number", "")).to_string(),
            "/host/proc/pressure/io line 1: expected a whole number, found nothing"
        );
    }

    #[test]
    fn a_directory_is_listed_in_order() {
        let (directory, host) = host();
        for file in ["sys/class/net/lo/mtu", "sys/class/net/eth0/mtu"] {
            write(&directory, file, b"");
        }
        assert_eq!(host.list_sys("class/net").unwrap(), ["eth0", "lo"]);
        assert!(matches!(host.list_sys("class/none"), Err(ReadError::Absent { .. })));
    }
}
