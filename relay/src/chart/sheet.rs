//! Charts on one picture: of one host one below the other, of several a row for each.

use super::fonts::family;
use super::panel::{Pen, Place, SMALL, escape, fitting};
use super::theme::Theme;
use super::words::Words;
use crate::compose::Voice;
use crate::report::Chart;

const MARGIN: f64 = 24.0;
const BETWEEN: f64 = 16.0;
/// Of the picture's own title.
const HEAD: f64 = 58.0;
/// Of a line of words below or above a row.
const LINE: f64 = 40.0;
/// A picture of one host: a chat on a phone shows it at a third of its size.
const WIDE: f64 = 1080.0;
const TALL_PANEL: f64 = 250.0;
/// A small chart of many.
const SMALL_WIDTH: f64 = 460.0;
const SMALL_HEIGHT: f64 = 178.0;

/// The SVG and which charts are on it; `None` where there is nothing to draw.
pub(super) fn draw<'a>(
    voice: &Voice,
    charts: &'a [Chart],
    title: &str,
    theme: Theme,
) -> Option<(String, Vec<&'a Chart>)> {
    let charts: Vec<&Chart> = charts.iter().filter(|chart| !chart.panels.is_empty()).collect();
    let rows = charts.iter().map(|chart| chart.panels.len()).max()?;
    let (words, colours) = (Words::new(voice), theme.colours());
    let mut body = String::new();
    let mut pen = Pen { voice, words: &words, colours: &colours, svg: &mut body };
    let (width, height) = if rows == 1 { tall(&mut pen, &charts) } else { grid(&mut pen, &charts, rows) };
    let size = 26.0;
    let title = fitting(&voice.fonts.drawable(title), (width - 2.0 * MARGIN) / (size * 1.05));
    let more = format!(" font-size='{size}' font-weight='bold'");
    pen.text(MARGIN, HEAD - 16.0, "start", colours.text, &more, &title);
    let left_out = charts.iter().map(|chart| chart.left_out).max().unwrap_or(0);
    let height = if left_out > 0 {
        let said = words.left_out(left_out);
        pen.text(MARGIN, height + 8.0, "start", colours.muted, "", &said);
        height + LINE - 12.0
    } else {
        height
    };
    let (family, background) = (family(voice.locale), colours.background);
    let language = voice.locale.tag();
    let label = escape(&title);
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0}' height='{height:.0}' viewBox='0 0 {width:.0} {height:.0}' \
         role='img' aria-label='{label}' xml:lang='{language}' font-family=\"{family}\" font-size='{SMALL}'>\
         <rect width='100%' height='100%' fill='{background}'/>{body}</svg>"
    );
    Some((svg, charts))
}

/// One below the other; its size.
fn tall(pen: &mut Pen<'_>, charts: &[&Chart]) -> (f64, f64) {
    let mut y = HEAD;
    for chart in charts {
        let Some(panel) = chart.panels.first() else { continue };
        let title = pen.words.title(chart.kind);
        let name = pen.voice.fonts.drawable(&panel.title);
        let parts: Vec<&str> = [title.as_str(), name.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        let place = Place { x: MARGIN, y, width: WIDE - 2.0 * MARGIN, height: TALL_PANEL };
        pen.panel(place, chart, panel, &parts.join(" · "));
        y += TALL_PANEL + BETWEEN;
    }
    (WIDE, y - BETWEEN + MARGIN)
}

/// A column for each chart, a row for each host; its size. Of one chart alone, such as an alert's, two columns.
fn grid(pen: &mut Pen<'_>, charts: &[&Chart], rows: usize) -> (f64, f64) {
    if let [only] = charts {
        return pairs(pen, only);
    }
    let mut x = MARGIN;
    for chart in charts {
        let title = pen.words.title(chart.kind);
        let more = format!(" font-size='{}'", SMALL + 4.0);
        pen.text(x + 4.0, HEAD + 20.0, "start", pen.colours.muted, &more, &title);
        legend(pen, chart, x + SMALL_WIDTH, HEAD + 20.0);
        let mut y = HEAD + LINE - 4.0;
        for panel in &chart.panels {
            let place = Place { x, y, width: SMALL_WIDTH, height: SMALL_HEIGHT };
            pen.panel(place, chart, panel, &pen.voice.fonts.drawable(&panel.title));
            y += SMALL_HEIGHT + BETWEEN;
        }
        x += SMALL_WIDTH + BETWEEN;
    }
    let rows = u32::try_from(rows).unwrap_or(1);
    (x - BETWEEN + MARGIN, HEAD + LINE - 4.0 + f64::from(rows) * (SMALL_HEIGHT + BETWEEN) - BETWEEN + MARGIN)
}

/// The names of the lines, where a panel has two; ends at `right`.
fn legend(pen: &mut Pen<'_>, chart: &Chart, mut right: f64, y: f64) {
    let lines = chart.panels.first().map(|panel| panel.lines.as_slice()).unwrap_or_default();
    for (line, colour) in lines.iter().zip(pen.colours.lines).rev().filter(|_| lines.len() > 1) {
        let name = pen.words.line(&line.name);
        pen.text(right - 4.0, y, "end", pen.colours.muted, "", &name);
        right -= super::fonts::width(&name) * SMALL + 18.0;
        let cy = y - SMALL / 3.0;
        pen.push(format_args!("<circle cx='{right:.1}' cy='{cy:.1}' r='6' fill='{colour}'/>"));
        right -= 22.0;
    }
}

fn pairs(pen: &mut Pen<'_>, chart: &Chart) -> (f64, f64) {
    let width = (WIDE - 2.0 * MARGIN - BETWEEN) / 2.0;
    let mut y = HEAD;
    for pair in chart.panels.chunks(2) {
        let mut x = MARGIN;
        for panel in pair {
            let place = Place { x, y, width, height: SMALL_HEIGHT };
            pen.panel(place, chart, panel, &pen.voice.fonts.drawable(&panel.title));
            x += width + BETWEEN;
        }
        y += SMALL_HEIGHT + BETWEEN;
    }
    (WIDE, y - BETWEEN + MARGIN)
}
