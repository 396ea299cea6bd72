//! Histograms and summaries that somebody else has counted, written as they were given.
//!
//! prometheus-client counts and cumulates buckets itself, writes the bound 1 as `1.0`, which is another label than the
//! `1` of everybody else, and knows no summary. Both formats are the same here.

use std::fmt;

use crate::exposition::family::escape;
use crate::exposition::{Family, Kind, Labels, Value};

pub(super) fn is_given(family: &Family) -> bool {
    let may_be = matches!(family.kind, Kind::Histogram | Kind::Summary);
    may_be && family.samples().any(|sample| matches!(sample.value, Value::Given(_)))
}

pub(super) fn write(out: &mut impl fmt::Write, family: &Family) -> fmt::Result {
    let kind = match family.kind {
        Kind::Summary => "summary",
        _ => "histogram",
    };
    writeln!(out, "# HELP {0} {1}\n# TYPE {0} {kind}", family.name, family.help)?;
    for sample in family.samples() {
        let Value::Given(series) = sample.value else { continue };
        for series in series {
            write!(out, "{}{}", family.name, series.suffix)?;
            let bound = series.bound.map(|(name, bound)| (name, Number(bound).to_string()));
            write_labels(out, sample.labels, bound)?;
            writeln!(out, " {}", Number(series.value))?;
        }
    }
    Ok(())
}

fn write_labels(out: &mut impl fmt::Write, labels: Labels<'_>, bound: Option<(&'static str, String)>) -> fmt::Result {
    let bound = bound.as_ref().map(|(name, value)| (*name, value.as_str()));
    let labels = labels.iter().chain(bound);
    let mut separator = '{';
    for (name, value) in labels {
        write!(out, "{separator}{name}=\"")?;
        escape(out, value)?;
        out.write_char('"')?;
        separator = ',';
    }
    if separator == ',' {
        out.write_char('}')?;
    }
    Ok(())
}

/// A number as programs in Go write it: bounds are labels, and so must look the same.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0;
        if number.is_nan() {
            return f.write_str("NaN");
        }
        if number.is_infinite() {
            return f.write_str(if number > 0.0 { "+Inf" } else { "-Inf" });
        }
        if number == 0.0 || (1e-4..1e6).contains(&number.abs()) {
            return write!(f, "{number}");
        }
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        write!(f, "{digits}e{sign}{exponent:0>2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Exposition, Format, Series, encode};

    fn family(name: &'static str, kind: Kind, labels: &[(&'static str, &str)], series: Vec<Series>) -> Family {
        let mut family = Family::new(name, "Given.", kind);
        family.push(labels, Value::Given(series.into()));
        family
    }

    fn series(suffix: &'static str, bound: Option<(&'static str, f64)>, value: f64) -> Series {
        Series { suffix, bound, value }
    }

    #[test]
    fn what_was_given_is_the_same_in_both_formats() {
        let mut out = Exposition::default();
        let histogram = vec![
            series("_bucket", Some(("le", 1.0)), 7.0),
            series("_bucket", Some(("le", f64::INFINITY)), 3.0),
            series("_sum", None, 0.5),
            series("_count", None, 3.0),
        ];
        out.pass_on(family("h", Kind::Histogram, &[("to", "a\"b\\c\nd")], histogram));
        let summary = vec![
            series("", Some(("quantile", 0.99)), f64::NAN),
            series("_sum", None, 2.0),
            series("_count", None, 4.0),
        ];
        out.pass_on(family("s", Kind::Summary, &[], summary));
        out.gauge("up", "Up.").set(true);
        let given = "# HELP h Given.\n# TYPE h histogram\nh_bucket{to=\"a\\\"b\\\\c\\nd\",le=\"1\"} 7\n\
                     h_bucket{to=\"a\\\"b\\\\c\\nd\",le=\"+Inf\"} 3\nh_sum{to=\"a\\\"b\\\\c\\nd\"} 0.5\n\
                     h_count{to=\"a\\\"b\\\\c\\nd\"} 3\n# HELP s Given.\n# TYPE s summary\ns{quantile=\"0.99\"} NaN\n\
                     s_sum 2\ns_count 4\n";
        let ours = "# HELP up Up.\n# TYPE up gauge\nup 1\n";
        assert_eq!(encode(&out, Format::Classic).unwrap(), format!("{ours}{given}"));
        assert_eq!(encode(&out, Format::OpenMetrics).unwrap(), format!("{ours}{given}# EOF\n"));
    }

    #[test]
    fn numbers_look_as_in_go() {
        let numbers = [0.0, 0.005, 1.0, 1e-5, 100_000.5, 123_456_789.0, -2.5e300, f64::NEG_INFINITY];
        let texts = numbers.map(|number| Number(number).to_string());
        assert_eq!(texts, ["0", "0.005", "1", "1e-05", "100000.5", "1.23456789e+08", "-2.5e+300", "-Inf"]);
    }

    #[test]
    fn a_foreign_family_gives_way_to_one_of_ours_whichever_came_first() {
        let foreign = || {
            let mut family = Family::new("up", "Given.", Kind::Untyped);
            family.set(7.0);
            family
        };
        let mut ours = Exposition::default();
        ours.gauge("up", "Up.").set(true);
        let mut theirs = Exposition::default();
        theirs.pass_on(foreign());
        let mut first = theirs.clone();
        first.append(ours.clone());
        let mut last = ours.clone();
        last.append(theirs);
        assert_eq!((first.families(), first.gave_way()), (ours.families(), ["up".into()].as_slice()));
        assert_eq!((last.families(), last.gave_way()), (ours.families(), ["up".into()].as_slice()));
    }
}
