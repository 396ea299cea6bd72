//! Families to text, through prometheus-client, in OpenMetrics 1.0 and in the classic text format 0.0.4.
//!
//! The crate writes OpenMetrics only. Its descriptor takes the type and its value encoder the value independently of
//! each other, so the classic format is: the whole name with its type, every value through the gauge encoder, and one
//! adaptor that turns the type `unknown` into `untyped`.

use std::fmt::{self, Write};

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, LabelSetEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::collector::Collector;
use prometheus_client::registry::Registry;

use super::{Exposition, Family, Kind, Sample, Value};

/// A text format of a scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `text/plain; version=0.0.4`.
    Classic,
    /// `application/openmetrics-text; version=1.0.0`.
    OpenMetrics,
}

impl Format {
    /// The exact `Content-Type`: Prometheus 3 refuses a scrape whose type it does not know.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The text could not be written; only a fault of the encoder itself gives it.
#[derive(Debug, thiserror::Error)]
#[error("the metrics could not be encoded")]
pub struct EncodeError(#[from] fmt::Error);

/// Writes all families. Sample names are the same in both formats.
///
/// # Errors
///
/// Never for any name, label or value: writing into memory does not fail.
pub fn encode(exposition: &Exposition, format: Format) -> Result<String, EncodeError> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(View { exposition: exposition.clone(), format }));
    let mut text = String::new();
    match format {
        Format::OpenMetrics => prometheus_client::encoding::text::encode(&mut text, &registry)?,
        Format::Classic => {
            let mut classic = ClassicWriter { out: &mut text, line: String::new() };
            prometheus_client::encoding::text::encode_registry(&mut classic, &registry)?;
            classic.finish()?;
        }
    }
    Ok(text)
}
