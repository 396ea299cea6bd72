//! Several notifications of one group as one: how things stand by now, and everything that was said meanwhile.

use std::collections::HashMap;

use jiff::Timestamp;

use super::catalogue::Arg;
use super::{TemplateError, Voice, add_footer, alert, template};
use crate::alert::{Alert, AlertGroup, Status};
use crate::ingest::{self, IngestError};
use crate::message::Message;
use crate::store::{Claim, Told};

/// What the notifications of one group say together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Merged {
    /// The newest notification, with every alert that any of them speaks of, in its newest state.
    pub group: AlertGroup,
    /// Alerts that were resolved before the message that they fire was sent.
    pub over_before_told: u64,
}

/// Merges what notifications of one group say; the oldest first. `None` of none.
pub(super) fn merge(groups: Vec<AlertGroup>) -> Option<Merged> {
    let mut alerts: Vec<Alert> = Vec::new();
    let mut index: HashMap<(String, Timestamp), usize> = HashMap::new();
    let mut over_before_told = 0;
    let mut newest = None;
    for mut group in groups {
        for alert in std::mem::take(&mut group.alerts) {
            let known = index.get(&(alert.fingerprint.clone(), alert.starts_at));
            match known.and_then(|at| alerts.get_mut(*at)) {
                Some(earlier) => {
                    if (earlier.status, alert.status) == (Status::Firing, Status::Resolved) {
                        over_before_told += 1;
                    }
                    *earlier = alert;
                }
                None => {
                    index.insert((alert.fingerprint.clone(), alert.starts_at), alerts.len());
                    alerts.push(alert);
                }
            }
        }
        newest = Some(group);
    }
    let mut group: AlertGroup = newest?;
    let began_last = latest_begins(&alerts);
    // An alert that fires anew has ended before, whether or not anybody said so.
    alerts.retain(|alert| {
        alert.status == Status::Resolved || began_last.get(&alert.fingerprint) == Some(&alert.starts_at)
    });
    let fires = alerts.iter().any(|alert| alert.status == Status::Firing);
    group.status = if fires { Status::Firing } else { Status::Resolved };
    group.alerts = alerts;
    keep_common(&mut group);
    Some(Merged { group, over_before_told })
}

fn latest_begins(alerts: &[Alert]) -> HashMap<String, Timestamp> {
    let mut latest: HashMap<String, Timestamp> = HashMap::new();
    for alert in alerts {
        let at = latest.entry(alert.fingerprint.clone()).or_insert(alert.starts_at);
        *at = (*at).max(alert.starts_at);
    }
    latest
}

/// What the newest notification's alerts share may not hold for the older ones'.
fn keep_common(group: &mut AlertGroup) {
    let AlertGroup { alerts, common_labels, common_annotations, .. } = group;
    common_labels.retain(|name, value| alerts.iter().all(|alert| alert.labels.get(name) == Some(&*value)));
    common_annotations.retain(|name, value| alerts.iter().all(|alert| alert.annotations.get(name) == Some(&*value)));
}

/// The message for a delivery that tells older ones of its group as well.
pub(super) fn message(voice: &Voice, claim: &Claim) -> (Message, Vec<TemplateError>) {
    let bodies = claim.merged.iter().map(|told: &Told| told.body.as_slice()).chain([claim.body.as_slice()]);
    let (groups, problems) = read(bodies);
    let Some(merged) = merge(groups) else {
        return super::compose(voice, claim.kind, &claim.body, claim.note.as_deref());
    };
    let (mut message, errors) = template::apply(voice, &merged.group, alert::message(voice, &merged.group));
    if merged.over_before_told > 0 {
        add_footer(&mut message, voice.words("over-before-told", &[("count", Arg::Count(merged.over_before_told))]));
    }
    say_besides(voice, &mut message, claim, &problems);
    (message, errors)
}

/// The notifications that can be read, and what is wrong with the others.
pub(super) fn read<'a>(bodies: impl Iterator<Item = &'a [u8]>) -> (Vec<AlertGroup>, Vec<IngestError>) {
    let (mut groups, mut problems) = (Vec::new(), Vec::new());
    for body in bodies {
        match ingest::parse(body) {
            Ok(group) => groups.push(group),
            Err(problem) => problems.push(problem),
        }
    }
    (groups, problems)
}

/// Below the message: names of channels that led nowhere, and what could not be read.
pub(super) fn say_besides(voice: &Voice, message: &mut Message, claim: &Claim, problems: &[IngestError]) {
    let mut notes: Vec<&str> =
        claim.merged.iter().map(|told| told.note.as_deref()).chain([claim.note.as_deref()]).flatten().collect();
    notes.sort_unstable();
    notes.dedup();
    if !notes.is_empty() {
        add_footer(message, voice.words("unknown-channel", &[("names", Arg::from(&notes.join(", ")))]));
    }
    if let Some(problem) = problems.first() {
        let problem = Arg::from(&super::one_line(&problem.to_string()));
        add_footer(message, voice.words("unreadable-title", &[("problem", problem)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Labels;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    /// Alerts as (name, began, ended).
    fn group(alerts: &[(&str, i64, Option<i64>)]) -> AlertGroup {
        let alert = |(name, began, ended): &(&str, i64, Option<i64>)| Alert {
            status: if ended.is_some() { Status::Resolved } else { Status::Firing },
            labels: Labels::from([("alertname".to_owned(), (*name).to_owned())]),
            annotations: Labels::new(),
            starts_at: at(*began),
            ends_at: ended.map(at),
            generator_url: None,
            fingerprint: (*name).to_owned(),
        };
        let alerts: Vec<Alert> = alerts.iter().map(alert).collect();
        let firing = alerts.iter().any(|alert| alert.status == Status::Firing);
        AlertGroup {
            group_key: "g".to_owned(),
            receiver: "r".to_owned(),
            status: if firing { Status::Firing } else { Status::Resolved },
            group_labels: Labels::new(),
            common_labels: alerts.first().map(|alert| alert.labels.clone()).unwrap_or_default(),
            common_annotations: Labels::new(),
            external_url: None,
            truncated_alerts: 0,
            notification_reason: None,
            alerts,
        }
    }

    fn merged(groups: &[&[(&str, i64, Option<i64>)]]) -> (Vec<(String, Timestamp, Option<Timestamp>)>, u64) {
        let merged = merge(groups.iter().map(|alerts| group(alerts)).collect()).unwrap();
        let alerts = merged.group.alerts.into_iter();
        (alerts.map(|alert| (alert.fingerprint, alert.starts_at, alert.ends_at)).collect(), merged.over_before_told)
    }

    fn said(name: &str, began: i64, ended: Option<i64>) -> (String, Timestamp, Option<Timestamp>) {
        (name.to_owned(), at(began), ended.map(at))
    }

    #[test]
    fn fired_and_resolved_meanwhile_is_one_item() {
        assert_eq!(merged(&[&[("a", 0, None)], &[("a", 0, Some(4))]]), (vec![said("a", 0, Some(4))], 1));
    }

    #[test]
    fn what_only_an_older_notification_knows_is_still_named() {
        let told = merged(&[&[("a", 0, None), ("b", 0, Some(3))], &[("a", 0, None), ("c", 5, None)]]);
        assert_eq!(told, (vec![said("a", 0, None), said("b", 0, Some(3)), said("c", 5, None)], 0));
    }

    #[test]
    fn an_alert_that_fires_anew_has_ended_before() {
        let told = merged(&[&[("a", 0, None)], &[("a", 0, Some(3))], &[("a", 9, None)]]);
        assert_eq!(told, (vec![said("a", 0, Some(3)), said("a", 9, None)], 1));
        assert_eq!(merged(&[&[("a", 0, None)], &[("a", 9, None)]]), (vec![said("a", 9, None)], 0));
    }

    #[test]
    fn a_group_fires_while_one_of_its_alerts_does_and_shares_what_all_share() {
        let both = merge(vec![group(&[("a", 0, None)]), group(&[("b", 0, Some(4))])]).unwrap();
        assert_eq!(both.group.status, Status::Firing);
        assert_eq!(both.group.common_labels, Labels::new());
    }
}
