//! Answers one update: who may, how often, what is done, and what is said.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Parts;
use super::answer::{Answer, Facts, answer, failed};
use super::command::{self, Command, Step};
use super::limit::{Allowance, Limits, may_ask};
use super::reports::Desk;
use super::silence::{self, Done};
use super::speak::in_thread;
use super::update::{self, Incoming, What, read};
use crate::compose::{Voice, most};
use crate::deliver::http;
use crate::fleet::{self, Depth};
use crate::metrics::BotUpdate;
use crate::report::is_trouble;

/// Strangers that the log names: enough to find one's own number.
const STRANGERS: usize = 20;

pub(super) struct Talker {
    parts: Parts,
    limits: Limits,
    /// The bot's name, without `@`.
    name: Option<String>,
    strangers: BTreeSet<(i64, i64)>,
    /// The reports that people asked for.
    pub desk: Desk,
}

impl Talker {
    pub fn new(parts: Parts) -> Self {
        Self {
            desk: Desk::new(parts.clone()),
            parts,
            limits: Limits::default(),
            name: None,
            strangers: BTreeSet::new(),
        }
    }

    /// Answers an update. `again`: the process before may have done it already.
    pub async fn answer(&mut self, update: &Value, again: bool, now: Timestamp) {
        let result = match read(update) {
            Some(incoming) if !may_ask(&self.parts.settings, &incoming) => {
                self.note_stranger(&incoming);
                BotUpdate::Denied
            }
            Some(incoming) => self.answer_to(&incoming, update::number(update), again, now).await,
            None => BotUpdate::Ignored,
        };
        self.parts.metrics.bot_update(result);
    }

    /// Nothing is said to them; but whoever sets the bot up has to learn the numbers.
    fn note_stranger(&mut self, incoming: &Incoming) {
        let (user, chat) = (incoming.user.id, incoming.chat.id);
        if self.strangers.len() < STRANGERS && self.strangers.insert((user, chat)) {
            let name = &incoming.user.name;
            tracing::info!(user, chat, "somebody who may not talk to the bot has written to it: {name} in chat {chat}");
        }
    }

    async fn answer_to(&mut self, incoming: &Incoming, number: Option<i64>, again: bool, now: Timestamp) -> BotUpdate {
        let locale = incoming.user.locale.unwrap_or(self.parts.voice.locale);
        let voice = Voice { locale, ..self.parts.voice.clone() };
        let command = match &incoming.what {
            What::Text(text) if !text.trim_start().starts_with('/') => return BotUpdate::Ignored,
            What::Text(text) => match command::of_text(text, &self.name().await) {
                // Somebody else's bot may know it.
                None => return BotUpdate::Ignored,
                Some(Command::Unknown(_)) if !incoming.chat.is_private => return BotUpdate::Ignored,
                Some(command) => command,
            },
            // A button of an older version leads to the beginning.
            What::Press { data, .. } => command::of_data(data).unwrap_or(Command::Start),
        };
        match self.limits.allow(incoming, now) {
            Allowance::Answer => {}
            Allowance::SlowDown => {
                self.slow_down(incoming, &voice).await;
                return BotUpdate::Limited;
            }
            Allowance::Silence => {
                // The wheel on the button stops turning.
                self.acknowledge(incoming, None).await;
                return BotUpdate::Limited;
            }
        }
        self.acknowledge(incoming, None).await;
        let mut facts = self.facts(&command, incoming, &voice, again, now).await;
        if let Command::Report(which) = &command {
            facts.done = self.desk.report(which, incoming, &voice, number.unwrap_or_default(), now).await;
        }
        let is_said = self.parts.say(incoming, &fitting(&self.parts, &voice, &command, &facts)).await;
        self.desk.begin();
        if is_said { BotUpdate::Answered } else { BotUpdate::Failed }
    }

    async fn slow_down(&self, incoming: &Incoming, voice: &Voice) {
        let words = voice.words("bot-slow-down", &[]);
        match incoming.what {
            What::Press { .. } => self.acknowledge(incoming, Some(words)).await,
            What::Text(_) => {
                let mut body = json!({ "chat_id": incoming.chat.id, "text": words });
                in_thread(&mut body, incoming);
                self.parts.call("sendMessage", body, incoming).await;
            }
        }
    }

    /// A press wants an answer of its own.
    async fn acknowledge(&self, incoming: &Incoming, words: Option<String>) {
        if let What::Press { id, .. } = &incoming.what {
            let mut body = json!({ "callback_query_id": id });
            if let (Some(words), Some(object)) = (words, body.as_object_mut()) {
                object.insert("text".to_owned(), words.into());
            }
            let request = self.parts.bot.call("answerCallbackQuery", body);
            // One that comes too late is refused, which harms nobody.
            let _ = http::call(&self.parts.http, &request).await;
        }
    }

    async fn facts(&self, command: &Command, incoming: &Incoming, voice: &Voice, again: bool, now: Timestamp) -> Facts {
        let sources = &self.parts.sources;
        let depth = if matches!(command, Command::Server(_)) { Depth::Day } else { Depth::Now };
        let mut facts = Facts {
            now,
            fleet: None,
            alerts: None,
            reports: self.parts.reports.names.clone(),
            done: None,
            who: incoming.user.name.clone(),
        };
        if let Some(prometheus) = sources.prometheus.as_ref().filter(|_| command.needs_fleet()) {
            facts.fleet = Some(fleet::ask(prometheus, depth, now).await.map_err(|error| error.to_string()));
        }
        if command.needs_alerts() && !sources.alertmanagers.is_empty() {
            let mut held = sources.alertmanagers.alerts(&[]).await;
            // Whoever silenced the Watchdog would be told that it is missing.
            held.alerts.retain(|alert| is_trouble(&alert.labels));
            let problem = held.errors.first().filter(|_| held.answered == 0).map(ToString::to_string);
            facts.alerts = Some(problem.map_or(Ok(held), Err));
        }
        facts.done = self.act(command, &facts, voice, again).await;
        facts
    }

    /// Does what a command wants done.
    async fn act(&self, command: &Command, facts: &Facts, voice: &Voice, again: bool) -> Option<Result<Done, String>> {
        match command {
            Command::Silence(Step::Make(alert, scope, hours)) => {
                let Some(Ok(held)) = &facts.alerts else { return None };
                let alert = held.alerts.iter().find(|held| held.fingerprint == *alert)?;
                let matchers = silence::matchers(alert, *scope)?;
                let wanted = silence::wanted(voice, matchers, *hours, &facts.who, facts.now)?;
                Some(self.silence(&wanted, again).await)
            }
            Command::Silence(Step::Undo(id)) if !self.parts.sources.alertmanagers.is_empty() => {
                Some(self.unsilence(id, &facts.who).await)
            }
            _ => None,
        }
    }

    async fn silence(&self, wanted: &crate::alertmanager::NewSilence, again: bool) -> Result<Done, String> {
        let alertmanagers = &self.parts.sources.alertmanagers;
        let problem = |error: Option<crate::api::ApiError>| error.map_or_else(String::new, |error| error.to_string());
        let silences = alertmanagers.silences().await.map_err(problem)?;
        let matchers = silence::described(&wanted.matchers);
        if let Some(same) = silence::same(&silences, wanted, again) {
            return Ok(Done::Silenced { id: same.id.clone(), until: same.ends_at, matchers });
        }
        let id = alertmanagers.silence(wanted).await.map_err(problem)?;
        let who = &wanted.created_by;
        tracing::info!(%who, %id, %matchers, until = %wanted.ends_at, "a silence was made through the bot");
        Ok(Done::Silenced { id, until: wanted.ends_at, matchers })
    }

    async fn unsilence(&self, id: &str, who: &str) -> Result<Done, String> {
        let alertmanagers = &self.parts.sources.alertmanagers;
        let problem = |error: Option<crate::api::ApiError>| error.map_or_else(String::new, |error| error.to_string());
        let silences = alertmanagers.silences().await.map_err(problem)?;
        // One that is over stays over.
        if silences.iter().any(|silence| silence.id == id && silence.status.state != "expired") {
            alertmanagers.expire(id).await.map_err(problem)?;
            tracing::info!(%who, %id, "a silence was ended through the bot");
        }
        Ok(Done::Unsilenced)
    }

    /// The bot's name, which a command may be addressed to.
    async fn name(&mut self) -> String {
        if self.name.is_none() {
            let answer = http::call(&self.parts.http, &self.parts.bot.call("getMe", json!({}))).await;
            let json = answer.ok().and_then(|response| serde_json::from_slice::<Value>(&response.body).ok());
            let name = json.as_ref().and_then(|json| json.pointer("/result/username")).and_then(Value::as_str);
            self.name = name.map(str::to_owned);
        }
        self.name.clone().unwrap_or_default()
    }
}

/// The longest form of the answer that a message has room for.
fn fitting(parts: &Parts, voice: &Voice, command: &Command, facts: &Facts) -> Answer {
    let of = |lines: usize| answer(voice, command, facts, lines);
    let fits = |lines: usize| parts.bot.lay_out(&of(lines).message).is_some();
    // No list has more lines than this that have room.
    const LINES: usize = 400;
    if fits(usize::MAX) {
        return of(usize::MAX);
    }
    most(LINES, fits).map_or_else(|| failed(voice, "4096"), of)
}
