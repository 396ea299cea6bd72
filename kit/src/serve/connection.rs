//! One connection, from TLS to its last answer.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::seat::{Doing, Seat};
use super::seats::Place;
use super::service::Way;
use super::stream::Stream;
use crate::web::{Caller, Reason, Web};

/// What all connections share.
pub(super) struct Server {
    pub(super) http: Builder,
    pub(super) program: TowerToHyperService<Router>,
    pub(super) web: Arc<Web>,
}

impl Server {
    /// Serves one client. The place is held as long as its connection.
    pub(super) async fn connection(self: Arc<Self>, tcp: TcpStream, peer: SocketAddr, place: Place, watcher: Watcher) {
        let mut caller = Caller { peer, has_certificate: true };
        let seat = &place.seat;
        seat.goes_on_with(Doing::Head);
        let tls = if self.web.is_on() { self.web.tls(caller.is_here()).await } else { None };
        let stream = Stream { tcp, seat: Arc::clone(seat) };
        let Some((config, asks)) = tls else {
            return self.talk(stream, caller, seat, watcher).await;
        };
        seat.goes_on_with(Doing::Handshake);
        match in_time(shake_hands(stream, config), seat).await {
            Some(Ok(stream)) => {
                seat.goes_on_with(Doing::Head);
                caller.has_certificate = !asks || stream.get_ref().1.peer_certificates().is_some();
                self.talk(stream, caller, seat, watcher).await;
            }
            Some(Err(error)) => {
                self.web.figures.refused(Reason::Handshake);
                debug!(%peer, %error, "no TLS was agreed upon");
            }
            None => self.web.figures.refused(Reason::Slow),
        }
    }

    async fn talk<T>(&self, stream: T, caller: Caller, seat: &Arc<Seat>, watcher: Watcher)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (program, web) = (self.program.clone(), Arc::clone(&self.web));
        let way = Way { program, web, caller, seat: Arc::clone(seat) };
        let talk = watcher.watch(self.http.serve_connection(TokioIo::new(stream), way));
        // It ends with an error where the client has gone: nothing to be told to anybody.
        if in_time(talk, seat).await.is_none() && !seat.is(Doing::Idle) {
            self.web.figures.refused(Reason::Slow);
        }
    }
}

/// What comes of it, or `None` once its client has taken too long.
async fn in_time<T>(work: impl Future<Output = T>, seat: &Seat) -> Option<T> {
    let mut work = pin!(work);
    let mut alarm = pin!(sleep_until(Instant::now()));
    let mut is_set = false;
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        loop {
            let Some(deadline) = seat.deadline() else { return Poll::Pending };
            // One that rings too early is set again then: that is seldom, and requests are not.
            if !is_set || deadline < alarm.deadline() {
                alarm.as_mut().reset(deadline);
                is_set = true;
            }
            ready!(alarm.as_mut().poll(cx));
            if deadline <= Instant::now() {
                return Poll::Ready(None);
            }
            is_set = false;
        }
    })
    .await
}

async fn shake_hands(mut stream: Stream, config: Arc<ServerConfig>) -> io::Result<TlsStream<Stream>> {
    let mut first = [0];
    if stream.tcp.peek(&mut first).await? > 0 && first.iter().all(u8::is_ascii_uppercase) {
        let text = "TLS is spoken here: ask with https://.\n";
        let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close";
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        stream.write_all(answer.as_bytes()).await?;
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a request without TLS"));
    }
    TlsAcceptor::from(config).accept(stream).await
}
