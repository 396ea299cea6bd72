//! `rate_limit`: how often requests may come, whoever sends them.

use std::time::Duration;

use crate::config::Section;
use crate::web::rate::Rate;

/// Reads the section; without an interval there is no limit.
pub(super) fn read(section: &mut Section) -> Option<Rate> {
    let expected = "a duration with its unit, such as `100ms` or `1s`; 0 is no limit";
    let interval = section.parse("interval", expected, duration);
    let burst = section.number("burst", 0..=1_000_000_u32);
    let interval = interval.filter(|interval| !interval.is_zero())?;
    match burst {
        Some(0) => {
            section.problem("burst", "expected a number from 1, found `0`: with it every request is refused");
            None
        }
        Some(burst) => Some(Rate { interval, burst }),
        None => {
            section.problem("", "`burst` is missing: how many requests may come at once");
            None
        }
    }
}

/// A duration as Go writes it: `1h30m`, `1.5s`, `250us`.
fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let letters = tail.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(letters)?;
        let seconds = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = tail;
    }
    Duration::try_from_secs_f64(total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, expected) in [
            ("1s", Duration::from_secs(1)),
            ("1h30m", Duration::from_secs(5400)),
            ("1.5s", Duration::from_millis(1500)),
            ("250us", Duration::from_micros(250)),
            ("0", Duration::ZERO),
            ("0s", Duration::ZERO),
        ] {
            assert_eq!(duration(text), Some(expected), "{text}");
        }
        for wrong in ["", "1", "s", "-1s", "1d", "1.2.3s", "1s 2s", "99999999999999999999h"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
