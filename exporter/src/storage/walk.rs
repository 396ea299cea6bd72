//! How much lies below a directory: every file counted once, on one file system, without following links.

use std::collections::HashSet;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, fstatvfs, openat, statat};
use rustix::io::Errno;

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Space on the disk, in bytes: a file with holes has less than its length, a small one more.
    pub used_bytes: u64,
    /// Files, directories and everything else that has a name.
    pub files: u64,
    /// Directories and files that could not be looked at; what is in them is missing in the others.
    pub unreadable: u64,
    /// Where the file system says how much there can be.
    pub capacity_bytes: Option<u64>,
}

/// Why there are no figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There was no more time.
    Late,
    /// The directory itself cannot be read.
    Unreadable(Errno),
}

/// A descriptor is open for each level.
const DEEPEST: usize = 256;

/// The kernel counts in these, whatever the file system's blocks are.
const BLOCK: u64 = 512;

/// Counts what lies below a directory, until `stop` says so.
///
/// # Errors
///
/// [`Fault`]; what cannot be read further down is counted.
pub fn walk(top: OwnedFd, stop: impl Fn() -> bool) -> Result<Figures, Fault> {
    let about = fstat(&top).map_err(Fault::Unreadable)?;
    let device = about.st_dev;
    let mut figures = Figures::default();
    let mut several_names = HashSet::new();
    figures.count(&about);
    let mut open = vec![Dir::new(top).map_err(Fault::Unreadable)?];
    while let Some(directory) = open.last_mut() {
        if stop() {
            return Err(Fault::Late);
        }
        let Some(entry) = directory.read() else {
            open.pop();
            continue;
        };
        let below = entry.and_then(|entry| {
            let (name, directory) = (entry.file_name(), directory.fd()?);
            if [b".".as_slice(), b".."].contains(&name.to_bytes()) {
                return Ok(None);
            }
            let about = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
            let is_directory = FileType::from_raw_mode(about.st_mode) == FileType::Directory;
            // Another file system is mounted there.
            if about.st_dev != device {
                return Ok(None);
            }
            if about.st_nlink > 1 && !is_directory && !several_names.insert(about.st_ino) {
                return Ok(None);
            }
            figures.count(&about);
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            is_directory.then(|| openat(directory, name, flags, Mode::empty()).and_then(Dir::new)).transpose()
        });
        match below {
            Ok(Some(_)) if open.len() >= DEEPEST => figures.unreadable += 1,
            Ok(below) => open.extend(below),
            // Gone since it was listed.
            Err(Errno::NOENT) => {}
            Err(_) => figures.unreadable += 1,
        }
    }
    Ok(figures)
}

/// What the file system itself says: of all of it, or of a project quota that the directory has.
///
/// # Errors
///
/// [`Fault::Unreadable`].
pub fn ask_file_system(directory: impl AsFd) -> Result<Figures, Fault> {
    let about = fstatvfs(directory).map_err(Fault::Unreadable)?;
    let bytes = |blocks: u64| blocks.saturating_mul(about.f_frsize);
    Ok(Figures {
        used_bytes: bytes(about.f_blocks.saturating_sub(about.f_bfree)),
        files: about.f_files.saturating_sub(about.f_ffree),
        unreadable: 0,
        capacity_bytes: Some(bytes(about.f_blocks)),
    })
}

impl Figures {
    fn count(&mut self, about: &Stat) {
        self.files += 1;
        self.used_bytes += u64::try_from(about.st_blocks).unwrap_or_default().saturating_mul(BLOCK);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::path::Path;
    use std::process::Command;

    use super::*;

    fn figures(path: &Path) -> Figures {
        walk(File::open(path).unwrap().into(), || false).unwrap()
    }

    #[test]
    fn it_counts_as_du_does_a_file_with_two_names_once_and_what_links_lead_to_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("a/b/c")).unwrap();
        fs::write(path("a/b/film"), vec![7; 100_000]).unwrap();
        fs::hard_link(path("a/b/film"), path("a/again")).unwrap();
        symlink("/", path("a/root")).unwrap();
        File::create(path("holes")).unwrap().set_len(1 << 30).unwrap();
        let du = Command::new("du").args(["-s", "-x", "--block-size=1"]).arg(folder.path()).output().unwrap();
        let du = String::from_utf8(du.stdout).unwrap();
        let expected = Figures {
            used_bytes: du.split('\t').next().unwrap().parse().unwrap(),
            // The directory itself, a, a/b, a/b/c, film, root, holes.
            files: 7,
            ..Figures::default()
        };
        assert_eq!(figures(folder.path()), expected);
    }

    #[test]
    fn another_file_system_below_is_not_entered() {
        let system = |path: &str| fs::metadata(path).unwrap().dev();
        assert_ne!(system("/dev"), system("/dev/pts"));
        let du = Command::new("du").args(["-s", "-x", "--inodes", "/dev"]).output().unwrap();
        let du = String::from_utf8(du.stdout).unwrap();
        let counted = figures(Path::new("/dev"));
        assert_eq!(Some(counted.files.to_string().as_str()), du.split('\t').next());
    }

    #[test]
    fn it_stops_when_it_is_told_to() {
        assert_eq!(walk(File::open("/").unwrap().into(), || true), Err(Fault::Late));
    }

    #[test]
    fn what_is_too_deep_is_said_to_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let mut deep = folder.path().to_owned();
        for _ in 0..DEEPEST + 3 {
            deep.push("d");
        }
        fs::create_dir_all(&deep).unwrap();
        let figures = figures(folder.path());
        assert_eq!((figures.unreadable, figures.files), (1, DEEPEST as u64 + 1));
    }

    #[test]
    fn a_file_system_says_what_df_says() {
        let figures = ask_file_system(File::open("/proc").unwrap()).unwrap();
        assert_eq!(figures, Figures { capacity_bytes: Some(0), ..Figures::default() });
        assert!(ask_file_system(File::open("/").unwrap()).unwrap().capacity_bytes > Some(0));
    }
}
