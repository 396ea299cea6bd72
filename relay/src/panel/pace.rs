//! When a panel is looked at: a pure function of its interval and of what happened.

use std::time::Duration;

use tokio::time::Instant;

/// From something that happened to a look: what comes with it is waited for.
const SOON: Duration = Duration::from_secs(1);
/// Between two looks, however much happens.
const GAP: Duration = Duration::from_secs(5);
/// Prometheus asks the exporters every 15 s: so long after something happened it knows of it.
const SCRAPED: Duration = Duration::from_secs(20);

/// The looks at one panel.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    looked: Option<Instant>,
    /// When the next look is due by the interval.
    due: Instant,
    /// The first thing that happened since the last look.
    soon: Option<Instant>,
    /// After the last thing that happened.
    again: Option<Instant>,
}

impl Pace {
    /// The first look is at once.
    pub fn new(interval: Duration, now: Instant) -> Self {
        Self { interval, looked: None, due: now, soon: None, again: None }
    }

    /// Something happened that a look may find.
    pub fn happened(&mut self, now: Instant) {
        self.soon.get_or_insert(now + SOON);
        self.again = Some(now + SCRAPED);
    }

    /// A look is taken.
    pub fn looked(&mut self, now: Instant) {
        self.looked = Some(now);
        self.due = now + self.interval;
        self.soon = None;
        self.again = self.again.filter(|again| *again > now);
    }

    /// When to look next.
    pub fn next(&self) -> Instant {
        let wanted = [self.soon, self.again].into_iter().flatten().chain([self.due]).min().unwrap_or(self.due);
        self.looked.map_or(wanted, |looked| wanted.max(looked + GAP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_looked_at_on_its_interval_and_soon_after_something_happened() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut pace = Pace::new(Duration::from_secs(60), start);
        assert_eq!(pace.next(), at(0));
        pace.looked(at(0));
        assert_eq!(pace.next(), at(60));
        pace.happened(at(30));
        assert_eq!(pace.next(), at(31));
        pace.looked(at(31));
        assert_eq!(pace.next(), at(50), "Prometheus has heard of it only now");
        pace.looked(at(50));
        assert_eq!(pace.next(), at(110));
    }

    #[test]
    fn five_hundred_events_a_minute_are_twelve_looks_and_one_after_the_last() {
        let start = Instant::now();
        let mut pace = Pace::new(Duration::from_secs(3600), start);
        pace.looked(start);
        let (mut now, mut looks) = (start, Vec::new());
        for _ in 0..500 {
            now += Duration::from_millis(120);
            pace.happened(now);
            if pace.next() <= now {
                pace.looked(now);
                looks.push(now);
            }
        }
        assert!((10..=12).contains(&looks.len()), "{}", looks.len());
        let last = pace.next();
        pace.looked(last);
        assert!(last > now && last <= now + GAP && pace.next() == now + SCRAPED);
    }
}
