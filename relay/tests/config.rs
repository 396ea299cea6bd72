//! Whole configuration files: what they become, and what is said about mistakes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::path::Path;
use std::time::Duration;

use seamark_kit::config::Source;
use seamark_kit::secret::Secret;
use seamark_relay::chart::Charts;
use seamark_relay::compose::Locale;
use seamark_relay::config::{Access, Config};
use seamark_relay::report::Section;

fn read(text: &str) -> Result<Config, String> {
    Config::read(&Source::new("relay.yml", text).with_environment([])).map_err(|problems| problems.to_string())
}

fn problems(text: &str) -> Vec<String> {
    read(text).unwrap_err().lines().map(str::to_owned).collect()
}

const EXAMPLE: &str = include_str!("../../deploy/examples/relay.yml");

#[test]
fn the_example_works_with_nothing_configured() {
    let config = read(EXAMPLE).unwrap();
    assert_eq!(config.listen, "0.0.0.0:9878".parse().unwrap());
    assert_eq!(config.storage, Path::new("/var/lib/seamark/relay.db"));
    assert_eq!(config.access, Access::File("/run/seamark/relay_token".into()));
    assert_eq!((config.voice.locale, config.notices), (Locale::En, true));
    assert_eq!(config.channels_on_and_off(), (vec!["screen".to_owned()], vec!["ops-discord".to_owned()]));
    assert_eq!(config.default_channels, ["screen"]);
    assert_eq!(config.fallback_channel.as_deref(), Some("screen"));
    let report = &config.reports[0];
    assert_eq!(
        (report.name.as_str(), report.schedule.text(), &report.channels),
        ("daily", "0 9 * * *", &config.default_channels)
    );
}

#[test]
fn only_a_channel_that_can_change_messages_may_be_told_to() {
    let found = problems("channels: {screen: {type: log, update: edit}}").join(" ");
    assert!(found.contains("cannot change a message once it is sent"), "{found}");
    let webhook = "webhook_url: \"https://discord.com/api/webhooks/1/t\"";
    assert!(read(&format!("channels: {{ops: {{type: discord, update: edit, {webhook}}}}}")).is_ok());
}

#[test]
fn a_fallback_channel_has_to_be_on() {
    let channels = "channels: {screen: {type: log}, ops: {type: discord, webhook_url: \"\"}}";
    let found = |name: &str| problems(&format!("fallback_channel: {name}\n{channels}")).join(" ");
    assert!(
        found("scren").contains("relay.yml:1:19: fallback_channel: there is no channel `scren`"),
        "{}",
        found("scren")
    );
    assert!(found("ops").contains("`ops` has no address"), "{}", found("ops"));
}

#[test]
fn charts_may_have_fonts_of_ones_own() {
    let channels = "channels: {screen: {type: log}}";
    let found = |charts: &str| problems(&format!("{channels}\ncharts: {charts}")).join("\n");
    let config = read(&format!("{channels}\ncharts: {{alerts: on_alert, font_files: []}}")).unwrap();
    assert_eq!(config.channels[0].charts, Charts::OnAlert);
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/NotoSans-Bold.ttf");
    let config = read(&format!("{channels}\ncharts: {{font_files: [{own}]}}")).unwrap();
    assert_eq!(config.channels[0].charts, Charts::Off);
    let missing = "{font_files: [/no/such/font.ttf]}";
    assert!(
        found(missing)
            .contains("relay.yml:2:23: charts.font_files[0]: `/no/such/font.ttf` cannot be read: No such file"),
        "{}",
        found(missing)
    );
    let wrong = found(&format!("{{font_files: [{own}, {}]}}", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")));
    assert!(wrong.contains("charts.font_files[1]: `") && wrong.contains("Cargo.toml` is no font"), "{wrong}");
    assert!(
        found("on_alret")
            .contains("charts: expected `off`, `on_alert`, or a mapping, found `on_alret`; did you mean `on_alert`?"),
        "{}",
        found("on_alret")
    );
}

#[test]
fn the_example_takes_what_the_environment_gives() {
    let url = "https://discord.com/api/webhooks/1/token";
    let environment = [("DISCORD_WEBHOOK_URL", url), ("SEAMARK_LOCALE", "zh-CN"), ("TZ", "Asia/Shanghai")];
    let config = Config::read(&Source::new("relay.yml", EXAMPLE).with_environment(environment)).unwrap();
    assert_eq!(config.default_channels, ["ops-discord", "screen"]);
    assert_eq!(config.channels[0].voice.locale, Locale::ZhCn);
    assert_eq!(config.channels[0].voice.zone.iana_name(), Some("Asia/Shanghai"));
    assert!(!format!("{config:?}").contains(url), "{config:?}");
}

#[test]
fn the_example_names_every_key_there_is() {
    // A key that the relay reads but the example does not have would not be found by anybody.
    for key in [
        "listen",
        "external_url",
        "storage",
        "locale",
        "timezone",
        "token",
        "token_file",
        "basic_auth",
        "rate_limit",
        "fallback_channel",
        "notices",
        "grafana",
        "url",
        "templates",
        "title",
        "body",
        "thread_id",
        "thread_name",
        "username",
        "avatar_url",
        "mention",
        "bot_token",
        "chat_id",
        "message_thread_id",
        "api_url",
        "format",
        "headers",
        "value_file",
        "reports",
        "cron",
        "channels",
        "range",
        "hosts",
        "sections",
        "charts",
        "catch_up",
        "grace",
        "enabled",
    ] {
        assert!(EXAMPLE.contains(&format!("{key}:")), "{key}");
    }
}

#[test]
fn the_channels_in_the_comments_of_the_example_work() {
    let commented = EXAMPLE.split_once("  # ops-wecom:").unwrap().1;
    let keys = commented.lines().filter_map(|line| line.strip_prefix("  # "));
    // The rest is prose, and a file that is not here.
    let keys = keys.filter(|line| line.starts_with([' ', 'o']) && !line.contains("value_file"));
    let text = format!("channels:\n  ops-wecom:\n{}", keys.map(|line| format!("  {line}\n")).collect::<String>());
    let environment = [
        ("WECOM_WEBHOOK_URL", "693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa"),
        ("TELEGRAM_BOT_TOKEN", "123456:AAE-x_y"),
        ("TELEGRAM_CHAT_ID", "-1001234567890"),
        ("WEBHOOK_URL", "https://hook.example/in"),
    ];
    let config = Config::read(&Source::new("relay.yml", text).with_environment(environment)).unwrap();
    assert_eq!(config.default_channels, ["ops-wecom", "ops-tg", "ops-hook"]);
    assert!(!format!("{config:?}").contains("AAE-x_y"), "{config:?}");
}

#[test]
fn the_panels_the_bot_and_the_groups_in_the_comments_of_the_example_work() {
    let commented = EXAMPLE.split_once("# panels:").unwrap().1.split_once("# For notifications").unwrap().0;
    let keys: String = commented
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.starts_with(' ') || ["telegram_bot:", "host_groups:"].contains(line))
        .map(|line| format!("{line}\n"))
        .collect();
    let channels = "channels:\n  ops-discord: {type: discord, webhook_url: 'https://discord.com/api/webhooks/1/t'}\n  \
                    ops-tg: {type: telegram, bot_token: '1:x', chat_id: -1001}\n";
    let config = read(&format!("prometheus: http://prometheus:9090\n{channels}panels:\n{keys}")).unwrap();
    let panels: Vec<_> = config.panels.iter().map(|panel| (panel.channel.as_str(), panel.interval.as_secs())).collect();
    assert_eq!(panels, [("ops-discord", 60), ("ops-tg", 60)]);
    let bot = config.telegram_bot.unwrap();
    assert_eq!(
        (bot.channel.as_str(), bot.allow_users, bot.allow_chats),
        ("ops-tg", vec![1001], vec![-1_001_234_567_890])
    );
}

#[test]
fn a_panel_or_a_bot_where_there_can_be_none_is_a_mistake_with_its_place() {
    let channels = "prometheus: http://p:9090\nchannels:\n  screen: {type: log}\n  wx: {type: wecom, webhook_url: 693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa}\n  \
                    hook: {type: webhook, url: 'https://x/in'}\n  tg: {type: telegram, bot_token: '1:x', chat_id: -1001}\n  \
                    off: {type: discord, webhook_url: ''}\n";
    let found = |more: &str| problems(&format!("{channels}{more}")).join("\n");
    for (name, kind) in [("screen", "log"), ("wx", "wecom"), ("hook", "webhook")] {
        let words = format!("relay.yml:8:20: panels[0].channel: a channel of type `{kind}` cannot have a panel");
        let problem = found(&format!("panels: [{{channel: {name}}}]"));
        assert!(problem.contains(&words), "{problem}");
    }
    let bot = |keys: &str| found(&format!("telegram_bot: {{{keys}}}"));
    assert!(bot("channel: wx, allow_users: [1]").contains("there is no bot behind a channel of type `wecom`"));
    assert!(bot("channel: tg").contains("nobody may talk to this bot"), "{}", bot("channel: tg"));
    assert!(bot("channel: tg, allow_users: [], allow_chats: []").contains("nobody may talk to this bot"));
    assert!(bot("channel: tg, allow_users: ['@ann']").contains("expected the number of a user"));
    assert!(bot("allow_users: [1]").contains("missing; expected the name of one of `channels`"));
    let problem = found("panels: [{channel: hock}]");
    assert!(problem.contains("there is no channel `hock`; did you mean `hook`?"), "{problem}");
    assert!(found("panels: [{channel: tg}, {channel: tg}]").contains("has a panel already"));
    assert!(found("panels: [{channel: tg, interval: 1s}]").contains("interval"));
    assert!(
        problems("channels: {tg: {type: telegram, bot_token: '1:x', chat_id: -1}}\npanels: [{channel: tg}]")
            .join(" ")
            .contains("a panel needs figures")
    );
    // Of a channel that is off they are off as well.
    let off = read(&format!("{channels}panels: [{{channel: off}}]")).unwrap();
    assert_eq!((off.panels, off.telegram_bot), (vec![], None));
}

#[test]
fn a_channel_alone_is_enough() {
    let config = read("channels: {screen: {type: log}}").unwrap();
    assert_eq!(config.listen, "127.0.0.1:9878".parse().unwrap());
    assert_eq!(config.access, Access::Open);
    assert_eq!(config.default_channels, ["screen"]);
}

#[test]
fn a_channel_may_speak_another_language_than_the_rest() {
    let config = read(
        "locale: uk\ntimezone: Europe/Kyiv\nchannels:\n  a: {type: log, locale: zh-TW}\n  b: {type: log, timezone: Asia/Taipei}",
    )
    .unwrap();
    let voices: Vec<_> =
        config.channels.iter().map(|channel| (channel.voice.locale, channel.voice.zone.iana_name().unwrap())).collect();
    assert_eq!(voices, [(Locale::ZhTw, "Europe/Kyiv"), (Locale::Uk, "Asia/Taipei")]);
}

#[test]
fn a_mistake_in_a_template_is_told_with_its_place() {
    let found = problems(
        "templates:\n  title: '{{ titl }}'\n  body: |\n    {% for a in alerts %}\n    {{ a.host | shout }}\n    {% endfor %}\n\
         channels:\n  a: {type: log, templates: {title: '{{ title', boddy: x}}\n",
    );
    assert!(found[1].ends_with(" in its line 2"), "{}", found[1]);
    let found: Vec<_> = found.iter().map(|problem| problem.split("; there are").next().unwrap()).collect();
    assert_eq!(
        found,
        [
            "relay.yml:2:10: templates.title: there is no `titl`; did you mean `title`?",
            "relay.yml:4:5: templates.body: there is no filter `shout`",
            "relay.yml:8:37: channels.a.templates.title: this template cannot be read: unexpected end of input, expected end of variable block in its line 1",
            "relay.yml:8:49: channels.a.templates: unknown key `boddy`; did you mean `body`?",
        ]
    );
}

#[test]
fn a_channel_may_have_templates_of_its_own_or_take_those_of_all_back() {
    let config = read(
        "templates: {title: T, body: B}\nchannels:\n  a: {type: log}\n  b: {type: log, templates: {title: '', body: C}}",
    )
    .unwrap();
    let voices: Vec<_> = config.channels.iter().map(|channel| format!("{:?}", channel.voice.templates)).collect();
    assert_eq!(
        voices,
        [r#"Templates { title: Some("T"), body: Some("B") }"#, r#"Templates { title: None, body: Some("C") }"#]
    );
}

#[test]
fn the_templates_of_the_example_work() {
    let active: String = EXAMPLE
        .lines()
        .skip_while(|line| !line.starts_with("# templates:"))
        .take_while(|line| !line.is_empty())
        .map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n")
        .collect();
    let read = read(&format!("{active}channels: {{a: {{type: log}}}}")).unwrap();
    assert!(format!("{:?}", read.voice.templates).contains("commonLabels.team"));
}

#[test]
fn a_token_may_stand_in_the_file() {
    let config = read("token: t0ps3cret\nchannels: {screen: {type: log}}").unwrap();
    assert_eq!(config.access, Access::Token(Secret::new("t0ps3cret")));
    let empty = read("token: \"${RELAY_TOKEN:-}\"\nchannels: {screen: {type: log}}").unwrap();
    assert_eq!(empty.access, Access::Open);
}

#[test]
fn a_name_and_a_password_may_be_asked_for_instead_of_a_token() {
    let screen = "channels: {screen: {type: log}}";
    let config = read(&format!("basic_auth: {{username: am, password: s3cr3t}}\n{screen}")).unwrap();
    assert_eq!(config.access, Access::Basic { username: "am".to_owned(), password: Secret::new("s3cr3t") });
    assert!(!format!("{config:?}").contains("s3cr3t"), "{config:?}");
    let problem = |keys: &str| problems(&format!("{keys}\n{screen}"));
    assert_eq!(
        problem("token: a\nbasic_auth: {username: am, password: b}"),
        ["relay.yml:2:13: basic_auth: a token is asked for as well; keep one of the two"]
    );
    assert_eq!(
        problem("basic_auth: {username: am}"),
        ["relay.yml:1:13: basic_auth.password: missing or empty; give `password` or `password_file`"]
    );
    assert_eq!(
        problem("basic_auth: {password: b}"),
        ["relay.yml:1:13: basic_auth.username: missing; without it nobody could be let in"]
    );
    assert_eq!(
        problem("basic_auth: {username: 'a:m', password: b}"),
        ["relay.yml:1:24: basic_auth.username: a name with `:` in it cannot be told from its password"]
    );
}

#[test]
fn the_fallback_channel_has_to_be_one_that_speaks() {
    let channels = "channels: {screen: {type: log}, ops: {type: discord, webhook_url: ''}}";
    let name = |key: &str| read(&format!("{key}\n{channels}")).map(|config| config.fallback_channel);
    assert_eq!(name("fallback_channel: screen"), Ok(Some("screen".to_owned())));
    assert_eq!(name("notices: true"), Ok(None));
    assert_eq!(
        name("fallback_channel: opps"),
        Err("relay.yml:1:19: fallback_channel: there is no channel `opps`; did you mean `ops`?".to_owned())
    );
    assert!(name("fallback_channel: ops").unwrap_err().contains("`ops` has no address"));
}

#[test]
fn all_problems_are_named_at_once_with_line_and_column() {
    let found = problems(
        "listen: localhost\n\
         external_url: ftp://relay\n\
         storage: postgres://db\n\
         locale: zh\n\
         timezone: Mars/Olympus\n\
         token: a\n\
         token_file: b\n\
         notice: false\n\
         default_channels: [ops, screan]\n\
         channels:\n\
         \x20 screen: {type: log, colour: red}\n\
         \x20 ops: {type: slack, webhook_url: \"https://example.org/key\"}\n\
         \x20 tea: {type: discrod}\n\
         \x20 none: {}\n\
         \x20 \"a b\": {type: log}\n",
    );
    let expected = [
        "relay.yml:1:9: listen: expected an address and a port, such as `0.0.0.0:9878` or `:9878`, found `localhost`",
        "relay.yml:2:15: external_url: expected an `http://` or `https://` address, found `ftp://relay`",
        "relay.yml:3:10: storage: expected `sqlite://` and an absolute path, such as `sqlite:///var/lib/seamark/relay.db`, found `postgres://db`",
        "relay.yml:4:9: locale: expected `en`, `zh-CN`, `zh-TW`, `uk`, found `zh`",
        "relay.yml:5:11: timezone: expected a time zone of the IANA list, such as `Asia/Shanghai`, `Europe/Kyiv` or `UTC`, found `Mars/Olympus`",
        "relay.yml:7:13: token_file: both `token` and `token_file` are given; keep one",
        "relay.yml:8:1: unknown key `notice`; did you mean `notices`?",
        "relay.yml:9:19: default_channels: none of these channels can be used, so nobody would hear anything; add `screen: {type: log}`",
        "relay.yml:9:25: default_channels[1]: there is no channel `screan`; `channels` has `screen`, `ops`, `tea`, `none`, `a b`",
        "relay.yml:11:23: channels.screen: unknown key `colour`",
        "relay.yml:12:15: channels.ops.type: expected one of `discord`, `wecom`, `telegram`, `webhook`, `log`, found `slack`",
        "relay.yml:13:15: channels.tea.type: expected one of `discord`, `wecom`, `telegram`, `webhook`, `log`, found `discrod`; did you mean `discord`?",
        "relay.yml:14:9: channels.none.type: missing; expected one of `discord`, `wecom`, `telegram`, `webhook`, `log`",
        "relay.yml:15:3: channels.a b: a channel's name stands in URLs: expected letters, digits, `-`, `_` and `.` only",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_file_without_channels_is_refused() {
    assert_eq!(
        problems("notices: true"),
        ["relay.yml:1:1: channels: no channel at all; the simplest one is `channels: {screen: {type: log}}`",]
    );
}

#[test]
fn a_file_whose_default_channels_are_all_off_is_refused() {
    let found =
        problems("channels:\n  ops: {type: discord, webhook_url: ''}\n  screen: {type: log}\ndefault_channels: [ops]");
    assert_eq!(
        found,
        [
            "relay.yml:4:19: default_channels: none of these channels can be used, so nobody would hear anything; add `screen: {type: log}`"
        ]
    );
}

#[test]
fn a_secret_is_in_no_message() {
    let found = problems(
        "token: hunter2\ntoken_file: x\nlocale: [hunter2]\nchannels: {d: {type: discord, webhook_url: 'hunter2'}}",
    );
    assert!(found.iter().all(|problem| !problem.contains("hunter2")), "{found:?}");
}

const REPORTED: &str = "channels: {screen: {type: log}, ops: {type: discord, webhook_url: ''}}\nreports:\n";

#[test]
fn a_report_needs_no_more_than_its_time() {
    let config = read(&format!("timezone: Europe/Kyiv\n{REPORTED}  daily: {{cron: '@daily'}}")).unwrap();
    let report = &config.reports[0];
    assert_eq!((report.schedule.zone().iana_name(), report.own_zone.is_some()), (Some("Europe/Kyiv"), false));
    assert_eq!(
        (&report.channels, report.range, report.enabled, report.charts),
        (&vec!["screen".to_owned()], None, true, true)
    );
    assert_eq!((report.catch_up, report.grace), (Duration::from_hours(1), Duration::from_mins(3)));
    assert!(report.hosts.is_empty() && report.sections.is_empty() && report.locale.is_none());
}

#[test]
fn a_report_may_say_everything_about_itself() {
    let config = read(&format!(
        "{REPORTED}  weekly: {{cron: '0 9 * * MON', timezone: Asia/Shanghai, channels: [ops, screen], range: 7d, hosts: [web-*], \
         sections: [hosts, problems], charts: false, locale: zh-CN, catch_up: 2h, grace: 30s, enabled: false}}"
    ))
    .unwrap();
    let report = &config.reports[0];
    // A channel without an address is left out, as everywhere.
    assert_eq!((&report.channels[..], &report.hosts[..]), (&["screen".to_owned()][..], &["web-*".to_owned()][..]));
    assert_eq!(report.sections, [Section::Hosts, Section::Problems]);
    assert_eq!((report.range, report.locale), (Some(Duration::from_hours(7 * 24)), Some(Locale::ZhCn)));
    assert_eq!((report.charts, report.enabled), (false, false));
    assert_eq!((report.catch_up, report.grace), (Duration::from_hours(2), Duration::from_secs(30)));
}

#[test]
fn a_report_speaks_of_hosts_and_of_groups_of_hosts() {
    let groups = "host_groups: {web: {hosts: [web-*, lb-1]}, db: {hosts: [db-*]}}\n";
    let hosts = |entry: &str| {
        let config = read(&format!("{groups}{REPORTED}  daily: {{cron: '@daily', {entry}}}")).unwrap();
        config.reports[0].hosts.clone()
    };
    assert_eq!(hosts("groups: [web]"), ["web-*", "lb-1"]);
    assert_eq!(hosts("hosts: [lb-1, mail], groups: [db, web]"), ["lb-1", "mail", "db-*", "web-*"]);
    let found = problems(&format!("{groups}{REPORTED}  daily: {{cron: '@daily', groups: [wep]}}")).join("\n");
    assert!(
        found.contains("relay.yml:4:36: reports.daily.groups[0]: there is no group `wep`; did you mean `web`?; `host_groups` has `web`, `db`"),
        "{found}"
    );
    let found = problems(&format!("{REPORTED}  daily: {{cron: '@daily', groups: [web]}}")).join("\n");
    assert!(found.contains("there is no group `web`; name one in `host_groups`"), "{found}");
    // It would stand for all hosts.
    let found = problems(&format!("host_groups: {{web: {{hosts: []}}}}\n{REPORTED}  daily: {{cron: '@daily'}}"));
    assert!(found[0].contains("host_groups.web.hosts: missing or empty"), "{found:?}");
}

#[test]
fn what_is_wrong_with_a_report_is_said_with_its_place() {
    for (entry, problem) in [
        ("a b: {cron: '@daily'}", "relay.yml:3:3: reports.a b: a report's name stands in URLs"),
        ("daily: {}", "relay.yml:3:10: reports.daily.cron: missing; when it is due"),
        ("daily: {cron: '61 9 * * *'}", "relay.yml:3:17: reports.daily.cron: the minute `61` cannot be read"),
        ("daily: {cron: '0 0 30 2 *'}", "relay.yml:3:17: reports.daily.cron: `0 0 30 2 *` never comes"),
        ("daily: {cron: '@daily', timezone: Mars}", "relay.yml:3:37: reports.daily.timezone: expected a time zone"),
        (
            "daily: {cron: '@daily', channels: [scren]}",
            "relay.yml:3:38: reports.daily.channels[0]: there is no channel `scren`",
        ),
        ("daily: {cron: '@daily', channels: [ops]}", "reports.daily.channels: none of these channels can be used"),
        ("daily: {cron: '@daily', channels: []}", "reports.daily.channels: none of these channels can be used"),
        ("daily: {cron: '@daily', range: 1m}", "relay.yml:3:34: reports.daily.range: expected"),
        (
            "daily: {cron: '@daily', sections: [host]}",
            "expected one of `problems`, `alerts`, `hosts`, `containers`, `records`, found `host`; did you mean `hosts`?",
        ),
        ("daily: {cron: '@daily', catch_up: 5m, grace: 5m}", "reports.daily.grace: has to be shorter than `catch_up`"),
        ("daily: {cron: '@daily', crone: x}", "unknown key `crone`; did you mean `cron`?"),
    ] {
        let found = problems(&format!("{REPORTED}  {entry}"));
        assert!(found.len() == 1 && found[0].contains(problem), "{entry}: {found:#?}");
    }
}
