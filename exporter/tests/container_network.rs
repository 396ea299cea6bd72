//! Containers' network devices in namespaces of their own, with traffic: what netlink tells, what the files tell, and
//! what the containers' own files say is the same.
//!
//! The test starts itself again inside a namespace, with `unshare` (util-linux), and makes devices there with `ip`
//! (iproute2). A container is a process with a network namespace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use seamark_exporter::collector::{COLLECTORS, Collector, Inputs};
use seamark_exporter::docker::answer;
use seamark_exporter::docker::event::Event;
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::docker::life::Effect;
use seamark_exporter::docker::lifecycle::Input;
use seamark_exporter::docker::oom::OomKills;
use seamark_exporter::docker::rules::Rules;
use seamark_exporter::host::HostRoot;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Value};
use serde_json::json;

const INSIDE: &str = "SEAMARK_TEST_IS_INSIDE";

#[test]
fn each_container_s_traffic_is_told_once_and_the_same_from_either_source() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    // The first process of a process namespace, too: `/proc/1/net` is then the namespace's.
    let mut again = Command::new("unshare");
    again
        .args(["--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--"])
        .arg(std::env::current_exe().unwrap());
    let name = "each_container_s_traffic_is_told_once_and_the_same_from_either_source";
    again.args(["--exact", name, "--nocapture"]).env(INSIDE, "yes");
    let output = again.output().unwrap_or_else(|error| panic!("this test needs unshare: {error}"));
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this test needs root or user namespaces, for devices of its own:\n{text}");
}

fn inside() {
    // Or the kernel sends packets of its own between two looks at the counters.
    run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    let host = Docker::default();
    let netlink = Side::new(HostRoot::default(), &host);
    // Another way to say /proc, which is not taken for it.
    let files = Side::new(HostRoot::new("/proc/../proc", "/sys", "/", "/run/udev/data"), &host);
    let same = |interfaces: &[&str], when: &str| same(&netlink, &files, interfaces, when);

    let web = Container::start();
    web.connect("nwh0", "eth0", 1);
    host.runs("web", web.pid(), "bridge");
    host.runs("beside", web.pid(), &format!("container:{}", id("web")));
    host.runs("hosts", std::process::id(), "host");
    // Not everybody's Docker says so.
    host.runs("podmans", std::process::id(), "pasta");
    host.lists();
    same(&["web eth0"], "one pair");
    traffic(1);
    same(&["web eth0"], "after traffic");
    assert!(netlink.samples()["container_network_transmit_packets_total web eth0"] != Value::Integer(0));

    web.connect("nwh1", "eth1", 2);
    traffic(2);
    same(&["web eth0", "web eth1"], "another network is connected");

    let odd = Container::start();
    odd.run("ip link add name macvlan0 type bridge");
    odd.run("ip link add name docker7 type bridge");
    odd.run("ip link set macvlan0 up");
    odd.run("ip addr add 192.0.2.1/24 dev macvlan0");
    odd.connect("nwh2", "eth0", 3);
    host.runs("odd", odd.pid(), "bridge");
    host.lists();
    traffic(3);
    same(&["odd eth0", "odd macvlan0", "web eth0", "web eth1"], "a device without an end here");

    run("ip link delete nwh1");
    same(&["odd eth0", "odd macvlan0", "web eth0"], "a network is disconnected");

    drop(web);
    let web = Container::start();
    // The kernel takes its time to clear away the one before.
    web.connect("nwh4", "eth0", 4);
    web.run("ip link set eth0 down");
    web.run("ip link set eth0 name lan");
    host.runs("web", web.pid(), "bridge");
    host.lists();
    same(&["odd eth0", "odd macvlan0", "web lan"], "started again, with a device that is down and has another name");

    // Whose network it shares has ended, and it goes on with it.
    host.runs("beside", web.pid(), &format!("container:{}", id("web")));
    host.lists();
    host.ends("web");
    same(&["beside lan", "odd eth0", "odd macvlan0"], "only the one that shared it is left");
    drop(odd);
    same(&["beside lan"], "a process has ended and Docker has not said so yet");
}

fn run(command: &str) {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// To the other end of a network, until it answers that nobody wants it: the devices come up in their own time.
fn traffic(network: u8) {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect(format!("198.51.100.{}:9", network * 4 + 2)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let start = Instant::now();
    loop {
        let _ = socket.send(&[0; 1000]);
        if socket.recv(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "no answer in 20 s");
    }
}

struct Container(Child);

impl Container {
    fn start() -> Self {
        let mut sleep = Command::new("unshare");
        let child = sleep.args(["--net", "sleep", "1000"]).stdin(Stdio::null()).spawn().unwrap();
        let this = Self(child);
        let ours = std::fs::read_link("/proc/self/ns/net").unwrap();
        while std::fs::read_link(format!("/proc/{}/ns/net", this.pid())).unwrap() == ours {
            std::thread::yield_now();
        }
        this
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn run(&self, command: &str) {
        run(&format!("nsenter --target {} --net {command}", self.pid()));
    }

    fn connect(&self, outside: &str, inside: &str, network: u8) {
        run(&format!("ip link add {outside} type veth peer name {inside} netns {}", self.pid()));
        run(&format!("ip addr add 198.51.100.{}/30 dev {outside}", network * 4 + 1));
        run(&format!("ip link set {outside} up"));
        self.run(&format!("ip addr add 198.51.100.{}/30 dev {inside}", network * 4 + 2));
        self.run(&format!("ip link set {inside} up"));
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn id(name: &str) -> String {
    format!("{name:0>64}")
}

/// What Docker says.
#[derive(Default)]
struct Docker {
    inventory: Arc<Inventory>,
    containers: std::cell::RefCell<BTreeMap<String, serde_json::Value>>,
}

impl Docker {
    fn runs(&self, name: &str, pid: u32, network: &str) {
        let answer = json!({"Id": id(name), "Name": format!("/{name}"), "Config": {"Image": "busybox"},
            "State": {"Status": "running", "Pid": pid, "StartedAt": format!("2026-11-21T10:00:{:02}Z", pid % 60)},
            "HostConfig": {"NetworkMode": network}});
        self.containers.borrow_mut().insert(id(name), answer);
    }

    fn ends(&self, name: &str) {
        self.containers.borrow_mut().remove(&id(name));
        let die = json!({"Type": "container", "Action": "die", "timeNano": 1_795_255_000_000_000_000_u64,
            "Actor": {"ID": id(name), "Attributes": {"name": name, "exitCode": "0"}}});
        self.step(&Input::Event(Event::read(&die).unwrap().unwrap()));
    }

    fn step(&self, input: &Input) -> Vec<Effect> {
        self.inventory.step(input, Timestamp::now(), &Rules::default(), &mut OomKills::new(Box::new(|| None)))
    }

    fn lists(&self) {
        let containers = self.containers.borrow();
        for effect in self.step(&Input::Listed(containers.keys().cloned().collect())) {
            if let Effect::Inspect { id, generation } = effect
                && let Some(answer) = containers.get(&id)
            {
                self.step(&Input::Inspected(Box::new(answer::inspection(answer).unwrap()), generation));
            }
        }
    }
}

struct Side(Box<dyn Collector>);

impl Side {
    fn new(host: HostRoot, docker: &Docker) -> Self {
        let inputs = Inputs::new(host, Arc::clone(&docker.inventory));
        let collector = COLLECTORS.iter().find(|one| one.name == "container_network").unwrap();
        Self(config::read(&Source::new("exporter.yml", ""), |root| (collector.build)(&inputs, root)).unwrap())
    }

    fn samples(&self) -> BTreeMap<String, Value> {
        let mut out = Exposition::default();
        self.0.collect(&mut out).unwrap();
        let mut samples = BTreeMap::new();
        for family in out.families() {
            for sample in family.samples() {
                let labels: BTreeMap<_, _> = sample.labels.iter().collect();
                assert_eq!(labels.keys().copied().collect::<Vec<_>>(), ["id", "image", "interface", "name"]);
                let series = format!("{} {} {}", family.name, labels["name"], labels["interface"]);
                // What could not be passed on to a device that was not up yet is known at the sender's end alone.
                if family.name.contains("_dropped_") {
                    continue;
                }
                assert_eq!(samples.insert(series.clone(), sample.value.clone()), None, "{series} twice");
            }
        }
        samples
    }
}

/// What netlink told is shared by collectors for some milliseconds: look until nothing moves.
fn same(netlink: &Side, files: &Side, interfaces: &[&str], when: &str) {
    const LOOKS: usize = 1000;
    let mut sides = Default::default();
    for _ in 0..LOOKS {
        let (one, other) = (netlink.samples(), files.samples());
        let told = |samples: &BTreeMap<String, Value>| {
            let names = samples.keys().filter_map(|name| name.strip_prefix("container_network_receive_bytes_total "));
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        if one == other && told(&one) == interfaces {
            assert_eq!(one.len(), interfaces.len() * 6);
            return;
        }
        sides = (one, other);
    }
    panic!("{when}: expected {interfaces:?}\nby netlink: {:#?}\nin files: {:#?}", sides.0, sides.1);
}
