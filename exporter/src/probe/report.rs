//! What one run of a probe finds out: facts that become metrics, and lines for people.

use std::fmt;
use std::time::{Duration, Instant};

use seamark_kit::exposition::{CommonLabels, Exposition};

use super::metric::{self, Metric};

/// Lines of one run that are kept: an endless chain of messages must not fill the memory.
const MOST_LINES: usize = 200;

/// Why a probe failed, in words that hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// Shorthand for a failure.
pub fn failure<T>(why: impl fmt::Display) -> Result<T, Failure> {
    Err(Failure(why.to_string()))
}

#[derive(Debug, Clone, PartialEq)]
struct Fact {
    metric: Metric,
    labels: Vec<(&'static str, String)>,
    value: f64,
}

/// Filled while a probe runs. It is what is left when the deadline ends the run.
#[derive(Debug, Clone)]
pub struct Report {
    started: Instant,
    until: Instant,
    facts: Vec<Fact>,
    lines: Vec<(Duration, String)>,
    failed: Option<Failure>,
}

impl Report {
    /// An empty one of a run that begins now and has so long.
    pub fn new(timeout: Duration) -> Self {
        let started = Instant::now();
        Self { started, until: started + timeout, facts: Vec::new(), lines: Vec::new(), failed: None }
    }

    /// What is left of the time.
    pub fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// States the one value of a metric without labels, in place of an earlier one.
    pub fn set(&mut self, metric: Metric, value: impl Into<f64>) {
        self.set_with(metric, &[], value);
    }

    /// States a value with labels, in place of an earlier one with the same labels.
    pub fn set_with(&mut self, metric: Metric, labels: &[(&'static str, &str)], value: impl Into<f64>) {
        *self.value(metric, labels) = value.into();
    }

    /// Adds to what was stated so far.
    pub fn add(&mut self, metric: Metric, labels: &[(&'static str, &str)], more: f64) {
        *self.value(metric, labels) += more;
    }

    /// Takes back what was stated of a metric, whatever its labels.
    pub fn forget(&mut self, metric: Metric) {
        self.facts.retain(|fact| fact.metric != metric);
    }

    fn value(&mut self, metric: Metric, labels: &[(&'static str, &str)]) -> &mut f64 {
        let same = |fact: &Fact| {
            fact.metric == metric
                && fact.labels.iter().map(|(name, value)| (*name, value.as_str())).eq(labels.iter().copied())
        };
        let place = self.facts.iter().position(same).unwrap_or_else(|| {
            let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            self.facts.push(Fact { metric, labels, value: 0.0 });
            self.facts.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found, or pushed above")]
        &mut self.facts[place].value
    }

    /// What was stated of a metric without labels.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.get_with(metric, &[])
    }

    /// What was stated of a metric with these labels.
    pub fn get_with(&self, metric: Metric, labels: &[(&str, &str)]) -> Option<f64> {
        let same = |fact: &&Fact| {
            fact.metric == metric
                && fact.labels.iter().map(|(name, value)| (*name, value.as_str())).eq(labels.iter().copied())
        };
        self.facts.iter().find(same).map(|fact| fact.value)
    }

    /// The value of a label of the first fact of a metric.
    pub fn label(&self, metric: Metric, label: &str) -> Option<&str> {
        let fact = self.facts.iter().find(|fact| fact.metric == metric)?;
        fact.labels.iter().find(|(name, _)| *name == label).map(|(_, value)| value.as_str())
    }

    /// Writes a line for people. Nothing secret.
    pub fn say(&mut self, line: impl fmt::Display) {
        if self.lines.len() < MOST_LINES {
            self.lines.push((self.started.elapsed(), line.to_string()));
        }
    }

    /// Ends the run: `None` is a run that the deadline ended.
    pub(super) fn finish(&mut self, outcome: Option<Result<(), Failure>>) {
        let took = self.started.elapsed();
        self.failed = match outcome {
            Some(outcome) => outcome.err(),
            None => {
                let given = self.until.saturating_duration_since(self.started).as_secs_f64();
                let last = self.lines.last().map(|(_, line)| format!("; the last step was: {line}"));
                Some(Failure(format!("not done within {given} s{}", last.unwrap_or_default())))
            }
        };
        let line = match &self.failed {
            Some(why) => format!("failed: {why}"),
            None => "succeeded".to_owned(),
        };
        self.lines.push((took, line));
        self.set(metric::SUCCESS, self.failed.is_none());
        self.set(metric::DURATION, took.as_secs_f64());
    }

    /// Why it failed; `None` is success.
    pub fn failed(&self) -> Option<&Failure> {
        self.failed.as_ref()
    }

    /// The lines, each with the seconds since the beginning.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.lines.iter().map(|(at, line)| format!("{:9.6} {line}", at.as_secs_f64()))
    }

    /// Adds the facts to an answer, with these labels before those of each fact.
    pub fn tell(&self, common: &CommonLabels, out: &mut Exposition) {
        for Fact { metric, labels, value } in &self.facts {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
            out.gauge(metric.name, metric.help).push_with(common, &labels, *value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::metric::{FAILED_DUE_TO_REGEX, HTTP_DURATION, SUCCESS};
    use super::*;

    #[test]
    fn a_later_value_takes_the_place_of_an_earlier_one() {
        let mut report = Report::new(Duration::from_secs(1));
        report.set(FAILED_DUE_TO_REGEX, false);
        report.set(FAILED_DUE_TO_REGEX, true);
        report.set_with(HTTP_DURATION, &[("phase", "tls")], 1.0);
        report.add(HTTP_DURATION, &[("phase", "tls")], 0.5);
        report.add(HTTP_DURATION, &[("phase", "connect")], 0.25);
        assert_eq!(report.get(FAILED_DUE_TO_REGEX), Some(1.0));
        assert_eq!(report.get_with(HTTP_DURATION, &[("phase", "tls")]), Some(1.5));
        assert_eq!(report.get_with(HTTP_DURATION, &[("phase", "connect")]), Some(0.25));
    }

    #[test]
    fn a_run_that_the_deadline_ended_tells_its_last_step() {
        let mut report = Report::new(Duration::from_millis(250));
        report.say("connecting to 127.0.0.1:1");
        report.finish(None);
        let expected = "not done within 0.25 s; the last step was: connecting to 127.0.0.1:1";
        assert_eq!(report.failed().unwrap().0, expected);
        assert_eq!(report.get(SUCCESS), Some(0.0));
    }

    #[test]
    fn the_lines_of_a_run_have_an_end() {
        let mut report = Report::new(Duration::from_secs(1));
        (0..100_000).for_each(|number| report.say(number));
        assert_eq!(report.lines().count(), MOST_LINES);
    }
}
