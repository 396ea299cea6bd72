//! A container whose health checks fail: told when the output of the check is here, ended by the next healthy, by its
//! end or by its removal.

use jiff::Timestamp;

use super::telling::REFRESH;
use super::{Context, Effect, LATE_INSPECTION, Life, later};
use crate::alertmanager::alert::{Detail, EventAlert, HOLD, Kind};
use crate::docker::check::LastCheck;
use crate::docker::container::{Health, State};

/// Whether it is told that a container is unhealthy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Unwell {
    #[default]
    No,
    /// An event said so; it waits for the inspection that has the check's output, at most until then.
    Since { at: Timestamp, until: Timestamp },
    /// Told, and when to tell it again.
    Told(Box<EventAlert>, Timestamp),
}

impl Unwell {
    pub(super) const fn next_deadline(&self) -> Option<Timestamp> {
        match self {
            Self::No => None,
            Self::Since { until: next, .. } | Self::Told(_, next) => Some(*next),
        }
    }
}

impl Life {
    /// Looks at its health after an event.
    pub(super) fn review_health(&mut self, at: Timestamp, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if !self.is_unwell() {
            effects.extend(self.get_well(context.now));
            if self.health == Health::Unhealthy && !self.is_inspected() {
                // Nothing else is known of it yet.
                effects.push(self.inspect());
            }
        } else if self.unwell == Unwell::No && self.tells_of(Kind::Unhealthy, context.rules) {
            let until = later(context.now, LATE_INSPECTION).unwrap_or(context.now);
            self.unwell = Unwell::Since { at, until };
            effects.push(self.inspect());
        }
    }

    /// Looks at its health after an inspection: told is what holds, also when no event said so.
    pub(super) fn review_check(
        &mut self,
        check: Option<&LastCheck>,
        says_unhealthy: bool,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        if !self.is_unwell() {
            effects.extend(self.get_well(context.now));
            return;
        }
        let wanted = self.tells_of(Kind::Unhealthy, context.rules);
        match &mut self.unwell {
            // Asked before the event: the answer is about an earlier check, the next one is on its way.
            Unwell::Since { .. } if !says_unhealthy => {}
            Unwell::Since { at, .. } => {
                let at = *at;
                self.tell_unwell(at, check, context, effects);
            }
            // The next refresh tells it.
            Unwell::Told(alert, _) if check.is_some() => alert.detail.check = check.cloned(),
            Unwell::Told(..) => {}
            Unwell::No if wanted => {
                self.tell_unwell(context.now, check, context, effects);
            }
            Unwell::No => {}
        }
    }

    pub(super) fn on_time_unwell(&mut self, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if self.unwell.next_deadline().is_none_or(|next| next > context.now) {
            return;
        }
        match &mut self.unwell {
            Unwell::No => {}
            Unwell::Since { at, .. } => {
                let at = *at;
                self.tell_unwell(at, None, context, effects);
            }
            Unwell::Told(alert, refresh) => {
                if context.rules.want(Kind::Unhealthy, &self.identity, &self.setup) {
                    *refresh = later(context.now, REFRESH).unwrap_or(*refresh);
                    alert.ends_at = context.now + HOLD;
                    effects.push(Effect::Alert(alert.clone()));
                } else {
                    effects.extend(self.get_well(context.now));
                }
            }
        }
    }

    /// What was told is over.
    pub(super) fn get_well(&mut self, now: Timestamp) -> Option<Effect> {
        let ended_by = match (self.state, self.health) {
            (State::Removing, _) => "removed",
            (state, _) if !state.has_process() => "down",
            (_, Health::Healthy) => "healthy",
            (_, Health::Starting) => "restarted",
            (_, _) => "unknown",
        };
        let Unwell::Told(alert, _) = std::mem::take(&mut self.unwell) else { return None };
        Some(Effect::Alert(Box::new(alert.over_because(ended_by, now))))
    }

    fn is_unwell(&self) -> bool {
        self.state.has_process() && self.health == Health::Unhealthy
    }

    fn tell_unwell(
        &mut self,
        at: Timestamp,
        check: Option<&LastCheck>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let mut alert = self.alert(Kind::Unhealthy, None, at, context.now + HOLD);
        alert.detail = Detail { check: check.cloned(), ..Detail::default() };
        effects.push(Effect::Alert(Box::new(alert.clone())));
        self.unwell = Unwell::Told(Box::new(alert), later(context.now, REFRESH).unwrap_or(context.now));
    }
}
