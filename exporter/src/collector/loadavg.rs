//! Load averages: tasks that ran or waited for a CPU or for the disk, averaged over 1, 5 and 15 minutes.
//!
//! Source: `/proc/loadavg`.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::host::HostRoot;
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "loadavg",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes))],
    build: |inputs, _| Box::new(Loadavg { host: inputs.host.clone() }),
};

struct Loadavg {
    host: HostRoot,
}

impl Collector for Loadavg {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let load = self.host.read_proc("loadavg")?.parse(parse)?;
        out.gauge("node_load1", "Tasks running or waiting for CPU or disk, averaged over 1 minute.").set(load.one);
        out.gauge("node_load5", "Tasks running or waiting for CPU or disk, averaged over 5 minutes.").set(load.five);
        out.gauge("node_load15", "Tasks running or waiting for CPU or disk, averaged over 15 minutes.")
            .set(load.fifteen);
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
struct Load {
    one: f64,
    five: f64,
    fifteen: f64,
}

fn parse(text: &[u8]) -> Result<Load, ParseError> {
    let mut averages = text::words(text).map(text::float);
    let mut next = || {
        averages
            .next()
            .flatten()
            .ok_or_else(|| ParseError::new(1, "three load averages such as `0.52 1.04 2.00`", text))
    };
    Ok(Load { one: next()?, five: next()?, fifteen: next()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_three_numbers_are_the_averages() {
        assert_eq!(parse(b"0.52 1.04 12.00 3/487 20731\n"), Ok(Load { one: 0.52, five: 1.04, fifteen: 12.0 }));
    }

    #[test]
    fn two_averages_are_malformed() {
        let expected = "three load averages such as `0.52 1.04 2.00`";
        assert_eq!(parse(b"0.52 1.04\n"), Err(ParseError { line: 1, expected, found: "0.52 1.04".to_owned() }));
        assert_eq!(parse(b"nan nan nan"), Err(ParseError { line: 1, expected, found: "nan nan nan".to_owned() }));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<Vec<u8>>()) {
            let _ = parse(&text);
        }
    }
}
