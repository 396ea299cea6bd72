//! Serving HTTP: binding, the server with its deadlines, and the signals that end or reload a program.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal as UnixSignal, SignalKind, signal};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::systemd;
use crate::web::{Reason, Web};
use connection::Server;
use seats::Seats;

mod connection;
mod seat;
mod seats;
mod service;
mod stream;

/// How long a client may take for its request line and headers.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How many connections may wait to be accepted; the kernel has a limit of its own (net.core.somaxconn).
const BACKLOG: i32 = 4096;
/// How long answers under way may take once the program has been told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// An address to listen on: `127.0.0.1:9877`, `[::1]:9877`, or `:9877` for all addresses.
pub fn listen_address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix(':') {
        Some(port) => Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port.parse().ok()?)),
        None => text.parse().ok(),
    }
}

/// Who calls; an extension of each request that [`serve`] hands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Opens the listening socket, or takes the one that systemd holds open for us.
///
/// # Errors
///
/// Names the address and, where it is known, what to do about it.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if let Some(listener) = systemd::listener()? {
        return Ok(listener);
    }
    let bound = TcpListener::bind(address).or_else(|error| {
        // A kernel without IPv6 still has all addresses of IPv4.
        if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) && error.kind() != io::ErrorKind::AddrInUse {
            TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], address.port())))
        } else {
            Err(error)
        }
    });
    let listener = bound.map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => "; another program has that port: stop it, or choose another address",
            io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege: choose a higher one",
            io::ErrorKind::AddrNotAvailable => "; this machine does not have that address",
            _ => "",
        };
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}{hint}"))
    })?;
    // The 128 of the standard library are filled at once by whoever opens connections for the sake of it, and a client
    // that finds no room tries again after a second, two, four.
    rustix::net::listen(&listener, BACKLOG)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What a connection may send before its request is complete, in bytes, but for the body.
const HEADER_BYTES: usize = 64 * 1024;

/// Serves HTTP/1.1 until `stop` ends, then lets answers under way finish. `web` says with what protection.
///
/// # Errors
///
/// The socket could not be used.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    web: Arc<Web>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut http = Builder::new();
    // For the headers of each connection. With hyper's own bound a crowd of them would take all memory there is.
    http.max_buf_size(HEADER_BYTES);
    let server = Arc::new(Server { http, program: TowerToHyperService::new(router), web });
    let seats = Seats::for_files(getrlimit(Resource::Nofile).current);
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let (stream, peer) = accept(&listener, &seats).await;
            let (place, closed) = seats.take(peer.ip()).await;
            (stream, peer, place, closed)
        };
        let (stream, peer, place, closed) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        (0..closed).for_each(|_| server.web.figures.refused(Reason::Crowded));
        let number = place.number();
        let connection = Arc::clone(&server).connection(stream, peer, place, connections.watcher());
        seats.runs(number, tokio::spawn(connection).abort_handle());
        // Those that are here have their turn before the next one: a crowd at the door must not keep them waiting.
        yield_now().await;
    }
    drop(listener);
    let _ = timeout(DRAIN_TIMEOUT, connections.shutdown()).await;
    Ok(())
}

/// A client that is gone already costs nothing; out of descriptors, trying again at once would be a busy loop.
async fn accept(listener: &tokio::net::TcpListener, seats: &Seats) -> (TcpStream, SocketAddr) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        let error = match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => continue,
            Err(error) => error,
        };
        warn!(%error, "no connection can be accepted: {error}");
        if seats.close_one() {
            // It has to run once more, to its end.
            yield_now().await;
        } else {
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// What the process was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP: read the configuration anew.
    Reload,
    /// SIGTERM or SIGINT: end in good order.
    Stop,
}

/// The signals a program listens to.
#[derive(Debug)]
pub struct Signals {
    hangup: UnixSignal,
    terminate: UnixSignal,
    interrupt: UnixSignal,
}

impl Signals {
    /// Starts listening; from here on SIGHUP does not end the process.
    ///
    /// # Errors
    ///
    /// The signal handlers could not be installed.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::Reload,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses_are_read_as_prometheus_programs_write_them() {
        assert_eq!(listen_address(":9877"), Some("[::]:9877".parse().unwrap()));
        assert_eq!(listen_address("127.0.0.1:0"), Some("127.0.0.1:0".parse().unwrap()));
        for wrong in ["", ":", "9877", "localhost", ":70000", "a:b"] {
            assert_eq!(listen_address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_taken_port_is_named_with_what_to_do() {
        let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.local_addr().unwrap();
        let error = bind(address).unwrap_err().to_string();
        assert!(error.contains(&address.to_string()) && error.contains("another program has that port"), "{error}");
    }

    /// Sends this, waits for its answer, if there is to be one, and sends more; tells how long the connection stayed open
    /// from there on, and what came. The clock is paused then: it jumps to the next deadline.
    async fn open_for(sent: &str, then: Option<&str>) -> (Duration, String) {
        use axum::routing::{get, post};
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let router = Router::new().route("/", get(async || "here")).route("/", post(async |body: String| body));
        let server = tokio::spawn(serve(listener, router, Arc::default(), async {
            let _ = stopped.await;
        }));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(sent.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        if let Some(more) = then {
            while !all.ends_with(b"here") {
                assert!(client.read_buf(&mut all).await.unwrap() > 0);
            }
            client.write_all(more.as_bytes()).await.unwrap();
        }
        tokio::time::pause();
        let before = tokio::time::Instant::now();
        client.read_to_end(&mut all).await.unwrap();
        let waited = before.elapsed();
        tokio::time::resume();
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        (waited, String::from_utf8(all).unwrap())
    }

    #[tokio::test]
    async fn a_client_that_never_ends_its_headers_is_cut_off() {
        for begun in ["", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            let (waited, said) = open_for(begun, None).await;
            assert!(waited < HEADER_TIMEOUT * 2, "{waited:?}");
            assert_eq!(said, "");
        }
    }

    #[tokio::test]
    async fn a_client_that_never_ends_its_body_is_cut_off() {
        let (waited, said) = open_for("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", None).await;
        assert!(Duration::from_secs(10) < waited && waited < Duration::from_secs(20), "{waited:?}");
        assert_eq!(said, "");
    }

    #[tokio::test]
    async fn a_connection_is_kept_for_the_next_scrape_and_not_for_ever() {
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let (waited, _) = open_for(request, Some("")).await;
        assert!(Duration::from_secs(90) < waited && waited < Duration::from_secs(180), "{waited:?}");
        // What is begun after an answer has the time of any headers.
        let (waited, _) = open_for(request, Some("GET / HTTP/1.1\r\n")).await;
        assert!(waited < HEADER_TIMEOUT * 2, "{waited:?}");
    }
}
