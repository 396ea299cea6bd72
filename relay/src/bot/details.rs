//! Answers about hosts and containers.

use super::answer::{Answer, item, lines, plain};
use super::command::{Command, Which};
use super::keyboard;
use crate::compose::fleet::{
    container_line, heading, host_line, join, memory, network, percent, size, summary, tone, worst,
};
use crate::compose::{Arg, Voice, bare, duration, excerpt, moment, one_line};
use crate::fleet::{Container, Fleet, Host};
use crate::message::{Field, Span, Text, Tone};

/// How many places a list of the first has.
const PLACES: usize = 5;

/// All hosts, a line for each; then who is first.
pub(super) fn status(voice: &Voice, fleet: &Fleet, most: usize) -> Answer {
    let mut message = bare(voice, tone(worst(fleet)), summary(voice, fleet));
    let hosts = fleet.hosts.iter().map(|host| host_lines(voice, host)).collect();
    message.items.push(item(Tone::Info, String::new(), lines(voice, hosts, most)));
    let records: Vec<Text> = records(voice, fleet).into_iter().map(words).collect();
    if !records.is_empty() {
        message.items.push(item(Tone::Info, String::new(), lines(voice, records, usize::MAX)));
    }
    message.items.push(item(Tone::Neutral, String::new(), updated(voice, fleet)));
    let mut keyboard = keyboard::servers(fleet);
    keyboard.extend(keyboard::around(voice, &Command::Status, &Command::Start));
    Answer { message, keyboard }
}

fn host_lines(voice: &Voice, host: &Host) -> Text {
    let running = host.containers.iter().filter(|container| container.is_running()).count();
    let containers = Arg::Count(u64::try_from(host.containers.len()).unwrap_or(u64::MAX));
    let containers = (!host.containers.is_empty()).then(|| {
        voice.words("panel-running", &[("running", Arg::from(&running.to_string())), ("containers", containers)])
    });
    let docker = (host.docker_up == Some(false)).then(|| voice.words("panel-docker-down", &[]));
    let line = join([Some(host_line(voice, host)), containers, docker]);
    let light = Span::Text(format!("{} ", host.worst().sign()));
    vec![light, Span::Strong(one_line(&host.name)), Span::Text(format!(" {line}"))]
}

/// The longest run, the traffic of all, and the host with the most of it.
fn records(voice: &Voice, fleet: &Fleet) -> Vec<String> {
    let longest =
        fleet.containers().filter_map(|(host, container)| Some((container.uptime(fleet.at)?, host, container)));
    let longest = longest.max_by_key(|(uptime, ..)| *uptime).map(|(uptime, host, container)| {
        let values = [
            ("container", Arg::from(&one_line(&container.name))),
            ("host", Arg::from(&one_line(&host.name))),
            ("duration", Arg::from(&duration(voice, uptime))),
        ];
        voice.words("bot-longest", &values)
    });
    let all = |bytes: fn(&Container) -> Option<f64>| {
        let each: Vec<f64> = fleet.containers().filter_map(|(_, container)| bytes(container)).collect();
        (!each.is_empty()).then(|| size(voice, each.iter().sum()))
    };
    let traffic = all(|container| container.received).zip(all(|container| container.sent)).map(|(received, sent)| {
        voice.words("bot-traffic", &[("received", Arg::from(&received)), ("sent", Arg::from(&sent))])
    });
    // Among one there is no first.
    let busiest = fleet.hosts.iter().filter_map(|host| Some((host.traffic()?, host)));
    let busiest = busiest.max_by(|(one, _), (other, _)| one.total_cmp(other)).filter(|_| fleet.hosts.len() > 1);
    let champion = busiest.map(|(bytes, host)| {
        let values = [("host", Arg::from(&one_line(&host.name))), ("amount", Arg::from(&size(voice, bytes)))];
        voice.words("bot-champion", &values)
    });
    [longest, traffic, champion].into_iter().flatten().collect()
}

/// One host.
pub(super) fn server(voice: &Voice, fleet: &Fleet, which: &Which, most: usize) -> Answer {
    let Some(host) = chosen(fleet, which) else { return choose(voice, fleet, which) };
    let mut message = bare(voice, tone(host.worst()), heading(host));
    let mut first = item(Tone::Info, String::new(), words(host_line(voice, host)));
    let mut field = |name: String, value: Option<String>| {
        first.fields.extend(value.map(|value| Field { name, value: words(value), short: true }));
    };
    if host.is_up() && host.has_data() {
        first.body = match host.docker_up {
            Some(false) => voice.text("panel-docker-down", &[]),
            _ => Text::new(),
        };
        field("🔥 CPU".to_owned(), host.cpu.map(percent));
        field(voice.words("bot-field-memory", &[]), host.memory_used.map(|_| memory(voice, host)));
        let disk = |disk: &crate::fleet::Disk| {
            let total = disk.total.map_or_else(String::new, |bytes| format!(" / {}", size(voice, bytes)));
            format!("{} {}{total}", one_line(&disk.mountpoint), percent(disk.used))
        };
        let disks = host.disks.iter().take(PLACES).map(disk).collect::<Vec<_>>().join(", ");
        field(voice.words("bot-field-disks", &[]), (!disks.is_empty()).then_some(disks));
        field(voice.words("bot-field-network", &[]), network(voice, host));
        field(voice.words("bot-field-uptime", &[]), host.uptime.map(|uptime| duration(voice, uptime)));
    }
    message.items.push(first);
    if !host.containers.is_empty() {
        let all = host.containers.iter().map(|container| with_average(voice, container, fleet)).collect();
        let title = voice.words("bot-field-containers", &[]);
        message.items.push(item(Tone::Info, title, lines(voice, all, most)));
    }
    message.items.push(item(Tone::Neutral, String::new(), updated(voice, fleet)));
    let command = Command::Server(Which::Name(host.name.clone()));
    Answer { message, keyboard: keyboard::around(voice, &command, &Command::Start) }
}

/// A container, and what it took on average.
fn with_average(voice: &Voice, container: &Container, fleet: &Fleet) -> Text {
    let mut line = container_line(voice, container, fleet.at);
    let average = container.cpu_average(fleet.at).zip(container.memory_average).filter(|_| container.is_running());
    if let Some((cpu, memory)) = average {
        let cpu = voice.words("panel-cpu", &[("value", Arg::from(&percent(cpu)))]);
        let values = [("cpu", Arg::from(&cpu)), ("memory", Arg::from(&size(voice, memory)))];
        line.push(Span::Text(format!(" · {}", voice.words("bot-average", &values))));
    }
    line
}

/// Who takes most.
pub(super) fn top(voice: &Voice, fleet: &Fleet) -> Answer {
    let mut message = bare(voice, Tone::Info, voice.words("bot-top-title", &[]));
    let mut list = |title: String, amount: fn(&Container) -> Option<f64>, say: &dyn Fn(f64) -> String| {
        let mut all: Vec<_> =
            fleet.containers().filter_map(|(host, container)| Some((amount(container)?, host, container))).collect();
        all.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
        let line = |(amount, host, container): &(f64, &Host, &Container)| -> Text {
            let host = one_line(&host.name);
            vec![Span::Code(one_line(&container.name)), Span::Text(format!(" ({host}) ")), Span::Strong(say(*amount))]
        };
        let all: Vec<Text> = all.iter().take(PLACES).map(line).collect();
        if !all.is_empty() {
            message.items.push(item(Tone::Info, title, lines(voice, all, usize::MAX)));
        }
    };
    list(voice.words("bot-top-cpu", &[]), |container| container.cpu, &|cpu| percent(cpu));
    list(voice.words("bot-top-memory", &[]), |container| container.memory, &|bytes| size(voice, bytes));
    list(voice.words("bot-top-traffic", &[]), Container::traffic, &|bytes| size(voice, bytes));
    if message.items.is_empty() {
        message.items.push(item(Tone::Info, String::new(), voice.text("bot-containers-none", &[])));
    }
    message.items.push(item(Tone::Neutral, String::new(), updated(voice, fleet)));
    Answer { message, keyboard: keyboard::around(voice, &Command::Top, &Command::Start) }
}

/// Containers of every host, or of one.
pub(super) fn containers(voice: &Voice, fleet: &Fleet, which: &Which, most: usize) -> Answer {
    let hosts: Vec<&Host> = match which {
        Which::Any => fleet.hosts.iter().collect(),
        _ => chosen(fleet, which).into_iter().collect(),
    };
    if hosts.is_empty() && *which != Which::Any {
        return choose(voice, fleet, which);
    }
    let mut message = bare(voice, tone(worst(fleet)), voice.words("bot-containers-title", &[]));
    for host in hosts {
        // A host of which nothing is known is named.
        let all: Vec<Text> = match host.containers.as_slice() {
            [] if host.is_up() && host.has_data() => continue,
            [] => vec![words(host_line(voice, host))],
            all => all.iter().map(|container| container_line(voice, container, fleet.at)).collect(),
        };
        message.items.push(item(tone(host.worst()), heading(host), lines(voice, all, most)));
    }
    if message.items.is_empty() {
        message.items.push(item(Tone::Info, String::new(), voice.text("bot-containers-none", &[])));
    }
    message.items.push(item(Tone::Neutral, String::new(), updated(voice, fleet)));
    let command = Command::Containers(which.clone());
    Answer { message, keyboard: keyboard::around(voice, &command, &Command::Start) }
}

/// The host that is meant; the only one, where none is named.
fn chosen<'a>(fleet: &'a Fleet, which: &Which) -> Option<&'a Host> {
    match (which, fleet.hosts.as_slice()) {
        (Which::Any, [only]) => Some(only),
        (which, hosts) => hosts.iter().find(|host| which.means(&host.name)),
    }
}

fn choose(voice: &Voice, fleet: &Fleet, which: &Which) -> Answer {
    let mut answer = match which {
        Which::Any => plain(voice, "bot-start-body", &[]),
        Which::Name(name) => plain(voice, "bot-unknown-server", &[("name", Arg::from(&excerpt(&one_line(name), 64)))]),
        // It was there when the button was made.
        Which::Key(_) => plain(voice, "bot-unknown-server", &[("name", Arg::from("…"))]),
    };
    answer.keyboard = keyboard::servers(fleet).into_iter().chain(answer.keyboard).collect();
    answer
}

fn updated(voice: &Voice, fleet: &Fleet) -> Text {
    voice.text("panel-updated", &[("time", moment(voice, fleet.at).into())])
}

fn words(words: String) -> Text {
    vec![Span::Text(words)]
}
