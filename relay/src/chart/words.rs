//! The words of the charts. Where the fonts lack a letter of a language, English stands in: the message beside the picture
//! says the same in the reader's own.

use jiff::Timestamp;

use crate::compose::{Arg, Figures, Locale, Voice, moment_words};
use crate::report::{Chart, ChartKind, Window};

/// What a chart speaks, of which every letter can be drawn.
pub(super) struct Words<'a> {
    voice: &'a Voice,
    english: Voice,
}

impl<'a> Words<'a> {
    pub fn new(voice: &'a Voice) -> Self {
        Self { voice, english: Voice::new(Locale::En, voice.zone.clone()) }
    }

    fn say(&self, say: impl Fn(&Voice) -> String) -> String {
        let words = say(self.voice);
        if self.voice.fonts.have_all(&words) { words } else { say(&self.english) }
    }

    pub fn title(&self, kind: ChartKind) -> String {
        match kind {
            ChartKind::Cpu => self.say(|voice| voice.words("chart-cpu", &[])),
            ChartKind::Memory => self.say(|voice| voice.words("chart-memory", &[])),
            ChartKind::Network => self.say(|voice| voice.words("chart-network", &[])),
            // The picture's own title says it.
            ChartKind::Expression => String::new(),
        }
    }

    /// The name of a line where a panel has two.
    pub fn line(&self, name: &str) -> String {
        match name {
            "received" => self.say(|voice| voice.words("chart-received", &[])),
            "sent" => self.say(|voice| voice.words("chart-sent", &[])),
            name => self.voice.fonts.drawable(name),
        }
    }

    pub fn threshold(&self, kind: ChartKind, value: f64) -> String {
        self.say(|voice| voice.words("chart-threshold", &[("value", Arg::from(&value_in(voice, kind, value)))]))
    }

    pub fn no_data(&self) -> String {
        self.say(|voice| voice.words("chart-no-data", &[]))
    }

    pub fn left_out(&self, count: u64) -> String {
        self.say(|voice| voice.words("chart-left-out", &[("count", Arg::Count(count))]))
    }

    pub fn value(&self, kind: ChartKind, value: f64) -> String {
        self.say(|voice| value_in(voice, kind, value))
    }
}

fn value_in(voice: &Voice, kind: ChartKind, value: f64) -> String {
    let figures = Figures(voice);
    match kind {
        ChartKind::Cpu | ChartKind::Memory => figures.share(value),
        ChartKind::Network => figures.bits_per_second(value),
        ChartKind::Expression => figures.plain(value),
    }
}

/// `2026-11-20 09:00 – 2026-11-21 09:00 UTC+8`.
pub(super) fn window(voice: &Voice, window: Window) -> String {
    let (from, to) = (moment_words(voice, window.from), moment_words(voice, window.to));
    // The offset once is enough, unless the clocks were changed between.
    let same = from.split_once(" UTC").zip(to.split_once(" UTC")).filter(|(from, to)| from.1 == to.1);
    let from = same.map_or(from.as_str(), |((from, _), _)| from);
    format!("{} – {}", without_seconds(from), without_seconds(&to))
}

/// Nobody reads a chart by the second.
fn without_seconds(moment: &str) -> String {
    match moment.split_once(' ').map(|(day, time)| (day, time.split_once(' ').unwrap_or((time, "")))) {
        Some((day, (time, offset))) => {
            let time = time.strip_suffix(":00").unwrap_or(time);
            format!("{day} {time} {offset}").trim_end().to_owned()
        }
        None => moment.to_owned(),
    }
}

/// For those who cannot see the picture.
pub(super) fn description(voice: &Voice, charts: &[&Chart], window: Window) -> String {
    let words = Words::new(voice);
    let titles: Vec<String> =
        charts.iter().map(|chart| words.title(chart.kind)).filter(|title| !title.is_empty()).collect();
    let what = if titles.is_empty() {
        charts.iter().flat_map(|chart| &chart.panels).map(|panel| panel.title.clone()).collect()
    } else {
        titles
    };
    let values = [
        ("what", Arg::from(&what.join(&voice.words("list-separator", &[])))),
        ("from", Arg::from(&moment_words(voice, window.from))),
        ("to", Arg::from(&moment_words(voice, window.to))),
    ];
    voice.words("chart-describes", &values)
}

/// `09:00`, or the day where the window is longer.
pub(super) fn tick(voice: &Voice, at: Timestamp, days: bool) -> String {
    let local = at.to_zoned(voice.zone.clone());
    local.strftime(if days { "%m-%d" } else { "%H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::chart::Fonts;

    #[test]
    fn every_word_of_a_chart_can_be_drawn_in_every_language() {
        for (_, locale) in Locale::CHOICES {
            let voice = Voice::new(*locale, TimeZone::UTC);
            let value = || Arg::from(&value_in(&voice, ChartKind::Network, 2.3e6));
            let said = [
                voice.words("chart-cpu", &[]),
                voice.words("chart-memory", &[]),
                voice.words("chart-network", &[]),
                voice.words("chart-received", &[]),
                voice.words("chart-sent", &[]),
                voice.words("chart-no-data", &[]),
                voice.words("chart-threshold", &[("value", value())]),
                voice.words("chart-left-out", &[("count", Arg::Count(1))]),
                voice.words("chart-left-out", &[("count", Arg::Count(3))]),
                voice.words("chart-left-out", &[("count", Arg::Count(5))]),
            ];
            for words in said {
                assert!(Fonts::default().have_all(&words), "{locale:?}: {words}; run relay/fonts/make.sh");
            }
        }
    }

    #[test]
    fn a_window_says_its_offset_once_unless_the_clocks_were_changed() {
        let voice = |zone| Voice::new(Locale::En, TimeZone::get(zone).unwrap());
        let said = |zone, from: &str, to: &str| {
            window(&voice(zone), Window { from: from.parse().unwrap(), to: to.parse().unwrap() })
        };
        assert_eq!(
            said("Asia/Shanghai", "2026-11-20T01:00:00Z", "2026-11-21T01:00:00Z"),
            "2026-11-20 09:00 – 2026-11-21 09:00 UTC+8"
        );
        assert_eq!(
            said("Europe/Kyiv", "2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z"),
            "2026-10-24 09:00 UTC+3 – 2026-10-25 09:00 UTC+2"
        );
        assert_eq!(
            said("UTC", "2026-11-20T01:02:03Z", "2026-11-20T02:00:00Z"),
            "2026-11-20 01:02:03 – 2026-11-20 02:00 UTC"
        );
    }
}
