//! Measured values in people's units. A rule that formatted its value keeps its own words.

use std::time::Duration;

use super::moment::duration;
use super::{Voice, one_line};

/// What a bare number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A part of one, such as `0.85`.
    Ratio,
    /// Already in percent, such as `85`.
    Percent,
    /// A part of one or percent: usage never fires at one percent, so 1 and less is a part of one.
    Usage,
    Bytes,
    BytesPerSecond,
    BitsPerSecond,
    Seconds,
    /// Things.
    Count,
}

impl Unit {
    /// The words of the annotation `unit`.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "ratio" => Self::Ratio,
            "percent" | "%" => Self::Percent,
            "bytes" => Self::Bytes,
            "bytes/s" => Self::BytesPerSecond,
            "bits/s" | "bps" => Self::BitsPerSecond,
            "seconds" | "s" => Self::Seconds,
            "count" => Self::Count,
            _ => return None,
        })
    }
}

/// A value as people read it.
pub(super) fn people(voice: &Voice, value: &str, unit: Unit) -> String {
    let Some(bare) = value.trim().parse::<f64>().ok().filter(|number| number.is_finite()) else {
        return one_line(value);
    };
    match unit {
        Unit::Usage if bare.abs() <= 1.0 => format!("{}%", number(bare * 100.0)),
        Unit::Ratio => format!("{}%", number(bare * 100.0)),
        Unit::Usage | Unit::Percent => format!("{}%", number(bare)),
        Unit::Bytes => scaled(bare, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
        Unit::BytesPerSecond => scaled(bare, 1024.0, &["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"]),
        Unit::BitsPerSecond => scaled(bare, 1000.0, &["bps", "kbps", "Mbps", "Gbps", "Tbps"]),
        Unit::Seconds => match Duration::try_from_secs_f64(bare) {
            Ok(time) if time.as_secs() > 0 => duration(voice, time),
            _ => format!("{} s", number(bare)),
        },
        Unit::Count => number(bare),
    }
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut units = units.iter().peekable();
    let mut unit = units.next();
    while value.abs() >= step && units.peek().is_some() {
        value /= step;
        unit = units.next();
    }
    format!("{} {}", number(value), unit.unwrap_or(&""))
}

/// Three digits that matter, or one behind the point of a larger number.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.1.. => 1,
        0.01..0.1 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::compose::Locale;

    #[test]
    fn bare_numbers_get_their_unit_and_words_stay() {
        let voice = Voice::new(Locale::En, TimeZone::UTC);
        let cases = [
            ("0.85234", Unit::Usage, "85.2%"),
            ("85.234", Unit::Usage, "85.2%"),
            ("1", Unit::Usage, "100%"),
            ("0.004", Unit::Ratio, "0.4%"),
            ("85.2%", Unit::Usage, "85.2%"),
            ("120000000", Unit::BitsPerSecond, "120 Mbps"),
            ("1536", Unit::Bytes, "1.5 KiB"),
            ("1e18", Unit::BytesPerSecond, "909494.7 TiB/s"),
            ("1523", Unit::Count, "1523"),
            ("1523.456", Unit::Count, "1523.5"),
            ("0.0123", Unit::Count, "0.01"),
            ("-0.00001", Unit::Count, "0"),
            ("7503", Unit::Seconds, "2 h 5 min"),
            ("0.25", Unit::Seconds, "0.2 s"),
            ("NaN", Unit::Usage, "NaN"),
            ("+Inf", Unit::Bytes, "+Inf"),
            ("3 of\n5", Unit::Count, "3 of 5"),
        ];
        for (value, unit, said) in cases {
            assert_eq!(people(&voice, value, unit), said, "{value} {unit:?}");
        }
    }
}
