//! Pressure stall information: how long tasks have waited for CPU, memory and I/O, and for interrupts to end.
//!
//! Source: `/proc/pressure/{cpu,io,memory,irq}`, Linux 4.20 or later with `CONFIG_PSI`
//! (<https://docs.kernel.org/accounting/psi.html>); `irq` came with 6.1 and is rare.

use rustix::io::Errno;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::{HostFile, HostRoot, ReadError, if_there};
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "pressure",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop((total(bytes, SOME), total(bytes, FULL)))],
    build: |inputs, _| Box::new(Pressure { host: inputs.host.clone() }),
};

struct Pressure {
    host: HostRoot,
}

impl Collector for Pressure {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let mut measured = false;
        for (resource, families) in RESOURCES {
            let Some(file) = faults.take(self.read(resource)) else { continue };
            let Some(file) = file else { continue };
            measured = true;
            for (line, name, help) in *families {
                if let Some(microseconds) = faults.take(file.parse(|bytes| total(bytes, line))) {
                    out.counter(name, help).set(microseconds as f64 / 1e6);
                }
            }
        }
        faults.finish()?;
        if measured {
            Ok(())
        } else {
            Err(CollectError::Unsupported("the kernel does not measure pressure".to_owned()))
        }
    }
}

impl Pressure {
    /// `None` where the kernel has no such file, or has it and was started with `psi=0`.
    fn read(&self, resource: &str) -> Result<Option<HostFile>, ReadError> {
        match if_there(self.host.read_proc(resource)) {
            Err(ReadError::Unreadable { source, .. }) if is_switched_off(&source) => Ok(None),
            other => other,
        }
    }
}

fn is_switched_off(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error())
}

/// Time in which at least one task waited.
const SOME: &[u8] = b"some";
/// Time in which no task went on.
const FULL: &[u8] = b"full";

type Families = [(&'static [u8], &'static str, &'static str)];

/// Files, and which of their lines are which families. `full` of the CPU is 0 for a whole host; interrupts have no
/// `some`.
const RESOURCES: &[(&str, &Families)] = &[
    ("pressure/cpu", &[(SOME, "node_pressure_cpu_waiting_seconds_total", "Time in which a task waited for a CPU.")]),
    (
        "pressure/io",
        &[
            (SOME, "node_pressure_io_waiting_seconds_total", "Time in which a task waited for I/O."),
            (FULL, "node_pressure_io_stalled_seconds_total", "Time in which every task waited for I/O."),
        ],
    ),
    (
        "pressure/memory",
        &[
            (SOME, "node_pressure_memory_waiting_seconds_total", "Time in which a task waited for memory."),
            (FULL, "node_pressure_memory_stalled_seconds_total", "Time in which every task waited for memory."),
        ],
    ),
    (
        "pressure/irq",
        &[(FULL, "node_pressure_irq_stalled_seconds_total", "Time in which interrupts kept tasks from going on.")],
    ),
];

/// The microseconds behind `total=` in the line that begins with `kind`.
fn total(text: &[u8], kind: &[u8]) -> Result<u64, ParseError> {
    const EXPECTED: &str = "`some` and `full`, each with `total=<microseconds>`";
    let Some(line) = text::lines(text).find(|line| line.words().next() == Some(kind)) else {
        return Err(ParseError::new(1, EXPECTED, text));
    };
    let total = line.words().find_map(|word| word.strip_prefix(b"total="));
    total.and_then(text::parse).ok_or_else(|| line.malformed(EXPECTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_the_kernel_does_not_have_is_missing_not_zero() {
        // Linux before 5.13 prints only `some` for CPU.
        let text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551615\n";
        assert_eq!(total(text, SOME), Ok(u64::MAX));
        assert!(total(text, FULL).is_err());
        assert_eq!(total(b"\nfull avg10=0.00 total=12x\n", FULL).unwrap_err().line, 2);
    }

    #[test]
    fn a_kernel_started_without_psi_measures_nothing() {
        assert!(is_switched_off(&Errno::OPNOTSUPP.into()));
        assert!(!is_switched_off(&Errno::ACCESS.into()));
    }
}
