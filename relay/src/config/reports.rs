//! The keys `reports` and `host_groups`: what is reported, when, and to whom.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::tz::TimeZone;
use seamark_kit::config::{Item, Section, did_you_mean};

use super::{ConfiguredChannel, is_channel_name, known_channels};
use crate::compose::Locale;
use crate::report::schedule::Schedule;
use crate::report::{self, Planned};

/// Numbers are taken every 15 s: of less than this there is nothing to report.
const RANGE: RangeInclusive<Duration> = Duration::from_mins(5)..=Duration::from_hours(366 * 24);
const CATCH_UP: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(7 * 24);
const GRACE: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_hours(1);

/// How late a report may be sent, unless told otherwise.
const DEFAULT_CATCH_UP: Duration = Duration::from_hours(1);
/// How long Alertmanager has to call, unless told otherwise.
const DEFAULT_GRACE: Duration = Duration::from_mins(3);

/// Who is told what, as far as the rest of the file says it.
pub(super) struct Outer<'a> {
    pub channels: &'a [ConfiguredChannel],
    pub defaults: &'a [String],
    pub zone: &'a TimeZone,
}

pub(super) fn read(root: &mut Section, outer: &Outer) -> Vec<Planned> {
    let groups = groups(root);
    let entries = root.entries("reports");
    entries.into_iter().filter_map(|(name, section)| report(&name, section, outer, &groups)).collect()
}

/// Hosts under one name, for several reports.
struct Group {
    name: String,
    hosts: Vec<String>,
}

/// `host_groups`. One without hosts would mean all of them where it is used alone.
fn groups(root: &mut Section) -> Vec<Group> {
    let group = |(name, mut section): (Item, Section)| {
        let hosts: Vec<String> = section.texts("hosts").unwrap_or_default().into_iter().map(|host| host.text).collect();
        if hosts.is_empty() {
            section.problem("hosts", "missing or empty; list hosts by `instance`, such as `[web-*, lb-1]`");
        }
        Group { name: name.text, hosts }
    };
    root.entries("host_groups").into_iter().map(group).collect()
}

/// `hosts` and the hosts of `groups`, each once.
fn hosts(section: &mut Section, groups: &[Group]) -> Vec<String> {
    let mut hosts: Vec<String> = section.texts("hosts").unwrap_or_default().into_iter().map(|host| host.text).collect();
    for item in section.texts("groups").unwrap_or_default() {
        match groups.iter().find(|group| group.name == item.text) {
            Some(group) => hosts.extend(group.hosts.iter().cloned()),
            None if groups.is_empty() => {
                item.problem(format!("there is no group `{}`; name one in `host_groups`", item.text));
            }
            None => {
                let known: Vec<String> = groups.iter().map(|group| format!("`{}`", group.name)).collect();
                let hint = did_you_mean(&item.text, groups.iter().map(|group| group.name.as_str()));
                let (name, known) = (&item.text, known.join(", "));
                item.problem(format!("there is no group `{name}`{hint}; `host_groups` has {known}"));
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    hosts.retain(|host| seen.insert(host.clone()));
    hosts
}

/// `None` where there is no schedule, which is a problem.
fn report(name: &Item, mut section: Section, outer: &Outer, groups: &[Group]) -> Option<Planned> {
    if !is_channel_name(&name.text) {
        name.problem("a report's name stands in URLs: expected letters, digits, `-`, `_` and `.` only");
    }
    let own_zone = section.parse("timezone", super::EXPECTED_ZONE, |name| TimeZone::get(name).ok());
    let schedule = schedule(&mut section, own_zone.clone().unwrap_or_else(|| outer.zone.clone()));
    let channels = channels(&mut section, outer);
    let range = section.duration("range", RANGE);
    let hosts = hosts(&mut section, groups);
    let sections = sections(&mut section);
    let charts = section.flag("charts").unwrap_or(true);
    let locale = section.one_of("locale", Locale::CHOICES);
    let catch_up = section.duration("catch_up", CATCH_UP).unwrap_or(DEFAULT_CATCH_UP);
    let grace = section.duration("grace", GRACE).unwrap_or(DEFAULT_GRACE.min(catch_up / 2));
    if grace >= catch_up {
        section.problem(
            "grace",
            "has to be shorter than `catch_up`: the relay would give a report up before it may send it by itself",
        );
    }
    let enabled = section.flag("enabled").unwrap_or(true);
    Some(Planned {
        name: name.text.clone(),
        schedule: schedule?,
        own_zone,
        channels,
        range,
        hosts,
        sections,
        charts,
        locale,
        catch_up,
        grace,
        enabled,
    })
}

fn schedule(section: &mut Section, zone: TimeZone) -> Option<Schedule> {
    let Some(text) = section.text("cron") else {
        section.problem("cron", "missing; when it is due, such as `0 9 * * *` or `@daily`");
        return None;
    };
    Schedule::parse(&text, zone).map_err(|problem| section.problem("cron", problem)).ok()
}

/// Those of the list that are on; without the key, the default ones.
fn channels(section: &mut Section, outer: &Outer) -> Vec<String> {
    let Some(items) = section.texts("channels") else { return outer.defaults.to_vec() };
    let had_any = !items.is_empty();
    let known = known_channels(items, outer.channels);
    let is_on = |name: &String| outer.channels.iter().any(|other| other.name == *name && other.channel.is_some());
    let on: Vec<String> = known.iter().filter(|name| is_on(name)).cloned().collect();
    if on.is_empty() && (!known.is_empty() || !had_any) {
        section.problem("channels", "none of these channels can be used, so nobody would read it; name one that is on");
    }
    on
}

fn sections(section: &mut Section) -> Vec<report::Section> {
    let choices = report::Section::CHOICES;
    let mut all = Vec::new();
    for item in section.texts("sections").unwrap_or_default() {
        match choices.iter().find(|(word, _)| *word == item.text) {
            Some((_, found)) if !all.contains(found) => all.push(*found),
            Some(_) => {}
            None => {
                let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
                let hint = did_you_mean(&item.text, choices.iter().map(|(word, _)| *word));
                item.problem(format!("expected one of {}, found `{}`{hint}", words.join(", "), item.text));
            }
        }
    }
    all
}
