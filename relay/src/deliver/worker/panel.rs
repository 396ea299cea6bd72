//! The panel's turn: when nothing else is to be sent.

use std::time::Duration;

use jiff::Timestamp;

use super::settle::{random, reason};
use super::{Worker, address};
use crate::channel::{Detail, MessageRef, Posting, Request, Verdict};
use crate::deliver::http;
use crate::deliver::pace::after;
use crate::deliver::retry::{History, Step, next_attempt};
use crate::deliver::slot::{Board, Shown, Slot, Turn, turn};
use crate::metrics::PanelUpdate;
use crate::store::StoreError;

/// What the loop knows of its panel.
#[derive(Debug, Default)]
pub(super) struct Panel {
    shown: Option<Shown>,
    /// No call before this moment.
    not_before: Option<Timestamp>,
    /// Failures in a row.
    failures: u32,
    /// The sign of a board that the chat does not take.
    refused: Option<String>,
    /// The moment of the last board that was found to be shown already.
    found_at: Option<Timestamp>,
}

/// What came of a look at the panel.
pub(super) enum Look {
    /// The chat was called.
    Called,
    /// It was not; look again at this moment, if there is one.
    Nothing(Option<Timestamp>),
}

/// After a chat has refused an edit as too many.
const EDITS_USED_UP: Duration = Duration::from_secs(60);

impl Worker {
    /// Takes up the message that the process before has kept up to date.
    pub(super) async fn remember_panel(&mut self) -> Result<(), StoreError> {
        let kept = self.tools.store.kept(&kept_as(&self.destination.name)).await?;
        let shown = kept.and_then(|(json, _)| serde_json::from_str::<Shown>(&json).ok());
        // Of another chat, there is nothing here to be edited.
        self.panel.shown = shown.filter(|shown| shown.address == address(&self.destination));
        Ok(())
    }

    /// Brings the panel up to date, if it needs that and it is time.
    pub(super) async fn look_at_panel(&mut self, now: Timestamp) -> Look {
        let Some(slot) = self.destination.panel.clone() else { return Look::Nothing(None) };
        let Some(board) = slot.newest() else { return Look::Nothing(None) };
        if self.panel.refused.as_ref() == Some(&board.sign) {
            return Look::Nothing(None);
        }
        if let Some(not_before) = self.panel.not_before.filter(|not_before| *not_before > now) {
            return Look::Nothing(Some(not_before));
        }
        match turn(&board, self.panel.shown.as_ref(), slot.gap(), now) {
            Turn::Rest if self.panel.found_at == Some(board.at) => Look::Nothing(None),
            Turn::Rest => {
                self.panel.found_at = Some(board.at);
                slot.shown(&board.sign);
                self.tools.metrics.panel_update(&self.destination.name, PanelUpdate::Unchanged, board.at);
                Look::Nothing(None)
            }
            Turn::Wait(at) => Look::Nothing(Some(at)),
            Turn::Post => {
                let how = Posting { silent: true, ..Posting::default() };
                let request = self.destination.channel.post(&board.payload, &how);
                self.call_panel(&slot, &board, &request, None).await;
                Look::Called
            }
            Turn::Edit(at) => match self.destination.channel.edit(&at, &board.payload) {
                Some(request) => {
                    self.call_panel(&slot, &board, &request, Some(at)).await;
                    Look::Called
                }
                // The configuration lets no such channel have a panel.
                None => Look::Nothing(None),
            },
        }
    }

    async fn call_panel(&mut self, slot: &Slot, board: &Board, request: &Request, edited: Option<MessageRef>) {
        let answer = http::call(&self.tools.http, request).await;
        let now = Timestamp::now();
        self.record(now);
        let verdict = match &answer {
            Ok(response) => {
                self.keep_to(response, now);
                self.destination.channel.verdict(response)
            }
            Err(failure) => Verdict::Unavailable(failure.reason.clone()),
        };
        let name = self.destination.name.clone();
        match (verdict, edited) {
            (Verdict::Delivered(posted), edited) => {
                let update = if edited.is_some() { PanelUpdate::Edited } else { PanelUpdate::Posted };
                slot.shown(&board.sign);
                self.panel = Panel { found_at: Some(board.at), ..Panel::default() };
                self.keep_panel(edited.unwrap_or(posted), board.sign.clone(), now).await;
                self.tools.metrics.panel_update(&name, update, board.at);
            }
            // Deleted, or too old.
            (Verdict::Refused(why) | Verdict::Gone(why), Some(_)) => {
                tracing::info!(
                    channel = name,
                    "the panel of channel `{name}` cannot be edited ({why}); a new one follows"
                );
                self.panel.shown = None;
                self.forget_panel(now).await;
            }
            (Verdict::Refused(why), None) => {
                self.tools.metrics.panel_update(&name, PanelUpdate::Failed, board.at);
                tracing::error!(channel = name, "channel `{name}` does not take its panel: {why}");
                self.panel.refused = Some(board.sign.clone());
            }
            (verdict, edited) => self.panel_later(board, &verdict, edited.is_some(), now).await,
        }
    }

    /// Not now.
    async fn panel_later(&mut self, board: &Board, verdict: &Verdict, edited: bool, now: Timestamp) {
        self.panel.failures = self.panel.failures.saturating_add(1);
        let history = History { attempt: 1, failures: self.panel.failures, detail: Detail::Full };
        let Step::Again { destination_at, whole_service, .. } = next_attempt(&history, verdict, now, random()) else {
            return;
        };
        let name = self.destination.name.clone();
        let why = reason(verdict);
        let wait_s = destination_at.duration_since(now).as_secs_f64();
        tracing::warn!(channel = name, wait_s, "the panel of channel `{name}` is as it was: {why}");
        self.tools.metrics.panel_update(&name, PanelUpdate::Failed, board.at);
        self.panel.not_before = Some(destination_at);
        if let Verdict::Moved(to) = verdict {
            self.move_panel(to, now).await;
        }
        if !matches!(verdict, Verdict::Throttled { .. }) {
            return;
        }
        if edited && !whole_service {
            // Edits have limits of their own (Discord's for messages older than an hour): they hold up no alert, and are
            // not tried again at once.
            self.tools.metrics.rate_limited(&name);
            self.panel.not_before = Some(destination_at.max(after(now, EDITS_USED_UP)));
            return;
        }
        // That goes for everything else as well.
        self.tools.metrics.rate_limited(&name);
        self.held.extend(destination_at, now);
        if whole_service {
            self.tools.services.hold(self.destination.channel.kind(), destination_at, now);
        }
        let scope = self.scope(whole_service);
        if let Err(error) = self.tools.store.hold(&scope, destination_at).await {
            tracing::warn!(%error, "what a chat asked to wait could not be kept: {error}");
        }
    }

    /// The chat is another one now, in which there is no panel yet.
    async fn move_panel(&mut self, to: &str, now: Timestamp) {
        let Some(channel) = self.destination.channel.moved(to).filter(|_| self.moves < super::MOST_MOVES) else {
            return;
        };
        self.moves += 1;
        let (name, from) = (self.destination.name.clone(), address(&self.destination));
        tracing::warn!(
            channel = name,
            "channel `{name}` has moved to `{to}`, which is used from now on; change relay.yml"
        );
        if let Err(error) = self.tools.store.moved(&name, &from, to, now).await {
            tracing::warn!(%error, "where a chat has moved could not be kept: {error}");
        }
        self.destination.channel = channel.into();
        self.panel = Panel::default();
        self.forget_panel(now).await;
    }

    async fn keep_panel(&mut self, reference: MessageRef, sign: String, now: Timestamp) {
        let shown = Shown { reference: reference.0, address: address(&self.destination), sign, sent_at: now };
        let json = serde_json::to_string(&shown).ok();
        self.panel.shown = Some(shown);
        if let Err(error) = self.tools.store.keep(&kept_as(&self.destination.name), json, now).await {
            tracing::warn!(%error, "which message is a panel could not be kept; after a restart there may be a second: {error}");
        }
    }

    async fn forget_panel(&mut self, now: Timestamp) {
        if let Err(error) = self.tools.store.keep(&kept_as(&self.destination.name), None, now).await {
            tracing::warn!(%error, "that a panel is gone could not be kept: {error}");
        }
    }
}

fn kept_as(channel: &str) -> String {
    format!("panel/{channel}")
}
