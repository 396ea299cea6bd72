//! Any bytes into any parser: the first byte picks the parser.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seamark_exporter::collector::parse_as;

fuzz_target!(|bytes: &[u8]| parse_as(bytes));
