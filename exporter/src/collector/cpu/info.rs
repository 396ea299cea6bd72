//! Model, clock, features and bugs of the CPUs, from `/proc/cpuinfo`.
//!
//! Each architecture writes the file in its own way; what is the same everywhere is `key : value` lines and a blank
//! line between processors.

use std::borrow::Cow;

use regex_lite::Regex;
use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;

use crate::filter;
use crate::host::{HostRoot, ReadError};
use crate::text::{self, Line, ParseError};

/// Which parts of `/proc/cpuinfo` to show.
#[derive(Debug)]
pub(super) struct InfoOptions {
    flags: Option<Regex>,
    bugs: Option<Regex>,
}

impl InfoOptions {
    /// `None` unless asked for; a filter asks for it too.
    pub(super) fn read(section: &mut Section) -> Option<Self> {
        let info = section.flag("info").unwrap_or(false);
        let mut filter = |key| filter::expression(section, key).flatten();
        let options = Self { flags: filter("info_flags_include"), bugs: filter("info_bugs_include") };
        (info || options.flags.is_some() || options.bugs.is_some()).then_some(options)
    }
}

pub(super) fn collect(host: &HostRoot, options: &InfoOptions, out: &mut Exposition) -> Result<(), ReadError> {
    let file = host.read_proc("cpuinfo")?;
    let processors = file.parse(parse)?;
    for processor in &processors {
        let cpu = processor.number.to_string();
        let labels = [
            ("package", &*processor.package),
            ("core", &*processor.core),
            ("cpu", &cpu),
            ("vendor", &*processor.vendor),
            ("family", &*processor.family),
            ("model", &*processor.model),
            ("model_name", &*processor.model_name),
            ("microcode", &*processor.microcode),
            ("stepping", &*processor.stepping),
            ("cachesize", &*processor.cache_size),
        ];
        out.gauge("node_cpu_info", "What kind of CPU this is; always 1.").push(&labels, true);
        if let Some(megahertz) = processor.megahertz {
            let labels = [("package", &*processor.package), ("core", &*processor.core), ("cpu", &cpu)];
            out.gauge("node_cpu_frequency_hertz", "Clock of this CPU now.").push(&labels, megahertz * 1e6);
        }
    }
    if let Some(first) = processors.first() {
        for flag in included(&first.flags, options.flags.as_ref()) {
            out.gauge("node_cpu_flag_info", "Features of the first CPU; always 1.").push(&[("flag", flag)], true);
        }
        for bug in included(&first.bugs, options.bugs.as_ref()) {
            out.gauge("node_cpu_bug_info", "Hardware bugs of the first CPU; always 1.").push(&[("bug", bug)], true);
        }
    }
    Ok(())
}

/// The words that the filter finds, each once; none without a filter.
fn included<'a>(words: &'a str, filter: Option<&Regex>) -> Vec<&'a str> {
    let Some(filter) = filter else { return Vec::new() };
    let mut included: Vec<_> = words.split_ascii_whitespace().filter(|word| filter.is_match(word)).collect();
    included.sort_unstable();
    included.dedup();
    included
}

/// One processor; what its architecture does not tell is empty.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Processor<'a> {
    number: u32,
    vendor: Cow<'a, str>,
    family: Cow<'a, str>,
    model: Cow<'a, str>,
    model_name: Cow<'a, str>,
    stepping: Cow<'a, str>,
    microcode: Cow<'a, str>,
    megahertz: Option<f64>,
    cache_size: Cow<'a, str>,
    package: Cow<'a, str>,
    core: Cow<'a, str>,
    flags: Cow<'a, str>,
    bugs: Cow<'a, str>,
}

pub(super) fn parse(text: &[u8]) -> Result<Vec<Processor<'_>>, ParseError> {
    let mut processors: Vec<Processor<'_>> = Vec::new();
    for line in text::lines(text) {
        let Some((key, value)) = line.key_and_value(b':') else { continue };
        if key == b"processor" {
            let number = text::parse(value).ok_or_else(|| line.malformed("`processor : <number>`"))?;
            // A number told twice would be a series told twice.
            if processors.iter().all(|processor| processor.number != number) {
                processors.push(Processor { number, ..Processor::default() });
            }
        } else if let Some(processor) = processors.last_mut() {
            processor.take(key, value, line)?;
        }
    }
    Ok(processors)
}

impl<'a> Processor<'a> {
    fn take(&mut self, key: &[u8], value: &'a [u8], line: Line<'a>) -> Result<(), ParseError> {
        match key {
            b"vendor_id" | b"vendor" => self.vendor = text::label(value),
            b"cpu family" => self.family = text::label(value),
            b"model" => self.model = text::label(value),
            b"model name" => self.model_name = text::label(untrimmed(line).unwrap_or(value)),
            b"stepping" => self.stepping = text::label(value),
            b"microcode" => self.microcode = text::label(value),
            b"cache size" => self.cache_size = text::label(value),
            b"physical id" => self.package = text::label(value),
            b"core id" => self.core = text::label(value),
            b"flags" | b"Features" => self.flags = text::label(value),
            b"bugs" => self.bugs = text::label(value),
            b"cpu MHz" => {
                self.megahertz = Some(text::parse(value).ok_or_else(|| line.malformed("`cpu MHz : <number>`"))?)
            }
            _ => {}
        }
        Ok(())
    }
}

/// Many CPUs fill their names up with spaces, which old kernels print; node_exporter's label has them, too.
fn untrimmed(line: Line<'_>) -> Option<&[u8]> {
    text::split_once(line.bytes, b':')?.1.strip_prefix(b" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_arm_machine_tells_features_and_little_else() {
        let text = b"processor\t: 0\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\n\
                    processor\t: 3\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd\n";
        let processor = |number| Processor { number, flags: "fp asimd".into(), ..Processor::default() };
        assert_eq!(parse(text), Ok(vec![processor(0), processor(3)]));
    }

    #[test]
    fn the_name_of_a_model_keeps_the_spaces_that_it_is_filled_up_with() {
        let text =
            b"processor\t: 0\nmodel name\t: AMD Opteron(tm) Processor 6272                 \nflags\t\t: fpu vme \n";
        let model_name = "AMD Opteron(tm) Processor 6272                 ".into();
        let processor = Processor { model_name, flags: "fpu vme".into(), ..Processor::default() };
        assert_eq!(parse(text), Ok(vec![processor]));
    }

    #[test]
    fn a_clock_that_is_no_number_is_malformed() {
        let expected = "`cpu MHz : <number>`";
        let error = ParseError { line: 2, expected, found: "cpu MHz : fast".to_owned() };
        assert_eq!(parse(b"processor : 0\ncpu MHz : fast\n"), Err(error));
    }

    #[test]
    fn a_filter_picks_words_and_none_picks_nothing() {
        assert_eq!(included("avx avx2 aes avx", Some(&Regex::new("^avx").unwrap())), ["avx", "avx2"]);
        assert!(included("avx", None).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((processor|flags|cpu MHz)?[ \t]?:?\\PC{0,20}\n){0,8}") {
            let _ = parse(text.as_bytes());
        }
    }
}
