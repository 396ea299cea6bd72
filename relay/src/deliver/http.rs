//! The one place that calls chats.

use std::error::Error;
use std::time::Duration;

use reqwest::multipart::Part;
use seamark_kit::upstream;

use crate::channel::{Body, Form, Method, Request, Response};

/// A chat that has not answered by then gets the message again later.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// A call with files takes as long as the line to the chat needs for them.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What is read of an answer, in bytes; the rest is of no interest.
const ANSWER_LIMIT: usize = 64 * 1024;

/// A call without an answer.
#[derive(Debug, PartialEq)]
pub struct NoAnswer {
    /// Why, without the URL, which holds a token.
    pub reason: String,
    /// The request may have been read all the same.
    pub maybe_sent: bool,
}

/// The client for chats: no redirects, because a POST would become a GET whose 200 says nothing, and no proxy from
/// the environment, because nobody expects a message to take that way.
///
/// # Errors
///
/// When it cannot be set up.
pub fn client() -> Result<reqwest::Client, String> {
    // Somebody else may have installed one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        reqwest::Client::builder()
            .user_agent(concat!("seamark-relay/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
    };
    upstream::build(|| Ok(builder())).map_err(|error| format!("no HTTPS client: {error}"))
}

/// Makes the call.
///
/// # Errors
///
/// [`NoAnswer`] when there is no status to judge by.
pub async fn call(client: &reqwest::Client, request: &Request) -> Result<Response, NoAnswer> {
    let timeout = match &request.body {
        Body::Json(_) => REQUEST_TIMEOUT,
        Body::Form(_) => UPLOAD_TIMEOUT,
    };
    call_for(client, request, timeout, ANSWER_LIMIT).await
}

/// As [`call`], with a time and a length of the answer, in bytes, of its own.
///
/// # Errors
///
/// Those of [`call`].
pub async fn call_for(
    client: &reqwest::Client,
    request: &Request,
    timeout: Duration,
    answer_limit: usize,
) -> Result<Response, NoAnswer> {
    let url = request.url.expose();
    let builder = match request.method {
        Method::Get => client.get(url),
        Method::Post => client.post(url),
        Method::Patch => client.patch(url),
        Method::Print => {
            let text = request.body.json().and_then(|json| json.as_str()).unwrap_or_default();
            tracing::info!(target: seamark_kit::telemetry::WORK, "{text}");
            return Ok(Response { status: 200, ..Response::default() });
        }
    };
    let builder = request.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value.expose()));
    let builder = match &request.body {
        // A question carries nothing.
        Body::Json(_) if request.method == Method::Get => builder,
        Body::Json(json) => builder.json(json),
        Body::Form(form) => builder.multipart(multipart(form)),
    };
    let answer = builder.timeout(timeout).send().await;
    let mut answer = answer.map_err(|error| no_answer(error, timeout))?;
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned()))
    };
    let headers = answer.headers().iter().filter_map(header).collect();
    let mut body = Vec::new();
    // The status is known: a body that breaks off changes no verdict.
    while let Ok(Some(chunk)) = answer.chunk().await {
        let room = answer_limit - body.len();
        body.extend(chunk.iter().take(room));
        if body.len() == answer_limit {
            break;
        }
    }
    Ok(Response { status: answer.status().as_u16(), headers, body })
}

fn multipart(form: &Form) -> reqwest::multipart::Form {
    let fields = form.fields.iter().cloned();
    let texts = fields.fold(reqwest::multipart::Form::new(), |all, (name, text)| all.text(name, text));
    form.files.iter().fold(texts, |all, (name, file)| {
        let part = || Part::bytes(file.bytes.to_vec()).file_name(file.name.clone());
        // A media type that is none is left away: the chat looks at the name then.
        all.part(name.clone(), part().mime_str(&file.media_type).unwrap_or_else(|_| part()))
    })
}

fn no_answer(error: reqwest::Error, timeout: Duration) -> NoAnswer {
    let error = error.without_url();
    let reason = if error.is_timeout() && !error.is_connect() {
        format!("no answer within {} s", timeout.as_secs())
    } else {
        causes(&error)
    };
    NoAnswer { reason, maybe_sent: !(error.is_connect() || error.is_builder()) }
}

/// The error and what is behind it, which reqwest does not say by itself.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    words
}
