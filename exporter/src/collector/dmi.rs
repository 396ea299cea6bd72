//! What the machine's firmware says that the machine is: maker, model, serial numbers, version of the firmware.
//!
//! Source: `/sys/class/dmi/id`. Serial numbers can be read by root alone, and are left out for others.

use std::sync::OnceLock;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::Faults;
use crate::host::HostRoot;

pub(super) const COLLECTOR: Registration = Registration {
    name: "dmi",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs: &Inputs, _| Box::new(Dmi { host: inputs.host.clone(), kept: OnceLock::new() }),
};

struct Dmi {
    host: HostRoot,
    /// Written into a table by the firmware when the machine was started, and never changed since.
    kept: OnceLock<Labels>,
}

type Labels = Vec<(&'static str, String)>;

/// Label and file.
const FIELDS: [(&str, &str); 20] = [
    ("bios_date", "bios_date"),
    ("bios_release", "bios_release"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("product_family", "product_family"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_sku", "product_sku"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("system_vendor", "sys_vendor"),
];

impl Collector for Dmi {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        if let Some(labels) = self.kept.get() {
            return tell(labels, out);
        }
        if !self.host.sys_exists("class/dmi/id") {
            return tell(&Labels::new(), out);
        }
        let mut faults = Faults::default();
        let labels = self.read(&mut faults);
        let told = tell(&labels, out);
        faults.finish()?;
        if told.is_ok() {
            self.kept.get_or_init(|| labels);
        }
        told
    }
}

impl Dmi {
    fn read(&self, faults: &mut Faults) -> Labels {
        let field = |(label, file): &(&'static str, &str)| {
            let text = faults.take(self.host.sys_text(&format!("class/dmi/id/{file}"))).flatten()?;
            Some((*label, text))
        };
        FIELDS.iter().filter_map(field).collect()
    }
}

fn tell(labels: &Labels, out: &mut Exposition) -> Result<(), CollectError> {
    if labels.is_empty() {
        return Err(CollectError::Unsupported("the firmware has no DMI table".to_owned()));
    }
    let labels: Vec<_> = labels.iter().map(|(label, text)| (*label, text.as_str())).collect();
    out.gauge("node_dmi_info", "What the firmware says that this machine is; always 1.").push(&labels, true);
    Ok(())
}
