//! Sensors: temperatures, fans, voltages, currents, power, and the alarms on them.
//!
//! Source: `/sys/class/hwmon` (<https://docs.kernel.org/hwmon/sysfs-interface.html>). A value that a sensor cannot give
//! now, because its device sleeps or its driver is broken, is left out.

mod attribute;
mod chip;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Family, Value};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::Faults;
use crate::filter::Filter;
use crate::host::{HostFile, HostRoot, Stamp, if_available, if_there};
use crate::text;
use chip::{Chip, Reading};

pub(super) const COLLECTOR: Registration = Registration {
    name: "hwmon",
    on_by_default: true,
    // A disk that sleeps is woken up before its sensor answers, and a bus may be stuck.
    may_hang: true,
    options: &[
        CollectorOption {
            flag: "collector.hwmon.chip-include",
            key: "chip_include",
            help: "Tell only of the chips that this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.hwmon.chip-exclude",
            key: "chip_exclude",
            help: "Leave out the chips that this regular expression finds.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.hwmon.sensor-include",
            key: "sensor_include",
            help: "Tell only of the sensors that this regular expression finds, as `chip;sensor`.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.hwmon.sensor-exclude",
            key: "sensor_exclude",
            help: "Leave out the sensors that this regular expression finds, as `chip;sensor`.",
            switch: false,
        },
    ],
    parsers: &[
        |bytes| {
            let _ = attribute::parse(&text::label(bytes));
        },
        |bytes| drop(chip::clean(bytes)),
    ],
    build: |inputs, section| Box::new(Hwmon::new(inputs, section)),
};

struct Hwmon {
    host: HostRoot,
    filters: Filters,
    kept: Mutex<BTreeMap<String, Kept>>,
    /// Nobody has looked yet, or there were chips at the last look.
    has_chips: AtomicBool,
}

/// Which chips and sensors are told of.
struct Filters {
    chip: Filter,
    sensor: Filter,
}

/// A chip as it was found, and the directories in which it was found.
struct Kept {
    stamps: Stamps,
    /// Found twice in a row: a driver adds its files only after the directory is there.
    is_settled: bool,
    chip: Arc<Chip>,
}

/// Its own directory, and that of its device.
type Stamps = (Stamp, Option<Stamp>);

impl Hwmon {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self {
            host: inputs.host.clone(),
            filters: Filters {
                chip: Filter::read(section, Some("chip_include"), Some("chip_exclude"), None),
                sensor: Filter::read(section, Some("sensor_include"), Some("sensor_exclude"), None),
            },
            kept: Mutex::default(),
            has_chips: AtomicBool::new(true),
        }
    }
}

const DIRECTORY: &str = "class/hwmon";

impl Collector for Hwmon {
    fn may_hang_next(&self) -> bool {
        self.has_chips.load(Ordering::Relaxed)
    }

    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let names = if_there(self.host.list_sys(DIRECTORY))?;
        // The first chip to come is read beside the others once.
        self.has_chips.store(names.as_ref().is_some_and(|names| !names.is_empty()), Ordering::Relaxed);
        let Some(names) = names else {
            return Err(CollectError::Unsupported("the kernel has no sensors".to_owned()));
        };
        let mut faults = Faults::default();
        let chips = self.chips(&names, &mut faults);
        for (index, chip) in chips.iter().enumerate() {
            // Two drivers of one device are one chip, and may have a sensor of the same name: the first one counts.
            let is_shared = chips.iter().take(index).any(|earlier| earlier.name == chip.name);
            self.tell(chip, is_shared, out, &mut faults);
        }
        faults.finish()
    }
}

impl Hwmon {
    /// The chips there are now; only those that are new, or changed, are looked at.
    fn chips(&self, names: &[String], faults: &mut Faults) -> Vec<Arc<Chip>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|name, _| names.contains(name));
        let mut chips = Vec::new();
        for name in names {
            let directory = format!("{DIRECTORY}/{name}");
            // What is no directory, or is gone again, is no chip.
            let Ok(Some(own)) = self.host.sys_stamp(&directory) else { continue };
            let device = faults.take(if_there(self.host.sys_stamp(&format!("{directory}/device")))).flatten().flatten();
            let stamps = (own, device);
            let before = kept.remove(name).filter(|before| before.stamps == stamps);
            let now = match before {
                Some(before) if before.is_settled => before,
                before => {
                    let (chip, is_whole) = chip::look(&self.host, &directory, &self.filters, faults);
                    let is_settled = is_whole && before.is_some_and(|before| *before.chip == chip);
                    Kept { stamps, is_settled, chip: Arc::new(chip) }
                }
            };
            chips.push(Arc::clone(&now.chip));
            kept.insert(name.clone(), now);
        }
        chips
    }

    fn tell(&self, chip: &Chip, is_shared: bool, out: &mut Exposition, faults: &mut Faults) {
        if let Some(name) = &chip.readable_name {
            let family = out.gauge("node_hwmon_chip_names", "What a chip calls itself; always 1.");
            push(family, is_shared, &[("chip", &chip.name), ("chip_name", name)], true);
        }
        for (sensor, label) in &chip.labels {
            let family =
                out.gauge("node_hwmon_sensor_label", "What a sensor measures, in its driver's words; always 1.");
            push(family, is_shared, &[("chip", &chip.name), ("sensor", sensor), ("label", label)], true);
        }
        for reading in &chip.readings {
            if let Some(value) = self.read(reading, faults) {
                let family = out.family(reading.family.clone(), reading.help, reading.kind);
                push(family, is_shared, &[("chip", &chip.name), ("sensor", &reading.sensor)], value);
            }
        }
    }

    /// What is no number has no sample: a power meter's serial number has a file as well.
    fn read(&self, reading: &Reading, faults: &mut Faults) -> Option<f64> {
        let file: HostFile = faults.take(if_available(self.host.read_sys(&reading.path))).flatten()?;
        let text = file.bytes.strip_suffix(b"\n").unwrap_or(&file.bytes);
        match text::float(text) {
            Some(number) => Some(reading.unit.of(number)),
            None => {
                if reading.is_measured && !text.is_empty() {
                    faults.line(&file, text::ParseError::new(1, "a number", text));
                }
                None
            }
        }
    }
}

fn push(family: &mut Family, is_shared: bool, labels: &[(&'static str, &str)], value: impl Into<Value>) {
    if is_shared {
        family.push_once(labels, value);
    } else {
        family.push(labels, value);
    }
}

#[cfg(test)]
mod tests;
