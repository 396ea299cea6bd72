//! Software RAID: the state of each array and its disks.
//!
//! Source: `/proc/mdstat`, and `/sys/block/md*/md` (<https://docs.kernel.org/admin-guide/md.html>).

mod mdstat;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError, if_there};
use crate::text::{self, ParseError, label};
use mdstat::Array;

pub(super) const COLLECTOR: Registration = Registration {
    name: "mdadm",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(mdstat::parse(bytes, &mut BadLines::default())), |bytes| drop(first_number(bytes))],
    build: |inputs, _| Box::new(Mdadm::new(inputs)),
};

struct Mdadm {
    host: HostRoot,
}

impl Mdadm {
    fn new(inputs: &Inputs) -> Self {
        Self { host: inputs.host.clone() }
    }
}

impl Collector for Mdadm {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(file) = if_there(self.host.read_proc("mdstat"))? else {
            return Err(CollectError::Unsupported("no software RAID in the kernel".to_owned()));
        };
        let mut faults = Faults::default();
        for array in faults.parse(&file, mdstat::parse) {
            tell(&array, out);
        }
        let devices = faults.take(if_there(self.host.list_sys("block"))).flatten().unwrap_or_default();
        for device in devices.iter().filter(|device| device.starts_with("md")) {
            self.tell_disks(device, out, &mut faults);
        }
        faults.finish()
    }
}

/// The states that are told, and the words of `/proc/mdstat` for them.
const STATES: [(&str, &str); 5] = [
    ("active", "active"),
    ("inactive", "inactive"),
    ("recovering", "recovery"),
    ("resync", "resync"),
    ("check", "check"),
];

fn tell(array: &Array<'_>, out: &mut Exposition) {
    let device = &*label(array.name);
    let family = out.gauge("node_md_state", "What a RAID array is doing: 1 for one of these, or for none.");
    for (state, word) in STATES {
        family.push(&[("device", device), ("state", state)], array.state == word.as_bytes());
    }
    let family = out.gauge("node_md_disks", "Disks of a RAID array by their state.");
    for (state, count) in [("active", array.active), ("failed", array.failed), ("spare", array.spare)] {
        family.push(&[("device", device), ("state", state)], count);
    }
    out.gauge("node_md_disks_required", "Disks that a RAID array needs to be whole.")
        .push(&[("device", device)], array.required);
    out.gauge("node_md_blocks", "Blocks of 1024 bytes of a RAID array.").push(&[("device", device)], array.blocks);
    if let Some(synced) = array.synced {
        out.gauge(
            "node_md_blocks_synced",
            "Blocks of a RAID array that are the same on all disks, as far as is known.",
        )
        .push(&[("device", device)], synced);
    }
}

impl Mdadm {
    /// Disks of an array as sysfs tells them.
    fn tell_disks(&self, device: &str, out: &mut Exposition, faults: &mut Faults) {
        let file = |attribute: &str| format!("block/{device}/md/{attribute}");
        // Not every device of that name is an array.
        let Some(level) = faults.take(if_there(self.host.read_sys(&file("level")))).flatten() else { return };
        let disks = self.host.read_sys(&file("raid_disks")).and_then(|file| file.parse(first_number));
        if let Some(disks) = faults.take(disks) {
            out.gauge("node_md_raid_disks", "Disks that a RAID array has when it is whole.")
                .push(&[("device", device)], disks);
        }
        let redundant = matches!(&*level.trimmed(), "raid1" | "raid4" | "raid5" | "raid6" | "raid10");
        let degraded = match self.host.read_sys(&file("degraded")).and_then(|file| file.parse(text::number)) {
            // An array of another level has no disk to lack.
            Err(ReadError::Absent { .. }) if !redundant => Some(0),
            read => faults.take(read),
        };
        if let Some(degraded) = degraded {
            out.gauge("node_md_degraded", "Disks that a RAID array lacks.").push(&[("device", device)], degraded);
        }
    }
}

/// `5 (4)` is what an array has and had that is being reshaped.
fn first_number(text: &[u8]) -> Result<u64, ParseError> {
    text::words(text).next().and_then(text::parse).ok_or_else(|| ParseError::new(1, "a whole number", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_that_is_reshaped_has_the_disks_that_it_is_to_have() {
        assert_eq!((first_number(b"5 (4)\n"), first_number(b"3\n")), (Ok(5), Ok(3)));
        assert!(first_number(b"\n").is_err());
    }
}
