//! What does not change as long as a chip is there: its names, its sensors and their labels, its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use seamark_kit::exposition::Kind;

use super::Filters;
use super::attribute::{self, Attribute, Unit};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_available, if_there};
use crate::text;

/// One chip, as found.
#[derive(Debug, PartialEq)]
pub(super) struct Chip {
    /// From the path of its device, which stays the same when drivers are loaded in another order.
    pub(super) name: String,
    /// What its driver calls it; several chips may have the same.
    pub(super) readable_name: Option<String>,
    /// Sensor and label.
    pub(super) labels: Vec<(String, String)>,
    pub(super) readings: Vec<Reading>,
}

/// One file to be read at every scrape, and what becomes of its number.
#[derive(Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) path: String,
    pub(super) sensor: String,
    pub(super) family: std::borrow::Cow<'static, str>,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    /// Not a limit, a setting or a text.
    pub(super) is_measured: bool,
}

/// Looks at a chip. Besides it, whether everything could be read that will not be read again.
pub(super) fn look(host: &HostRoot, directory: &str, filters: &Filters, faults: &mut Faults) -> (Chip, bool) {
    let mut look = Look { host, faults, is_whole: true };
    let readable_name =
        look.text(&format!("{directory}/name")).map(|name| clean(&name)).filter(|name| !name.is_empty());
    let name = look.name(directory, readable_name.as_deref());
    let mut chip = Chip { name, readable_name, labels: Vec::new(), readings: Vec::new() };
    if !filters.chip.allows(&chip.name) {
        // Neither a name nor a sensor of it is told.
        chip.readable_name = None;
        return (chip, look.is_whole);
    }
    let sensors = look.sensors(directory);
    for (sensor, files) in &sensors {
        if filters.sensor.allows(&format!("{};{sensor}", chip.name)) {
            look.sensor(sensor, files, &mut chip);
        }
    }
    (chip, look.is_whole)
}

struct Look<'a> {
    host: &'a HostRoot,
    faults: &'a mut Faults,
    is_whole: bool,
}

/// Path of a file by the number and element in its name.
type Files = BTreeMap<(&'static str, u64, String), String>;

impl Look<'_> {
    /// Its device's path has to tell chips apart, since `coretemp` is the name of one in each socket.
    fn name(&mut self, directory: &str, readable_name: Option<&str>) -> String {
        let device = self.real(&format!("{directory}/device")).map(|path| device_name(&path));
        let fallback = || readable_name.map(str::to_owned);
        device.filter(|name| !name.is_empty()).or_else(fallback).unwrap_or_else(|| {
            let own = self.real(directory).unwrap_or_default();
            clean(own.rsplit('/').next().unwrap_or_default().as_bytes())
        })
    }

    fn real(&mut self, path: &str) -> Option<String> {
        self.host.sys_real(path).ok()
    }

    /// Files by sensor. Old drivers have theirs in the directory of the device.
    fn sensors(&mut self, directory: &str) -> BTreeMap<String, Files> {
        let mut sensors: BTreeMap<String, Files> = BTreeMap::new();
        for directory in [directory.to_owned(), format!("{directory}/device")] {
            let names = self.faults.take(if_there(self.host.list_sys(&directory))).flatten().unwrap_or_default();
            for name in names {
                let Some(attribute) = attribute::parse(&name) else { continue };
                let place = (attribute.kind, attribute.number, attribute.element.to_owned());
                sensors.entry(attribute.sensor()).or_default().insert(place, format!("{directory}/{name}"));
            }
        }
        sensors
    }

    fn sensor(&mut self, sensor: &str, files: &Files, chip: &mut Chip) {
        let elements: BTreeSet<_> = files.keys().map(|(_, _, element)| element.as_str()).collect();
        let label = files.iter().find(|((_, _, element), _)| element == "label");
        let label = label.and_then(|(_, path)| self.text(path)).map(|label| text::label(&label).into_owned());
        for ((kind, number, element), path) in files {
            let attribute = Attribute { kind, number: *number, element };
            let Some((family, help, kind, unit)) = attribute.meaning(elements.contains("")) else { continue };
            let sensor = match (attribute.kind, attribute.element, &label) {
                // A clock is nothing without a label, which is then the sensor's name.
                ("freq", "input", Some(label)) => clean(label.as_bytes()),
                ("freq", "input", None) => continue,
                _ => sensor.to_owned(),
            };
            let is_measured = element == "input";
            chip.readings.push(Reading { path: path.clone(), sensor, family, help, kind, unit, is_measured });
        }
        chip.labels.extend(label.map(|label| (sensor.to_owned(), label)));
    }

    /// The content of a file without its end of line. If there is none now it may be there later.
    fn text(&mut self, path: &str) -> Option<Vec<u8>> {
        let read = self.host.read_sys(path);
        self.is_whole &= !matches!(read, Err(ReadError::Unreadable { .. }));
        let mut bytes = self.faults.take(if_available(read)).flatten()?.bytes;
        while bytes.ends_with(b"\n") {
            bytes.pop();
        }
        Some(bytes)
    }
}

/// The last two parts of a path: bus or parent, and device.
fn device_name(path: &str) -> String {
    let path = Path::new(path);
    let part = |path: &Path| path.file_name().map(|name| clean(name.as_encoded_bytes())).unwrap_or_default();
    let (parent, device) = (path.parent().map(part).unwrap_or_default(), part(path));
    if parent.is_empty() || device.is_empty() { device } else { format!("{parent}_{device}") }
}

/// In lower case, with `_` for every character but letters, digits, `:` and `_`, and none of those at the ends.
pub(super) fn clean(name: &[u8]) -> String {
    let mut cleaned = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars().flat_map(char::to_lowercase) {
            let is_kept = matches!(character, 'a'..='z' | '0'..='9' | ':' | '_');
            cleaned.push(if is_kept { character } else { '_' });
        }
        cleaned.extend(chunk.invalid().iter().map(|_| '_'));
    }
    cleaned.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cleaned_of_everything_odd() {
        assert_eq!(clean(b"Core Temp.2\n"), "core_temp_2");
        assert_eq!(clean(b"0000:00:18.3"), "0000:00:18_3");
        assert_eq!(clean(b"\xFF\xFEx\xC3\xA4y_"), "x_y");
        assert_eq!(clean(b" \n"), "");
    }

    #[test]
    fn a_device_is_named_with_its_parent() {
        assert_eq!(device_name("devices/platform/coretemp.0"), "platform_coretemp_0");
        assert_eq!(device_name("devices/[x]/y"), "x_y");
        assert_eq!(device_name("devices/-/y"), "y");
        assert_eq!(device_name(""), "");
    }
}
