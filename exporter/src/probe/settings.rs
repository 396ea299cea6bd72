//! The section `probes` of the configuration.

use std::borrow::Cow;
use std::time::Duration;

use seamark_kit::config::Section;
use seamark_kit::exposition::CommonLabels;

use super::report::Report;
use super::{Check, KINDS, Target};

const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);
/// Less would be load, more would be a certificate's expiry told too late.
const INTERVALS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUTS: std::ops::RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(120);

/// One probe that runs on a timer.
#[derive(Debug, PartialEq)]
pub struct Probe {
    /// Its name; no two are the same.
    pub name: String,
    /// What it belongs to, for rules: `microservice`.
    pub group: String,
    /// Whose replica is probed; the probe's own name unless several probes share it.
    pub service: String,
    /// What is looked for.
    pub check: Check,
    /// Where.
    pub target: Target,
    /// From the beginning of one run to the beginning of the next.
    pub interval: Duration,
    /// How long one run may take.
    pub timeout: Duration,
}

impl Probe {
    /// The labels of everything that is told of it. Not `instance`: that is the host that probes.
    pub fn labels(&self) -> CommonLabels {
        CommonLabels::new([
            (Cow::Borrowed("probe"), self.name.clone()),
            (Cow::Borrowed("target"), self.target.shown.clone()),
            (Cow::Borrowed("probe_group"), self.group.clone()),
            (Cow::Borrowed("service"), self.service.clone()),
        ])
    }

    /// Runs it once.
    pub async fn run(&self) -> Report {
        self.check.run(&self.target, self.timeout).await
    }
}

/// Reads the list.
pub fn read(root: &mut Section) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for mut item in root.items("probes") {
        if item.scalar().is_some() {
            item.problem("", "expected a mapping such as `{name: api, http: \"http://api:8000/health\"}`");
            continue;
        }
        let name = item.text("name").filter(|name| !name.is_empty());
        match &name {
            None => item.problem("name", "a probe needs a `name`"),
            Some(name) if names.contains(name) => {
                item.problem("name", format!("there is another probe `{name}`; names tell them apart"));
            }
            Some(name) => names.push(name.clone()),
        }
        let probe = read_probe(name.unwrap_or_default(), &mut item);
        probes.extend(probe);
    }
    probes
}

fn read_probe(name: String, item: &mut Section) -> Option<Probe> {
    let group = item.text("group").unwrap_or_default();
    let service = item.text("service").filter(|service| !service.is_empty()).unwrap_or_else(|| name.clone());
    let interval = item.duration("interval", INTERVALS).unwrap_or(DEFAULT_INTERVAL);
    let timeout = item.duration("timeout", TIMEOUTS);
    if timeout.is_some_and(|timeout| timeout > interval) {
        item.problem("timeout", "a run may not take longer than `interval`, or the next would be late");
    }
    let given: Vec<_> = KINDS.iter().filter_map(|kind| item.text(kind.name).map(|target| (kind, target))).collect();
    let [(kind, target)] = given.as_slice() else {
        let names: Vec<_> = KINDS.iter().map(|kind| format!("`{}`", kind.name)).collect();
        let found = given.iter().map(|(kind, _)| format!("`{}`", kind.name)).collect::<Vec<_>>().join(" and ");
        let found = if found.is_empty() { "none".to_owned() } else { found };
        item.problem("", format!("expected one of {} with the target, found {found}", names.join(", ")));
        item.skip_rest();
        return None;
    };
    let check = kind.read(item);
    let Some(target) = check.target(target) else {
        item.problem(kind.name, format!("expected {}", kind.expected));
        return None;
    };
    let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT.min(interval));
    Some(Probe { name, group, service, check, target, interval, timeout })
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Problems, Source};

    use super::*;

    fn load(text: &str) -> Result<Vec<Probe>, Problems> {
        config::read(&Source::new("exporter.yml", text).with_environment([]), read)
    }

    #[test]
    fn a_short_probe_has_sensible_times_and_all_labels() {
        let probes = load(
            "probes:\n  - {name: api, group: microservice, http: 'http://u:hunter2@api:8000/health?key=hunter2', interval: 3s}\n  \
             - {name: cache, redis: redis, service: shop}\n",
        )
        .unwrap();
        let [api, cache] = probes.as_slice() else { panic!("{probes:?}") };
        assert_eq!((api.interval, api.timeout), (Duration::from_secs(3), Duration::from_secs(3)));
        assert_eq!((cache.interval, cache.timeout), (DEFAULT_INTERVAL, DEFAULT_TIMEOUT));
        let labels =
            |probe: &Probe| probe.labels().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let expected = ["probe=api", "target=http://api:8000/health", "probe_group=microservice", "service=api"];
        assert_eq!(labels(api), expected);
        assert_eq!(labels(cache), ["probe=cache", "target=redis:6379", "service=shop"]);
        assert!(!format!("{probes:?}").contains("hunter2"), "{probes:?}");
    }

    #[test]
    fn every_problem_of_every_probe_is_told_at_once_and_none_shows_a_secret() {
        let text = "probes:\n\
                    - {name: a, http: 'http://u:hunter2@[x'}\n\
                    - {name: a, tcp: 'mail:25'}\n\
                    - {redis: 'redis://u:hunter2@r'}\n\
                    - {name: b, tcp: mail, interval: 0s}\n\
                    - {name: c, tcp: 'm:1', dns: 'n'}\n\
                    - {name: d}\n\
                    - {name: e, dns: n, query_type: AAA}\n\
                    - {name: f, tcp: 'm:1', interval: 1s, timeout: 2s, sned: x}\n\
                    - {name: g, http: h, valid_status_codes: [2xx], fail_if_body_matches_regexp: ['(']}\n\
                    - {name: h, http: h, headers: {'a b': x}, method: get, body_size_limit: 5Gi}\n\
                    - {name: i, redis: r, password_file: /nowhere, tls_config: {cert_file: /nowhere}}\n\
                    - http://x\n\
                    - {name: j, http: 'ftp://u:hunter2@x'}\n";
        let problems = load(text).unwrap_err().to_string();
        assert!(!problems.contains("hunter2"), "{problems}");
        let lines: Vec<_> = problems.lines().map(|line| line.split(':').nth(1).unwrap_or_default()).collect();
        let expected = [
            "2", "3", "4", "4", "5", "5", "6", "7", "8", "8", "9", "9", "10", "10", "11", "11", "11", "12", "12", "12",
            "13", "14",
        ];
        assert_eq!(lines, expected, "{problems}");
    }
}
