//! Families as plain data: what collectors fill and the encoder reads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

/// What a family's values mean, as written in its `# TYPE` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up, or restarts from zero.
    Counter,
    /// Goes both ways.
    Gauge,
    /// `untyped` in the classic format, `unknown` in OpenMetrics.
    Untyped,
    /// Observations counted by size.
    Histogram,
    /// Observations with their quantiles; only ever [given](Value::Given).
    Summary,
}

/// A sample's value. Whole numbers keep all their digits and are written without a decimal point.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(u64),
    /// Any other number, `NaN` and the infinities included.
    Float(f64),
    /// The buckets of a [`Kind::Histogram`] family.
    Histogram(Box<Histogram>),
    /// The series of a histogram or summary as somebody else has counted it.
    Given(Box<[Series]>),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// One histogram: `(upper bound, observations in this bucket alone)`, the last bound being infinite.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Sum of all observations.
    pub sum: f64,
    /// Observations per bucket, not cumulated.
    pub buckets: Vec<(f64, u64)>,
}

/// One series of a histogram or summary, in the order in which they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What is put behind the name of the family: `_bucket`, `_sum`, `_count`, or nothing for a quantile.
    pub suffix: &'static str,
    /// Its own label, `le` or `quantile`, beside those of the sample.
    pub bound: Option<(&'static str, f64)>,
    /// Its value.
    pub value: f64,
}

/// Labels that many samples have in common, written before those of their own. A clone shares them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommonLabels(Arc<Common>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Common {
    labels: Box<[(Cow<'static, str>, String)]>,
    /// As they are written, up to the name of the last one: hundreds of samples have them, and few of the values anything
    /// to escape.
    head: String,
}

impl CommonLabels {
    /// The labels in the order in which they are written; those with an empty value are left out.
    pub fn new(labels: impl IntoIterator<Item = (Cow<'static, str>, String)>) -> Self {
        let labels: Box<[_]> = labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let mut head = String::new();
        if let Some(((last, _), others)) = labels.split_last() {
            for (name, value) in others {
                head.extend([name, "=\""]);
                // A string takes everything.
                let _ = escape(&mut head, value);
                head.push_str("\",");
            }
            head.push_str(last);
        }
        Self(Arc::new(Common { labels, head }))
    }

    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.labels.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    fn is_empty(&self) -> bool {
        self.0.labels.is_empty()
    }

    /// All as one: what stands before the value of the last one, and that value.
    pub(super) fn as_one(&self) -> Option<(&str, &str)> {
        self.0.labels.last().map(|(_, value)| (self.0.head.as_str(), value.as_str()))
    }
}

/// Writes the value of a label.
pub(super) fn escape(out: &mut impl fmt::Write, value: &str) -> fmt::Result {
    value.chars().try_for_each(|character| match character {
        '\\' => out.write_str("\\\\"),
        '"' => out.write_str("\\\""),
        '\n' => out.write_str("\\n"),
        other => out.write_char(other),
    })
}

/// All samples of one metric name.
///
/// The name is the whole one, `_total` of a counter included; the help is static text without backslash or newline.
#[derive(Debug, Clone)]
pub struct Family {
    /// The whole metric name.
    pub name: Cow<'static, str>,
    /// One sentence for the `# HELP` line.
    pub help: Cow<'static, str>,
    /// What the values mean.
    pub kind: Kind,
    /// Given by somebody else, and passed on: it gives way to a family of ours of the same name.
    pub foreign: bool,
    /// Most families have one.
    rows: SmallVec<[Row; 1]>,
    /// The labels of all samples, one behind the other: thousands of texts of their own were a tenth of a scrape.
    labels: Vec<Label>,
    text: String,
}

#[derive(Debug, Clone)]
struct Row {
    common: Option<CommonLabels>,
    value: Value,
    /// Where in `labels` its own end; they begin where those of the row before end.
    end: u32,
}

#[derive(Debug, Clone)]
struct Label {
    name: Cow<'static, str>,
    /// Where in `text` its value ends; it begins where that of the label before ends.
    end: u32,
}

/// One line of a family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    /// Its labels.
    pub labels: Labels<'a>,
    /// Its value.
    pub value: &'a Value,
}

/// The labels of one sample, in the order in which they are written. Values may hold any text; the encoder escapes it.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    common: Option<&'a CommonLabels>,
    own: &'a [Label],
    text: &'a str,
    /// Where the value of the first one begins.
    start: usize,
}

impl<'a> Labels<'a> {
    /// Name and value of each.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.common.into_iter().flat_map(CommonLabels::iter).chain(self.own())
    }

    /// Those that it has in common with others.
    pub(super) const fn common(self) -> Option<&'a CommonLabels> {
        self.common
    }

    /// Name and value of each that is its own.
    pub(super) fn own(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut start = self.start;
        self.own.iter().map(move |label| {
            let end = label.end as usize;
            let value = self.text.get(start..end).unwrap_or_default();
            start = end;
            (label.name.as_ref(), value)
        })
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.own.is_empty() && self.common.is_none_or(CommonLabels::is_empty)
    }

    /// The value of the label of this name.
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }
}

impl fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for Labels<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.help == other.help
            && self.kind == other.kind
            && self.foreign == other.foreign
            && self.samples().eq(other.samples())
    }
}

impl Family {
    /// A family without samples.
    pub fn new(name: impl Into<Cow<'static, str>>, help: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        let (name, help) = (name.into(), help.into());
        Self { name, help, kind, foreign: false, rows: SmallVec::new(), labels: Vec::new(), text: String::new() }
    }

    /// Adds a sample with these labels; one with an empty value is left out.
    pub fn push(&mut self, labels: &[(&'static str, &str)], value: impl Into<Value>) -> &mut Self {
        self.label(labels.iter().map(|(name, value)| (Cow::Borrowed(*name), *value)));
        self.end(None, value.into())
    }

    /// Adds a sample unless there is one with the same labels.
    pub fn push_once(&mut self, labels: &[(&'static str, &str)], value: impl Into<Value>) -> &mut Self {
        let is_there = |sample: Sample<'_>| {
            let labels = labels.iter().copied().filter(|(_, value)| !value.is_empty());
            sample.labels.iter().eq(labels)
        };
        if self.samples().any(is_there) { self } else { self.push(labels, value) }
    }

    /// Adds a sample with the labels that it has in common with others, and its own behind them.
    pub fn push_with(
        &mut self,
        common: &CommonLabels,
        own: &[(&'static str, &str)],
        value: impl Into<Value>,
    ) -> &mut Self {
        self.label(own.iter().map(|(name, value)| (Cow::Borrowed(*name), *value)));
        self.end(Some(common.clone()), value.into())
    }

    /// Adds a sample whose labels have names that are not known beforehand.
    pub fn push_named<'a>(
        &mut self,
        labels: impl IntoIterator<Item = (Cow<'static, str>, &'a str)>,
        value: impl Into<Value>,
    ) -> &mut Self {
        self.label(labels);
        self.end(None, value.into())
    }

    /// Adds a sample without labels.
    pub fn set(&mut self, value: impl Into<Value>) -> &mut Self {
        self.end(None, value.into())
    }

    /// Adds a copy of those samples of `other` that are wanted; returns whether all were.
    pub fn join(&mut self, other: &Self, mut wanted: impl FnMut(Sample<'_>) -> bool) -> bool {
        let mut all = true;
        let mut start = 0;
        for (row, sample) in other.rows.iter().zip(other.samples()) {
            let own = other.labels.get(start..row.end as usize).unwrap_or_default();
            start = row.end as usize;
            if wanted(sample) {
                let values = Labels { common: None, ..sample.labels };
                self.label(own.iter().zip(values.iter()).map(|(label, (_, value))| (label.name.clone(), value)));
                self.end(row.common.clone(), row.value.clone());
            } else {
                all = false;
            }
        }
        all
    }

    /// Takes all samples away.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.labels.clear();
        self.text.clear();
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The samples, in the order in which they are written.
    pub fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        let (mut start, mut text_start) = (0, 0);
        self.rows.iter().map(move |row| {
            let end = row.end as usize;
            let own = self.labels.get(start..end).unwrap_or_default();
            let labels = Labels { common: row.common.as_ref(), own, text: &self.text, start: text_start };
            start = end;
            text_start = own.last().map_or(text_start, |label| label.end as usize);
            Sample { labels, value: &row.value }
        })
    }

    fn label<'a>(&mut self, labels: impl IntoIterator<Item = (Cow<'static, str>, &'a str)>) {
        for (name, value) in labels {
            // Beyond 4 GB of labels in one family nothing would be answered in any case.
            if !value.is_empty() && self.text.len() + value.len() <= u32::MAX as usize {
                self.text.push_str(value);
                self.labels.push(Label { name, end: self.text.len() as u32 });
            }
        }
    }

    fn end(&mut self, common: Option<CommonLabels>, value: Value) -> &mut Self {
        self.rows.push(Row { common, value, end: self.labels.len() as u32 });
        self
    }
}

/// Everything one scrape answers, in the order in which it was added. A clone shares the families.
#[derive(Debug, Clone, Default)]
pub struct Exposition {
    known: Arc<Known>,
    gave_way: Vec<Cow<'static, str>>,
}

/// So many are looked through quicker than they are hashed: what most collectors have.
const FEW: usize = 32;

/// Each family is shared by itself: what a collector told last is told again without a copy.
#[derive(Debug, Clone, Default)]
struct Known {
    families: Vec<Arc<Family>>,
    /// By name, once there are more than a few.
    places: HashMap<Cow<'static, str>, usize>,
}

impl Known {
    /// Mostly it is the family that was just added to.
    fn find(&mut self, name: &str) -> Option<&mut Arc<Family>> {
        if self.families.last().is_some_and(|family| family.name == name) {
            return self.families.last_mut();
        }
        if self.families.len() <= FEW {
            return self.families.iter_mut().find(|family| family.name == name);
        }
        let place = *self.places.get(name)?;
        self.families.get_mut(place)
    }

    fn push(&mut self, family: Arc<Family>) {
        match self.families.len() {
            few if few < FEW => {}
            FEW => {
                let families = self.families.iter().enumerate();
                self.places.reserve(FEW * 16);
                self.places.extend(families.map(|(place, family)| (family.name.clone(), place)));
                self.places.insert(family.name.clone(), FEW);
            }
            many => {
                self.places.insert(family.name.clone(), many);
            }
        }
        self.families.push(family);
    }
}

impl PartialEq for Exposition {
    fn eq(&self, other: &Self) -> bool {
        self.known.families == other.known.families && self.gave_way == other.gave_way
    }
}

impl Exposition {
    /// The family of that name, created on first use; asked for again it is the same one, so that no name is
    /// written twice. Kind and help are those of the first call.
    pub fn family(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
        kind: Kind,
    ) -> &mut Family {
        let name = name.into();
        let known = Arc::make_mut(&mut self.known);
        if known.find(&name).is_none() {
            known.push(Arc::new(Family::new(name.clone(), help, kind)));
        } else if let Some(family) = known.find(&name).filter(|family| family.foreign) {
            self.gave_way.push(name.clone());
            *family = Arc::new(Family::new(name.clone(), help, kind));
        }
        #[expect(clippy::unwrap_used, reason = "found, or pushed above")]
        Arc::make_mut(known.find(&name).unwrap())
    }

    /// Adds a family that somebody else gave. Where there is one of that name, its samples are joined to a foreign one,
    /// and left out for one of ours; see [`gave_way`](Self::gave_way).
    pub fn pass_on(&mut self, family: Family) {
        self.put(Arc::new(Family { foreign: true, ..family }));
    }

    /// The names of foreign families that were left out, because one of ours has the same name.
    pub fn gave_way(&self) -> &[Cow<'static, str>] {
        &self.gave_way
    }

    /// A counter family; its name ends in `_total`.
    pub fn counter(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, Kind::Counter)
    }

    /// A gauge family.
    pub fn gauge(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, Kind::Gauge)
    }

    /// An untyped family, for values whose meaning the source does not tell.
    pub fn untyped(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, Kind::Untyped)
    }

    /// The families added so far.
    pub fn families(&self) -> &[Arc<Family>] {
        &self.known.families
    }

    /// Adds everything of `other` behind what is here; families of the same name are joined.
    pub fn append(&mut self, other: Self) {
        self.gave_way.extend(other.gave_way);
        let families = Arc::try_unwrap(other.known).map_or_else(|shared| shared.families.clone(), |own| own.families);
        families.into_iter().for_each(|family| self.put(family));
    }

    /// Adds a whole family; its samples are joined to those of one of the same name.
    pub fn add(&mut self, family: Family) {
        self.put(Arc::new(family));
    }

    fn put(&mut self, family: Arc<Family>) {
        let known = Arc::make_mut(&mut self.known);
        match known.find(&family.name) {
            None => known.push(family),
            Some(there) if there.foreign == family.foreign => {
                Arc::make_mut(there).join(&family, |_| true);
            }
            // One of ours wins over a foreign one, whichever came first.
            Some(there) => {
                self.gave_way.push(family.name.clone());
                if there.foreign {
                    *there = family;
                }
            }
        }
    }
}
