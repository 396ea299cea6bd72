//! The panel: hosts and containers in one message, as much of it as the chat takes.

use jiff::Timestamp;

use super::catalogue::Arg;
use super::fleet::{container_line, heading, host_line, summary, tone, worst};
use super::moment::moment;
use super::{Voice, bare};
use crate::channel::Channel;
use crate::deliver::Board;
use crate::fleet::{Container, Fleet, Host, Light};
use crate::ingest::KeyHash;
use crate::message::{Item, Message, Span, Text, Tone};

/// What a panel is to say.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What was last known.
    pub fleet: Option<&'a Fleet>,
    /// Why nothing newer is.
    pub problem: Option<&'a str>,
    /// The relay stops.
    pub stopped: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Containers of each host.
    containers: usize,
    hosts: usize,
}

/// Lays a panel out for a channel. What has no room is counted, the worst is kept. `None` where the channel can have none.
pub fn board(voice: &Voice, channel: &dyn Channel, view: View<'_>) -> Option<Board> {
    let hosts = view.fleet.map_or(0, |fleet| fleet.hosts.len());
    let containers =
        view.fleet.map_or(0, |fleet| fleet.hosts.iter().map(|host| host.containers.len()).max().unwrap_or(0));
    let fits = |size: Size| channel.board(&message(voice, view, size)).is_some();
    let size = match most(containers, |containers| fits(Size { containers, hosts })) {
        Some(containers) => Size { containers, hosts },
        None => Size { containers: 0, hosts: most(hosts, |hosts| fits(Size { containers: 0, hosts }))? },
    };
    let message = message(voice, view, size);
    let mut sign = KeyHash::default();
    sign.strings(&[&format!("{:?}", without_time(&message))]);
    let at = view.fleet.map_or(view.now, |fleet| fleet.at);
    Some(Board { payload: channel.board(&message)?, sign: sign.finish(), at, last: view.stopped.is_some() })
}

/// The largest number up to `all` that fits, found by halving; `None` if not even 0 does.
pub(crate) fn most(all: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    if fits(all) {
        return Some(all);
    }
    let (mut low, mut high) = (0, all);
    if all == 0 || !fits(0) {
        return None;
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if fits(middle) { low = middle } else { high = middle }
    }
    Some(low)
}

/// The last item is the time.
fn without_time(message: &Message) -> Message {
    let mut message = message.clone();
    message.items.pop();
    message
}

fn message(voice: &Voice, view: View<'_>, size: Size) -> Message {
    let (tone, title) = title(voice, view);
    let mut items = Vec::new();
    if let Some(fleet) = view.fleet {
        // The worst first where not all have room, else by name.
        let mut hosts: Vec<&Host> = fleet.hosts.iter().collect();
        if size.hosts < hosts.len() {
            hosts.sort_by_key(|host| std::cmp::Reverse(host.worst()));
        }
        items.extend(hosts.iter().take(size.hosts).map(|host| host_item(voice, host, size.containers, fleet.at)));
        let left_out = hosts.len().saturating_sub(size.hosts);
        if left_out > 0 {
            let count = Arg::Count(u64::try_from(left_out).unwrap_or(u64::MAX));
            items.push(item(Tone::Neutral, String::new(), voice.text("panel-more-hosts", &[("count", count)])));
        }
        if !fleet.missing.is_empty() {
            let problems = Arg::from(&fleet.missing.join("; "));
            items.push(item(Tone::Warning, String::new(), voice.text("panel-missing", &[("problems", problems)])));
        }
    }
    let at = view.fleet.map_or(view.now, |fleet| fleet.at);
    items.push(item(Tone::Neutral, String::new(), voice.text("panel-updated", &[("time", moment(voice, at).into())])));
    Message { items, silent: true, ..bare(voice, tone, title) }
}

fn title(voice: &Voice, view: View<'_>) -> (Tone, String) {
    if let Some(at) = view.stopped {
        let time = super::catalogue::plain(&[moment(voice, at)]);
        return (Tone::Neutral, voice.words("panel-stopped", &[("time", Arg::from(&time))]));
    }
    match (view.problem, view.fleet) {
        (Some(problem), _) => (Tone::Warning, voice.words("panel-unknown", &[("problem", Arg::from(problem))])),
        (None, Some(fleet)) => (tone(worst(fleet)), summary(voice, fleet)),
        (None, None) => (Tone::Neutral, voice.words("panel-waiting", &[])),
    }
}

fn host_item(voice: &Voice, host: &Host, most: usize, at: Timestamp) -> Item {
    let mut body = vec![Span::Text(host_line(voice, host))];
    let mut line = |text: Text| {
        body.push(Span::Text("\n".to_owned()));
        body.extend(text);
    };
    if host.docker_up == Some(false) {
        line(voice.text("panel-docker-down", &[]));
    }
    let mut containers: Vec<&Container> = host.containers.iter().collect();
    if most < containers.len() {
        containers.sort_by_key(|container| std::cmp::Reverse(container.light()));
    }
    containers.iter().take(most).for_each(|container| line(container_line(voice, container, at)));
    let left_out = containers.get(most..).unwrap_or_default();
    if !left_out.is_empty() {
        let count = Arg::Count(u64::try_from(left_out.len()).unwrap_or(u64::MAX));
        let lights = [Light::Red, Light::Yellow, Light::Orange, Light::Green];
        let of = |light: Light| (light, left_out.iter().filter(|container| container.light() == light).count());
        let lights = lights
            .map(of)
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(light, count)| format!("{} {count}", light.sign()))
            .collect::<Vec<_>>();
        let lights = Arg::from(&lights.join(" "));
        line(voice.text("panel-more-containers", &[("count", count), ("lights", lights)]));
    }
    item(tone(host.worst()), heading(host), body)
}

fn item(tone: Tone, title: String, body: Text) -> Item {
    Item { tone, title, body, fields: Vec::new(), links: Vec::new(), at: None }
}
