//! Files that their reader keeps open himself: those of cgroups, of which there are a dozen for each container.
//!
//! A read of an open file is one system call of 2 µs; opening, reading and closing it are three of 9 µs. An open file
//! that was read once holds 4.65 KB of the kernel's memory, though, and a descriptor, so there is a bound to them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{AtFlags, FsWord, OFlags, StatVfs, fstat, fstatfs, fstatvfs, statat};
use rustix::io::{Errno, pread};
use rustix::process::{Resource, getrlimit};

use super::{HostRoot, ReadError, below};

/// 16 files of 500 containers, or 37 MB of the kernel's memory.
const MOST: usize = 8_000;

/// Files of the host that are kept open (at most 1,024, and half of what is allowed), and connections.
const FOR_OTHERS: usize = 2_048;

/// A page, which is what the kernel writes lists into, without the longest line of a list: a read that gave less gave
/// all there was.
const SURELY_MORE: usize = 4096 - 64;

/// 250,000 processes are 2 MiB.
const FILE_LIMIT: usize = 4 * 1024 * 1024;

const CGROUP_MAGIC: FsWord = 0x0027_e0eb;
const CGROUP2_MAGIC: FsWord = 0x6367_7270;

/// How many files may be held open in all.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    held: AtomicUsize,
    most: usize,
}

impl Default for Budget {
    /// All the descriptors that the process may have but those for the files of the host itself and for connections.
    fn default() -> Self {
        let allowed = getrlimit(Resource::Nofile).current.and_then(|most| usize::try_from(most).ok());
        let most = allowed.map_or(MOST, |allowed| allowed.saturating_sub(FOR_OTHERS).max(allowed / 4).min(MOST));
        Self(Arc::new(Counts { held: AtomicUsize::new(0), most }))
    }
}

impl Budget {
    fn take(&self) -> Option<Permit> {
        let counts = &self.0;
        let more = |held: usize| (held < counts.most).then_some(held + 1);
        counts.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Permit(Arc::clone(counts)))
    }
}

#[derive(Debug)]
struct Permit(Arc<Counts>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One file of a cgroup, open since it was first read as far as there is room.
#[derive(Debug, Default)]
pub struct Held(Option<(File, Permit)>);

impl Held {
    /// Whether it is open.
    pub const fn is_open(&self) -> bool {
        self.0.is_some()
    }
}

impl HostRoot {
    /// Reads the file `name` of a directory below sysfs into `buffer`, and answers what was read.
    ///
    /// A cgroup that was removed and made again under the same name is found again: its old file answers ENODEV, and is
    /// then opened anew, once.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_held<'a>(
        &self,
        held: &mut Held,
        directory: &str,
        name: &str,
        buffer: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], ReadError> {
        let length = match held.0.as_ref().and_then(|(file, _)| read_all(file, buffer).ok()) {
            Some(length) => length,
            None => {
                held.0 = None;
                let path = below(&self.roots.sys, &format!("{directory}/{name}"))?;
                self.open_and_read(held, &path, buffer).map_err(|source| ReadError::new(path, source))?
            }
        };
        Ok(buffer.get(..length).unwrap_or_default())
    }

    fn open_and_read(&self, held: &mut Held, path: &Path, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let file = File::open(path)?;
        let length = read_all(&file, buffer)?;
        if is_of_cgroup(&file)
            && let Some(permit) = self.roots.held.take()
        {
            held.0 = Some((file, permit));
        }
        Ok(length)
    }

    /// The path that [`read_held`](Self::read_held) opens, for errors.
    pub fn sys_path(&self, directory: &str, name: &str) -> PathBuf {
        self.roots.sys.join(directory).join(name)
    }

    /// Opens a directory of the host's root file system, to ask about its files again and again.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn open_root(&self, directory: &str) -> Result<RootDirectory, ReadError> {
        let path = below(&self.roots.root, directory)?;
        match self.open_in_root(directory, OFlags::PATH | OFlags::DIRECTORY) {
            Ok(file) => Ok(RootDirectory { file, path }),
            Err(source) => Err(ReadError::new(path, source)),
        }
    }
}

/// A directory of the host's root file system. It takes no memory of the kernel's beside its descriptor.
#[derive(Debug)]
pub struct RootDirectory {
    file: File,
    path: PathBuf,
}

impl RootDirectory {
    /// The file system that it is on.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unreadable`].
    pub fn file_system(&self) -> Result<StatVfs, ReadError> {
        fstatvfs(&self.file).map_err(|source| ReadError::new(self.path.clone(), source.into()))
    }

    /// The device that it is on.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unreadable`].
    pub fn device(&self) -> Result<u64, ReadError> {
        let stat = fstat(&self.file).map_err(|source| ReadError::new(self.path.clone(), source.into()))?;
        Ok(stat.st_dev)
    }

    /// The length of one of its files, in bytes; a link is not followed.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn size_of(&self, name: &str) -> Result<u64, ReadError> {
        match statat(&self.file, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(u64::try_from(stat.st_size).unwrap_or(0)),
            Err(source) => Err(ReadError::new(self.path.join(name), source.into())),
        }
    }
}

/// An ordinary file, of fixtures, that was replaced would show its old content for good.
fn is_of_cgroup(file: &File) -> bool {
    fstatfs(file).is_ok_and(|system| system.f_type == CGROUP_MAGIC || system.f_type == CGROUP2_MAGIC)
}

/// The length of what was read into the beginning of `buffer`.
fn read_all(file: &File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut filled = 0;
    loop {
        if buffer.len() < filled + 2 * SURELY_MORE {
            buffer.resize(filled + 2 * SURELY_MORE, 0);
        }
        match pread(file, buffer.get_mut(filled..).unwrap_or_default(), filled as u64) {
            Ok(count) => {
                filled += count;
                if count < SURELY_MORE {
                    return Ok(filled);
                }
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if filled >= FILE_LIMIT {
            return Err(io::Error::other(format!("larger than {} MiB", FILE_LIMIT / 1024 / 1024)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn root(directory: &Path) -> HostRoot {
        HostRoot::new(directory, directory, directory, directory)
    }

    #[test]
    fn an_ordinary_file_is_read_whole_and_not_held() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("a")).unwrap();
        let host = root(directory.path());
        let (mut held, mut buffer) = (Held::default(), Vec::new());
        for content in [vec![b'1'; 3], vec![b'2'; 4096], vec![b'3'; 100_000], Vec::new()] {
            fs::write(directory.path().join("a/list"), &content).unwrap();
            assert_eq!(host.read_held(&mut held, "a", "list", &mut buffer).unwrap(), content);
            assert!(!held.is_open());
        }
        fs::remove_file(directory.path().join("a/list")).unwrap();
        let gone = host.read_held(&mut held, "a", "list", &mut buffer);
        assert!(matches!(gone, Err(ReadError::Absent { .. })));
    }

    #[test]
    fn no_more_files_are_held_than_there_is_room_for() {
        let budget = Budget(Arc::new(Counts { held: AtomicUsize::new(0), most: 2 }));
        let (one, two) = (budget.take(), budget.take());
        assert!(one.is_some() && two.is_some() && budget.take().is_none());
        drop(one);
        assert!(budget.take().is_some());
    }

    #[test]
    fn a_file_below_the_root_has_its_length_and_a_link_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("logs")).unwrap();
        fs::write(directory.path().join("logs/a.log"), "12345").unwrap();
        std::os::unix::fs::symlink("../logs/a.log", directory.path().join("logs/link")).unwrap();
        let logs = root(directory.path()).open_root("logs").unwrap();
        assert_eq!(logs.size_of("a.log").unwrap(), 5);
        assert_eq!(logs.size_of("link").unwrap(), 13, "the length of the link itself");
        assert!(matches!(logs.size_of("b.log"), Err(ReadError::Absent { .. })));
        assert!(matches!(root(directory.path()).open_root("nothing"), Err(ReadError::Absent { .. })));
    }
}
