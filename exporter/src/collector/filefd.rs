//! Open files of the whole host, and how many there may be.
//!
//! Source: `/proc/sys/fs/file-nr`.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::HostRoot;
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "filefd",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop((column(bytes, ALLOCATED), column(bytes, MAXIMUM)))],
    build: |inputs, _| Box::new(Filefd { host: inputs.host.clone() }),
};

struct Filefd {
    host: HostRoot,
}

impl Collector for Filefd {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("sys/fs/file-nr")?;
        let mut faults = Faults::default();
        if let Some(allocated) = faults.take(file.parse(|bytes| column(bytes, ALLOCATED))) {
            out.gauge("node_filefd_allocated", "Files that are open, on the whole host.").set(allocated);
        }
        if let Some(maximum) = faults.take(file.parse(|bytes| column(bytes, MAXIMUM))) {
            out.gauge("node_filefd_maximum", "Files that may be open at once, on the whole host.").set(maximum);
        }
        faults.finish()
    }
}

/// Between them stands the number of files that are allocated and free, which is 0 since Linux 2.6.
const ALLOCATED: usize = 0;
const MAXIMUM: usize = 2;

fn column(text: &[u8], column: usize) -> Result<u64, ParseError> {
    let number = text::words(text).nth(column).and_then(text::parse);
    number.ok_or_else(|| ParseError::new(1, "three numbers such as `1184 0 9223372036854775807`", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_third_numbers_stand_for_themselves() {
        let read = |text: &[u8]| (column(text, ALLOCATED).ok(), column(text, MAXIMUM).ok());
        assert_eq!(read(b"1184\t0\t18446744073709551615\n"), (Some(1184), Some(u64::MAX)));
        assert_eq!(read(b"1184\t0\tmany\n"), (Some(1184), None));
        assert_eq!(read(b""), (None, None));
    }
}
