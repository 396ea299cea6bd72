//! Stories of the bot: a whole relay, Telegram as a stand-in, a small Prometheus and a small Alertmanager.
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
use seamark_relay::app::{App, Origin, Sources};
use seamark_relay::bot::{self, Parts, Reports, Settings};
use seamark_relay::channel::KINDS;
use seamark_relay::compose::{Locale, Voice};
use seamark_relay::deliver::{self, Calls};
use seamark_relay::fleet::queries::Fact;
use seamark_relay::metrics::Metrics;
use seamark_relay::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

#[path = "stand_in/monitoring.rs"]
mod monitoring;
#[path = "stand_in/telegram.rs"]
mod telegram;

use monitoring::Monitoring;
use telegram::{Accepted, Rates, Telegram};

const ANN: i64 = 1001;
const GROUP: i64 = -1001;

struct Story {
    directory: TempDir,
    telegram: Telegram,
    monitoring: Monitoring,
    /// More of the configuration.
    more: &'static str,
    app: Option<App>,
}

impl Story {
    async fn start() -> Self {
        Self::start_with("").await
    }

    async fn start_with(more: &'static str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let rates = Rates { every: (Duration::ZERO, 1000), group: (1000, Duration::from_secs(60)) };
        let (telegram, monitoring) = (Telegram::start(rates).await, Monitoring::start().await);
        monitoring.a_small_fleet();
        monitoring.a_crash();
        let mut story = Self { directory: tempfile::tempdir().unwrap(), telegram, monitoring, more, app: None };
        story.run().await;
        story
    }

    async fn run(&mut self) {
        let text = format!(
            "storage: sqlite://{}\nnotices: false\nlocale: zh-CN\nprometheus: {{url: '{url}'}}\nalertmanagers: [{{url: '{url}'}}]\n\
             channels:\n  tg: {{type: telegram, bot_token: '11:s3cr3t', chat_id: {GROUP}, api_url: '{}'}}\n\
             telegram_bot: {{channel: tg, allow_users: [{ANN}], allow_chats: [{GROUP}]}}\n{more}",
            self.directory.path().join("relay.db").display(),
            self.telegram.url(),
            url = self.monitoring.url,
            more = self.more,
        );
        let file = self.directory.path().join("relay.yml");
        std::fs::write(&file, text).unwrap();
        let origin = Origin { file, listen: None, no_notices: true };
        let config = origin.load().unwrap_or_else(|problems| panic!("{problems}"));
        self.app = Some(App::start(origin, config).await.unwrap());
    }

    async fn stop(&mut self) {
        self.app.take().unwrap().stop().await;
    }

    /// Waits until the bot has dealt with this update.
    async fn until_confirmed(&self, update: i64) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.telegram.confirmed() < update {
            assert!(Instant::now() < deadline, "update {update} is not confirmed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ann writes, in English, in a chat of her own; what the bot says.
    async fn ask(&self, text: &str) -> Accepted {
        let before = self.telegram.accepted().len();
        self.until_confirmed(self.telegram.write(ANN, "en", ANN, text)).await;
        let accepted = self.telegram.accepted();
        assert_eq!(accepted.len(), before + 1, "{text}: {:?}", self.telegram.refused());
        accepted.last().unwrap().clone()
    }

    /// Ann presses the button of these words; what the message says then.
    async fn press(&self, message: &Accepted, words: &str) -> Accepted {
        let data = data(message, words);
        self.until_confirmed(self.telegram.press(ANN, "en", ANN, message.id, &data)).await;
        self.telegram.accepted().into_iter().find(|other| other.id == message.id).unwrap()
    }

    async fn metric(&self, series: &str) -> String {
        let page = encode(&self.app.as_ref().unwrap().exposition().await, Format::Classic).unwrap();
        page.lines().find_map(|line| Some(line.strip_prefix(series)?.trim().to_owned())).unwrap_or_default()
    }
}

fn text(message: &Accepted) -> String {
    // The marks that keep data from becoming commands are not to be seen.
    telegram::rules::judge(message.body.to_string().as_bytes()).unwrap().text().replace('\u{200b}', "")
}

fn buttons(message: &Accepted) -> Vec<Value> {
    let rows = message.body["reply_markup"]["inline_keyboard"].as_array().unwrap();
    rows.iter().flat_map(|row| row.as_array().unwrap().clone()).collect()
}

fn data(message: &Accepted, words: &str) -> String {
    let found = buttons(message).into_iter().find(|button| button["text"].as_str().unwrap().contains(words));
    found.unwrap_or_else(|| panic!("no button {words} in {:?}", buttons(message)))["callback_data"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn assert_says(message: &Accepted, parts: &[&str]) {
    let text = text(message);
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
}

#[tokio::test]
async fn the_beginning_has_a_button_for_each_server_and_its_answer_takes_the_place_of_the_question() {
    let story = Story::start().await;
    let start = story.ask("/start").await;
    let labels: Vec<String> =
        buttons(&start).iter().map(|button| button["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(labels[..3], ["🔴 db-1", "🔴 web-1", "📊 Overview"]);
    let server = story.press(&start, "web-1").await;
    assert_says(
        &server,
        &["web-1", "CPU: 12%", "RAM 3 GiB of 8 GiB", "/ 56% / 93.1 GiB", "↓ 1.2 Mbps ↑ 3.4 Mbps", "Up for: 5 days"],
    );
    assert_says(
        &server,
        &["🟢 shop healthy · up 2 h", "🔴 db unhealthy · up 1 day", "🔴 api out of memory (137), 4 min ago"],
    );
    let down = story.press(&story.press(&server, "Back").await, "db-1").await;
    assert_says(&down, &["🔴 db-1", "does not answer"]);
    assert_eq!((down.id, down.edits), (start.id, 3));
    assert_eq!(story.telegram.pressed().len(), 3, "every press is answered");
    assert!(story.monitoring.known().unknown.is_empty());
}

#[tokio::test]
async fn every_command_has_its_answer() {
    let story = Story::start().await;
    let status = story.ask("/status").await;
    assert_says(
        &status,
        &["1 of 2 servers up · 2 of 3 containers running", "🔴 db-1 does not answer", "CPU 12%", "disk / 56%"],
    );
    assert_says(&status, &["Running longest: db on web-1, 1 day 1 h", "Traffic of all containers: ↓ 1 GiB ↑ 2 GiB"]);
    assert_says(&story.ask("/server WEB-1").await, &["🟢 web-1", "Containers"]);
    assert_says(&story.ask("/server nowhere").await, &["There is no server nowhere"]);
    assert_says(
        &story.ask("/top@seamark_bot").await,
        &["shop (web-1) 50%", "db (web-1) 512 MiB", "shop (web-1) 3 GiB"],
    );
    assert_eq!(story.telegram.refused(), [""; 0]);
    // Five questions are as many as one gets answered at once; this relay has not heard of them.
    let story = Story::start().await;
    let containers = story.ask("/containers").await;
    assert_says(&containers, &["🔴 db-1", "does not answer", "🟢 shop"]);
    let alerts = story.ask("/alerts").await;
    assert_says(&alerts, &["1 alert fires", "🔴 api crashed on web-1 <b>", "since"]);
    assert_says(&story.ask("/report").await, &["No report is configured"]);
    assert_says(&story.ask("/help").await, &["/status – All servers at a glance", "/silence"]);
    assert_says(&story.ask("/dance").await, &["I do not know", "dance"]);
    assert_eq!(story.telegram.refused(), [""; 0]);
    let languages: Vec<Value> = story.telegram.menus().iter().map(|menu| menu["language_code"].clone()).collect();
    assert_eq!(languages, [Value::Null, "en".into(), "uk".into(), "zh".into()]);
    assert!(story.telegram.menus()[0]["commands"][1]["description"].as_str().unwrap().contains("概览"));
}

#[tokio::test]
async fn an_alert_is_silenced_step_by_step_in_the_users_name_and_that_is_undone() {
    let story = Story::start().await;
    let which = story.ask("/silence").await;
    let what = story.press(&which, "api crashed").await;
    assert_says(&what, &["What is to be silenced?", "api crashed on web-1"]);
    let how_long = story.press(&what, "container api").await;
    let made = story.press(&how_long, "4 h").await;
    assert_says(&made, &["Silenced until", "instance=\"web-1\", name=\"api\"", "Ann (@ann, 1001)"]);
    let silence = story.monitoring.known().silences[0].clone();
    assert_eq!(silence["createdBy"], "Ann (@ann, 1001)");
    let moment = |key: &str| silence[key].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(moment("endsAt").duration_since(moment("startsAt")).as_hours(), 4);
    let names: Vec<&str> =
        silence["matchers"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["instance", "name"]);
    let undone = story.press(&made, "Undo").await;
    assert_says(&undone, &["The silence is over"]);
    assert_eq!(story.monitoring.known().silences[0]["status"]["state"], "expired");
}

#[tokio::test]
async fn a_stranger_gets_nothing_at_all() {
    let story = Story::start().await;
    story.telegram.write(666, "en", 666, "/start");
    story.telegram.press(666, "en", -7, 1, "status");
    let last = story.telegram.write(666, "en", -7, "/status");
    story.until_confirmed(last).await;
    assert_eq!((story.telegram.accepted(), story.telegram.pressed()), (vec![], vec![]));
    assert_eq!(story.metric(r#"seamark_relay_bot_updates_total{result="denied"}"#).await, "3");
    // In the group that is allowed, everybody may; what is no command is left alone.
    story.telegram.write(666, "de", GROUP, "hello");
    story.until_confirmed(story.telegram.write(666, "de", GROUP, "/status")).await;
    let accepted = story.telegram.accepted();
    assert_eq!((accepted.len(), accepted[0].chat.as_str()), (1, "-1001"));
    assert_says(&accepted[0], &["服务器在线 1/2"]);
}

#[tokio::test]
async fn everybody_is_answered_in_their_own_language() {
    let story = Story::start().await;
    for (language, words) in
        [("uk", "На зв’язку 1 з 2 серверів"), ("zh-hant", "伺服器上線 1/2"), ("en-GB", "1 of 2 servers up")]
    {
        story.until_confirmed(story.telegram.write(ANN, language, ANN, "/status")).await;
        assert_says(story.telegram.accepted().last().unwrap(), &[words]);
    }
}

#[tokio::test]
async fn fifty_presses_at_once_are_answered_once_for_each_that_is_allowed() {
    let mut story = Story::start().await;
    let start = story.ask("/start").await;
    // They wait for the next poll, and come with it.
    story.stop().await;
    let mut last = 0;
    for number in 0..50 {
        last = story.telegram.press(ANN, "en", ANN, start.id, if number % 2 == 0 { "status" } else { "top" });
    }
    story.run().await;
    story.until_confirmed(last).await;
    let accepted = story.telegram.accepted();
    assert_eq!((accepted.len(), accepted[0].edits), (1, bot::limit::USER_ANSWERS));
    let pressed = story.telegram.pressed();
    let warned: Vec<&String> = pressed.iter().filter_map(|(_, words)| words.as_ref()).collect();
    assert_eq!((pressed.len(), warned.len()), (50, 1), "{warned:?}");
    assert_eq!(story.metric(r#"seamark_relay_bot_updates_total{result="limited"}"#).await, "45");
}

#[tokio::test]
async fn a_restart_between_presses_loses_none_and_repeats_none() {
    let mut story = Story::start().await;
    let which = story.ask("/silence").await;
    story.stop().await;
    let data = format!("{}:c:4", data(&which, "api crashed"));
    let press = story.telegram.press(ANN, "en", ANN, which.id, &data);
    story.run().await;
    story.until_confirmed(press).await;
    let made = story.telegram.accepted();
    assert_eq!((made.len(), story.monitoring.known().silences.len()), (1, 1));
    assert_says(&made[0], &["Silenced until"]);
    // Pressed twice, it is the same silence.
    story.until_confirmed(story.telegram.press(ANN, "en", ANN, which.id, &data)).await;
    assert_eq!(story.monitoring.known().silences.len(), 1);
    // A kill between the silence and the note that it was made: the press is told again, and finds its silence.
    story.stop().await;
    let early = Timestamp::now().checked_add(jiff::SignedDuration::from_hours(2)).unwrap();
    story.monitoring.known().silences[0]["endsAt"] = early.to_string().into();
    let store = Store::open(&story.directory.path().join("relay.db")).unwrap();
    for what in ["offset", "begun"] {
        store.keep(&format!("bot/11/{what}"), Some(press.to_string()), Timestamp::now()).await.unwrap();
    }
    drop(store);
    let from = json!({"id": ANN, "is_bot": false, "first_name": "Ann", "username": "ann", "language_code": "en"});
    let message = json!({"message_id": which.id, "date": 1, "chat": {"id": ANN, "type": "private"}});
    let again = json!({"id": "again", "data": data, "from": from, "message": message});
    story.telegram.tell_again(json!({"update_id": press, "callback_query": again}));
    let before = story.telegram.pressed().len();
    story.run().await;
    story.until_confirmed(story.telegram.write(ANN, "en", ANN, "no command")).await;
    assert_eq!(story.telegram.pressed().len(), before + 1, "it was told again");
    assert_eq!((story.telegram.accepted().len(), story.monitoring.known().silences.len()), (1, 1));
}

#[tokio::test]
async fn who_does_not_answer_is_named() {
    let story = Story::start().await;
    story.monitoring.known().is_down = true;
    assert_says(&story.ask("/status").await, &["That did not work: Prometheus", "503"]);
    assert_says(&story.ask("/alerts").await, &["That did not work: Alertmanager"]);
    story.monitoring.known().is_down = false;
    // Of a host without any figures the name is there.
    story.monitoring.tell(Fact::Up, &[(json!({"instance": "new-1"}), 1.0)]);
    assert_says(&story.ask("/status").await, &["new-1 answers, but there are no figures of it"]);
}

const DAILY: &str = "reports: {daily: {cron: '0 9 1 1 *', charts: false}}\n";

impl Story {
    /// The reports that are in the chat.
    fn reports(&self) -> usize {
        self.telegram.accepted().iter().filter(|message| message.chat == GROUP.to_string()).count()
    }

    async fn until_reported(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.reports() == 0 {
            assert!(Instant::now() < deadline, "no report: {:?}", self.telegram.refused());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_report_that_takes_long_holds_up_no_answer_and_comes_once_however_often_it_is_asked_for() {
    let story = Story::start_with(DAILY).await;
    story.monitoring.known().holds_reports = true;
    assert_says(&story.ask("/report").await, &["The report daily is being prepared for channel tg"]);
    assert_says(&story.ask("/report daily").await, &["daily was asked for a moment ago; it comes once, in channel tg"]);
    assert_says(&story.ask("/status").await, &["1 of 2 servers up"]);
    assert_eq!(story.reports(), 0);
    story.monitoring.known().holds_reports = false;
    story.until_reported().await;
    assert_says(&story.ask("/report").await, &["daily was asked for a moment ago"]);
    // What could still be under way is with the chat before the relay has stopped.
    let mut story = story;
    story.stop().await;
    assert_eq!(story.reports(), 1);
}

#[tokio::test]
async fn a_report_that_a_restart_interrupts_is_made_after_it_and_one_that_is_told_again_is_not_sent_twice() {
    let mut story = Story::start_with(DAILY).await;
    story.monitoring.known().holds_reports = true;
    assert_says(&story.ask("/report").await, &["is being prepared"]);
    let asked = story.telegram.confirmed();
    story.stop().await;
    story.monitoring.known().holds_reports = false;
    assert_eq!(story.reports(), 0);
    story.run().await;
    story.until_reported().await;
    // Killed after the report was in the outbox and before that was noted, more than a minute ago.
    story.stop().await;
    let path = story.directory.path().join("relay.db");
    let file = rusqlite::Connection::open(&path).unwrap();
    let aged = file.execute("UPDATE kept SET kept_at = kept_at - 600000 WHERE name LIKE 'report/daily/asked/%'", []);
    assert_eq!(aged.unwrap(), 1);
    drop(file);
    let store = Store::open(&path).unwrap();
    store.keep("bot/11/report/daily", Some(format!("bot/11/{asked}")), Timestamp::now()).await.unwrap();
    drop(store);
    story.run().await;
    assert_says(&story.ask("/status").await, &["1 of 2 servers up"]);
    story.stop().await;
    assert_eq!(story.reports(), 1);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.kept("bot/11/report/daily").await.unwrap(), None);
    drop(store);
    // Nobody is refused a report for ever: this is another wish.
    story.run().await;
    assert_says(&story.ask("/report").await, &["is being prepared"]);
}

#[tokio::test]
async fn a_fault_in_one_answer_ends_that_answer_and_not_the_bot() {
    let mut story = Story::start().await;
    story.stop().await;
    let settings = format!("bot_token: '11:s3cr3t'\nchat_id: {GROUP}\napi_url: {}", story.telegram.url());
    let kind = KINDS.iter().find(|known| known.name == "telegram").unwrap();
    let channel = config::read(&Source::new("relay.yml", settings), |section| (kind.build)(section)).unwrap().unwrap();
    let store = Store::open(&story.directory.path().join("relay.db")).unwrap();
    let metrics = Metrics::default();
    let running = bot::spawn(Parts {
        bot: channel.bot().unwrap(),
        settings: Settings { channel: "tg".to_owned(), allow_users: vec![ANN], allow_chats: Vec::new() },
        voice: Voice::new(Locale::En, TimeZone::UTC),
        sources: Sources::default(),
        reports: Reports { names: vec!["daily".to_owned()], take: Arc::new(|_, _| panic!("on purpose")) },
        store: store.clone(),
        metrics: metrics.clone(),
        http: deliver::http::client().unwrap(),
        calls: Calls::default(),
    });
    story.telegram.write(ANN, "en", ANN, "/report");
    story.until_confirmed(story.telegram.write(ANN, "en", ANN, "/help")).await;
    let accepted = story.telegram.accepted();
    assert_eq!(accepted.len(), 1, "{accepted:?}");
    assert_says(&accepted[0], &["What I can do"]);
    let mut out = Exposition::default();
    metrics.expose(&mut out);
    let page = encode(&out, Format::Classic).unwrap();
    assert!(page.contains("seamark_relay_bot_updates_total{result=\"failed\"} 1"), "{page}");
    running.stop().await;
}
