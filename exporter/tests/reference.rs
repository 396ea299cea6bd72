//! The pages tell of every collector, every flag and every name there is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use seamark_exporter::collector::{COLLECTORS, of_the_host};

fn table() -> String {
    let mut table =
        String::from("| Collector | Runs | Flags, each with the key below `collectors.NAME` |\n| --- | --- | --- |\n");
    for collector in of_the_host() {
        let runs = if collector.on_by_default { "by default" } else { "when switched on" };
        let options: Vec<_> =
            collector.options.iter().map(|option| format!("`--{}` (`{}`)", option.flag, option.key)).collect();
        writeln!(table, "| {} | {runs} | {} |", collector.name, options.join(", ")).unwrap();
    }
    table.replace("|  |", "| |")
}

/// `UPDATE=1 cargo test -p seamark-exporter --test reference` writes the table anew.
#[test]
fn the_page_about_host_metrics_has_every_collector_and_flag() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/host-metrics.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (head, rest) = text.split_once("<!-- collectors -->\n").unwrap();
    let (old, tail) = rest.split_once("<!-- end of collectors -->").unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let new = format!("{head}<!-- collectors -->\n{}<!-- end of collectors -->{tail}", table());
        std::fs::write(&page, new).unwrap();
    } else {
        assert_eq!(old, table(), "run this test with UPDATE=1");
    }
}

fn repository(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// What stands between backticks, `a_{b,c}_d` as `a_b_d` and `a_c_d`, without `{labels}` at the end.
fn names_on(page: &str) -> BTreeSet<String> {
    let mut names: Vec<String> = page.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    while let Some(place) = names.iter().position(|name| name.contains('{')) {
        let name = names.swap_remove(place);
        let (head, rest) = name.split_once('{').unwrap();
        let (choices, tail) = rest.split_once('}').unwrap_or((rest, ""));
        names.push(format!("{head}{tail}"));
        names.extend(choices.split(',').map(|choice| format!("{head}{choice}{tail}")));
    }
    names.into_iter().collect()
}

/// The names of metrics that stand in a source file.
fn names_in(source: &str) -> impl Iterator<Item = &str> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    source.split('"').skip(1).step_by(2).filter(|text| {
        let ours = ["container_", "machine_", "probe_", "seamark_"].iter().any(|start| text.starts_with(start));
        let whole = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        ours && whole && COLLECTORS.iter().all(|collector| collector.name != *text)
    })
}

#[test]
fn the_pages_about_containers_and_probes_have_every_name_that_is_told() {
    let told_there = names_on(&(repository("deploy/containers.md") + &repository("deploy/probes.md")));
    let of_the_host = of_the_host().count();
    let files = COLLECTORS.iter().skip(of_the_host).map(|collector| format!("collector/{}", collector.name));
    let files = files.chain(["probe/metric".to_owned()]).map(|file| format!("exporter/src/{file}.rs"));
    let mut missing = Vec::new();
    let mut found = 0;
    for file in files {
        let source = repository(&file);
        for name in names_in(&source) {
            found += 1;
            if !told_there.contains(name) {
                missing.push(format!("{file}: {name}"));
            }
        }
    }
    assert!(found > 130, "{found}");
    assert!(missing.is_empty(), "{missing:#?}");
}
