//! Temperatures of thermal zones, and how hard the cooling devices work.
//!
//! Source: `/sys/class/thermal` (<https://docs.kernel.org/driver-api/thermal/sysfs-api.html>). A zone without a
//! temperature now, such as that of a device which sleeps, has no sample; node_exporter 1.11.1 tells of 0 degrees.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "thermal_zone",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs: &Inputs, _| Box::new(ThermalZone { host: inputs.host.clone() }),
};

struct ThermalZone {
    host: HostRoot,
}

const DIRECTORY: &str = "class/thermal";

impl Collector for ThermalZone {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let names = if_there(self.host.list_sys(DIRECTORY))?.unwrap_or_default();
        for name in &names {
            if let Some(number) = text::numbered(name, "thermal_zone") {
                self.zone(name, number, out, &mut faults);
            } else if let Some(number) = text::numbered(name, "cooling_device") {
                self.cooling_device(name, number, out, &mut faults);
            }
        }
        faults.finish()
    }
}

impl ThermalZone {
    fn zone(&self, name: &str, number: &str, out: &mut Exposition, faults: &mut Faults) {
        let Some(millidegrees) = self.number(name, "temp", faults) else { return };
        let kind = self.kind(name, faults);
        out.gauge("node_thermal_zone_temp", "Temperature of a thermal zone, in degrees Celsius.")
            .push(&[("zone", number), ("type", &kind)], millidegrees / 1000.0);
    }

    fn cooling_device(&self, name: &str, number: &str, out: &mut Exposition, faults: &mut Faults) {
        let kind = self.kind(name, faults);
        let labels = [("name", number), ("type", &*kind)];
        // Below zero where the driver cannot tell, as that of idle injection.
        if let Some(state) = self.number(name, "cur_state", faults) {
            out.gauge("node_cooling_device_cur_state", "How hard a cooling device works now; 0 is not at all.")
                .push(&labels, state);
        }
        if let Some(state) = self.number(name, "max_state", faults) {
            out.gauge("node_cooling_device_max_state", "How hard a cooling device can work.").push(&labels, state);
        }
    }

    fn number(&self, name: &str, file: &str, faults: &mut Faults) -> Option<f64> {
        let number = faults.take(self.host.sys_signed(&format!("{DIRECTORY}/{name}/{file}"))).flatten()?;
        Some(number as f64)
    }

    fn kind(&self, name: &str, faults: &mut Faults) -> String {
        faults.take(self.host.sys_text(&format!("{DIRECTORY}/{name}/type"))).flatten().unwrap_or_default()
    }
}
