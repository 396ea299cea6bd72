//! The exposition model: families as plain data, and their two text formats.

mod answer;
mod encode;
mod family;
mod gzip;
mod negotiate;

pub use answer::answer;
pub use encode::{EncodeError, Format, encode, write};
pub use family::{CommonLabels, Exposition, Family, Histogram, Kind, Labels, Sample, Series, Value};
pub use negotiate::{accepts_gzip, format_for};
