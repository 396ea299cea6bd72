//! The fuzz target's corpus, and what it found, replayed; `fuzz/` goes on from there for as long as one likes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use seamark_kit::config::Source;
use seamark_relay::channel::KINDS;
use seamark_relay::config::Config;
use seamark_relay::feed::feed;

const CHANNELS: &str = include_str!("../fuzz/channels.yml");

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

#[test]
fn every_kind_of_channel_is_fed() {
    let config = Config::read(&Source::new("relay.yml", CHANNELS)).unwrap();
    let fed: BTreeSet<&str> = config.channels.iter().filter_map(|one| Some(one.channel.as_ref()?.kind())).collect();
    assert_eq!(fed, KINDS.iter().map(|kind| kind.name).collect());
}

#[test]
fn what_fuzzing_found_stays_found() {
    let seeds = seeds();
    let readers: BTreeSet<u8> = seeds.iter().map(|seed| seed[0] % 4).collect();
    assert_eq!(readers, BTreeSet::from([0, 1, 2, 3]));
    for seed in seeds {
        feed(CHANNELS, &seed).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A seed with some of its bytes replaced, taken away or doubled.
    #[test]
    fn a_seed_that_was_garbled_does_no_harm(
        which in any::<Index>(),
        edits in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..3_u8), 0..8),
    ) {
        let seeds = seeds();
        let mut bytes = which.get(&seeds).clone();
        for (place, byte, edit) in edits {
            let place = place.index(bytes.len());
            match edit {
                0 => bytes[place] = byte,
                1 if bytes.len() > 1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, byte),
            }
        }
        prop_assert_eq!(feed(CHANNELS, &bytes), Ok(()));
    }
}
