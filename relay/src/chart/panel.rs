//! One small chart.

use std::fmt::Write as _;

use super::axis::{self, Values};
use super::fonts::width;
use super::theme::Colours;
use super::words::{Words, tick};
use crate::compose::Voice;
use crate::report::{Chart, Line, Panel};

/// The size of small letters.
pub(super) const SMALL: f64 = 18.0;
/// What is left of the lines for the values, above them for the heading and below for the times.
const LEFT: f64 = 110.0;
const TOP: f64 = 38.0;
const BOTTOM: f64 = 30.0;
const RIGHT: f64 = 18.0;
/// A panel that is wider has room for words.
const LARGE: f64 = 520.0;

/// Where a small chart is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// What all panels of a picture share.
pub(super) struct Pen<'a> {
    pub voice: &'a Voice,
    pub words: &'a Words<'a>,
    pub colours: &'a Colours,
    pub svg: &'a mut String,
}

/// Where a value and a moment are on the picture.
struct Scale<'a> {
    place: Place,
    values: &'a Values,
    steps: usize,
}

impl Scale<'_> {
    fn x(&self, index: usize) -> f64 {
        // Far less than 2^52 points.
        #[expect(clippy::cast_precision_loss)]
        let part = index as f64 / self.steps.max(1) as f64;
        self.place.x + part * self.place.width
    }

    fn y(&self, value: f64) -> f64 {
        let part = (value - self.values.bottom) / (self.values.top - self.values.bottom);
        self.place.y + (1.0 - part.clamp(-0.02, 1.02)) * self.place.height
    }
}

impl Pen<'_> {
    /// A panel with its heading at the left and its lowest and highest value at the right.
    pub fn panel(&mut self, place: Place, chart: &Chart, panel: &Panel, heading: &str) {
        let Place { x, y, width: w, height: h } = place;
        let card = self.colours.card;
        self.push(format_args!("<rect x='{x:.1}' y='{y:.1}' width='{w:.1}' height='{h:.1}' rx='10' fill='{card}'/>"));
        let points = || panel.lines.iter().flat_map(|line| line.points.iter().flatten().copied());
        let values = axis::values(chart, points());
        let inner = Place { x: x + LEFT, y: y + TOP + 8.0, width: w - LEFT - RIGHT, height: h - TOP - BOTTOM - 14.0 };
        let steps = panel.lines.iter().map(|line| line.points.len()).max().unwrap_or(1).saturating_sub(1);
        let scale = Scale { place: inner, values: &values, steps };
        self.head(place, chart, panel, heading);
        self.grid(&scale, chart);
        if points().next().is_none() {
            let (x, y) = (inner.x + inner.width / 2.0, inner.y + inner.height / 2.0 + SMALL / 3.0);
            let words = self.words.no_data();
            return self.text(x, y, "middle", self.colours.muted, "", &words);
        }
        self.gaps(&scale, panel);
        for (line, colour) in panel.lines.iter().zip(self.colours.lines) {
            self.line(&scale, line, colour, panel.lines.len() == 1);
        }
        if let Some(threshold) = chart.threshold {
            self.threshold(&scale, chart, threshold);
        }
    }

    /// The heading, and what the lines reach: `3% – 81%`, or of two lines their names and highest values.
    fn head(&mut self, place: Place, chart: &Chart, panel: &Panel, heading: &str) {
        let y = place.y + 28.0;
        let mut right = place.x + place.width - RIGHT;
        let extremes = |line: &Line| {
            let points = || line.points.iter().flatten().copied();
            points().reduce(f64::min).zip(points().reduce(f64::max))
        };
        for (line, colour) in panel.lines.iter().zip(self.colours.lines).rev() {
            let Some((low, high)) = extremes(line) else { continue };
            let high = self.words.value(chart.kind, high);
            let said = match panel.lines.len() {
                1 => format!("{} – {high}", self.words.value(chart.kind, low)),
                // In a small chart the column's heading names the lines.
                _ if place.width < LARGE => high,
                _ => format!("{} max {high}", self.words.line(&line.name)),
            };
            self.text(right, y, "end", self.colours.muted, "", &said);
            right -= width(&said) * SMALL + 14.0;
            if panel.lines.len() > 1 {
                let y = y - SMALL / 3.0;
                self.push(format_args!("<circle cx='{right:.1}' cy='{y:.1}' r='6' fill='{colour}'/>"));
                right -= 26.0;
            }
        }
        let left = place.x + 16.0;
        let heading = fitting(heading, (right - left - 12.0) / (SMALL * 1.08));
        self.text(left, y, "start", self.colours.text, " font-weight='bold'", &heading);
    }

    /// Round values and round times.
    fn grid(&mut self, scale: &Scale<'_>, chart: &Chart) {
        let (place, colours) = (scale.place, self.colours);
        for mark in &scale.values.marks {
            let y = scale.y(*mark);
            let (x, to) = (place.x, place.x + place.width);
            let grid = colours.grid;
            self.push(format_args!("<path d='M{x:.1} {y:.1}H{to:.1}' stroke='{grid}' stroke-width='1.5'/>"));
            let said = self.words.value(chart.kind, *mark);
            self.text(x - 12.0, y + SMALL / 3.0, "end", colours.muted, "", &said);
        }
        let room = (place.width / (SMALL * 4.6)).max(1.0) as usize;
        let (times, days) = axis::times(chart.window, &self.voice.zone, room.min(9));
        let length = chart.window.length().as_secs_f64().max(1.0);
        let y = place.y + place.height + SMALL + 8.0;
        let mut free_from = f64::NEG_INFINITY;
        for at in times {
            let part = at.duration_since(chart.window.from).as_secs_f64() / length;
            let said = tick(self.voice, at, days);
            let half = width(&said) * SMALL / 2.0;
            let x = (place.x + part * place.width).min(place.x + place.width - half + RIGHT - 6.0);
            if x - half > free_from {
                self.text(x, y, "middle", colours.muted, "", &said);
                free_from = x + half + 10.0;
            }
        }
    }

    /// Times without any data are shaded: a line would claim what nobody knows.
    fn gaps(&mut self, scale: &Scale<'_>, panel: &Panel) {
        let is_known = |index: usize| panel.lines.iter().any(|line| matches!(line.points.get(index), Some(Some(_))));
        let mut from = None;
        for index in 0..=scale.steps + 1 {
            let known = index > scale.steps || is_known(index);
            match (known, from) {
                (false, None) => from = Some(index),
                (true, Some(start)) => {
                    let (left, right) = (scale.x(start.saturating_sub(1)), scale.x(index.min(scale.steps)));
                    let Place { y, height, .. } = scale.place;
                    let (wide, fill) = (right - left, self.colours.gap);
                    self.push(format_args!(
                        "<rect x='{left:.1}' y='{y:.1}' width='{wide:.1}' height='{height:.1}' fill='{fill}'/>"
                    ));
                    from = None;
                }
                _ => {}
            }
        }
    }

    /// A line, broken where there is no data; `alone`: with its area, and marks at its extremes.
    fn line(&mut self, scale: &Scale<'_>, line: &Line, colour: &str, alone: bool) {
        let bottom = scale.place.y + scale.place.height;
        let (mut path, mut area) = (String::new(), String::new());
        for run in runs(&line.points) {
            let points: Vec<(f64, f64)> = run.iter().map(|(index, value)| (scale.x(*index), scale.y(*value))).collect();
            let steps = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect::<Vec<_>>().join("L");
            if let (Some((first, _)), Some((last, y))) = (points.first(), points.last()) {
                // A single point is a dot: a line of no length with round ends.
                let end = if points.len() == 1 { format!("L{last:.1} {y:.1}") } else { String::new() };
                let _ = write!(path, "M{steps}{end}");
                let _ = write!(area, "M{first:.1} {bottom:.1}L{steps}L{last:.1} {bottom:.1}Z");
            }
        }
        if alone {
            self.push(format_args!("<path d='{area}' fill='{colour}' fill-opacity='0.14'/>"));
        }
        self.push(format_args!(
            "<path d='{path}' fill='none' stroke='{colour}' stroke-width='2.6' stroke-linejoin='round' stroke-linecap='round'/>"
        ));
        let points = || line.points.iter().enumerate().filter_map(|(index, value)| Some((index, (*value)?)));
        let highest = points().max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((index, value)) = highest.filter(|_| alone) {
            let (x, y, card) = (scale.x(index), scale.y(value), self.colours.card);
            self.push(format_args!(
                "<circle cx='{x:.1}' cy='{y:.1}' r='6' fill='{colour}' stroke='{card}' stroke-width='2.5'/>"
            ));
        }
    }

    fn threshold(&mut self, scale: &Scale<'_>, chart: &Chart, value: f64) {
        let (y, Place { x, width: wide, .. }) = (scale.y(value), scale.place);
        let (to, colour) = (x + wide, self.colours.threshold);
        self.push(format_args!(
            "<path d='M{x:.1} {y:.1}H{to:.1}' stroke='{colour}' stroke-width='2' stroke-dasharray='9 6'/>"
        ));
        let said = self.words.threshold(chart.kind, value);
        // Within the lines there is room for words in a large chart only.
        if wide > LARGE {
            // A rim in the background's colour keeps the line out of the letters.
            let rim = format!(" stroke='{}' stroke-width='6' paint-order='stroke'", self.colours.card);
            // At the left: what fires is above it at the right.
            self.text(x + 6.0, y - 9.0, "start", colour, &rim, &said);
        }
    }

    /// Words as they are: escaped here.
    pub fn text(&mut self, x: f64, y: f64, anchor: &str, colour: &str, more: &str, words: &str) {
        let words = escape(words);
        self.push(format_args!(
            "<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' fill='{colour}'{more}>{words}</text>"
        ));
    }

    pub fn push(&mut self, part: std::fmt::Arguments<'_>) {
        let _ = self.svg.write_fmt(part);
    }
}

/// Points in a row that are there.
fn runs(points: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs: Vec<Vec<(usize, f64)>> = Vec::new();
    let mut open = false;
    for (index, point) in points.iter().enumerate() {
        match (point, runs.last_mut().filter(|_| open)) {
            (Some(value), Some(run)) => run.push((index, *value)),
            (Some(value), None) => runs.push(vec![(index, *value)]),
            (None, _) => {}
        }
        open = point.is_some();
    }
    runs
}

/// The beginning of words that have no room; `room` in units of the font's size.
pub(super) fn fitting(words: &str, room: f64) -> String {
    if width(words) <= room {
        return words.to_owned();
    }
    let mut kept = String::new();
    for letter in words.chars() {
        kept.push(letter);
        if width(&kept) + 1.0 > room {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

/// Data as XML. What XML cannot hold at all is not among what the fonts can draw.
pub(super) fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;").replace('"', "&#34;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_there_is_no_data() {
        let points = [None, Some(1.0), Some(2.0), None, None, Some(3.0), None];
        assert_eq!(runs(&points), [vec![(1, 1.0), (2, 2.0)], vec![(5, 3.0)]]);
        assert!(runs(&[None, None]).is_empty());
    }

    #[test]
    fn long_names_end_with_an_ellipsis() {
        assert_eq!(fitting("web-1", 10.0), "web-1");
        let cut = fitting("a-very-long-name-of-a-host", 8.0);
        assert!(cut.ends_with('…') && cut.starts_with("a-very") && width(&cut) <= 8.5, "{cut}");
    }
}
