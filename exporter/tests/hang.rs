//! A mount that never answers: a FUSE file system whose daemon takes no request. statfs(2) on it sleeps for good.
//!
//! Needs root and `/dev/fuse`, and fails without them. It all happens in namespaces of its own, in a process of this
//! test that is the first one there, so that nothing is left behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// Set in the process that lives in the namespaces.
const INSIDE: &str = "SEAMARK_TEST_INSIDE";

/// How long Prometheus says it waits, and the client does wait.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(3);

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_mount_that_never_answers_costs_one_thread_and_its_own_figures_and_nothing_else() {
    if std::env::var_os(INSIDE).is_some() {
        return story();
    }
    assert!(rustix::process::geteuid().is_root(), "this test mounts a file system: run it as root");
    assert!(Path::new("/dev/fuse").exists(), "this test needs /dev/fuse: load the module `fuse`");
    let this = std::env::current_exe().unwrap();
    let name = "a_mount_that_never_answers_costs_one_thread_and_its_own_figures_and_nothing_else";
    let mut inside = Command::new("unshare");
    inside.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation=private"]);
    let output = inside.arg(this).args(["--exact", name, "--nocapture"]).env(INSIDE, "1").output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn story() {
    let home = tempfile::tempdir().unwrap();
    let [hung, well] = ["hung", "well"].map(|name| home.path().join(name));
    for directory in [&hung, &well] {
        fs::create_dir(directory).unwrap();
    }
    let none = CString::default();
    mount("none", &well, "tmpfs", MountFlags::empty(), &*none).unwrap();
    let daemon = File::options().read(true).write(true).open("/dev/fuse").unwrap();
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", daemon.as_raw_fd());
    mount("none", &hung, "fuse", MountFlags::empty(), &*CString::new(options).unwrap()).unwrap();
    let exporter = Exporter::start(home.path());
    let silent = labels("fuse", &hung, "mountpoint timeout");
    let told = labels("tmpfs", &well, "");

    for scrape in 0..10 {
        fs::write(well.join(scrape.to_string()), vec![b'x'; 100_000]).unwrap();
        let answer = exporter.scrape();
        assert_eq!(answer.value("node_filesystem_device_error", &silent), Some(1.0), "{answer:?}");
        assert_eq!(answer.value("node_filesystem_size_bytes", &silent), None);
        assert_eq!(answer.value("node_filesystem_device_error", &told), Some(0.0));
        // Read now, and not told again from before.
        let free = rustix::fs::statfs(&well).unwrap();
        let free = (free.f_bfree * u64::try_from(free.f_bsize).unwrap()) as f64;
        assert_eq!(answer.value("node_filesystem_free_bytes", &told), Some(free));
        assert_eq!(answer.value("node_scrape_collector_success", "{collector=\"filesystem\"}"), Some(1.0));
        assert_eq!(answer.value("seamark_exporter_collector_stale_seconds", "{collector=\"filesystem\"}"), Some(0.0));
        // The one that hangs, and the one that asks.
        assert!(exporter.threads() <= 2, "{} threads", exporter.threads());
    }

    // What is mounted over it answers, though the call to the one below is still out.
    mount("none", &hung, "tmpfs", MountFlags::empty(), &*none).unwrap();
    let answer = exporter.scrape();
    let over = labels("tmpfs", &hung, "");
    assert_eq!(answer.value("node_filesystem_device_error", &over), Some(0.0), "{answer:?}");
    unmount(&hung, UnmountFlags::empty()).unwrap();
    assert_eq!(exporter.scrape().value("node_filesystem_device_error", &silent), Some(1.0));

    // Without its daemon the file system refuses every call; the one that was out comes back.
    drop(daemon);
    let refused = labels("fuse", &hung, "transport endpoint is not connected");
    exporter.scrape_until(|answer| answer.value("node_filesystem_device_error", &refused) == Some(1.0));
    assert_eq!(exporter.scrape().value("node_filesystem_device_error", &silent), None);
    unmount(&hung, UnmountFlags::DETACH).unwrap();
    let answer = exporter.scrape();
    assert_eq!(answer.value("node_filesystem_device_error", &refused), None);
    assert_eq!(answer.value("node_filesystem_device_error", &told), Some(0.0));
    exporter.scrape_until(|_| exporter.threads() == 1);
    drop(exporter);
    unmount(&well, UnmountFlags::empty()).unwrap();
}

fn labels(fs_type: &str, point: &Path, error: &str) -> String {
    let error = if error.is_empty() { String::new() } else { format!("device_error=\"{error}\",") };
    format!("{{device=\"none\",{error}fstype=\"{fs_type}\",mountpoint=\"{}\"}}", point.display())
}

#[derive(Debug)]
struct Answer(String);

impl Answer {
    fn value(&self, family: &str, labels: &str) -> Option<f64> {
        let series = format!("{family}{labels} ");
        self.0.lines().find_map(|line| line.strip_prefix(&series)).map(|value| value.parse().unwrap())
    }
}

/// An exporter that runs until it is dropped.
struct Exporter {
    child: Child,
    url: String,
    client: Client,
}

impl Exporter {
    fn start(home: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-exporter"));
        command.env_clear().env("DOCKER_HOST", format!("unix://{}", home.join("docker.sock").display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--log.format=json"]);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("serves /metrics")).expect("it ended before it served");
        let address = line.split("\"address\":\"").nth(1).unwrap().split('"').next().unwrap();
        let url = format!("http://{address}/metrics");
        // Its log is of use when the test fails, and must be read in any case.
        std::thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
        Self { child, url, client: Client::builder().no_proxy().timeout(SCRAPE_TIMEOUT).build().unwrap() }
    }

    /// Fails if the answer does not come in time.
    fn scrape(&self) -> Answer {
        let request = self.client.get(&self.url);
        let request = request.header("X-Prometheus-Scrape-Timeout-Seconds", SCRAPE_TIMEOUT.as_secs().to_string());
        Answer(request.send().unwrap().text().unwrap())
    }

    fn scrape_until(&self, well: impl Fn(&Answer) -> bool) {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let answer = self.scrape();
            if well(&answer) {
                return;
            }
            assert!(Instant::now() < give_up, "{answer:?}");
        }
    }

    /// How many threads ask mounts.
    fn threads(&self) -> usize {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
        names.filter(|name| name.trim() == "mounts").count()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
