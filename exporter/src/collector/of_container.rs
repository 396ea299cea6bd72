//! What the collectors of containers have in common: a table of families, each told of every container.

use std::sync::Arc;

use seamark_kit::exposition::{Exposition, Kind, Value};

use crate::cgroup::Place;

/// A container and what was read of it.
pub(super) type Readings<R> = Vec<(Arc<Place>, R)>;

/// One family, and where its value is in a reading; `None` leaves the container out.
pub(super) struct Told<R> {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [(&'static str, &'static str)],
    pub(super) value: fn(&R) -> Option<Value>,
}

impl<R> Told<R> {
    pub(super) const fn counter(name: &'static str, help: &'static str, value: fn(&R) -> Option<Value>) -> Self {
        Self::part(name, help, &[], value)
    }

    /// One of several series of a counter for each container.
    pub(super) const fn part(
        name: &'static str,
        help: &'static str,
        labels: &'static [(&'static str, &'static str)],
        value: fn(&R) -> Option<Value>,
    ) -> Self {
        Self { name, help, kind: Kind::Counter, labels, value }
    }

    pub(super) const fn gauge(name: &'static str, help: &'static str, value: fn(&R) -> Option<Value>) -> Self {
        Self { name, help, kind: Kind::Gauge, labels: &[], value }
    }
}

/// Tells every family of every container.
pub(super) fn tell<R>(families: &[Told<R>], readings: &Readings<R>, out: &mut Exposition) {
    for told in families {
        // A family that nobody has is not there at all.
        let mut samples =
            readings.iter().filter_map(|(place, reading)| Some((place, (told.value)(reading)?))).peekable();
        if samples.peek().is_some() {
            let family = out.family(told.name, told.help, told.kind);
            for (place, value) in samples {
                family.push_with(&place.running().labels, told.labels, value);
            }
        }
    }
}
