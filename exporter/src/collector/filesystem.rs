//! Size, free space and state of the file systems that are mounted.
//!
//! Source: `/proc/1/mountinfo`, or `/proc/self/mountinfo` where the first process is hidden, and statfs(2) on each mount
//! point below the host's root.

mod mounts;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{StatFs, statfs};
use rustix::io::Errno;
use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Value};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::filter::Filter;
use crate::host::{HostFile, HostRoot, ReadError};
use crate::memory::Memory;
use crate::text::label;
use mounts::Mount;
use survey::{Answer, Question, Survey};

pub(super) const COLLECTOR: Registration = Registration {
    name: "filesystem",
    on_by_default: true,
    may_hang: true,
    options: &[
        CollectorOption {
            flag: "collector.filesystem.mount-points-exclude",
            key: "mount_points_exclude",
            help: "Leaves out the mount points that this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.filesystem.mount-points-include",
            key: "mount_points_include",
            help: "Tells only of the mount points that this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.filesystem.fs-types-exclude",
            key: "fs_types_exclude",
            help: "Leaves out the types of file systems that this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.filesystem.fs-types-include",
            key: "fs_types_include",
            help: "Tells only of the types of file systems that this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.filesystem.mount-timeout",
            key: "mount_timeout",
            help: "How long to wait for a mount, within the time that the scrape has [default: 5s].",
            switch: false,
        },
        CollectorOption {
            flag: "collector.filesystem.stat-workers",
            key: "stat_workers",
            help: "Taken as node_exporter takes it, and not needed: one thread does until a mount does not answer.",
            switch: false,
        },
    ],
    parsers: &[|bytes| drop(mounts::parse(bytes, &mut BadLines::default()))],
    build: |inputs, section| Box::new(Filesystem::new(inputs, section)),
};

const MOUNT_POINTS_EXCLUDED: &str =
    "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)";

const FS_TYPES_EXCLUDED: &str = "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|\
                                 iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|\
                                 squashfs|erofs|sysfs|tracefs)$";

const MOUNT_TIMEOUT: Duration = Duration::from_secs(5);

/// The label that node_exporter has for a mount that does not answer.
const SILENT: &str = "mountpoint timeout";

struct Filesystem {
    host: HostRoot,
    memory: Arc<Memory>,
    mount_points: Filter,
    fs_types: Filter,
    mount_timeout: Duration,
    survey: Survey,
    /// Nobody has looked yet, or there was a mount at the last look that could leave a question without an answer.
    may_hang: AtomicBool,
}

impl Filesystem {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        let mut filter = |include, exclude, default| Filter::read(section, Some(include), Some(exclude), Some(default));
        let mount_points = filter("mount_points_include", "mount_points_exclude", MOUNT_POINTS_EXCLUDED);
        let fs_types = filter("fs_types_include", "fs_types_exclude", FS_TYPES_EXCLUDED);
        let timeouts = Duration::from_millis(1)..=Duration::from_secs(3600);
        let mount_timeout = section.duration("mount_timeout", timeouts).unwrap_or(MOUNT_TIMEOUT);
        let _ = section.number("stat_workers", 1..=1024);
        let (host, memory, may_hang) = (inputs.host.clone(), Arc::clone(&inputs.memory), AtomicBool::new(true));
        Self { host, memory, mount_points, fs_types, mount_timeout, survey: Survey::new(), may_hang }
    }
}

/// How long the others are held up by a mount that was not there before.
const HOLD_UP: Duration = Duration::from_millis(100);

impl Collector for Filesystem {
    fn may_hang_next(&self) -> bool {
        self.may_hang.load(Ordering::Relaxed)
    }

    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        // Without a scrape there is no other limit.
        self.collect_until(Instant::now() + self.mount_timeout * 2, out)
    }

    fn collect_until(&self, until: Instant, out: &mut Exposition) -> Result<(), CollectError> {
        let started = Instant::now();
        let (table, ours) = self.table()?;
        let mut faults = Faults::default();
        let mut mounts = faults.parse(&table, mounts::parse);
        mounts::on_the_host(&mut mounts, self.host.root_path(), ours);
        let unsure = mounts::unsure(&mounts);
        mounts.retain(|mount| {
            self.mount_points.allows(&label(&mount.point)) && self.fs_types.allows(&label(mount.file_system))
        });
        self.memory.mounts.set(that_can_fill_up(&mounts));
        let may_hang = mounts.iter().any(|mount| mounts::may_hang(mount, &unsure));
        let is_alone = self.may_hang.swap(may_hang, Ordering::Relaxed);
        // A part of the time is for telling what has been found out.
        let left = until.saturating_duration_since(started);
        let patience = self.mount_timeout.min(left - left.div_f64(8.0).min(Duration::from_millis(250)));
        let patience = if is_alone { patience } else { patience.min(HOLD_UP) };
        let answers = self.answers(&mounts, &unsure, started + patience);
        for (mount, read_only) in distinct(&mounts) {
            let answer = answers.get(&*mount.point).unwrap_or(&Answer::Silent);
            tell(mount, read_only, answer, out);
        }
        let told = |mount: &&Mount<'_>| matches!(answers.get(&*mount.point), Some(Answer::Told(_)));
        tell_numbers(mounts.iter().filter(told), out);
        faults.finish()
    }
}

impl Filesystem {
    /// The table of mounts, and whether it is that of our own container, and not the host's.
    fn table(&self) -> Result<(HostFile, bool), ReadError> {
        match self.host.read_proc("1/mountinfo") {
            Ok(table) => Ok((table, self.host.is_live() && std::process::id() == 1)),
            Err(_) => Ok((self.host.read_proc("self/mountinfo")?, true)),
        }
    }

    /// What each mount point answers. Of several mounts in one place the last one hides the others.
    fn answers<'a>(
        &self,
        mounts: &'a [Mount<'_>],
        unsure: &[Vec<u8>],
        until: Instant,
    ) -> BTreeMap<&'a [u8], Answer<StatFs>> {
        let root = self.host.root_path();
        let last: BTreeMap<&[u8], &Mount<'_>> = mounts.iter().map(|mount| (&*mount.point, mount)).collect();
        let (ask, sure): (Vec<_>, Vec<_>) = last.into_iter().partition(|(_, mount)| mounts::may_hang(mount, unsure));
        let question =
            |(point, mount): &(&[u8], &Mount<'_>)| Question { path: mounts::path(root, point), id: mount.id };
        let questions: Vec<_> = ask.iter().map(question).collect();
        let answers = if questions.is_empty() { Vec::new() } else { self.survey.answers(questions, until) };
        let told = sure.into_iter().map(|(point, _)| match statfs(mounts::path(root, point)) {
            Ok(figures) => (point, Answer::Told(figures)),
            Err(errno) => (point, Answer::Refused(errno)),
        });
        told.chain(ask.into_iter().map(|(point, _)| point).zip(answers)).collect()
    }
}

/// Mount points whose file system somebody may fill up.
fn that_can_fill_up(mounts: &[Mount<'_>]) -> Vec<String> {
    const ALWAYS_FULL: [&[u8]; 4] = [b"squashfs", b"iso9660", b"erofs", b"udf"];
    let can = |mount: &Mount<'_>| !mount.read_only && !ALWAYS_FULL.contains(&mount.file_system);
    // The last one in a place is on top.
    let last: BTreeMap<_, _> = mounts.iter().map(|mount| (label(&mount.point), can(mount))).collect();
    last.into_iter().filter(|(_, can)| *can).map(|(point, _)| point.into_owned()).collect()
}

/// The mounts that differ in what labels show of them, with whether the last of those that do not is read-only.
fn distinct<'a, 'b>(mounts: &'a [Mount<'b>]) -> Vec<(&'a Mount<'b>, bool)> {
    let mut seen = BTreeSet::new();
    // The last one is on top.
    let mut kept: Vec<_> = mounts
        .iter()
        .rev()
        .filter(|mount| seen.insert((mount.device, label(&mount.point), mount.file_system)))
        .map(|mount| (mount, mount.read_only))
        .collect();
    kept.reverse();
    kept
}

fn tell(mount: &Mount<'_>, read_only: bool, answer: &Answer<StatFs>, out: &mut Exposition) {
    let error = match answer {
        Answer::Told(_) => "",
        Answer::Refused(errno) => refusal(*errno),
        Answer::Silent => SILENT,
    };
    let (device, point, fs_type) = (label(mount.device), label(&mount.point), label(mount.file_system));
    let labels = [("device", &*device), ("device_error", error), ("fstype", &fs_type), ("mountpoint", &point)];
    let failed = !error.is_empty();
    out.gauge("node_filesystem_device_error", "Whether a file system does not tell its figures.").push(&labels, failed);
    out.gauge("node_filesystem_readonly", "Whether a file system is mounted read-only.").push(&labels, read_only);
    let Answer::Told(figures) = answer else { return };
    let blocks = |blocks: u64| bytes(blocks, figures);
    out.gauge("node_filesystem_size_bytes", "Size of a file system.").push(&labels, blocks(figures.f_blocks));
    out.gauge("node_filesystem_free_bytes", "Free space of a file system, with what is reserved for root.")
        .push(&labels, blocks(figures.f_bfree));
    out.gauge("node_filesystem_avail_bytes", "Free space of a file system that everybody may use.")
        .push(&labels, blocks(figures.f_bavail));
    out.gauge("node_filesystem_files", "Files and directories that a file system can hold.")
        .push(&labels, figures.f_files);
    out.gauge("node_filesystem_files_free", "Files and directories that a file system can still take.")
        .push(&labels, figures.f_ffree);
    out.gauge("node_filesystem_purgeable_bytes", "Always 0: only macOS has space that it can reclaim.")
        .push(&labels, false);
}

fn tell_numbers<'a>(mounts: impl Iterator<Item = &'a Mount<'a>>, out: &mut Exposition) {
    let mut seen = BTreeSet::new();
    for mount in mounts {
        let (device, point) = (label(mount.device), label(&mount.point));
        if !seen.insert((mount.device, point.clone(), mount.major, mount.minor)) {
            continue;
        }
        let (major, minor) = (mount.major.to_string(), mount.minor.to_string());
        let labels = [("device", &*device), ("major", &major), ("minor", &minor), ("mountpoint", &point)];
        out.gauge("node_filesystem_mount_info", "Numbers of the device of a mount; always 1.").push(&labels, true);
    }
}

fn bytes(blocks: u64, figures: &StatFs) -> Value {
    let size = u64::try_from(figures.f_bsize).unwrap_or(0);
    blocks.checked_mul(size).map_or(Value::Float(blocks as f64 * size as f64), Value::Integer)
}

/// The system's words as node_exporter has them; those of the C library differ from one to the other.
fn refusal(errno: Errno) -> &'static str {
    const WORDS: [(Errno, &str); 18] = [
        (Errno::PERM, "operation not permitted"),
        (Errno::NOENT, "no such file or directory"),
        (Errno::INTR, "interrupted system call"),
        (Errno::IO, "input/output error"),
        (Errno::NXIO, "no such device or address"),
        (Errno::NOMEM, "cannot allocate memory"),
        (Errno::ACCESS, "permission denied"),
        (Errno::NODEV, "no such device"),
        (Errno::NOTDIR, "not a directory"),
        (Errno::NAMETOOLONG, "file name too long"),
        (Errno::NOSYS, "function not implemented"),
        (Errno::LOOP, "too many levels of symbolic links"),
        (Errno::OVERFLOW, "value too large for defined data type"),
        (Errno::NOTCONN, "transport endpoint is not connected"),
        (Errno::TIMEDOUT, "connection timed out"),
        (Errno::HOSTDOWN, "host is down"),
        (Errno::STALE, "stale NFS file handle"),
        (Errno::NOKEY, "required key not available"),
    ];
    WORDS.iter().find(|(known, _)| *known == errno).map_or("another error", |(_, words)| words)
}
