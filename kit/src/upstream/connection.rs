//! The HTTP client of one server. Tokens and certificates that lie in files are read again before each request:
//! they are changed while we run, and nobody wants to reload us for that.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use tracing::{info, warn};

use super::trust::build;
use super::{Credentials, Target, Tls};
use crate::secret::Secret;

/// For one request, unless the caller has more patience: an Alertmanager answers within milliseconds.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// For files: those of secrets lie in memory. One on a disk that hangs must not hold up the alert.
const FILES_DEADLINE: Duration = Duration::from_millis(500);

/// A client with these settings.
pub fn client(tls: &Tls) -> Result<Client, String> {
    // Somebody else may have installed one already, which is as good; with none, the builder panics.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect would turn the POST into a GET and lose the alert.
    let builder = || Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(DEADLINE);
    build(|| tls.apply(builder())).map_err(|error| format!("TLS cannot be set up: {error}"))
}

/// What went wrong, without the URL.
pub fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", DEADLINE.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// How one Alertmanager is reached now.
pub struct Connection {
    current: Mutex<Current>,
    reading: tokio::sync::Mutex<Option<JoinHandle<Result<Target, String>>>>,
}

struct Current {
    target: Target,
    client: Client,
    /// What is wrong with the files was said.
    told: bool,
}

impl Connection {
    /// `shared` serves all that have no TLS settings of their own.
    ///
    /// # Errors
    ///
    /// When the client cannot be set up.
    pub fn new(target: Target, shared: &Client) -> Result<Self, String> {
        let client = if target.tls.is_default() { shared.clone() } else { client(&target.tls)? };
        let current = Mutex::new(Current { target, client, told: false });
        Ok(Self { current, reading: tokio::sync::Mutex::default() })
    }

    /// A request with what its files hold now, or held last.
    pub async fn request(&self, build: impl FnOnce(&Client) -> RequestBuilder) -> RequestBuilder {
        self.refresh().await;
        let current = self.lock();
        let request = build(&current.client);
        match &current.target.credentials {
            Some(Credentials::Bearer(token)) => request.bearer_auth(token.expose()),
            Some(Credentials::Basic(user, password)) => request.basic_auth(user, Some(password.expose())),
            None => request,
        }
    }

    async fn refresh(&self) {
        let target = self.lock().target.clone();
        if !target.has_files() {
            return;
        }
        // One that hangs is waited for next time; another would hang as well.
        let mut reading = self.reading.lock().await;
        let mut under_way = reading.take().unwrap_or_else(|| spawn_blocking(move || target.read_again()));
        let read = match timeout(FILES_DEADLINE, &mut under_way).await {
            Ok(read) => read.unwrap_or_else(|error| Err(error.to_string())),
            Err(_) => {
                *reading = Some(under_way);
                Err(format!("no answer within {} ms", FILES_DEADLINE.as_millis()))
            }
        };
        self.take_over(read);
    }

    fn take_over(&self, read: Result<Target, String>) {
        let mut current = self.lock();
        let Current { target, client: in_use, told } = &mut *current;
        let taken = read.and_then(|new| {
            if new.tls != target.tls {
                *in_use = client(&new.tls)?;
            }
            if new != *target {
                info!("the files for {} `{}` have changed and are in use", new.service.name, new.name);
            }
            *target = new;
            Ok(())
        });
        match taken {
            Ok(()) => *told = false,
            Err(_) if *told => {}
            Err(why) => {
                *told = true;
                warn!(
                    "a file for {} `{}` cannot be used, what it held before stays in use: {why}",
                    target.service.name, target.name
                );
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Target {
    fn has_files(&self) -> bool {
        self.secret_file.is_some() || self.tls.ca.is_some() || self.tls.identity.is_some()
    }

    /// The same with what its files hold now. Waits for the disk.
    fn read_again(mut self) -> Result<Self, String> {
        if let Some(file) = &self.secret_file {
            let secret = content(file)?;
            match &mut self.credentials {
                Some(Credentials::Bearer(token)) => *token = secret,
                Some(Credentials::Basic(_, password)) => *password = secret,
                None => {}
            }
        }
        for (content_of, file) in self.tls.ca.iter_mut().chain(self.tls.identity.iter_mut().flatten()) {
            *content_of = content(file)?;
        }
        Ok(self)
    }
}

fn content(file: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("`{}`: {error}", file.display()))?;
    match text.trim() {
        // Whoever writes it has begun, and will be done soon.
        "" => Err(format!("`{}` is empty", file.display())),
        text => Ok(Secret::new(text)),
    }
}
