//! Btrfs: space by kind and redundancy, commits, and the devices of each mounted file system with their errors.
//!
//! Source: `/sys/fs/btrfs/UUID` (<https://btrfs.readthedocs.io/en/latest/btrfs-man5.html>). node_exporter asks the
//! mount point for the devices with ioctls, and for their sizes here if that fails. The errors are the same numbers
//! here, from Linux 5.14 on, but for one thing: nothing in sysfs says which number is which device.

use seamark_kit::exposition::{Exposition, Kind};

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError, if_available, if_there};
use crate::text::{self, Line, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "btrfs",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(words_and_numbers(bytes, &mut BadLines::default())), |bytes| drop(uuid(bytes))],
    build: |inputs, _| Box::new(Btrfs { host: inputs.host.clone() }),
};

struct Btrfs {
    host: HostRoot,
}

impl Collector for Btrfs {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let names = faults.take(if_there(self.host.list_sys("fs/btrfs"))).flatten().unwrap_or_default();
        // The others, `features` for one, are the module's own.
        for name in names.iter().filter(|name| name.contains('-')) {
            FileSystem::new(&self.host, name, &mut faults).tell(&mut faults, out);
        }
        faults.finish()
    }
}

struct FileSystem<'a> {
    host: &'a HostRoot,
    directory: String,
    /// The directory's name, or what the super block says since the UUID was changed.
    uuid: String,
    /// `None` where they cannot be listed.
    devices: Option<Vec<String>>,
}

impl<'a> FileSystem<'a> {
    fn new(host: &'a HostRoot, name: &str, faults: &mut Faults) -> Self {
        let directory = format!("fs/btrfs/{name}");
        let file = faults.take(if_available(host.read_sys(&format!("{directory}/metadata_uuid")))).flatten();
        let uuid = file.and_then(|file| faults.take(file.parse(uuid)));
        let uuid = uuid.unwrap_or_else(|| name.to_owned());
        let devices = faults.take(if_there(host.list_sys(&format!("{directory}/devices")))).flatten();
        Self { host, directory, uuid, devices }
    }

    fn tell(&self, faults: &mut Faults, out: &mut Exposition) {
        let label = faults.take(self.host.sys_text(&self.path("label"))).flatten().unwrap_or_default();
        out.gauge("node_btrfs_info", "The label of a Btrfs file system.")
            .push(&[("uuid", &self.uuid), ("label", &label)], 1_u32);
        if let Some(size) = self.number("allocation/global_rsv_size", faults) {
            out.gauge("node_btrfs_global_rsv_size_bytes", "Size of the reserve that metadata may fall back on.")
                .push(&[("uuid", &self.uuid)], size);
        }
        self.commits(faults, out);
        for kind in ["data", "metadata", "system"] {
            self.allocation(kind, faults, out);
        }
        self.device_sizes(faults, out);
        self.device_errors(faults, out);
    }

    /// Linux before 6.0 does not count them.
    fn commits(&self, faults: &mut Faults, out: &mut Exposition) {
        let Some(file) = faults.take(if_available(self.host.read_sys(&self.path("commit_stats")))).flatten() else {
            return;
        };
        for (word, number) in faults.parse(&file, words_and_numbers) {
            let known = COMMITS.iter().find(|(key, ..)| key.as_bytes() == word);
            if let Some((_, name, kind, help, per_unit)) = known {
                let family = out.family(*name, *help, *kind);
                match per_unit {
                    1 => family.push(&[("uuid", &self.uuid)], number),
                    per_unit => family.push(&[("uuid", &self.uuid)], number as f64 / f64::from(*per_unit)),
                };
            }
        }
    }

    fn allocation(&self, kind: &str, faults: &mut Faults, out: &mut Exposition) {
        let labels = [("uuid", self.uuid.as_str()), ("block_group_type", kind)];
        if let Some(reserved) = self.number(&format!("allocation/{kind}/bytes_reserved"), faults) {
            out.gauge("node_btrfs_reserved_bytes", "Space reserved for writing, by what is written.")
                .push(&labels, reserved);
        }
        let entries = faults.take(self.host.list_sys(&self.path(&format!("allocation/{kind}"))));
        // The directories have the names of RAID profiles; all files but `flags` have an underscore.
        for mode in entries.iter().flatten().filter(|name| !name.contains('_') && *name != "flags") {
            let size = self.number(&format!("allocation/{kind}/{mode}/total_bytes"), faults);
            let used = self.number(&format!("allocation/{kind}/{mode}/used_bytes"), faults);
            let labels = [labels.as_slice(), &[("mode", mode.as_str())]].concat();
            if let Some(size) = size {
                out.gauge("node_btrfs_size_bytes", "Space allocated, by what it is for and its profile.")
                    .push(&labels, size);
            }
            if let Some(used) = used {
                out.gauge("node_btrfs_used_bytes", "Space used, by what it is for and its profile.")
                    .push(&labels, used);
            }
            if let Some(ratio) = ratio(mode, self.devices.as_ref().map(Vec::len)) {
                out.gauge("node_btrfs_allocation_ratio", "Bytes on the devices for each byte of data.")
                    .push(&labels, ratio);
            }
        }
    }

    fn device_sizes(&self, faults: &mut Faults, out: &mut Exposition) {
        /// Of `size` of a block device, whatever the size of its own sectors.
        const SECTOR: u64 = 512;
        for device in self.devices.iter().flatten() {
            let sectors = self.number(&format!("devices/{device}/size"), faults);
            if let Some(size) = sectors.and_then(|sectors| sectors.checked_mul(SECTOR)) {
                out.gauge("node_btrfs_device_size_bytes", "Size of a device of a Btrfs file system.")
                    .push(&[("uuid", &self.uuid), ("device", device)], size);
            }
        }
    }

    fn device_errors(&self, faults: &mut Faults, out: &mut Exposition) {
        let numbers = faults.take(if_there(self.host.list_sys(&self.path("devinfo")))).flatten().unwrap_or_default();
        let device = match (self.devices.as_deref(), numbers.as_slice()) {
            (Some([device]), [_]) => device.as_str(),
            _ => "",
        };
        for number in &numbers {
            let file = self.host.read_sys(&self.path(&format!("devinfo/{number}/error_stats")));
            let Some(file) = faults.take(if_available(file)).flatten() else {
                continue;
            };
            // Of a device that is missing there are none.
            if file.bytes.trim_ascii() == b"invalid" {
                continue;
            }
            for (word, count) in faults.parse(&file, words_and_numbers) {
                let known = ERRORS.iter().find(|(key, _)| key.as_bytes() == word);
                if let Some((_, kind)) = known {
                    let labels = [("uuid", self.uuid.as_str()), ("device", device), ("devid", number), ("type", kind)];
                    out.counter("node_btrfs_device_errors_total", "Errors of a device, by kind.").push(&labels, count);
                }
            }
        }
    }

    fn number(&self, file: &str, faults: &mut Faults) -> Option<u64> {
        let number: Result<_, ReadError> = self.host.sys_number(&self.path(file));
        faults.take(number).flatten()
    }

    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.directory)
    }
}

/// First word of the line, name, kind, help, and what the number is to be divided by.
const COMMITS: &[(&str, &str, Kind, &str, u16)] = &[
    ("commits", "node_btrfs_commits_total", Kind::Counter, "Commits since the file system was mounted.", 1),
    ("last_commit_ms", "node_btrfs_last_commit_seconds", Kind::Gauge, "Time that the last commit took.", 1000),
    ("max_commit_ms", "node_btrfs_max_commit_seconds", Kind::Gauge, "Time that the slowest commit took.", 1000),
    ("total_commit_ms", "node_btrfs_commit_seconds_total", Kind::Counter, "Time that all commits took.", 1000),
];

const ERRORS: [(&str, &str); 5] = [
    ("write_errs", "write"),
    ("read_errs", "read"),
    ("flush_errs", "flush"),
    ("corruption_errs", "corruption"),
    ("generation_errs", "generation"),
];

/// Profiles with parity depend on how many devices there are. `None` where that is not known, or the profile is not.
fn ratio(mode: &str, devices: Option<usize>) -> Option<f64> {
    let with_parity = |parity: f64| devices.map(|devices| devices as f64 / (devices as f64 - parity));
    match mode {
        "single" | "raid0" => Some(1.0),
        "dup" | "raid1" | "raid10" => Some(2.0),
        "raid1c3" => Some(3.0),
        "raid1c4" => Some(4.0),
        "raid5" => with_parity(1.0),
        "raid6" => with_parity(2.0),
        _ => None,
    }
}

/// A file with one UUID.
fn uuid(bytes: &[u8]) -> Result<String, ParseError> {
    let text = text::label(bytes.trim_ascii());
    let is_one = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_one { Ok(text.into_owned()) } else { Err(ParseError::new(1, "a UUID", bytes)) }
}

/// The lines of a file such as `commit_stats`.
fn words_and_numbers<'a>(bytes: &'a [u8], bad: &mut BadLines) -> Vec<(&'a [u8], u64)> {
    text::lines(bytes).filter_map(|line| bad.take(word_and_number(line))).collect()
}

fn word_and_number(line: Line<'_>) -> Result<(&[u8], u64), ParseError> {
    let mut words = line.words();
    let pair = words.next().zip(words.next().and_then(text::parse)).filter(|_| words.next().is_none());
    pair.ok_or_else(|| line.malformed("`<word> <whole number>`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parity_is_shared_by_all_devices() {
        let ratios = [("raid5", Some(3)), ("raid6", Some(4)), ("raid5", None), ("raid1c4", None), ("raid7", Some(9))];
        assert_eq!(ratios.map(|(mode, devices)| ratio(mode, devices)), [Some(1.5), Some(2.0), None, Some(4.0), None]);
    }

    #[test]
    fn a_uuid_is_36_characters_long() {
        let texts = ["b1c9d3f4-ffff-4c7e-9a55-aa0000000001\n", "b1c9d3f4-ffff-4c7e-9a55-aa00000000010", "", "x: y\n"];
        assert_eq!(texts.map(|text| uuid(text.as_bytes()).is_ok()), [true, false, false, false]);
    }

    #[test]
    fn a_bad_line_costs_itself() {
        let mut bad = BadLines::default();
        let read =
            words_and_numbers(b"commits 3\nlast_commit_ms\nmax_commit_ms -1\ntotal_commit_ms 4\ncur 1 2\n", &mut bad);
        assert_eq!(read, [(b"commits".as_slice(), 3), (b"total_commit_ms", 4)]);
        assert_eq!(bad.count, 3);
    }
}
