//! The clock: what time it is, in which zone, and what the kernel measures time with.
//!
//! Source: the exporter's own clock and time zone (`TZ`, `/etc/localtime`; in a container UTC unless it is told), and
//! `/sys/devices/system/clocksource`.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "time",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(Time { host: inputs.host.clone() }),
};

struct Time {
    host: HostRoot,
}

impl Collector for Time {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        out.gauge("node_time_seconds", "The host's time, in seconds since 1970.").set(since_1970.as_secs_f64());
        zone_offset(&TimeZone::system(), Timestamp::now(), out);
        self.clock_sources(out)
    }
}

fn zone_offset(zone: &TimeZone, now: Timestamp, out: &mut Exposition) {
    let offset = zone.to_offset_info(now);
    out.gauge("node_time_zone_offset_seconds", "How far the exporter's time zone is ahead of UTC.")
        .push(&[("time_zone", offset.abbreviation())], f64::from(offset.offset().seconds()));
}

const CLOCK_SOURCES: &str = "devices/system/clocksource";

impl Time {
    fn clock_sources(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let devices = faults.take(if_there(self.host.list_sys(CLOCK_SOURCES))).flatten().unwrap_or_default();
        let devices = devices.iter().filter(|device| is_clock_source(device));
        // node_exporter counts them; there is never more than one.
        for (device, directory) in devices.enumerate() {
            let device = device.to_string();
            for name in faults.take(self.names(directory, "available_clocksource")).unwrap_or_default() {
                out.gauge("node_time_clocksource_available_info", "Clock that the kernel could use; always 1.")
                    .push(&[("device", &device), ("clocksource", &name)], true);
            }
            for name in faults.take(self.names(directory, "current_clocksource")).unwrap_or_default() {
                out.gauge("node_time_clocksource_current_info", "Clock that the kernel uses; always 1.")
                    .push(&[("device", &device), ("clocksource", &name)], true);
            }
        }
        faults.finish()
    }

    fn names(&self, directory: &str, file: &str) -> Result<Vec<String>, ReadError> {
        let file = self.host.read_sys(&format!("{CLOCK_SOURCES}/{directory}/{file}"))?;
        Ok(text::words(&file.bytes).map(|name| text::label(name).into_owned()).collect())
    }
}

fn is_clock_source(directory: &str) -> bool {
    directory.strip_prefix("clocksource").is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_told_as_it_is_at_that_moment() {
        let mut out = Exposition::default();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for moment in ["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z"] {
            zone_offset(&berlin, moment.parse().unwrap(), &mut out);
        }
        zone_offset(&TimeZone::get("America/St_Johns").unwrap(), "2026-01-15T12:00:00Z".parse().unwrap(), &mut out);
        // What is taken where no zone is set.
        zone_offset(&TimeZone::unknown(), Timestamp::UNIX_EPOCH, &mut out);
        let mut expected = Exposition::default();
        expected
            .gauge("node_time_zone_offset_seconds", "How far the exporter's time zone is ahead of UTC.")
            .push(&[("time_zone", "CET")], 3600.0)
            .push(&[("time_zone", "CEST")], 7200.0)
            .push(&[("time_zone", "NST")], -12600.0)
            .push(&[("time_zone", "UTC")], 0.0);
        assert_eq!(out, expected);
    }
}
