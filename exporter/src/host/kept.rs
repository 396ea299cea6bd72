//! Kernel files that are read at every scrape are kept open: a read of an open file costs a quarter of opening,
//! reading and closing it.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FsWord, PROC_SUPER_MAGIC, fstatfs};
use rustix::io::{Errno, pread};
use rustix::process::{Resource, getrlimit};

/// Nothing the kernel is asked for is larger; `/proc/stat` with thousands of interrupts has 100 KB.
const FILE_LIMIT: usize = 8 * 1024 * 1024;

/// A file that was read once holds 4 to 8 KB of the kernel's memory while it is open, and a descriptor.
const MOST: usize = 1024;

/// What nobody has asked for in this time is of a device that is gone, or of a collector that was switched off.
const UNUSED: Duration = Duration::from_secs(300);

const SYSFS_MAGIC: FsWord = 0x6265_6572;

/// How to read a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Bytes to ask for at first.
    pub(super) buffer: usize,
    /// A read that gives less than it was asked for has given all; files that are written line by line are not so.
    pub(super) in_one_read: bool,
}

/// Open files by path.
#[derive(Debug)]
pub(super) struct KeptFiles {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// By the bytes of the path: a path hashes and compares itself part by part.
    files: HashMap<Vec<u8>, (File, Instant)>,
    looked_through: Instant,
}

impl Default for KeptFiles {
    /// At most half of the descriptors that the process may have.
    fn default() -> Self {
        let allowed = getrlimit(Resource::Nofile).current.and_then(|most| usize::try_from(most).ok());
        let most = allowed.map_or(MOST, |allowed| (allowed / 2).min(MOST));
        Self { most, state: Mutex::new(State { files: HashMap::new(), looked_through: Instant::now() }) }
    }
}

impl KeptFiles {
    /// Reads a file whole, and keeps it open if it is the kernel's. What is no longer there, or was replaced by another
    /// of the same name (a device that was plugged in again), is opened anew.
    pub(super) fn read(&self, path: &Path, size: Size, now: Instant) -> io::Result<Vec<u8>> {
        // Taken out while it is read: of two scrapes at once, the second opens the file for itself.
        let kept = self.state().files.remove_entry(path.as_os_str().as_encoded_bytes());
        if let Some((path, (file, _))) = kept
            && let Ok(bytes) = read_whole(&file, size)
        {
            self.state().files.insert(path, (file, now));
            return Ok(bytes);
        }
        let file = File::open(path)?;
        let bytes = read_whole(&file, size)?;
        self.keep(path, file, now);
        Ok(bytes)
    }

    fn keep(&self, path: &Path, file: File, now: Instant) {
        let mut state = self.state();
        if now.duration_since(state.looked_through) > UNUSED {
            state.looked_through = now;
            state.files.retain(|_, (_, used)| now.duration_since(*used) < UNUSED);
        }
        // Asked only while there is room: hundreds of CPUs have thousands of files.
        if state.files.len() < self.most && is_kernel_s(&file) {
            state.files.insert(path.as_os_str().as_encoded_bytes().to_owned(), (file, now));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only these read anew from the start give the present state, and give an error when what they tell of is gone. An
/// ordinary file that was replaced would show its old content for good.
fn is_kernel_s(file: &File) -> bool {
    fstatfs(file).is_ok_and(|system| system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC)
}

thread_local! {
    /// What is read goes here first, and is then copied in its true length: a buffer for each read, a hundred times as
    /// large as most files, cost a tenth of a scrape in the allocator.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Holds nearly all of `/proc`; a larger buffer is not kept.
const MOST_SCRATCH: usize = 64 * 1024;

/// Reads from the start to the end: kernel files say that they are empty, and a short read does not mean that it was
/// the last.
pub(super) fn read_whole(file: &File, size: Size) -> io::Result<Vec<u8>> {
    let mut scratch = SCRATCH.take();
    let length = read_into(file, size, &mut scratch)?;
    let bytes = scratch.get(..length).unwrap_or_default().to_vec();
    if scratch.len() <= MOST_SCRATCH {
        SCRATCH.set(scratch);
    }
    Ok(bytes)
}

/// The length of what was read.
fn read_into(file: &File, size: Size, scratch: &mut Vec<u8>) -> io::Result<usize> {
    let (mut filled, mut end) = (0, size.buffer);
    loop {
        if filled == end {
            if filled >= FILE_LIMIT {
                return Err(io::Error::other(format!("larger than {} MiB", FILE_LIMIT / 1024 / 1024)));
            }
            end *= 2;
        }
        if scratch.len() < end {
            scratch.resize(end, 0);
        }
        match pread(file, scratch.get_mut(filled..end).unwrap_or_default(), filled as u64) {
            Ok(0) => return Ok(filled),
            Ok(count) => filled += count,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if size.in_one_read && filled < end {
            return Ok(filled);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use std::path::PathBuf;

    use super::*;

    const SMALL: Size = Size { buffer: 64, in_one_read: false };

    #[test]
    fn a_kernel_file_is_kept_open_and_tells_the_present() {
        let kept = KeptFiles::default();
        let path = Path::new("/proc/thread-self/stat");
        let first = kept.read(path, SMALL, Instant::now()).unwrap();
        assert_eq!(kept.state().files.len(), 1);
        // User time goes on; the file must say so.
        let until_it_moves = (0..1_000_000).find(|_| kept.read(path, SMALL, Instant::now()).unwrap() != first);
        assert!(until_it_moves.is_some());
        assert_eq!(kept.state().files.len(), 1);
    }

    #[test]
    fn an_ordinary_file_is_not_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let kept = KeptFiles::default();
        for content in ["one", "another"] {
            fs::write(directory.path().join("new"), content).unwrap();
            fs::rename(directory.path().join("new"), &path).unwrap();
            assert_eq!(kept.read(&path, SMALL, Instant::now()).unwrap(), content.as_bytes());
        }
        assert!(kept.state().files.is_empty());
    }

    #[test]
    fn a_file_whose_process_is_gone_is_absent_and_no_longer_kept() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let path = PathBuf::from(format!("/proc/{}/stat", child.id()));
        let kept = KeptFiles::default();
        assert!(!kept.read(&path, SMALL, Instant::now()).unwrap().is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(kept.read(&path, SMALL, Instant::now()).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(kept.state().files.is_empty());
    }

    #[test]
    fn no_more_than_a_bounded_number_of_files_is_kept() {
        let kept = KeptFiles { most: 20, ..KeptFiles::default() };
        for number in 0..25 {
            let path = PathBuf::from(format!("/proc/{}uptime", "tty/../".repeat(number)));
            kept.read(&path, SMALL, Instant::now()).unwrap();
        }
        assert_eq!(kept.state().files.len(), 20);
    }

    #[test]
    fn what_nobody_asks_for_is_let_go() {
        let kept = KeptFiles::default();
        let start = Instant::now();
        for (file, after) in [("/proc/uptime", 0), ("/proc/stat", 200), ("/proc/loadavg", 301)] {
            kept.read(Path::new(file), SMALL, start + Duration::from_secs(after)).unwrap();
        }
        let mut names: Vec<_> = kept.state().files.keys().cloned().collect();
        names.sort();
        assert_eq!(names, [b"/proc/loadavg".as_slice(), b"/proc/stat"]);
    }
}
