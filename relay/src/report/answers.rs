//! Asks Prometheus everything at once, and keeps the answers by name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use super::queries::{OLDEST_CONTAINER, QUESTIONS, Words};
use super::{Gap, Section, Spec, Window};
use crate::api::ApiError;
use crate::prometheus::{Prometheus, Sample, Series};

/// Numbers by the values of some labels, such as host and container.
pub(super) type Table = BTreeMap<Vec<String>, f64>;

/// What Prometheus said, and what it did not.
#[derive(Debug, Default)]
pub(super) struct Answers {
    now: BTreeMap<&'static str, Vec<Sample>>,
    before: BTreeMap<&'static str, Vec<Sample>>,
    lines: BTreeMap<&'static str, Vec<Series>>,
    missing: BTreeSet<&'static str>,
    why: Option<String>,
    answered: bool,
}

impl Answers {
    /// The numbers of a question; nothing where it has no answer. What is not finite says nothing.
    pub fn table(&self, key: &str, labels: &[&str]) -> Table {
        table(self.now.get(key), labels)
    }

    /// The same of the window before.
    pub fn table_before(&self, key: &str, labels: &[&str]) -> Table {
        table(self.before.get(key), labels)
    }

    /// Lines over the window.
    pub fn lines(&self, key: &str) -> &[Series] {
        self.lines.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether anything at all was answered.
    pub fn any(&self) -> bool {
        self.answered
    }

    /// What is missing, as the report says it.
    pub fn gap(&self) -> Option<Gap> {
        let what = self.missing.iter().map(|what| (*what).to_owned()).collect();
        self.why.clone().map(|why| Gap::Prometheus { what, why })
    }

    fn keep<T>(
        &mut self,
        key: &'static str,
        answer: Result<Vec<T>, ApiError>,
        place: fn(&mut Self) -> &mut BTreeMap<&'static str, Vec<T>>,
    ) {
        match answer {
            Ok(found) => {
                self.answered = true;
                place(self).insert(key, found);
            }
            Err(error) => {
                self.missing.insert(key);
                self.why.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

fn table(samples: Option<&Vec<Sample>>, labels: &[&str]) -> Table {
    let key = |sample: &Sample| -> Vec<String> {
        labels.iter().map(|label| sample.labels.get(*label).cloned().unwrap_or_default()).collect()
    };
    let finite = samples.into_iter().flatten().filter(|sample| sample.value.is_finite());
    finite.map(|sample| (key(sample), sample.value)).collect()
}

/// Asks everything that the sections need. `lines`: names and expressions of what is wanted as lines, each with its
/// step.
pub(super) async fn ask(
    prometheus: &Prometheus,
    spec: &Spec,
    window: Window,
    lines: &[(&'static str, &'static str, Duration)],
) -> Answers {
    let mut words = Words::new(&spec.hosts, window.length());
    let wanted = |section| spec.has(section) || spec.has(Section::Records);
    if wanted(Section::Containers)
        && let Ok(oldest) = prometheus.instant(&words.put_into(OLDEST_CONTAINER), window.to).await
    {
        let age = oldest.first().and_then(|sample| Duration::try_from_secs_f64(sample.value).ok());
        words = words.with_life(age.unwrap_or_default());
    }
    let questions = || QUESTIONS.iter().filter(|question| wanted(question.section));
    let instants = questions()
        .map(|question| (question, window.to))
        .chain(questions().filter(|question| question.before).map(|question| (question, window.from)));
    let instants = instants.map(|(question, at)| {
        let expr = words.put_into(question.expr);
        async move { (question.key, at, prometheus.instant(&expr, at).await) }
    });
    let ranges = lines.iter().map(|(key, expr, step)| {
        let expr = words.put_into(expr);
        async move { (*key, prometheus.range(&expr, window.from, window.to, *step).await) }
    });
    let (instants, ranges): (Vec<_>, Vec<_>) = join(join_all(instants), join_all(ranges)).await;
    let mut answers = Answers::default();
    for (key, at, answer) in instants {
        answers.keep(key, answer, if at == window.to { |all| &mut all.now } else { |all| &mut all.before });
    }
    for (key, answer) in ranges {
        answers.keep(key, answer, |all| &mut all.lines);
    }
    answers
}

/// The moments at which a range has its points.
pub(super) fn moments(window: Window, step: Duration) -> Vec<Timestamp> {
    let count = window.length().as_millis() / step.as_millis().max(1);
    let at = |index| window.from.checked_add(step.saturating_mul(index)).ok();
    (0..=u32::try_from(count).unwrap_or(u32::MAX)).map_while(at).collect()
}

/// The points of a line in the order of [`moments`]; none where there was none.
pub(crate) fn on_the_grid(series: &Series, window: Window, step: Duration, count: usize) -> Vec<Option<f64>> {
    let mut points = vec![None; count];
    let step = step.as_millis().max(1);
    for (at, value) in series.points.iter().filter(|(_, value)| value.is_finite()) {
        let offset = Duration::try_from(at.duration_since(window.from)).unwrap_or_default().as_millis();
        let place = usize::try_from((offset + step / 2) / step).ok().and_then(|index| points.get_mut(index));
        if let Some(place) = place {
            *place = Some(*value);
        }
    }
    points
}
