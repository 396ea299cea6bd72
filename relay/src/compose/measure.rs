//! The alerts whose names the relay knows: what they measure, and what they are called in the reader's language.

use super::alert::{NAME, annotation};
use super::catalogue::Arg;
use super::unit::{Unit, people};
use super::{Voice, excerpt};
use crate::alert::Alert;

/// A rule of the project that measures something.
struct Measure {
    alert: &'static str,
    unit: Unit,
    /// The label that says of what, where a host has several.
    object: Option<&'static str>,
}

const MEASURES: &[Measure] = &[
    Measure { alert: "HostCpuHigh", unit: Unit::Usage, object: None },
    Measure { alert: "HostMemoryHigh", unit: Unit::Usage, object: None },
    Measure { alert: "HostSwapHigh", unit: Unit::Usage, object: None },
    Measure { alert: "HostDiskSpaceHigh", unit: Unit::Usage, object: Some("mountpoint") },
    Measure { alert: "HostInodesHigh", unit: Unit::Usage, object: Some("mountpoint") },
    Measure { alert: "HostNetworkReceiveHigh", unit: Unit::BitsPerSecond, object: Some("device") },
    Measure { alert: "HostNetworkTransmitHigh", unit: Unit::BitsPerSecond, object: Some("device") },
    Measure { alert: "HostConnectionsHigh", unit: Unit::Count, object: None },
];

/// Rules of the project that do not measure; `alert-name` of the catalogues has words for these and for [`MEASURES`].
const STATES: &[&str] = &[
    "HostDown",
    "DockerUnavailable",
    "SeamarkRelayDown",
    "ContainerCrashed",
    "ContainerExitedUnexpectedly",
    "ContainerRestarted",
    "ContainerRestartLoop",
    "ContainerUnhealthyEvent",
    "ContainerRemovedUnexpectedly",
    "ContainerStopped",
    "ContainerStarted",
];

/// What a rule of the project is called in the reader's language; `None` for everybody else's rules.
pub(crate) fn known_name(voice: &Voice, name: &str) -> Option<String> {
    let mut names = MEASURES.iter().map(|measure| measure.alert).chain(STATES.iter().copied());
    let known = names.find(|known| *known == name)?;
    Some(voice.words("alert-name", &[("alert", Arg::Choice(known))]))
}

/// What an alert measured: `85.2% (threshold 80%)`.
pub(super) struct Reading {
    /// What was measured, such as `Disk usage (/data)`; `None` where the rule is not known.
    pub(super) name: Option<String>,
    /// How much there is, or was.
    pub(super) value: String,
    /// How much is too much.
    pub(super) threshold: Option<String>,
}

impl Reading {
    /// `None` where the alert has no annotation `value`.
    pub(super) fn of(voice: &Voice, alert: &Alert) -> Option<Self> {
        let measure = MEASURES.iter().find(|measure| measure.alert == alert.name());
        let unit = annotation(alert, "unit").and_then(Unit::from_word);
        let unit = unit.or(measure.map(|measure| measure.unit)).unwrap_or(Unit::Count);
        let name = measure.and_then(|measure| {
            let words = known_name(voice, measure.alert)?;
            let object = measure.object.and_then(|label| alert.labels.get(label));
            Some(match object {
                Some(object) => voice.words(
                    "measure-of",
                    &[("measure", Arg::from(&words)), ("object", Arg::from(&excerpt(object, NAME)))],
                ),
                None => words,
            })
        });
        let in_words = |text: &str| excerpt(&people(voice, text, unit), NAME);
        Some(Self {
            name,
            value: in_words(annotation(alert, "value")?),
            threshold: annotation(alert, "threshold").map(in_words),
        })
    }

    /// Value and threshold.
    pub(super) fn words(&self, voice: &Voice) -> String {
        match &self.threshold {
            Some(threshold) => {
                voice.words("reading", &[("value", Arg::from(&self.value)), ("threshold", Arg::from(threshold))])
            }
            None => self.value.clone(),
        }
    }

    /// What was measured and how much of it; `None` where the rule is not known.
    pub(super) fn summary(&self, voice: &Voice) -> Option<String> {
        let value = ("value", Arg::from(&self.words(voice)));
        Some(voice.words("measure-is", &[("measure", Arg::from(self.name.as_ref()?)), value]))
    }
}
