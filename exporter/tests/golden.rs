//! What holds for all collectors, on a host made up for the tests and over the way to a scrape's text.
//!
//! Each collector beside node_exporter: see `hosts.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "hosts/families.rs"]
mod families;
#[path = "hosts/ours.rs"]
mod ours;
#[path = "hosts/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seamark_exporter::collector::{COLLECTORS, Collector, Inputs};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::host::HostRoot;
use seamark_exporter::scrape::Scraper;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Format, encode};

use families::{Families, families};
use ours::host_root;
use tree::Host;

const EVERYTHING_ON: &str = "
cpu: {info: true, info_flags_include: '^(aes|avx2?)$', info_bugs_include: '^spectre'}
stat: {softirq: true}
";

/// Those whose options are tried out here.
const TRIED: [&str; 5] = ["cpu", "meminfo", "loadavg", "stat", "uname"];

fn inputs(host: &Host) -> Inputs {
    Inputs { host: host_root(host), inventory: Arc::new(Inventory::default()), probes: Arc::default() }
}

fn server() -> Host {
    Host::unpack("server")
}

fn build(inputs: &Inputs, options: &str) -> Vec<(&'static str, Box<dyn Collector>)> {
    let source = Source::new("exporter.yml", options);
    config::read(&source, |root| {
        COLLECTORS
            .iter()
            .map(|registration| (registration.name, (registration.build)(inputs, &mut root.section(registration.name))))
            .collect()
    })
    .unwrap()
}

fn build_tried(inputs: &Inputs, options: &str) -> Vec<(&'static str, Box<dyn Collector>)> {
    build(inputs, options).into_iter().filter(|(name, _)| TRIED.contains(name)).collect()
}

fn collect(collectors: &[(&'static str, Box<dyn Collector>)]) -> Exposition {
    let mut out = Exposition::default();
    for (name, collector) in collectors {
        if let Err(error) = collector.collect(&mut out) {
            panic!("{name}: {error}");
        }
    }
    out
}

fn ours(exposition: &Exposition) -> Families {
    families(&encode(exposition, Format::Classic).unwrap())
}

#[track_caller]
fn assert_same(ours: &Families, theirs: &Families) {
    let names = |families: &Families| families.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(ours), names(theirs));
    for (name, family) in ours {
        assert_eq!(family, &theirs[name], "{name}: ours left, node_exporter's right");
    }
}

#[test]
fn cpu_times_that_go_back_are_treated_as_node_exporter_treats_them() {
    let backwards = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/backwards");
    let host = server();
    let collectors: Vec<_> = build(&inputs(&host), "").into_iter().filter(|(name, _)| *name == "cpu").collect();
    for step in 1..=3 {
        fs::copy(backwards.join(format!("{step}.stat")), host.path().join("proc/stat")).unwrap();
        let mut ours = ours(&collect(&collectors));
        ours.retain(|name, _| name.ends_with("seconds_total"));
        let theirs = fs::read_to_string(backwards.join(format!("{step}.prom"))).unwrap();
        assert_same(&ours, &families(&theirs));
    }
}

#[test]
fn a_broken_file_of_sysfs_costs_what_it_tells_and_no_more() {
    let sys = tempfile::tempdir().unwrap();
    fs::create_dir_all(sys.path().join("devices/system/cpu/cpu0")).unwrap();
    fs::write(sys.path().join("devices/system/cpu/isolated"), "all\n").unwrap();
    fs::write(sys.path().join("devices/system/cpu/cpu0/online"), "1\n").unwrap();
    let server = server();
    let host = HostRoot::new(server.path().join("proc"), sys.path(), "/nowhere", "/nowhere");
    let mut out = Exposition::default();
    let collectors = build(&Inputs { host, inventory: Arc::new(Inventory::default()), probes: Arc::default() }, "");
    let (_, cpu) = collectors.iter().find(|(name, _)| *name == "cpu").unwrap();
    let error = cpu.collect(&mut out).unwrap_err().to_string().replace(sys.path().to_str().unwrap(), "/sys");
    assert_eq!(error, "/sys/devices/system/cpu/isolated line 1: expected a list of CPUs such as `0-2,5`, found `all`");
    assert_eq!(
        ours(&out).into_keys().collect::<Vec<_>>(),
        ["node_cpu_guest_seconds_total", "node_cpu_online", "node_cpu_seconds_total"]
    );
}

#[test]
fn options_that_are_off_leave_their_families_out() {
    let host = server();
    let names = |options: &str| -> BTreeSet<_> {
        collect(&build_tried(&inputs(&host), options)).families().iter().map(|family| family.name.to_string()).collect()
    };
    let everything = names(EVERYTHING_ON);
    let by_default = names("");
    assert_eq!(
        everything.difference(&by_default).collect::<Vec<_>>(),
        ["node_cpu_bug_info", "node_cpu_flag_info", "node_cpu_frequency_hertz", "node_cpu_info", "node_softirqs_total"]
    );
    let without_guest = names("cpu: {guest: false}");
    assert_eq!(by_default.difference(&without_guest).collect::<Vec<_>>(), ["node_cpu_guest_seconds_total"]);
}

#[test]
fn a_filter_that_is_no_regular_expression_is_a_problem_with_its_place() {
    let source = Source::new("exporter.yml", "cpu:\n  info_flags_include: '('\n");
    let problems = config::read(&source, |root| {
        let registration = COLLECTORS.iter().find(|registration| registration.name == "cpu").unwrap();
        (registration.build)(&inputs(&server()), &mut root.section("cpu"));
    })
    .unwrap_err();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("info_flags_include") && problems[0].contains("a regular expression"), "{problems:?}");
}

#[test]
fn no_two_collectors_have_a_family_in_common() {
    let mut owners = BTreeMap::new();
    let host = server();
    for (collector, built) in build(&inputs(&host), EVERYTHING_ON) {
        let mut out = Exposition::default();
        // What a collector cannot read on the fixture host is not this test's business.
        let _ = built.collect(&mut out);
        for family in out.families() {
            if let Some(other) = owners.insert(family.name.to_string(), collector) {
                panic!("{} is told by {other} and by {collector}", family.name);
            }
        }
    }
}

#[test]
fn every_registration_has_a_name_and_options_of_its_own() {
    let mut seen = BTreeSet::new();
    for registration in COLLECTORS {
        assert!(seen.insert(registration.name.to_owned()), "{} is there twice", registration.name);
        for option in registration.options {
            // As in node_exporter, the flags of one have a shorter name than itself, and one flag of another a longer one.
            let name = if registration.name == "powersupplyclass" { "powersupply" } else { registration.name };
            let rest = option.flag.strip_prefix(&format!("collector.{name}"));
            let rest = rest.map(|rest| rest.strip_prefix("_rtnl").unwrap_or(rest));
            assert!(rest.is_some_and(|rest| rest.starts_with('.')), "{}", option.flag);
            assert!(seen.insert(option.flag.to_owned()), "{} is there twice", option.flag);
            assert!(!option.help.is_empty() && option.key != "enabled", "{}", option.flag);
        }
    }
}

#[test]
fn without_the_defaults_only_what_is_switched_on_by_name_runs() {
    let host = server();
    let source = Source::new("exporter.yml", "disable_defaults: true\nmeminfo: {enabled: true}\n");
    let scraper = config::read(&source, |root| Scraper::new(COLLECTORS, &inputs(&host), root)).unwrap();
    assert_eq!(scraper.names().collect::<Vec<_>>(), ["meminfo"]);
}

async fn scrape(inputs: &Inputs, collect: &[&str]) -> Exposition {
    let source = Source::new("exporter.yml", EVERYTHING_ON);
    let scraper = config::read(&source, |root| Scraper::new(COLLECTORS, inputs, root)).unwrap();
    let collect: Vec<_> = collect.iter().map(|name| (*name).to_owned()).collect();
    scraper.select(&collect, &[]).unwrap().scrape(Duration::from_secs(60)).await
}

#[tokio::test]
async fn both_formats_have_the_same_samples_and_no_family_twice() {
    let host = server();
    let exposition = scrape(&inputs(&host), &[]).await;
    let samples = |format| {
        let text = encode(&exposition, format).unwrap();
        let mut types: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        types.sort_unstable();
        assert!(types.windows(2).all(|pair| pair[0].split(' ').next() != pair[1].split(' ').next()));
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    let classic = samples(Format::Classic);
    assert_eq!(classic, samples(Format::OpenMetrics));
    assert_eq!(classic.iter().collect::<BTreeSet<_>>().len(), classic.len());
}

#[tokio::test]
async fn scrapes_at_the_same_time_all_say_everything() {
    let host = server();
    let inputs = inputs(&host);
    let source = Source::new("exporter.yml", "");
    let scraper = config::read(&source, |root| Scraper::new(COLLECTORS, &inputs, root)).unwrap();
    let selection = scraper.select(&TRIED.map(str::to_owned), &[]).unwrap();
    let scrape = || selection.scrape(Duration::from_secs(60));
    let (one, two, three, four) = tokio::join!(scrape(), scrape(), scrape(), scrape());
    let timeless = |exposition: &Exposition| {
        let mut families = ours(exposition);
        families.remove("node_scrape_collector_duration_seconds").unwrap();
        families
    };
    for other in [two, three, four] {
        assert_eq!(timeless(&one), timeless(&other));
    }
    assert!(ours(&one)["node_scrape_collector_success"].1.values().all(|success| *success == 1.0));
}

#[tokio::test]
async fn a_host_without_any_file_fails_by_collector_and_not_as_a_whole() {
    let nowhere = tempfile::tempdir().unwrap();
    let host = HostRoot::new(nowhere.path(), nowhere.path(), nowhere.path(), nowhere.path());
    let exposition =
        scrape(&Inputs { host, inventory: Arc::new(Inventory::default()), probes: Arc::default() }, &TRIED).await;
    let success: Vec<_> = ours(&exposition)["node_scrape_collector_success"]
        .1
        .iter()
        .map(|(labels, success)| format!("{} {success}", labels[0]))
        .collect();
    assert_eq!(
        success,
        [
            "collector=\"cpu\" 0",
            "collector=\"loadavg\" 0",
            "collector=\"meminfo\" 0",
            "collector=\"stat\" 0",
            "collector=\"uname\" 1"
        ]
    );
}
