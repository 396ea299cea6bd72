//! The hosts: a few with all their numbers, many as a table.

use super::Writer;
use crate::compose::catalogue::Arg;
use crate::compose::{excerpt, one_line};
use crate::message::{Item, Span, Tone};
use crate::report::{Amount, Disk, Host, Level, Traffic, Window};

/// Of more hosts than these there is a table.
const IN_FULL: usize = 8;
/// Rows of a part of the table: a message of the narrowest chat holds it.
const ROWS: usize = 30;
/// Letters of a host's name in the table, so that a phone shows a row in one line.
const NAME: usize = 14;
/// Times without data that are told of one host.
const SILENCES: usize = 3;
/// A disk that lasts longer does not fill.
const FAR: f64 = 365.0 * 86_400.0;
/// Nobody plans by the hour what is this far away.
const DAYS: f64 = 2.0 * 86_400.0;

impl Writer<'_> {
    pub(super) fn hosts(&self) -> Vec<Item> {
        let hosts = self.report.hosts.as_deref().unwrap_or_default();
        if hosts.len() <= IN_FULL {
            return hosts.iter().map(|host| self.host(host)).collect();
        }
        hosts.chunks(ROWS).map(|hosts| self.table(hosts)).collect()
    }

    /// All its numbers, a line each; what could not be had is left out.
    fn host(&self, host: &Host) -> Item {
        let line = |key, value: Option<String>| value.map(|value| self.line(&self.words(key), &value));
        let memory = self.level(host.memory, host.memory_amount);
        let mut lines: Vec<String> = [
            line("report-cpu", self.level(host.cpu, None)),
            line("report-memory", memory),
            line("report-swap", host.swap.map(|swap| self.amount(swap))),
        ]
        .into_iter()
        .flatten()
        .collect();
        lines.extend(host.disks.iter().map(|disk| self.disk(disk)));
        let seconds = self.report.window.length().as_secs_f64();
        let traffic = |traffic: Option<Traffic>| traffic.map(|traffic| self.traffic(traffic, seconds));
        lines.extend(line("report-received", traffic(host.received)));
        lines.extend(line("report-sent", traffic(host.sent)));
        lines.extend(line("report-connections", host.connections.map(|count| self.figures.number(count))));
        lines.extend(line("report-uptime", self.uptime(host)));
        lines.extend(self.silences(host));
        let mark = if host.up { "🖥️" } else { "🔴" };
        let down = if host.up { String::new() } else { format!(" · {}", self.words("report-down")) };
        let tone = if host.up { Tone::Neutral } else { Tone::Critical };
        self.section(tone, format!("{mark} {}{down}", excerpt(&one_line(&host.name), 60)), lines)
    }

    /// `23.5%, at most 81%, ▲ 3.1`.
    fn level(&self, level: Level, amount: Option<Amount>) -> Option<String> {
        let average = level.average?;
        let amount = amount.map(|amount| format!(" ({})", self.of(amount)));
        let highest = level
            .highest
            .map(|highest| self.voice.words("report-at-most", &[("value", Arg::from(&self.figures.share(highest)))]));
        let parts = [highest, self.figures.points(average, level.before)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let value = format!("{}{}", self.figures.share(average), amount.unwrap_or_default());
        Some([vec![value], parts].concat().join(&self.words("report-between")))
    }

    /// `45.8% (18.3 GiB / 40 GiB)`.
    fn amount(&self, amount: Amount) -> String {
        format!("{} ({})", self.figures.share(amount.used / amount.total), self.of(amount))
    }

    fn of(&self, amount: Amount) -> String {
        format!("{} / {}", self.figures.bytes(amount.used), self.figures.bytes(amount.total))
    }

    fn disk(&self, disk: &Disk) -> String {
        let mountpoint = excerpt(&one_line(&disk.mountpoint), 60);
        let what = self.voice.words("report-disk", &[("mountpoint", Arg::from(&mountpoint))]);
        let full = disk
            .full_in
            .filter(|seconds| *seconds < FAR)
            .map(|seconds| self.voice.words("report-full-in", &[("duration", Arg::from(&self.far(seconds)))]));
        let parts: Vec<String> = [Some(self.amount(disk.amount)), full].into_iter().flatten().collect();
        self.line(&what, &parts.join(&self.words("report-between")))
    }

    /// A duration that is guessed: in days where it is long.
    pub(super) fn far(&self, seconds: f64) -> String {
        self.duration(if seconds > DAYS { (seconds / 86_400.0).floor() * 86_400.0 } else { seconds })
    }

    /// `2.3 Mbps, at most 80 Mbps, 12 GiB in all, ▲ 12%`.
    fn traffic(&self, traffic: Traffic, seconds: f64) -> String {
        let rate = |bits: f64| self.figures.bits_per_second(bits);
        let peak = traffic.peak.map(|peak| self.voice.words("report-at-most", &[("value", Arg::from(&rate(peak)))]));
        let total = ("bytes", Arg::from(&self.figures.bytes(traffic.total)));
        let average = (seconds > 0.0).then(|| rate(traffic.total * 8.0 / seconds));
        let change = self.figures.change(traffic.total, traffic.before);
        let parts = [average, peak, Some(self.voice.words("report-in-all", &[total])), change];
        parts.into_iter().flatten().collect::<Vec<_>>().join(&self.words("report-between"))
    }

    fn uptime(&self, host: &Host) -> Option<String> {
        let uptime = self.duration(host.uptime?);
        let reboots =
            (host.reboots > 0).then(|| self.voice.words("report-reboots", &[("count", Arg::Count(host.reboots))]));
        let parts: Vec<String> = [Some(uptime), reboots].into_iter().flatten().collect();
        Some(parts.join(&self.words("report-between")))
    }

    /// `No data: 02:10 – 02:40`.
    fn silences(&self, host: &Host) -> Vec<String> {
        let told = host.silent.iter().rev().take(SILENCES).rev();
        let line = |window: &Window| {
            let times = [("from", self.short(window.from)), ("to", self.short(window.to))];
            let times = times.map(|(name, at)| (name, Arg::from(&at)));
            format!("• {}", self.voice.words("report-no-data", &times))
        };
        told.map(line).collect()
    }

    /// Day and minute in the zone; the footer says the year and the offset.
    fn short(&self, at: jiff::Timestamp) -> String {
        at.to_zoned(self.voice.zone.clone()).strftime("%m-%d %H:%M").to_string()
    }

    /// Name, CPU, memory and the fullest disk, in columns that stay narrower than a phone.
    fn table(&self, hosts: &[Host]) -> Item {
        let percent = |ratio: Option<f64>| ratio.map_or("–".to_owned(), |ratio| format!("{:.0}%", ratio * 100.0));
        let row = |host: &Host| {
            let fullest = host.disks.iter().map(|disk| disk.amount.used / disk.amount.total).reduce(f64::max);
            let name = excerpt(&one_line(&host.name), NAME - 1);
            let mark = if host.up { ' ' } else { '!' };
            let numbers = [host.cpu.average, host.memory.average, fullest].map(percent);
            let numbers: String = numbers.iter().map(|number| format!("{number:>6}")).collect();
            format!("{mark}{name:<NAME$}{numbers}")
        };
        let rows: Vec<String> = hosts.iter().map(row).collect();
        let silent: Vec<String> =
            hosts.iter().filter(|host| !host.silent.is_empty()).map(|host| host.name.clone()).collect();
        let mut item = self.section(Tone::Neutral, self.words("report-hosts"), Vec::new());
        item.body = vec![Span::Text(format!("{}\n", self.words("report-columns"))), Span::Block(rows.join("\n"))];
        if !silent.is_empty() {
            let names = excerpt(&silent.join(&self.words("list-separator")), 300);
            let words = self.voice.words("report-had-gaps", &[("hosts", Arg::from(&names))]);
            item.body.push(Span::Text(format!("\n{words}")));
        }
        item
    }
}
