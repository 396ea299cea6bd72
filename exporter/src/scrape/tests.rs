use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use seamark_kit::exposition::{Format, Value, encode};

use super::*;
use crate::collector::{CollectError, Collector};
use crate::host::ReadError;

/// A deadline that no scrape is to reach: one that would have to wait for it fails after [`GIVE_UP`].
const PATIENCE: Duration = Duration::from_secs(3600);

/// When a test has waited long enough.
const GIVE_UP: Duration = Duration::from_secs(60);

/// For an answer that is not to come.
const SOON: Duration = Duration::from_millis(50);

struct Fake<F>(F);

impl<F: Fn(&mut Exposition) -> Result<(), CollectError> + Send + Sync> Collector for Fake<F> {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        (self.0)(out)
    }
}

fn slot(
    name: &'static str,
    may_hang: bool,
    collect: impl Fn(&mut Exposition) -> Result<(), CollectError> + Send + Sync + 'static,
) -> Arc<Slot> {
    Arc::new(Slot::new(name, may_hang, String::new(), Box::new(Fake(collect))))
}

fn fine(name: &'static str) -> Arc<Slot> {
    slot(name, false, |out| {
        out.gauge("fine", "Fine.").set(1_u64);
        Ok(())
    })
}

fn unreadable() -> CollectError {
    ReadError::Malformed { file: "/proc/x".into(), line: 1, expected: "y", found: "nothing".to_owned() }.into()
}

/// Answers its first `quick` calls at once with the number of the call; each later one when told to.
struct Sleepy {
    slot: Arc<Slot>,
    calls: Arc<AtomicUsize>,
    wake: Sender<()>,
}

fn sleepy(name: &'static str, may_hang: bool, quick: usize) -> Sleepy {
    let calls = Arc::new(AtomicUsize::new(0));
    let (wake, sleep): (_, Receiver<()>) = channel();
    let (counted, sleep) = (Arc::clone(&calls), Mutex::new(sleep));
    let slot = slot(name, may_hang, move |out| {
        let call = counted.fetch_add(1, Ordering::SeqCst) + 1;
        if call > quick {
            let _ = sleep.lock().unwrap().recv();
        }
        out.gauge("call", "Number of the call.").set(call as u64);
        Ok(())
    });
    Sleepy { slot, calls, wake }
}

fn scraper(slots: impl Into<Vec<Arc<Slot>>>) -> Scraper {
    Scraper { slots: slots.into(), off: vec!["dark"] }
}

async fn scrape(scraper: &Scraper, deadline: Duration) -> Exposition {
    let selection = scraper.select(&[], &[]).unwrap();
    tokio::time::timeout(GIVE_UP, selection.scrape(deadline)).await.expect("the scrape waits for what hangs")
}

/// The samples, without those that tell times.
fn samples(exposition: &Exposition) -> Vec<String> {
    let text = encode(exposition, Format::Classic).unwrap();
    let timeless = |line: &&str| !line.starts_with('#') && !line.contains("_seconds{");
    text.lines().filter(timeless).map(str::to_owned).collect()
}

fn stale(exposition: &Exposition) -> Vec<(String, bool)> {
    let family = exposition.families().iter().find(|family| family.name == "seamark_exporter_collector_stale_seconds");
    let age = |value: &Value| matches!(value, Value::Float(age) if *age > 0.0);
    let samples = family.into_iter().flat_map(|family| family.samples());
    samples.map(|sample| (sample.labels.get("collector").unwrap().to_owned(), age(sample.value))).collect()
}

#[tokio::test]
async fn what_was_added_before_an_error_stays_and_the_error_is_counted() {
    let half = slot("half", false, |out| {
        out.gauge("first_half", "First.").set(1_u64);
        Err(unreadable())
    });
    let scraper = scraper([half, fine("whole")]);
    scrape(&scraper, PATIENCE).await;
    assert_eq!(
        samples(&scrape(&scraper, PATIENCE).await),
        [
            "first_half 1",
            "fine 1",
            "node_scrape_collector_success{collector=\"half\"} 0",
            "node_scrape_collector_success{collector=\"whole\"} 1",
            "seamark_exporter_collector_errors_total{collector=\"half\"} 2",
            "seamark_exporter_collector_errors_total{collector=\"whole\"} 0",
        ]
    );
}

#[tokio::test]
async fn a_panic_is_one_failed_collector() {
    let broken = slot("broken", false, |out| {
        out.gauge("before", "Before.").set(1_u64);
        panic!("a fault in one collector");
    });
    let broken_alone = slot("broken_alone", true, |_| panic!("a fault on a thread of its own"));
    let exposition = scrape(&scraper([broken, broken_alone, fine("whole")]), PATIENCE).await;
    assert_eq!(
        samples(&exposition),
        [
            "before 1",
            "fine 1",
            "node_scrape_collector_success{collector=\"broken\"} 0",
            "node_scrape_collector_success{collector=\"broken_alone\"} 0",
            "node_scrape_collector_success{collector=\"whole\"} 1",
            "seamark_exporter_collector_errors_total{collector=\"broken\"} 1",
            "seamark_exporter_collector_errors_total{collector=\"broken_alone\"} 1",
            "seamark_exporter_collector_errors_total{collector=\"whole\"} 0",
        ]
    );
}

#[tokio::test]
async fn what_a_host_does_not_have_is_no_success_and_no_error() {
    let missing = slot("missing", false, |_| Err(CollectError::Unsupported("no such bus".to_owned())));
    assert_eq!(
        samples(&scrape(&scraper([missing]), PATIENCE).await),
        [
            "node_scrape_collector_success{collector=\"missing\"} 0",
            "seamark_exporter_collector_errors_total{collector=\"missing\"} 0",
        ]
    );
}

#[tokio::test]
async fn a_collector_that_hangs_is_left_out_until_it_answers_again() {
    let sleepy = sleepy("mounts", true, 1);
    let scraper = scraper([Arc::clone(&sleepy.slot), fine("whole")]);
    let fresh = scrape(&scraper, PATIENCE).await;
    assert_eq!(stale(&fresh), [("mounts".to_owned(), false)]);

    let late = scrape(&scraper, SOON).await;
    // If it were waited for, or run a second time, this would not come back.
    let stuck = scrape(&scraper, PATIENCE).await;
    for exposition in [&late, &stuck] {
        assert_eq!(
            samples(exposition),
            [
                "call 1",
                "fine 1",
                "node_scrape_collector_success{collector=\"mounts\"} 0",
                "node_scrape_collector_success{collector=\"whole\"} 1",
                "seamark_exporter_collector_errors_total{collector=\"mounts\"} 0",
                "seamark_exporter_collector_errors_total{collector=\"whole\"} 0",
            ]
        );
        assert_eq!(stale(exposition), [("mounts".to_owned(), true)]);
    }
    assert_eq!(sleepy.calls.load(Ordering::SeqCst), 2);

    drop(sleepy.wake);
    let give_up = Instant::now() + GIVE_UP;
    let mut again = scrape(&scraper, PATIENCE).await;
    while stale(&again)[0].1 && Instant::now() < give_up {
        tokio::task::yield_now().await;
        again = scrape(&scraper, PATIENCE).await;
    }
    assert_eq!(samples(&again)[0], "call 3");
}

#[tokio::test]
async fn a_collector_that_never_answered_has_no_age() {
    let sleepy = sleepy("mounts", true, 0);
    let exposition = scrape(&scraper([Arc::clone(&sleepy.slot)]), SOON).await;
    assert_eq!(
        samples(&exposition),
        [
            "node_scrape_collector_success{collector=\"mounts\"} 0",
            "seamark_exporter_collector_errors_total{collector=\"mounts\"} 0",
        ]
    );
    assert_eq!(stale(&exposition), []);
}

#[tokio::test]
async fn a_collector_that_never_tells_everything_is_told_as_it_was_last_while_it_hangs() {
    let calls = AtomicUsize::new(0);
    let (wake, sleep): (_, Receiver<()>) = channel();
    let sleep = Mutex::new(sleep);
    let faulty = slot("sensors", true, move |out| {
        if calls.fetch_add(1, Ordering::SeqCst) > 0 {
            let _ = sleep.lock().unwrap().recv();
        }
        out.gauge("first_half", "First.").set(1_u64);
        Err(unreadable())
    });
    let scraper = scraper([faulty]);
    scrape(&scraper, PATIENCE).await;
    let late = scrape(&scraper, SOON).await;
    drop(wake);
    assert_eq!(samples(&late)[0], "first_half 1");
    assert_eq!(stale(&late), [("sensors".to_owned(), true)]);
}

#[tokio::test]
async fn a_collector_with_the_same_settings_goes_on_over_a_reload_and_another_starts_anew() {
    let built = |settings: &str, collector: Sleepy| {
        let mut slot = Arc::into_inner(collector.slot).unwrap();
        slot.settings = settings.to_owned();
        (scraper([Arc::new(slot)]), collector.calls, collector.wake)
    };
    let (before, first, _wake) = built("one", sleepy("mounts", true, 0));
    scrape(&before, SOON).await;
    let (mut same, second, _wake) = built("one", sleepy("mounts", true, 0));
    same.take_over(&before);
    // It is out, and neither waited for nor asked again.
    scrape(&same, PATIENCE).await;
    assert_eq!([first, second].map(|calls| calls.load(Ordering::SeqCst)), [1, 0]);
    let (mut other, third, _wake) = built("other", sleepy("mounts", true, 1));
    other.take_over(&same);
    assert_eq!(samples(&scrape(&other, PATIENCE).await)[0], "call 1");
    assert_eq!(third.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn scrapes_at_the_same_time_share_the_run_of_a_collector_that_can_hang() {
    let sleepy = sleepy("mounts", true, 0);
    let scraper = scraper([Arc::clone(&sleepy.slot), fine("whole")]);
    let (one, other, ()) =
        tokio::join!(scrape(&scraper, PATIENCE), scrape(&scraper, PATIENCE), async { drop(sleepy.wake) });
    assert_eq!(samples(&one), samples(&other));
    assert_eq!(samples(&one)[..2], ["call 1", "fine 1"]);
    assert_eq!(sleepy.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_ordinary_collector_that_hangs_holds_up_one_scrape_only() {
    let sleepy = sleepy("ordinary", false, 0);
    let scraper = scraper([fine("before"), Arc::clone(&sleepy.slot), fine("behind")]);
    let successes = |exposition: &Exposition| {
        samples(exposition).into_iter().filter(|sample| sample.contains("_success")).collect::<Vec<_>>()
    };
    assert_eq!(
        successes(&scrape(&scraper, SOON).await),
        [
            "node_scrape_collector_success{collector=\"before\"} 1",
            "node_scrape_collector_success{collector=\"ordinary\"} 0",
            "node_scrape_collector_success{collector=\"behind\"} 0",
        ]
    );
    for deadline in [SOON, PATIENCE] {
        assert_eq!(
            successes(&scrape(&scraper, deadline).await),
            [
                "node_scrape_collector_success{collector=\"before\"} 1",
                "node_scrape_collector_success{collector=\"ordinary\"} 0",
                "node_scrape_collector_success{collector=\"behind\"} 1",
            ]
        );
    }
    assert_eq!(sleepy.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn collect_and_exclude_choose_collectors_as_in_node_exporter() {
    let scraper = scraper([fine("cpu"), fine("stat"), fine("uname")]);
    let select = |collect: &[&str], exclude: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        match scraper.select(&owned(collect), &owned(exclude)) {
            Ok(selection) => format!("{selection:?}"),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(select(&[], &[]), r#"["cpu", "stat", "uname"]"#);
    assert_eq!(select(&["uname", "cpu", "cpu"], &[]), r#"["cpu", "uname"]"#);
    assert_eq!(select(&["cpu", "infiniband"], &[]), r#"["cpu"]"#);
    assert_eq!(select(&[], &["cpu", "infiniband"]), r#"["stat", "uname"]"#);
    assert_eq!(
        select(&["cpu", "gpu"], &[]),
        "`collect[]`: there is no collector `gpu`; it must be one of `cpu`, `stat`, `uname`"
    );
    assert_eq!(
        select(&["dark"], &[]),
        "`collect[]`: the collector `dark` is off; switch it on with `--collector.dark`"
    );
    assert_eq!(
        select(&["cpu"], &["stat"]),
        "`collect[]` and `exclude[]` cannot be used together; give only one of them"
    );
}
