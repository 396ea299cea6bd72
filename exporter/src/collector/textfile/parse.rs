//! The classic text format, as strict as node_exporter's reader of it: one bad line costs the whole file, because a file
//! that was half written must not look like one that says less.

use std::collections::{BTreeMap, HashMap};

use seamark_kit::exposition::{Family, Kind, Series, Value};

use super::line::{self, Labels, Told};
use crate::text::{self, Line, ParseError};

/// The families of a file, in its order; the help of one that has none is empty.
///
/// # Errors
///
/// The first line that is not in the format, or that has a time of its own.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Family>, ParseError> {
    let mut reader = Reader::default();
    let mut lines = text.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((index, bytes)) = lines.next() {
        let line = Line { number: index + 1, bytes };
        let told = line::read(line)?;
        if lines.peek().is_none() && !matches!(told, Told::Blank) {
            // Somebody is still writing, or was interrupted.
            return Err(line.malformed("the end of the line"));
        }
        reader.take(told, line)?;
    }
    Ok(reader.drafts.into_iter().filter_map(Draft::finish).collect())
}

/// What is put behind the name of a histogram, and whether behind that of a summary as well.
const PARTS: [(&str, bool); 3] = [("_count", true), ("_sum", true), ("_bucket", false)];

#[derive(Default)]
struct Reader {
    drafts: Vec<Draft>,
    places: HashMap<String, usize>,
}

impl Reader {
    fn take(&mut self, told: Told<'_>, line: Line<'_>) -> Result<(), ParseError> {
        match told {
            Told::Blank | Told::Comment => {}
            Told::Help(name, help) => {
                let draft = self.draft(name);
                if draft.help.replace(help).is_some() {
                    return Err(line.malformed("no second HELP of a metric"));
                }
            }
            Told::Type(name, kind) => {
                let has = |of_summaries| match kind {
                    Kind::Histogram => true,
                    Kind::Summary => of_summaries,
                    Kind::Counter | Kind::Gauge | Kind::Untyped => false,
                };
                let is_there = |part: &str| self.places.contains_key(&format!("{name}{part}"));
                if PARTS.iter().any(|(part, of_summaries)| has(*of_summaries) && is_there(part)) {
                    // They would be told twice.
                    return Err(line.malformed("the TYPE of a metric before its parts"));
                }
                let draft = self.draft(name);
                if draft.kind.replace(kind).is_some() {
                    return Err(line.malformed("one TYPE of a metric, before its samples"));
                }
            }
            Told::Sample(sample) => self.draft(sample.name).take(sample, line)?,
        }
        Ok(())
    }

    /// The family that a name belongs to: `x_count` to the histogram or summary `x`, if there is one.
    fn draft(&mut self, name: &str) -> &mut Draft {
        let stem = PARTS.iter().find_map(|(suffix, of_summaries)| {
            let place = *self.places.get(name.strip_suffix(suffix)?)?;
            let kind = self.drafts.get(place)?.kind;
            (kind == Some(Kind::Histogram) || (*of_summaries && kind == Some(Kind::Summary))).then_some(place)
        });
        let place = self.places.get(name).copied().or(stem).unwrap_or_else(|| {
            self.places.insert(name.to_owned(), self.drafts.len());
            self.drafts.push(Draft { name: name.to_owned(), ..Draft::default() });
            self.drafts.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found, or pushed two lines above")]
        &mut self.drafts[place]
    }
}

/// A family as far as it has been read.
#[derive(Default)]
struct Draft {
    name: String,
    help: Option<String>,
    kind: Option<Kind>,
    numbers: Vec<(Labels, Value)>,
    counted: Vec<(Labels, Counted)>,
    /// Where in `counted` the lines with these labels, sorted, belong.
    places: HashMap<Labels, usize>,
}

/// One histogram or summary; what the file does not tell of it is 0, as node_exporter has it.
#[derive(Default)]
struct Counted {
    sum: f64,
    count: f64,
    /// Bounds and values, by the order of the bounds.
    bounds: BTreeMap<u64, (f64, f64)>,
}

impl Draft {
    fn take(&mut self, sample: line::Sample<'_>, line: Line<'_>) -> Result<(), ParseError> {
        let number = line::number(sample.value).ok_or_else(|| line.malformed("a metric and a number"))?;
        match *self.kind.get_or_insert(Kind::Untyped) {
            Kind::Histogram => self.count(sample, number, "le", line),
            Kind::Summary => self.count(sample, number, "quantile", line),
            Kind::Counter | Kind::Gauge | Kind::Untyped => {
                // Not through a float, which has fewer digits.
                let value = text::parse::<u64>(sample.value).map_or(Value::Float(number), Value::Integer);
                self.numbers.push((sample.labels, value));
                Ok(())
            }
        }
    }

    fn count(
        &mut self,
        mut sample: line::Sample<'_>,
        number: f64,
        bound_label: &str,
        line: Line<'_>,
    ) -> Result<(), ParseError> {
        let bound = sample.labels.iter().position(|(name, _)| name == bound_label);
        let bound = bound.map(|place| sample.labels.remove(place).1);
        let bound = bound.map(|text| line::number(text.as_bytes()).ok_or(text)).transpose();
        let bound = bound.map_err(|_| line.malformed("a number as the label `le` or `quantile`"))?;
        let part = sample.name.strip_prefix(self.name.as_str()).unwrap_or_default();
        if matches!(part, "_count" | "_bucket") && !(number >= 0.0 && number.fract() == 0.0) {
            return Err(line.malformed("a whole number of observations"));
        }
        let counted = self.counted(sample.labels);
        match (part, bound) {
            ("_sum", _) => counted.sum = number,
            ("_count", _) => counted.count = number,
            ("_bucket" | "", Some(bound)) if part.is_empty() == (bound_label == "quantile") => {
                counted.bounds.insert(order(bound), (bound, number));
            }
            // A line that is of no use in its family is one sample of it all the same.
            _ => {}
        }
        Ok(())
    }

    fn counted(&mut self, labels: Labels) -> &mut Counted {
        let mut key = labels.clone();
        key.sort_unstable();
        let counted = &mut self.counted;
        let place = *self.places.entry(key).or_insert_with(|| {
            counted.push((labels, Counted::default()));
            counted.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found, or pushed above")]
        &mut self.counted[place].1
    }

    fn finish(self) -> Option<Family> {
        let kind = self.kind.unwrap_or(Kind::Untyped);
        let mut family = Family::new(self.name, self.help.unwrap_or_default(), kind);
        let counted = self.counted.into_iter().map(|(labels, counted)| (labels, counted.finish(kind)));
        for (labels, value) in self.numbers.into_iter().chain(counted) {
            family.push_named(labels.iter().map(|(name, value)| (name.clone(), value.as_str())), value);
        }
        (!family.is_empty()).then_some(family)
    }
}

impl Counted {
    fn finish(mut self, kind: Kind) -> Value {
        let (suffix, label) = if kind == Kind::Summary { ("", "quantile") } else { ("_bucket", "le") };
        if kind == Kind::Histogram {
            self.bounds.entry(order(f64::INFINITY)).or_insert((f64::INFINITY, self.count));
        }
        let bounds = self.bounds.into_values();
        let mut series: Vec<_> =
            bounds.map(|(bound, value)| Series { suffix, bound: Some((label, bound)), value }).collect();
        series.push(Series { suffix: "_sum", bound: None, value: self.sum });
        series.push(Series { suffix: "_count", bound: None, value: self.count });
        Value::Given(series.into())
    }
}

/// A key that sorts floats as numbers, and has one for all that are equal.
fn order(number: f64) -> u64 {
    // Makes -0 to 0.
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use seamark_kit::exposition::{Exposition, Format, encode};

    use super::*;

    /// The families as they are written again, or what is wrong with the file.
    fn told(text: &str) -> Result<String, String> {
        let families = parse(text.as_bytes()).map_err(|error| format!("line {}: {}", error.line, error.expected))?;
        let mut out = Exposition::default();
        families.into_iter().for_each(|family| out.pass_on(family));
        Ok(encode(&out, Format::Classic).unwrap())
    }

    #[test]
    fn families_come_in_the_order_of_the_file_with_all_their_digits() {
        let text = "# a comment\n#TYPE d gauge\n\n # HELP b One \\\\ line\\nand more. \n# TYPE b CoUnTeR\n\
                    b{x=\"\\\"q\\\\\\n\",y=\"\"} 18446744073709551615\n\ta +Inf\nb { z = \"é 数\" , } -3e2\na{x=\"1\"}.5\n\
                    # TYPE never gauge\n# HELP\n# HELP never\n# EOF\n";
        let expected = "# HELP b One \\\\ line\\nand more. \n# TYPE b counter\nb{x=\"\\\"q\\\\\\n\"} 18446744073709551615\n\
                        b{z=\"é 数\"} -300.0\n# HELP a \n# TYPE a untyped\na inf\na{x=\"1\"} 0.5\n";
        assert_eq!(told(text).as_deref(), Ok(expected));
    }

    #[test]
    fn histograms_and_summaries_are_passed_on_as_they_are_counted() {
        let text = "# TYPE h histogram\nh_bucket{le=\"2\",to=\"x\"} 5\nh_count{to=\"x\"} 9\nh_bucket{to=\"x\",le=\"1\"} 7\n\
                    h_sum{to=\"x\"} 1.5\nh_sum 4\nh 3\n# TYPE s summary\ns{quantile=\"0.9\"} NaN\ns{quantile=\"0.50\"} 2\n\
                    s_count 3\nh_count{to=\"y\"} 1\n";
        let expected = "# HELP h \n# TYPE h histogram\nh_bucket{to=\"x\",le=\"1\"} 7\nh_bucket{to=\"x\",le=\"2\"} 5\n\
                        h_bucket{to=\"x\",le=\"+Inf\"} 9\nh_sum{to=\"x\"} 1.5\nh_count{to=\"x\"} 9\n\
                        h_bucket{le=\"+Inf\"} 0\nh_sum 4\nh_count 0\n\
                        h_bucket{to=\"y\",le=\"+Inf\"} 1\nh_sum{to=\"y\"} 0\nh_count{to=\"y\"} 1\n\
                        # HELP s \n# TYPE s summary\ns{quantile=\"0.5\"} 2\ns{quantile=\"0.9\"} NaN\ns_sum 0\ns_count 3\n";
        assert_eq!(told(text).as_deref(), Ok(expected));
    }

    #[test]
    fn one_line_that_is_not_in_the_format_costs_the_file() {
        let cases = [
            ("a 1\nb 2", "line 2: the end of the line"),
            ("a 1\n# HELP", "line 2: the end of the line"),
            ("a 1\nb\n", "line 2: a metric and a number"),
            ("a 0x10\n", "line 1: a metric and a number"),
            ("a 1e400\n", "line 1: a metric and a number"),
            ("a 1\r\n", "line 1: a metric and a number"),
            ("a 1 \n", "line 1: nothing behind the number"),
            ("a 1 1785000000000\n", "line 1: no time behind the number: it is that of the scrape"),
            ("a 1 x\n", "line 1: nothing behind the number"),
            ("1a 1\n", "line 1: the name of a metric"),
            ("{\"a\"} 1\n", "line 1: the name of a metric"),
            ("a-b 1\n", "line 1: a space behind the name of the metric"),
            ("a{1=\"\"} 1\n", "line 1: labels such as `{name=\"value\"}`"),
            ("a{x:y=\"\"} 1\n", "line 1: labels such as `{name=\"value\"}`"),
            ("a{x=\"1\"y=\"2\"} 1\n", "line 1: labels such as `{name=\"value\"}`"),
            ("a{,} 1\n", "line 1: labels such as `{name=\"value\"}`"),
            ("a{x=\"1} 1\n", "line 1: labels such as `{name=\"value\"}`"),
            ("a{x=\"\\t\"} 1\n", "line 1: only `\\\\`, `\\\"` and `\\n` behind a backslash"),
            ("a{x=\"1\",x=\"2\"} 1\n", "line 1: each label once"),
            ("a{__name__=\"b\"} 1\n", "line 1: a label name that is not reserved"),
            ("# TYPE a gauge\n# TYPE a gauge\n", "line 2: one TYPE of a metric, before its samples"),
            ("a 1\n# TYPE a gauge\n", "line 2: one TYPE of a metric, before its samples"),
            ("a_sum 1\n# TYPE a histogram\n", "line 2: the TYPE of a metric before its parts"),
            ("# HELP a x\n# HELP a x\n", "line 2: no second HELP of a metric"),
            ("# HELP a \\x\n", "line 1: only `\\\\` and `\\n` behind a backslash"),
            ("# TYPE a gauge \n", "line 1: `counter`, `gauge`, `histogram`, `summary` or `untyped`"),
            ("# TYPE a-b gauge\n", "line 1: the name of a metric"),
            ("# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "line 2: a number as the label `le` or `quantile`"),
            ("# TYPE h histogram\nh_bucket{le=\"1\"} 1.5\n", "line 2: a whole number of observations"),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), Err(expected.to_owned()), "{text}");
        }
        assert_eq!(parse(b"a{x=\"\xFF\"} 1\n").unwrap_err().expected, "a label value in UTF-8");
    }

    proptest! {
        #[test]
        fn what_is_read_and_written_is_read_in_the_same_way(
            text in "((# (HELP|TYPE) )?(a|b)(_sum|_count|_bucket)?(\\{(x|le|quantile)=\"(1|\\\\\\\\|é)?\"\\})? (1|histogram|summary|NaN|2e300|-1)\n){0,8}"
        ) {
            if let Ok(once) = told(&text) {
                prop_assert_eq!(told(&once), Ok(once.clone()));
            }
        }
    }
}
