//! The trait of all metric sources, and the list of them.
//!
//! A new collector is a file under `collector/` and its two lines here: the `mod` and the entry in [`COLLECTORS`].

mod arp;
mod bcache;
mod bonding;
mod btrfs;
mod compose;
mod conntrack;
mod container_alerts;
mod container_cpu;
mod container_exits;
mod container_expected;
mod container_fs;
mod container_health;
mod container_io;
mod container_lifetime;
mod container_log;
mod container_memory;
mod container_network;
mod container_pids;
mod container_pressure;
mod container_state;
mod cpu;
mod cpufreq;
mod diskstats;
mod dmi;
mod docker;
mod docker_disk;
mod edac;
mod entropy;
mod filefd;
mod filesystem;
mod hwmon;
mod interrupts;
mod kernel_hung;
mod loadavg;
mod machine;
mod mdadm;
mod meminfo;
mod netclass;
mod netdev;
mod netstat;
mod nfs;
mod nfsd;
mod nvme;
mod of_container;
mod os;
mod powersupplyclass;
mod pressure;
mod probe;
mod processes;
mod rapl;
mod schedstat;
mod selinux;
mod sockstat;
mod softirqs;
mod softnet;
mod stat;
mod storage;
mod systemd;
mod tcpstat;
mod textfile;
mod thermal_zone;
mod threshold;
mod time;
mod timex;
mod udp_queues;
mod uname;
mod vmstat;
mod watchdog;
mod xfs;
mod zfs;

use std::sync::Arc;
use std::time::Instant;

use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;

use crate::cgroup::Cgroups;
use crate::docker::inventory::Inventory;
use crate::host::{HostRoot, ReadError};
use crate::memory::Memory;
pub use textfile::NamesTaken;

/// The flags that may be given several times.
pub const REPEATED_FLAGS: &[&str] = &[textfile::DIRECTORY_FLAG];

/// Every collector there is, in the order in which they are read and listed. `container_lifetime` tells what
/// `container_memory` has counted, and `threshold` of what `filesystem` and `netdev` have seen: they come later.
pub static COLLECTORS: &[Registration] = &[
    cpu::COLLECTOR,
    meminfo::COLLECTOR,
    loadavg::COLLECTOR,
    stat::COLLECTOR,
    uname::COLLECTOR,
    netdev::COLLECTOR,
    filesystem::COLLECTOR,
    netclass::COLLECTOR,
    diskstats::COLLECTOR,
    vmstat::COLLECTOR,
    netstat::COLLECTOR,
    sockstat::COLLECTOR,
    softnet::COLLECTOR,
    udp_queues::COLLECTOR,
    arp::COLLECTOR,
    conntrack::COLLECTOR,
    filefd::COLLECTOR,
    pressure::COLLECTOR,
    time::COLLECTOR,
    timex::COLLECTOR,
    os::COLLECTOR,
    textfile::COLLECTOR,
    hwmon::COLLECTOR,
    thermal_zone::COLLECTOR,
    cpufreq::COLLECTOR,
    mdadm::COLLECTOR,
    nvme::COLLECTOR,
    edac::COLLECTOR,
    dmi::COLLECTOR,
    entropy::COLLECTOR,
    schedstat::COLLECTOR,
    selinux::COLLECTOR,
    kernel_hung::COLLECTOR,
    powersupplyclass::COLLECTOR,
    rapl::COLLECTOR,
    watchdog::COLLECTOR,
    bonding::COLLECTOR,
    btrfs::COLLECTOR,
    nfs::COLLECTOR,
    nfsd::COLLECTOR,
    xfs::COLLECTOR,
    zfs::COLLECTOR,
    bcache::COLLECTOR,
    processes::COLLECTOR,
    tcpstat::COLLECTOR,
    interrupts::COLLECTOR,
    softirqs::COLLECTOR,
    systemd::COLLECTOR,
    docker::COLLECTOR,
    docker_disk::COLLECTOR,
    container_state::COLLECTOR,
    container_exits::COLLECTOR,
    container_health::COLLECTOR,
    container_expected::COLLECTOR,
    container_alerts::COLLECTOR,
    compose::COLLECTOR,
    container_cpu::COLLECTOR,
    container_memory::COLLECTOR,
    container_io::COLLECTOR,
    container_network::COLLECTOR,
    container_pids::COLLECTOR,
    container_pressure::COLLECTOR,
    container_log::COLLECTOR,
    container_fs::COLLECTOR,
    container_lifetime::COLLECTOR,
    machine::COLLECTOR,
    storage::COLLECTOR,
    probe::COLLECTOR,
    threshold::COLLECTOR,
];

/// Those that tell of the host, with node_exporter's names: all before `docker`.
pub fn of_the_host() -> impl Iterator<Item = &'static Registration> {
    COLLECTORS.iter().take_while(|collector| collector.name != docker::COLLECTOR.name)
}

/// One source of metrics, read once per scrape.
pub trait Collector: Send + Sync {
    /// Reads the source and adds its families.
    ///
    /// Runs on a blocking thread. May read files and memory; never waits for a network or a daemon. What was added
    /// before an error stays: a partial answer is better than none.
    ///
    /// # Errors
    ///
    /// [`CollectError`], whose two cases count differently.
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError>;

    /// Whether it can hang as it is set, of a collector that [`may_hang`](Registration::may_hang).
    fn can_hang(&self) -> bool {
        true
    }

    /// Whether its next run may hang, of a collector that [`can_hang`](Self::can_hang). Where its last run found nothing
    /// that could hold it up it is read with the others: a thread of its own costs more than what most have to read.
    fn may_hang_next(&self) -> bool {
        true
    }

    /// Does what [`collect`](Self::collect) does, and is back by `until`. Only for collectors that wait for something
    /// and would otherwise not know how long they may.
    ///
    /// # Errors
    ///
    /// [`CollectError`], as [`collect`](Self::collect).
    fn collect_until(&self, until: Instant, out: &mut Exposition) -> Result<(), CollectError> {
        let _ = until;
        self.collect(out)
    }
}

/// Why a collector has nothing, or not everything, to say.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// This host has no such thing: logged once, not counted as an error.
    #[error("not on this host: {0}")]
    Unsupported(String),
    /// The source is there but could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Some of the source could not be read; the rest was told.
    #[error("{first}{}", others(*.count))]
    Faults {
        /// The first fault.
        first: ReadError,
        /// All of them.
        count: u64,
    },
}

impl CollectError {
    /// How many files or lines could not be read.
    pub fn faults(&self) -> u64 {
        match self {
            Self::Unsupported(_) => 0,
            Self::Read(_) => 1,
            Self::Faults { count, .. } => *count,
        }
    }
}

fn others(count: u64) -> String {
    if count > 1 { format!(" (the first of {count} faults)") } else { String::new() }
}

/// What collectors are built from.
pub struct Inputs {
    /// Where the host's files are.
    pub host: HostRoot,
    /// What is known of Docker.
    pub inventory: Arc<Inventory>,
    /// The cgroups of its containers.
    pub cgroups: Arc<Cgroups>,
    /// What one part of the exporter knows and another tells.
    pub memory: Arc<Memory>,
}

impl Inputs {
    /// Collectors of that host and the containers of that inventory, with a memory that is empty.
    pub fn new(host: HostRoot, inventory: Arc<Inventory>) -> Self {
        let cgroups = Arc::new(Cgroups::new(host.clone(), Arc::clone(&inventory)));
        Self { host, inventory, cgroups, memory: Arc::default() }
    }
}

/// One entry of [`COLLECTORS`].
pub struct Registration {
    /// Its file name, configuration key and value of the label `collector`.
    pub name: &'static str,
    /// Runs unless switched off; otherwise only when switched on.
    pub on_by_default: bool,
    /// Can be held up by a dead mount or a sleeping device: gets a thread, a deadline and a *stuck* mark of its own.
    pub may_hang: bool,
    /// Its options: each is a flag, and a key below `collectors.NAME`.
    pub options: &'static [CollectorOption],
    /// Its parsers, so that fuzzing and property tests reach each of them.
    pub parsers: &'static [fn(&[u8])],
    /// Reads the options from the section `collectors.NAME` and builds the collector.
    pub build: fn(&Inputs, &mut Section) -> Box<dyn Collector>,
}

/// One option of a collector, as a flag and as a key.
pub struct CollectorOption {
    /// The flag, without dashes, as node_exporter has it: `collector.cpu.info`.
    pub flag: &'static str,
    /// The key below `collectors.NAME`: `info`.
    pub key: &'static str,
    /// What it does, in a sentence.
    pub help: &'static str,
    /// A switch (`--flag`, `--no-flag`) rather than a flag with a value.
    pub switch: bool,
}

/// Feeds one parser of one collector: the first byte says which, the others are what it reads. For fuzzing.
pub fn parse_as(bytes: &[u8]) {
    let parsers: Vec<_> = COLLECTORS.iter().flat_map(|collector| collector.parsers).collect();
    if let Some((which, bytes)) = bytes.split_first()
        && let Some(parser) = parsers.get(usize::from(*which) % parsers.len().max(1))
    {
        parser(bytes);
    }
}
