//! Numbers as a language writes them: its decimal point, its units.

use super::catalogue::Arg;
use super::{Locale, Voice};

/// A change of less than so many points of a hundred is none.
const LEAST_POINTS: f64 = 0.5;
/// A change of less than so many hundredths is none.
const LEAST_PERCENT: f64 = 5.0;

#[derive(Clone, Copy)]
pub(crate) struct Figures<'a>(pub &'a Voice);

impl Figures<'_> {
    /// `23.5`, `23,5`; one digit behind the point, more for what is small.
    pub fn number(self, value: f64) -> String {
        let digits = match value.abs() {
            0.0995.. => 1,
            0.00995..0.0995 => 2,
            _ => 3,
        };
        self.written(format!("{value:.digits$}"))
    }

    fn written(self, text: String) -> String {
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text.as_str() };
        let text = if text == "-0" { "0" } else { text };
        if self.0.locale == Locale::Uk { text.replace('.', ",") } else { text.to_owned() }
    }

    /// A part of one: `23.5%`.
    pub fn share(self, ratio: f64) -> String {
        format!("{}%", self.number(ratio * 100.0))
    }

    /// `2.1 GiB`.
    pub fn bytes(self, value: f64) -> String {
        self.scaled("amount-bytes", value, 1024.0, &["b", "kib", "mib", "gib", "tib", "pib"])
    }

    /// `2.3 Mbps`.
    pub fn bits_per_second(self, value: f64) -> String {
        self.scaled("amount-bits", value, 1000.0, &["bps", "kbps", "mbps", "gbps", "tbps"])
    }

    /// `0.4 cores`.
    pub fn cores(self, value: f64) -> String {
        self.0.words("amount-cores", &[("number", Arg::from(&self.number(value)))])
    }

    /// A number of nobody knows what: `1.2k`, `3.4M`.
    pub fn plain(self, value: f64) -> String {
        let (scaled, unit) = match value.abs() {
            1e12.. => (value / 1e12, "T"),
            1e9.. => (value / 1e9, "G"),
            1e6.. => (value / 1e6, "M"),
            1e4.. => (value / 1e3, "k"),
            0.0995..10.0 => return self.written(format!("{value:.2}")),
            _ => (value, ""),
        };
        format!("{}{unit}", self.number(scaled))
    }

    /// How much more or less, in points of a hundred: `▲ 3.1`; nothing for what is hardly seen.
    pub fn points(self, now: f64, before: Option<f64>) -> Option<String> {
        let change = (now - before?) * 100.0;
        (change.abs() >= LEAST_POINTS).then(|| format!("{} {}", arrow(change), self.number(change.abs())))
    }

    /// How much more or less, in hundredths of what was: `▲ 12%`. Nothing has no hundredths.
    pub fn change(self, now: f64, before: Option<f64>) -> Option<String> {
        let change = (now / before.filter(|before| *before > 0.0)? - 1.0) * 100.0;
        (change.abs() >= LEAST_PERCENT).then(|| format!("{} {}%", arrow(change), self.number(change.abs().round())))
    }

    fn scaled(self, key: &'static str, mut value: f64, step: f64, units: &[&'static str]) -> String {
        let mut units = units.iter().peekable();
        let mut unit = units.next();
        // What would be written as 1024 of one unit is one of the next.
        while value.abs() >= step - 0.05 && units.peek().is_some() {
            value /= step;
            unit = units.next();
        }
        let unit = ("unit", Arg::Choice(unit.unwrap_or(&"b")));
        self.0.words(key, &[("number", Arg::from(&self.number(value))), unit])
    }
}

fn arrow(change: f64) -> char {
    if change > 0.0 { '▲' } else { '▼' }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn numbers_are_written_as_the_language_writes_them() {
        let [en, uk, zh] = [Locale::En, Locale::Uk, Locale::ZhCn].map(|locale| Voice::new(locale, TimeZone::UTC));
        let said = |voice: &Voice| {
            let figures = Figures(voice);
            [
                figures.share(0.235),
                figures.bytes(2.1 * 1024.0 * 1024.0 * 1024.0),
                figures.bits_per_second(999_990.0),
                figures.cores(0.25),
                figures.change(112.0, Some(100.0)).unwrap(),
                figures.points(0.5, Some(0.531)).unwrap(),
            ]
        };
        assert_eq!(said(&en), ["23.5%", "2.1 GiB", "1 Mbps", "0.2 cores", "▲ 12%", "▼ 3.1"]);
        assert_eq!(said(&uk), ["23,5%", "2,1 ГіБ", "1 Мбіт/с", "0,2 ядра", "▲ 12%", "▼ 3,1"]);
        assert_eq!(said(&zh), ["23.5%", "2.1 GiB", "1 Mbps", "0.2 核", "▲ 12%", "▼ 3.1"]);
        assert_eq!(Figures(&en).change(5.0, Some(0.0)), None);
        assert_eq!(Figures(&en).points(0.5, Some(0.502)), None);
        assert_eq!(Figures(&en).number(-0.0001), "0");
    }
}
