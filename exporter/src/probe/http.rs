//! HTTP: status, headers, body, redirects, and how long each phase took.
//!
//! Each request has a connection of its own, made step by step, because a client that does it all does not tell how
//! long the steps took.

mod answer;
mod settings;

use std::time::Instant;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use reqwest::Url;
use seamark_kit::build;
use tokio::task::AbortHandle;

use super::metric;
use super::net::{self, HostPort, Stream};
use super::report::{Failure, Report, failure};
pub use settings::{Http, Target};

/// As many as browsers and blackbox_exporter follow.
const MOST_REDIRECTS: usize = 10;

/// The head of an answer, in bytes.
const LONGEST_HEAD: usize = 256 * 1024;

const PHASES: [&str; 5] = ["resolve", "connect", "tls", "processing", "transfer"];

impl Http {
    /// Probes a target.
    ///
    /// # Errors
    ///
    /// Why it is not as it should be.
    pub async fn run(&self, target: &Target, report: &mut Report) -> Result<(), Failure> {
        PHASES.iter().for_each(|phase| report.add(metric::HTTP_DURATION, &[("phase", phase)], 0.0));
        for zero in [
            metric::HTTP_STATUS_CODE,
            metric::HTTP_CONTENT_LENGTH,
            metric::HTTP_UNCOMPRESSED_BODY_LENGTH,
            metric::HTTP_REDIRECTS,
            metric::HTTP_SSL,
            metric::HTTP_VERSION,
            metric::FAILED_DUE_TO_REGEX,
        ] {
            report.set(zero, 0);
        }
        let mut url = target.url.clone();
        let mut method = self.method.clone();
        let mut redirects = 0;
        loop {
            // Nor what was meant for TLS in the clear.
            let weaker = target.url.scheme() == "https" && url.scheme() == "http";
            let same_host = url.host_str() == target.url.host_str() && !weaker;
            let answer = self.exchange(&url, &method, target, same_host, report).await?;
            let Some(next) = self.next(&answer, &url) else {
                return self.judge(answer, report).await;
            };
            let next = next?;
            if redirects == MOST_REDIRECTS {
                return failure(format_args!("more than {MOST_REDIRECTS} redirects"));
            }
            redirects += 1;
            report.set(metric::HTTP_REDIRECTS, redirects as f64);
            report.say(format_args!("redirected to {}", shown(&next)));
            method = after_redirect(answer.response.status(), method);
            url = next;
        }
    }

    /// One request and the head of its answer.
    async fn exchange(
        &self,
        url: &Url,
        method: &Method,
        target: &Target,
        same_host: bool,
        report: &mut Report,
    ) -> Result<Answer, Failure> {
        let Some(host) = host_port(url) else {
            return failure(format_args!("{} is no address of HTTP", shown(url)));
        };
        let mut watch = Watch(Instant::now());
        let addresses = net::resolve(&host, self.addresses, report).await?;
        watch.note("resolve", report);
        let stream = net::connect(&addresses, report).await?;
        watch.note("connect", report);
        let secure = url.scheme() == "https";
        report.set(metric::HTTP_SSL, secure);
        let stream: Box<dyn Stream> = if secure {
            let name = target.hostname.as_deref().filter(|_| same_host).unwrap_or(&host.host);
            let stream = self.tls.handshake(name, stream, report).await?;
            watch.note("tls", report);
            Box::new(stream)
        } else {
            Box::new(stream)
        };
        let request = self.request(url, method, target, same_host)?;
        report.say(format_args!("{method} {}", shown(url)));
        let wrong = |error: hyper::Error| Failure(format!("no answer: {}", causes(&error)));
        let mut builder = http1::Builder::new();
        builder.max_buf_size(LONGEST_HEAD);
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(wrong)?;
        // It ends with the exchange, answered or not.
        let connection = EndWithUs(tokio::spawn(async move { drop(connection.await) }).abort_handle());
        let response = sender.send_request(request).await.map_err(wrong)?;
        watch.note("processing", report);
        report.say(format_args!("{:?} {}", response.version(), response.status()));
        answer::tell_head(&response, report);
        Ok(Answer { response, watch, _connection: connection })
    }

    fn request(
        &self,
        url: &Url,
        method: &Method,
        target: &Target,
        same_host: bool,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        // The target itself is asked for by path, not by its whole URL, so HTTP/1.1 wants the header.
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut request = Request::new(Full::default());
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.parse().map_err(|_| Failure(format!("{} cannot be asked for", shown(url))))?;
        let head = request.headers_mut();
        let host = target.hostname.clone().filter(|_| same_host).unwrap_or_else(|| url_authority(url));
        head.insert(HOST, HeaderValue::try_from(host).map_err(|_| Failure("the host name cannot be sent".to_owned()))?);
        if let Ok(agent) = HeaderValue::try_from(format!("seamark-exporter/{}", build::VERSION)) {
            head.insert(USER_AGENT, agent);
        }
        let authorization = self.authorization.as_ref().or(target.authorization.as_ref());
        if let Some(authorization) = authorization.filter(|_| same_host) {
            head.insert(AUTHORIZATION, authorization.clone());
        }
        // What the user set is meant for the host that was asked first: nobody knows which of it is a key.
        let own = self.headers.iter().filter(|_| same_host);
        own.for_each(|(name, value)| drop(head.insert(name.clone(), value.clone())));
        if let Some(body) = self.body.as_ref().filter(|_| *method == self.method) {
            *request.body_mut() = Full::from(body.expose().to_owned());
        } else {
            request.headers_mut().remove(CONTENT_TYPE);
            request.headers_mut().remove(CONTENT_LENGTH);
        }
        Ok(request)
    }

    /// Where an answer sends us on to, if it does and we follow.
    fn next(&self, answer: &Answer, at: &Url) -> Option<Result<Url, Failure>> {
        let moved = matches!(answer.response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = answer.response.headers().get(LOCATION).filter(|_| moved && self.follow_redirects)?;
        let next = location.to_str().ok().and_then(|location| at.join(location).ok());
        let next = next.filter(|next| matches!(next.scheme(), "http" | "https") && next.has_host());
        Some(next.ok_or_else(|| Failure("the answer sends on to something that is no address of HTTP".to_owned())))
    }
}

/// An answer whose head was read.
struct Answer {
    response: Response<Incoming>,
    watch: Watch,
    _connection: EndWithUs,
}

/// A task that ends when this is dropped.
struct EndWithUs(AbortHandle);

impl Drop for EndWithUs {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Tells one phase from the next.
struct Watch(Instant);

impl Watch {
    fn note(&mut self, phase: &'static str, report: &mut Report) {
        let now = Instant::now();
        report.add(metric::HTTP_DURATION, &[("phase", phase)], (now - self.0).as_secs_f64());
        self.0 = now;
    }
}

/// As browsers and Go do it.
fn after_redirect(status: StatusCode, method: Method) -> Method {
    match status.as_u16() {
        301..=303 if method != Method::HEAD => Method::GET,
        _ => method,
    }
}

fn host_port(url: &Url) -> Option<HostPort> {
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    Some(HostPort { host, port: url.port_or_known_default()? })
}

fn url_authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A URL without what may be secret in it: user, password, query and fragment.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Neither fails for a URL with a host.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// An error and what led to it: hyper's own words are only about the last step.
fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
