//! What each container that runs has read from disks and written to them.
//!
//! Source: the cgroups, see [`crate::cgroup`]; names of devices from `/sys/dev/block`. Names as cAdvisor has them. Only
//! what reached a disk counts: what is read from memory does not, and what is written counts when it is written out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use seamark_kit::exposition::Exposition;

use super::of_container::Readings;
use super::{CollectError, Collector, Registration};
use crate::cgroup::reading::{Device, Io, Operation};
use crate::cgroup::{Cached, Cgroups, Controller, Place, Reader, Version, v1, v2};
use crate::faults::BadLines;
use crate::host::HostRoot;

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_io",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[
        |bytes| drop(v1::devices(bytes, &mut BadLines::default())),
        |bytes| drop(v2::devices(bytes, &mut BadLines::default())),
    ],
    build: |inputs, _| Box::new(ContainerIo { cgroups: Arc::clone(&inputs.cgroups), names: Cached::default() }),
};

struct ContainerIo {
    cgroups: Arc<Cgroups>,
    /// Of the devices that were met. Forgotten now and then: numbers are given to other devices.
    names: Cached<Arc<std::sync::Mutex<Names>>>,
}

type Names = HashMap<Device, Arc<Name>>;

/// The labels of a device.
#[derive(Debug)]
struct Name {
    device: String,
    major: String,
    minor: String,
}

/// Bytes, and how often.
type Reading = (Vec<Io>, Vec<Io>);

impl Collector for ContainerIo {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let now = Instant::now();
        let mut reader = Reader::new(self.cgroups.host());
        let places = self.cgroups.places(now);
        let readings: Readings<Reading> =
            places.iter().map(|place| (Arc::clone(place), read(&mut reader, place))).collect();
        let names = self.names.get(now, Arc::default);
        let mut names = names.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let devices = readings.iter().flat_map(|(_, (bytes, times))| bytes.iter().chain(times)).map(|io| io.device);
        for device in devices {
            names.entry(device).or_insert_with(|| Arc::new(name(self.cgroups.host(), device)));
        }
        tell(&readings, &names, out);
        reader.faults.finish()
    }
}

fn read(reader: &mut Reader<'_>, place: &Place) -> Reading {
    match place.version(Controller::Io) {
        Some(Version::V1) => v1::io(reader, place),
        Some(Version::V2) => v2::io(reader, place),
        None => Reading::default(),
    }
}

/// `/dev/sda`; empty where the host does not know the device (any more).
pub(super) fn device_name(host: &HostRoot, Device { major, minor }: Device) -> String {
    let link = host.sys_link(&format!("dev/block/{major}:{minor}")).ok();
    let name = link.as_deref().and_then(|link| link.file_name()?.to_str()).map(|name| name.replace('!', "/"));
    name.map(|name| format!("/dev/{name}")).unwrap_or_default()
}

fn name(host: &HostRoot, device: Device) -> Name {
    let Device { major, minor } = device;
    Name { device: device_name(host, device), major: major.to_string(), minor: minor.to_string() }
}

/// Families of one operation each.
const FAMILIES: [(&str, &str, Operation, bool); 4] = [
    ("container_fs_reads_bytes_total", "Bytes read from a disk.", Operation::Read, true),
    ("container_fs_reads_total", "Reads from a disk.", Operation::Read, false),
    ("container_fs_writes_bytes_total", "Bytes written to a disk.", Operation::Write, true),
    ("container_fs_writes_total", "Writes to a disk.", Operation::Write, false),
];

fn tell(readings: &Readings<Reading>, names: &Names, out: &mut Exposition) {
    for (family, help, operation, in_bytes) in FAMILIES {
        let family = out.counter(family, help);
        for (place, (bytes, times)) in readings {
            let told = if in_bytes { bytes } else { times };
            for io in told.iter().filter(|io| io.operation == operation) {
                let device = names.get(&io.device).map_or("", |name| name.device.as_str());
                family.push_with(&place.running().labels, &[("device", device)], io.count);
            }
        }
    }
    let help = "Bytes that were moved between a container and a disk, by operation.";
    let family = out.counter("container_blkio_device_usage_total", help);
    for (place, (bytes, _)) in readings {
        for io in bytes {
            let Some(name) = names.get(&io.device) else { continue };
            let labels = [
                ("device", name.device.as_str()),
                ("major", &name.major),
                ("minor", &name.minor),
                ("operation", io.operation.as_str()),
            ];
            family.push_with(&place.running().labels, &labels, io.count);
        }
    }
}
