//! Prometheus, as far as charts of alerts need it: an alert waits for it a little, and the next ones not at all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::api::{ApiError, Problem};
use crate::prometheus::{Prometheus, Sample, Series};

/// So long an alert waits for its numbers.
const PATIENCE: Duration = Duration::from_secs(3);
/// So long nobody asks after it did not answer: each alert would wait anew.
const LULL: Duration = Duration::from_mins(1);

/// A Prometheus that may be away. Clones know of each other's waiting.
#[derive(Debug, Clone)]
pub struct Numbers {
    prometheus: Prometheus,
    lull: Arc<Mutex<Lull>>,
}

/// Until when nobody asks.
#[derive(Debug, Default)]
struct Lull(Option<Instant>);

impl Lull {
    fn is_over(&self, now: Instant) -> bool {
        self.0.is_none_or(|until| until <= now)
    }

    /// Takes note of an answer. One that refuses the question is there.
    fn note<T>(&mut self, answer: &Result<T, ApiError>, now: Instant) {
        let is_away = matches!(answer, Err(ApiError { problem: Problem::Away(_), .. }));
        self.0 = is_away.then(|| now + LULL);
    }
}

impl Numbers {
    /// Of this server.
    pub fn of(prometheus: Prometheus) -> Self {
        Self { prometheus, lull: Arc::default() }
    }

    /// What an expression was over a time; `None` where nobody knows, which the log says.
    pub(super) async fn range(
        &self,
        expr: &str,
        from: Timestamp,
        to: Timestamp,
        step: Duration,
    ) -> Option<Vec<Series>> {
        self.ask(self.prometheus.range(expr, from, to, step)).await
    }

    /// What an expression is now; `None` where nobody knows, which the log says.
    pub(super) async fn now(&self, expr: &str, at: Timestamp) -> Option<Vec<Sample>> {
        self.ask(self.prometheus.instant(expr, at)).await
    }

    async fn ask<T>(&self, question: impl Future<Output = Result<T, ApiError>>) -> Option<T> {
        if !self.lull().is_over(Instant::now()) {
            return None;
        }
        let answer = tokio::time::timeout(PATIENCE, question).await;
        let answer = answer.unwrap_or_else(|_| Err(self.prometheus.silent(PATIENCE)));
        self.lull().note(&answer, Instant::now());
        answer.map_err(|error| tracing::warn!(%error, "no numbers for an alert's chart: {error}")).ok()
    }

    fn lull(&self) -> std::sync::MutexGuard<'_, Lull> {
        self.lull.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_away_is_left_alone_for_a_minute_and_who_refuses_is_there() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let error = |problem| Err::<(), _>(ApiError { server: "Prometheus".to_owned(), problem });
        let away = error(Problem::Away("no answer within 3 s".to_owned()));
        let mut lull = Lull::default();
        assert!(lull.is_over(at(0)));
        lull.note(&away, at(3));
        assert_eq!([3, 62, 63].map(|seconds| lull.is_over(at(seconds))), [false, false, true]);
        lull.note(&away, at(66));
        lull.note(&error(Problem::Refused("bad query".to_owned())), at(67));
        assert!(lull.is_over(at(67)));
        lull.note(&away, at(70));
        lull.note(&Ok(()), at(71));
        assert!(lull.is_over(at(71)));
    }
}
