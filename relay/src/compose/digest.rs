//! One message for many groups: how many alerts there are in each state, and one line for each, the worst first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::catalogue::Arg;
use super::merge::{merge, read, say_besides};
use super::moment::{between, duration, moment};
use super::{Voice, add_footer, alert, bare};
use crate::alert::{Alert, AlertGroup, Severity, Status};
use crate::message::{Item, Message, Span, Text, Tone};
use crate::store::{Claim, Digest, Told};

pub(super) fn message(voice: &Voice, why: Digest, claim: &Claim) -> Message {
    let mut bodies: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    let merged = claim.merged.iter().map(|told: &Told| (told.group_key.as_str(), told.body.as_slice()));
    for (group, body) in merged.chain([(claim.group_key.as_str(), claim.body.as_slice())]) {
        bodies.entry(group).or_default().push(body);
    }
    let (mut groups, mut problems, mut over_before_told) = (Vec::new(), Vec::new(), 0);
    for bodies in bodies.into_values() {
        let (readable, unreadable) = read(bodies.into_iter());
        problems.extend(unreadable);
        if let Some(merged) = merge(readable) {
            over_before_told += merged.over_before_told;
            groups.push(merged.group);
        }
    }
    let mut message = told(voice, why, &groups);
    if over_before_told > 0 {
        add_footer(&mut message, voice.words("over-before-told", &[("count", Arg::Count(over_before_told))]));
    }
    say_besides(voice, &mut message, claim, &problems);
    message
}

fn told(voice: &Voice, why: Digest, groups: &[AlertGroup]) -> Message {
    let mut alerts: Vec<(&AlertGroup, &Alert)> =
        groups.iter().flat_map(|group| group.alerts.iter().map(move |alert| (group, alert))).collect();
    alerts.sort_by_key(|(_, alert)| (alert.status == Status::Resolved, Reverse(alert.severity()), alert.starts_at));
    let items: Vec<Item> = alerts.iter().map(|(group, alert)| line(voice, group, alert)).collect();
    let firing = alerts.iter().filter(|(_, alert)| alert.status == Status::Firing);
    let is_urgent = firing.clone().any(|(_, alert)| alert.severity() > Severity::Info);
    let cut: u64 = groups.iter().map(|group| group.truncated_alerts).sum();
    Message {
        tone: items.iter().map(|item| item.tone).max().unwrap_or(Tone::Neutral),
        items,
        footer: (cut > 0).then(|| voice.words("cut-by-alertmanager", &[("count", Arg::Count(cut))])),
        silent: !is_urgent,
        ..bare(voice, Tone::Neutral, title(voice, why, groups.len(), &alerts))
    }
}

/// The totals: `🌊 212 alerts of 200 groups: 12 critical, 150 warning, 50 resolved`.
fn title(voice: &Voice, why: Digest, groups: usize, alerts: &[(&AlertGroup, &Alert)]) -> String {
    let count = |is: &dyn Fn(&Alert) -> bool| alerts.iter().filter(|(_, alert)| is(alert)).count();
    let firing = [Severity::Critical, Severity::Warning, Severity::Info].map(|severity| {
        let number = count(&|alert| alert.status == Status::Firing && alert.severity() == severity);
        (number > 0).then(|| {
            let severity = ("severity", Arg::Choice(severity.as_str()));
            voice.words("digest-firing", &[severity, ("count", number_of(number))])
        })
    });
    let resolved = count(&|alert| alert.status == Status::Resolved);
    let resolved = (resolved > 0).then(|| voice.words("digest-resolved", &[("count", number_of(resolved))]));
    let totals: Vec<String> = firing.into_iter().chain([resolved]).flatten().collect();
    let key = match why {
        Digest::Storm => "digest-storm-title",
        Digest::CatchUp => "digest-catch-up-title",
    };
    voice.words(
        key,
        &[
            ("alerts", number_of(alerts.len())),
            ("groups", number_of(groups)),
            ("totals", Arg::from(&totals.join(&voice.words("digest-between", &[])))),
        ],
    )
}

fn number_of(count: usize) -> Arg {
    Arg::Count(u64::try_from(count).unwrap_or(u64::MAX))
}

/// What the alert's own message has as its title, and when it was.
fn line(voice: &Voice, group: &AlertGroup, alert: &Alert) -> Item {
    let item = alert::item(voice, group, alert);
    Item { body: when(voice, alert), fields: Vec::new(), links: Vec::new(), ..item }
}

fn when(voice: &Voice, alert: &Alert) -> Text {
    let began = ("began", Arg::from(moment(voice, alert.starts_at)));
    let lasted = alert.ends_at.and_then(|ends_at| between(alert.starts_at, ends_at));
    let words = match lasted {
        None => voice.text("digest-since", &[began]),
        Some(lasted) => voice.text("digest-lasted", &[began, ("duration", Arg::from(&duration(voice, lasted)))]),
    };
    std::iter::once(Span::Text("· ".to_owned())).chain(words).collect()
}
