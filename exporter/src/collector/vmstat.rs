//! Counts of the memory manager: page faults, paging, swapping, processes killed for lack of memory.
//!
//! Source: `/proc/vmstat`. Of its some 180 fields the default tells those that alerts and dashboards ask for.

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Kind, Value};

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::faults::{BadLines, Faults};
use crate::filter::Fields;
use crate::host::HostRoot;
use crate::text::{self, Line};

pub(super) const COLLECTOR: Registration = Registration {
    name: "vmstat",
    on_by_default: true,
    may_hang: false,
    options: &[CollectorOption {
        flag: "collector.vmstat.fields",
        key: "fields",
        help: "Fields to tell: those in which this regular expression is found.",
        switch: false,
    }],
    parsers: &[|bytes| drop(parse(bytes, |_| true, &mut BadLines::default()))],
    build: |inputs, section| Box::new(Vmstat::new(inputs, section)),
};

const DEFAULT_FIELDS: &str = "^(oom_kill|pgpg|pswp|pg.*fault).*";

struct Vmstat {
    host: HostRoot,
    fields: Fields,
}

impl Vmstat {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        Self { host: inputs.host.clone(), fields: Fields::read(section, "fields", DEFAULT_FIELDS) }
    }
}

impl Collector for Vmstat {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("vmstat")?;
        let mut faults = Faults::default();
        let wanted = |field: &str| self.fields.allows(field);
        for (field, value) in faults.parse(&file, |bytes, bad| parse(bytes, wanted, bad)) {
            let help = format!("The kernel's field {field} of /proc/vmstat.");
            let family = out.family(format!("node_vmstat_{field}"), help, Kind::Untyped);
            family.clear();
            family.set(value);
        }
        faults.finish()
    }
}

fn parse<'a>(text: &'a [u8], wanted: impl Fn(&str) -> bool, bad: &mut BadLines) -> Vec<(&'a str, Value)> {
    let mut fields = Vec::new();
    for line in text::lines(text) {
        match field(line) {
            Some((name, _)) if !wanted(name) => {}
            Some(field) => fields.push(field),
            None => bad.add(line.malformed("a field and a number, such as `pgfault 1700`")),
        }
    }
    fields
}

fn field(line: Line<'_>) -> Option<(&str, Value)> {
    let mut words = line.words();
    let name = std::str::from_utf8(words.next()?).ok()?;
    // It becomes part of a metric's name.
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let value = words.next()?;
    // Sums of per-CPU counts were shown below zero by some kernels.
    Some((name, text::parse::<u64>(value).map(Value::from).or_else(|| text::float(value).map(Value::from))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_field_costs_itself_alone() {
        let mut bad = BadLines::default();
        let text = b"pgfault 18446744073709551615\npgpgin x\nnr-free 1\nnr_dirty -3\noom_kill\npswpin 0\n";
        let fields = parse(text, |field| field != "pswpin", &mut bad);
        assert_eq!(fields, [("pgfault", u64::MAX.into()), ("nr_dirty", (-3.0).into())]);
        assert_eq!((bad.count, bad.first.unwrap().found), (3, "pgpgin x".to_owned()));
    }
}
