//! Counts of the memory manager: page faults, paging, swapping, processes killed for lack of memory.
//!
//! Source: `/proc/vmstat`. Of its some 180 fields the default tells those that alerts and dashboards ask for.

use std::sync::{Mutex, PoisonError};

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
    parsers: &[|bytes| parse(bytes, &mut BadLines::default(), |_, _| ())],
    build: |inputs, section| Box::new(Vmstat::new(inputs, section)),
};

const DEFAULT_FIELDS: &str = "^(oom_kill|pgpg|pswp|pg.*fault).*";

struct Vmstat {
    host: HostRoot,
    fields: Fields,
    /// What has been decided on the field of each line: the kernel tells them in the same order every time.
    known: Mutex<Vec<Known>>,
}

struct Known {
    field: Box<[u8]>,
    /// Name and help of its family, if it is told.
    family: Option<(String, String)>,
}

impl Vmstat {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        let fields = Fields::read(section, "fields", DEFAULT_FIELDS);
        Self { host: inputs.host.clone(), fields, known: Mutex::default() }
    }

    fn look_up(&self, field: &str) -> Known {
        let names = || (format!("node_vmstat_{field}"), format!("The kernel's field {field} of /proc/vmstat."));
        Known { field: field.as_bytes().into(), family: self.fields.allows(field).then(names) }
    }
}

impl Collector for Vmstat {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("vmstat")?;
        let mut faults = Faults::default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = 0;
        faults.parse(&file, |bytes, bad| {
            parse(bytes, bad, |field, value| {
                if known.get(place).is_none_or(|known| *known.field != *field.as_bytes()) {
                    known.truncate(place);
                    known.push(self.look_up(field));
                }
                if let Some((name, help)) = known.get(place).and_then(|known| known.family.as_ref()) {
                    let family = out.family(name.clone(), help.clone(), Kind::Untyped);
                    family.clear();
                    family.set(value);
                }
                place += 1;
            });
        });
        faults.finish()
    }
}

fn parse(text: &[u8], bad: &mut BadLines, mut tell: impl FnMut(&str, Value)) {
    for line in text::lines(text) {
        match field(line) {
            Some((name, value)) => tell(name, value),
            None => bad.add(line.malformed("a field and a number, such as `pgfault 1700`")),
        }
    }
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
        let mut fields = Vec::new();
        parse(text, &mut bad, |field, value| fields.push((field.to_owned(), value)));
        let expected: [(&str, Value); 3] =
            [("pgfault", u64::MAX.into()), ("nr_dirty", (-3.0).into()), ("pswpin", 0_u64.into())];
        assert_eq!(fields, expected.map(|(field, value)| (field.to_owned(), value)));
        assert_eq!((bad.count, bad.first.unwrap().found), (3, "pgpgin x".to_owned()));
    }
}
