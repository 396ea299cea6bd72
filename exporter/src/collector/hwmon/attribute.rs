//! What the name of a sensor's file means: which sensor, which of its values, in which unit.

use std::borrow::Cow;

use seamark_kit::exposition::Kind;

use super::chip::clean;

/// `temp1_crit_alarm` is of the kind `temp`, has the number 1 and the element `crit_alarm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Attribute<'a> {
    pub(super) kind: &'static str,
    pub(super) number: u64,
    /// `input` is the measured value; empty for the file that has none, such as `pwm1`.
    pub(super) element: &'a str,
}

/// What sensors there are, with the help of their families.
const KINDS: [(&str, &str); 14] = [
    ("vrm", "Version of the rules for the CPU's voltage."),
    ("beep_enable", "Whether the chip may beep."),
    ("update_interval", "Time between two measurements of the chip."),
    ("in", "A voltage, or a limit or alarm of it, in volt."),
    ("cpu", "Voltage that the CPU asks for, in volt."),
    ("fan", "Speed of a fan, or a limit, alarm or setting of it."),
    ("pwm", "Control of a fan, mostly from 0 to 255."),
    ("temp", "A temperature, or a limit or alarm of it, in degrees Celsius."),
    ("curr", "A current, or a limit or alarm of it, in ampere."),
    ("power", "A power, or a limit or alarm of it, in watt."),
    ("energy", "Energy used so far, in joule."),
    ("humidity", "Humidity, as a ratio of 1."),
    ("intrusion", "Whether the case was opened."),
    ("freq", "A clock, in MHz."),
];

/// The parts of a file's name; `None` for what is no sensor's.
pub(super) fn parse(name: &str) -> Option<Attribute<'_>> {
    let digits = name.find(|character: char| character.is_ascii_digit()).unwrap_or(name.len());
    let (kind, rest) = name.split_at_checked(digits)?;
    let (kind, _) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at_checked(end)?;
    // Files of the chip as a whole have no number; `power` is a directory that every device has.
    let number = if number.is_empty() { 0 } else { number.parse().ok()? };
    let element = if rest.is_empty() { "" } else { rest.strip_prefix('_').filter(|element| !element.is_empty())? };
    (name != "power").then_some(Attribute { kind, number, element })
}

/// What a file's number is to be multiplied or divided by; node_exporter multiplies by a thousandth, which is not in
/// every last digit the same as a division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Plain,
    Thousandths,
    Millionths,
    /// 1 or not.
    Switch,
}

impl Unit {
    pub(super) fn of(self, number: f64) -> f64 {
        match self {
            Self::Plain => number,
            Self::Thousandths => number * 0.001,
            Self::Millionths => number / 1e6,
            Self::Switch => f64::from(u8::from(number == 1.0)),
        }
    }
}

/// Name, help, kind and unit.
pub(super) type Meaning = (Cow<'static, str>, &'static str, Kind, Unit);

impl Attribute<'_> {
    pub(super) fn sensor(&self) -> String {
        format!("{}{}", self.kind, self.number)
    }

    /// The family of this value; `None` for what is told in another way. `has_bare` if the sensor has a file without
    /// element beside its others.
    pub(super) fn meaning(&self, has_bare: bool) -> Option<Meaning> {
        let help = KINDS.iter().find(|(kind, _)| *kind == self.kind)?.1;
        let whole = |name: &'static str, unit| Some((Cow::Borrowed(name), help, Kind::Gauge, unit));
        match (self.kind, self.element) {
            (_, "label") => return None,
            ("beep_enable", "") => return whole("node_hwmon_beep_enabled", Unit::Switch),
            ("vrm", "") => return whole("node_hwmon_voltage_regulator_version", Unit::Plain),
            ("update_interval", "") => return whole("node_hwmon_update_interval_seconds", Unit::Thousandths),
            ("beep_enable" | "vrm" | "update_interval", _) => return None,
            _ => {}
        }
        let (suffix, unit) = self.unit();
        let kind = if self.kind == "energy" && suffix == "_joule_total" { Kind::Counter } else { Kind::Gauge };
        let element = match self.element {
            "" => String::new(),
            "input" if !has_bare => String::new(),
            element => format!("_{}", clean(element.as_bytes())),
        };
        Some((format!("node_hwmon_{}{element}{suffix}", self.kind).into(), help, kind, unit))
    }

    /// What stands at the end of the family's name, and the unit of the file.
    fn unit(&self) -> (&'static str, Unit) {
        match (self.kind, self.element) {
            (_, "fault" | "alarm") => ("", Unit::Plain),
            (_, "beep") => ("_enabled", Unit::Plain),
            ("in" | "cpu", _) => ("_volts", Unit::Thousandths),
            ("temp", "type") => ("", Unit::Plain),
            ("temp", _) => ("_celsius", Unit::Thousandths),
            ("curr", _) => ("_amps", Unit::Thousandths),
            ("energy", _) => ("_joule_total", Unit::Millionths),
            ("power", "accuracy") => ("", Unit::Millionths),
            ("power", "average_interval" | "average_interval_min" | "average_interval_max") => {
                ("_seconds", Unit::Thousandths)
            }
            ("power", _) => ("_watt", Unit::Millionths),
            ("humidity", _) => ("", Unit::Millionths),
            ("fan", "input" | "min" | "max" | "target") => ("_rpm", Unit::Plain),
            ("freq", "input") => ("_freq_mhz", Unit::Millionths),
            _ => ("", Unit::Plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_or_is_no_sensor_s() {
        let parts = |name| parse(name).map(|attribute| (attribute.kind, attribute.number, attribute.element));
        assert_eq!(parts("temp1_crit_alarm"), Some(("temp", 1, "crit_alarm")));
        assert_eq!(parts("pwm12"), Some(("pwm", 12, "")));
        assert_eq!(parts("pwm1_auto_point2_temp"), Some(("pwm", 1, "auto_point2_temp")));
        assert_eq!(parts("beep_enable"), Some(("beep_enable", 0, "")));
        let others =
            ["power", "name", "temp1x", "temp1_", "in_reset_history", "temp99999999999999999999_input", "1", ""];
        assert_eq!(others.map(parts), [None; 8]);
    }

    #[test]
    fn a_value_beside_a_bare_file_keeps_its_element_in_the_name() {
        let family = |name, has_bare| parse(name).unwrap().meaning(has_bare).unwrap().0;
        assert_eq!(family("temp1_input", false), "node_hwmon_temp_celsius");
        assert_eq!(family("temp1_input", true), "node_hwmon_temp_input_celsius");
        assert_eq!(family("temp1", true), "node_hwmon_temp_celsius");
    }
}
