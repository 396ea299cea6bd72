//! A real Prometheus with samples of our own making: two days of two hosts that are asked for and one that is not, and
//! what they come to, reckoned without Prometheus.

// Each test uses its own part of it.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tempfile::TempDir;

/// The last sample. 2026-11-20T00:00:00Z.
pub const END: Timestamp = Timestamp::constant(1_795_132_800, 0);
const FIRST: i64 = -2880;
const DAY: i64 = -1440;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
const MIB: f64 = 1024.0 * 1024.0;

pub struct Prometheus {
    pub url: String,
    process: Child,
    _directory: TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Prometheus {
    /// Starts it and waits until it answers. Debian's package `prometheus` has both programs.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("samples"), samples()).unwrap();
        std::fs::write(path("prometheus.yml"), "scrape_configs: []\n").unwrap();
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([path("samples"), path("data")])
            .output()
            .expect("promtool; deploy/scripts/setup.sh installs it");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", path("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", path("data").display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus; deploy/scripts/setup.sh installs it");
        let started = Self { url: format!("http://{address}"), process, _directory: directory };
        let begun = Instant::now();
        while !started.is_ready(&address.to_string()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "prometheus does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        started
    }

    fn is_ready(&self, address: &str) -> bool {
        use std::io::{Read as _, Write as _};
        let Ok(mut stream) = std::net::TcpStream::connect(address) else { return false };
        let mut answer = String::new();
        let asked = stream.write_all(b"GET /-/ready HTTP/1.0\r\n\r\n");
        asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.0 200")
    }
}

/// Part of a minute that both processors of a host work: 20 to 90 %, more on the second host, with a peak at -700.
fn busy(host: usize, minute: i64) -> f64 {
    let base = 0.2 + 0.1 * host as f64 + 0.1 * ((minute.rem_euclid(360)) as f64 / 360.0);
    if (-710..-690).contains(&minute) { 0.9 } else { base }
}

fn idle(host: usize) -> impl Fn(i64) -> f64 {
    move |minute| 60.0 * (1.0 - busy(host, minute))
}

fn available(host: usize, minute: i64) -> f64 {
    let used = 2.0 + host as f64 + (minute.rem_euclid(600)) as f64 / 600.0;
    (8.0 - used) * GIB
}

/// Bytes within a minute.
fn received(host: usize) -> impl Fn(i64) -> f64 {
    move |minute| 60.0 * 1e6 * (1.0 + host as f64) * if (-100..-80).contains(&minute) { 5.0 } else { 1.0 }
}

fn disk_free(minute: i64) -> f64 {
    45.0 * GIB - (minute - FIRST) as f64 * 4.0 * MIB
}

/// The first host says nothing for two hours, and boots at -300.
fn is_silent(host: usize, minute: i64) -> bool {
    host == 0 && (-600..-480).contains(&minute)
}

/// What a counter has grown to; `boots`: it begins anew at -300.
fn counter(per_minute: &dyn Fn(i64) -> f64, minute: i64, boots: bool) -> f64 {
    let from = if boots && minute >= -300 { -300 } else { FIRST };
    (from..minute).map(per_minute).sum()
}

struct Page(String);

impl Page {
    fn series(&mut self, name: &str, labels: &str, value: impl Fn(i64) -> Option<f64>) {
        for minute in FIRST..=0 {
            if let Some(value) = value(minute) {
                writeln!(self.0, "{name}{{{labels}}} {value} {}", END.as_second() + minute * 60).unwrap();
            }
        }
    }

    /// Of a counter, without adding it up anew for each minute.
    fn grows(&mut self, host: usize, name: &str, labels: &str, per_minute: impl Fn(i64) -> f64) {
        let (mut sum, mut all) = (0.0, Vec::new());
        for minute in FIRST..=0 {
            if host == 0 && minute == -300 {
                sum = 0.0;
            }
            all.push(sum);
            sum += per_minute(minute);
        }
        self.series(name, labels, |minute| {
            (!is_silent(host, minute)).then(|| all[usize::try_from(minute - FIRST).unwrap()])
        });
    }
}

fn samples() -> String {
    let mut page = Page(String::new());
    for (host, name) in ["web-1", "web-2", "db-1"].into_iter().enumerate() {
        let of = |more: &str| format!("job=\"seamark\",instance=\"{name}\"{more}");
        let there = |value: f64| move |minute: i64| (!is_silent(host, minute)).then_some(value);
        for cpu in ["0", "1"] {
            page.grows(host, "node_cpu_seconds_total", &of(&format!(",cpu=\"{cpu}\",mode=\"idle\"")), idle(host));
            page.grows(host, "node_cpu_seconds_total", &of(&format!(",cpu=\"{cpu}\",mode=\"user\"")), |minute| {
                60.0 * busy(host, minute)
            });
        }
        page.series("node_boot_time_seconds", &of(""), |minute| {
            let boot = if host == 0 && minute >= -300 { -300 } else { -9000 };
            (!is_silent(host, minute)).then_some((END.as_second() + boot * 60) as f64)
        });
        page.grows(host, "node_context_switches_total", &of(""), |_| 60_000.0);
        page.series("node_memory_MemTotal_bytes", &of(""), there(8.0 * GIB));
        page.series("node_memory_MemAvailable_bytes", &of(""), |minute| {
            (!is_silent(host, minute)).then_some(available(host, minute))
        });
        page.series("node_memory_SwapTotal_bytes", &of(""), there(if host == 0 { GIB } else { 0.0 }));
        page.series("node_memory_SwapFree_bytes", &of(""), there(if host == 0 { 0.5 * GIB } else { 0.0 }));
        for (device, mountpoint, fstype) in
            [("/dev/vda1", "/", "ext4"), ("/dev/vda1", "/var/lib/docker", "ext4"), ("tmpfs", "/run", "tmpfs")]
        {
            let labels = of(&format!(",device=\"{device}\",mountpoint=\"{mountpoint}\",fstype=\"{fstype}\""));
            page.series("node_filesystem_size_bytes", &labels, there(100.0 * GIB));
            page.series("node_filesystem_free_bytes", &labels, |minute| {
                (!is_silent(host, minute)).then_some(disk_free(minute) + 5.0 * GIB)
            });
            page.series("node_filesystem_avail_bytes", &labels, |minute| {
                (!is_silent(host, minute)).then_some(disk_free(minute))
            });
        }
        for device in ["eth0", "lo"] {
            let labels = of(&format!(",device=\"{device}\""));
            page.grows(host, "node_network_receive_bytes_total", &labels, received(host));
            page.grows(host, "node_network_transmit_bytes_total", &labels, |minute| received(host)(minute) / 4.0);
        }
        page.series("node_sockstat_TCP_inuse", &of(""), there(120.0));
        page.series("node_sockstat_UDP_inuse", &of(""), there(30.0));
        page.series("node_sockstat_TCP_tw", &of(""), there(900.0));
        page.series("seamark_threshold", &of(",check=\"host_cpu\",severity=\"warning\""), there(0.8));
    }
    containers(&mut page);
    page.0 + "# EOF\n"
}

fn containers(page: &mut Page) {
    let of = |name: &str, more: &str| format!("job=\"seamark\",instance=\"web-2\",id=\"{name}\",name=\"{name}\"{more}");
    let always = |value: f64| move |_: i64| Some(value);
    let second = |minute: i64| (END.as_second() + minute * 60) as f64;
    for (name, state, health) in [("api", "running", "unhealthy"), ("backup", "exited", "none")] {
        for other in ["running", "exited"] {
            let value = if other == state { 1.0 } else { 0.0 };
            page.series("seamark_container_state", &of(name, &format!(",state=\"{other}\"")), always(value));
        }
        let labels = of(name, &format!(",status=\"{health}\""));
        page.series("seamark_container_health_status", &labels, always(1.0));
        page.series("seamark_container_created_timestamp_seconds", &of(name, ""), always(second(FIRST)));
        page.series("seamark_container_started_timestamp_seconds", &of(name, ""), always(second(-2000)));
    }
    page.series("seamark_container_restarts_total", &of("api", ""), |minute| {
        Some(f64::from(u8::from(minute >= -900) + u8::from(minute >= -20)))
    });
    let exits =
        |name: &str, reason: &str| format!("job=\"seamark\",instance=\"web-2\",name=\"{name}\",reason=\"{reason}\"");
    page.series("seamark_container_exits_total", &exits("api", "crash"), |minute| {
        Some(f64::from(u8::from(minute >= -900) + u8::from(minute >= -20)))
    });
    page.series("seamark_container_exits_total", &exits("api", "oom"), always(0.0));
    page.series("seamark_container_exits_total", &exits("backup", "clean"), |minute| {
        Some(f64::from(u8::from(minute >= -1000)))
    });
    page.series("seamark_container_last_exit_code", &of("backup", ",reason=\"clean\""), always(0.0));
    // The reports' other host has no containers, and no reset of these.
    page.grows(1, "container_cpu_usage_seconds_total", &of("api", ",cpu=\"total\""), |_| 15.0);
    page.series("container_memory_working_set_bytes", &of("api", ""), |minute| {
        Some((100.0 + (minute.rem_euclid(101)) as f64) * MIB)
    });
    page.grows(1, "container_network_receive_bytes_total", &of("api", ",interface=\"eth0\""), |_| 60.0 * 1000.0);
    page.grows(1, "container_network_transmit_bytes_total", &of("api", ",interface=\"eth0\""), |_| 60.0 * 2000.0);
}

/// Memory of the container over its life.
pub fn life_memory() -> f64 {
    let all: Vec<f64> = (FIRST..=0).map(|minute| (100.0 + (minute.rem_euclid(101)) as f64) * MIB).collect();
    all.iter().sum::<f64>() / all.len() as f64
}

/// What the samples of a host come to.
#[derive(Debug)]
pub struct Truth {
    pub cpu: f64,
    pub cpu_before: f64,
    pub cpu_highest: f64,
    pub memory: f64,
    pub memory_before: f64,
    pub memory_highest: f64,
    pub memory_used: f64,
    pub received: f64,
    pub received_before: f64,
    pub received_peak: f64,
    pub disk_used: f64,
    pub disk_full_in: f64,
}

/// What a counter grew by between two minutes, as far as its samples tell.
fn growth(host: usize, per_minute: &dyn Fn(i64) -> f64, from: i64, to: i64) -> f64 {
    let boots = host == 0;
    let values: Vec<f64> = (from..=to)
        .filter(|minute| !is_silent(host, *minute))
        .map(|minute| counter(per_minute, minute, boots))
        .collect();
    values.windows(2).map(|pair| if pair[1] < pair[0] { pair[1] } else { pair[1] - pair[0] }).sum()
}

pub fn truth(host: usize) -> Truth {
    let minutes = |from: i64, to: i64| (from..=to).filter(move |minute| !is_silent(host, *minute));
    let mean = |of: &dyn Fn(i64) -> f64, from, to| {
        let all: Vec<f64> = minutes(from, to).map(of).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let cpu = |from, to| {
        let idle = growth(host, &idle(host), from, to);
        1.0 - idle / (idle + growth(host, &|minute| 60.0 * busy(host, minute), from, to))
    };
    let used = |minute: i64| 1.0 - available(host, minute) / (8.0 * GIB);
    // Every five minutes, over the five minutes before; where there are two samples to take it from.
    let steps = || (DAY / 5 + 1..=0).map(|step| step * 5).filter(|at| minutes(at - 5, *at).count() == 6);
    Truth {
        cpu: cpu(DAY, 0),
        cpu_before: cpu(FIRST, DAY),
        cpu_highest: steps().map(|at| cpu(at - 5, at)).fold(0.0, f64::max),
        memory: mean(&used, DAY, 0),
        memory_before: mean(&used, FIRST, DAY),
        memory_highest: minutes(DAY, 0).map(used).fold(0.0, f64::max),
        memory_used: 8.0 * GIB - available(host, 0),
        received: growth(host, &received(host), DAY, 0),
        received_before: growth(host, &received(host), FIRST, DAY),
        received_peak: steps().map(|at| growth(host, &received(host), at - 5, at) * 8.0 / 300.0).fold(0.0, f64::max),
        disk_used: 95.0 * GIB - disk_free(0),
        disk_full_in: disk_free(0) / (4.0 * MIB / 60.0),
    }
}
