//! Charts: SVG that is drawn here, and PNG made of it for chats.
//!
//! Nothing is fetched and no font of the host is used, so a chart looks the same everywhere.

use std::sync::Arc;

use crate::compose::Voice;
use crate::message::Attachment;
use crate::report::{Chart, Report, Window};

mod axis;
mod expression;
mod fonts;
mod illustrate;
mod numbers;
mod panel;
mod raster;
mod sheet;
mod theme;
mod words;

pub use expression::Expression;
pub use fonts::{FontFile, Fonts};
pub use illustrate::{Charts, illustrator};
pub use numbers::Numbers;
pub use theme::Theme;

/// The charts of a report as one picture; `None` where there is nothing to draw.
pub fn of_report(voice: &Voice, report: &Report, theme: Theme) -> Option<Attachment> {
    let title = format!("{} · {}", report.name, words::window(voice, report.window));
    picture(voice, &report.charts, &title, report.window, theme)
}

/// Charts as one picture that goes with a message; `None` where there is nothing to draw.
pub fn picture(voice: &Voice, charts: &[Chart], title: &str, window: Window, theme: Theme) -> Option<Attachment> {
    let (svg, said) = sheet::draw(voice, charts, title, theme)?;
    let bytes: Arc<[u8]> = raster::png(&svg, &voice.fonts)?.into();
    Some(Attachment {
        name: "charts.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes,
        description: words::description(voice, &said, window),
    })
}

/// The same charts as SVG, for a page.
pub fn svg(voice: &Voice, charts: &[Chart], title: &str, theme: Theme) -> Option<String> {
    sheet::draw(voice, charts, title, theme).map(|(svg, _)| svg)
}
