//! The host's files: the one door through which kernel files are read.
//!
//! In a container the host's `/proc` and `/sys` are mounted elsewhere, and a test has them in a directory of
//! fixtures; so every path is relative to a root, and an error names the path that was really opened.

mod answer;
mod held;
mod kept;
mod sys;

use std::fs::{self, File};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rustix::fs::{FileType, Mode, OFlags, PROC_SUPER_MAGIC, RawDir, ResolveFlags, open, openat2, statfs};
use rustix::io::Errno;
use tracing::warn;

pub use answer::{HostFile, ReadError, if_available, if_there};
pub use held::{Held, RootDirectory};
use kept::{KeptFiles, Size};
pub use sys::Stamp;

/// Where the host's files are. A clone shares them, and what is kept open of them.
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
    kept: KeptFiles,
    held: held::Budget,
    /// Of the host's network, below procfs; settled at the first read.
    net: OnceLock<&'static str>,
    /// The root, open, for what is read below it.
    opened: OnceLock<File>,
}

impl Default for HostRoot {
    fn default() -> Self {
        Self::new(OWN_PROC, "/sys", "/", "/run/udev/data")
    }
}

/// Where every process sees its own namespaces.
const OWN_PROC: &str = "/proc";

/// Holds most of `/proc` in one read.
const PROC: Size = Size { buffer: 16 * 1024, in_one_read: false };

/// An attribute of sysfs is at most one page.
const SYS: Size = Size { buffer: 4 * 1024, in_one_read: true };

/// The kernel allocates and clears as much as is asked for at every read of a file under `/proc/sys`.
const SYSCTL: Size = Size { buffer: 1024, in_one_read: true };

/// Files on a disk.
const ORDINARY: Size = Size { buffer: 4 * 1024, in_one_read: false };

impl HostRoot {
    /// The mount points of procfs and sysfs, the root of the host's file systems, and the directory of udev's data.
    pub fn new(
        proc: impl Into<PathBuf>,
        sys: impl Into<PathBuf>,
        root: impl Into<PathBuf>,
        udev: impl Into<PathBuf>,
    ) -> Self {
        let roots = Roots {
            proc: proc.into(),
            sys: sys.into(),
            root: root.into(),
            udev: udev.into(),
            kept: KeptFiles::default(),
            held: held::Budget::default(),
            net: OnceLock::new(),
            opened: OnceLock::new(),
        };
        Self { roots: Arc::new(roots) }
    }

    /// Whether procfs is this process's own. Only then does what a process is told of itself (netlink, its mounts)
    /// tell of the host, too.
    pub fn is_live(&self) -> bool {
        self.roots.proc == Path::new(OWN_PROC)
    }

    /// Whether both are the same directories.
    pub fn is_same_place(&self, other: &Self) -> bool {
        let place = |host: &'_ Self| {
            let Roots { proc, sys, root, udev, .. } = &*host.roots;
            [proc, sys, root, udev].map(Clone::clone)
        };
        place(self) == place(other)
    }

    /// Where procfs is mounted.
    pub fn proc_path(&self) -> &Path {
        &self.roots.proc
    }

    /// Where the root of the host's file systems is mounted; `/` outside containers.
    pub fn root_path(&self) -> &Path {
        &self.roots.root
    }

    /// Reads a file below procfs, such as `stat` or `sys/fs/file-nr`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_proc(&self, file: &str) -> Result<HostFile, ReadError> {
        let path = below(&self.roots.proc, file)?;
        if file.starts_with("sys/") {
            return self.kept(path, SYSCTL);
        }
        // Processes come and go; only the first one stays.
        if file.starts_with(|first: char| first.is_ascii_digit()) && !file.starts_with("1/") {
            return once(path, PROC);
        }
        self.kept(path, PROC)
    }

    /// What tells whether two files below procfs are the same one. A file such as `7/net/dev` is the same one for all
    /// processes of a network namespace, and may be looked at where `7/ns/net` may not.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn proc_identity(&self, file: &str) -> Result<(u64, u64), ReadError> {
        let path = below(&self.roots.proc, file)?;
        match fs::metadata(&path) {
            Ok(metadata) => Ok((metadata.dev(), metadata.ino())),
            Err(source) => Err(ReadError::new(path, source)),
        }
    }

    /// Reads a file of the host's network namespace, such as `dev` or `snmp`.
    ///
    /// `/proc/net` is a link to that of whoever reads, whatever procfs it is read from; the host's is that of its
    /// first process. Where that one is hidden (`hidepid`), or a tree of fixtures has none, `net` is read.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_net(&self, file: &str) -> Result<HostFile, ReadError> {
        let directory = match self.roots.net.get() {
            Some(directory) => directory,
            None => match File::open(self.roots.proc.join("1/net/dev")).map_err(|error| error.kind()) {
                Ok(_) => self.roots.net.get_or_init(|| "1/net"),
                Err(io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => self.roots.net.get_or_init(|| {
                    self.warn_of_own_network();
                    "net"
                }),
                // Out of descriptors, say: not settled by that, or a container's network would be told for good.
                Err(_) => &"1/net",
            },
        };
        self.kept(below(&self.roots.proc, &format!("{directory}/{file}"))?, PROC)
    }

    fn warn_of_own_network(&self) {
        let proc = &self.roots.proc;
        // A tree of fixtures has no first process, and its `net` is its own.
        if !self.is_live() && statfs(proc).is_ok_and(|system| system.f_type == PROC_SUPER_MAGIC) {
            let (process, proc) = (proc.join("1"), proc.display());
            warn!(
                "{} cannot be read (is {proc} mounted with `hidepid`?): network metrics are those of this process's own \
                 network namespace; add the group of the mount option `gid`, or use the host's network",
                process.display()
            );
        }
    }

    /// Reads a file below sysfs, such as `class/net/eth0/mtu`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_sys(&self, file: &str) -> Result<HostFile, ReadError> {
        self.kept(below(&self.roots.sys, file)?, SYS)
    }

    /// Reads a file below sysfs without keeping it open: one that is not read at every scrape, or one of so many that
    /// they would take the place of others.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_sys_once(&self, file: &str) -> Result<HostFile, ReadError> {
        once(below(&self.roots.sys, file)?, SYS)
    }

    /// Reads a file of the host's root file system, such as `etc/os-release`. Symbolic links in it, absolute ones
    /// too, are the host's: they lead to its files, not to ours.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_root(&self, file: &str) -> Result<HostFile, ReadError> {
        let path = below(&self.roots.root, file)?;
        let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK;
        match self.open_in_root(file, flags).and_then(|file| kept::read_whole(&file, ORDINARY)) {
            Ok(bytes) => Ok(HostFile { path, bytes }),
            Err(source) => Err(ReadError::new(path, source)),
        }
    }

    /// Opens a directory of the host by its absolute path there. Symbolic links in it are the host's, as in
    /// [`read_root`](Self::read_root).
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`], also for what is no directory, or [`ReadError::Unreadable`].
    pub fn open_directory(&self, directory: &str) -> Result<OwnedFd, ReadError> {
        let inside = Some(directory.trim_start_matches('/')).filter(|inside| !inside.is_empty()).unwrap_or(".");
        let path = below(&self.roots.root, inside)?;
        match self.open_in_root(inside, OFlags::RDONLY | OFlags::DIRECTORY) {
            Ok(directory) => Ok(directory.into()),
            Err(source) => Err(ReadError::new(path, source)),
        }
    }

    /// Reads what udev knows of a device, such as `b8:0`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn read_udev(&self, file: &str) -> Result<HostFile, ReadError> {
        once(below(&self.roots.udev, file)?, ORDINARY)
    }

    /// The names in a directory below procfs, sorted. Names that are not UTF-8 are left out: they cannot be asked for.
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn list_proc(&self, directory: &str) -> Result<Vec<String>, ReadError> {
        list(&self.roots.proc, directory, |_| true)
    }

    /// The names in a directory below sysfs, sorted, as [`list_proc`](Self::list_proc).
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn list_sys(&self, directory: &str) -> Result<Vec<String>, ReadError> {
        list(&self.roots.sys, directory, |_| true)
    }

    /// The names of the directories in a directory below sysfs, links left out, as [`list_proc`](Self::list_proc).
    ///
    /// # Errors
    ///
    /// [`ReadError::Absent`] or [`ReadError::Unreadable`].
    pub fn list_sys_directories(&self, directory: &str) -> Result<Vec<String>, ReadError> {
        list(&self.roots.sys, directory, |kind| kind == FileType::Directory)
    }

    /// Opens what is below the root, through links that are the host's.
    fn open_in_root(&self, file: &str, flags: OFlags) -> io::Result<File> {
        let directory = match self.roots.opened.get() {
            Some(directory) => directory,
            None => {
                let directory = File::open(&self.roots.root)?;
                self.roots.opened.get_or_init(|| directory)
            }
        };
        let flags = flags | OFlags::CLOEXEC;
        match openat2(directory, file, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
            Ok(file) => Ok(file.into()),
            // Linux before 5.6, or a seccomp filter older than that.
            Err(Errno::NOSYS | Errno::PERM) => open_inside(&self.roots.root, &self.roots.root.join(file), flags),
            Err(error) => Err(error.into()),
        }
    }

    fn kept(&self, path: PathBuf, size: Size) -> Result<HostFile, ReadError> {
        match self.roots.kept.read(&path, size, Instant::now()) {
            Ok(bytes) => Ok(HostFile { path, bytes }),
            Err(source) => Err(ReadError::new(path, source)),
        }
    }
}

fn once(path: PathBuf, size: Size) -> Result<HostFile, ReadError> {
    match File::open(&path).and_then(|file| kept::read_whole(&file, size)) {
        Ok(bytes) => Ok(HostFile { path, bytes }),
        Err(source) => Err(ReadError::new(path, source)),
    }
}

/// Opens a file unless links in its path lead out of `root`.
fn open_inside(root: &Path, path: &Path, flags: OFlags) -> io::Result<File> {
    let real = fs::canonicalize(path)?;
    if real.starts_with(fs::canonicalize(root)?) {
        return Ok(open(real, flags, Mode::empty())?.into());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "a link leads out of the root"))
}

fn list(root: &Path, directory: &str, wanted: impl Fn(FileType) -> bool) -> Result<Vec<String>, ReadError> {
    let path = below(root, directory)?;
    let names = || -> io::Result<Vec<String>> {
        // Without the allocation of 32 KB and the fstat(2) of the standard library.
        let directory = open(&path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut entries = RawDir::new(&directory, &mut buffer);
        let mut names = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry?;
            match entry.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) if wanted(entry.file_type()) => names.push(name.to_owned()),
                Ok(_) => {}
            }
        }
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
mod tests;
