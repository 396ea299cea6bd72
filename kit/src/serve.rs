//! Serving HTTP: binding, the server with its deadlines, and the signals that end or reload a program.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal as UnixSignal, SignalKind, signal};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use crate::systemd;
use crate::web::{Caller, Reason, Web};
use service::Way;

mod service;

/// How long a client may take for its request line and headers.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to agree upon TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
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
    listener.set_nonblocking(true)?;
    Ok(listener)
}

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
    // Without a timer hyper waits for slow headers for ever.
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let server = Arc::new(Server { http, program: TowerToHyperService::new(router), web });
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer): (TcpStream, SocketAddr) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    wait_after(&error).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        tokio::spawn(Arc::clone(&server).connection(stream, peer, connections.watcher()));
    }
    drop(listener);
    let _ = timeout(DRAIN_TIMEOUT, connections.shutdown()).await;
    Ok(())
}

/// What all connections share.
struct Server {
    http: Builder,
    program: TowerToHyperService<Router>,
    web: Arc<Web>,
}

impl Server {
    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let mut caller = Caller { peer, has_certificate: true };
        let Some((config, asks)) = self.web.tls(caller.is_here()).await else {
            return self.talk(stream, caller, watcher).await;
        };
        match timeout(HANDSHAKE_TIMEOUT, shake_hands(stream, config)).await {
            Ok(Ok(stream)) => {
                caller.has_certificate = !asks || stream.get_ref().1.peer_certificates().is_some();
                self.talk(stream, caller, watcher).await;
            }
            Ok(Err(error)) => {
                self.web.figures.refused(Reason::Handshake);
                debug!(%peer, %error, "no TLS was agreed upon");
            }
            Err(_) => self.web.figures.refused(Reason::Slow),
        }
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        caller: Caller,
        watcher: Watcher,
    ) {
        let way = Way { program: self.program.clone(), web: Arc::clone(&self.web), caller };
        // It ends with an error where the client has gone: nothing to be told to anybody.
        drop(watcher.watch(self.http.serve_connection(TokioIo::new(stream), way)).await);
    }
}

async fn shake_hands(
    mut stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await? > 0 && first.iter().all(u8::is_ascii_uppercase) {
        let text = "TLS is spoken here: ask with https://.\n";
        let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close";
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        stream.write_all(answer.as_bytes()).await?;
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a request without TLS"));
    }
    TlsAcceptor::from(config).accept(stream).await
}

/// A client that is gone already costs nothing; out of descriptors, trying again at once would be a busy loop.
async fn wait_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        warn!(%error, "no connection can be accepted: {error}");
        sleep(Duration::from_secs(1)).await;
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

    #[tokio::test]
    async fn a_client_that_never_ends_its_headers_is_cut_off() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, Router::new(), Arc::default(), async {
            let _ = stopped.await;
        }));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
        tokio::time::pause();
        // The clock is paused: it jumps to the deadline, and shows which one it was.
        let before = tokio::time::Instant::now();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        let waited = before.elapsed();
        tokio::time::resume();
        assert!(waited < HEADER_TIMEOUT * 2, "{waited:?}");
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }
}
