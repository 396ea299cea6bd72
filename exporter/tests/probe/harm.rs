//! Servers that mean no good: garbage, single bytes, silence, no end. A probe is done in time and tells why.

use std::time::Duration;

use proptest::prelude::*;
use seamark_exporter::probe::PARSERS;
use seamark_exporter::probe::report::Report;
use tokio::io::AsyncWriteExt;

use super::stand_in::StandIn;
use super::{probes, why};

/// Every kind, as it asks a server that listens on a port of TCP.
fn every_kind(address: impl std::fmt::Display) -> Vec<String> {
    vec![
        format!("http: 'http://{address}/'"),
        format!("http: 'https://{address}/'"),
        format!("tcp: '{address}', query_response: [{{expect: never}}]"),
        format!("dns: '{address}', query_name: x, transport_protocol: tcp"),
        format!("redis: '{address}'"),
        format!("postgres: '{address}'"),
        format!("postgres: '{address}', tls: true"),
        format!("mysql: '{address}'"),
        format!("mongodb: '{address}'"),
    ]
}

async fn run_within(keys: &str, timeout: Duration) -> Report {
    let mut probe = probes(&format!("probes: [{{name: it, {keys}}}]")).remove(0);
    probe.timeout = timeout;
    probe.run().await
}

#[tokio::test]
async fn silence_is_a_failure_that_tells_the_last_step() {
    let server = StandIn::serve(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    for keys in every_kind(server.address) {
        let report = run_within(&keys, Duration::from_millis(100)).await;
        assert!(why(&report).starts_with("not done within 0.1 s; the last step was: "), "{keys}: {}", why(&report));
    }
}

#[tokio::test]
async fn an_answer_without_end_fails_whatever_it_is_made_of() {
    for filling in [b"x".as_slice(), b"\n", b"+", b"\0", b"\xff", b"HTTP/1.1 200 OK\r\nA: b\r\n"] {
        let server = StandIn::serve(move |mut stream| async move {
            let piece = filling.repeat(4096);
            while stream.write_all(&piece).await.is_ok() {}
        })
        .await;
        for keys in every_kind(server.address) {
            let why = why(&run_within(&keys, super::LONG).await);
            // Ended by what it read, not by the deadline: that would be gigabytes later.
            assert!(!why.is_empty() && !why.starts_with("not done within"), "{keys} of {filling:?}: {why}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_is_the_same_answer() {
    let answers: [(&str, &[u8]); 3] = [
        ("redis", b"+PONG\r\n"),
        ("postgres", b"R\0\0\0\x08\0\0\0\0"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    for (kind, answer) in answers {
        let server = StandIn::serve(move |mut stream| async move {
            let _ = stream.set_nodelay(true);
            for byte in answer {
                let _ = stream.write_all(&[*byte]).await;
                tokio::task::yield_now().await;
            }
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        })
        .await;
        let report = super::run(&format!("{kind}: '{}'", server.address)).await;
        assert_eq!(why(&report), "", "{kind}");
    }
}

#[tokio::test]
async fn garbage_and_what_is_cut_off_are_failures_of_every_kind() {
    for garbage in [b"".as_slice(), b"\0", b"H", b"+P", b"R\0\0\0\x08\0\0", &[0xff; 64], &[0; 64], b"HTTP/1.1 2"] {
        let server = StandIn::serve(move |mut stream| async move {
            let _ = stream.write_all(garbage).await;
            let _ = stream.shutdown().await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        })
        .await;
        for keys in every_kind(server.address) {
            let report = run_within(&keys, Duration::from_secs(5)).await;
            assert!(report.failed().is_some(), "{keys} of {garbage:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_break_a_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        PARSERS.iter().for_each(|parser| parser(&bytes));
    }

    #[test]
    fn no_change_to_a_good_answer_breaks_a_reader(place in any::<usize>(), byte in any::<u8>(), cut in 0_usize..60) {
        let good: [&[u8]; 4] = [
            b"\x0a8.4.0\0\x01\0\0\0abcdefgh\0\xff\xff\x21\x02\0",
            b"R\0\0\0\x08\0\0\0\0",
            b"E\0\0\0\x12SFATAL\0C28000\0Mno\0\0",
            b"\x3c\0\0\0\x01\0\0\0\x01\0\0\0\xdd\x07\0\0\0\0\0\0\0\x27\0\0\0\x08ismaster\0\x01\x02s\0\x02\0\0\0x\0\x01ok\0\0\0\0\0\0\0\xf0\x3f\0",
        ];
        for good in good {
            let mut bytes = good.to_vec();
            let length = bytes.len();
            bytes[place % length] = byte;
            bytes.truncate(length.saturating_sub(cut));
            PARSERS.iter().for_each(|parser| parser(&bytes));
        }
    }
}
