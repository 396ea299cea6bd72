//! Which operating system the host runs, and until when it is supported.
//!
//! Source: `/etc/os-release` of the host's root file system, or `/usr/lib/os-release` where that is not there
//! (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).

mod release;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostFile, HostRoot, ReadError, if_there};
use release::Release;

pub(super) const COLLECTOR: Registration = Registration {
    name: "os",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| {
        let release = release::parse(bytes, &mut BadLines::default());
        _ = (version(&release), support_end(release.get("SUPPORT_END")));
    }],
    build: |inputs, _| Box::new(Os { host: inputs.host.clone() }),
};

struct Os {
    host: HostRoot,
}

impl Collector for Os {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(file) = self.read()? else {
            return Err(CollectError::Unsupported("there is no os-release file".to_owned()));
        };
        let mut faults = Faults::default();
        let release = faults.parse(&file, |bytes, bad| {
            let release = release::parse(bytes, bad);
            if let Some(end) = release.line("SUPPORT_END")
                && support_end(release.get("SUPPORT_END")).is_none()
            {
                bad.add(end.malformed("a date such as `SUPPORT_END=2029-12-31`"));
            }
            // Where nothing could be read there is nothing to tell, not even that it is a system without a name.
            (bad.count == 0 || !release.is_empty()).then_some(release)
        });
        let Some(release) = release else { return faults.finish() };
        out.gauge("node_os_info", "What the host's operating system says of itself; always 1.")
            .push(&INFO.map(|(label, key)| (label, release.get(key))), true);
        if let Some(version) = version(&release) {
            let labels = [("id", "ID"), ("id_like", "ID_LIKE"), ("name", "NAME")];
            out.gauge("node_os_version", "Version of the host's operating system, up to its second part.")
                .push(&labels.map(|(label, key)| (label, release.get(key))), version);
        }
        if let Some(end) = support_end(release.get("SUPPORT_END")) {
            out.gauge(
                "node_os_support_end_timestamp_seconds",
                "End of the operating system's support, in seconds since 1970.",
            )
            .set(end);
        }
        faults.finish()
    }
}

impl Os {
    fn read(&self) -> Result<Option<HostFile>, ReadError> {
        for path in ["etc/os-release", "usr/lib/os-release"] {
            if let Some(file) = if_there(self.host.read_root(path))? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }
}

/// Labels of `node_os_info`, and the keys whose values they have.
const INFO: [(&str, &str); 12] = [
    ("build_id", "BUILD_ID"),
    ("id", "ID"),
    ("id_like", "ID_LIKE"),
    ("image_id", "IMAGE_ID"),
    ("image_version", "IMAGE_VERSION"),
    ("name", "NAME"),
    ("pretty_name", "PRETTY_NAME"),
    ("variant", "VARIANT"),
    ("variant_id", "VARIANT_ID"),
    ("version", "VERSION"),
    ("version_codename", "VERSION_CODENAME"),
    ("version_id", "VERSION_ID"),
];

/// The number at the beginning of `VERSION_ID`: 22.04 of `22.04.3`. Rolling distributions have none.
fn version(release: &Release<'_>) -> Option<f64> {
    let text = release.get("VERSION_ID");
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let major = Some(digits(text)).filter(|major| *major > 0)?;
    let minor = text.get(major..)?.strip_prefix('.').map_or(0, |minor| 1 + digits(minor));
    text.get(..major + minor)?.parse().ok().filter(|version: &f64| *version > 0.0)
}

/// The beginning of that day, in UTC.
fn support_end(date: &str) -> Option<f64> {
    let date = Date::strptime("%Y-%m-%d", date).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_a_number_of_at_most_two_parts() {
        let versions = ["12", "22.04.3", "12.", "3.23_alpha", "", "v12", ".5", "0", "41rc"];
        let read = versions
            .map(|text| version(&release::parse(format!("VERSION_ID={text}").as_bytes(), &mut BadLines::default())));
        assert_eq!(read, [Some(12.0), Some(22.04), Some(12.0), Some(3.23), None, None, None, None, Some(41.0)]);
    }

    #[test]
    fn the_end_of_support_is_midnight_of_a_day_that_exists() {
        assert_eq!(support_end("2029-05-31"), Some(1_874_880_000.0));
        assert_eq!(["", "2029-02-30", "soon", "2029-05-31T00:00"].map(support_end), [None; 4]);
    }
}
