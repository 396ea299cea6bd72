//! `rate_limit`: a bucket of requests that fills up again. A pure function of the requests before and the clock.

use std::time::{Duration, Instant};

/// One request each interval, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) interval: Duration,
    pub(super) burst: u32,
}

/// What is left of it.
#[derive(Debug, Default)]
pub(super) struct Bucket(Option<(Rate, f64, Instant)>);

impl Bucket {
    /// Takes a request out; `Err`: it is one too many, and may be tried again after this long.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let burst = f64::from(rate.burst);
        let level = match self.0 {
            Some((before, level, at)) if before == rate => {
                let passed = now.saturating_duration_since(at).as_secs_f64();
                (level + passed / rate.interval.as_secs_f64()).min(burst)
            }
            // The first one, or the limit is another than before.
            _ => burst,
        };
        let (level, taken) = if level >= 1.0 {
            (level - 1.0, Ok(()))
        } else {
            (level, Err(rate.interval.mul_f64((1.0 - level).clamp(0.0, 1.0))))
        };
        self.0 = Some((rate, level, now));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_each_interval() {
        let rate = Rate { interval: Duration::from_secs(2), burst: 3 };
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        let mut passed =
            |after| (0..10).filter(|_| bucket.take(rate, start + Duration::from_secs(after)).is_ok()).count();
        assert_eq!([passed(0), passed(1), passed(2), passed(6), passed(600)], [3, 0, 1, 2, 3]);
        assert_eq!(bucket.take(rate, start + Duration::from_secs(600)), Err(Duration::from_secs(2)));
        let more = Rate { burst: 4, ..rate };
        assert!(bucket.take(more, start + Duration::from_secs(600)).is_ok(), "another limit begins anew");
    }
}
