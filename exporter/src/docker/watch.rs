//! Follows one engine for ever: subscribe, list, inspect, follow; on a loss, back off and begin again.

mod images;
mod inspections;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::Settings;
use super::client::{Client, ClientError, Reading};
use super::container::Inspection;
use super::event::Action;
use super::inventory::Inventory;
use super::life::Effect;
use super::lifecycle::Input;
use super::oom::{OomKills, ReadCount};
use crate::alertmanager::AlertSender;
use crate::redact;
use images::ImageRounds;
use inspections::Inspections;

/// The first wait after a loss; each next one is twice as long.
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
/// The longest wait: an engine that comes back is seen within this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// A hung engine keeps its event stream open, so it is asked now and then.
const PING_EVERY: Duration = Duration::from_secs(15);
/// Events get lost (a slow reader, a restart of the engine): everything is compared now and then.
const RECONCILE_EVERY: Duration = Duration::from_secs(5 * 60);
/// The kernel's count of memory kills is looked at this often, so that a new kill can be told from an old one.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
/// Inspections under way at once: quick after a start, gentle with the engine. And logs, when many crash at once.
const AT_ONCE: usize = 8;
/// Characters of a crashed container's last lines: what Alertmanager and a chat hold beside the rest.
const LONGEST_LOG: usize = 1500;

/// Between two writes of the state file: a host on which containers crash all day must not wear out its disk. At the end
/// of the process it is written at once.
const STATE_REST: Duration = Duration::from_secs(10);

struct Watcher {
    settings: Settings,
    inventory: Arc<Inventory>,
    alerts: AlertSender,
    oom_kills: Mutex<OomKills>,
    /// What is to be inspected, with the generation of the newest question.
    questions: Mutex<BTreeMap<String, u64>>,
    /// Whose last lines are wanted, and how many.
    logs: Mutex<BTreeMap<String, u32>>,
    asked: Notify,
}

/// See [`super::spawn`].
pub(super) async fn watch(settings: Settings, inventory: Arc<Inventory>, alerts: AlertSender, oom_kills: ReadCount) {
    let watcher = Watcher {
        settings,
        inventory,
        alerts,
        oom_kills: Mutex::new(OomKills::new(oom_kills)),
        questions: Mutex::default(),
        logs: Mutex::default(),
        asked: Notify::new(),
    };
    tokio::join!(watcher.follow_for_ever(), watcher.keep_time(), watcher.keep_state(), watcher.adopt());
}

impl Watcher {
    async fn follow_for_ever(&self) {
        let mut backoff = FIRST_BACKOFF;
        let mut told = false;
        let mut reading = Reading::Strict;
        loop {
            let followed = async {
                let client = Client::connect(&self.settings.address, reading).await?;
                self.follow(&client, &mut told, &mut backoff).await
            };
            match followed.await {
                Ok(()) => {}
                Err(error @ ClientError::UnknownWord { .. }) if reading == Reading::Strict => {
                    self.misread(&error);
                    info!("Docker uses words that are not known here; its answers are read field by field from now on");
                    reading = Reading::Lenient;
                    backoff = FIRST_BACKOFF;
                }
                Err(error) => self.lost(&error, &mut told),
            }
            self.inventory.set_events_connected(false);
            sleep(backoff).await;
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
    }

    fn lost(&self, error: &ClientError, told: &mut bool) {
        self.inventory.set_looked();
        self.inventory.set_up(false);
        if *told {
            debug!("Docker still does not answer: {error}");
        } else {
            *told = true;
            warn!(
                "Docker does not answer: {error}; host metrics go on, trying again at least every {} s",
                LONGEST_BACKOFF.as_secs()
            );
        }
    }

    /// One connection, until the event stream ends or Docker stops to answer.
    async fn follow(&self, client: &Client, told: &mut bool, backoff: &mut Duration) -> Result<(), ClientError> {
        // Subscribe before listing, or a container that dies in between is never seen.
        let since = self.inventory.events_since(Timestamp::now());
        let mut events = client.events(since).await?;
        self.lock_questions().clear();
        self.lock_logs().clear();
        self.list(client).await?;
        self.inventory.set_engine(client.engine().clone());
        self.inventory.set_events_connected(true);
        self.inventory.set_up(true);
        if std::mem::take(told) {
            info!("Docker answers again");
        }
        *backoff = FIRST_BACKOFF;

        let mut pings = ticks(PING_EVERY);
        let mut reconciliations = ticks(RECONCILE_EVERY);
        let mut inspections = Inspections::default();
        let mut images = ImageRounds::new();
        let mut logs = FuturesUnordered::new();
        loop {
            inspections.take(&mut self.lock_questions(), client);
            while logs.len() < AT_ONCE
                && let Some((id, lines)) = self.lock_logs().pop_first()
            {
                logs.push(async move { (client.log(&id, lines).await, id) });
            }
            if inspections.is_empty() {
                self.inventory.set_looked();
            }
            let images_due = images.due();
            tokio::select! {
                // Events first: an answer that is older than an event must find the event done.
                biased;
                event = events.next() => match event {
                    Some(Ok(event)) if self.inventory.is_new(&event) => {
                        if matches!(event.action, Action::Images | Action::Create) {
                            images.want(event.action == Action::Images);
                        }
                        self.step(&Input::Event(event));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error @ ClientError::Malformed { .. })) => self.misread(&error),
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
                Some((id, generation, answer)) = inspections.next() => self.answered(id, generation, answer)?,
                Some((text, id)) = logs.next() => {
                    self.step(&Input::Log(id, redact::end(&text, LONGEST_LOG)));
                }
                () = self.asked.notified() => {}
                Some((found, all)) = images.next() => self.inventory.set_images(found, all),
                () = sleep_until(images_due.unwrap_or_else(Instant::now)), if images_due.is_some() => {
                    images.begin(client, |all| self.inventory.read(|known| known.image_names(all).collect()));
                }
                _ = reconciliations.tick() => {
                    self.list(client).await?;
                    images.want(true);
                }
                _ = pings.tick() => client.ping().await?,
            }
        }
    }

    async fn list(&self, client: &Client) -> Result<(), ClientError> {
        let (ids, without_id) = client.list().await?;
        self.inventory.count_decode_errors(without_id);
        self.step(&Input::Listed(ids));
        Ok(())
    }

    fn answered(
        &self,
        id: String,
        generation: u64,
        answer: Result<Option<Inspection>, ClientError>,
    ) -> Result<(), ClientError> {
        match answer {
            Ok(Some(inspection)) => self.step(&Input::Inspected(Box::new(inspection), generation)),
            Ok(None) => self.step(&Input::Absent(id, generation)),
            Err(error @ ClientError::UnknownWord { .. }) => return Err(error),
            Err(error @ ClientError::Malformed { .. }) => self.misread(&error),
            // The next reconciliation asks again.
            Err(error) => debug!("container {id} could not be inspected: {error}"),
        }
        Ok(())
    }

    fn misread(&self, error: &ClientError) {
        self.inventory.count_decode_errors(1);
        debug!("part of what Docker said was not understood: {error}");
    }

    fn step(&self, input: &Input) {
        let mut oom_kills = self.oom_kills.lock().unwrap_or_else(PoisonError::into_inner);
        let effects = self.inventory.step(input, Timestamp::now(), &self.settings.rules, &mut oom_kills);
        drop(oom_kills);
        for effect in effects {
            match effect {
                Effect::Exited { name, code, reason } => {
                    info!(container.name = %name, exit_code = code, reason = %reason, "container `{name}` ended ({reason}, code {code})");
                }
                Effect::StartFailed { name, reason } => {
                    let reason = reason.as_str();
                    info!(container.name = %name, reason, "container `{name}` could not be started ({reason})");
                }
                Effect::Alert(alert) => self.alerts.send(&alert),
                Effect::Inspect { id, generation } => {
                    self.lock_questions().insert(id, generation);
                    self.asked.notify_one();
                }
                Effect::ReadLog { id, lines } => {
                    self.lock_logs().insert(id, lines);
                    self.asked.notify_one();
                }
                // Done within the lifecycle.
                Effect::Started | Effect::Removed | Effect::Missed(_) => {}
            }
        }
    }

    /// Lets time pass for the containers, whether Docker answers or not.
    async fn keep_time(&self) {
        loop {
            let until = self.inventory.next_deadline();
            let wait = until.map_or(LONGEST_SLEEP, |until| {
                Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default().min(LONGEST_SLEEP)
            });
            // Woken early, it only looks again at what comes next.
            if timeout(wait, self.inventory.changed()).await.is_err() {
                self.step(&Input::Time);
            }
        }
    }

    /// Writes the state file when something has changed, and then rests.
    async fn keep_state(&self) {
        loop {
            self.inventory.state_changed().await;
            let inventory = Arc::clone(&self.inventory);
            // Not waited for with anything held: the disk may take its time.
            let _ = spawn_blocking(move || inventory.save_state()).await;
            sleep(STATE_REST).await;
        }
    }

    /// Goes on with the crashes that the process before this one told.
    async fn adopt(&self) {
        loop {
            for alert in self.alerts.found_firing().await {
                self.step(&Input::Firing(Box::new(alert)));
            }
        }
    }

    fn lock_logs(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u32>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_questions(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
