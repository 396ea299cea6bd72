//! Memory errors that were corrected, and those that could not be, by memory controller and row of chips.
//!
//! Source: `/sys/devices/system/edac/mc` (<https://docs.kernel.org/admin-guide/RAS/main.html>). Rows are there only on
//! kernels with `CONFIG_EDAC_LEGACY_SYSFS`.

use seamark_kit::exposition::{Exposition, Kind};

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "edac",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs: &Inputs, _| Box::new(Edac { host: inputs.host.clone() }),
};

struct Edac {
    host: HostRoot,
}

const DIRECTORY: &str = "devices/system/edac/mc";

/// Name and help.
type Counter = (&'static str, &'static str);

const CORRECTABLE: Counter =
    ("node_edac_correctable_errors_total", "Memory errors that a memory controller corrected.");
const UNCORRECTABLE: Counter =
    ("node_edac_uncorrectable_errors_total", "Memory errors that a memory controller could not correct.");
const ROW_CORRECTABLE: Counter =
    ("node_edac_csrow_correctable_errors_total", "Memory errors that were corrected, by row of memory chips.");
const ROW_UNCORRECTABLE: Counter = (
    "node_edac_csrow_uncorrectable_errors_total",
    "Memory errors that could not be corrected, by row of memory chips.",
);

impl Collector for Edac {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let names = if_there(self.host.list_sys(DIRECTORY))?.unwrap_or_default();
        for name in &names {
            if let Some(controller) = text::numbered(name, "mc") {
                self.controller(&format!("{DIRECTORY}/{name}"), controller, out, &mut faults);
            }
        }
        faults.finish()
    }
}

impl Edac {
    fn controller(&self, directory: &str, controller: &str, out: &mut Exposition, faults: &mut Faults) {
        let labels = [("controller", controller)];
        let unknown_row = [("controller", controller), ("csrow", "unknown")];
        self.count(&format!("{directory}/ce_count"), CORRECTABLE, &labels, out, faults);
        self.count(&format!("{directory}/ce_noinfo_count"), ROW_CORRECTABLE, &unknown_row, out, faults);
        self.count(&format!("{directory}/ue_count"), UNCORRECTABLE, &labels, out, faults);
        self.count(&format!("{directory}/ue_noinfo_count"), ROW_UNCORRECTABLE, &unknown_row, out, faults);
        for name in faults.take(self.host.list_sys(directory)).unwrap_or_default() {
            let Some(row) = text::numbered(&name, "csrow") else { continue };
            let labels = [("controller", controller), ("csrow", row)];
            self.count(&format!("{directory}/{name}/ce_count"), ROW_CORRECTABLE, &labels, out, faults);
            self.count(&format!("{directory}/{name}/ue_count"), ROW_UNCORRECTABLE, &labels, out, faults);
        }
    }

    /// Every controller and row has these files: one that is missing is a fault.
    fn count(
        &self,
        file: &str,
        (name, help): Counter,
        labels: &[(&'static str, &str)],
        out: &mut Exposition,
        faults: &mut Faults,
    ) {
        let count = self.host.read_sys(file).and_then(|file| file.parse(text::number));
        if let Some(count) = faults.take(count) {
            out.family(name, help, Kind::Counter).push(labels, count);
        }
    }
}
