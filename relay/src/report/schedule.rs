//! When a report is due: a cron expression on the clock of a zone.
//!
//! The expression speaks of what the clock on the wall shows. A time that a clock change skips is due once, right after
//! the gap; one that the change repeats is due once, the first time. So a daily report is there every day.

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Direction};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// What the five fields are, in their order, and what may stand in them.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of month", "1-31 or `L`"),
    ("month", "1-12 or JAN-DEC"),
    ("day of week", "0-7 or SUN-SAT"),
];

/// Several times of the expression can be one moment, in the gap of a clock change: a minute's schedule has 60 of them
/// in an hour, and no gap is longer than a day.
const SAME_MOMENT: usize = 2 * 24 * 60;

/// A schedule that fires.
#[derive(Debug, Clone)]
pub struct Schedule {
    text: String,
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Reads five fields, or a name such as `@daily`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, field named; also when it never fires.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, String> {
        let cron = parse(text)?;
        let schedule = Self { text: text.trim().to_owned(), cron, zone };
        // It knows no years: what comes once comes again.
        if schedule.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(format!("`{}` never comes: no such day is in any calendar", schedule.text));
        }
        Ok(schedule)
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The zone whose clock counts.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The zone's name; an offset where it has none.
    pub fn zone_name(&self) -> String {
        let name = self.zone.iana_name().map(str::to_owned);
        name.unwrap_or_else(|| self.zone.to_offset(Timestamp::UNIX_EPOCH).to_string())
    }

    /// The first time after this moment.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let from = self.zone.to_datetime(at);
        self.moments(from, Direction::Forward).find(|moment| *moment > at)
    }

    /// The last time up to this moment, which may be the moment itself.
    pub fn last_until(&self, at: Timestamp) -> Option<Timestamp> {
        self.moments(self.latest_shown_until(at), Direction::Backward).find(|moment| *moment <= at)
    }

    /// The last time before this moment.
    pub fn last_before(&self, at: Timestamp) -> Option<Timestamp> {
        self.moments(self.latest_shown_until(at), Direction::Backward).find(|moment| *moment < at)
    }

    /// Whether it is due at exactly this moment.
    pub fn is_due(&self, at: Timestamp) -> bool {
        self.last_until(at) == Some(at)
    }

    /// All times behind `after` up to `until`, the oldest first; of more than `most` the latest.
    pub fn between(&self, after: Timestamp, until: Timestamp, most: usize) -> Vec<Timestamp> {
        let back = std::iter::successors(self.last_until(until), |at| self.last_before(*at));
        let mut all: Vec<Timestamp> = back.take_while(|at| *at > after).take(most).collect();
        all.reverse();
        all
    }

    /// What the clock shows at the times of the expression, as moments.
    fn moments(&self, from: DateTime, direction: Direction) -> impl Iterator<Item = Timestamp> {
        let find = move |from: &DateTime, inclusive| match direction {
            Direction::Forward => self.cron.find_next_occurrence(from, inclusive).ok(),
            Direction::Backward => self.cron.find_previous_occurrence(from, inclusive).ok(),
        };
        // Forward from the second that is shown now; backward that second counts.
        let first = find(&from, matches!(direction, Direction::Backward));
        let shown = std::iter::successors(first, move |shown| find(shown, false)).take(SAME_MOMENT);
        shown.filter_map(|shown| self.moment(shown))
    }

    /// When the clock shows this for the first time; in a gap, the moment at which the gap ends.
    fn moment(&self, shown: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(shown);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
            // Read with the offset after the change it lies before the change, and the change is the next one.
            AmbiguousOffset::Gap { .. } => {
                let before = ambiguous.earlier().ok()?;
                self.zone.following(before).next().map(|change| change.timestamp())
            }
        }
    }

    /// The latest time that the clock has shown: while it shows a repeated hour for the second time, it has been later
    /// before.
    fn latest_shown_until(&self, at: Timestamp) -> DateTime {
        let shown = self.zone.to_datetime(at);
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Fold { before, after } => {
                shown.checked_add(after.duration_until(before)).unwrap_or(DateTime::MAX)
            }
            _ => shown,
        }
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.zone) == (&other.text, &other.zone)
    }
}

fn parse(text: &str) -> Result<Cron, String> {
    const EXPECTED: &str = "expected five fields (minute, hour, day of month, month, day of week) such as `0 9 * * MON-FRI`, \
                            or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`";
    let fields: Vec<&str> = text.split_whitespace().collect();
    let is_name = fields.len() == 1 && text.trim().starts_with('@');
    if fields.len() != FIELDS.len() && !is_name {
        return Err(format!("{EXPECTED}; found {} fields in `{}`", fields.len(), text.trim()));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text).map_err(|error| {
        if is_name {
            return format!("{EXPECTED}; found `{}`", text.trim());
        }
        // The library does not say which field it means: the one that is wrong among stars is.
        let wrong = fields.iter().enumerate().find_map(|(index, field)| {
            let mut alone = ["*"; FIELDS.len()];
            *alone.get_mut(index)? = field;
            let error = parser.parse(&alone.join(" ")).err()?;
            let ((name, range), why) = (FIELDS.get(index)?, reason(&error));
            Some(format!("the {name} `{field}` cannot be read ({why}): expected {range}, with `*`, `,`, `-` and `/`"))
        });
        wrong.unwrap_or_else(|| format!("`{}` cannot be read: {}", text.trim(), reason(&error)))
    })
}

/// The library's words, without the name that it gives to the sort of error.
fn reason(error: &CronError) -> String {
    let text = error.to_string();
    text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason).trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule(text: &str, zone: &str) -> Schedule {
        Schedule::parse(text, TimeZone::get(zone).unwrap()).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// What follows `from`, as the zone's clock shows it with its offset.
    fn following(text: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = schedule(text, zone);
        let all = std::iter::successors(schedule.next_after(at(from)), |at| schedule.next_after(*at)).take(count);
        all.map(|at| at.to_zoned(schedule.zone.clone()).strftime("%m-%d %H:%M%:z").to_string()).collect()
    }

    #[test]
    fn days_and_months_have_names_and_so_have_whole_schedules() {
        let workdays = following("0 9 * * MON-FRI", "Asia/Shanghai", "2026-11-20T00:00:00Z", 3);
        assert_eq!(workdays, ["11-20 09:00+08:00", "11-23 09:00+08:00", "11-24 09:00+08:00"]);
        assert_eq!(following("@daily", "UTC", "2026-11-20T00:00:00Z", 1), ["11-21 00:00+00:00"]);
        assert_eq!(following("30 7 1 JAN,jul *", "UTC", "2026-02-01T00:00:00Z", 1), ["07-01 07:30+00:00"]);
        assert_eq!(following("0 8 L * *", "UTC", "2026-02-01T00:00:00Z", 1), ["02-28 08:00+00:00"]);
    }

    #[test]
    fn a_time_that_the_spring_skips_is_due_once_right_after_the_gap() {
        // 03:00 becomes 04:00 in Kyiv on 29 March 2026.
        let kyiv = following("30 3 * * *", "Europe/Kyiv", "2026-03-27T22:00:00Z", 3);
        assert_eq!(kyiv, ["03-28 03:30+02:00", "03-29 04:00+03:00", "03-30 03:30+03:00"]);
        // Several that are skipped are one, also together with the one that stands there anyway.
        let several = following("0,15,30 3,4 * * *", "Europe/Kyiv", "2026-03-29T00:30:00Z", 4);
        assert_eq!(several, ["03-29 04:00+03:00", "03-29 04:15+03:00", "03-29 04:30+03:00", "03-30 03:00+03:00"]);
        // 02:00 becomes 03:00 in New York on 8 March, 02:00 becomes 02:30 on Lord Howe on 4 October.
        let new_york = following("0 2,14 * * *", "America/New_York", "2026-03-08T05:00:00Z", 2);
        assert_eq!(new_york, ["03-08 03:00-04:00", "03-08 14:00-04:00"]);
        let lord_howe = following("10 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2);
        assert_eq!(lord_howe, ["10-04 02:30+11:00", "10-05 02:10+11:00"]);
        // Midnight itself is skipped in Santiago on 6 September.
        let santiago = following("@daily", "America/Santiago", "2026-09-05T12:00:00Z", 2);
        assert_eq!(santiago, ["09-06 01:00-03:00", "09-07 00:00-03:00"]);
    }

    #[test]
    fn a_time_that_the_autumn_repeats_is_due_the_first_time_alone() {
        // 04:00 becomes 03:00 in Kyiv on 25 October 2026.
        let kyiv = following("30 3 * * *", "Europe/Kyiv", "2026-10-24T12:00:00Z", 2);
        assert_eq!(kyiv, ["10-25 03:30+03:00", "10-26 03:30+02:00"]);
        let hourly = following("0 * * * *", "Europe/Kyiv", "2026-10-24T23:30:00Z", 3);
        assert_eq!(hourly, ["10-25 03:00+03:00", "10-25 04:00+02:00", "10-25 05:00+02:00"]);
        let new_york = following("*/30 1 * * *", "America/New_York", "2026-11-01T04:10:00Z", 3);
        assert_eq!(new_york, ["11-01 01:00-04:00", "11-01 01:30-04:00", "11-02 01:00-05:00"]);
    }

    #[test]
    fn within_the_repeated_hour_the_last_time_was_in_the_first_one() {
        let half_past = schedule("30 3 * * *", "Europe/Kyiv");
        let first = at("2026-10-25T00:30:00Z");
        // The second 03:10, the second 03:40, and 04:10.
        for now in ["2026-10-25T01:10:00Z", "2026-10-25T01:40:00Z", "2026-10-25T02:10:00Z"] {
            assert_eq!(half_past.last_until(at(now)), Some(first), "{now}");
            assert_eq!(half_past.next_after(at(now)), Some(at("2026-10-26T01:30:00Z")), "{now}");
        }
        assert!(half_past.is_due(first) && !half_past.is_due(at("2026-10-25T01:30:00Z")));
        assert_eq!(half_past.last_before(first), Some(at("2026-10-24T00:30:00Z")));
    }

    #[test]
    fn a_day_that_a_zone_left_out_is_made_up_for() {
        // Samoa had no 30 December 2011.
        let schedule = schedule("0 9 * * *", "Pacific/Apia");
        let days = schedule.between(at("2011-12-29T00:00:00Z"), at("2012-01-01T00:00:00Z"), 10);
        let words: Vec<_> = days.iter().map(|at| at.to_zoned(schedule.zone.clone()).to_string()).collect();
        assert_eq!(
            words,
            [
                "2011-12-29T09:00:00-10:00[Pacific/Apia]",
                "2011-12-31T00:00:00+14:00[Pacific/Apia]",
                "2011-12-31T09:00:00+14:00[Pacific/Apia]",
                "2012-01-01T09:00:00+14:00[Pacific/Apia]"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_field() {
        let wrong = |text: &str| Schedule::parse(text, TimeZone::UTC).unwrap_err();
        for (text, field) in [
            ("61 9 * * *", "the minute `61`"),
            ("0 24 * * *", "the hour `24`"),
            ("0 9 32 * *", "the day of month `32`"),
            ("0 9 * 13 *", "the month `13`"),
            ("0 9 * * MOX", "the day of week `MOX`"),
            ("0 9 * * 1-9", "the day of week `1-9`"),
            ("x 9 * * *", "the minute `x`"),
        ] {
            assert!(wrong(text).starts_with(field), "{text}: {}", wrong(text));
        }
        for text in ["", "0 9 * *", "0 0 9 * * *", "0 0 9 * * * 2027", "daily"] {
            assert!(wrong(text).starts_with("expected five fields"), "{text}: {}", wrong(text));
        }
        assert!(wrong("@reboot").ends_with("found `@reboot`"), "{}", wrong("@reboot"));
        for text in ["0 0 30 2 *", "0 0 31 APR,JUN *"] {
            assert!(wrong(text).contains("never comes"), "{text}: {}", wrong(text));
        }
    }

    proptest! {
        #[test]
        fn forward_and_backward_are_the_same_steps(
            second in 1_740_000_000_i64..1_860_000_000,
            cron in prop::sample::select(vec!["30 2 * * *", "*/20 * * * *", "0 0 * * *", "15 1-3 * * *", "@hourly"]),
            zone in prop::sample::select(vec![
                "UTC", "Europe/Kyiv", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Shanghai",
                "Africa/Casablanca", "Antarctica/Troll",
            ]),
        ) {
            let schedule = schedule(cron, zone);
            let now = Timestamp::from_second(second).unwrap();
            let next = schedule.next_after(now).unwrap();
            prop_assert!(next > now);
            prop_assert!(schedule.is_due(next));
            prop_assert_eq!(schedule.last_before(next), schedule.last_until(now));
            let last = schedule.last_until(now).unwrap();
            prop_assert_eq!(schedule.next_after(last), Some(next));
            prop_assert_eq!(schedule.between(last, next, 10), vec![next]);
        }
    }
}
