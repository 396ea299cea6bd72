//! What people look at and talk to: the panels and the bot.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::MutexGuard;
use tracing::error;

use super::{App, Sources};
use crate::bot::{self, Making, Reports};
use crate::config::{Config, ConfiguredChannel};
use crate::deliver::{Calls, EDIT_GAP, Slot};
use crate::panel::{self, Panel, Panels};

/// The running ones.
#[derive(Default)]
pub(super) struct People {
    panels: Option<Panels>,
    bot: Option<bot::Running>,
}

/// What the loops of the channels share with them.
pub(super) struct Places {
    slots: BTreeMap<String, Slot>,
    calls: BTreeMap<String, Calls>,
}

impl Places {
    pub(super) fn of(config: &Config) -> Self {
        let slots = config.panels.iter().map(|panel| (panel.channel.clone(), Slot::new(EDIT_GAP))).collect();
        let calls = config.telegram_bot.iter().map(|bot| (bot.channel.clone(), Calls::default())).collect();
        Self { slots, calls }
    }

    pub(super) fn slot(&self, channel: &str) -> Option<Slot> {
        self.slots.get(channel).cloned()
    }

    pub(super) fn calls(&self, channel: &str) -> Calls {
        self.calls.get(channel).cloned().unwrap_or_default()
    }
}

impl App {
    /// Starts the panels and the bot of a configuration.
    pub(super) async fn meet_people(&self, config: &Config, places: &Places) {
        let sources = match Sources::of(config) {
            Ok(sources) => sources,
            // It was set up a moment ago.
            Err(err) => return error!(%err, "neither panels nor the bot can be started"),
        };
        let panels = config.panels.iter().map(|panel| (panel.channel.clone(), panel.interval)).collect::<Vec<_>>();
        self.0.metrics.declare_panels(&panels);
        self.0.metrics.declare_bot(false);
        let panels = config.panels.iter().filter_map(|spec| {
            let configured = configured(config, &spec.channel)?;
            let (channel, voice) = (configured.channel.clone()?, configured.voice.clone());
            Some(Panel { spec: spec.clone(), channel, voice, slot: places.slot(&spec.channel)? })
        });
        let panels: Vec<Panel> = panels.collect();
        let mut people = self.people().await;
        if let Some(prometheus) = sources.prometheus.as_ref().filter(|_| !panels.is_empty()) {
            people.panels = Some(panel::spawn(panels, prometheus, &self.0.store, &self.0.happened));
        }
        people.bot = self.bot_parts(config, sources, places).map(bot::spawn);
    }

    fn bot_parts(&self, config: &Config, sources: Sources, places: &Places) -> Option<bot::Parts> {
        let settings = config.telegram_bot.clone()?;
        let configured = configured(config, &settings.channel)?;
        Some(bot::Parts {
            bot: configured.channel.as_ref()?.bot()?,
            voice: configured.voice.clone(),
            sources,
            reports: self.reports_on_request(config, &settings.channel),
            store: self.0.store.clone(),
            metrics: self.0.metrics.clone(),
            http: self.0.http.clone(),
            calls: places.calls(&settings.channel),
            settings,
        })
    }

    /// The reports that the bot can be asked for, and how they are made: for the channel of the bot.
    fn reports_on_request(&self, config: &Config, channel: &str) -> Reports {
        let (shared, channel) = (Arc::downgrade(&self.0), channel.to_owned());
        let take = move |name: String, by: String| -> BoxFuture<'static, Result<Option<Making>, String>> {
            let (shared, channel) = (shared.clone(), channel.clone());
            Box::pin(async move {
                let app = App(shared.upgrade().ok_or("the relay stops")?);
                app.take_wish(&name, &channel, &by).await.map_err(|err| err.to_string())
            })
        };
        Reports { names: config.reports.iter().map(|report| report.name.clone()).collect(), take: Arc::new(take) }
    }

    /// Stops them as they are: others follow.
    pub(super) async fn leave_people(&self) {
        let People { panels, bot } = std::mem::take(&mut *self.people().await);
        if let Some(bot) = bot {
            bot.stop().await;
        }
        if let Some(panels) = panels {
            panels.stop().await;
        }
    }

    /// Stops the bot, and lets every panel say that the relay stops. Returns where that is to be seen.
    pub(super) async fn say_goodbye(&self) -> Vec<Slot> {
        let People { panels, bot } = std::mem::take(&mut *self.people().await);
        if let Some(bot) = bot {
            bot.stop().await;
        }
        match panels {
            Some(panels) => panels.say_goodbye().await,
            None => Vec::new(),
        }
    }

    /// Something was told that the panels may show.
    pub(super) fn happened(&self) {
        self.0.happened.send_modify(|count| *count = count.wrapping_add(1));
    }

    async fn people(&self) -> MutexGuard<'_, People> {
        self.0.people.lock().await
    }
}

fn configured<'a>(config: &'a Config, name: &str) -> Option<&'a ConfiguredChannel> {
    config.channels.iter().find(|channel| channel.name == name)
}
