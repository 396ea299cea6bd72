//! The loop of one destination.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::hold::{Hold, Services, channel_scope, gone_scope, service_scope};
use super::pace::{after, gathers, is_sudden, next_allowed, told_singly};
use super::retry::{History, Step, next_attempt};
use super::{Composer, Destination, Update, card, http, note};
use crate::channel::{Detail, MessageRef, Payload, Posting, Response, Verdict};
use crate::compose::TroubleKind;
use crate::ingest::KeyHash;
use crate::message::Message;
use crate::metrics::{Metrics, Outcome};
use crate::store::{Claim, Deferral, DeliveryId, Digest, MessageKind, Next, Store, StoreError};

mod panel;

use panel::{Look, Panel};

/// Between two tries of a store that cannot write.
const STORE_RETRY: Duration = Duration::from_secs(1);
/// A loop looks at the clock at least this often, in case somebody has set it.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// A destination that moves more often without taking a message is gone.
const MOST_MOVES: u32 = 4;

/// What all loops share.
pub(super) struct Tools {
    pub store: Store,
    pub composer: Composer,
    pub metrics: Metrics,
    pub http: reqwest::Client,
    pub services: Services,
    pub stopped: watch::Receiver<bool>,
}

/// A change of the outbox, as data: it is repeated until it is on disk.
enum Change {
    Prepare(Vec<serde_json::Value>),
    Acknowledge(MessageRef, bool),
    Defer(Deferral),
    Degrade(Detail, String),
    Bury(String),
    Hold(String, Timestamp),
    ForgetCard(String, String),
    Move { channel: String, address: String, to: String },
}

impl Change {
    async fn apply(&self, store: &Store, id: DeliveryId, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Prepare(parts) => store.prepare(id, parts.clone()).await,
            Self::Acknowledge(reference, more) => store.acknowledge(id, reference.clone(), *more, now).await,
            Self::Defer(deferral) => store.defer(id, deferral.clone(), now).await,
            Self::Degrade(to, reason) => store.degrade(id, *to, reason.clone(), now).await,
            Self::Bury(reason) => store.bury(id, reason.clone(), now).await,
            Self::Hold(scope, until) => store.hold(scope, *until).await,
            Self::ForgetCard(channel, group_key) => store.forget_card(channel, group_key).await,
            Self::Move { channel, address, to } => store.moved(channel, address, to, now).await,
        }
    }
}

/// A loop and what it remembers.
pub(super) struct Worker {
    destination: Destination,
    tools: Tools,
    /// When calls were answered, as many as the largest budget counts; the oldest first.
    ended: Vec<Timestamp>,
    /// Nothing before this is over.
    held: Hold,
    /// When a storm was last seen.
    storm: Option<Instant>,
    /// When the last message was told to its end.
    told: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    gone: bool,
    /// How often the destination has moved since it last took a message.
    moves: u32,
    panel: Panel,
    store_is_down: bool,
}

impl Worker {
    pub fn new(destination: Destination, tools: Tools) -> Self {
        Self {
            destination,
            tools,
            ended: Vec::new(),
            held: Hold::default(),
            storm: None,
            told: None,
            failures: 0,
            gone: false,
            moves: 0,
            panel: Panel::default(),
            store_is_down: false,
        }
    }

    /// Delivers until it is told to stop.
    pub async fn run(mut self) {
        let mut appended = self.tools.store.appended();
        while let Err(error) = self.remember().await {
            if self.store_failed(&error).await {
                return;
            }
        }
        loop {
            appended.mark_unchanged();
            let now = Timestamp::now();
            let allowed = self.allowed(now);
            let stop = if *self.tools.stopped.borrow() {
                true
            } else if allowed > now {
                self.sleep(Some(allowed), None).await
            } else {
                self.deliver_next(now, &mut appended).await
            };
            if stop {
                return;
            }
        }
    }

    /// Takes up where the process before left off: its pace, and what its chats had asked for.
    async fn remember(&mut self) -> Result<(), StoreError> {
        for _ in 0..MOST_MOVES {
            let address = address(&self.destination);
            let Some(to) = self.tools.store.moved_to(&self.destination.name, &address).await? else { break };
            let Some(channel) = self.destination.channel.moved(&to) else { break };
            self.destination.channel = channel.into();
        }
        let Self { destination, tools, .. } = self;
        let now = Timestamp::now();
        tools.store.reclaim(&destination.name).await?;
        let window = destination.channel.limits().budgets.iter().map(|(_, window)| *window).max().unwrap_or_default();
        let since = now.checked_sub(window).unwrap_or(Timestamp::MIN);
        self.ended = tools.store.attempts_since(&destination.name, since).await?;
        if let Some(until) = tools.store.held_until(&channel_scope(&destination.name)).await? {
            self.held.extend(until, now);
        }
        // The address may have been mended meanwhile: it is tried at once, and only what changed is told.
        let gone = tools.store.held_until(&gone_scope(&destination.name)).await?;
        self.gone = gone.is_some_and(|until| until > Timestamp::UNIX_EPOCH);
        let kind = destination.channel.kind();
        if let Some(until) = tools.store.held_until(&service_scope(kind)).await? {
            tools.services.hold(kind, until, now);
        }
        self.remember_panel().await
    }

    fn allowed(&self, now: Timestamp) -> Timestamp {
        let channel = &self.destination.channel;
        let service = self.tools.services.held_until(channel.kind(), now);
        let gathered = after(now, gathers(since(self.storm), since(self.told)));
        let ended = self.destination.calls.with(&self.ended);
        next_allowed(&ended, channel.limits().budgets, now).max(self.held.until(now)).max(service).max(gathered)
    }

    /// Sends what is next, or waits for it. Whether to stop.
    async fn deliver_next(&mut self, now: Timestamp, appended: &mut watch::Receiver<u64>) -> bool {
        let served = told_singly(&self.ended, self.destination.channel.limits().budgets, since(self.storm), now);
        match self.tools.store.claim(&self.destination.name, now, served).await {
            Ok(Next::Claim(claim)) => {
                self.store_is_down = false;
                self.attempt(&claim).await;
                false
            }
            Ok(Next::At(at)) => self.idle(Some(at), now, appended).await,
            Ok(Next::Empty) => self.idle(None, now, appended).await,
            Err(error) => self.store_failed(&error).await,
        }
    }

    /// There is nothing to send before this moment: the panel's turn, or sleep. Whether to stop.
    async fn idle(&mut self, until: Option<Timestamp>, now: Timestamp, appended: &mut watch::Receiver<u64>) -> bool {
        match self.look_at_panel(now).await {
            Look::Called => false,
            Look::Nothing(at) => self.sleep(until.into_iter().chain(at).min(), Some(appended)).await,
        }
    }

    /// Sends one part and settles what came of it.
    async fn attempt(&mut self, claim: &Claim) {
        let mut message = (self.tools.composer)(claim, &self.destination.name);
        if let Some(illustrator) = &self.destination.illustrator {
            illustrator.illustrate(claim, &mut message).await;
        }
        let Some((payload, more)) = self.part(claim, &message).await else { return };
        let Ok(card) = self.tools.store.card(&self.destination.name, &claim.group_key).await else {
            // Nothing was sent: the claim is given back as soon as the store can write again.
            return self.put_off(claim).await;
        };
        let channel = &*self.destination.channel;
        let is_edited = self.destination.update == Update::Edit;
        let edit = card::edit(channel, claim, card.as_ref(), &payload, more).filter(|_| is_edited);
        let how = Posting {
            silent: message.silent,
            maybe_repeated: claim.maybe_repeated.then(|| message.maybe_repeated.clone()),
            reply_to: card::reply_to(claim, card.as_ref()),
        };
        let request = edit.as_ref().map_or_else(|| channel.post(&payload, &how), |(request, _)| request.clone());
        let answer = http::call(&self.tools.http, &request).await;
        let now = Timestamp::now();
        self.record(now);
        let (mut verdict, maybe_sent) = match &answer {
            Ok(response) => {
                self.keep_to(response, now);
                (self.destination.channel.verdict(response), false)
            }
            // An edit that is repeated is no second message.
            Err(failure) => (Verdict::Unavailable(failure.reason.clone()), failure.maybe_sent && edit.is_none()),
        };
        if let Some((_, reference)) = edit {
            match &mut verdict {
                Verdict::Delivered(at) => *at = reference,
                Verdict::Refused(reason) | Verdict::Gone(reason) => return self.post_anew(claim, reason, now).await,
                _ => {}
            }
        }
        self.settle(claim, &verdict, maybe_sent, more, now).await;
    }

    /// The message that was to be edited is not there any more, or too old: the next attempt posts a new one.
    async fn post_anew(&mut self, claim: &Claim, reason: &str, now: Timestamp) {
        let name = self.destination.name.as_str();
        tracing::info!(channel = name, "a message of channel `{name}` cannot be edited ({reason}); a new one follows");
        self.insist(claim.id, now, Change::ForgetCard(claim.channel.clone(), claim.group_key.clone())).await;
        let deferral = Deferral { due_at: now, maybe_sent: false, counts: false, reason: reason.to_owned() };
        self.insist(claim.id, now, Change::Defer(deferral)).await;
    }

    /// Nothing was sent.
    async fn put_off(&mut self, claim: &Claim) {
        let now = Timestamp::now();
        let reason = "the store could not be read".to_owned();
        let deferral = Deferral { due_at: now, maybe_sent: false, counts: false, reason };
        self.insist(claim.id, now, Change::Defer(deferral)).await;
    }

    /// The part to send, and whether others follow. A message of several is laid out once and kept: parts of two
    /// layouts would not fit together.
    async fn part(&mut self, claim: &Claim, message: &Message) -> Option<(Payload, bool)> {
        if let Some(prepared) = &claim.prepared {
            return Some((Payload(prepared.payload.clone()), prepared.more));
        }
        let parts = self.destination.channel.render(message, claim.detail);
        let Some(first) = parts.first().cloned() else {
            // Channels promise never to do so. To be seen as a dead letter is better than to vanish.
            self.bury(claim, "the message has no content", Timestamp::now()).await;
            return None;
        };
        if parts.len() == 1 {
            return Some((first, false));
        }
        let bodies: Vec<serde_json::Value> = parts.into_iter().map(|part| part.0).collect();
        self.insist(claim.id, Timestamp::now(), Change::Prepare(bodies)).await.then_some((first, true))
    }

    /// Notes a call for the pace.
    fn record(&mut self, now: Timestamp) {
        let budgets = self.destination.channel.limits().budgets;
        let kept = budgets.iter().map(|(calls, _)| usize::try_from(*calls).unwrap_or(usize::MAX)).max().unwrap_or(0);
        self.ended.push(now);
        let excess = self.ended.len().saturating_sub(kept);
        self.ended.drain(..excess);
    }

    /// Obeys what the headers of any answer say.
    fn keep_to(&mut self, response: &Response, now: Timestamp) {
        if let Some(allowance) = self.destination.channel.allowance(response).filter(|allowed| allowed.remaining == 0) {
            self.held.extend(after(now, allowance.reset_after), now);
        }
    }

    async fn settle(&mut self, claim: &Claim, verdict: &Verdict, maybe_sent: bool, more: bool, now: Timestamp) {
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
            // A report of many parts is no storm.
            let is_alert = matches!(claim.kind, MessageKind::Alert | MessageKind::Resolved);
            let is_sudden = is_alert && is_sudden(&self.ended, self.destination.channel.limits().budgets, now);
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

    async fn bury(&mut self, claim: &Claim, reason: &str, now: Timestamp) {
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

    fn scope(&self, whole_service: bool) -> String {
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

    /// Repeats a change of the store until it is on disk: what a chat has already answered must not be forgotten.
    /// `false`: told to stop before that; the next start finds the attempt unfinished and says "may be a repeat".
    async fn insist(&mut self, id: DeliveryId, now: Timestamp, change: Change) -> bool {
        while let Err(error) = change.apply(&self.tools.store, id, now).await {
            if self.store_failed(&error).await {
                return false;
            }
        }
        true
    }

    /// Says once that the store is down, and waits a little. Whether to stop.
    async fn store_failed(&mut self, error: &StoreError) -> bool {
        if !std::mem::replace(&mut self.store_is_down, true) {
            let name = self.destination.name.as_str();
            tracing::error!(channel = name, "channel `{name}` waits for the store: {error}");
        }
        stopped_within(&mut self.tools.stopped, STORE_RETRY).await
    }

    /// Sleeps until a moment, or until there is something new. Whether to stop.
    async fn sleep(&mut self, until: Option<Timestamp>, appended: Option<&mut watch::Receiver<u64>>) -> bool {
        let now = Timestamp::now();
        let wait = until.map(|until| Duration::try_from(until.duration_since(now)).unwrap_or_default());
        let wait = wait.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        let Some(appended) = appended else { return stopped_within(&mut self.tools.stopped, wait).await };
        tokio::select! {
            stopped = stopped_within(&mut self.tools.stopped, wait) => stopped,
            // The loop itself holds the store, so this ends only with news.
            _ = appended.changed() => false,
        }
    }
}

/// Sleeps, unless told to stop before. Whether it was.
pub(super) async fn stopped_within(stopped: &mut watch::Receiver<bool>, wait: Duration) -> bool {
    // A sender that is gone means the same as one that says so.
    tokio::time::timeout(wait, stopped.wait_for(|stopped| *stopped)).await.is_ok()
}

fn since(moment: Option<Instant>) -> Option<Duration> {
    moment.map(|at| at.elapsed())
}

/// A hash of where the channel's messages go, which tells one address of the configuration from another.
fn address(destination: &Destination) -> String {
    let request = destination.channel.post(&Payload(serde_json::json!({})), &Posting::default());
    let mut key = KeyHash::default();
    let body = request.body.json().map(ToString::to_string).unwrap_or_default();
    key.strings(&[request.url.expose(), &body]);
    key.finish()
}

fn failed(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unavailable(_) | Verdict::Gone(_) | Verdict::Moved(_))
}

fn reason(verdict: &Verdict) -> String {
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
fn random() -> f64 {
    getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX))
}
