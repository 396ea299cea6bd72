//! What is told to Alertmanager.

use std::time::Duration;

use jiff::Timestamp;

use super::{Context, Effect, Exit, Life, later};
use crate::alertmanager::alert::{Detail, EventAlert, ExitNote, HOLD, Kind, ONCE};
use crate::docker::container::State;
use crate::docker::rules::Rules;

/// How often a crash is told again while the container is down: well within [`HOLD`].
pub(super) const REFRESH: Duration = Duration::from_secs(60);

impl Life {
    /// A crash that was told is over.
    pub fn resolve(&mut self, now: Timestamp) -> Option<Effect> {
        let (alert, _) = self.crashed.take()?;
        Some(Effect::Alert(Box::new(alert.over(now))))
    }

    /// Whether enough is known of it to decide on a crash that a process before this one told.
    pub(in crate::docker) const fn can_adopt(&self) -> bool {
        let has_condition = !matches!(self.state, State::Other) || self.inspected_start.is_some();
        self.is_crashed() || (self.inspected && has_condition && self.ending.is_none())
    }

    /// Goes on with a crash that a process before this one told, or ends it when it is over or no longer wanted.
    pub(in crate::docker) fn adopt(&mut self, mut alert: EventAlert, context: &Context<'_>) -> Effect {
        let started = self.inspected_start.max(self.started_at).is_some_and(|start| start > alert.starts_at);
        // Started and ended again while nobody watched: who knows why. One that its policy brings back soon says so.
        let over = self.state.has_process() || (started && self.state != State::Restarting);
        if over || !self.tells_of_crashes(context.rules) {
            return Effect::Alert(Box::new(alert.over(context.now)));
        }
        alert.ends_at = context.now + HOLD;
        self.crashed = later(context.now, REFRESH).map(|refresh| (alert.clone(), refresh));
        Effect::Alert(Box::new(alert))
    }

    pub(super) fn crash(&mut self, exit: Exit, context: &Context<'_>, effects: &mut Vec<Effect>) {
        // It is down for good, and that is told now.
        effects.extend(self.looping.end("down", context.now));
        if !self.tells_of_crashes(context.rules) {
            return;
        }
        let alert = self.alert(Kind::Crashed, Some(&exit), exit.at, context.now + HOLD);
        if self.log.is_awaited(context.now) {
            self.log.keep(alert);
        } else {
            self.fire(alert, context.now, effects);
        }
    }

    /// Tells of a crash, with the last lines if they are here.
    pub(super) fn fire(&mut self, mut alert: EventAlert, now: Timestamp, effects: &mut Vec<Effect>) {
        alert.detail.log = self.log.text().to_owned();
        effects.push(Effect::Alert(Box::new(alert.clone())));
        self.crashed = later(now, REFRESH).map(|refresh| (alert, refresh));
    }

    pub(super) fn tells_of_crashes(&self, rules: &Rules) -> bool {
        self.tells_of(Kind::Crashed, rules)
    }

    pub(super) fn tells_of(&self, kind: Kind, rules: &Rules) -> bool {
        rules.want(kind, &self.identity, &self.setup)
    }

    pub(super) fn tell_once(
        &self,
        kind: Kind,
        exit: Option<&Exit>,
        at: Timestamp,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        if self.tells_of(kind, context.rules) {
            let mut alert = self.alert(kind, exit, at, context.now + ONCE);
            if kind == Kind::Restarted {
                alert.detail.log = self.log.text().to_owned();
            }
            effects.push(Effect::Alert(Box::new(alert)));
        }
    }

    pub(super) fn alert(
        &self,
        kind: Kind,
        exit: Option<&Exit>,
        starts_at: Timestamp,
        ends_at: Timestamp,
    ) -> EventAlert {
        let exit = exit.map(|exit| ExitNote {
            code: exit.code,
            reason: exit.reason,
            restart_policy: self.setup.restart_policy.name.clone(),
            uptime: exit.uptime,
        });
        let detail = Detail::default();
        EventAlert { kind, container: self.identity.clone(), exit, detail, starts_at, ends_at, resolved: false }
    }
}
