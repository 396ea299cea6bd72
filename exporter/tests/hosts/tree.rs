//! Hosts made up for the tests: `fixtures/hosts/HOST/COLLECTOR.tree` is what one collector reads of one host.
//!
//! `fixtures/hosts/README.md` has the format.
#![allow(dead_code, reason = "each test that shares this file uses a part of it")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When every file of a tree was written.
const WRITTEN: Duration = Duration::from_secs(1_785_000_000);

/// Where the hosts are.
pub fn hosts_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hosts")
}

/// Where the hosts with containers are; each is one tree.
pub fn cgroups_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cgroups")
}

/// The names of all hosts with containers.
pub fn cgroups() -> Vec<String> {
    names(&cgroups_directory(), |path| path.extension().is_some_and(|extension| extension == "tree"))
}

/// The names of all hosts.
pub fn hosts() -> Vec<String> {
    names(&hosts_directory(), |path| path.is_dir())
}

fn names(directory: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| wanted(path));
    let mut names: Vec<_> = paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort_unstable();
    names
}

/// One `.tree` file.
pub struct Tree {
    /// The collector it is for.
    pub collector: String,
    /// Its directives: name and rest of the line.
    directives: Vec<(String, String)>,
    entries: Vec<(String, Entry)>,
}

enum Entry {
    File(Vec<u8>),
    Link(String),
    Directory,
}

impl Tree {
    fn read(file: &Path) -> Self {
        let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::parse(file.file_stem().unwrap().to_str().unwrap(), &text)
    }

    fn parse(collector: &str, text: &[u8]) -> Self {
        let mut tree = Self { collector: collector.to_owned(), directives: Vec::new(), entries: Vec::new() };
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            if let Some(header) = line.strip_prefix(b"== ") {
                let header = str::from_utf8(header).unwrap().trim_end();
                tree.entries.push(match header.split_once(" -> ") {
                    Some((path, target)) => (path.to_owned(), Entry::Link(target.to_owned())),
                    None => match header.strip_suffix('/') {
                        Some(path) => (path.to_owned(), Entry::Directory),
                        None => (header.to_owned(), Entry::File(Vec::new())),
                    },
                });
            } else if let Some((path, entry)) = tree.entries.last_mut() {
                let Entry::File(content) = entry else {
                    panic!("{collector}.tree: {path} is no file, but has content")
                };
                content.extend_from_slice(line);
            } else {
                let line = str::from_utf8(line).unwrap().trim_end();
                let comment =
                    line.strip_prefix('#').unwrap_or_else(|| panic!("{collector}.tree: not a comment: {line}"));
                if let Some((name, rest)) = comment.trim_start().split_once(": ")
                    && ["flag", "theirs", "machine", "machine-labels", "differs", "container"].contains(&name)
                {
                    tree.directives.push((name.to_owned(), rest.to_owned()));
                }
            }
        }
        tree
    }

    /// What stands behind each directive of that name.
    pub fn directives<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.directives.iter().filter(move |(directive, _)| directive == name).map(|(_, rest)| rest.as_str())
    }

    /// Whether a directive of that name has `family` as its first word.
    pub fn says(&self, name: &str, family: &str) -> bool {
        self.directives(name).any(|rest| rest.split(' ').next() == Some(family))
    }

    /// The files and links of this tree.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|(_, entry)| !matches!(entry, Entry::Directory)).map(|(path, _)| path.as_str())
    }
}

/// A host in a directory of its own, which goes away with it.
pub struct Host {
    directory: tempfile::TempDir,
    pub trees: Vec<Tree>,
}

impl Host {
    /// Lays out all trees of a host.
    pub fn unpack(name: &str) -> Self {
        Self::unpack_some(name, |_| true)
    }

    /// Lays out some trees of a host; all together are many files.
    pub fn unpack_some(name: &str, wanted: impl FnMut(&Tree) -> bool) -> Self {
        let from = hosts_directory().join(name);
        let collectors = names(&from, |path| path.extension().is_some_and(|extension| extension == "tree"));
        let trees = collectors.iter().map(|collector| Tree::read(&from.join(format!("{collector}.tree"))));
        Self::lay_out(trees.filter(wanted).collect())
    }

    /// Lays out a host that is one tree.
    pub fn unpack_tree(file: &Path) -> Self {
        Self::lay_out(vec![Tree::read(file)])
    }

    fn lay_out(trees: Vec<Tree>) -> Self {
        let directory = tempfile::Builder::new().prefix("host").tempdir().unwrap();
        for root in ["proc", "sys", "root", "udev"] {
            fs::create_dir(directory.path().join(root)).unwrap();
        }
        let host = Self { directory, trees };
        for tree in &host.trees {
            for (path, entry) in &tree.entries {
                host.lay(&tree.collector, path, entry);
            }
        }
        host
    }

    fn lay(&self, collector: &str, path: &str, entry: &Entry) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match entry {
            Entry::Directory => fs::create_dir_all(&path).unwrap(),
            Entry::Link(target) => std::os::unix::fs::symlink(target, &path)
                .unwrap_or_else(|error| panic!("{collector}.tree: {}: {error}", path.display())),
            Entry::File(content) => {
                assert!(!path.exists(), "{collector}.tree: {} is in another tree, too", path.display());
                fs::write(&path, content).unwrap();
                File::options().write(true).open(&path).unwrap().set_modified(written()).unwrap();
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The flags for both programs, or with `theirs` those for node_exporter alone.
    pub fn flags(&self, name: &str) -> Vec<String> {
        let flags = self.trees.iter().flat_map(|tree| tree.directives(name));
        flags.map(|flag| flag.replace("{host}", self.path().to_str().unwrap())).collect()
    }
}

fn written() -> SystemTime {
    UNIX_EPOCH + WRITTEN
}
