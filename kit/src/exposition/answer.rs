//! The answer to a scrape: format, compression and headers as the asking side accepts them.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Exposition, accepts_gzip, encode, format_for, gzip};

/// Encodes a scrape for a request with these headers. Never a refusal: an unknown `Accept` gets the classic format.
pub fn answer(families: Exposition, asked: &HeaderMap) -> Response {
    let format = format_for(header_text(asked, &header::ACCEPT));
    let text = encode(&families, format);
    // Their memory is taken for what comes.
    drop(families);
    let text = match text {
        Ok(text) => text,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    };
    let packed = accepts_gzip(header_text(asked, &header::ACCEPT_ENCODING)).then(|| gzip(text.as_bytes())).flatten();
    let mut response = Response::new(Body::empty());
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    head.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    if packed.is_some() {
        head.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    *response.body_mut() = packed.map_or_else(|| Body::from(text), Body::from);
    response
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
