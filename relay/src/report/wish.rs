//! A report that somebody wants now: made once, however often they press, and whoever else presses meanwhile.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::figures::Outcome;
use super::scheduler::{Scheduler, notification};
use super::{Occasion, Plan, Planned, Report, Way};
use crate::ingest::KeyHash;
use crate::store::StoreError;

/// Asked for again within this time, it is the same wish.
pub const SAME_WISH: Duration = Duration::from_mins(1);

/// Why a report that somebody wants now was not made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration has none of this name.
    #[error("there is no report `{0}`; the configuration has {1}")]
    NoReport(String, String),
    /// It is to go to a channel that does not exist or is off.
    #[error("there is no channel `{0}`, or it is off; {1} can be used")]
    NoChannel(String, String),
    /// It was not made in time.
    #[error("the report could not be made: {0}")]
    NotMade(String),
    /// It could not be put on disk.
    #[error(transparent)]
    NotStored(#[from] StoreError),
}

/// The wishes that are being fulfilled.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes(Arc<Mutex<BTreeSet<String>>>);

impl Wishes {
    /// `None`: the same one is being fulfilled.
    fn take(&self, key: &str) -> Option<Mark> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(key.to_owned()).then(|| Mark { wishes: self.clone(), key: key.to_owned() })
    }
}

/// Held as long as a wish is being fulfilled, whatever ends that.
#[derive(Debug)]
struct Mark {
    wishes: Wishes,
    key: String,
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.wishes.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// A report that is to be made now.
#[derive(Debug)]
pub struct Wish {
    name: String,
    /// Who gets it.
    pub channels: Vec<String>,
    by: String,
    at: Timestamp,
    mark: Mark,
}

/// What came of a wish for a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Who gets it.
    pub channels: Vec<String>,
    /// `false`: somebody asked for the same a moment ago, and it is not sent twice.
    pub is_new: bool,
}

impl Scheduler {
    /// Takes the wish for a report: for its own channels, unless others are named. `on` are the channels that can be
    /// written to. `by` names this very wish where it may be told again after a kill; else it is empty. In the second
    /// place `None`: somebody asked for the same within [`SAME_WISH`], or it is being made.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub async fn take(
        &self,
        plan: &Plan,
        name: &str,
        channels: Option<Vec<String>>,
        on: &[String],
        by: &str,
        now: Timestamp,
    ) -> Result<(Vec<String>, Option<Wish>), RunError> {
        let planned = find(plan, name)?;
        let mut channels = channels.filter(|names| !names.is_empty()).unwrap_or_else(|| planned.channels.clone());
        channels.sort();
        channels.dedup();
        if let Some(unknown) = channels.iter().find(|channel| !on.contains(channel)) {
            return Err(RunError::NoChannel(unknown.clone(), quoted(on.iter())));
        }
        let key = key(name, &channels);
        let Some(mark) = self.wishes.take(&key) else { return Ok((channels, None)) };
        if self.store.kept(&key).await?.is_some_and(|(last, at)| is_same(&last, at, by, now)) {
            return Ok((channels, None));
        }
        let wish = Wish { name: name.to_owned(), channels: channels.clone(), by: by.to_owned(), at: now, mark };
        Ok((channels, Some(wish)))
    }

    /// Makes the report and puts it into the outbox. `false`: it was there already.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub async fn fulfil(&self, plan: &Plan, wish: Wish) -> Result<bool, RunError> {
        let Wish { name, channels, by, at, mark } = wish;
        let planned = find(plan, &name)?;
        let began = Instant::now();
        let report = self.on_demand(plan, planned, at).await?;
        let group = format!("report/{name}/{}", at.as_millisecond());
        let notification = notification(planned, &report, channels, group, at);
        let asker = by.clone();
        let repeats = move |last: &str, kept_at| is_same(last, kept_at, &asker, at);
        let stored = self.store.append_unless(&mark.key, repeats, by, notification, at).await;
        self.figures.run(&name, if stored.is_ok() { Outcome::Ok } else { Outcome::Error });
        self.figures.took(&name, began.elapsed());
        Ok(stored?)
    }

    /// What [`Scheduler::fulfil`] would put into the outbox.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub async fn preview(&self, plan: &Plan, name: &str, now: Timestamp) -> Result<Vec<u8>, RunError> {
        let planned = find(plan, name)?;
        Ok(planned.with_manner(&self.on_demand(plan, planned, now).await?))
    }

    async fn on_demand(&self, plan: &Plan, planned: &Planned, now: Timestamp) -> Result<Report, RunError> {
        let next_run = planned.enabled.then(|| planned.schedule.next_after(now)).flatten();
        let occasion = Occasion { way: Way::OnDemand, next_run };
        let window = planned.window_until(now);
        self.make(plan, planned, window, now, occasion).await.map_err(|problem| {
            self.figures.run(&planned.name, Outcome::Error);
            RunError::NotMade(problem)
        })
    }
}

/// Under which name the store keeps the last wish of this kind.
fn key(name: &str, channels: &[String]) -> String {
    let mut hash = KeyHash::default();
    hash.strings(&channels.iter().map(String::as_str).collect::<Vec<_>>());
    format!("report/{name}/asked/{}", hash.finish())
}

/// Whether a wish is the one that was fulfilled last.
fn is_same(last: &str, kept_at: Timestamp, by: &str, now: Timestamp) -> bool {
    (!by.is_empty() && last == by) || now.duration_since(kept_at).unsigned_abs() < SAME_WISH
}

fn find<'a>(plan: &'a Plan, name: &str) -> Result<&'a Planned, RunError> {
    plan.named(name).ok_or_else(|| {
        let known = quoted(plan.reports.iter().map(|report| &report.name));
        RunError::NoReport(name.to_owned(), known)
    })
}

fn quoted<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_the_same_within_a_minute_and_where_it_is_told_again() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let cases = [
            (("", ""), 59, true),
            (("", ""), 60, false),
            (("", ""), -59, true),
            (("", "bot/11/5"), 60, false),
            (("bot/11/5", "bot/11/5"), 3600, true),
            (("bot/11/5", "bot/11/6"), 3600, false),
        ];
        for ((last, by), later, same) in cases {
            assert_eq!(is_same(last, at(0), by, at(later)), same, "{last} {by} {later}");
        }
    }

    #[test]
    fn a_wish_is_open_once_until_it_is_dropped() {
        let wishes = Wishes::default();
        let mark = wishes.take("a").unwrap();
        assert!(wishes.take("a").is_none() && wishes.take("b").is_some());
        drop(mark);
        assert!(wishes.take("a").is_some());
    }
}
