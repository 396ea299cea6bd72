//! Families as plain data: what collectors fill and the encoder reads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

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
    Histogram(Histogram),
    /// The series of a histogram or summary as somebody else has counted it.
    Given(Vec<Series>),
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

/// Label names and values in the order in which they are written. Values may hold any text; the encoder escapes it.
pub type Labels = Vec<(Cow<'static, str>, String)>;

/// Labels that many samples have in common, written before those of their own. A clone shares them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommonLabels(Arc<[(Cow<'static, str>, String)]>);

impl CommonLabels {
    /// The labels in the order in which they are written; those with an empty value are left out.
    pub fn new(labels: impl IntoIterator<Item = (Cow<'static, str>, String)>) -> Self {
        Self(labels.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }
}

/// One line of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its labels; a label with an empty value is left out.
    pub labels: Labels,
    /// Its value.
    pub value: Value,
}

/// All samples of one metric name.
///
/// The name is the whole one, `_total` of a counter included; the help is static text without backslash or newline.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The whole metric name.
    pub name: Cow<'static, str>,
    /// One sentence for the `# HELP` line.
    pub help: Cow<'static, str>,
    /// What the values mean.
    pub kind: Kind,
    /// The samples, in the order in which they are written.
    pub samples: Vec<Sample>,
    /// Given by somebody else, and passed on: it gives way to a family of ours of the same name.
    pub foreign: bool,
}

impl Family {
    /// Adds a sample with these labels.
    pub fn push(&mut self, labels: &[(&'static str, &str)], value: impl Into<Value>) -> &mut Self {
        let labels = labels
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (Cow::Borrowed(*name), (*value).to_owned()))
            .collect();
        self.samples.push(Sample { labels, value: value.into() });
        self
    }

    /// Adds a sample with the labels that it has in common with others, and its own behind them.
    pub fn push_with(
        &mut self,
        common: &CommonLabels,
        own: &[(&'static str, &str)],
        value: impl Into<Value>,
    ) -> &mut Self {
        self.push(own, value);
        if let Some(sample) = self.samples.last_mut() {
            sample.labels.splice(0..0, common.0.iter().cloned());
        }
        self
    }

    /// Adds a sample without labels.
    pub fn set(&mut self, value: impl Into<Value>) -> &mut Self {
        self.push(&[], value)
    }
}

/// Everything one scrape answers, in the order in which it was added. A clone shares the families.
#[derive(Debug, Clone, Default)]
pub struct Exposition {
    known: Arc<Known>,
    gave_way: Vec<Cow<'static, str>>,
}

/// Each family is shared by itself: what a collector told last is told again without a copy.
#[derive(Debug, Clone, Default)]
struct Known {
    families: Vec<Arc<Family>>,
    places: HashMap<Cow<'static, str>, usize>,
}

impl Known {
    /// Mostly it is the family that was just added to.
    fn find(&mut self, name: &str) -> Option<&mut Arc<Family>> {
        if self.families.last().is_some_and(|family| family.name == name) {
            return self.families.last_mut();
        }
        let place = *self.places.get(name)?;
        self.families.get_mut(place)
    }

    fn push(&mut self, family: Arc<Family>) {
        self.places.insert(family.name.clone(), self.families.len());
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
            let (name, help) = (name.clone(), help.into());
            known.push(Arc::new(Family { name, help, kind, samples: Vec::new(), foreign: false }));
        } else if let Some(family) = known.find(&name).filter(|family| family.foreign) {
            self.gave_way.push(name.clone());
            let name = name.clone();
            *family = Arc::new(Family { name, help: help.into(), kind, samples: Vec::new(), foreign: false });
        }
        #[expect(clippy::unwrap_used, reason = "found, or pushed above")]
        Arc::make_mut(known.find(&name).unwrap())
    }

    /// Adds a family that somebody else gave. Where there is one of that name, its samples are joined to a foreign one,
    /// and left out for one of ours; see [`gave_way`](Self::gave_way).
    pub fn pass_on(&mut self, family: Family) {
        self.add(Arc::new(Family { foreign: true, ..family }));
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
        families.into_iter().for_each(|family| self.add(family));
    }

    fn add(&mut self, family: Arc<Family>) {
        let known = Arc::make_mut(&mut self.known);
        match known.find(&family.name) {
            None => known.push(family),
            Some(there) if there.foreign == family.foreign => {
                Arc::make_mut(there).samples.extend(family.samples.iter().cloned());
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
