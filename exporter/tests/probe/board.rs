use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::host::HostRoot;
use seamark_exporter::memory::Memory;
use seamark_exporter::probe::board::ProbeBoard;
use seamark_exporter::probe::metric;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};

use super::probes;
use super::stand_in::StandIn;

fn scrape(board: &Arc<ProbeBoard>) -> String {
    let host = HostRoot::new("/nowhere", "/nowhere", "/nowhere", "/nowhere");
    let memory = Memory { probes: Arc::clone(board), ..Memory::default() };
    let inputs = Inputs { memory: Arc::new(memory), ..Inputs::new(host, Arc::default()) };
    let registration = COLLECTORS.iter().find(|collector| collector.name == "probe").unwrap();
    let mut out = Exposition::default();
    config::read(&Source::new("exporter.yml", ""), |root| {
        (registration.build)(&inputs, root).collect(&mut out).unwrap();
    })
    .unwrap();
    encode(&out, Format::Classic).unwrap()
}

#[tokio::test]
async fn a_scrape_tells_what_the_last_runs_found_and_which_probe_it_was() {
    let server = StandIn::talk(false, &[b"+PONG\r\n"]).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (good, bad) = (server.address, closed);
    let text = format!(
        "probes: [{{name: cache, redis: '{good}', service: shop}}, {{name: mail, group: mail, tcp: '{bad}', interval: 1h}}]"
    );
    let board = Arc::new(ProbeBoard::default());
    assert_eq!(scrape(&board), "", "without probes nothing is told");
    let board = Arc::new(ProbeBoard::eager());
    board.follow(probes(&text));
    let before = scrape(&board);
    assert!(!before.contains("probe_success"), "no result is not a failure:\n{before}");
    board.all_have_run().await;
    let told = scrape(&board);
    let cache = format!("probe=\"cache\",target=\"{good}\",service=\"shop\"");
    let mail = format!("probe=\"mail\",target=\"{bad}\",probe_group=\"mail\",service=\"mail\"");
    for line in [
        format!("probe_success{{{cache}}} 1\n"),
        format!("probe_success{{{mail}}} 0\n"),
        format!("seamark_probe_authentication_required{{{cache}}} 0\n"),
        format!("seamark_probe_consecutive_failures{{{mail}}} 1\n"),
        format!("seamark_probe_runs_total{{{mail},result=\"failure\"}} 1\n"),
        format!("seamark_probe_runs_total{{{cache},result=\"failure\"}} 0\n"),
        format!("seamark_probe_interval_seconds{{{mail}}} 3600\n"),
    ] {
        assert!(told.contains(&line), "{line}{told}");
    }
    assert!(told.contains("seamark_probe_last_run_timestamp_seconds{"), "{told}");
}

#[tokio::test]
async fn a_reload_leaves_a_probe_alone_that_did_not_change() {
    let server = StandIn::talk(false, &[]).await;
    let at = server.address;
    let text =
        |b: &str| format!("probes: [{{name: a, tcp: '{at}', interval: 1h}}, {{name: b, tcp: '{at}', interval: {b}}}]");
    let board = ProbeBoard::eager();
    board.follow(probes(&text("1h")));
    board.all_have_run().await;
    let before = board.known();
    board.follow(probes(&text("2h")));
    let after = board.known();
    assert!(Arc::ptr_eq(&before[0].0, &after[0].0) && after[0].1.successes == 1);
    assert!(!Arc::ptr_eq(&before[1].0, &after[1].0) && after[1].1.last.is_none());
    board.follow(Vec::new());
    assert!(board.known().is_empty());
}

/// Takes connections and says nothing; counts how many are open at once.
fn silent_server() -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let most = Arc::new(AtomicUsize::new(0));
    let peak = Arc::clone(&most);
    std::thread::spawn(move || {
        let mut open: Vec<std::net::TcpStream> = Vec::new();
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_nonblocking(true).unwrap();
            open.push(stream);
            // One that is closed has said so before the next began.
            open.retain(|stream| {
                let mut byte = [0; 64];
                while let Ok(count) = (&*stream).read(&mut byte) {
                    if count == 0 {
                        return false;
                    }
                }
                true
            });
            peak.fetch_max(open.len(), Ordering::SeqCst);
        }
    });
    (address, most)
}

#[tokio::test]
async fn a_probe_runs_again_and_again_and_never_twice_at_once() {
    let (address, most) = silent_server();
    let mut probes = probes(&format!("probes: [{{name: slow, redis: '{address}'}}]"));
    // Slower than its own interval, which the configuration refuses.
    probes[0].interval = Duration::from_millis(5);
    probes[0].timeout = Duration::from_millis(30);
    let board = ProbeBoard::eager();
    board.follow(probes);
    while board.known()[0].1.failures < 5 {
        tokio::task::yield_now().await;
    }
    let known = &board.known()[0].1;
    assert_eq!(known.failures_in_a_row, known.failures);
    assert_eq!(known.last.as_ref().unwrap().get(metric::SUCCESS), Some(0.0));
    assert_eq!(most.load(Ordering::SeqCst), 1);
}
