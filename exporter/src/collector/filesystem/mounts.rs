//! The mounts of the host, from `/proc/1/mountinfo`.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use crate::faults::BadLines;
use crate::text::{self, Line, ParseError};

/// One line of mountinfo. Texts are bytes as the kernel has them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mount<'a> {
    /// The kernel's number of this mount; one that is free is given out again.
    pub(super) id: u64,
    pub(super) major: u32,
    pub(super) minor: u32,
    /// Where it is mounted, with the escapes of the kernel undone.
    pub(super) point: Cow<'a, [u8]>,
    pub(super) file_system: &'a [u8],
    /// As the kernel writes it, a space as `\040`, because node_exporter shows it so.
    pub(super) device: &'a [u8],
    /// Mounted read-only, or its file system is, which may have been made so by an error.
    pub(super) read_only: bool,
}

/// All mounts, in the order in which they were made.
pub(super) fn parse<'a>(text: &'a [u8], bad: &mut BadLines) -> Vec<Mount<'a>> {
    text::lines(text).filter_map(|line| bad.take(mount(line))).collect()
}

/// File systems that answer from memory: no server, no program and no device is asked.
const SURE: [&[u8]; 36] = [
    b"binfmt_misc",
    b"bpf",
    b"btrfs",
    b"cgroup",
    b"cgroup2",
    b"configfs",
    b"debugfs",
    b"devpts",
    b"devtmpfs",
    b"efivarfs",
    b"erofs",
    b"exfat",
    b"ext2",
    b"ext3",
    b"ext4",
    b"f2fs",
    b"fusectl",
    b"hugetlbfs",
    b"iso9660",
    b"jfs",
    b"mqueue",
    b"msdos",
    b"nsfs",
    b"proc",
    b"pstore",
    b"ramfs",
    b"rootfs",
    b"rpc_pipefs",
    b"securityfs",
    b"selinuxfs",
    b"squashfs",
    b"sysfs",
    b"tmpfs",
    b"tracefs",
    b"vfat",
    b"xfs",
];

/// The mount points of all others: what is mounted below them cannot be reached without them, either.
pub(super) fn unsure(mounts: &[Mount<'_>]) -> Vec<Vec<u8>> {
    mounts.iter().filter(|mount| !is_sure(mount)).map(|mount| mount.point.to_vec()).collect()
}

/// Whether a question about this mount may stay without an answer.
pub(super) fn may_hang(mount: &Mount<'_>, unsure: &[Vec<u8>]) -> bool {
    let is_below = |point: &Vec<u8>| {
        let rest = mount.point.strip_prefix(point.as_slice());
        rest.is_some_and(|rest| rest.starts_with(b"/") || point == b"/")
    };
    !is_sure(mount) || unsure.iter().any(is_below)
}

fn is_sure(mount: &Mount<'_>) -> bool {
    SURE.binary_search(&mount.file_system).is_ok()
}

const EXPECTED: &str = "`<id> <parent> <major>:<minor> <root> <mount point> <options> … - <type> <device> <options>`";

fn mount(line: Line<'_>) -> Result<Mount<'_>, ParseError> {
    read(line).ok_or_else(|| line.malformed(EXPECTED))
}

fn read(line: Line<'_>) -> Option<Mount<'_>> {
    // Not between white space: of that, the kernel escapes spaces, tabs and line ends alone.
    let mut words = line.bytes.split(|byte| *byte == b' ');
    let id = text::parse(words.next()?)?;
    let (major, minor) = text::split_once(words.nth(1)?, b':')?;
    let point = words.nth(1)?;
    let options = words.next()?;
    // The fields before the hyphen come and go with the kernel.
    words.find(|word| *word == b"-")?;
    let file_system = words.next()?;
    // A device without a name is nothing between two spaces.
    let (device, super_options) = (words.next()?, words.next()?);
    Some(Mount {
        id,
        major: text::parse(major)?,
        minor: text::parse(minor)?,
        point: unescape(point),
        file_system,
        device,
        read_only: read_only(options) || read_only(super_options),
    })
}

fn read_only(options: &[u8]) -> bool {
    options.split(|byte| *byte == b',').any(|option| option == b"ro")
}

/// Undoes `\040` and the like; the kernel writes every backslash itself as `\134`.
fn unescape(word: &[u8]) -> Cow<'_, [u8]> {
    if !word.contains(&b'\\') {
        return Cow::Borrowed(word);
    }
    let mut plain = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, behind @ ..] = rest {
        rest = match escaped(rest) {
            Some((byte, behind)) => {
                plain.push(byte);
                behind
            }
            None => {
                plain.push(*first);
                behind
            }
        };
    }
    Cow::Owned(plain)
}

fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', behind @ ..] = text else { return None };
    Some(((high - b'0') * 64 + (middle - b'0') * 8 + (low - b'0'), behind))
}

/// Mount points as the host has them: without `root`, where the host's root is mounted for us. What is not below it
/// is taken as the host's own, too, unless the table is that of our own container (`ours`) and shows that the host's
/// root is mounted in it: then the rest is what the container was given for itself, such as `/etc/hosts`.
pub(super) fn on_the_host(mounts: &mut Vec<Mount<'_>>, root: &Path, ours: bool) {
    let root = root.as_os_str().as_encoded_bytes().strip_suffix(b"/").unwrap_or(root.as_os_str().as_encoded_bytes());
    if root.is_empty() {
        return;
    }
    if ours && mounts.iter().any(|mount| *mount.point == *root) {
        mounts.retain(|mount| below(&mount.point, root).is_some());
    }
    for mount in mounts {
        if let Some(inside) = below(&mount.point, root) {
            let inside = if inside.is_empty() { b"/" } else { inside };
            mount.point = Cow::Owned(inside.to_vec());
        }
    }
}

fn below<'a>(path: &'a [u8], root: &[u8]) -> Option<&'a [u8]> {
    path.strip_prefix(root).filter(|inside| inside.is_empty() || inside.starts_with(b"/"))
}

/// Where the mount is seen by us.
pub(super) fn path(root: &Path, point: &[u8]) -> PathBuf {
    let inside = point.strip_prefix(b"/").unwrap_or(point);
    if inside.is_empty() { root.to_owned() } else { root.join(OsString::from_vec(inside.to_vec())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(text: &[u8]) -> (Vec<Mount<'_>>, u64) {
        let mut bad = BadLines::default();
        let mounts = parse(text, &mut bad);
        (mounts, bad.count)
    }

    fn points(text: &[u8], root: &str, ours: bool) -> Vec<String> {
        let (mut mounts, _) = mounts(text);
        on_the_host(&mut mounts, Path::new(root), ours);
        mounts.iter().map(|mount| text::label(&mount.point).into_owned()).collect()
    }

    #[test]
    fn what_answers_from_memory_is_sure_unless_it_is_mounted_below_what_does_not() {
        assert!(SURE.is_sorted());
        let text = b"1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:5 / /net rw - nfs4 a:/b rw\n3 2 0:6 / /net/x rw - tmpfs t rw\n\
                     4 1 0:7 / /network rw - xfs /dev/sdb rw\n5 1 0:8 / /f rw - fuse.sshfs h: rw\n6 1 0:9 / /new rw - newfs n rw\n";
        let (mounts, _) = mounts(text);
        let unsure = unsure(&mounts);
        let hanging = mounts.iter().filter(|mount| may_hang(mount, &unsure)).map(|mount| mount.id).collect::<Vec<_>>();
        assert_eq!(hanging, [2, 3, 5, 6]);
        let below_root = [b"/".to_vec()];
        assert!(mounts.iter().all(|mount| may_hang(mount, &below_root)));
    }

    #[test]
    fn a_line_is_read_with_any_number_of_optional_fields_and_any_bytes() {
        let text = b"36 1 8:2 / /a\\040b\\011c\\012d\\134\\0409\xFF rw,ro-ish shared:1 master:2 - fuse.x\\040y //s/a\\040b rw,ro=1\n\
                     37 36 0:41 /-/x /my-dir ro,relatime - tmpfs  rw,size=1k\n\
                     38 36 0:42 / /c rw - ext4 /dev/sdb rw,ro\n\
                     39 36 0:43 / /c rw ext4 /dev/sdb rw\n";
        let first = Mount {
            id: 36,
            major: 8,
            minor: 2,
            point: Cow::Borrowed(b"/a b\tc\nd\\ 9\xFF"),
            file_system: b"fuse.x\\040y",
            device: b"//s/a\\040b",
            read_only: false,
        };
        let mount = |id, minor, point: &'static [u8], file_system, device, read_only| Mount {
            id,
            major: 0,
            minor,
            point: Cow::Borrowed(point),
            file_system,
            device,
            read_only,
        };
        let second = mount(37, 41, b"/my-dir", b"tmpfs", b"", true);
        let third = mount(38, 42, b"/c", b"ext4", b"/dev/sdb", true);
        assert_eq!(mounts(text), (vec![first, second, third], 1));
    }

    #[test]
    fn white_space_that_the_kernel_does_not_escape_is_part_of_a_name() {
        let text = b"36 1 8:2 / /a\rb\x0Cc rw - ext4 /dev/mapper/a\x0Cb rw\n";
        let (mounts, bad) = mounts(text);
        assert_eq!(bad, 0);
        let names: Vec<_> = mounts.iter().map(|mount| (&*mount.point, mount.device)).collect();
        assert_eq!(names, [(b"/a\rb\x0Cc".as_slice(), b"/dev/mapper/a\x0Cb".as_slice())]);
    }

    #[test]
    fn the_place_where_the_hosts_root_is_mounted_is_not_part_of_a_mount_point() {
        let table = b"1 0 0:1 / / rw - overlay overlay rw\n2 1 8:1 / /host rw - ext4 /dev/sda1 rw\n\
                      3 2 8:2 / /host/boot rw - ext4 /dev/sda2 rw\n4 1 8:1 / /hosts rw - ext4 /dev/sda1 rw\n";
        assert_eq!(points(table, "/", true), ["/", "/host", "/host/boot", "/hosts"]);
        assert_eq!(points(table, "/host/", false), ["/", "/", "/boot", "/hosts"]);
        assert_eq!(points(table, "/host", true), ["/", "/boot"]);
        assert_eq!(points(table, "/other", true), ["/", "/host", "/host/boot", "/hosts"]);
    }

    #[test]
    fn a_mount_is_asked_below_the_root_with_the_bytes_that_it_has() {
        use std::os::unix::ffi::OsStrExt as _;
        assert_eq!(path(Path::new("/"), b"/"), Path::new("/"));
        assert_eq!(path(Path::new("/host"), b"/"), Path::new("/host"));
        assert_eq!(path(Path::new("/host"), b"/a\xFF").as_os_str().as_bytes(), b"/host/a\xFF");
    }
}
