//! What fires, and how it is silenced: which alert, what of it, for how long; and back.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::answer::{Answer, item, lines, plain};
use super::command::{Command, HOURS, Scope, Step};
use super::keyboard::{self, CHOICES};
use crate::alert::Severity;
use crate::alertmanager::{Held, HeldAlert, Matcher, NewSilence, Silence};
use crate::compose::{Arg, Voice, bare, excerpt, moment, one_line};
use crate::message::{Span, Text, Tone};

/// What a press has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// A silence was made, or was there already.
    Silenced {
        /// Its id.
        id: String,
        /// Until when.
        until: Timestamp,
        /// What it covers.
        matchers: String,
    },
    /// A silence was ended.
    Unsilenced,
    /// A report is being made.
    Reported {
        /// Its name.
        name: String,
        /// Where it is going to be.
        channel: String,
        /// Somebody else, or the same one, has asked for it a moment ago.
        again: bool,
    },
}

/// Ends that are so near to each other are the same press.
const SAME_END: Duration = Duration::from_mins(1);

/// All that fires, the worst first.
pub(super) fn alerts(voice: &Voice, held: &Held, most: usize) -> Answer {
    let around = keyboard::around(voice, &Command::Alerts, &Command::Start);
    if held.alerts.is_empty() {
        return Answer { keyboard: around, ..plain(voice, "bot-alerts-none", &[]) };
    }
    let count = Arg::Count(u64::try_from(held.alerts.len()).unwrap_or(u64::MAX));
    let mut message = bare(voice, Tone::Warning, voice.words("bot-alerts-title", &[("count", count)]));
    let all = sorted(held).into_iter().map(|alert| line(voice, alert)).collect();
    message.items.push(item(Tone::Warning, String::new(), lines(voice, all, most)));
    let silence = keyboard::button(voice.words("bot-button-silence", &[]), &Command::Silence(Step::Which));
    let keyboard = std::iter::once(silence.into_iter().collect()).chain(around).collect();
    Answer { message, keyboard }
}

fn line(voice: &Voice, alert: &HeldAlert) -> Text {
    let kept_back = if !alert.status.silenced_by.is_empty() {
        format!(" · {}", voice.words("bot-alert-silenced", &[]))
    } else if alert.status.is_kept_back() {
        format!(" · {}", voice.words("bot-alert-kept-back", &[]))
    } else {
        String::new()
    };
    let mut text = vec![Span::Text(format!("{} {} · ", sign(alert), summary(alert, 200)))];
    text.extend(voice.text("bot-alert-since", &[("time", moment(voice, alert.starts_at).into())]));
    text.push(Span::Text(kept_back));
    text
}

/// A step that needs to know what fires.
pub(super) fn step(voice: &Voice, step: &Step, held: &Held) -> Answer {
    let (Step::What(wanted) | Step::HowLong(wanted, _) | Step::Make(wanted, ..)) = step else {
        return which(voice, held);
    };
    let Some(alert) = held.alerts.iter().find(|alert| alert.fingerprint == *wanted) else {
        return plain(voice, "bot-alert-gone", &[]);
    };
    let (title, buttons, back) = match step {
        Step::HowLong(_, scope) => {
            let button = |hours: u32| {
                let words = voice.words("bot-button-hours", &[("hours", Arg::from(&hours.to_string()))]);
                keyboard::button(words, &Command::Silence(Step::Make(wanted.clone(), *scope, hours)))
            };
            let title = voice.words("bot-silence-how-long", &[]);
            (title, keyboard::rows(HOURS.into_iter().filter_map(button), 3), Step::What(wanted.clone()))
        }
        _ => {
            let button = |scope: Scope| {
                // What it does not have cannot be silenced.
                matchers(alert, scope)?;
                let name = |label: &str| Arg::from(&one_line(alert.labels.get(label).map_or("", String::as_str)));
                let words = match scope {
                    Scope::Alert => voice.words("bot-scope-alert", &[]),
                    Scope::Host => voice.words("bot-scope-host", &[("host", name("instance"))]),
                    Scope::Container => voice.words("bot-scope-container", &[("container", name("name"))]),
                };
                keyboard::button(words, &Command::Silence(Step::HowLong(wanted.clone(), scope)))
            };
            let title = voice.words("bot-silence-what", &[]);
            (title, keyboard::rows(Scope::ALL.into_iter().filter_map(button), 1), Step::Which)
        }
    };
    let mut message = bare(voice, Tone::Info, title);
    message.items.push(item(Tone::Warning, String::new(), line(voice, alert)));
    let back = keyboard::button(voice.words("bot-button-back", &[]), &Command::Silence(back));
    let keyboard = buttons.into_iter().chain([back.into_iter().collect()]).collect();
    Answer { message, keyboard }
}

fn which(voice: &Voice, held: &Held) -> Answer {
    let open: Vec<&HeldAlert> = sorted(held).into_iter().filter(|alert| !alert.status.is_kept_back()).collect();
    if open.is_empty() {
        return plain(voice, "bot-silence-none", &[]);
    }
    let mut answer = plain(voice, "bot-silence-which", &[]);
    let one = |alert: &&HeldAlert| {
        let label = format!("{} {}", sign(alert), summary(alert, 60));
        keyboard::button(label, &Command::Silence(Step::What(alert.fingerprint.clone())))
    };
    let left_out = open.len().saturating_sub(CHOICES);
    if left_out > 0 {
        let count = Arg::Count(u64::try_from(left_out).unwrap_or(u64::MAX));
        answer.message.items.push(item(Tone::Info, String::new(), voice.text("bot-more-lines", &[("count", count)])));
    }
    let choices = keyboard::rows(open.iter().take(CHOICES).filter_map(one), 1);
    answer.keyboard = choices.into_iter().chain(answer.keyboard).collect();
    answer
}

/// A report was asked for.
pub(super) fn reported(voice: &Voice, name: &str, channel: &str, again: bool) -> Answer {
    let values = [("name", Arg::from(name)), ("channel", Arg::from(channel))];
    plain(voice, if again { "bot-report-again" } else { "bot-report-started" }, &values)
}

/// What was done.
pub(super) fn done(voice: &Voice, done: &Done, who: &str) -> Answer {
    let who = ("who", Arg::from(who));
    let (title, body, undo) = match done {
        Done::Silenced { id, until, matchers } => {
            let time = crate::compose::plain(&[moment(voice, *until)]);
            let matchers = ("matchers", Arg::from(Span::Code(excerpt(matchers, 600))));
            let undo = Command::Silence(Step::Undo(id.clone()));
            let title = voice.words("bot-silenced-title", &[("time", Arg::from(&time))]);
            (title, voice.text("bot-silenced-body", &[matchers, who]), Some(undo))
        }
        Done::Unsilenced => (voice.words("bot-unsilenced-title", &[]), voice.text("bot-unsilenced-body", &[who]), None),
        Done::Reported { name, channel, again } => return reported(voice, name, channel, *again),
    };
    let mut message = bare(voice, Tone::Info, title);
    message.items.push(item(Tone::Info, String::new(), body));
    let undo = undo.and_then(|undo| keyboard::button(voice.words("bot-button-undo", &[]), &undo));
    let back = keyboard::button(voice.words("bot-button-back", &[]), &Command::Alerts);
    Answer { message, keyboard: vec![undo.into_iter().chain(back).collect()] }
}

/// The conditions of a silence; `None` where the alert has no such label.
pub fn matchers(alert: &HeldAlert, scope: Scope) -> Option<Vec<Matcher>> {
    let labels: &[&str] = match scope {
        Scope::Alert => return Some(alert.labels.iter().map(|(name, value)| Matcher::equal(name, value)).collect()),
        Scope::Host => &["instance"],
        Scope::Container => &["instance", "name"],
    };
    let matcher = |name: &&str| Some(Matcher::equal(name, alert.labels.get(*name).filter(|value| !value.is_empty())?));
    labels.iter().map(matcher).collect()
}

/// The silence that is wanted.
pub fn wanted(voice: &Voice, matchers: Vec<Matcher>, hours: u32, who: &str, now: Timestamp) -> Option<NewSilence> {
    let ends_at = now.checked_add(SignedDuration::from_hours(i64::from(hours))).ok()?;
    let comment = voice.words("bot-silence-comment", &[("who", Arg::from(who))]);
    Some(NewSilence { matchers, starts_at: now, ends_at, created_by: who.to_owned(), comment })
}

/// The silence that is there already: pressed twice, or made by a relay that was stopped before it could say so
/// (`again`).
pub fn same<'a>(silences: &'a [Silence], wanted: &NewSilence, again: bool) -> Option<&'a Silence> {
    let key = |matchers: &[Matcher]| {
        let mut all: Vec<String> = matchers.iter().map(|matcher| format!("{matcher:?}")).collect();
        all.sort_unstable();
        all
    };
    silences.iter().find(|silence| {
        let near = silence.ends_at.duration_since(wanted.ends_at).unsigned_abs() <= SAME_END;
        silence.status.state != "expired"
            && silence.created_by == wanted.created_by
            && key(&silence.matchers) == key(&wanted.matchers)
            && (near || again)
    })
}

/// Conditions as Alertmanager writes them.
pub fn described(matchers: &[Matcher]) -> String {
    let one = |matcher: &Matcher| one_line(&crate::alertmanager::filter(&matcher.name, &matcher.value));
    matchers.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn severity(alert: &HeldAlert) -> Severity {
    Severity::from_label(alert.labels.get("severity").map(String::as_str))
}

fn sign(alert: &HeldAlert) -> &'static str {
    match severity(alert) {
        Severity::Critical => "🔴",
        Severity::Warning => "🟡",
        Severity::Info => "🔵",
    }
}

/// What it says of itself; else its name and where it is.
fn summary(alert: &HeldAlert, longest: usize) -> String {
    let label = |name: &str| alert.labels.get(name).map(|value| one_line(value)).filter(|value| !value.is_empty());
    let own = alert.annotations.get("summary").map(|words| one_line(words)).filter(|words| !words.is_empty());
    let named = || {
        let parts = [label("alertname"), label("name"), label("instance")];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    excerpt(&own.unwrap_or_else(named), longest)
}

fn sorted(held: &Held) -> Vec<&HeldAlert> {
    let mut alerts: Vec<&HeldAlert> = held.alerts.iter().collect();
    alerts.sort_by_key(|alert| (alert.status.is_kept_back(), std::cmp::Reverse(severity(alert)), alert.starts_at));
    alerts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::alertmanager::{HeldStatus, SilenceStatus};
    use crate::compose::Locale;

    fn alert(labels: serde_json::Value) -> HeldAlert {
        HeldAlert {
            fingerprint: "d1a5c3f0e2b49876".to_owned(),
            labels: serde_json::from_value(labels).unwrap(),
            annotations: [("summary".to_owned(), "shop\ncrashed".to_owned())].into(),
            starts_at: Timestamp::UNIX_EPOCH,
            ends_at: Timestamp::UNIX_EPOCH,
            status: HeldStatus::default(),
            receivers: Vec::new(),
        }
    }

    #[test]
    fn a_silence_covers_the_alert_its_container_or_its_host() {
        let crash = alert(json!({"alertname": "ContainerCrashed", "instance": "web-1", "name": "shop"}));
        let of = |scope| matchers(&crash, scope).map(|matchers| described(&matchers));
        assert_eq!(of(Scope::Alert).unwrap(), r#"alertname="ContainerCrashed", instance="web-1", name="shop""#);
        assert_eq!(of(Scope::Container).unwrap(), r#"instance="web-1", name="shop""#);
        assert_eq!(of(Scope::Host).unwrap(), r#"instance="web-1""#);
        assert_eq!(matchers(&alert(json!({"alertname": "Watchdog"})), Scope::Host), None);
        assert_eq!(summary(&crash, 60), "shop crashed");
    }

    #[test]
    fn a_silence_that_is_there_is_not_made_twice() {
        let voice = Voice::new(Locale::En, jiff::tz::TimeZone::UTC);
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let matchers = vec![Matcher::equal("a", "1"), Matcher::equal("b", "2")];
        let wanted = wanted(&voice, matchers.clone(), 4, "Ann (1001)", now).unwrap();
        assert_eq!(wanted.ends_at.duration_since(now), SignedDuration::from_hours(4));
        assert_eq!(
            (wanted.created_by.as_str(), wanted.comment.as_str()),
            ("Ann (1001)", "Made in Telegram by Ann (1001)")
        );
        let there = |seconds: i64, state: &str, who: &str| Silence {
            id: "s".to_owned(),
            matchers: matchers.iter().rev().cloned().collect(),
            starts_at: now,
            ends_at: wanted.ends_at.checked_sub(SignedDuration::from_secs(seconds)).unwrap(),
            created_by: who.to_owned(),
            comment: String::new(),
            status: SilenceStatus { state: state.to_owned() },
        };
        let same = |silence: Silence, again| same(&[silence], &wanted, again).is_some();
        assert!(same(there(5, "active", "Ann (1001)"), false));
        assert!(!same(there(300, "active", "Ann (1001)"), false));
        assert!(same(there(300, "active", "Ann (1001)"), true));
        assert!(!same(there(5, "expired", "Ann (1001)"), true));
        assert!(!same(there(5, "active", "Bob (7)"), true));
    }
}
