//! Whether an answer is as it should be.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, LAST_MODIFIED, TRANSFER_ENCODING};
use hyper::{Response, Version};

use super::super::metric;
use super::super::report::{Failure, Report, failure};
use super::settings::HeaderPattern;
use super::{Answer, Http};

/// States what the head of an answer says.
pub(super) fn tell_head(response: &Response<Incoming>, report: &mut Report) {
    report.set(metric::HTTP_STATUS_CODE, response.status().as_u16());
    report.set(metric::HTTP_VERSION, if response.version() == Version::HTTP_10 { 1.0 } else { 1.1 });
    let head = response.headers();
    let announced = head.get(CONTENT_LENGTH).filter(|_| !head.contains_key(TRANSFER_ENCODING));
    let length = announced.and_then(|length| length.to_str().ok()?.trim().parse::<u64>().ok());
    report.set(metric::HTTP_CONTENT_LENGTH, length.map_or(-1.0, |length| length as f64));
    report.forget(metric::HTTP_LAST_MODIFIED);
    let modified = head.get(LAST_MODIFIED).and_then(|value| value.to_str().ok());
    if let Some(modified) = modified.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()) {
        report.set(metric::HTTP_LAST_MODIFIED, modified.timestamp().as_second() as f64);
    }
}

impl Http {
    /// Reads the body and says what is wrong with the answer, if anything is. The body is read to its end all the same:
    /// how long that took is of interest of a bad answer too.
    pub(super) async fn judge(&self, answer: Answer, report: &mut Report) -> Result<(), Failure> {
        let status = self.judge_head(&answer.response, report);
        let body = self.read_body(answer, report).await?;
        status?;
        let text = String::from_utf8_lossy(&body);
        let bad = self.fail_if_body.iter().find(|pattern| pattern.matches(&text));
        if let Some(bad) = bad {
            report.set(metric::FAILED_DUE_TO_REGEX, true);
            return failure(format_args!("the body matches `{}`", bad.as_str()));
        }
        if let Some(missing) = self.fail_unless_body.iter().find(|pattern| !pattern.matches(&text)) {
            report.set(metric::FAILED_DUE_TO_REGEX, true);
            return failure(format_args!("the body does not match `{}`", missing.as_str()));
        }
        Ok(())
    }

    fn judge_head(&self, response: &Response<Incoming>, report: &mut Report) -> Result<(), Failure> {
        let status = response.status();
        let valid = match self.valid_status_codes.as_slice() {
            [] => status.is_success(),
            codes => codes.contains(&status.as_u16()),
        };
        if !valid {
            return failure(format_args!("the status is {}", status.as_u16()));
        }
        let version = format!("{:?}", response.version());
        if !self.valid_versions.is_empty() && !self.valid_versions.contains(&version) {
            return failure(format_args!("the answer is of {version}"));
        }
        match report.get(metric::HTTP_SSL) == Some(1.0) {
            true if self.fail_if_ssl => return failure("the answer came over TLS"),
            false if self.fail_if_not_ssl => return failure("the answer did not come over TLS"),
            _ => {}
        }
        let matches = |header: &HeaderPattern| {
            let values = response.headers().get_all(&header.name);
            values.iter().any(|value| header.pattern.matches(&String::from_utf8_lossy(value.as_bytes())))
        };
        // A header that is not there can be allowed for; then it is neither good nor bad.
        let looked_at =
            |header: &&HeaderPattern| !header.allow_missing || response.headers().contains_key(&header.name);
        let is_there = |header: &&HeaderPattern| response.headers().contains_key(&header.name);
        let bad = self.fail_if_header.iter().filter(looked_at).find(|header| !is_there(header) || matches(header));
        let missing = self.fail_unless_header.iter().filter(looked_at).find(|header| !matches(header));
        let wrong = match (bad, missing) {
            (Some(bad), _) if is_there(&bad) => format!("the header {} matches `{}`", bad.name, bad.pattern.as_str()),
            (Some(absent), _) => format!("there is no header {}", absent.name),
            (_, Some(missing)) => format!("the header {} does not match `{}`", missing.name, missing.pattern.as_str()),
            (None, None) => return Ok(()),
        };
        report.set(metric::FAILED_DUE_TO_REGEX, true);
        failure(wrong)
    }

    /// Keeps the body only where somebody looks at it.
    async fn read_body(&self, answer: Answer, report: &mut Report) -> Result<Vec<u8>, Failure> {
        let Answer { response, mut watch, _connection } = answer;
        let wanted = !self.fail_if_body.is_empty() || !self.fail_unless_body.is_empty();
        let (mut body, mut length, mut kept) = (response.into_body(), 0, Vec::new());
        let outcome = loop {
            let frame = match body.frame().await {
                None => break Ok(()),
                Some(Ok(frame)) => frame,
                Some(Err(error)) => break failure(format_args!("the body ends too early: {}", super::causes(&error))),
            };
            let Some(piece) = frame.data_ref() else { continue };
            length += piece.len() as u64;
            report.set(metric::HTTP_UNCOMPRESSED_BODY_LENGTH, length as f64);
            if length > self.body_limit {
                break failure(format_args!("the body is longer than {} bytes (`body_size_limit`)", self.body_limit));
            }
            if wanted {
                kept.extend_from_slice(piece);
            }
        };
        watch.note("transfer", report);
        report.say(format_args!("read {length} bytes of body"));
        outcome.map(|()| kept)
    }
}
