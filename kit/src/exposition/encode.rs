//! Families to text, through prometheus-client, in OpenMetrics 1.0 and in the classic text format 0.0.4.
//!
//! The crate writes OpenMetrics only. But its descriptor takes the type, and its value encoder the value,
//! independently of each other; so the classic format is the whole name with its type, every value through the gauge
//! encoder, and the type `unknown` turned into `untyped` where there is one.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

mod given;

use super::{CommonLabels, Exposition, Family, Kind, Labels, Sample, Value};

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

/// As [`write`], into one text.
///
/// # Errors
///
/// Never for any name, label or value: writing into memory does not fail.
pub fn encode(exposition: &Exposition, format: Format) -> Result<String, EncodeError> {
    let mut out = String::new();
    write(exposition, format, &mut out)?;
    Ok(out)
}

/// Writes all families that have samples. Sample names are the same in both formats.
///
/// # Errors
///
/// When `out` takes no more; never for any name, label or value.
pub fn write(exposition: &Exposition, format: Format, out: &mut impl fmt::Write) -> Result<(), EncodeError> {
    let families: Arc<[Arc<Family>]> = exposition.families().iter().filter(|family| is_ours(family)).cloned().collect();
    let mut done = 0;
    for alike in families.chunk_by(|one, other| is_renamed(one, format) == is_renamed(other, format)) {
        let places = done..done + alike.len();
        done = places.end;
        let mut registry = Registry::default();
        registry.register_collector(Box::new(View { families: Arc::clone(&families), places, format }));
        if alike.first().is_some_and(|family| is_renamed(family, format)) {
            let mut text = String::new();
            text::encode_registry(&mut text, &registry)?;
            say_untyped(out, &text)?;
        } else {
            text::encode_registry(out, &registry)?;
        }
    }
    for family in exposition.families().iter().filter(|family| given::is_given(family)) {
        given::write(out, family)?;
    }
    if format == Format::OpenMetrics {
        text::encode_eof(out)?;
    }
    Ok(())
}

/// Whether the crate's word for its type is not the format's.
fn is_renamed(family: &Family, format: Format) -> bool {
    format == Format::Classic && matches!(family.kind, Kind::Untyped | Kind::Summary)
}

/// Replaces the type `unknown`, which classic parsers refuse, by `untyped`. A sample line never begins with `#`.
fn say_untyped(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    text.split_inclusive('\n').try_for_each(|line| {
        match line.strip_prefix("# TYPE ").and_then(|rest| rest.strip_suffix(" unknown\n")) {
            Some(name) => ["# TYPE ", name, " untyped\n"].into_iter().try_for_each(|part| out.write_str(part)),
            None => out.write_str(line),
        }
    })
}

/// Some of the families.
#[derive(Debug)]
struct View {
    families: Arc<[Arc<Family>]>,
    places: Range<usize>,
    format: Format,
}

impl Collector for View {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in self.families.get(self.places.clone()).unwrap_or_default() {
            let (name, kind) = descriptor(family, self.format);
            let mut metric = encoder.encode_descriptor(name, &family.help, None, kind)?;
            for sample in family.samples() {
                encode_sample(&mut metric, kind, sample, self.format)?;
            }
        }
        Ok(())
    }
}

/// What the crate can write.
fn is_ours(family: &Family) -> bool {
    !family.is_empty() && !given::is_given(family)
}

/// Name and type as the format wants them. OpenMetrics adds `_total` to a counter by itself, and knows no counter
/// without it.
fn descriptor(family: &Family, format: Format) -> (&str, MetricType) {
    let name = family.name.as_ref();
    match (family.kind, format) {
        (Kind::Counter, Format::Classic) => (name, MetricType::Counter),
        (Kind::Counter, Format::OpenMetrics) => {
            name.strip_suffix("_total").map_or((name, MetricType::Unknown), |stem| (stem, MetricType::Counter))
        }
        (Kind::Gauge, _) => (name, MetricType::Gauge),
        (Kind::Untyped | Kind::Summary, _) => (name, MetricType::Unknown),
        (Kind::Histogram, _) => (name, MetricType::Histogram),
    }
}

fn encode_sample(metric: &mut MetricEncoder<'_>, kind: MetricType, sample: Sample<'_>, format: Format) -> fmt::Result {
    // An empty label set through `encode_family` writes `name{}`.
    if sample.labels.is_empty() {
        return encode_value(metric, kind, sample.value, format);
    }
    encode_value(&mut metric.encode_family(&Encoded(sample.labels))?, kind, sample.value, format)
}

fn encode_value(metric: &mut MetricEncoder<'_>, kind: MetricType, value: &Value, format: Format) -> fmt::Result {
    let as_counter = matches!(kind, MetricType::Counter) && format == Format::OpenMetrics;
    match (value, as_counter) {
        (Value::Integer(value), true) => metric.encode_counter::<NoLabelSet, _, u64>(value, None),
        (Value::Integer(value), false) => metric.encode_gauge(value),
        (Value::Float(value), true) => match whole(*value) {
            Some(whole) => metric.encode_counter::<NoLabelSet, _, u64>(&whole, None),
            None => metric.encode_counter::<NoLabelSet, _, f64>(value, None),
        },
        (Value::Float(value), false) => match whole(*value) {
            Some(whole) => metric.encode_gauge(&whole),
            None => metric.encode_gauge(value),
        },
        (Value::Histogram(histogram), _) => {
            let count = histogram.buckets.iter().map(|(_, count)| count).sum();
            metric.encode_histogram::<NoLabelSet>(histogram.sum, count, &histogram.buckets, None)
        }
        // In another file, see `is_ours`.
        (Value::Given(_), _) => Ok(()),
    }
}

/// The number without its fraction, if it has none: `8123456789.0` is two bytes longer on every scrape.
fn whole(value: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && (0.0..EXACT).contains(&value) && value.is_sign_positive()).then_some(value as u64)
}

#[derive(Debug)]
struct Encoded<'a>(Labels<'a>);

impl EncodeLabelSet for Encoded<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let common = self.0.common().and_then(CommonLabels::as_one);
        for label in common.into_iter().chain(self.0.own()) {
            label.encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::Histogram;

    fn exposition() -> Exposition {
        let mut out = Exposition::default();
        out.counter("jobs_total", "Jobs done.").push(&[("kind", "a\"b\\c\nd 数据")], 3_u64);
        out.family("failcnt", "Failures.", Kind::Counter).set(1_u64);
        out.gauge("load1", "Load.").set(0.25).push(&[("cpu", "0"), ("empty", "")], f64::NAN);
        out.untyped("vm", "Something.").set(4_294_967_296.0).push(&[("x", "unknown")], f64::INFINITY);
        out.gauge("never", "Has no sample.");
        out.family("wait_seconds", "Waiting.", Kind::Histogram).push(
            &[("to", "x")],
            Value::Histogram(Box::new(Histogram { sum: 1.5, buckets: vec![(0.5, 1), (f64::INFINITY, 2)] })),
        );
        out
    }

    #[test]
    fn the_classic_format_has_whole_names_and_untyped() {
        let expected = r##"# HELP jobs_total Jobs done.
# TYPE jobs_total counter
jobs_total{kind="a\"b\\c\nd 数据"} 3
# HELP failcnt Failures.
# TYPE failcnt counter
failcnt 1
# HELP load1 Load.
# TYPE load1 gauge
load1 0.25
load1{cpu="0"} NaN
# HELP vm Something.
# TYPE vm untyped
vm 4294967296
vm{x="unknown"} inf
# HELP wait_seconds Waiting.
# TYPE wait_seconds histogram
wait_seconds_sum{to="x"} 1.5
wait_seconds_count{to="x"} 3
wait_seconds_bucket{le="0.5",to="x"} 1
wait_seconds_bucket{le="+Inf",to="x"} 3
"##;
        assert_eq!(encode(&exposition(), Format::Classic).unwrap(), expected);
    }

    #[test]
    fn labels_in_common_are_written_as_any_others() {
        let label = |name: &'static str, value: &str| (name.into(), value.to_owned());
        let (quoted, plain) = ("a\"b\\c\nd", "x");
        for (first, last) in [(quoted, plain), (plain, quoted)] {
            let common = CommonLabels::new([label("id", first), label("empty", ""), label("name", last)]);
            let (mut shared, mut each) = (Exposition::default(), Exposition::default());
            shared.gauge("up", "Up.").push_with(&common, &[("cpu", quoted)], true).push_with(&common, &[], 2_u64);
            shared.gauge("up", "Up.").push_with(&CommonLabels::default(), &[], 3_u64);
            each.gauge("up", "Up.").push(&[("id", first), ("name", last), ("cpu", quoted)], true);
            each.gauge("up", "Up.").push(&[("id", first), ("name", last)], 2_u64).set(3_u64);
            for format in [Format::Classic, Format::OpenMetrics] {
                assert_eq!(encode(&shared, format).unwrap(), encode(&each, format).unwrap());
            }
        }
    }

    #[test]
    fn openmetrics_ends_with_eof_and_has_the_same_sample_names() {
        let openmetrics = encode(&exposition(), Format::OpenMetrics).unwrap();
        assert!(openmetrics.starts_with("# HELP jobs Jobs done.\n# TYPE jobs counter\njobs_total{"), "{openmetrics}");
        assert!(openmetrics.contains("# TYPE failcnt unknown\nfailcnt 1\n"), "{openmetrics}");
        assert!(openmetrics.contains("# TYPE vm unknown\n"), "{openmetrics}");
        assert!(openmetrics.ends_with("# EOF\n"));
        let samples =
            |text: &str| text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(samples(&openmetrics), samples(&encode(&exposition(), Format::Classic).unwrap()));
    }

    #[test]
    fn a_family_asked_for_twice_is_written_once() {
        let mut out = Exposition::default();
        out.gauge("up", "Up.").push(&[("a", "1")], true);
        out.gauge("other", "Other.").set(2_u64);
        out.gauge("up", "Up.").push(&[("a", "2")], false);
        let mut more = Exposition::default();
        more.gauge("up", "Up.").push(&[("a", "3")], -1.0);
        out.append(more);
        assert_eq!(
            encode(&out, Format::Classic).unwrap(),
            "# HELP up Up.\n# TYPE up gauge\nup{a=\"1\"} 1\nup{a=\"2\"} 0\nup{a=\"3\"} -1.0\n\
             # HELP other Other.\n# TYPE other gauge\nother 2\n"
        );
    }
}
