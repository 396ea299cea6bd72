//! Batteries, mains adapters and UPSs.
//!
//! Source: `/sys/class/power_supply` (<https://docs.kernel.org/power/power_supply_class.html>): amounts in millionths
//! of their unit, temperatures in tenths of a degree.

use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::Faults;
use crate::filter::Filter;
use crate::host::{HostRoot, if_there};

pub(super) const COLLECTOR: Registration = Registration {
    name: "powersupplyclass",
    on_by_default: true,
    may_hang: false,
    options: &[CollectorOption {
        flag: "collector.powersupply.ignored-supplies",
        key: "ignored_supplies",
        help: "Leave out the power supplies that this regular expression finds.",
        switch: false,
    }],
    parsers: &[],
    build: |inputs, section| Box::new(PowerSupplyClass::new(inputs, section)),
};

struct PowerSupplyClass {
    host: HostRoot,
    filter: Filter,
}

impl PowerSupplyClass {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        let filter = Filter::read(section, None, Some("ignored_supplies"), None);
        Self { host: inputs.host.clone(), filter }
    }
}

const DIRECTORY: &str = "class/power_supply";

impl Collector for PowerSupplyClass {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(names) = if_there(self.host.list_sys(DIRECTORY))? else {
            return Err(CollectError::Unsupported("the kernel knows no power supplies".to_owned()));
        };
        let mut faults = Faults::default();
        for name in names.iter().filter(|name| self.filter.allows(name)) {
            self.supply(name, out, &mut faults);
        }
        faults.finish()
    }
}

impl PowerSupplyClass {
    fn supply(&self, name: &str, out: &mut Exposition, faults: &mut Faults) {
        let directory = format!("{DIRECTORY}/{name}");
        // Which of the files there are differs from driver to driver; there are far fewer than could be.
        let files = faults.take(self.host.list_sys(&directory)).unwrap_or_default();
        let mut labels = vec![("power_supply", name.to_owned())];
        for file in &files {
            let path = format!("{directory}/{file}");
            if let Some(label) = TEXTS.iter().find(|label| *label == file) {
                labels.extend(faults.take(self.host.sys_text(&path)).flatten().map(|text| (*label, text)));
            } else if let Some((_, family, unit, help)) = NUMBERS.iter().find(|(number, ..)| number == file)
                && let Some(number) = faults.take(self.host.sys_signed(&path)).flatten()
            {
                out.gauge(family, help).push(&[("power_supply", name)], unit.of(number));
            }
        }
        let labels: Vec<_> = labels.iter().map(|(label, text)| (*label, text.as_str())).collect();
        out.gauge("node_power_supply_info", "What kind of power supply this is, and its state; always 1.")
            .push(&labels, true);
    }
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Plain,
    Millionths,
    Tenths,
}

use Unit::{Millionths, Plain, Tenths};

impl Unit {
    fn of(self, number: i64) -> f64 {
        let number = number as f64;
        match self {
            Self::Plain => number,
            Self::Millionths => number / 1e6,
            Self::Tenths => number / 10.0,
        }
    }
}

/// Files that are labels of the same name.
const TEXTS: [&str; 11] = [
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "scope",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
];

/// File, name, unit of the file, and help. The files that are averages have no family in node_exporter.
const NUMBERS: &[(&str, &str, Unit, &str)] = &[
    ("authentic", "node_power_supply_authentic", Plain, "Whether the battery is what its maker says."),
    ("calibrate", "node_power_supply_calibrate", Plain, "Whether the battery is being calibrated."),
    ("capacity", "node_power_supply_capacity", Plain, "Charge of the battery in percent."),
    ("capacity_alert_max", "node_power_supply_capacity_alert_max", Plain, "Charge in percent above which it warns."),
    ("capacity_alert_min", "node_power_supply_capacity_alert_min", Plain, "Charge in percent below which it warns."),
    ("charge_control_limit", "node_power_supply_charge_control_limit", Millionths, "Limit of charging that is set."),
    (
        "charge_control_limit_max",
        "node_power_supply_charge_control_limit_max",
        Millionths,
        "Highest limit of charging that can be set.",
    ),
    ("charge_counter", "node_power_supply_charge_counter", Millionths, "Charge since some point in time, in Ah."),
    ("charge_empty", "node_power_supply_charge_empty", Millionths, "Charge at which it counts as empty, in Ah."),
    (
        "charge_empty_design",
        "node_power_supply_charge_empty_design",
        Millionths,
        "Charge at which it was designed to count as empty, in Ah.",
    ),
    ("charge_full", "node_power_supply_charge_full", Millionths, "Charge when it was last full, in Ah."),
    ("charge_full_design", "node_power_supply_charge_full_design", Millionths, "Charge it was designed for, in Ah."),
    ("charge_now", "node_power_supply_charge_ampere", Millionths, "Charge of the battery, in Ah."),
    (
        "charge_term_current",
        "node_power_supply_charge_term_current",
        Millionths,
        "Current below which charging ends, in ampere.",
    ),
    (
        "constant_charge_current",
        "node_power_supply_constant_charge_current",
        Millionths,
        "Current of charging that is set, in ampere.",
    ),
    (
        "constant_charge_current_max",
        "node_power_supply_constant_charge_current_max",
        Millionths,
        "Highest current of charging that can be set, in ampere.",
    ),
    (
        "constant_charge_voltage",
        "node_power_supply_constant_charge_voltage",
        Millionths,
        "Voltage of charging that is set, in volt.",
    ),
    (
        "constant_charge_voltage_max",
        "node_power_supply_constant_charge_voltage_max",
        Millionths,
        "Highest voltage of charging that can be set, in volt.",
    ),
    ("current_boot", "node_power_supply_current_boot", Millionths, "Current when the machine was started, in ampere."),
    ("current_max", "node_power_supply_current_max", Millionths, "Highest current, in ampere."),
    ("current_now", "node_power_supply_current_ampere", Millionths, "Current now, below zero for one direction."),
    ("cycle_count", "node_power_supply_cyclecount", Plain, "How often the battery was charged and used up."),
    ("energy_empty", "node_power_supply_energy_empty", Millionths, "Energy at which it counts as empty, in Wh."),
    (
        "energy_empty_design",
        "node_power_supply_energy_empty_design",
        Millionths,
        "Energy at which it was designed to count as empty, in Wh.",
    ),
    ("energy_full", "node_power_supply_energy_full", Millionths, "Energy when it was last full, in Wh."),
    ("energy_full_design", "node_power_supply_energy_full_design", Millionths, "Energy it was designed for, in Wh."),
    ("energy_now", "node_power_supply_energy_watthour", Millionths, "Energy in the battery, in Wh."),
    (
        "input_current_limit",
        "node_power_supply_input_current_limit",
        Millionths,
        "Current that may be drawn from the adapter, in ampere.",
    ),
    ("online", "node_power_supply_online", Plain, "Whether it supplies power: 0 no, 1 yes, 2 in a programmable way."),
    ("power_now", "node_power_supply_power_watt", Millionths, "Power that is drawn now, in watt."),
    (
        "precharge_current",
        "node_power_supply_precharge_current",
        Millionths,
        "Current of charging an empty battery, in ampere.",
    ),
    ("present", "node_power_supply_present", Plain, "Whether it is there."),
    ("temp", "node_power_supply_temp_celsius", Tenths, "Temperature, in degrees Celsius."),
    ("temp_alert_max", "node_power_supply_temp_alert_max_celsius", Tenths, "Temperature above which it warns."),
    ("temp_alert_min", "node_power_supply_temp_alert_min_celsius", Tenths, "Temperature below which it warns."),
    ("temp_ambient", "node_power_supply_temp_ambient_celsius", Tenths, "Temperature around it."),
    (
        "temp_ambient_max",
        "node_power_supply_temp_ambient_max_celsius",
        Tenths,
        "Temperature around it above which it warns.",
    ),
    (
        "temp_ambient_min",
        "node_power_supply_temp_ambient_min_celsius",
        Tenths,
        "Temperature around it below which it warns.",
    ),
    ("temp_max", "node_power_supply_temp_max_celsius", Tenths, "Highest temperature at which it may be used."),
    ("temp_min", "node_power_supply_temp_min_celsius", Tenths, "Lowest temperature at which it may be used."),
    ("time_to_empty_now", "node_power_supply_time_to_empty_seconds", Plain, "Time until it is empty."),
    ("time_to_full_now", "node_power_supply_time_to_full_seconds", Plain, "Time until it is full."),
    ("voltage_boot", "node_power_supply_voltage_boot", Millionths, "Voltage when the machine was started, in volt."),
    ("voltage_max", "node_power_supply_voltage_max", Millionths, "Highest voltage, in volt."),
    (
        "voltage_max_design",
        "node_power_supply_voltage_max_design",
        Millionths,
        "Highest voltage it was designed for, in volt.",
    ),
    ("voltage_min", "node_power_supply_voltage_min", Millionths, "Lowest voltage, in volt."),
    (
        "voltage_min_design",
        "node_power_supply_voltage_min_design",
        Millionths,
        "Lowest voltage it was designed for, in volt.",
    ),
    ("voltage_now", "node_power_supply_voltage_volt", Millionths, "Voltage now, in volt."),
    ("voltage_ocv", "node_power_supply_voltage_ocv", Millionths, "Voltage without load, in volt."),
];
