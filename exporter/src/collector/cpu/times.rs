//! CPU times of `/proc/stat`, kept from running backwards.

use std::collections::BTreeMap;

use crate::faults::BadLines;
use crate::text::{self, Line, ParseError};

/// The modes that add up to the time passed, in the order of the file.
pub(super) const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

const IDLE: usize = 3;

/// The kernel's USER_HZ, which is 100 on every machine whatever its clock does.
const TICKS_PER_SECOND: u64 = 100;

/// Idle time that goes back by so much is no jitter: the CPU was taken out and came back, and counts anew.
const JUMP_TICKS: u64 = 3 * TICKS_PER_SECOND;

/// Modes and guest modes; `None` where an old kernel has fewer columns.
const COLUMNS: usize = MODES.len() + 2;

/// Times of one CPU, in ticks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Times([Option<u64>; COLUMNS]);

impl Times {
    /// In the order of [`MODES`].
    pub(super) fn modes(&self) -> &[Option<u64>] {
        self.0.split_at(MODES.len()).0
    }

    /// Time in virtual machines: that part of `user`, and that part of `nice`.
    pub(super) fn guest_modes(&self) -> &[Option<u64>] {
        self.0.split_at(MODES.len()).1
    }

    fn idle(&self) -> u64 {
        self.0.get(IDLE).copied().flatten().unwrap_or_default()
    }
}

pub(super) fn seconds(ticks: u64) -> f64 {
    ticks as f64 / TICKS_PER_SECOND as f64
}

/// Times by number of the CPU; numbers may have holes.
pub(super) fn parse(text: &[u8], bad: &mut BadLines) -> BTreeMap<u32, Times> {
    let mut cpus = BTreeMap::new();
    for line in text::lines(text) {
        let mut words = line.words();
        let number = words.next().and_then(|word| word.strip_prefix(b"cpu"));
        // The line `cpu` is the sum of the others.
        let Some(number) = number.filter(|number| !number.is_empty()) else { continue };
        cpus.extend(bad.take(one_cpu(number, words, line)));
    }
    if cpus.is_empty() {
        bad.add(ParseError::new(1, "a line `cpu<number>` for each CPU", text));
    }
    cpus
}

fn one_cpu<'a>(
    number: &[u8],
    words: impl Iterator<Item = &'a [u8]>,
    line: Line<'_>,
) -> Result<(u32, Times), ParseError> {
    let malformed = || line.malformed("`cpu<number>` and times in ticks");
    let number = text::parse(number).ok_or_else(malformed)?;
    let mut times = Times::default();
    for (time, word) in times.0.iter_mut().zip(words) {
        *time = Some(text::parse(word).ok_or_else(malformed)?);
    }
    Ok((number, times))
}

/// The highest times seen of each CPU.
///
/// The kernel's idle and iowait times go back a little now and then, which a counter must not: to Prometheus any step
/// back is a restart from zero, and the whole value counts once more.
#[derive(Debug, Default)]
pub(super) struct Kept(BTreeMap<u32, Times>);

impl Kept {
    /// Takes in what was read, and gives what to show. A CPU that is gone is forgotten.
    pub(super) fn update(&mut self, read: BTreeMap<u32, Times>) -> &BTreeMap<u32, Times> {
        self.0.retain(|cpu, _| read.contains_key(cpu));
        for (cpu, new) in read {
            let kept = self.0.entry(cpu).or_default();
            if kept.idle().saturating_sub(new.idle()) >= JUMP_TICKS {
                *kept = Times::default();
            }
            for (kept, new) in kept.0.iter_mut().zip(new.0) {
                *kept = (*kept).max(new);
            }
        }
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(ticks: &[u64]) -> Times {
        let mut times = Times::default();
        times.0.iter_mut().zip(ticks).for_each(|(time, ticks)| *time = Some(*ticks));
        times
    }

    fn read(text: &[u8]) -> (BTreeMap<u32, Times>, BadLines) {
        let mut bad = BadLines::default();
        (parse(text, &mut bad), bad)
    }

    fn only(ticks: &[u64]) -> BTreeMap<u32, Times> {
        BTreeMap::from([(0, times(ticks))])
    }

    #[test]
    fn cpus_are_found_by_number_and_missing_columns_are_absent() {
        let text = b"cpu  9 9 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu12 1 2 3 4\nintr 5\n";
        let expected = BTreeMap::from([(0, times(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])), (12, times(&[1, 2, 3, 4]))]);
        assert_eq!(read(text), (expected, BadLines::default()));
    }

    #[test]
    fn a_line_that_is_no_cpu_costs_that_cpu() {
        let bad = |line, expected, found: &str| BadLines {
            first: Some(ParseError { line, expected, found: found.to_owned() }),
            count: 1,
        };
        let expected = "`cpu<number>` and times in ticks";
        let good = BTreeMap::from([(1, times(&[7]))]);
        assert_eq!(read(b"cpu 1\ncpu0 1 x\ncpu1 7\n"), (good.clone(), bad(2, expected, "cpu0 1 x")));
        assert_eq!(read(b"cpu1 7\ncpux 1 2\n"), (good, bad(2, expected, "cpux 1 2")));
        let none = bad(1, "a line `cpu<number>` for each CPU", "cpu 1 2 3");
        assert_eq!(read(b"cpu 1 2 3\n"), (BTreeMap::new(), none));
    }

    #[test]
    fn a_step_back_keeps_the_higher_time() {
        let mut kept = Kept::default();
        kept.update(only(&[100, 0, 0, 1000]));
        assert_eq!(kept.update(only(&[99, 1, 0, 701])), &only(&[100, 1, 0, 1000]));
    }

    #[test]
    fn idle_time_three_seconds_back_starts_anew() {
        let mut kept = Kept::default();
        kept.update(only(&[100, 0, 0, 1000]));
        assert_eq!(kept.update(only(&[99, 1, 0, 700])), &only(&[99, 1, 0, 700]));
    }

    #[test]
    fn a_cpu_that_was_gone_starts_anew() {
        let mut kept = Kept::default();
        kept.update(only(&[100, 0, 0, 200]));
        assert!(kept.update(BTreeMap::new()).is_empty());
        assert_eq!(kept.update(only(&[1, 1, 1, 199])), &only(&[1, 1, 1, 199]));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((cpu)?[0-9]{0,11}[ \t]?\\PC{0,20}\n){0,8}") {
            let _ = read(text.as_bytes());
        }

        #[test]
        fn without_a_jump_no_time_ever_goes_back(steps in prop::collection::vec([0_u64..300, 0..300, 0..300, 0..300], 1..20)) {
            let mut kept = Kept::default();
            let mut last = only(&[0, 0, 0, 0]);
            for step in steps {
                let now = kept.update(only(&step)).clone();
                prop_assert!(now[&0].0.iter().zip(&last[&0].0).all(|(now, last)| now >= last));
                last = now;
            }
        }
    }
}
