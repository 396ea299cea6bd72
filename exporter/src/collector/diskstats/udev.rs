//! What udev knows of a device, from `/run/udev/data/bMAJOR:MINOR`.

use std::borrow::Cow;

use seamark_kit::exposition::Exposition;

use crate::text::{self, label};

/// The lines `E:KEY=value`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Properties<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Properties<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Self {
        let properties = text.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"E:"));
        Self(properties.filter_map(|property| text::split_once(property, b'=')).collect())
    }

    fn find(&self, key: &str) -> Option<&'a [u8]> {
        self.0.iter().rev().find(|(known, _)| *known == key.as_bytes()).map(|(_, value)| *value)
    }

    /// The value of a property; empty where there is none.
    pub(super) fn get(&self, key: &str) -> Cow<'a, str> {
        label(self.find(key).unwrap_or_default())
    }

    /// The serial number that is printed on the disk, as far as it is known; virtual disks have only the last one.
    pub(super) fn serial(&self) -> Cow<'a, str> {
        let serials = ["SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"].map(|key| self.get(key));
        serials.into_iter().find(|serial| !serial.is_empty()).unwrap_or_default()
    }

    /// The file system, the device mapper's names and the ATA features, each if there is one.
    pub(super) fn tell(&self, device: &str, out: &mut Exposition) {
        let file_system = self.get("ID_FS_TYPE");
        if !file_system.is_empty() {
            let labels = [
                ("device", device),
                ("type", &file_system),
                ("usage", &self.get("ID_FS_USAGE")),
                ("uuid", &self.get("ID_FS_UUID")),
                ("version", &self.get("ID_FS_VERSION")),
            ];
            out.gauge("node_disk_filesystem_info", "The file system on a disk; always 1.").push(&labels, true);
        }
        let name = self.get("DM_NAME");
        if !name.is_empty() {
            let labels = [
                ("device", device),
                ("name", &name),
                ("uuid", &self.get("DM_UUID")),
                ("vg_name", &self.get("DM_VG_NAME")),
                ("lv_name", &self.get("DM_LV_NAME")),
                ("lv_layer", &self.get("DM_LV_LAYER")),
            ];
            let help = "What the device mapper makes of a device: a logical volume, an encrypted disk; always 1.";
            out.gauge("node_disk_device_mapper_info", help).push(&labels, true);
        }
        if !self.get("ID_ATA").is_empty() {
            self.tell_ata(device, out);
        }
    }

    fn tell_ata(&self, device: &str, out: &mut Exposition) {
        let families = [
            ("ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache", "Whether an ATA disk has a write cache."),
            (
                "ID_ATA_WRITE_CACHE_ENABLED",
                "node_disk_ata_write_cache_enabled",
                "Whether the write cache of an ATA disk is on.",
            ),
            (
                "ID_ATA_ROTATION_RATE_RPM",
                "node_disk_ata_rotation_rate_rpm",
                "Turns per minute of an ATA disk; 0 where nothing turns.",
            ),
        ];
        for (key, name, help) in families {
            if let Some(value) = self.find(key).and_then(text::float) {
                out.gauge(name, help).push(&[("device", device)], value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_values_counts_and_a_value_may_be_anything() {
        let properties = Properties::parse(b"S:disk/x\nE:A=1\nE:A=a=b\"\xFF\nE:\nE:NOVALUE\nE:ID_SERIAL=s");
        assert_eq!(properties.get("A"), "a=b\"\u{FFFD}");
        assert_eq!((properties.get("NOVALUE"), properties.serial()), ("".into(), "s".into()));
    }
}
