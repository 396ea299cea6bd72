//! What is wrong now, what fired, and who was first in what.

use super::Writer;
use crate::alert::Severity;
use crate::compose::catalogue::Arg;
use crate::compose::measure::known_name;
use crate::compose::{excerpt, one_line};
use crate::message::{Item, Tone};
use crate::report::{Alerts, Longest, Problem};

/// Problems that are told one by one.
const TOLD: usize = 15;
/// Letters of a name of somebody's choice.
const NAME: usize = 60;

impl Writer<'_> {
    /// What fires now, with how long it has.
    pub(super) fn problems(&self) -> Option<Item> {
        let problems = self.report.problems.as_ref()?;
        let down = self.down().map(|host| {
            let what = self.voice.words("alert-name", &[("alert", Arg::Choice("HostDown"))]);
            let since = host.silent.last().map(|gap| gap.to.duration_since(gap.from).as_secs_f64());
            self.problem_line("🔴", &what, &host.name, None, since, false)
        });
        let told = problems.iter().map(|problem| self.problem(problem));
        let mut lines: Vec<String> = down.chain(told).collect();
        if lines.is_empty() {
            return None;
        }
        let left_out = lines.len().saturating_sub(TOLD);
        lines.truncate(TOLD);
        if left_out > 0 {
            let count = ("count", Arg::Count(u64::try_from(left_out).unwrap_or(u64::MAX)));
            lines.push(self.voice.words("report-more", &[count]));
        }
        // Nothing but what somebody has silenced is no reason for red.
        let tone = if self.tone() == Tone::Good { Tone::Neutral } else { self.tone() };
        Some(self.section(tone, self.words("report-problems"), lines))
    }

    fn problem(&self, problem: &Problem) -> String {
        let mark = match problem.severity {
            Severity::Critical => "🔴",
            Severity::Warning => "⚠️",
            Severity::Info => "ℹ️",
        };
        let age = self.report.window.to.duration_since(problem.since).as_secs_f64().max(0.0);
        let what = self.alert_name(&problem.alertname);
        self.problem_line(mark, &what, &problem.host, problem.object.as_deref(), Some(age), problem.silenced)
    }

    fn problem_line(
        &self,
        mark: &str,
        what: &str,
        host: &str,
        object: Option<&str>,
        age: Option<f64>,
        silenced: bool,
    ) -> String {
        let age = age.map(|age| self.voice.words("report-for", &[("duration", Arg::from(&self.duration(age)))]));
        let silenced = silenced.then(|| self.words("report-silenced"));
        let parts = [Some(place(what, host, object)), age, silenced];
        format!("{mark} {}", parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    }

    fn alert_name(&self, name: &str) -> String {
        known_name(self.voice, name).unwrap_or_else(|| match name {
            "" => self.words("unnamed-alert"),
            name => excerpt(&one_line(name), NAME),
        })
    }

    /// What fired and was over within the window.
    pub(super) fn alerts(&self) -> Option<Item> {
        let alerts = self.report.alerts.as_ref()?;
        let quiet = (alerts.fired, alerts.resolved) == (0, 0) && alerts.longest.is_none();
        let lines = if quiet { vec![self.words("report-quiet")] } else { self.alert_lines(alerts) };
        Some(self.section(Tone::Info, self.words("report-alerts"), lines))
    }

    fn alert_lines(&self, alerts: &Alerts) -> Vec<String> {
        let number = |count: u64| Arg::from(&count.to_string());
        let counts = [
            ("fired", number(alerts.fired)),
            ("resolved", number(alerts.resolved)),
            ("before", number(alerts.fired_before)),
        ];
        let mut lines = vec![format!("• {}", self.voice.words("report-fired", &counts))];
        if let Some(Longest { alertname, host, object, seconds, open }) = &alerts.longest {
            let what = place(&self.alert_name(alertname), host, object.as_deref());
            let still = if *open { "open" } else { "over" };
            let values = [
                ("what", Arg::from(&what)),
                ("duration", Arg::from(&self.duration(*seconds))),
                ("still", Arg::Choice(still)),
            ];
            lines.push(format!("• {}", self.voice.words("report-longest", &values)));
        }
        if alerts.fired > 1 {
            let rules = alerts.noisiest.iter().map(|(name, count)| format!("{} ×{count}", self.alert_name(name)));
            let rules: Vec<String> = rules.collect();
            let rules = rules.join(&self.words("list-separator"));
            lines.push(format!("• {}", self.voice.words("report-noisiest", &[("rules", Arg::from(&rules))])));
        }
        lines.extend(alerts.cut.then(|| self.words("report-alerts-cut")));
        lines
    }

    /// Who was first in what, and what all did together.
    pub(super) fn records(&self) -> Option<Item> {
        let records = self.report.records.as_ref()?;
        let figures = self.figures;
        let traffic = records.traffic.zip(records.sent).map(|(all, sent)| {
            let values = [("bytes", Arg::from(&figures.bytes(all))), ("sent", Arg::from(&figures.bytes(sent)))];
            self.voice.words("report-record-traffic", &values)
        });
        let champion = records.most_traffic.as_ref().map(|(host, bytes)| {
            let values = [("host", Arg::from(host)), ("bytes", Arg::from(&figures.bytes(*bytes)))];
            self.voice.words("report-record-champion", &values)
        });
        let busiest = records.busiest.as_ref().map(|(host, share)| {
            let values = [("host", Arg::from(host)), ("share", Arg::from(&figures.share(*share)))];
            self.voice.words("report-record-busiest", &values)
        });
        let longest = records.longest_running.as_ref().map(|top| {
            let container = format!("{}/{}", top.host, top.name);
            let values = [("container", Arg::from(&container)), ("duration", Arg::from(&self.duration(top.value)))];
            self.voice.words("report-record-longest", &values)
        });
        let full = records.first_full.as_ref().map(|(host, mountpoint, seconds)| {
            let disk = format!("{host}:{mountpoint}");
            let values = [("disk", Arg::from(&disk)), ("duration", Arg::from(&self.far(*seconds)))];
            self.voice.words("report-record-full", &values)
        });
        let lines = [traffic, champion, busiest, longest, full].into_iter().flatten();
        let lines: Vec<String> = lines.map(|line| format!("• {line}")).collect();
        (!lines.is_empty()).then(|| self.section(Tone::Neutral, self.words("report-records"), lines))
    }
}

/// `Disk usage · web-1 /data`.
fn place(what: &str, host: &str, object: Option<&str>) -> String {
    let names = [Some(host).filter(|host| !host.is_empty()), object];
    let names: Vec<String> = names.into_iter().flatten().map(|name| excerpt(&one_line(name), NAME)).collect();
    if names.is_empty() { what.to_owned() } else { format!("{what} · {}", names.join(" ")) }
}
