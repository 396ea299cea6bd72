//! What each disk has read and written, how long it took, and what kind of disk it is.
//!
//! Source: `/proc/diskstats` (<https://docs.kernel.org/admin-guide/iostats.html>), what udev knows of each device, and
//! `/sys/block/DISK/queue`.

mod udev;

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind, Value};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::filter::Filter;
use crate::host::{HostRoot, ReadError, if_available};
use crate::text::{self, Line, ParseError, label};
use udev::Properties;

pub(super) const COLLECTOR: Registration = Registration {
    name: "diskstats",
    on_by_default: true,
    may_hang: false,
    options: &[
        CollectorOption {
            flag: "collector.diskstats.device-exclude",
            key: "device_exclude",
            help: "Leaves out the disks that this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.diskstats.device-include",
            key: "device_include",
            help: "Tells only of the disks that this regular expression finds.",
            switch: false,
        },
    ],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default())), |bytes| drop(Properties::parse(bytes))],
    build: |inputs, section| Box::new(Diskstats::new(inputs, section)),
};

/// Partitions, and what is no disk.
const EXCLUDED: &str = r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$";

struct Diskstats {
    host: HostRoot,
    devices: Filter,
}

impl Diskstats {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        let devices = Filter::read(section, Some("device_include"), Some("device_exclude"), Some(EXCLUDED));
        Self { host: inputs.host.clone(), devices }
    }
}

impl Collector for Diskstats {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("diskstats")?;
        let mut faults = Faults::default();
        for disk in faults.parse(&file, parse) {
            let name = label(disk.name);
            if self.devices.allows(&name) {
                self.describe(&disk, &name, out, &mut faults);
                disk.tell(&name, out);
            }
        }
        faults.finish()
    }
}

impl Diskstats {
    /// Tells what kind of disk it is. A container is seldom given udev's data; then little is known of a disk.
    fn describe(&self, disk: &Disk<'_>, name: &str, out: &mut Exposition, faults: &mut Faults) {
        let file = if_available(self.host.read_udev(&format!("b{}:{}", disk.major, disk.minor)));
        let file = faults.take(file).flatten();
        let properties = file.as_ref().map(|file| Properties::parse(&file.bytes)).unwrap_or_default();
        let rotational = faults.take(self.is_rotational(name)).unwrap_or(false);
        let labels = [
            ("device", name),
            ("major", &disk.major.to_string()),
            ("minor", &disk.minor.to_string()),
            ("path", &properties.get("ID_PATH")),
            ("wwn", &properties.get("ID_WWN")),
            ("model", &properties.get("ID_MODEL")),
            ("serial", &properties.serial()),
            ("revision", &properties.get("ID_REVISION")),
            ("rotational", if rotational { "1" } else { "0" }),
        ];
        out.gauge("node_disk_info", "What kind of disk this is; always 1.").push(&labels, true);
        properties.tell(name, out);
    }

    /// node_exporter reads all attributes of the queue and says 0 unless every one of them can be read. The two that
    /// kernels leave out are asked for here, so that its label is ours: virtual disks have no `io_timeout`, and some
    /// schedulers do without `wbt_lat_usec`.
    fn is_rotational(&self, name: &str) -> Result<bool, ReadError> {
        let queue = |attribute: &str| format!("block/{name}/queue/{attribute}");
        Ok(self.host.sys_number(&queue("rotational"))? == Some(1)
            && self.host.sys_number(&queue("io_timeout"))?.is_some()
            && self.host.sys_signed(&queue("wbt_lat_usec"))?.is_some())
    }
}

#[derive(Debug, PartialEq)]
struct Disk<'a> {
    major: u32,
    minor: u32,
    name: &'a [u8],
    /// In the order of [`COLUMNS`]; 11 at least, older kernels have no more.
    values: Vec<u64>,
}

/// What a column counts.
#[derive(Debug, Clone, Copy)]
enum Unit {
    /// As it is.
    One,
    /// 512 bytes, whatever sectors the disk has.
    Sector,
    Millisecond,
}

/// The columns behind the name.
const COLUMNS: [(&str, &str, Kind, Unit); 17] = [
    ("node_disk_reads_completed_total", "Reads done.", Kind::Counter, Unit::One),
    ("node_disk_reads_merged_total", "Reads that were merged into others.", Kind::Counter, Unit::One),
    ("node_disk_read_bytes_total", "Bytes read.", Kind::Counter, Unit::Sector),
    ("node_disk_read_time_seconds_total", "Time that all reads took.", Kind::Counter, Unit::Millisecond),
    ("node_disk_writes_completed_total", "Writes done.", Kind::Counter, Unit::One),
    ("node_disk_writes_merged_total", "Writes that were merged into others.", Kind::Counter, Unit::One),
    ("node_disk_written_bytes_total", "Bytes written.", Kind::Counter, Unit::Sector),
    ("node_disk_write_time_seconds_total", "Time that all writes took.", Kind::Counter, Unit::Millisecond),
    ("node_disk_io_now", "Reads and writes that are under way.", Kind::Gauge, Unit::One),
    (
        "node_disk_io_time_seconds_total",
        "Time in which the disk had something to do.",
        Kind::Counter,
        Unit::Millisecond,
    ),
    (
        "node_disk_io_time_weighted_seconds_total",
        "Time in which the disk had something to do, times how much it was.",
        Kind::Counter,
        Unit::Millisecond,
    ),
    ("node_disk_discards_completed_total", "Discards done.", Kind::Counter, Unit::One),
    ("node_disk_discards_merged_total", "Discards that were merged into others.", Kind::Counter, Unit::One),
    ("node_disk_discarded_sectors_total", "Sectors of 512 bytes discarded.", Kind::Counter, Unit::One),
    ("node_disk_discard_time_seconds_total", "Time that all discards took.", Kind::Counter, Unit::Millisecond),
    ("node_disk_flush_requests_total", "Flushes of the disk's cache done.", Kind::Counter, Unit::One),
    ("node_disk_flush_requests_time_seconds_total", "Time that all flushes took.", Kind::Counter, Unit::Millisecond),
];

/// Linux before 4.18 has no more than these.
const FEWEST_COLUMNS: usize = 11;

impl Disk<'_> {
    fn tell(&self, name: &str, out: &mut Exposition) {
        for ((family, help, kind, unit), value) in COLUMNS.into_iter().zip(&self.values) {
            let value = match unit {
                Unit::One => Value::Integer(*value),
                Unit::Sector => value.checked_mul(512).map_or(Value::Float(*value as f64 * 512.0), Value::Integer),
                Unit::Millisecond => Value::Float(*value as f64 / 1000.0),
            };
            out.family(family, help, kind).push(&[("device", name)], value);
        }
    }
}

fn parse<'a>(text: &'a [u8], bad: &mut BadLines) -> Vec<Disk<'a>> {
    text::lines(text).filter_map(|line| bad.take(disk(line)).flatten()).collect()
}

/// `None` for a line that is too short: the partitions of Linux 2.6 had four columns.
fn disk(line: Line<'_>) -> Result<Option<Disk<'_>>, ParseError> {
    let malformed = || line.malformed("`<major> <minor> <name>` and 11, 15 or 17 whole numbers");
    let mut words = line.words();
    let mut number = || words.next().and_then(text::parse::<u32>).ok_or_else(malformed);
    let (major, minor) = (number()?, number()?);
    let name = words.next().ok_or_else(malformed)?;
    let values = words.take(COLUMNS.len()).map(|word| text::parse(word).ok_or_else(malformed));
    let values = values.collect::<Result<Vec<u64>, _>>()?;
    Ok((values.len() >= FEWEST_COLUMNS).then_some(Disk { major, minor, name, values }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_as_many_numbers_as_its_kernel_knows() {
        let text = b"8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 1 sda1 1 2 3 4\n8 2 sdb 1 2 3 x 5 6 7 8 9 10 11\n8 3\n\
                     9 0 cciss/c0d0 18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n";
        let mut bad = BadLines::default();
        let disks = parse(text, &mut bad);
        let second = [18_446_744_073_709_551_615].into_iter().chain(2..=17).collect();
        assert_eq!(
            disks,
            [
                Disk { major: 8, minor: 0, name: b"sda", values: (1..=11).collect() },
                Disk { major: 9, minor: 0, name: b"cciss/c0d0", values: second },
            ]
        );
        assert_eq!((bad.count, bad.first.unwrap().line), (2, 3));
    }
}
