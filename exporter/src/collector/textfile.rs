//! Metrics that other programs write into files: `*.prom` in the directories that the user names.
//!
//! Format: the classic text format (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

mod files;
mod line;
mod parse;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use seamark_kit::config::Section;
use seamark_kit::exposition::{Exposition, Family, Kind};
use tracing::warn;

use super::{CollectError, Collector, CollectorOption, Registration};
use crate::text::label;

pub(super) const COLLECTOR: Registration = Registration {
    name: "textfile",
    on_by_default: true,
    may_hang: true,
    options: &[CollectorOption {
        flag: DIRECTORY_FLAG,
        key: "directory",
        help: "A directory with files *.prom, or a pattern such as /srv/*/metrics; may be given several times.",
        switch: false,
    }],
    parsers: &[|bytes| drop(parse::parse(bytes))],
    build: |_, section| Box::new(Textfile::new(section)),
};

/// The flag that may be given several times.
pub(crate) const DIRECTORY_FLAG: &str = "collector.textfile.directory";

/// Samples of all files together. A program that writes without end must not take the memory of the host.
const SAMPLE_LIMIT: usize = 50_000;

struct Textfile {
    patterns: Vec<String>,
    said: Said,
}

impl Textfile {
    fn new(section: &mut Section) -> Self {
        let given = section.texts("directory").unwrap_or_default();
        // Several flags are one text.
        let patterns = given.iter().flat_map(|item| item.text.lines().filter(|line| !line.is_empty()));
        Self { patterns: patterns.map(str::to_owned).collect(), said: Said::default() }
    }
}

impl Collector for Textfile {
    /// Most hosts have no such directory, and then nothing is read.
    fn can_hang(&self) -> bool {
        !self.patterns.is_empty()
    }

    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut gathering = Gathering::default();
        let directories: Vec<_> = self.patterns.iter().flat_map(|pattern| files::directories(pattern)).collect();
        let mut seen = HashSet::new();
        for directory in directories.iter().filter(|directory| seen.insert(*directory)) {
            gathering.read_directory(directory);
        }
        for mut family in gathering.families {
            if family.help.is_empty() {
                family.help = "Given in a text file, without a help.".into();
            }
            out.pass_on(family);
        }
        for (path, written) in &gathering.written {
            out.gauge("node_textfile_mtime_seconds", "When a file was written, in seconds since 1970.")
                .push(&[("file", &label(path.as_os_str().as_encoded_bytes()))], *written);
        }
        scrape_error(out).set(gathering.failed);
        self.said.say(gathering.complaints);
        Ok(())
    }
}

fn scrape_error(out: &mut Exposition) -> &mut Family {
    out.gauge("node_textfile_scrape_error", "Whether a file could not be read, or is not in the format.")
}

/// Families of files that have the name of one of ours.
#[derive(Debug, Default)]
pub struct NamesTaken {
    said: Said,
}

impl NamesTaken {
    /// Says that some families of files were left out of a scrape, if any were: in the log and in
    /// `node_textfile_scrape_error`.
    pub fn tell(&self, out: &mut Exposition) {
        let complaint = |name: &Cow<'static, str>| {
            format!("`{name}` is a metric of this exporter; what files say of it is left out: give it another name")
        };
        let complaints: BTreeSet<_> = out.gave_way().iter().map(complaint).collect();
        if !complaints.is_empty() {
            let family = scrape_error(out);
            family.clear();
            family.set(true);
        }
        self.said.say(complaints);
    }
}

/// What is in the log already, so that one fault is one line and not one line per scrape.
#[derive(Debug, Default)]
struct Said(Mutex<BTreeSet<String>>);

impl Said {
    fn say(&self, complaints: BTreeSet<String>) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for complaint in complaints.difference(&said) {
            warn!(collector = COLLECTOR.name, "{complaint}");
        }
        *said = complaints;
    }
}

/// What has been found in the files so far.
#[derive(Default)]
struct Gathering {
    families: Vec<Family>,
    /// Where in `families` a name is.
    places: HashMap<String, usize>,
    /// The names of all series, of the parts of histograms and summaries too.
    series: HashMap<String, usize>,
    known: HashSet<(usize, Vec<(String, String)>)>,
    written: BTreeMap<PathBuf, u64>,
    samples: usize,
    failed: bool,
    complaints: BTreeSet<String>,
}

impl Gathering {
    fn read_directory(&mut self, directory: &Path) {
        match files::names(directory) {
            Ok(paths) => paths.into_iter().for_each(|path| self.read_file(path)),
            Err(error) => self.fail(format!("{}: cannot be listed: {error}", directory.display())),
        }
    }

    fn read_file(&mut self, path: PathBuf) {
        let shown = path.display();
        let (bytes, written) = match files::read(&path) {
            Ok(read) => read,
            Err(error) => return self.fail(format!("{shown}: cannot be read: {error}")),
        };
        let families = match parse::parse(&bytes) {
            Ok(families) => families,
            Err(error) => {
                let found = if error.found.is_empty() { "nothing".to_owned() } else { format!("`{}`", error.found) };
                return self.fail(format!("{shown} line {}: expected {}, found {found}", error.line, error.expected));
            }
        };
        let samples: usize = families.iter().map(Family::len).sum();
        if self.samples + samples > SAMPLE_LIMIT {
            return self.fail(format!("{shown}: with it there are more than {SAMPLE_LIMIT} samples; it is left out"));
        }
        self.samples += samples;
        for family in families {
            self.take(family, &path);
        }
        self.written.insert(path, written);
    }

    /// Adds a family, or joins it to what another file says of it. As in node_exporter, the first file says what it is,
    /// another help is an error, and what cannot be told beside the rest is left out.
    fn take(&mut self, family: Family, path: &Path) {
        let place = match self.places.get(&*family.name) {
            Some(place) => *place,
            None => match self.add(&family, path) {
                Some(place) => place,
                None => return,
            },
        };
        let (known, seen) = (&mut self.families, &mut self.known);
        let Some(first) = known.get_mut(place) else { return };
        let mut complain = |what: &str| {
            self.complaints.insert(format!("{}: `{}` {what}", path.display(), family.name));
        };
        if first.kind != family.kind {
            return complain("has another type than before; it is left out");
        }
        if first.help.is_empty() {
            first.help.clone_from(&family.help);
        } else if !family.help.is_empty() && first.help != family.help {
            self.failed = true;
            return complain("has another help than before; it is left out");
        }
        let all = first.join(&family, |sample| {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let mut labels: Vec<_> = sample.labels.iter().map(owned).collect();
            labels.sort_unstable();
            seen.insert((place, labels))
        });
        if !all {
            complain("tells a series twice; the first one counts");
        }
    }

    /// Makes room for a family, unless one of its series has the name of another's.
    fn add(&mut self, family: &Family, path: &Path) -> Option<usize> {
        let parts: &[&str] = match family.kind {
            Kind::Histogram => &["", "_bucket", "_sum", "_count"],
            Kind::Summary => &["", "_sum", "_count"],
            Kind::Counter | Kind::Gauge | Kind::Untyped => &[""],
        };
        let names: Vec<_> = parts.iter().map(|part| format!("{}{part}", family.name)).collect();
        if let Some(taken) = names.iter().find(|name| self.series.contains_key(*name)) {
            let shown = path.display();
            self.complaints.insert(format!("{shown}: `{taken}` is part of another metric; it is left out"));
            return None;
        }
        let place = self.families.len();
        self.series.extend(names.into_iter().map(|name| (name, place)));
        self.places.insert(family.name.clone().into_owned(), place);
        let (name, help) = (family.name.clone(), family.help.clone());
        self.families.push(Family::new(name, help, family.kind));
        Some(place)
    }

    fn fail(&mut self, complaint: String) {
        self.failed = true;
        self.complaints.insert(complaint);
    }
}
