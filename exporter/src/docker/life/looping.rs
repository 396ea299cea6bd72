//! A restart loop: restarts by the policy that come again and again are one alert, whose annotations follow them.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::telling::REFRESH;
use super::{Context, Effect, Exit, Life, later};
use crate::alertmanager::alert::{EventAlert, HOLD, Kind};

/// So many restarts within [`WITHIN`] are a loop: what the metric rule of the same name says.
const RESTARTS: usize = 3;
/// See [`RESTARTS`].
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// How long it has to run for the loop to be over: longer than the slowest loop takes for a round (7.5 min), or that
/// one would end and begin again with each.
const CALM: Duration = Duration::from_secs(10 * 60);
/// How long Docker waits at most before it starts a looping container again, and a little more.
const LONGEST_BACKOFF: Duration = Duration::from_secs(70);

/// The last restarts of a container, and whether they were told as a loop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Looping {
    restarts: VecDeque<Timestamp>,
    /// The alert, and when to tell it again.
    told: Option<(Box<EventAlert>, Timestamp)>,
    /// When it will have run long enough.
    calm_at: Option<Timestamp>,
}

impl Looping {
    /// Whether a loop is being told: then no single restart is.
    pub(super) const fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Whether its policy has started it again lately.
    pub(super) fn has_restarts(&self) -> bool {
        !self.restarts.is_empty()
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        [self.told.as_ref().map(|(_, refresh)| *refresh), self.calm_at].into_iter().flatten().min()
    }

    /// How long the policy has to bring the container back.
    pub(super) fn window(&self, otherwise: Duration) -> Duration {
        if self.is_told() { otherwise.max(LONGEST_BACKOFF) } else { otherwise }
    }

    pub(super) fn started(&mut self, now: Timestamp) {
        self.calm_at = self.is_told().then(|| later(now, CALM)).flatten();
    }

    /// It is over, or nothing was told.
    pub(super) fn end(&mut self, ended_by: &'static str, now: Timestamp) -> Option<Effect> {
        self.restarts.clear();
        self.calm_at = None;
        let (alert, _) = self.told.take()?;
        Some(Effect::Alert(Box::new(alert.over_because(ended_by, now))))
    }

    /// One more; how many there were lately, and when the first was.
    fn count(&mut self, at: Timestamp) -> (usize, Timestamp) {
        self.restarts.push_back(at);
        let recent = |old: &Timestamp| at.duration_since(*old).unsigned_abs() <= WITHIN;
        while self.restarts.front().is_some_and(|old| !recent(old)) {
            self.restarts.pop_front();
        }
        (self.restarts.len(), self.restarts.front().copied().unwrap_or(at))
    }
}

impl Life {
    /// Its policy starts it again after this end.
    pub(super) fn restarts_after(&mut self, exit: &Exit, context: &Context<'_>, effects: &mut Vec<Effect>) {
        let (restarts, first) = self.looping.count(exit.at);
        self.looping.calm_at = None;
        if !self.tells_of(Kind::Looping, context.rules) || (restarts < RESTARTS && !self.looping.is_told()) {
            return;
        }
        let began = self.looping.told.as_ref().map_or(first, |(alert, _)| alert.starts_at);
        let mut alert = self.alert(Kind::Looping, Some(exit), began, context.now + HOLD);
        alert.detail.restarts = Some(restarts);
        alert.detail.log = self.log.text().to_owned();
        effects.push(Effect::Alert(Box::new(alert.clone())));
        self.looping.told = later(context.now, REFRESH).map(|refresh| (Box::new(alert), refresh));
    }

    pub(super) fn on_time_looping(&mut self, context: &Context<'_>, effects: &mut Vec<Effect>) {
        let now = context.now;
        if self.looping.calm_at.is_some_and(|calm| calm <= now) {
            effects.extend(self.looping.end("calm", now));
        }
        let wanted = self.tells_of(Kind::Looping, context.rules);
        let Some((alert, refresh)) = self.looping.told.as_mut().filter(|(_, refresh)| *refresh <= now) else { return };
        if wanted {
            *refresh = later(now, REFRESH).unwrap_or(*refresh);
            alert.ends_at = now + HOLD;
            effects.push(Effect::Alert(alert.clone()));
        } else {
            effects.extend(self.looping.end("unwanted", now));
        }
    }
}
