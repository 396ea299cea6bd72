//! `--web.config.file`: TLS, client certificates, passwords, headers and a rate limit around everything that is served.
//!
//! Without a file none of this costs a request anything. With one, the file and those that it names are looked at when a
//! client connects or asks, once a second at most; what has changed is read anew, and what is broken changes nothing.

mod client;
mod config;
mod figures;
mod files;
mod gate;
pub mod health;
mod password;
mod rate;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use axum::http::request::Parts;
use axum::response::Response;
use rustls::ServerConfig;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::config::Problems;
use crate::exposition::Exposition;
pub use config::keys;
use config::{Reading, WebConfig};
pub(crate) use figures::{Figures, Reason};
use files::Stamp;
pub(crate) use gate::Caller;
use password::Passwords;
use rate::Bucket;

/// How seldom the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long a client waits for that. A disk that hangs must not hold up scrapes.
const PATIENCE: Duration = Duration::from_millis(500);

/// An extension of requests that showed a name and a password of the web configuration: they may do everything.
#[derive(Debug, Clone, Copy)]
pub struct Admitted;

/// An extension of requests that the program itself lets pass: it has counted them.
#[derive(Debug, Clone, Copy)]
pub struct Known;

type Knows = Box<dyn Fn(&Parts, SocketAddr) -> Result<bool, Duration> + Send + Sync>;

/// The web configuration in use.
#[derive(Default)]
pub struct Web {
    file: Option<PathBuf>,
    /// None where there is no file.
    config: ArcSwapOption<WebConfig>,
    reading: tokio::sync::Mutex<Vec<Stamp>>,
    /// Milliseconds since the start until which nobody looks at the files.
    next_look: AtomicU64,
    started: OnceLock<Instant>,
    is_broken: AtomicBool,
    passwords: Passwords,
    bucket: Mutex<Bucket>,
    knows: OnceLock<Knows>,
    pub(crate) figures: Figures,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("file", &self.file).field("config", &self.config).finish_non_exhaustive()
    }
}

impl Web {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in it.
    pub fn open(file: Option<&Path>) -> Result<Arc<Self>, Problems> {
        let Some(file) = file else { return Ok(Arc::default()) };
        let Reading { stamps, config } = config::read(file);
        let web = Self { file: Some(file.to_owned()), reading: tokio::sync::Mutex::new(stamps), ..Self::default() };
        web.put(config?);
        Ok(Arc::new(web))
    }

    /// Reads the file anew, whether it has changed or not. The caller tells what came of it.
    ///
    /// # Errors
    ///
    /// What is wrong with it; what was read before stays in use.
    pub async fn reload(self: &Arc<Self>) -> Result<(), Problems> {
        let web = Arc::clone(self);
        let read = tokio::spawn(async move {
            let mut stamps = web.reading.lock().await;
            web.read_anew(&mut stamps).await
        });
        read.await.unwrap_or_else(|error| Err(Problems::unreadable("web configuration", error.to_string())))
    }

    /// Says who passes without a name and a password of the web configuration, because the program knows them itself. An
    /// error: nobody looks at what this caller shows before that time is over.
    pub fn let_pass(&self, knows: impl Fn(&Parts, SocketAddr) -> Result<bool, Duration> + Send + Sync + 'static) {
        let _ = self.knows.set(Box::new(knows));
    }

    /// What `/metrics` shows of it.
    pub fn expose(&self, out: &mut Exposition) {
        self.figures.expose(out);
        if self.file.is_some() {
            let help = "Names and passwords that were compared with a hash; one that is known by now costs nothing.";
            out.counter("seamark_http_password_checks_total", help).set(self.passwords.checks());
        }
        let help = "Whether the web configuration in use is that of the files as they are now; 1 without one.";
        let is_good = !self.is_broken.load(Ordering::Relaxed);
        out.gauge("seamark_http_config_last_reload_successful", help).set(is_good);
    }

    /// Whether anything stands between a client and the program.
    pub(crate) fn is_on(&self) -> bool {
        self.file.is_some()
    }

    /// What is spoken with a client, and whether it has to show a certificate.
    pub(crate) async fn tls(self: &Arc<Self>, is_here: bool) -> Option<(Arc<ServerConfig>, bool)> {
        self.file.as_ref()?;
        self.refresh().await;
        let config = self.config.load();
        let tls = config.as_ref()?.tls.as_ref()?;
        Some((tls.config(is_here), tls.asks_for_certificates()))
    }

    /// Lets a request in, or answers it.
    pub(crate) async fn admit(self: &Arc<Self>, caller: Caller, parts: &mut Parts) -> Result<(), Response> {
        self.refresh().await;
        match self.config.load_full() {
            Some(config) => gate::admit(self, &config, caller, parts).await,
            None => Ok(()),
        }
    }

    /// Sets the headers of the web configuration, where the program has not set them itself.
    pub(crate) fn add_headers(&self, response: &mut Response) {
        let config = self.config.load();
        for (name, value) in config.iter().flat_map(|config| &config.headers) {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
    }

    fn knows(&self, parts: &Parts, peer: SocketAddr) -> Result<bool, Duration> {
        self.knows.get().map_or(Ok(false), |knows| knows(parts, peer))
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether the files have changed, if nobody has looked lately.
    async fn refresh(self: &Arc<Self>) {
        let now = u64::try_from(self.started.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX);
        let next = self.next_look.load(Ordering::Relaxed);
        let then = now.saturating_add(u64::try_from(LOOK.as_millis()).unwrap_or_default());
        if now < next || self.next_look.compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let web = Arc::clone(self);
        // A task of its own goes on where the client's patience ends.
        let look = tokio::spawn(async move {
            // Somebody else is at it already, on a slow disk.
            let Ok(mut stamps) = web.reading.try_lock() else { return };
            let before = stamps.clone();
            if spawn_blocking(move || before.iter().all(Stamp::holds)).await.unwrap_or(true) {
                return;
            }
            match web.read_anew(&mut stamps).await {
                Ok(()) => info!("the web configuration has changed and is in use"),
                Err(problems) => {
                    error!("the web configuration was not taken over, what was read before stays in use:\n{problems}");
                }
            }
        });
        let _ = timeout(PATIENCE, look).await;
    }

    async fn read_anew(&self, stamps: &mut Vec<Stamp>) -> Result<(), Problems> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        let name = file.display().to_string();
        let read = spawn_blocking(move || config::read(&file)).await;
        let Reading { stamps: new, config } = read.map_err(|error| Problems::unreadable(name, error.to_string()))?;
        *stamps = new;
        self.is_broken.store(config.is_err(), Ordering::Relaxed);
        self.put(config?);
        Ok(())
    }

    fn put(&self, config: WebConfig) {
        for remark in &config.remarks {
            warn!("{remark}");
        }
        self.config.store(Some(Arc::new(config)));
    }
}
