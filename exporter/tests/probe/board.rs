use std::sync::Arc;

use seamark_exporter::collector::{COLLECTORS, Inputs};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::host::HostRoot;
use seamark_exporter::probe::board::ProbeBoard;
use seamark_exporter::probe::metric;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};

use super::probes;
use super::stand_in::StandIn;

fn scrape(board: &Arc<ProbeBoard>) -> String {
    let host = HostRoot::new("/nowhere", "/nowhere", "/nowhere", "/nowhere");
    let inputs = Inputs { host, inventory: Arc::new(Inventory::default()), probes: Arc::clone(board) };
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

#[tokio::test]
async fn a_probe_runs_again_and_again_and_never_twice_at_once() {
    let open = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let most = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (now, peak) = (Arc::clone(&open), Arc::clone(&most));
    let server = StandIn::serve(move |mut stream| {
        use std::sync::atomic::Ordering;
        let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
        async move {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Until the probe gives up.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            now.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    let mut probes = probes(&format!("probes: [{{name: slow, redis: '{}'}}]", server.address));
    // Slower than its own interval, which the configuration refuses.
    probes[0].interval = std::time::Duration::from_millis(5);
    probes[0].timeout = std::time::Duration::from_millis(20);
    let board = ProbeBoard::eager();
    board.follow(probes);
    while board.known()[0].1.failures < 5 {
        tokio::task::yield_now().await;
    }
    let known = &board.known()[0].1;
    assert_eq!(known.failures_in_a_row, known.failures);
    assert_eq!(known.last.as_ref().unwrap().get(metric::SUCCESS), Some(0.0));
    assert_eq!(most.load(std::sync::atomic::Ordering::SeqCst), 1);
}
