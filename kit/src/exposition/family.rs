//! Families as plain data: what collectors fill and the encoder reads.

use std::borrow::Cow;
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

/// Label names and values in the order in which they are written. Values may hold any text; the encoder escapes it.
pub type Labels = Vec<(Cow<'static, str>, String)>;

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

    /// Adds a sample without labels.
    pub fn set(&mut self, value: impl Into<Value>) -> &mut Self {
        self.push(&[], value)
    }
}

/// Everything one scrape answers, in the order in which it was added. A clone shares the families.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exposition {
    families: Arc<Vec<Family>>,
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
        let families = Arc::make_mut(&mut self.families);
        // From the end: mostly it is the family that was just added to.
        let at = families.iter().rposition(|family| family.name == name).unwrap_or_else(|| {
            families.push(Family { name, help: help.into(), kind, samples: Vec::new() });
            families.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found, or pushed one line above")]
        &mut families[at]
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
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Adds everything of `other` behind what is here; families of the same name are joined.
    pub fn append(&mut self, other: Self) {
        let families = Arc::try_unwrap(other.families).unwrap_or_else(|shared| (*shared).clone());
        for Family { name, help, kind, mut samples } in families {
            self.family(name, help, kind).samples.append(&mut samples);
        }
    }
}
