//! Counters of the network protocols: IP, ICMP, TCP, UDP and their extensions.
//!
//! Source: `/proc/net/netstat` and `/proc/net/snmp`, in which a line of names and a line of values belong together, and
//! `/proc/net/snmp6`, with a name and a value on each line. Which of them are told is a regular expression on
//! `<protocol>_<name>`; the rest, some 350, nobody asks for.

use std::sync::{Mutex, PoisonError};

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind, Value};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::filter::Fields;
use crate::host::{HostRoot, if_there};
use crate::text::{self, Line};

pub(super) const COLLECTOR: Registration = Registration {
    name: "netstat",
    on_by_default: true,
    may_hang: false,
    options: &[CollectorOption {
        flag: "collector.netstat.fields",
        key: "fields",
        help: "The counters to tell of, as a regular expression on names such as `Tcp_InSegs`.",
        switch: false,
    }],
    parsers: &[
        |bytes| pairs(bytes, &mut BadLines::default(), &mut |_, _, _| {}),
        |bytes| rows(bytes, &mut BadLines::default(), &mut |_, _, _| {}),
    ],
    build: |inputs, section| Box::new(Netstat::new(inputs, section)),
};

/// node_exporter's default.
const FIELDS: &str = "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|\
    TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|\
    Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|\
    Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$";

struct Netstat {
    host: HostRoot,
    fields: Fields,
    known: Mutex<Vec<Known>>,
}

/// One of the 400 counters, in the order of the files. That order stays as long as the kernel does, so that at each
/// scrape but the first two comparisons say what is to be done with a counter.
struct Known {
    protocol: Box<[u8]>,
    name: Box<[u8]>,
    /// Name and help of its family, if it is told.
    family: Option<(String, String)>,
}

impl Netstat {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self { host: inputs.host.clone(), fields: Fields::read(section, "fields", FIELDS), known: Mutex::default() }
    }
}

impl Collector for Netstat {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = 0;
        let mut tell = |protocol: &[u8], name: &[u8], value: Value| {
            let is_there = |known: &&Known| *known.protocol == *protocol && *known.name == *name;
            if known.get(place).filter(is_there).is_none() {
                known.truncate(place);
                known.push(self.look_up(protocol, name));
            }
            if let Some((family, help)) = known.get(place).and_then(|known| known.family.as_ref()) {
                let family = out.family(family.clone(), help.clone(), Kind::Untyped);
                family.clear();
                family.set(value);
            }
            place += 1;
        };
        for file in ["netstat", "snmp"] {
            if let Some(file) = faults.take(self.host.read_net(file)) {
                faults.parse(&file, |bytes, bad| pairs(bytes, bad, &mut tell));
            }
        }
        // Absent where IPv6 is off.
        if let Some(Some(file)) = faults.take(if_there(self.host.read_net("snmp6"))) {
            faults.parse(&file, |bytes, bad| rows(bytes, bad, &mut tell));
        }
        faults.finish()
    }
}

impl Netstat {
    fn look_up(&self, protocol: &[u8], name: &[u8]) -> Known {
        let field = format!("{}_{}", text::label(protocol), text::label(name));
        let family = (is_a_name(&field) && self.fields.allows(&field)).then(|| {
            let help = format!("The kernel's counter {} of {}.", text::label(name), text::label(protocol));
            (format!("node_netstat_{field}"), help)
        });
        Known { protocol: protocol.into(), name: name.into(), family }
    }
}

/// What can stand in the name of a metric.
fn is_a_name(field: &str) -> bool {
    field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A counter, or one of the few values that can be below zero, such as `MaxConn`.
fn value(word: &[u8]) -> Option<Value> {
    text::parse::<u64>(word).map(Value::from).or_else(|| Some(Value::from(text::parse::<i64>(word)? as f64)))
}

/// `Tcp: <name> <name> …`, and on the next line `Tcp: <value> <value> …`. Names and values come in the same number, but
/// which and in which order is the kernel's choice.
fn pairs<'a>(text: &'a [u8], bad: &mut BadLines, tell: &mut impl FnMut(&'a [u8], &'a [u8], Value)) {
    let mut lines = text::lines(text).peekable();
    while let Some(names) = lines.next() {
        let protocol = protocol(names);
        // Anything else between them belongs to neither.
        let values = lines.next_if(|values| self::protocol(*values) == protocol);
        let (Some(protocol), Some(values)) = (protocol, values) else {
            bad.add(names.malformed("`<protocol>: <names>` followed by `<protocol>: <values>`"));
            continue;
        };
        if names.words().count() != values.words().count() {
            bad.add(values.malformed("as many values as there are names"));
            continue;
        }
        for (name, word) in names.words().zip(values.words()).skip(1) {
            match value(word) {
                Some(value) => tell(protocol, name, value),
                None => bad.add(values.malformed("whole numbers")),
            }
        }
    }
}

fn protocol(line: Line<'_>) -> Option<&[u8]> {
    line.words().next()?.strip_suffix(b":")
}

/// `Ip6InReceives <value>`; the protocol's name ends with the 6.
fn rows<'a>(text: &'a [u8], bad: &mut BadLines, tell: &mut impl FnMut(&'a [u8], &'a [u8], Value)) {
    for line in text::lines(text) {
        let mut words = line.words();
        let (field, word) = (words.next().unwrap_or_default(), words.next().and_then(value));
        let six = field.iter().position(|byte| *byte == b'6').map(|six| field.split_at(six + 1));
        match (six, word) {
            (Some((protocol, name)), Some(value)) => tell(protocol, name, value),
            _ => bad.add(line.malformed("a name with a 6 in it and a whole number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told = Vec<(String, Value)>;

    fn read(parse: impl FnOnce(&mut BadLines, &mut dyn FnMut(&[u8], &[u8], Value))) -> (Told, Option<(usize, u64)>) {
        let mut told = Vec::new();
        let mut bad = BadLines::default();
        parse(&mut bad, &mut |protocol, name, value| {
            told.push((format!("{}_{}", text::label(protocol), text::label(name)), value));
        });
        (told, bad.first.map(|first| (first.line, bad.count)))
    }

    #[test]
    fn names_and_values_are_paired_and_broken_pairs_cost_themselves() {
        let text =
            b"Tcp: MaxConn InSegs\nTcp: -1 18446744073709551615\nIp: A B\nIp: 1\nOrphan: A\nUdp: A B\nUdp: x 2\n";
        let (told, bad) = read(|bad, tell| pairs(text, bad, &mut |protocol, name, value| tell(protocol, name, value)));
        let expected = [
            ("Tcp_MaxConn", Value::Float(-1.0)),
            ("Tcp_InSegs", Value::Integer(u64::MAX)),
            ("Udp_B", Value::Integer(2)),
        ];
        assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(bad, Some((4, 3)));
    }

    #[test]
    fn the_6_ends_the_name_of_the_protocol() {
        let text = b"Ip6InReceives   \t7\nUdpLite6InErrors 0\nNoSix 3\nIcmp6InMsgs x\n";
        let (told, bad) = read(|bad, tell| rows(text, bad, &mut |protocol, name, value| tell(protocol, name, value)));
        assert_eq!(told, [("Ip6_InReceives".to_owned(), 7_u64.into()), ("UdpLite6_InErrors".to_owned(), 0_u64.into())]);
        assert_eq!(bad, Some((3, 2)));
    }
}
