//! The message for a report: a verdict that a phone shows in one line, then sections.

use jiff::Timestamp;

use super::catalogue::Arg;
use super::figures::Figures;
use super::{Voice, bare, duration, moment_words};
use crate::alert::Severity;
use crate::message::{Item, Message, Span, Text, Tone};
use crate::report::{Gap, Host, Occasion, Problem, Report, Way, Window};

mod alerts;
mod containers;
mod hosts;

/// Letters of a reason why something is missing.
const REASON: usize = 200;
/// Hosts whose missing is told by name.
const NAMED: usize = 20;

/// Without its pictures.
pub(super) fn message(voice: &Voice, report: &Report) -> Message {
    let writer = Writer { voice, report, figures: Figures(voice) };
    let tone = writer.tone();
    let sections = [writer.problems(), writer.alerts()].into_iter().flatten();
    let items: Vec<Item> = sections
        .chain(writer.hosts())
        .chain(writer.containers())
        .chain(writer.records())
        .chain(writer.gaps())
        .collect();
    Message { items, footer: Some(writer.footer()), silent: tone == Tone::Good, ..bare(voice, tone, writer.title()) }
}

/// The words of a section, a line each.
struct Writer<'a> {
    voice: &'a Voice,
    report: &'a Report,
    figures: Figures<'a>,
}

impl Writer<'_> {
    /// What fires and was not silenced, and is more than good to know.
    fn open(&self) -> impl Iterator<Item = &Problem> {
        let all = self.report.problems.iter().flatten();
        all.filter(|problem| !problem.silenced && problem.severity > Severity::Info)
    }

    /// Hosts that are down without any alert that says so.
    fn down(&self) -> impl Iterator<Item = &Host> {
        let told = |name: &str| self.open().any(|problem| problem.host == name && problem.alertname == "HostDown");
        self.report.hosts.iter().flatten().filter(move |host| !host.up && !told(&host.name))
    }

    fn tone(&self) -> Tone {
        let worst = self.open().map(|problem| problem.severity).max();
        match worst {
            Some(Severity::Critical) => Tone::Critical,
            _ if self.down().next().is_some() => Tone::Critical,
            Some(_) => Tone::Warning,
            None if self.knows_little() => Tone::Warning,
            None => Tone::Good,
        }
    }

    /// That nothing is known to be wrong does not mean that all is well.
    fn knows_little(&self) -> bool {
        let nothing = |gap: &Gap| !matches!(gap, Gap::Host { .. });
        self.report.gaps.iter().any(nothing)
    }

    /// `📊 daily: ✅ all well: 3 hosts, 24 containers`.
    fn title(&self) -> String {
        let count = |count: usize| Arg::Count(u64::try_from(count).unwrap_or(u64::MAX));
        let hosts = self
            .report
            .hosts
            .as_ref()
            .map(|hosts| self.voice.words("report-count-hosts", &[("count", count(hosts.len()))]));
        let containers =
            self.report.containers.as_ref().map(|containers| {
                self.voice.words("report-count-containers", &[("count", Arg::Count(containers.count))])
            });
        let of: Vec<String> = hosts.into_iter().chain(containers).collect();
        let of = of.join(&self.voice.words("list-separator", &[]));
        let problems = self.open().count() + self.down().count();
        let verdict = match self.tone() {
            _ if problems > 0 => {
                let severity = if self.tone() == Tone::Critical { "critical" } else { "warning" };
                let count = ("count", count(problems));
                self.voice.words("report-verdict-problems", &[("severity", Arg::Choice(severity)), count])
            }
            Tone::Good => self.voice.words("report-verdict-well", &[]),
            _ => self.voice.words("report-verdict-gaps", &[]),
        };
        let verdict = [("name", Arg::from(&self.report.name)), ("verdict", Arg::from(&verdict))];
        let title = self.voice.words("report-title", &verdict);
        if of.is_empty() {
            title
        } else {
            format!("{title}{}", self.voice.words("report-title-of", &[("of", Arg::from(&of))]))
        }
    }

    fn gaps(&self) -> Option<Item> {
        let mut hosts: Vec<&str> = Vec::new();
        let mut lines = Vec::new();
        for gap in &self.report.gaps {
            let why = |why: &String| ("why", Arg::from(&super::excerpt(&super::one_line(why), REASON)));
            match gap {
                Gap::NoPrometheus => lines.push(self.words("report-gap-no-prometheus")),
                Gap::Prometheus { why: reason, .. } => {
                    lines.push(self.voice.words("report-gap-prometheus", &[why(reason)]));
                }
                Gap::Alertmanager { why: reason } => {
                    lines.push(self.voice.words("report-gap-alertmanager", &[why(reason)]));
                }
                Gap::Record { why: reason } => lines.push(self.voice.words("report-gap-record", &[why(reason)])),
                Gap::Host { name } => hosts.push(name),
            }
        }
        if !hosts.is_empty() {
            hosts.truncate(NAMED);
            let names = hosts.join(&self.voice.words("list-separator", &[]));
            lines.push(self.voice.words("report-gap-hosts", &[("hosts", Arg::from(&names))]));
        }
        (!lines.is_empty()).then(|| self.section(Tone::Warning, self.words("report-gaps"), lines))
    }

    /// What led to it, its time and the next one.
    fn footer(&self) -> String {
        let Occasion { way, next_run } = &self.report.occasion;
        let way = match way {
            Way::Scheduled => None,
            Way::Late { due_at } => {
                Some(self.voice.words("report-way-late", &[("due", Arg::from(&self.moment(*due_at)))]))
            }
            Way::ByRelay => Some(self.words("report-way-by-relay")),
            Way::OnDemand => Some(self.words("report-way-on-demand")),
        };
        let Window { from, to } = self.report.window;
        let window = [("from", Arg::from(&self.moment(from))), ("to", Arg::from(&self.moment(to)))];
        let window = self.voice.words("report-window", &window);
        let next = next_run.map(|at| self.voice.words("report-next", &[("at", Arg::from(&self.moment(at)))]));
        let times = [Some(window), next].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        way.into_iter().chain([times]).collect::<Vec<_>>().join("\n")
    }

    fn words(&self, key: &'static str) -> String {
        self.voice.words(key, &[])
    }

    fn moment(&self, at: Timestamp) -> String {
        moment_words(self.voice, at)
    }

    fn duration(&self, seconds: f64) -> String {
        duration(self.voice, std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    /// `CPU: 23.5%`.
    fn line(&self, what: &str, value: &str) -> String {
        let values = [("what", Arg::from(what)), ("value", Arg::from(value))];
        format!("• {}", self.voice.words("report-line", &values))
    }

    fn section(&self, tone: Tone, title: String, lines: Vec<String>) -> Item {
        let body: Text = if lines.is_empty() { Text::new() } else { vec![Span::Text(lines.join("\n"))] };
        Item { tone, title, body, fields: Vec::new(), links: Vec::new(), at: None }
    }
}
