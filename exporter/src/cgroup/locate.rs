//! Finds the directories of containers: those whose names hold the 64 digits of an id.
//!
//! First where Docker and Podman usually put them and where others were found before; then where `/proc/PID/cgroup`
//! says, which is written as the reader's own cgroup namespace sees it, so that it is only believed where it leads
//! somewhere; then by looking through the hierarchies, once for all that are missing. That covers both drivers,
//! `--cgroup-parent`, rootless and nested engines.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::{Controller, Hierarchy, Version, detect};
use crate::docker::running::Running;
use crate::host::HostRoot;
use crate::text::{self, split_once};

/// Digits of an id.
const ID_DIGITS: usize = 64;

/// Where to look first: what stands before and behind the id.
const USUAL: [(&str, &str); 4] = [
    ("docker/", ""),
    ("system.slice/docker-", ".scope"),
    ("machine.slice/libpod-", ".scope"),
    ("libpod_parent/libpod-", ""),
];

/// Parents where others were found are tried for the next ones; `--cgroup-parent` may be another for each of them.
const MOST_LEARNED: usize = 8;

/// Directories that one search looks into at most. A host with 500 containers under systemd has some 2,000.
const MOST_DIRECTORIES: usize = 20_000;

/// Docker in Docker in a user's slice is 8 deep.
const DEEPEST: usize = 16;

/// The directory of a container for each controller, below sysfs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dirs {
    by_controller: [Option<(Arc<str>, Version)>; Controller::ALL.len()],
}

impl Dirs {
    /// The directory where a controller tells of the container; `None` where this host has no such thing.
    pub fn of(&self, controller: Controller) -> Option<(&str, Version)> {
        let (path, version) = self.by_controller.get(controller as usize)?.as_ref()?;
        Some((path, *version))
    }

    fn add(&mut self, hierarchy: &Hierarchy, path: &Arc<str>) {
        for controller in &hierarchy.controllers {
            // CPU times are in two places; v2 tells them better.
            if let Some(place) = self.by_controller.get_mut(*controller as usize)
                && place.as_ref().is_none_or(|(_, version)| *version == Version::V1)
            {
                *place = Some((Arc::clone(path), hierarchy.version));
            }
        }
    }
}

/// Finds containers, and remembers where they tend to be.
#[derive(Debug, Default)]
pub struct Finder {
    learned: Vec<(String, String)>,
    /// Directories that the last search looked into; 0 where none was necessary.
    pub searched: usize,
}

/// Of one container: its path in each hierarchy, below its root.
type Paths = Vec<Option<String>>;

impl Finder {
    /// The directories of each of these containers; `None` for one that cannot be found.
    pub fn find(&mut self, host: &HostRoot, wanted: &[Arc<Running>]) -> Vec<Option<Dirs>> {
        self.searched = 0;
        // Detected anew each time: cgroups may be mounted after the exporter was started.
        let hierarchies = detect(host);
        let mut found: Vec<Paths> = wanted.iter().map(|container| self.look(host, &hierarchies, container)).collect();
        for (index, hierarchy) in hierarchies.iter().enumerate() {
            let missing: Vec<usize> = (0..wanted.len())
                .filter(|place| found.get(*place).is_some_and(|paths| paths.iter().all(Option::is_none)))
                .collect();
            if missing.is_empty() {
                break;
            }
            let ids = missing.iter().filter_map(|place| wanted.get(*place)).map(|container| container.id.as_str());
            let mut by_id: BTreeMap<&str, Option<String>> = ids.map(|id| (id, None)).collect();
            self.search(host, hierarchy, &mut by_id);
            for (container, paths) in wanted.iter().zip(&mut found) {
                if let Some(path) = by_id.remove(container.id.as_str()).flatten()
                    && let Some(slot) = paths.get_mut(index)
                {
                    *slot = Some(path);
                }
            }
            for place in missing {
                if let Some(paths) = found.get_mut(place) {
                    self.complete(host, &hierarchies, paths);
                }
            }
        }
        for (container, paths) in wanted.iter().zip(&found) {
            paths.iter().flatten().for_each(|path| self.learn(path, &container.id));
        }
        found.iter().map(|paths| dirs(&hierarchies, paths)).collect()
    }

    /// Without a search.
    fn look(&self, host: &HostRoot, hierarchies: &[Hierarchy], container: &Running) -> Paths {
        let mut paths: Paths = vec![None; hierarchies.len()];
        let learned = self.learned.iter().map(|(before, behind)| (before.as_str(), behind.as_str()));
        let candidates: Vec<_> = learned.chain(USUAL).collect();
        if let (Some(hierarchy), Some(slot)) = (hierarchies.first(), paths.first_mut()) {
            let candidates = candidates.iter().map(|(before, behind)| format!("{before}{}{behind}", container.id));
            *slot = candidates.into_iter().find(|path| is_there(host, hierarchy, path));
        }
        self.complete(host, hierarchies, &mut paths);
        if paths.iter().all(Option::is_none)
            && let Some(pid) = container.pid
            && let Ok(file) = host.read_proc(&format!("{pid}/cgroup"))
        {
            for (hierarchy, slot) in hierarchies.iter().zip(&mut paths) {
                let path = path_of(&file.bytes, hierarchy, &container.id);
                *slot = path.filter(|path| is_there(host, hierarchy, path)).map(str::to_owned);
            }
            self.complete(host, hierarchies, &mut paths);
        }
        paths
    }

    /// A container has the same path in all hierarchies, as far as it is in them.
    fn complete(&self, host: &HostRoot, hierarchies: &[Hierarchy], paths: &mut Paths) {
        let Some(known) = paths.iter().flatten().next().cloned() else { return };
        for (hierarchy, slot) in hierarchies.iter().zip(paths) {
            if slot.is_none() && is_there(host, hierarchy, &known) {
                *slot = Some(known.clone());
            }
        }
    }

    /// Looks through one hierarchy, breadth first, for the containers that are named.
    fn search(&mut self, host: &HostRoot, hierarchy: &Hierarchy, by_id: &mut BTreeMap<&str, Option<String>>) {
        let mut left = by_id.len();
        let mut level = vec![String::new()];
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for path in level {
                if self.searched >= MOST_DIRECTORIES {
                    return;
                }
                self.searched += 1;
                for name in host.list_sys_directories(&format!("{}/{path}", hierarchy.root)).unwrap_or_default() {
                    let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                    match id_in(&name).and_then(|id| by_id.get_mut(id)) {
                        // What is below a container that is wanted is its own.
                        Some(Some(_)) => {}
                        Some(nothing) => {
                            *nothing = Some(below);
                            left -= 1;
                        }
                        None => next.push(below),
                    }
                }
                if left == 0 {
                    return;
                }
            }
            level = next;
        }
    }

    fn learn(&mut self, path: &str, id: &str) {
        let Some((before, behind)) = path.split_once(id) else { return };
        let same = |(one, other): (&str, &str)| one == before && other == behind;
        let known = self.learned.iter().map(|(before, behind)| (before.as_str(), behind.as_str()));
        if !known.chain(USUAL).any(same) {
            self.learned.insert(0, (before.to_owned(), behind.to_owned()));
            self.learned.truncate(MOST_LEARNED);
        }
    }
}

fn is_there(host: &HostRoot, hierarchy: &Hierarchy, path: &str) -> bool {
    host.sys_exists(&format!("{}/{path}", hierarchy.root))
}

fn dirs(hierarchies: &[Hierarchy], paths: &Paths) -> Option<Dirs> {
    let mut dirs = Dirs::default();
    let mut any = false;
    for (hierarchy, path) in hierarchies.iter().zip(paths) {
        if let Some(path) = path {
            any = true;
            dirs.add(hierarchy, &format!("{}/{path}", hierarchy.root).into());
        }
    }
    any.then_some(dirs)
}

/// The id in the name of a container's cgroup: `ID`, `docker-ID.scope`, `libpod-ID.scope`, `crio-ID`.
///
/// `None` for everything else, and for what Podman has beside a container: `libpod-conmon-ID.scope` is its supervisor,
/// `ID.service` its health check.
pub fn id_in(name: &str) -> Option<&str> {
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let start = name.len().checked_sub(ID_DIGITS)?;
    let (before, id) = name.split_at_checked(start)?;
    let is_id = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_own = before.is_empty() || (before.ends_with('-') && !before.contains("conmon"));
    (is_id && is_own).then_some(id)
}

/// The path that `/proc/PID/cgroup` has for a hierarchy, down to the directory of the container.
///
/// `None` where it leads out of what the reader sees (`/../…`), or not to this container.
pub fn path_of<'a>(text: &'a [u8], hierarchy: &Hierarchy, id: &str) -> Option<&'a str> {
    text::lines(text).find_map(|line| {
        let (_, rest) = split_once(line.bytes, b':')?;
        let (controllers, path) = split_once(rest, b':')?;
        let path = str::from_utf8(path).ok()?.trim_matches('/');
        if !hierarchy.has(controllers) || path.split('/').any(|part| part == "..") {
            return None;
        }
        // A container may have cgroups of its own, and be in one of them.
        let mut end = 0;
        for part in path.split('/') {
            end += part.len();
            if id_in(part) == Some(id) {
                return path.get(..end);
            }
            end += 1;
        }
        None
    })
}

/// Reads any bytes as the cgroups of a process, and as a directory's name, for property tests.
pub fn parse(bytes: &[u8]) {
    let hierarchy = Hierarchy { root: String::new(), version: Version::V2, controllers: Vec::new() };
    let _ = (path_of(bytes, &hierarchy, ""), id_in(&text::label(bytes)));
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn a_container_s_directory_is_told_by_its_name() {
        let with_id = |before: &str, behind: &str| format!("{before}{ID}{behind}");
        for (before, behind) in [("", ""), ("docker-", ".scope"), ("libpod-", ".scope"), ("cri-containerd-", ".scope")]
        {
            assert_eq!(id_in(&with_id(before, behind)), Some(ID), "{before}…{behind}");
        }
        for (before, behind) in [("libpod-conmon-", ".scope"), ("", ".service"), ("", ".timer"), ("0", ""), ("é", "")]
        {
            assert_eq!(id_in(&with_id(before, behind)), None, "{before}…{behind}");
        }
        for other in ["", "docker", "system.slice", ID.trim_start_matches('0'), &ID.to_uppercase(), &"é".repeat(40)] {
            assert_eq!(id_in(other), None, "{other}");
        }
    }

    #[test]
    fn the_path_of_a_process_is_cut_at_its_container_and_not_believed_out_of_sight() {
        let v2 = Hierarchy { root: String::new(), version: Version::V2, controllers: vec![Controller::Pressure] };
        let v1 = Hierarchy { root: String::new(), version: Version::V1, controllers: vec![Controller::Memory] };
        let text = |path: &str| format!("12:memory:/docker/{ID}\n1:name=systemd:/docker/{ID}\n0::{path}\n");
        let path = |path: &str, hierarchy| path_of(text(path).as_bytes(), hierarchy, ID).map(str::to_owned);
        assert_eq!(path("/", &v1), Some(format!("docker/{ID}")));
        assert_eq!(
            path(&format!("/machine.slice/libpod-{ID}.scope/container"), &v2),
            Some(format!("machine.slice/libpod-{ID}.scope"))
        );
        assert_eq!(path(&format!("/../docker-{ID}.scope"), &v2), None);
        assert_eq!(path("/user.slice", &v2), None);
        assert_eq!(path_of(b"garbage\n0:\n::\n", &v2, ID), None);
    }
}
