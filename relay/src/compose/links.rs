//! Where a reader can go from an alert.

use std::fmt::Write as _;

use super::Voice;
use crate::alert::{Alert, AlertGroup, Labels, Status};
use crate::message::Item;

/// Chats refuse longer addresses (Discord: 2048, developers documentation, "Embed Limits").
const LONGEST_URL: usize = 2000;

/// The links of one alert: label and address.
pub(super) fn of_alert(voice: &Voice, group: &AlertGroup, alert: &Alert) -> Vec<(String, String)> {
    let annotation = |name: &str| alert.annotations.get(name).cloned();
    let silence = group.external_url.as_deref().filter(|_| alert.status == Status::Firing);
    [
        ("link-runbook", annotation("runbook_url")),
        ("link-dashboard", dashboard(voice, alert)),
        ("link-source", alert.generator_url.clone()),
        ("link-silence", silence.map(|base| silence_url(base, &alert.labels))),
    ]
    .into_iter()
    .filter_map(|(key, url)| Some((voice.words(key, &[]), url.filter(|url| is_link(url))?)))
    .collect()
}

/// The dashboard that a rule names: an address, or a path within Grafana such as `/d/hosts?var-instance=web-1`.
fn dashboard(voice: &Voice, alert: &Alert) -> Option<String> {
    let named = |name: &str| alert.annotations.get(name).map(|url| url.trim()).filter(|url| !url.is_empty());
    let target = named("dashboard_url").or_else(|| named("dashboard"))?;
    if is_link(target) {
        return Some(target.to_owned());
    }
    let base = voice.grafana_url.as_deref()?;
    Some(format!("{base}/{}", target.trim_start_matches('/')))
}

/// The address behind one of the links of [`of_alert`].
pub(super) fn named<'a>(voice: &Voice, links: &'a [(String, String)], key: &'static str) -> Option<&'a str> {
    let label = voice.words(key, &[]);
    links.iter().find(|(its, _)| *its == label).map(|(_, url)| url.as_str())
}

/// The links that all items have: those that make sense below a text about all of them.
pub(super) fn in_common(items: &[Item]) -> Vec<(String, String)> {
    let Some((first, others)) = items.split_first() else { return Vec::new() };
    let everywhere = |link: &&(String, String)| others.iter().all(|item| item.links.contains(link));
    first.links.iter().filter(everywhere).cloned().collect()
}

/// Alertmanager's page with the alerts of this receiver.
pub(super) fn of_group(group: &AlertGroup) -> Option<String> {
    let base = group.external_url.as_deref()?.trim_end_matches('/');
    let url = format!("{base}/#/alerts?receiver={}", percent_encoded(&group.receiver));
    is_link(&url).then_some(url)
}

/// Whether a chat will take it as a link.
pub(super) fn is_link(url: &str) -> bool {
    let host_follows = |scheme: &str| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty());
    let is_plain = url.chars().all(|character| !character.is_whitespace() && !character.is_control());
    (host_follows("http://") || host_follows("https://")) && is_plain && url.len() <= LONGEST_URL
}

/// Alertmanager's form for a new silence, filled in: `{base}/#/silences/new?filter={a="b",c="d"}`.
///
/// A container's `id` and image are left out where it has a name: a silence is to outlive the container's next
/// replacement.
fn silence_url(base: &str, labels: &Labels) -> String {
    let is_wanted = |name: &str| !(labels.contains_key("name") && matches!(name, "id" | "image" | "image_id"));
    let matchers: Vec<String> = labels
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| format!("{}={}", matcher_name(name), quoted(value)))
        .collect();
    let filter = percent_encoded(&format!("{{{}}}", matchers.join(",")));
    format!("{}/#/silences/new?filter={filter}", base.trim_end_matches('/'))
}

/// Names beyond `[a-zA-Z_][a-zA-Z0-9_]*` have to be quoted (Alertmanager 0.27 and later).
fn matcher_name(name: &str) -> String {
    let is_classic = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if is_classic { name.to_owned() } else { quoted(name) }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n"))
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_silence_is_filled_in_with_the_labels_encoded() {
        let labels = labels(&[("alertname", "Disk"), ("mountpoint", "/da ta"), ("q", "a\"b\\c"), ("店.x", "é")]);
        assert_eq!(
            silence_url("http://am:9093/", &labels),
            "http://am:9093/#/silences/new?filter=%7Balertname%3D%22Disk%22%2Cmountpoint%3D%22%2Fda%20ta%22%2Cq%3D%22a%5C%22b%5C%5Cc%22%2C%22%E5%BA%97.x%22%3D%22%C3%A9%22%7D"
        );
    }

    #[test]
    fn a_silence_of_a_container_outlives_its_replacement() {
        let labels = labels(&[("id", "4f2a"), ("image", "shop:1"), ("name", "api")]);
        assert_eq!(silence_url("http://am", &labels), "http://am/#/silences/new?filter=%7Bname%3D%22api%22%7D");
    }

    #[test]
    fn a_dashboard_may_be_a_path_within_grafana() {
        let link = |grafana: Option<&str>, dashboard: &str| {
            let zone = jiff::tz::TimeZone::UTC;
            let voice =
                Voice { grafana_url: grafana.map(str::to_owned), ..Voice::new(crate::compose::Locale::En, zone) };
            let alert = Alert {
                status: Status::Resolved,
                labels: Labels::new(),
                annotations: labels(&[("dashboard", dashboard)]),
                starts_at: jiff::Timestamp::UNIX_EPOCH,
                ends_at: None,
                generator_url: None,
                fingerprint: String::new(),
            };
            super::dashboard(&voice, &alert).filter(|url| is_link(url))
        };
        let grafana = Some("https://g.example/x");
        assert_eq!(link(grafana, "/d/hosts?a=b").as_deref(), Some("https://g.example/x/d/hosts?a=b"));
        assert_eq!(link(grafana, "//evil.example").as_deref(), Some("https://g.example/x/evil.example"));
        assert_eq!(link(grafana, "https://o.example/d").as_deref(), Some("https://o.example/d"));
        assert_eq!(link(None, "/d/hosts"), None);
        assert_eq!(link(grafana, "/d/a b"), None);
    }

    #[test]
    fn only_http_addresses_of_a_bearable_length_are_links() {
        assert!(is_link("https://wiki/run?book#1"));
        for no_link in ["", "ftp://x", "javascript:alert(1)", "http://", "http://a b", "http://a\nb", "uid1234"] {
            assert!(!is_link(no_link), "{no_link}");
        }
        assert!(!is_link(&format!("http://{}", "a".repeat(2000))));
    }
}
