//! SVG of our own as PNG.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::fonts::Fonts;

/// More than any chart has.
const MOST_PIXELS: u32 = 10_000;

/// `None` where it cannot be drawn, which the log says.
pub(super) fn png(svg: &str, fonts: &Fonts) -> Option<Vec<u8>> {
    let options = Options { fontdb: fonts.database(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|err| warn(&err)).ok()?;
    let size = tree.size().to_int_size();
    if size.width() > MOST_PIXELS || size.height() > MOST_PIXELS {
        return None;
    }
    let mut pixels = Pixmap::new(size.width(), size.height())?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(|err| warn(&err)).ok()
}

fn warn(error: &dyn std::fmt::Display) {
    tracing::warn!(%error, "a chart cannot be drawn: {error}; the message goes without it");
}
