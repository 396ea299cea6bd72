//! What stands along the axes: round values and round times.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};

use crate::report::{Chart, ChartKind, Window};

/// From the bottom of a chart to its top, and where lines are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values {
    pub bottom: f64,
    pub top: f64,
    pub marks: Vec<f64>,
}

/// The axis of a chart's values. Shares go from nothing to all, so that small charts can be compared at a glance.
pub(super) fn values(chart: &Chart, points: impl Iterator<Item = f64>) -> Values {
    if matches!(chart.kind, ChartKind::Cpu | ChartKind::Memory) {
        return Values { bottom: 0.0, top: 1.0, marks: vec![0.0, 0.5, 1.0] };
    }
    let (low, high) = points
        .chain(chart.threshold)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if !(low.is_finite() && high.is_finite()) {
        return Values { bottom: 0.0, top: 1.0, marks: Vec::new() };
    }
    // What never comes near nothing would be a flat line above an empty chart.
    let low = if low >= 0.0 && (low < high * 0.7 || low == high) { 0.0 } else { low };
    let high = if high > low { high } else { low + 1.0 };
    let step = round_step((high - low) / 2.0);
    let (bottom, top) = ((low / step).floor() * step, (high / step).ceil() * step);
    let count = ((top - bottom) / step).round() as u32;
    Values { bottom, top, marks: (0..=count.min(6)).map(|mark| bottom + f64::from(mark) * step).collect() }
}

/// 1, 2 or 5 of some power of ten, and not less than this.
fn round_step(at_least: f64) -> f64 {
    let power = 10f64.powf(at_least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= at_least * 0.999).unwrap_or(power * 10.0)
}

/// Moments that are round in the zone, at most so many; and whether they are days.
pub(super) fn times(window: Window, zone: &TimeZone, most: usize) -> (Vec<Timestamp>, bool) {
    const MINUTES: [i64; 10] = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720];
    let minutes = window.length().as_secs() / 60;
    let room = u64::try_from(most.max(1)).unwrap_or(1);
    let fits = |step: &i64| minutes / step.unsigned_abs() <= room;
    match MINUTES.iter().find(|step| fits(step)) {
        Some(step) if minutes <= 48 * 60 => (hours(window, zone, *step), false),
        _ => {
            let days = (minutes / 1440).div_ceil(room).max(1);
            (self::days(window, zone, i64::try_from(days).unwrap_or(1)), true)
        }
    }
}

/// Every so many minutes from midnight on, by the clock on the wall.
fn hours(window: Window, zone: &TimeZone, minutes: i64) -> Vec<Timestamp> {
    let round = |at: Timestamp| {
        let local = at.to_zoned(zone.clone());
        let since_midnight = i64::from(local.hour()) * 60 + i64::from(local.minute());
        since_midnight % minutes == 0
    };
    let Ok(first) = Timestamp::from_second(window.from.as_second().div_euclid(60) * 60) else { return Vec::new() };
    let all = (0..=window.length().as_secs() / 60 + 1)
        .map_while(|minute| first.checked_add(SignedDuration::from_mins(i64::try_from(minute).ok()?)).ok());
    all.filter(|at| window.from <= *at && *at <= window.to && round(*at)).collect()
}

/// Every so many midnights.
fn days(window: Window, zone: &TimeZone, days: i64) -> Vec<Timestamp> {
    let Ok(mut day) = window.from.to_zoned(zone.clone()).start_of_day() else { return Vec::new() };
    let mut all = Vec::new();
    while day.timestamp() <= window.to && all.len() < 100 {
        if day.timestamp() >= window.from {
            all.push(day.timestamp());
        }
        let step = if all.is_empty() { 1 } else { days };
        let Ok(next) = day.checked_add(step.days()) else { break };
        day = next;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Panel;

    fn window(from: &str, to: &str) -> Window {
        Window { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn values_end_at_round_numbers() {
        let window = window("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        let panels = Vec::<Panel>::new();
        let chart = |threshold| Chart {
            kind: ChartKind::Expression,
            window,
            step: 60.0,
            threshold,
            panels: panels.clone(),
            left_out: 0,
        };
        let of = |threshold, points: &[f64]| {
            let Values { bottom, top, marks } = values(&chart(threshold), points.iter().copied());
            (bottom, top, marks.len())
        };
        assert_eq!(of(None, &[0.0, 83.0]), (0.0, 100.0, 3));
        assert_eq!(of(Some(150.0), &[3.0, 83.0]), (0.0, 200.0, 3));
        assert_eq!(of(None, &[980.0, 1000.0]), (980.0, 1000.0, 3));
        assert_eq!(of(None, &[-3.0, 5.0]), (-5.0, 5.0, 3));
        assert_eq!(of(None, &[7.0]), (0.0, 10.0, 3));
        assert_eq!(of(None, &[]), (0.0, 1.0, 0));
    }

    #[test]
    fn times_are_round_by_the_clock_on_the_wall_across_a_change_of_it() {
        let zone = TimeZone::get("Europe/Kyiv").unwrap();
        // At four in the morning of the 25th the clocks go back by an hour.
        let (times, days) = times(window("2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z"), &zone, 5);
        let local: Vec<String> =
            times.iter().map(|at| at.to_zoned(zone.clone()).strftime("%d %H:%M").to_string()).collect();
        assert_eq!((local.join(", "), days), ("24 12:00, 24 18:00, 25 00:00, 25 06:00".to_owned(), false));
    }

    #[test]
    fn a_week_is_told_by_its_days() {
        let (week, days) = times(window("2026-11-14T09:00:00Z", "2026-11-21T09:00:00Z"), &TimeZone::UTC, 7);
        assert_eq!((week.len(), days), (7, true));
        let (month, _) = times(window("2026-10-22T09:00:00Z", "2026-11-21T09:00:00Z"), &TimeZone::UTC, 5);
        assert_eq!(month.len(), 5);
    }
}
