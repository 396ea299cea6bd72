//! How the kernel's clock is kept in step: its offset, its errors, and whether somebody keeps it.
//!
//! Source: adjtimex(2), which changes nothing here and so needs no privilege.

use std::io::ErrorKind;

use rtime_clock::adjtime::{Timex as Answer, adjtimex};
use seamark_kit::exposition::{Exposition, Kind};

use super::{CollectError, Collector, Registration};
use crate::host::ReadError;

pub(super) const COLLECTOR: Registration = Registration {
    name: "timex",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |_, _| Box::new(Timex),
};

struct Timex;

impl Collector for Timex {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut answer = Answer::new();
        let clock = match adjtimex(&mut answer) {
            Ok(clock) => clock,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(CollectError::Unsupported("adjtimex(2) is not allowed here".to_owned()));
            }
            Err(source) => return Err(ReadError::Unreadable { file: "adjtimex(2)".into(), source }.into()),
        };
        for (name, kind, value, help) in families(&answer, clock) {
            out.family(name, help, kind).set(value);
        }
        Ok(())
    }
}

/// What adjtimex(2) returns where the clock is not kept by anybody.
const TIME_ERROR: i32 = 5;

/// The bit of `status` that says whether offset and jitter are in nanoseconds or in microseconds.
const STA_NANO: i32 = 0x2000;

const MICROSECONDS: f64 = 1e6;
const NANOSECONDS: f64 = 1e9;

/// Frequencies are in parts per million, with 16 bits of fraction.
const PARTS_PER_MILLION: f64 = 1e6 * 65536.0;

type Sample = (&'static str, Kind, f64, &'static str);

/// A pulse per second (PPS) comes from a receiver of satellites or of radio; few hosts have one.
fn families(answer: &Answer, clock: i32) -> [Sample; 17] {
    use Kind::{Counter, Gauge};
    let kernel = &answer.0;
    let unit = if kernel.status & STA_NANO == 0 { MICROSECONDS } else { NANOSECONDS };
    let synchronized = if clock == TIME_ERROR { 0.0 } else { 1.0 };
    [
        (
            "node_timex_offset_seconds",
            Gauge,
            kernel.offset as f64 / unit,
            "What the clock still has to be put right by.",
        ),
        (
            "node_timex_frequency_adjustment_ratio",
            Gauge,
            1.0 + kernel.freq as f64 / PARTS_PER_MILLION,
            "How much faster than by itself the clock is made to run.",
        ),
        ("node_timex_maxerror_seconds", Gauge, kernel.maxerror as f64 / MICROSECONDS, "Largest error of the clock."),
        (
            "node_timex_estimated_error_seconds",
            Gauge,
            kernel.esterror as f64 / MICROSECONDS,
            "Estimated error of the clock.",
        ),
        ("node_timex_status", Gauge, f64::from(kernel.status), "Bits of the clock's status, as adjtimex(2) has them."),
        (
            "node_timex_loop_time_constant",
            Gauge,
            kernel.constant as f64,
            "How slowly the clock follows its reference (time constant of the phase-locked loop).",
        ),
        ("node_timex_tick_seconds", Gauge, kernel.tick as f64 / MICROSECONDS, "Time between two ticks of the clock."),
        (
            "node_timex_pps_frequency_hertz",
            Gauge,
            kernel.ppsfreq as f64 / PARTS_PER_MILLION,
            "Frequency of the pulse per second against the clock.",
        ),
        ("node_timex_pps_jitter_seconds", Gauge, kernel.jitter as f64 / unit, "Jitter of the pulse per second."),
        (
            "node_timex_pps_shift_seconds",
            Gauge,
            f64::from(kernel.shift),
            "Interval over which the pulse per second is measured, as a power of two.",
        ),
        (
            "node_timex_pps_stability_hertz",
            Gauge,
            kernel.stabil as f64 / PARTS_PER_MILLION,
            "How far the frequency of the pulse per second wanders.",
        ),
        (
            "node_timex_pps_jitter_total",
            Counter,
            kernel.jitcnt as f64,
            "Times that the jitter of the pulse per second was too large.",
        ),
        (
            "node_timex_pps_calibration_total",
            Counter,
            kernel.calcnt as f64,
            "Intervals over which the pulse per second was measured.",
        ),
        (
            "node_timex_pps_error_total",
            Counter,
            kernel.errcnt as f64,
            "Intervals over which the pulse per second could not be measured.",
        ),
        (
            "node_timex_pps_stability_exceeded_total",
            Counter,
            kernel.stbcnt as f64,
            "Times that the frequency of the pulse per second wandered too far.",
        ),
        ("node_timex_tai_offset_seconds", Gauge, f64::from(kernel.tai), "How far atomic time (TAI) is ahead of UTC."),
        ("node_timex_sync_status", Gauge, synchronized, "Whether somebody, such as chrony, keeps the clock in step."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &Answer, clock: i32) -> Vec<(&'static str, f64)> {
        let samples = families(answer, clock).into_iter();
        samples.filter(|(.., value, _)| *value != 0.0).map(|(name, _, value, _)| (name, value)).collect()
    }

    #[test]
    fn offset_and_jitter_are_in_the_unit_that_the_status_says() {
        let mut answer = Answer::new();
        answer.0.offset = -2_000_000;
        answer.0.jitter = 3_000;
        answer.0.freq = -65_536;
        answer.0.maxerror = 16_000_000;
        answer.0.tick = 10_000;
        answer.0.status = 64;
        let microseconds = [
            ("node_timex_offset_seconds", -2.0),
            ("node_timex_frequency_adjustment_ratio", 1.0 - 1e-6),
            ("node_timex_maxerror_seconds", 16.0),
            ("node_timex_status", 64.0),
            ("node_timex_tick_seconds", 0.01),
            ("node_timex_pps_jitter_seconds", 0.003),
        ];
        assert_eq!(told(&answer, TIME_ERROR), microseconds);

        answer.0.status = STA_NANO;
        let nanoseconds = told(&answer, 0);
        assert!(nanoseconds.contains(&("node_timex_offset_seconds", -0.002)), "{nanoseconds:?}");
        assert!(nanoseconds.contains(&("node_timex_pps_jitter_seconds", 3e-6)), "{nanoseconds:?}");
        assert!(nanoseconds.contains(&("node_timex_sync_status", 1.0)), "{nanoseconds:?}");
    }
}
