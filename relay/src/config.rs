//! The configuration file: every key, its default, and what it may hold. `deploy/examples/relay.yml` explains them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use seamark_kit::config::{Asked, Item, Problems, Section, Source, did_you_mean, keys, read};
use seamark_kit::serve;
use seamark_kit::upstream::{self, Service, Target};

use crate::channel::{Channel, KINDS, Kind, MessageRef, Payload};
use crate::chart::{Charts, FontFile, Fonts};
use crate::compose::{Locale, Templates, Voice};
use crate::deliver::Update;
use crate::report::Planned;

mod access;
mod panel;
mod reports;

pub use access::{Access, AccessError, Credentials};

/// Where the relay listens unless told otherwise: this machine only.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9878);
/// Where the outbox is kept unless told otherwise.
const STORAGE: &str = "/var/lib/seamark/relay.db";
/// Requests a second of one address unless told otherwise. With twenty seconds' worth at once, the 5,000 groups that an
/// Alertmanager can post in one second are a quarter of what is let through.
const RATE_LIMIT: u32 = 1000;

const EXPECTED_ZONE: &str = "a time zone of the IANA list, such as `Asia/Shanghai`, `Europe/Kyiv` or `UTC`";

/// A configuration that can be run.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Under which address people reach the relay; without a `/` at its end.
    pub external_url: Option<String>,
    /// The file of the outbox.
    pub storage: PathBuf,
    /// Who may post.
    pub access: Access,
    /// Requests a second that one address may make.
    pub rate_limit: u32,
    /// Whether the relay tells the default channels that it starts and stops.
    pub notices: bool,
    /// How channels without a voice of their own are spoken to.
    pub voice: Voice,
    /// All channels, those that are off included, in the order of the file.
    pub channels: Vec<ConfiguredChannel>,
    /// The channels for notifications that name none. All of them are on; never empty.
    pub default_channels: Vec<String>,
    /// The channel that hears of the others' trouble, and of a silent Watchdog; it is on.
    pub fallback_channel: Option<String>,
    /// Where reports, the panel and the bot get their numbers.
    pub prometheus: Option<Target>,
    /// Where silences, reports that are due and what fires now are; one cluster.
    pub alertmanagers: Vec<Target>,
    /// The panels, of channels that are on.
    pub panels: Vec<crate::panel::Spec>,
    /// The bot, if its channel is on.
    pub telegram_bot: Option<crate::bot::Settings>,
    /// What is reported and when, those that are not enabled included.
    pub reports: Vec<Planned>,
}

/// One entry of `channels`.
#[derive(Debug, Clone)]
pub struct ConfiguredChannel {
    /// Its name, as in URLs and metrics.
    pub name: String,
    /// How it is spoken to.
    pub voice: Voice,
    /// What becomes of a group's message when there is more to say.
    pub update: Update,
    /// When its alerts get a chart.
    pub charts: Charts,
    /// `None`: its address is empty, so it is off.
    pub channel: Option<Arc<dyn Channel>>,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with line and column.
    pub fn read(source: &Source) -> Result<Self, Problems> {
        // On a problem an incomplete configuration is dropped by `read`, hence the Option.
        read(source, config)
    }

    /// The keys that are asked for while this text is read, good or not; the reference is made from it.
    pub fn keys(source: &Source) -> Vec<Asked> {
        keys(source, config)
    }

    /// Names of the channels that are on, and of those that are off.
    pub fn channels_on_and_off(&self) -> (Vec<String>, Vec<String>) {
        let (on, off): (Vec<_>, Vec<_>) = self.channels.iter().partition(|channel| channel.channel.is_some());
        let names = |list: Vec<&ConfiguredChannel>| list.into_iter().map(|channel| channel.name.clone()).collect();
        (names(on), names(off))
    }
}

fn config(root: &mut Section) -> Config {
    let expected = "an address and a port, such as `0.0.0.0:9878` or `:9878`";
    let listen = root.parse("listen", expected, serve::listen_address).unwrap_or(DEFAULT_LISTEN);
    let external_url = root.parse("external_url", "an `http://` or `https://` address", external_url).flatten();
    let expected = "`sqlite://` and an absolute path, such as `sqlite:///var/lib/seamark/relay.db`";
    let storage = root.parse("storage", expected, storage).unwrap_or_else(|| PathBuf::from(STORAGE));
    let grafana_url = grafana_url(&mut root.section("grafana"));
    let (charts, fonts) = charts(root);
    let voice = voice(root, &Voice { grafana_url, fonts, ..Voice::new(Locale::En, TimeZone::UTC) });
    let channels: Vec<ConfiguredChannel> =
        root.entries("channels").into_iter().map(|(name, section)| channel(&name, section, &voice, charts)).collect();
    let default_channels = default_channels(root, &channels);
    let fallback_channel = fallback_channel(root, &channels);
    let notices = root.flag("notices").unwrap_or(true);
    let access = access::read(root);
    let rate_limit = root.number("rate_limit", 1..=1_000_000).unwrap_or(RATE_LIMIT);
    let prometheus = upstream::read(&mut root.section_or_value("prometheus"), Service::PROMETHEUS);
    let alertmanagers = alertmanagers(root);
    let panels = panel::panels(root, &channels, prometheus.is_some());
    let telegram_bot = panel::bot(root, &channels);
    let outer = reports::Outer { channels: &channels, defaults: &default_channels, zone: &voice.zone };
    let reports = reports::read(root, &outer);
    Config {
        listen,
        external_url,
        storage,
        access,
        rate_limit,
        fallback_channel,
        notices,
        voice,
        channels,
        default_channels,
        prometheus,
        alertmanagers,
        panels,
        telegram_bot,
        reports,
    }
}

fn alertmanagers(root: &mut Section) -> Vec<Target> {
    let mut all: Vec<Target> = Vec::new();
    for mut item in root.items("alertmanagers") {
        let Some(target) = upstream::read(&mut item, Service::ALERTMANAGER) else { continue };
        if all.iter().any(|other| other.name == target.name) {
            item.problem("url", format!("the Alertmanager `{}` is there twice; keep one", target.name));
        } else {
            all.push(target);
        }
    }
    all
}

/// The outer `None` is a problem, the inner one an address that is left empty.
#[expect(clippy::option_option)]
fn external_url(text: &str) -> Option<Option<String>> {
    if text.is_empty() {
        return Some(None);
    }
    let url = reqwest::Url::parse(text).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_http.then(|| Some(text.trim_end_matches('/').to_owned()))
}

fn storage(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text.strip_prefix("sqlite://")?);
    (path.is_absolute() && path.file_name().is_some()).then_some(path)
}

/// `locale`, `timezone` and `templates` of a section; where they are absent, those of `outer`.
fn voice(section: &mut Section, outer: &Voice) -> Voice {
    let locale = section.one_of("locale", Locale::CHOICES).unwrap_or(outer.locale);
    let zone = section.parse("timezone", EXPECTED_ZONE, |name| TimeZone::get(name).ok());
    let templates = Templates::read(&mut section.section("templates"), &outer.templates);
    let zone = zone.unwrap_or_else(|| outer.zone.clone());
    Voice { locale, zone, templates, ..outer.clone() }
}

/// `charts`: when alerts get one, alone or as `alerts` beside `font_files`.
fn charts(root: &mut Section) -> (Charts, Fonts) {
    let mut section = root.section_or_value("charts");
    if let Some(word) = section.scalar() {
        let found = Charts::CHOICES.iter().find(|(choice, _)| *choice == word).map(|(_, charts)| *charts);
        if found.is_none() {
            let words: Vec<String> = Charts::CHOICES.iter().map(|(word, _)| format!("`{word}`")).collect();
            let hint = did_you_mean(word, Charts::CHOICES.iter().map(|(word, _)| *word));
            let message = format!("expected {}, or a mapping, found `{word}`{hint}", words.join(", "));
            section.problem("", message);
        }
        return (found.unwrap_or_default(), Fonts::default());
    }
    let charts = section.one_of("alerts", Charts::CHOICES).unwrap_or_default();
    let file = |item: Item| FontFile::read(Path::new(&item.text)).map_err(|problem| item.problem(problem)).ok();
    let files: Vec<FontFile> = section.texts("font_files").unwrap_or_default().into_iter().filter_map(file).collect();
    (charts, Fonts::with(&files))
}

/// Where people reach Grafana; the annotation `dashboard` of an alert may be a path there.
fn grafana_url(section: &mut Section) -> Option<String> {
    section.parse("url", "an `http://` or `https://` address", external_url).flatten()
}

fn channel(name: &Item, mut section: Section, outer: &Voice, charts: Charts) -> ConfiguredChannel {
    if !is_channel_name(&name.text) {
        name.problem("a channel's name stands in URLs: expected letters, digits, `-`, `_` and `.` only");
    }
    let voice = voice(&mut section, outer);
    let charts = section.one_of("charts", Charts::CHOICES).unwrap_or(charts);
    let update = section.one_of("update", &[("post", Update::Post), ("edit", Update::Edit)]).unwrap_or_default();
    let channel: Option<Arc<dyn Channel>> =
        kind(&mut section).and_then(|kind| (kind.build)(&mut section)).map(Arc::from);
    let (any, nothing) = (MessageRef("1".to_owned()), Payload(serde_json::json!({})));
    if update == Update::Edit && channel.as_ref().is_some_and(|channel| channel.edit(&any, &nothing).is_none()) {
        section.problem("update", "this type of channel cannot change a message once it is sent; leave it at `post`");
    }
    ConfiguredChannel { name: name.text.clone(), voice, update, charts, channel }
}

fn kind(section: &mut Section) -> Option<&'static Kind> {
    let types = KINDS.iter().map(|kind| format!("`{}`", kind.name)).collect::<Vec<_>>().join(", ");
    let name = section.text("type");
    let found = KINDS.iter().find(|kind| Some(kind.name) == name.as_deref());
    if found.is_none() {
        section.problem(
            "type",
            match name.as_deref() {
                None => format!("missing; expected one of {types}"),
                Some(name) => {
                    let hint = did_you_mean(name, KINDS.iter().map(|kind| kind.name));
                    format!("expected one of {types}, found `{name}`{hint}")
                }
            },
        );
        // Which keys there may be depends on the type: without one, none of them is a mistake of its own.
        section.skip_rest();
    }
    found
}

fn is_channel_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// The default channels that are on; without the key, all that are on.
fn default_channels(root: &mut Section, channels: &[ConfiguredChannel]) -> Vec<String> {
    let listed = root.texts("default_channels");
    if channels.is_empty() {
        root.problem("channels", "no channel at all; the simplest one is `channels: {screen: {type: log}}`");
        return Vec::new();
    }
    let (key, names) = match listed {
        None => ("channels", channels.iter().map(|channel| channel.name.clone()).collect()),
        Some(items) => ("default_channels", known_channels(items, channels)),
    };
    let is_on = |name: &String| channels.iter().any(|channel| channel.name == *name && channel.channel.is_some());
    let on: Vec<String> = names.iter().filter(|name| is_on(name)).cloned().collect();
    // With all of them off every notification would be accepted and heard by nobody.
    if on.is_empty() {
        root.problem(
            key,
            "none of these channels can be used, so nobody would hear anything; add `screen: {type: log}`",
        );
    }
    on
}

fn fallback_channel(root: &mut Section, channels: &[ConfiguredChannel]) -> Option<String> {
    let name = root.text("fallback_channel").filter(|name| !name.is_empty())?;
    match channels.iter().find(|channel| channel.name == name) {
        Some(channel) if channel.channel.is_some() => return Some(name),
        Some(_) => root.problem(
            "fallback_channel",
            format!("`{name}` has no address, so nobody would hear of trouble; a channel of `type: log` always works"),
        ),
        None => {
            let hint = did_you_mean(&name, channels.iter().map(|channel| channel.name.as_str()));
            root.problem("fallback_channel", format!("there is no channel `{name}`{hint}"));
        }
    }
    None
}

fn known_channels(items: Vec<Item>, channels: &[ConfiguredChannel]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in items {
        if !channels.iter().any(|channel| channel.name == item.text) {
            let known: Vec<String> = channels.iter().map(|channel| format!("`{}`", channel.name)).collect();
            item.problem(format!("there is no channel `{}`; `channels` has {}", item.text, known.join(", ")));
        } else if !names.contains(&item.text) {
            names.push(item.text);
        }
    }
    names
}
