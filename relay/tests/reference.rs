//! The reference of `relay.yml` and of the command line is what the code asks for, no more and no less.
//!
//! `make reference` writes it: `UPDATE=1 cargo test -p seamark-relay --test reference`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../../kit/tests/reference/mod.rs"]
mod reference;

use clap::CommandFactory as _;
use reference::{Key, Keys, differences, flags, hold, rows, table, words_in_source};
use seamark_kit::config::Source;
use seamark_relay::channel::KINDS;
use seamark_relay::config::Config;

const TABLE: &str = include_str!("reference/keys.txt");
const PAGE: &str = "deploy/reference/relay-config.md";
const INTRODUCTION: &str = include_str!("reference/introduction.txt");

/// A file in which everything that may be there is there; what may hold depends on the type of a channel.
fn sample(kind: &str) -> String {
    let server = "basic_auth: {username: me, password: x}, tls: {insecure_skip_verify: true}";
    format!(
        "prometheus: {{url: https://p:9090, {server}}}\nalertmanagers: [{{url: https://a:9093, {server}}}]\n\
         basic_auth: {{username: me}}\npanels: [{{channel: one}}]\ntelegram_bot: {{channel: one}}\n\
         reports: {{daily: {{cron: '@daily'}}}}\nchannels: {{one: {{type: {kind}, headers: {{X-A: {{value: b}}}}}}}}\n"
    )
}

fn keys() -> Keys {
    let mut keys = Keys::default();
    for kind in KINDS {
        keys.add(kind.name, Config::keys(&Source::new("relay.yml", sample(kind.name)).with_environment([])));
    }
    keys
}

/// The types of channels that have a key, where not all have it.
fn types(path: &str, key: &Key) -> Option<String> {
    let some = path.starts_with("channels.*.") && key.of.len() < KINDS.len();
    some.then(|| key.of.iter().cloned().collect::<Vec<_>>().join(", "))
}

#[test]
fn every_key_that_is_asked_for_is_told_of_and_no_other() {
    let differences = differences(&keys(), &table(TABLE));
    assert!(differences.is_empty(), "relay/tests/reference/keys.txt:\n{}", differences.join("\n"));
}

#[test]
fn every_word_that_the_code_reads_a_key_by_is_a_key() {
    let keys = keys();
    let known = |word: &str| keys.order.iter().any(|path| path.rsplit('.').next() == Some(word));
    let words = words_in_source("relay/src");
    assert!(words.len() > 40, "{words:?}");
    let unknown: Vec<_> = words.iter().filter(|(word, _)| !known(word)).collect();
    assert!(unknown.is_empty(), "no sample asks for {unknown:?}");
}

#[test]
fn the_committed_page_is_what_the_code_says() {
    let rows = rows(&keys(), &table(TABLE), types);
    let flags = flags(&mut seamark_relay::cli::Cli::command(), "SEAMARK_RELAY_");
    hold(PAGE, &format!("{INTRODUCTION}{rows}\n## Flags and variables of the environment\n\n{flags}"));
}

/// A good file with a channel of this type.
fn good(kind: &str) -> Source {
    let address = match kind {
        "discord" => "webhook_url: 'https://discord.com/api/webhooks/1/a'",
        "wecom" => {
            "webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa'"
        }
        "telegram" => "bot_token: '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaww', chat_id: '-1001234567890'",
        "webhook" => "url: 'https://example.org/hook'",
        _ => "locale: en",
    };
    let server = "tls: {insecure_skip_verify: false}";
    let text = format!(
        "prometheus: {{url: https://p:9090, {server}}}\nreports: {{daily: {{cron: '@daily'}}}}\n\
         channels: {{screen: {{type: log}}, one: {{type: {kind}, {address}}}}}\n"
    );
    Source::new("relay.yml", text).with_environment([])
}

#[test]
fn a_key_with_its_default_changes_nothing() {
    let (keys, mut tried) = (keys(), 0);
    for (path, told) in table(TABLE) {
        let literal = told.default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let is_literal = |word: &&str| !word.contains('`') && !keys.keys.contains_key(*word);
        let Some(default) = literal.filter(is_literal).filter(|_| !path.contains("[]")) else { continue };
        let kind = keys.keys[&path].of.first().unwrap();
        let path = path.replace("channels.*", "channels.one").replace("reports.*", "reports.daily");
        let segments: Vec<_> = path.split('.').collect();
        let without = Config::read(&good(kind)).unwrap_or_else(|problems| panic!("{problems}"));
        let with = Config::read(&good(kind).with_override(&segments, default, "the reference"));
        let with = with.unwrap_or_else(|problems| panic!("{path}: {problems}"));
        assert_eq!(format!("{without:?}"), format!("{with:?}"), "{path}: the default is not `{default}`");
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}
