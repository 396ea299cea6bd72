//! The file of targets, and what else is in its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::list::Server;
use crate::command::Usage;

/// Begins every file that was written here, and no other.
const MARK: &str = "# Written by `seamark-relay targets import`";

/// Whether a file can be named after this job: Prometheus takes what stands before the first dot.
pub fn check_job(job: &str) -> Result<(), Usage> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !job.is_empty() && job != "probe" && job.chars().all(allowed) {
        return Ok(());
    }
    Err(Usage(format!("--job: expected letters, digits, `-` and `_`, and not `probe`, found `{job}`")))
}

/// All of the file. The same list gives the same text.
pub fn render(list: &Path, servers: &[Server]) -> String {
    let name = list.file_name().filter(|name| *name != super::STANDARD);
    let from = name.map_or_else(|| "a list".to_owned(), |name| super::super::clean(&name.to_string_lossy()));
    let mut text = format!("{MARK} from {from}.\n# What is changed here is lost with the next import.\n");
    for server in servers {
        let mut labels = format!("instance: {}", quoted(&server.name));
        for (name, value) in &server.labels {
            labels.push_str(&format!(", {name}: {}", quoted(value)));
        }
        text.push_str(&format!("- targets: [{}]\n  labels: {{{labels}}}\n", quoted(&server.target)));
    }
    text
}

/// JSON's strings are YAML's as well, whatever is in them.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The folder that Prometheus reads.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    job: String,
    file: PathBuf,
}

/// What stands in the way, and what could not be looked at.
#[derive(Debug, Default)]
pub struct Taken {
    pub problems: Vec<String>,
    pub notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Folder {
    /// Where the targets of this list go. A file there that a person has written is left alone.
    pub fn open(path: &Path, job: &str, list: &Path) -> Result<Self, Usage> {
        if !path.is_dir() {
            return Err(Usage(format!(
                "--output: `{}` is no directory; name the one that Prometheus reads targets from, or `-`",
                path.display()
            )));
        }
        let stem = list
            .file_stem()
            .filter(|stem| *stem != super::STANDARD)
            .map_or("servers".into(), |stem| stem.to_string_lossy());
        let stem: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
        let file = path.join(format!("{job}.{stem}.yml"));
        if fs::read_to_string(&file).is_ok_and(|text| !text.starts_with(MARK)) {
            return Err(Usage(format!(
                "{} was not written by this command, and would be lost; move it away, or name the list otherwise",
                file.display()
            )));
        }
        Ok(Self { path: path.to_owned(), job: job.to_owned(), file })
    }

    /// Which servers other files of the job have already: each would be scraped, and counted, twice.
    pub fn taken(&self, servers: &[Server]) -> Taken {
        let mut taken = Taken::default();
        for file in self.others() {
            let Some(groups) = groups(&file) else {
                taken
                    .notes
                    .push(format!("{} cannot be read as a list of targets, and was not compared", file.display()));
                continue;
            };
            for server in servers {
                let same = |group: &Group| {
                    group.targets.contains(&server.target) || group.labels.get("instance") == Some(&server.name)
                };
                if groups.iter().any(same) {
                    taken.problems.push(format!(
                        "{}: `{}` ({}) is in {} already; take it out of one of the two",
                        server.place,
                        server.name,
                        server.target,
                        file.display()
                    ));
                }
            }
        }
        taken
    }

    fn others(&self) -> Vec<PathBuf> {
        let of_the_job = |name: &str| {
            let ends = [".yml", ".yaml", ".json"].iter().any(|end| name.ends_with(end));
            ends && name.split('.').next() == Some(self.job.as_str())
        };
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries
            .filter(|entry| of_the_job(&entry.file_name().to_string_lossy()))
            .map(|entry| entry.path())
            .filter(|path| *path != self.file)
            .collect();
        files.sort();
        files
    }

    /// Puts the file there as a whole, and tells what that changes.
    pub fn write(&self, content: &str, servers: &[Server], dry_run: bool) -> anyhow::Result<String> {
        let name = self.file.display();
        let before = fs::read_to_string(&self.file).ok();
        if before.as_deref() == Some(content) {
            return Ok(format!("{name} is as it should be, with {} servers", servers.len()));
        }
        if !dry_run {
            // No ending that Prometheus looks for.
            let new = self.file.with_extension("yml.new");
            let written = fs::write(&new, content).and_then(|()| fs::rename(&new, &self.file));
            written.with_context(|| format!("{name} cannot be written"))?;
        }
        let would = if dry_run { "would be written" } else { "is written" };
        let difference = difference(before.as_deref().unwrap_or_default(), servers);
        Ok(format!("{name} {would}, with {} servers{difference}", servers.len()))
    }
}

/// Whom the list has brought and taken away, by name.
fn difference(before: &str, servers: &[Server]) -> String {
    let before: Vec<Group> = serde_yaml::from_str(before).unwrap_or_default();
    let old: BTreeSet<&str> =
        before.iter().filter_map(|group| group.labels.get("instance")).map(String::as_str).collect();
    let new: BTreeSet<&str> = servers.iter().map(|server| server.name.as_str()).collect();
    let tell = |word: &str, names: BTreeSet<&str>| match names.is_empty() {
        true => String::new(),
        false => format!("; {word}: {}", names.into_iter().collect::<Vec<_>>().join(", ")),
    };
    tell("new", &new - &old) + &tell("gone", &old - &new)
}

fn groups(file: &Path) -> Option<Vec<Group>> {
    let text = fs::read_to_string(file).ok()?;
    serde_yaml::from_str(&text).ok()
}
