//! In a network namespace of its own: what netlink tells and what the files tell is the same.
//!
//! The test starts itself again inside the namespace, with `unshare` (util-linux), and makes devices there with `ip`
//! (iproute2).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::sync::Arc;

use seamark_exporter::collector::{COLLECTORS, Collector, Inputs};
use seamark_exporter::docker::inventory::Inventory;
use seamark_exporter::host::HostRoot;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::{Exposition, Value};

const INSIDE: &str = "SEAMARK_TEST_IS_INSIDE";

#[test]
fn netlink_and_files_tell_the_same() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    // The first process of a process namespace, too: `/proc/1/net` is then the namespace's.
    let mut again = Command::new("unshare");
    again
        .args(["--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--"])
        .arg(std::env::current_exe().unwrap());
    again.args(["--exact", "netlink_and_files_tell_the_same", "--nocapture"]).env(INSIDE, "yes");
    let output = again.output().unwrap_or_else(|error| panic!("this test needs unshare: {error}"));
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this test needs root or user namespaces, for devices of its own:\n{text}");
}

fn inside() {
    run("mount -t sysfs sysfs /sys");
    // Or the kernel sends packets of its own between two looks at the counters.
    run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    let netlink = Side::new(HostRoot::default());
    // Another way to say /proc, which is not taken for it.
    let files = Side::new(HostRoot::new("/proc/../proc", "/sys", "/", "/run/udev/data"));

    run("ip link set lo up");
    run("ip link add veth1 type veth peer name veth2");
    run("ip link add bridge0 type bridge");
    same(&netlink, &files, "devices that are down");

    run("ip link set veth2 master bridge0");
    run("ip link set veth1 up");
    same(&netlink, &files, "one end of a pair up, the other down");

    run("ip link set veth2 up");
    run("ip link set bridge0 up");
    run("ip link set veth1 mtu 1400 txqueuelen 17 group 5");
    run("ip addr add 192.0.2.1/24 dev veth1");
    // Not every kernel has these.
    for optional in [
        "ip link add link veth1 name veth1.7 type vlan id 7",
        "ip link add macvlan0 link veth1 type macvlan",
        "ip link add dummy0 type dummy",
        "ip link add bond0 type bond",
    ] {
        let _ = Command::new("sh").args(["-c", optional]).output();
    }
    Command::new("ip").args(["link", "set", "veth1", "alias", "  a \"name\" \\ "]).status().unwrap();
    same(&netlink, &files, "all up, with other settings");

    run("ip neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev veth1 nud permanent");
    run("ip neigh add 192.0.2.8 lladdr 02:00:00:00:00:08 dev veth1 nud noarp");
    // Nobody answers for this one.
    UdpSocket::bind("0.0.0.0:0").unwrap().send_to(b"x", "192.0.2.99:9").unwrap();
    same(&netlink, &files, "neighbours");

    let _connection = connection();
    same(&netlink, &files, "a connection with bytes that nobody reads");

    run("ip link set veth1 down");
    run("ip link set veth1 address 02:00:00:00:00:11");
    run("ip link set veth1 name renamed");
    run("ip link set bridge0 promisc on");
    same(&netlink, &files, "a device renamed and down");

    run("ip link delete bridge0");
    same(&netlink, &files, "a device gone");
}

fn run(command: &str) {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Both ends of a connection whose listening socket is closed: of one that listens, sock_diag tells more than the file.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (other, _) = listener.accept().unwrap();
    one.write_all(b"unread").unwrap();
    (one, other)
}

/// The collectors that know netlink and files, with what they remember.
struct Side {
    collectors: Vec<Box<dyn Collector>>,
}

impl Side {
    fn new(host: HostRoot) -> Self {
        let inputs = Inputs { host, inventory: Arc::new(Inventory::default()), probes: Arc::default() };
        let collectors = config::read(&Source::new("exporter.yml", ""), |root| {
            let known = COLLECTORS.iter().filter(|one| ["netdev", "netclass", "arp", "tcpstat"].contains(&one.name));
            known.map(|one| (one.build)(&inputs, &mut root.section(one.name))).collect()
        });
        Self { collectors: collectors.unwrap() }
    }

    fn samples(&self) -> BTreeMap<String, Value> {
        let mut out = Exposition::default();
        for collector in &self.collectors {
            collector.collect(&mut out).unwrap();
        }
        let mut samples = BTreeMap::new();
        for family in out.families() {
            for sample in &family.samples {
                let mut labels = sample.labels.clone();
                labels.sort_unstable();
                samples.insert(format!("{} {labels:?}", family.name), sample.value.clone());
            }
        }
        samples
    }
}

/// What netlink told is shared by collectors for some milliseconds, and the kernel works on: look until nothing moves.
fn same(netlink: &Side, files: &Side, when: &str) {
    const LOOKS: usize = 1000;
    let mut differing = Vec::new();
    for _ in 0..LOOKS {
        let (one, other) = (netlink.samples(), files.samples());
        assert!(one.len() > 30, "{when}: {one:?}");
        let names: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
        let differ = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
        differing = differ
            .map(|name| format!("{name}: {:?} by netlink, {:?} in files", one.get(name), other.get(name)))
            .collect();
        if differing.is_empty() {
            return;
        }
    }
    panic!("{when}:\n{}", differing.join("\n"));
}
