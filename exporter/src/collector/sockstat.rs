//! Sockets in use, by protocol, and the memory that they take.
//!
//! Source: `/proc/net/sockstat` and `/proc/net/sockstat6`. The kernel counts the memory of `TCP` and `UDP` (`mem`) in
//! pages; that of `FRAG` (`memory`) in bytes.

use seamark_kit::exposition::{Exposition, Kind};

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, if_there};
use crate::text::{self, Line, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "sockstat",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(Sockstat { host: inputs.host.clone() }),
};

struct Sockstat {
    host: HostRoot,
}

impl Collector for Sockstat {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let page = rustix::param::page_size() as u64;
        let mut faults = Faults::default();
        // Either protocol may be off.
        for file in ["sockstat", "sockstat6"] {
            let Some(Some(file)) = faults.take(if_there(self.host.read_net(file))) else { continue };
            for row in faults.parse(&file, parse) {
                tell(out, &row, page);
            }
        }
        faults.finish()
    }
}

/// The keys that are told, with what stands before the protocol's name in their help, and behind it.
const KEYS: [(&str, &str, &str); 6] = [
    ("inuse", "Sockets of ", " in use."),
    ("orphan", "Sockets of ", " that no process holds any more."),
    ("tw", "Sockets of ", " that wait for late packets after their end."),
    ("alloc", "Sockets of ", " that have been created, in use or not."),
    ("mem", "Memory in the buffers of ", ", in pages."),
    ("memory", "Memory of ", ", in bytes."),
];

fn tell(out: &mut Exposition, row: &Row<'_>, page: u64) {
    if row.protocol == "sockets" {
        if let Some(used) = row.get("used") {
            out.gauge("node_sockstat_sockets_used", "Sockets of all protocols in use.").set(used);
        }
        return;
    }
    let protocol = row.protocol;
    for (key, before, behind) in KEYS {
        // node_exporter tells of sockets in use even where the kernel does not.
        let Some(value) = row.get(key).or((key == "inuse").then_some(0)) else { continue };
        let help = format!("{before}{protocol}{behind}");
        out.family(format!("node_sockstat_{protocol}_{key}"), help, Kind::Gauge).set(value);
    }
    if let Some(pages) = row.get("mem") {
        let help = format!("Memory in the buffers of {protocol}, in bytes.");
        out.family(format!("node_sockstat_{protocol}_mem_bytes"), help, Kind::Gauge).set(pages.saturating_mul(page));
    }
}

/// A protocol and its counts.
#[derive(Debug, PartialEq)]
struct Row<'a> {
    protocol: &'a str,
    counts: Vec<(&'a [u8], u64)>,
}

impl Row<'_> {
    fn get(&self, key: &str) -> Option<u64> {
        self.counts.iter().find(|(name, _)| *name == key.as_bytes()).map(|(_, count)| *count)
    }
}

fn parse<'a>(text: &'a [u8], bad: &mut BadLines) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for line in text::lines(text) {
        let read = bad.take(row(line));
        rows.extend(read.filter(|read| rows.iter().all(|row| row.protocol != read.protocol)));
    }
    rows
}

/// `TCP: inuse 27 orphan 0 …`.
fn row(line: Line<'_>) -> Result<Row<'_>, ParseError> {
    let malformed = || line.malformed("a protocol and pairs of a name and a count, such as `UDP: inuse 4 mem 2`");
    let (protocol, rest) = line.key_and_value(b':').ok_or_else(malformed)?;
    let protocol = str::from_utf8(protocol).ok();
    let protocol = protocol.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let mut words = text::words(rest);
    let mut counts = Vec::new();
    while let Some(name) = words.next() {
        counts.push((name, words.next().and_then(text::parse).ok_or_else(malformed)?));
    }
    let protocol = protocol.filter(|_| !counts.is_empty()).ok_or_else(malformed)?;
    Ok(Row { protocol, counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_costs_its_own_protocol() {
        let text = b"sockets: used 14\nTCP: inuse 1 orphan\nUDP: inuse -1\nRAW:\nA\xFF: x 1\nFRAG: inuse 0 memory 7\n";
        let mut bad = BadLines::default();
        let expected = [
            Row { protocol: "sockets", counts: vec![(b"used", 14)] },
            Row { protocol: "FRAG", counts: vec![(b"inuse", 0), (b"memory", 7)] },
        ];
        assert_eq!(parse(text, &mut bad), expected);
        assert_eq!((bad.first.unwrap().line, bad.count), (2, 4));
    }

    #[test]
    fn pages_are_told_in_bytes_too() {
        let mut out = Exposition::default();
        tell(&mut out, &Row { protocol: "UDP", counts: vec![(b"mem", u64::MAX / 4096), (b"new", 1)] }, 4096);
        let names: Vec<_> = out
            .families()
            .iter()
            .map(|family| (&*family.name, family.samples().next().unwrap().value.clone()))
            .collect();
        let expected = [
            ("node_sockstat_UDP_inuse", 0_u64.into()),
            ("node_sockstat_UDP_mem", (u64::MAX / 4096).into()),
            ("node_sockstat_UDP_mem_bytes", (u64::MAX / 4096 * 4096).into()),
        ];
        assert_eq!(names, expected);
    }
}
