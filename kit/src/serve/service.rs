//! What happens to a request between its connection and the program.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};

use super::Peer;
use crate::web::{Caller, Web};

/// One connection's way to the program.
pub(super) struct Way {
    pub(super) program: TowerToHyperService<Router>,
    pub(super) web: Arc<Web>,
    pub(super) caller: Caller,
}

impl Service<Request<Incoming>> for Way {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        request.extensions_mut().insert(Peer(self.caller.peer));
        if !self.web.is_on() {
            return Answering::Straight(self.program.call(request));
        }
        let (web, program, caller) = (Arc::clone(&self.web), self.program.clone(), self.caller);
        Answering::Guarded(Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let mut response = match web.admit(caller, &mut parts).await {
                Ok(()) => program.call(Request::from_parts(parts, body)).await?,
                Err(refusal) => refusal,
            };
            web.add_headers(&mut response);
            Ok(response)
        }))
    }
}

type Answer = Result<Response<Body>, Infallible>;

/// An answer in the making; on the straight way it needs no allocation of its own.
pub(super) enum Answering {
    Straight(TowerToHyperServiceFuture<Router, Request<Incoming>>),
    Guarded(Pin<Box<dyn Future<Output = Answer> + Send>>),
}

impl Future for Answering {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        match self.get_mut() {
            Self::Straight(answer) => Pin::new(answer).poll(cx),
            Self::Guarded(answer) => answer.as_mut().poll(cx),
        }
    }
}
