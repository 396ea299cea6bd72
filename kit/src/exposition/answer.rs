//! The answer to a scrape: format, compression and headers as the asking side accepts them.
//!
//! The text of a hundred containers is two megabytes and more. It never stands in memory as a whole: each page of it is
//! compressed while it is in the processor's cache, or sent as it is.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};

use super::encode::write;
use super::gzip::Packer;
use super::{EncodeError, Exposition, Format, accepts_gzip, format_for};

/// Bytes of a page. Small enough that the allocator gives a whole answer back to the system.
const PAGE: usize = 64 * 1024;

/// Encodes a scrape for a request with these headers. Never a refusal: an unknown `Accept` gets the classic format.
pub fn answer(families: Exposition, asked: &HeaderMap) -> Response {
    let format = format_for(header_text(asked, &header::ACCEPT));
    let packed = accepts_gzip(header_text(asked, &header::ACCEPT_ENCODING));
    let body = if packed { gzip(&families, format).map(Body::from) } else { plain(&families, format).map(Body::new) };
    let mut response = match body {
        Ok(body) => Response::new(body),
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    };
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    head.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    if packed {
        head.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn gzip(families: &Exposition, format: Format) -> Result<Vec<u8>, EncodeError> {
    let mut packer = Packer::new();
    let mut pages = Pages::new(|page: &mut String| {
        packer.write(page.as_bytes()).map_err(|_| fmt::Error)?;
        page.clear();
        Ok(())
    });
    write(families, format, &mut pages)?;
    pages.end()?;
    Ok(packer.finish().map_err(|_| fmt::Error)?)
}

fn plain(families: &Exposition, format: Format) -> Result<Sending, EncodeError> {
    let mut done = Vec::new();
    let mut pages = Pages::new(|page: &mut String| {
        done.push(Bytes::from(std::mem::replace(page, String::with_capacity(PAGE))));
        Ok(())
    });
    write(families, format, &mut pages)?;
    pages.end()?;
    let left = done.iter().map(|page| page.len() as u64).sum();
    Ok(Sending { pages: done.into_iter(), left })
}

/// A text that is handed on page by page. A page is longer than others where one piece of the text is.
struct Pages<F> {
    page: String,
    full: F,
}

impl<F: FnMut(&mut String) -> fmt::Result> Pages<F> {
    fn new(full: F) -> Self {
        Self { page: String::with_capacity(PAGE), full }
    }

    fn end(mut self) -> fmt::Result {
        (self.full)(&mut self.page)
    }
}

impl<F: FnMut(&mut String) -> fmt::Result> fmt::Write for Pages<F> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.page.len() + text.len() > PAGE && !self.page.is_empty() {
            (self.full)(&mut self.page)?;
        }
        self.page.push_str(text);
        Ok(())
    }
}

/// Pages on their way, of a length that is known.
struct Sending {
    pages: vec::IntoIter<Bytes>,
    left: u64,
}

impl hyper::body::Body for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let page = self.pages.next();
        self.left -= page.as_ref().map_or(0, |page| page.len() as u64);
        Poll::Ready(page.map(|page| Ok(Frame::data(page))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::body::to_bytes;
    use flate2::read::GzDecoder;

    use super::*;
    use crate::exposition::encode;

    fn families(count: u64, longest: usize) -> Exposition {
        let mut out = Exposition::default();
        for number in 0..count {
            out.gauge("up", "Up.").push(&[("to", &number.to_string())], number);
        }
        out.gauge("long", "Long.").push(&[("text", &"店".repeat(longest))], 1_u64);
        out
    }

    #[tokio::test]
    async fn noise_and_text_that_are_compressed_at_once_do_not_meet() {
        let mut seed = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .take(300_000)
        .collect();
        let text = b"node_load1 0.25\n".repeat(50_000);
        for _ in 0..2 {
            let (mut one, mut other) = (Packer::new(), Packer::new());
            for (noise, text) in noise.chunks(6000).zip(text.chunks(16_000)) {
                one.write(noise).unwrap();
                other.write(text).unwrap();
            }
            for (packed, whole) in [(one.finish().unwrap(), &noise), (other.finish().unwrap(), &text)] {
                let mut unpacked = Vec::new();
                GzDecoder::new(&*packed).read_to_end(&mut unpacked).unwrap();
                assert!(unpacked == *whole);
            }
        }
    }

    #[tokio::test]
    async fn an_answer_of_many_pages_is_the_whole_text_packed_or_not() {
        for (count, longest) in [(0, 1), (10, 5), (20_000, 3 * PAGE), (20_000, 0)] {
            let expected = encode(&families(count, longest), Format::Classic).unwrap();
            let mut asked = HeaderMap::new();
            let plain = answer(families(count, longest), &asked).into_body();
            assert_eq!(hyper::body::Body::size_hint(&plain).exact(), Some(expected.len() as u64));
            assert!(to_bytes(plain, usize::MAX).await.unwrap() == expected.as_bytes(), "{count} {longest}");

            asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            let packed = to_bytes(answer(families(count, longest), &asked).into_body(), usize::MAX).await.unwrap();
            let mut unpacked = String::new();
            GzDecoder::new(&*packed).read_to_string(&mut unpacked).unwrap();
            assert!(unpacked == expected, "{count} {longest}");
            assert!(count < 100 || packed.len() < expected.len() / 4, "{} of {}", packed.len(), expected.len());
        }
    }
}
