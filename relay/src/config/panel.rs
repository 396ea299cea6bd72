//! The keys `panels` and `telegram_bot`.

use std::time::Duration;

use jiff::tz::TimeZone;
use seamark_kit::config::{Item, Section, did_you_mean};

use super::ConfiguredChannel;
use crate::bot::Settings;
use crate::compose::{Locale, PanelView, Voice, panel_board};
use crate::panel::Spec;

/// How often a panel is looked at unless told otherwise.
const INTERVAL: Duration = Duration::from_secs(60);
/// More often brings nothing: Prometheus asks the exporters every 15 s.
const SHORTEST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_hours(1);

/// `panels`. Those of channels that are off are off as well.
pub(super) fn panels(root: &mut Section, channels: &[ConfiguredChannel], has_prometheus: bool) -> Vec<Spec> {
    let mut panels: Vec<Spec> = Vec::new();
    for mut item in root.items("panels") {
        let name = item.text("channel");
        let interval = item.duration("interval", SHORTEST..=LONGEST).unwrap_or(INTERVAL);
        let Some(configured) = known(&mut item, name.as_deref(), channels) else { continue };
        if panels.iter().any(|panel| panel.channel == configured.name) {
            item.problem("channel", format!("`{}` has a panel already; one is enough", configured.name));
            continue;
        }
        let Some(channel) = &configured.channel else { continue };
        let now = jiff::Timestamp::UNIX_EPOCH;
        let nothing = PanelView { fleet: None, problem: None, stopped: None, now };
        if panel_board(&Voice::new(Locale::En, TimeZone::UTC), &**channel, nothing).is_none() {
            let kind = channel.kind();
            let why = format!(
                "a channel of type `{kind}` cannot have a panel, because what it has posted cannot be changed; name one \
                 of type `discord` or `telegram`"
            );
            item.problem("channel", why);
            continue;
        }
        if !has_prometheus {
            item.problem("", "a panel needs figures: set `prometheus: {url: http://prometheus:9090}`");
            continue;
        }
        panels.push(Spec { channel: configured.name.clone(), interval });
    }
    panels
}

/// `telegram_bot`; `None`: there is none, or its channel is off.
pub(super) fn bot(root: &mut Section, channels: &[ConfiguredChannel]) -> Option<Settings> {
    let mut section = root.section("telegram_bot");
    let name = section.text("channel");
    let users = section.texts("allow_users").unwrap_or_default();
    let chats = section.texts("allow_chats").unwrap_or_default();
    if !section.is_present() {
        return None;
    }
    let nobody = users.is_empty() && chats.is_empty();
    let expected = "the number of a user, such as `1001`; the relay's log names the number of whoever writes to the bot \
                    without being allowed to";
    let allow_users = numbers(users, expected, |number| number > 0);
    let expected = "the number of a chat; that of a group begins with `-`, mostly with `-100`";
    let allow_chats = numbers(chats, expected, |number| number != 0);
    if nobody {
        section.problem(
            "",
            "nobody may talk to this bot: list people in `allow_users`, or groups in `allow_chats`, by their numbers",
        );
    }
    let configured = known(&mut section, name.as_deref(), channels)?;
    let channel = configured.channel.as_ref()?;
    if channel.bot().is_none() {
        let kind = channel.kind();
        section.problem(
            "channel",
            format!("there is no bot behind a channel of type `{kind}`; name one of type `telegram`"),
        );
        return None;
    }
    Some(Settings { channel: configured.name.clone(), allow_users, allow_chats })
}

/// The channel of this name.
fn known<'a>(
    section: &mut Section,
    name: Option<&str>,
    channels: &'a [ConfiguredChannel],
) -> Option<&'a ConfiguredChannel> {
    let Some(name) = name else {
        section.problem("channel", "missing; expected the name of one of `channels`");
        return None;
    };
    let found = channels.iter().find(|channel| channel.name == name);
    if found.is_none() {
        let hint = did_you_mean(name, channels.iter().map(|channel| channel.name.as_str()));
        section.problem("channel", format!("there is no channel `{name}`{hint}"));
    }
    found
}

fn numbers(items: Vec<Item>, expected: &str, allowed: impl Fn(i64) -> bool) -> Vec<i64> {
    let number = |item: Item| {
        let number = item.text.trim().parse().ok().filter(|number| allowed(*number));
        if number.is_none() {
            item.problem(format!("expected {expected}, found `{}`", item.text));
        }
        number
    };
    items.into_iter().filter_map(number).collect()
}
