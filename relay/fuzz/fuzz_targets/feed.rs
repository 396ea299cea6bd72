//! Any bytes to any reader: the first byte picks it. A payload beyond a limit is a finding as a panic is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seamark_relay::feed::feed;

fuzz_target!(|bytes: &[u8]| {
    if let Err(finding) = feed(include_str!("../channels.yml"), bytes) {
        panic!("{finding}");
    }
});
