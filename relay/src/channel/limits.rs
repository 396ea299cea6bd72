//! Every limit of every service, in one table: what may be how long, in which unit, and who says so.
//!
//! The channels lay messages out by it, `preview` shows a meter for each row, and the stand-ins of the tests refuse by it.

pub mod discord;

/// How a service counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Unicode code points.
    Points,
    /// Bytes of UTF-8.
    Bytes,
    /// Things, such as embeds or buttons.
    Pieces,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited, as the service calls it, such as `embed title`.
    pub what: &'static str,
    /// The most that the service takes.
    pub most: usize,
    /// What it counts.
    pub unit: Unit,
    /// Who says so.
    pub source: &'static str,
}

impl Limit {
    /// So many code points at most.
    pub const fn points(what: &'static str, most: usize, source: &'static str) -> Self {
        Self { what, most, unit: Unit::Points, source }
    }

    /// So many bytes at most.
    pub const fn bytes(what: &'static str, most: usize, source: &'static str) -> Self {
        Self { what, most, unit: Unit::Bytes, source }
    }

    /// So many things at most.
    pub const fn pieces(what: &'static str, most: usize, source: &'static str) -> Self {
        Self { what, most, unit: Unit::Pieces, source }
    }

    /// What a payload uses of it, where the largest of several places counts; nothing where there is none.
    pub fn worst(&'static self, used: impl IntoIterator<Item = usize>) -> Meter {
        Meter { limit: self, used: used.into_iter().max().unwrap_or(0) }
    }
}

/// How much of a limit a payload uses: the worst place of it, where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meter {
    /// The row.
    pub limit: &'static Limit,
    /// What is used of it.
    pub used: usize,
}
