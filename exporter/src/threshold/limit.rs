//! One limit as people write it, and what it is in the unit of the metric that it is compared with.

use seamark_kit::config::shown;

use crate::units;

/// What a limit counts, in the unit in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share of the whole, from 0 to 1.
    Share,
    /// Bits per second.
    Bits,
    /// Bytes per second.
    Bytes,
    /// How many.
    Count,
}

/// A limit that nothing reaches: the check is off.
pub const OFF: f64 = f64::INFINITY;

impl Unit {
    /// Reads a limit, or says what is wrong with it.
    ///
    /// # Errors
    ///
    /// A sentence with what was expected and what was found.
    pub fn read(self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        if matches!(text, "off" | "false" | "no") {
            return Ok(OFF);
        }
        self.value(text).ok_or_else(|| {
            let hint = self.hint(text).map(|hint| format!("; did you mean `{hint}`?")).unwrap_or_default();
            format!("expected {}, or `off`; found `{}`{hint}", self.expected(), shown(text))
        })
    }

    fn value(self, text: &str) -> Option<f64> {
        match self {
            // A whole number may be meant as a percentage, and 1 would be either.
            Self::Share => match text.strip_suffix('%') {
                Some(percent) => units::number(percent.trim_end()).map(|percent| percent / 100.0),
                None => units::number(text).filter(|_| text.contains('.')),
            }
            .filter(|share| *share > 0.0 && *share <= 1.0),
            Self::Bits => units::bytes_per_second(text).map(|bytes| bytes * 8.0).filter(|bits| *bits > 0.0),
            Self::Bytes => units::bytes_per_second(text).filter(|bytes| *bytes > 0.0),
            Self::Count => units::number(text).filter(|count| *count >= 1.0 && count.fract() == 0.0),
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Share => "a share such as `80%` or `0.8`, more than nothing and at most `100%`",
            Self::Bits | Self::Bytes => "a rate such as `100Mbps` or `10MiB/60s`",
            Self::Count => "a whole number from 1, such as `1000`",
        }
    }

    fn hint(self, text: &str) -> Option<String> {
        if matches!(self, Self::Bits | Self::Bytes) && units::bytes(text).is_some() {
            return Some(format!("{text}/s"));
        }
        units::number(text)?;
        match self {
            Self::Share => self.value(&format!("{text}%")).map(|_| format!("{text}%")),
            Self::Bits => Some(format!("{text}Mbps")),
            Self::Bytes => Some(format!("{text}MiB/60s")),
            Self::Count => None,
        }
    }
}

/// The two limits of a check; a severity that the check does not have is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Where a warning begins.
    pub warning: Option<f64>,
    /// Where it is critical.
    pub critical: Option<f64>,
}

impl Limits {
    pub(super) const fn warning(warning: f64) -> Self {
        Self { warning: Some(warning), critical: None }
    }

    pub(super) const fn both(warning: f64, critical: f64) -> Self {
        Self { warning: Some(warning), critical: Some(critical) }
    }

    /// Whether a critical limit comes before the warning, so that the warning says nothing.
    pub(super) fn are_swapped(&self) -> bool {
        matches!((self.warning, self.critical), (Some(warning), Some(critical)) if critical < warning && warning < OFF)
    }

    /// These, where they are given. Who raises the warning above the critical limit that was there before does not want
    /// that one: it is off then.
    #[must_use]
    pub(super) fn or(self, before: Self) -> Self {
        let warning = self.warning.or(before.warning);
        let kept = before.critical.map(|critical| match self.warning {
            Some(warning) if critical < warning && warning < OFF => OFF,
            _ => critical,
        });
        Self { warning, critical: self.critical.or(kept) }
    }

    /// Off, in every severity that `before` has.
    pub(super) fn off(before: Self) -> Self {
        Self { warning: Some(OFF), critical: before.critical.map(|_| OFF) }
    }

    /// Each with its severity.
    pub fn severities(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let of = |severity, limit: Option<f64>| limit.map(|limit| (severity, limit));
        [of("warning", self.warning), of("critical", self.critical)].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_has_its_sign_or_its_point() {
        let read = ["80%", "0.8", "12.5 %", "100%", "1.0", "off"].map(|text| Unit::Share.read(text));
        assert_eq!(read, [Ok(0.8), Ok(0.8), Ok(0.125), Ok(1.0), Ok(1.0), Ok(OFF)]);
        for wrong in ["0%", "101%", "-5%", "80 percent", "", "%", "1e-1"] {
            assert!(Unit::Share.read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bare_number_is_asked_about() {
        let problem = |unit: Unit, text: &str| unit.read(text).unwrap_err();
        assert_eq!(
            problem(Unit::Share, "80"),
            "expected a share such as `80%` or `0.8`, more than nothing and at most `100%`, or `off`; found `80`; did \
             you mean `80%`?"
        );
        assert!(problem(Unit::Share, "1").ends_with("found `1`; did you mean `1%`?"));
        assert!(problem(Unit::Share, "800").ends_with("found `800`"));
        assert!(problem(Unit::Bits, "100").ends_with("found `100`; did you mean `100Mbps`?"));
        assert!(problem(Unit::Count, "0").ends_with("found `0`"));
    }

    #[test]
    fn rates_are_told_in_the_unit_of_their_metric() {
        assert_eq!((Unit::Bits.read("100Mbps"), Unit::Bytes.read("100Mbps")), (Ok(1e8), Ok(12.5e6)));
        assert_eq!((Unit::Bits.read("1MB/s"), Unit::Bytes.read("6MB/60s")), (Ok(8e6), Ok(1e5)));
        assert_eq!(Unit::Count.read("1000"), Ok(1000.0));
    }

    #[test]
    fn a_warning_above_the_critical_limit_of_before_switches_that_one_off() {
        let before = Limits::both(0.8, 0.9);
        assert_eq!(Limits::warning(0.85).or(before), Limits::both(0.85, 0.9));
        assert_eq!(Limits::warning(0.95).or(before), Limits::both(0.95, OFF));
        assert_eq!(Limits::both(0.95, 0.97).or(before), Limits::both(0.95, 0.97));
        assert_eq!(Limits::off(before), Limits::both(OFF, OFF));
        assert_eq!(Limits::warning(OFF).or(before), Limits::both(OFF, 0.9));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_no_limit_is_nothing(text in any::<String>()) {
            for unit in [Unit::Share, Unit::Bits, Unit::Bytes, Unit::Count] {
                prop_assert!(unit.read(&text).is_ok_and(|limit| limit > 0.0) || unit.read(&text).is_err());
            }
        }
    }
}
