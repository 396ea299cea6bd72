//! When a scrape has to be answered.

use std::time::Duration;

/// What Prometheus waits unless it is told otherwise, and what is assumed of whoever does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Encoding and sending come after the deadline.
const MARGIN: Duration = Duration::from_millis(500);

/// A timeout below the margin would leave no time to read anything.
const SHORTEST: Duration = Duration::from_millis(100);

/// Longer than any scrape interval that Prometheus is sensibly given.
const LONGEST: Duration = Duration::from_secs(120);

/// How long the collectors may take: the scrape's timeout, as Prometheus announces it in the header
/// `X-Prometheus-Scrape-Timeout-Seconds`, less half a second for sending. Between 0.1 s and 120 s; without a header, or
/// with one that is no number, 9.5 s.
pub fn deadline(header: Option<&str>) -> Duration {
    header
        .and_then(|header| header.trim().parse::<f64>().ok())
        .filter(|seconds| *seconds > 0.0)
        .map_or(DEFAULT_TIMEOUT, |seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
        .saturating_sub(MARGIN)
        .clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_leaves_half_a_second_and_has_bounds() {
        let cases = [
            (None, 9500),
            (Some("10"), 9500),
            (Some("2.5"), 2000),
            (Some("0.5"), 100),
            (Some("1e300"), 120_000),
            (Some("inf"), 120_000),
            (Some("NaN"), 9500),
            (Some("-3"), 9500),
            (Some("soon"), 9500),
        ];
        for (header, milliseconds) in cases {
            assert_eq!(deadline(header), Duration::from_millis(milliseconds), "{header:?}");
        }
    }
}
