//! Moments and durations in words.

use std::time::Duration;

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::Voice;
use super::catalogue::Arg;
use crate::message::Span;

/// A moment in the channel's zone, such as `2026-11-21 18:00:03 UTC+8`.
///
/// The offset stands there as a number because the zones' short names are ambiguous (`CST` is three of them).
pub(crate) fn moment(voice: &Voice, at: Timestamp) -> Span {
    let local = at.to_zoned(voice.zone.clone());
    Span::Time { at, words: format!("{} {}", local.strftime("%Y-%m-%d %H:%M:%S"), offset(&local)) }
}

fn offset(local: &Zoned) -> String {
    if *local.time_zone() == TimeZone::UTC {
        return "UTC".to_owned();
    }
    let seconds = local.offset().seconds();
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let sign = if seconds < 0 { '-' } else { '+' };
    match (hours, minutes) {
        (0, 0) => "UTC".to_owned(),
        (_, 0) => format!("UTC{sign}{hours}"),
        _ => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// A duration by its two largest units, such as `2 h 5 min`; what is smaller is cut, not rounded up.
pub(crate) fn duration(voice: &Voice, duration: Duration) -> String {
    let seconds = duration.as_secs();
    let part = |key, name, count| (count > 0).then(|| voice.words(key, &[(name, Arg::Count(count))]));
    let parts = [
        part("duration-days", "days", seconds / 86_400),
        part("duration-hours", "hours", seconds / 3600 % 24),
        part("duration-minutes", "minutes", seconds / 60 % 60),
        part("duration-seconds", "seconds", seconds % 60),
    ];
    let Some(largest) = parts.iter().position(Option::is_some) else {
        return voice.words("duration-instant", &[]);
    };
    // `3 days 7 s` would claim a precision that nobody reads: only the neighbouring unit is said.
    let said: Vec<&str> = parts.iter().skip(largest).take(2).flatten().map(String::as_str).collect();
    said.join(" ")
}

/// The time between two moments, as a duration; none when the clock went backwards.
pub(super) fn between(start: Timestamp, end: Timestamp) -> Option<Duration> {
    Duration::try_from(end.duration_since(start)).ok()
}

/// A duration as programs write it: whole or decimal seconds (`7503.5`), or Go's and Docker's form (`2h5m3s`).
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, unit_and_rest) = rest.split_at_checked(rest.find(|c: char| c != '.' && !c.is_ascii_digit())?)?;
        let end = unit_and_rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit_and_rest.len());
        let (unit, behind) = unit_and_rest.split_at_checked(end)?;
        let seconds_per_unit = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        let seconds = number.parse::<f64>().ok()? * seconds_per_unit;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = behind;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Locale;

    fn voice(locale: Locale, zone: &str) -> Voice {
        Voice::new(locale, TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_moment_is_said_in_the_zone_with_its_offset() {
        let at = "2026-11-21T10:00:03.7Z".parse().unwrap();
        let words = |zone: &str| match moment(&voice(Locale::En, zone), at) {
            Span::Time { words, .. } => words,
            other => panic!("{other:?}"),
        };
        assert_eq!(words("Asia/Shanghai"), "2026-11-21 18:00:03 UTC+8");
        assert_eq!(words("Asia/Kathmandu"), "2026-11-21 15:45:03 UTC+5:45");
        assert_eq!(words("America/New_York"), "2026-11-21 05:00:03 UTC-5");
        assert_eq!(words("UTC"), "2026-11-21 10:00:03 UTC");
        assert_eq!(words("Europe/London"), "2026-11-21 10:00:03 UTC");
    }

    #[test]
    fn a_duration_is_said_by_its_two_largest_units() {
        let seconds = [0, 1, 60, 252, 3600, 7500, 86_400, 93_784, 5 * 86_400 + 30];
        let said = |locale| seconds.map(|seconds| duration(&voice(locale, "UTC"), Duration::from_secs(seconds)));
        assert_eq!(
            said(Locale::En),
            ["less than 1 s", "1 s", "1 min", "4 min 12 s", "1 h", "2 h 5 min", "1 day", "1 day 2 h", "5 days"]
        );
        assert_eq!(
            said(Locale::ZhCn),
            ["不到 1 秒", "1 秒", "1 分钟", "4 分钟 12 秒", "1 小时", "2 小时 5 分钟", "1 天", "1 天 2 小时", "5 天"]
        );
    }

    #[test]
    fn durations_are_read_as_programs_write_them() {
        let read = |text| parse_duration(text).map(|duration| duration.as_secs_f64());
        let texts = ["7503", "0.25", "2h5m3s", "1d2h", "1.5s", "250ms"];
        let expected = [7503.0, 0.25, 7503.0, 93_600.0, 1.5, 0.25].map(Some);
        assert_eq!(texts.map(read), expected);
        assert_eq!(["", "h", "5", "-5s", "2 weeks", "5é", "1e400"].map(read).iter().flatten().count(), 1);
    }

    #[test]
    fn a_clock_that_went_backwards_gives_no_duration() {
        let (early, late) = ("2026-11-21T10:00:00Z".parse().unwrap(), "2026-11-21T10:04:12Z".parse().unwrap());
        assert_eq!(between(early, late), Some(Duration::from_secs(252)));
        assert_eq!(between(late, early), None);
    }
}
