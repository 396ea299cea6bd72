//! The promise of the outbox, kept by the real program under a real Alertmanager: killed again and again, it loses
//! nothing, and says of every double that it may be one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

#[path = "stand_in/discord.rs"]
mod discord;

use discord::{Accepted, Discord, Rates};

/// Debian's package `prometheus-alertmanager`.
const ALERTMANAGER: &str = "/usr/bin/prometheus-alertmanager";
/// Kills unless `SEAMARK_KILLS` says otherwise.
const KILLS: usize = 20;
const GROUPS_PER_ROUND: usize = 5;
/// One group of each round goes to each, so that no webhook reaches the thirty messages a minute it may have.
const CHANNELS: usize = GROUPS_PER_ROUND;

fn kills() -> usize {
    std::env::var("SEAMARK_KILLS").map_or(KILLS, |number| number.parse().expect("SEAMARK_KILLS is a number"))
}

/// A program that ends with the test.
struct Program(Child);

impl Program {
    fn start(command: &mut Command, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let program = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn();
        Self(program.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// SIGKILL, and nothing of it is left when this returns.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Story {
    directory: tempfile::TempDir,
    discord: Discord,
    relay_port: u16,
    alertmanager_port: u16,
    http: reqwest::Client,
}

impl Story {
    async fn new() -> Self {
        let story = Self {
            directory: tempfile::tempdir().unwrap(),
            discord: Discord::start(Rates::default()).await,
            relay_port: free_port(),
            alertmanager_port: free_port(),
            http: seamark_relay::deliver::http::client().unwrap(),
        };
        let mut relay = format!(
            "listen: 127.0.0.1:{}\nstorage: sqlite://{}\nnotices: false\nchannels:\n",
            story.relay_port,
            story.file("relay.db").display()
        );
        let mut routes = String::new();
        let mut receivers = String::new();
        for number in 0..CHANNELS {
            let webhook = story.discord.webhook(number as u32 + 1);
            relay.push_str(&format!("  ops-{number}: {{type: discord, webhook_url: \"{webhook}\"}}\n"));
            routes.push_str(&format!("    - {{receiver: ops-{number}, matchers: ['room=\"{number}\"']}}\n"));
            let url = format!("http://127.0.0.1:{}/api/v1/alerts/ops-{number}", story.relay_port);
            receivers.push_str(&format!("  - name: ops-{number}\n    webhook_configs: [{{url: \"{url}\"}}]\n"));
        }
        std::fs::write(story.file("relay.yml"), relay).unwrap();
        let alertmanager = format!(
            "route:\n  receiver: ops-0\n  group_by: [alertname]\n  group_wait: 0s\n  group_interval: 10s\n  \
             repeat_interval: 4h\n  routes:\n{routes}receivers:\n{receivers}"
        );
        std::fs::write(story.file("alertmanager.yml"), alertmanager).unwrap();
        story
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn relay(&self) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-relay"));
        Program::start(command.arg("--config.file").arg(self.file("relay.yml")), &self.file("relay.log"))
    }

    fn alertmanager(&self) -> Program {
        assert!(Path::new(ALERTMANAGER).exists(), "{ALERTMANAGER} is missing: apt-get install prometheus-alertmanager");
        let mut command = Command::new(ALERTMANAGER);
        command
            .arg(format!("--config.file={}", self.file("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", self.file("alertmanager").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.alertmanager_port))
            .arg("--cluster.listen-address=");
        Program::start(&mut command, &self.file("alertmanager.log"))
    }

    /// The names of a round's groups, one for each channel.
    fn names(round: usize) -> [String; CHANNELS] {
        std::array::from_fn(|room| format!("Group-{round:03}-{room}"))
    }

    async fn raise(&self, round: usize) {
        let alert = |(room, name): (usize, String)| {
            json!({ "labels": { "alertname": name, "room": room.to_string(), "instance": "web-1" },
                    "annotations": { "summary": format!("{name} is on fire") } })
        };
        let alerts: Vec<serde_json::Value> = Self::names(round).into_iter().enumerate().map(alert).collect();
        let url = format!("http://127.0.0.1:{}/api/v2/alerts", self.alertmanager_port);
        let answer = self.http.post(url).json(&alerts).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    async fn answers(&self, port: u16, path: &str) -> Option<String> {
        let answer = self.http.get(format!("http://127.0.0.1:{port}{path}")).send().await.ok()?;
        if answer.status().is_success() { answer.text().await.ok() } else { None }
    }

    async fn waiting(&self) -> Option<f64> {
        let text = self.answers(self.relay_port, "/metrics").await?;
        let lines = text.lines().filter(|line| line.starts_with("seamark_relay_outbox_pending{"));
        Some(lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum())
    }

    /// How often each group was accepted.
    fn arrivals(&self) -> BTreeMap<String, usize> {
        let mut arrivals: BTreeMap<String, usize> = (0..kills()).flat_map(Self::names).map(|name| (name, 0)).collect();
        for message in self.discord.accepted() {
            for name in groups_of(&message) {
                arrivals.entry(name).and_modify(|count| *count += 1);
            }
        }
        arrivals
    }

    /// The end of the programs' logs, for whoever has to find out why.
    fn logs(&self) -> String {
        let end = |name| {
            let text = std::fs::read_to_string(self.file(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(15)..].join("\n")
        };
        format!("{}\n{}", end("relay.log"), end("alertmanager.log"))
    }
}

/// The names of the groups that a message speaks of.
fn groups_of(message: &Accepted) -> BTreeSet<String> {
    const LENGTH: usize = "000-0".len();
    let text = message.body.to_string();
    text.split("Group-")
        .skip(1)
        .map(|rest| format!("Group-{}", rest.chars().take(LENGTH).collect::<String>()))
        .collect()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn killed_again_and_again_under_load_the_relay_loses_none() {
    let story = Story::new().await;
    let _alertmanager = story.alertmanager();
    let mut relay = story.relay();
    let started = Instant::now();
    while story.answers(story.alertmanager_port, "/-/ready").await.is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "Alertmanager does not start:\n{}", story.logs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (kills, groups) = (kills(), kills() * GROUPS_PER_ROUND);
    for round in 0..kills {
        let before = story.discord.accepted().len();
        story.raise(round).await;
        // Now at once, now after one message, now after a few: somewhere between the webhook's first byte and the
        // commit after the last message. A relay that was killed too early for any message finds them next time.
        let enough = before + round % GROUPS_PER_ROUND;
        let begun = Instant::now();
        while story.discord.accepted().len() < enough && begun.elapsed() < Duration::from_secs(3) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        relay.kill();
        relay = story.relay();
    }
    let begun = Instant::now();
    let missing = |story: &Story| story.arrivals().into_iter().filter(|(_, count)| *count == 0).count();
    while missing(&story) > 0 || story.waiting().await != Some(0.0) {
        assert!(
            begun.elapsed() < Duration::from_secs(600),
            "{} of {groups} groups have not arrived, {:?} messages wait:\n{}",
            missing(&story),
            story.waiting().await,
            story.logs()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let accepted = story.discord.accepted();
    let mut told = BTreeSet::new();
    // A list of several groups that comes again is one message too many.
    let doubles = accepted
        .iter()
        .filter(|message| groups_of(message).into_iter().filter(|name| !told.insert(name.clone())).count() > 0)
        .count();
    let marked = accepted.iter().filter(|message| message.body.get("content").is_some()).count();
    let refused = story.discord.answers().iter().filter(|(status, _)| *status != 200).count();
    println!(
        "{groups} groups, {kills} kills, {CHANNELS} channels: 0 lost, {doubles} doubled, {marked} marked as perhaps \
         repeated, {refused} calls refused, {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert!(doubles <= kills * CHANNELS, "{doubles} doubles");
    let mut unmarked: BTreeMap<String, usize> = BTreeMap::new();
    for message in accepted.iter().filter(|message| message.body.get("content").is_none()) {
        groups_of(message).into_iter().for_each(|name| *unmarked.entry(name).or_default() += 1);
    }
    unmarked.retain(|_, count| *count > 1);
    assert!(unmarked.is_empty(), "arrived unmarked more than once: {unmarked:?}");
}
