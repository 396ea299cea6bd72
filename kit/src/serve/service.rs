//! What happens to a request between its connection and the program.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};

use super::Peer;
use super::seat::Seat;
use super::stream::{Download, Upload};
use crate::web::{Caller, Web};

/// One connection's way to the program.
pub(super) struct Way {
    pub(super) program: TowerToHyperService<Router>,
    pub(super) web: Arc<Web>,
    pub(super) caller: Caller,
    pub(super) seat: Arc<Seat>,
}

impl Service<Request<Incoming>> for Way {
    type Response = Response<Download>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        request.extensions_mut().insert(Peer(self.caller.peer));
        let request = request.map(|body| Upload::new(body, Arc::clone(&self.seat)));
        let made = if self.web.is_on() {
            let (web, program) = (Arc::clone(&self.web), self.program.clone());
            Made::Guarded(Box::pin(guarded(web, program, self.caller, request)))
        } else {
            Made::Straight(self.program.call(request))
        };
        Answering { made, seat: Arc::clone(&self.seat) }
    }
}

async fn guarded(
    web: Arc<Web>,
    program: TowerToHyperService<Router>,
    caller: Caller,
    request: Request<Upload>,
) -> Result<Response<Body>, Infallible> {
    let (mut parts, body) = request.into_parts();
    let mut response = match web.admit(caller, &mut parts).await {
        Ok(()) => program.call(Request::from_parts(parts, body)).await?,
        Err(refusal) => refusal,
    };
    web.add_headers(&mut response);
    Ok(response)
}

/// An answer in the making.
pub(super) struct Answering {
    made: Made,
    seat: Arc<Seat>,
}

/// On the straight way it needs no allocation of its own.
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is what nearly every request takes, and is to cost no allocation"
)]
enum Made {
    Straight(TowerToHyperServiceFuture<Router, Request<Upload>>),
    Guarded(Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>),
}

impl Future for Answering {
    type Output = Result<Response<Download>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { made, seat } = self.get_mut();
        let response = ready!(match made {
            Made::Straight(answer) => Pin::new(answer).poll(cx),
            Made::Guarded(answer) => answer.as_mut().poll(cx),
        })?;
        Poll::Ready(Ok(response.map(|body| Download { body, seat: Arc::clone(seat) })))
    }
}
