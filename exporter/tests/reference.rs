//! The pages tell of every collector, every flag, every key and every name there is.
//!
//! `make reference` writes them: `UPDATE=1 cargo test -p seamark-exporter --test reference`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../../kit/tests/reference/mod.rs"]
mod reference;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use reference::{Key, Keys, differences, flags, hold, rows, words_in_source};
use seamark_exporter::collector::{COLLECTORS, CollectorOption, of_the_host};
use seamark_exporter::{config, probe};
use seamark_kit::config::Source;

const TABLE: &str = include_str!("reference/keys.txt");
const PAGE: &str = "deploy/reference/exporter-config.md";
const INTRODUCTION: &str = include_str!("reference/introduction.txt");

/// A file in which everything that may be there is there; what a probe may hold depends on its kind.
fn sample(kind: &str) -> String {
    format!(
        "docker: {{watch: [{{name: a}}]}}\nalertmanager:\n  urls:\n  - {{url: https://a:9093, basic_auth: {{username: me, \
         password: x}}, tls: {{insecure_skip_verify: true}}}}\n\
         thresholds: {{host_disk: {{mounts: {{/a: {{}}}}}}, host_network: {{devices: {{a: {{}}}}}}}}\n\
         storage: [{{name: a}}]\nprobes:\n  - {{name: a, {kind}: 'a:1', query_response: [{{}}], fail_if_header_matches: [{{}}], \
         fail_if_header_not_matches: [{{}}]}}\nprobe_endpoint: true\nmodules: {{a: {{prober: {kind}}}}}\n"
    )
}

/// The keys, without those of collectors and of modules, and these.
fn keys() -> (Keys, BTreeSet<String>) {
    let (mut keys, mut others) = (Keys::default(), BTreeSet::new());
    for kind in probe::KINDS {
        let asked = config::keys(&Source::new("exporter.yml", sample(kind.name)).with_environment([]));
        let is_other = |path: &str| {
            let below_kind = path.strip_prefix("modules.*.").is_some_and(|rest| rest != "prober" && rest != "timeout");
            below_kind || (path.starts_with("collectors.") && path != "collectors.disable_defaults")
        };
        let (of_others, own): (Vec<_>, Vec<_>) = asked.into_iter().partition(|asked| is_other(&asked.path));
        others.extend(of_others.into_iter().map(|asked| asked.path));
        keys.add(kind.name, own);
    }
    (keys, others)
}

/// The kinds of probes that have a key, where not all have it.
fn kinds(path: &str, key: &Key) -> Option<String> {
    let some = path.starts_with("probes[].") && key.of.len() < probe::KINDS.len();
    some.then(|| key.of.iter().cloned().collect::<Vec<_>>().join(", "))
}

#[test]
fn every_key_that_is_asked_for_is_told_of_and_no_other() {
    let differences = differences(&keys().0, &reference::table(TABLE));
    assert!(differences.is_empty(), "exporter/tests/reference/keys.txt:\n{}", differences.join("\n"));
}

#[test]
fn collectors_ask_for_their_options_and_modules_for_the_keys_of_probes() {
    let (keys, others) = keys();
    let options = COLLECTORS.iter().flat_map(|collector| {
        let own = collector.options.iter().map(|option| option.key).chain(["enabled"]);
        own.map(|key| format!("collectors.{}.{key}", collector.name)).chain([format!("collectors.{}", collector.name)])
    });
    let asked: BTreeSet<_> = others.iter().filter(|path| path.starts_with("collectors.")).cloned().collect();
    assert_eq!(asked, options.collect());
    for path in others.iter().filter_map(|path| path.strip_prefix("modules.*.")) {
        if let Some((kind, key)) = path.split_once('.') {
            assert!(keys.keys.contains_key(&format!("probes[].{key}")), "{kind}: {key}");
        }
    }
}

#[test]
fn every_word_that_the_code_reads_a_key_by_is_a_key() {
    let (keys, others) = keys();
    let known = |word: &str| keys.order.iter().chain(&others).any(|path| path.rsplit('.').next() == Some(word));
    let mut words = words_in_source("exporter/src");
    words.extend(words_in_source("kit/src/upstream"));
    assert!(words.len() > 80, "{words:?}");
    let unknown: Vec<_> = words.iter().filter(|(word, _)| !known(word)).collect();
    assert!(unknown.is_empty(), "no sample asks for {unknown:?}");
}

/// What holds without it, as its help says.
fn default(option: &CollectorOption) -> &str {
    let given = option.help.split_once("[default: ").and_then(|(_, rest)| rest.split_once(']'));
    match given {
        Some((default, _)) => default,
        None if option.help.contains("on by default") => "on",
        None if option.switch => "off",
        None => "",
    }
}

fn collectors() -> String {
    let mut page = String::from(
        "\n## Collectors\n\nEach has a section of its own below `collectors`, in which `enabled` switches it on or off. Patterns are \
         regular expressions; those of node_exporter have its defaults, which [host-metrics.md](../host-metrics.md) \
         compares. All take effect with a reload.\n\n| Key | Flag | Default | |\n| --- | --- | --- | --- |\n",
    );
    for collector in COLLECTORS {
        let name = collector.name;
        let default_state = if collector.on_by_default { "on" } else { "off" };
        writeln!(page, "| `{name}.enabled` | `--collector.{name}`, `--no-collector.{name}` | {default_state} | |")
            .unwrap();
        for option in collector.options {
            let help = reference::cell(option.help.split(" [default").next().unwrap());
            writeln!(page, "| `{name}.{}` | `--{}` | {} | {help} |", option.key, option.flag, default(option)).unwrap();
        }
    }
    page.replace("|  |", "| |")
}

#[test]
fn the_committed_page_is_what_the_code_says() {
    let rows = rows(&keys().0, &reference::table(TABLE), kinds);
    let command = seamark_exporter::cli::command();
    // Those of the collectors stand beside their keys.
    let of_collectors: Vec<_> = command.get_arguments().map(|flag| flag.get_id().to_string()).collect();
    let is_theirs = |id: &String| id.starts_with("collector.") || id.starts_with("no-collector.");
    let mut command = of_collectors
        .into_iter()
        .filter(is_theirs)
        .fold(command, |command, id| command.mut_arg(id, |flag| flag.hide(true)));
    let flags = flags(&mut command, "SEAMARK_EXPORTER_");
    let collectors = collectors();
    hold(PAGE, &format!("{INTRODUCTION}{rows}{collectors}\n## Flags and variables of the environment\n\n{flags}"));
}

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

#[test]
fn the_reference_of_metrics_has_every_name_that_a_source_file_has() {
    let page = repository("deploy/reference/exporter-metrics.md");
    let told: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for collector in COLLECTORS {
        let source = repository(&format!("exporter/src/collector/{}.rs", collector.name));
        for name in names_in(&source) {
            assert!(told.contains(name), "{}: {name}", collector.name);
        }
    }
    assert!(told.len() > 500, "{}", told.len());
}

/// What a file says, in words that can be compared.
fn read(text: &str) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let config = config::load(Some(file.path()), &[], &Arc::default(), &Arc::default());
    let config = config.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let names: Vec<_> = config.scraper.names().collect();
    let host = format!("{:?}", config.host);
    // Its folders; what is kept open of them differs.
    let host = host.split(", kept").next().unwrap();
    format!(
        "{:?} {:?} {host} {:?} {:?} {:?} {:?} {:?} {names:?}",
        config.listen,
        config.instance,
        config.docker,
        config.alertmanager,
        config.probe,
        config.storage,
        config.thresholds
    )
}

/// A good file that has this setting at this place, and the same without it. `None` for places that are too deep.
fn with_and_without(path: &str, kind: &str, value: &str) -> Option<[String; 2]> {
    let target = match kind {
        "http" => "http: 'http://a/'".to_owned(),
        "dns" => "dns: '192.0.2.1', query_name: example.org".to_owned(),
        kind => format!("{kind}: 'a:1'"),
    };
    let [list, item, key] = match path.split_once("[].") {
        Some(("probes", key)) => ["probes", &format!("name: a, {target}"), key],
        Some(("storage", key)) => ["storage", "name: a, path: /a", key],
        Some(("docker.watch", key)) => ["docker: {watch", "name: a", key],
        Some(_) => return None,
        None => {
            let mut text = value.to_owned();
            for key in path.rsplit('.') {
                text = format!("{{{key}: {text}}}");
            }
            return Some([text, "{}".to_owned()]);
        }
    };
    let end = if list.contains('{') { "}" } else { "" };
    let file = |more: &str| format!("{list}: [{{{item}{more}}}]{end}\n");
    (!key.contains(['.', '['])).then(|| [file(&format!(", {key}: {value}")), file("")])
}

#[test]
fn a_key_with_its_default_changes_nothing() {
    let (keys, mut tried) = (keys().0, 0);
    for (path, told) in reference::table(TABLE) {
        let literal = told.default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let Some(default) = literal.filter(|word| !word.contains('`')) else { continue };
        let kind = keys.keys[&path].of.first().unwrap();
        let value = if default.starts_with('[') { default.to_owned() } else { format!("'{default}'") };
        let Some([with, without]) = with_and_without(&path, kind, &value) else { continue };
        assert_eq!(read(&with), read(&without), "{path}: the default is not `{default}`");
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}
