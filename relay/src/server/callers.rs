//! How often one address may call, and how often it may be wrong about the token.
//!
//! A pure function of the calls before and the clock. What is over a limit gets 503 with `Retry-After`, never 429:
//! Alertmanager gives a notification up after a 4xx, and tries again after a 503.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many seconds' worth of calls may come at once: an Alertmanager that was cut off posts thousands of groups.
const BURST_SECONDS: f64 = 20.0;
/// Wrong tokens that one address may show at once.
const WRONG_BURST: f64 = 30.0;
/// Wrong tokens a second that it may show for ever.
const WRONG_RATE: f64 = 1.0;
/// Addresses that are remembered; far more than call, and few enough to hold.
const REMEMBERED: usize = 10_000;

/// Calls that may be made now, and more each second.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: f64,
    at: Instant,
}

impl Bucket {
    /// Fills up for the time that has passed.
    fn fill(&mut self, rate: f64, burst: f64, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * rate).min(burst);
        self.at = now;
    }
}

#[derive(Debug, Clone, Copy)]
struct Caller {
    calls: Bucket,
    wrong: Bucket,
}

/// Who has called lately.
#[derive(Debug, Default)]
pub(crate) struct Callers(Mutex<HashMap<IpAddr, Caller>>);

impl Callers {
    /// Counts a call. `Err`: it is one too many, and may be tried again after this long.
    pub(crate) fn call(&self, from: IpAddr, rate: u32, now: Instant) -> Result<(), Duration> {
        let rate = f64::from(rate);
        self.with(from, rate, now, |caller| {
            if caller.wrong.level < 1.0 {
                // Until the next guess: a right one is not looked at either, or guessing would go on.
                return Err(Duration::from_secs_f64((1.0 - caller.wrong.level) / WRONG_RATE));
            }
            if caller.calls.level < 1.0 {
                return Err(Duration::from_secs_f64((1.0 - caller.calls.level) / rate));
            }
            caller.calls.level -= 1.0;
            Ok(())
        })
    }

    /// The call showed a wrong token, or none.
    pub(crate) fn was_wrong(&self, from: IpAddr, rate: u32, now: Instant) {
        self.with(from, f64::from(rate), now, |caller| caller.wrong.level -= 1.0);
    }

    fn with<T>(&self, from: IpAddr, rate: f64, now: Instant, look: impl FnOnce(&mut Caller) -> T) -> T {
        let burst = rate * BURST_SECONDS;
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= REMEMBERED {
            // Who has been quiet for a minute has full buckets, and need not be remembered. A flood of addresses is
            // forgotten as a whole.
            callers.retain(|_, caller| now.saturating_duration_since(caller.calls.at) < Duration::from_secs(60));
            if callers.len() >= REMEMBERED {
                callers.clear();
            }
        }
        let full = |level| Bucket { level, at: now };
        let caller =
            callers.entry(network(from)).or_insert_with(|| Caller { calls: full(burst), wrong: full(WRONG_BURST) });
        caller.calls.fill(rate, burst, now);
        caller.wrong.fill(WRONG_RATE, WRONG_BURST, now);
        look(caller)
    }
}

/// Whoever has one address of IPv6 has the 2^64 beside it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 1000;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_of_twenty_seconds_passes_and_then_the_rate() {
        let (callers, start, from) = (Callers::default(), Instant::now(), address("10.0.0.7"));
        assert!((0..20_000).all(|_| callers.call(from, RATE, start).is_ok()));
        assert_eq!(callers.call(from, RATE, start), Err(Duration::from_millis(1)));
        assert!(callers.call(address("10.0.0.8"), RATE, start).is_ok(), "others are not concerned");
        let second = start + Duration::from_secs(1);
        let passed = (0..2000).filter(|_| callers.call(from, RATE, second).is_ok()).count();
        assert!((999..=1000).contains(&passed), "{passed}");
    }

    #[test]
    fn guessing_is_slowed_to_one_a_second() {
        let (callers, start, from) = (Callers::default(), Instant::now(), address("2001:db8::1"));
        let guesses = |now| {
            let guess = |_: &i32| {
                let looked_at = callers.call(from, RATE, now).is_ok();
                if looked_at {
                    callers.was_wrong(from, RATE, now);
                }
                looked_at
            };
            (0..1000).filter(guess).count()
        };
        assert_eq!(guesses(start), 30);
        assert_eq!(guesses(start + Duration::from_secs(10)), 10);
        // Its neighbour in the same /64 is the same caller.
        assert!(callers.call(address("2001:db8::2"), RATE, start + Duration::from_secs(10)).is_err());
        assert!(callers.call(address("2001:db8:0:1::2"), RATE, start).is_ok());
    }

    #[test]
    fn a_flood_of_addresses_is_not_remembered_for_ever() {
        let (callers, now) = (Callers::default(), Instant::now());
        for number in 0..30_000_u32 {
            assert!(callers.call(IpAddr::from(number.to_be_bytes()), RATE, now).is_ok());
        }
        assert!(callers.0.lock().unwrap().len() <= REMEMBERED);
    }
}
