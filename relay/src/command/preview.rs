//! `preview`: what would be posted for a notification, with a meter per limit.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::{destination, masked, say};
use crate::alert::Status;
use crate::channel::limits::{Meter, Unit};
use crate::channel::{Detail, Posting};
use crate::compose;
use crate::config::Config;
use crate::ingest::{self, BODY_LIMIT};
use crate::store::MessageKind;

/// Cells of a meter's bar.
const BAR: usize = 20;

/// Writes each request as JSON to standard output, and the meters to standard error.
///
/// # Errors
///
/// There is no such channel, the payload cannot be read, or is no notification.
pub fn run(config: &Config, payload: &Path, to: &str, detail: Detail) -> anyhow::Result<()> {
    let (configured, channel) = destination(config, to)?;
    let name = payload.display();
    let body = read(payload).with_context(|| format!("{name} cannot be read"))?;
    anyhow::ensure!(
        body.len() <= BODY_LIMIT,
        "{name} is larger than {} MiB; the relay would answer 413",
        BODY_LIMIT / 1024 / 1024
    );
    let group = ingest::parse(&body).map_err(|problem| {
        anyhow::anyhow!("{name} is no Alertmanager notification, and the relay would answer 400: {problem}")
    })?;
    let kind = match group.status {
        Status::Firing => MessageKind::Alert,
        Status::Resolved => MessageKind::Resolved,
    };
    let message = compose::message(&configured.voice, kind, &body, None);
    let parts = channel.render(&message, detail);
    for (part, number) in parts.iter().zip(1..) {
        let request = channel.post(part, &Posting { silent: message.silent, ..Posting::default() });
        say(serde_json::to_string_pretty(&masked::request(&request))?)?;
        let meters: String = channel.meters(part).iter().map(|meter| line(meter) + "\n").collect();
        let head = format!("Message {number} of {} to channel `{to}` ({})", parts.len(), channel.kind());
        let end = if meters.is_empty() { "; it has no limits to show." } else { ":" };
        writeln!(io::stderr(), "{head}{end}\n{meters}").context("cannot write to standard error")?;
    }
    Ok(())
}

fn read(payload: &Path) -> io::Result<Vec<u8>> {
    let source: Box<dyn Read> =
        if payload == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(payload)?) };
    let mut body = Vec::new();
    // One byte more than is allowed, to know that there is more.
    source.take(BODY_LIMIT as u64 + 1).read_to_end(&mut body)?;
    Ok(body)
}

/// Such as `  embed title   [████░░░░░░░░░░░░░░░░]  51 of 256 code points`.
fn line(meter: &Meter) -> String {
    let (used, most) = (meter.used, meter.limit.most);
    let cells = (used.saturating_mul(BAR)).div_ceil(most.max(1)).min(BAR);
    let bar = "█".repeat(cells) + &"░".repeat(BAR - cells);
    let unit = match meter.limit.unit {
        Unit::Points => " code points",
        Unit::Bytes => " bytes",
        Unit::Pieces => "",
    };
    let over = if used > most { "  TOO MUCH: the service will refuse it" } else { "" };
    format!("  {:<28} [{bar}] {used} of {most}{unit}{over}", meter.limit.what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::limits::Limit;

    #[test]
    fn a_meter_shows_how_full_a_limit_is() {
        static TITLE: Limit = Limit { what: "embed title", most: 256, unit: Unit::Points, source: "" };
        let meter = |used| line(&Meter { limit: &TITLE, used });
        assert_eq!(meter(64), "  embed title                  [█████░░░░░░░░░░░░░░░] 64 of 256 code points");
        assert!(meter(1).contains("[█░"), "{}", meter(1));
        assert!(meter(0).contains("[░") && !meter(256).contains("TOO MUCH"), "{}", meter(256));
        assert!(meter(257).ends_with("257 of 256 code points  TOO MUCH: the service will refuse it"), "{}", meter(257));
    }
}
