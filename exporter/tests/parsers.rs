//! Every parser of every collector over bytes that no kernel writes: none may panic.
//!
//! `fuzz/` feeds the same parsers for as long as one likes; what it found is replayed here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "hosts/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use seamark_exporter::collector::{COLLECTORS, parse_as};
use tree::{Host, hosts};

fn feed(bytes: &[u8]) {
    for parser in COLLECTORS.iter().flat_map(|collector| collector.parsers) {
        parser(bytes);
    }
}

/// The content of every file of every host: what parsers get in earnest.
fn contents() -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    for host in hosts().iter().map(|name| Host::unpack(name)) {
        for file in host.trees.iter().flat_map(|tree| tree.files()) {
            contents.extend(fs::read(host.path().join(file)).ok());
        }
    }
    contents.sort_unstable();
    contents.dedup();
    contents
}

#[test]
fn every_parser_takes_every_file() {
    let contents = contents();
    assert!(contents.len() > 20, "{} files", contents.len());
    contents.iter().for_each(|content| feed(content));
}

/// The others ask the kernel or Docker, or read single numbers through the host's own parser.
const WITHOUT_PARSERS: &[&str] = &[
    "uname",
    "time",
    "timex",
    "thermal_zone",
    "cpufreq",
    "edac",
    "dmi",
    "entropy",
    "kernel_hung",
    "powersupplyclass",
    "watchdog",
    "docker",
    "container_state",
    "container_exits",
    "threshold",
    "storage",
    "docker_disk",
];

#[test]
fn every_collector_that_reads_text_has_its_parsers_listed() {
    let without: Vec<_> = COLLECTORS.iter().filter(|it| it.parsers.is_empty()).map(|it| it.name).collect();
    assert_eq!(without, WITHOUT_PARSERS);
}

#[test]
fn what_fuzzing_found_stays_found() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut count = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        parse_as(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0);
}

/// A file with a part cut out, doubled or replaced by noise, as a torn read or a new kernel would have it.
fn garbled() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..24),
        prop::sample::select(vec![
            b"18446744073709551616".to_vec(),
            b"-1".to_vec(),
            b"\\".to_vec(),
            b"\\0".to_vec(),
            b"\\999".to_vec(),
            b"\n\n".to_vec(),
            b"=".to_vec(),
            b":".to_vec(),
            b"1e309".to_vec(),
            b" ".to_vec(),
            "\u{2028}".into(),
            vec![0xFF],
        ]),
    ];
    (prop::sample::select(contents()), any::<Index>(), any::<Index>(), noise).prop_map(|(content, from, to, noise)| {
        let (from, to) = (from.index(content.len() + 1), to.index(content.len() + 1));
        let (head, tail) = (&content[..from], &content[to..]);
        [head, &noise, tail].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        feed(&bytes);
    }

    #[test]
    fn no_garbled_file_makes_a_parser_panic(bytes in garbled()) {
        feed(&bytes);
    }
}
