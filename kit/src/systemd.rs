//! What systemd wants to know of a program, and the socket it may hold open for it. Without systemd all of it is nothing.

use std::io;
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::task::JoinHandle;
use tracing::{debug, info};

/// The socket that systemd opened for us (`seamark-….socket`), which stays open while the program restarts.
///
/// # Errors
///
/// There is one, and it is no TCP socket.
pub fn listener() -> io::Result<Option<TcpListener>> {
    let mut given = ListenFd::from_env();
    if given.len() > 1 {
        let count = given.len();
        let why =
            format!("systemd hands over {count} sockets, expected one: leave one `ListenStream=` in the .socket unit");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let Some(listener) = given.take_tcp_listener(0).map_err(|error| {
        let why = format!("the socket that systemd hands over is no TCP socket ({error}): look at `ListenStream=`");
        io::Error::new(error.kind(), why)
    })?
    else {
        return Ok(None);
    };
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}

/// Says that requests are served, and goes on to say that the program lives. The task ends with the runtime.
pub fn ready(address: SocketAddr) -> Option<JoinHandle<()>> {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("serves {address}"))]);
    let every = sd_notify::watchdog_enabled()? / 2;
    info!("systemd restarts this program when it has said nothing for {} s", every.as_secs() * 2);
    Some(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(every);
        loop {
            // A runtime that hangs does not get here.
            ticks.tick().await;
            tell(&[NotifyState::Watchdog]);
        }
    }))
}

/// Says that the configuration is being read anew, until [`reloaded`].
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => debug!(%error, "no monotonic clock"),
    }
}

/// Says that the configuration was read anew, or that the old one stays in use.
pub fn reloaded(good: bool) {
    let status =
        if good { "serves; the configuration was read anew" } else { "serves; the new configuration is refused" };
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Says that the program ends.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        debug!(%error, "systemd could not be told");
    }
}
