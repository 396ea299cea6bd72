//! Load for a relay, as many Alertmanagers would make it: `load --callers 64 --seconds 5 http://127.0.0.1:9878` posts
//! notifications of one alert, each of a group of its own, over connections that stay open, and prints as JSON how many
//! were accepted and how long each took. Used by `deploy/bench`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(clap::Parser)]
struct Arguments {
    /// Where the relay listens.
    relay: SocketAddr,
    /// Connections, each of which waits for one answer before it sends the next notification.
    #[arg(long, default_value_t = 64)]
    callers: usize,
    /// For how long.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// What one caller saw.
#[derive(Default)]
struct Seen {
    accepted: Vec<Duration>,
    refused: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = <Arguments as clap::Parser>::parse();
    let begun = Instant::now();
    let until = begun + Duration::from_secs(arguments.seconds);
    let callers = (0..arguments.callers).map(|caller| tokio::spawn(call(arguments.relay, caller, until)));
    let callers: Vec<_> = callers.collect();
    let mut all = Seen::default();
    for caller in callers {
        let seen = caller.await.expect("a caller ended early");
        all.accepted.extend(seen.accepted);
        all.refused += seen.refused;
    }
    let seconds = begun.elapsed().as_secs_f64();
    all.accepted.sort_unstable();
    let milliseconds = |share: f64| {
        let place = (all.accepted.len() as f64 * share) as usize;
        all.accepted.get(place).map(|time| time.as_secs_f64() * 1e3)
    };
    let report = serde_json::json!({
        "acks": all.accepted.len(),
        "refused": all.refused,
        "acks_per_second": all.accepted.len() as f64 / seconds,
        "p50_ms": milliseconds(0.5),
        "p99_ms": milliseconds(0.99),
    });
    println!("{report}");
}

async fn call(relay: SocketAddr, caller: usize, until: Instant) -> Seen {
    let mut connection = TcpStream::connect(relay).await.expect("the relay does not listen");
    connection.set_nodelay(true).unwrap();
    let mut seen = Seen::default();
    let mut answer = Vec::new();
    let mut request = Request::of(relay, caller);
    for number in 0_u64.. {
        let sent = Instant::now();
        if sent >= until {
            break;
        }
        connection.write_all(request.numbered(number)).await.unwrap();
        match status(&mut connection, &mut answer).await {
            200..=299 => seen.accepted.push(sent.elapsed()),
            _ => seen.refused += 1,
        }
    }
    seen
}

/// Stands for the number of a notification: as many digits.
const NUMBER: &str = "################";
/// Stands for the alert's fingerprint.
const FINGERPRINT: &str = "****************";

/// One notification, written once: the load runs beside the relay, and what it takes to write each anew would be taken
/// from it.
struct Request {
    bytes: Vec<u8>,
    /// Where its number stands.
    numbers: Vec<usize>,
    fingerprints: Vec<usize>,
    /// What no other caller of any load has.
    whose: u64,
}

impl Request {
    fn of(relay: SocketAddr, caller: usize) -> Self {
        let request = notification(relay, caller);
        let places = |of| request.match_indices(of).map(|(place, _)| place).collect();
        let whose = (u64::from(std::process::id()) << 42) | ((caller as u64) << 32);
        Self { numbers: places(NUMBER), fingerprints: places(FINGERPRINT), whose, bytes: request.into_bytes() }
    }

    fn numbered(&mut self, number: u64) -> &[u8] {
        // Spread over all numbers, as a hash is, and one to one.
        let fingerprint = (self.whose | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for (places, number) in [(&self.numbers, number), (&self.fingerprints, fingerprint)] {
            let digits = format!("{number:016x}");
            for place in places {
                self.bytes[*place..][..digits.len()].copy_from_slice(digits.as_bytes());
            }
        }
        &self.bytes
    }
}

/// One alert with the labels that a rule of Seamark gives it: about a kilobyte and a half, as Alertmanager writes it.
fn notification(relay: SocketAddr, caller: usize) -> String {
    // Of this load alone: what another one has sent would be taken for a repeat, which costs next to nothing.
    let name = format!("web-{}-{caller}-{NUMBER}", std::process::id());
    let group = serde_json::json!({"alertname": "ContainerCrashed", "instance": "web-1", "name": name});
    let labels = serde_json::json!({
        "alertname": "ContainerCrashed", "instance": "web-1", "job": "seamark", "name": name, "severity": "critical",
        "image": "registry.example.org/shop/web:1.4.2", "id": format!("/docker/{caller:048x}{NUMBER}"),
    });
    let annotations = serde_json::json!({
        "summary": format!("{name} crashed on web-1 (exit code 3)"),
        "description": format!("Container {name} on web-1 ended unexpectedly: the program exited with code 3."),
    });
    let body = serde_json::json!({
        "version": "4", "groupKey": format!("{{}}:{{alertname=\"ContainerCrashed\", name=\"{name}\"}}"),
        "truncatedAlerts": 0, "status": "firing", "receiver": "chat", "groupLabels": group,
        "commonLabels": labels, "commonAnnotations": annotations, "externalURL": "http://alertmanager:9093",
        "alerts": [{
            "status": "firing", "labels": labels, "annotations": annotations,
            "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://web-1:9877/", "fingerprint": FINGERPRINT,
        }],
    })
    .to_string();
    format!(
        "POST /api/v1/alerts HTTP/1.1\r\nHost: {relay}\r\nContent-Type: application/json\r\n\
         User-Agent: Alertmanager/load\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads one answer to its end and gives its status.
async fn status(connection: &mut TcpStream, answer: &mut Vec<u8>) -> u16 {
    answer.clear();
    loop {
        let count = connection.read_buf(answer).await.expect("the relay closed the connection");
        assert!(count > 0, "the relay closed the connection");
        let text = String::from_utf8_lossy(answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer without a status");
        }
    }
}
