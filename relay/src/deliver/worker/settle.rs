//! What becomes of a message, by what the chat has answered.

use jiff::Timestamp;
use tokio::time::Instant;

use super::change::Change;
use super::{MOST_MOVES, STORE_RETRY, Worker, address, stopped_within};
use crate::channel::{MessageRef, Verdict};
use crate::compose::TroubleKind;
use crate::deliver::hold::{channel_scope, gone_scope, service_scope};
use crate::deliver::note;
use crate::deliver::retry::{History, Step, next_attempt};
use crate::metrics::Outcome;
use crate::store::{Claim, Deferral, DeliveryId, Digest, MessageKind};

impl Worker {
    /// Takes over what the chat has answered.
    pub(super) async fn settle(
        &mut self,
        claim: &Claim,
        verdict: &Verdict,
        maybe_sent: bool,
        more: bool,
        now: Timestamp,
    ) {
        if let Verdict::Moved(to) = verdict
            && self.follow(claim, to, now).await
        {
            return;
        }
        let failures = if failed(verdict) { self.failures.saturating_add(1) } else { self.failures };
        let history = History { attempt: claim.attempt, failures, detail: claim.detail };
        match next_attempt(&history, verdict, now, random()) {
            Step::Done => self.done(claim, verdict, more, now).await,
            Step::Less(detail) => {
                let reason = reason(verdict);
                self.works_again(claim.id, now).await;
                self.insist(claim.id, now, Change::Degrade(detail, reason.clone())).await;
                let name = self.destination.name.as_str();
                self.tools.metrics.delivery(name, claim.kind, Outcome::Degraded);
                tracing::warn!(channel = name, "channel `{name}` refused a message ({reason}); trying with less in it");
            }
            Step::Bury => {
                self.works_again(claim.id, now).await;
                self.bury(claim, &reason(verdict), now).await;
            }
            Step::Again { destination_at, message_at, whole_service, gone } => {
                self.failures = failures;
                if gone && !self.gone {
                    self.note(TroubleKind::Gone, "", &reason(verdict), now).await;
                    let scope = gone_scope(&self.destination.name);
                    self.insist(claim.id, now, Change::Hold(scope, destination_at)).await;
                }
                self.gone = gone;
                let throttled = matches!(verdict, Verdict::Throttled { .. });
                self.tell_delay(claim, verdict, destination_at, now);
                self.held.extend(destination_at, now);
                if whole_service {
                    self.tools.services.hold(self.destination.channel.kind(), destination_at, now);
                }
                // What a chat asked for outlives a restart; our own back-off need not.
                if throttled {
                    let scope = self.scope(whole_service);
                    self.insist(claim.id, now, Change::Hold(scope, destination_at)).await;
                }
                let deferral = Deferral { due_at: message_at, maybe_sent, counts: !throttled, reason: reason(verdict) };
                self.insist(claim.id, now, Change::Defer(deferral)).await;
            }
        }
    }

    /// Goes where the destination has moved, and sends again at once. `false` where it cannot.
    async fn follow(&mut self, claim: &Claim, to: &str, now: Timestamp) -> bool {
        let Some(channel) = self.destination.channel.moved(to).filter(|_| self.moves < MOST_MOVES) else {
            return false;
        };
        self.moves += 1;
        let name = self.destination.name.clone();
        let (channel_name, address, to) = (name.clone(), address(&self.destination), to.to_owned());
        tracing::warn!(
            channel = name,
            "channel `{name}` has moved to `{to}`, which is used from now on; change relay.yml"
        );
        self.note(TroubleKind::Moved, "", &to, now).await;
        self.insist(claim.id, now, Change::Move { channel: channel_name, address, to }).await;
        self.destination.channel = channel.into();
        let reason = "the destination has moved".to_owned();
        let deferral = Deferral { due_at: now, maybe_sent: false, counts: false, reason };
        self.insist(claim.id, now, Change::Defer(deferral)).await;
        true
    }

    /// Tells the fallback channel.
    async fn note(&self, kind: TroubleKind, title: &str, reason: &str, now: Timestamp) {
        if let Some(fallback) = &self.destination.fallback {
            let trouble = note::trouble(kind, &self.destination.name, title, reason, now);
            note::tell(&self.tools.store, fallback, &trouble).await;
        }
    }

    async fn done(&mut self, claim: &Claim, verdict: &Verdict, more: bool, now: Timestamp) {
        self.works_again(claim.id, now).await;
        let reference = match verdict {
            Verdict::Delivered(reference) => reference.clone(),
            _ => MessageRef::default(),
        };
        self.insist(claim.id, now, Change::Acknowledge(reference, more)).await;
        if !more {
            self.told = Some(Instant::now());
            let is_alert = matches!(claim.kind, MessageKind::Alert | MessageKind::Resolved);
            let is_sudden = is_alert && self.alerts.add(now, self.destination.channel.limits().budgets);
            if is_sudden || claim.digest == Some(Digest::Storm) {
                self.storm = self.told;
            }
            let name = self.destination.name.as_str();
            self.tools.metrics.delivery(name, claim.kind, Outcome::Delivered);
            for merged in &claim.merged {
                self.tools.metrics.delivery(name, merged.kind, Outcome::Coalesced);
            }
            for received_at in claim.merged.iter().map(|merged| merged.received_at).chain([claim.received_at]) {
                let latency = now.duration_since(received_at).try_into().unwrap_or_default();
                self.tools.metrics.delivered_after(name, latency);
            }
        }
    }

    /// A fault of ours: the message is kept as a dead letter, because it would only meet the same fault again. Whether to
    /// stop.
    pub(super) async fn give_up(&mut self) -> bool {
        let Some(claim) = self.at_work.take() else {
            return stopped_within(&mut self.tools.stopped, STORE_RETRY).await;
        };
        let (reason, now) = ("a fault of the relay's, which stands in its log".to_owned(), Timestamp::now());
        if claim.kind != MessageKind::Notice {
            self.note(TroubleKind::DeadLetter, "", &reason, now).await;
        }
        self.insist(claim.id, now, Change::Bury(reason)).await;
        for kind in claim.merged.iter().map(|merged| merged.kind).chain([claim.kind]) {
            self.tools.metrics.delivery(&self.destination.name, kind, Outcome::Dead);
        }
        false
    }

    pub(super) async fn bury(&mut self, claim: &Claim, reason: &str, now: Timestamp) {
        // Notes never lead to notes. First the note: a kill between the two leaves it to be repeated, not missed.
        if claim.kind != MessageKind::Notice {
            let title = (self.tools.composer)(claim, &self.destination.name).title;
            self.note(TroubleKind::DeadLetter, &title, reason, now).await;
        }
        self.insist(claim.id, now, Change::Bury(reason.to_owned())).await;
        let name = self.destination.name.as_str();
        for kind in claim.merged.iter().map(|merged| merged.kind).chain([claim.kind]) {
            self.tools.metrics.delivery(name, kind, Outcome::Dead);
        }
        tracing::error!(
            channel = name,
            group = claim.group_key,
            "channel `{name}` refused a message in every form ({reason}); the store keeps it as a dead letter"
        );
    }

    /// Under which name the store keeps a wait.
    pub(super) fn scope(&self, whole_service: bool) -> String {
        if whole_service {
            service_scope(self.destination.channel.kind())
        } else {
            channel_scope(&self.destination.name)
        }
    }

    fn tell_delay(&self, claim: &Claim, verdict: &Verdict, until: Timestamp, now: Timestamp) {
        let name = self.destination.name.as_str();
        let metrics = &self.tools.metrics;
        let reason = reason(verdict);
        let wait_s = until.duration_since(now).as_secs_f64();
        metrics.delivery(name, claim.kind, Outcome::Retried);
        match verdict {
            Verdict::Throttled { .. } => {
                metrics.rate_limited(name);
                tracing::warn!(channel = name, wait_s, "the chat says that channel `{name}` {reason}");
            }
            Verdict::Gone(_) | Verdict::Moved(_) => {
                metrics.channel_up(name, false);
                tracing::error!(
                    channel = name,
                    wait_s,
                    "channel `{name}` is gone or does not let us in ({reason}); its messages are kept, next try in \
                     {wait_s:.0} s. Check its address in the configuration, then reload"
                );
            }
            _ => {
                let attempt = claim.attempt;
                tracing::warn!(
                    channel = name,
                    attempt,
                    wait_s,
                    "channel `{name}`: {reason}; next try in {wait_s:.1} s"
                );
            }
        }
    }

    async fn works_again(&mut self, claim_id: DeliveryId, now: Timestamp) {
        if self.gone {
            let name = self.destination.name.as_str();
            tracing::info!(channel = name, "channel `{name}` is back");
            self.tools.metrics.channel_up(name, true);
            let name = name.to_owned();
            self.note(TroubleKind::Back, "", "", now).await;
            self.insist(claim_id, now, Change::Hold(gone_scope(&name), Timestamp::UNIX_EPOCH)).await;
        }
        self.failures = 0;
        self.moves = 0;
        self.gone = false;
    }
}

fn failed(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unavailable(_) | Verdict::Gone(_) | Verdict::Moved(_))
}

/// In words, for logs and dead letters.
pub(super) fn reason(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Delivered(_) => String::new(),
        Verdict::Throttled { wait, whole_service } => {
            let whom = if *whole_service { ", and every other channel of its kind as well" } else { "" };
            format!("is to wait {:.1} s{whom}", wait.as_secs_f64())
        }
        Verdict::Moved(_) => "the destination has moved".to_owned(),
        Verdict::Unavailable(reason) | Verdict::Refused(reason) | Verdict::Gone(reason) => reason.clone(),
    }
}

/// From 0 to 1. Without randomness all relays come back at once, which is a pity and no more.
pub(super) fn random() -> f64 {
    getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX))
}
