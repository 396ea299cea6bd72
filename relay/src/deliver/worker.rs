//! The loop of one destination.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::hold::{Hold, Services, channel_scope, gone_scope, service_scope};
use super::pace::{Told, after, gathers, next_allowed, told_singly};
use super::{Composer, Destination, Update, card, http};
use crate::channel::{Payload, Posting, Response, Verdict};
use crate::fault::survived;
use crate::ingest::KeyHash;
use crate::message::Message;
use crate::metrics::Metrics;
use crate::store::{Claim, Deferral, Next, Store, StoreError};

mod change;
mod panel;
mod settle;

use change::Change;
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

/// A loop and what it remembers.
pub(super) struct Worker {
    destination: Destination,
    tools: Tools,
    /// When calls were answered, as many as the largest budget counts; the oldest first.
    ended: Vec<Timestamp>,
    /// Nothing before this is over.
    held: Hold,
    /// When the last alerts were told.
    alerts: Told,
    /// When a storm was last seen.
    storm: Option<Instant>,
    /// When the last message was told to its end.
    told: Option<Instant>,
    /// What is being delivered.
    at_work: Option<Arc<Claim>>,
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
            alerts: Told::default(),
            storm: None,
            told: None,
            at_work: None,
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
                let what = format!("a delivery of channel `{}`", self.destination.name);
                match survived(&what, self.deliver_next(now, &mut appended)).await {
                    Some(stop) => stop,
                    None => self.give_up().await,
                }
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
        let served =
            told_singly(&self.ended, self.destination.channel.limits().budgets, &self.alerts, since(self.storm), now);
        match self.tools.store.claim(&self.destination.name, now, served).await {
            Ok(Next::Claim(claim)) => {
                self.store_is_down = false;
                let claim: Arc<Claim> = Arc::from(claim);
                self.at_work = Some(claim.clone());
                self.attempt(&claim).await;
                self.at_work = None;
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
