//! `targets import` of the real binary: a list of servers in, a file that Prometheus takes out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const GOLDEN: &str = include_str!("targets/seamark.servers.yml");

/// As a spreadsheet has written it, with passwords in it.
fn list() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/servers.csv")
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn import(list: &Path, more: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-relay"));
    // No configuration is there, and none is needed.
    command.env_clear().stdin(Stdio::null()).args(["--config.file", "/nonexistent", "targets", "import"]);
    let output = command.arg(list).args(more).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder of targets, with a list beside it.
struct Place(TempDir);

impl Place {
    fn new(list: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.folder()).unwrap();
        fs::write(place.list(), list).unwrap();
        place
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("targets")
    }

    fn list(&self) -> PathBuf {
        self.0.path().join("servers.csv")
    }

    fn import(&self, more: &[&str]) -> Said {
        let folder = self.folder().display().to_string();
        let said = import(&self.list(), &[&["--output", &folder], more].concat());
        let neutral = |text: String| text.replace(&format!("{}/", self.0.path().display()), "");
        Said { code: said.code, out: neutral(said.out), err: neutral(said.err) }
    }

    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

#[test]
fn a_list_with_passwords_becomes_targets_without_them() {
    let said = import(&list(), &["--label", "rack"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(list().with_file_name("seamark.servers.yml"), &said.out).unwrap();
    }
    assert_eq!(said.out, GOLDEN);
    assert!(said.err.contains("were not taken over") && said.err.contains("delete the file"), "{}", said.err);
    assert!(!said.out.contains("hunter") && !said.err.contains("hunter"), "{}{}", said.out, said.err);
    assert!(!said.out.contains("root") && !said.err.contains("root"), "{}{}", said.out, said.err);
}

#[test]
fn the_committed_prometheus_takes_the_result() {
    let site = tempfile::tempdir().unwrap();
    let shipped =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../prometheus/prometheus.yml")).unwrap();
    fs::write(site.path().join("prometheus.yml"), shipped).unwrap();
    let targets = site.path().join("targets");
    fs::create_dir(&targets).unwrap();
    let said = import(&list(), &["--output", &targets.display().to_string()]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let check = || {
        let mut promtool = Command::new("promtool");
        let output = promtool.args(["check", "config"]).arg(site.path().join("prometheus.yml")).output();
        output.expect("this test needs promtool (Debian's package prometheus)").status.success()
    };
    assert!(check(), "promtool refuses the file");
    // Whether it would have noticed.
    let file = targets.join("seamark.servers.yml");
    let spoilt = fs::read_to_string(&file).unwrap().replace("labels: {", "labels: {{");
    fs::write(&file, spoilt).unwrap();
    assert!(!check(), "promtool does not look at the file");
}

#[test]
fn an_import_can_be_repeated_and_tells_what_has_changed() {
    let place = Place::new("alias,ip\nweb-1,10.0.0.11\nweb-2,10.0.0.12\n");
    let tried = place.import(&["--dry-run"]);
    assert_eq!(
        tried.err,
        "seamark-relay: targets/seamark.servers.yml would be written, with 2 servers; new: web-1, web-2\n"
    );
    assert!(tried.out.contains("targets: [\"10.0.0.11:9877\"]"), "{}", tried.out);
    assert!(place.files().is_empty());

    let first = place.import(&[]);
    assert_eq!(first.err, "seamark-relay: targets/seamark.servers.yml is written, with 2 servers; new: web-1, web-2\n");
    assert_eq!((first.code, first.out.as_str()), (Some(0), ""));
    let written = place.folder().join("seamark.servers.yml");
    let before = (fs::read_to_string(&written).unwrap(), fs::metadata(&written).unwrap().modified().unwrap());
    assert_eq!(before.0, tried.out);

    let again = place.import(&[]);
    assert_eq!(again.err, "seamark-relay: targets/seamark.servers.yml is as it should be, with 2 servers\n");
    assert_eq!(before, (fs::read_to_string(&written).unwrap(), fs::metadata(&written).unwrap().modified().unwrap()));

    fs::write(place.list(), "alias,ip\nweb-2,10.0.0.12\nweb-3,10.0.0.13\n").unwrap();
    let changed = place.import(&[]);
    assert_eq!(
        changed.err,
        "seamark-relay: targets/seamark.servers.yml is written, with 2 servers; new: web-3; gone: web-1\n"
    );
    assert_eq!(place.files(), ["seamark.servers.yml"]);
}

#[test]
fn a_bad_line_leaves_everything_as_it_was() {
    let place = Place::new("alias,ip\nweb-1,10.0.0.11\n");
    place.import(&[]);
    let before = fs::read_to_string(place.folder().join("seamark.servers.yml")).unwrap();
    fs::write(place.list(), "alias,ip\nweb-1,10.0.0.11\nweb-2,10.0.0.256\n,10.0.0.13\n").unwrap();
    let said = place.import(&[]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert_eq!(
        said.err,
        "seamark-relay: servers.csv was not imported, and nothing was written:\nservers.csv:3:7: expected an address, \
         such as `10.0.0.12`, `fd00::12` or `web-2.example.org`, found `10.0.0.256`\nservers.csv:4:1: expected a name, \
         as the exporter there calls itself (`instance:`), of at most 200 characters, found nothing\n"
    );
    assert_eq!(fs::read_to_string(place.folder().join("seamark.servers.yml")).unwrap(), before);
    assert_eq!(place.files(), ["seamark.servers.yml"]);
}

#[test]
fn what_other_files_of_the_job_have_is_refused() {
    let place = Place::new("alias,ip\nweb-1,10.0.0.11\nweb-2,10.0.0.12\nweb-3,10.0.0.13\n");
    let put = |name: &str, text: &str| fs::write(place.folder().join(name), text).unwrap();
    put("seamark.yml", "- targets: [10.9.9.9:9877]\n  labels: {instance: web-2}\n");
    put("seamark.more.json", "[{\"targets\": [\"10.0.0.13:9877\"]}]");
    // Another job may have the same hosts.
    put("node.yml", "- targets: [10.0.0.11:9100]\n  labels: {instance: web-1}\n");
    put("seamark.broken.yml", "- [");
    let said = place.import(&[]);
    let expected = "seamark-relay: targets/seamark.broken.yml cannot be read as a list of targets, and was not compared\n\
        seamark-relay: servers.csv was not imported, and nothing was written:\n\
        servers.csv:4:1: `web-3` (10.0.0.13:9877) is in targets/seamark.more.json already; take it out of one of the two\n\
        servers.csv:3:1: `web-2` (10.0.0.12:9877) is in targets/seamark.yml already; take it out of one of the two\n";
    assert_eq!((said.code, said.err.as_str()), (Some(2), expected));
}

#[test]
fn what_somebody_has_written_is_not_overwritten() {
    let place = Place::new("alias,ip\nweb-1,10.0.0.11\n");
    fs::write(place.folder().join("seamark.servers.yml"), "# mine\n[]\n").unwrap();
    let said = place.import(&[]);
    assert_eq!(
        said.err,
        "seamark-relay: targets/seamark.servers.yml was not written by this command, and would be lost; move it away, \
         or name the list otherwise\n"
    );
    assert_eq!(fs::read_to_string(place.folder().join("seamark.servers.yml")).unwrap(), "# mine\n[]\n");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let place = Place::new("alias,ip\nweb-1,10.0.0.11\n");
    for job in ["probe", "a.b", "a/b", ""] {
        let said = place.import(&["--job", job]);
        assert_eq!(said.code, Some(2), "{job}: {}", said.err);
    }
    assert_eq!(place.import(&["--port", "0"]).code, Some(2));
    let nowhere = import(&place.list(), &["--output", "/nonexistent"]);
    assert!(nowhere.err.contains("`/nonexistent` is no directory"), "{}", nowhere.err);
    assert!(place.files().is_empty());
    let missing = import(Path::new("/nonexistent.csv"), &[]);
    assert_eq!((missing.code, missing.err.contains("/nonexistent.csv cannot be read")), (Some(1), true));
}
