//! Which controller of this host is where, and of which version: that differs by controller, not by host alone.
//!
//! Source: `/sys/fs/cgroup`. A pure v2 host has one hierarchy there; a v1 host one for each controller or pair of them,
//! and often an empty v2 one at `unified` (hybrid), where pressure and CPU times are told all the same
//! (<https://docs.kernel.org/admin-guide/cgroup-v2.html>, "Deprecated v1 Core Features").

use crate::host::HostRoot;
use crate::text;

/// A part of the kernel that tells of cgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    /// Limits of CPU time, and how often they were met.
    Cpu,
    /// CPU time used; v2 tells it without any controller.
    CpuTime,
    /// Memory.
    Memory,
    /// Block devices: `blkio`, later `io`.
    Io,
    /// Processes and threads.
    Pids,
    /// Pressure; only v2 has it, without any controller.
    Pressure,
}

impl Controller {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Cpu, Self::CpuTime, Self::Memory, Self::Io, Self::Pids, Self::Pressure];

    /// The name that v1 has for it, in `/proc/PID/cgroup` and below `/sys/fs/cgroup`.
    const fn v1(self) -> Option<&'static str> {
        match self {
            Self::Cpu => Some("cpu"),
            Self::CpuTime => Some("cpuacct"),
            Self::Memory => Some("memory"),
            Self::Io => Some("blkio"),
            Self::Pids => Some("pids"),
            Self::Pressure => None,
        }
    }

    /// The name that v2 has for it; `None` for what every v2 cgroup tells.
    const fn v2(self) -> Option<&'static str> {
        match self {
            Self::Cpu => Some("cpu"),
            Self::Memory => Some("memory"),
            Self::Io => Some("io"),
            Self::Pids => Some("pids"),
            Self::CpuTime | Self::Pressure => None,
        }
    }
}

/// Which files a cgroup has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kernel's own names")]
pub enum Version {
    V1,
    V2,
}

/// A tree of cgroups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// Its root, below sysfs.
    pub root: String,
    /// Which files its directories have.
    pub version: Version,
    /// What it tells of.
    pub controllers: Vec<Controller>,
}

impl Hierarchy {
    /// Whether a line of `/proc/PID/cgroup` with these controllers speaks of this hierarchy. That of v2 has none.
    pub fn has(&self, controllers: &[u8]) -> bool {
        match self.version {
            Version::V2 => controllers.is_empty(),
            Version::V1 => controllers
                .split(|byte| *byte == b',')
                .any(|name| self.controllers.iter().any(|own| own.v1().map(str::as_bytes) == Some(name))),
        }
    }
}

const ROOT: &str = "fs/cgroup";
const UNIFIED: &str = "fs/cgroup/unified";

/// The hierarchies of this host that tell of something; none where cgroups are not mounted.
pub fn detect(host: &HostRoot) -> Vec<Hierarchy> {
    let controllers_of = |root: &str| host.read_sys_once(&format!("{root}/cgroup.controllers")).ok();
    if controllers_of(ROOT).is_some() {
        return vec![Hierarchy { root: ROOT.to_owned(), version: Version::V2, controllers: Controller::ALL.to_vec() }];
    }
    let unified = controllers_of(UNIFIED);
    let mut hierarchies: Vec<Hierarchy> = Vec::new();
    let mut add = |root: String, version: Version, controller: Controller| match hierarchies
        .iter_mut()
        .find(|hierarchy| hierarchy.root == root)
    {
        Some(hierarchy) => hierarchy.controllers.push(controller),
        None => hierarchies.push(Hierarchy { root, version, controllers: vec![controller] }),
    };
    for controller in Controller::ALL {
        let in_unified = unified.as_ref().is_some_and(|file| match controller.v2() {
            // v2 tells CPU times to the microsecond in one file, v1 in two and to the hundredth of a second.
            None => true,
            Some(name) => text::words(&file.bytes).any(|word| word == name.as_bytes()),
        });
        if in_unified {
            add(UNIFIED.to_owned(), Version::V2, controller);
        }
        // A controller is in one hierarchy only; but CPU times may be told in either.
        if let Some(name) = controller.v1()
            && (!in_unified || controller == Controller::CpuTime)
            && let Some(root) = v1_root(host, name)
        {
            add(root, Version::V1, controller);
        }
    }
    hierarchies
}

/// Where a controller of v1 is mounted: under its own name, which may be a link, or beside its partner.
fn v1_root(host: &HostRoot, name: &str) -> Option<String> {
    let paired = [name, "cpu,cpuacct", "cpuacct,cpu"];
    let candidates = if name.starts_with("cpu") { &paired[..] } else { &paired[..1] };
    let roots = candidates.iter().map(|name| format!("{ROOT}/{name}"));
    // In a container without the host's mounts there are only empty directories.
    roots.into_iter().find(|root| host.sys_exists(&format!("{root}/cgroup.procs")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn detected(files: &[(&str, &str)]) -> Vec<(String, Version, usize)> {
        let sys = tempfile::tempdir().unwrap();
        for (file, content) in files {
            let path = sys.path().join("fs/cgroup").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let host = HostRoot::new(sys.path(), sys.path(), sys.path(), sys.path());
        let hierarchies = detect(&host).into_iter();
        hierarchies.map(|it| (it.root.replace("fs/cgroup", ""), it.version, it.controllers.len())).collect()
    }

    #[test]
    fn a_host_with_v2_alone_has_one_hierarchy_with_everything() {
        assert_eq!(detected(&[("cgroup.controllers", "cpu memory\n")]), [(String::new(), Version::V2, 6)]);
    }

    #[test]
    fn on_a_hybrid_host_each_controller_is_where_it_is() {
        let files = ["cpu,cpuacct/cgroup.procs", "memory/cgroup.procs", "blkio/cgroup.procs", "pids/cgroup.procs"];
        let mut files = files.map(|file| (file, "")).to_vec();
        let v1 = |name: &str, count| (format!("/{name}"), Version::V1, count);
        let expected = vec![v1("cpu,cpuacct", 2), v1("memory", 1), v1("blkio", 1), v1("pids", 1)];
        assert_eq!(detected(&files), expected);
        files.push(("unified/cgroup.controllers", "\n"));
        let unified = ("/unified".to_owned(), Version::V2, 2);
        let hybrid = vec![v1("cpu,cpuacct", 2), unified, v1("memory", 1), v1("blkio", 1), v1("pids", 1)];
        assert_eq!(detected(&files), hybrid);
        // Somebody has moved the memory to v2.
        files.retain(|(file, _)| !file.starts_with("memory") && !file.starts_with("unified"));
        files.push(("unified/cgroup.controllers", "memory hugetlb\n"));
        let moved = ("/unified".to_owned(), Version::V2, 3);
        assert_eq!(detected(&files), [v1("cpu,cpuacct", 2), moved, v1("blkio", 1), v1("pids", 1)]);
    }

    #[test]
    fn mount_points_without_mounts_are_no_cgroups() {
        assert!(detected(&[("memory/x", ""), ("cpu/x", "")]).is_empty());
    }

    #[test]
    fn a_line_of_proc_pid_cgroup_belongs_to_the_hierarchy_of_its_controllers() {
        let v1 = Hierarchy { root: String::new(), version: Version::V1, controllers: vec![Controller::CpuTime] };
        assert!(
            v1.has(b"cpu,cpuacct")
                && v1.has(b"cpuacct")
                && !v1.has(b"cpuset")
                && !v1.has(b"")
                && !v1.has(b"name=systemd")
        );
        let v2 = Hierarchy { version: Version::V2, ..v1 };
        assert!(v2.has(b"") && !v2.has(b"cpuacct"));
    }
}
