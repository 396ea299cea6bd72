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

    /// The first line of each host.
    pub fn lines_by_host(&self, key: &str) -> BTreeMap<&str, &Series> {
        let mut lines = BTreeMap::new();
        for series in self.lines(key) {
            looked_at_one();
            if let Some(host) = series.labels.get("instance") {
                lines.entry(host.as_str()).or_insert(series);
            }
        }
        lines
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
    let finite = finite.inspect(|_| looked_at_one());
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

/// Counts what is looked at, in tests: it has to grow as the number of hosts and containers does, and not with its square.
pub(super) fn looked_at_one() {
    #[cfg(test)]
    tests::LOOKED_AT.with(|count| count.set(count.get() + 1));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::alert::Labels;
    use crate::report::{containers, hosts};

    thread_local! {
        pub static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// What Prometheus tells of so many hosts with so many containers each.
    fn answers(hosts: usize, containers: usize, window: Window) -> Answers {
        let mut answers = Answers::default();
        let host = |number: usize| format!("host-{number:03}");
        for question in QUESTIONS.iter().filter(|question| question.section == Section::Hosts) {
            let sample = |number: usize| {
                let of_disk = [("instance", &*host(number)), ("device", "/dev/sda"), ("mountpoint", "/")];
                Sample { labels: labels(&of_disk), value: number as f64 + 1.0 }
            };
            answers.now.insert(question.key, (0..hosts).map(sample).collect());
            answers.before.insert(question.key, (0..hosts).map(sample).collect());
        }
        for question in QUESTIONS.iter().filter(|question| question.section == Section::Containers) {
            let sample = |number: usize| {
                let (host, name) = (host(number / containers), format!("container-{}", number % containers));
                let all = [("instance", &*host), ("name", &name), ("state", "running"), ("reason", "crash")];
                Sample { labels: labels(&all), value: 1.0 }
            };
            answers.now.insert(question.key, (0..hosts * containers).map(sample).collect());
        }
        for key in ["presence", "cpu", "memory", "received", "sent"] {
            let series = |number: usize| Series {
                labels: labels(&[("instance", &host(number))]),
                points: vec![(window.from, 0.5), (window.to, 0.5)],
            };
            answers.lines.insert(key, (0..hosts).map(series).collect());
        }
        answers
    }

    fn looked_at(count: usize, of_each: usize) -> usize {
        let window = Window { from: Timestamp::UNIX_EPOCH, to: Timestamp::from_second(86_400).unwrap() };
        let answers = answers(count, of_each, window);
        LOOKED_AT.with(|looked_at| looked_at.set(0));
        let all = hosts::hosts(&answers, window);
        assert_eq!((all.len(), all[count - 1].disks.len()), (count, 1));
        assert_eq!(all[count - 1].cpu.average, Some(count as f64));
        let containers = containers::containers(&answers).unwrap();
        assert_eq!((containers.count, containers.running), ((count * of_each) as u64, (count * of_each) as u64));
        assert!(containers.list.iter().all(|one| one.exits == [("crash".to_owned(), 1)]), "{:?}", containers.list);
        hosts::charts(&answers, &all, window);
        containers::records(&answers, &all, window);
        LOOKED_AT.with(Cell::get)
    }

    #[test]
    fn twice_as_many_hosts_are_twice_the_work() {
        let (half, whole) = (looked_at(25, 40), looked_at(50, 40));
        assert!(whole.abs_diff(2 * half) <= 1, "{half}, {whole}");
        // Of each answer every line once, and of some twice.
        assert!(whole < 50 * 40 * 2 * QUESTIONS.len(), "{whole}");
        assert_eq!(looked_at(50, 120) - looked_at(50, 80), looked_at(50, 80) - whole, "nor more for more containers");
    }
}
