//! Stories of the panel: the channel's loop with its real rules and short windows, and a whole relay.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};
use seamark_kit::upstream;
use seamark_relay::alert::{Severity, Status};
use seamark_relay::app::{App, Origin};
use seamark_relay::channel::{
    Allowance, Channel, Detail, KINDS, Limits, MessageRef, Payload, Posting, Request, Response, Verdict,
};
use seamark_relay::compose::{Locale, PanelView, Voice, panel_board};
use seamark_relay::deliver::{self, Composer, Deliverer, Destination, Slot};
use seamark_relay::fleet::queries::Fact;
use seamark_relay::fleet::{Container, Fleet, Host};
use seamark_relay::message::{Message, Tone};
use seamark_relay::metrics::Metrics;
use seamark_relay::panel::{self, Panel, Spec};
use seamark_relay::prometheus::Prometheus;
use seamark_relay::store::{MessageKind, Notification, Store};
use serde_json::json;

#[path = "stand_in/discord.rs"]
mod discord;
#[path = "stand_in/monitoring.rs"]
mod monitoring;
#[path = "stand_in/telegram.rs"]
mod telegram;

use discord::Discord;
use monitoring::Monitoring;
use telegram::Telegram;

/// The real budgets with windows a fiftieth as long, and the gap between two edits of a panel likewise.
const SHORT_BUDGETS: &[(u32, Duration)] = &[(5, Duration::from_millis(40)), (30, Duration::from_millis(1200))];
const SHORT_GAP: Duration = Duration::from_millis(200);

/// A channel that believes in the short windows.
#[derive(Debug)]
struct Hurried(Arc<dyn Channel>);

impl Channel for Hurried {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }
    fn limits(&self) -> &'static Limits {
        static LIMITS: Limits = Limits { budgets: SHORT_BUDGETS };
        &LIMITS
    }
    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        self.0.render(message, detail)
    }
    fn board(&self, message: &Message) -> Option<Payload> {
        self.0.board(message)
    }
    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        self.0.post(payload, how)
    }
    fn edit(&self, at: &MessageRef, payload: &Payload) -> Option<Request> {
        self.0.edit(at, payload)
    }
    fn verdict(&self, response: &Response) -> Verdict {
        self.0.verdict(response)
    }
    fn allowance(&self, response: &Response) -> Option<Allowance> {
        self.0.allowance(response)
    }
}

fn channel(kind: &str, settings: &str) -> Arc<dyn Channel> {
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    config::read(&Source::new("relay.yml", settings), |section| (kind.build)(section)).unwrap().unwrap().into()
}

fn fleet(containers: usize, restarts: u64) -> Fleet {
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let container = |number: usize| Container {
        id: number.to_string(),
        name: format!("container-{number:03}"),
        state: Some(if number == 7 { "dead" } else { "running" }.to_owned()),
        started_at: Some(Timestamp::from_second(1_799_990_000).unwrap()),
        restarts,
        ..Container::default()
    };
    let containers = (0..containers).map(container).collect();
    let host = Host { name: "web-1".to_owned(), up: Some(true), cpu: Some(0.25), containers, ..Host::default() };
    Fleet { at, hosts: vec![host], missing: Vec::new() }
}

fn view(fleet: &Fleet) -> PanelView<'_> {
    PanelView { fleet: Some(fleet), problem: None, stopped: None, now: fleet.at }
}

fn voice() -> Voice {
    Voice::new(Locale::En, TimeZone::UTC)
}

/// One channel with a panel on Discord.
struct Loop {
    directory: tempfile::TempDir,
    store: Store,
    metrics: Metrics,
    slot: Slot,
    channel: Arc<dyn Channel>,
    deliverer: Option<Deliverer>,
}

impl Loop {
    fn start(stand_in: &Discord) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("relay.db")).unwrap();
        let channel: Arc<dyn Channel> =
            Arc::new(Hurried(channel("discord", &format!("webhook_url: {}", stand_in.webhook(1)))));
        let (metrics, slot) = (Metrics::default(), Slot::new(SHORT_GAP));
        let mut story = Self { directory, store, metrics, slot, channel, deliverer: None };
        story.run();
        story
    }

    fn run(&mut self) {
        let destination =
            Destination { panel: Some(self.slot.clone()), ..Destination::new("ops", self.channel.clone()) };
        let composer: Composer = Arc::new(|claim, _| Message {
            tone: Tone::Critical,
            title: String::from_utf8(claim.body.clone()).unwrap(),
            url: None,
            items: Vec::new(),
            attachments: Vec::new(),
            footer: None,
            more: String::new(),
            maybe_repeated: String::new(),
            silent: false,
        });
        let (store, metrics, http) = (self.store.clone(), self.metrics.clone(), deliver::http::client().unwrap());
        self.deliverer = Some(deliver::spawn(vec![destination], store, composer, metrics, http));
    }

    async fn restart(&mut self) {
        self.deliverer.take().unwrap().stop().await;
        let path = self.directory.path().join("relay.db");
        let closed = std::mem::replace(&mut self.store, Store::open(&self.directory.path().join("other.db")).unwrap());
        drop(closed);
        self.store = Store::open(&path).unwrap();
        self.slot = Slot::new(SHORT_GAP);
        self.run();
    }

    fn show(&self, fleet: &Fleet) {
        self.slot.put(panel_board(&voice(), &*self.channel, view(fleet)).unwrap());
        self.store.wake();
    }

    async fn until_shown(&self) {
        until("the panel is shown", || self.slot.is_shown()).await;
    }

    fn figure(&self, series: &str) -> String {
        let mut out = Exposition::default();
        self.metrics.expose(&mut out);
        let page = encode(&out, Format::Classic).unwrap();
        page.lines().find_map(|line| Some(line.strip_prefix(series)?.trim().to_owned())).unwrap_or_default()
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn short_rates() -> discord::Rates {
    discord::Rates { webhook: SHORT_BUDGETS[0], channel: SHORT_BUDGETS[1], ..discord::Rates::default() }
}

fn description(stand_in: &Discord) -> String {
    stand_in.accepted()[0].body["embeds"][0]["description"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn five_hundred_changes_are_few_edits_none_too_many_and_the_last_state_wins() {
    let stand_in = Discord::start(short_rates()).await;
    let story = Loop::start(&stand_in);
    // A minute of such events, a fiftieth as long.
    for number in 1..=500 {
        story.show(&fleet(3, number));
        tokio::time::sleep(Duration::from_micros(2400)).await;
    }
    story.until_shown().await;
    let statuses: Vec<u16> = stand_in.answers().iter().map(|(status, _)| *status).collect();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(stand_in.accepted().len(), 1);
    assert!(description(&stand_in).contains("500 restarts"), "{}", description(&stand_in));
}

#[tokio::test]
async fn a_panel_that_says_the_same_is_not_edited_and_an_alert_goes_first() {
    let stand_in = Discord::start(short_rates()).await;
    let story = Loop::start(&stand_in);
    story.show(&fleet(3, 1));
    story.until_shown().await;
    let later = Fleet { at: Timestamp::from_second(1_800_000_060).unwrap(), ..fleet(3, 1) };
    story.show(&later);
    let unchanged = r#"seamark_relay_panel_updates_total{channel="ops",result="unchanged"}"#;
    until("it is looked at", || story.figure(unchanged) == "1").await;
    assert_eq!(stand_in.methods(), ["POST"]);
    let updated = r#"seamark_relay_panel_last_update_timestamp_seconds{channel="ops"}"#;
    assert_eq!(story.figure(updated), "1800000060");
    let alert = Notification {
        dedupe_key: "k".to_owned(),
        dedupe_window: None,
        channels: vec!["ops".to_owned()],
        note: None,
        kind: MessageKind::Alert,
        group_key: "g".to_owned(),
        status: Status::Firing,
        severity: Severity::Critical,
        body: b"crash".to_vec(),
        received_at: Timestamp::now(),
    };
    story.slot.put(panel_board(&voice(), &*story.channel, view(&fleet(3, 2))).unwrap());
    story.store.append(alert).await.unwrap();
    story.until_shown().await;
    assert_eq!(stand_in.methods(), ["POST", "POST", "PATCH"]);
}

#[tokio::test]
async fn a_panel_that_was_deleted_is_posted_anew_and_one_outlives_a_restart() {
    let stand_in = Discord::start(short_rates()).await;
    let mut story = Loop::start(&stand_in);
    story.show(&fleet(3, 1));
    story.until_shown().await;
    story.restart().await;
    story.show(&fleet(3, 2));
    story.until_shown().await;
    assert_eq!((stand_in.methods(), stand_in.accepted().len()), (vec!["POST".to_owned(), "PATCH".to_owned()], 1));
    stand_in.fail([discord::Fault::Status { status: 404 }]);
    story.show(&fleet(3, 3));
    story.until_shown().await;
    assert_eq!(stand_in.methods(), ["POST", "PATCH", "PATCH", "POST"]);
    let newest = stand_in.accepted().last().unwrap().body["embeds"][0]["description"].to_string();
    assert!(newest.contains("3 restarts"), "{newest}");
    // It is the new one that is kept up to date, also after the next restart.
    story.restart().await;
    story.show(&fleet(3, 4));
    story.until_shown().await;
    assert_eq!((stand_in.methods().len(), stand_in.accepted().last().unwrap().edits), (5, 1));
}

#[test]
fn what_has_no_room_is_counted_and_the_worst_stays() {
    let settings = "bot_token: '11:x'\nchat_id: -1001\napi_url: http://127.0.0.1:1";
    let webhook = "webhook_url: http://127.0.0.1:1/api/webhooks/1/t";
    for (kind, settings) in [("telegram", settings), ("discord", webhook)] {
        let channel = channel(kind, settings);
        for locale in [Locale::En, Locale::Uk, Locale::ZhCn, Locale::ZhTw] {
            let voice = Voice::new(locale, TimeZone::UTC);
            let all = fleet(400, 2);
            let board = panel_board(&voice, &*channel, view(&all)).unwrap();
            let text = board.payload.0.to_string();
            let shown = text.matches("container-").count();
            assert!((40..400).contains(&shown) && text.contains("container-007"), "{kind}: {shown}");
            assert!(text.contains(&(400 - shown).to_string()), "{kind} {locale:?}: {shown} {text}");
            for meter in channel.meters(&board.payload) {
                assert!(meter.used <= meter.limit.most, "{kind}: {meter:?}");
            }
        }
    }
    assert!(panel_board(&voice(), &*channel("log", "{}"), view(&fleet(1, 1))).is_none());
}

#[tokio::test]
async fn a_relay_keeps_its_panels_in_two_chats_says_that_it_stops_and_goes_on_with_the_same_messages() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (monitoring, discord) = (Monitoring::start().await, Discord::start(discord::Rates::default()).await);
    let telegram = Telegram::start(telegram::Rates::default()).await;
    monitoring.a_small_fleet();
    let directory = tempfile::tempdir().unwrap();
    let text = format!(
        "storage: sqlite://{}\nprometheus: {}\nchannels:\n  dc: {{type: discord, webhook_url: '{}'}}\n  \
         tg: {{type: telegram, bot_token: '11:s3cr3t', chat_id: -1001, api_url: '{}', locale: uk}}\n\
         panels: [{{channel: dc, interval: 15s}}, {{channel: tg, interval: 15s}}]\n",
        directory.path().join("relay.db").display(),
        monitoring.url,
        discord.webhook(1),
        telegram.url(),
    );
    let file = directory.path().join("relay.yml");
    std::fs::write(&file, text).unwrap();
    let start = async || {
        let origin = Origin { file: file.clone(), listen: None, no_notices: true };
        let config = origin.load().unwrap_or_else(|problems| panic!("{problems}"));
        App::start(origin, config).await.unwrap()
    };
    let panels = || {
        let text = |message: &telegram::Accepted| message.body["text"].as_str().unwrap().to_owned();
        let (one, other) = (discord.accepted(), telegram.accepted());
        assert!(one.len() <= 1 && other.len() <= 1);
        let embed = one.first().map(|message| message.body["embeds"][0].to_string()).unwrap_or_default();
        (embed, other.first().map(text).unwrap_or_default())
    };
    let app = start().await;
    until("both are there", || panels().0.contains("2 of 3 containers") && panels().1.contains("2 з 3 контейнерів"))
        .await;
    let (discord_panel, telegram_panel) = panels();
    assert!(discord_panel.contains("🔴 db\\\\-1") || discord_panel.contains("🔴 db-1"), "{discord_panel}");
    assert!(
        telegram_panel.contains("не відповідає") && telegram_panel.contains("забракло пам’яті (137)"),
        "{telegram_panel}"
    );
    app.stop().await;
    let (one, other) = panels();
    assert!(one.contains("The relay stopped at") && other.contains("Ретранслятор зупинено"), "{one} {other}");
    drop(app);
    // What happened meanwhile is there as soon as the relay is back, in the same messages.
    monitoring.tell(Fact::Up, &[(json!({"instance": "web-1"}), 1.0), (json!({"instance": "db-1"}), 1.0)]);
    let app = start().await;
    until("both go on", || panels().0.contains("2 of 2 servers") && panels().1.contains("2 з 2 серверів")).await;
    app.stop().await;
}

/// A whole relay with a panel in one chat that looks by itself once an hour.
async fn relay_with_a_rare_panel(directory: &std::path::Path, monitoring: &Monitoring, discord: &Discord) -> App {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let text = format!(
        "storage: sqlite://{}\nprometheus: {}\nchannels: {{dc: {{type: discord, webhook_url: '{}'}}, screen: {{type: log}}}}\n\
         default_channels: [screen]\npanels: [{{channel: dc, interval: 1h}}]\n",
        directory.join("relay.db").display(),
        monitoring.url,
        discord.webhook(1),
    );
    let file = directory.join("relay.yml");
    std::fs::write(&file, text).unwrap();
    let origin = Origin { file, listen: None, no_notices: true };
    let config = origin.load().unwrap_or_else(|problems| panic!("{problems}"));
    App::start(origin, config).await.unwrap()
}

#[tokio::test]
async fn an_alert_about_a_host_brings_the_panel_up_to_date() {
    let (monitoring, discord) = (Monitoring::start().await, Discord::start(discord::Rates::default()).await);
    monitoring.a_small_fleet();
    let directory = tempfile::tempdir().unwrap();
    let app = relay_with_a_rare_panel(directory.path(), &monitoring, &discord).await;
    let panel = || discord.accepted().first().map(|message| message.body["embeds"][0].to_string()).unwrap_or_default();
    until("the panel is there", || panel().contains("1 of 2 servers")).await;
    // A container is gone, its host as well, and Alertmanager says so.
    monitoring.tell(Fact::Up, &[(json!({"instance": "web-1"}), 0.0), (json!({"instance": "db-1"}), 0.0)]);
    let alert = json!({
        "version": "4", "groupKey": "{}:{alertname=\"HostDown\"}", "status": "firing", "receiver": "seamark",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am",
        "alerts": [{"status": "firing", "labels": {"alertname": "HostDown", "severity": "critical", "instance": "web-1"},
            "annotations": {"summary": "web-1 is down"}, "startsAt": "2026-11-21T10:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "c0ffee0000000001"}],
    });
    app.accept(None, alert.to_string().as_bytes()).await.unwrap();
    until("the panel shows it", || panel().contains("0 of 2 servers")).await;
    let accepted = discord.accepted();
    assert_eq!((accepted.len(), accepted[0].edits), (1, 1), "{accepted:?}");
    app.stop().await;
}

/// Panics when it lays out its first panel.
#[derive(Debug)]
struct Faulty(Arc<dyn Channel>, std::sync::atomic::AtomicBool);

impl Channel for Faulty {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }
    fn limits(&self) -> &'static Limits {
        self.0.limits()
    }
    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        self.0.render(message, detail)
    }
    fn board(&self, message: &Message) -> Option<Payload> {
        let is_first = !self.1.swap(true, std::sync::atomic::Ordering::Relaxed);
        assert!(!is_first, "on purpose");
        self.0.board(message)
    }
    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        self.0.post(payload, how)
    }
    fn verdict(&self, response: &Response) -> Verdict {
        self.0.verdict(response)
    }
}

#[tokio::test]
async fn a_fault_in_one_look_ends_that_look_and_not_the_panel() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (monitoring, directory) = (Monitoring::start().await, tempfile::tempdir().unwrap());
    monitoring.a_small_fleet();
    let store = Store::open(&directory.path().join("relay.db")).unwrap();
    let target = config::read(&Source::new("relay.yml", format!("prometheus: {}", monitoring.url)), |root| {
        upstream::read(&mut root.section_or_value("prometheus"), upstream::Service::PROMETHEUS)
    });
    let client = upstream::client(&upstream::Tls::default()).unwrap();
    let prometheus = Prometheus::new(target.unwrap().unwrap(), &client).unwrap();
    let good = channel("discord", "webhook_url: http://127.0.0.1:1/api/webhooks/1/t");
    let channel = Arc::new(Faulty(good, std::sync::atomic::AtomicBool::new(false)));
    let slot = Slot::new(SHORT_GAP);
    let spec = Spec { channel: "dc".to_owned(), interval: Duration::from_millis(20) };
    let panel = Panel { spec, channel, voice: voice(), slot: slot.clone() };
    let happened = tokio::sync::watch::Sender::new(0);
    let panels = panel::spawn(vec![panel], &prometheus, &store, &happened);
    // Nobody takes it away, so it is there as soon as it was put there.
    until("the second look", || !slot.is_shown()).await;
    panels.stop().await;
}
