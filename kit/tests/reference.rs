//! The reference of the web configuration is what the code asks for, no more and no less.
//!
//! `make reference` writes it: `UPDATE=1 cargo test -p seamark-kit --test reference`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    missing_docs
)]

#[path = "reference/mod.rs"]
mod reference;

use reference::{Keys, differences, hold, rows, table, words_in_source};
use seamark_kit::config::Source;

const TABLE: &str = include_str!("reference/web-keys.txt");
const PAGE: &str = "deploy/reference/web-config.md";
const INTRODUCTION: &str = include_str!("reference/web-introduction.txt");

fn keys() -> Keys {
    let text = "tls_server_config: {cert: a, key: b, client_ca: c, client_auth_type: NoClientCert, min_version: TLS12, \
                max_version: TLS13}\n";
    let mut keys = Keys::default();
    keys.add("web", seamark_kit::web::keys(&Source::new("web.yml", text).with_environment([])));
    keys
}

#[test]
fn every_key_that_is_asked_for_is_told_of_and_no_other() {
    let differences = differences(&keys(), &table(TABLE));
    assert!(differences.is_empty(), "kit/tests/reference/web-keys.txt:\n{}", differences.join("\n"));
}

#[test]
fn every_word_that_the_code_reads_a_key_by_is_a_key() {
    let keys = keys();
    let words = words_in_source("kit/src/web");
    assert!(words.len() > 8, "{words:?}");
    for (word, file) in words {
        assert!(keys.order.iter().any(|path| path.rsplit('.').next() == Some(&word)), "{file}: {word}");
    }
}

#[test]
fn the_committed_page_is_what_the_code_says() {
    hold(PAGE, &format!("{INTRODUCTION}{}", rows(&keys(), &table(TABLE), |_, _| None)));
}
