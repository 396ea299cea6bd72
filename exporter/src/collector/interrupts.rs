//! Interrupts by kind, device and CPU. Large: a series for each kind and CPU, and so off by default.
//!
//! Source: `/proc/interrupts`.

use std::collections::BTreeMap;

use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::filter::Filter;
use crate::host::HostRoot;
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "interrupts",
    on_by_default: false,
    may_hang: false,
    options: &[
        CollectorOption {
            flag: "collector.interrupts.name-include",
            key: "name_include",
            help: "Interrupts to tell: those in whose `<type>;<info>;<devices>` this regular expression is found.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.interrupts.name-exclude",
            key: "name_exclude",
            help: "Interrupts to leave out: those in whose `<type>;<info>;<devices>` this regular expression is found.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.interrupts.include-zeros",
            key: "include_zeros",
            help: "Tell also what has never happened on a CPU; on by default.",
            switch: true,
        },
    ],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, section| Box::new(Interrupts::new(inputs, section)),
};

struct Interrupts {
    host: HostRoot,
    filter: Filter,
    include_zeros: bool,
}

impl Interrupts {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self {
            host: inputs.host.clone(),
            filter: Filter::read(section, Some("name_include"), Some("name_exclude"), None),
            include_zeros: section.flag("include_zeros").unwrap_or(true),
        }
    }
}

impl Collector for Interrupts {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("interrupts")?;
        let mut faults = Faults::default();
        let interrupts = faults.parse(&file, parse);
        let family = out.counter("node_interrupts_total", "Interrupts by kind, device and CPU.");
        for (kind, Interrupt { info, devices, counts }) in &interrupts {
            if !self.filter.allows(&format!("{kind};{info};{devices}")) {
                continue;
            }
            for (cpu, count) in counts.iter().enumerate().filter(|(_, count)| self.include_zeros || **count > 0) {
                let labels = [("cpu", &*cpu.to_string()), ("type", kind), ("info", info), ("devices", devices)];
                family.push(&labels, *count);
            }
        }
        faults.finish()
    }
}

#[derive(Debug, PartialEq)]
struct Interrupt {
    info: String,
    devices: String,
    /// In the order of the columns. Their headings, which leave out CPUs that are off, are not told by node_exporter
    /// either: its `cpu` is the number of the column.
    counts: Vec<u64>,
}

/// By number or abbreviation; one that is told twice is told as it was last. Lines with fewer columns than CPUs, such as
/// `ERR: 0`, are of the whole machine.
fn parse(text: &[u8], bad: &mut BadLines) -> BTreeMap<String, Interrupt> {
    let mut interrupts = BTreeMap::new();
    let mut lines = text::lines(text);
    let Some(headings) = lines.next() else {
        bad.add(ParseError::new(1, "a column for each CPU", text));
        return interrupts;
    };
    let cpus = headings.words().count();
    for line in lines {
        // On ARM a number may follow the colon at once.
        let Some((kind, rest)) = text::split_once(line.bytes, b':') else { continue };
        let words: Vec<_> = text::words(rest).collect();
        let Some((counts, names)) = words.split_at_checked(cpus).filter(|(_, names)| !names.is_empty()) else {
            continue;
        };
        let counts: Option<Vec<u64>> = counts.iter().map(|count| text::parse(count)).collect();
        let Some(counts) = bad.take(counts.ok_or_else(|| line.malformed("`<type>:` and a count for each CPU"))) else {
            continue;
        };
        let kind = text::label(kind.trim_ascii_start()).into_owned();
        // Numbered ones have a controller and then devices, the others a description.
        let described = if kind.parse::<u64>().is_ok() { 1 } else { names.len() };
        let (info, devices) = names.split_at(described.min(names.len()));
        interrupts.insert(kind, Interrupt { info: join(info), devices: join(devices), counts });
    }
    interrupts
}

fn join(words: &[&[u8]]) -> String {
    text::label(&words.join(&b' ')).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_count_costs_its_own_line() {
        let text = b"     CPU0  CPU2\n  1:  1  0  IO-APIC  1-edge  i8042\n 11:  x  2  IO-APIC\nNMI:  3  4  Non-maskable interrupts\n\
                     ERR:  7\n 12:  1  2\n13:5  6  GICv3\n";
        let interrupt = |info: &str, devices: &str, counts: [u64; 2]| Interrupt {
            info: info.to_owned(),
            devices: devices.to_owned(),
            counts: counts.to_vec(),
        };
        let mut bad = BadLines::default();
        let expected = [
            ("1", interrupt("IO-APIC", "1-edge i8042", [1, 0])),
            ("13", interrupt("GICv3", "", [5, 6])),
            ("NMI", interrupt("Non-maskable interrupts", "", [3, 4])),
        ];
        assert_eq!(parse(text, &mut bad), expected.map(|(kind, interrupt)| (kind.to_owned(), interrupt)).into());
        assert_eq!((bad.count, bad.first.unwrap().line), (1, 3));
        assert_eq!(parse(b"", &mut BadLines::default()).len(), 0);
    }
}
