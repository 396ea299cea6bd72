//! Puts the parts together: starts, reloads and stops them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use seamark_kit::build;
use seamark_kit::config::{Problems, Source};
use seamark_kit::exposition::Exposition;
use seamark_kit::process::ProcessMetrics;
use seamark_kit::upstream;
use seamark_kit::web::Web;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::alertmanager::Alertmanagers;
use crate::chart::{self, Numbers, Theme};
use crate::compose::{self, Notice, Voice};
use crate::config::{Access, AccessError, Config, ConfiguredChannel, Credentials};
use crate::deliver::{self, Deliverer, Destination, Slot};
use crate::metrics::Metrics;
use crate::pipeline::{self, Accepted, Rejected, Routing};
use crate::prometheus::Prometheus;
use crate::report::{Plan, Scheduler};
use crate::server::access;
use crate::server::callers::Callers;
use crate::store::{Store, StoreError};
use crate::watchdog::Watch;
use crate::web::Ended;

pub mod dead_letters;
mod notices;
mod people;
pub mod process;
mod reports;
mod watchdog;

/// How long the relay waits, once told to stop, for its last words to be with the chats. They are in the outbox in
/// any case.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long it then waits for the calls under way. Together less than the ten seconds after which Docker kills; what is
/// cut off is sent again after the next start, and says that it may be a repeat.
const CALLS_UNDER_WAY: Duration = Duration::from_secs(4);

/// Series of `seamark_relay_alerts_firing` at most: labels are anybody's choice.
const FIRING_SERIES: u32 = 1000;

/// Where the configuration comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// `--web.listen-address`, which wins over the file.
    pub listen: Option<String>,
    /// `--no-notices`, which wins over the file as well.
    pub no_notices: bool,
}

impl Origin {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or all that is wrong in it.
    pub fn load(&self) -> Result<Config, Problems> {
        let name = self.file.display().to_string();
        let text = std::fs::read_to_string(&self.file).map_err(|err| {
            Problems::unreadable(&name, format!("cannot be read: {err}; name another file with --config.file"))
        })?;
        let mut source = Source::new(name, text);
        if let Some(listen) = &self.listen {
            source = source.with_override(&["listen"], listen, "--web.listen-address");
        }
        if self.no_notices {
            source = source.with_override(&["notices"], "false", "--no-notices");
        }
        Config::read(&source)
    }
}

/// Why the relay did not start, or did not take over a new configuration.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What is wrong in the file.
    #[error("{0}")]
    Config(Problems),
    /// There is no token to ask for.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The outbox cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No connection to a chat could ever be made.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
    /// The reload itself failed; the log says where.
    #[error("the reload broke off, which is a fault of the relay's: restart it")]
    Interrupted,
}

/// The running relay; a clone is another handle to it.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    origin: Origin,
    store: Store,
    metrics: Metrics,
    process: ProcessMetrics,
    http: reqwest::Client,
    live: ArcSwap<Live>,
    /// The lock also keeps reloads apart.
    deliverer: Mutex<Option<Deliverer>>,
    last_reload_good: AtomicBool,
    last_good_reload: AtomicI64,
    callers: Callers,
    /// Who logs in at the page: whoever guesses there must not lock out an Alertmanager behind the same address.
    visitors: Callers,
    /// Sessions of the page that somebody has logged out of.
    ended_sessions: Ended,
    /// Open streams of the page end as soon as this says so: nothing else would end them.
    stops: tokio::sync::watch::Sender<bool>,
    watch: std::sync::Mutex<Watch>,
    watching: Mutex<Option<JoinHandle<()>>>,
    people: Mutex<people::People>,
    /// Something happened that the panels may show.
    happened: tokio::sync::watch::Sender<u64>,
    reports: Scheduler,
    /// Something has changed that the scheduler should look at.
    reports_news: Arc<Notify>,
    reporting: Mutex<Option<JoinHandle<()>>>,
    web: OnceLock<Arc<Web>>,
}

/// What requests look at, and a reload replaces.
pub(crate) struct Live {
    pub(crate) routing: Routing,
    pub(crate) channels: Vec<ConfiguredChannel>,
    pub(crate) voice: Voice,
    pub(crate) off: Vec<String>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) external_url: Option<String>,
    pub(crate) rate_limit: u32,
    listen: SocketAddr,
    storage: PathBuf,
    notices: bool,
    fallback: Option<String>,
    pub(crate) sources: Sources,
    pub(crate) plan: Arc<Plan>,
}

/// The servers that the relay asks.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Where numbers come from, if one is configured.
    pub prometheus: Option<Prometheus>,
    /// Where silences are, and what fires.
    pub alertmanagers: Alertmanagers,
}

impl Sources {
    /// The servers that a configuration names.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn of(config: &Config) -> Result<Self, StartError> {
        let shared = upstream::client(&upstream::Tls::default()).map_err(StartError::Http)?;
        let prometheus = config.prometheus.clone().map(|target| Prometheus::new(target, &shared));
        let prometheus = prometheus.transpose().map_err(StartError::Http)?;
        let alertmanagers = Alertmanagers::new(config.alertmanagers.clone(), &shared).map_err(StartError::Http)?;
        Ok(Self { prometheus, alertmanagers })
    }
}

impl Live {
    fn of(config: &Config) -> Result<Self, StartError> {
        let sources = Sources::of(config)?;
        Ok(Self {
            plan: Arc::new(Plan { reports: config.reports.clone(), sources: sources.clone() }),
            sources,
            routing: Routing::of(config),
            channels: config.channels.clone(),
            voice: config.voice.clone(),
            off: config.channels_on_and_off().1,
            credentials: config.access.credentials()?,
            external_url: config.external_url.clone(),
            rate_limit: config.rate_limit,
            listen: config.listen,
            storage: config.storage.clone(),
            notices: config.notices,
            fallback: config.fallback_channel.clone(),
        })
    }

    /// The channel that hears of the others' trouble.
    pub(crate) fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }
}

impl App {
    /// Opens the outbox and starts to deliver what waits in it.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start(origin: Origin, config: Config) -> Result<Self, StartError> {
        let live = Live::of(&config)?;
        let sources = live.sources.clone();
        let store = Store::open(&config.storage)?;
        let watch = watchdog::remembered(&store, Timestamp::now()).await?;
        let ended_sessions = Ended::remembered(&store).await?;
        let reports = Scheduler::new(store.clone());
        reports.figures().declare(&live.plan);
        let app = Self(Arc::new(Shared {
            origin,
            store,
            metrics: Metrics::default(),
            process: ProcessMetrics::default(),
            http: deliver::http::client().map_err(StartError::Http)?,
            live: ArcSwap::from_pointee(live),
            deliverer: Mutex::new(None),
            last_reload_good: AtomicBool::new(true),
            last_good_reload: AtomicI64::new(Timestamp::now().as_second()),
            callers: Callers::default(),
            visitors: Callers::default(),
            ended_sessions,
            stops: tokio::sync::watch::Sender::new(false),
            watch: std::sync::Mutex::new(watch),
            watching: Mutex::new(None),
            people: Mutex::default(),
            happened: tokio::sync::watch::Sender::new(0),
            reports,
            reports_news: Arc::default(),
            reporting: Mutex::new(None),
            web: OnceLock::new(),
        }));
        *app.0.deliverer.lock().await = Some(app.deliver(&config, &sources).await);
        *app.0.watching.lock().await = Some(watchdog::keep_looking(&app.0));
        *app.0.reporting.lock().await = Some(reports::keep_time(&app.0));
        app.say_what_is_special(&config).await;
        app.tell(|live, at| Notice::Started {
            at,
            version: build::VERSION.to_owned(),
            on: live.routing.on.clone(),
            off: live.off.clone(),
            alone: live.fallback.is_none(),
        })
        .await;
        Ok(app)
    }

    /// Reads this web configuration anew at each reload, and shows what becomes of it. Whoever knows the relay's own
    /// token, or is logged in at the page, needs no password of that file.
    pub fn protect(&self, web: &Arc<Web>) {
        let shared = Arc::downgrade(&self.0);
        web.let_pass(move |parts, peer| {
            shared.upgrade().map_or(Ok(false), |shared| access::knows(&Self(shared), parts, peer))
        });
        let _ = self.0.web.set(Arc::clone(web));
    }

    /// Takes a webhook body; see [`pipeline::accept`].
    ///
    /// # Errors
    ///
    /// The body is no notification, or it could not be put on disk.
    pub async fn accept(&self, channels: Option<&str>, body: &[u8]) -> Result<Accepted, Rejected> {
        let Shared { store, metrics, live, .. } = &*self.0;
        let live = live.load_full();
        let accepted = pipeline::accept(store, metrics, &live.routing, channels, body, Timestamp::now()).await;
        if matches!(accepted, Ok(Accepted::Stored(_))) {
            self.happened();
        }
        accepted
    }

    /// Reads the configuration anew and replaces all parts but the listening socket and the outbox.
    ///
    /// # Errors
    ///
    /// What is wrong with the new one; the old one stays in use then, and a metric says so.
    pub async fn reload(&self) -> Result<(), StartError> {
        // A task of its own: a client that goes away ends its request at the next `await`, and between the old loops
        // and the new ones that would leave none.
        let app = self.clone();
        tokio::spawn(async move { app.replace_parts().await }).await.unwrap_or(Err(StartError::Interrupted))
    }

    async fn replace_parts(&self) -> Result<(), StartError> {
        let shared = &*self.0;
        let mut deliverer = shared.deliverer.lock().await;
        let mut loaded = shared.origin.load();
        // Either file can be wrong, and neither is taken over alone by a reload that was asked for.
        if let (Ok(_), Some(web)) = (&loaded, shared.web.get())
            && let Err(problems) = web.reload().await
        {
            loaded = Err(problems);
        }
        let loaded = loaded.map_err(StartError::Config);
        let (config, live) = match loaded.and_then(|config| Ok((Live::of(&config)?, config))) {
            Ok((live, config)) => (config, live),
            Err(problem) => {
                shared.last_reload_good.store(false, Ordering::Relaxed);
                error!("the configuration was not taken over, the old one stays in use:\n{problem}");
                return Err(problem);
            }
        };
        let old = shared.live.load_full();
        if (&live.listen, &live.storage) != (&old.listen, &old.storage) {
            warn!("a new `listen` or `storage` needs a restart; everything else is taken over");
        }
        self.leave_people().await;
        // First stop, then start: two loops for one chat would send what is under way twice.
        if let Some(deliverer) = deliverer.take() {
            deliverer.stop().await;
        }
        *deliverer = Some(self.deliver(&config, &live.sources).await);
        shared.reports.figures().declare(&live.plan);
        shared.live.store(Arc::new(live));
        shared.reports_news.notify_one();
        shared.last_reload_good.store(true, Ordering::Relaxed);
        shared.last_good_reload.store(Timestamp::now().as_second(), Ordering::Relaxed);
        info!("the configuration was read anew");
        self.say_what_is_special(&config).await;
        Ok(())
    }

    /// Says good-bye and stops delivering. What was not sent waits in the outbox.
    pub async fn stop(&self) {
        for task in [&self.0.watching, &self.0.reporting] {
            if let Some(task) = task.lock().await.take() {
                task.abort();
                // It ends as soon as it waits for something, and holds the outbox until then.
                let _ = task.await;
            }
        }
        self.tell(|_, at| Notice::Stopping { at }).await;
        let panels = self.say_goodbye().await;
        let deadline = tokio::time::Instant::now() + FAREWELL;
        let is_shown = || panels.iter().all(Slot::is_shown);
        while (self.has_work().await || !is_shown()) && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let stop = async {
            if let Some(deliverer) = self.0.deliverer.lock().await.take() {
                deliverer.stop().await;
            }
        };
        if tokio::time::timeout(CALLS_UNDER_WAY, stop).await.is_err() {
            warn!("a chat does not answer; what it was being sent is tried again after the next start");
        }
    }

    /// Everything that `/metrics` shows.
    pub async fn exposition(&self) -> Exposition {
        let shared = &*self.0;
        let mut out = Exposition::default();
        build::expose("seamark_relay_build_info", &mut out);
        out.gauge(
            "seamark_relay_config_last_reload_successful",
            "Whether the configuration in use is the one of the last reload.",
        )
        .set(shared.last_reload_good.load(Ordering::Relaxed));
        out.gauge(
            "seamark_relay_config_last_reload_success_timestamp_seconds",
            "When a configuration was last taken into use, in seconds since 1970.",
        )
        .set(shared.last_good_reload.load(Ordering::Relaxed).cast_unsigned());
        self.expose_watchdog(&mut out, Timestamp::now());
        shared.metrics.expose(&mut out);
        match shared.store.backlog().await {
            Ok(backlog) => shared.metrics.expose_outbox(&mut out, &backlog, Timestamp::now()),
            // Left out rather than zero: nobody knows what waits.
            Err(err) => error!(%err, "the outbox cannot be counted"),
        }
        match shared.store.firing(Timestamp::now(), FIRING_SERIES).await {
            Ok(firing) => shared.metrics.expose_alerts(&mut out, &firing),
            Err(err) => error!(%err, "the alerts that fire cannot be counted"),
        }
        self.expose_reports(&mut out, Timestamp::now()).await;
        if let Some(web) = shared.web.get() {
            web.expose(&mut out);
        }
        shared.process.expose(&mut out);
        out
    }

    /// Whether a notification could be put on disk now.
    ///
    /// # Errors
    ///
    /// Why it could not.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.0.store.check().await
    }

    /// The servers of the configuration in use.
    pub fn sources(&self) -> Sources {
        self.live().sources.clone()
    }

    pub(crate) fn live(&self) -> Arc<Live> {
        self.0.live.load_full()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// Changes whenever something was stored.
    pub(crate) fn news(&self) -> tokio::sync::watch::Receiver<u64> {
        self.0.store.appended()
    }

    pub(crate) fn ended_sessions(&self) -> &Ended {
        &self.0.ended_sessions
    }

    /// Ends the answers that would never end by themselves. [`App::stop`] follows when the others have.
    pub fn end_streams(&self) {
        self.0.stops.send_replace(true);
    }

    /// Changes when [`App::end_streams`] is called.
    pub(crate) fn stops(&self) -> tokio::sync::watch::Receiver<bool> {
        self.0.stops.subscribe()
    }

    pub(crate) fn visitors(&self) -> &Callers {
        &self.0.visitors
    }

    pub(crate) fn callers(&self) -> &Callers {
        &self.0.callers
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Starts the loops of the channels, and whoever keeps panels and talks to people.
    async fn deliver(&self, config: &Config, sources: &Sources) -> Deliverer {
        let places = people::Places::of(config);
        // One for all channels: what one of them has waited for in vain the others need not.
        let numbers = sources.prometheus.clone().map(Numbers::of);
        let destinations = config.channels.iter().filter_map(|configured| {
            let name = configured.name.clone();
            let fallback = config.fallback_channel.clone().filter(|fallback| *fallback != name);
            let channel = configured.channel.clone()?;
            // Discord is dark unless somebody has chosen otherwise; the other two are light.
            let theme = if channel.kind() == "discord" { Theme::Dark } else { Theme::Light };
            let illustrator = chart::illustrator(configured.voice.clone(), theme, configured.charts, numbers.clone());
            Some(Destination {
                fallback,
                update: configured.update,
                illustrator: Some(illustrator),
                panel: places.slot(&name),
                calls: places.calls(&name),
                ..Destination::new(name, channel)
            })
        });
        let voices: HashMap<_, _> =
            config.channels.iter().map(|channel| (channel.name.clone(), channel.voice.clone())).collect();
        let Shared { store, metrics, http, .. } = &*self.0;
        let composer = compose::composer(voices, config.voice.clone(), metrics.clone());
        let deliverer = deliver::spawn(destinations.collect(), store.clone(), composer, metrics.clone(), http.clone());
        self.meet_people(config, &places).await;
        deliverer
    }

    async fn has_work(&self) -> bool {
        let on = &self.live().routing.on;
        let backlog = self.0.store.backlog().await.unwrap_or_default();
        backlog.iter().any(|waiting| waiting.pending > 0 && on.contains(&waiting.channel))
    }

    /// Logs what an operator would want to know about a configuration.
    async fn say_what_is_special(&self, config: &Config) {
        let (on, off) = config.channels_on_and_off();
        for channel in &off {
            warn!(%channel, "channel `{channel}` has no address and is off");
        }
        if config.access == Access::Open && !config.listen.ip().is_loopback() {
            warn!("everybody who can reach {} may post: set `token` or `token_file`", config.listen);
        }
        for target in config.alertmanagers.iter().chain(&config.prometheus) {
            if target.sends_credentials_in_clear() {
                warn!("the credentials for {} `{}` go over plain http; use https", target.service.name, target.name);
            }
        }
        if config.fallback_channel.is_none() {
            warn!(
                "no `fallback_channel` is set: unless Alertmanager's receiver `fallback` has an address of its own \
                 (`seamark-relay print-config alertmanager`), nobody would hear of the relay's own death"
            );
        }
        let backlog = self.0.store.backlog().await.unwrap_or_default();
        for waiting in backlog.iter().filter(|waiting| waiting.pending > 0 && !on.contains(&waiting.channel)) {
            let (channel, pending) = (&waiting.channel, waiting.pending);
            warn!(%channel, pending, "{pending} messages wait for channel `{channel}`, which is off or not configured");
        }
    }
}
